//! SSL 2.0, which nobody should speak since 2011 (RFC 6176): its one question, and what is an answer to it.
//!
//! Its messages are of another kind than all that came later, and whoever answers them with a key that is used elsewhere as well lets
//! others read what is said there (DROWN, CVE-2016-0800). One connection shows whether it is spoken. Nothing is agreed on: the server
//! shows its certificate and waits for a key, which is never sent.

use crate::{Dialer, Failure, Sight};

/// Kinds of ciphers (draft-hickman-netscape-ssl-00 §4.7), all there were.
const CIPHERS: [[u8; 3]; 7] =
    [[1, 0, 0x80], [2, 0, 0x80], [3, 0, 0x80], [4, 0, 0x80], [5, 0, 0x80], [6, 0, 0x40], [7, 0, 0xc0]];

const CHALLENGE: usize = 16;

/// The message of a client (CLIENT-HELLO, §2.6), of as many bytes as its first two say.
pub(super) fn hello(random: &[u8; 32]) -> Vec<u8> {
    let ciphers = CIPHERS.concat();
    let mut message = vec![1, 0, 2];
    for length in [ciphers.len(), 0, CHALLENGE] {
        message.extend([0, length.to_le_bytes()[0]]);
    }
    message.extend(ciphers);
    message.extend(&random[..CHALLENGE]);
    [&[0x80, message.len().to_le_bytes()[0]], &message[..]].concat()
}

/// Whether what came is the answer of a server (SERVER-HELLO, §2.7); `None` until more has come.
pub fn answers(bytes: &[u8]) -> Option<bool> {
    let head: &[u8; 13] = match bytes.first_chunk() {
        Some(head) => head,
        // Two bytes of a length whose first bit is set, as no record of TLS and no text begins.
        None => return bytes.first().is_some_and(|first| first & 0x80 == 0).then_some(false),
    };
    let number = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
    // The kind, whether the session is known, the kind of certificate and the version stand before three lengths.
    let (length, lengths) = (number(0) & 0x7fff, number(7) + number(9) + number(11));
    Some(head[0] & 0x80 != 0 && head[2] == 4 && number(5) == 2 && length == 11 + lengths)
}

/// Whether a message is the one that we ask with.
pub(super) fn is_hello(bytes: &[u8]) -> bool {
    bytes.first_chunk().is_some_and(|first: &[u8; 5]| first[0] & 0x80 != 0 && first[2..] == [1, 0, 2])
}

/// Asks once.
pub(super) async fn ask(dialer: &mut Dialer, random: &[u8; 32]) -> Sight<()> {
    match exchange(dialer, random).await {
        Ok(true) => Sight::Seen(()),
        Ok(false) => Sight::NotOffered,
        Err(failure) => Sight::Unseen(failure),
    }
}

async fn exchange(dialer: &mut Dialer, random: &[u8; 32]) -> Result<bool, Failure> {
    let mut line = dialer.connect("whether SSL 2.0 is spoken", dialer.limits()).await?;
    line.send(&hello(random)).await?;
    let mut came = Vec::new();
    loop {
        match line.receive(&mut came).await {
            Ok(0) | Err(Failure::Closed) => return Ok(false),
            Ok(_) => {}
            Err(failure) => return Err(failure),
        }
        if let Some(whether) = answers(&came) {
            return Ok(whether);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_says_how_long_it_is() {
        let hello = hello(&[7; 32]);
        assert_eq!(hello.len(), 2 + usize::from(hello[1]));
        // As OpenSSL 0.9.8 wrote it, but for what was chance.
        assert_eq!(hello[..14], [0x80, 0x2e, 1, 0, 2, 0, 21, 0, 0, 0, 16, 1, 0, 0x80]);
        assert!(is_hello(&hello) && !is_hello(&hello[..4]));
        assert!(!is_hello(&[22, 3, 1, 0, 2]));
    }

    #[test]
    fn only_the_answer_of_a_server_is_one() {
        // A certificate of four bytes, one cipher and the name of a connection of sixteen.
        let whole =
            [&[0x80, 34, 4, 0, 1, 0, 2, 0, 4, 0, 3, 0, 16][..], &[0x30, 2, 5, 0, 1, 0, 0x80], &[9; 16]].concat();
        assert_eq!(answers(&whole), Some(true));
        for length in 0..13 {
            assert_eq!(answers(&whole[..length]), None, "{length}");
        }
        // That it has no cipher in common, an alert of TLS, a hello of TLS 1.2 and words.
        let other = [&[0x80, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0][..], &[21, 3, 1, 0, 2, 2, 70], &[22], b"HTTP/1.1 400"];
        assert!(other.iter().all(|other| answers(other) == Some(false)));
        // Lengths that do not fit.
        let mut wrong = whole;
        wrong[8] = 5;
        assert_eq!(answers(&wrong), Some(false));
    }
}
