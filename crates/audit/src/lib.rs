//! One run from targets to verdicts: the door through which every front end goes.
//!
//! It selects the rules, has evidence gathered cluster by cluster, judged, and its remedies turned into edits, and it decides
//! what counts. It prints nothing and knows no terminal. Start at [`audit`] and [`resolve`].

mod cve;
mod diff;
mod select;
pub mod simulate;
mod stored;
mod waive;

use std::{io, path::PathBuf};

use collect::{Inputs, Target};
use facts::{Cluster, Gathered, Redactor};
use model::{Entry, Outcome};
use report::{ClusterReport, Judged, RuleMeta, RunProblem, wire};
use rules::Rule;

pub use collect::Target as AuditTarget;
pub use cve::cve;
pub use diff::diff;
pub use model::{Confidence, Severity, Version};
pub use report::compare::fails_anew;
pub use select::{NoSuchRule, Profile, nearest, select};
pub use waive::{Waiver, Waivers};

/// How to look, whatever is done with what is seen.
#[derive(Clone, Debug)]
pub struct Look {
    /// Wins over the release that the evidence names.
    pub version: Option<Version>,
    /// The day to judge as of.
    pub as_of: Option<jiff::civil::Date>,
    /// The folder that stands for `/` of the node.
    pub root: Option<PathBuf>,
    /// Keep a line about every file.
    pub list: bool,
}

/// What to ask, and what counts.
#[derive(Clone, Debug)]
pub struct Judging {
    pub rules: Vec<&'static Rule>,
    /// Findings less sure than this are left out; they neither count nor fail.
    pub show: Confidence,
    /// The severity from which a finding fails the run; `None` for never.
    pub fail_on: Option<Severity>,
    /// Whether anything undetermined leaves the run without enough.
    pub strict: bool,
    pub waivers: Waivers,
}

/// What a run learned besides its clusters.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub inputs: Inputs,
    pub clusters: usize,
    pub problems: Vec<RunProblem>,
    /// Targets that gave nothing to judge, with what became of their files.
    pub empty: Vec<(String, Inputs)>,
    /// Every file with what it is, where asked for.
    pub files: Vec<(String, &'static str)>,
    /// A finding at or above the severity that fails.
    pub failed: bool,
    /// Something could not be judged, and that counts.
    pub undetermined: bool,
    /// Rules that broke on the evidence; each is our own fault.
    pub faults: Vec<&'static str>,
}

/// Files larger than this are not read; the largest manifest that was ever meant is far below it.
const LARGEST: u64 = 64 << 20;

/// Bytes of evidence that may be read again for one cluster to plan its edits: each plan reads the text anew, and a file of
/// thousands of pods would be read thousands of times. Beyond it remedies are words.
const PLANNED: usize = 16 << 20;

/// Judges every target. Each cluster is handed over as soon as it is judged.
pub fn audit(
    targets: &[Target],
    look: &Look,
    judging: &Judging,
    stdin: &mut dyn io::Read,
    on_cluster: &mut dyn FnMut(ClusterReport),
) -> Summary {
    let mut summary = Summary::default();
    let mut ledger = waive::Ledger::new(&judging.waivers, &judging.rules);
    each_cluster(targets, look, stdin, &mut summary, &mut |cluster, summary| {
        let judgement = rules::judge(&cluster, &judging.rules);
        summary.faults.extend(judgement.faults);
        let mut found = judgement.entries;
        ledger.waive(&mut found, &cluster);
        let mut room = PLANNED;
        let entries: Vec<Judged> = found
            .into_iter()
            .filter(|entry| shown(entry, judging.show))
            .map(|entry| {
                let (edits, by_hand) = match edits(&entry, &cluster, &mut room) {
                    Ok(edits) => (edits, None),
                    Err(reason) => (Vec::new(), Some(reason)),
                };
                Judged { edits, by_hand, page: page(entry.rule), entry }
            })
            .collect();
        for Judged { entry, .. } in &entries {
            match &entry.outcome {
                Outcome::Fail(_) => summary.failed |= judging.fail_on.is_some_and(|least| entry.severity >= least),
                Outcome::Undetermined(_) => summary.undetermined |= judging.strict,
                Outcome::Pass | Outcome::NotApplicable(_) | Outcome::Waived(_) => {}
            }
        }
        let advisories = cve::held_against(&cluster);
        let mut judged = report_of(cluster, entries, judgement.not_asked);
        judged.advisories = advisories;
        // Verdicts are reported, settings are not; of a large folder there are many.
        judged.components.iter_mut().for_each(|component| component.settings = Vec::new());
        on_cluster(judged);
    });
    summary.problems.extend(ledger.problems());
    summary.faults.sort_unstable();
    summary.faults.dedup();
    summary
}

/// Resolves every target, without judging anything.
pub fn resolve(
    targets: &[Target],
    look: &Look,
    stdin: &mut dyn io::Read,
    on_cluster: &mut dyn FnMut(ClusterReport),
) -> Summary {
    let mut summary = Summary::default();
    each_cluster(targets, look, stdin, &mut summary, &mut |cluster, _| {
        on_cluster(report_of(cluster, Vec::new(), Vec::new()));
    });
    summary
}

/// What reports say of each rule.
pub fn rule_metas(rules: &[&'static Rule]) -> Vec<RuleMeta> {
    rules
        .iter()
        .map(|rule| {
            let known = rules::references(rule.info.id);
            let owned = |ids: &[String]| ids.to_vec();
            RuleMeta {
                card: rule.info,
                component: rule.component,
                references: known
                    .map(|known| known.by_catalogue().into_iter().map(|(name, ids)| (name, owned(ids))).collect())
                    .unwrap_or_default(),
                inverted: known.map(|known| known.cis_inverted.clone()).unwrap_or_default(),
            }
        })
        .collect()
}

/// Whether a release can exist, or why not.
///
/// # Errors
///
/// The reason, in words for the person who named it.
pub fn plausible(version: &Version) -> Result<(), String> {
    facts::release::plausible(version)
}

/// The days of the embedded knowledge.
pub fn knowledge() -> wire::Knowledge {
    wire::Knowledge {
        flags: Some(facts::flags::KUBE_APISERVER.date.to_owned()),
        advisories: Some(facts::advisories::ADVISORIES.known_until.to_string()),
        releases: Some(facts::releases::CALENDAR.known_until.to_string()),
        controls: Some(facts::flags::KUBE_APISERVER.date.to_owned()),
    }
}

fn each_cluster(
    targets: &[Target],
    look: &Look,
    stdin: &mut dyn io::Read,
    summary: &mut Summary,
    on_cluster: &mut dyn FnMut(Cluster, &mut Summary),
) {
    let mut redactor = Redactor::new();
    let said = facts::Options { version: look.version.clone(), as_of: look.as_of };
    let collecting =
        collect::Options { root: look.root.clone(), largest: LARGEST, list: look.list, said: said.clone() };
    for target in targets {
        let outcome = collect::gather(target, &collecting, &mut redactor, stdin, &mut |gathered: Gathered| {
            let cluster = facts::resolve(gathered, &said);
            if let Some((file, count)) = &cluster.cut {
                summary.problems.push(RunProblem {
                    target: cluster.target.clone(),
                    message: format!("declares too many components: the first {count} are judged, the others are not"),
                    hint: Some("split the file".to_owned()),
                    place: Some((file.to_string(), None)),
                });
            }
            on_cluster(cluster, summary);
        });
        if outcome.clusters == 0 {
            summary.empty.push((target.name(), outcome.inputs));
        }
        summary.clusters += outcome.clusters;
        summary.inputs.add(&outcome.inputs);
        summary.files.extend(outcome.files);
        summary.problems.extend(outcome.troubles.into_iter().map(|trouble| RunProblem {
            target: trouble.target,
            message: trouble.message,
            hint: trouble.hint,
            place: trouble.place.map(|(id, place)| (id.to_string(), place.map(|place| (place.line, place.column)))),
        }));
    }
}

fn shown(entry: &Entry, least: Confidence) -> bool {
    entry.outcome.failure().is_none_or(|failure| failure.confidence >= least)
}

/// The edits that an entry's remedy needs, none where it is words; or why a change takes a person.
fn edits(entry: &Entry, cluster: &Cluster, room: &mut usize) -> Result<Vec<model::Edit>, String> {
    let Some(failure) = entry.outcome.failure() else { return Ok(Vec::new()) };
    let Some(remedy) = failure.remedy.as_ref().filter(|remedy| !remedy.changes.is_empty()) else {
        return Ok(Vec::new());
    };
    let cost = cluster.evidence.iter().filter_map(|evidence| evidence.text()).map(|text| text.len()).sum();
    let left = room.checked_sub(cost).ok_or("there is too much evidence to plan every edit")?;
    *room = left;
    // A remedy that cannot be made as a whole is not made in part.
    fix::plan(&remedy.changes, &cluster.evidence).map_err(|refusal| refusal.reason)
}

fn page(rule: &str) -> &'static str {
    rules::find(rule).map_or("", |rule| rule.info.page)
}

fn report_of(cluster: Cluster, entries: Vec<Judged>, not_asked: Vec<&'static str>) -> ClusterReport {
    let stored = stored::all(&cluster);
    ClusterReport {
        name: cluster.name,
        id: None,
        target: cluster.target,
        distribution: cluster.distribution.map(str::to_owned),
        release: cluster.release,
        components: cluster.apiservers.into_iter().map(facts::apiserver::ApiServer::into_component).collect(),
        stored,
        files: cluster.given.into_iter().map(|file| file.component).collect(),
        evidence: cluster.evidence,
        entries,
        advisories: Vec::new(),
        not_asked,
    }
}
