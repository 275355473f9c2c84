//! What clients are told of the servers they talk to. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    kubeconfig::{Authority, Carried, Endpoint, Skips, Transport, site},
};
use model::{
    Answer, Change, Confidence, Finding, Gap, GapKind, Label, Location, Origin, Remedy, RuleCard, Safety, Severity, Unanswered,
    Verdict,
};

use super::trust::{self, Shown, Trust};
use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-tls-client-trust",
        title: "A client talks to the API server without TLS, or without verifying whom it talks to",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("tls_client_trust.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Kubeconfig(check),
};

const SKIP: &str = "insecure-skip-tls-verify";
const DATA: &str = "certificate-authority-data";

fn check(cluster: &Cluster, endpoint: &Endpoint) -> Verdict {
    let transport = endpoint.transport();
    if let (Some(server), Some(transport)) = (&endpoint.server, transport)
        && transport != Transport::Tls
    {
        return Ok(in_the_clear(endpoint, server.as_str(), &server.at, transport));
    }
    if let Some(skips) = &endpoint.skips {
        match &skips.value {
            Skips::No => {}
            Skips::Yes => return Ok(skipped(endpoint, &skips.at)),
            Skips::Refused => {
                let message = format!(
                    "`{SKIP}` of `{}` is no boolean: client-go refuses the file, and other clients may take it for true",
                    endpoint.name
                );
                // In its quotes another word would still be no boolean.
                let remedy = Remedy { safety: Safety::Manual, changes: Vec::new(), ..verify(&skips.at) };
                return Ok(say::fail(finding(endpoint, SKIP, message, &skips.at, remedy)));
            }
            Skips::Templated(marker) => return Err(templated(endpoint, SKIP, marker)),
        }
    }
    let Some(server) = &endpoint.server else {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("`{}` names no server, so whoever starts the client says which one it is", endpoint.name),
            wanted: "the address that the client is started with".to_owned(),
            who_could_answer: "the client's own flags, such as `--server` or `--master`".to_owned(),
        }));
    };
    if let Authority::Data(data) = &endpoint.authority {
        let wrong = match &data.value {
            Carried::Certificate => None,
            Carried::Templated(marker) => return Err(templated(endpoint, DATA, marker)),
            Carried::NoCertificate => Some("holds no certificate, so no server is verified by it"),
            Carried::NoBase64 => Some("is no base64, so client-go refuses the file"),
        };
        if let Some(wrong) = wrong {
            let message = format!("`{DATA}` of `{}` {wrong}", endpoint.name);
            return Ok(say::fail(finding(endpoint, DATA, message, &data.at, carry("put the CA of the server there"))));
        }
    }
    if let Some(marker) = endpoint.placeholder() {
        return Err(templated(endpoint, "server", marker));
    }
    if let Some((host, port)) = trust::host_and_port(server.as_str()).filter(|_| endpoint.proxy.is_none())
        && let Some(shown) = trust::shown(cluster, host, port)?
        && let Some(answer) = verified(cluster, endpoint, (host, server.as_str()), &shown)
    {
        return Ok(answer);
    }
    Err(Unanswered::Gap(handshake(endpoint, server.as_str())))
}

/// What the client makes of what it is shown; `None` where that cannot be told.
fn verified(cluster: &Cluster, endpoint: &Endpoint, (host, server): (&str, &str), shown: &Shown<'_>) -> Option<Answer> {
    let leaf = shown.chain.first()?;
    let what = if shown.is_seen { format!("what {server} shows") } else { "the certificate of the server".to_owned() };
    let wrong = |message: String, title: &str| {
        let found = finding(endpoint, "certificate-authority", message, &endpoint.at, carry(title));
        // Something else may stand before a server of which only the file was read.
        let confidence = if shown.is_seen { found.confidence } else { Confidence::Probable };
        let because = vec![Label { at: shown.at.clone(), text: format!("issued by {}", leaf.issuer.text) }];
        say::fail(Finding { confidence, because, ..found })
    };
    let vouched = match &endpoint.authority {
        Authority::System => match shown.is_well_known? {
            true => "the roots of every machine vouch for".to_owned(),
            false => {
                let message = format!("`{}` carries no CA, and {what} leads to none that every machine knows", endpoint.name);
                return Some(wrong(message, "put the CA of the server there"));
            }
        },
        Authority::Data(_) | Authority::File(_) => match trust::trust(&shown.chain, &trust::held(endpoint)?) {
            Trust::Vouched => "its CA vouches for".to_owned(),
            Trust::Named => return None,
            Trust::Nobody => {
                let message = format!("`{}` carries a CA that did not issue {what}", endpoint.name);
                return Some(wrong(message, "put the CA of the server there"));
            }
        },
    };
    let name = endpoint.server_name.as_ref().map_or(host, |name| name.as_str());
    if !leaf.names(name) {
        let message = format!("`{}` is refused by its client: {what} does not name `{name}`", endpoint.name);
        return Some(wrong(message, "give the server a certificate that names the address"));
    }
    if let Some(last) = leaf.last_day().filter(|last| *last < cluster.as_of) {
        let message = format!("`{}` is refused by its client: {what} ended on {last}", endpoint.name);
        return Some(wrong(message, "renew the certificate of the server"));
    }
    // What the server is given is not yet what answers at that address.
    if !shown.is_seen {
        return None;
    }
    let at = endpoint.authority_at().unwrap_or(&endpoint.at);
    Some(Answer {
        seen: vec![Origin::Written(site(at)), certificates::place(shown.at)],
        because: format!("{vouched} {what}, which names `{name}`"),
        ..Answer::default()
    })
}

/// The address decides: an authority beside it is never used.
fn in_the_clear(endpoint: &Endpoint, server: &str, at: &Location, transport: Transport) -> Answer {
    let because = match transport {
        Transport::Schemeless => ", which clients take for `http://`",
        Transport::Foreign => ", which is not `https://`",
        Transport::Plain | Transport::Tls => "",
    };
    let message = format!("`{}` is reached without TLS: `server` is `{server}`{because}", endpoint.name);
    say::fail(finding(endpoint, "server", message, at, carry("give the address of the TLS port, with its CA")))
}

fn skipped(endpoint: &Endpoint, at: &Location) -> Answer {
    let message = match endpoint.authority {
        // transport/transport.go, `TLSConfigFor`: an authority and the insecure flag exclude each other.
        Authority::Data(_) | Authority::File(_) => {
            format!("`{SKIP}` of `{}` is `true` beside a CA, so client-go does not connect", endpoint.name)
        }
        Authority::System => format!("`{SKIP}` of `{}` is `true`: any server is believed", endpoint.name),
    };
    say::fail(finding(endpoint, SKIP, message, at, verify(at)))
}

fn verify(at: &Location) -> Remedy {
    Remedy {
        title: "verify the server".to_owned(),
        safety: Safety::Review,
        breaks: vec![
            "Clients fail until the file carries the CA that signed the server's certificate, and until the \
             certificate names the address."
                .to_owned(),
        ],
        changes: vec![Change::Set { setting: SKIP.to_owned(), site: site(at), to: "false".to_owned() }],
    }
}

fn carry(title: &str) -> Remedy {
    Remedy {
        title: title.to_owned(),
        safety: Safety::Manual,
        breaks: vec!["Clients with an old or missing authority fail until their kubeconfig is corrected.".to_owned()],
        changes: Vec::new(),
    }
}

fn finding(endpoint: &Endpoint, setting: &str, message: String, at: &Location, remedy: Remedy) -> Finding {
    Finding {
        subject: None,
        setting: Some(setting.to_owned()),
        message,
        severity: None,
        // Webhooks are named in files of the same kind, and their addresses have paths.
        confidence: if endpoint.has_path() { Confidence::Probable } else { Confidence::Certain },
        primary: Origin::Written(site(at)),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

fn templated(endpoint: &Endpoint, field: &str, marker: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Templated,
        reason: format!("`{field}` of `{}` is still to be filled in: `{marker}`", endpoint.name),
        wanted: "the file as it is used".to_owned(),
        who_could_answer: "fill in what is left open and audit the result".to_owned(),
    })
}

fn handshake(endpoint: &Endpoint, server: &str) -> Gap {
    let authority = match &endpoint.authority {
        Authority::Data(_) => "carries a CA".to_owned(),
        Authority::File(file) => format!("names the CA `{}`", file.value),
        Authority::System => "carries no CA, so that the roots of the client's machine count".to_owned(),
    };
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("`{}` {authority}; nothing was asked from outside", endpoint.name),
        wanted: format!("a TLS handshake with {server}"),
        who_could_answer: "nothing was asked from outside; `openssl s_client` with that CA can".to_owned(),
    }
}
