//! Somebody may sign for the signers of Kubernetes. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{RuleCard, Severity, Verdict};

use super::{
    OF_CLUSTER,
    right::{self, Asked, Names, Right, Scope},
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-certificate-signers",
        title: "Somebody may sign for the signers of Kubernetes",
        severity: Severity::High,
        fix: None,
        page: include_str!("certificate_signers.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask },
};

const RIGHT: Right = Right {
    of: &[Asked { verbs: &["sign"], group: "certificates.k8s.io", resources: &["signers"] }],
    scope: Scope::Anywhere,
    names: Names::Of(&["kubernetes.io/*"]),
    remedy: "leave signing to the controller manager, and limit `sign` to signers of your own",
    breaks: &["cert-manager style signers stop."],
};

const STATUS: &[Asked] = &[Asked {
    verbs: &["update", "patch"],
    group: "certificates.k8s.io",
    resources: &["certificatesigningrequests/status"],
}];

fn ask(cluster: &Cluster) -> Verdict {
    let writers = right::holders(STATUS, cluster);
    let both = |who: &Who<'_>| writers.binary_search(who).is_ok();
    right::asked(&RIGHT, OF_CLUSTER, cluster, &both, &right::as_it_is)
}
