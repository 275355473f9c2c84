//! Clients that do not know whom they talk to. The page beside this file explains the rule and tests it.

use facts::kubeconfig::{Endpoint, Kubeconfig, Skips, Transport, site};
use model::{
    Answer, Change, Confidence, Finding, Gap, GapKind, Location, Origin, Remedy, RuleCard, Safety, Severity, Unanswered,
    Verdict,
};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubeconfig-insecure-skip-tls-verify",
        title: "A client does not verify whom it talks to",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("insecure_skip_tls_verify.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::AnyKubeconfig(check),
};

const SKIP: &str = "insecure-skip-tls-verify";

fn check(_: &Kubeconfig, endpoint: &Endpoint) -> Verdict {
    let name = &endpoint.name;
    let Some(server) = &endpoint.server else {
        let nothing = || Unanswered::NotApplicable(format!("`{name}` names no server"));
        return skipped(endpoint)?.ok_or_else(nothing);
    };
    match endpoint.transport() {
        None => return Err(templated(endpoint, "server", endpoint.placeholder().unwrap_or_default())),
        Some(Transport::Tls) => {}
        Some(_) => {
            let message = format!("`{name}` is `{}`, which is reached without TLS", server.value);
            let remedy = remedy("give the address of the TLS port, with its CA", None);
            return Ok(say::fail(finding(endpoint, "server", message, &server.at, remedy)));
        }
    }
    if let Some(answer) = skipped(endpoint)? {
        return Ok(answer);
    }
    if let Some(other) = &endpoint.server_name {
        let host = server.value.split("://").nth(1).unwrap_or_default();
        let host = host.split(['/', ':']).next().unwrap_or_default();
        if !other.value.eq_ignore_ascii_case(host) {
            let message = format!("whoever is `{}` is taken for `{host}`: `tls-server-name` says so", other.value);
            let remedy = remedy("take it away where the certificate names the address", None);
            let mut found = finding(endpoint, "tls-server-name", message, &other.at, remedy);
            // Tunnels and balancers in front of a server need it.
            found.confidence = Confidence::Possible;
            return Ok(say::fail(found));
        }
    }
    let at = endpoint.authority_at().unwrap_or(&server.at);
    Ok(Answer {
        seen: vec![Origin::Written(site(at))],
        because: format!("`{name}` is `{}`, and what it shows is verified", server.value),
        setting: Some(SKIP.to_owned()),
        ..Answer::default()
    })
}

fn skipped(endpoint: &Endpoint) -> Result<Option<Answer>, Unanswered> {
    let Some(skips) = &endpoint.skips else { return Ok(None) };
    let (message, change) = match &skips.value {
        Skips::No => return Ok(None),
        Skips::Templated(marker) => return Err(templated(endpoint, SKIP, marker)),
        Skips::Yes => (format!("`{SKIP}` of `{}` is true", endpoint.name), true),
        Skips::Refused => (format!("`{SKIP}` of `{}` is no boolean", endpoint.name), false),
    };
    let set = Change::Set { setting: SKIP.to_owned(), site: site(&skips.at), to: "false".to_owned() };
    let remedy = remedy("verify it, with the CA of the server", change.then_some(set));
    Ok(Some(say::fail(finding(endpoint, SKIP, message, &skips.at, remedy))))
}

fn remedy(title: &str, change: Option<Change>) -> Remedy {
    let breaks = ["The client fails where the CA in the file is missing, or the certificate does not name the address."];
    Remedy {
        title: title.to_owned(),
        safety: if change.is_some() { Safety::Review } else { Safety::Manual },
        breaks: breaks.map(str::to_owned).to_vec(),
        changes: change.into_iter().collect(),
    }
}

fn finding(_: &Endpoint, setting: &str, message: String, at: &Location, remedy: Remedy) -> Finding {
    Finding {
        subject: None,
        setting: Some(setting.to_owned()),
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: Origin::Written(site(at)),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

fn templated(endpoint: &Endpoint, field: &str, marker: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Templated,
        reason: format!("`{field}` of `{}` is still to be filled in: `{marker}`", endpoint.name),
        wanted: marker.to_owned(),
        who_could_answer: "whoever fills the file in".to_owned(),
    })
}
