//! Who is asked, and in which order. The page beside this file explains the rule and tests it.

use facts::configuration::{
    InUse,
    authz::{Authorization, Authorizer},
};
use model::{Answer, Confidence, Finding, RuleCard, Severity, Verdict};

use super::webhooks::{written, wrong};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-config-valid-chain",
        title: "The authorizers of a file are not the ones that should be asked, or not in that order",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("authz_config_valid_chain.md"),
    },
    component: "apiserver",
    applies: Applies::from(29, "1.29 brought the file"),
    check: Check::File { of: OfFile::Authorization(check), server: OfServer::File },
};

const FIELD: &str = "AuthorizationConfiguration.authorizers";

fn check(file: &InUse<'_, Authorization>) -> Verdict {
    let all = &file.file.authorizers;
    let kind = |one: &Authorizer| one.kind.as_ref().map_or("", |kind| kind.as_str()).to_owned();
    let place = |wanted: &str| all.iter().position(|one| kind(one) == wanted);
    let kinds: Vec<String> = all.iter().map(kind).collect();
    let mut answer = Answer {
        seen: vec![written(&file.file.at)],
        because: format!("{} are asked, in that order", kinds.join(", ")),
        setting: Some(FIELD.to_owned()),
        ..Answer::default()
    };
    let (node, rbac) = (place("Node"), place("RBAC"));
    for (wanted, found, why) in [
        ("Node", node, "so that no kubelet is held to its own objects"),
        ("RBAC", rbac, "so that no role has an effect"),
    ] {
        if found.is_none() {
            let message = format!("`{wanted}` is not asked, {why}");
            answer.findings.push(fault(wanted, message, &written(&file.file.at), Confidence::Certain));
        }
    }
    for (index, one) in all.iter().enumerate() {
        let at = written(one.kind.as_ref().map_or(&one.at, |kind| &kind.at));
        if kind(one) == "AlwaysAllow" {
            let message = "`AlwaysAllow` allows whatever those before it did not refuse, to callers without credentials too";
            answer.findings.push(fault("AlwaysAllow", message.to_owned(), &at, Confidence::Certain));
        }
        let Some(webhook) = &one.webhook else { continue };
        let name = one.name.as_ref().map_or("a webhook", |name| name.as_str());
        let refuses = webhook.failure_policy.as_ref().is_some_and(|policy| policy.as_str() == "Deny");
        // What it is for, nobody says; that it refuses when it is down tells that it is there to refuse.
        if refuses && rbac.is_some_and(|rbac| rbac < index) {
            let message = format!("`{name}` refuses when it is down, and stands behind RBAC, which has allowed by then");
            answer.findings.push(fault(name, message, &at, Confidence::Probable));
        } else if !refuses && node.is_some_and(|node| index < node) {
            let message = format!("`{name}` is asked about every request of nodes: it stands before Node, which knows them");
            answer.findings.push(fault(name, message, &at, Confidence::Possible));
        }
    }
    Ok(answer)
}

fn fault(subject: &str, message: String, at: &model::Origin, confidence: Confidence) -> Finding {
    let remedy = say::remedy(
        "ask Node first, webhooks that refuse before RBAC, and those that only allow behind it",
        &["A webhook before RBAC also stands before what the system asks: where it is slow or wrong, nodes and controllers stall."],
        None,
    );
    Finding { confidence, ..wrong(subject.to_owned(), FIELD, message, at, remedy) }
}
