//! Users or groups of the identity provider have the names that the provider gives them. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        authn::{Authentication, Issuer},
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
        because: "every issuer of the file gives its names a prefix".to_owned(),
        setting: Some(oidc::FIELD.to_owned()),
        ..Answer::default()
    };
    for issuer in issuers {
        for (what, mapping) in [("groups", &issuer.groups), ("users", &issuer.username)] {
            let Some(mapping) = mapping else { continue };
            answer.seen.push(oidc::written(&mapping.at));
            let Some(claim) = &mapping.claim else {
                answer.gaps.extend(mapping.expression.as_ref().map(|_| by_expression(issuer, what, "an expression")));
                continue;
            };
            // As with the flags: nobody has a mail address that begins like a name of the system.
            let mail = what == "users" && claim.value == "email";
            let prefix = mapping.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
            if (prefix.is_empty() && mail) || (!prefix.is_empty() && !reaches_the_system(prefix)) {
                continue;
            }
            // A rule may refuse such names instead.
            if !issuer.user_rules.is_empty() {
                answer.gaps.push(by_expression(issuer, what, "a rule"));
                continue;
            }
            let state =
                if prefix.is_empty() { "have no prefix".to_owned() } else { format!("have the prefix `{prefix}`") };
            let message = format!("{what} of `{}` {state}", oidc::name(issuer));
            let at = mapping.prefix.as_ref().map_or(&mapping.at, |prefix| &prefix.at);
            answer.findings.push(oidc::wrong(issuer, what, message, at, remedy()));
        }
    }
    answer
}

fn by_expression(issuer: &Issuer, what: &str, by: &str) -> Gap {
    Gap {
        kind: GapKind::Manual,
        reason: format!("what becomes of {what} of `{}` depends on {by} in CEL, which was not run", oidc::name(issuer)),
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
