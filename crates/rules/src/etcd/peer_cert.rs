//! The certificate by which members know one another. The page beside this file explains the rule and tests it.

use facts::etcd::{Etcd, Side};
use model::{RuleCard, Severity, Verdict};

use super::members;
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-peer-cert",
        title: "A member of etcd has no certificate for the others",
        severity: Severity::High,
        fix: None,
        page: include_str!("peer_cert.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "start each member with `--peer-cert-file` and `--peer-key-file`, on https URLs alone";

const BREAKS: [&str; 1] = ["Peer URLs must be updated member by member; a wrong order loses quorum."];

fn check(etcd: &Etcd) -> Verdict {
    members::has_a_certificate(etcd, Side::Members, (REMEDY, &BREAKS))
}
