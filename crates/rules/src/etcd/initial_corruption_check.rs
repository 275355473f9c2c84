//! The comparison of data when a member starts. The page beside this file explains the rule and tests it.

use facts::etcd::Etcd;
use model::{Minor, RuleCard, Safety, Severity, Unanswered, Verdict};

use super::members;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-initial-corruption-check",
        title: "A member of etcd starts without comparing its data with that of the others",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("initial_corruption_check.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "let a member compare its data with that of the others before it serves";

const BREAKS: [&str; 1] = ["A member with diverged data refuses to start: keep a healthy quorum and a backup."];

const FLAG: &str = "experimental-initial-corrupt-check";
const GATES: &str = "feature-gates";
/// 3.6 has both, and one of them is enough.
const GATE: &str = "InitialCorruptCheck=true";

fn check(etcd: &Etcd) -> Verdict {
    let (flag, gates) = (etcd.get(FLAG), etcd.get(GATES));
    if let Some(reading) = flag.as_ref().ok().filter(|reading| reading.in_force() == "true") {
        return Ok(say::fine(etcd.component(), FLAG, reading));
    }
    if let Some(reading) = gates.as_ref().ok().filter(|reading| reading.in_force().split(',').any(|one| one.trim() == GATE)) {
        return Ok(say::fine(etcd.component(), GATES, reading));
    }
    let with_gates = etcd.component().release.is_at_least(Minor::new(3, 6));
    if with_gates {
        let reading = gates?;
        // A list of others is put together by a person.
        let change = say::set(GATES, &reading.origin, GATE).filter(|_| reading.in_force().is_empty());
        let message = format!("{}, so that `InitialCorruptCheck` is off", members::message(etcd, GATES, reading));
        return Ok(say::fail(members::wrong(GATES, message, reading, (REMEDY, &BREAKS), change)));
    }
    let reading = match flag {
        Ok(reading) => reading,
        Err(Unanswered::NotApplicable(reason)) => return Err(Unanswered::NotApplicable(reason)),
        Err(gap) => return Err(gap),
    };
    let change = say::set(FLAG, &reading.origin, "true");
    Ok(say::fail(members::wrong(FLAG, members::message(etcd, FLAG, reading), reading, (REMEDY, &BREAKS), change)))
}
