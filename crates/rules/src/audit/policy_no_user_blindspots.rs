//! People whose requests a policy does not record. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{InUse, audit_policy::{Level, Policy, Rule as PolicyRule}},
};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-no-user-blindspots",
        title: "Somebody is excluded from auditing",
        severity: Severity::High,
        fix: None,
        page: include_str!("policy_no_user_blindspots.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

/// Parts of the control plane that ask the same thing all day; the policy that ships with kube-up names them so.
const NOISY: [&str; 18] = [
    "cluster-autoscaler",
    "kubelet",
    "system:apiserver",
    "system:cluster-autoscaler",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
    "system:node-problem-detector",
    "system:nodes",
    "system:serviceaccount:kube-system:cluster-autoscaler",
    "system:serviceaccount:kube-system:endpoint-controller",
    "system:serviceaccount:kube-system:endpointslice-controller",
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:serviceaccount:kube-system:kube-proxy",
    "system:serviceaccount:kube-system:namespace-controller",
    "system:serviceaccount:kube-system:node-controller",
    "system:serviceaccount:kube-system:resourcequota-controller",
    "system:unsecured",
];

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let mut answer = Answer::default();
    for (index, rule) in used.file.rules.iter().enumerate() {
        let people = rule.users.iter().chain(&rule.user_groups);
        if super::level(rule) != Level::None || people.clone().next().is_none() {
            continue;
        }
        let strangers: Vec<String> =
            people.clone().filter(|one| !NOISY.contains(&one.as_str())).map(|one| format!("`{}`", one.value)).collect();
        let nth = super::nth(index);
        let (message, confidence) = if strangers.is_empty() {
            let Some(writes) = writes(rule) else {
                answer.seen.push(say::field(super::line(rule)));
                continue;
            };
            let names: Vec<String> = people.map(|one| format!("`{}`", one.value)).collect();
            // Taking a lead is a write that comes every two seconds.
            let sure = if is_leading(rule) { Confidence::Possible } else { Confidence::Certain };
            (format!("the {nth} rule drops what {} {writes}, and not only what they read", say::and(&names)), sure)
        } else {
            let sure = if is_discovery(rule) { Confidence::Probable } else { Confidence::Certain };
            (format!("the {nth} rule records nothing of {}", say::and(&strangers)), sure)
        };
        let remedy = say::remedy(
            "name only what is noisy: a system identity, its resources, and the verbs get, list and watch",
            &["Auditing noisy system identities raises the volume a lot."],
            None,
        );
        let mut finding = say::in_file("rules[]", message, super::line(rule), remedy);
        finding.subject = Some(format!("rule {}", index + 1));
        finding.confidence = confidence;
        answer.findings.push(finding);
    }
    answer.because = "nobody but noisy parts of the control plane is excluded, and those for reads alone".to_owned();
    Ok(answer)
}

/// What a rule is about besides reading, in words; `None` where it is about reads alone. Paths without a resource are read.
fn writes(rule: &PolicyRule) -> Option<String> {
    if rule.verbs.is_empty() {
        return (rule.non_resource_urls.is_empty()).then(|| "change".to_owned());
    }
    let writes: Vec<String> = rule
        .verbs
        .iter()
        .map(|verb| verb.value.clone())
        .filter(|verb| !matches!(verb.as_str(), "get" | "list" | "watch" | "head" | "options"))
        .collect();
    (!writes.is_empty()).then(|| say::and(&writes))
}

/// Whether a rule is about objects by which controllers take turns, and about nothing else.
fn is_leading(rule: &PolicyRule) -> bool {
    let all = || rule.resources.iter().flat_map(|one| one.resources.iter());
    all().next().is_some()
        && all().all(|name| matches!(name.as_str(), "endpoints" | "leases" | "configmaps"))
        && rule.resources.iter().all(|one| !one.resources.is_empty())
        && rule.verbs.iter().all(|verb| matches!(verb.as_str(), "get" | "list" | "watch" | "update" | "patch"))
        && !rule.verbs.is_empty()
}

/// Whether a rule is about paths by which clients find out what there is.
fn is_discovery(rule: &PolicyRule) -> bool {
    const PATHS: [&str; 9] =
        ["/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/swagger", "/version", "/.well-known"];
    let known = |path: &str| PATHS.iter().any(|known| path.starts_with(known));
    !rule.non_resource_urls.is_empty() && rule.non_resource_urls.iter().all(|url| known(url.as_str()))
}

/// Without a policy nothing is recorded, which is another rule's matter.
fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    Ok(Answer { because: "there is no policy, and so none that excludes somebody".to_owned(), ..say::fine(server.component(), "audit-policy-file", reading) })
}
