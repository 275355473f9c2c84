//! Secrets that are written with AES-CBC. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, configuration::{InUse, encryption::{Encryption, With}}, running::Written};
use model::{Remedy, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-no-aescbc",
        title: "Secrets are encrypted with AES-CBC",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_aescbc.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::FileElse(counted) },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let providers = super::of_secrets(used)?;
    let Some(first) = providers.first() else { return Ok(say::file_is_fine(used.at, "no provider")) };
    if !matches!(first.with, With::AesCbc(_)) {
        return Ok(say::file_is_fine(&first.at, format!("`secrets` is written with {}", first.with.name())));
    }
    let remedy = remedy();
    let message = "`secrets` is written with aescbc, which is not authenticated: whoever can write to etcd can ask it for padding";
    let mut finding = say::in_file("resources[].providers[0].aescbc", message, &first.at, remedy);
    finding.subject = Some("secrets".to_owned());
    Ok(say::fail(finding))
}

fn remedy() -> Remedy {
    say::remedy(
        "put kms v2 or secretbox before aescbc, write every secret again, then take aescbc away",
        &["Removing aescbc before everything is written again makes old records unreadable; keep it as a later provider until then."],
        None,
    )
}

fn counted(server: &ApiServer) -> Option<Verdict> {
    let counted = super::counted(server)?;
    let message = format!("`secrets` were written with {} {}", counted.way.name(), super::SINCE);
    if counted.way != Written::AesCbc {
        return super::fine(&counted, message);
    }
    let message = format!("{message}, which is not authenticated: whoever can write to etcd can ask it for padding");
    Some(Ok(say::fail(super::wrong(&counted, message, remedy()))))
}
