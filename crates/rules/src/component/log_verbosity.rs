//! The log is more verbose than level 4. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag, kubelet::Kubelet};
use model::{Answer, Component, Gap, GapKind, Origin, Reading, RuleCard, Safety, Severity, Unanswered, Verdict};

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
    Ok(judged(server.component(), level.setting.name, level.reading, level.value))
}

fn judged(component: &Component, name: &str, reading: &Reading, level: i64) -> Answer {
    let fine = say::fine(component, name, reading);
    if level <= LIMIT {
        return fine;
    }
    let remedy = say::remedy(
        "log no more than level 4",
        &["Support cases have less detail."],
        say::set(name, &reading.origin, "2"),
    );
    let mut finding = say::wrong(name, fine.because, &reading.origin, remedy);
    finding.severity = (level >= BODIES).then_some(Severity::High);
    say::fail(finding)
}

/// From the release that has it on the level is a field of the kubelet's file, and what `/configz` shows is what came of file and
/// flag; before, and where somebody gives it, it is the flag's.
fn kubelet(kubelet: &Kubelet) -> Verdict {
    let given = || {
        let reading = kubelet.get("v").ok()?;
        matches!(reading.origin, Origin::Written(_)).then_some(reading)
    };
    let (name, reading) = match given().filter(|_| !kubelet.is_asked()) {
        Some(flag) => ("v", flag),
        None => match kubelet.get(FIELD) {
            Err(Unanswered::NotApplicable(_)) if kubelet.shows_flags => ("v", kubelet.get("v")?),
            Err(Unanswered::NotApplicable(_)) => return Err(flags_unseen().into()),
            field => (FIELD, field?),
        },
    };
    let level = reading.in_force().parse::<i64>().map_err(|_| Gap {
        kind: GapKind::Manual,
        reason: format!("`{}` is no level", reading.in_force()),
        wanted: say::flag(name),
        who_could_answer: "whoever may read the file of the kubelet, on its node".to_owned(),
    })?;
    // Most distributions give the flag, whatever their definitions say of it.
    if !kubelet.shows_flags && level <= LIMIT {
        return Err(flags_unseen().into());
    }
    Ok(judged(kubelet.component(), name, reading, level))
}

fn flags_unseen() -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: "its flag `--v`, which wins over its file, is not shown".to_owned(),
        wanted: "`--v`".to_owned(),
        who_could_answer: "whoever may see how the kubelet is started, on its node".to_owned(),
    }
}

/// Where the file of a kubelet has it (component-base config/v1alpha1/types.go, LoggingConfiguration, 1.23).
const FIELD: &str = "logging.verbosity";
