//! The plug-in `OwnerReferencesPermissionEnforcement` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Safety, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-owner-references",
        title: "Owners of objects may be changed without the right to delete",
        severity: Severity::Info,
        fix: Some(Safety::Review),
        page: include_str!("admission_owner_references.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Plugins(Plugins {
        names: &["OwnerReferencesPermissionEnforcement"],
        run: Run::One,
        confidence: Confidence::Certain,
        remedy: "turn `OwnerReferencesPermissionEnforcement` on",
        breaks: &[
            "Controllers without the right to delete an object, or to update the finalizers of its owner, cannot set owner references.",
        ],
    }),
};
