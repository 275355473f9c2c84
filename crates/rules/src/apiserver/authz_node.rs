//! Authorization of kubelets. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{RuleCard, Safety, Severity, Verdict};

use super::authorizers;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-node",
        title: "Kubelets are not confined to their own pods",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("authz_node.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought the Node authorizer"),
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let chain = server.authorizers()?;
    if authorizers::has(chain, "Node") {
        return Ok(authorizers::pass(server, chain));
    }
    let remedy = authorizers::remedy(
        server,
        chain,
        "let the Node authorizer decide about kubelets",
        &["Kubelets whose certificate does not name them `system:node:NAME` in the group `system:nodes` are refused, and so \
           is any agent that borrows a kubelet's credential."],
        &["Node"],
    );
    let message = format!("{}, without `Node`", authorizers::written(server, chain));
    Ok(say::fail(authorizers::finding(chain, message, remedy)))
}
