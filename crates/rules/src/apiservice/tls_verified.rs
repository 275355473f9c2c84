//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiservice-tls-verified",
        title: "Whoever answers for an API is not verified",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("tls_verified.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: &[Of::ApiService], ask: check },
};

/// Parts of the names of groups that serve credentials, policy or decisions.
const GRAVE: [&str; 7] = ["auth", "credential", "identity", "policy", "policies", "secret", "vault"];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 2] = [
        "An adapter with a certificate of its own answers no more until its authority is in `caBundle`.",
        "Without metrics autoscaling and `kubectl top` stop, and namespaces may not be deleted to their end.",
    ];
    let wrong = cluster.objects.api_services.iter().filter_map(|service| {
        let at = service.meta.part("/spec/insecureSkipTLSVerify", service.unverified?);
        let message = format!("whoever answers for `{}` is not verified", service.group);
        let remedy = say::remedy("put its authority into `caBundle` and remove `insecureSkipTLSVerify`", &BREAKS, None);
        let grave = GRAVE.iter().any(|part| service.group.contains(part));
        let finding = say::object(&*service.meta.name, message, &at, remedy);
        Some(Finding { severity: grave.then_some(Severity::High), ..finding })
    });
    say::about(cluster, &[Of::ApiService], wrong.collect(), "whoever answers for an API is verified")
}
