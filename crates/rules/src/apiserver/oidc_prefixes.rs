//! Users or groups of the identity provider have the names that the provider gives them. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Finding, RuleCard, Severity, Unanswered, Verdict};

use super::oidc;
use crate::{Applies, Check, Rule, say};

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
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    oidc::issuer(server)?;
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

fn groups(server: &ApiServer) -> Verdict {
    let claim = server.get(&flag::OIDC_GROUPS_CLAIM)?;
    if claim.value.is_empty() {
        return Ok(say::fine(server.component(), claim.setting.name, claim.reading));
    }
    let prefix = match server.get(&flag::OIDC_GROUPS_PREFIX) {
        Ok(prefix) => prefix,
        // 1.8 brought the prefixes.
        Err(Unanswered::NotApplicable(reason)) => {
            let mut finding = say::wrong(claim.setting.name, format!("groups cannot have a prefix: {reason}"), claim.origin(), remedy());
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
