//! Profiles and debug messages of etcd. The page beside this file explains the rule and tests it.

use facts::etcd::Etcd;
use model::{Answer, Finding, RuleCard, Safety, Severity, Verdict};

use super::members;
use crate::{Applies, Check, Rule, kubelets, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-no-pprof-debug",
        title: "etcd shows its inside to whoever may read it",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("no_pprof_debug.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "switch profiles and debug messages off";

const BREAKS: [&str; 1] = ["Profiling needs a restart with the flag on."];

/// The flag, what it must not be, and what to write instead.
const FLAGS: [(&str, &str, &str); 3] = [("enable-pprof", "true", "false"), ("log-level", "debug", "info"), ("debug", "true", "false")];

fn check(etcd: &Etcd) -> Verdict {
    let mut answer = Answer::default();
    for (name, bad, good) in FLAGS {
        // Of a flag that some releases lack and nobody wrote there is nothing to say.
        if name != FLAGS[0].0 && say::is_never_given(etcd.component(), name) {
            continue;
        }
        let one = etcd.get(name).map(|reading| {
            if reading.in_force() != bad {
                return say::fine(etcd.component(), name, reading);
            }
            let change = say::set(name, &reading.origin, good);
            let message = members::message(etcd, name, reading);
            let finding = members::wrong(name, message, reading, (REMEDY, &BREAKS), change);
            say::fail(Finding { subject: Some(format!("--{name}")), ..finding })
        });
        kubelets::add(&mut answer, one);
    }
    Ok(answer)
}
