//! The number of requests that are served at a time has no limit. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, Held},
    flag,
};
use model::{Answer, Component, Finding, RuleCard, Safety, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-inflight-limits",
        title: "Nothing limits how many requests are served at a time",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("inflight_limits.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let reads = server.get(&flag::MAX_REQUESTS_INFLIGHT)?;
    // 1.6 brought the second one.
    let writes = match server.get(&flag::MAX_MUTATING_REQUESTS_INFLIGHT) {
        Ok(writes) => Some(writes),
        Err(Unanswered::NotApplicable(_)) => None,
        Err(Unanswered::Gap(_)) if say::is_never_given(server.component(), "max-mutating-requests-inflight") => None,
        Err(gap) => return Err(gap),
    };
    let limits: Vec<&Held<'_, i64>> = std::iter::once(&reads).chain(&writes).collect();
    let lifted: Vec<&Held<'_, i64>> = limits.iter().copied().filter(|limit| limit.value <= 0).collect();
    let passes = |component: &Component| {
        let fine: Vec<Answer> =
            limits.iter().map(|limit| say::fine(component, limit.setting.name, limit.reading)).collect();
        Answer {
            because: fine.iter().map(|one| one.because.as_str()).collect::<Vec<_>>().join(", "),
            seen: fine.iter().flat_map(|one| one.seen.clone()).collect(),
            setting: fine.first().and_then(|one| one.setting.clone()),
            ..Answer::default()
        }
    };
    if lifted.is_empty() {
        return Ok(passes(server.component()));
    }
    let shared = shares(server)?;
    if shared && lifted.len() < limits.len() {
        return Ok(passes(server.component()));
    }
    // Where the two are added up it takes one of them to have a limit again.
    let lifted = if shared { lifted.get(..1).unwrap_or_default() } else { &lifted };
    let finding = |limit: &&Held<'_, i64>| {
        let name = limit.setting.name;
        let remedy = say::remedy(
            "leave the limit to its default",
            &["Controllers that are busy for good reasons may see 429."],
            say::remove(name, limit.reading),
        );
        let message = format!("{}, which lifts the limit", say::fine(server.component(), name, limit.reading).because);
        Finding { subject: Some(say::flag(name)), ..say::wrong(name, message, limit.origin(), remedy) }
    };
    Ok(Answer { findings: lifted.iter().map(finding).collect(), ..Answer::default() })
}

/// Whether priority and fairness takes the place of the two limits.
fn shares(server: &ApiServer) -> Result<bool, Unanswered> {
    match server.get(&flag::ENABLE_PRIORITY_AND_FAIRNESS) {
        Ok(enabled) if !enabled.value => return Ok(false),
        Ok(_) => {}
        Err(Unanswered::NotApplicable(_)) => return Ok(false),
        Err(gap) => return Err(gap),
    }
    match server.gate("APIPriorityAndFairness") {
        Ok((on, _)) => Ok(on),
        // It needs none any more.
        Err(Unanswered::NotApplicable(_)) => Ok(true),
        Err(gap) => Err(gap),
    }
}
