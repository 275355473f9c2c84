//! The plug-in `AlwaysAdmit` is on. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Safety, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-no-always-admit",
        title: "Requests are admitted without being looked at",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("admission_no_always_admit.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Plugins(Plugins {
        names: &["AlwaysAdmit"],
        run: Run::None,
        confidence: Confidence::Certain,
        remedy: "take `AlwaysAdmit` away",
        breaks: &[],
    }),
};
