//! A feature gate is switched off that protects something and is on by default. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, GivenGate},
    kubelet::Kubelet,
};
use model::{Answer, Component, Finding, Minor, RuleCard, Severity, Unanswered, Verdict};

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
    check: Check::ServerOrKubelet { server, kubelet },
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

/// Those of them that a kubelet asks about.
const OF_KUBELETS: [&str; 3] = ["KubeletFineGrainedAuthz", "RotateKubeletServerCertificate", "SeccompDefault"];

fn server(server: &ApiServer) -> Verdict {
    let gates = Gates {
        component: server.component(),
        setting: "feature-gates",
        given: server.given_gates()?,
        state: &|name| server.gate(name),
        is_a_default: &|name| server.gate_is_a_default(name),
    };
    check(&gates, &|_| true)
}

fn kubelet(kubelet: &Kubelet) -> Verdict {
    let gates = Gates {
        component: kubelet.component(),
        setting: "featureGates",
        given: kubelet.given_gates()?,
        state: &|name| kubelet.gate(name, Minor::new(1, 0)),
        is_a_default: &|name| kubelet.gate_is_a_default(name),
    };
    check(&gates, &|name| OF_KUBELETS.contains(&name))
}

/// Whether a gate is on, and what gives it.
type State = Result<(bool, Option<GivenGate>), Unanswered>;

/// The gates of one process.
struct Gates<'a> {
    component: &'a Component,
    setting: &'static str,
    given: Vec<GivenGate>,
    state: &'a dyn Fn(&str) -> State,
    is_a_default: &'a dyn Fn(&str) -> Result<bool, Unanswered>,
}

fn check(gates: &Gates<'_>, asks_about: &dyn Fn(&str) -> bool) -> Verdict {
    let mut answer = Answer::default();
    // Where nothing is given nothing is switched off, whatever the release.
    let given = &gates.given;
    for (name, worse) in GATES.into_iter().filter(|(name, _)| asks_about(name)) {
        if !given.iter().any(|gate| !gate.on && (gate.name == name || gate.name == "AllBeta")) {
            continue;
        }
        let by = match (gates.state)(name) {
            Ok((false, Some(by))) => by,
            Err(Unanswered::Gap(gap)) => {
                answer.gaps.push(gap);
                continue;
            }
            Ok(_) | Err(Unanswered::NotApplicable(_)) => continue,
        };
        match (gates.is_a_default)(name) {
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
            ..say::wrong(gates.setting, format!("`{name}` is switched off{what}"), &by.origin, remedy)
        });
    }
    answer.seen.extend(say::reading(gates.component, gates.setting).map(|given| given.origin.clone()));
    answer.because = "no gate that protects is switched off".to_owned();
    Ok(answer)
}
