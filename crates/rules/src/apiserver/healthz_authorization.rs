//! Health checks one by one. The page beside this file explains the rule and tests it.

use facts::observed::{Answer as Given, Door};
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-healthz-authorization",
        title: "Single health checks answer callers without credentials",
        severity: Severity::Low,
        fix: None,
        page: include_str!("healthz_authorization.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::ApiServer], ask: check },
};

/// Whoever may have the whole may ask for it with `?verbose`, too; only the single ones can be refused by themselves.
const CHECKS: [&str; 2] = ["/livez/ping", "/healthz/ping"];

const REMEDY: &str = "bind `system:public-info-viewer` to `system:unauthenticated` alone, and nothing else that has paths below /healthz, /livez and /readyz";

fn check(door: &Door) -> Verdict {
    doors::answered(door)?;
    if let Some(refused) = door.answers.iter().find(|given| given.meaning == Meaning::CertificateRequired) {
        return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
    }
    let asked: Vec<&Given> = CHECKS.iter().filter_map(|path| door.answer(path)).collect();
    let open: Vec<&Given> = asked.iter().copied().filter(|given| given.meaning == Meaning::Given).collect();
    if let [first, ..] = open[..] {
        return Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!(
                "anybody who reaches {} can see single checks: {} {} without credentials",
                door.name,
                doors::paths(&open),
                doors::answer(&open)
            ),
            severity: None,
            confidence: Confidence::Certain,
            at: first,
            remedy: REMEDY,
            breaks: &["Probes that use detailed health paths without credentials get 401 or 403."],
        })));
    }
    let silent: Vec<&Given> = asked.iter().copied().filter(|given| doors::says_nothing(given)).collect();
    if let Some(gap) = doors::silence(door, &silent, &CHECKS) {
        return Err(gap.into());
    }
    let told = asked.first().map(|given| doors::refusal(given)).unwrap_or_default();
    Ok(doors::pass(door, format!("who asks for a single check is told {told}")))
}
