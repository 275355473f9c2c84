//! Secrets that are stored as they are although a file says how to encrypt them. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, configuration::{InUse, encryption::{Encryption, With}}, running::Written};
use model::{Answer, Remedy, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-identity-not-first",
        title: "Sensitive resources are written in plain text although encryption is configured",
        severity: Severity::High,
        fix: None,
        page: include_str!("identity_not_first.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::FileElse(counted) },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let mut answer = Answer::default();
    let mut encrypted = Vec::new();
    for (resource, providers) in super::sensitive(used) {
        let Some(first) = providers.first() else { continue };
        if first.with != With::Identity {
            encrypted.push(format!("`{resource}` is written with {}", first.with.name()));
            answer.seen.push(say::field(&first.at));
            continue;
        }
        let behind: Vec<String> = providers.iter().skip(1).map(|provider| provider.with.name().to_owned()).collect();
        let unused = if behind.is_empty() {
            "no other provider is named".to_owned()
        } else {
            format!("{} only {}", say::and(&behind), if behind.len() == 1 { "reads" } else { "read" })
        };
        let plain = super::plain(used).map(|plain| format!("; written in plain text today: {plain}")).unwrap_or_default();
        let remedy = remedy();
        let message = format!("`identity` comes first for `{resource}`, and {unused}{plain}");
        let mut finding = say::in_file("resources[].providers[0]", message, &first.at, remedy);
        finding.subject = Some(resource.to_owned());
        finding.because.extend(providers.get(1).map(|next| super::label(next, "reads only")));
        answer.findings.push(finding);
    }
    if answer.findings.is_empty() && encrypted.is_empty() {
        return Ok(say::file_is_fine(used.at, "no entry covers a sensitive resource, so that none has `identity` first"));
    }
    answer.because = encrypted.join(", ");
    Ok(answer)
}

fn remedy() -> Remedy {
    say::remedy(
        "put an encrypting provider first and `identity` last, then write every object again",
        &[
            "As long as one API server lacks the new key it cannot read what the others write: give every server the key \
             for reading first.",
            "What is stored stays in plain text until it is written again.",
        ],
        None,
    )
}

/// How secrets were written tells what comes first for them, and nothing of other resources.
fn counted(server: &ApiServer) -> Option<Verdict> {
    let counted = super::counted(server)?;
    (counted.way == Written::Plain).then(|| {
        let message = format!("`identity` comes first for `secrets`: they were written in plain text {}", super::SINCE);
        Ok(say::fail(super::wrong(&counted, message, remedy())))
    })
}
