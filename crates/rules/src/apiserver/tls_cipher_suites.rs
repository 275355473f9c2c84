//! The cipher suites that are agreed to. The page beside this file explains the rule and tests it.

use model::{Answer, Component, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Cure, Must, Row, Rule, row, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-tls-cipher-suites",
        title: "The API server agrees to weak cipher suites",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("tls_cipher_suites.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::CommandLine(check),
};

const SUITES: Row = Row {
    process: "kube-apiserver",
    setting: "tls-cipher-suites",
    must: Must::Hold {
        test: say::are_strong_suites,
        bad: "TLS_RSA_WITH_AES_128_CBC_SHA",
        good: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    },
    only_with: None,
    cure: Cure::Manual,
    remedy: "offer only suites with ECDHE and AEAD, or TLS 1.3 alone",
    breaks: &["Clients without ECDHE and AEAD cannot connect."],
};

fn check(component: &Component) -> Verdict {
    // The list is about TLS 1.2, which is not spoken where 1.3 is the least.
    let unread = match say::reading(component, "tls-min-version") {
        Ok(least) if least.in_force() == "VersionTLS13" => {
            return Ok(Answer {
                seen: vec![least.origin.clone()],
                because: say::is("tls-min-version", least.in_force(), &least.origin, &component.release),
                setting: Some(say::flag("tls-min-version")),
                ..Answer::default()
            });
        }
        Ok(_) | Err(Unanswered::NotApplicable(_)) => None,
        Err(unread) => Some(unread),
    };
    match (row::ask(&RULE.info, &SUITES, component)?, unread) {
        (answer, Some(unread)) if !answer.findings.is_empty() => Err(unread),
        (answer, _) => Ok(answer),
    }
}
