//! Images that somebody else pulled. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Answer, Minor, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-image-pull-credential-verification",
        title: "Pods may run images that somebody else pulled",
        severity: Severity::Low,
        fix: None,
        page: include_str!("image_pull_credential_verification.md"),
    },
    component: "kubelet",
    applies: Applies::from(33, "1.33 brought the gate"),
    check: Check::Kubelet(check),
};

const GATE: &str = "KubeletEnsureSecretPulledImages";
const POLICY: &str = "imagePullCredentialsVerificationPolicy";

const CURE: Cure = Cure {
    remedy: "have credentials verified for images that are there already, or run the plugin AlwaysPullImages",
    to: None,
    breaks: &[
        "Pods that relied on an image pulled with someone else's secret now fail to start, and need the registry.",
    ],
};

fn check(cluster: &Cluster, kubelet: &Kubelet) -> Verdict {
    let policy = kubelet.get(POLICY);
    let (on, by) = kubelet.gate(GATE, Minor::new(1, 33))?;
    if on && policy.as_ref().is_ok_and(|policy| policy.in_force() != "NeverVerify") {
        let policy = policy?;
        return Ok(kubelets::fine(kubelet, POLICY, policy));
    }
    // Whoever has to pull again has to show that it may.
    if kubelets::run_everywhere(cluster, "AlwaysPullImages")? {
        let because = "every image is pulled with the credentials of its pod (`AlwaysPullImages`)".to_owned();
        return Ok(Answer { because, ..Answer::default() });
    }
    let policy = policy?;
    let mut finding = kubelets::wrong(kubelet, POLICY, policy, &CURE);
    if !on {
        finding.message = format!("`{GATE}` is off, so that nobody asks whether a pod may have the image");
        finding.primary = by.map_or(finding.primary, |by| by.origin);
    }
    Ok(say::fail(finding))
}
