//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Backend, Webhook},
    observed::Observed,
};
use model::{Answer, Confidence, Finding, Gap, GapKind, RuleCard, Severity, Span, Verdict};

use super::webhooks::{self, KINDS};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-webhook-tls",
        title: "A webhook is known by an authority that has ended, or sits outside",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("webhook_tls.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought webhooks that are configured in the cluster"),
    check: Check::Objects { of: KINDS, ask: check },
};

const BREAKS: [&str; 1] = ["A new authority before the backend has its new certificate blocks writes."];

fn check(cluster: &Cluster) -> Verdict {
    let mut wrong = Vec::new();
    let mut elsewhere = Vec::new();
    for webhook in &cluster.objects.webhooks {
        wrong.extend(bundle(webhook, cluster));
        match other_name(webhook, cluster) {
            Ok(found) => wrong.extend(found),
            Err(gap) => elsewhere.push(gap),
        }
        if webhook.bundle.as_ref().is_some_and(|bundle| !bundle.is_broken && bundle.ends.iter().any(Option::is_none)) {
            elsewhere.push(Gap {
                kind: GapKind::Unread,
                reason: format!("when an authority of `{}` ends is no day of the calendar", webhook.name),
                wanted: format!("the end of the authority of {}", webhook.name),
                who_could_answer: "whoever configured the webhook".to_owned(),
            });
        }
        let Backend::Url(url) = &webhook.backend else { continue };
        let Some(rest) = url.text.strip_prefix("https://") else {
            let message = format!("`{}` is called without TLS", webhook.name);
            wrong.push(webhooks::wrong(
                webhook,
                message,
                Some(("/clientConfig/url", url.at)),
                Confidence::Certain,
                REMEDY,
            ));
            continue;
        };
        let host: String = rest.split(['/', ':', '?']).next().unwrap_or_default().chars().take(80).collect();
        elsewhere.push(Gap {
            kind: GapKind::Manual,
            reason: format!("objects are sent to `{host}` by `{}`: whose that is only a person can tell", webhook.name),
            wanted: format!("whose {host} is"),
            who_could_answer: "whoever configured the webhook".to_owned(),
        });
    }
    let verdict = say::about(
        cluster,
        KINDS,
        wrong,
        "every backend is in the cluster, and no authority that is given for one has ended",
    )?;
    Ok(Answer { gaps: verdict.gaps.into_iter().chain(elsewhere).collect(), ..verdict })
}

const REMEDY: (&str, &[&str]) =
    ("give it an authority that holds, and a backend that shows a certificate of it", &BREAKS);

/// A backend that was looked at and shows a certificate for somebody else: the API server asks for the host of the URL, and of a
/// service for `NAME.NAMESPACE.svc` (apiserver pkg/util/webhook/client.go), and takes none without that name.
fn other_name(webhook: &Webhook, cluster: &Cluster) -> Result<Option<Finding>, Gap> {
    let Some((host, pointer, at)) = called(webhook) else { return Ok(None) };
    let is_there = |one: &&Observed| one.endpoint.rsplit_once(':').is_some_and(|(shown, _)| shown == host);
    for observed in cluster.observed.iter().filter(is_there) {
        // Whose port it is stands in what was read of it.
        let tls = observed.tls.as_ref().map_err(Gap::clone)?;
        let leaf = tls.as_ref().and_then(|tls| tls.chains.first()?.served.leaf());
        if observed.component.as_deref() == Some("webhook") && leaf.is_some_and(|leaf| !leaf.names(&host)) {
            let message = format!(
                "the backend of `{}` shows a certificate that is not for `{host}`, so that every call fails",
                webhook.name
            );
            return Ok(Some(webhooks::wrong(webhook, message, Some((pointer, at)), Confidence::Certain, REMEDY)));
        }
    }
    Ok(None)
}

/// The name under which a backend is called, in lower case, and where that is written.
fn called(webhook: &Webhook) -> Option<(String, &'static str, Span)> {
    match &webhook.backend {
        Backend::Url(url) => {
            let authority = url.text.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
            let host = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(authority, |(host, _)| host);
            Some((host.to_ascii_lowercase(), "/clientConfig/url", url.at))
        }
        Backend::Service { namespace, name, at } => {
            Some((format!("{name}.{namespace}.svc"), "/clientConfig/service", *at))
        }
        Backend::Nobody => None,
    }
}

/// What is wrong with the authorities of a backend.
fn bundle(webhook: &Webhook, cluster: &Cluster) -> Option<Finding> {
    // Without one the authorities of the system count; what is to be put in later, as cert-manager does, is not in a file.
    let bundle = webhook.bundle.as_ref()?;
    let part = Some(("/clientConfig/caBundle", bundle.at));
    if bundle.is_broken {
        let message = format!("the authority of `{}` is no certificate", webhook.name);
        return Some(webhooks::wrong(webhook, message, part, Confidence::Certain, REMEDY));
    }
    let first = bundle.ends.iter().copied().flatten().filter(|end| *end < cluster.as_of).min()?;
    let all = bundle.ends.iter().all(|end| end.is_some_and(|end| end < cluster.as_of));
    let (message, confidence) = if all {
        (format!("the authority of `{}` ended on {first}", webhook.name), Confidence::Certain)
    } else {
        // Another one holds, and the backend may show a certificate of that.
        (format!("one of the authorities of `{}` ended on {first}", webhook.name), Confidence::Probable)
    };
    Some(webhooks::wrong(webhook, message, part, confidence, REMEDY))
}
