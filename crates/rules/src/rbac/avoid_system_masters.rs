//! A binding names the group that nothing can limit. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::{BINDINGS, gist, named};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-avoid-system-masters",
        title: "A binding names the group that nothing can limit",
        severity: Severity::High,
        fix: None,
        page: include_str!("avoid_system_masters.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "bind roles to a group of your own, and give nobody `system:masters`";
const BREAKS: &[&str] = &["Emergency access that survives broken RBAC goes away; keep one locked-up certificate."];

fn ask(cluster: &Cluster) -> Verdict {
    named::each(
        cluster,
        &|holder| named::is_group(&holder.who, "system:masters") && holder.shipped.is_none(),
        &mut |grant, holder| Some(named::names(grant, holder, gist::remedy(REMEDY, BREAKS))),
        || "no binding but the shipped one names `system:masters`".to_owned(),
    )
}
