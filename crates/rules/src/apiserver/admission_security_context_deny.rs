//! Neither `SecurityContextDeny` nor `PodSecurityPolicy` is on. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::pod_security;
use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-security-context-deny",
        title: "Nothing restrains what pods may ask of their node",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_security_context_deny.md"),
    },
    component: "apiserver",
    applies: Applies::until(24, "from 1.25 on Pod Security admission answers the question"),
    check: Check::ApiServer(check),
};

const PLUGINS: Plugins = Plugins {
    names: &["SecurityContextDeny", "PodSecurityPolicy"],
    run: Run::One,
    confidence: Confidence::Probable,
    remedy: "turn `SecurityContextDeny` on",
    breaks: &["Pods that set SELinux options, `runAsUser`, `fsGroup` or `supplementalGroups` are refused, useful hardening among them."],
};

fn check(server: &ApiServer) -> Verdict {
    pod_security::or_a_predecessor(&RULE.info, &PLUGINS, server)
}
