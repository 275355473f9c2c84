//! One key in two roles. The page beside this file explains the rule and tests it.

use std::collections::{BTreeMap, BTreeSet};

use facts::{
    Cluster,
    pki::{Found, Held, Item, Role},
};
use model::{Answer, Confidence, Finding, Gap, Key, Label, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-no-shared-keys",
        title: "One key serves two purposes",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_shared_keys.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster) -> Verdict {
    let mut by_key: BTreeMap<&Key, Vec<Use<'_>>> = BTreeMap::new();
    for held in &cluster.pki {
        for found in &held.found {
            let Some(key) = found.placed.item.key().filter(|key| key.public.is_some()) else { continue };
            by_key.entry(key).or_default().push((held, found, purposes(found)));
        }
    }
    let gaps: Vec<Gap> = cluster.pki.iter().filter_map(|held| held.gap.clone()).collect();
    if by_key.is_empty() && gaps.is_empty() {
        return Err(Unanswered::NotApplicable("no key and no certificate is at hand".to_owned()));
    }
    let count = by_key.len();
    let mut answer = Answer { gaps, because: format!("{count} keys have one purpose each"), ..Answer::default() };
    let mut pairs: BTreeMap<(Purpose, Purpose), Finding> = BTreeMap::new();
    for uses in by_key.values() {
        answer.seen.extend(uses.first().map(|(_, found, _)| certificates::place(&found.placed.at)));
        let mut all: Vec<Purpose> = uses.iter().flat_map(|(_, _, purposes)| purposes.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                let places = uses.iter().filter(|(_, _, purposes)| purposes.contains(one) || purposes.contains(other));
                let places: Vec<(&Held, &Found)> = places.map(|(held, found, _)| (*held, *found)).collect();
                let found = shared(*one, *other, &places);
                // Two keys that are each in both roles are one fault in two places.
                match (pairs.get_mut(&(*one, *other)), found) {
                    (Some(known), Some(found)) => known.because.extend(found.because),
                    (None, Some(found)) => {
                        pairs.insert((*one, *other), found);
                    }
                    (_, None) => {}
                }
            }
        }
    }
    answer.findings.extend(pairs.into_values());
    Ok(answer)
}

/// A place of a key, and what it is for there.
type Use<'a> = (&'a Held, &'a Found, Vec<Purpose>);

/// What a key is for; the parts of one authority, and of one identity, are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Authority,
    Of(Role),
}

fn purposes(found: &Found) -> Vec<Purpose> {
    // Behind the first of a chain is who issued it.
    let issues = |role: &Role| role.is_authority() || (matches!(found.placed.item, Item::Certificate(_)) && !found.is_leaf);
    let of = |role: &Role| if issues(role) && *role != Role::ServiceAccount { Purpose::Authority } else { Purpose::Of(*role) };
    let mut purposes: Vec<Purpose> = found.roles.iter().map(of).collect();
    // An authority whose key serves is an authority, and what it serves is written at another place.
    purposes.dedup();
    purposes
}

fn shared(one: Purpose, other: Purpose, places: &[(&Held, &Found)]) -> Option<Finding> {
    let does = |purpose: Purpose| match purpose {
        Purpose::Authority => "vouches for others",
        Purpose::Of(role) => role.does(),
    };
    let ((_, first), others) = places.split_first()?;
    let because = others.iter().map(|(held, found)| Label {
        at: found.placed.at.clone(),
        text: format!("the same key is in `{}`", held.name),
    });
    let files: BTreeSet<&str> = places.iter().map(|(held, _)| held.name.as_str()).collect();
    let files: Vec<String> = files.into_iter().map(|file| format!("`{file}`")).collect();
    let remedy = say::remedy("make a key for each purpose", &[], None);
    Some(Finding {
        // What it is found in may be more or less; which two purposes are one is what is wrong.
        subject: Some(format!("{}, {}", does(one), does(other))),
        setting: None,
        message: format!("one key {} and {}: it is in {}", does(one), does(other), files.join(", ")),
        severity: None,
        confidence: Confidence::Certain,
        primary: certificates::place(&first.placed.at),
        because: because.collect(),
        remedy: Some(remedy),
    })
}
