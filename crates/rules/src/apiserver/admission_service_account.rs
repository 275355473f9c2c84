//! The plug-in `ServiceAccount` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-service-account",
        title: "Pods may name service accounts that do not exist",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_service_account.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Plugins(Plugins {
        names: &["ServiceAccount"],
        run: Run::All,
        confidence: Confidence::Certain,
        remedy: "turn `ServiceAccount` on again",
        breaks: &["Tokens are mounted again, and pods that name an account that does not exist are refused."],
    }),
};
