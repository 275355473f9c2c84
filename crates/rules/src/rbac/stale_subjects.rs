//! A binding names somebody or a role that is not there. The page beside this file explains the rule and tests it.

use std::collections::HashSet;

use facts::{Cluster, objects::Of, rbac::Who};
use model::{Answer, RuleCard, Severity, Verdict};

use super::gist::{self, done, finding, served};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-stale-subjects",
        title: "A binding names somebody or a role that is not there",
        severity: Severity::Low,
        fix: None,
        page: include_str!("stale_subjects.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: STALE, ask },
};

const STALE: &[Of] =
    &[Of::ClusterRole, Of::ClusterRoleBinding, Of::Namespace, Of::Role, Of::RoleBinding, Of::ServiceAccount];
const REMEDY: &str = "delete the binding, or take the subject out of it";
const BREAKS: &[&str] = &["A binding prepared for an account that is created later disappears."];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let objects = &cluster.objects;
    let accounts: HashSet<(&str, &str)> =
        objects.service_accounts.iter().map(|known| (&*known.meta.namespace, &*known.meta.name)).collect();
    let namespaces: HashSet<&str> = objects.namespaces.iter().map(|known| &*known.meta.name).collect();
    // Who is not in a list that is not whole may be there all the same.
    let knows_accounts = objects.whole(Of::ServiceAccount).is_ok();
    let knows_namespaces = objects.whole(Of::Namespace).is_ok();
    let mut answer = Answer::default();
    let mut looked = 0_usize;
    for grant in access.grants() {
        looked += 1;
        let remedy = || gist::remedy(REMEDY, BREAKS);
        if grant.has_no_role() {
            let message = format!("{} names the {}, which does not exist", grant.name(), grant.role_name());
            answer.findings.push(finding(grant.subject(), message, &grant.binding.role_at(), remedy()));
            continue;
        }
        // What is shipped is bound before anybody makes the accounts.
        let gone = grant.holders().filter(|holder| holder.shipped.is_none()).find_map(|holder| {
            let Who::Account(namespace, name) = &holder.who else { return None };
            let what = if knows_namespaces && !namespaces.contains(&**namespace) {
                format!("whose namespace does not exist, {}", holder.who)
            } else if knows_accounts && !accounts.contains(&(&**namespace, &**name)) {
                format!("which does not exist, {}", holder.who)
            } else {
                return None;
            };
            Some((what, holder.at))
        });
        if let Some((what, at)) = gone {
            let (why, who) = what.split_once(", ").unwrap_or((&what, ""));
            let message = format!("{} names {who}, {why}", grant.name());
            answer.findings.push(finding(grant.subject(), message, &at, remedy()));
        }
    }
    Ok(done(answer, access, STALE, || format!("every role, namespace and service account of {looked} bindings exists")))
}
