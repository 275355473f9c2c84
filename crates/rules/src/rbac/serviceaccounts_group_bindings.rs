//! All service accounts at once were granted something. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{Gap, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, Worst},
    named,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-serviceaccounts-group-bindings",
        title: "All service accounts at once were granted something",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("serviceaccounts_group_bindings.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "bind the role to the accounts that need it";
const BREAKS: &[&str] = &["Workloads that relied on the group right lose it."];

fn ask(cluster: &Cluster) -> Verdict {
    let mut open: Vec<Gap> = Vec::new();
    let of_accounts = |who: &Who<'_>| match who {
        Who::Group(name) => name == "system:serviceaccounts" || name.starts_with("system:serviceaccounts:"),
        Who::User(_) | Who::Account(..) => false,
    };
    let answer = named::each(
        cluster,
        &|holder| of_accounts(&holder.who) && holder.shipped.is_none(),
        &mut |grant, holder| {
            let worst = match named::worst(grant) {
                Ok(Worst::Public) => return None,
                Ok(worst) => worst,
                Err(gap) => {
                    open.push(gap);
                    return None;
                }
            };
            let mut found = named::names(grant, holder, gist::remedy(REMEDY, BREAKS));
            if worst == Worst::Acts && grant.namespace().is_none() {
                let why = "it writes, runs commands or reads secrets in every namespace".to_owned();
                gist::adjust(&mut found, Some((Severity::High, why)));
            }
            Some(found)
        },
        || "no binding that somebody added names the group of all service accounts".to_owned(),
    );
    named::with_gaps(answer, open)
}
