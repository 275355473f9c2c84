//! The address of the identity provider is not one of https. The page beside this file explains the rule and tests it.

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
use crate::{Applies, Check, OfFile, OfServer, Rule, certificates, say};

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
    check: Check::File { of: OfFile::Authentication(alone), server: OfServer::Whole(check) },
};

/// Of a file that is given by itself.
fn alone(file: &InUse<'_, Authentication>) -> Verdict {
    Ok(in_file(oidc::of_file(file)?))
}

fn check(server: &ApiServer) -> Verdict {
    let issuer = match oidc::providers(server)? {
        Providers::File(issuers) => return Ok(in_file(issuers)),
        Providers::Flags(issuer) => issuer,
    };
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
        let Some(file) = server.key_file(authority.setting.name) else {
            return Err(Unanswered::Gap(expiry(&authority.value)));
        };
        let known = file.certificates()?;
        if known.is_empty() {
            return Err(Unanswered::Gap(expiry(&authority.value)));
        }
        // How long they hold, `pki-ca-expiry` says.
        let mut answer = fine;
        answer.seen.extend(known.iter().map(|(_, at)| certificates::place(at)));
        answer.because = format!("{}, and `{}` vouches for it", answer.because, authority.value);
        return Ok(answer);
    }
    // The authorities of the system vouch for it then, and a provider that they do not know is not believed.
    Ok(fine)
}

fn in_file(issuers: &[Issuer]) -> Answer {
    let mut answer = Answer {
        because: "every issuer of the file has an https address".to_owned(),
        setting: Some(oidc::FIELD.to_owned()),
        ..Answer::default()
    };
    for issuer in issuers {
        for (what, url) in [("address", &issuer.url), ("discovery", &issuer.discovery_url)] {
            let Some(url) = url else { continue };
            answer.seen.push(oidc::written(&url.at));
            if !url.value.starts_with("https://") && !url.value.is_empty() {
                let remedy = say::remedy("name the https address of the provider", &[], None);
                let message = format!("`{}` is not https", url.value);
                answer.findings.push(oidc::wrong(issuer, what, message, &url.at, remedy));
            }
        }
        // How long they hold, `pki-ca-expiry` says.
        if let Some(at) = &issuer.certificate_authority {
            answer.seen.push(oidc::written(at));
            for fault in issuer.authorities.iter().filter_map(|one| one.as_ref().err()) {
                answer.gaps.push(unreadable(oidc::name(issuer), fault));
            }
        }
    }
    answer
}

fn unreadable(issuer: &str, fault: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("a certificate that `{issuer}` is believed by cannot be used: {fault}"),
        wanted: format!("the certificates of the authority of `{issuer}`"),
        who_could_answer: "whoever made that certificate".to_owned(),
    }
}

fn expiry(path: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` holds no certificate that can be read"),
        wanted: format!("the authority's certificates in `{path}`"),
        who_could_answer: "`openssl x509 -noout -enddate` on the node".to_owned(),
    }
}
