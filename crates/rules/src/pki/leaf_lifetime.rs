//! A certificate that holds for years. The page beside this file explains the rule and tests it.

use facts::pki::{Seen};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Certificates, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-leaf-lifetime",
        title: "A certificate holds for longer than anybody can answer for its key",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("leaf_lifetime.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Certificate { of: Certificates::Leaves, ask: check },
};

/// A year, and the month in which it is renewed.
const LONGEST: i64 = 398;

fn check(seen: &Seen<'_>) -> Verdict {
    let days = seen.certificate.days();
    let message = format!("it holds for {days} days");
    if days <= LONGEST {
        return Ok(certificates::fine(seen, message));
    }
    let remedy = say::remedy(
        "issue it for a year at most, and renew it by itself",
        &["Shorter certificates end unnoticed where nothing renews them."],
        None,
    );
    Ok(certificates::wrong(seen, message, None, remedy))
}
