//! Alpha versions of APIs are switched on. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-alpha-apis-served",
        title: "Alpha versions of APIs are served",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("alpha_apis_served.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "runtime-config",
        must: Must::Hold { test: |text| !serves_alpha(text), bad: "api/all=true", good: "api/beta=false" },
        only_with: None,
        cure: Cure::Manual,
        remedy: "serve no alpha versions",
        breaks: &["Whatever uses the API stops, and its objects cannot be reached."],
    }),
};

/// Whether a pair switches an alpha version on; a key alone means true.
fn serves_alpha(text: &str) -> bool {
    text.trim_matches(['[', ']']).split(',').any(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
        let on = !matches!(value, "false" | "0" | "f" | "F" | "FALSE" | "False");
        let version = key.split('/').nth(1).unwrap_or(key);
        let alpha = version.starts_with('v') && version.contains("alpha");
        on && (alpha || matches!(key, "api/all" | "api/alpha"))
    })
}
