//! Authorization by roles. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, Authorizers},
    configuration::{InUse, authz::Authorization},
};
use model::{Answer, Confidence, Release, RuleCard, Safety, Severity, Verdict};

use super::authorizers;
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

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
    if authorizers::has(chain, "RBAC") {
        return authorizers::pass(release, chain);
    }
    let remedy = authorizers::remedy(
        server,
        chain,
        "let roles decide",
        &["Workloads and people without a role are refused, and switching before the roles are there can lock \
           administrators out."],
        &["RBAC"],
    );
    let message = format!("{}, without `RBAC`", authorizers::written(release, chain));
    let mut finding = authorizers::finding(chain, message, remedy);
    // A platform may answer for RBAC with a webhook of its own, and nothing here tells what that one answers.
    if authorizers::has(chain, "Webhook") {
        finding.confidence = Confidence::Probable;
    }
    say::fail(finding)
}
