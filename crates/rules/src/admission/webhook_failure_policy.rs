//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::webhooks::{self, KINDS};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-webhook-failure-policy",
        title: "A webhook that guards the cluster lets through what it does not answer",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("webhook_failure_policy.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought webhooks that are configured in the cluster"),
    check: Check::Objects { of: KINDS, ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] =
        ["`Fail` turns an outage of the webhook into refused writes, possibly of the pods that would repair it."];
    let wrong = cluster.objects.webhooks.iter().filter(|webhook| webhook.lets_through()).filter_map(|webhook| {
        let part = webhook.failure_policy.as_ref().map(|said| ("/failurePolicy", said.at));
        let remedy = ("set `failurePolicy: Fail`, and keep the backend's own namespace out of it", &BREAKS[..]);
        let (message, confidence) = match (webhooks::engine(webhook), webhooks::guards(webhook)) {
            (Some(_), Some(what)) => (
                format!("`{}` is of a policy engine, and {what} pass where it does not answer", webhook.name),
                Confidence::Certain,
            ),
            // An engine also looks after objects of its own.
            (None, Some(what)) if !webhook.mutates => {
                (format!("`{}` checks {what}, which pass where it does not answer", webhook.name), Confidence::Probable)
            }
            // What is only added to pods may be missing for a while.
            (None, Some(what)) => (
                format!("`{}` changes {what}, which stay as they are where it does not answer", webhook.name),
                Confidence::Possible,
            ),
            (_, None) => return None,
        };
        Some(webhooks::wrong(webhook, message, part, confidence, remedy))
    });
    say::about(
        cluster,
        KINDS,
        wrong.collect(),
        "no webhook that guards pods, secrets or roles lets through what it does not answer",
    )
}
