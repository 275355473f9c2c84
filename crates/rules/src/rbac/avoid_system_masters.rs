//! A binding names the group that nothing can limit. The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{RuleCard, Severity, Verdict};

use super::{gist, named};
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
    check: Check::Objects { of: OF, ask },
};

const OF: &[Of] = &[Of::ClusterRole, Of::ClusterRoleBinding, Of::ConfigMap, Of::Role, Of::RoleBinding];

const REMEDY: &str = "bind roles to a group of your own, and give nobody `system:masters`";
const BREAKS: &[&str] = &["Emergency access that survives broken RBAC goes away; keep one locked-up certificate."];

fn ask(cluster: &Cluster) -> Verdict {
    let mut answer = named::each(
        cluster,
        &|holder| named::is_group(&holder.who, "system:masters") && holder.shipped.is_none(),
        &mut |grant, holder| Some(named::names(grant, holder, gist::remedy(REMEDY, BREAKS))),
        || "no binding but the shipped one names `system:masters`".to_owned(),
    )?;
    // Elsewhere nothing reads it; what a cluster is may not be known.
    if cluster.distribution.is_some() && !cluster.is_of("eks") {
        return Ok(answer);
    }
    for map in cluster.objects.config_maps.iter().filter(|map| &*map.meta.namespace == "kube-system") {
        for who in &map.masters {
            let message = format!("`aws-auth` lets `{}` in as a member of `system:masters`", who.text);
            let at = map.meta.part("/data", who.at);
            let subject = format!("ConfigMap/kube-system/aws-auth/{}", who.text);
            answer.findings.push(gist::finding(subject, message, &at, gist::remedy(REMEDY, BREAKS)));
        }
    }
    answer.gaps.extend(cluster.objects.mapping_gap.clone());
    Ok(answer)
}
