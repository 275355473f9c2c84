//! The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, running::Told};
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-events-observed",
        title: "Nothing was recorded since the server started",
        severity: Severity::Low,
        fix: None,
        page: include_str!("events_observed.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Running(check),
};

fn check(server: &ApiServer, told: &Told) -> Verdict {
    let Some(metrics) = told.metrics.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))? else {
        return Err(Unanswered::NotApplicable(format!("`{}` has no /metrics", server.component().instance)));
    };
    let origin = Origin::Reported(metrics.at.clone());
    let lost = metrics.audit_errors.iter().map(|(plugin, lost)| {
        let message = format!("{lost} events were lost on the way to `{plugin}` since the server started");
        // It may have been repaired since.
        Finding { confidence: Confidence::Probable, ..finding(message, &origin, Some(plugin)) }
    });
    let mut findings: Vec<Finding> = lost.collect();
    let events = metrics.audit_events.unwrap_or(0);
    if events == 0 {
        let message = match metrics.audit_events {
            Some(_) => "no event was recorded since the server started",
            None => "the server does not count audit events, so that it records none",
        };
        findings.push(finding(message.to_owned(), &origin, None));
    }
    // What was recorded once may have stopped; only a second look shows that the count grows.
    let open = findings.is_empty().then(|| Gap {
        kind: GapKind::NotCollected,
        reason: format!(
            "{events} events were recorded since the server started, and one look does not tell whether more are"
        ),
        wanted: "a second look at /metrics, or the end of the audit log".to_owned(),
        who_could_answer: "whoever reads the audit log".to_owned(),
    });
    Ok(Answer { findings, seen: vec![origin], gaps: open.into_iter().collect(), ..Answer::default() })
}

fn finding(message: String, origin: &Origin, subject: Option<&String>) -> Finding {
    Finding {
        subject: subject.cloned(),
        setting: None,
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: origin.clone(),
        because: Vec::new(),
        remedy: Some(say::remedy("give it an audit policy and a sink, and look why events do not arrive", &[], None)),
    }
}
