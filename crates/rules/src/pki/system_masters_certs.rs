//! A certificate of the group that may do everything. The page beside this file explains the rule and tests it.

use facts::pki::{Seen};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Certificates, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-system-masters-certs",
        title: "A certificate makes its holder an administrator whom nothing can stop",
        severity: Severity::High,
        fix: None,
        page: include_str!("system_masters_certs.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Certificate { of: Certificates::Clients, ask: check },
};

/// The group that is let in before any authorizer is asked.
const MASTERS: &str = "system:masters";

/// What kubeadm calls the one that is kept for the day on which roles are broken (1.29 and later).
const BREAK_GLASS: &str = "super-admin.conf";

/// A year, and a day for whoever counts it otherwise.
const LONGEST: i64 = 367;

fn check(seen: &Seen<'_>) -> Verdict {
    let certificate = seen.certificate;
    if !certificate.subject.organizations.iter().any(|group| group == MASTERS) {
        return Ok(certificates::fine(seen, format!("it is not in `{MASTERS}`")));
    }
    if let (Some(..0), Some(last)) = (seen.days_left(), certificate.last_day()) {
        return Ok(certificates::fine(seen, format!("it is in `{MASTERS}`, and ended on {last}")));
    }
    let kept = seen.file.name.rsplit('/').next() == Some(BREAK_GLASS);
    let days = certificate.days();
    if kept && days <= LONGEST {
        return Ok(certificates::fine(seen, format!("it is the one in `{MASTERS}` for emergencies, for {days} days")));
    }
    let message = match certificate.last_day() {
        Some(last) => format!("it is in `{MASTERS}` until {last}"),
        None => format!("it is in `{MASTERS}` for ever"),
    };
    let remedy = say::remedy(
        "issue it for a group that roles give its rights to, such as `kubeadm:cluster-admins`, and keep one for emergencies",
        &["Access that works while roles are broken goes away."],
        None,
    );
    Ok(certificates::wrong(seen, message, None, remedy))
}
