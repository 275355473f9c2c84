//! Flags that a release no longer wants. The page beside this file explains the rule and tests it.

use facts::flags::{Flag, KUBE_APISERVER};
use model::{
    Answer, Change, Component, Form, Gap, GapKind, Label, Minor, Origin, Problem, ProblemKind, Remedy, RuleCard, Safety, Severity,
    Site, Verdict,
};

use super::problems;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-removed-flags",
        title: "A component is given flags that its release removed, ignores or deprecates",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("removed_flags.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Component(check),
};

fn check(component: &Component) -> Verdict {
    let undecided: Vec<&Flag> = undecided(component).collect();
    let is_undecided = |problem: &Problem| {
        problem.setting.as_deref().is_some_and(|name| undecided.iter().any(|flag| say::flag(flag.name) == say::flag(name)))
    };
    let removed = component
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Removed && (problem.stops || !is_undecided(problem)));
    // A flag that is gone stops the next start; one that is ignored or deprecated only misleads.
    let mut findings = problems::findings(component, removed, |problem| problem.stops.then_some(Severity::Medium));
    for finding in &mut findings {
        finding.remedy = Some(remedy(finding.setting.as_deref(), &finding.primary, &finding.because));
    }
    let (oldest, newest) = component.release.bounds();
    let gaps = undecided
        .iter()
        .map(|flag| Gap {
            kind: GapKind::Version,
            reason: format!("whether `--{}` still does anything differs from {oldest} to {newest}", flag.name),
            wanted: "--kubernetes-version".to_owned(),
            who_could_answer: "give the release with --kubernetes-version".to_owned(),
        })
        .chain(problems::hidden(component))
        .collect();
    Ok(Answer {
        because: format!("{} of {} knows and uses every flag it is given", component.name, component.release),
        findings,
        gaps,
        ..Answer::default()
    })
}

/// Flags that are given and whose fate differs over the releases that this can be.
fn undecided(component: &Component) -> impl Iterator<Item = &'static Flag> {
    let (oldest, newest) = component.release.bounds();
    let changes = move |since: Option<Minor>| since.is_some_and(|since| oldest < since && since <= newest);
    component
        .settings
        .iter()
        .filter(|setting| setting.readings.iter().flatten().any(|reading| matches!(reading.origin, Origin::Written(_))))
        .filter_map(|setting| KUBE_APISERVER.find(setting.name))
        .filter(move |flag| changes(flag.deprecated) || changes(flag.inert) || changes(flag.removed))
}

fn remedy(setting: Option<&str>, primary: &Origin, others: &[Label]) -> Remedy {
    let mut sites: Vec<Site> = match primary {
        Origin::Written(site) => vec![site.clone()],
        _ => Vec::new(),
    };
    sites.extend(others.iter().map(|label| Site { at: label.at.clone(), form: Form::Word }));
    let changes: Vec<Change> = match setting {
        Some(setting) if !sites.is_empty() => vec![Change::Remove { setting: setting.to_owned(), sites }],
        _ => Vec::new(),
    };
    Remedy {
        title: setting.map_or_else(|| "take it away".to_owned(), |setting| format!("take `{setting}` away")),
        safety: if changes.is_empty() { Safety::Manual } else { Safety::Review },
        breaks: vec!["A wrapper or installer may still read the flag, or write it back.".to_owned()],
        changes,
    }
}
