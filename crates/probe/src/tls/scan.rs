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

/// Suites in one message of those that servers have: some hang on longer lists.
pub(super) const AT_ONCE: usize = 64;

/// The suites that are asked for first, and all the others, which hardly anybody has and are asked for in one go.
pub(super) fn usual_first(candidates: &[u16]) -> (&[u16], &[u16]) {
    candidates.split_at(candidates.len().min(AT_ONCE))
}

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

    /// All suites of a version, in the order in which the server took them. `first` is the one that it took of all.
    pub(super) async fn suites(&mut self, protocol: Protocol, depth: Depth, first: Option<u16>) -> Suites {
        let candidates = names::candidates(protocol);
        let (usual, rare) = usual_first(&candidates);
        let mut found: Vec<u16> = first.filter(|first| usual.contains(first)).into_iter().collect();
        let mut cut_short = self.more_of(protocol, usual, &mut found).await;
        if cut_short.is_none() && depth == Depth::Whole && !rare.is_empty() {
            let known = found.len();
            cut_short = self.more_of(protocol, rare, &mut found).await;
            // Who stalls on a list that long is asked with shorter ones.
            if cut_short.is_some() && found.len() == known {
                for chunk in rare.chunks(AT_ONCE) {
                    cut_short = self.more_of(protocol, chunk, &mut found).await;
                    if cut_short.is_some() {
                        break;
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

    /// Adds those of some suites that the server takes, until it takes none, and tells why there may be more.
    async fn more_of(&mut self, protocol: Protocol, suites: &[u16], found: &mut Vec<u16>) -> Option<Failure> {
        let purpose = format!("{protocol} suites");
        let mut left: Vec<u16> = suites.iter().copied().filter(|suite| !found.contains(suite)).collect();
        while !left.is_empty() {
            match self.chosen(protocol, &left, &purpose).await {
                Ok(Some(suite)) => {
                    found.push(suite);
                    left.retain(|&other| other != suite);
                }
                Ok(None) => break,
                Err(failure) => return Some(failure),
            }
        }
        None
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
        let known = names::candidates(protocol);
        let (usual, _) = usual_first(&known);
        let is_whole = found.iter().all(|suite| usual.contains(suite));
        // Of all of them it took the first that was found, where they were offered together.
        let mut taken: Vec<u16> = found.first().copied().filter(|_| is_whole).into_iter().collect();
        let lists = [&*found, &backwards, &turned];
        for list in lists.into_iter().skip(taken.len()) {
            let Ok(Some(suite)) = self.chosen(protocol, list, &purpose).await else { return Order::Unknown };
            taken.push(suite);
        }
        let leads = |at: usize, list: &[u16]| taken.get(at) == list.first();
        let is_the_clients = leads(0, found) && leads(1, &backwards) && leads(2, &turned);
        let is_fixed = taken[0] == taken[1] && taken[0] == taken[2];
        let order = match protocol {
            // Of two suites that are all it has, the first is what Go takes as well, for reasons of its own.
            Protocol::Tls12 if self.is_of_go(found).await => Order::Library,
            _ if is_the_clients => Order::Client,
            // Nobody can configure the order of Go in TLS 1.3, which is that of the hardware and of what the client leads with.
            Protocol::Tls13 if !is_fixed => Order::Library,
            _ if taken[0] == taken[2] => Order::Server,
            _ => Order::Unknown,
        };
        if order == Order::Server && found.len() <= AT_ONCE {
            // What was found some at a time is in order within each of them only.
            if !is_whole {
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
        // All of them are usual suites, an AES-GCM led the list of those, and what was taken first was found first.
        let first = found.iter().find(|suite| among.contains(suite));
        if first.is_none_or(|first| CHACHA.contains(first)) {
            return false;
        }
        let led: Vec<u16> = [NEITHER].into_iter().chain(among.iter().copied()).collect();
        let led = self.chosen(Protocol::Tls12, &led, "TLS 1.2 who chooses").await;
        matches!(led, Ok(Some(led)) if CHACHA.contains(&led))
    }

    /// The groups of TLS 1.3: the server asks for a key of the one it wants, since it was given none. `first` is what it wanted
    /// first, of all.
    pub(super) async fn groups_of_tls13(&mut self, suites: &[u16], first: Option<u16>) -> (Vec<u16>, Option<Failure>) {
        let (mut found, mut left) = without(first, names::groups(Protocol::Tls13));
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
    pub(super) async fn groups_of_older(
        &mut self,
        protocol: Protocol,
        suites: &[u16],
        first: Option<u16>,
    ) -> (Vec<u16>, Option<Failure>) {
        let (mut found, mut left) = without(first, names::groups(protocol));
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

    /// Which names of protocols are agreed on, each offered alone, and whether what is sent may be compressed first.
    pub(super) async fn alpn_and_compression(
        &mut self,
        protocol: Protocol,
        suites: &[u16],
    ) -> (Sight<Vec<String>>, Sight<()>) {
        let (mut found, mut compression) = (Vec::new(), None);
        for name in ["h2", "http/1.1"] {
            let alpn = vec![name.to_owned()];
            let hello = ClientHello { alpn, compression: true, ..self.hello(protocol, suites) };
            match self.ask(&hello, Until::Hello, "protocols above TLS, and compression").await {
                Ok(Answer::Chosen(flight)) => {
                    compression = Some(if flight.hello.compression == 0 { Sight::NotOffered } else { Sight::Seen(()) });
                    found.extend(flight.hello.alpn.filter(|chosen| chosen == name));
                }
                Ok(Answer::Alert(_) | Answer::Closed) => {}
                Err(failure) => {
                    let compression = compression.unwrap_or_else(|| Sight::Unseen(failure.clone()));
                    return (Sight::Unseen(failure), compression);
                }
            }
        }
        let compression = match compression {
            Some(seen) => seen,
            // Who refuses each name has not said anything about it.
            None => self.compression(protocol, suites).await,
        };
        (if found.is_empty() { Sight::NotOffered } else { Sight::Seen(found) }, compression)
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

/// What is known already, and what is left of all.
fn without(first: Option<u16>, all: Vec<u16>) -> (Vec<u16>, Vec<u16>) {
    all.into_iter().partition(|group| Some(*group) == first)
}

pub(super) fn key_exchange(flight: &Flight) -> Option<KeyExchange> {
    KeyExchange::read(&names::suite(flight.hello.suite), flight.key_exchange.as_deref()?)
}

/// Those of some suites whose names begin so, over all versions up to 1.2.
pub(super) fn named(found: &[Suites], protocol: Protocol, starts: &[&str]) -> Vec<u16> {
    let of = found.iter().filter(|suites| suites.protocol == protocol).flat_map(|suites| &suites.suites);
    let fits = |suite: &&u16| starts.iter().any(|start| names::suite(**suite).starts_with(start));
    of.filter(fits).copied().collect::<BTreeSet<_>>().into_iter().collect()
}
