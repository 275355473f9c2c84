//! What the controller manager gives to strangers. The page beside this file explains the rule and tests it.

use facts::observed::{Answer as Given, Door};
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-authn-authz-delegation",
        title: "The controller manager gives more than its health to callers without credentials",
        severity: Severity::Low,
        fix: None,
        page: include_str!("authn_authz_delegation.md"),
    },
    component: "controller-manager",
    applies: Applies::from(12, "1.12 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::ControllerManager], ask: check },
};

/// What is kept for those who may; the health paths may be open.
const KEPT: [&str; 5] = ["/metrics", "/configz", "/flagz", "/statusz", "/debug/pprof/"];

const REMEDY: &str = "take from `--authorization-always-allow-paths` what is not /healthz, /readyz or /livez";

fn check(door: &Door) -> Verdict {
    doors::answered(door)?;
    if let Some(refused) = door.answers.iter().find(|given| given.meaning == Meaning::CertificateRequired) {
        return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
    }
    let asked: Vec<&Given> = KEPT.iter().filter_map(|path| door.answer(path)).collect();
    let open: Vec<&Given> = asked.iter().copied().filter(|given| doors::let_in(given)).collect();
    if let [first, ..] = open[..] {
        return Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!(
                "anybody who reaches {} can see how it runs: {} {} without credentials",
                door.name,
                doors::paths(&open),
                doors::answer(&open)
            ),
            severity: Some(Severity::Medium),
            confidence: Confidence::Certain,
            at: first,
            remedy: REMEDY,
            breaks: &["Taking paths off the always-allow list makes unauthenticated probes or scrapers fail."],
        })));
    }
    let silent: Vec<&Given> = asked.iter().copied().filter(|given| doors::says_nothing(given)).collect();
    if let Some(gap) = doors::silence(door, &silent, &["/metrics"]) {
        return Err(gap.into());
    }
    let told = door.answer("/metrics").map(doors::refusal).unwrap_or_default();
    Ok(doors::pass(door, format!("who asks {} for its metrics is told {told}", door.name)))
}
