//! How endpoints behaved when somebody knocked: what was seen of TLS, and where that contradicts what a component says.
//!
//! A conversation comes here as evidence of its own, `tls://HOST:PORT`, in a form that people can read and bundles can hold:
//!
//! ```text
//! kind: Handshake
//! host: 10.0.0.1            # as clients name it
//! component: kube-apiserver # whose port it is
//! protocols: {TLS 1.2: true, TLS 1.1: false}
//! suites: {TLS 1.2: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}
//! chains: [{sni: null, trust: private, certificates: ["-----BEGIN CERTIFICATE-----…"]}]
//! ```
//!
//! A version that is in neither way there was not seen. Behaviour replaces no setting that a component states itself: it
//! answers questions of its own, and contradicts.

use model::{Contradiction, Evidence, Gap, Kind, Location};
use yaml::Cursor;

use crate::{
    apiserver::ApiServer,
    doors::{Door, Listener},
    live::ASKS,
    pki::{self, Served},
    redact::parsable,
    running::{at, text, unreadable},
};

/// An endpoint that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// `10.0.0.1:6443`.
    pub endpoint: String,
    /// Whose port it is, where that is known.
    pub component: Option<String>,
    pub evidence: Location,
    /// What it showed; `None` where it was looked at and speaks no TLS.
    pub tls: Result<Option<Handshake>, Gap>,
}

/// What was seen of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    pub host: String,
    pub protocols: Vec<Protocol>,
    pub suites: Vec<Suite>,
    pub compression: Option<bool>,
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

/// The versions from the oldest on.
pub const PROTOCOLS: [&str; 5] = ["SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];

/// The name that the certificate of every API server has (cmd/kubeadm/app/util/pkiutil/pki_helpers.go, `GetAPIServerAltNames`).
const INSIDE: &str = "kubernetes.default.svc";

const SCHEME: &str = "tls://";

/// Every endpoint that was looked at, in the order of the evidence.
pub(crate) fn all(evidence: &[Evidence], doors: &[Door]) -> Vec<Observed> {
    let answers = |endpoint: &str| {
        let version = format!("https://{endpoint}/version");
        evidence.iter().any(|piece| piece.kind == Kind::Version && piece.id.as_str() == version)
    };
    let mut found: Vec<Observed> = evidence.iter().filter(|piece| piece.kind == Kind::Handshake).map(read).collect();
    for one in &mut found {
        // Whatever its port is, it was asked as an API server.
        if answers(&one.endpoint) {
            one.component = Some("kube-apiserver".to_owned());
        }
        // Of what shows nothing of TLS, whoever looked may have known who it is.
        let door = doors.iter().find(|door| door.address() == one.endpoint);
        one.component = one.component.take().or_else(|| door?.who.map(|who| who.component().to_owned()));
    }
    found
}

fn read(evidence: &Evidence) -> Observed {
    let name = evidence.id.as_str();
    let endpoint = name.rsplit_once(SCHEME).map_or(name, |(_, endpoint)| endpoint).to_owned();
    let whole = Location::whole(evidence.id.clone(), evidence.plane);
    let mut observed = Observed { component: component(&endpoint), endpoint, evidence: whole, tls: Ok(None) };
    match text(evidence) {
        Ok(Some(answer)) => {
            let parsed = parsable(evidence, answer);
            let stream = yaml::parse(&parsed, &yaml::Limits::default());
            let root = stream.documents.first().map(|document| document.cursor());
            let is_one = |root: &Cursor<'_>| root.get("kind").is_some_and(|kind| kind.text() == Some("Handshake"));
            match root.filter(is_one) {
                Some(root) => {
                    let named = root.get("component").and_then(|name| name.text().map(str::to_owned));
                    observed.component = named.or(observed.component);
                    let seen = handshake(evidence, &root, &observed.endpoint);
                    let is_an_api_server =
                        || seen.chains.iter().filter_map(|chain| chain.served.leaf()).any(|leaf| leaf.names(INSIDE));
                    observed.component =
                        observed.component.or_else(|| is_an_api_server().then(|| "kube-apiserver".to_owned()));
                    observed.tls = Ok(Some(seen));
                }
                None => observed.tls = Err(unreadable(evidence, "it is no handshake")),
            }
        }
        Ok(None) => {}
        Err(gap) => observed.tls = Err(gap),
    }
    observed
}

/// What speaks TLS at a port when nobody moved it.
fn component(endpoint: &str) -> Option<String> {
    let (_, port) = endpoint.rsplit_once(':')?;
    let listener = Listener::of_port(port.parse().ok()?)?;
    (!listener.is_plain()).then(|| listener.component().to_owned())
}

fn handshake(evidence: &Evidence, root: &Cursor<'_>, endpoint: &str) -> Handshake {
    let host = root.get("host").and_then(|host| host.text().map(str::to_owned));
    let bare = || endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host).to_owned();
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
    let mut suites = Vec::new();
    for entry in entries("suites") {
        let Some(protocol) = entry.value.name().map(str::to_owned) else { continue };
        for suite in entry.value.items() {
            let Some(name) = suite.text() else { continue };
            suites.push(Suite { protocol: protocol.clone(), name: name.to_owned(), at: at(evidence, &suite) });
        }
    }
    let chains = root.get("chains").map(|chains| chains.items().map(|one| chain(evidence, &one)).collect());
    let unseen = root.get("unseen").map(|list| list.items().filter_map(|one| one.text().map(str::to_owned)).collect());
    Handshake {
        host: host.unwrap_or_else(bare),
        protocols,
        suites,
        compression: truth(root.get("compression")),
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

/// Lets what endpoints did contradict what the API server says of itself.
///
/// Only where one server and one of its endpoints were seen: of several, nobody knows which has answered.
pub(crate) fn contradict(servers: &mut [ApiServer], observed: &[Observed], evidence: &[Evidence]) {
    let [server] = servers else { return };
    let mut found = Vec::new();
    let seen = |one: &&Observed| one.component.as_deref() == Some("kube-apiserver");
    let mut seen = observed.iter().filter(seen);
    if let (Some(one), None) = (seen.next(), seen.next()) {
        match &one.tls {
            Ok(None) => {}
            Ok(Some(handshake)) => {
                let chain = handshake.chains.first();
                if let Some((leaf, at)) = chain.and_then(|chain| Some((chain.served.leaf()?, chain.places.first()?))) {
                    server.that_shows(leaf.clone(), at.clone());
                }
                found.extend(older(server, one, handshake));
                found.extend(unlisted(server, one, handshake));
            }
            Err(gap) => {
                server.contradicted(Err(gap.clone()));
                return;
            }
        }
    }
    found.extend(anonymous(server, evidence));
    server.contradicted(Ok(found));
}

/// Versions older than the oldest that is allowed.
fn older(server: &ApiServer, observed: &Observed, handshake: &Handshake) -> Option<Contradiction> {
    const FLAG: &str = "tls-min-version";
    let reading = server.component().setting(FLAG)?.in_force().ok()?;
    // component-base/cli/flag/ciphersuites_flag.go: an empty value is 1.2.
    let least = match reading.in_force() {
        "" | "VersionTLS12" => "TLS 1.2",
        "VersionTLS10" => "TLS 1.0",
        "VersionTLS11" => "TLS 1.1",
        "VersionTLS13" => "TLS 1.3",
        _ => return None,
    };
    let rank = |name: &str| PROTOCOLS.iter().position(|known| *known == name);
    let too_old: Vec<&Protocol> =
        handshake.protocols.iter().filter(|one| one.offered && rank(&one.name) < rank(least)).collect();
    let first = too_old.first()?;
    let names: Vec<&str> = too_old.iter().map(|one| one.name.as_str()).collect();
    Some(Contradiction {
        setting: FLAG,
        does: format!("{} speaks {}", observed.endpoint, names.join(", ")),
        at: first.at.clone(),
    })
}

/// Suites of TLS 1.2 that are not in a list that is given.
fn unlisted(server: &ApiServer, observed: &Observed, handshake: &Handshake) -> Option<Contradiction> {
    const FLAG: &str = "tls-cipher-suites";
    let reading = server.component().setting(FLAG)?.in_force().ok()?;
    let listed: Vec<&str> =
        reading.in_force().trim_matches(['[', ']']).split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if listed.is_empty() {
        return None;
    }
    // Go knows two of them by shorter names as well (crypto/tls/cipher_suites.go).
    let is_listed = |name: &str| {
        listed.iter().any(|one| *one == name || format!("{one}_SHA256") == name && one.ends_with("_CHACHA20_POLY1305"))
    };
    let others: Vec<&Suite> =
        handshake.suites.iter().filter(|suite| suite.protocol != "TLS 1.3" && !is_listed(&suite.name)).collect();
    let first = others.first()?;
    let names: Vec<String> = others.iter().take(3).map(|suite| format!("`{}`", suite.name)).collect();
    let more = if others.len() > 3 { format!(" and {} more", others.len() - 3) } else { String::new() };
    Some(Contradiction {
        setting: FLAG,
        does: format!("{} agrees to {}{more}", observed.endpoint, names.join(", ")),
        at: first.at.clone(),
    })
}

/// Requests without credentials that were let in: who is not is told so (401) before anybody looks at what is wanted
/// (apiserver pkg/endpoints/filters/authentication.go).
fn anonymous(server: &ApiServer, evidence: &[Evidence]) -> Option<Contradiction> {
    const FLAG: &str = "anonymous-auth";
    let reading = server.component().setting(FLAG)?.in_force().ok()?;
    if reading.in_force() != "false" || reading.plane == model::Plane::Observed {
        return None;
    }
    let asked = ASKS.iter().find(|ask| ask.as_nobody && ask.path == "/api")?;
    let end = asked.name("");
    let piece = evidence.iter().find(|piece| piece.kind == Kind::Status && piece.id.as_str().ends_with(&end))?;
    let code: u16 = piece.text()?.trim().parse().ok()?;
    // A path before it leads to something else, which may let in whom it likes.
    let base = piece.id.as_str().strip_suffix(&*end)?.split_once("://").map(|(_, host)| host)?;
    if base.contains('/') || !matches!(code, 200 | 403) {
        return None;
    }
    Some(Contradiction {
        setting: FLAG,
        does: format!("{base} answers a request without credentials with {code}, not 401"),
        at: Location::whole(piece.id.clone(), piece.plane),
    })
}
