//! What a kubelet gives to strangers. The page beside this file explains the rule and tests it.

use facts::observed::{Answer as Given, Door};
use model::{Answer, Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-remote-probe",
        title: "The node API gives something to callers without credentials",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("remote_probe.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::Kubelet, Listener::KubeletReadOnly, Listener::Cadvisor], ask: check },
};

/// What a kubelet keeps for those who may (pkg/kubelet/server/auth.go); `/healthz` may be open.
const KEPT: [&str; 9] = [
    "/pods", "/runningpods/", "/metrics", "/metrics/cadvisor", "/stats/summary", "/configz", "/logs/", "/debug/pprof/", "/flagz",
];

const REMEDY: &str = "set `authentication.anonymous.enabled: false` and `authorization.mode: Webhook`, and let nobody but the API server reach the port";

const BREAKS: [&str; 1] = ["Scrapers and scripts that read the port without credentials get 401."];

fn check(door: &Door) -> Verdict {
    if door.who != Some(Listener::Kubelet)
        && let Some(verdict) = doors::shut(door)
    {
        return verdict;
    }
    doors::answered(door)?;
    if let Some(refused) = door.answers.iter().find(|given| given.meaning == Meaning::CertificateRequired) {
        return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
    }
    let asked: Vec<&Given> = KEPT.iter().filter_map(|path| door.answer(path)).collect();
    let open: Vec<&Given> = asked.iter().copied().filter(|given| doors::let_in(given)).collect();
    let mut answer = Answer::default();
    if let [first, ..] = open[..] {
        let pods = open.iter().any(|given| matches!(given.bare(), "/pods" | "/runningpods/"));
        let what = match door.who {
            Some(Listener::Kubelet) if pods => "read its pods, and most likely run what they like in them",
            _ if pods => "read its pods",
            _ => "see how it runs",
        };
        answer.findings.push(doors::open(Open {
            subject: None,
            message: format!(
                "anybody who reaches {} can {what}: {} {} without credentials",
                door.name,
                doors::paths(&open),
                doors::answer(&open)
            ),
            severity: None,
            confidence: if door.proven || pods { Confidence::Certain } else { Confidence::Probable },
            at: first,
            remedy: REMEDY,
            breaks: &BREAKS,
        }));
    }
    let silent: Vec<&Given> = asked.iter().copied().filter(|given| doors::says_nothing(given)).collect();
    answer.gaps.extend(doors::silence(door, &silent, &["/pods"]));
    if answer.findings.is_empty() && answer.gaps.is_empty() {
        let told = door.answer("/pods").map(doors::refusal).unwrap_or_default();
        return Ok(doors::pass(door, format!("who asks {} for its pods is told {told}", door.name)));
    }
    Ok(answer)
}
