//! Names that the serving certificate lacks. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag, pki::Certificate};
use model::{Answer, Finding, Location, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-serving-cert-san",
        title: "The certificate of the API server lacks names that clients use, or has others",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("serving_cert_san.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

/// What pods call it (kubernetes.io/docs/setup/best-practices/certificates); what follows is the domain of the cluster.
const NAMES: [&str; 3] = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];

fn check(server: &ApiServer) -> Verdict {
    if server.get(&flag::TLS_CERT_FILE)?.value.is_empty() {
        let reason = "`--tls-cert-file` is not set, so that the server makes a certificate for itself";
        return Err(Unanswered::NotApplicable(reason.to_owned()));
    }
    let Some(file) = server.key_file("tls-cert-file") else {
        return Err(Unanswered::NotApplicable("no file holds its certificate".to_owned()));
    };
    let certificates = file.certificates();
    // What it shows to whoever calls is what it serves, whichever file that was read from.
    let (certificate, at) = match (&certificates, server.shown()) {
        (Ok(certificates), _) => match certificates.first() {
            Some(first) => *first,
            None => return Err(Unanswered::NotApplicable(format!("`{}` holds no certificate", file.path))),
        },
        (Err(_), Some(shown)) => shown,
        (Err(gap), None) => return Err(Unanswered::Gap(gap.clone())),
    };
    if certificate.hosts.is_empty() {
        let message = "it names no host but by `CN`, which no client looks at".to_owned();
        return Ok(say::fail(wrong(message, at)));
    }
    let mut answer = Answer::default();
    let missing = missing(server, certificate, &mut answer);
    let wild: Vec<&str> =
        certificate.hosts.iter().map(String::as_str).filter(|host| host.starts_with("*.")).collect();
    let mut faults = Vec::new();
    if !missing.is_empty() {
        faults.push(format!("it does not name {}", missing.join(", ")));
    }
    if !wild.is_empty() {
        faults.push(format!("it is good for every host of {}", wild.join(", ")));
    }
    if !faults.is_empty() {
        answer.findings.push(wrong(faults.join(", and "), at));
        return Ok(answer);
    }
    let seen: Vec<Origin> = vec![certificates::place(at)];
    Ok(Answer { seen, because: format!("it names {}", certificate.hosts.join(", ")), ..answer })
}

/// What it should name and does not, as far as that is known; the rest is left open.
fn missing(server: &ApiServer, certificate: &Certificate, answer: &mut Answer) -> Vec<String> {
    let names = |name: &str| certificate.hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
    let mut missing: Vec<String> =
        NAMES.into_iter().filter(|name| !names(name)).map(|name| format!("`{name}`")).collect();
    let within = |host: &String| host.strip_prefix("kubernetes.default.svc.").is_some_and(|domain| !domain.is_empty());
    if !certificate.hosts.iter().any(within) {
        missing.push("`kubernetes.default.svc` with the domain of the cluster behind it".to_owned());
    }
    let mut wants = |address: Result<Option<String>, Unanswered>| match address {
        Ok(Some(address)) if !names(&address) => missing.push(format!("`{address}`")),
        Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
        _ => {}
    };
    wants(server.service_address().map(|address| Some(address.to_string())));
    let advertised = server.get(&flag::ADVERTISE_ADDRESS).map(|held| held.value);
    wants(advertised.map(|address| Some(address).filter(|address| !matches!(address.as_str(), "" | "<nil>"))));
    missing
}

fn wrong(message: String, at: &Location) -> Finding {
    let remedy = say::remedy(
        "issue it for every name and address that clients use, and for no other",
        &["A client that uses a name which is dropped is cut off."],
        None,
    );
    say::wrong("tls-cert-file", message, &certificates::place(at), remedy)
}
