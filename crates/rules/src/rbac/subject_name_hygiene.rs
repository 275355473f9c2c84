//! A subject has a name like those of the system. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{RuleCard, Severity, Verdict};

use super::{BINDINGS, gist, named};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-subject-name-hygiene",
        title: "A subject has a name like those of the system",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("subject_name_hygiene.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "name the subject as the identity provider does, without `system:`";

/// Users and groups that the system itself is (apiserver/pkg/authentication/user, 1.36, and its components).
const USERS: [&str; 13] = [
    "system:admin",
    "system:anonymous",
    "system:apiserver",
    "system:aggregator",
    "system:kube-aggregator",
    "system:cloud-controller-manager",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
    "system:k3s-controller",
    "system:rke2-controller",
    "system:konnectivity-server",
    "system:volume-scheduler",
];
const GROUPS: [&str; 10] = [
    "system:authenticated",
    "system:authenticated:oauth",
    "system:bootstrappers",
    "system:cluster-admins",
    "system:cluster-readers",
    "system:masters",
    "system:monitoring",
    "system:nodes",
    "system:serviceaccounts",
    "system:unauthenticated",
];

fn ask(cluster: &Cluster) -> Verdict {
    let openshift = cluster.is_of("openshift");
    named::each(
        cluster,
        &|holder| holder.shipped.is_none(),
        &mut |grant, holder| {
            let (known, name, other): (&[&str], &str, &[&str]) = match &holder.who {
                Who::User(name) => (&USERS, name, &GROUPS),
                Who::Group(name) => (&GROUPS, name, &USERS),
                Who::Account(..) => return None,
            };
            let lower = name.to_ascii_lowercase();
            if !lower.starts_with("system:") || known.contains(&name) {
                return None;
            }
            let families: &[&str] = match &holder.who {
                Who::User(_) => &["system:node:", "system:bootstrap:", "system:gke-", "system:gcp-"],
                _ => &["system:bootstrappers:", "system:serviceaccounts:", "system:nodes:"],
            };
            let of_family = families.iter().any(|start| name.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
            if of_family || openshift && (name.starts_with("system:openshift:") || name.starts_with("system:multus:")) {
                return None;
            }
            let why = if *name != lower && (USERS.contains(&&*lower) || GROUPS.contains(&&*lower)) {
                format!("names are exact, and the system's is `{lower}`")
            } else if other.contains(&name) {
                format!("the system knows the name as a {}", if matches!(holder.who, Who::User(_)) { "group" } else { "user" })
            } else {
                "the system has no such identity".to_owned()
            };
            let mut found = named::names(grant, holder, gist::remedy(REMEDY, &[]));
            found.message = format!("{} names {}: {why}", grant.name(), holder.who);
            Some(found)
        },
        || "every subject whose name begins with `system:` is the system's own".to_owned(),
    )
}
