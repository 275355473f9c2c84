//! Updates that are not well-formed. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-repair-malformed-updates",
        title: "Malformed updates are repaired instead of refused",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("repair_malformed_updates.md"),
    },
    component: "apiserver",
    applies: Applies::until(10, "from 1.11 on the flag has no effect and nothing is repaired"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "repair-malformed-updates",
        must: Must::Be("false"),
        only_with: None,
        cure: Cure::Set("false"),
        remedy: "refuse malformed updates",
        breaks: &["Old clients that leave required fields out of their updates get an error where they got a silent repair."],
    }),
};
