//! What facts already found wrong, as findings: one for each subject, however often it is written.

use std::collections::BTreeMap;

use model::{
    Author, Component, Confidence, Finding, Form, Gap, GapKind, Label, Location, Origin, Plane, Problem, Reading,
    Severity, Site,
};

use crate::say;

/// A finding for each subject among the problems, at the first place, with the other places beside it.
pub(super) fn findings<'a>(
    component: &Component,
    problems: impl Iterator<Item = &'a Problem>,
    severity: impl Fn(&Problem) -> Option<Severity>,
) -> Vec<Finding> {
    let mut by_subject: BTreeMap<String, Finding> = BTreeMap::new();
    for problem in problems {
        let subject = subject(problem);
        match by_subject.get_mut(&subject) {
            Some(finding) => {
                finding.severity = finding.severity.max(severity(problem));
                finding
                    .because
                    .extend(problem.location.iter().map(|at| Label { at: at.clone(), text: problem.message.clone() }));
            }
            None => {
                let finding = finding(component, problem, subject.clone(), severity(problem));
                by_subject.insert(subject, finding);
            }
        }
    }
    by_subject.into_values().collect()
}

/// The flag, else the word that the message quotes first, else the message: what stays the same from run to run.
fn subject(problem: &Problem) -> String {
    match (&problem.setting, problem.message.split('`').nth(1)) {
        (Some(setting), _) => say::flag(setting),
        (None, Some(word)) => word.to_owned(),
        (None, None) => problem.message.clone(),
    }
}

/// How many of the places that tell of a setting show no words: what a process lists of itself are values, whatever made them.
pub(super) fn without_words(component: &Component) -> usize {
    let is_listed =
        |reading: &Reading| reading.plane == Plane::Running && matches!(reading.origin, Origin::Reported(_));
    usize::from(component.settings.iter().any(|setting| setting.nearest().is_ok_and(is_listed)))
}

/// Why there may be words that were not seen, or a release whose flags are not known: then nothing that is not written is
/// known to be a default. `None` where every word was seen.
pub(super) fn hidden(component: &Component) -> Option<Gap> {
    not_seen(component).or_else(|| is_alone(component).then(|| nowhere(component)))
}

/// The same where a process that runs has nothing to hide: one that is given what it does not know does not start.
pub(super) fn hidden_of_unknown(component: &Component) -> Option<Gap> {
    not_seen(component)
}

fn not_seen(component: &Component) -> Option<Gap> {
    let mut counts: BTreeMap<&Gap, usize> = BTreeMap::new();
    let valued = without_words(component);
    for setting in &component.settings {
        match setting.readings.get(valued) {
            Some(Ok(Reading { origin: Origin::Default { by: Author::Upstream { .. }, .. }, open: None, .. })) => {
                return None;
            }
            Some(Ok(reading)) => {
                if let Some(gap) = reading.open.as_deref() {
                    *counts.entry(gap).or_default() += 1;
                }
            }
            Some(Err(gap)) => *counts.entry(gap).or_default() += 1,
            None => {}
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(gap, _)| gap.clone())
}

/// Whether what the process says of itself is all there is.
fn is_alone(component: &Component) -> bool {
    without_words(component) > 0 && component.settings.iter().all(|setting| setting.readings.len() == 1)
}

fn nowhere(component: &Component) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("what {} lists of its flags is what each holds, and not how it was given", component.name),
        wanted: format!("the arguments of {}", component.instance),
        who_could_answer: "its manifest or unit, with --root, or portcullis on its node".to_owned(),
    }
}

fn finding(component: &Component, problem: &Problem, subject: String, severity: Option<Severity>) -> Finding {
    let mut message = problem.message.clone();
    if let Some(hint) = &problem.hint {
        message.push_str(&format!("; {hint}"));
    }
    Finding {
        subject: Some(subject),
        setting: problem.setting.as_deref().map(say::flag),
        message,
        severity,
        confidence: Confidence::Certain,
        primary: origin(component, problem),
        because: Vec::new(),
        remedy: None,
    }
}

/// Where the problem is; the declaration as a whole for something that is nowhere.
fn origin(component: &Component, problem: &Problem) -> Origin {
    match &problem.location {
        Some(at) => Origin::Written(Site { at: at.clone(), form: Form::Word }),
        None => Origin::Reported(Location::whole(component.declared_in.clone(), Plane::Declared)),
    }
}
