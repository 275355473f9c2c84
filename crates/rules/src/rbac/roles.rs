//! Roles as they are written, whoever is bound to them.

use facts::{
    Cluster,
    objects::{Of, Role},
};
use model::{Answer, Finding, Remedy, Verdict};

use super::gist::{done, finding, served};

/// Roles that somebody wrote: neither shipped nor put together from others.
pub(super) fn own(cluster: &Cluster) -> impl Iterator<Item = &Role> {
    let access = cluster.access();
    cluster.objects.roles.iter().filter(move |role| role.aggregates.is_none() && !access.ships(role))
}

/// "ClusterRole `a`", "Role `n/a`".
pub(super) fn name(role: &Role) -> String {
    match (role.of_cluster, &*role.meta.namespace) {
        (true, _) => format!("ClusterRole `{}`", role.meta.name),
        (false, "") => format!("Role `{}`", role.meta.name),
        (false, namespace) => format!("Role `{namespace}/{}`", role.meta.name),
    }
}

/// What an entry about it is about.
pub(super) fn subject(role: &Role) -> String {
    match (role.of_cluster, &*role.meta.namespace) {
        (true, _) => format!("ClusterRole/{}", role.meta.name),
        (false, "") => format!("Role/{}", role.meta.name),
        (false, namespace) => format!("Role/{namespace}/{}", role.meta.name),
    }
}

/// The finding that one rule of a role is wrong.
pub(super) fn wrong(role: &Role, rule: usize, what: &str, remedy: Remedy) -> Finding {
    finding(subject(role), format!("{} {what}", name(role)), &role.rule_at(rule), remedy)
}

/// Asks each role that somebody wrote.
pub(super) fn each(cluster: &Cluster, kinds: &[Of], say: fn(&Role) -> Vec<Finding>, because: &str) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    for role in own(cluster) {
        answer.findings.extend(say(role));
    }
    Ok(done(answer, access, kinds, || because.to_owned()))
}
