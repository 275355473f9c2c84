//! Where audit events go can be changed through the API. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-dynamic-auditing-off",
        title: "Audit sinks can be made through the API",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("dynamic_auditing_off.md"),
    },
    component: "apiserver",
    applies: Applies { from: Some(model::Minor::new(1, 13)), to: Some(model::Minor::new(1, 18)), because: "only 1.13 to 1.18 have dynamic audit sinks" },
    check: Check::Settings(Several::All(&[Row {
        process: "kube-apiserver",
        setting: "feature-gates",
        must: Must::Hold { test: stays_off, bad: "DynamicAuditing=true", good: "" },
        only_with: None,
        cure: Cure::Manual,
        remedy: "take the gate `DynamicAuditing=true` away",
        breaks: &["Audit sinks that were made through the API receive nothing any more."],
    }, Row {
        process: "kube-apiserver",
        setting: "audit-dynamic-configuration",
        must: Must::NotBe("true"),
        only_with: None,
        cure: Cure::Remove,
        remedy: "let audit sinks be configured by file alone",
        breaks: &["Audit sinks that were made through the API receive nothing any more."],
    }])),
};

/// Whether the gate stays off: it is alpha in all its releases, and what is said by its own name wins over `AllAlpha`
/// (component-base featuregate/feature_gate.go, `setUnsetAlphaGates`, 1.18).
fn stays_off(gates: &str) -> bool {
    let says = |gate: &str| gates.split(',').any(|pair| pair.trim() == gate);
    !says("DynamicAuditing=true") && (!says("AllAlpha=true") || says("DynamicAuditing=false"))
}
