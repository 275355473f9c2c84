//! Events are written to the audit log in batches, and no more than a few at a time. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Confidence, RuleCard, Safety, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-log-backend-mode",
        title: "The audit log may drop events",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("log_backend_mode.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    if server.get(&flag::AUDIT_LOG_PATH)?.value.is_empty() {
        return Err(Unanswered::NotApplicable("`--audit-log-path` is not set, so that there is no log".to_owned()));
    }
    let mode = server.get(&flag::AUDIT_LOG_MODE)?;
    let name = mode.setting.name;
    let fine = say::fine(server.component(), name, mode.reading);
    if mode.value != "batch" {
        return Ok(fine);
    }
    // The log is not throttled unless somebody asks for it (apiserver pkg/server/options/audit.go).
    let throttle = server.get(&flag::AUDIT_LOG_BATCH_THROTTLE_ENABLE)?;
    if !throttle.value {
        return Ok(fine);
    }
    let remedy = say::remedy(
        "write each event before its request is answered",
        &["A slow disk slows every request."],
        say::set(name, mode.origin(), "blocking"),
    );
    let mut finding = say::wrong(name, format!("{}, and throttled", fine.because), mode.origin(), remedy);
    // Whether events are lost depends on how many there are.
    finding.confidence = Confidence::Probable;
    finding.because.extend(say::label(throttle.origin(), "throttles it"));
    Ok(say::fail(finding))
}
