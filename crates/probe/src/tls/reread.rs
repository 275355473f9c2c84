//! What recorded bytes show, read once more: for the reader who doubts what was made of them.
//!
//! Of each conversation there is the first message of ours and what came back. Both are read here by themselves, without knowing what
//! was concluded from them, so that whoever holds the conclusions against this holds them against the bytes. What TLS 1.3 encrypts
//! nobody reads again.

use std::collections::BTreeSet;

use super::{
    ask::{Answer, Reading, Until},
    bytes::Reader,
    names::{self, Protocol},
    scan,
    server::KeyExchange,
    ssl2,
};
use crate::Exchange;

/// What some conversations show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Conversations that began with a hello of TLS, and were answered.
    pub conversations: usize,
    pub protocols: BTreeSet<Protocol>,
    pub suites: BTreeSet<(Protocol, u16)>,
    pub groups: BTreeSet<(Protocol, u16)>,
    /// In DER and as they came, of versions that do not encrypt them.
    pub chains: BTreeSet<Vec<Vec<u8>>>,
}

/// Reads what was recorded of one address.
pub fn reread(exchanges: &[Exchange]) -> Reread {
    let mut found = Reread::default();
    for exchange in exchanges {
        let side = |ours: bool| {
            let pieces = exchange.pieces.iter().filter(move |piece| piece.is_ours == ours);
            pieces.map_while(|piece| piece.bytes.as_deref()).collect::<Vec<_>>().concat()
        };
        let (ours, theirs) = (side(true), side(false));
        if ssl2::is_hello(&ours) {
            found.conversations += 1;
            found.protocols.extend((ssl2::answers(&theirs) == Some(true)).then_some(Protocol::Ssl2));
            continue;
        }
        let Some(offered) = suites_of(&ours) else { continue };
        // Whoever only wanted to know what was chosen did not wait for what follows, and may have had the beginning of it.
        let Some(answer) = answer(&theirs, Until::Done).or_else(|| answer(&theirs, Until::Hello)) else { continue };
        found.conversations += 1;
        let Answer::Chosen(flight) = answer else { continue };
        let hello = &flight.hello;
        // What was not offered cannot be agreed to.
        let Some(protocol) = Protocol::of_number(hello.version).filter(|_| offered.contains(&hello.suite)) else {
            continue;
        };
        found.protocols.insert(protocol);
        found.suites.insert((protocol, hello.suite));
        let group = match scan::key_exchange(&flight) {
            Some(KeyExchange::Group(group)) => Some(group),
            _ => hello.group.filter(|_| protocol == Protocol::Tls13),
        };
        found.groups.extend(group.map(|group| (protocol, group)));
        found.chains.extend(flight.certificates.filter(|chain| !chain.is_empty()));
    }
    found
}

impl Reread {
    /// The suites of a version by their names.
    pub fn suites_of(&self, protocol: &str) -> BTreeSet<String> {
        self.suites.iter().filter(|(of, _)| of.name() == protocol).map(|(_, suite)| names::suite(*suite)).collect()
    }

    /// The groups of a version by their names.
    pub fn groups_of(&self, protocol: &str) -> BTreeSet<String> {
        self.groups.iter().filter(|(of, _)| of.name() == protocol).map(|(_, group)| names::group(*group)).collect()
    }
}

fn answer(theirs: &[u8], until: Until) -> Option<Answer> {
    let mut reading = Reading::new(until);
    match reading.add(theirs) {
        Ok(Some(answer)) => Some(answer),
        Ok(None) => reading.end().ok(),
        Err(_) => None,
    }
}

/// The suites that a hello offers; `None` where it is none.
fn suites_of(hello: &[u8]) -> Option<BTreeSet<u16>> {
    let mut record = Reader(hello);
    (record.u8()? == 22).then_some(())?;
    record.u16()?;
    let mut message = record.long()?;
    (message.u8()? == 1).then_some(())?;
    let mut body = message.longer()?;
    body.take(2 + 32)?;
    body.short()?;
    let mut list = body.long()?;
    let mut suites = BTreeSet::new();
    while !list.is_empty() {
        suites.insert(list.u16()?);
    }
    Some(suites)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Piece, tls::hello::ClientHello};

    fn exchange(hello: &ClientHello, answer: &[&[u8]]) -> Exchange {
        let piece = |is_ours, bytes: &[u8]| Piece {
            at: std::time::Duration::ZERO,
            is_ours,
            bytes: Some(bytes.to_vec()),
            length: bytes.len(),
        };
        let theirs = answer.iter().map(|bytes| piece(false, bytes));
        Exchange::of("a question", [piece(true, &hello.bytes())].into_iter().chain(theirs).collect())
    }

    fn hello(protocol: Protocol, suites: &[u16]) -> ClientHello {
        let (random, alpn) = ([7; 32], Vec::new());
        let (suites, groups) = (suites.to_vec(), Vec::new());
        ClientHello { protocol, random, suites, groups, sni: None, alpn, compression: false, asks: false }
    }

    /// TLS 1.2 with a suite.
    fn chosen(suite: u16) -> Vec<u8> {
        let [high, low] = suite.to_be_bytes();
        [&[22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3][..], &[9; 32], &[0, high, low, 0]].concat()
    }

    #[test]
    fn what_was_agreed_to_is_read_from_the_bytes_alone() {
        let whole = chosen(0xc02f);
        let (first, rest) = whole.split_at(9);
        let alert = [21, 3, 3, 0, 2, 2, 40];
        let seen = reread(&[
            exchange(&hello(Protocol::Tls12, &[0xc02f, 0xc030]), &[first, rest]),
            exchange(&hello(Protocol::Tls12, &[0xc030]), &[&alert]),
            exchange(&hello(Protocol::Tls11, &[0x002f]), &[&whole]),
            exchange(&hello(Protocol::Tls12, &[0xc030]), &[]),
            exchange(&hello(Protocol::Tls12, &[0xc030]), &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]),
        ]);
        assert_eq!(seen.protocols, BTreeSet::from([Protocol::Tls12]));
        assert_eq!(seen.suites_of("TLS 1.2"), BTreeSet::from(["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()]));
        // A suite that was not offered is no agreement, silence is a refusal, and what is no TLS is nothing.
        assert_eq!(seen.conversations, 4);
        assert!(seen.suites_of("TLS 1.1").is_empty());
    }

    #[test]
    fn bytes_that_are_no_hello_are_none() {
        let whole = hello(Protocol::Tls12, &[0xc02f]).bytes();
        assert_eq!(suites_of(&whole), Some(BTreeSet::from([0xc02f])));
        for length in 0..whole.len() {
            assert_eq!(suites_of(&whole[..length]), None, "{length}");
        }
        assert_eq!(suites_of(b"GET / HTTP/1.1\r\n"), None);
    }
}
