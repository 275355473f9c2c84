//! The EgressSelectorConfiguration: through which proxy the server reaches nodes, webhooks and etcd.
//!
//! Fields and checks are the server's own (apiserver pkg/server/egressselector/config.go, 1.18 to 1.36); up to 1.31 nothing
//! looks at `apiVersion`. The shape that 1.16 and 1.17 had is not read.
//!
//! Start at [`read`].

use std::collections::BTreeSet;

use model::{Evidence, Location, Minor, ProblemKind, Release};
use yaml::Cursor;

use super::decode::{self, Around, Decoder, Format, Placed, Read, Version, child, nearest, shown};
use crate::{
    golang,
    pki::{self, Certificate, Item},
};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    pub selections: Vec<Selection>,
}

/// How one kind of destination is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// `cluster`, `controlplane` (once `master`) or `etcd`.
    pub name: Option<Placed<String>>,
    /// `Direct`, `HTTPConnect` or `GRPC`.
    pub protocol: Option<Placed<String>>,
    pub url: Option<Placed<String>>,
    pub socket: Option<Placed<String>>,
    /// The file of who vouches for the proxy; without one those of the host count.
    pub authority: Option<Placed<String>>,
    pub at: Location,
}

const KIND: &str = "EgressSelectorConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[
        Version::new("apiserver.k8s.io/v1beta1", KIND, 18),
        Version::new("apiserver.k8s.io/v1alpha1", KIND, 16),
    ],
    strict: Some(Minor::new(1, 32)),
    kind_is_known: false,
    version_is_known: false,
    codec: Minor::new(1, 32),
};

/// Reads the file as the possible releases do, without looking for files that it names.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Egress> {
    read_around(evidence, version, &Around::default())
}

/// Reads the file as the possible releases do.
pub fn read_around(evidence: &Evidence, version: &Release, around: &Around<'_>) -> Read<Egress> {
    decode::read(evidence, version, &FORMAT, around, |root, decoder| {
        // Another shape before 1.18, which nobody runs today.
        decoder.since(18).then(|| egress(root, decoder))
    })
}

/// ValidateEgressSelectorConfiguration.
fn egress(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Egress {
    decoder.fields(root, &["apiVersion", "kind", "egressSelections"]);
    let mut names = BTreeSet::new();
    let mut selections = Vec::new();
    for item in decoder.list(root, "egressSelections") {
        decoder.fields(&item, &["name", "connection"]);
        let name = decoder.string(&item, "name");
        // The conversion of v1alpha1 and v1beta1 renames `master`, as it is spelt, from 1.22 on.
        let written = name.as_ref().map_or("", Placed::as_str);
        let renamed = written == "master" && decoder.since(22);
        let called = if renamed { "controlplane".to_owned() } else { written.to_lowercase() };
        let known = ["controlplane", "cluster", "etcd"];
        let at = decoder.place(&item, "name");
        // Not looked at in 1.20, but for both names of one destination; in 1.25 it is.
        let again = !names.insert(called.clone()) && decoder.since(22);
        let both = !decoder.since(22) && names.contains("master") && names.contains("controlplane");
        if again || both {
            decoder.twice(&at, format!("`{}` is selected twice", shown(&called)));
        } else if !known.contains(&called.as_str()) && (called != "master" || decoder.since(22)) {
            let near = nearest(&called, known.into_iter()).map(|near| format!("; perhaps `{near}`"));
            let message = format!("`{}` is no destination{}", shown(written), near.unwrap_or_default());
            decoder.refuse_placed(&at, message);
        }
        let mut selection =
            Selection { name, protocol: None, url: None, socket: None, authority: None, at: decoder.at(&item) };
        connection(&item, &mut selection, decoder);
        selections.push(selection);
    }
    Egress { selections }
}

fn connection(item: &Cursor<'_>, selection: &mut Selection, decoder: &mut Decoder<'_>) {
    let connection = decoder.object(item, "connection");
    let Some(connection) = connection else {
        decoder.lacks(item, "`connection`", "a selection has no connection");
        return;
    };
    decoder.fields(&connection, &["proxyProtocol", "transport"]);
    selection.protocol = decoder.string(&connection, "proxyProtocol");
    let transport = decoder.object(&connection, "transport");
    let (mut tcp, mut uds) = (None, None);
    if let Some(transport) = &transport {
        decoder.fields(transport, &["tcp", "uds"]);
        tcp = decoder.object(transport, "tcp");
        uds = decoder.object(transport, "uds");
    }
    if let Some(tcp) = &tcp {
        decoder.fields(tcp, &["url", "tlsConfig"]);
        selection.url = decoder.string(tcp, "url");
    }
    if let Some(uds) = &uds {
        decoder.fields(uds, &["udsName"]);
        selection.socket = decoder.string(uds, "udsName").filter(|name| !name.value.is_empty());
    }
    let protocol = selection.protocol.as_ref().map_or("", Placed::as_str);
    match protocol {
        "Direct" => {
            if let Some(transport) = &transport {
                decoder.refuse(transport, "a direct connection has no `transport`");
            }
        }
        "HTTPConnect" => match (&tcp, &uds) {
            (Some(tcp), Some(_)) => decoder.refuse(tcp, "`tcp` and `uds` are both given"),
            (None, None) => decoder.lacks(&connection, "`tcp` or `uds`", "HTTPConnect needs a `transport`"),
            (Some(tcp), None) => over_tcp(tcp, selection, decoder),
            (None, Some(uds)) => over_socket(uds, selection, decoder),
        },
        "GRPC" => match &uds {
            Some(uds) => over_socket(uds, selection, decoder),
            None => decoder.lacks(&connection, "`uds`", "GRPC needs a `transport` with a socket"),
        },
        other => {
            let at = decoder.place(&connection, "proxyProtocol");
            let message = format!("`{}` is no protocol; there is Direct, HTTPConnect and GRPC", shown(other));
            decoder.refuse_placed(&at, message);
        }
    }
}

fn over_socket(uds: &Cursor<'_>, selection: &Selection, decoder: &mut Decoder<'_>) {
    if selection.socket.is_none() {
        decoder.lacks(uds, "`udsName`", "`udsName` is required");
    }
}

/// validateTCPConnection and validateTLSConfig.
fn over_tcp(tcp: &Cursor<'_>, selection: &mut Selection, decoder: &mut Decoder<'_>) {
    let tls = decoder.object(tcp, "tlsConfig");
    let mut named = Vec::new();
    if let Some(tls) = &tls {
        decoder.fields_since(tls, &["caBundle", "clientKey", "clientCert"], &[("tlsServerName", 36)]);
        for key in ["caBundle", "clientCert", "clientKey"] {
            let path = decoder.string(tls, key).filter(|path| !path.value.is_empty());
            if key == "caBundle" {
                selection.authority.clone_from(&path);
            }
            named.push((key, path));
        }
    }
    let url = selection.url.as_ref().map_or("", Placed::as_str).to_owned();
    let place = child(tcp, "url").unwrap_or_else(|| tcp.clone());
    if url.starts_with("http://") {
        if let Some(tls) = &tls {
            decoder.push(ProblemKind::Conflict, true, decoder.at(tls), "`tlsConfig` goes with https:// only", None);
        }
    } else if url.starts_with("https://") {
        let Some(tls) = &tls else {
            decoder.lacks(tcp, "`tlsConfig`", "an https:// proxy needs `tlsConfig`");
            return;
        };
        for (key, path) in &named {
            match path {
                Some(path) => decoder.wants_keys(path),
                None if *key == "caBundle" => {}
                None => decoder.lacks(tls, &format!("`{key}`"), format!("an https:// proxy needs `{key}`")),
            }
        }
        // egress_selector.go, getProxyAddress.
        if golang::parse_url(&url).is_none() {
            decoder.refuse(&place, format!("`{}` is no URL", shown(&url)));
        }
        if let [(_, authority), (_, certificate), (_, key)] = named.as_slice() {
            credentials(authority.as_ref(), certificate.as_ref().zip(key.as_ref()), decoder);
        }
    } else {
        decoder.refuse(&place, format!("`{}` does not begin with http:// or https://", shown(&url)));
    }
}

/// getTLSConfig: of an authority one certificate that can be used is enough, and a pair has to be one.
fn credentials(
    authority: Option<&Placed<String>>,
    pair: Option<(&Placed<String>, &Placed<String>)>,
    decoder: &mut Decoder<'_>,
) {
    let certificates = |items: &[pki::Placed]| {
        let certificates = items.iter().filter_map(|placed| match &placed.item {
            Item::Certificate(one) => Some(one.as_ref().clone()),
            _ => None,
        });
        certificates.collect::<Vec<Certificate>>()
    };
    if let Some(path) = authority
        && let Some(items) = decoder.keys_of(path)
        && !certificates(&items).iter().any(|one| one.fault().is_none())
    {
        decoder.refuse_placed(&path.at, format!("`{}` holds no certificate that can be used", shown(&path.value)));
    }
    let Some((certificate, key)) = pair else { return };
    let (Some(first), Some(second)) = (decoder.keys_of(certificate), decoder.keys_of(key)) else { return };
    let first = certificates(&first).into_iter().next();
    let private = second.iter().find_map(|placed| match &placed.item {
        Item::PrivateKey { key, .. } => Some(key),
        _ => None,
    });
    match (first, private) {
        (None, _) => {
            let message = format!("`{}` holds no certificate in PEM form", shown(&certificate.value));
            decoder.refuse_placed(&certificate.at, message);
        }
        (_, None) => {
            decoder.refuse_placed(&key.at, format!("`{}` holds no private key in PEM form", shown(&key.value)));
        }
        (Some(first), Some(private)) if private.key().is_some_and(|private| first.key.differs(private)) => {
            let message = format!(
                "the key in `{}` is not that of the certificate in `{}`",
                shown(&key.value),
                shown(&certificate.value)
            );
            decoder.push(ProblemKind::Conflict, true, key.at.clone(), message, None);
        }
        _ => {}
    }
}
