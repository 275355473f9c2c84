//! Tokens from a file. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Label, RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Cure, Must, Row, Rule, row};

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
    check: Check::ApiServer(check),
};

const FILE: Row = Row {
    process: "kube-apiserver",
    setting: "token-auth-file",
    must: Must::BeEmpty,
    only_with: None,
    cure: Cure::Remove,
    remedy: "take the token file away",
    breaks: &["Everything that uses one of its tokens is refused after the restart; some installers give such tokens to kubelets or to monitoring."],
};

fn check(server: &ApiServer) -> Verdict {
    let mut answer = row::ask(&RULE.info, &FILE, server.component())?;
    let Some(admin) = server.listed().masters.first() else { return Ok(answer) };
    for finding in &mut answer.findings {
        finding.severity = Some(Severity::High);
        finding.message.push_str(&format!(", and `{}` in it is in `system:masters`", admin.value));
        finding.because.push(Label { at: admin.at.clone(), text: "an administrator by a token".to_owned() });
    }
    Ok(answer)
}
