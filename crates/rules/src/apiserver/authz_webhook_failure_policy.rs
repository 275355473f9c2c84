//! What happens while a webhook is down. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        authz::{Authorization, Decision, State},
    },
};
use model::{Answer, Confidence, Finding, Minor, Origin, RuleCard, Severity, Unanswered, Verdict};

use super::{
    sensitive,
    webhooks::{written, wrong},
};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-webhook-failure-policy",
        title: "While the webhook that refuses is down, nobody refuses",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("authz_webhook_failure_policy.md"),
    },
    component: "apiserver",
    applies: Applies::from(29, "1.29 brought the file"),
    check: Check::File { of: OfFile::Authorization(check), server: OfServer::FileOr(by_flags) },
};

const POLICY: &str = "authorizers[].webhook.failurePolicy";
const TIMEOUT: &str = "authorizers[].webhook.timeout";
const LONGEST: i64 = 10_000_000_000;

fn check(file: &InUse<'_, Authorization>) -> Verdict {
    let chain = file.file;
    let mut answer = Answer { setting: Some(POLICY.to_owned()), ..Answer::default() };
    let mut because = Vec::new();
    let mut decided = false;
    for one in &chain.authorizers {
        let kind = one.kind.as_ref().map_or("", |kind| kind.as_str());
        let Some(webhook) = &one.webhook else {
            decided |= matches!(kind, "RBAC" | "AlwaysAllow");
            continue;
        };
        let name = one.name.as_ref().map_or("a webhook", |name| name.as_str());
        let policy = webhook.failure_policy.as_ref();
        let at = policy.map_or(&webhook.at, |policy| &policy.at);
        answer.seen.push(written(at));
        if policy.is_some_and(|policy| policy.as_str() == "Deny") {
            because.push(format!("`{name}` refuses while it is down"));
        } else if decided {
            because.push(format!("`{name}` stands behind RBAC, so that it can only add"));
        } else {
            answer.findings.push(falls_through(chain, name, file.minor, &written(at)));
        }
        if let Some(timeout) = webhook.timeout.as_ref().filter(|timeout| timeout.value > LONGEST) {
            let seconds = timeout.value / 1_000_000_000;
            let message = format!("`{name}` is waited for {seconds}s, and requests wait with it");
            let remedy = say::remedy("wait ten seconds at most", &["A webhook that is slower fails."], None);
            answer.findings.push(wrong(format!("{name} timeout"), TIMEOUT, message, &written(&timeout.at), remedy));
        }
    }
    if answer.seen.is_empty() {
        return Err(Unanswered::NotApplicable("no webhook is asked".to_owned()));
    }
    answer.because = because.join("; ");
    Ok(answer)
}

/// What becomes of requests that the webhook could have refused.
fn falls_through(chain: &Authorization, name: &str, minor: Minor, at: &Origin) -> Finding {
    let down = chain.chain(&[(name.to_owned(), State::Down)], minor);
    let (mut allowed, mut asked) = (Vec::new(), Vec::new());
    let mut next = None;
    for (what, request) in sensitive::requests() {
        let outcome = down.decide(&request);
        if outcome.decision == Decision::Allow {
            allowed.push(what);
        } else if !outcome.depends_on.is_empty() {
            asked.push(what);
            next = next.or(outcome.depends_on.first().cloned());
        }
    }
    let then = match (allowed.as_slice(), next) {
        ([], None) => "nobody behind it allows anything then".to_owned(),
        ([], Some(next)) => format!("{} fall through to `{next}`", sensitive::listed(&asked)),
        (all, _) => format!("{} are allowed", sensitive::listed(all)),
    };
    let message = format!("if `{name}` is down, {then}");
    let remedy = say::remedy(
        "refuse while it is down, but for what the system asks, by match conditions",
        &["Whatever gets to the webhook is refused while it cannot be reached, controllers and nodes included."],
        None,
    );
    // It may be there to add and never to refuse.
    Finding { confidence: Confidence::Probable, ..wrong(name.to_owned(), POLICY, message, at, remedy) }
}

/// A webhook of the flags has no opinion while it is down (apiserver plugin/pkg/authorizer/webhook/webhook.go).
fn by_flags(server: &ApiServer) -> Verdict {
    let chain = server.authorizers()?;
    let place = |mode: &str| chain.modes.iter().position(|listed| listed == mode);
    let Some(webhook) = place("Webhook") else {
        return Err(Unanswered::NotApplicable("no webhook is asked".to_owned()));
    };
    let written = say::is(&chain.setting, &chain.modes.join(","), &chain.origin, &server.component().release);
    let behind = ["RBAC", "AlwaysAllow"].iter().any(|mode| place(mode).is_some_and(|place| place < webhook));
    let Some(next) = chain.modes.get(webhook + 1).filter(|_| !behind) else {
        return Ok(Answer {
            seen: vec![chain.origin.clone()],
            because: format!("{written}, and nobody is asked behind the webhook who could allow what it would refuse"),
            setting: Some(say::flag(&chain.setting)),
            ..Answer::default()
        });
    };
    let message = format!("{written}: if the webhook is down, its requests fall through to `{next}`");
    let remedy = say::remedy(
        "name the webhook in an AuthorizationConfiguration with `failurePolicy: Deny`",
        &["Whatever gets to the webhook is refused while it cannot be reached, controllers and nodes included."],
        None,
    );
    let found = wrong("webhook".to_owned(), &say::flag(&chain.setting), message, &chain.origin, remedy);
    Ok(say::fail(Finding { confidence: Confidence::Probable, ..found }))
}
