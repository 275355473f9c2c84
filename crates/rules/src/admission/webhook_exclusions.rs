//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Selector, Webhook},
};
use model::{Confidence, RuleCard, Severity, Verdict};

use super::webhooks::{self, KINDS};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-webhook-exclusions",
        title: "Whoever sets a label is past a webhook that guards the cluster",
        severity: Severity::High,
        fix: None,
        page: include_str!("webhook_exclusions.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought webhooks that are configured in the cluster"),
    check: Check::Objects { of: KINDS, ask: check },
};

/// The label that the API server itself gives every namespace, from 1.21 on.
const OWN_NAME: &str = "kubernetes.io/metadata.name";

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["A narrower exclusion can block system pods, also those of the engine itself."];
    let mut wrong = Vec::new();
    for webhook in cluster.objects.webhooks.iter().filter(|webhook| guards(webhook)) {
        let selector = |selector: &Option<Selector>| selector.clone().filter(|selector| !selector.is_empty());
        // What an object says of itself whoever makes it decides; what its namespace says, whoever may change that.
        if let Some(object) = selector(&webhook.object_selector) {
            let key = object.keys().next().unwrap_or_default().to_owned();
            let message = format!("`{}` passes over objects by their own label `{key}`", webhook.name);
            let remedy = ("choose by namespace, or refuse the label to whoever may not set it", &BREAKS[..]);
            let part = Some(("/objectSelector", object.at));
            wrong.push(webhooks::wrong(webhook, message, part, Confidence::Probable, remedy));
        } else if let Some(namespace) = selector(&webhook.namespace_selector) {
            let Some(key) = namespace.keys().find(|key| *key != OWN_NAME) else { continue };
            let message = format!(
                "`{}` passes over namespaces by the label `{key}`, which whoever may change them sets",
                webhook.name
            );
            let remedy = ("choose namespaces by `kubernetes.io/metadata.name`", &BREAKS[..]);
            let part = Some(("/namespaceSelector", namespace.at));
            wrong.push(webhooks::wrong(webhook, message, part, Confidence::Possible, remedy));
        }
    }
    say::about(
        cluster,
        KINDS,
        wrong,
        "no webhook that guards pods, secrets or roles is passed by a label that others set",
    )
}

/// What only adds to pods is meant to be chosen by labels.
fn guards(webhook: &Webhook) -> bool {
    webhooks::guards(webhook).is_some() && (!webhook.mutates || webhooks::engine(webhook).is_some())
}
