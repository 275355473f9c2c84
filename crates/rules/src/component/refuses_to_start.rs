//! Components that do not start. The page beside this file explains the rule and tests it.

use facts::kubelet;
use model::{Answer, Component, RuleCard, Severity, Verdict};

use super::problems;
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-refuses-to-start",
        title: "A component does not start with what it is given",
        // Nobody gets in: what is lost is the control plane, at the next restart.
        severity: Severity::Medium,
        fix: None,
        page: include_str!("refuses_to_start.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Starts(check),
};

fn check(component: &Component) -> Verdict {
    let stopping = component.problems.iter().filter(|problem| problem.stops);
    let findings = problems::findings(component, stopping, |_| None);
    if !findings.is_empty() {
        return Ok(Answer { findings, ..Answer::default() });
    }
    if component.starts == Some(true) && component.unseen.is_empty() {
        let because = if component.settings.is_empty() {
            format!("nothing in it stops a kube-apiserver of {}", component.release)
        } else if component.name == kubelet::NAME {
            format!("nothing in its configuration stops a kubelet of {}", component.release)
        } else {
            format!("nothing among its arguments stops a {} of {}", component.name, component.release)
        };
        return Ok(Answer { because, ..Answer::default() });
    }
    Ok(Answer { gaps: component.unseen.clone(), ..Answer::default() })
}
