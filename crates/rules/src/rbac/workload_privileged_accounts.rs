//! Pods run as an account that leads to administration. The page beside this file explains the rule and tests it.

use std::collections::BTreeMap;

use facts::{
    Cluster,
    objects::{Of, Pod},
    rbac::{Who, reach},
};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use super::gist::{self, done, finding, granted_by, served};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-workload-privileged-accounts",
        title: "Pods run as an account that leads to administration",
        severity: Severity::High,
        fix: None,
        page: include_str!("workload_privileged_accounts.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: KINDS, ask },
};

const KINDS: &[Of] = &[Of::ClusterRole, Of::ClusterRoleBinding, Of::Pod, Of::Role, Of::RoleBinding];
const REMEDY: &str = "give the account less, or keep its pods on nodes of their own";
const BREAKS: &[&str] = &["Node agents that need wide rights must be split or given narrower ones first."];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    let mut by_account: BTreeMap<(String, String), Vec<&Pod>> = BTreeMap::new();
    for pod in cluster.objects.pods.iter().filter(|pod| !pod.is_mirror) {
        let account = if pod.account.is_empty() { "default" } else { &*pod.account };
        let namespace = if pod.meta.namespace.is_empty() { "default" } else { &*pod.meta.namespace };
        by_account.entry((namespace.to_owned(), account.to_owned())).or_default().push(pod);
    }
    for grant in access.grants() {
        answer.gaps.extend(grant.gap());
    }
    let everybody = if by_account.is_empty() { Default::default() } else { reach::administrators(access) };
    for ((namespace, name), pods) in &by_account {
        let who = Who::Account(namespace.as_str().into(), name.as_str().into());
        let Some(reach) = everybody.get(&who).filter(|reach| !reach.shipped) else { continue };
        let on_every_node = |pod: &&&Pod| &*pod.kind == "DaemonSet" || pod.owner.as_deref() == Some("DaemonSet");
        let agent = pods.iter().find(on_every_node);
        let Some(first) = agent.or(pods.first()) else { continue };
        let what = match (agent, pods.len()) {
            (Some(_), _) => "pods of a DaemonSet, and so every node, run".to_owned(),
            (None, 1) => format!("{} `{}` runs", first.kind, first.meta.name),
            (None, many) => format!("{many} pods run"),
        };
        let grant = reach.right.grant;
        let message = format!("{what} as {who}, which may {} ({})", reach.how, grant.name());
        let at = first.meta.part(first.path, first.span);
        let subject = format!("ServiceAccount/{namespace}/{name}");
        let mut found = finding(subject, message, &at, gist::remedy(REMEDY, BREAKS));
        found.confidence = if agent.is_some() { Confidence::Probable } else { Confidence::Possible };
        found.because.extend(reach.right.rule.as_ref().and_then(|permission| granted_by(grant, permission)));
        answer.findings.push(found);
    }
    Ok(done(answer, access, KINDS, || {
        format!("none of the {} accounts that pods run as was given a way to administration", by_account.len())
    }))
}
