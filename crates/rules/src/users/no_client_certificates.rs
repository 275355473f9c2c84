//! Whether people have another way in than certificates. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "users-no-client-certificates",
        title: "People can log in with certificates alone, which nobody can take back",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_client_certificates.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    match server.issuers()? {
        Some(issuers) if !issuers.is_empty() => return Err(people(&format!("the identity providers of a file ({})", issuers.len()))),
        _ => {}
    }
    let issuer = server.get(&flag::OIDC_ISSUER_URL)?;
    if !issuer.value.is_empty() {
        return Err(people(&format!("`{}`", issuer.value)));
    }
    let webhook = server.get(&flag::AUTHENTICATION_TOKEN_WEBHOOK_CONFIG_FILE)?;
    if !webhook.value.is_empty() {
        return Err(people("a webhook"));
    }
    let remedy = say::remedy(
        "let people log in with an identity provider, or a webhook that asks one",
        &["People have no way in until the provider works; keep one certificate for the day on which it does not."],
        None,
    );
    let message = "no identity provider and no webhook knows people";
    Ok(say::fail(say::wrong("oidc-issuer-url", message, issuer.origin(), remedy)))
}

/// They can log in otherwise; whether they do, only those who issue certificates can tell.
fn people(by: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Manual,
        reason: format!("people can log in by {by}; whether some still use certificates was not looked at"),
        wanted: "who has a certificate".to_owned(),
        who_could_answer: "whoever issues certificates, and audit logs".to_owned(),
    })
}
