//! Somebody beyond the shipped group was made an administrator. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, done, finding, given, granted_by, people, place, remedy, served},
    named,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-cluster-admin-bindings",
        title: "Somebody beyond the shipped group was made an administrator",
        severity: Severity::High,
        fix: None,
        page: include_str!("cluster_admin_bindings.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "give each of them a role with what they need";
const BREAKS: &[&str] = &["Operators and CI tools that were given cluster-admin fail until they have roles of their own."];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let public = gist::public_provider(cluster);
    let mut answer = Answer::default();
    for grant in access.grants() {
        let of_admin = grant.binding.role.of_cluster && &*grant.binding.role.name == "cluster-admin";
        let counts = grant.is_everything() && (grant.namespace().is_none() || of_admin);
        if !counts {
            answer.gaps.extend(grant.gap().filter(|_| grant.namespace().is_none() && grant.is_added()));
            continue;
        }
        let permissions = grant.permissions();
        let everything: Vec<_> = permissions.iter().filter(|permission| permission.rule.is_everything()).collect();
        let given = if everything.is_empty() {
            grant.holders().filter(|holder| holder.shipped.is_none()).collect()
        } else {
            given(grant, &everything)
        };
        let Some(first) = given.first() else { continue };
        let at = first.at.clone();
        let who: Vec<Who<'_>> = given.iter().map(|holder| holder.who.clone()).collect();
        let message =
            format!("{} lets {} do everything{} ({})", grant.name(), people(&who), place(grant), grant.role_name());
        let mut found = finding(grant.subject(), message, &at, remedy(REMEDY, BREAKS));
        // Who is on the site's own list is for the site to say.
        found.confidence = Confidence::Probable;
        found.because.extend(everything.first().and_then(|permission| granted_by(grant, permission)));
        let nobody = who.iter().find(|who| {
            matches!(who, Who::User(name) if name == "system:anonymous") || named::is_group(who, "system:unauthenticated")
        });
        let everybody = who.iter().any(|who| named::is_group(who, "system:authenticated"));
        if nobody.is_some() {
            found.confidence = Confidence::Certain;
            gist::adjust(&mut found, Some((Severity::Critical, "that is everybody, without credentials".to_owned())));
        } else if let Some(why) = public.as_ref().filter(|_| everybody) {
            gist::adjust(&mut found, Some((Severity::Critical, why.clone())));
        }
        answer.findings.push(found);
    }
    Ok(done(answer, access, BINDINGS, || "no binding that somebody added makes an administrator".to_owned()))
}
