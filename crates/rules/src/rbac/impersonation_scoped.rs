//! A role lets impersonate anybody. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Of, PolicyRule, Role},
};
use model::{Finding, RuleCard, Severity, Verdict};

use super::{gist, roles};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-impersonation-scoped",
        title: "A role lets impersonate anybody",
        severity: Severity::High,
        fix: None,
        page: include_str!("impersonation_scoped.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: &[Of::ClusterRole, Of::Role], ask },
};

const REMEDY: &str = "name the users, groups or accounts in `resourceNames`";
const BREAKS: &[&str] = &["Multi-tenant consoles and proxies that impersonate arbitrary users stop working."];
/// What can be impersonated (apiserver/pkg/endpoints/filters/impersonation.go, 1.36).
const WHOM: [(&str, &str); 5] = [
    ("", "groups"),
    ("", "users"),
    ("", "serviceaccounts"),
    ("authentication.k8s.io", "uids"),
    ("authentication.k8s.io", "userextras"),
];

fn ask(cluster: &Cluster) -> Verdict {
    let because = "every role that somebody wrote names whom it lets impersonate";
    roles::each(cluster, &[Of::ClusterRole, Of::Role], said, because)
}

fn said(role: &Role) -> Vec<Finding> {
    let limitless = |rule: &PolicyRule| {
        // Constrained impersonation is of 1.35: `impersonate:user-info`, `impersonate-on:user-info:list`.
        let constrained =
            rule.verbs.iter().any(|verb| verb.starts_with("impersonate:") || verb.starts_with("impersonate-on:"));
        let whom: Vec<&str> = WHOM
            .iter()
            .filter(|(group, whom)| role.of_cluster || *whom == "serviceaccounts" && group.is_empty())
            .filter(|(group, whom)| {
                let named = rule.resources.iter().any(|known| {
                    // What else is said of a caller has a key, which stands as a part: `userextras/scopes`.
                    **known == **whom || &**known == "*" || known.split_once('/').is_some_and(|(known, _)| known == *whom)
                });
                let speaks = |group: &str| {
                    rule.speaks_of("impersonate", group, whom) || named && rule.speaks_of_any("impersonate", group)
                };
                speaks(group) || constrained && named
            })
            .map(|(_, whom)| *whom)
            .collect();
        (rule.names.is_empty() && !rule.is_everything() && !whom.is_empty()).then_some(whom)
    };
    let mut rules = role.rules.iter().enumerate().filter_map(|(number, rule)| Some((number, limitless(rule)?)));
    let Some((number, mut whom)) = rules.next() else { return Vec::new() };
    let mut found = roles::wrong(role, number, "", gist::remedy(REMEDY, BREAKS));
    for (number, more) in rules {
        whom.extend(more);
        let text = "and so does this rule".to_owned();
        found.because.push(model::Label { at: role.rule_at(number), text });
    }
    whom.sort_unstable();
    whom.dedup();
    found.message = format!("{} lets impersonate {} of every name", roles::name(role), gist::quoted(&whom));
    vec![found]
}
