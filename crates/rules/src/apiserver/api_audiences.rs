//! Tokens are taken that were made for a service other than the API server. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-api-audiences",
        title: "Tokens that were made for others are taken",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("api_audiences.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

/// Parts of audiences that are somebody else's, by the documentation of those who ask for them.
const OTHERS: [&str; 7] =
    ["amazonaws.com", "azuread", "googleapis.com", "istio-ca", "vault", "spire-server", "linkerd"];
/// What installers call the API server: kubeadm and k3s, kOps, RKE2, and the guides of service meshes.
const OWN: [&str; 6] = ["kubernetes", "kubernetes.svc.default", "api", "kube-apiserver", "k3s", "rke2"];

fn check(server: &ApiServer) -> Verdict {
    let held = match server.get(&flag::API_AUDIENCES) {
        // 1.10 to 1.12 had it under its old name alone.
        Err(Unanswered::NotApplicable(_)) => server.get(&flag::SERVICE_ACCOUNT_API_AUDIENCES)?,
        // Nobody gives it, and no release takes others' tokens by itself.
        Err(Unanswered::Gap(_)) if say::is_never_given(server.component(), "api-audiences") => {
            return Ok(Answer {
                seen: vec![say::left_out(server.component())],
                because: "`--api-audiences` is not set".to_owned(),
                setting: Some("--api-audiences".to_owned()),
                ..Answer::default()
            });
        }
        held => held?,
    };
    let name = held.setting.name;
    let fine = say::fine(server.component(), name, held.reading);
    if let Some(other) = held.value.iter().find(|audience| belongs_to_another(audience)) {
        let remedy = say::remedy(
            "take the audience away, and let pods ask for the default",
            &["Tokens that name only this audience are refused."],
            None,
        );
        let message = format!("`{}` has `{other}`, which is another service's", say::flag(name));
        return Ok(say::fail(say::wrong(name, message, held.origin(), remedy)));
    }
    let issuers = match server.get(&flag::SERVICE_ACCOUNT_ISSUER) {
        Ok(issuers) => issuers.value,
        Err(_) => Vec::new(),
    };
    match held.value.iter().find(|audience| !is_own(audience) && !issuers.contains(audience)) {
        None => Ok(fine),
        Some(strange) => Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!(
                "whether `{strange}` in `{}` names this API server alone is not to be seen",
                say::flag(name)
            ),
            wanted: format!("who asks for tokens for `{strange}`"),
            who_could_answer: "whoever runs the cluster".to_owned(),
        })),
    }
}

fn belongs_to_another(audience: &str) -> bool {
    let audience = audience.to_ascii_lowercase();
    OTHERS.iter().any(|other| audience.contains(other))
}

fn is_own(audience: &str) -> bool {
    let host = audience.strip_prefix("https://").unwrap_or(audience);
    OWN.contains(&audience) || host == "kubernetes.default" || host.starts_with("kubernetes.default.svc")
}
