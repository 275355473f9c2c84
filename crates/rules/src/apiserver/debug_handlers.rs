//! The API server serves logs of the node, contention profiles or a debug socket. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-debug-handlers",
        title: "The API server serves what only its developers need",
        severity: Severity::Low,
        fix: None,
        page: include_str!("debug_handlers.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Settings(Several::All(&[Row {
        process: "kube-apiserver",
        setting: "contention-profiling",
        must: Must::NotBe("true"),
        only_with: None,
        cure: Cure::Remove,
        remedy: "stop profiling contention",
        breaks: &["Whoever profiles contention has to turn it on again."],
    }, Row {
        process: "kube-apiserver",
        setting: "debug-socket-path",
        must: Must::BeEmpty,
        only_with: None,
        cure: Cure::Remove,
        remedy: "take the debug socket away",
        breaks: &["Tools that use the debug socket stop working."],
    }, Row {
        process: "kube-apiserver",
        setting: "enable-logs-handler",
        must: Must::NotBe("true"),
        only_with: None,
        cure: Cure::Set("false"),
        remedy: "stop serving `/logs`",
        breaks: &["Tools that read `/logs` stop working."],
    }])),
};
