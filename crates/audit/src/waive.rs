//! Findings that somebody owns until a day.
//!
//! A waiver turns a failing verdict into a waived one and nothing else: what is undetermined stays so, and what is hidden from
//! a report is hidden by `--show` or `--skip`. It dies by its day, and by the value in force where it names the one that was
//! accepted. Waivers that hide nothing, or more than one thing, are reported beside the verdicts, so that a file of them
//! shrinks as the faults do.
//!
//! Reading the file is the business of the binary; here are only the matching and the bookkeeping.

use std::collections::{BTreeMap, BTreeSet};

use facts::Cluster;
use jiff::civil::Date;
use model::{Entry, Failure, Outcome, Waived};
use report::RunProblem;
use rules::Rule;

use crate::select::{matches, nearest};

/// One accepted fault, as its owner wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The rule, or a glob of rules.
    pub rule: String,
    /// The cluster's name, or a glob; any cluster where there is none.
    pub cluster: Option<String>,
    /// The subject inside the component, or a glob; whatever the rule finds where there is none.
    pub subject: Option<String>,
    /// The value in force that is accepted; with any other the waiver does not hold.
    pub value: Option<String>,
    pub reason: String,
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
    /// Line and column in the file, 1-based.
    pub place: (u32, u32),
}

/// The waivers of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers {
    /// The file they were read from, as it was named.
    pub file: String,
    pub list: Vec<Waiver>,
    /// The day the run judges as of, in UTC.
    pub today: Date,
}

/// What the clusters of a run are called together.
const FLEET: &str = "fleet";

/// What became of one waiver.
#[derive(Clone, Debug, Default)]
struct Use {
    /// Findings that it hides.
    waived: usize,
    rules: BTreeSet<&'static str>,
    /// The first few clusters, and how many more.
    clusters: Few,
    subjects: Few,
    /// Subjects that the rule finds and the waiver does not name.
    missed: Few,
    /// Findings it would hide, had it not ended.
    late: usize,
    /// Findings with a value that was not accepted, and the first of them in words.
    other: usize,
    first_other: Option<String>,
    /// Verdicts that are not failing.
    passing: usize,
    undetermined: usize,
    /// Whether its cluster was seen.
    cluster_seen: bool,
}

/// The first few of many names.
#[derive(Clone, Debug, Default)]
struct Few {
    names: BTreeSet<String>,
    more: bool,
}

impl Few {
    fn add(&mut self, name: &str) {
        if self.names.len() < 4 || self.names.contains(name) {
            self.names.insert(name.to_owned());
        } else {
            self.more = true;
        }
    }

    fn list(&self) -> String {
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ") + if self.more { " and others" } else { "" }
    }
}

/// Applies waivers cluster by cluster, and keeps what each of them did.
pub(crate) struct Ledger<'a> {
    waivers: &'a Waivers,
    /// Of the waivers, in their order.
    uses: Vec<Use>,
    /// For each rule that is asked, the waivers that name it.
    by_rule: BTreeMap<&'static str, Vec<usize>>,
    clusters: Few,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(waivers: &'a Waivers, asked: &[&'static Rule]) -> Self {
        let mut by_rule: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        for rule in asked {
            let id = rule.info.id;
            let naming: Vec<usize> =
                (0..waivers.list.len()).filter(|&index| matches(&waivers.list[index].rule, id)).collect();
            if !naming.is_empty() {
                by_rule.insert(id, naming);
            }
        }
        Self { waivers, uses: vec![Use::default(); waivers.list.len()], by_rule, clusters: Few::default() }
    }

    /// Turns the findings of a cluster that somebody owns into waived ones.
    pub(crate) fn waive(&mut self, entries: &mut [Entry], cluster: &Cluster) {
        if self.waivers.list.is_empty() {
            return;
        }
        self.clusters.add(&cluster.name);
        for (waiver, used) in self.waivers.list.iter().zip(&mut self.uses) {
            used.cluster_seen |= fits(waiver.cluster.as_deref(), Some(&cluster.name));
        }
        for entry in entries {
            self.one(entry, &cluster.name, Some(cluster));
        }
    }

    /// The same of findings that several clusters have together, whose cluster is called `fleet`.
    pub(crate) fn waive_across(&mut self, entries: &mut [Entry]) {
        if self.waivers.list.is_empty() {
            return;
        }
        for (waiver, used) in self.waivers.list.iter().zip(&mut self.uses) {
            used.cluster_seen |= fits(waiver.cluster.as_deref(), Some(FLEET));
        }
        for entry in entries {
            self.one(entry, FLEET, None);
        }
    }

    fn one(&mut self, entry: &mut Entry, name: &str, cluster: Option<&Cluster>) {
        let Some(naming) = self.by_rule.get(entry.rule) else { return };
        let mut taken: Option<&Waiver> = None;
        for &index in naming {
            let waiver = &self.waivers.list[index];
            let used = &mut self.uses[index];
            if !fits(waiver.cluster.as_deref(), Some(name)) {
                continue;
            }
            match entry.outcome {
                // A pass and a gap are told without the subject that a finding would have.
                Outcome::Pass | Outcome::NotApplicable(_) => used.passing += 1,
                Outcome::Undetermined(_) => used.undetermined += 1,
                Outcome::Fail(_) | Outcome::Waived(_) => {
                    if !fits(waiver.subject.as_deref(), entry.subject.as_deref()) {
                        used.missed.add(entry.subject.as_deref().unwrap_or("the component itself"));
                        continue;
                    }
                    if waiver.until < self.waivers.today {
                        used.late += 1;
                        continue;
                    }
                    if let Some(accepted) = &waiver.value
                        && let Err(other) = same_value(accepted, entry, name, cluster)
                    {
                        used.other += 1;
                        used.first_other.get_or_insert(other);
                        continue;
                    }
                    used.waived += 1;
                    used.rules.insert(entry.rule);
                    used.clusters.add(name);
                    used.subjects.add(entry.subject.as_deref().unwrap_or_default());
                    taken.get_or_insert(waiver);
                }
            }
        }
        let Some(waiver) = taken else { return };
        if let Outcome::Fail(failure) = &mut entry.outcome {
            let nothing = Failure { confidence: failure.confidence, remedy: None };
            let failure = std::mem::replace(&mut **failure, nothing);
            entry.outcome = Outcome::Waived(Box::new(Waived {
                failure,
                reason: waiver.reason.clone(),
                owner: waiver.owner.clone(),
                until: waiver.until.to_string(),
                value: waiver.value.clone(),
            }));
        }
    }

    /// What is to be said of the waivers themselves, in the order of the file.
    pub(crate) fn problems(&self) -> Vec<RunProblem> {
        let asked: BTreeSet<usize> = self.by_rule.values().flatten().copied().collect();
        let mut elsewhere: Vec<(usize, &Waiver)> = Vec::new();
        let mut problems = Vec::new();
        for (index, (waiver, used)) in self.waivers.list.iter().zip(&self.uses).enumerate() {
            // Nothing is known of a waiver whose rule this run did not ask.
            if !asked.contains(&index) {
                continue;
            }
            if !used.cluster_seen && waiver.until >= self.waivers.today {
                elsewhere.push((index, waiver));
                continue;
            }
            for (message, hint) in self.said(waiver, used) {
                problems.push(self.problem(waiver, message, hint));
            }
        }
        // A file for a whole fleet names clusters that one run does not look at; they are one line and not hundreds.
        if let Some((_, first)) = elsewhere.first() {
            let mut named = Few::default();
            elsewhere.iter().filter_map(|(_, waiver)| waiver.cluster.as_deref()).for_each(|name| named.add(name));
            let message = format!(
                "{} for {}, and this run saw {}",
                counted(elsewhere.len(), "waiver is", "waivers are"),
                named.list(),
                if self.clusters.names.is_empty() { "no cluster".to_owned() } else { self.clusters.list() }
            );
            let near = first
                .cluster
                .as_deref()
                .and_then(|typed| nearest(typed, self.clusters.names.iter().map(String::as_str)))
                .map(|name| format!("nearest to the first: `{name}`"));
            problems.push(self.problem(first, message, near));
        }
        problems
    }

    fn said(&self, waiver: &Waiver, used: &Use) -> Vec<(String, Option<String>)> {
        let rule = &waiver.rule;
        let mut said = Vec::new();
        if waiver.until < self.waivers.today {
            let message = format!("the waiver of `{rule}` ended on {}", waiver.until);
            said.push(if used.late > 0 {
                let late = counted(used.late, "finding", "findings");
                (
                    format!("{message} and no longer covers {late}"),
                    Some("fix it, or renew the waiver with a reason".to_owned()),
                )
            } else {
                (message, Some("nothing needs it any more; take it out".to_owned()))
            });
            return said;
        }
        if let Some(first) = &used.first_other {
            let more = if used.other > 1 { format!(", and so on for {} findings", used.other) } else { String::new() };
            said.push((
                format!("the waiver of `{rule}` does not hold: {first}{more}"),
                Some("look at it again, then fix it or accept the new value".to_owned()),
            ));
        } else if used.waived == 0 {
            let (why, hint) = match (used.undetermined, used.passing) {
                _ if !used.missed.names.is_empty() => (format!("what fails is {}", used.missed.list()), None),
                (0, 0) => ("the rule was not asked there".to_owned(), None),
                (0, _) => ("nothing fails there".to_owned(), Some("take it out".to_owned())),
                (open, _) => (
                    format!(
                        "{} and cannot be waived",
                        counted(open, "verdict is undetermined", "verdicts are undetermined")
                    ),
                    None,
                ),
            };
            let subject = waiver.subject.as_ref().map(|subject| format!(" with the subject `{subject}`"));
            let subject = subject.unwrap_or_default();
            said.push((format!("the waiver of `{rule}` matches no finding{subject}: {why}"), hint));
        }
        if used.rules.len() > 1 {
            let mut few = Few::default();
            used.rules.iter().for_each(|rule| few.add(rule));
            said.push((
                format!("the waiver of `{rule}` is too broad: it hides {} rules: {}", used.rules.len(), few.list()),
                Some("name each rule; a glob also waives what is found next month".to_owned()),
            ));
        }
        let broad = |pattern: &Option<String>, few: &Few| {
            few.names.len() > 1 && pattern.as_deref().is_none_or(|pattern| pattern.bytes().all(|byte| byte == b'*'))
        };
        if broad(&waiver.cluster, &used.clusters) {
            said.push((
                format!("the waiver of `{rule}` is too broad: it holds in {}", used.clusters.list()),
                Some("name the clusters with `cluster`, which may be a glob".to_owned()),
            ));
        }
        if broad(&waiver.subject, &used.subjects) {
            said.push((
                format!("the waiver of `{rule}` is too broad: it hides {}", used.subjects.list()),
                Some("name what is accepted with `subject`, which may be a glob".to_owned()),
            ));
        }
        said
    }

    fn problem(&self, waiver: &Waiver, message: String, hint: Option<String>) -> RunProblem {
        let file = self.waivers.file.clone();
        RunProblem { target: file.clone(), message, hint, place: Some((file, Some(waiver.place))) }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Whether a name is meant; no pattern means all, and a pattern needs a name.
fn fits(pattern: Option<&str>, name: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| name.is_some_and(|name| matches(pattern, name)))
}

/// Whether the value in force is the one that was accepted, or what is there instead.
fn same_value(accepted: &str, entry: &Entry, place: &str, cluster: Option<&Cluster>) -> Result<(), String> {
    let flag = entry.setting.as_deref();
    let held = cluster
        .into_iter()
        .flat_map(Cluster::components)
        .filter(|component| Some(component.name) == entry.component)
        .find(|component| Some(component.instance.as_str()) == entry.instance.as_deref())
        .and_then(|component| component.setting(flag?.trim_start_matches('-')))
        .and_then(|setting| setting.in_force().ok());
    let flag = flag.unwrap_or(entry.rule);
    match held {
        Some(reading) if reading.in_force() == accepted => Ok(()),
        Some(reading) => {
            Err(format!("it accepts `{flag}` as `{accepted}`, and in `{place}` it is `{}`", reading.in_force()))
        }
        None => Err(format!("it accepts `{flag}` as `{accepted}`, and in `{place}` no value of it was seen")),
    }
}
