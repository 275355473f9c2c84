//! Nodes hold the old role that reads every secret. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::{OF_CLUSTER, gist, named};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-system-nodes-group-binding",
        title: "Nodes hold the old role that reads every secret",
        severity: Severity::High,
        fix: None,
        page: include_str!("system_nodes_group_binding.md"),
    },
    component: "rbac",
    applies: Applies::from(8, "until 1.7 nodes were bound to it by default"),
    check: Check::Objects { of: OF_CLUSTER, ask },
};

const REMEDY: &str = "take `system:nodes` out of the binding; the Node authorizer gives nodes what they need";
const BREAKS: &[&str] = &["Kubelets outside the Node authorizer (wrong certificate name) lose all access."];

fn ask(cluster: &Cluster) -> Verdict {
    named::each(
        cluster,
        &|holder| named::is_group(&holder.who, "system:nodes"),
        &mut |grant, holder| {
            let role = &grant.binding.role;
            let old = role.of_cluster && &*role.name == "system:node" && grant.namespace().is_none();
            old.then(|| named::names(grant, holder, gist::remedy(REMEDY, BREAKS)))
        },
        || "`system:node` is not bound to `system:nodes`".to_owned(),
    )
}
