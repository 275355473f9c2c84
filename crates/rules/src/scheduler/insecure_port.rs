//! The port of the scheduler that asks nobody. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Listener, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, controllers};

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
const BREAKS: [&str; 1] = ["Probes and scrapers of port 10251 stop working; move them to 10259 with credentials."];

fn check(door: &Door) -> Verdict {
    controllers::plain(door, REMEDY, &BREAKS)
}
