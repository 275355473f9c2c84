//! The provider that writes secrets. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, configuration::{InUse, encryption::{Encryption, With}}, running::Written};
use model::{Remedy, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-providers-strong",
        title: "New secrets are not encrypted with a recommended provider",
        severity: Severity::High,
        fix: None,
        page: include_str!("providers_strong.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::FileElse(counted) },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let providers = super::of_secrets(used)?;
    let Some(first) = providers.first() else { return Ok(say::file_is_fine(used.at, "no provider")) };
    let (why, because) = match &first.with {
        With::Kms(_) | With::Secretbox(_) => (None, format!("`secrets` is written with {}", first.with.name())),
        // Whether its keys are rotated is a rule of its own.
        With::AesGcm(_) => (None, "`secrets` is written with aesgcm, whose keys have to be rotated".to_owned()),
        With::AesCbc(_) => (
            Some("`secrets` is written with aescbc, which does not notice a change; CIS takes it, kubernetes.io advises against it"),
            String::new(),
        ),
        With::Identity => (Some("`secrets` is written with identity, which is no encryption"), String::new()),
    };
    let Some(message) = why else { return Ok(say::file_is_fine(&first.at, because)) };
    let mut finding = say::in_file("resources[].providers[0]", message, &first.at, remedy());
    finding.subject = Some("secrets".to_owned());
    Ok(say::fail(finding))
}

fn remedy() -> Remedy {
    say::remedy(
        "write secrets with kms v2 or secretbox: add the provider, put it first once every server has it, write every secret again",
        &[
            "Until every API server has the new provider for reading, those without it cannot read what the others write.",
            "The old provider has to stay behind the new one until every object is written again.",
        ],
        None,
    )
}

fn counted(server: &ApiServer) -> Option<Verdict> {
    let counted = super::counted(server)?;
    let message = format!("`secrets` were written with {} {}", counted.way.name(), super::SINCE);
    let why = match counted.way {
        Written::Kms | Written::Secretbox | Written::AesGcm => return super::fine(&counted, message),
        Written::AesCbc => "which does not notice a change; CIS takes it, kubernetes.io advises against it",
        Written::Plain => "which is no encryption",
    };
    Some(Ok(say::fail(super::wrong(&counted, format!("{message}, {why}"), remedy()))))
}
