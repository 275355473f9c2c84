//! An authority that ends soon, or never. The page beside this file explains the rule and tests it.

use facts::pki::{Seen};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Certificates, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-ca-expiry",
        title: "An authority ends before the next rotation, or never",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("ca_expiry.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Certificate { of: Certificates::Authorities, ask: check },
};

/// What a rotation takes, in days.
const ROTATION: i32 = 180;
/// Ten years with three leap days, and a day for whoever counts otherwise.
const LONGEST: i64 = 3654;

fn check(seen: &Seen<'_>) -> Verdict {
    let certificate = seen.certificate;
    let remedy = || {
        say::remedy(
            "put a new authority beside it, and take it away when nothing needs it any more",
            &["Every component, kubeconfig and pod that knows the old authority has to learn the new one first."],
            None,
        )
    };
    let last = certificate.last_day();
    let years = certificate.days() / 365;
    let message = match (seen.days_left(), last) {
        (Some(days), Some(last)) if days < 0 => format!("it ended on {last}, and nothing that it issued is believed"),
        (Some(days), Some(last)) if days <= ROTATION => format!("it ends in {days} days, on {last}"),
        (_, Some(last)) if certificate.days() > LONGEST => format!("it holds for {years} years, until {last}"),
        (_, Some(last)) => return Ok(certificates::fine(seen, format!("it ends on {last}"))),
        (_, None) => "it ends beyond every calendar".to_owned(),
    };
    Ok(certificates::wrong(seen, message, None, remedy()))
}
