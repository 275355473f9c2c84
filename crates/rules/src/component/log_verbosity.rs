//! The log is more verbose than level 4. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag, kubelet::Kubelet};
use model::{Gap, GapKind, Minor, Origin, RuleCard, Safety, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-log-verbosity",
        title: "The log says more than it should",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("log_verbosity.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::ServerOrKubelet { server: check, kubelet },
};

/// The highest level that shows nothing of what is sent.
const LIMIT: i64 = 4;
/// From here on bodies are shown (client-go transport/round_trippers.go).
const BODIES: i64 = 8;

fn check(server: &ApiServer) -> Verdict {
    let level = server.get(&flag::V)?;
    let name = level.setting.name;
    let fine = say::fine(server.component(), name, level.reading);
    if level.value <= LIMIT {
        return Ok(fine);
    }
    let remedy = say::remedy(
        "log no more than level 4",
        &["Support cases have less detail."],
        say::set(name, level.origin(), "2"),
    );
    let mut finding = say::wrong(name, fine.because, level.origin(), remedy);
    finding.severity = (level.value >= BODIES).then_some(Severity::High);
    Ok(say::fail(finding))
}

/// The first release whose kubelet takes the level from its file as well (`logging.verbosity`; component-base
/// config/v1alpha1/types.go, LoggingConfiguration, 1.23).
const IN_ITS_FILE: Minor = Minor::new(1, 23);

fn kubelet(kubelet: &Kubelet) -> Verdict {
    let file = || Gap {
        kind: GapKind::NotCollected,
        reason: "`logging.verbosity` of its file, which is not read, may say how much it logs".to_owned(),
        wanted: "`logging.verbosity`".to_owned(),
        who_could_answer: "whoever may read the file of the kubelet, on its node".to_owned(),
    };
    if !kubelet.shows_flags {
        return Err(file().into());
    }
    let reading = kubelet.get("v")?;
    let fine = say::fine(kubelet.component(), "v", reading);
    let level = reading.in_force().parse::<i64>();
    let is_written = matches!(reading.origin, Origin::Written(_));
    match level {
        Ok(level) if level > LIMIT => {
            let remedy = say::remedy(
                "log no more than level 4",
                &["Support cases have less detail."],
                say::set("v", &reading.origin, "2"),
            );
            let mut finding = say::wrong("v", fine.because, &reading.origin, remedy);
            finding.severity = (level >= BODIES).then_some(Severity::High);
            Ok(say::fail(finding))
        }
        // A flag wins over the file.
        Ok(_) if is_written || kubelet.component().release.is_before(IN_ITS_FILE) => Ok(fine),
        Ok(_) => Err(file().into()),
        Err(_) => Err(Unanswered::Gap(Gap { reason: format!("`{}` is no level", reading.in_force()), ..file() })),
    }
}
