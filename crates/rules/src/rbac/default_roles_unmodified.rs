//! What Kubernetes ships was changed. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::Of,
    rbac::Who,
};
use model::{Answer, Confidence, Gap, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, done, finding, quoted, served},
    roles,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-default-roles-unmodified",
        title: "What Kubernetes ships was changed",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("default_roles_unmodified.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "put the right into a role of your own and let the server repair the shipped one";
const BREAKS: &[&str] =
    &["Restoring shipped roles takes away rights that somebody added and uses; put them into own roles first."];
const AUTOUPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let remedy = || gist::remedy(REMEDY, BREAKS);
    let mut answer = Answer::default();
    let exact = access.knows_the_release();
    let (mut looked, mut open) = (0_usize, 0_usize);
    for role in cluster.objects.roles.iter().filter(|role| access.ships(role)) {
        looked += 1;
        if role.meta.annotation(AUTOUPDATE) == Some("false") {
            let message = format!("{} is not repaired: `{AUTOUPDATE}` is `false`", roles::name(role));
            answer.findings.push(finding(roles::subject(role), message, &role.meta.at, remedy()));
            continue;
        }
        // What others put into `admin`, `edit` and `view` is `rbac-aggregation-labels`'.
        let added = if role.aggregates.is_some() { Vec::new() } else { access.added(role) };
        let Some(first) = added.first() else {
            open += usize::from(role.aggregates.is_none() && access.depends_on_the_release(role));
            continue;
        };
        let rule = &role.rules[*first];
        let verbs: Vec<&str> = rule.verbs.iter().map(|word| &**word).collect();
        let on: Vec<&str> = rule.resources.iter().chain(rule.urls.iter()).map(|word| &**word).collect();
        let what = format!("grants {} on {}, which it is not shipped with", quoted(&verbs), quoted(&on));
        let mut found = roles::wrong(role, *first, &what, remedy());
        if !exact {
            // What a release ships that is not known may be more.
            found.confidence = Confidence::Probable;
        }
        for other in added.iter().skip(1) {
            found.because.push(model::Label { at: role.rule_at(*other), text: "nor with this".to_owned() });
        }
        answer.findings.push(found);
    }
    for grant in access.grants() {
        let binding = grant.binding;
        if !access.ships_binding(binding) {
            continue;
        }
        looked += 1;
        if binding.meta.annotation(AUTOUPDATE) == Some("false") {
            let message = format!("{} is not repaired: `{AUTOUPDATE}` is `false`", grant.name());
            answer.findings.push(finding(grant.subject(), message, &binding.meta.at, remedy()));
            continue;
        }
        // Until 1.13 strangers were among them, and until 1.7 nodes; both have rules of their own.
        let old = |who: &Who<'_>| matches!(who, Who::Group(name) if name == "system:unauthenticated" || name == "system:nodes");
        let added = grant.holders().find(|holder| holder.shipped.is_none() && !old(&holder.who));
        if let Some(holder) = added {
            let message = format!("{} names {}, whom it is not shipped with", grant.name(), holder.who);
            answer.findings.push(finding(grant.subject(), message, &holder.at, remedy()));
        }
    }
    if open > 0 {
        let hold = if open == 1 { "a role with a shipped name holds" } else { "roles with shipped names hold" };
        answer.gaps.push(Gap::of_release(format!("whether {hold} more than shipped depends on the release, which is not known")));
    }
    let kinds: &[Of] = BINDINGS;
    Ok(done(answer, access, kinds, || {
        format!("the {looked} roles and bindings with shipped names hold nothing that is not shipped")
    }))
}
