//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::policies::{self, KINDS};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "network-namespace-has-policies",
        title: "Nothing limits who talks to the pods of a namespace",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("namespace_has_policies.md"),
    },
    component: "network",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: KINDS, ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] =
        ["The first policy that selects a pod blocks all traffic of that direction that it does not list."];
    let cure: (&str, &[&str]) = ("give it a policy that denies by default, and one for what is needed", &BREAKS);
    policies::each(cluster, "every namespace of people that has pods has a NetworkPolicy", cure, |place| {
        let pods = if place.pods.len() == 1 { "a pod".to_owned() } else { format!("{} pods", place.pods.len()) };
        let message = || format!("`{}` runs {pods} and has no NetworkPolicy", place.name());
        place.policies.is_empty().then(message)
    })
}
