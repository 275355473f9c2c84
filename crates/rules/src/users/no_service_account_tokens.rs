//! A token of a service account as a login. The page beside this file explains the rule and tests it.

use facts::kubeconfig::{Kubeconfig, Token, User, site};
use model::{Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "users-no-service-account-tokens",
        title: "Somebody logs in as a service account",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_service_account_tokens.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::User(check),
};

fn check(_: &Kubeconfig, user: &User) -> Verdict {
    let account = user.token.as_ref().and_then(|token| match &token.value {
        Token::Account { subject, ends } => Some((subject, ends, &token.at)),
        _ => None,
    });
    let Some((subject, ends, at)) = account else {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: "which tokens of service accounts are kept in the cluster was not looked at".to_owned(),
            wanted: "list secrets".to_owned(),
            who_could_answer: "`kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token`".to_owned(),
        }));
    };
    let until = if ends.is_some() { "" } else { ", with a token that never ends" };
    let message = format!("`{}` logs in as `{subject}`{until}", user.name);
    let remedy = say::remedy(
        "give people an identity of their own, and jobs a token that is asked for each time",
        &["Jobs and people that use the file are cut off."],
        None,
    );
    let found = say::wrong("users[].user.token", message, &Origin::Written(site(at)), remedy);
    // Of some workloads that run outside of pods, such as network plug-ins, it is the only way in.
    Ok(say::fail(Finding { confidence: Confidence::Probable, ..found }))
}
