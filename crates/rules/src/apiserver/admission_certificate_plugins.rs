//! A plug-in that guards certificate requests is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-certificate-plugins",
        title: "Certificates can be approved without the right to",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_certificate_plugins.md"),
    },
    component: "apiserver",
    applies: Applies::from(18, "1.18 brought the plug-ins"),
    check: Check::Plugins(Plugins {
        names: &["CertificateApproval", "CertificateSigning", "CertificateSubjectRestriction"],
        run: Run::All,
        confidence: Confidence::Certain,
        remedy: "turn `CertificateApproval` and its siblings on again",
        breaks: &["Approvers without the right to approve for a signer are refused."],
    }),
};
