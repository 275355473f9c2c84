//! Events that somebody will look for, and that a policy drops. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, Held},
    configuration::{InUse, audit_policy::Policy},
    flag,
};
use model::{Answer, Confidence, Finding, RuleCard, Severity, Unanswered, Verdict};

use super::events::{self, Event, Lost};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-key-concerns",
        title: "Events that tell of an attack leave no trace",
        severity: Severity::High,
        fix: None,
        page: include_str!("policy_key_concerns.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

/// Events that are named; of more, the number says enough.
const NAMED: usize = 20;

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let policy = used.file;
    let outcome = events::run(used);
    let mut answer = Answer::default();
    let remedy = || {
        say::remedy(
            "put a rule `level: Metadata` for these requests before the one that drops them",
            &["More recorded requests mean more disk, memory and forwarding."],
            None,
        )
    };
    for (lost, events) in &outcome.lost {
        let (count, total) = (events.len(), outcome.wanted);
        let names = told(events);
        let (subject, at, message) = match *lost {
            Lost::Dropped(rule) => (
                format!("rule {}", rule + 1),
                super::line_of(policy, rule, used.at),
                format!("the {} rule drops {count} of {total} security events: {names}", super::nth(rule)),
            ),
            Lost::Stageless(rule) => {
                let own = policy.rules.get(rule).and_then(|rule| rule.omit_stages.first());
                let at = own.or(policy.omit_stages.first()).map_or(used.at, |stage| &stage.at);
                let message = format!("no stage is left of {count} of {total} security events: {names}");
                (format!("stages of rule {}", rule + 1), at, message)
            }
            Lost::Unmatched => {
                let at = policy.rules.last().map_or(used.at, super::line);
                let message = format!("no rule is about {count} of {total} security events, so that they leave no trace: {names}");
                ("no rule".to_owned(), at, message)
            }
        };
        let mut finding = say::in_file("rules[]", message, at, remedy());
        finding.subject = Some(subject);
        // Events come by the thousand and most policies drop them; that somebody deletes them is lost with it.
        if events.iter().all(|event| event.concern == "events") {
            finding.confidence = Confidence::Possible;
        }
        answer.findings.push(finding);
    }
    for (rule, events) in &outcome.bodies {
        let at = super::line_of(policy, *rule, used.at);
        let names = told(events);
        let message = format!("the {} rule records bodies that hold secrets, where Metadata is enough: {names}", super::nth(*rule));
        let remedy = say::remedy(
            "record these at Metadata, as `audit-policy-no-secret-bodies` tells",
            &["STIG V-242403 asks for RequestResponse on everything, and CIS 3.2.2 for Metadata here: one of the two fails."],
            None,
        );
        let mut finding = say::in_file("rules[].level", message, at, remedy);
        finding.subject = Some(format!("bodies of rule {}", rule + 1));
        answer.findings.push(finding);
    }
    let mut because = format!("all {} security events leave a trace", outcome.wanted);
    if !outcome.noise.is_empty() {
        let noise: Vec<String> = outcome.noise.iter().map(|event| event.what.clone()).collect();
        because.push_str(&format!("; so does noise: {}", noise.join(", ")));
    }
    if let Some(server) = used.server {
        match backend(server) {
            Ok(Backend::None(finding)) => answer.findings.push(*finding),
            Ok(Backend::Some(None)) => {}
            Ok(Backend::Some(Some(loss))) => because.push_str(&format!("; {loss}")),
            Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
            Err(Unanswered::NotApplicable(_)) => {}
        }
    }
    answer.seen.push(say::field(used.at));
    answer.because = because;
    Ok(answer)
}

/// The names of the first events, and how many more there are.
fn told(events: &[&Event]) -> String {
    let names: Vec<&str> = events.iter().take(NAMED).map(|event| event.what.as_str()).collect();
    let more = events.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", names.join(", "))
}

/// Where events go.
enum Backend {
    /// Nowhere.
    None(Box<Finding>),
    /// Somewhere, with what may get lost on the way.
    Some(Option<String>),
}

fn backend(server: &ApiServer) -> Result<Backend, Unanswered> {
    let log = server.get(&flag::AUDIT_LOG_PATH);
    let webhook = server.get(&flag::AUDIT_WEBHOOK_CONFIG_FILE);
    let is_set = |held: &Result<Held<'_, String>, Unanswered>| held.as_ref().is_ok_and(|held| !held.value.is_empty());
    if is_set(&webhook) {
        let is = |flag: &str, value: &str| {
            let setting = server.component().setting(flag).and_then(|setting| setting.in_force().ok());
            setting.is_some_and(|reading| reading.in_force() == value)
        };
        // pkg/server/options/audit.go: a webhook is asked in throttled batches unless somebody says otherwise.
        let drops = is("audit-webhook-mode", "batch") && is("audit-webhook-batch-throttle-enable", "true");
        let loss = "the webhook drops events in a burst, because `--audit-webhook-mode` is `batch` and throttled";
        return Ok(Backend::Some((drops && !is_set(&log)).then(|| loss.to_owned())));
    }
    if is_set(&log) {
        return Ok(Backend::Some(None));
    }
    let (log, _) = (log?, webhook?);
    let remedy = say::remedy("set `--audit-log-path` or `--audit-webhook-config-file`", &["The log needs room, and a volume that outlives the container."], None);
    let message = "neither `--audit-log-path` nor `--audit-webhook-config-file` is set, so that nothing the policy records is written";
    let mut finding = say::wrong("audit-log-path", message, log.origin(), remedy);
    finding.subject = Some("backend".to_owned());
    Ok(Backend::None(Box::new(finding)))
}

fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    let remedy = say::remedy(
        "write a policy and name it with `--audit-policy-file`",
        &["A file that is missing or that the server does not take keeps it from starting."],
        None,
    );
    let count = events::all().iter().filter(|event| event.is_wanted()).count();
    let message = format!("`--audit-policy-file` is not set, so that none of {count} security events leaves a trace");
    let mut finding = say::wrong("audit-policy-file", message, &reading.origin, remedy);
    finding.subject = Some("no policy".to_owned());
    Ok(say::fail(finding))
}
