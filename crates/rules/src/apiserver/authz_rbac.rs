//! Authorization by roles. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Confidence, RuleCard, Safety, Severity, Verdict};

use super::authorizers;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-rbac",
        title: "Roles do not decide who may do what",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("authz_rbac.md"),
    },
    component: "apiserver",
    applies: Applies::from(6, "1.6 brought role-based access control out of alpha"),
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let chain = server.authorizers()?;
    if authorizers::has(chain, "RBAC") {
        return Ok(authorizers::pass(server, chain));
    }
    let remedy = authorizers::remedy(
        server,
        chain,
        "let roles decide",
        &["Workloads and people without a role are refused, and switching before the roles are there can lock \
           administrators out."],
        &["RBAC"],
    );
    let message = format!("{}, without `RBAC`", authorizers::written(server, chain));
    let mut finding = authorizers::finding(chain, message, remedy);
    // A platform may answer for RBAC with a webhook of its own, and nothing here tells what that one answers.
    if authorizers::has(chain, "Webhook") {
        finding.confidence = Confidence::Probable;
    }
    Ok(say::fail(finding))
}
