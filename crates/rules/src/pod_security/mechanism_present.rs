//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::ApiServer,
    objects::{AdmissionPolicy, Of},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::levels::{self, Ground, Kept};
use crate::{Applies, Check, Rule, admission::webhooks, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pod-security-mechanism-present",
        title: "Nothing keeps pods from their node",
        severity: Severity::High,
        fix: None,
        page: include_str!("mechanism_present.md"),
    },
    component: "pod-security",
    applies: Applies::ALWAYS,
    check: Check::ObjectsUnder { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Namespace, Of::ValidatingWebhook, Of::ValidatingPolicy, Of::ValidatingPolicyBinding];

fn check(cluster: &Cluster) -> Verdict {
    if levels::has_constraints(cluster)? {
        let because = "on OpenShift every pod passes a security context constraint".to_owned();
        return Ok(Answer { because, ..Answer::default() });
    }
    if cluster.apiservers.is_empty() {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: "no API server was looked at".to_owned(),
            wanted: "the configuration of the API server".to_owned(),
            who_could_answer: "the running cluster: `portcullis audit --context NAME`".to_owned(),
        }));
    }
    if cluster.apiservers.iter().all(has_policies) {
        let because = "`PodSecurityPolicy` runs, which refuses every pod that no policy lets in".to_owned();
        return Ok(Answer { because, ..Answer::default() });
    }
    // An older release has nothing of its own but that.
    let ground = Ground::of(cluster);
    let is_off = ground.is_on.as_ref().is_ok_and(|is_on| !is_on);
    let (mut open, mut unknown) = (Vec::new(), None);
    for namespace in levels::of_people(cluster) {
        match ground.keeps(namespace) {
            _ if is_off => open.push(namespace),
            Kept::NotByLabel(_) | Kept::NotByDefault => open.push(namespace),
            Kept::Unknown(gap) => unknown = Some(gap),
            Kept::Well => {}
        }
    }
    let gaps: Vec<Gap> = cluster.objects.whole(Of::Namespace).err().into_iter().chain(unknown).chain(ground.is_on.err()).collect();
    let Some(first) = open.first() else {
        let because = "every namespace of people enforces `baseline` at least".to_owned();
        return Ok(Answer { because, gaps, ..Answer::default() });
    };
    if let Some(gap) = something_else(cluster) {
        return Err(gap.into());
    }
    let names: Vec<String> = open.iter().take(3).map(|one| format!("`{}`", one.meta.name)).collect();
    let more = if open.len() > names.len() { format!(" and {} more", open.len() - names.len()) } else { String::new() };
    let message = format!("neither Pod Security nor a policy engine keeps pods of {}{more} from their node", names.join(", "));
    let remedy = say::remedy(
        "enforce `baseline` in every namespace of people, beginning with warnings",
        &["Workloads that violate the chosen level are refused at their next start."],
        None,
    );
    let found = say::object("namespaces", message, &first.meta.at, remedy);
    // A webhook whose name tells nothing may be one.
    Ok(Answer { findings: vec![Finding { confidence: Confidence::Probable, ..found }], gaps, ..Answer::default() })
}

/// Whether pods need a PodSecurityPolicy, which 1.25 took away.
fn has_policies(server: &ApiServer) -> bool {
    server.admission_plugin("PodSecurityPolicy").is_ok_and(|plugin| plugin.enabled)
}

/// Why something else may keep pods from their node: an engine is asked about them, or whether one is was not seen.
fn something_else(cluster: &Cluster) -> Option<Gap> {
    let objects = &cluster.objects;
    let engines = objects.webhooks.iter().filter(|webhook| !webhook.mutates && webhook.matches_writes("", "pods"));
    let engine = engines.filter_map(|webhook| Some((webhook, webhooks::engine(webhook)?))).next();
    if let Some((webhook, _)) = engine {
        return Some(of_its_own(&format!("the policy engine behind `{}`", webhook.name)));
    }
    let is_bound = |policy: &&AdmissionPolicy| {
        objects.policy_bindings.iter().any(|binding| {
            binding.policy == policy.meta.name && binding.actions.iter().any(|action| **action == *"Deny")
        })
    };
    let policy = objects.policies.iter().filter(|policy| policy.matches("", "pods")).find(is_bound);
    if let Some(policy) = policy {
        return Some(of_its_own(&format!("the ValidatingAdmissionPolicy `{}`", policy.meta.name)));
    }
    OF.iter().filter(|of| **of != Of::Namespace).find_map(|of| objects.whole(*of).err())
}

fn of_its_own(who: &str) -> Gap {
    Gap {
        kind: GapKind::Manual,
        reason: format!("what {who} refuses of pods was not worked out"),
        wanted: "whether it refuses what `baseline` refuses".to_owned(),
        who_could_answer: "whoever wrote its policies".to_owned(),
    }
}
