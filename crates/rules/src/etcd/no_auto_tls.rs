//! The certificate that etcd makes for itself. The page beside this file explains the rule and tests it.

use facts::etcd::{Etcd, Side};
use model::{RuleCard, Safety, Severity, Verdict};

use super::members;
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-no-auto-tls",
        title: "etcd serves clients by a certificate that it makes for itself",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("no_auto_tls.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "give etcd a certificate of an authority that its clients are given, and take `--auto-tls` away";

const BREAKS: [&str; 1] = ["Clients that trusted the self-made certificate need the new authority."];

fn check(etcd: &Etcd) -> Verdict {
    members::makes_its_own(etcd, Side::Clients, (REMEDY, &BREAKS))
}
