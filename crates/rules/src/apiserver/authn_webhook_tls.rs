//! How the webhook that knows tokens is called. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, GoDuration},
    flag,
};
use model::{RuleCard, Safety, Severity, Unanswered, Verdict};

use super::webhooks;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authn-webhook-tls",
        title: "Whoever answers in the place of the token webhook decides who somebody is",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("authn_webhook_tls.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const VERSION: &str = "authentication-token-webhook-version";
const CACHE: &str = "authentication-token-webhook-cache-ttl";

/// Longer than the default, a token that was taken back is good for too long.
const LONGEST: GoDuration = GoDuration { nanoseconds: 120_000_000_000 };

fn check(server: &ApiServer) -> Verdict {
    let file = server.get(&flag::AUTHENTICATION_TOKEN_WEBHOOK_CONFIG_FILE)?;
    if file.value.is_empty() {
        let reason = "`--authentication-token-webhook-config-file` is not set";
        return Err(Unanswered::NotApplicable(reason.to_owned()));
    }
    let mut answer = webhooks::called(server, &file)?;
    // Before 1.17 there is one version only, and no flag.
    match server.get(&flag::AUTHENTICATION_TOKEN_WEBHOOK_VERSION) {
        Ok(version) if version.value != "v1" => {
            let message = say::is(VERSION, &version.value, version.origin(), &server.component().release);
            let remedy = say::remedy(
                "ask in the version v1",
                &["A webhook that knows v1beta1 alone refuses everybody."],
                say::set(VERSION, version.origin(), "v1"),
            );
            let found = webhooks::wrong("version".to_owned(), &say::flag(VERSION), message, version.origin(), remedy);
            answer.findings.push(webhooks::minor(found));
        }
        Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
        _ => {}
    }
    let cache = server.get(&flag::AUTHENTICATION_TOKEN_WEBHOOK_CACHE_TTL)?;
    if cache.value > LONGEST {
        let message = say::is(CACHE, &cache.value.to_string(), cache.origin(), &server.component().release);
        let remedy = say::remedy(
            "ask again after two minutes",
            &["A shorter time means more calls of the webhook."],
            say::set(CACHE, cache.origin(), "2m"),
        );
        let found = webhooks::wrong("cache".to_owned(), &say::flag(CACHE), message, cache.origin(), remedy);
        answer.findings.push(webhooks::minor(found));
    }
    Ok(answer)
}
