//! The plug-in `EventRateLimit` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-event-rate-limit",
        title: "Events can flood the API server",
        severity: Severity::Low,
        fix: None,
        page: include_str!("admission_event_rate_limit.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 brought the plug-in"),
    check: Check::Plugins(Plugins {
        names: &["EventRateLimit"],
        run: Run::One,
        confidence: Confidence::Certain,
        remedy: "turn `EventRateLimit` on",
        breaks: &["Without a configuration with at least one limit the API server does not start.", "Limits that are too tight drop events that monitoring and autoscalers read."],
    }),
};
