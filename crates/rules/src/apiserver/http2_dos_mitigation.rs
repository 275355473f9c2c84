//! Clients without credentials may open and drop streams of HTTP/2 without end, or hold very many at a time. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Finding, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-http2-dos-mitigation",
        title: "Streams of HTTP/2 cost an attacker nothing",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("http2_dos_mitigation.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const GATE: &str = "UnauthenticatedHTTP2DOSMitigation";
/// As many streams as one connection may have.
const STREAMS: i64 = 1000;

fn check(server: &ApiServer) -> Verdict {
    let component = server.component();
    match server.get(&flag::DISABLE_HTTP2_SERVING) {
        Ok(disabled) if disabled.value => {
            let reason = "`--disable-http2-serving` is set, so that HTTP/2 is not spoken";
            return Err(Unanswered::NotApplicable(reason.to_owned()));
        }
        Err(Unanswered::Gap(gap)) if !say::is_never_given(component, "disable-http2-serving") => {
            return Err(Unanswered::Gap(gap));
        }
        _ => {}
    }
    let mut answer = Answer::default();
    match mitigated(server) {
        Ok(Ok(because)) => answer.because = because,
        Ok(Err(finding)) => answer.findings.push(*finding),
        Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
        Err(other) => return Err(other),
    }
    match server.get(&flag::HTTP2_MAX_STREAMS_PER_CONNECTION) {
        Ok(streams) if streams.value > STREAMS => {
            let name = streams.setting.name;
            let remedy = say::remedy(
                "leave the number of streams to its default",
                &["Clients with many watches may need a second connection."],
                None,
            );
            let message = say::fine(component, name, streams.reading).because;
            answer.findings.push(Finding {
                subject: Some(say::flag(name)),
                ..say::wrong(name, message, streams.origin(), remedy)
            });
        }
        Ok(streams) => answer.seen.push(streams.origin().clone()),
        Err(Unanswered::Gap(gap)) if !say::is_never_given(component, "http2-max-streams-per-connection") => {
            answer.gaps.push(gap);
        }
        Err(_) => {}
    }
    Ok(answer)
}

/// What the gate is, or what is wrong with it.
fn mitigated(server: &ApiServer) -> Result<Result<String, Box<Finding>>, Unanswered> {
    let component = server.component();
    let upgrade = "run a release that has the mitigation on by itself, which 1.29 was the first to have";
    let (message, origin, title) = match server.gate(GATE) {
        Ok((true, by)) => {
            let how = by
                .map_or_else(|| format!(" by default in {}", component.release), |by| format!(": `{}=true`", by.name));
            return Ok(Ok(format!("`{GATE}` is on{how}")));
        }
        Ok((false, Some(by))) => {
            (format!("`{GATE}` is off: `{}=false`", by.name), by.origin, "take away what switches the gate off")
        }
        Ok((false, None)) => {
            let at = server.get(&flag::FEATURE_GATES)?;
            // A late patch of this release can switch it on; that takes a person who knows the patch.
            (format!("`{GATE}` is off by default in {}", component.release), at.origin().clone(), upgrade)
        }
        Err(Unanswered::NotApplicable(reason)) => {
            let origin = match server.get(&flag::FEATURE_GATES) {
                Ok(gates) => gates.origin().clone(),
                Err(_) => Origin::Implied { by: None, how: String::new() },
            };
            (reason, origin, upgrade)
        }
        Err(gap) => return Err(gap),
    };
    let breaks = &["Clients that are refused for want of credentials have to connect anew each time."];
    let mut finding = say::wrong("feature-gates", message, &origin, say::remedy(title, breaks, None));
    finding.subject = Some(GATE.to_owned());
    Ok(Err(Box::new(finding)))
}
