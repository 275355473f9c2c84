//! One key for the tokens of several clusters. The page beside this file explains the rule.

use facts::fleet::Fleet;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::shared::{self, Shared, Words};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "fleet-shared-service-account-key",
        title: "Clusters take tokens of service accounts that one key signs",
        severity: Severity::High,
        fix: None,
        page: include_str!("shared_service_account_key.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Fleet(check),
};

const WORDS: Words = Words {
    keys: "keys of service accounts",
    setting: "--service-account-key-file",
    remedy: "give each cluster a key of its own, sign with it, and take the shared one away once tokens that it signed are gone",
    breaks: &[
        "Tokens that the old key signed are refused once its public half is gone; pods get new ones within the hour.",
    ],
};

fn check(fleet: &Fleet) -> Verdict {
    shared::ask(fleet, &WORDS, |member| &member.token_keys, &|shared| {
        let (how, confidence) = reach(shared);
        (format!("{} take tokens that one key signs{how}", shared::names(shared)), confidence)
    })
}

/// A token that is bound to something names its issuer, which has to be one that the server knows; the old ones in Secrets
/// name `kubernetes/serviceaccount` wherever they are from (pkg/serviceaccount/legacy.go, `LegacyIssuer`), and are taken by any
/// server that has their account and Secret.
fn reach(shared: &Shared<'_>) -> (String, Confidence) {
    let mut issuers = shared.members.iter().map(|(member, _)| &member.issuers);
    let Some(first) = issuers.next().filter(|first| !first.is_empty()) else {
        return (String::new(), Confidence::Certain);
    };
    let common = first.iter().find(|issuer| issuers.clone().all(|others| others.is_empty() || others.contains(issuer)));
    match common {
        Some(issuer) => (format!(" for one issuer (`{issuer}`)"), Confidence::Certain),
        None => (", each for an issuer of its own".to_owned(), Confidence::Probable),
    }
}
