//! A role grants what nobody has named. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Of, Role},
};
use model::{Finding, RuleCard, Severity, Verdict};

use super::{gist, roles};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-wildcards",
        title: "A role grants what nobody has named",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("wildcards.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: &[Of::ClusterRole, Of::Role], ask },
};

const REMEDY: &str = "name the verbs and resources that are used";
const BREAKS: &[&str] = &["Operators that manage custom resources break when a needed verb or resource is forgotten."];

fn ask(cluster: &Cluster) -> Verdict {
    roles::each(cluster, &[Of::ClusterRole, Of::Role], said, "no role that somebody wrote has `*` in its rules")
}

fn said(role: &Role) -> Vec<Finding> {
    let stars = |list: &[std::sync::Arc<str>]| list.iter().any(|word| &**word == "*");
    let mut found: Option<(Finding, bool)> = None;
    for (number, rule) in role.rules.iter().enumerate() {
        let (verbs, resources, groups) = (stars(&rule.verbs), stars(&rule.resources), stars(&rule.groups));
        let what = match (verbs && !rule.resources.is_empty(), resources, groups) {
            (true, true, _) => "grants every verb on every resource of its groups",
            (true, false, _) => "grants every verb, also those that come later",
            (false, true, _) => "grants every resource, also those that come later",
            (false, false, true) if !rule.resources.is_empty() => "grants the resources of every API group of that name",
            _ => continue,
        };
        let only_groups = !verbs && !resources;
        match &mut found {
            // One entry a role; the worst of its rules is the one to look at first.
            Some((first, was_only_groups)) if *was_only_groups || only_groups => {
                let mut next = roles::wrong(role, number, what, gist::remedy(REMEDY, BREAKS));
                if *was_only_groups && !only_groups {
                    std::mem::swap(first, &mut next);
                    *was_only_groups = false;
                }
                first.because.extend(place_of(&next));
            }
            Some((first, _)) => {
                first.because.extend(place_of(&roles::wrong(role, number, what, gist::remedy(REMEDY, BREAKS))));
            }
            None => found = Some((roles::wrong(role, number, what, gist::remedy(REMEDY, BREAKS)), only_groups)),
        }
    }
    found
        .map(|(mut finding, only_groups)| {
            if only_groups {
                let why = "verbs and resources are named".to_owned();
                gist::adjust(&mut finding, Some((Severity::Low, why)));
            }
            finding
        })
        .into_iter()
        .collect()
}

fn place_of(finding: &Finding) -> Option<model::Label> {
    let at = finding.primary.location()?.clone();
    Some(model::Label { at, text: "and so does this rule".to_owned() })
}
