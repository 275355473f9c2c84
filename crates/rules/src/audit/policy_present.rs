//! Whether there is a policy at all. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{InUse, audit_policy::{Policy}},
};
use model::{Answer, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-present",
        title: "No audit policy is loaded",
        severity: Severity::High,
        fix: None,
        page: include_str!("policy_present.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let count = used.file.rules.len();
    let mut answer = say::file_is_fine(used.at, format!("the policy has {count} rule{}", if count == 1 { "" } else { "s" }));
    // apiserver pkg/server/options/audit.go: without the gate there are lines in the old format, and no policy.
    let gates = used.server.and_then(|server| server.given_gates().ok()).unwrap_or_default();
    if let Some(gate) = gates.iter().find(|gate| gate.name == "AdvancedAuditing" && !gate.on) {
        let remedy = say::remedy("take AdvancedAuditing out of `--feature-gates`", &[], None);
        let message = "the feature gate AdvancedAuditing is off, so that the policy is not used";
        answer.findings.push(say::wrong("feature-gates", message, &gate.origin, remedy));
    }
    Ok(answer)
}

fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    let remedy = say::remedy(
        "write a policy and name it with `--audit-policy-file`, and a log with `--audit-log-path`",
        &[
            "A file that is missing or that the server does not take keeps it from starting.",
            "A policy that records bodies of everything multiplies the log and the memory of the server.",
        ],
        None,
    );
    let message = "`--audit-policy-file` is not set, so that nothing is recorded, whatever log is configured";
    Ok(Answer { findings: vec![say::wrong("audit-policy-file", message, &reading.origin, remedy)], ..Answer::default() })
}
