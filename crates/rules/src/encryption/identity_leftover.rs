//! The provider that reads plain text, behind those that encrypt. The page beside this file explains the rule and tests it.

use facts::configuration::{InUse, encryption::{Encryption, With}};
use model::{Confidence, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-identity-leftover",
        title: "Secrets in plain text are still read",
        severity: Severity::Low,
        fix: None,
        page: include_str!("identity_leftover.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::File },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let providers = super::of_secrets(used)?;
    let Some(at) = providers.iter().position(|provider| provider.with == With::Identity) else {
        let first = providers.first().map_or(used.at, |first| &first.at);
        return Ok(say::file_is_fine(first, "no entry that covers `secrets` lists identity"));
    };
    let remedy = say::remedy(
        "write every secret again, then take `identity` away",
        &["Dropping `identity` before all objects are written again makes the plain ones unreadable: lists of secrets fail and \
           controllers stop."],
        None,
    );
    let message = if at == 0 {
        "`identity` is listed for `secrets`, and it comes first"
    } else {
        "`identity` is listed for `secrets`: a record that somebody puts into etcd in plain text is taken for one of the server's"
    };
    let Some(identity) = providers.get(at) else { return Ok(say::file_is_fine(used.at, "no provider")) };
    let mut finding = say::in_file("resources[].providers[]", message, &identity.at, remedy);
    finding.subject = Some("secrets".to_owned());
    // A migration needs it, and no file says whether one is under way.
    finding.confidence = Confidence::Probable;
    Ok(say::fail(finding))
}
