//! The plug-in `PodSecurity` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-pod-security",
        title: "Labels of Pod Security do nothing",
        severity: Severity::High,
        fix: None,
        page: include_str!("admission_pod_security.md"),
    },
    component: "apiserver",
    applies: Applies::from(23, "the plug-in is on by default from 1.23 on"),
    check: Check::Plugins(Plugins {
        names: &["PodSecurity"],
        run: Run::All,
        confidence: Confidence::Certain,
        remedy: "turn `PodSecurity` on again",
        breaks: &["Labels that did nothing take effect: workloads that violate them are refused at their next rollout."],
    }),
};
