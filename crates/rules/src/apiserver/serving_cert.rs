//! The API server is given no serving certificate and makes one that nobody has signed. The page beside this file explains the rule and tests it.

use facts::{Cluster, apiserver::ApiServer, kubeconfig::Skips};
use model::{Label, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several, row};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-serving-cert",
        title: "The API server serves a certificate of its own making",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("serving_cert.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ServerBeside { of: &[], ask: check },
};

const REMEDY: &str = "give the API server a serving certificate that clients can verify";
const BREAKS: &[&str] = &["Clients that pinned the old certificate fail until they hold the new authority."];

const CERTIFICATE: Row = Row {
    process: "kube-apiserver",
    setting: "tls-cert-file",
    must: Must::BeSet,
    only_with: None,
    cure: Cure::Manual,
    remedy: REMEDY,
    breaks: BREAKS,
};

const KEY: Row = Row { setting: "tls-private-key-file", ..CERTIFICATE };

const BY_NAME: Row = Row { setting: "tls-sni-cert-key", ..CERTIFICATE };

fn check(server: &ApiServer, cluster: &Cluster) -> Verdict {
    let mut answer = of_pair(server)?;
    // Somebody who cannot verify it and no longer tries.
    let skips = cluster.kubeconfigs.iter().filter(|config| config.webhook.is_none()).find_map(|config| {
        let endpoint = config.endpoints.iter().find(|one| one.skips.as_ref().is_some_and(|said| said.value == Skips::Yes))?;
        Some((format!("`{}` of a kubeconfig does not verify its server", endpoint.name), endpoint.skips.as_ref()?.at.clone()))
    });
    if let Some((said, at)) = skips {
        for finding in &mut answer.findings {
            finding.severity = Some(Severity::High);
            finding.message.push_str(&format!(", and {said}"));
            finding.because.push(Label { at: at.clone(), text: said.clone() });
        }
    }
    Ok(answer)
}

fn of_pair(server: &ApiServer) -> Verdict {
    let component = server.component();
    let given = row::ask_several(&RULE.info, &Several::Any(&[CERTIFICATE, BY_NAME]), component)?;
    if !given.findings.is_empty() {
        return Ok(given);
    }
    let pair = row::ask_several(&RULE.info, &Several::Any(&[KEY, BY_NAME]), component)?;
    // The server does not start with the one and without the other, which is another rule's to say.
    Ok(if pair.findings.is_empty() { given } else { pair })
}
