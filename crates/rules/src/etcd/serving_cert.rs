//! The certificate by which clients know etcd. The page beside this file explains the rule and tests it.

use facts::etcd::{Etcd, Side};
use model::{RuleCard, Severity, Verdict};

use super::members;
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-serving-cert",
        title: "etcd has no certificate to serve its clients with",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("serving_cert.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "start etcd with `--cert-file` and `--key-file`, on https URLs alone";

const BREAKS: [&str; 1] = [
    "API servers, backup jobs and monitoring that use http lose the store; change clients and members in step.",
];

fn check(etcd: &Etcd) -> Verdict {
    members::has_a_certificate(etcd, Side::Clients, (REMEDY, &BREAKS))
}
