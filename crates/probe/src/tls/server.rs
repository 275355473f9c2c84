//! What a server says before anything is encrypted (RFC 8446 §4, RFC 5246 §7.4).

use super::bytes::Reader;

/// Which version, suite and extensions a server chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// The number of the version: that of the extension where there is one.
    pub version: u16,
    pub suite: u16,
    pub compression: u8,
    /// A session that could be taken up again has a name.
    pub has_session: bool,
    /// Whether it is no answer yet but a request for a key of another group (RFC 8446 §4.1.3).
    pub is_retry: bool,
    /// The group that it wants a key of.
    pub group: Option<u16>,
    pub alpn: Option<String>,
    pub secure_renegotiation: bool,
    pub extended_master_secret: bool,
    pub encrypt_then_mac: bool,
    pub ticket: bool,
    pub staples: bool,
}

/// The random number of a request for another key: SHA-256 of `HelloRetryRequest` (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

impl ServerHello {
    /// Reads the body of the message; `None` where it is none.
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader(body);
        let mut hello = Self { version: reader.u16()?, ..Self::default() };
        hello.is_retry = reader.take(32)? == RETRY;
        let session = reader.short()?;
        if session.0.len() > 32 {
            return None;
        }
        hello.has_session = !session.is_empty();
        hello.suite = reader.u16()?;
        hello.compression = reader.u8()?;
        if reader.is_empty() {
            return Some(hello);
        }
        let mut extensions = reader.long()?;
        while !extensions.is_empty() {
            let kind = extensions.u16()?;
            let value = extensions.long()?;
            hello.extension(kind, value)?;
        }
        Some(hello)
    }

    fn extension(&mut self, kind: u16, mut value: Reader<'_>) -> Option<()> {
        match kind {
            5 => self.staples = true,
            16 => {
                let name = value.long()?.short()?;
                self.alpn = Some(String::from_utf8_lossy(name.0).into_owned());
            }
            22 => self.encrypt_then_mac = true,
            23 => self.extended_master_secret = true,
            35 => self.ticket = true,
            43 => self.version = value.u16()?,
            // In a retry the group alone, else a key behind it.
            51 => self.group = Some(value.u16()?),
            0xff01 => self.secure_renegotiation = true,
            _ => {}
        }
        Some(())
    }
}

/// The certificates of a message as it was up to TLS 1.2, in the order served.
pub fn certificates(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut list = Reader(body).longer()?;
    let mut found = Vec::new();
    while !list.is_empty() {
        // Nobody looks at more, and a list of empty ones costs nothing to send.
        if found.len() == MOST {
            return None;
        }
        found.push(list.longer()?.0.to_vec());
    }
    Some(found)
}

/// Certificates of one message, and names of authorities in one request.
const MOST: usize = 1000;

/// Bytes of a stapled answer (RFC 6066 §8).
pub fn stapled(body: &[u8]) -> Option<usize> {
    let mut reader = Reader(body);
    (reader.u8()? == 1).then_some(())?;
    Some(reader.longer()?.0.len())
}

/// What a server sends for the exchange of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyExchange {
    /// A named group (RFC 8422 §5.4).
    Group(u16),
    /// Numbers of its own, of so many bits (RFC 5246 §7.4.3).
    Prime(usize),
}

impl KeyExchange {
    /// Reads the body of the message for a suite of that name; `None` for one whose kind has none of these.
    pub fn read(suite: &str, body: &[u8]) -> Option<Self> {
        let mut reader = Reader(body);
        if suite.contains("_PSK_") {
            reader.long()?;
        }
        if suite.starts_with("TLS_ECDHE_") || suite.starts_with("TLS_ECDH_anon_") {
            (reader.u8()? == 3).then_some(())?;
            return Some(Self::Group(reader.u16()?));
        }
        if suite.starts_with("TLS_DHE_") || suite.starts_with("TLS_DH_anon_") {
            let prime = reader.long()?.0;
            let leading = prime.iter().take_while(|&&byte| byte == 0).count();
            let first = prime.get(leading)?;
            return Some(Self::Prime((prime.len() - leading) * 8 - first.leading_zeros() as usize));
        }
        None
    }
}

/// The names of authorities in a request for a certificate, each in DER; up to TLS 1.1 it has no schemes of signatures.
pub fn authorities(body: &[u8], has_schemes: bool) -> Option<Vec<Vec<u8>>> {
    let mut reader = Reader(body);
    reader.short()?;
    if has_schemes {
        reader.long()?;
    }
    let mut list = reader.long()?;
    let mut found = Vec::new();
    while !list.is_empty() {
        if found.len() == MOST {
            return None;
        }
        found.push(list.long()?.0.to_vec());
    }
    Some(found)
}
