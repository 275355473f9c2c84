//! One run from targets to verdicts: the door through which every front end goes.
//!
//! It selects the rules, has evidence gathered cluster by cluster, judged, and its remedies turned into edits, and it decides
//! what counts. It prints nothing and knows no terminal. Start at [`audit`] and [`resolve`].

mod select;
mod waive;

use std::{io, path::PathBuf};

use collect::{Inputs, Target};
use facts::{Cluster, Gathered, Redactor};
use model::{Entry, Outcome};
use report::{ClusterReport, Judged, RuleMeta, RunProblem, wire};
use rules::Rule;

pub use collect::Target as AuditTarget;
pub use model::{Confidence, Severity, Version};
pub use select::{NoSuchRule, Profile, nearest, select};
pub use waive::{Waiver, Waivers};

/// How to look, whatever is done with what is seen.
#[derive(Clone, Debug)]
pub struct Look {
    /// Wins over the release that the evidence names.
    pub version: Option<Version>,
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
    let mut verdicts = Summary::default();
    let mut ledger = waive::Ledger::new(&judging.waivers, &judging.rules);
    each_cluster(targets, look, stdin, &mut summary, &mut |cluster| {
        let judgement = rules::judge(&cluster, &judging.rules);
        verdicts.faults.extend(judgement.faults);
        let mut found = judgement.entries;
        ledger.waive(&mut found, &cluster);
        let mut room = PLANNED;
        let entries: Vec<Judged> = found
            .into_iter()
            .filter(|entry| shown(entry, judging.show))
            .map(|entry| Judged { edits: edits(&entry, &cluster, &mut room), page: page(entry.rule), entry })
            .collect();
        for Judged { entry, .. } in &entries {
            match &entry.outcome {
                Outcome::Fail(_) => verdicts.failed |= judging.fail_on.is_some_and(|least| entry.severity >= least),
                Outcome::Undetermined(_) => verdicts.undetermined |= judging.strict,
                Outcome::Pass | Outcome::NotApplicable(_) | Outcome::Waived(_) => {}
            }
        }
        let mut judged = report_of(cluster, entries, judgement.not_asked);
        // Verdicts are reported, settings are not; of a large folder there are many.
        judged.components.iter_mut().for_each(|component| component.settings = Vec::new());
        on_cluster(judged);
    });
    summary.problems.extend(ledger.problems());
    summary.failed = verdicts.failed;
    summary.undetermined = verdicts.undetermined;
    summary.faults = verdicts.faults;
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
    each_cluster(targets, look, stdin, &mut summary, &mut |cluster| {
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
        advisories: None,
        releases: None,
        controls: Some(facts::flags::KUBE_APISERVER.date.to_owned()),
    }
}

fn each_cluster(
    targets: &[Target],
    look: &Look,
    stdin: &mut dyn io::Read,
    summary: &mut Summary,
    on_cluster: &mut dyn FnMut(Cluster),
) {
    let mut redactor = Redactor::new();
    let collecting = collect::Options { root: look.root.clone(), largest: LARGEST, list: look.list };
    let options = facts::Options { version: look.version.clone() };
    for target in targets {
        let outcome = collect::gather(target, &collecting, &mut redactor, stdin, &mut |gathered: Gathered| {
            on_cluster(facts::resolve(gathered, &options));
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

/// The edits that an entry's remedy needs; none where it takes a person.
fn edits(entry: &Entry, cluster: &Cluster, room: &mut usize) -> Vec<model::Edit> {
    let Some(failure) = entry.outcome.failure() else { return Vec::new() };
    let Some(remedy) = failure.remedy.as_ref().filter(|remedy| !remedy.changes.is_empty()) else { return Vec::new() };
    let cost = cluster.evidence.iter().filter_map(|evidence| evidence.text()).map(|text| text.len()).sum();
    let Some(left) = room.checked_sub(cost) else { return Vec::new() };
    *room = left;
    // A remedy that cannot be made as a whole is not made in part.
    fix::plan(&remedy.changes, &cluster.evidence).unwrap_or_default()
}

fn page(rule: &str) -> &'static str {
    rules::find(rule).map_or("", |rule| rule.info.page)
}

fn report_of(cluster: Cluster, entries: Vec<Judged>, not_asked: Vec<&'static str>) -> ClusterReport {
    ClusterReport {
        name: cluster.name,
        id: None,
        target: cluster.target,
        root: cluster.root,
        distribution: cluster.distribution.map(str::to_owned),
        release: cluster.release,
        components: cluster.apiservers.into_iter().map(facts::apiserver::ApiServer::into_component).collect(),
        evidence: cluster.evidence,
        entries,
        not_asked,
    }
}
