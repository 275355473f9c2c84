//! Somebody who need not may read metrics, profiles or logs of the API server. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{Answer, RuleCard, Severity, Verdict};

use super::{
    OF_CLUSTER,
    gist::{done, finding, given, granted_by, people, quoted, remedy, served},
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-nonresource-urls",
        title: "Somebody who need not may read metrics, profiles or logs of the API server",
        severity: Severity::Low,
        fix: None,
        page: include_str!("nonresource_urls.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask },
};

const REMEDY: &str = "name the paths that are read, and bind the role to the monitoring alone";
const BREAKS: &[&str] = &["Metrics scrapers lose /metrics."];
/// What stands for each family of paths, and how it is said.
const PATHS: [(&str, &str); 3] = [("/debug/pprof/profile", "/debug"), ("/logs/audit.log", "/logs"), ("/metrics", "/metrics")];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    let mut looked = 0_usize;
    // A path belongs to no namespace, so that a RoleBinding grants none.
    for grant in access.grants().filter(|grant| grant.namespace().is_none()) {
        looked += 1;
        if !grant.is_added() || grant.is_everything() {
            continue;
        }
        if let Some(gap) = grant.gap() {
            answer.gaps.push(gap);
            continue;
        }
        let permissions = grant.permissions();
        let mut paths: Vec<&str> = Vec::new();
        let mut holding = Vec::new();
        for permission in &permissions {
            let own = PATHS.iter().filter(|(path, _)| permission.rule.allows_path("get", path));
            let own: Vec<&str> = own.map(|(_, said)| *said).collect();
            if !own.is_empty() {
                paths.extend(own);
                holding.push(permission);
            }
        }
        paths.sort_unstable();
        paths.dedup();
        let given = given(grant, &holding);
        let Some(first) = given.first() else { continue };
        let at = first.at.clone();
        let who: Vec<Who<'_>> = given.into_iter().map(|holder| holder.who).collect();
        let message = format!("{} lets {} get {} ({})", grant.name(), people(&who), quoted(&paths), grant.role_name());
        let mut found = finding(grant.subject(), message, &at, remedy(REMEDY, BREAKS));
        found.confidence = model::Confidence::Probable;
        found.because.extend(holding.iter().filter_map(|permission| granted_by(grant, permission)));
        answer.findings.push(found);
    }
    Ok(done(answer, access, OF_CLUSTER, || format!("of {looked} ClusterRoleBindings only shipped ones give such a path")))
}
