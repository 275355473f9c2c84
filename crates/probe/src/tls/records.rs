//! Records into messages: what a peer sends, taken apart as it comes (RFC 8446 §5, the same since SSL 3.0).

/// One thing that a peer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A message of the handshake: its kind and what it says.
    Handshake(u8, Vec<u8>),
    /// Its level and its description.
    Alert(u8, u8),
    /// From here on nothing can be read any more.
    Encrypted,
}

/// Bytes that are no records, or records that no peer should send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The start of an answer of HTTP.
    Http,
    NoRecord,
    /// A record longer than records are.
    LongRecord,
    /// A message longer than anybody needs.
    LongMessage,
    /// An alert that is none.
    Alert,
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "plain HTTP and no TLS",
            Self::NoRecord => "something that is no TLS",
            Self::LongRecord => "a record longer than TLS allows",
            Self::LongMessage => "a message longer than anybody needs",
            Self::Alert => "an alert that is none",
        }
    }
}

/// 2^14 bytes and what encryption may add to them (RFC 5246 §6.2.3).
const LONGEST_RECORD: usize = (1 << 14) + 2048;

/// The longest message that is waited for. Go takes chains of 256 KiB and OpenSSL of 100 KiB.
const LONGEST_MESSAGE: usize = 512 << 10;

/// What has come and was not yet understood.
#[derive(Clone, Debug, Default)]
pub struct Records {
    raw: Vec<u8>,
    /// Bytes of it that were taken.
    taken: usize,
    /// What records of the handshake held.
    handshake: Vec<u8>,
    understood: usize,
}

impl Records {
    /// More bytes have come.
    pub fn add(&mut self, bytes: &[u8]) {
        self.raw.drain(..self.taken);
        self.taken = 0;
        self.raw.extend_from_slice(bytes);
    }

    /// Whether anything has come that no message was made of.
    pub fn is_empty(&self) -> bool {
        self.raw.len() == self.taken && self.handshake.len() == self.understood
    }

    /// The next message; `None` until more has come.
    pub fn message(&mut self) -> Result<Option<Message>, Fault> {
        loop {
            if let Some(message) = self.of_handshake()? {
                return Ok(Some(message));
            }
            let rest = &self.raw[self.taken..];
            let Some(&kind) = rest.first() else { return Ok(None) };
            if b"HTTP/".starts_with(&rest[..rest.len().min(5)]) {
                return if rest.len() < 5 { Ok(None) } else { Err(Fault::Http) };
            }
            // 3 is the first half of every version that there was.
            if !(20..=24).contains(&kind) || rest.get(1).is_some_and(|&major| major != 3) {
                return Err(Fault::NoRecord);
            }
            let Some(head) = rest.get(..5) else { return Ok(None) };
            let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
            if length > LONGEST_RECORD {
                return Err(Fault::LongRecord);
            }
            let Some(body) = rest.get(5..5 + length) else { return Ok(None) };
            self.taken += 5 + length;
            match kind {
                22 => {
                    self.handshake.drain(..self.understood);
                    self.understood = 0;
                    self.handshake.extend_from_slice(body);
                }
                21 => {
                    let [level, description] = body else { return Err(Fault::Alert) };
                    return Ok(Some(Message::Alert(*level, *description)));
                }
                _ => return Ok(Some(Message::Encrypted)),
            }
        }
    }

    fn of_handshake(&mut self) -> Result<Option<Message>, Fault> {
        let rest = &self.handshake[self.understood..];
        let Some(&[kind, a, b, c]) = rest.first_chunk() else { return Ok(None) };
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if length > LONGEST_MESSAGE {
            return Err(Fault::LongMessage);
        }
        let Some(body) = rest.get(4..4 + length) else { return Ok(None) };
        let message = Message::Handshake(kind, body.to_vec());
        self.understood += 4 + length;
        Ok(Some(message))
    }
}
