//! Requests that a webhook which is there to refuse has to be asked about: the shortest ways from an ordinary user to more.

use facts::request::Request;

/// What each is about, in words, and the request of an ordinary user.
pub(super) fn requests() -> Vec<(&'static str, Request)> {
    let ask = |verb: &str, group: &str, resource: &str, subresource: &str, namespace: &str, name: &str| Request {
        user: Some("ann".to_owned()),
        groups: Some(vec!["system:authenticated".to_owned()]),
        verb: Some(verb.to_owned()),
        group: Some(group.to_owned()),
        version: Some("v1".to_owned()),
        resource: Some(resource.to_owned()),
        subresource: Some(subresource.to_owned()).filter(|text| !text.is_empty()),
        namespace: Some(namespace.to_owned()).filter(|text| !text.is_empty()),
        name: Some(name.to_owned()).filter(|text| !text.is_empty()),
        ..Request::default()
    };
    const ROLES: &str = "rbac.authorization.k8s.io";
    vec![
        ("reading secrets", ask("list", "", "secrets", "", "default", "")),
        ("changing roles", ask("update", ROLES, "clusterroles", "", "", "edit")),
        ("binding roles", ask("create", ROLES, "clusterrolebindings", "", "", "")),
        ("calls through nodes", ask("get", "", "nodes", "proxy", "", "node-1")),
        ("acting for others", ask("impersonate", "", "users", "", "", "admin")),
        ("tokens of service accounts", ask("create", "", "serviceaccounts", "token", "kube-system", "default")),
        ("commands in kube-system", ask("create", "", "pods", "exec", "kube-system", "a")),
        ("pods in kube-system", ask("create", "", "pods", "", "kube-system", "")),
    ]
}

/// The first two, and how many more.
pub(super) fn listed(all: &[&str]) -> String {
    match all {
        [] => "no requests".to_owned(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
    }
}
