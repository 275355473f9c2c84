//! Flags that nobody knows. The page beside this file explains the rule and tests it.

use model::{Answer, Component, Problem, ProblemKind, RuleCard, Severity, Verdict};

use super::problems;
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-unknown-flags",
        title: "A component is given flags that it does not know",
        severity: Severity::Low,
        fix: None,
        page: include_str!("unknown_flags.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Declared(check),
};

/// Parts of the names of flags that decide about security. A misspelt one of these protects nothing.
const SECURITY: [&str; 17] = [
    "admission", "anonymous", "audit", "auth", "bind-address", "ca-file", "cert", "cipher", "encryption", "insecure",
    "kubelet-https", "oidc", "profiling", "service-account", "tls", "token", "webhook",
];

fn check(component: &Component) -> Verdict {
    let unknown = component.problems.iter().filter(|problem| problem.kind == ProblemKind::Unknown);
    let findings =
        problems::findings(component, unknown, |problem| misspelt_protection(problem).then_some(Severity::Medium));
    Ok(Answer {
        because: format!("{} knows every flag it is given", component.name),
        findings,
        gaps: problems::hidden_of_unknown(component).into_iter().collect(),
        ..Answer::default()
    })
}

/// Whether the name that was meant, going by the nearest one there is, is that of a setting that protects something.
fn misspelt_protection(problem: &Problem) -> bool {
    let nearest = problem.hint.as_deref().and_then(|hint| hint.split('`').nth(1));
    nearest.is_some_and(|nearest| SECURITY.iter().any(|part| nearest.contains(part)))
}
