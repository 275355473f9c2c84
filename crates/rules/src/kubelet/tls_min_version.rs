//! The oldest TLS that the kubelet speaks. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-tls-min-version",
        title: "The kubelet speaks TLS older than 1.2",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("tls_min_version.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "tlsMinVersion",
        must: Must::Hold { test: is_new_enough, bad: "VersionTLS11", good: "VersionTLS13" },
        only_with: None,
        cure: Cure::Set("VersionTLS12"),
        remedy: "speak TLS 1.2 and newer only",
        breaks: &["VersionTLS13 shuts out old scrapers and API servers built with old Go."],
    }),
};

/// An empty value is taken as 1.2 (component-base/cli/flag/ciphersuites_flag.go, TLSVersion).
fn is_new_enough(text: &str) -> bool {
    say::is_nothing(text) || matches!(text, "VersionTLS12" | "VersionTLS13")
}
