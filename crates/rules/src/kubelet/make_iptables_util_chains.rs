//! The firewall chains of the kubelet. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-make-iptables-util-chains",
        title: "The kubelet does not keep its firewall chains",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("make_iptables_util_chains.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "makeIPTablesUtilChains",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Set("true"),
        remedy: "let the kubelet keep its chains",
        breaks: &["Rules of a firewall that somebody manages by hand may have to make room for them."],
    }),
};
