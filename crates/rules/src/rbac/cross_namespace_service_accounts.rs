//! A service account of one namespace acts in another. The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::PolicyRule, rbac::Who};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, Worst, done, finding, granted_by, people, served},
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-cross-namespace-service-accounts",
        title: "A service account of one namespace acts in another",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("cross_namespace_service_accounts.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "use an account of the namespace itself, or waive the binding with its reason";
const BREAKS: &[&str] = &["Central CI, GitOps and monitoring accounts lose access to team namespaces."];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    let mut looked = 0_usize;
    for grant in access.grants() {
        let Some(namespace) = grant.namespace().filter(|namespace| !namespace.is_empty()) else { continue };
        looked += 1;
        let foreign = |who: &Who<'_>| match who {
            Who::Account(home, _) => **home != *namespace && !gist::is_system(home),
            Who::User(_) | Who::Group(_) => false,
        };
        let holders: Vec<_> =
            grant.holders().filter(|holder| holder.shipped.is_none() && foreign(&holder.who)).collect();
        let Some(first) = holders.first() else { continue };
        if let Some(gap) = grant.gap() {
            answer.gaps.push(gap);
            continue;
        }
        let permissions = grant.permissions();
        let acting = permissions.iter().find(|permission| {
            let rule: &PolicyRule = permission.rule;
            gist::worst(&[rule]) == Worst::Acts
        });
        if acting.is_none() && !grant.is_everything() {
            continue;
        }
        let at = first.at.clone();
        let who: Vec<Who<'_>> = holders.into_iter().map(|holder| holder.who).collect();
        let message = format!(
            "{} lets {}, of another namespace, write or read secrets in `{namespace}` ({})",
            grant.name(),
            people(&who),
            grant.role_name()
        );
        let mut found = finding(grant.subject(), message, &at, gist::remedy(REMEDY, BREAKS));
        found.confidence = Confidence::Probable;
        found.because.extend(acting.and_then(|permission| granted_by(grant, permission)));
        answer.findings.push(found);
    }
    Ok(done(answer, access, BINDINGS, || format!("of {looked} RoleBindings none lets an account of another namespace act")))
}
