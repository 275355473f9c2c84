//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-cluster-trust-bundles",
        title: "Authorities are published that nobody knows",
        severity: Severity::Low,
        fix: None,
        page: include_str!("cluster_trust_bundles.md"),
    },
    component: "pki",
    applies: Applies::from(27, "1.27 brought ClusterTrustBundle"),
    check: Check::Objects { of: &[Of::ClusterTrustBundle], ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    let bundles = &cluster.objects.trust_bundles;
    let mut answer = say::about(cluster, &[Of::ClusterTrustBundle], Vec::new(), "")?;
    if bundles.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable("nobody has published authorities".to_owned()));
    }
    answer.gaps.extend(bundles.iter().map(|bundle| {
        let by =
            if bundle.signer.is_empty() { "nobody in particular".to_owned() } else { format!("`{}`", bundle.signer) };
        Gap {
            kind: GapKind::Manual,
            reason: format!(
                "`{}`, of {by}, tells workloads to trust {}: whether they should only a person can tell",
                bundle.meta.name,
                say::and(&bundle.names)
            ),
            wanted: format!("whether the authorities of {} are known", bundle.meta.name),
            who_could_answer: "whoever runs the signer".to_owned(),
        }
    }));
    Ok(answer)
}
