//! What was seen of TLS, as whoever looked wrote it down:
//!
//! ```text
//! kind: Handshake
//! host: api.example         # as clients name it
//! address: 10.0.0.1:6443    # that was talked to
//! component: kube-apiserver # whose port it is
//! protocols: {TLS 1.2: true, TLS 1.1: false}
//! suites: {TLS 1.2: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}
//! chains: [{sni: null, trust: private, certificates: ["-----BEGIN CERTIFICATE-----…"]}]
//! ```
//!
//! A version that is in neither way there was not seen.

use std::net::{IpAddr, SocketAddr};

use model::{Evidence, Location};
use yaml::Cursor;

use super::PROTOCOLS;
use crate::{
    pki::{self, Served},
    running::at,
};

/// What was seen of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    pub host: String,
    /// That was talked to, where it is known.
    pub address: Option<IpAddr>,
    pub protocols: Vec<Protocol>,
    pub suites: Vec<Suite>,
    pub groups: Vec<Group>,
    pub compression: Option<bool>,
    /// Whether a client may begin the handshake anew inside a connection; `None` where that was not seen.
    pub begins_anew: Option<bool>,
    /// Whether what is said anew is bound to what was said before (RFC 5746).
    pub secure_renegotiation: Option<bool>,
    /// Whether a certificate is asked for; `None` where that was not seen.
    pub asks_for_certificate: Option<bool>,
    /// Whether going on without one is refused; `None` where that cannot be told.
    pub requires_certificate: Option<bool>,
    pub chains: Vec<Chain>,
    /// What could not be seen, and why.
    pub unseen: Vec<String>,
}

/// A version, which was seen to be spoken or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// `TLS 1.2`.
    pub name: String,
    pub offered: bool,
    pub at: Location,
}

/// A suite that was agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    pub protocol: String,
    /// As IANA has it.
    pub name: String,
    pub at: Location,
}

/// A group that was agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub protocol: String,
    /// As IANA has it.
    pub name: String,
    pub at: Location,
}

/// What was served when a name was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub sni: Option<String>,
    /// `well-known`, `private` or `unknown`.
    pub trust: Option<String>,
    pub served: Served,
    /// Of each certificate.
    pub places: Vec<Location>,
}

pub(super) fn handshake(evidence: &Evidence, root: &Cursor<'_>, endpoint: &str) -> Handshake {
    let host = root.get("host").and_then(|host| host.text().map(str::to_owned));
    let bare = || endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host).to_owned();
    let address = root.get("address").and_then(|address| address.text()?.parse::<SocketAddr>().ok());
    let address = address.or_else(|| endpoint.parse().ok()).map(|address| address.ip());
    let entries = |name: &str| root.get(name).map(|map| map.entries().collect::<Vec<_>>()).unwrap_or_default();
    let asked = |name: &str| root.get("client_certificate").and_then(|asked| asked.get(name));
    let mut protocols: Vec<Protocol> = Vec::new();
    for entry in entries("protocols") {
        let offered = match entry.value.text() {
            Some("true") => true,
            Some("false") => false,
            _ => continue,
        };
        let Some(name) = entry.value.name().map(str::to_owned) else { continue };
        protocols.push(Protocol { name, offered, at: at(evidence, &entry.value) });
    }
    protocols.sort_by_key(|protocol| PROTOCOLS.iter().position(|known| *known == protocol.name));
    let lists = |name: &str| {
        let mut found: Vec<(String, String, Location)> = Vec::new();
        for entry in entries(name) {
            let Some(protocol) = entry.value.name().map(str::to_owned) else { continue };
            for one in entry.value.items() {
                let Some(name) = one.text() else { continue };
                found.push((protocol.clone(), name.to_owned(), at(evidence, &one)));
            }
        }
        found
    };
    let suites = lists("suites").into_iter().map(|(protocol, name, at)| Suite { protocol, name, at }).collect();
    let groups = lists("groups").into_iter().map(|(protocol, name, at)| Group { protocol, name, at }).collect();
    let chains = root.get("chains").map(|chains| chains.items().map(|one| chain(evidence, &one)).collect());
    let unseen = root.get("unseen").map(|list| list.items().filter_map(|one| one.text().map(str::to_owned)).collect());
    Handshake {
        host: host.unwrap_or_else(bare),
        address,
        protocols,
        suites,
        groups,
        compression: truth(root.get("compression")),
        begins_anew: truth(root.get("client_renegotiation")),
        secure_renegotiation: truth(root.get("secure_renegotiation")),
        asks_for_certificate: truth(asked("requested")),
        requires_certificate: truth(asked("required")),
        chains: chains.unwrap_or_default(),
        unseen: unseen.unwrap_or_default(),
    }
}

fn truth(value: Option<Cursor<'_>>) -> Option<bool> {
    value.and_then(|value| value.text()?.parse().ok())
}

fn chain(evidence: &Evidence, cursor: &Cursor<'_>) -> Chain {
    let word = |name: &str| {
        cursor.get(name).filter(|value| !value.is_null()).and_then(|value| value.text().map(str::to_owned))
    };
    let mut chain = Chain { sni: word("sni"), trust: word("trust"), served: Served::default(), places: Vec::new() };
    for one in cursor.get("certificates").into_iter().flat_map(|list| list.items().collect::<Vec<_>>()) {
        let Some(pem) = one.text() else { continue };
        let mut read = pki::certificates_in(pem);
        chain.served.certificates.push(if read.len() == 1 {
            read.remove(0)
        } else {
            Err("it is no certificate".to_owned())
        });
        chain.places.push(at(evidence, &one));
    }
    chain
}

impl Handshake {
    /// Whether a version is spoken; `None` where that was not seen.
    pub fn speaks(&self, name: &str) -> Option<bool> {
        self.protocols.iter().find(|protocol| protocol.name == name).map(|protocol| protocol.offered)
    }
}
