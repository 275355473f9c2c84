//! Plain HTTP at an API server. The page beside this file explains the rule and tests it.

use facts::observed::{Door, Reach};
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-insecure-port-probe",
        title: "The API answers without TLS and without credentials",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("insecure_port_probe.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::ApiServer, Listener::ApiServerInsecure], ask: check },
};

const REMEDY: &str = "close the port: `--insecure-port=0` until 1.23, and no `kubectl proxy` that listens for others";

const BREAKS: [&str; 1] = ["Whoever uses the port, such as an old scheduler or a script on the node, needs the secure port and credentials."];

fn check(door: &Door) -> Verdict {
    // No answer passes, as the control has it: what is behind a wall is not open to whoever stands here.
    if let Reach::Silent(_) = door.reach {
        return Ok(doors::pass(door, format!("plain HTTP at {} gets no answer, as seen from here", door.name)));
    }
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    let Some(served) = door.serves_plain() else {
        return Ok(match door.anonymous().find(|given| !given.over.is_tls() && given.meaning == Meaning::SpeakTls) {
            Some(told) => doors::pass_by(told, format!("plain HTTP at {} is told that TLS is spoken there", door.name)),
            None => doors::pass(door, format!("plain HTTP at {} gets no answer", door.name)),
        });
    };
    if door.answers_everything() {
        doors::answered(door)?;
    }
    let api = door.anonymous().find(|given| !given.over.is_tls() && given.bare() == "/api").unwrap_or(served);
    if api.meaning == Meaning::Given {
        let certain = door.proven || api.words.contains("\"APIVersions\"");
        return Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!("anybody who reaches {} is an administrator: plain HTTP answers /api without credentials", door.name),
            severity: None,
            confidence: if certain { Confidence::Certain } else { Confidence::Possible },
            at: api,
            remedy: REMEDY,
            breaks: &BREAKS,
        })));
    }
    // A server that asks who it is over plain HTTP has credentials sent to it in the clear; nothing is given away by itself.
    Ok(doors::pass_by(api, format!("plain HTTP at {} gives no API: {}", door.name, doors::refusal(api))))
}
