//! Which resources are encrypted at all. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, configuration::{InUse, encryption::Encryption}};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-resources-cover-sensitive",
        title: "Resources that hold credentials are not encrypted",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("resources_cover_sensitive.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::FileElse(counted) },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let providers = used.file.providers("secrets", used.minor);
    let plain = super::plain(used);
    let Some(first) = providers.first() else {
        let plain = plain.map(|plain| format!("; written in plain text today: {plain}")).unwrap_or_default();
        let remedy = say::remedy(
            "add an entry for `secrets`, or add it to the resources of one",
            &[
                "Wildcards encrypt every write, which takes time with a key management service.",
                "The first entry that matches counts, so that an entry behind a wildcard never does.",
            ],
            None,
        );
        // The first list of resources is where one would write it.
        let at = used.file.entries.first().and_then(|entry| entry.resources.first()).map_or(used.at, |first| &first.at);
        let message = format!("no entry covers `secrets`{plain}");
        let mut finding = say::in_file("resources[].resources", message, at, remedy);
        finding.subject = Some("secrets".to_owned());
        finding.severity = Some(Severity::High);
        return Ok(say::fail(finding));
    };
    let because = match plain {
        Some(plain) => format!("`secrets` has an entry; written in plain text today: {plain}"),
        None => "`secrets` has an entry, and nothing is written in plain text".to_owned(),
    };
    Ok(say::file_is_fine(&first.at, because))
}

/// What no entry covers is not counted.
fn counted(server: &ApiServer) -> Option<Verdict> {
    let counted = super::counted(server)?;
    super::fine(&counted, format!("`secrets` has an entry: they were written with {} {}", counted.way.name(), super::SINCE))
}
