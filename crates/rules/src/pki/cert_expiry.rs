//! A certificate that has ended, or soon will. The page beside this file explains the rule and tests it.

use facts::pki::{Seen};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Certificates, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-cert-expiry",
        title: "A certificate ends before anybody renews it",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("cert_expiry.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Certificate { of: Certificates::Leaves, ask: check },
};

/// Fewer days than these are a fault, and fewer than the second an urgent one.
const SOON: i32 = 30;
const NOW: i32 = 7;

fn check(seen: &Seen<'_>) -> Verdict {
    let certificate = seen.certificate;
    let remedy = || {
        say::remedy("renew it and restart who uses it", &["Whoever reads it at start alone goes on with the old one."], None)
    };
    if let Some(first) = certificate.first_day().filter(|first| *first > seen.as_of) {
        let message = format!("it does not hold before {first}");
        return Ok(certificates::wrong(seen, message, Some(Severity::High), remedy()));
    }
    let (Some(days), Some(last)) = (seen.days_left(), certificate.last_day()) else {
        return Ok(certificates::fine(seen, "it ends beyond every calendar".to_owned()));
    };
    if days > SOON {
        return Ok(certificates::fine(seen, format!("it ends on {last}")));
    }
    let (message, urgent) = match days {
        ..0 => (format!("it ended on {last}"), true),
        0 => (format!("it ends today, on {last}"), true),
        1 => (format!("it ends tomorrow, on {last}"), true),
        _ => (format!("it ends in {days} days, on {last}"), days < NOW),
    };
    Ok(certificates::wrong(seen, message, urgent.then_some(Severity::High), remedy()))
}
