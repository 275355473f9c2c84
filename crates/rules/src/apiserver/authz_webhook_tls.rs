//! How the webhook that authorizes is called. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, GoDuration},
    configuration::{
        InUse,
        authz::{Authorization, Connection, Webhook},
    },
    flag,
};
use model::{Answer, Finding, Origin, RuleCard, Safety, Severity, Unanswered, Verdict};

use super::webhooks::{self, written, wrong};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-webhook-tls",
        title: "Whoever answers in the place of the authorization webhook allows what it likes",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("authz_webhook_tls.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Authorization(check), server: OfServer::FileOr(by_flags) },
};

const ALLOWED: i64 = 300_000_000_000;
const REFUSED: i64 = 30_000_000_000;

fn check(file: &InUse<'_, Authorization>) -> Verdict {
    let mut answer = Answer {
        because: "webhooks are called over TLS that is verified, and asked again soon".to_owned(),
        setting: Some("authorizers[].webhook".to_owned()),
        ..Answer::default()
    };
    for one in &file.file.authorizers {
        let Some(webhook) = &one.webhook else { continue };
        let name = one.name.as_ref().map_or("a webhook", |name| name.as_str());
        answer.seen.push(written(&webhook.at));
        // In the cluster it is the API server itself that is called, with the CA of service accounts.
        if let Some(Connection::KubeConfigFile(path)) = &webhook.connection {
            match webhooks::connection(file.server, path.as_str(), name) {
                Ok(findings) => answer.findings.extend(findings),
                Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
                Err(other) => return Err(other),
            }
        }
        answer.findings.extend(details(webhook, name));
    }
    if answer.seen.is_empty() {
        return Err(Unanswered::NotApplicable("no webhook is asked".to_owned()));
    }
    Ok(answer)
}

fn details(webhook: &Webhook, name: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(version) = webhook.review_version.as_ref().filter(|version| version.as_str() != "v1") {
        let message = format!("`{name}` is asked in the version {}", version.as_str());
        found.push((format!("{name} version"), "subjectAccessReviewVersion", message, &version.at));
    }
    let times = [
        (&webhook.authorized_ttl, &webhook.cache_authorized, ALLOWED, "authorizedTTL", "allowed"),
        (&webhook.unauthorized_ttl, &webhook.cache_unauthorized, REFUSED, "unauthorizedTTL", "refused"),
    ];
    for (ttl, cached, most, field, what) in times {
        let kept = cached.as_ref().is_none_or(|cached| cached.value);
        if let Some(ttl) = ttl.as_ref().filter(|ttl| kept && ttl.value > most) {
            let length = GoDuration { nanoseconds: ttl.value };
            let message = format!("what `{name}` {what} holds for {length}, whatever it would say by then");
            found.push((format!("{name} {field}"), field, message, &ttl.at));
        }
    }
    let finding = |(subject, field, message, at): (String, &str, String, &model::Location)| {
        webhooks::minor(wrong(subject, &format!("authorizers[].webhook.{field}"), message, &written(at), remedy(None)))
    };
    found.into_iter().map(finding).collect()
}

fn remedy(change: Option<model::Change>) -> model::Remedy {
    say::remedy(
        "ask in the version v1, and again after five minutes, or half a minute where it refused",
        &["A webhook that knows v1beta1 alone fails, and shorter times mean more calls and slower requests."],
        change,
    )
}

fn by_flags(server: &ApiServer) -> Verdict {
    if !server.authorizers()?.modes.iter().any(|mode| mode == "Webhook") {
        return Err(Unanswered::NotApplicable("no webhook is asked".to_owned()));
    }
    let file = server.get(&flag::AUTHORIZATION_WEBHOOK_CONFIG_FILE)?;
    let mut answer = webhooks::called(server, &file)?;
    let release = &server.component().release;
    let deviates = |name: &'static str, value: &str, origin: &Origin, to: &str| {
        let message = say::is(name, value, origin, release);
        let change = say::set(name, origin, to);
        webhooks::minor(wrong(name.to_owned(), &say::flag(name), message, origin, remedy(change)))
    };
    match server.get(&flag::AUTHORIZATION_WEBHOOK_VERSION) {
        Ok(version) if version.value != "v1" => {
            answer.findings.push(deviates(version.setting.name, &version.value, version.origin(), "v1"));
        }
        Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
        _ => {}
    }
    for (held, most, to) in [
        (server.get(&flag::AUTHORIZATION_WEBHOOK_CACHE_AUTHORIZED_TTL)?, ALLOWED, "5m"),
        (server.get(&flag::AUTHORIZATION_WEBHOOK_CACHE_UNAUTHORIZED_TTL)?, REFUSED, "30s"),
    ] {
        if held.value.nanoseconds > most {
            answer.findings.push(deviates(held.setting.name, &held.value.to_string(), held.origin(), to));
        }
    }
    Ok(answer)
}
