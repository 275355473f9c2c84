//! A key that is too short, or a digest that is broken. The page beside this file explains the rule and tests it.

use facts::pki::Seen;
use model::{Gap, GapKind, Key, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Certificates, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-key-strength",
        title: "A key or a signature can be broken",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("key_strength.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Certificate { of: Certificates::All, ask: check },
};

fn check(seen: &Seen<'_>) -> Verdict {
    let certificate = seen.certificate;
    // What signs itself is believed because it is there: nobody looks at that signature.
    let signed = certificate.is_signed_weakly() && certificate.subject != certificate.issuer;
    let (fault, worst) = match weakness(&certificate.key) {
        Ok(found) => found.map_or((None, false), |(fault, worst)| (Some(fault), worst)),
        // The signature alone is fault enough.
        Err(_) if signed => (None, false),
        Err(gap) => return Err(Unanswered::Gap(gap)),
    };
    let mut faults: Vec<String> = fault.into_iter().collect();
    if signed {
        faults.push(format!("it is signed with {}", certificate.signature));
    }
    if faults.is_empty() {
        return Ok(certificates::fine(seen, format!("{}, {}", shown(&certificate.key), certificate.signature)));
    }
    let remedy = say::remedy(
        "issue it anew with a key of RSA of 3072 bits or of P-256, and with SHA-256",
        &["Very large keys of RSA slow handshakes down, and old clients may not know newer kinds."],
        None,
    );
    let severity = (worst || signed).then_some(Severity::High);
    Ok(certificates::wrong(seen, faults.join(", and "), severity, remedy))
}

/// What is wrong with a key, and whether it is as good as broken.
fn weakness(key: &Key) -> Result<Option<(String, bool)>, Gap> {
    let fault = match (key.algorithm.as_str(), key.bits) {
        ("RSA" | "RSA-PSS" | "DSA", Some(bits)) if bits < 2048 => Some((format!("its key is {}", shown(key)), bits <= 1024)),
        ("RSA" | "RSA-PSS", Some(_)) if key.exponent != Some(65_537) => {
            let exponent = key.exponent.map_or_else(|| "very large".to_owned(), |exponent| exponent.to_string());
            Some((format!("the exponent of its key is {exponent}"), false))
        }
        ("RSA" | "RSA-PSS" | "Ed25519" | "Ed448", Some(_)) => None,
        (kind, Some(bits)) if kind.starts_with("ECDSA") && bits < 256 => {
            Some((format!("its key is {}", shown(key)), false))
        }
        (kind, Some(_)) if kind.starts_with("ECDSA") => None,
        _ => {
            return Err(Gap {
                kind: GapKind::Manual,
                reason: format!("how strong a key of the kind {} is, is not known here", key.algorithm),
                wanted: "somebody who knows that kind of key".to_owned(),
                who_could_answer: "whoever issues the certificates".to_owned(),
            });
        }
    };
    Ok(fault)
}

fn shown(key: &Key) -> String {
    match key.bits {
        Some(bits) if !key.algorithm.starts_with("Ed") => format!("{} of {bits} bits", key.algorithm),
        _ => key.algorithm.clone(),
    }
}
