//! Priority and fairness is switched off. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-priority-and-fairness",
        title: "One client can take all of the server",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("priority_and_fairness.md"),
    },
    component: "apiserver",
    applies: Applies::from(20, "it is off by default before 1.20"),
    check: Check::Settings(Several::All(&[Row {
        process: "kube-apiserver",
        setting: "enable-priority-and-fairness",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Remove,
        remedy: "share the server fairly among its clients",
        breaks: &["Clients that lived from unlimited concurrency see 429 and queues."],
    }, Row {
        process: "kube-apiserver",
        setting: "feature-gates",
        must: Must::Hold { test: |text| !text.contains("APIPriorityAndFairness=false"), bad: "APIPriorityAndFairness=false", good: "" },
        only_with: None,
        cure: Cure::Manual,
        remedy: "take the gate `APIPriorityAndFairness=false` away",
        breaks: &[],
    }])),
};
