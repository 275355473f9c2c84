//! What is kept of each cluster for the fleet, and what the fleet as a whole looks like.
//!
//! A cluster leaves a few kilobytes here, whatever it held: how each rule ended, its flaws by number, days on which something
//! ends, and the keys it believes. So a run over thousands of clusters keeps little, and a run that was cut takes up what the
//! lines it wrote say of the clusters that were done. Start at [`Fleet::add`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{
    convert,
    input::{ClusterReport, Ending, Keys},
    places::Places,
    wire::{self, Outcome},
};

/// Clusters of a run, in the order they were done.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// Names of rules, of which a cluster keeps numbers.
    rules: Vec<String>,
    known: BTreeMap<String, u16>,
    pub members: Vec<Member>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub name: String,
    pub id: Option<String>,
    pub target: String,
    /// `1.36.2`, `1.29 to 1.31`.
    pub version: Option<String>,
    pub summary: wire::Summary,
    /// The worst end of each rule that was asked.
    ends: Vec<(u16, Outcome)>,
    /// Flaws that it is exposed to.
    exposed: Vec<(String, String)>,
    /// The first days on which a certificate ends.
    certificates: Vec<(String, String)>,
    pub trust: wire::Trust,
}

/// Days of one cluster that a calendar has.
const DAYS: usize = 8;

/// Clusters that are named of many.
const NAMED: usize = 50;

/// Fewer clusters than this are no crowd to stand out of.
const CROWD: usize = 4;

impl Fleet {
    /// Keeps what counts of a cluster that was judged.
    pub fn add(&mut self, cluster: &ClusterReport) {
        let mut ends: BTreeMap<&str, convert::End> = BTreeMap::new();
        for judged in &cluster.entries {
            let end = convert::end(&judged.entry);
            let worst = ends.entry(judged.entry.rule).or_insert(end);
            *worst = (*worst).max(end);
        }
        let ends = ends.into_iter().map(|(rule, end)| (self.number(rule), end.outcome())).collect();
        let exposed = cluster.advisories.iter().filter(|advisory| advisory.exposure == "exposed").map(|advisory| {
            (advisory.id.to_owned(), advisory.severity.map_or("unknown", model::Severity::name).to_owned())
        });
        let (version, range) = convert::release(cluster.release.as_ref());
        self.members.push(Member {
            name: cluster.name.clone(),
            id: cluster.id.clone(),
            target: cluster.target.clone(),
            version: shown(version, range),
            summary: convert::summary(cluster),
            ends,
            exposed: distinct(exposed.collect()),
            certificates: first(cluster.endings.iter().map(|one| (one.day.clone(), one.name.clone())).collect()),
            trust: trust(cluster),
        });
    }

    /// Keeps what a line of an earlier run says of a cluster.
    ///
    /// # Errors
    ///
    /// The line is no cluster of this version's.
    pub fn add_line(&mut self, line: &[u8]) -> Result<(), String> {
        let Line { name, id, target, version, version_range, summary, verdicts, advisories, certificates, trust } =
            serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let mut ends: BTreeMap<String, Outcome> = BTreeMap::new();
        for Verdict { rule, outcome } in verdicts {
            let worst = ends.entry(rule).or_insert(outcome);
            if worse(outcome) > worse(*worst) {
                *worst = outcome;
            }
        }
        let ends = ends.iter().map(|(rule, outcome)| (self.number(rule), *outcome)).collect();
        let exposed = advisories.into_iter().filter(|advisory| advisory.exposure == "exposed");
        self.members.push(Member {
            name,
            id,
            target,
            version: shown(version, version_range),
            summary,
            ends,
            exposed: distinct(exposed.map(|advisory| (advisory.id, advisory.severity)).collect()),
            certificates: first(certificates.into_iter().map(|one| (one.ends, one.name)).collect()),
            trust,
        });
        Ok(())
    }

    fn number(&mut self, rule: &str) -> u16 {
        if let Some(number) = self.known.get(rule) {
            return *number;
        }
        let number = u16::try_from(self.rules.len()).unwrap_or(u16::MAX);
        self.rules.push(rule.to_owned());
        self.known.insert(rule.to_owned(), number);
        number
    }

    fn rule(&self, number: u16) -> &str {
        self.rules.get(usize::from(number)).map_or("", String::as_str)
    }

    /// What the clusters look like side by side on a day (`2026-11-24`); `until` says of a version until when it is maintained, and whether that is
    /// past. `None` where there are not several.
    pub fn compare(
        &self,
        verdicts: Vec<wire::Entry>,
        as_of: &str,
        until: &dyn Fn(&str) -> Option<(String, bool)>,
    ) -> Option<wire::Fleet> {
        if self.members.len() < 2 {
            return None;
        }
        let versions = self.versions(until);
        Some(wire::Fleet {
            verdicts,
            clusters: self.members.len(),
            outliers: self.outliers(),
            calendar: self.calendar(as_of, &versions),
            versions,
            advisories: self.advisories(),
        })
    }

    /// Rules that end in a few clusters otherwise than in the rest. What could not be judged is neither here nor there.
    fn outliers(&self) -> Vec<wire::Outlier> {
        let mut by_rule: BTreeMap<u16, (Vec<&Member>, Vec<&Member>)> = BTreeMap::new();
        for member in &self.members {
            for (rule, outcome) in &member.ends {
                let (failing, passing) = by_rule.entry(*rule).or_default();
                match outcome {
                    Outcome::Fail | Outcome::Waived => failing.push(member),
                    Outcome::Pass => passing.push(member),
                    Outcome::Undetermined | Outcome::NotApplicable => {}
                }
            }
        }
        let mut outliers: Vec<wire::Outlier> = by_rule
            .into_iter()
            .filter_map(|(rule, (failing, passing))| {
                let of = failing.len() + passing.len();
                let (few, outcome) =
                    if failing.len() <= passing.len() { (failing, Outcome::Fail) } else { (passing, Outcome::Pass) };
                (of >= CROWD && !few.is_empty() && few.len() * 4 <= of).then(|| wire::Outlier {
                    rule: self.rule(rule).to_owned(),
                    outcome,
                    differ: few.len(),
                    of,
                    clusters: names(few.iter().map(|member| member.name.as_str())),
                })
            })
            .collect();
        // A fault of a few comes before a virtue of a few, and the fewer the odder.
        outliers.sort_by(|a, b| {
            let key = |one: &wire::Outlier| (one.outcome != Outcome::Fail, one.differ);
            key(a).cmp(&key(b)).then_with(|| a.rule.cmp(&b.rule))
        });
        outliers
    }

    fn versions(&self, until: &dyn Fn(&str) -> Option<(String, bool)>) -> Vec<wire::FleetVersion> {
        let mut by_version: BTreeMap<Option<&str>, Vec<&Member>> = BTreeMap::new();
        for member in &self.members {
            by_version.entry(member.version.as_deref()).or_default().push(member);
        }
        let mut versions: Vec<wire::FleetVersion> = by_version
            .into_iter()
            .map(|(version, members)| {
                let known = version.and_then(until);
                let exposed: BTreeSet<&str> =
                    members.iter().flat_map(|member| member.exposed.iter().map(|(id, _)| id.as_str())).collect();
                wire::FleetVersion {
                    version: version.map(str::to_owned),
                    maintained_until: known.as_ref().map(|(day, _)| day.clone()),
                    ended: known.map(|(_, ended)| ended),
                    exposed: exposed.len(),
                    count: members.len(),
                    clusters: names(members.iter().map(|member| member.name.as_str())),
                }
            })
            .collect();
        versions.sort_by(|a, b| order(a.version.as_deref()).cmp(&order(b.version.as_deref())));
        versions
    }

    fn advisories(&self) -> Vec<wire::FleetAdvisory> {
        let mut by_id: BTreeMap<&str, (&str, Vec<&Member>)> = BTreeMap::new();
        for member in &self.members {
            for (id, severity) in &member.exposed {
                by_id.entry(id).or_insert_with(|| (severity, Vec::new())).1.push(member);
            }
        }
        let mut advisories: Vec<wire::FleetAdvisory> = by_id
            .into_iter()
            .map(|(id, (severity, members))| wire::FleetAdvisory {
                id: id.to_owned(),
                severity: severity.to_owned(),
                count: members.len(),
                versions: members
                    .iter()
                    .filter_map(|member| member.version.clone())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
                clusters: names(members.iter().map(|member| member.name.as_str())),
            })
            .collect();
        let worst = |severity: &str| ["critical", "high", "medium", "low"].iter().position(|known| *known == severity);
        advisories.sort_by(|a, b| {
            let key = |one: &wire::FleetAdvisory| (worst(&one.severity).unwrap_or(9), std::cmp::Reverse(one.count));
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        advisories
    }

    /// What ends, by the day; days that are past are first, since they are the worst.
    fn calendar(&self, as_of: &str, versions: &[wire::FleetVersion]) -> Vec<wire::FleetDay> {
        let mut days: BTreeMap<(String, &'static str, String), Vec<&str>> = BTreeMap::new();
        for member in &self.members {
            for (day, name) in &member.certificates {
                days.entry((day.clone(), "certificate", name.clone())).or_default().push(&member.name);
            }
        }
        let mut days: Vec<wire::FleetDay> = days
            .into_iter()
            .map(|((day, what, name), members)| wire::FleetDay {
                past: *day < *as_of,
                day,
                what,
                name,
                count: members.len(),
                clusters: names(members.into_iter()),
            })
            .collect();
        days.extend(versions.iter().filter_map(|version| {
            Some(wire::FleetDay {
                day: version.maintained_until.clone()?,
                past: version.ended == Some(true),
                what: "maintenance",
                name: version.version.clone()?,
                count: version.count,
                clusters: version.clusters.clone(),
            })
        }));
        days.sort_by(|a, b| (&a.day, a.what, &a.name).cmp(&(&b.day, b.what, &b.name)));
        days
    }
}

fn worse(outcome: Outcome) -> usize {
    match outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Waived => 2,
        Outcome::Undetermined => 3,
        Outcome::Fail => 4,
    }
}

fn shown(version: Option<String>, range: Option<[String; 2]>) -> Option<String> {
    version.or_else(|| range.map(|[from, to]| if from == to { from } else { format!("{from} to {to}") }))
}

/// Versions by their numbers, the newest first; what is not known comes last.
fn order(version: Option<&str>) -> (bool, std::cmp::Reverse<Vec<u32>>, Option<&str>) {
    let numbers = version.map(|version| {
        let numbers = version.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
        numbers.take(3).map(|part| part.parse().unwrap_or(0)).collect()
    });
    (version.is_none(), std::cmp::Reverse(numbers.unwrap_or_default()), version)
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMED);
    names
}

fn distinct(mut exposed: Vec<(String, String)>) -> Vec<(String, String)> {
    exposed.sort_unstable();
    exposed.dedup_by(|a, b| a.0 == b.0);
    exposed
}

fn first(mut days: Vec<(String, String)>) -> Vec<(String, String)> {
    days.sort_unstable();
    days.dedup();
    days.truncate(DAYS);
    days
}

/// Whom a cluster believes, with places that can be opened.
pub(crate) fn trust(cluster: &ClusterReport) -> wire::Trust {
    let known = &cluster.trust;
    let nothing = known.client_authorities.keys.is_empty() && known.token_keys.keys.is_empty();
    // Most clusters of files show none, and finding lines costs something.
    let places = Places::new(if nothing { &[] } else { &cluster.evidence });
    let keys = |known: &Keys| wire::TrustedKeys {
        keys: known
            .keys
            .iter()
            .map(|key| {
                let at = places.wire(&key.at, None);
                wire::TrustedKey {
                    sha256: key.sha256.clone(),
                    name: key.name.clone(),
                    evidence: at.evidence,
                    plane: at.plane.to_owned(),
                    pointer: at.pointer,
                    line: at.line,
                    column: at.column,
                }
            })
            .collect(),
        gap: known.gap.as_ref().map(|gap| wire::TrustGap {
            reason: gap.reason.clone(),
            wanted: gap.wanted.clone(),
            who_could_answer: gap.who_could_answer.clone(),
        }),
    };
    wire::Trust {
        client_authorities: keys(&known.client_authorities),
        service_account_keys: keys(&known.token_keys),
        issuers: known.issuers.clone(),
    }
}

pub(crate) fn certificates(endings: &[Ending], places: &Places<'_>) -> Vec<wire::EndingCertificate> {
    let one = |one: &Ending| wire::EndingCertificate {
        name: one.name.clone(),
        ends: one.day.clone(),
        location: places.wire(&one.at, None),
    };
    endings.iter().map(one).collect()
}

/// As much of a line as is kept.
#[derive(Deserialize)]
struct Line {
    name: String,
    id: Option<String>,
    target: String,
    version: Option<String>,
    version_range: Option<[String; 2]>,
    summary: wire::Summary,
    verdicts: Vec<Verdict>,
    advisories: Vec<Advisory>,
    certificates: Vec<Certificate>,
    trust: wire::Trust,
}

#[derive(Deserialize)]
struct Verdict {
    rule: String,
    outcome: Outcome,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    severity: String,
    exposure: String,
}

#[derive(Deserialize)]
struct Certificate {
    name: String,
    ends: String,
}

#[cfg(test)]
mod tests;
