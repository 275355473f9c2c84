//! A certificate that is good for more than its purpose. The page beside this file explains the rule and tests it.

use facts::pki::{Certificate, Purpose, Role, Seen, Usage};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Certificates, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-key-usage",
        title: "A certificate can be used for more than its purpose",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("key_usage.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Certificate { of: Certificates::All, ask: check },
};

fn check(seen: &Seen<'_>) -> Verdict {
    let faults = if seen.found.is_leaf { leaf(seen) } else { authority(seen.certificate) };
    if faults.is_empty() {
        let what = if seen.found.is_leaf { "it is good for its purpose alone" } else { "it vouches for others alone" };
        return Ok(certificates::fine(seen, what.to_owned()));
    }
    let remedy = say::remedy(
        "issue it anew for the one purpose that it has",
        &["Members of etcd need both purposes: with one alone a member is kept out."],
        None,
    );
    Ok(certificates::wrong(seen, faults.join(", and "), None, remedy))
}

fn leaf(seen: &Seen<'_>) -> Vec<String> {
    let (certificate, roles) = (seen.certificate, &seen.found.roles);
    let mut faults = Vec::new();
    if certificate.authority == Some(true) {
        faults.push("it is an authority, so that its key can issue others".to_owned());
    }
    let serves = roles.contains(&Role::Serving);
    let calls = roles.iter().any(|role| role.is_client());
    // Who says nothing of its purpose is good for all of them.
    let silent = certificate.purposes.is_none();
    let other = match (serves, calls) {
        (true, false) if certificate.is_for(Purpose::Client) => "log in as a client",
        (false, true) if certificate.is_for(Purpose::Server) => "serve",
        _ => return faults,
    };
    let because = if silent { "it says nothing of its purpose, so that" } else { "" };
    faults.push(format!("{because} it can also {other}").trim_start().to_owned());
    faults
}

fn authority(certificate: &Certificate) -> Vec<String> {
    let mut faults = Vec::new();
    if certificate.authority != Some(true) {
        faults.push("it does not say that it is an authority, so that nothing it issued is believed".to_owned());
    }
    let signs = |usages: &Vec<Usage>| usages.contains(&Usage::SignCertificates);
    if !certificate.usages.as_ref().is_none_or(signs) {
        faults.push("it may not sign certificates".to_owned());
    }
    let purposes = certificate.purposes.as_deref().unwrap_or_default();
    if purposes.iter().any(|purpose| matches!(purpose, Purpose::Server | Purpose::Client)) {
        faults.push("it is also good for what it should vouch for in others".to_owned());
    }
    faults
}
