//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Confidence, Finding, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "policy-engine-enforce-mode",
        title: "A policy engine only tells",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("engine_enforce_mode.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::KyvernoPolicy, Of::KubewardenPolicy];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Deployments that passed are refused; clear what is reported first."];
    let policies = &cluster.objects.engine_policies;
    let wrong = policies.iter().filter_map(|policy| {
        let (value, at) = policy.only_tells.as_ref()?;
        let at = at.map_or_else(|| policy.meta.at.clone(), |at| policy.meta.part("/spec", at));
        let message = format!("`{}` of {} only tells (`{value}`)", policy.meta.name, policy.engine);
        let remedy = say::remedy("let it refuse, once nothing is reported any more", &BREAKS, None);
        let subject = format!("{} {}", policy.engine, policy.meta.name);
        // Which of its rules are about security only a person can tell.
        Some(Finding { confidence: Confidence::Probable, ..say::object(subject, message, &at, remedy) })
    });
    let answer = say::about(
        cluster,
        OF,
        wrong.collect(),
        "every ClusterPolicy of Kyverno and ClusterAdmissionPolicy of Kubewarden refuses what it finds",
    )?;
    if policies.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable("there are no policies of Kyverno or Kubewarden".to_owned()));
    }
    Ok(answer)
}
