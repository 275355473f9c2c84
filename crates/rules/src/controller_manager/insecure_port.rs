//! The port of the controller manager that asks nobody. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Listener, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-insecure-port",
        title: "The plain port of the controller manager is open",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("insecure_port.md"),
    },
    component: "controller-manager",
    applies: Applies::until(23, "1.24 removed the port"),
    check: Check::Door { of: &[Listener::ControllerManagerInsecure], ask: check },
};

const REMEDY: &str = "set `--port=0`, or upgrade: from 1.22 on the port is gone";
const BREAKS: [&str; 1] = ["Probes and scrapers of port 10252 stop working; move them to 10257 with credentials."];

fn check(door: &Door) -> Verdict {
    controllers::plain(door, REMEDY, &BREAKS)
}
