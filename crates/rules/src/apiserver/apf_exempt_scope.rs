//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-apf-exempt-scope",
        title: "Requests that nobody throttles are not the system's alone",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("apf_exempt_scope.md"),
    },
    component: "apiserver",
    applies: Applies::from(20, "1.20 brought priority levels by default"),
    check: Check::Objects { of: &[Of::FlowSchema], ask: check },
};

/// Paths of probes, which anybody may have (apiserver pkg/apis/flowcontrol/bootstrap/default.go, 1.36).
const PROBES: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// Groups that everybody is in, or half of the cluster.
const WIDE: [&str; 4] = [
    "Group system:authenticated",
    "Group system:serviceaccounts",
    "Group system:unauthenticated",
    "User system:anonymous",
];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Agents that are taken off the exempt level may be throttled."];
    let mut wrong = Vec::new();
    for schema in cluster.objects.flow_schemas.iter().filter(|schema| &*schema.level == "exempt") {
        for (number, rule) in schema.rules.iter().enumerate() {
            if !rule.resources && rule.paths.iter().all(|path| PROBES.contains(&&**path)) {
                continue;
            }
            let Some(subject) = rule.subjects.iter().find(|subject| *subject != "Group system:masters") else {
                continue;
            };
            let at = schema.meta.part(&format!("/spec/rules/{number}"), rule.at);
            let message = format!("requests of {subject} are never throttled");
            let remedy = say::remedy("give them a priority level of their own", &BREAKS, None);
            let sure = rule.subjects.iter().any(|subject| WIDE.contains(&subject.as_str()));
            let confidence = if sure { Confidence::Certain } else { Confidence::Probable };
            wrong.push(Finding { confidence, ..say::object(&*schema.meta.name, message, &at, remedy) });
            break;
        }
    }
    say::about(cluster, &[Of::FlowSchema], wrong, "only system:masters and probes are never throttled")
}
