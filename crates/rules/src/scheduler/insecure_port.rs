//! The port of the scheduler that asks nobody. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "scheduler-insecure-port",
        title: "The plain port of the scheduler is open",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("insecure_port.md"),
    },
    component: "scheduler",
    applies: Applies::until(23, "1.24 removed the port"),
    check: Check::Door { of: &[Listener::SchedulerInsecure], ask: check },
};

const REMEDY: &str = "set `--port=0`, or upgrade: from 1.23 on the port is gone";

fn check(door: &Door) -> Verdict {
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    let Some(metrics) = door.answer("/metrics").filter(|metrics| !doors::says_nothing(metrics)) else {
        return Err(doors::unsaid(door, "/metrics").into());
    };
    if door.answers_everything() || metrics.over.is_tls() || metrics.meaning != Meaning::Given {
        let told = doors::refusal(metrics);
        return Ok(doors::pass_by(metrics, format!("what answers at {} gives no metrics without TLS: {told}", door.name)));
    }
    let profiles = door.answer("/debug/pprof/").is_some_and(|index| index.meaning == Meaning::Given);
    let what = if profiles { "read its metrics and profile it" } else { "read its metrics" };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("anybody who reaches {} can {what}, without TLS and without credentials", door.name),
        severity: None,
        // Anybody's metrics may be at that port; few things have them and profiles.
        confidence: if profiles { Confidence::Certain } else { Confidence::Probable },
        at: metrics,
        remedy: REMEDY,
        breaks: &["Probes and scrapers of port 10251 stop working; move them to 10259 with credentials."],
    })))
}
