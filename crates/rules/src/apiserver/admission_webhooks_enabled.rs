//! A plug-in that asks webhooks or policies is off. The page beside this file explains the rule and tests it.

use facts::{Cluster, apiserver::ApiServer, objects::Of};
use model::{Confidence, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Plugins, Rule, Run, plugins};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-webhooks-enabled",
        title: "Admission webhooks or policies are not asked",
        severity: Severity::High,
        fix: None,
        page: include_str!("admission_webhooks_enabled.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought the webhooks"),
    check: Check::ServerBeside { of: ASKED, ask: check },
};

const PLUGINS: Plugins = Plugins {
    names: &["ValidatingAdmissionWebhook", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"],
    run: Run::All,
    confidence: Confidence::Certain,
    remedy: "turn `ValidatingAdmissionWebhook` and its siblings on again",
    breaks: &["Webhooks that slept become active: a dead one that fails closed blocks writes."],
};

/// What these plug-ins would ask, as far as it is read.
const ASKED: &[Of] = &[Of::ValidatingWebhook, Of::MutatingWebhook, Of::ValidatingPolicy];

/// Its policies are not read.
const UNREAD: &str = "MutatingAdmissionPolicy";

fn check(server: &ApiServer, cluster: &Cluster) -> Verdict {
    let mut answer = plugins::ask(&RULE.info, &PLUGINS, server)?;
    if nothing_sleeps(server, cluster) {
        for finding in &mut answer.findings {
            finding.severity = Some(Severity::Low);
            finding.message.push_str(", and the cluster has no webhook or policy that they would ask");
        }
    }
    Ok(answer)
}

/// Whether it is known that there is nothing to ask. Only a server that gave every list proves it.
fn nothing_sleeps(server: &ApiServer, cluster: &Cluster) -> bool {
    let objects = &cluster.objects;
    let has_unread = match server.admission_plugin(UNREAD) {
        Ok(state) => state.inert.is_none(),
        Err(Unanswered::NotApplicable(_)) => false,
        Err(Unanswered::Gap(_)) => true,
    };
    !has_unread
        && ASKED.iter().all(|of| objects.whole(*of).is_ok())
        && objects.webhooks.is_empty()
        && objects.policies.is_empty()
}
