//! Whom the API servers of a cluster call themselves: backends of webhooks, and servers of aggregated APIs.
//!
//! A cluster says of each either a URL or a service, which has an address that only its own network knows. What is read here is where
//! they are; whether anybody may go there from where he sits is not known here.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use model::Listener;
use serde::Deserialize;

/// One that is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backend {
    /// The name for which it has to have a certificate: that of the URL, or `NAME.NAMESPACE.svc` (apiserver
    /// pkg/util/webhook/client.go, kube-aggregator pkg/apiserver/handler_proxy.go).
    pub host: String,
    pub port: u16,
    /// Of its service.
    pub address: Option<IpAddr>,
    pub listener: Listener,
}

/// The lists of a cluster in which they stand, as they were given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lists<'a> {
    pub webhooks: [Option<&'a str>; 2],
    pub api_services: Option<&'a str>,
    pub services: Option<&'a str>,
}

/// More than these are not looked at: a cluster has a handful.
const MOST: usize = 16;

#[derive(Deserialize)]
struct List<T> {
    #[serde(default = "Vec::new")]
    items: Vec<Option<T>>,
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    #[serde(default)]
    client_config: ClientConfig,
}

#[derive(Default, Deserialize)]
struct ClientConfig {
    url: Option<String>,
    service: Option<Reference>,
}

#[derive(Deserialize)]
struct ApiService {
    #[serde(default)]
    spec: ApiServiceSpec,
}

#[derive(Default, Deserialize)]
struct ApiServiceSpec {
    service: Option<Reference>,
}

/// A service as others name it; the port is 443 where none is.
#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
    port: Option<u16>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: ServiceSpec,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceSpec {
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<String>,
}

/// The backends that a cluster names and that have an address, each once, sorted.
pub fn backends(lists: Lists<'_>) -> Vec<Backend> {
    let mut found = BTreeSet::new();
    let mut named: Vec<(Reference, Listener)> = Vec::new();
    for list in lists.webhooks.into_iter().flatten() {
        for client in read::<Configuration>(list).into_iter().flat_map(|one| one.webhooks).map(|one| one.client_config)
        {
            found.extend(client.url.as_deref().and_then(of_url));
            named.extend(client.service.map(|service| (service, Listener::Webhook)));
        }
    }
    let api_services = lists.api_services.map(read::<ApiService>).unwrap_or_default();
    named.extend(api_services.into_iter().filter_map(|one| Some((one.spec.service?, Listener::AggregatedApi))));
    // Nobody reads twenty thousand services for whom none of them matters.
    let services = lists.services.filter(|_| !named.is_empty()).map(read::<Service>).unwrap_or_default();
    let addresses: BTreeMap<(&str, &str), IpAddr> = services
        .iter()
        .filter_map(|one| {
            let address = one.spec.cluster_ip.as_deref()?.parse().ok()?;
            Some(((one.metadata.namespace.as_str(), one.metadata.name.as_str()), address))
        })
        .collect();
    for (Reference { namespace, name, port }, listener) in named {
        // One without an address of its own, or by another name, is reached by the API server alone.
        let Some(&address) = addresses.get(&(namespace.as_str(), name.as_str())) else { continue };
        let host = format!("{name}.{namespace}.svc");
        found.insert(Backend { host, port: port.unwrap_or(443), address: Some(address), listener });
    }
    found.into_iter().take(MOST).collect()
}

fn read<T: for<'d> Deserialize<'d>>(list: &str) -> Vec<T> {
    // What is no list of these has none of them; whoever judges it says so.
    serde_json::from_str::<List<T>>(list).map(|list| list.items.into_iter().flatten().collect()).unwrap_or_default()
}

/// Only what is called with TLS; what is not is a finding of its own.
fn of_url(url: &str) -> Option<Backend> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // Who has to say who he is shall not be guessed at.
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, 443),
    };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    (!host.is_empty()).then_some(Backend { host, port, address: None, listener: Listener::Webhook })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lists: Lists<'_>) -> Vec<String> {
        let say = |one: Backend| {
            let at = one.address.map(|address| format!("@{address}")).unwrap_or_default();
            format!("{} {}:{}{at}", one.listener.component(), one.host, one.port)
        };
        backends(lists).into_iter().map(say).collect()
    }

    #[test]
    fn whom_a_cluster_calls_is_read_from_its_own_lists() {
        let webhooks = r#"{"kind":"ValidatingWebhookConfigurationList","items":[
{"metadata":{"name":"a"},"webhooks":[
 {"name":"x","clientConfig":{"service":{"namespace":"kyverno","name":"kyverno-svc","port":8443}}},
 {"name":"y","clientConfig":{"url":"https://Hooks.example/validate?x=1"}},
 {"name":"z","clientConfig":{"url":"https://[2001:db8::1]:9443/"}},
 {"name":"again","clientConfig":{"url":"https://hooks.example"}},
 {"name":"plain","clientConfig":{"url":"http://hooks.example"}},
 {"name":"user","clientConfig":{"url":"https://u:p@hooks.example"}},
 {"name":"none","clientConfig":{}}, {"name":"nothing"}]},
null, {"metadata":{"name":"empty"}}]}"#;
        let api_services = r#"{"items":[{"spec":{"group":"apps"}},
{"spec":{"service":{"namespace":"kube-system","name":"metrics-server"}}},
{"spec":{"service":{"namespace":"custom","name":"headless"}}},
{"spec":{"service":{"namespace":"custom","name":"gone"}}}]}"#;
        let services = r#"{"items":[
{"metadata":{"namespace":"kyverno","name":"kyverno-svc"},"spec":{"clusterIP":"10.96.0.7","type":"ClusterIP"}},
{"metadata":{"namespace":"kube-system","name":"metrics-server"},"spec":{"clusterIP":"fd00::9"}},
{"metadata":{"namespace":"custom","name":"headless"},"spec":{"clusterIP":"None"}}]}"#;
        let lists =
            Lists { webhooks: [Some(webhooks), None], api_services: Some(api_services), services: Some(services) };
        assert_eq!(
            said(lists),
            [
                "webhook 2001:db8::1:9443",
                "webhook hooks.example:443",
                "webhook kyverno-svc.kyverno.svc:8443@10.96.0.7",
                "aggregated-api metrics-server.kube-system.svc:443@fd00::9",
            ]
        );
        // Without the list of services nobody knows where they are.
        assert_eq!(said(Lists { services: None, ..lists }).len(), 2);
        for garbage in ["", "{}", "[]", r#"{"items":{}}"#, r#"{"items":[1]}"#, "\u{0}"] {
            assert!(said(Lists { webhooks: [Some(garbage); 2], ..Lists::default() }).is_empty(), "{garbage}");
        }
    }

    #[test]
    fn no_more_than_a_handful_are_named() {
        let one = |n: usize| format!(r#"{{"clientConfig":{{"url":"https://h{n}.example"}}}}"#);
        let all: Vec<String> = (0..1000).map(one).collect();
        let text = format!(r#"{{"items":[{{"webhooks":[{}]}}]}}"#, all.join(","));
        assert_eq!(said(Lists { webhooks: [Some(&text), None], ..Lists::default() }).len(), MOST);
    }
}
