//! Whom the Pod Security Standards pass over. The page beside this file explains the rule and tests it.

use facts::configuration::{InUse, admission::Admission};
use model::{Answer, Confidence, Finding, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::{
    pod_security,
    webhooks::{written, wrong},
};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-pod-security-exemptions",
        title: "Whoever is exempt from Pod Security can make the exemption anybody else's",
        severity: Severity::High,
        fix: None,
        page: include_str!("admission_pod_security_exemptions.md"),
    },
    component: "apiserver",
    applies: Applies::from(23, "1.23 turned the plug-in on"),
    check: Check::File { of: OfFile::Admission(check), server: OfServer::File },
};

/// Service accounts that create pods for whoever made the object behind them
/// (kubernetes.io/docs/concepts/security/pod-security-admission, "Exemptions").
const CONTROLLERS: [&str; 7] = [
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "job-controller",
    "replicaset-controller",
    "replication-controller",
    "statefulset-controller",
];

fn check(file: &InUse<'_, Admission>) -> Verdict {
    pod_security::runs(file.server)?;
    let Some(settings) = pod_security::settings(file)? else {
        return Err(Unanswered::NotApplicable("the file says nothing to `PodSecurity`".to_owned()));
    };
    let mut answer = Answer { setting: Some("exemptions".to_owned()), ..Answer::default() };
    let fault = |subject: &str, field: &str, message: String, at, confidence| {
        let remedy = say::remedy("exempt one namespace of the system at most", &["Pods behind the exemption are refused at their next start."], None);
        Finding { confidence, ..wrong(subject.to_owned(), &format!("exemptions.{field}"), message, &written(at), remedy) }
    };
    for user in &settings.exempt_users {
        let name = user.value.strip_prefix("system:serviceaccount:kube-system:").unwrap_or_default();
        answer.seen.push(written(&user.at));
        if CONTROLLERS.contains(&name) {
            let message = format!("`{}` makes pods for everybody, so that nobody's are held to anything", user.value);
            answer.findings.push(fault(&user.value, "usernames", message, &user.at, Confidence::Certain));
        }
    }
    for namespace in &settings.exempt_namespaces {
        answer.seen.push(written(&namespace.at));
        if !is_of_the_system(&namespace.value) {
            let message = format!("`{}` is exempt, and no namespace of the system by its name", namespace.value);
            answer.findings.push(fault(&namespace.value, "namespaces", message, &namespace.at, Confidence::Possible));
        }
    }
    for class in &settings.exempt_runtime_classes {
        answer.gaps.push(Gap {
            kind: GapKind::Manual,
            reason: format!("whether pods of the runtime class `{}` are held to something else is for somebody to say", class.value),
            wanted: format!("why `{}` is exempt", class.value),
            who_could_answer: "whoever maintains the runtime class".to_owned(),
        });
        answer.seen.push(written(&class.at));
    }
    if let Some(at) = settings.at.as_ref().filter(|_| answer.seen.is_empty()) {
        answer.seen.push(written(at));
    }
    answer.because = match (settings.exempt_users.len(), settings.exempt_namespaces.len()) {
        (0, 0) => "nobody is exempt".to_owned(),
        (0, _) => "namespaces of the system alone are exempt".to_owned(),
        _ => "no controller is exempt".to_owned(),
    };
    Ok(answer)
}

/// As distributions and common operators name theirs.
fn is_of_the_system(name: &str) -> bool {
    let begins = ["kube-", "openshift-", "cattle-", "calico-", "tigera-", "rook-", "longhorn-", "cilium", "istio-", "metallb-"];
    name.ends_with("-system") || begins.iter().any(|begin| name.starts_with(begin))
}
