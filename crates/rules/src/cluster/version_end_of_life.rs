//! Whether the minor release still gets fixes. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    releases::{CALENDAR, Maintenance},
};
use model::{Minor, Release, RuleCard, Severity, Verdict};

use super::release::{self, State};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-version-end-of-life",
        title: "The minor release of the cluster is not maintained any more",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("version_end_of_life.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Upgrades go one minor at a time, restart the control plane and may remove APIs in use."];
    let state = |minor: Minor| CALENDAR.maintenance(minor, cluster.as_of);
    release::each(cluster, &BREAKS, |known, _| {
        // Where every release that it can be has ended, it does not matter which it is.
        let ended = known.minors().all(|minor| matches!(state(minor), Maintenance::EndedOn(_)));
        let version = match release::upstream(known) {
            Ok(version) => version,
            Err(gap) if !(ended && matches!(known, Release::Within { .. })) => return State::Open(gap),
            Err(_) => {
                let (from, to) = known.bounds();
                let message = format!("no release from {from} to {to} is maintained any more");
                return State::Wrong { message, severity: None, remedy: "upgrade to a minor release that is maintained" };
            }
        };
        match state(version.minor) {
            Maintenance::Until(end) => State::Fine(format!("{} is maintained until {end}", version.minor)),
            Maintenance::EndedOn(end) => State::Wrong {
                message: format!("{} has not been maintained since {end}", version.minor),
                severity: None,
                remedy: "upgrade to a minor release that is maintained",
            },
            Maintenance::Unknown => State::Open(release::newer(format!(
                "how long {} is maintained is not known to this build, whose calendar ends on {}",
                version.minor, CALENDAR.known_until
            ))),
        }
    })
}
