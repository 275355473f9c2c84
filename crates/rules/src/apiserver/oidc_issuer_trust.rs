//! The address of the identity provider is not one of https. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::oidc;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-oidc-issuer-trust",
        title: "The identity provider is believed without being verified",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("oidc_issuer_trust.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let issuer = oidc::issuer(server)?;
    let name = issuer.setting.name;
    let fine = say::fine(server.component(), name, issuer.reading);
    if !issuer.value.starts_with("https://") {
        let remedy = say::remedy(
            "name the https address of the provider",
            &["Behind an authority of your own every login fails until `--oidc-ca-file` names it."],
            None,
        );
        return Ok(say::fail(say::wrong(name, fine.because, issuer.origin(), remedy)));
    }
    let authority = server.get(&flag::OIDC_CA_FILE)?;
    if !authority.value.is_empty() {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("whether the certificates in `{}` still hold was not looked at", authority.value),
            wanted: format!("the certificates in {}", authority.value),
            who_could_answer: "`openssl x509 -noout -enddate` on the node".to_owned(),
        }));
    }
    // The authorities of the system vouch for it then, and a provider that they do not know is not believed.
    Ok(fine)
}
