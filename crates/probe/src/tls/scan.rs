//! What a server would choose, found out by offering less and less: a list without what it chose last, until it refuses.

use std::collections::BTreeSet;

use super::{
    Depth, Order, Suites,
    ask::{Answer, Flight, Until, ask},
    hello::ClientHello,
    names::{self, Protocol},
    server::KeyExchange,
};
use crate::{Dialer, Failure, Sight};

/// Suites in one message: some servers hang on longer lists.
const AT_ONCE: usize = 64;

/// What all questions to one server share.
pub(super) struct Scan<'d> {
    pub(super) dialer: &'d mut Dialer,
    pub(super) random: [u8; 32],
    pub(super) sni: Option<String>,
}

impl Scan<'_> {
    pub(super) fn hello(&self, protocol: Protocol, suites: &[u16]) -> ClientHello {
        ClientHello {
            protocol,
            random: self.random,
            suites: suites.to_vec(),
            groups: names::groups(protocol),
            sni: self.sni.clone(),
            alpn: Vec::new(),
            compression: false,
            asks: false,
        }
    }

    pub(super) async fn ask(&mut self, hello: &ClientHello, until: Until, purpose: &str) -> Result<Answer, Failure> {
        ask(self.dialer, hello, until, purpose).await
    }

    /// The suite chosen of some; `None` where none is.
    async fn chosen(&mut self, protocol: Protocol, suites: &[u16], purpose: &str) -> Result<Option<u16>, Failure> {
        let hello = self.hello(protocol, suites);
        let flight = match self.ask(&hello, Until::Hello, purpose).await? {
            Answer::Chosen(flight) => flight,
            Answer::Alert(_) | Answer::Closed => return Ok(None),
        };
        if flight.hello.version != protocol.number() {
            return Ok(None);
        }
        let suite = flight.hello.suite;
        if suites.contains(&suite) { Ok(Some(suite)) } else { Err(Failure::Garbled("a suite that was not offered")) }
    }

    /// All suites of a version, in the order in which the server took them.
    pub(super) async fn suites(&mut self, protocol: Protocol, depth: Depth) -> Suites {
        let purpose = format!("{protocol} suites");
        let mut found: Vec<u16> = Vec::new();
        let mut cut_short = None;
        let chunks = if depth == Depth::Quick { 1 } else { usize::MAX };
        'chunks: for chunk in names::candidates(protocol).chunks(AT_ONCE).take(chunks) {
            let mut left = chunk.to_vec();
            while !left.is_empty() {
                match self.chosen(protocol, &left, &purpose).await {
                    Ok(Some(suite)) => {
                        found.push(suite);
                        left.retain(|&other| other != suite);
                    }
                    Ok(None) => break,
                    Err(failure) => {
                        cut_short = Some(failure);
                        break 'chunks;
                    }
                }
            }
        }
        let order = match (&cut_short, found.len()) {
            (None, 2..) if depth == Depth::Whole => self.order(protocol, &mut found).await,
            _ => Order::Unknown,
        };
        Suites { protocol, suites: found, order, cut_short }
    }

    /// Who decides among suites that both sides know, with the list brought into the server's order where it has one.
    ///
    /// The list is offered as it was found, backwards, and beginning with its second: whoever has an order of its own takes
    /// the same each time, and whoever has none takes the first.
    async fn order(&mut self, protocol: Protocol, found: &mut Vec<u16>) -> Order {
        let purpose = format!("{protocol} order of suites");
        let backwards: Vec<u16> = found.iter().rev().copied().collect();
        let mut turned = found.clone();
        turned.rotate_left(1);
        let mut taken = Vec::new();
        for list in [&*found, &backwards, &turned] {
            let Ok(Some(suite)) = self.chosen(protocol, list, &purpose).await else { return Order::Unknown };
            taken.push(suite);
        }
        let leads = |at: usize, list: &[u16]| taken.get(at) == list.first();
        let is_the_clients = leads(0, found) && leads(1, &backwards) && leads(2, &turned);
        let is_fixed = taken[0] == taken[1] && taken[0] == taken[2];
        let order = match protocol {
            _ if is_the_clients => Order::Client,
            Protocol::Tls12 if self.is_of_go(found).await => Order::Library,
            // Nobody can configure the order of Go in TLS 1.3, which is that of the hardware and of what the client leads with.
            Protocol::Tls13 if !is_fixed => Order::Library,
            _ if taken[0] == taken[2] => Order::Server,
            _ => Order::Unknown,
        };
        if order == Order::Server && found.len() <= AT_ONCE {
            // What was found some at a time is in order within each of them only.
            let known = names::candidates(protocol);
            let is_of_first = |suite: &u16| known.iter().take(AT_ONCE).any(|one| one == suite);
            if !found.iter().all(is_of_first) {
                let mut left = found.clone();
                let mut ordered = Vec::new();
                while !left.is_empty() {
                    let Ok(Some(suite)) = self.chosen(protocol, &left, &purpose).await else { return Order::Unknown };
                    ordered.push(suite);
                    left.retain(|&other| other != suite);
                }
                *found = ordered;
            }
        } else {
            found.sort_unstable();
        }
        order
    }

    /// Whether the choice between AES-GCM and ChaCha20 follows the first suite that is offered, even if that is one of
    /// neither: so does Go since 1.17 and nothing else (crypto/tls/cipher_suites.go, `aesgcmPreferred`), and there the
    /// order is not the operator's.
    async fn is_of_go(&mut self, found: &[u16]) -> bool {
        const AES: [u16; 4] = [0xc02b, 0xc02f, 0xc02c, 0xc030];
        const CHACHA: [u16; 2] = [0xcca9, 0xcca8];
        // One that Go knows, whether or not this server has it switched on.
        const NEITHER: u16 = 0x002f;
        let among: Vec<u16> = AES.into_iter().chain(CHACHA).filter(|suite| found.contains(suite)).collect();
        let [with_aes, with_chacha] =
            [among.iter().any(|suite| AES.contains(suite)), among.iter().any(|suite| CHACHA.contains(suite))];
        if !with_aes || !with_chacha {
            return false;
        }
        let led: Vec<u16> = [NEITHER].into_iter().chain(among.iter().copied()).collect();
        let purpose = "TLS 1.2 who chooses";
        let plain = self.chosen(Protocol::Tls12, &among, purpose).await;
        let led = self.chosen(Protocol::Tls12, &led, purpose).await;
        matches!((plain, led), (Ok(Some(plain)), Ok(Some(led))) if AES.contains(&plain) && CHACHA.contains(&led))
    }

    /// The groups of TLS 1.3: the server asks for a key of the one it wants, since it was given none.
    pub(super) async fn groups_of_tls13(&mut self, suites: &[u16]) -> (Vec<u16>, Option<Failure>) {
        let mut left = names::groups(Protocol::Tls13);
        let mut found = Vec::new();
        while !left.is_empty() {
            let hello = ClientHello { groups: left.clone(), ..self.hello(Protocol::Tls13, suites) };
            match self.ask(&hello, Until::Hello, "TLS 1.3 groups").await {
                Ok(Answer::Chosen(flight)) => match flight.hello.group.filter(|group| left.contains(group)) {
                    Some(group) => {
                        found.push(group);
                        left.retain(|&other| other != group);
                    }
                    None => return (found, Some(Failure::Garbled("a group that was not offered"))),
                },
                Ok(Answer::Alert(_) | Answer::Closed) => break,
                Err(failure) => return (found, Some(failure)),
            }
        }
        (found, None)
    }

    /// The curves of older versions, from the keys that the server sends of its own accord.
    pub(super) async fn groups_of_older(&mut self, protocol: Protocol, suites: &[u16]) -> (Vec<u16>, Option<Failure>) {
        let mut left = names::groups(protocol);
        let mut found = Vec::new();
        while !left.is_empty() {
            let hello = ClientHello { groups: left.clone(), ..self.hello(protocol, suites) };
            match self.ask(&hello, Until::Done, &format!("{protocol} groups")).await {
                Ok(Answer::Chosen(flight)) => match key_exchange(&flight) {
                    Some(KeyExchange::Group(group)) if left.contains(&group) => {
                        found.push(group);
                        left.retain(|&other| other != group);
                    }
                    _ => break,
                },
                Ok(Answer::Alert(_) | Answer::Closed) => break,
                Err(failure) => return (found, Some(failure)),
            }
        }
        (found, None)
    }

    /// The size of the numbers for Diffie-Hellman where the server brings its own.
    pub(super) async fn prime(&mut self, protocol: Protocol, suites: &[u16]) -> Sight<usize> {
        // Without groups to choose from it shows what it uses for those who know none.
        let hello = ClientHello { groups: Vec::new(), ..self.hello(protocol, suites) };
        match self.ask(&hello, Until::Done, &format!("{protocol} Diffie-Hellman")).await {
            Ok(Answer::Chosen(flight)) => match key_exchange(&flight) {
                Some(KeyExchange::Prime(bits)) => Sight::Seen(bits),
                _ => Sight::NotOffered,
            },
            Ok(Answer::Alert(_) | Answer::Closed) => Sight::NotOffered,
            Err(failure) => Sight::Unseen(failure),
        }
    }

    /// Which names of protocols are agreed on, each offered alone.
    pub(super) async fn alpn(&mut self, protocol: Protocol, suites: &[u16]) -> Sight<Vec<String>> {
        let mut found = Vec::new();
        for name in ["h2", "http/1.1"] {
            let hello = ClientHello { alpn: vec![name.to_owned()], ..self.hello(protocol, suites) };
            match self.ask(&hello, Until::Hello, "protocols above TLS").await {
                Ok(Answer::Chosen(flight)) => found.extend(flight.hello.alpn.filter(|chosen| chosen == name)),
                Ok(Answer::Alert(_) | Answer::Closed) => {}
                Err(failure) => return Sight::Unseen(failure),
            }
        }
        if found.is_empty() { Sight::NotOffered } else { Sight::Seen(found) }
    }

    /// Whether what is sent may be compressed first, which gives secrets away (CRIME; RFC 7525 §3.3).
    pub(super) async fn compression(&mut self, protocol: Protocol, suites: &[u16]) -> Sight<()> {
        let hello = ClientHello { compression: true, ..self.hello(protocol, suites) };
        match self.ask(&hello, Until::Hello, "compression").await {
            Ok(Answer::Chosen(flight)) if flight.hello.compression != 0 => Sight::Seen(()),
            Ok(_) => Sight::NotOffered,
            Err(failure) => Sight::Unseen(failure),
        }
    }

    /// Whether a client that says it would have spoken a newer version is refused an older one (RFC 7507).
    pub(super) async fn refuses_fallback(&mut self, protocol: Protocol, suites: &[u16]) -> Sight<()> {
        let suites: Vec<u16> = suites.iter().copied().chain([0x5600]).collect();
        let hello = self.hello(protocol, &suites);
        match self.ask(&hello, Until::Hello, "fallback to an older version").await {
            Ok(Answer::Alert(86)) => Sight::Seen(()),
            Ok(_) => Sight::NotOffered,
            Err(failure) => Sight::Unseen(failure),
        }
    }
}

fn key_exchange(flight: &Flight) -> Option<KeyExchange> {
    KeyExchange::read(&names::suite(flight.hello.suite), flight.key_exchange.as_deref()?)
}

/// Those of some suites whose names begin so, over all versions up to 1.2.
pub(super) fn named(found: &[Suites], protocol: Protocol, starts: &[&str]) -> Vec<u16> {
    let of = found.iter().filter(|suites| suites.protocol == protocol).flat_map(|suites| &suites.suites);
    let fits = |suite: &&u16| starts.iter().any(|start| names::suite(**suite).starts_with(start));
    of.filter(fits).copied().collect::<BTreeSet<_>>().into_iter().collect()
}
