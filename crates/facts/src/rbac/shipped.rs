//! The roles and bindings that an API server makes at its start (plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
//!
//! `data/rbac/bootstrap.json` says of each rule and of each subject of a binding in which minor releases it is made. An upgraded
//! cluster keeps what an older release has made, as a server only adds; so [`Era`] tells what a server of its release makes
//! from what any release up to it has made. Which release a cluster began with is seen nowhere.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use model::{Minor, Release, Span};
use serde::{Deserialize, Deserializer, de};

use crate::{
    flags::parse_minor,
    objects::{Extent, Meta, Objects, Of, PolicyRule, SubjectKind},
};

/// What Kubernetes ships.
pub static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
    let data: Data = serde_json::from_str(include_str!("../data/rbac/bootstrap.json")).expect("a test reads it");
    Shipped::of(data)
});

/// The first and the last release of which all is known, and all between them are: whoever has no roles needs no table.
const FIRST: Minor = Minor::new(1, 8);
const LAST: Minor = Minor::new(1, 36);

#[derive(Debug)]
pub struct Shipped {
    /// By namespace and name.
    roles: HashMap<String, HashMap<String, ShippedRole>>,
    /// Namespace, name, role, subject.
    bindings: HashMap<[String; 4], Made>,
    /// The names of the bindings, by their namespaces.
    named: HashMap<String, HashMap<String, Vec<Made>>>,
}

#[derive(Debug)]
pub struct ShippedRole {
    rules: Vec<(PolicyRule, Made)>,
    /// Whether it is put together from others, so that what is in it depends on them.
    is_aggregated: bool,
}

/// Which releases make something, as one bit each, and whose.
#[derive(Clone, Debug, Default)]
struct Made {
    /// With the feature gates of the release.
    as_it_is: u64,
    /// With others.
    gated: u64,
    /// The distribution that alone makes it.
    by: Option<String>,
}

/// What a cluster may have been made by: the releases it may be of, and those before them.
#[derive(Clone, Debug)]
pub struct Era {
    now: u64,
    /// The newest release it may be of.
    newest: u64,
    /// All up to that.
    ever: u64,
    /// All up to the oldest that it may be of.
    surely: u64,
    whose: Whose,
}

/// Whose a server may be, for what one distribution alone makes it ship.
#[derive(Clone, Copy, Debug)]
enum Whose {
    Distribution(&'static str),
    /// Nothing tells.
    Anybody,
    /// All that it ships is known, and nothing of it is a distribution's.
    Upstream,
}

/// What every server of OpenShift makes at each of its starts, whatever else was made of the cluster (`clusterRoleBindings` and
/// `buildControllerRoles` in plugin/pkg/auth/authorizer/rbac/bootstrappolicy of openshift/kubernetes, 1.21 on), and whose they
/// are. By these it shows whose build it is to whoever may list roles or bindings, and to nobody less.
const MARKS: [(&str, &str); 2] = [
    ("system:openshift:public-info-viewer", "OpenShift"),
    ("system:controller:service-ca-cert-publisher", "OpenShift"),
];

/// What a server puts on what it makes, and on nothing else (`addDefaultMetadata` in bootstrappolicy/policy.go).
const BOOTSTRAPPED: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");

#[derive(Deserialize)]
struct Data {
    #[cfg(test)]
    sources: std::collections::BTreeMap<String, String>,
    roles: Vec<Role>,
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
struct Role {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    by: Option<String>,
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
    #[serde(flatten)]
    made: Written,
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
    #[serde(flatten)]
    made: Written,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default, rename = "in", deserialize_with = "minors")]
    as_it_is: u64,
    #[serde(default, deserialize_with = "minors")]
    gated: u64,
    #[serde(default)]
    by: Option<String>,
}

/// `1.8`, `1.8-1.27`.
fn range(text: &str) -> Option<(Minor, Minor)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (parse_minor(from)?, parse_minor(to)?);
    (from.major == 1 && from <= to && to.minor < 64).then_some((from, to))
}

/// The bits of the releases from one to another, both included.
fn bits(from: Minor, to: Minor) -> u64 {
    (from.minor.min(63)..=to.minor.min(63)).fold(0, |bits, minor| bits | 1 << minor)
}

fn minors<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let texts: Vec<String> = Deserialize::deserialize(from)?;
    texts.iter().try_fold(0, |all, text| {
        let (from, to) = range(text).ok_or_else(|| de::Error::custom(format!("no minor releases: {text}")))?;
        Ok(all | bits(from, to))
    })
}

impl Made {
    fn of(written: &Written, whole: Option<&String>) -> Self {
        let by = written.by.as_ref().or(whole).cloned();
        Self { as_it_is: written.as_it_is, gated: written.gated, by }
    }

    /// Nothing tells whose a cluster is that no distribution is known of; it may be that one's.
    fn may_be_theirs(&self, era: &Era) -> bool {
        self.by.as_ref().is_none_or(|by| match era.whose {
            Whose::Distribution(name) => name.eq_ignore_ascii_case(by),
            Whose::Anybody => true,
            Whose::Upstream => false,
        })
    }

    /// Whether a server of that release makes it, gates being what they are by default.
    fn now(&self, era: &Era) -> bool {
        self.as_it_is & era.now != 0 && self.may_be_theirs(era)
    }

    /// Whether it may be there without anybody's doing.
    fn ever(&self, era: &Era) -> bool {
        (self.as_it_is | self.gated) & era.ever != 0 && self.may_be_theirs(era)
    }

    /// The same, whichever of the possible releases it is.
    fn surely(&self, era: &Era) -> bool {
        (self.as_it_is | self.gated) & era.surely != 0 && self.may_be_theirs(era)
    }
}

impl Era {
    /// Of a release that is not known, or that lies beyond the data, the nearest of which all is known stands in.
    pub fn of(release: Option<&Release>, distribution: Option<&'static str>) -> Self {
        let (from, to) = release.map_or((FIRST, LAST), Release::bounds);
        let (from, to) = (from.clamp(FIRST, LAST), to.clamp(FIRST, LAST));
        let (ever, surely) = (bits(FIRST, to), bits(FIRST, from));
        let whose = distribution.map_or(Whose::Anybody, Whose::Distribution);
        Self { now: bits(from, to), newest: bits(to, to), ever, surely, whose }
    }

    /// The same, as the roles and bindings of the cluster show whose server made them: what a distribution is known by
    /// otherwise may be hidden from whoever lists them.
    pub(super) fn told_by(mut self, objects: &Objects) -> Self {
        let made = |meta: &Meta| {
            let (_, whose) = MARKS.iter().find(|(name, _)| *name == &*meta.name)?;
            (meta.label(BOOTSTRAPPED.0) == Some(BOOTSTRAPPED.1)).then_some(*whose)
        };
        let roles = objects.roles.iter().filter(|role| role.of_cluster).map(|role| &role.meta);
        let bindings = objects.bindings.iter().filter(|binding| binding.of_cluster).map(|binding| &binding.meta);
        let whole = [Of::ClusterRole, Of::ClusterRoleBinding].iter().any(|of| *objects.extent(*of) == Extent::Whole);
        self.whose = match (roles.chain(bindings).find_map(made), self.whose) {
            (Some(whose), _) => Whose::Distribution(whose),
            (None, Whose::Anybody) if whole => Whose::Upstream,
            (None, whose) => whose,
        };
        self
    }
}

impl ShippedRole {
    /// What a server of that release gives it.
    pub fn rules<'a>(&'a self, era: &'a Era) -> impl Iterator<Item = &'a PolicyRule> {
        self.rules.iter().filter(|(_, made)| made.now(era)).map(|(rule, _)| rule)
    }

    /// What may be in it without anybody's doing: also what older releases have given it, and what feature gates do.
    pub fn ever<'a>(&'a self, era: &'a Era) -> impl Iterator<Item = &'a PolicyRule> {
        self.rules.iter().filter(|(_, made)| made.ever(era)).map(|(rule, _)| rule)
    }

    /// What may be in it without anybody's doing, whichever of the possible releases it is.
    pub fn surely<'a>(&'a self, era: &'a Era) -> impl Iterator<Item = &'a PolicyRule> {
        self.rules.iter().filter(|(_, made)| made.surely(era)).map(|(rule, _)| rule)
    }
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
        let mut own: Vec<(Role, Vec<(PolicyRule, Made)>)> = Vec::new();
        for role in data.roles {
            let read = |rule: &Rule| {
                let known = PolicyRule {
                    verbs: list(&rule.verbs),
                    groups: list(&rule.groups),
                    resources: list(&rule.resources),
                    names: list(&rule.names),
                    urls: list(&rule.urls),
                    span: Span::new(0, 0),
                };
                (known, Made::of(&rule.made, role.by.as_ref()))
            };
            let rules = role.rules.iter().map(read).collect();
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
            let known = ShippedRole { rules, is_aggregated: !role.aggregates.is_empty() };
            roles.entry(role.namespace.clone()).or_default().insert(role.name.clone(), known);
        }
        let mut named: HashMap<String, HashMap<String, Vec<Made>>> = HashMap::new();
        let mut bindings = HashMap::new();
        for known in data.bindings {
            let made = Made::of(&known.made, None);
            let names = named.entry(known.namespace.clone()).or_default();
            names.entry(known.name.clone()).or_default().push(made.clone());
            bindings.insert([known.namespace, known.name, known.role, known.subject], made);
        }
        Self { roles, bindings, named }
    }

    /// The role that some release ships under that name; of a ClusterRole the namespace is empty.
    ///
    /// A role that came later than the cluster is one that it is shipped without a single rule of.
    pub fn role(&self, namespace: &str, name: &str, era: &Era) -> Option<&ShippedRole> {
        let role = self.roles.get(namespace)?.get(name)?;
        (role.is_aggregated || role.rules.iter().any(|(_, made)| made.may_be_theirs(era))).then_some(role)
    }

    /// Whether some release ships the binding with that subject.
    ///
    /// What older releases gave to callers without credentials is not excused: 1.14 took it from them
    /// (CHANGELOG-1.14, "default RBAC policy no longer grants access to discovery and permission-checking APIs").
    pub(super) fn binds(&self, namespace: &str, name: &str, role: &str, subject: &str, era: &Era) -> bool {
        let key = [namespace.to_owned(), name.to_owned(), role.to_owned(), subject.to_owned()];
        self.bindings.get(&key).is_some_and(|made| {
            made.may_be_theirs(era) && (subject != "Group/system:unauthenticated" || made.as_it_is & era.newest != 0)
        })
    }

    /// Whether a binding of that name is shipped, with whatever subjects.
    pub fn has_binding(&self, namespace: &str, name: &str, era: &Era) -> bool {
        let made = self.named.get(namespace).and_then(|names| names.get(name));
        made.is_some_and(|made| made.iter().any(|made| made.may_be_theirs(era)))
    }
}

/// Whether all is known that the release ships, and any before it.
pub fn knows(release: &Release) -> bool {
    let (from, to) = release.bounds();
    FIRST <= from && to <= LAST
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

    fn era(release: &str) -> Era {
        Era::of(Some(&Release::Exactly(release.parse().expect("a release"))), None)
    }

    fn allows<'a>(mut rules: impl Iterator<Item = &'a PolicyRule>, verb: &str, group: &str, resource: &str) -> bool {
        rules.any(|rule| rule.allows(verb, group, resource, ""))
    }

    #[test]
    fn what_is_shipped_is_read_and_put_together() {
        let now = era("1.36");
        let role = |name: &str| SHIPPED.role("", name, &now).expect("shipped");
        let rbac = "rbac.authorization.k8s.io";
        assert!(role("admin").is_aggregated);
        // By way of `edit`, and its own.
        assert!(allows(role("admin").rules(&now), "list", "", "secrets"));
        assert!(allows(role("admin").rules(&now), "create", rbac, "rolebindings"));
        assert!(allows(role("edit").rules(&now), "list", "", "secrets"));
        assert!(!allows(role("edit").rules(&now), "create", rbac, "rolebindings"));
        assert!(!allows(role("view").rules(&now), "list", "", "secrets"));
        assert!(allows(role("view").rules(&now), "list", "", "pods"));
        assert!(role("cluster-admin").rules(&now).any(PolicyRule::is_everything));
        assert!(SHIPPED.binds("", "cluster-admin", "cluster-admin", "Group/system:masters", &now));
        assert!(!SHIPPED.binds("", "cluster-admin", "cluster-admin", "User/system:anonymous", &now));
        assert!(SHIPPED.role("kube-system", "extension-apiserver-authentication-reader", &now).is_some());
        assert!(SHIPPED.has_binding("", "system:node", &now));
    }

    #[test]
    fn every_release_between_the_first_and_the_last_is_known() {
        let data: Data = serde_json::from_str(include_str!("../data/rbac/bootstrap.json")).expect("it parses");
        let mut ranges: Vec<(Minor, Minor)> = data.sources.keys().map(|text| range(text).expect(text)).collect();
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|two| two[0].1.next() == two[1].0), "{ranges:?}");
        assert_eq!(ranges.first().map(|first| first.0).zip(ranges.last().map(|last| last.1)), Some((FIRST, LAST)));
        assert!(knows(&Release::Exactly("1.30.0".parse().expect("a release"))));
        assert!(knows(&Release::Within { from: Minor::new(1, 20), to: Minor::new(1, 36) }));
        assert!(!knows(&Release::Within { from: Minor::new(1, 5), to: Minor::new(1, 9) }));
        assert!(!knows(&Release::Exactly("1.40.0".parse().expect("a release"))));
        // Nothing is written that no release makes.
        let made = |made: &Written| (made.as_it_is | made.gated) != 0;
        assert!(data.roles.iter().flat_map(|role| &role.rules).all(|rule| made(&rule.made)));
        assert!(data.bindings.iter().all(|binding| made(&binding.made)));
    }

    #[test]
    fn a_rule_is_shipped_from_the_release_that_brought_it_and_stays_in_clusters_that_had_it() {
        let scheduler = |era: &Era| SHIPPED.role("", "system:kube-scheduler", era).expect("shipped");
        let (old, new) = (era("1.27"), era("1.28"));
        // plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go: 1.28 took the endpoints from the scheduler.
        assert!(allows(scheduler(&old).rules(&old), "create", "", "endpoints"));
        assert!(!allows(scheduler(&new).rules(&new), "create", "", "endpoints"));
        assert!(allows(scheduler(&new).ever(&new), "create", "", "endpoints"));
        let tokens = |at: &str| {
            let era = era(at);
            let edit = SHIPPED.role("", "edit", &era).expect("shipped");
            (
                allows(edit.rules(&era), "create", "", "serviceaccounts/token"),
                allows(edit.ever(&era), "create", "", "serviceaccounts/token"),
            )
        };
        assert_eq!([tokens("1.23"), tokens("1.24"), tokens("1.36")], [(false, false), (true, true), (true, true)]);
        // Of a role that came later nothing is shipped.
        let claims = |era: &Era| SHIPPED.role("", "system:controller:resource-claim-controller", era).expect("known");
        let (before, since) = (era("1.20"), era("1.34"));
        assert_eq!((claims(&before).ever(&before).count(), claims(&since).rules(&since).count() > 0), (0, true));
        // Where the release is not known, not all that may be shipped surely is.
        let unknown = Era::of(None, None);
        assert!(allows(claims(&unknown).ever(&unknown), "get", "resource.k8s.io", "resourceclaims"));
        assert!(!allows(claims(&unknown).surely(&unknown), "get", "resource.k8s.io", "resourceclaims"));
    }

    #[test]
    fn what_feature_gates_add_is_not_somebodys() {
        let era = era("1.30");
        let claims = SHIPPED.role("", "system:controller:resource-claim-controller", &era).expect("behind a gate");
        assert!(!allows(claims.rules(&era), "get", "resource.k8s.io", "resourceclaims"));
        assert!(allows(claims.ever(&era), "get", "resource.k8s.io", "resourceclaims"));
    }

    #[test]
    fn strangers_are_no_longer_excused() {
        let binds = |at: &str| {
            SHIPPED.binds("", "system:discovery", "system:discovery", "Group/system:unauthenticated", &era(at))
        };
        assert!(binds("1.13") && !binds("1.14") && !binds("1.36"));
        let info = "system:public-info-viewer";
        assert!(SHIPPED.binds("", info, info, "Group/system:unauthenticated", &Era::of(None, None)));
    }

    #[test]
    fn what_openshift_alone_makes_is_no_others() {
        let release = Release::Exactly("1.30.1".parse().expect("a release"));
        let of = |name: &'static str| Era::of(Some(&release), Some(name));
        let mirror = "system:controller:endpointslicemirroring-controller";
        let ships = |era: &Era| {
            let role = SHIPPED.role("", mirror, era).expect("shipped");
            allows(role.rules(era), "create", "discovery.k8s.io", "endpointslices/restricted")
        };
        assert!(ships(&of("openshift")) && !ships(&of("k3s")));
        assert!(SHIPPED.role("", "system:node-admin", &of("kops")).is_none());
        assert!(SHIPPED.role("", "system:node-admin", &Era::of(None, None)).is_some());
    }
}
