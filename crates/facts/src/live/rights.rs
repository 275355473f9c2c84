//! What the caller may do, which it asks about itself before it asks for anything else.
//!
//! A question that would be refused is not asked: each refusal is an entry in somebody's audit log, and some are an alarm.
//! One review lists rights ([`Rights`]); what it does not list is asked for one by one, because not every authorizer can
//! list what it grants (a webhook cannot, and that of `system:masters` does not). Nothing is stored by either of them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ASKS, Ask, Right};

/// A question about the caller's own rights: the only thing that is sent with a POST. Its body is made of nothing but what
/// is written in this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// What the caller may do in kube-system and in the cluster as a whole (authorization.k8s.io/v1, 1.8 on).
    Rules,
    /// Whether it may ask for one thing (1.6 on).
    Access(&'static Ask),
}

impl Review {
    pub fn path(&self) -> &'static str {
        match self {
            Self::Rules => "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            Self::Access(_) => "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        }
    }

    pub fn body(&self) -> String {
        let (kind, spec) = match self {
            Self::Rules => ("SelfSubjectRulesReview", json!({ "namespace": "kube-system" })),
            Self::Access(ask) => ("SelfSubjectAccessReview", attributes(ask)),
        };
        json!({ "apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec }).to_string()
    }
}

fn attributes(ask: &Ask) -> Value {
    match ask.right {
        Right::Path | Right::Nothing => json!({ "nonResourceAttributes": { "verb": "get", "path": ask.path } }),
        Right::Resource { verb, group, resource, namespace, name } => {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            json!({ "resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "subresource": subresource,
                "namespace": namespace, "name": name,
            } })
        }
    }
}

/// Rights as a review lists them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rights {
    resource_rules: Vec<ResourceRule>,
    non_resource_rules: Vec<PathRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceRule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PathRule {
    verbs: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    paths: Vec<String>,
}

impl Rights {
    /// What a review answered; `None` where that is no answer.
    pub fn read(answer: &str) -> Option<Self> {
        let mut answer: Value = serde_json::from_str(answer).ok()?;
        serde_json::from_value(answer.get_mut("status")?.take()).ok()
    }

    /// Whether what an ask takes is listed. A right to all that the cluster has is not, where the same is asked of kube-system:
    /// the list does not tell whether a role grants it there alone. One in another namespace is listed only where it holds
    /// everywhere.
    ///
    /// How a rule is matched is pkg/apis/rbac/v1/evaluation_helpers.go of Kubernetes 1.36.
    pub fn list(&self, ask: &Ask) -> bool {
        let has = |all: &[String], wanted: &str| all.iter().any(|one| one == "*" || one == wanted);
        match &ask.right {
            Right::Nothing => true,
            Right::Path => self.non_resource_rules.iter().any(|rule| {
                let covers = |one: &String| {
                    let start = one.ends_with('*').then(|| one.trim_end_matches('*'));
                    one == ask.path || start.is_some_and(|start| ask.path.starts_with(start))
                };
                has(&rule.verbs, "get") && rule.paths.iter().any(covers)
            }),
            Right::Resource { namespace: "", .. } if is_asked_of_a_namespace(ask) => false,
            Right::Resource { verb, group, resource, name, .. } => self.resource_rules.iter().any(|rule| {
                let subresource = resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
                let resources =
                    has(&rule.resources, resource) || subresource.is_some_and(|sub| rule.resources.contains(&sub));
                let names = rule.resource_names.is_empty() || rule.resource_names.iter().any(|one| one == name);
                has(&rule.verbs, verb) && has(&rule.api_groups, group) && resources && names
            }),
        }
    }
}

/// Whether the same as that is asked of one namespace, too.
fn is_asked_of_a_namespace(ask: &Ask) -> bool {
    let Right::Resource { verb, group, resource, name, .. } = ask.right else { return false };
    ASKS.iter().any(|other| match other.right {
        Right::Resource { namespace: "", .. } => false,
        Right::Resource { namespace, .. } => other.right == Right::Resource { verb, group, resource, namespace, name },
        Right::Path | Right::Nothing => false,
    })
}

/// What a review of one right answered; `None` where it could not be told.
pub fn allowed(answer: &str) -> Option<bool> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let status = answer.get("status")?;
    let allowed = status.get("allowed")?.as_bool()?;
    let failed = status.get("evaluationError").is_some_and(|error| error.as_str().is_some_and(|text| !text.is_empty()));
    (allowed || !failed).then_some(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn resource(verb: &'static str, resource: &'static str, name: &'static str) -> Ask {
        let right = Right::Resource { verb, group: "", resource, namespace: "kube-system", name };
        Ask { path: "/api/v1", right, ..super::super::asks::PLAIN }
    }

    const LIST_PODS: Ask = resource("list", "pods", "");
    const GET_CONFIGMAP: Ask = resource("get", "configmaps", "kubeadm-config");
    const NODES_PROXY: Ask = resource("get", "nodes/proxy", "");
    const FLAGZ: Ask = Ask { path: "/flagz", ..super::super::asks::PLAIN };

    fn rights(resources: &str, paths: &str) -> Rights {
        let answer =
            format!(r#"{{"status":{{"resourceRules":[{resources}],"nonResourceRules":[{paths}],"incomplete":true}}}}"#);
        Rights::read(&answer).expect("an answer")
    }

    #[test]
    fn a_right_is_listed_as_a_role_grants_it() {
        for (rule, right, expected) in [
            (r#"{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}"#, LIST_PODS, true),
            (r#"{"verbs":["list"],"apiGroups":[""],"resources":["pods"]}"#, LIST_PODS, true),
            (r#"{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}"#, LIST_PODS, false),
            (r#"{"verbs":["list"],"apiGroups":["apps"],"resources":["pods"]}"#, LIST_PODS, false),
            // Without a name no list is granted by one.
            (r#"{"verbs":["list"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}"#, LIST_PODS, false),
            (
                r#"{"verbs":["get"],"apiGroups":[""],"resources":["configmaps"],"resourceNames":["kubeadm-config"]}"#,
                GET_CONFIGMAP,
                true,
            ),
            (r#"{"verbs":["get"],"apiGroups":[""],"resources":["nodes"]}"#, NODES_PROXY, false),
            (r#"{"verbs":["get"],"apiGroups":[""],"resources":["*/proxy"]}"#, NODES_PROXY, true),
        ] {
            assert_eq!(rights(rule, "").list(&right), expected, "{rule}");
        }
        for (rule, path, expected) in [
            (r#"{"verbs":["get"],"nonResourceURLs":["/metrics"]}"#, "/metrics", true),
            (r#"{"verbs":["get"],"nonResourceURLs":["/debug/*"]}"#, "/debug/pprof/", true),
            (r#"{"verbs":["get"],"nonResourceURLs":["*"]}"#, "/flagz", true),
            (r#"{"verbs":["post"],"nonResourceURLs":["*"]}"#, "/flagz", false),
            (r#"{"verbs":["get"],"nonResourceURLs":["/healthz"]}"#, "/healthz/ping", false),
        ] {
            assert_eq!(rights("", rule).list(&Ask { path, ..FLAGZ }), expected, "{rule}");
        }
        assert!(!Rights::default().list(&LIST_PODS));
    }

    #[test]
    fn what_is_no_answer_tells_nothing() {
        for text in ["", "[]", "{}", r#"{"status":7}"#, r#"{"status":{"resourceRules":7}}"#] {
            assert!(Rights::read(text).is_none(), "{text}");
            assert_eq!(allowed(text), None, "{text}");
        }
        assert_eq!(allowed(r#"{"status":{"allowed":true}}"#), Some(true));
        assert_eq!(allowed(r#"{"status":{"allowed":false,"reason":"no"}}"#), Some(false));
        assert_eq!(allowed(r#"{"status":{"allowed":false,"evaluationError":"the webhook is down"}}"#), None);
    }

    #[test]
    fn a_review_is_about_the_caller_and_one_right() {
        let body: Value = serde_json::from_str(&Review::Access(&NODES_PROXY).body()).expect("JSON");
        assert_eq!(body["spec"]["resourceAttributes"]["resource"], "nodes");
        assert_eq!(body["spec"]["resourceAttributes"]["subresource"], "proxy");
        assert!(body["spec"].get("user").is_none());
        let body: Value = serde_json::from_str(&Review::Access(&FLAGZ).body()).expect("JSON");
        assert_eq!(body["spec"]["nonResourceAttributes"]["path"], "/flagz");
        for review in [Review::Rules, Review::Access(&LIST_PODS)] {
            assert!(review.path().starts_with("/apis/authorization.k8s.io/v1/selfsubject"));
        }
    }
}
