//! One run from targets to verdicts: the door through which every front end goes.
//!
//! It selects the rules, has evidence gathered cluster by cluster, judged, and its remedies turned into edits, and it decides
//! what counts. It prints nothing and knows no terminal. Start at [`audit`] and [`resolve`].

mod benchmark;
mod bundle;
pub mod certs;
mod cve;
mod diff;
mod fleet;
mod line;
pub mod probe;
mod rbac;
mod select;
pub mod simulate;
mod stored;
mod waive;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    thread,
};

use collect::{Place, Target, Trouble};
use facts::{
    Cluster,
    live::{ASKS, Ask, Form},
    objects::Of,
};
use model::{Change, Entry, EvidenceId, Site};
use report::{ClusterReport, Judged, RuleMeta, RunProblem, wire};

pub use benchmark::Wanted as WantedBenchmark;
pub use bundle::collect;
pub use collect::{
    Inputs, Listed, Target as AuditTarget,
    bundle::{KeyError, PrivateKey, PublicKey, Size, is_one as is_bundle},
    live,
};
pub use cve::cve;
pub use diff::diff;
use line::{Known, each_cluster};
pub use model::{Confidence, Severity, Version};
pub use rbac::rbac_manifest;
pub use report::compare::fails_anew;
pub use rules::Rule;
pub use select::{NoSuchRule, Profile, nearest, select};
pub use waive::{Waiver, Waivers};

/// How to look, whatever is done with what is seen.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Wins over the release that the evidence names.
    pub version: Option<Version>,
    /// The day to judge as of.
    pub as_of: Option<jiff::civil::Date>,
    /// The folder that stands for `/` of the node.
    pub root: Option<PathBuf>,
    /// Keep a line about every file.
    pub list: bool,
    /// How clusters that run are asked.
    pub pace: collect::live::Pace,
    /// Who must have signed a bundle.
    pub signer: Option<PublicKey>,
    /// Identities of clusters that another run saw, with the targets they were found under; they are not judged again.
    pub seen: BTreeMap<String, String>,
    /// Clusters that need not be judged again, by name and target; with what came of asking those that were asked.
    pub done: BTreeMap<(String, String), Option<Account>>,
}

/// What came of asking a cluster, besides what is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub inputs: Inputs,
    pub problems: Vec<RunProblem>,
}

/// What a run comes to, while it goes on.
pub enum Step {
    /// A cluster is judged; with what else came of asking one that was asked.
    Cluster(Box<ClusterReport>, Option<Account>),
    /// A target gave no cluster.
    Nothing(String),
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
    /// The benchmark to report besides.
    pub benchmark: Option<WantedBenchmark>,
    /// Whether each cluster is asked only what its own edition holds.
    pub by_edition: bool,
    /// Clusters that were judged before, which this run is compared with.
    pub earlier: report::Fleet,
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
    /// What a person may want to know of targets that are right.
    pub notes: Vec<String>,
    /// A finding at or above the severity that fails.
    pub failed: bool,
    /// Something could not be judged, and that counts.
    pub undetermined: bool,
    /// Rules that broke on the evidence; each is our own fault.
    pub faults: Vec<&'static str>,
    /// What is kept of each cluster that was judged, the earlier ones first.
    pub fleet: report::Fleet,
    /// What only shows across them, where there are several.
    pub across: Option<wire::Fleet>,
}

/// Files larger than this are not read; the largest manifest that was ever meant is far below it.
const LARGEST: u64 = 64 << 20;

/// Bytes of evidence that may be read again for one cluster to plan its edits: each plan reads the text anew, and a file of
/// thousands of pods would be read thousands of times. Beyond it remedies are words.
const PLANNED: usize = 16 << 20;

/// What is worked out beside the verdicts on a cluster.
struct Beside {
    trust: report::Trust,
    endings: Vec<report::Ending>,
    advisories: Vec<report::Advisory>,
}

/// Judges every target. Each cluster is handed over as soon as it is judged.
pub fn audit(
    targets: &[Target],
    look: &Look,
    judging: &Judging,
    stdin: &mut (dyn io::Read + Send),
    on_step: &mut dyn FnMut(Step),
) -> Summary {
    let mut summary = Summary { fleet: judging.earlier.clone(), ..Summary::default() };
    let mut ledger = waive::Ledger::new(&judging.waivers, &judging.rules);
    let judge = |cluster: &Cluster| {
        let choice = judging.benchmark.map(|wanted| wanted.choose(cluster));
        let of_edition = choice.as_ref().filter(|_| judging.by_edition);
        let asked: Vec<&'static Rule> = judging
            .rules
            .iter()
            .copied()
            .filter(|rule| of_edition.is_none_or(|choice| choice.benchmark.holds(rule.info.id)))
            .collect();
        let judgement = rules::judge(cluster, &asked);
        let edits = planned(&judgement.entries, cluster);
        let beside = Beside {
            trust: fleet::trust(cluster),
            endings: fleet::endings(cluster),
            advisories: cve::held_against(cluster),
        };
        (choice, judgement, edits, beside)
    };
    // Of files nothing is asked, and what a rule wants to know takes a while to find out.
    let is_asked = targets.iter().any(|target| target.asked() > 0);
    let asks = if is_asked { asks(&judging.rules) } else { Vec::new() };
    while_tables_are_read(|| {
        each_cluster(targets, look, asks, stdin, &mut summary, &judge, &mut |came, summary| {
            let (known, (choice, judgement, edits, beside)) = match came {
                Ok(came) => came,
                Err(target) => return on_step(Step::Nothing(target)),
            };
            let cluster = &known.cluster;
            summary.faults.extend(judgement.faults);
            let mut found = judgement.entries;
            ledger.waive(&mut found, cluster);
            let said = benchmark::Said { entries: &found, not_asked: &judgement.not_asked, show: judging.show };
            let held = choice.map(|choice| benchmark::hold(cluster, &choice, &said));
            let entries: Vec<Judged> = found
                .into_iter()
                .zip(edits)
                .filter(|(entry, _)| shown(entry, judging.show))
                .map(|(entry, (edits, by_hand))| Judged { edits, by_hand, page: page(entry.rule), entry })
                .collect();
            entries.iter().for_each(|judged| summary.count(&judged.entry, judging));
            let (mut judged, account) = report_of(known, entries, judgement.not_asked);
            judged.benchmark = held;
            (judged.trust, judged.endings, judged.advisories) = (beside.trust, beside.endings, beside.advisories);
            summary.fleet.add(&judged);
            // Verdicts are reported, settings are not; of a large folder there are many.
            judged.components.iter_mut().for_each(|component| component.settings = Vec::new());
            on_step(Step::Cluster(Box::new(judged), account));
        });
    });
    let kept = std::mem::take(&mut summary.fleet);
    let as_of = look.as_of.unwrap_or(facts::releases::CALENDAR.known_until);
    summary.across = fleet::judge(&kept, judging, as_of, &mut ledger, &mut summary);
    summary.fleet = kept;
    summary.problems.extend(ledger.problems());
    summary.faults.sort_unstable();
    summary.faults.dedup();
    summary
}

/// Does something while the tables are parsed that a judgement needs: the first cluster is still being gathered then. Where no thread
/// is to be had they are parsed when they are wanted.
fn while_tables_are_read(work: impl FnOnce()) {
    thread::scope(|scope| {
        let tables = || {
            rules::read_tables();
            facts::read_tables();
        };
        drop(thread::Builder::new().spawn_scoped(scope, tables));
        work();
    });
}

/// Resolves every target, without judging anything.
pub fn resolve(
    targets: &[Target],
    look: &Look,
    stdin: &mut (dyn io::Read + Send),
    on_step: &mut dyn FnMut(Step),
) -> Summary {
    let mut summary = Summary::default();
    each_cluster(targets, look, asks(&[]), stdin, &mut summary, &|_| (), &mut |came, _| {
        on_step(match came {
            Ok((known, ())) => {
                let (report, account) = report_of(known, Vec::new(), Vec::new());
                Step::Cluster(Box::new(report), account)
            }
            Err(target) => Step::Nothing(target),
        });
    });
    summary
}

/// What reports say of each rule.
pub fn rule_metas(rules: &[&'static Rule]) -> Vec<RuleMeta> {
    rules
        .iter()
        .map(|rule| {
            let known = rules::references(rule.info.id);
            RuleMeta {
                card: rule.info,
                component: rule.component,
                references: known
                    .map(|known| known.by_catalogue().into_iter().map(|(name, ids)| (name, ids.to_vec())).collect())
                    .unwrap_or_default(),
                inverted: known
                    .map(|known| known.cis_inverted.iter().map(|(name, ids)| ((*name).into(), ids.clone())).collect())
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// The controls of a profile that no rule answers yet, by name.
pub fn waiting(profile: Profile) -> Vec<report::Waiting> {
    rules::pending()
        .iter()
        .filter(|(name, _)| profile.asks(name))
        .map(|(name, pending)| report::Waiting {
            control: name,
            component: &pending.component,
            severity: &pending.severity,
            intent: rules::benchmark::intent(name),
            evidence: pending.evidence.iter().map(String::as_str).collect(),
            manual: rules::references(name).is_some_and(|known| known.automation == rules::Automation::Manual),
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

/// What a cluster that runs is asked: all that tells how its servers are set up, which the names of its nodes do, too, and
/// the objects that a rule is about.
fn asks(rules: &[&'static Rule]) -> Vec<&'static Ask> {
    let of_objects = |ask: &Ask| matches!(ask.form, Form::Objects { of, .. } if of != Of::Node);
    ASKS.iter().filter(|ask| !of_objects(ask) || rules.iter().any(|rule| rule.wants(ask))).collect()
}

impl Look {
    fn collecting(&self, asks: Vec<&'static Ask>) -> collect::Options {
        collect::Options {
            root: self.root.clone(),
            largest: LARGEST,
            list: self.list,
            said: facts::Options { version: self.version.clone(), as_of: self.as_of },
            signer: self.signer,
            seen: self.seen.clone(),
            done: self.done.iter().filter_map(|(of, account)| Some((of.clone(), account.clone()?.into()))).collect(),
            asks,
        }
    }
}

impl Summary {
    /// Says that not all of a cluster is looked at, where that is so.
    fn cut(&mut self, cluster: &Cluster) {
        let Some((file, count)) = &cluster.cut else { return };
        self.problems.push(RunProblem {
            target: cluster.target.clone(),
            message: format!("declares too many components: the first {count} are judged, the others are not"),
            hint: Some("split the file".to_owned()),
            place: Some((file.to_string(), None)),
        });
    }

    fn add(&mut self, target: String, outcome: collect::Outcome) {
        if outcome.clusters == 0 {
            self.empty.push((target, outcome.inputs));
        }
        self.clusters += outcome.clusters;
        self.inputs.add(&outcome.inputs);
        self.files.extend(outcome.files);
        self.problems.extend(outcome.troubles.into_iter().map(problem));
    }
}

fn problem(trouble: Trouble) -> RunProblem {
    let Trouble { target, message, hint, place } = trouble;
    let place = place.map(|(id, place)| (id.to_string(), place.map(|place| (place.line, place.column))));
    RunProblem { target, message, hint, place }
}

impl From<collect::Account> for Account {
    fn from(of: collect::Account) -> Self {
        Self { inputs: of.inputs, problems: of.troubles.into_iter().map(problem).collect() }
    }
}

impl From<Account> for collect::Account {
    fn from(of: Account) -> Self {
        let place = |(id, place): (String, Option<(u32, u32)>)| {
            (EvidenceId::new(id), place.map(|(line, column)| Place { line, column }))
        };
        let trouble =
            |RunProblem { target, message, hint, place: at }| Trouble { target, message, hint, place: at.map(place) };
        Self { inputs: of.inputs, troubles: of.problems.into_iter().map(trouble).collect() }
    }
}

fn shown(entry: &Entry, least: Confidence) -> bool {
    entry.outcome.failure().is_none_or(|failure| failure.confidence >= least)
}

/// For each entry of one cluster the edits of its remedy, and why it takes a person where it does.
fn planned(entries: &[Entry], cluster: &Cluster) -> Vec<(Vec<model::Edit>, Option<String>)> {
    let tree_of = |id: &EvidenceId| cluster.trees.get(id).cloned();
    let mut plans = Plans { planner: fix::Planner::new(&cluster.evidence, &tree_of), room: PLANNED };
    let edits = |entry| match plans.edits(entry, cluster) {
        Ok(edits) => (edits, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    entries.iter().map(edits).collect()
}

/// The edits of one cluster's remedies.
struct Plans<'e> {
    planner: fix::Planner<'e>,
    /// Bytes that may still be read again.
    room: usize,
}

impl Plans<'_> {
    /// The edits that an entry's remedy needs, none where it is words; or why a change takes a person.
    fn edits(&mut self, entry: &Entry, cluster: &Cluster) -> Result<Vec<model::Edit>, String> {
        let Some(failure) = entry.outcome.failure() else { return Ok(Vec::new()) };
        let Some(remedy) = failure.remedy.as_ref().filter(|remedy| !remedy.changes.is_empty()) else {
            return Ok(Vec::new());
        };
        if remedy.changes.iter().flat_map(sites).any(|site| site.at.evidence.as_str().contains("://")) {
            return Err("an API server gave this; it is written in a file of the node".to_owned());
        }
        let touched: BTreeSet<&EvidenceId> =
            remedy.changes.iter().flat_map(sites).map(|site| &site.at.evidence).collect();
        let texts =
            cluster.evidence.iter().filter(|piece| touched.contains(&piece.id)).filter_map(|piece| piece.text());
        let cost = texts.map(|text| text.len()).sum();
        self.room = self.room.checked_sub(cost).ok_or("there is too much evidence to plan every edit")?;
        // A remedy that cannot be made as a whole is not made in part.
        self.planner.plan(&remedy.changes).map_err(|refusal| refusal.reason)
    }
}

fn sites(change: &Change) -> &[Site] {
    match change {
        Change::Set { site, .. } => std::slice::from_ref(site),
        Change::Remove { sites, .. } => sites,
    }
}

fn page(rule: &str) -> &'static str {
    rules::find(rule).map_or("", |rule| rule.info.page)
}

fn report_of(known: Known, entries: Vec<Judged>, not_asked: Vec<&'static str>) -> (ClusterReport, Option<Account>) {
    let Known { cluster, asked, outside, labels } = known;
    let (asked, account) = asked.unzip();
    let stored = stored::all(&cluster);
    let report = ClusterReport {
        name: cluster.name,
        id: cluster.id,
        requests: asked.map(|asked: collect::live::Requests| wire::Requests { count: asked.count, bytes: asked.bytes }),
        outside: outside.map(|spent| wire::Outside {
            connections: spent.connections,
            requests: spent.requests,
            bytes_sent: spent.sent,
            bytes_received: spent.received,
        }),
        target: cluster.target,
        labels,
        distribution: cluster.distribution.map(str::to_owned),
        release: cluster.release,
        components: {
            let servers = cluster.apiservers.into_iter().map(facts::apiserver::ApiServer::into_component);
            let kubelets = cluster.kubelets.into_iter().map(facts::kubelet::Kubelet::into_component);
            let etcds = cluster.etcds.into_iter().map(facts::etcd::Etcd::into_component);
            servers.chain(kubelets).chain(etcds).collect()
        },
        stored,
        files: cluster.given.into_iter().map(|file| file.component).collect(),
        evidence: cluster.evidence,
        entries,
        advisories: Vec::new(),
        benchmark: None,
        not_asked,
        trust: report::Trust::default(),
        endings: Vec::new(),
    };
    (report, account)
}
