//! Objects that a cluster gave: who serves its API, and on which nodes it runs.

use std::net::{IpAddr, SocketAddr};

use jiff::{SignedDuration, Timestamp};
use model::{Body, Evidence, EvidenceId, Kind, Location, Plane, Version};
use yaml::Cursor;

use super::operator::{self, Operator};
use crate::{
    redact::parsable,
    running::{Seen, at, flags, text, unreadable},
};

/// An API server that renews its lease.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// `apiserver-…`.
    pub lease: String,
    /// The name of its host, which on most clusters is that of a node.
    pub host: Option<String>,
    pub at: Location,
}

/// A node, as far as its servers are told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// Of its kubelet.
    pub version: Option<Version>,
    pub address: Option<String>,
    pub system: String,
    pub runtime: String,
    /// The service that put a label of its own on it.
    pub(super) operator: Option<&'static Operator>,
    pub at: Location,
}

/// The addresses of the API servers of a cluster, as it publishes them itself (the EndpointSlice of `kubernetes`).
pub fn addresses(answer: &str) -> Vec<String> {
    /// More replicas than anybody runs.
    const MOST: usize = 16;
    let stream = yaml::parse(answer, &yaml::Limits::default());
    let Some(document) = stream.documents.first() else { return Vec::new() };
    let root = document.cursor();
    let ports = root.get("ports");
    let port = ports.and_then(|ports| ports.item(0)?.get("port")?.text()?.parse::<u16>().ok()).unwrap_or(443);
    let endpoints = root.get("endpoints").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
    let listed =
        endpoints.filter_map(|endpoint| endpoint.get("addresses")).flat_map(|list| list.items().collect::<Vec<_>>());
    // Only addresses: a name could lead anywhere.
    let parsed = listed.filter_map(|address| address.text()?.parse::<IpAddr>().ok());
    let mut found: Vec<String> = parsed.map(|address| SocketAddr::new(address, port).to_string()).take(MOST).collect();
    found.sort();
    found.dedup();
    found
}

/// An address at which the cluster says that its API is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub address: IpAddr,
    pub at: Location,
}

/// The addresses that a cluster publishes.
pub(super) fn published(evidence: &Evidence) -> Seen<Vec<Published>> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    let stream = yaml::parse(answer, &yaml::Limits::default());
    let endpoints = stream.documents.first().and_then(|document| document.cursor().get("endpoints"));
    let Some(endpoints) = endpoints else { return Err(unreadable(evidence, "it lists no endpoints")) };
    let mut found = Vec::new();
    for endpoint in endpoints.items() {
        for address in endpoint.get("addresses").into_iter().flat_map(|list| list.items().collect::<Vec<_>>()) {
            if let Some(parsed) = address.text().and_then(|text| text.parse().ok()) {
                found.push(Published { address: parsed, at: at(evidence, &address) });
            }
        }
    }
    Ok(Some(found))
}

/// The address that a server says of itself that it has, in an answer to `/flagz`.
pub fn advertised(answer: &str) -> Option<IpAddr> {
    let evidence = Evidence::of(EvidenceId::new("/flagz"), Plane::Running, Kind::Flagz, Body::Text(answer.into()));
    let flags = flags(&evidence).ok()??;
    flags.iter().find(|flag| flag.name == "advertise-address")?.value.parse().ok()
}

/// The names of the nodes in a list of them, sorted, each once.
pub fn node_names(answer: &str) -> Vec<String> {
    let evidence =
        Evidence::of(EvidenceId::new(super::NODES), Plane::Running, Kind::Objects, Body::Text(answer.into()));
    let nodes = nodes(&evidence).ok().flatten().unwrap_or_default();
    let mut names: Vec<String> = nodes.into_iter().map(|node| node.name).collect();
    names.sort();
    names.dedup();
    names
}

/// A lease that was renewed so long before the newest one belongs to a server that is gone: an hour later it is collected
/// (pkg/controlplane/controller/apiserverleasegc), and it would have been renewed every ten seconds.
const GONE: SignedDuration = SignedDuration::from_mins(5);

/// The servers that are alive, by their leases.
pub(super) fn leases(evidence: &Evidence) -> Seen<Vec<Identity>> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    let parsed = parsable(evidence, answer);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let Some(items) = stream.documents.first().and_then(|document| document.cursor().get("items")) else {
        return Err(unreadable(evidence, "it is no list"));
    };
    let mut found: Vec<(Identity, Option<Timestamp>)> = Vec::new();
    for item in items.items() {
        let Some(metadata) = item.get("metadata") else { continue };
        let Some(name) = text_of(&metadata, "name").filter(|name| name.contains("apiserver-")) else { continue };
        let labels = metadata.get("labels");
        let host = labels.as_ref().and_then(|labels| text_of(labels, "kubernetes.io/hostname"));
        let renewed = item.get("spec").and_then(|spec| text_of(&spec, "renewTime")?.parse().ok());
        found.push((Identity { lease: name, host, at: at(evidence, &metadata) }, renewed));
    }
    let newest = found.iter().filter_map(|(_, renewed)| *renewed).max();
    found.retain(|(_, renewed)| match (renewed, newest) {
        (Some(renewed), Some(newest)) => newest.duration_since(*renewed) < GONE,
        _ => true,
    });
    let mut found: Vec<Identity> = found.into_iter().map(|(identity, _)| identity).collect();
    found.sort();
    found.dedup_by(|a, b| a.lease == b.lease);
    Ok(Some(found))
}

/// The nodes of a cluster.
pub(super) fn nodes(evidence: &Evidence) -> Seen<Vec<Node>> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    let parsed = parsable(evidence, answer);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let Some(document) = stream.documents.first() else { return Err(unreadable(evidence, "it is no list")) };
    let root = document.cursor();
    // A list, or the objects one after the other.
    let items = match root.get("items") {
        Some(items) => items.items().collect::<Vec<_>>(),
        None if root.get("metadata").is_some() => stream.documents.iter().map(yaml::Document::cursor).collect(),
        None => return Err(unreadable(evidence, "it is no list")),
    };
    let read = |item: Cursor<'_>| {
        let metadata = item.get("metadata")?;
        let status = item.get("status");
        let info = status.as_ref().and_then(|status| status.get("nodeInfo"));
        let told = |key: &str| info.as_ref().and_then(|info| text_of(info, key));
        let addresses = status.as_ref().and_then(|status| status.get("addresses"));
        let internal = addresses.into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
        let address = internal
            .filter(|address| text_of(address, "type").as_deref() == Some("InternalIP"))
            .find_map(|address| text_of(&address, "address"));
        let labels = metadata.get("labels");
        let operator = labels.and_then(|labels| labels.entries().find_map(|entry| operator::by_label(&entry.name)));
        Some(Node {
            name: text_of(&metadata, "name")?,
            version: told("kubeletVersion").and_then(|version| version.parse().ok()),
            address,
            system: told("osImage").unwrap_or_default(),
            runtime: told("containerRuntimeVersion").unwrap_or_default(),
            operator,
            at: at(evidence, &metadata),
        })
    };
    Ok(Some(items.into_iter().filter_map(read).collect()))
}

fn text_of(cursor: &Cursor<'_>, key: &str) -> Option<String> {
    cursor.get(key).and_then(|value| value.text().map(str::to_owned)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Evidence {
        Evidence::of(EvidenceId::new("https://h/x"), Plane::Running, Kind::Objects, Body::Text(text.into()))
    }

    #[test]
    fn a_lease_that_is_no_longer_renewed_is_nobodys() {
        let lease = |name: &str, host: &str, renewed: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}","labels":{{"kubernetes.io/hostname":"{host}"}}}},"spec":{{"renewTime":"{renewed}"}}}}"#
            )
        };
        let text = format!(
            r#"{{"kind":"LeaseList","items":[{},{},{},{}]}}"#,
            lease("apiserver-a", "one", "2026-11-23T03:59:33.144975Z"),
            lease("apiserver-b", "two", "2026-11-23T03:59:30.000000Z"),
            lease("apiserver-c", "two", "2026-11-23T03:10:00.000000Z"),
            lease("kube-scheduler", "two", "2026-11-23T03:59:33.000000Z"),
        );
        let found = leases(&answer(&text)).expect("readable").expect("there");
        let hosts: Vec<_> = found.iter().filter_map(|identity| identity.host.as_deref()).collect();
        assert_eq!(hosts, ["one", "two"]);
    }

    #[test]
    fn replicas_are_where_the_cluster_says_and_have_no_names() {
        let slice = r#"{"kind":"EndpointSlice","ports":[{"name":"https","port":6443}],
            "endpoints":[{"addresses":["10.0.0.2"]},{"addresses":["10.0.0.1","fd00::1","evil.example.org"]}]}"#;
        assert_eq!(addresses(slice), ["10.0.0.1:6443", "10.0.0.2:6443", "[fd00::1]:6443"]);
        assert_eq!(addresses("<html>"), [""; 0]);
        assert_eq!(advertised("advertise-address=10.0.0.1\n"), "10.0.0.1".parse().ok());
        assert_eq!(advertised("advertise-address=<nil>\n"), None);
    }

    #[test]
    fn nodes_are_read_with_their_address_and_release() {
        let objects = r#"{"kind":"NodeList","items":[{"metadata":{"name":"n1"},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
            "nodeInfo":{"kubeletVersion":"v1.31.2","osImage":"Debian","containerRuntimeVersion":"containerd://2.0"}}},{"metadata":{"name":"n2"}}]}"#;
        let found = nodes(&answer(objects)).expect("readable").expect("there");
        let said: Vec<_> = found
            .iter()
            .map(|node| {
                let version = node.version.as_ref().map(ToString::to_string).unwrap_or_default();
                format!(
                    "{} {version} {} {} {}",
                    node.name,
                    node.address.as_deref().unwrap_or(""),
                    node.system,
                    node.runtime
                )
            })
            .collect();
        assert_eq!(said, ["n1 1.31.2 10.0.0.1 Debian containerd://2.0", "n2    "]);
    }
}
