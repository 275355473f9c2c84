//! Whether people have another way in than certificates, and use it. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    flag,
    kubeconfig::{ClientCertificate, Kubeconfig, User, site},
    pki::Certificate,
};
use model::{Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "users-no-client-certificates",
        title: "People can log in with certificates alone, which nobody can take back",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_client_certificates.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Logins { server: check, user },
};

fn check(server: &ApiServer) -> Verdict {
    match server.issuers()? {
        Some(issuers) if !issuers.is_empty() => return Err(people(&format!("the identity providers of a file ({})", issuers.len()))),
        _ => {}
    }
    let issuer = server.get(&flag::OIDC_ISSUER_URL)?;
    if !issuer.value.is_empty() {
        return Err(people(&format!("`{}`", issuer.value)));
    }
    let webhook = server.get(&flag::AUTHENTICATION_TOKEN_WEBHOOK_CONFIG_FILE)?;
    if !webhook.value.is_empty() {
        return Err(people("a webhook"));
    }
    let remedy = say::remedy(
        "let people log in with an identity provider, or a webhook that asks one",
        &["People have no way in until the provider works; keep one certificate for the day on which it does not."],
        None,
    );
    let message = "no identity provider and no webhook knows people";
    Ok(say::fail(say::wrong("oidc-issuer-url", message, issuer.origin(), remedy)))
}

/// They can log in otherwise; whether they do, only those who issue certificates can tell.
fn people(by: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Manual,
        reason: format!("people can log in by {by}; whether some still use certificates was not looked at"),
        wanted: "who has a certificate".to_owned(),
        who_could_answer: "whoever issues certificates, and audit logs".to_owned(),
    })
}

/// The administrator of k3s and of OpenShift, whom people are; every other name of the system is a component's.
const ADMINISTRATOR: &str = "system:admin";

fn user(config: &Kubeconfig, user: &User) -> Verdict {
    if let Some(flag) = config.webhook {
        return Err(Unanswered::NotApplicable(format!("`--{flag}` names the file, so its user is an API server")));
    }
    let Some(certificate) = &user.certificate else {
        return Err(Unanswered::NotApplicable(format!("`{}` logs in without a certificate", user.name)));
    };
    let leaf = leaf(user, &certificate.value)?;
    let is_component = leaf.subject.common_name.as_deref().is_some_and(|name| name.starts_with("system:") && name != ADMINISTRATOR)
        || leaf.subject.organizations.iter().any(|group| group == "system:nodes");
    if is_component {
        let reason = format!("`{}` is `{}`, which is no person", user.name, leaf.subject.text);
        return Err(Unanswered::NotApplicable(reason));
    }
    let remedy = say::remedy(
        "let whoever it is log in with an identity provider, and keep one certificate for the day on which that does not work",
        &["Whoever logs in with it needs another way first."],
        None,
    );
    let message = format!("`{}` logs in with a certificate, for `{}`", user.name, leaf.subject.text);
    let origin = Origin::Written(site(&certificate.at));
    Ok(say::fail(Finding {
        setting: None,
        // A name tells a person from a program, most of the time.
        confidence: Confidence::Probable,
        ..say::wrong("", message, &origin, remedy)
    }))
}

/// The certificate that a user shows, or why it is not known.
fn leaf<'a>(user: &'a User, certificate: &'a ClientCertificate) -> Result<&'a Certificate, Unanswered> {
    let gap = |kind: GapKind, reason: String| {
        let (wanted, who) = (format!("the certificate of `{}`", user.name), "whoever wrote the file".to_owned());
        Unanswered::Gap(Gap { kind, reason, wanted, who_could_answer: who })
    };
    let found = match certificate {
        ClientCertificate::Templated(marker) => {
            let reason = format!("the certificate of `{}` is still to be filled in: `{marker}`", user.name);
            return Err(gap(GapKind::Templated, reason));
        }
        ClientCertificate::Data(chain) => chain.first(),
        ClientCertificate::File(_) => match &user.certificate_file {
            Some(file) => match &file.items {
                Ok(_) => file.leaf(),
                Err(gap) => return Err(Unanswered::Gap(gap.clone())),
            },
            None => None,
        },
    };
    found.ok_or_else(|| gap(GapKind::Unread, format!("the certificate of `{}` cannot be read", user.name)))
}
