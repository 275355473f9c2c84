//! An answer that there is no such thing, which the rest of the cluster contradicts.
//!
//! A 404 is knowledge: what a server does not have is not there. One about what every API server has, or what its own discovery
//! shows, comes from something that stands before it, or from somebody who would rather not be looked at; it is a gap like any
//! refusal.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Ask, Form, Right};
use model::{Gap, Kind};

/// What every server of a group's version has, going by the release that brought both: the registries of Kubernetes 1.36 below
/// pkg/registry/*/rest, and CHANGELOG-1.8 (RBAC, NetworkPolicy 1.7), 1.14 (leases), 1.16 (webhooks, custom resources), 1.19
/// (requests for certificates).
const WITH_ITS_VERSION: [(&str, &[&str]); 7] = [
    ("admissionregistration.k8s.io/v1", &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]),
    ("apiextensions.k8s.io/v1", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io/v1", &["apiservices"]),
    ("certificates.k8s.io/v1", &["certificatesigningrequests"]),
    ("coordination.k8s.io/v1", &["leases"]),
    ("networking.k8s.io/v1", &["networkpolicies"]),
    ("rbac.authorization.k8s.io/v1", &["clusterrolebindings", "clusterroles", "rolebindings", "roles"]),
];

/// The aggregated form of discovery (apidiscovery.k8s.io), as far as it is read here.
#[derive(Deserialize)]
struct Aggregated {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Name,
    #[serde(default)]
    versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct GroupVersion {
    #[serde(default)]
    version: String,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    resource: String,
}

/// What discovery shows, for whoever was told that something is not there.
pub struct Shown<'a> {
    text: Option<&'a str>,
    aggregated: Option<Aggregated>,
}

impl<'a> Shown<'a> {
    /// What a server gave as its discovery; `None` where that was not read.
    pub fn of(text: Option<&'a str>) -> Self {
        let aggregated = text.filter(|text| text.contains("\"APIGroupDiscoveryList\""));
        Self { text, aggregated: aggregated.and_then(|text| serde_json::from_str(text).ok()) }
    }

    /// Why an answer that there is no such thing is not believed; `None` where it may well be so.
    pub fn denies(&self, ask: &Ask) -> Option<Gap> {
        let why = |why: &str| Some(ask.unanswered(&format!("it answers 404, although {why}")));
        if ask.kind == Kind::Metrics {
            return why("every API server counts");
        }
        let Right::Resource { verb: "list", group, resource, .. } = ask.right else { return None };
        if !matches!(ask.form, Form::List | Form::Objects { .. }) {
            return None;
        }
        if group.is_empty() {
            return why("every API server has them");
        }
        let mut versions = ask.paths().filter_map(|path| path.strip_prefix("/apis/")?.split('/').nth(1));
        let shown = versions.any(|version| self.has(group, version, resource));
        if shown { why("its discovery shows them") } else { None }
    }

    fn has(&self, group: &str, version: &str, resource: &str) -> bool {
        if let Some(Aggregated { items }) = &self.aggregated {
            let mut versions = items.iter().filter(|item| item.metadata.name == group).flat_map(|item| &item.versions);
            return versions
                .any(|one| one.version == version && one.resources.iter().any(|one| one.resource == resource));
        }
        let named = format!("{group}/{version}");
        let is_old = WITH_ITS_VERSION.iter().any(|(known, all)| *known == named && all.contains(&resource));
        is_old && self.text.is_some_and(|text| text.contains(&format!("\"{named}\"")))
    }
}

/// What pods tell of lists beside theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Some are of the control plane, by the labels by which those are asked for ([`ASKS`](super::ASKS)).
    pub of_control_plane: bool,
    /// Some were given to a node.
    pub on_a_node: bool,
}

impl Pods {
    /// What a list of pods tells; nothing where it is none.
    pub fn of(list: &str) -> Self {
        #[derive(Deserialize)]
        struct List {
            #[serde(default)]
            items: Vec<Pod>,
        }

        #[derive(Deserialize)]
        struct Pod {
            #[serde(default)]
            metadata: Metadata,
            #[serde(default)]
            spec: Spec,
        }

        #[derive(Default, Deserialize)]
        struct Metadata {
            #[serde(default)]
            namespace: String,
            #[serde(default)]
            labels: BTreeMap<String, String>,
        }

        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Spec {
            #[serde(default)]
            node_name: String,
        }

        let Ok(List { items }) = serde_json::from_str(list) else { return Self::default() };
        let labelled = |pod: &Pod| {
            let has = |key: &str, value: &str| pod.metadata.labels.get(key).is_some_and(|known| known == value);
            has("tier", "control-plane") || has("k8s-app", "kube-apiserver")
        };
        Self {
            of_control_plane: items.iter().any(|pod| pod.metadata.namespace == "kube-system" && labelled(pod)),
            on_a_node: items.iter().any(|pod| !pod.spec.node_name.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ASKS, *};

    fn denied(path: &str, discovery: Option<&str>) -> bool {
        let ask = ASKS.iter().find(|ask| ask.path == path && !ask.as_nobody).expect("it is asked");
        Shown::of(discovery).denies(ask).is_some()
    }

    const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";

    #[test]
    fn what_every_server_has_is_not_believed_to_be_missing() {
        for path in ["/api/v1/namespaces", "/api/v1/pods", "/api/v1/namespaces/kube-system/pods", "/metrics"] {
            assert!(denied(path, None), "{path}");
        }
        // They come and go with the release, or with whoever made the cluster.
        for path in ["/flagz", "/statusz", "/livez", "/api/v1/namespaces/kube-system/configmaps/kubeadm-config", ROLES]
        {
            assert!(!denied(path, None), "{path}");
        }
    }

    #[test]
    fn what_discovery_shows_is_not_believed_to_be_missing() {
        let groups = r#"{"kind":"APIGroupList","groups":[
            {"name":"rbac.authorization.k8s.io","versions":[{"groupVersion":"rbac.authorization.k8s.io/v1","version":"v1"}]},
            {"name":"admissionregistration.k8s.io","versions":[{"groupVersion":"admissionregistration.k8s.io/v1"}]}]}"#;
        // By groups alone nobody tells which resources a release has in one.
        assert!(denied(ROLES, Some(groups)) && !denied(POLICIES, Some(groups)));
        let all = r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"admissionregistration.k8s.io"},"versions":[
            {"version":"v1","resources":[{"resource":"validatingadmissionpolicies"}]}]}]}"#;
        assert!(denied(POLICIES, Some(all)) && !denied(ROLES, Some(all)));
        assert!(!denied(POLICIES, Some("<html>")) && !denied(ROLES, Some("")));
    }

    #[test]
    fn pods_tell_of_nodes_and_of_the_control_plane() {
        let pod = |rest: &str| Pods::of(&format!(r#"{{"kind":"PodList","items":[{{}},{rest}]}}"#));
        let (system, plain) = (r#""namespace":"kube-system""#, r#""namespace":"team""#);
        let label = r#""labels":{"tier":"control-plane"}"#;
        let told = pod(&format!(r#"{{"metadata":{{{system},{label}}},"spec":{{"nodeName":"n1"}}}}"#));
        assert_eq!(told, Pods { of_control_plane: true, on_a_node: true });
        let told = pod(&format!(r#"{{"metadata":{{{plain},{label}}},"spec":{{}}}}"#));
        assert_eq!(told, Pods::default());
        for none in ["", "[]", "{}", "<html>", r#"{"items":7}"#] {
            assert_eq!(Pods::of(none), Pods::default(), "{none}");
        }
    }
}
