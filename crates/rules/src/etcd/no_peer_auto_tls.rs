//! The certificate that a member makes for itself. The page beside this file explains the rule and tests it.

use facts::etcd::{Etcd, Side};
use model::{RuleCard, Safety, Severity, Verdict};

use super::members;
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-no-peer-auto-tls",
        title: "Members of etcd know one another by certificates that they make for themselves",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("no_peer_auto_tls.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "give each member a certificate of one authority, and take `--peer-auto-tls` away";

const BREAKS: [&str; 1] = ["Switching all members at once loses quorum; go one by one."];

fn check(etcd: &Etcd) -> Verdict {
    members::makes_its_own(etcd, Side::Members, (REMEDY, &BREAKS))
}
