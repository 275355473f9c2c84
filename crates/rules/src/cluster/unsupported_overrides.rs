//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::{Extent, Of}};
use model::{RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-unsupported-overrides",
        title: "Settings are laid over what an operator of OpenShift makes",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("unsupported_overrides.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] =
    &[Of::OpenShiftApiServer, Of::OpenShiftControllerManager, Of::OpenShiftEtcd, Of::OpenShiftScheduler];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Without the override the operator's own setting comes back, with a rollout."];
    let objects = &cluster.objects;
    if OF.iter().all(|of| *objects.extent(*of) == Extent::Missing) {
        let reason = "the cluster has no operators of OpenShift".to_owned();
        return Err(Unanswered::NotApplicable(reason));
    }
    let wrong = objects.operators.iter().filter_map(|operator| {
        const MOST: usize = 3;
        let overrides = operator.overrides.as_ref()?;
        let kind = operator.of.kind();
        let name = format!("{kind} `{}`", operator.meta.name);
        let keys: Vec<String> = overrides.keys.iter().take(MOST).map(|key| format!("`{key}`")).collect();
        let more = overrides.keys.len() - keys.len();
        let message = match (keys.as_slice(), more) {
            ([], _) => format!("{name} overrides what its operator makes"),
            (_, 0) => format!("{name} overrides {} of what its operator makes", say::and(&keys)),
            _ => format!("{name} overrides {} and {more} more of what its operator makes", keys.join(", ")),
        };
        let remedy = say::remedy("take the override away, or ask for the setting where it is supported", &BREAKS, None);
        let at = operator.overrides_at(overrides);
        Some(say::object(format!("{kind} {}", operator.meta.name), message, &at, remedy))
    });
    say::about(cluster, OF, wrong.collect(), "nothing is laid over what the operators of the control plane make")
}
