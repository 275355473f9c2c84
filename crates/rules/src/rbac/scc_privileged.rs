//! Somebody may use a constraint that lets pods do everything. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Unanswered, Verdict};

use super::{
    BINDINGS, gist,
    right::{self, Asked, Names, Right, Scope},
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-scc-privileged",
        title: "Somebody may use a constraint that lets pods do everything",
        severity: Severity::High,
        fix: None,
        page: include_str!("scc_privileged.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const RIGHT: Right = Right {
    of: &[Asked { verbs: &["use"], group: "security.openshift.io", resources: &["securitycontextconstraints"] }],
    scope: Scope::Anywhere,
    names: Names::Of(&["anyuid", "hostaccess", "hostmount-anyuid*", "hostnetwork*", "node-exporter", "privileged"]),
    remedy: "grant `restricted-v2`, or a constraint of your own that allows what is needed",
    breaks: &["Operators that need a privileged constraint stop at their next rollout."],
};

fn ask(cluster: &Cluster) -> Verdict {
    let access = gist::served(cluster)?;
    let nowhere = || Unanswered::NotApplicable("only OpenShift has security context constraints".to_owned());
    // A chart that is made for OpenShift as well brings the role to any cluster, where it grants nothing.
    if cluster.serves("security.openshift.io")? == Some(false) {
        return Err(nowhere());
    }
    let asks = access.grants().any(|grant| !grant.is_everything() && right::held(&RIGHT, grant).is_some());
    if !cluster.is_of("openshift") && !asks {
        access.whole(BINDINGS).map_err(|mut gaps| Unanswered::Gap(gaps.swap_remove(0)))?;
        return Err(nowhere());
    }
    right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is)
}
