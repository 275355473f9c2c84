//! The plug-in `AlwaysPullImages` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-always-pull-images",
        title: "A pod can use an image that another one paid for",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_always_pull_images.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Plugins(Plugins {
        names: &["AlwaysPullImages"],
        run: Run::One,
        confidence: Confidence::Probable,
        remedy: "turn `AlwaysPullImages` on",
        breaks: &["Every start of a container needs the registry: while it is out, pods do not restart.", "Images that were loaded onto nodes by hand cannot be used any more."],
    }),
};
