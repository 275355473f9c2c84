//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{RuleCard, Severity, Verdict};

use super::namespaces;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-resource-quotas",
        title: "One namespace can use up the cluster",
        severity: Severity::Low,
        fix: None,
        page: include_str!("resource_quotas.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Namespace, Of::ResourceQuota, Of::LimitRange];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["With a quota on compute, pods without requests and limits are refused."];
    let objects = &cluster.objects;
    let theirs = objects.namespaces.iter().filter(|one| namespaces::is_somebodys(&one.meta.name));
    let open = theirs.filter_map(|namespace| {
        let name = &namespace.meta.name;
        // What may be there and was not seen is not missing.
        let lacks = |of: Of, there: bool| objects.whole(of).is_ok() && !there;
        let quota = lacks(Of::ResourceQuota, objects.quotas.iter().any(|quota| quota.namespace == *name));
        let limits = lacks(Of::LimitRange, objects.limit_ranges.iter().any(|range| range.namespace == *name));
        let what = match (quota, limits) {
            (true, true) => "neither a ResourceQuota nor a LimitRange",
            (true, false) => "no ResourceQuota",
            (false, true) => "no LimitRange",
            (false, false) => return None,
        };
        let remedy = say::remedy("give it a ResourceQuota, and a LimitRange with defaults", &BREAKS, None);
        Some(say::object(&**name, format!("`{name}` has {what}"), &namespace.meta.at, remedy))
    });
    say::about(cluster, OF, open.collect(), "every namespace of users has a quota and default limits")
}
