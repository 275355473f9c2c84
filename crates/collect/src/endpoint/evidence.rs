//! What an endpoint showed, as evidence: the text that `facts::observed` reads.
//!
//! Nothing in it is secret: versions, suites and certificates are what anybody is shown who knocks.

use std::net::SocketAddr;

use facts::pki;
use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Listener, Plane};
use probe::{
    Endpoint, Observation, Sight,
    tls::{Chain, Tls, Trust, names},
};
use serde::Serialize;

/// In the order in which people look at it.
#[derive(Serialize)]
struct Handshake<'a> {
    kind: &'static str,
    host: String,
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'static str>,
    protocols: serde_json::Map<String, serde_json::Value>,
    suites: serde_json::Map<String, serde_json::Value>,
    groups: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secure_renegotiation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_renegotiation: Option<bool>,
    client_certificate: Asked,
    chains: Vec<Shown<'a>>,
    unseen: Vec<String>,
}

/// Whether a client is asked who it is.
#[derive(Default, Serialize)]
struct Asked {
    requested: Option<bool>,
    required: Option<bool>,
    authorities: Vec<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    sni: Option<&'a str>,
    protocol: &'static str,
    trust: &'static str,
    certificates: Vec<String>,
}

/// The evidence of one address. Several addresses of one name are several pieces.
pub fn evidence(observation: &Observation, alone: bool) -> Evidence {
    let name = if alone { observation.endpoint.to_string() } else { observation.address.to_string() };
    let id = EvidenceId::new(format!("tls://{name}"));
    let body = match &observation.tls {
        Sight::Seen(tls) => Body::Text(text(&observation.endpoint, observation.address, tls).into()),
        Sight::NotOffered => Body::Missing,
        Sight::Unseen(why) => Body::Unread(unread(&name, &why.to_string())),
    };
    Evidence::of(id, Plane::Observed, Kind::Handshake, body)
}

/// Nothing was seen of an endpoint.
pub fn unread(name: &str, why: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("no TLS was seen at {name}: {why}"),
        wanted: format!("tls://{name}"),
        who_could_answer: "another run, from where that endpoint can be reached".to_owned(),
    }
}

fn text(endpoint: &Endpoint, address: SocketAddr, tls: &Tls) -> String {
    let host = match &endpoint.host {
        probe::Host::Name(name) => name.clone(),
        probe::Host::Address(address) => address.to_string(),
    };
    let mut unseen = Vec::new();
    let mut protocols = serde_json::Map::new();
    for (protocol, sight) in &tls.protocols {
        match sight {
            Sight::Seen(()) => protocols.insert(protocol.name().to_owned(), true.into()),
            Sight::NotOffered => protocols.insert(protocol.name().to_owned(), false.into()),
            Sight::Unseen(why) => {
                unseen.push(format!("{protocol}: {why}"));
                None
            }
        };
    }
    let mut suites = serde_json::Map::new();
    for of in &tls.suites {
        let names: Vec<String> = of.suites.iter().map(|number| names::suite(*number)).collect();
        suites.insert(of.protocol.name().to_owned(), names.into());
        unseen.extend(of.cut_short.as_ref().map(|why| format!("more suites of {}: {why}", of.protocol)));
    }
    let mut groups = serde_json::Map::new();
    for of in &tls.groups {
        let names: Vec<String> = of.groups.iter().map(|number| names::group(*number)).collect();
        groups.insert(of.protocol.name().to_owned(), names.into());
    }
    let older = tls.suites.iter().any(|suites| suites.protocol < names::Protocol::Tls13);
    let handshake = Handshake {
        kind: "Handshake",
        host,
        address: address.to_string(),
        component: endpoint.listener().filter(|listener| !listener.is_plain()).map(Listener::component),
        protocols,
        suites,
        groups,
        compression: known(&tls.compression),
        // In TLS 1.3 there is none.
        secure_renegotiation: known(&tls.secure_renegotiation).filter(|_| older),
        client_renegotiation: known(&tls.client_renegotiation).filter(|anew| *anew),
        client_certificate: match &tls.client_certificate {
            Sight::Seen(asked) => Asked {
                requested: Some(true),
                required: asked.required,
                authorities: asked.authorities.iter().map(|name| pki::name_of(name)).collect(),
            },
            Sight::NotOffered => Asked { requested: Some(false), required: Some(false), authorities: Vec::new() },
            Sight::Unseen(_) => Asked::default(),
        },
        chains: tls.chains.iter().filter_map(shown).collect(),
        unseen,
    };
    // Names and numbers cannot fail to be written.
    serde_json::to_string_pretty(&handshake).map(|text| text + "\n").unwrap_or_default()
}

fn known(sight: &Sight<()>) -> Option<bool> {
    match sight {
        Sight::Seen(()) => Some(true),
        Sight::NotOffered => Some(false),
        Sight::Unseen(_) => None,
    }
}

fn shown(chain: &Chain) -> Option<Shown<'_>> {
    let certificates = chain.certificates.as_ref().ok()?;
    let trust = match chain.trust {
        Trust::WellKnown => "well-known",
        Trust::Private => "private",
        Trust::Unknown(_) => "unknown",
    };
    Some(Shown {
        sni: chain.sni.as_deref(),
        protocol: chain.protocol.name(),
        trust,
        certificates: certificates.iter().map(|one| pki::pem("CERTIFICATE", one)).collect(),
    })
}
