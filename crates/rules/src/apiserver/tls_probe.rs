//! What an API server agrees to when it is asked from outside. The page beside this file explains the rule and tests it.

use facts::observed::Observed;
use model::{RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    handshakes::{self, Remedy},
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-tls-probe",
        title: "Whoever calls the API server can agree with it on weak encryption",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("tls_probe.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Listener { of: "kube-apiserver", ask: check },
};

const REMEDY: Remedy = Remedy {
    title: "allow TLS 1.2 with ECDHE and AEAD, and TLS 1.3, on the API server and on what stands in front of it",
    breaks: &["Old clients and middleboxes that terminate TLS with weak settings must be changed as well."],
};

fn check(observed: &Observed) -> Verdict {
    handshakes::versions_and_suites(observed, REMEDY)
}
