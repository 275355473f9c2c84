//! Whether a client may begin the handshake anew inside a connection.
//!
//! To begin costs the client nothing and the server a signature, each time, over one connection. It was left to servers to refuse
//! (RFC 5746 §4.5), and TLS 1.3 has no such thing. Up to TLS 1.2 nothing in the clear tells, so that it is tried: once, behind a whole
//! handshake, with one message, whose answer ends the conversation before any key is sent. The handshake is rustls', and so are the
//! keys under which that message is sealed here.

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::{ClientConnection, ConnectionTrafficSecrets};

use super::{
    bytes::Reader,
    full::{self, Offer},
    hello::ClientHello,
};
use crate::{Dialer, Endpoint, Failure, Line, Sight};

const CHANGE: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// Tries it. `hello` is what is asked with the second time; `is_secure` tells whether the server knows RFC 5746, and then wants to
/// be shown how the first handshake ended.
pub(super) async fn by_client(
    dialer: &mut Dialer,
    endpoint: &Endpoint,
    offer: Offer,
    hello: &ClientHello,
    is_secure: bool,
) -> Sight<()> {
    match attempt(dialer, endpoint, offer, hello, is_secure).await {
        Ok(true) => Sight::Seen(()),
        Ok(false) => Sight::NotOffered,
        Err(failure) => Sight::Unseen(failure),
    }
}

async fn attempt(
    dialer: &mut Dialer,
    endpoint: &Endpoint,
    offer: Offer,
    hello: &ClientHello,
    is_secure: bool,
) -> Result<bool, Failure> {
    let (mut connection, _) = full::begin(endpoint, offer, true)?;
    let mut line = dialer.connect("whether a client may begin anew", dialer.limits()).await?;
    let mut sent = Vec::new();
    while connection.is_handshaking() {
        let out = full::written(&mut connection)?;
        line.send(&out).await?;
        sent.extend(out);
        if connection.is_handshaking() {
            let mut bytes = Vec::new();
            if line.receive(&mut bytes).await? == 0 {
                return Err(Failure::Closed);
            }
            if let Err(error) = full::give(&mut connection, &bytes) {
                return Err(refused(&error));
            }
        }
    }
    let (mut ours, mut theirs) =
        halves(connection).ok_or(Failure::Garbled("a suite that nothing is sealed with here"))?;
    let finished = finished(&sent, &ours).ok_or(Failure::Garbled("a handshake without an end"))?;
    let verified = if is_secure { &finished[..] } else { &[] };
    let sealed =
        ours.seal(HANDSHAKE, &hello.message(verified)).ok_or(Failure::Garbled("nothing: it was not sealed"))?;
    line.send(&sealed).await?;
    let begins = answered(&mut line, &mut theirs).await;
    if let Some(goodbye) = ours.seal(ALERT, &[1, 0]) {
        let _ = line.send(&goodbye).await;
    }
    begins
}

/// Why there was no first handshake.
fn refused(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::AlertReceived(alert) => Failure::Alert(u8::from(*alert)),
        _ => Failure::Garbled("a handshake that does not end"),
    }
}

/// What comes back, until it says whether the server goes along.
async fn answered(line: &mut Line, theirs: &mut Half) -> Result<bool, Failure> {
    let mut came = Vec::new();
    loop {
        let mut rest = Reader(&came);
        while let Some((kind, body)) = record(&mut rest) {
            if let Some(whether) = theirs.open(kind, body).and_then(|said| goes_along(kind, &said)) {
                return Ok(whether);
            }
        }
        let left = rest.0.len();
        came.drain(..came.len() - left);
        match line.receive(&mut came).await {
            // To end the connection is how some refuse.
            Ok(0) | Err(Failure::Closed) => return Ok(false),
            Ok(_) => {}
            Err(failure) => return Err(failure),
        }
    }
}

/// Takes a record that is there as a whole.
fn record<'b>(rest: &mut Reader<'b>) -> Option<(u8, &'b [u8])> {
    let mut reader = *rest;
    let kind = reader.u8()?;
    reader.u16()?;
    let body = reader.long()?.0;
    *rest = reader;
    Some((kind, body))
}

/// What a record says about it: the hello of a server, or an alert, be it `no_renegotiation` or the end. A server may ask for a
/// handshake of its own (kind 0), and what it says to whom it takes for a client of HTTP means nothing.
fn goes_along(kind: u8, said: &[u8]) -> Option<bool> {
    match (kind, said.first()) {
        (HANDSHAKE, Some(2)) => Some(true),
        (ALERT, _) => Some(false),
        _ => None,
    }
}

/// How our side of the handshake ended (RFC 5246 §7.4.9): what is in the record behind the change of ciphers, without its head.
fn finished(sent: &[u8], ours: &Half) -> Option<Vec<u8>> {
    let mut rest = Reader(sent);
    let mut has_changed = false;
    while let Some((kind, body)) = record(&mut rest) {
        if has_changed && kind == HANDSHAKE {
            let message = ours.opened(0, kind, body)?;
            return message.strip_prefix(&[20, 0, 0, 12]).map(<[u8]>::to_vec);
        }
        has_changed |= kind == CHANGE;
    }
    None
}

/// What one side seals its records with (RFC 5288 §3, RFC 7905 §2).
struct Half {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    next: u64,
    /// Whether a part of the nonce stands in the record.
    tells_nonce: bool,
}

/// Ours and theirs, behind the handshake.
fn halves(connection: ClientConnection) -> Option<(Half, Half)> {
    let secrets = connection.dangerous_extract_secrets().ok()?;
    Some((Half::of(secrets.tx)?, Half::of(secrets.rx)?))
}

/// Bytes of a nonce that stand in a record of AES-GCM.
const TOLD: usize = 8;

impl Half {
    fn of((next, secrets): (u64, ConnectionTrafficSecrets)) -> Option<Self> {
        let (algorithm, key, iv, tells_nonce) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv, true),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv, true),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv, false),
            _ => return None,
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key.as_ref()).ok()?);
        Some(Self { key, iv: iv.as_ref().try_into().ok()?, next, tells_nonce })
    }

    /// Sequence, kind, version and length (RFC 5246 §6.2.3.3).
    fn bound(sequence: u64, kind: u8, length: usize) -> Option<Aad<[u8; 13]>> {
        let [high, low] = u16::try_from(length).ok()?.to_be_bytes();
        let mut bound = [0, 0, 0, 0, 0, 0, 0, 0, kind, 3, 3, high, low];
        bound[..8].copy_from_slice(&sequence.to_be_bytes());
        Some(Aad::from(bound))
    }

    fn nonce(&self, sequence: u64) -> [u8; NONCE_LEN] {
        let mut nonce = self.iv;
        nonce[4..].iter_mut().zip(sequence.to_be_bytes()).for_each(|(byte, of)| *byte ^= of);
        nonce
    }

    /// The next record, as it goes out.
    fn seal(&mut self, kind: u8, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce = self.nonce(self.next);
        let mut body = plain.to_vec();
        let bound = Self::bound(self.next, kind, plain.len())?;
        self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut body).ok()?;
        self.next += 1;
        let told = if self.tells_nonce { &nonce[NONCE_LEN - TOLD..] } else { &[] };
        let [high, low] = u16::try_from(told.len() + body.len()).ok()?.to_be_bytes();
        Some([&[kind, 3, 3, high, low], told, &body].concat())
    }

    /// What the next record of this side holds; `None` for what is none.
    fn open(&mut self, kind: u8, body: &[u8]) -> Option<Vec<u8>> {
        let opened = self.opened(self.next, kind, body);
        self.next += 1;
        opened
    }

    fn opened(&self, sequence: u64, kind: u8, body: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = self.nonce(sequence);
        let sealed = if self.tells_nonce {
            let (told, sealed) = body.split_at_checked(TOLD)?;
            nonce[NONCE_LEN - TOLD..].copy_from_slice(told);
            sealed
        } else {
            body
        };
        let length = sealed.len().checked_sub(self.key.algorithm().tag_len())?;
        let bound = Self::bound(sequence, kind, length)?;
        let mut held = sealed.to_vec();
        let plain = self.key.open_in_place(Nonce::assume_unique_for_key(nonce), bound, &mut held).ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(tells_nonce: bool, next: u64) -> Half {
        let (algorithm, length) = if tells_nonce { (&AES_128_GCM, 16) } else { (&CHACHA20_POLY1305, 32) };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &vec![7; length]).expect("a key"));
        Half { key, iv: [3; NONCE_LEN], next, tells_nonce }
    }

    #[test]
    fn what_one_side_seals_the_other_opens_and_nobody_else() {
        for tells_nonce in [true, false] {
            let (mut ours, mut theirs) = (half(tells_nonce, 5), half(tells_nonce, 5));
            for said in [&b"\x02\0\0\0"[..], b"", b"\x01\x64"] {
                let sealed = ours.seal(HANDSHAKE, said).expect("a record");
                let mut rest = Reader(&sealed);
                let (kind, body) = record(&mut rest).expect("a record");
                assert!(rest.is_empty() && kind == HANDSHAKE);
                assert_eq!(theirs.opened(theirs.next, ALERT, body), None, "of another kind");
                assert_eq!(theirs.opened(theirs.next + 1, kind, body), None, "out of its turn");
                for length in 0..body.len() {
                    assert_eq!(theirs.opened(theirs.next, kind, &body[..length]), None, "{length}");
                }
                assert_eq!(theirs.open(kind, body).as_deref(), Some(said));
            }
        }
    }

    #[test]
    fn a_record_that_has_not_come_as_a_whole_is_none() {
        let whole = [22, 3, 3, 0, 2, 9, 9];
        for length in 0..whole.len() {
            let mut rest = Reader(&whole[..length]);
            assert!(record(&mut rest).is_none() && rest.0.len() == length, "{length}");
        }
    }

    #[test]
    fn an_alert_refuses_and_only_the_hello_of_a_server_goes_along() {
        let said =
            [(HANDSHAKE, &[2, 0][..]), (HANDSHAKE, &[0, 0]), (HANDSHAKE, &[]), (ALERT, &[1, 100]), (23, b"HTTP")];
        assert_eq!(said.map(|(kind, said)| goes_along(kind, said)), [Some(true), None, None, Some(false), None]);
    }

    #[test]
    fn our_end_of_the_handshake_is_what_follows_the_change_of_ciphers() {
        let mut ours = half(true, 0);
        let end = [&[20, 0, 0, 12][..], &[8; 12]].concat();
        let sealed = ours.seal(HANDSHAKE, &end).expect("a record");
        let sent = [&[22, 3, 1, 0, 2, 1, 0], &[CHANGE, 3, 3, 0, 1, 1][..], &sealed].concat();
        assert_eq!(finished(&sent, &ours).as_deref(), Some(&[8; 12][..]));
        assert_eq!(finished(&sent[..sent.len() - 1], &ours), None);
        assert_eq!(finished(&sealed, &ours), None);
    }
}
