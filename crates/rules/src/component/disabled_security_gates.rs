//! A feature gate is switched off that protects something and is on by default. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Answer, Finding, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-disabled-security-gates",
        title: "A feature that protects is switched off",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("disabled_security_gates.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

/// Gates that protect, and whether one that is off is worse than the others.
const GATES: [(&str, bool); 11] = [
    ("AuthorizeNodeWithSelectors", false),
    ("AuthorizePodWebsocketUpgradeCreatePermission", false),
    ("BoundServiceAccountTokenVolume", true),
    ("KubeletFineGrainedAuthz", false),
    ("PodSecurity", true),
    ("RotateKubeletServerCertificate", false),
    ("SeccompDefault", false),
    ("ServiceAccountTokenNodeBindingValidation", false),
    ("ServiceAccountTokenPodNodeInfo", false),
    ("StrictCostEnforcementForVAP", false),
    ("UnauthenticatedHTTP2DOSMitigation", false),
];

fn check(server: &ApiServer) -> Verdict {
    let mut answer = Answer::default();
    // Where nothing is given nothing is switched off, whatever the release.
    let given = server.given_gates()?;
    for (name, worse) in GATES {
        if !given.iter().any(|gate| !gate.on && (gate.name == name || gate.name == "AllBeta")) {
            continue;
        }
        let by = match server.gate(name) {
            Ok((false, Some(by))) => by,
            Err(Unanswered::Gap(gap)) => {
                answer.gaps.push(gap);
                continue;
            }
            Ok(_) | Err(Unanswered::NotApplicable(_)) => continue,
        };
        match server.gate_is_a_default(name) {
            Ok(true) => {}
            Ok(false) | Err(Unanswered::NotApplicable(_)) => continue,
            Err(Unanswered::Gap(gap)) => {
                answer.gaps.push(gap);
                continue;
            }
        }
        let what = if by.name == name { String::new() } else { format!(" by `{}=false`", by.name) };
        let remedy = say::remedy(
            "leave the gate to its default",
            &["What the gate was switched off for comes back, such as refused requests or tokens that end."],
            None,
        );
        answer.findings.push(Finding {
            subject: Some(name.to_owned()),
            severity: worse.then_some(Severity::High),
            ..say::wrong("feature-gates", format!("`{name}` is switched off{what}"), &by.origin, remedy)
        });
    }
    if let Ok(gates) = say::reading(server.component(), "feature-gates") {
        answer.seen.push(gates.origin.clone());
    }
    answer.because = "no gate that protects is switched off".to_owned();
    Ok(answer)
}
