//! What etcd agrees to when it is asked from outside. The page beside this file explains the rule and tests it.

use facts::observed::Observed;
use model::{RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    handshakes::{self, Remedy},
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-tls-versions-and-ciphers",
        title: "Whoever calls etcd can agree with it on weak encryption",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("tls_versions_and_ciphers.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Listener { of: "etcd", ask: check },
};

const REMEDY: Remedy = Remedy {
    title: "start etcd with `--cipher-suites` that have ECDHE and AEAD, and from 3.5.8 on with `--tls-min-version=TLS1.2`",
    breaks: &["Old clients, and API servers whose `--etcd` client has none of the suites, can no longer connect."],
};

fn check(observed: &Observed) -> Verdict {
    handshakes::versions_and_suites(observed, REMEDY)
}
