//! Which versions of TLS the controller manager speaks. The page beside this file explains the rule and tests it.

use facts::observed::Observed;
use model::{RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    handshakes::{self, Remedy},
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-tls-min-version",
        title: "The controller manager speaks a version of TLS that is broken",
        severity: Severity::Low,
        fix: None,
        page: include_str!("tls_min_version.md"),
    },
    component: "controller-manager",
    applies: Applies::ALWAYS,
    check: Check::Listener { of: "kube-controller-manager", ask: check },
};

const REMEDY: Remedy = Remedy {
    title: "take `--tls-min-version` away, or set it to `VersionTLS12`",
    breaks: &["Scrapers that speak nothing newer can no longer read its metrics."],
};

fn check(observed: &Observed) -> Verdict {
    handshakes::versions(observed, REMEDY)
}
