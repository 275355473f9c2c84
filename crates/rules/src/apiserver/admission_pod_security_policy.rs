//! The plug-in `PodSecurityPolicy` is off. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::pod_security;
use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-pod-security-policy",
        title: "No Pod Security Policy is enforced",
        severity: Severity::High,
        fix: None,
        page: include_str!("admission_pod_security_policy.md"),
    },
    component: "apiserver",
    applies: Applies::until(24, "from 1.25 on Pod Security admission answers the question"),
    check: Check::ApiServer(check),
};

const PLUGINS: Plugins = Plugins {
    names: &["PodSecurityPolicy"],
    run: Run::One,
    confidence: Confidence::Probable,
    remedy: "turn `PodSecurityPolicy` on",
    breaks: &["Without a policy that somebody may use no pod is created at all, mirror pods of the control plane included."],
};

fn check(server: &ApiServer) -> Verdict {
    pod_security::or_a_predecessor(&RULE.info, &PLUGINS, server)
}
