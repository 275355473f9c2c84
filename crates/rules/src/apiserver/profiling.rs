//! Profiling handlers. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-profiling",
        title: "Profiling handlers are served",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("profiling.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "profiling",
        must: Must::Be("false"),
        only_with: None,
        cure: Cure::Set("false"),
        remedy: "stop serving /debug/pprof",
        breaks: &["Whoever needs a profile has to restart the API server with `--profiling=true` first."],
    }),
};
