//! Room on the disk of the node. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Finding, Origin, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, row, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-image-gc",
        title: "The kubelet does not keep its disk and memory from filling up",
        severity: Severity::Low,
        fix: None,
        page: include_str!("image_gc.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const HIGH: &str = "imageGCHighThresholdPercent";
const LOW: &str = "imageGCLowThresholdPercent";
const EVICTION: &str = "evictionHard";

const SIGNALS: [&str; 3] = ["memory.available", "nodefs.available", "imagefs.available"];

const CURE: Cure = Cure {
    remedy: "collect images before the disk is full, and evict pods by memory and both file systems",
    to: None,
    breaks: &[
        "Lower thresholds delete cached images and evict pods earlier; air-gapped nodes may not get images back.",
    ],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let percent = |text: &str| row::number(text).is_some_and(|percent| percent < 100);
    let mut answer = kubelets::each(kubelet, &[HIGH], percent, &CURE)?;
    let high = row::number(kubelet.get(HIGH)?.in_force()).unwrap_or_default();
    let is_below = |text: &str| row::number(text).is_some_and(|low| low < high);
    kubelets::add(&mut answer, kubelets::each(kubelet, &[LOW], is_below, &CURE));
    kubelets::add(&mut answer, thresholds(kubelet));
    Ok(answer)
}

/// A set that is given replaces the built-in one as a whole, unless the two are to be merged (1.33 on).
fn thresholds(kubelet: &Kubelet) -> Verdict {
    let merges = kubelet.get("mergeDefaultEvictionSettings").is_ok_and(|merges| merges.in_force() == "true");
    let hard = kubelet.get(EVICTION)?;
    let has = |signal: &str| {
        let found = hard.in_force().split(',').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == signal);
        // What a kubelet reports is merged already.
        found.map_or(merges && !matches!(hard.origin, Origin::Reported(_)), |(_, least)| !matches!(least, "0" | "0%"))
    };
    let missing: Vec<String> = SIGNALS.iter().filter(|signal| !has(signal)).map(|signal| format!("`{signal}`")).collect();
    if missing.is_empty() {
        return Ok(kubelets::fine(kubelet, EVICTION, hard));
    }
    let message = format!("`{EVICTION}` sets no threshold for {}", say::and(&missing));
    Ok(say::fail(Finding { message, subject: Some(EVICTION.to_owned()), ..kubelets::wrong(kubelet, EVICTION, hard, &CURE) }))
}
