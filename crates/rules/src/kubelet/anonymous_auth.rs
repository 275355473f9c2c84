//! Requests without credentials on the kubelet. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet, observed::Door};
use model::{Confidence, Listener, Meaning, RuleCard, Safety, Severity, Unanswered, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    kubelets::{self, Cure},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-anonymous-auth",
        title: "The kubelet takes callers without credentials",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("anonymous_auth.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::KubeletOrDoor { kubelet: ask, of: &[Listener::Kubelet], door: check },
};

const REMEDY: &str = "set `authentication.anonymous.enabled: false` in the KubeletConfiguration";

const BREAKS: [&str; 2] = [
    "Scrapers, probes and scripts that read 10250 without credentials get 401.",
    "The API server needs its kubelet client certificate, or exec and logs fail.",
];

const ANONYMOUS: &str = "authentication.anonymous.enabled";

const CURE: Cure = Cure { remedy: "refuse requests without credentials", to: Some("false"), breaks: &BREAKS };

fn ask(cluster: &Cluster, kubelet: &Kubelet) -> Verdict {
    let anonymous = kubelet.get(ANONYMOUS)?;
    if anonymous.in_force() == "false" {
        return Ok(kubelets::fine(kubelet, ANONYMOUS, anonymous));
    }
    let mut finding = kubelets::wrong(kubelet, ANONYMOUS, anonymous, &CURE);
    if let Some(mode) = kubelets::allows_all(kubelet) {
        finding.severity = Some(Severity::Critical);
        finding.because.extend(say::label(&mode.origin, "and whoever is taken may do everything"));
    } else if kubelet.get("authorization.mode").is_ok_and(|mode| mode.in_force() == "Webhook")
        && kubelets::strangers_have_no_rights(cluster)
    {
        finding.severity = Some(Severity::Medium);
    }
    Ok(say::fail(finding))
}

fn check(door: &Door) -> Verdict {
    doors::answered(door)?;
    let Some(pods) = door.answer("/pods").filter(|pods| !doors::says_nothing(pods)) else {
        if let Some(refused) = door.answers.iter().find(|given| given.meaning == Meaning::CertificateRequired) {
            return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
        }
        return Err(doors::unsaid(door, "/pods").into());
    };
    let (severity, message, sure) = match pods.meaning {
        Meaning::Unauthenticated => {
            return Ok(doors::pass_by(pods, format!("{} refuses who has no credentials (401)", door.name)));
        }
        Meaning::Given => (
            // Whom it takes for nobody may do everything, which is `authorization.mode: AlwaysAllow`.
            Some(Severity::Critical),
            format!("the kubelet at {} takes callers without credentials and lets them read its pods", door.name),
            true,
        ),
        Meaning::Forbidden => {
            let user = pods.user.as_deref();
            let as_whom = user.map(|user| format!(" for `{user}`")).unwrap_or_default();
            (
                None,
                format!("the kubelet at {} takes callers without credentials{as_whom}, and refuses them by their rights alone", door.name),
                user == Some("system:anonymous"),
            )
        }
        _ => {
            let reason = format!("what answers at {} is no kubelet: {}", door.name, doors::refusal(pods));
            return Err(Unanswered::NotApplicable(reason));
        }
    };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message,
        severity,
        confidence: if sure { Confidence::Certain } else { Confidence::Probable },
        at: pods,
        remedy: REMEDY,
        breaks: &BREAKS,
    })))
}
