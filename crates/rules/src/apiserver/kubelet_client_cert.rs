//! The API server has no client certificate for its calls to kubelets. The page beside this file explains the rule and tests it.

use facts::{Cluster, apiserver::ApiServer, objects::Of};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several, kubelets, row, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-kubelet-client-cert",
        title: "The API server shows kubelets no certificate",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("kubelet_client_cert.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ServerBeside { of: &[Of::Node], ask: check },
};

const ROWS: &[Row] = &[
    Row {
        process: "kube-apiserver",
        setting: "kubelet-client-certificate",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server a client certificate for kubelets",
        breaks: &["Where kubelets do not trust its issuer, exec, logs and port-forward fail."],
    },
    Row {
        process: "kube-apiserver",
        setting: "kubelet-client-key",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server the key of its client certificate",
        breaks: &[],
    },
];

fn check(server: &ApiServer, cluster: &Cluster) -> Verdict {
    let mut answer = row::ask_several(&RULE.info, &Several::All(ROWS), server.component())?;
    // A server without a certificate works where a kubelet asks nobody for one, and there everybody is served.
    let open = cluster.kubelets.iter().find_map(|kubelet| {
        let (what, reading) = match kubelets::takes_strangers(kubelet) {
            Some(strangers) => ("takes callers without credentials", strangers),
            None => ("allows everybody everything", kubelets::allows_all(kubelet)?),
        };
        Some((format!("the kubelet of `{}` {what}", kubelet.component().instance), &reading.origin))
    });
    if let Some((said, origin)) = open {
        for finding in &mut answer.findings {
            finding.severity = Some(Severity::High);
            finding.message.push_str(&format!(", and {said}"));
            finding.because.extend(say::label(origin, said.clone()));
        }
    }
    Ok(answer)
}
