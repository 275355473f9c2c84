//! Somebody can make themselves an administrator. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::reach};
use model::{Answer, Confidence, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, done, finding, granted_by, place, served},
    named,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-effective-rights-review",
        title: "Somebody can make themselves an administrator",
        severity: Severity::Info,
        fix: None,
        page: include_str!("effective_rights_review.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "look at the grant with whoever answers for it, and write down why it is needed";

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    for grant in access.grants() {
        answer.gaps.extend(grant.gap());
    }
    let everybody = reach::administrators(access);
    let shipped = everybody.values().filter(|reach| reach.shipped).count();
    let mut added: Vec<_> = everybody.iter().filter(|(_, reach)| !reach.shipped).collect();
    added.sort_by(|a, b| a.0.cmp(b.0));
    for (who, reach) in added {
        let grant = reach.right.grant;
        let Some(holder) = grant.holders().nth(reach.right.holder) else { continue };
        let by = match &reach.by {
            None => " and so is an administrator".to_owned(),
            Some(by) => format!("{}, and {by} leads to administration", place(grant)),
        };
        let message = format!("{who} may {}{by} ({})", reach.how, grant.name());
        let subject = format!("{}/{}", kind(who), named::plain(who));
        let mut found = finding(subject, message, &holder.at, gist::remedy(REMEDY, &[]));
        found.confidence = if reach.by.is_none() { Confidence::Certain } else { Confidence::Probable };
        found.because.extend(reach.right.rule.as_ref().and_then(|permission| granted_by(grant, permission)));
        answer.findings.push(found);
    }
    Ok(done(answer, access, BINDINGS, || {
        format!("besides the {shipped} that are shipped nobody leads to administration")
    }))
}

fn kind(who: &facts::rbac::Who<'_>) -> &'static str {
    match who {
        facts::rbac::Who::User(_) => "User",
        facts::rbac::Who::Group(_) => "Group",
        facts::rbac::Who::Account(..) => "ServiceAccount",
    }
}
