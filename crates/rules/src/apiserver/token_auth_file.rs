//! Tokens from a file. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-token-auth-file",
        title: "Tokens from a file open the API server, for ever",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("token_auth_file.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "token-auth-file",
        must: Must::BeEmpty,
        only_with: None,
        cure: Cure::Remove,
        remedy: "take the token file away",
        breaks: &["Everything that uses one of its tokens is refused after the restart; some installers give such tokens to kubelets or to monitoring."],
    }),
};
