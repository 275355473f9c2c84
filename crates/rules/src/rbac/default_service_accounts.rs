//! The default service account is used, or granted something. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::Of,
    rbac::{Who, reach},
};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use super::{
    gist::{self, done, finding, served},
    named, pods,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-default-service-accounts",
        title: "The default service account is used, or granted something",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("default_service_accounts.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: KINDS, ask },
};

const KINDS: &[Of] =
    &[Of::ClusterRole, Of::ClusterRoleBinding, Of::Pod, Of::Role, Of::RoleBinding, Of::ServiceAccount];
const REMEDY: &str = "give each workload an account of its own, and `default` no right and no token";
const BREAKS: &[&str] = &[
    "Pods that silently used the default account for API calls (leader election, discovery, Helm hooks) fail with 403 or without a token.",
];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let remedy = || gist::remedy(REMEDY, BREAKS);
    let mut answer = Answer::default();
    let is_default = |who: &Who<'_>| matches!(who, Who::Account(_, name) if name == "default");
    let bound = access.grants().any(|grant| grant.holders().any(|holder| is_default(&holder.who)));
    let administrators = if bound { reach::administrators(access) } else { Default::default() };
    for grant in access.grants() {
        for holder in grant.holders().filter(|holder| holder.shipped.is_none() && is_default(&holder.who)) {
            let mut found = named::names(grant, &holder, remedy());
            if administrators.get(&holder.who).is_some_and(|reach| !reach.shipped) {
                let why = "the role leads to administration".to_owned();
                gist::adjust(&mut found, Some((Severity::High, why)));
            }
            answer.findings.push(found);
        }
    }
    let all: Vec<_> = cluster.objects.service_accounts.iter().filter(|known| &*known.meta.name == "default").collect();
    let open: Vec<_> = all.iter().filter(|known| known.automount.is_none_or(|said| said.0)).collect();
    if let Some(first) = open.first() {
        const NAMED: usize = 3;
        let mut names: Vec<String> =
            open.iter().take(NAMED).map(|known| format!("`{}`", pods::or_default(&known.meta.namespace))).collect();
        if open.len() > NAMED {
            names.push(format!("{} others", open.len() - NAMED));
        }
        let message = format!(
            "{} of {} accounts `default` do not say `automountServiceAccountToken: false`: in {}",
            open.len(),
            all.len(),
            crate::say::and(&names)
        );
        let at = first.automount.map_or_else(|| first.meta.at.clone(), |said| first.meta.part("/automountServiceAccountToken", said.1));
        let mut found = finding("ServiceAccount/default".to_owned(), message, &at, remedy());
        // Kubernetes makes them so; where no pod uses one nobody has the token.
        found.confidence = Confidence::Probable;
        answer.findings.push(found);
    }
    let accounts = pods::Accounts::of(cluster);
    for pod in cluster.objects.pods.iter().filter(|pod| !pod.is_mirror) {
        let (namespace, account) = pods::account(pod);
        if account != "default" || gist::is_system(namespace) {
            continue;
        }
        match accounts.mounts_token(pod) {
            Ok(true) => {
                let message = format!("{} runs as `default` and mounts its token", pods::name(pod));
                answer.findings.push(finding(pods::subject(pod), message, &pods::place(pod), remedy()));
            }
            Ok(false) => {}
            Err(gap) => answer.gaps.push(gap),
        }
    }
    Ok(done(answer, access, KINDS, || {
        "no binding names an account `default`, none of them mounts its token, and no pod uses one".to_owned()
    }))
}
