//! Flags that a release no longer wants. The page beside this file explains the rule and tests it.

use facts::{
    flags::{Flag, KUBE_APISERVER, KUBELET_FLAGS, Table},
    kubelet,
};
use model::{
    Answer, Change, Component, Finding, Form, Gap, Minor, Origin, Problem, ProblemKind, Remedy, RuleCard, Safety, Severity,
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
    check: Check::CommandLine(check),
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
    let (moved, removed): (Vec<&Problem>, Vec<&Problem>) =
        removed.partition(|problem| !problem.stops && has_a_field(component, problem));
    // A flag that is gone stops the next start; one that is ignored or deprecated only misleads.
    let mut findings =
        problems::findings(component, removed.into_iter(), |problem| problem.stops.then_some(Severity::Medium));
    for finding in &mut findings {
        finding.remedy = Some(remedy(component, finding));
    }
    findings.extend(told_once(component, &moved));
    let (oldest, newest) = component.release.bounds();
    let gaps = undecided
        .iter()
        .map(|flag| Gap::of_release(format!("whether `--{}` still does anything differs from {oldest} to {newest}", flag.name)))
        .chain(problems::hidden(component))
        .collect();
    Ok(Answer {
        because: format!("{} of {} knows and uses every flag it is given", component.name, component.release),
        findings,
        gaps,
        ..Answer::default()
    })
}

fn table(component: &Component) -> &'static Table {
    if component.name == kubelet::NAME { &KUBELET_FLAGS } else { &KUBE_APISERVER }
}

/// Whether a flag does its work and only has a better place: nearly all that kubelets have are deprecated for a field of their
/// file since 1.10.
fn has_a_field(component: &Component, problem: &Problem) -> bool {
    let flag = problem.setting.as_deref().and_then(|name| table(component).find(name));
    flag.is_some_and(|flag| flag.sets.is_some() && flag.removed.is_none())
}

/// All of those in one finding.
fn told_once(component: &Component, moved: &[&Problem]) -> Option<Finding> {
    let one = problems::findings(component, moved.iter().copied(), |_| Some(Severity::Info));
    let mut names: Vec<String> = one.iter().filter_map(|finding| finding.subject.as_ref().map(|name| format!("`{name}`"))).collect();
    let count = names.len();
    let mut all = one.into_iter();
    let mut first = all.next()?;
    if count > 4 {
        names.truncate(3);
        names.push(format!("{} more", count - 3));
    }
    let is = if count == 1 { "is deprecated, and has a field" } else { "are deprecated, and have fields" };
    first.message = format!("{} {is} in the file of `--config`", say::and(&names));
    first.subject = Some("flags with a field".to_owned());
    first.setting = None;
    first.because.extend(all.filter_map(|other| say::label(&other.primary, other.message.clone())));
    first.remedy = Some(Remedy {
        title: "write them as fields of the KubeletConfiguration".to_owned(),
        safety: Safety::Manual,
        breaks: vec!["A file changes the defaults of other fields: anonymous requests, their authorization and the read-only port.".to_owned()],
        changes: Vec::new(),
    });
    Some(first)
}

/// Flags that are given and whose fate differs over the releases that this can be.
fn undecided(component: &Component) -> impl Iterator<Item = &'static Flag> {
    let (oldest, newest) = component.release.bounds();
    let changes = move |since: Option<Minor>| since.is_some_and(|since| oldest < since && since <= newest);
    component
        .settings
        .iter()
        .filter(|setting| setting.readings.iter().flatten().any(|reading| matches!(reading.origin, Origin::Written(_))))
        .filter_map(|setting| table(component).find(setting.name))
        .filter(move |flag| changes(flag.deprecated) || changes(flag.inert) || changes(flag.removed))
}

fn remedy(component: &Component, finding: &Finding) -> Remedy {
    let name = finding.subject.as_deref().unwrap_or("it");
    // What is only deprecated still does its work, and what it set would fall back to a default: that takes a person.
    let does_nothing = finding.severity.is_some() || is_inert(component, name);
    let change = finding.setting.as_deref().filter(|_| does_nothing).and_then(|name| removal(component, finding, name));
    let title = if does_nothing { format!("take `{name}` away") } else { format!("learn to do without `{name}`") };
    Remedy {
        title,
        safety: if change.is_some() { Safety::Review } else { Safety::Manual },
        breaks: vec!["A wrapper or installer may still read the flag, or write it back.".to_owned()],
        changes: change.into_iter().collect(),
    }
}

/// Whether the flag has no effect in any release that this can be.
fn is_inert(component: &Component, name: &str) -> bool {
    let flag = table(component).find(name.trim_start_matches('-'));
    flag.and_then(|flag| flag.inert).is_some_and(|inert| component.release.is_at_least(inert))
}

/// Every place of the flag: as facts hold it, where the release still has it, else where it was complained of.
fn removal(component: &Component, finding: &Finding, setting: &str) -> Option<Change> {
    let held = component.setting(setting.trim_start_matches('-')).and_then(|held| held.in_force().ok());
    if let Some(change) = held.and_then(|reading| say::remove(setting, reading)) {
        return Some(change);
    }
    let Origin::Written(first) = &finding.primary else { return None };
    let others = finding.because.iter().map(|label| Site { at: label.at.clone(), form: Form::Word });
    Some(Change::Remove { setting: setting.to_owned(), sites: std::iter::once(first.clone()).chain(others).collect() })
}
