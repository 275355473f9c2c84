//! Rights that few should have: one question, asked of different verbs and resources.

use facts::{
    Cluster,
    objects::{Of, PolicyRule},
    rbac::{Grant, Permission, Who},
};
use model::{Answer, Confidence, Severity, Verdict};

use super::gist::{self, adjust, done, finding, given, granted_by, people, place, quoted, remedy, served};

/// A right: any of these verbs on any of these resources of one of these groups.
#[derive(Debug)]
pub(crate) struct Asked {
    /// One that ends in a colon stands for all that begin with it.
    pub(crate) verbs: &'static [&'static str],
    pub(crate) group: &'static str,
    pub(crate) resources: &'static [&'static str],
}

/// Where a grant counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Wherever it is.
    Anywhere,
    /// In the whole cluster, or in kube-system.
    Control,
    /// In the whole cluster.
    Wide,
}

/// What a rule that names its objects comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Names {
    /// A narrow right, which may well be meant.
    Narrow,
    /// The same, but as bad as without names where one of these is named.
    NarrowBut(&'static [&'static str]),
    /// As bad as without names.
    Any,
    /// As bad as without names where one of them is named; a star at its end stands for any text. Others are nobody's
    /// business.
    Of(&'static [&'static str]),
}

/// What makes a grant better or worse than the control says at first, and why.
pub(crate) type Adjust<'f> = dyn Fn(&Cluster, Grant<'_>, &Held<'_>) -> Option<(Severity, String)> + 'f;

pub(crate) struct Right {
    pub(crate) of: &'static [Asked],
    pub(crate) scope: Scope,
    pub(crate) names: Names,
    pub(crate) remedy: &'static str,
    pub(crate) breaks: &'static [&'static str],
}

/// The common adjustment: none.
pub(crate) fn as_it_is(_: &Cluster, _: Grant<'_>, _: &Held<'_>) -> Option<(Severity, String)> {
    None
}

/// What of a right a grant gives.
#[derive(Debug, Default)]
pub(crate) struct Held<'a> {
    /// Verbs, and the resources that they are granted on.
    pub(super) parts: Vec<(Vec<&'static str>, Vec<&'static str>)>,
    pub(super) permissions: Vec<Permission<'a>>,
    /// Whether each rule names its objects.
    is_narrow: bool,
    pub(super) who: Vec<Who<'a>>,
}

impl Held<'_> {
    fn add(&mut self, verbs: Vec<&'static str>, resource: &'static str) {
        match self.parts.iter_mut().find(|(known, _)| *known == verbs) {
            Some((_, resources)) if resources.contains(&resource) => {}
            Some((_, resources)) => resources.push(resource),
            None => self.parts.push((verbs, vec![resource])),
        }
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &'static str> {
        self.parts.iter().flat_map(|(_, resources)| resources.iter().copied())
    }

    /// "get and list `secrets`, and create `pods`".
    fn said(&self) -> String {
        let part = |(verbs, resources): &(Vec<&'static str>, Vec<&'static str>)| {
            let verbs: Vec<String> = verbs.iter().map(|verb| verb.trim_end_matches(':').to_owned()).collect();
            format!("{} {}", crate::say::and(&verbs), quoted(resources))
        };
        let said: Vec<String> = self.parts.iter().map(part).collect();
        match said.as_slice() {
            [before @ .., last] if !before.is_empty() => format!("{}, and {last}", before.join(", ")),
            _ => said.concat(),
        }
    }
}

/// Resources without a namespace, as far as a right is about them: only a ClusterRoleBinding grants them.
const OF_CLUSTER: [&str; 33] = [
    "apiservices",
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "csidrivers",
    "csinodes",
    "customresourcedefinitions",
    "flowschemas",
    "groups",
    "auditsinks",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "mutatingwebhookconfigurations",
    "nodes",
    "persistentvolumes",
    "priorityclasses",
    "prioritylevelconfigurations",
    "signers",
    "storageclasses",
    "uids",
    "userextras",
    "users",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
    "volumeattachments",
    "volumeattributesclasses",
    "volumesnapshotclasses",
    "volumesnapshotcontents",
    "ingressclasses",
    "runtimeclasses",
    "componentstatuses",
    "tokenreviews",
];

/// Whether a RoleBinding can grant the verb on the resource.
///
/// A namespace itself is asked for in itself, where it is named (`RequestInfo` of apiserver/pkg/endpoints/request, 1.36).
/// `bind` and `escalate` of a ClusterRole are checked where the binding is made (pkg/registry/rbac/rolebinding, 1.36).
fn is_namespaced(verb: &str, resource: &str) -> bool {
    let whole = resource.split('/').next().unwrap_or(resource);
    match whole {
        "namespaces" => matches!(verb, "get" | "update" | "patch" | "delete"),
        "clusterroles" => verb == "bind",
        _ => !OF_CLUSTER.contains(&whole),
    }
}

fn speaks(rule: &PolicyRule, verb: &str, group: &str, resource: &str) -> bool {
    match verb.strip_suffix(':') {
        Some(_) => {
            let own = rule.verbs.iter().any(|known| known.starts_with(verb));
            own && rule.groups.iter().any(|known| matches!(&**known, "*") || **known == *group)
                && rule.resources.iter().any(|known| matches!(&**known, "*") || **known == *resource)
        }
        None => rule.speaks_of(verb, group, resource),
    }
}

/// Whether a request of that verb names its object, so that a rule with names can allow it.
fn can_be_named(verb: &str, resource: &str) -> bool {
    !matches!(verb, "create" | "list" | "watch" | "deletecollection") || resource.contains('/')
}

/// What a grant gives of a right, if anything.
pub(super) fn held<'a>(right: &Right, grant: Grant<'a>) -> Option<Held<'a>> {
    held_of(right.of, right.names, grant)
}

fn held_of<'a>(of: &[Asked], names: Names, grant: Grant<'a>) -> Option<Held<'a>> {
    let mut held = Held { is_narrow: true, ..Held::default() };
    for permission in grant.permissions() {
        let rule = permission.rule;
        let narrow = !rule.names.is_empty();
        if let (true, Names::Of(wanted)) = (narrow, names) {
            let fits = |name: &str| {
                wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => name == *wanted,
                })
            };
            if !rule.names.iter().any(|name| fits(name)) {
                continue;
            }
        }
        let mut counts = false;
        // Most rules are about another group, and of a fleet there are many.
        for asked in of.iter().filter(|asked| rule.speaks_of_group(asked.group)) {
            for &resource in asked.resources {
                let granted = |verb: &&str| {
                    speaks(rule, verb, asked.group, resource)
                        && (grant.namespace().is_none() || is_namespaced(verb, resource))
                        && (!narrow || can_be_named(verb, resource))
                };
                let verbs: Vec<&'static str> = asked.verbs.iter().copied().filter(|verb| granted(verb)).collect();
                if !verbs.is_empty() {
                    counts = true;
                    held.add(verbs, resource);
                }
            }
        }
        if counts {
            held.is_narrow &= narrow
                && match names {
                    Names::Narrow => true,
                    Names::NarrowBut(wide) => !rule.names.iter().any(|name| wide.contains(&&**name)),
                    Names::Any | Names::Of(_) => false,
                };
            held.permissions.push(permission);
        }
    }
    (!held.permissions.is_empty()).then_some(held)
}

fn counts(scope: Scope, grant: Grant<'_>) -> bool {
    match (scope, grant.namespace()) {
        (_, None) | (Scope::Anywhere, _) => true,
        (Scope::Control, Some(namespace)) => namespace == "kube-system",
        (Scope::Wide, Some(_)) => false,
    }
}

/// Everybody who holds a right, by whatever binding, and whoever ships it.
pub(crate) fn holders<'a>(of: &[Asked], cluster: &'a Cluster) -> Vec<Who<'a>> {
    let grants = cluster.access().grants();
    let holding = grants.filter(|grant| held_of(of, Names::Any, *grant).is_some());
    let mut who: Vec<Who<'a>> = holding.flat_map(|grant| grant.holders().map(|holder| holder.who)).collect();
    who.sort();
    who.dedup();
    who
}

/// Asks who was given a right.
pub(super) fn ask(right: &Right, kinds: &[Of], cluster: &Cluster, adjusted: &Adjust<'_>) -> Verdict {
    asked(right, kinds, cluster, &|_| true, adjusted)
}

/// The same, of those of the holders who pass a test.
pub(crate) fn asked(
    right: &Right,
    kinds: &[Of],
    cluster: &Cluster,
    also: &dyn Fn(&Who<'_>) -> bool,
    adjusted: &Adjust<'_>,
) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    let (mut looked, mut administrators) = (0_usize, 0_usize);
    for grant in access.grants() {
        looked += 1;
        if !counts(right.scope, grant) || !grant.is_added() {
            continue;
        }
        if grant.is_everything() {
            administrators += 1;
            continue;
        }
        if let Some(gap) = grant.gap() {
            answer.gaps.push(gap);
            continue;
        }
        let Some(mut held) = held(right, grant) else { continue };
        let permissions: Vec<&Permission<'_>> = held.permissions.iter().collect();
        let mut given = given(grant, &permissions);
        given.retain(|holder| also(&holder.who));
        let Some(first) = given.first() else { continue };
        let at = first.at.clone();
        held.who = given.into_iter().map(|holder| holder.who).collect();
        let of_cluster = |(verbs, resources): &(Vec<&str>, Vec<&str>)| {
            resources.iter().all(|resource| verbs.iter().all(|verb| !is_namespaced(verb, resource)))
        };
        let place = if held.parts.iter().all(of_cluster) { String::new() } else { place(grant) };
        let message =
            format!("{} lets {} {}{place} ({})", grant.name(), people(&held.who), held.said(), grant.role_name(),);
        let mut found = finding(grant.subject(), message, &at, remedy(right.remedy, right.breaks));
        found.because.extend(held.permissions.iter().filter_map(|permission| granted_by(grant, permission)));
        found.confidence = confidence(grant, held.is_narrow);
        adjust(&mut found, adjusted(cluster, grant, &held));
        answer.findings.push(found);
    }
    Ok(done(answer, access, kinds, || {
        let administrators = match administrators {
            0 => String::new(),
            1 => "; one binding of administrators is judged by `rbac-cluster-admin-bindings`".to_owned(),
            many => format!("; {many} bindings of administrators are judged by `rbac-cluster-admin-bindings`"),
        };
        format!("of {looked} bindings only shipped ones give the right{administrators}")
    }))
}

/// The rights are certain; whether somebody needs them is not. A role for people in their own namespace, and a right to
/// objects that are named, are there to be given.
fn confidence(grant: Grant<'_>, is_narrow: bool) -> Confidence {
    let at_home = grant.namespace().is_some_and(|namespace| !gist::is_system(namespace));
    if is_narrow || (at_home && grant.is_for_people()) { Confidence::Possible } else { Confidence::Probable }
}

/// High where pods reach the node or the control plane.
pub(super) fn where_pods_are_free(cluster: &Cluster, grant: Grant<'_>, _: &Held<'_>) -> Option<(Severity, String)> {
    gist::lax(cluster, grant).map(|why| (Severity::High, why))
}

/// High where it reaches the pods of the system.
pub(super) fn where_the_system_is(_: &Cluster, grant: Grant<'_>, _: &Held<'_>) -> Option<(Severity, String)> {
    match grant.namespace() {
        None => Some((Severity::High, "it holds in kube-system too".to_owned())),
        Some("kube-system") => Some((Severity::High, "the pods of kube-system are the cluster's own".to_owned())),
        Some(_) => None,
    }
}

/// Medium where it stays within one namespace that is not the system's.
pub(super) fn less_in_one_namespace(_: &Cluster, grant: Grant<'_>, held: &Held<'_>) -> Option<(Severity, String)> {
    let namespace = grant.namespace().filter(|namespace| !gist::is_system(namespace))?;
    let only_accounts = held.resources().all(|resource| resource.starts_with("serviceaccounts"));
    let namespace = if namespace.is_empty() { "one namespace".to_owned() } else { format!("`{namespace}`") };
    only_accounts.then(|| (Severity::Medium, format!("it covers only service accounts of {namespace}")))
}

/// High where one of the holders is among those who have another right too.
pub(super) fn with(others: &[Who<'_>], why: &str, held: &Held<'_>) -> Option<(Severity, String)> {
    let both = held.who.iter().find(|who| others.binary_search(who).is_ok())?;
    Some((Severity::High, format!("{both} {why}")))
}
