//! The API of etcd 2. The page beside this file explains the rule and tests it.

use facts::{etcd::Etcd, observed::Door};
use model::{Confidence, Listener, Meaning, Minor, RuleCard, Safety, Severity, Unanswered, Verdict};

use super::members;
use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-v2-api-off",
        title: "etcd serves its old API",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("v2_api_off.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::EtcdOrDoor { etcd: ask, of: &[Listener::Etcd], door: check },
};

const REMEDY: &str = "take `--enable-v2` away; up to 3.1 it cannot be switched off, so upgrade";

const BREAKS: [&str; 1] = [
    "Old flannel, Calico or home-made tools that store data through v2 stop; v2 data is not in v3 snapshots.",
];

fn ask(etcd: &Etcd) -> Verdict {
    const FLAG: &str = "enable-v2";
    if say::is_never_given(etcd.component(), FLAG) && etcd.component().release.is_at_least(Minor::new(3, 4)) {
        return Err(Unanswered::NotApplicable(format!("`--{FLAG}` is not given, and off by itself from 3.4 on")));
    }
    let reading = etcd.get(FLAG)?;
    if reading.in_force() != "true" {
        return Ok(say::fine(etcd.component(), FLAG, reading));
    }
    let change = say::set(FLAG, &reading.origin, "false");
    Ok(say::fail(members::wrong(FLAG, members::message(etcd, FLAG, reading), reading, (REMEDY, &BREAKS), change)))
}

fn check(door: &Door) -> Verdict {
    doors::answered(door)?;
    let Some(keys) = door.answer("/v2/keys").filter(|keys| !doors::says_nothing(keys)) else {
        return Err(doors::unsaid(door, "/v2/keys").into());
    };
    let sure = match keys.meaning {
        Meaning::Missing => {
            return Ok(doors::pass_by(keys, format!("{} has no /v2/keys", door.name)));
        }
        Meaning::Given => true,
        // Who refuses a path has it: users of the old API are its own.
        Meaning::Unauthenticated | Meaning::Forbidden if door.proven => false,
        _ => {
            let reason = format!("what answers at {} does not say that it is etcd: {}", door.name, doors::refusal(keys));
            return Err(Unanswered::NotApplicable(reason));
        }
    };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("etcd at {} serves /v2/keys", door.name),
        severity: None,
        confidence: if sure && door.proven { Confidence::Certain } else { Confidence::Probable },
        at: keys,
        remedy: REMEDY,
        breaks: &BREAKS,
    })))
}
