//! Everybody who is logged in was granted something. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Gap, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, Worst},
    named,
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-authenticated-group-bindings",
        title: "Everybody who is logged in was granted something",
        severity: Severity::High,
        fix: None,
        page: include_str!("authenticated_group_bindings.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "bind the role to the group of those who need it";
const BREAKS: &[&str] = &["Removing discovery rights breaks kubectl and most clients for ordinary users."];
const OWN: [&str; 3] = ["system:basic-user", "system:discovery", "system:public-info-viewer"];

fn ask(cluster: &Cluster) -> Verdict {
    let public = gist::public_provider(cluster);
    let mut open: Vec<Gap> = Vec::new();
    let answer = named::each(
        cluster,
        &|holder| named::is_group(&holder.who, "system:authenticated") && holder.shipped.is_none(),
        &mut |grant, holder| {
            if grant.binding.role.of_cluster && OWN.contains(&&*grant.binding.role.name) {
                return None;
            }
            let mut found = named::names(grant, holder, gist::remedy(REMEDY, BREAKS));
            let adjusted = match (named::worst(grant), &public) {
                (Ok(Worst::Acts), Some(why)) => Some((Severity::Critical, why.clone())),
                (Ok(Worst::Acts), None) => None,
                (Ok(Worst::Reads | Worst::Public), _) => {
                    Some((Severity::Medium, "it only reads objects without credentials".to_owned()))
                }
                (Err(gap), _) => {
                    open.push(gap);
                    None
                }
            };
            gist::adjust(&mut found, adjusted);
            Some(found)
        },
        || "no binding that somebody added names `system:authenticated`".to_owned(),
    );
    named::with_gaps(answer, open)
}
