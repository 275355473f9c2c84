//! Tokens that nobody issued. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-insecure-allow-any-token",
        title: "Any made-up token is accepted, with the user it names",
        severity: Severity::Critical,
        fix: Some(Safety::Review),
        page: include_str!("insecure_allow_any_token.md"),
    },
    component: "apiserver",
    applies: Applies::until(7, "1.8 removed the flag: a server given it does not start"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "insecure-allow-any-token",
        must: Must::Be("false"),
        only_with: None,
        cure: Cure::Remove,
        remedy: "stop accepting made-up tokens",
        breaks: &["Test set-ups that send tokens of their own invention are refused."],
    }),
};
