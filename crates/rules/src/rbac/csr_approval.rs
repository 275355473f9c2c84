//! Somebody may approve certificates for any name. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{RuleCard, Severity, Verdict};

use super::{
    OF_CLUSTER,
    right::{self, Asked, Names, Right, Scope},
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-csr-approval",
        title: "Somebody may approve certificates for any name",
        severity: Severity::High,
        fix: None,
        page: include_str!("csr_approval.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask },
};

const RIGHT: Right = Right {
    of: &[Asked {
        verbs: &["update", "patch"],
        group: "certificates.k8s.io",
        resources: &["certificatesigningrequests/approval"],
    }],
    scope: Scope::Anywhere,
    names: Names::Any,
    remedy: "leave approval to the controller manager, and limit `approve` to signers of your own",
    breaks: &["Automatic approvers for kubelet serving certificates stop."],
};

/// The other half, of whichever signer (plugin/pkg/admission/certificates/approval, 1.18 on).
const SIGNERS: &[Asked] =
    &[Asked { verbs: &["approve"], group: "certificates.k8s.io", resources: &["signers"] }];

fn ask(cluster: &Cluster) -> Verdict {
    let approvers = right::holders(SIGNERS, cluster);
    let both = |who: &Who<'_>| approvers.binary_search(who).is_ok();
    right::asked(&RIGHT, OF_CLUSTER, cluster, &both, &right::as_it_is)
}
