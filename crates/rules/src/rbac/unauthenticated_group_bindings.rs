//! The group of callers without credentials was granted something. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Gap, RuleCard, Severity, Verdict};

use super::{BINDINGS, gist, named};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-unauthenticated-group-bindings",
        title: "The group of callers without credentials was granted something",
        severity: Severity::High,
        fix: None,
        page: include_str!("unauthenticated_group_bindings.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "take `system:unauthenticated` out of the binding";
const BREAKS: &[&str] = &[
    "Removing system:public-info-viewer makes unauthenticated health checks fail; the server recreates it at restart unless autoupdate is off.",
];
/// What was shipped to the group until 1.13.
const OLD: [&str; 2] = ["system:basic-user", "system:discovery"];

fn ask(cluster: &Cluster) -> Verdict {
    let until_13 = cluster.release.as_ref().is_some_and(|release| release.bounds().1.minor <= 13);
    let mut open: Vec<Gap> = Vec::new();
    let answer = named::each(
        cluster,
        &|holder| named::is_group(&holder.who, "system:unauthenticated") && holder.shipped.is_none(),
        &mut |grant, holder| {
            let is_old = OLD.contains(&&*grant.binding.meta.name) && grant.binding.role.name == grant.binding.meta.name;
            if is_old && until_13 {
                return None;
            }
            let mut found = named::names(grant, holder, gist::remedy(REMEDY, BREAKS));
            let adjusted = if is_old {
                Some((Severity::Low, "it is left of an upgrade from 1.13 or before".to_owned()))
            } else {
                named::for_strangers(grant, &mut open)
            };
            gist::adjust(&mut found, adjusted);
            Some(found)
        },
        || "no binding but `system:public-info-viewer` names `system:unauthenticated`".to_owned(),
    );
    named::with_gaps(answer, open)
}
