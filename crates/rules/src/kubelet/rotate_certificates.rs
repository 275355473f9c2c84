//! The client certificate of the kubelet. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-rotate-certificates",
        title: "The kubelet does not renew its client certificate",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("rotate_certificates.md"),
    },
    component: "kubelet",
    applies: Applies::from(8, "1.8 brought the flag"),
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "rotateCertificates",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Set("true"),
        remedy: "have the kubelet ask for a new certificate before the old one ends",
        breaks: &["Needs an approver for renewals (built in for kubelet client certificates when the roles are bound).", "Certificates that kubelet.conf embeds by hand are replaced by files."],
    }),
};
