//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::webhooks::{self, KINDS};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-webhook-scope",
        title: "A webhook is shown more than it needs",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("webhook_scope.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought webhooks that are configured in the cluster"),
    check: Check::Objects { of: KINDS, ask: check },
};

/// What no backend should see without a reason.
const SECRET: [(&str, &str); 2] = [("", "secrets"), ("authentication.k8s.io", "tokenreviews")];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Narrower rules switch off checks that rely on their breadth."];
    let wrong = cluster.objects.webhooks.iter().filter_map(|webhook| {
        let engine = webhooks::engine(webhook);
        let (number, rule, message) = webhook.rules.iter().enumerate().find_map(|(number, rule)| {
            if rule.is_everything() && engine.is_none() {
                return Some((number, rule, format!("`{}` is shown every request", webhook.name)));
            }
            let (_, what) = SECRET.iter().find(|(group, resource)| rule.matches(group, resource))?;
            Some((number, rule, format!("`{}` is shown {what}", webhook.name)))
        })?;
        // An engine that looks at everything was installed to do so.
        let confidence = if engine.is_some() { Confidence::Possible } else { Confidence::Probable };
        let pointer = format!("/rules/{number}");
        let remedy = ("name the resources that it needs to see", &BREAKS[..]);
        Some(webhooks::wrong(webhook, message, Some((&pointer, rule.at)), confidence, remedy))
    });
    say::about(cluster, KINDS, wrong.collect(), "no webhook is shown secrets, token reviews or everything")
}
