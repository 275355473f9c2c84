//! Memory of pods on the disk. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Confidence, Finding, Gap, GapKind, Minor, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-node-swap",
        title: "Memory of pods is written to the disk of the node",
        severity: Severity::Low,
        fix: None,
        page: include_str!("node_swap.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const FAIL: &str = "failSwapOn";
const SWAP: &str = "memorySwap.swapBehavior";

const CURE: Cure = Cure {
    remedy: "switch swap off on the node and `failSwapOn` on, or set `swapBehavior: NoSwap`",
    to: None,
    breaks: &["failSwapOn true keeps the kubelet from starting on a host with swap on."],
};

/// From here on a kubelet that is told nothing lets no pod swap (KEP-2400).
const NONE_BY_ITSELF: Minor = Minor::new(1, 30);

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let fails = kubelet.get(FAIL)?;
    if fails.in_force() == "true" {
        return Ok(kubelets::fine(kubelet, FAIL, fails));
    }
    let release = &kubelet.component().release;
    let swap = match kubelet.get(SWAP) {
        Ok(swap) => swap,
        // Whether pods swap is then for the host to say.
        Err(Unanswered::NotApplicable(_)) => return Ok(say::fail(possible(kubelets::wrong(kubelet, FAIL, fails, &CURE)))),
        Err(gap) => return Err(gap),
    };
    match swap.in_force() {
        "NoSwap" => Ok(kubelets::fine(kubelet, SWAP, swap)),
        text if say::is_nothing(text) && release.is_at_least(NONE_BY_ITSELF) => Ok(kubelets::fine(kubelet, SWAP, swap)),
        "LimitedSwap" => Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!("{}; whether the device that pods swap to is encrypted was not seen", kubelets::message(kubelet, SWAP, swap)),
            wanted: "the swap device of the node".to_owned(),
            who_could_answer: "somebody on the node".to_owned(),
        })),
        text if say::is_nothing(text) && !release.is_before(NONE_BY_ITSELF) => Err(Unanswered::Gap(Gap::of_release(format!("whether pods swap where nothing is said of it differs within {release}")))),
        _ => Ok(say::fail(possible(kubelets::wrong(kubelet, SWAP, swap, &CURE)))),
    }
}

/// A node without swap has nothing to write to.
fn possible(finding: Finding) -> Finding {
    Finding { confidence: Confidence::Probable, ..finding }
}
