//! One authority for the clients of several clusters. The page beside this file explains the rule.

use facts::fleet::Fleet;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::shared::{self, Words};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "fleet-shared-ca",
        title: "Clusters take client certificates from one authority",
        severity: Severity::High,
        fix: None,
        page: include_str!("shared_ca.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Fleet(check),
};

const WORDS: Words = Words {
    keys: "authorities of clients",
    setting: "--client-ca-file",
    remedy: "give each cluster an authority of its own, and keep the old one beside it until every client has a new certificate",
    breaks: &["Clients whose certificates the old authority signed are refused once it is gone."],
};

fn check(fleet: &Fleet) -> Verdict {
    shared::ask(fleet, &WORDS, |member| &member.client_authorities, &|shared| {
        let name = shared.members.first().map_or("", |(_, key)| key.name.as_str());
        let message = format!("{} take client certificates from one key (`{name}`)", shared::names(shared));
        (message, Confidence::Certain)
    })
}
