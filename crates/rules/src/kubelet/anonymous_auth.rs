//! Requests without credentials on the kubelet. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Unanswered, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-anonymous-auth",
        title: "The kubelet takes callers without credentials",
        severity: Severity::High,
        fix: None,
        page: include_str!("anonymous_auth.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::Kubelet], ask: check },
};

const REMEDY: &str = "set `authentication.anonymous.enabled: false` in the KubeletConfiguration";

const BREAKS: [&str; 2] = [
    "Scrapers, probes and scripts that read 10250 without credentials get 401.",
    "The API server needs its kubelet client certificate, or exec and logs fail.",
];

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
