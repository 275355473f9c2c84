//! Published flaws, of a release and of a cluster, as reports tell them.

use facts::{
    Cluster,
    advisories::{self, Truth},
    releases::{self, CALENDAR, Maintenance},
};
use jiff::civil::Date;
use model::{Severity, Version};
use report::{Advisory, wire};

/// What a cluster's components have by their release.
pub(crate) fn held_against(cluster: &Cluster) -> Vec<Advisory> {
    advisories::judge(cluster)
        .iter()
        .cloned()
        .map(|judged| Advisory {
            id: &judged.advisory.id,
            title: &judged.advisory.title,
            severity: judged.advisory.severity,
            component: judged.component,
            instance: judged.instance,
            exposure: judged.exposure.name(),
            because: judged.because,
            wanted: judged.wanted,
            places: judged.places,
            fixed_in: judged.fixed_in,
        })
        .collect()
}

/// What a release has by its number alone, and what ends it, on a day.
pub fn cve(version: &Version, day: Date, tool: wire::Tool) -> wire::Cve {
    let found = advisories::of(version, day);
    let branch = CALENDAR.branch(version.minor);
    let state = match CALENDAR.maintenance(version.minor, day) {
        Maintenance::Until(_) => "maintained",
        Maintenance::EndedOn(_) => "ended",
        Maintenance::Unknown => "unknown",
    };
    let text = |date: Date| date.to_string();
    wire::Cve {
        schema: "portcullis.cve/1",
        tool,
        as_of: day.to_string(),
        version: version.to_string(),
        vendor: releases::vendor(version)
            .map(|vendor| wire::Vendor { name: vendor.name.to_owned(), advisories: vendor.advisories.to_owned() }),
        release: wire::MinorRelease {
            minor: version.minor.to_string(),
            released: branch.and_then(|branch| branch.released).map(text),
            ends: branch.and_then(|branch| branch.ends).map(text),
            estimated: branch.is_some_and(|branch| branch.estimated),
            state: state.to_owned(),
            latest_patch: branch.and_then(|branch| branch.latest(day)).map(|patch| patch.version.to_string()),
        },
        upgrades: upgrades(version, day, &found),
        advisories: found
            .iter()
            .map(|(advisory, affects)| wire::CveEntry {
                id: advisory.id.clone(),
                severity: advisory.severity.map_or("unknown", Severity::name).to_owned(),
                score: advisory.score,
                components: advisory.components().map(str::to_owned).collect(),
                title: advisory.title.clone(),
                exposed_if: advisory.text.clone(),
                always: advisory.exposed_if.is_always(),
                every_patch: *affects == Truth::True,
                fixed_in: advisory.fixed_in(version).map(ToString::to_string),
                published: advisory.published.map(text),
                references: advisory.references.clone(),
            })
            .collect(),
    }
}

/// The newest patch of the same minor, of the nearest one that is maintained, and of the newest; those that end something.
fn upgrades(version: &Version, day: Date, found: &[(&advisories::Advisory, Truth)]) -> Vec<wire::Upgrade> {
    let branches = [
        CALENDAR.branch(version.minor),
        CALENDAR.nearest_maintained(version.minor, day),
        CALENDAR.minors.iter().rev().find(|branch| branch.minor >= version.minor && branch.latest(day).is_some()),
    ];
    let mut ways: Vec<wire::Upgrade> = Vec::new();
    for branch in branches.into_iter().flatten() {
        let Some(patch) = branch.latest(day) else { continue };
        let remains = |advisory: &advisories::Advisory| advisory.affects(&patch.version, |_| true) != Truth::False;
        let ends = found.iter().filter(|(advisory, _)| !remains(advisory)).count();
        let better = ways.last().map_or(0, |way| way.ends);
        if ends > better {
            let maintained_until = match CALENDAR.maintenance(branch.minor, day) {
                Maintenance::Until(end) => Some(end.to_string()),
                Maintenance::EndedOn(_) | Maintenance::Unknown => None,
            };
            ways.push(wire::Upgrade { version: patch.version.to_string(), maintained_until, ends });
        }
    }
    ways
}
