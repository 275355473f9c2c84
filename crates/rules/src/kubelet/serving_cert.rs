//! The certificate that the kubelet shows. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Confidence, Finding, Origin, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-serving-cert",
        title: "The kubelet makes its serving certificate itself",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("serving_cert.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const CERTIFICATE: &str = "tlsCertFile";
const BOOTSTRAP: &str = "serverTLSBootstrap";

const CURE: Cure = Cure {
    remedy: "have the kubelet ask for a serving certificate (`serverTLSBootstrap`), or give it one",
    to: None,
    breaks: &["Clients that skipped verification must now trust the authority; certificates need every node address."],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let bootstrap = kubelet.get(BOOTSTRAP)?;
    if bootstrap.in_force() == "true" {
        return Ok(kubelets::fine(kubelet, BOOTSTRAP, bootstrap));
    }
    let (certificate, key) = (kubelet.get(CERTIFICATE)?, kubelet.get("tlsPrivateKeyFile")?);
    let (path, key) = (certificate.in_force(), key.in_force());
    if say::is_nothing(path) || say::is_nothing(key) {
        return Ok(say::fail(kubelets::wrong(kubelet, CERTIFICATE, certificate, &CURE)));
    }
    // A kubelet that is given none writes one into its folder of certificates and lists that
    // (cmd/kubelet/app/server.go, InitializeTLS).
    let own = matches!(certificate.origin, Origin::Reported(_))
        && path.strip_suffix("/kubelet.crt").is_some_and(|folder| key.strip_suffix("/kubelet.key") == Some(folder));
    if !own {
        return Ok(kubelets::fine(kubelet, CERTIFICATE, certificate));
    }
    let message = format!("`{CERTIFICATE}` is `{path}`, which is where a kubelet writes the certificate that it makes itself");
    Ok(say::fail(Finding {
        message,
        confidence: Confidence::Probable,
        ..kubelets::wrong(kubelet, CERTIFICATE, certificate, &CURE)
    }))
}
