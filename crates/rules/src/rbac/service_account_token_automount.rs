//! A pod is given a token of the API that it need not have. The page beside this file explains the rule and tests it.

use std::collections::HashMap;

use facts::{
    Cluster,
    objects::{Of, PolicyRule},
    rbac::Who,
};
use model::{Answer, Confidence, GapKind, RuleCard, Severity, Verdict};

use super::{
    gist::{self, Worst, done, finding, served},
    pods,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-service-account-token-automount",
        title: "A pod is given a token of the API that it need not have",
        severity: Severity::Low,
        fix: None,
        page: include_str!("service_account_token_automount.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: ALL, ask },
};

const KINDS: &[Of] = &[Of::Pod, Of::ServiceAccount];
const ALL: &[Of] =
    &[Of::ClusterRole, Of::ClusterRoleBinding, Of::Pod, Of::Role, Of::RoleBinding, Of::ServiceAccount];
const REMEDY: &str = "set `automountServiceAccountToken: false`, on the pod or its account";
const BREAKS: &[&str] = &["Pods that do call the API lose their token and fail at the next restart."];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    // What an account may do at its worst; one that is granted nothing calls no API.
    let mut rights: HashMap<Who<'_>, Worst> = HashMap::new();
    for grant in access.grants() {
        let permissions = grant.permissions();
        let rules: Vec<&PolicyRule> = permissions.iter().map(|permission| permission.rule).collect();
        let worst = if grant.is_everything() { Worst::Acts } else { gist::worst(&rules) };
        for holder in grant.holders().filter(|holder| matches!(holder.who, Who::Account(..))) {
            let known = rights.entry(holder.who).or_insert(worst);
            *known = worst.max(*known);
        }
    }
    let accounts = pods::Accounts::of(cluster);
    for pod in cluster.objects.pods.iter().filter(|pod| !pod.is_mirror) {
        let unless = match accounts.mounts_token(pod) {
            Ok(true) => "",
            Ok(false) => continue,
            // A file need not hold the account.
            Err(gap) if gap.kind == GapKind::NotCollected => ", unless the account says no",
            Err(gap) => {
                answer.gaps.push(gap);
                continue;
            }
        };
        let (namespace, account) = pods::account(pod);
        let who = Who::Account(namespace.into(), account.into());
        let message = format!("{} mounts a token of {who}{unless}", pods::name(pod));
        let mut found = finding(pods::subject(pod), message, &pods::place(pod), gist::remedy(REMEDY, BREAKS));
        match rights.get(&who) {
            // It may well call the API with it.
            Some(Worst::Acts) => {
                found.confidence = Confidence::Possible;
                gist::adjust(&mut found, Some((Severity::Medium, "it writes or reads secrets".to_owned())));
            }
            Some(_) => found.confidence = Confidence::Possible,
            None => match access.whole(ALL) {
                Ok(()) => {
                    found.confidence = Confidence::Probable;
                    found.message.push_str(", which is granted nothing");
                }
                Err(gaps) => {
                    found.confidence = Confidence::Possible;
                    // What was refused might have shown that nothing is granted.
                    answer.gaps.extend(gaps.into_iter().filter(|gap| gap.kind != GapKind::NotCollected));
                }
            },
        }
        answer.findings.push(found);
    }
    let looked = cluster.objects.pods.len();
    Ok(done(answer, access, KINDS, || format!("none of {looked} pods mounts a token that is not its own wish")))
}
