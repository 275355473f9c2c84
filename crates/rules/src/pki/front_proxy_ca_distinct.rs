//! One authority for clients and for the front proxy. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    flag,
    pki::{Certificate, KeyFile},
};
use model::{Answer, Location, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-front-proxy-ca-distinct",
        title: "Every client may say that it speaks for somebody else",
        severity: Severity::High,
        fix: None,
        page: include_str!("front_proxy_ca_distinct.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const CLIENTS: &str = "client-ca-file";
const PROXIES: &str = "requestheader-client-ca-file";

fn check(server: &ApiServer) -> Verdict {
    let (clients, proxies) = (server.get(&flag::CLIENT_CA_FILE)?, server.get(&flag::REQUESTHEADER_CLIENT_CA_FILE)?);
    if proxies.value.is_empty() {
        return Err(Unanswered::NotApplicable(format!("`--{PROXIES}` is not set")));
    }
    if clients.value.is_empty() {
        return Err(Unanswered::NotApplicable(format!("`--{CLIENTS}` is not set, so that no client has a certificate")));
    }
    if clients.value == proxies.value {
        let message = format!("`--{PROXIES}` names the file of `--{CLIENTS}`");
        return Ok(wrong(server, message, None));
    }
    let fine = say::fine(server.component(), PROXIES, proxies.reading);
    let (Some(of_clients), Some(of_proxies)) = (server.key_file(CLIENTS), server.key_file(PROXIES)) else {
        return Err(Unanswered::NotApplicable("no file names an authority".to_owned()));
    };
    let shared = shared(of_clients, of_proxies)?;
    match shared.first() {
        None => Ok(Answer { because: "the authorities of clients and of proxies have no key in common".to_owned(), ..fine }),
        Some((certificate, at)) => {
            let message = format!("`{}` is an authority of clients and of proxies", certificate.subject.text);
            Ok(wrong(server, message, Some(at)))
        }
    }
}

/// Authorities of the second file whose key is that of one of the first.
fn shared<'a>(
    clients: &'a KeyFile,
    proxies: &'a KeyFile,
) -> Result<Vec<(&'a Certificate, &'a Location)>, Unanswered> {
    let known = clients.certificates()?;
    let same = |one: &Certificate| known.iter().any(|(other, _)| one.key.public.is_some() && one.key == other.key);
    Ok(proxies.certificates()?.into_iter().filter(|(certificate, _)| same(certificate)).collect())
}

fn wrong(server: &ApiServer, message: String, at: Option<&Location>) -> Answer {
    // A name that only the proxy has keeps the others from speaking for anybody.
    let names = server.get(&flag::REQUESTHEADER_ALLOWED_NAMES).ok().filter(|names| !names.value.is_empty());
    let remedy = say::remedy(
        "give the front proxy an authority of its own",
        &["Aggregated APIs answer with 401 until the certificate of the proxy is issued anew as well."],
        None,
    );
    let place = server.get(&flag::REQUESTHEADER_CLIENT_CA_FILE).ok().map(|held| held.origin().clone());
    let primary = at.map(certificates::place).or(place);
    let Some(primary) = primary else { return Answer::default() };
    let mut finding = say::wrong(PROXIES, message, &primary, remedy);
    if let Some(names) = names {
        finding.severity = Some(Severity::Medium);
        finding.message.push_str(&format!("; only {} may say whom they speak for", names.value.join(", ")));
    }
    say::fail(finding)
}
