//! The service through which members find one another. The page beside this file explains the rule and tests it.

use facts::etcd::Etcd;
use model::{RuleCard, Severity, Unanswered, Verdict};

use super::members;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-no-public-discovery",
        title: "Members of etcd find one another through a service of others",
        severity: Severity::Low,
        fix: None,
        page: include_str!("no_public_discovery.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "name the members with `--initial-cluster`";

fn check(etcd: &Etcd) -> Verdict {
    if say::is_never_given(etcd.component(), "discovery") {
        return Err(Unanswered::NotApplicable("`--discovery` is not given, and 3.7 does not have it".to_owned()));
    }
    let reading = etcd.get("discovery")?;
    if reading.in_force().is_empty() {
        return Ok(say::fine(etcd.component(), "discovery", reading));
    }
    let message = members::message(etcd, "discovery", reading);
    Ok(say::fail(members::wrong("discovery", message, reading, (REMEDY, &[]), None)))
}
