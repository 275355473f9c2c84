//! What an endpoint shows of TLS: versions, suites, groups, certificates, and whom it asks for one.
//!
//! Two ways lead there. First messages made by hand ([`hello`]) find out what a server would choose, in every version since
//! SSL 3.0, and read its answers as far as they are in the clear ([`ask::Reading`]). One whole handshake by rustls shows
//! what TLS 1.3 encrypts. Each question is a connection of its own, and no conversation gets so far that anything is asked
//! of what speaks inside it.

mod anybody;
pub mod ask;
mod bytes;
mod chains;
mod der;
mod full;
pub mod hello;
pub mod names;
pub mod records;
mod renegotiation;
mod reread;
mod scan;
pub mod server;
pub mod ssl2;
mod trust;

use std::sync::Arc;

pub(crate) use anybody::{Anybody, Groups as Reach, Wants};
use ask::{Answer, Flight, Until};
use full::{Full, Offer};
use hello::ClientHello;
pub use names::Protocol;
pub use reread::{Reread, reread};
use scan::Scan;
use server::KeyExchange;
pub use trust::Trust;

use crate::{Dialer, Endpoint, Failure, Sight};

/// What one address showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Every version, oldest first.
    pub protocols: Vec<(Protocol, Sight<()>)>,
    /// Of each version that is offered, oldest first.
    pub suites: Vec<Suites>,
    pub groups: Vec<Groups>,
    /// The fewest bits of the numbers for Diffie-Hellman that the server brings for clients that know none.
    pub prime: Sight<usize>,
    pub alpn: Sight<Vec<String>>,
    pub compression: Sight<()>,
    /// RFC 5746; TLS 1.3 has no renegotiation.
    pub secure_renegotiation: Sight<()>,
    /// Whether a client may begin the handshake anew inside a connection; asked in depth alone.
    pub client_renegotiation: Sight<()>,
    /// RFC 7627; in TLS 1.3 it is always so.
    pub extended_master_secret: Sight<()>,
    /// RFC 7507, where there are two versions to tell apart.
    pub refuses_fallback: Sight<()>,
    pub tickets: Sight<()>,
    /// Bytes of a stapled answer of OCSP.
    pub stapled: Sight<usize>,
    pub client_certificate: Sight<ClientCertificate>,
    /// One for each name that was asked for; the first is that of the endpoint. Last, where there is one, what it shows under that
    /// name to who wants a key of another kind.
    pub chains: Vec<Chain>,
}

/// The suites of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suites {
    pub protocol: Protocol,
    /// In the server's order where it has one, else by their numbers.
    pub suites: Vec<u16>,
    pub order: Order,
    /// Why there may be more.
    pub cut_short: Option<Failure>,
}

/// Who decides among the suites that both sides know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The server, by an order of its own.
    Server,
    /// The client.
    Client,
    /// The library of the server, whatever anybody configured: Go does so (crypto/tls, since 1.17).
    Library,
    /// There is one suite, or it could not be told.
    Unknown,
}

/// The groups of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    pub protocol: Protocol,
    /// In the order in which the server took them.
    pub groups: Vec<u16>,
    pub cut_short: Option<Failure>,
}

/// A certificate is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The authorities whose certificates are welcome, each a name in DER; none where any is.
    pub authorities: Vec<Vec<u8>>,
    /// Whether going on without one is refused; `None` where that cannot be told.
    pub required: Option<bool>,
}

/// What was served when a name was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The name that was sent; `None` for none.
    pub sni: Option<String>,
    pub protocol: Protocol,
    /// In DER and as they came, or why there are none.
    pub certificates: Result<Vec<Vec<u8>>, Refusal>,
    pub trust: Trust,
}

/// Why a name has no chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server will not speak to who asks for it; the number of its alert, `None` where it just closed.
    Alert(Option<u8>),
    Failed(Failure),
}

impl Tls {
    /// Whether a version is offered.
    pub fn offers(&self, protocol: Protocol) -> bool {
        self.protocols.iter().any(|(known, sight)| *known == protocol && matches!(sight, Sight::Seen(())))
    }

    /// Whether the server's library showed itself to be Go's.
    pub fn is_of_go(&self) -> bool {
        self.suites.iter().any(|suites| suites.order == Order::Library)
    }
}

/// In this order versions are asked for: the likeliest first, so that a peer without TLS is let go at once.
const ASKED: [Protocol; 5] = [Protocol::Tls12, Protocol::Tls13, Protocol::Tls11, Protocol::Tls10, Protocol::Ssl3];

/// What may be spoken inside, as ALPN has it.
static INSIDE: [&str; 2] = ["h2", "http/1.1"];

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All that a stranger can be shown.
    Whole,
    /// Versions, the suites that servers of our days may have, and the certificates of the endpoint's own name: a dozen
    /// connections, for somebody who asks other things besides.
    Quick,
}

/// Looks at TLS. `now` is in seconds since 1970.
pub(crate) async fn look(endpoint: &Endpoint, dialer: &mut Dialer, now: u64, depth: Depth) -> Sight<Tls> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut random = [0x50; 32];
    // Without chance it is the same for every run, which harms nobody: no key comes of it.
    let _ = provider.secure_random.fill(&mut random);
    let mut scan = Scan { dialer, random, sni: endpoint.sni.clone() };
    let (protocols, flights) = match introductions(&mut scan, depth).await {
        Ok(found) => found,
        Err(failure) => return Sight::Unseen(failure),
    };
    // What is said in SSL 2.0 has nothing in common with what is asked below.
    let has = |(protocol, sight): &(Protocol, Sight<()>)| {
        (*protocol > Protocol::Ssl2 && *sight == Sight::Seen(())).then_some(*protocol)
    };
    let offered: Vec<Protocol> = protocols.iter().filter_map(has).collect();
    let mut tls = Tls::of(protocols);
    let flight = |protocol: Protocol| flights.iter().find(|(known, _)| *known == protocol).map(|(_, flight)| flight);
    for &protocol in &offered {
        let first = flight(protocol).map(|flight| flight.hello.suite);
        let suites = scan.suites(protocol, depth, first).await;
        tls.suites.push(suites);
    }
    // What is the library's order in one version is nobody's choice in another.
    if tls.is_of_go() {
        for suites in tls.suites.iter_mut().filter(|suites| suites.order == Order::Server) {
            suites.order = Order::Library;
            suites.suites.sort_unstable();
        }
    }
    if depth == Depth::Whole {
        groups(&mut scan, &offered, &flights, &mut tls).await;
    }
    let old = offered.iter().copied().rfind(|&protocol| protocol < Protocol::Tls13);
    if let Some(protocol) = old {
        let suites = tls.suites_of(protocol);
        if protocol > Protocol::Ssl3 && depth == Depth::Whole {
            (tls.alpn, tls.compression) = scan.alpn_and_compression(protocol, &suites).await;
        } else {
            tls.compression = scan.compression(protocol, &suites).await;
        }
        if let Some(flight) = flight(protocol) {
            tls.of_flight(protocol, flight);
        }
        // Only where there is a newer version to fall back from.
        let lower = offered.iter().rev().nth(1).filter(|&&lower| lower < Protocol::Tls13 && depth == Depth::Whole);
        if let Some(&lower) = lower {
            tls.refuses_fallback = scan.refuses_fallback(lower, &tls.suites_of(lower)).await;
        }
    }
    if let Some(&newest) = offered.iter().rfind(|&&protocol| protocol >= Protocol::Tls12) {
        let full = whole(scan.dialer, endpoint, newest).await;
        tls.of_full(newest, full);
        if old.is_none() && depth == Depth::Whole {
            tls.alpn_of_tls13(&mut scan, endpoint).await;
        }
    }
    if depth == Depth::Whole {
        tls.client_renegotiation = begins_anew(&mut scan, endpoint, &offered, &tls).await;
    }
    chains::all(&mut scan, endpoint, &offered, &flights, &mut tls, depth).await;
    if depth == Depth::Whole {
        let other = chains::other_kind(&mut scan, endpoint, old, &tls).await;
        tls.chains.extend(other);
    }
    for chain in &mut tls.chains {
        if let Ok(certificates) = &chain.certificates {
            chain.trust = trust::of(certificates, now, &provider);
        }
    }
    Sight::Seen(tls)
}

type Introductions = (Vec<(Protocol, Sight<()>)>, Vec<(Protocol, Flight)>);

/// Which versions are offered, and what those in the clear showed; a failure where nothing speaks TLS.
async fn introductions(scan: &mut Scan<'_>, depth: Depth) -> Result<Introductions, Failure> {
    let mut found: Vec<(Protocol, Sight<()>)> = Vec::new();
    let mut flights = Vec::new();
    let mut silent = None;
    for protocol in ASKED {
        let sight = match introduction(scan, protocol).await {
            Ok(Answer::Chosen(flight)) if flight.hello.version == protocol.number() => {
                flights.push((protocol, *flight));
                Sight::Seen(())
            }
            Ok(Answer::Chosen(_) | Answer::Alert(_)) => Sight::NotOffered,
            Ok(Answer::Closed) => {
                silent.get_or_insert(Failure::Closed);
                Sight::Unseen(Failure::Closed)
            }
            // Whoever does not answer the first question is not asked four more.
            Err(failure) if found.is_empty() => return Err(failure),
            Err(failure) => Sight::Unseen(failure),
        };
        found.push((protocol, sight));
    }
    let speaks = |(_, sight): &(Protocol, Sight<()>)| matches!(sight, Sight::Seen(()) | Sight::NotOffered);
    match silent {
        Some(failure) if !found.iter().any(speaks) => return Err(failure),
        _ => {}
    }
    if depth == Depth::Whole {
        found.push((Protocol::Ssl2, ssl2::ask(scan.dialer, &scan.random).await));
    }
    // Where it answers other versions, closing is its way to refuse one.
    for (_, sight) in &mut found {
        if *sight == Sight::Unseen(Failure::Closed) {
            *sight = Sight::NotOffered;
        }
    }
    found.sort_by_key(|(protocol, _)| *protocol);
    Ok((found, flights))
}

/// Asks for a version with all suites that it could have, the usual ones first.
async fn introduction(scan: &mut Scan<'_>, protocol: Protocol) -> Result<Answer, Failure> {
    let candidates = names::candidates(protocol);
    let mut last = Answer::Closed;
    let (usual, rare) = scan::usual_first(&candidates);
    for (index, chunk) in [usual, rare].into_iter().filter(|chunk| !chunk.is_empty()).enumerate() {
        let hello = ClientHello { asks: true, ..scan.hello(protocol, chunk) };
        let answer = match scan.ask(&hello, Until::Done, &format!("whether {protocol} is spoken")).await {
            // A server that has already refused some may get tired of it.
            Err(_) if index > 0 => return Ok(last),
            other => other?,
        };
        match answer {
            Answer::Chosen(_) | Answer::Alert(70) => return Ok(answer),
            // Nobody who closes on the usual suites was seen to take others.
            Answer::Closed => return Ok(answer),
            Answer::Alert(_) => last = answer,
        }
    }
    Ok(last)
}

async fn groups(scan: &mut Scan<'_>, offered: &[Protocol], flights: &[(Protocol, Flight)], tls: &mut Tls) {
    let flight = |protocol: Protocol| flights.iter().find(|(known, _)| *known == protocol).map(|(_, flight)| flight);
    if offered.contains(&Protocol::Tls13) {
        let first = flight(Protocol::Tls13).and_then(|flight| flight.hello.group);
        let (groups, cut_short) = scan.groups_of_tls13(&tls.suites_of(Protocol::Tls13), first).await;
        tls.groups.push(Groups { protocol: Protocol::Tls13, groups, cut_short });
    }
    let Some(old) = offered.iter().copied().rfind(|protocol| (Protocol::Tls10..Protocol::Tls13).contains(protocol))
    else {
        return;
    };
    let curves = scan::named(&tls.suites, old, &["TLS_ECDHE_", "TLS_ECDH_anon_"]);
    if !curves.is_empty() {
        let first = match flight(old).and_then(scan::key_exchange) {
            Some(KeyExchange::Group(group)) => Some(group),
            _ => None,
        };
        let (groups, cut_short) = scan.groups_of_older(old, &curves, first).await;
        tls.groups.insert(0, Groups { protocol: old, groups, cut_short });
    }
    // A server may bring smaller numbers where nobody signs for them, as OpenSSL does.
    for start in ["TLS_DHE_", "TLS_DH_anon_"] {
        let primes = scan::named(&tls.suites, old, &[start]);
        if primes.is_empty() {
            continue;
        }
        let prime = scan.prime(old, &primes).await;
        tls.prime = match (&tls.prime, prime) {
            (Sight::Seen(known), Sight::Seen(bits)) => Sight::Seen(bits.min(*known)),
            (Sight::Seen(known), _) => Sight::Seen(*known),
            (_, prime) => prime,
        };
    }
}

/// Whether a client may begin anew, in the newest version that knows of that.
async fn begins_anew(scan: &mut Scan<'_>, endpoint: &Endpoint, offered: &[Protocol], tls: &Tls) -> Sight<()> {
    let old = offered.iter().copied().rfind(|&protocol| protocol < Protocol::Tls13);
    let calculated = names::calculated();
    let suites: Vec<u16> =
        tls.suites_of(Protocol::Tls12).into_iter().filter(|suite| calculated.contains(suite)).collect();
    let asked = tls.client_certificate.seen();
    let why = match old {
        None => return Sight::NotOffered,
        Some(_) if suites.is_empty() => "it agrees to no TLS 1.2 that can be spoken here to its end",
        Some(_) if asked.is_some_and(|asked| asked.required == Some(true)) => {
            "it wants a certificate of the client first, so that no handshake was ended with it"
        }
        Some(_) => {
            let offer = Offer { protocol: Protocol::Tls12, inside: &[], groups: Reach::Own, wants: Wants::Any };
            let hello = ClientHello { asks: true, ..scan.hello(Protocol::Tls12, &suites) };
            let is_secure = tls.secure_renegotiation == Sight::Seen(());
            return renegotiation::by_client(scan.dialer, endpoint, offer, &hello, is_secure).await;
        }
    };
    Sight::Unseen(Failure::Unasked(why))
}

/// A whole handshake; without names of protocols where the server takes none of those that we have, and with more groups where it
/// knows none of ours.
async fn whole(dialer: &mut Dialer, endpoint: &Endpoint, protocol: Protocol) -> Result<Full, Failure> {
    const NO_AGREEMENT: u8 = 40;
    const NO_PROTOCOL: u8 = 120;
    let mut offer = Offer { protocol, inside: &INSIDE, groups: Reach::Own, wants: Wants::Any };
    loop {
        let full = full::handshake(dialer, endpoint, offer).await?;
        match full.alert {
            Some(NO_PROTOCOL) if full.certificates.is_empty() && !offer.inside.is_empty() => offer.inside = &[],
            Some(NO_AGREEMENT) if full.certificates.is_empty() && offer.groups == Reach::Own => {
                offer.groups = Reach::More
            }
            _ => return Ok(full),
        }
    }
}

impl Tls {
    /// Nothing but the versions is known yet.
    fn of(protocols: Vec<(Protocol, Sight<()>)>) -> Self {
        Self {
            protocols,
            suites: Vec::new(),
            groups: Vec::new(),
            prime: Sight::NotOffered,
            alpn: Sight::NotOffered,
            compression: Sight::NotOffered,
            secure_renegotiation: Sight::NotOffered,
            client_renegotiation: Sight::NotOffered,
            extended_master_secret: Sight::NotOffered,
            refuses_fallback: Sight::NotOffered,
            tickets: Sight::NotOffered,
            stapled: Sight::NotOffered,
            client_certificate: Sight::NotOffered,
            chains: Vec::new(),
        }
    }

    fn suites_of(&self, protocol: Protocol) -> Vec<u16> {
        self.suites
            .iter()
            .filter(|suites| suites.protocol == protocol)
            .flat_map(|suites| suites.suites.clone())
            .collect()
    }

    /// Where nothing is said in the clear: whoever takes one of two may take the other as well.
    async fn alpn_of_tls13(&mut self, scan: &mut Scan<'_>, endpoint: &Endpoint) {
        let Sight::Seen(taken) = &mut self.alpn else { return };
        let Some(other) = INSIDE.iter().find(|name| !taken.iter().any(|known| known == *name)) else { return };
        let inside = std::slice::from_ref(other);
        let offer = Offer { protocol: Protocol::Tls13, inside, groups: Reach::Own, wants: Wants::Any };
        match full::handshake(scan.dialer, endpoint, offer).await {
            Ok(full) => taken.extend(full.alpn),
            Err(failure) => self.alpn = Sight::Unseen(failure),
        }
    }

    /// What a version in the clear showed.
    fn of_flight(&mut self, protocol: Protocol, flight: &Flight) {
        let if_so = |so: bool| if so { Sight::Seen(()) } else { Sight::NotOffered };
        self.secure_renegotiation = if_so(flight.hello.secure_renegotiation);
        self.extended_master_secret = if_so(flight.hello.extended_master_secret);
        self.tickets = if_so(flight.hello.ticket);
        self.stapled = flight.stapled.map_or(Sight::NotOffered, Sight::Seen);
        if let Some(body) = &flight.request {
            self.client_certificate = match server::authorities(body, protocol >= Protocol::Tls12) {
                Some(authorities) => Sight::Seen(ClientCertificate { authorities, required: None }),
                None => Sight::Unseen(Failure::Garbled("a request for a certificate that is none")),
            };
        } else if !flight.whole {
            let why = || Failure::Garbled("only the beginning of its part");
            (self.client_certificate, self.stapled) = (Sight::Unseen(why()), Sight::Unseen(why()));
        }
    }

    /// What a whole handshake showed.
    fn of_full(&mut self, protocol: Protocol, full: Result<Full, Failure>) {
        let full = match full {
            Ok(full) if !full.certificates.is_empty() => full,
            // Nothing is known to be absent that only this would have shown.
            other => {
                let why = match other {
                    Ok(full) => full.alert.map_or(Failure::Closed, Failure::Alert),
                    Err(failure) => failure,
                };
                if protocol < Protocol::Tls13 {
                    return;
                }
                if self.client_certificate == Sight::NotOffered {
                    self.client_certificate = Sight::Unseen(why.clone());
                }
                if self.tickets == Sight::NotOffered {
                    self.tickets = Sight::Unseen(why.clone());
                }
                if self.stapled == Sight::NotOffered {
                    self.stapled = Sight::Unseen(why.clone());
                }
                if self.alpn == Sight::NotOffered {
                    self.alpn = Sight::Unseen(why);
                }
                return;
            }
        };
        if full.tickets {
            self.tickets = Sight::Seen(());
        }
        if full.stapled > 0 {
            self.stapled = Sight::Seen(full.stapled);
        }
        if let (Sight::NotOffered, Some(alpn)) = (&self.alpn, full.alpn) {
            self.alpn = Sight::Seen(vec![alpn]);
        }
        if let Some(authorities) = full.asked {
            self.client_certificate = Sight::Seen(ClientCertificate { authorities, required: full.requires });
        }
        let sni = full.sni;
        self.chains.push(Chain { sni, protocol, certificates: Ok(full.certificates), trust: Trust::Private });
    }
}
