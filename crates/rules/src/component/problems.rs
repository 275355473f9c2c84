//! What facts already found wrong, as findings: one for each subject, however often it is written.

use std::collections::BTreeMap;

use model::{Component, Confidence, Finding, Form, Label, Location, Origin, Plane, Problem, Severity, Site};

/// A finding for each subject among the problems, at the first place, with the other places beside it.
pub(super) fn findings<'a>(
    component: &Component,
    problems: impl Iterator<Item = &'a Problem>,
    severity: impl Fn(&Problem) -> Option<Severity>,
) -> Vec<Finding> {
    let mut by_subject: BTreeMap<String, Finding> = BTreeMap::new();
    for problem in problems {
        let subject = problem.setting.clone().unwrap_or_else(|| problem.message.clone());
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

fn finding(component: &Component, problem: &Problem, subject: String, severity: Option<Severity>) -> Finding {
    let mut message = problem.message.clone();
    if let Some(hint) = &problem.hint {
        message.push_str(&format!("; {hint}"));
    }
    Finding {
        subject: Some(subject),
        setting: problem.setting.clone(),
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
