//! A feature gate is switched on that is alpha in the release, or all of a stage are. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Answer, Finding, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-alpha-feature-gates",
        title: "Alpha features are switched on",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("alpha_feature_gates.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let mut answer = Answer {
        seen: vec![say::reading(server.component(), "feature-gates")?.origin.clone()],
        because: "no alpha feature is switched on".to_owned(),
        ..Answer::default()
    };
    for gate in server.given_gates()?.into_iter().filter(|gate| gate.on) {
        let message = match server.gate_is_alpha(&gate.name) {
            Ok(true) if gate.name == "AllAlpha" => "`AllAlpha` switches every alpha feature on".to_owned(),
            Ok(true) => format!("`{}` is on, and alpha in {}", gate.name, server.component().release),
            Ok(false) if gate.name == "AllBeta" => "`AllBeta` switches every beta feature on".to_owned(),
            Err(Unanswered::Gap(gap)) => {
                answer.gaps.push(gap);
                continue;
            }
            Ok(false) | Err(Unanswered::NotApplicable(_)) => continue,
        };
        let remedy = say::remedy(
            "leave features alone until they are beta, and switch on by name what is needed",
            &["Fields and objects that depend on the feature vanish, and workloads that use them may fail."],
            None,
        );
        answer.findings.push(Finding {
            subject: Some(gate.name.clone()),
            ..say::wrong("feature-gates", message, &gate.origin, remedy)
        });
    }
    Ok(answer)
}
