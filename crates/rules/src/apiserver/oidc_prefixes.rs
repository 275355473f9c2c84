//! Users or groups of the identity provider have the names that the provider gives them. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        authn::{Authentication, Issuer, Of},
    },
    flag,
};
use model::{Answer, Finding, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::oidc::{self, Providers};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-oidc-prefixes",
        title: "An identity provider can give out the names of the system",
        severity: Severity::High,
        fix: None,
        page: include_str!("oidc_prefixes.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Authentication(alone), server: OfServer::Whole(check) },
};

/// Of a file that is given by itself.
fn alone(file: &InUse<'_, Authentication>) -> Verdict {
    Ok(in_file(oidc::of_file(file)?))
}

fn check(server: &ApiServer) -> Verdict {
    if let Providers::File(issuers) = oidc::providers(server)? {
        return Ok(in_file(issuers));
    }
    let mut answer = Answer::default();
    let mut because = Vec::new();
    for question in [groups, username] {
        match question(server) {
            Ok(one) => {
                answer.findings.extend(one.findings);
                answer.seen.extend(one.seen);
                answer.setting = answer.setting.or(one.setting);
                because.push(one.because);
            }
            Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
            Err(Unanswered::NotApplicable(_)) => {}
        }
    }
    because.retain(|one| !one.is_empty());
    answer.because = because.join(", ");
    Ok(answer)
}

fn in_file(issuers: &[Issuer]) -> Answer {
    let mut answer = Answer {
        because: "no issuer of the file can give out names of the system".to_owned(),
        setting: Some(oidc::FIELD.to_owned()),
        ..Answer::default()
    };
    for issuer in issuers {
        for (what, of, mapping) in [("groups", Of::Groups, &issuer.groups), ("users", Of::Users, &issuer.username)] {
            let Some(mapping) = mapping else { continue };
            answer.seen.push(oidc::written(&mapping.at));
            // As with the flags: nobody has a mail address that begins like a name of the system.
            let mail = match (&mapping.claim, &mapping.expression) {
                (Some(claim), _) => claim.value == "email",
                (None, Some(_)) => {
                    mapping.names.contains("email")
                        && mapping.names.iter().all(|name| matches!(name.as_str(), "email" | "email_verified"))
                }
                (None, None) => continue,
            };
            let prefix = mapping.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
            let is_apart = !prefix.is_empty() && !reaches_the_system(prefix);
            if is_apart || (of == Of::Users && mail && prefix.is_empty()) {
                continue;
            }
            // A rule may refuse such names instead.
            let through = if prefix.is_empty() {
                issuer.lets_through(of)
            } else {
                issuer.user_rules.is_empty().then_some(Some("system:"))
            };
            match through {
                Some(None) => {}
                None => {
                    let by = if mapping.expression.is_some() { "an expression" } else { "a rule" };
                    answer.gaps.push(by_expression(issuer, what, by));
                }
                Some(Some(name)) => {
                    let state = match (&mapping.expression, prefix) {
                        (Some(_), _) => format!("can have the name `{name}`"),
                        (None, "") if issuer.user_rules.is_empty() => "have no prefix".to_owned(),
                        (None, "") => format!("have no prefix, and no rule refuses `{name}`"),
                        (None, prefix) => format!("have the prefix `{prefix}`"),
                    };
                    let message = format!("{what} of `{}` {state}", oidc::name(issuer));
                    let place = mapping.prefix.as_ref().or(mapping.expression.as_ref());
                    let at = place.map_or(&mapping.at, |place| &place.at);
                    answer.findings.push(oidc::wrong(issuer, what, message, at, remedy()));
                }
            }
        }
    }
    answer
}

fn by_expression(issuer: &Issuer, what: &str, by: &str) -> Gap {
    Gap {
        kind: GapKind::Manual,
        reason: format!(
            "what becomes of {what} of `{}` depends on {by} in CEL, which is not followed here",
            oidc::name(issuer)
        ),
        wanted: format!("what {by} makes of names that begin with `system:`"),
        who_could_answer: "whoever maintains the AuthenticationConfiguration".to_owned(),
    }
}

fn groups(server: &ApiServer) -> Verdict {
    let claim = server.get(&flag::OIDC_GROUPS_CLAIM)?;
    if claim.value.is_empty() {
        return Ok(say::fine(server.component(), claim.setting.name, claim.reading));
    }
    let prefix = match server.get(&flag::OIDC_GROUPS_PREFIX) {
        Ok(prefix) => prefix,
        // 1.8 brought the prefixes.
        Err(Unanswered::NotApplicable(reason)) => {
            let mut finding = say::wrong(
                claim.setting.name,
                format!("groups cannot have a prefix: {reason}"),
                claim.origin(),
                remedy(),
            );
            finding.subject = Some("groups".to_owned());
            return Ok(say::fail(finding));
        }
        Err(gap) => return Err(gap),
    };
    let fine = say::fine(server.component(), prefix.setting.name, prefix.reading);
    if prefix.value.is_empty() || reaches_the_system(&prefix.value) {
        return Ok(say::fail(Finding {
            subject: Some("groups".to_owned()),
            because: say::label(claim.origin(), "groups are taken from this claim").into_iter().collect(),
            ..say::wrong(prefix.setting.name, fine.because, prefix.origin(), remedy())
        }));
    }
    Ok(fine)
}

fn username(server: &ApiServer) -> Verdict {
    let prefix = server.get(&flag::OIDC_USERNAME_PREFIX)?;
    let fine = say::fine(server.component(), prefix.setting.name, prefix.reading);
    let claim = server.get(&flag::OIDC_USERNAME_CLAIM)?;
    // `-` means none; nothing means the issuer, and none for the claim `email` (pkg/kubeapiserver/options/authentication.go).
    let none = prefix.value == "-" && claim.value != "email";
    if none || (!prefix.value.is_empty() && reaches_the_system(&prefix.value)) {
        return Ok(say::fail(Finding {
            subject: Some("users".to_owned()),
            ..say::wrong(prefix.setting.name, fine.because, prefix.origin(), remedy())
        }));
    }
    Ok(fine)
}

/// Whether something behind the prefix makes it a name of the system.
fn reaches_the_system(prefix: &str) -> bool {
    "system:".starts_with(prefix) || prefix.starts_with("system:")
}

fn remedy() -> model::Remedy {
    say::remedy(
        "give the names of the provider a prefix of their own, such as `oidc:`",
        &["Bindings, audit rules and webhooks that use the old names match nobody any more."],
        None,
    )
}
