//! Authorization of kubelets. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, Authorizers},
    configuration::{InUse, authz::Authorization},
};
use model::{Answer, Release, RuleCard, Safety, Severity, Verdict};

use super::authorizers;
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

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
    check: Check::File { of: OfFile::Authorization(alone), server: OfServer::Whole(check) },
};

fn check(server: &ApiServer) -> Verdict {
    Ok(judge(server.authorizers()?, &server.component().release, Some(server)))
}

/// The chain of a file that is given by itself.
fn alone(file: &InUse<'_, Authorization>) -> Verdict {
    Ok(judge(&Authorizers::of_file(file.file), &file.release(), None))
}

fn judge(chain: &Authorizers, release: &Release, server: Option<&ApiServer>) -> Answer {
    if authorizers::has(chain, "Node") {
        return authorizers::pass(release, chain);
    }
    let remedy = authorizers::remedy(
        server,
        chain,
        "let the Node authorizer decide about kubelets",
        &["Kubelets whose certificate does not name them `system:node:NAME` in the group `system:nodes` are refused, and so \
           is any agent that borrows a kubelet's credential."],
        &["Node"],
    );
    let message = format!("{}, without `Node`", authorizers::written(release, chain));
    say::fail(authorizers::finding(chain, message, remedy))
}
