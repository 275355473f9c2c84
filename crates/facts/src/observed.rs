//! How endpoints behaved when somebody knocked, and where that contradicts what a component says.
//!
//! A look comes here as evidence of two kinds, in a form that people can read and bundles can hold: `tls://HOST:PORT` has what was
//! seen of TLS ([`Handshake`]; behind a slash stands whom the API server calls there), `http://HOST:PORT` what was answered over HTTP
//! ([`Door`]). Behaviour replaces no setting that a component states itself: it answers questions of its own, and contradicts. The
//! words for it are those of `model`.

mod contradictions;
mod door;
mod handshake;
mod recognise;

pub(crate) use contradictions::{contradict, contradict_kubelets};
pub use door::{Answer, Door, Reach, SCHEME as ANSWERS};
pub(crate) use door::{doors, host_of};
use handshake::handshake;
pub use handshake::{Chain, Group, Handshake, Protocol, Suite};
use model::{Evidence, Gap, Kind, Listener, Location};
pub use recognise::{Guess, Looks};
use yaml::Cursor;

use crate::{
    redact::parsable,
    running::{text, unreadable},
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

impl Observed {
    /// Whether it was seen at the address of a door. Of a name that leads to one address alone, the evidence bears the name.
    pub fn is_at(&self, door: &Door) -> bool {
        let address = || self.tls.as_ref().ok()?.as_ref()?.address;
        self.endpoint == door.address()
            || (self.endpoint == door.endpoint() && address().is_none_or(|address| Some(address) == door.ip()))
    }
}

/// The versions from the oldest on.
pub const PROTOCOLS: [&str; 6] = ["SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];

/// The name that the certificate of every API server has (cmd/kubeadm/app/util/pkiutil/pki_helpers.go, `GetAPIServerAltNames`).
const INSIDE: &str = "kubernetes.default.svc";

const SCHEME: &str = "tls://";

/// Every endpoint that was looked at, in the order of the evidence.
pub(crate) fn all(evidence: &[Evidence], doors: &[Door]) -> Vec<Observed> {
    let mut found: Vec<Observed> = evidence.iter().filter(|piece| piece.kind == Kind::Handshake).map(read).collect();
    for one in &mut found {
        // Whatever its port is, it was asked as an API server.
        if is_asked(&one.endpoint, evidence) {
            one.component = Some("kube-apiserver".to_owned());
        }
        // Of what shows nothing of TLS, whoever looked may have known who it is.
        let door = doors.iter().find(|door| one.is_at(door));
        one.component = one.component.take().or_else(|| door?.who.map(|who| who.component().to_owned()));
    }
    found
}

fn read(evidence: &Evidence) -> Observed {
    let name = evidence.id.as_str();
    let endpoint = name.rsplit_once(SCHEME).map_or(name, |(_, endpoint)| endpoint);
    let (endpoint, known) =
        endpoint.split_once('/').map_or((endpoint, None), |(endpoint, known)| (endpoint, Some(known)));
    let endpoint = endpoint.to_owned();
    let whole = Location::whole(evidence.id.clone(), evidence.plane);
    let component = known.map(str::to_owned).or_else(|| component(&endpoint));
    let mut observed = Observed { component, endpoint, evidence: whole, tls: Ok(None) };
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

/// Whether an API server was asked at an endpoint, with credentials or without.
fn is_asked(endpoint: &str, evidence: &[Evidence]) -> bool {
    // Who names no port means this one.
    let bare = endpoint.strip_suffix(":443").unwrap_or(endpoint);
    let asks_at = |name: &str| {
        let host = name.strip_prefix("https://").and_then(|rest| rest.strip_suffix("/version"));
        host.is_some_and(|host| host == endpoint || host == bare)
    };
    evidence.iter().any(|piece| piece.kind == Kind::Version && asks_at(piece.id.as_str()))
}

/// Gives each door what was seen of TLS at its address.
pub(crate) fn join(doors: &mut [Door], observed: &[Observed]) {
    for door in doors {
        let same = observed.iter().find(|one| one.is_at(door));
        door.tls = same.and_then(|one| one.tls.clone().ok().flatten());
        // Who refuses as servers of Kubernetes do, with the certificate that every API server has, is one.
        let leaves = || door.tls.iter().flat_map(|tls| &tls.chains).filter_map(|chain| chain.served.leaf());
        let may_be = matches!(door.who, None | Some(Listener::ApiServer));
        if !door.proven && may_be && recognise::status(door).is_some() && leaves().any(|leaf| leaf.names(INSIDE)) {
            (door.who, door.proven) = (Some(Listener::ApiServer), true);
        }
    }
}
