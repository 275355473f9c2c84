//! The plug-in `NamespaceLifecycle` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-namespace-lifecycle",
        title: "Objects can be made in namespaces that are being deleted",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_namespace_lifecycle.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Plugins(Plugins {
        names: &["NamespaceLifecycle"],
        run: Run::All,
        confidence: Confidence::Certain,
        remedy: "turn `NamespaceLifecycle` on again",
        breaks: &["Tools that create objects before their namespace get errors."],
    }),
};
