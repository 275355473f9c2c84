//! What changed between two reports.
//!
//! Both are read from their wire format, as one document or as lines, so that one may be a year old and from another build.
//! Entries are the same where cluster, rule, component, instance and subject are, and of several of those the ones about the
//! same setting; lines and messages may move. A finding counts as fixed only where the newer report says of its rule that it passes or does not apply: what is no longer
//! seen is not fixed.

use std::collections::{BTreeMap, BTreeSet};

use model::Severity;
use serde::{Deserialize, de::IgnoredAny};

use crate::wire::{self, About, Change, Outcome};

const REPORT: &str = "portcullis.report/1";
const END: &str = "portcullis.end/1";

/// As much of a report as is compared. Keys that a later build adds are passed over.
#[derive(Debug, Deserialize)]
pub struct Old {
    run: Run,
    tool: Tool,
    rules: BTreeMap<String, IgnoredAny>,
    /// Absent from the first of several lines.
    clusters: Option<Vec<Cluster>>,
    fleet: Option<Fleet>,
}

#[derive(Debug, Deserialize)]
struct Run {
    as_of: String,
}

#[derive(Debug, Deserialize)]
struct Tool {
    version: String,
}

#[derive(Debug, Deserialize)]
struct Cluster {
    name: String,
    id: Option<String>,
    verdicts: Vec<Entry>,
    advisories: Vec<Advisory>,
}

#[derive(Debug, Deserialize)]
struct Fleet {
    verdicts: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    rule: String,
    severity: String,
    outcome: Outcome,
    component: Option<String>,
    instance: Option<String>,
    subject: Option<String>,
    setting: Option<String>,
    message: String,
    locations: Vec<At>,
}

#[derive(Debug, Deserialize)]
struct At {
    evidence: String,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Advisory {
    id: String,
    component: String,
    instance: Option<String>,
    severity: String,
    exposure: Exposure,
    message: String,
    locations: Vec<At>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Exposure {
    Exposed,
    NotExposed,
    Undetermined,
    Mitigated,
}

/// Any line of `--format jsonl` after the first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    End { schema: String, fleet: Option<Fleet> },
    Cluster(Cluster),
}

/// Why a text is no report that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Line and column, 1-based.
    pub place: Option<(usize, usize)>,
    pub message: String,
}

impl Unreadable {
    fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    fn of(error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let said = error.to_string();
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        let message = match error.classify() {
            Category::Eof => "the JSON ends in the middle; was the file cut short?".to_owned(),
            Category::Syntax => format!("this is not JSON: {said}"),
            Category::Data | Category::Io => format!("this is not a report: {said}"),
        };
        Self { place: (error.line() > 0).then(|| (error.line(), error.column())), message }
    }
}

/// Reads the text of `--format json` or `--format jsonl`.
///
/// # Errors
///
/// The text is no JSON, or is another document, or of another version, or ends before the report does.
pub fn read(text: &[u8]) -> Result<Old, Unreadable> {
    if text.trim_ascii().is_empty() {
        return Err(Unreadable::new("there is nothing in it; audit --format json writes reports"));
    }
    is_report(text)?;
    let mut values = serde_json::Deserializer::from_slice(text);
    let mut report = Old::deserialize(&mut values).map_err(|error| Unreadable::of(&error))?;
    if report.clusters.is_some() {
        values.end().map_err(|error| Unreadable::of(&error))?;
        return Ok(report);
    }
    let mut clusters = Vec::new();
    for line in values.into_iter::<Line>() {
        match line.map_err(|error| Unreadable::of(&error))? {
            Line::Cluster(cluster) => clusters.push(cluster),
            Line::End { schema, fleet } if schema == END => {
                report.fleet = fleet;
                report.clusters = Some(clusters);
                return Ok(report);
            }
            Line::End { schema, .. } => return Err(Unreadable::new(format!("a line of it is a `{schema}`"))),
        }
    }
    Err(Unreadable::new("the lines stop before the end of the report; was the run stopped?"))
}

/// Whether the first value of a text says that it is one, before the rest of it is understood.
fn is_report(text: &[u8]) -> Result<(), Unreadable> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<String>,
    }
    let mut values = serde_json::Deserializer::from_slice(text);
    let head = Head::deserialize(&mut values).map_err(|error| Unreadable::of(&error))?;
    let message = match head.schema.as_deref() {
        Some(REPORT) => return Ok(()),
        Some(other) if other.starts_with("portcullis.report/") => {
            format!("this is a `{other}`, and this build compares `{REPORT}`; use the build that wrote it")
        }
        Some(other) => format!("this is a `{other}`, not a report; audit --format json writes those"),
        None => "this is no report: it names no `schema`; audit --format json writes those".to_owned(),
    };
    Err(Unreadable::new(message))
}

/// What makes two entries the same one, in the order they are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    cluster: String,
    about: About,
    rule: String,
    component: Option<String>,
    instance: Option<String>,
    subject: Option<String>,
}

impl Key {
    /// What one rule says of one component.
    fn question(&self) -> (&str, &str, Option<&str>, Option<&str>) {
        (&self.cluster, &self.rule, self.component.as_deref(), self.instance.as_deref())
    }
}

/// The two reports compared; `a` is the older, and each comes with the name it is told by.
pub fn compare((name_a, a): (&str, Old), (name_b, b): (&str, Old)) -> wire::Diff {
    let about = |name: &str, report: &Old| wire::Compared {
        report: name.to_owned(),
        as_of: report.run.as_of.clone(),
        tool_version: report.tool.version.clone(),
    };
    let (about_a, about_b) = (about(name_a, &a), about(name_b, &b));
    let names = names(&a, &b);
    let (added, gone) = sides(a.rules.keys(), b.rules.keys());
    let rules = wire::RuleChanges { added, gone };
    let (clusters_a, clusters_b) = (names_in(&a, &names.0), names_in(&b, &names.1));
    let (added, gone) = sides(clusters_a.iter(), clusters_b.iter());
    let clusters = wire::ClusterChanges { added, gone };

    let before = entries(a, &names.0);
    let mut after = entries(b, &names.1);
    let answered = answered(&after);
    let mut changes = Vec::new();
    for (key, old) in before {
        let new = after.remove(&key).unwrap_or_default();
        let settled = answered.contains(&key);
        let asked = clusters.gone.binary_search(&key.cluster).is_err() && rules.gone.binary_search(&key.rule).is_err();
        changes.extend(paired(old, new).filter_map(|(old, new)| changed(&key, old, new, settled, asked)));
    }
    for (key, new) in after {
        changes.extend(new.into_iter().filter_map(|new| changed(&key, None, Some(new), false, true)));
    }
    // By the key, as both maps are; only what is new was added behind.
    changes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let entries: Vec<wire::DiffEntry> = changes.into_iter().map(|(_, change)| change).collect();
    let mut counts = wire::DiffCounts::default();
    for entry in &entries {
        *match entry.change {
            Change::New => &mut counts.new,
            Change::Changed => &mut counts.changed,
            Change::Fixed => &mut counts.fixed,
            Change::Still => &mut counts.still,
        } += 1;
    }
    wire::Diff { schema: "portcullis.diff/1", a: about_a, b: about_b, clusters, rules, counts, entries }
}

/// Whether something fails at or above a severity that did not before.
pub fn fails_anew(diff: &wire::Diff, from: Severity) -> bool {
    let fails = |state: &Option<wire::DiffState>| {
        state.as_ref().is_some_and(|state| {
            let severity = Severity::ALL.into_iter().find(|severity| severity.name() == state.severity);
            state.outcome == Outcome::Fail && severity.is_some_and(|severity| severity >= from)
        })
    };
    diff.entries.iter().any(|entry| entry.about == About::Rule && fails(&entry.after) && !fails(&entry.before))
}

/// Names of one side only: the second's, then the first's.
fn sides<'a>(
    a: impl Iterator<Item = &'a String> + Clone,
    b: impl Iterator<Item = &'a String> + Clone,
) -> (Vec<String>, Vec<String>) {
    let set = |names: &mut dyn Iterator<Item = &'a String>| names.collect::<BTreeSet<_>>();
    let (a, b) = (set(&mut a.clone()), set(&mut b.clone()));
    let only = |these: &BTreeSet<&String>, those: &BTreeSet<&String>| {
        these.difference(those).map(|name| (*name).clone()).collect::<Vec<_>>()
    };
    (only(&b, &a), only(&a, &b))
}

/// By what each cluster of the two reports is known here: the older's by id or name, then the newer's.
///
/// Where the ids of two clusters are the same, so are they, whatever each is called. Two reports on one cluster each are on
/// the same one unless ids say otherwise: a folder is moved more often than a question is asked of two clusters at once.
type Names = BTreeMap<String, String>;

fn names(a: &Old, b: &Old) -> (Names, Names) {
    let (a, b) = (a.clusters.as_deref().unwrap_or_default(), b.clusters.as_deref().unwrap_or_default());
    let newer: Names = b.iter().map(|cluster| (identity(cluster), cluster.name.clone())).collect();
    let older = a.iter().map(|cluster| {
        let name = match (a, b) {
            ([_], [only]) if cluster.id.is_none() || only.id.is_none() || cluster.id == only.id => &only.name,
            _ => newer.get(&identity(cluster)).unwrap_or(&cluster.name),
        };
        (identity(cluster), name.clone())
    });
    (older.collect(), newer)
}

fn identity(cluster: &Cluster) -> String {
    cluster.id.as_ref().unwrap_or(&cluster.name).clone()
}

fn names_in(report: &Old, names: &Names) -> BTreeSet<String> {
    report.clusters.iter().flatten().filter_map(|cluster| names.get(&identity(cluster)).cloned()).collect()
}

/// What a fleet as a whole is called among its clusters.
const FLEET: &str = "fleet";

fn entries(report: Old, names: &Names) -> BTreeMap<Key, Vec<Entry>> {
    let mut found: BTreeMap<Key, Vec<Entry>> = BTreeMap::new();
    let mut add = |cluster: &str, about: About, entry: Entry| {
        let key = Key {
            cluster: cluster.to_owned(),
            about,
            rule: entry.rule.clone(),
            component: entry.component.clone(),
            instance: entry.instance.clone(),
            subject: entry.subject.clone(),
        };
        found.entry(key).or_default().push(entry);
    };
    for cluster in report.clusters.into_iter().flatten() {
        let name = names.get(&identity(&cluster)).unwrap_or(&cluster.name).clone();
        cluster.verdicts.into_iter().for_each(|entry| add(&name, About::Rule, entry));
        cluster.advisories.into_iter().for_each(|advisory| add(&name, About::Advisory, advisory.into()));
    }
    report.fleet.into_iter().flat_map(|fleet| fleet.verdicts).for_each(|entry| add(FLEET, About::Rule, entry));
    found
}

impl From<Advisory> for Entry {
    fn from(advisory: Advisory) -> Self {
        let outcome = match advisory.exposure {
            Exposure::Exposed => Outcome::Fail,
            Exposure::Undetermined => Outcome::Undetermined,
            Exposure::NotExposed | Exposure::Mitigated => Outcome::Pass,
        };
        Self {
            rule: advisory.id,
            severity: advisory.severity,
            outcome,
            component: Some(advisory.component),
            instance: advisory.instance,
            subject: None,
            setting: None,
            message: advisory.message,
            locations: advisory.locations,
        }
    }
}

/// Questions that a report answers and leaves nothing open of, whatever the subjects are called.
struct Answered(BTreeMap<(String, String, Option<String>, Option<String>), bool>);

fn answered(entries: &BTreeMap<Key, Vec<Entry>>) -> Answered {
    let mut answered = BTreeMap::new();
    for (key, entries) in entries {
        let (cluster, rule, component, instance) = key.question();
        let question = (cluster.to_owned(), rule.to_owned(), component.map(str::to_owned), instance.map(str::to_owned));
        let closed = entries.iter().all(|entry| entry.outcome != Outcome::Undetermined);
        *answered.entry(question).or_insert(true) &= closed;
    }
    Answered(answered)
}

impl Answered {
    fn contains(&self, key: &Key) -> bool {
        let (cluster, rule, component, instance) = key.question();
        let question = (cluster.to_owned(), rule.to_owned(), component.map(str::to_owned), instance.map(str::to_owned));
        self.0.get(&question).copied().unwrap_or(false)
    }
}

/// Entries under one key are of one subject. Those that say the same are the same; then those about one setting; what is
/// left is told in turn, since a rule may pass by one setting and fail by another.
fn paired(old: Vec<Entry>, mut new: Vec<Entry>) -> impl Iterator<Item = (Option<Entry>, Option<Entry>)> {
    let mut pairs = Vec::new();
    let mut left = old;
    let alike: [fn(&Entry, &Entry) -> bool; 3] = [
        |a, b| a.setting == b.setting && a.outcome == b.outcome && a.message == b.message,
        |a, b| a.setting == b.setting,
        |_, _| true,
    ];
    for alike in alike {
        let mut unlike = Vec::new();
        for old in left {
            match new.iter().position(|new| alike(&old, new)) {
                Some(at) => pairs.push((Some(old), Some(new.remove(at)))),
                None => unlike.push(old),
            }
        }
        left = unlike;
    }
    pairs.extend(left.into_iter().map(|old| (Some(old), None)));
    pairs.extend(new.into_iter().map(|new| (None, Some(new))));
    pairs.into_iter()
}

/// What one entry became; `None` where there is nothing to tell.
///
/// `settled` is whether the newer report answers the question in full, though perhaps not of this subject; `asked`, whether it
/// asked the rule of the cluster at all.
fn changed(
    key: &Key,
    old: Option<Entry>,
    new: Option<Entry>,
    settled: bool,
    asked: bool,
) -> Option<(Key, wire::DiffEntry)> {
    use Outcome::{Fail, NotApplicable, Pass, Undetermined, Waived};
    let change = match (old.as_ref().map(|old| old.outcome), new.as_ref().map(|new| new.outcome)) {
        (Some(Fail), Some(Fail)) => {
            let told =
                |entry: &Option<Entry>| entry.as_ref().map(|entry| (entry.message.clone(), entry.severity.clone()));
            if told(&old) == told(&new) { Change::Still } else { Change::Changed }
        }
        (_, Some(Fail)) => Change::New,
        (Some(Fail | Waived), Some(Pass | NotApplicable)) => Change::Fixed,
        (Some(Fail | Waived), None) if settled => Change::Fixed,
        (Some(Fail | Waived), None | Some(Undetermined)) | (Some(Fail), Some(Waived)) => Change::Changed,
        (Some(Waived), Some(Waived)) => return None,
        // What passed is told only where that is no longer known though it was asked.
        (Some(Pass | NotApplicable), Some(Undetermined)) => Change::Changed,
        (Some(Pass), None) if asked && !settled => Change::Changed,
        (Some(Pass | NotApplicable | Undetermined), Some(Waived)) | (None, Some(Waived)) => Change::Changed,
        (Some(Pass | NotApplicable | Undetermined) | None, _) => return None,
    };
    let location = new.as_ref().or(old.as_ref()).and_then(|entry| entry.locations.first());
    let location =
        location.map(|at| wire::DiffPlace { evidence: at.evidence.clone(), line: at.line, column: at.column });
    let state =
        |entry: Entry| wire::DiffState { outcome: entry.outcome, severity: entry.severity, message: entry.message };
    let entry = wire::DiffEntry {
        change,
        about: key.about,
        cluster: key.cluster.clone(),
        rule: key.rule.clone(),
        component: key.component.clone(),
        instance: key.instance.clone(),
        subject: key.subject.clone(),
        setting: new.as_ref().or(old.as_ref()).and_then(|entry| entry.setting.clone()),
        before: old.map(state),
        after: new.map(state),
        location,
    };
    Some((key.clone(), entry))
}
