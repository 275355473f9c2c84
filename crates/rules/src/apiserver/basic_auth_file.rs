//! Passwords from a file. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-basic-auth-file",
        title: "Passwords from a file open the API server",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("basic_auth_file.md"),
    },
    component: "apiserver",
    applies: Applies::until(18, "1.19 removed the flag: a server given it does not start"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "basic-auth-file",
        must: Must::BeEmpty,
        only_with: None,
        cure: Cure::Remove,
        remedy: "take the password file away",
        breaks: &["Whatever logs in with a password is refused, old dashboards and scripts among it; give each a certificate, a token or OpenID Connect first."],
    }),
};
