//! People are granted rights one by one. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{Answer, Confidence, Label, RuleCard, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, done, finding, people, served},
};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-idp-group-mapping",
        title: "People are granted rights one by one",
        severity: Severity::Info,
        fix: None,
        page: include_str!("idp_group_mapping.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "bind groups of the identity provider";
/// One in five grants to people, by name, is still a small share.
const SMALL: usize = 5;
/// People who are counted; there are clusters with thousands.
const MOST: usize = 100;
/// Places that are shown beside the first.
const SHOWN: usize = 4;

fn ask(cluster: &Cluster) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    let (mut users, mut groups) = (Vec::new(), 0_usize);
    for grant in access.grants() {
        for holder in grant.holders().filter(|holder| holder.shipped.is_none()) {
            match &holder.who {
                Who::User(name) if !name.starts_with("system:") => users.push((grant, holder)),
                Who::Group(name) if !name.starts_with("system:") => groups += 1,
                _ => {}
            }
        }
    }
    if let Some((_, first)) = users.first().filter(|_| users.len() * SMALL > users.len() + groups) {
        // One person may hold many.
        let mut who: Vec<Who<'_>> = Vec::new();
        for (_, holder) in &users {
            if who.len() <= MOST && !who.contains(&holder.who) {
                who.push(holder.who.clone());
            }
        }
        let message = format!("{} of {} grants to people name a user: {}", users.len(), users.len() + groups, people(&who));
        let mut found = finding("users".to_owned(), message, &first.at, gist::remedy(REMEDY, &[]));
        // A user may be a machine.
        found.confidence = Confidence::Probable;
        for (grant, holder) in users.iter().skip(1).take(SHOWN) {
            found.because.push(Label { at: holder.at.clone(), text: format!("so does {}", grant.name()) });
        }
        answer.findings.push(found);
    }
    let users = users.len();
    Ok(done(answer, access, BINDINGS, || {
        format!("of {} grants to people {users} name a user and not a group", users + groups)
    }))
}
