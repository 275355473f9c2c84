//! What facts already found wrong, as findings: one for each subject, however often it is written.

use std::collections::BTreeMap;

use model::{
    Author, Component, Confidence, Finding, Form, Gap, Label, Location, Origin, Plane, Problem, Reading, Severity, Site,
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

/// Why there may be words that were not seen, or a release whose flags are not known: then nothing that is not written is
/// known to be a default. `None` where every word was seen.
pub(super) fn hidden(component: &Component) -> Option<Gap> {
    let mut counts: BTreeMap<&Gap, usize> = BTreeMap::new();
    for setting in &component.settings {
        match setting.in_force() {
            Ok(Reading { origin: Origin::Default { by: Author::Upstream { .. }, .. }, .. }) => return None,
            Ok(_) => {}
            Err(gap) => *counts.entry(gap).or_default() += 1,
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(gap, _)| gap.clone())
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
