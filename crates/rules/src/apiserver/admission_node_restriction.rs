//! What kubelets may change. The page beside this file explains the rule and tests it.

use facts::apiserver::{AdmissionPlugin, ApiServer};
use model::{Answer, Change, Confidence, Finding, Remedy, RuleCard, Safety, Severity, Verdict};

use super::authorizers;
use crate::{Applies, Check, Rule, plugins, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-node-restriction",
        title: "A kubelet may change other nodes and their pods",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("admission_node_restriction.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought the plug-in `NodeRestriction`"),
    check: Check::ApiServer(check),
};

const PLUGIN: &str = "NodeRestriction";

fn check(server: &ApiServer) -> Verdict {
    let plugin = server.admission_plugin(PLUGIN)?;
    if !plugin.enabled {
        return Ok(say::fail(Finding {
            subject: None,
            setting: Some(say::flag(&plugin.setting)),
            message: format!("`{PLUGIN}` is off: {}", plugins::decided(server, &plugin)),
            severity: None,
            confidence: Confidence::Certain,
            primary: plugin.origin.clone(),
            because: Vec::new(),
            remedy: Some(remedy(server, &plugin)),
        }));
    }
    // The plug-in recognises kubelets as the Node authorizer does and confines those; without the authorizer their reads
    // are not confined at all (kubernetes.io/docs/reference/access-authn-authz/node).
    let chain = server.authorizers()?;
    if !authorizers::has(chain, "Node") {
        let mut finding = Finding {
            subject: None,
            setting: Some(say::flag(&chain.setting)),
            message: format!("`{PLUGIN}` is on, but {}, without `Node`", authorizers::written(&server.component().release, chain)),
            severity: None,
            confidence: Confidence::Certain,
            primary: chain.origin.clone(),
            because: Vec::new(),
            remedy: None,
        };
        finding.because.extend(say::label(&plugin.origin, format!("`{PLUGIN}` is on")));
        return Ok(say::fail(finding));
    }
    Ok(Answer {
        seen: vec![plugin.origin.clone(), chain.origin.clone()],
        because: format!("`{PLUGIN}` is on, and {}", authorizers::written(&server.component().release, chain)),
        setting: Some(say::flag(&plugin.setting)),
        ..Answer::default()
    })
}

fn remedy(server: &ApiServer, plugin: &AdmissionPlugin) -> Remedy {
    let changes = changes(server, plugin).unwrap_or_default();
    Remedy {
        title: format!("turn `{PLUGIN}` on, beside the Node authorizer"),
        safety: if changes.is_empty() { Safety::Manual } else { Safety::Review },
        breaks: vec![
            "Kubelets can no longer give themselves labels under `node-restriction.kubernetes.io/` or most of \
             `kubernetes.io/`: with `--node-labels=node-role.kubernetes.io/x` they do not register, and scripts that label \
             with the kubelet's credential fail."
                .to_owned(),
            "Kubelets whose certificate does not name them are refused.".to_owned(),
        ],
        changes,
    }
}

/// The list that the plug-in would be named in, with it, and the Node authorizer where it is missing. `None` where only a
/// person can tell: the plug-in was switched off on purpose, or everything is allowed and roles have to come first.
fn changes(server: &ApiServer, plugin: &AdmissionPlugin) -> Option<Vec<Change>> {
    let mut changes = vec![plugins::with(server, plugin, PLUGIN)?];
    let chain = server.authorizers().ok()?;
    if !authorizers::has(chain, "Node") {
        if authorizers::has(chain, authorizers::ALWAYS_ALLOW) {
            return None;
        }
        changes.push(authorizers::change(server, chain, &["Node"])?);
    }
    Some(changes)
}
