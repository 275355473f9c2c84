//! The log is more verbose than level 4. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-log-verbosity",
        title: "The log says more than it should",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("log_verbosity.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

/// The highest level that shows nothing of what is sent.
const LIMIT: i64 = 4;
/// From here on bodies are shown (client-go transport/round_trippers.go).
const BODIES: i64 = 8;

fn check(server: &ApiServer) -> Verdict {
    let level = server.get(&flag::V)?;
    let name = level.setting.name;
    let fine = say::fine(server.component(), name, level.reading);
    if level.value <= LIMIT {
        return Ok(fine);
    }
    let remedy = say::remedy(
        "log no more than level 4",
        &["Support cases have less detail."],
        say::set(name, level.origin(), "2"),
    );
    let mut finding = say::wrong(name, fine.because, level.origin(), remedy);
    finding.severity = (level.value >= BODIES).then_some(Severity::High);
    Ok(say::fail(finding))
}
