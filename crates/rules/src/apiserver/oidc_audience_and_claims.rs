//! Tokens of the identity provider are taken with a signature that the provider does not alone make. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        authn::{Authentication, Issuer},
    },
    flag,
};
use model::{Answer, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::oidc::{self, Providers};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-oidc-audience-and-claims",
        title: "Tokens of the identity provider may be meant for others",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("oidc_audience_and_claims.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Authentication(alone), server: OfServer::Whole(check) },
};

/// Algorithms whose keys only the provider has.
const ASYMMETRIC: [&str; 9] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];

/// Of a file that is given by itself.
fn alone(file: &InUse<'_, Authentication>) -> Verdict {
    Ok(in_file(oidc::of_file(file)?))
}

fn check(server: &ApiServer) -> Verdict {
    if let Providers::File(issuers) = oidc::providers(server)? {
        return Ok(in_file(issuers));
    }
    let client = server.get(&flag::OIDC_CLIENT_ID)?;
    // 1.10 brought the list; up to then it was RS256.
    match server.get(&flag::OIDC_SIGNING_ALGS) {
        Ok(algorithms) => {
            if let Some(weak) = algorithms.value.iter().find(|name| !ASYMMETRIC.contains(&name.as_str())) {
                let name = algorithms.setting.name;
                let remedy = say::remedy("name the algorithm that the provider signs with, mostly RS256", &[], None);
                let message = format!("`{}` has `{weak}`", say::flag(name));
                return Ok(say::fail(say::wrong(name, message, algorithms.origin(), remedy)));
            }
        }
        Err(Unanswered::NotApplicable(_)) => {}
        Err(gap) => return Err(gap),
    }
    Err(Unanswered::Gap(only_here(&format!("the client `{}` is", client.value))))
}

fn in_file(issuers: &[Issuer]) -> Answer {
    let unknown = |issuer| only_here(&format!("the audiences of `{}` are", oidc::name(issuer)));
    Answer { gaps: issuers.iter().map(unknown).collect(), ..Answer::default() }
}

fn only_here(what: &str) -> Gap {
    Gap {
        kind: GapKind::Manual,
        reason: format!("whether {what} this cluster's alone is not to be seen"),
        wanted: "the clients that are registered with the provider".to_owned(),
        who_could_answer: "whoever runs the identity provider".to_owned(),
    }
}
