//! The roles and bindings that an API server makes at its start (plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
//!
//! `data/rbac/bootstrap.json` says of each rule and binding in which of the releases it was found that were looked at. What
//! any of them ships is taken as shipped: an upgraded cluster keeps what an older release has made, as the server only adds.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use model::{Minor, Release, Span};
use serde::Deserialize;

use crate::objects::{PolicyRule, SubjectKind};

/// What Kubernetes ships.
pub static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
    let data: Data = serde_json::from_str(include_str!("../data/rbac/bootstrap.json")).expect("a test reads it");
    Shipped::of(data)
});

#[derive(Debug)]
pub struct Shipped {
    roles: HashMap<String, HashMap<String, ShippedRole>>,
    /// Namespace, name, role, subject.
    bindings: HashSet<[String; 4]>,
    /// The names of the bindings, by their namespaces.
    named: HashMap<String, HashSet<String>>,
    /// The releases of which all is known.
    exact: Vec<Minor>,
}

#[derive(Debug)]
pub struct ShippedRole {
    pub rules: Vec<PolicyRule>,
    /// Whether it is put together from others, so that what is in it depends on them.
    pub is_aggregated: bool,
    /// The labels by which it extends others.
    pub labels: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    sources: BTreeMap<String, String>,
    roles: Vec<Role>,
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
struct Role {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    aggregates: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    verbs: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    urls: Vec<String>,
}

#[derive(Deserialize)]
struct Binding {
    name: String,
    #[serde(default)]
    namespace: String,
    role: String,
    /// `KIND/NAME` or `ServiceAccount/NAMESPACE/NAME`; none of a binding that is shipped empty.
    #[serde(default)]
    subject: String,
}

impl Shipped {
    fn of(data: Data) -> Self {
        let mut words: HashSet<Arc<str>> = HashSet::new();
        let mut list = |texts: &[String]| -> Box<[Arc<str>]> {
            let mut word = |text: &String| match words.get(text.as_str()) {
                Some(known) => Arc::clone(known),
                None => {
                    let new: Arc<str> = text.as_str().into();
                    words.insert(Arc::clone(&new));
                    new
                }
            };
            texts.iter().map(&mut word).collect()
        };
        let mut own: Vec<(Role, Vec<PolicyRule>)> = Vec::new();
        for role in data.roles {
            let rules = role.rules.iter().map(|rule| PolicyRule {
                verbs: list(&rule.verbs),
                groups: list(&rule.groups),
                resources: list(&rule.resources),
                names: list(&rule.names),
                urls: list(&rule.urls),
                span: Span::new(0, 0),
            });
            let rules = rules.collect();
            own.push((role, rules));
        }
        let mut roles: HashMap<String, HashMap<String, ShippedRole>> = HashMap::new();
        for (role, rules) in &own {
            let mut rules = rules.clone();
            // `admin` takes what is labelled for it, and of `edit`, which is, all that that takes.
            let mut wanted: Vec<&String> = role.aggregates.iter().collect();
            let mut seen: Vec<&str> = Vec::new();
            while let Some(label) = wanted.pop() {
                for (part, more) in own.iter().filter(|(part, _)| part.labels.contains(label)) {
                    if !seen.contains(&part.name.as_str()) {
                        seen.push(&part.name);
                        rules.extend(more.iter().cloned());
                        wanted.extend(&part.aggregates);
                    }
                }
            }
            let known = ShippedRole { rules, is_aggregated: !role.aggregates.is_empty(), labels: role.labels.clone() };
            roles.entry(role.namespace.clone()).or_default().insert(role.name.clone(), known);
        }
        let mut named: HashMap<String, HashSet<String>> = HashMap::new();
        for known in &data.bindings {
            named.entry(known.namespace.clone()).or_default().insert(known.name.clone());
        }
        let bindings = data.bindings.into_iter().map(|known| [known.namespace, known.name, known.role, known.subject]);
        let whole = |(release, source): (&String, &String)| {
            source
                .contains("asked of the server")
                .then(|| release.parse::<model::Version>().ok().map(|v| v.minor))
                .flatten()
        };
        Self { roles, bindings: bindings.collect(), named, exact: data.sources.iter().filter_map(whole).collect() }
    }

    /// The role that is shipped under that name; of a ClusterRole the namespace is empty.
    pub fn role(&self, namespace: &str, name: &str) -> Option<&ShippedRole> {
        self.roles.get(namespace)?.get(name)
    }

    /// Whether the binding is shipped with that subject.
    pub(super) fn binds(&self, namespace: &str, name: &str, role: &str, subject: &str) -> bool {
        self.bindings.contains(&[namespace.to_owned(), name.to_owned(), role.to_owned(), subject.to_owned()])
    }

    /// Whether a binding of that name is shipped, with whatever subjects.
    pub fn has_binding(&self, namespace: &str, name: &str) -> bool {
        self.named.get(namespace).is_some_and(|names| names.contains(name))
    }

    /// Whether all that the release ships is known.
    pub fn knows(&self, release: &Release) -> bool {
        let (from, to) = release.bounds();
        from == to && self.exact.contains(&from)
    }

    /// The releases of which all is known, for people.
    pub fn known(&self) -> String {
        self.exact.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    }
}

/// As the data names a subject.
pub(super) fn subject(kind: SubjectKind, namespace: &str, name: &str) -> String {
    match kind {
        SubjectKind::ServiceAccount => format!("ServiceAccount/{namespace}/{name}"),
        SubjectKind::User | SubjectKind::Group => format!("{}/{name}", kind.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_read_and_put_together() {
        let admin = SHIPPED.role("", "admin").expect("shipped");
        let allows = |role: &ShippedRole, verb: &str, group: &str, resource: &str| {
            role.rules.iter().any(|rule| rule.allows(verb, group, resource, ""))
        };
        assert!(admin.is_aggregated);
        // By way of `edit`, and its own.
        assert!(allows(admin, "list", "", "secrets"));
        assert!(allows(admin, "create", "rbac.authorization.k8s.io", "rolebindings"));
        let edit = SHIPPED.role("", "edit").expect("shipped");
        assert!(allows(edit, "list", "", "secrets"));
        assert!(!allows(edit, "create", "rbac.authorization.k8s.io", "rolebindings"));
        let view = SHIPPED.role("", "view").expect("shipped");
        assert!(!allows(view, "list", "", "secrets") && allows(view, "list", "", "pods"));
        assert!(SHIPPED.role("", "cluster-admin").expect("shipped").rules.iter().any(PolicyRule::is_everything));
        assert!(SHIPPED.binds("", "cluster-admin", "cluster-admin", "Group/system:masters"));
        assert!(!SHIPPED.binds("", "cluster-admin", "cluster-admin", "User/system:anonymous"));
        assert!(SHIPPED.role("kube-system", "extension-apiserver-authentication-reader").is_some());
        assert!(SHIPPED.has_binding("", "system:node"));
        assert!(SHIPPED.knows(&Release::Exactly("1.36.2".parse().expect("a release"))));
        assert!(!SHIPPED.knows(&Release::Exactly("1.30.0".parse().expect("a release"))));
        assert_eq!(SHIPPED.known(), "1.20 and 1.36");
    }
}
