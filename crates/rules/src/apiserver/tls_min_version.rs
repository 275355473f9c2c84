//! The oldest TLS that is spoken. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Answer, Confidence, Finding, Minor, Remedy, RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-tls-min-version",
        title: "The API server speaks TLS older than 1.2",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("tls_min_version.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const FLAG: &str = "tls-min-version";

/// The first release with the flag (CHANGELOG-1.10).
const FLAG_SINCE: Minor = Minor::new(1, 10);

fn check(server: &ApiServer) -> Verdict {
    let component = server.component();
    if component.release.is_before(FLAG_SINCE) {
        return Ok(Answer {
            seen: vec![say::left_out(component)],
            because: format!(
                "{} speaks TLS 1.2 and nothing older, whatever it is told",
                component.release
            ),
            ..Answer::default()
        });
    }
    if say::is_never_given(component, FLAG) {
        return Ok(Answer {
            seen: vec![say::left_out(component)],
            because: format!("`{}` is not set, and every release then begins at TLS 1.2", say::flag(FLAG)),
            ..Answer::default()
        });
    }
    let reading = say::reading(component, FLAG)?;
    let oldest = reading.in_force();
    let message = say::is(FLAG, oldest, &reading.origin, &component.release);
    // The server takes an empty value, and the default, as 1.2 (component-base/cli/flag/ciphersuites_flag.go, TLSVersion).
    if matches!(oldest, "" | "VersionTLS12" | "VersionTLS13") {
        return Ok(Answer {
            seen: vec![reading.origin.clone()],
            because: message,
            setting: Some(say::flag(FLAG)),
            ..Answer::default()
        });
    }
    let change = say::set(FLAG, &reading.origin, "VersionTLS12");
    Ok(say::fail(Finding {
        subject: None,
        setting: Some(say::flag(FLAG)),
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: reading.origin.clone(),
        because: Vec::new(),
        remedy: Some(Remedy {
            title: "speak TLS 1.2 and newer only".to_owned(),
            safety: if change.is_some() { Safety::Review } else { Safety::Manual },
            breaks: vec![
                "Clients that know nothing newer than TLS 1.1 can no longer connect; they are older than any supported \
                 kubectl."
                    .to_owned(),
            ],
            changes: change.into_iter().collect(),
        }),
    }))
}
