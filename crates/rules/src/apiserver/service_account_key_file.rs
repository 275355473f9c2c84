//! No key is named for the tokens of service accounts. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several, row, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-key-file",
        title: "Tokens of service accounts are signed with the serving key",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("service_account_key_file.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const KEYS: Several = Several::Any(&[Row {
        process: "kube-apiserver",
        setting: "service-account-key-file",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the tokens of service accounts a key of their own",
        breaks: &["Tokens that the old key signed are refused unless that key stays as a second file."],
    }, Row {
        process: "kube-apiserver",
        setting: "service-account-signing-endpoint",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name an external signer",
        breaks: &[],
    }]);

/// Flags of the pair that is served; a key may be taken out of a certificate, too (client-go util/keyutil,
/// `ParsePublicKeysPEM`).
const SERVED: [&str; 2] = ["tls-private-key-file", "tls-cert-file"];

fn check(server: &ApiServer) -> Verdict {
    let answer = row::ask_several(&RULE.info, &KEYS, server.component())?;
    let Ok(keys) = server.get(&flag::SERVICE_ACCOUNT_KEY_FILE) else { return Ok(answer) };
    let mut served = SERVED.iter().filter_map(|name| Some((*name, say::reading(server.component(), name).ok()?)));
    let shared = served.find(|(_, served)| keys.value.iter().any(|path| path == served.in_force()));
    let Some((name, served)) = shared.filter(|_| answer.findings.is_empty()) else { return Ok(answer) };
    let message = format!(
        "`{}` names `{}`, which is what `{}` serves",
        say::flag(keys.setting.name),
        served.in_force(),
        say::flag(name)
    );
    let remedy = say::remedy(
        "give the tokens of service accounts a key of their own",
        &["Tokens that the old key signed are refused unless that key stays as a second file."],
        None,
    );
    let mut finding = say::wrong(keys.setting.name, message, keys.origin(), remedy);
    finding.because.extend(say::label(&served.origin, "the same file"));
    Ok(say::fail(finding))
}
