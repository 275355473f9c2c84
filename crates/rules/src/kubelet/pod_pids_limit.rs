//! How many processes a pod may start. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, row};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-pod-pids-limit",
        title: "A pod may start as many processes as the node has",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("pod_pids_limit.md"),
    },
    component: "kubelet",
    applies: Applies::from(10, "1.10 brought the limit"),
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "podPidsLimit",
        must: Must::Hold { test: is_a_limit, bad: "-1", good: "4096" },
        only_with: None,
        cure: Cure::Set("4096"),
        remedy: "give each pod a limit of processes",
        breaks: &["Too low a limit kills or blocks thread-heavy workloads (Java, databases, build agents) with fork errors."],
    }),
};

fn is_a_limit(text: &str) -> bool {
    row::number(text).is_some_and(|limit| limit > 0)
}
