//! The clusters of a run, judged side by side: what they have in common and should not.

use std::collections::BTreeMap;

use facts::{
    Cluster,
    fleet::{Fleet, Known, Member, Trusted},
    releases::{CALENDAR, Maintenance},
};
use jiff::civil::Date;
use model::{Entry, EvidenceId, Gap, GapKind, Location, Outcome, Plane, Version};
use report::{Ending, Judged, Keys, Trust, TrustedKey, wire};
use rules::Rule;

use crate::{Judging, Summary, page, shown, waive};

/// Where each key stands, by its evidence and pointer.
type Places = BTreeMap<(String, String), report::LineColumn>;

/// Whom a cluster believes.
pub(crate) fn trust(cluster: &Cluster) -> Trust {
    let Member { client_authorities, token_keys, issuers, .. } = Member::of(cluster);
    let keys = |known: Known| Keys {
        keys: known.keys.into_iter().map(|key| TrustedKey { sha256: key.sha256, name: key.name, at: key.at }).collect(),
        gap: known.gap,
    };
    Trust { client_authorities: keys(client_authorities), token_keys: keys(token_keys), issuers }
}

/// The certificates of a cluster that end first, by the day.
pub(crate) fn endings(cluster: &Cluster) -> Vec<Ending> {
    /// A calendar of a fleet needs the next ones.
    const MOST: usize = 8;
    let found = cluster.pki.iter().flat_map(|held| &held.found);
    let mut endings: Vec<Ending> = found
        .filter_map(|found| match &found.placed.item {
            facts::pki::Item::Certificate(certificate) => Some(Ending {
                day: certificate.last_day()?.to_string(),
                name: certificate.subject.text.clone(),
                at: found.placed.at.clone(),
            }),
            _ => None,
        })
        .collect();
    endings.sort_by(|a, b| (&a.day, &a.name, &a.at).cmp(&(&b.day, &b.name, &b.at)));
    endings.dedup_by(|a, b| a.day == b.day && a.name == b.name);
    endings.truncate(MOST);
    endings
}

/// Judges what only shows across clusters, and lays them side by side; `None` where there are not several.
pub(crate) fn judge(
    fleet: &report::Fleet,
    judging: &Judging,
    as_of: Date,
    ledger: &mut waive::Ledger<'_>,
    summary: &mut Summary,
) -> Option<wire::Fleet> {
    if fleet.members.len() < 2 {
        return None;
    }
    let mut places: Places = BTreeMap::new();
    let mut members: Vec<Member> = fleet.members.iter().map(|member| read(member, &mut places)).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    let asked: Vec<&'static Rule> = judging.rules.clone();
    let judgement = rules::judge_fleet(&Fleet { members }, &asked);
    summary.faults.extend(judgement.faults);
    let mut found = judgement.entries;
    ledger.waive_across(&mut found);
    let entries: Vec<Judged> = found
        .into_iter()
        .filter(|entry| shown(entry, judging.show))
        .map(|entry| Judged { edits: Vec::new(), by_hand: None, page: page(entry.rule), entry })
        .collect();
    count(&entries, judging, summary);
    let verdicts = report::across(&entries, &|at| {
        places.get(&(at.evidence.to_string(), at.pointer.clone())).copied().unwrap_or_default()
    });
    fleet.compare(verdicts, &as_of.to_string(), &|version| until(version, as_of))
}

fn count(entries: &[Judged], judging: &Judging, summary: &mut Summary) {
    for Judged { entry, .. } in entries {
        summary.count(entry, judging);
    }
}

impl Summary {
    /// What an entry means for how the run ends.
    pub(crate) fn count(&mut self, entry: &Entry, judging: &Judging) {
        match &entry.outcome {
            Outcome::Fail(_) => self.failed |= judging.fail_on.is_some_and(|least| entry.severity >= least),
            Outcome::Undetermined(_) => self.undetermined |= judging.strict,
            Outcome::Pass | Outcome::NotApplicable(_) | Outcome::Waived(_) => {}
        }
    }
}

/// Until when the minor release of a version is maintained, and whether that is past.
fn until(version: &str, as_of: Date) -> Option<(String, bool)> {
    let version: Version = version.parse().ok()?;
    match CALENDAR.maintenance(version.minor, as_of) {
        Maintenance::Until(day) => Some((day.to_string(), false)),
        Maintenance::EndedOn(day) => Some((day.to_string(), true)),
        Maintenance::Unknown => None,
    }
}

/// A cluster as rules see it, from what is kept of it.
fn read(member: &report::Member, places: &mut Places) -> Member {
    let mut keys = |known: &wire::TrustedKeys| Known {
        keys: known
            .keys
            .iter()
            .map(|key| {
                places.insert((key.evidence.clone(), key.pointer.clone()), (key.line, key.column));
                let plane = match key.plane.as_str() {
                    "running" => Plane::Running,
                    "observed" => Plane::Observed,
                    _ => Plane::Declared,
                };
                let at = Location {
                    evidence: EvidenceId::new(key.evidence.as_str()),
                    plane,
                    span: None,
                    pointer: key.pointer.clone(),
                };
                Trusted { sha256: key.sha256.clone(), name: key.name.clone(), at }
            })
            .collect(),
        gap: known.gap.as_ref().map(|gap| Gap {
            kind: GapKind::Unread,
            reason: gap.reason.clone(),
            wanted: gap.wanted.clone(),
            who_could_answer: gap.who_could_answer.clone(),
        }),
    };
    Member {
        name: member.name.clone(),
        client_authorities: keys(&member.trust.client_authorities),
        token_keys: keys(&member.trust.service_account_keys),
        issuers: member.trust.issuers.clone(),
    }
}
