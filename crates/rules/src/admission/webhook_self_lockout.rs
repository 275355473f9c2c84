//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Backend, Of, Webhook},
};
use model::{Confidence, Gap, GapKind, RuleCard, Severity, Verdict};

use super::webhooks;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-webhook-self-lockout",
        title: "A webhook can refuse what would repair it",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("webhook_self_lockout.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought webhooks that are configured in the cluster"),
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::ValidatingWebhook, Of::MutatingWebhook, Of::Namespace];

/// What keeps a cluster alive, none of which waits for anybody, and the namespaces where it is; nodes are in none, so that no
/// selector of namespaces leaves them out.
const VITAL: [(&str, &str, &[&str]); 4] = [
    ("coordination.k8s.io", "leases", &["kube-node-lease", "kube-system"]),
    ("", "nodes", &[]),
    ("", "nodes/status", &[]),
    ("", "endpoints", &["default", "kube-system"]),
];

/// What a backend is made of.
const MADE_OF: [(&str, &str); 3] = [("", "pods"), ("apps", "replicasets"), ("apps", "deployments")];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["What is excluded is not checked; whoever controls that namespace can use it."];
    let wrong = cluster.objects.webhooks.iter().filter(|webhook| !webhook.lets_through()).filter_map(|webhook| {
        let Backend::Service { namespace, .. } = &webhook.backend else { return None };
        if webhook.has_conditions || webhook.object_selector.as_ref().is_some_and(|selector| !selector.is_empty()) {
            return None;
        }
        let vital = VITAL.iter().find(|(group, resource, places)| {
            let called = || places.iter().any(|place| is_called_in(webhook, place, cluster) == Some(true));
            webhook.matches_writes(group, resource) && (places.is_empty() || called())
        });
        let remedy = ("leave out what keeps the cluster and the backend alive", &BREAKS[..]);
        if let Some((_, what, _)) = vital {
            let message =
                format!("`{}` is asked about {what}, and refuses them while its backend is down", webhook.name);
            return Some(webhooks::wrong(webhook, message, None, Confidence::Certain, remedy));
        }
        let (_, what) = MADE_OF.iter().find(|(group, resource)| webhook.matches_writes(group, resource))?;
        let blocked = [&**namespace, "kube-system"]
            .into_iter()
            .find(|name| is_called_in(webhook, name, cluster) == Some(true))?;
        let own = if blocked == &**namespace { ", where its own backend runs" } else { "" };
        let message = format!("while its backend is down `{}` refuses {what} in `{blocked}`{own}", webhook.name);
        let part = webhook.namespace_selector.as_ref().map(|selector| ("/namespaceSelector", selector.at));
        // Several replicas that are never down together would do as well.
        Some(webhooks::wrong(webhook, message, part, Confidence::Probable, remedy))
    });
    let mut answer =
        say::about(cluster, OF, wrong.collect(), "no webhook refuses what keeps the cluster or its own backend alive")?;
    answer.gaps.extend(cluster.objects.webhooks.iter().filter(|webhook| may_lock_out(webhook)).map(|webhook| Gap {
        kind: GapKind::Manual,
        reason: format!(
            "what the conditions or the object selector of `{}` leave out was not worked out",
            webhook.name
        ),
        wanted: format!("which requests {} is asked about", webhook.name),
        who_could_answer: "whoever configured the webhook".to_owned(),
    }));
    Ok(answer)
}

/// Whether more than namespaces decides, of a webhook that is otherwise asked about what must not wait.
fn may_lock_out(webhook: &Webhook) -> bool {
    let narrowed =
        webhook.has_conditions || webhook.object_selector.as_ref().is_some_and(|selector| !selector.is_empty());
    let vital = VITAL.iter().any(|(group, resource, _)| webhook.matches_writes(group, resource));
    let made_of = MADE_OF.iter().any(|(group, resource)| webhook.matches_writes(group, resource));
    narrowed && !webhook.lets_through() && matches!(webhook.backend, Backend::Service { .. }) && (vital || made_of)
}

/// Whether it is called for objects in a namespace, by the labels of that namespace; not known where those decide and were
/// not seen.
fn is_called_in(webhook: &Webhook, namespace: &str, cluster: &Cluster) -> Option<bool> {
    const OWN_NAME: &str = "kubernetes.io/metadata.name";
    let Some(selector) = &webhook.namespace_selector else { return Some(true) };
    let known = cluster.objects.namespaces.iter().find(|known| &*known.meta.name == namespace);
    if known.is_none() && selector.keys().any(|key| key != OWN_NAME) && cluster.objects.whole(Of::Namespace).is_err() {
        return None;
    }
    let mut labels = vec![(OWN_NAME, namespace)];
    labels.extend(known.into_iter().flat_map(|known| known.meta.labels.iter().map(|(key, value)| (&**key, &**value))));
    Some(selector.selects(&labels))
}
