//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Confidence, Finding, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "validating-admission-policy-enforcing",
        title: "An admission policy refuses nothing",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_policy_enforcing.md"),
    },
    component: "apiserver",
    applies: Applies::from(26, "1.26 brought ValidatingAdmissionPolicy"),
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::ValidatingPolicy, Of::ValidatingPolicyBinding];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["`Deny` refuses objects that were only warned about; watch the warnings first."];
    let objects = &cluster.objects;
    let all_bindings = objects.whole(Of::ValidatingPolicyBinding).is_ok();
    let wrong = objects.policies.iter().filter_map(|policy| {
        let name = &policy.meta.name;
        let remedy = |title: &str| say::remedy(title, &BREAKS, None);
        let bindings: Vec<_> = objects.policy_bindings.iter().filter(|binding| binding.policy == *name).collect();
        let denies = bindings.iter().any(|binding| binding.actions.iter().any(|action| &**action == "Deny"));
        if bindings.is_empty() && all_bindings {
            let message = format!("nothing binds `{name}`, so that it is never asked");
            return Some(say::object(&**name, message, &policy.meta.at, remedy("bind it")));
        }
        if let (Some(first), false, true) = (bindings.first(), denies, all_bindings) {
            let message = format!("`{name}` only tells: no binding of it has `Deny`");
            let at = first.meta.part("/spec/validationActions", first.at);
            return Some(say::object(&**name, message, &at, remedy("add `Deny` to the actions of its binding")));
        }
        if let Some(said) = policy.failure_policy.as_ref().filter(|said| &*said.text == "Ignore") {
            let at = policy.meta.part("/spec/failurePolicy", said.at);
            let message = format!("what `{name}` cannot decide it lets through");
            return Some(say::object(&**name, message, &at, remedy("set `failurePolicy: Fail`")));
        }
        // A condition on the caller exempts whoever it names; how many those are the expression alone does not tell.
        let (number, condition) =
            policy.conditions.iter().enumerate().find(|(_, one)| one.text.contains("request.userInfo"))?;
        let at = policy.meta.part(&format!("/spec/matchConditions/{number}/expression"), condition.at);
        let message = format!("`{name}` is not asked about some callers");
        let finding = say::object(&**name, message, &at, remedy("exempt as few as can be"));
        Some(Finding { confidence: Confidence::Possible, ..finding })
    });
    let answer = say::about(cluster, OF, wrong.collect(), "every admission policy is bound and denies")?;
    if objects.policies.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable("there is no ValidatingAdmissionPolicy".to_owned()));
    }
    Ok(answer)
}
