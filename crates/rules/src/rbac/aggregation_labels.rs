//! A role extends the roles of ordinary users by more than they should have. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Of, PolicyRule},
};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use super::{
    gist::{self, done, served},
    roles,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-aggregation-labels",
        title: "A role extends the roles of ordinary users by more than they should have",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("aggregation_labels.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: &[Of::ClusterRole], ask },
};

const REMEDY: &str = "take the label away, or narrow the rule to resources of the operator";
const BREAKS: &[&str] =
    &["Operators extend admin, edit and view for their own resources this way; take away only what reaches further."];
const PREFIX: &str = "rbac.authorization.k8s.io/aggregate-to-";
const EXTENDED: [&str; 4] = ["admin", "edit", "view", "cluster-reader"];

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    let mut labelled = 0_usize;
    for role in cluster.objects.roles.iter().filter(|role| role.of_cluster && !access.ships(role)) {
        let extends = |name: &&&str| role.meta.label(&format!("{PREFIX}{name}")) == Some("true");
        let Some(extended) = EXTENDED.iter().find(extends) else { continue };
        labelled += 1;
        let Some((number, what, confidence)) =
            role.rules.iter().enumerate().find_map(|(number, rule)| reaches(rule).map(|(what, sure)| (number, what, sure)))
        else {
            continue;
        };
        let said = format!("gives everybody with `{extended}` {what}");
        let mut found = roles::wrong(role, number, &said, gist::remedy(REMEDY, BREAKS));
        found.confidence = confidence;
        answer.findings.push(found);
    }
    Ok(done(answer, access, &[Of::ClusterRole], || {
        format!("the {labelled} roles that somebody lets extend others add nothing that reaches further")
    }))
}

fn reaches(rule: &PolicyRule) -> Option<(&'static str, Confidence)> {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let any = |group: &str, resource: &str| rule.verbs.iter().any(|verb| rule.speaks_of(verb, group, resource));
    let star = |list: &[std::sync::Arc<str>]| list.iter().any(|word| &**word == "*");
    if star(&rule.resources) && (star(&rule.groups) || rule.groups.iter().any(|group| group.is_empty())) {
        return Some(("every resource", Confidence::Probable));
    }
    if any("", "secrets") {
        return Some(("secrets", Confidence::Probable));
    }
    if ["roles", "rolebindings", "clusterroles", "clusterrolebindings"].iter().any(|resource| any(RBAC, resource)) {
        return Some(("roles or bindings", Confidence::Probable));
    }
    if any("", "nodes/proxy") {
        return Some(("`nodes/proxy`", Confidence::Probable));
    }
    // Of its own resources an operator may well grant everything.
    (star(&rule.resources) || star(&rule.verbs) && !rule.resources.is_empty())
        .then_some(("every verb or resource of its groups", Confidence::Possible))
}
