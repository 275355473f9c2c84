//! Where audit records are sent, and how. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    kubeconfig::{Authority, Endpoint, Skips, Transport},
};
use model::{Answer, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-webhook-tls",
        title: "Audit records are sent to a sink that nobody verifies",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("webhook_tls.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let Some(config) = server.audit_webhook()? else {
        return Err(Unanswered::NotApplicable("`--audit-webhook-config-file` is not set".to_owned()));
    };
    if let Some(gap) = &config.gap {
        return Err(gap.clone().into());
    }
    let mut answer = Answer::default();
    let used: Vec<&Endpoint> = config.in_use().map_or_else(|| config.endpoints.iter().collect(), |one| vec![one]);
    for endpoint in &used {
        let address = endpoint.server.as_ref().map_or("", |address| address.as_str());
        let (message, at, field) = match (endpoint.transport(), endpoint.skips.as_ref(), &endpoint.authority) {
            (None, _, _) => {
                answer.gaps.push(placeholder(endpoint, address));
                continue;
            }
            (Some(Transport::Tls), Some(skips), _) if skips.value == Skips::Yes => {
                (format!("whoever answers as `{address}` is believed"), &skips.at, "insecure-skip-tls-verify")
            }
            (Some(Transport::Tls), _, Authority::System) => (
                format!("no authority is named for `{address}`, so that any that the node's image trusts will do"),
                &endpoint.at,
                "certificate-authority",
            ),
            (Some(Transport::Tls), _, _) => {
                answer.seen.push(say::field(endpoint.server.as_ref().map_or(&endpoint.at, |address| &address.at)));
                answer.because = format!("records go to `{address}`, which is verified");
                continue;
            }
            (Some(_), _, _) => (
                format!("records go to `{address}` in plain text"),
                endpoint.server.as_ref().map_or(&endpoint.at, |address| &address.at),
                "server",
            ),
        };
        let remedy = say::remedy(
            "send records to an `https://` address with `certificate-authority` set",
            &["A sink with an outdated certificate then receives no more events."],
            None,
        );
        let mut finding = say::in_file(&format!("clusters[].cluster.{field}"), message, at, remedy);
        finding.subject = Some(endpoint.name.clone());
        answer.findings.push(finding);
    }
    if used.is_empty() {
        answer.gaps.push(Gap {
            kind: GapKind::Unread,
            reason: format!("`{}` names no cluster, so that the server does not start", config.name),
            wanted: config.name.clone(),
            who_could_answer: "whoever maintains that file".to_owned(),
        });
    }
    Ok(answer)
}

fn placeholder(endpoint: &Endpoint, address: &str) -> Gap {
    let marker = endpoint.placeholder();
    Gap {
        kind: if marker.is_some() { GapKind::Templated } else { GapKind::Unread },
        reason: match marker {
            Some(marker) => format!("`{marker}` is a placeholder that is not filled in yet"),
            None => format!("the cluster `{}` has no address", endpoint.name),
        },
        wanted: format!("the address of the audit webhook{}", if address.is_empty() { "" } else { ", filled in" }),
        who_could_answer: "whoever maintains that file".to_owned(),
    }
}
