//! What kube-bench writes with `--json`, so that what reads it goes on reading.
//!
//! The keys, their order and their four states are those of its check/controls.go and check/check.go (aquasecurity/kube-bench
//! a73ce378418c); what is said in them is ours, and so are the titles. It knows one cluster: of several, each adds its own
//! controls, which then name it.
//!
//! The state of an id is our verdict. Where the benchmark asks for the opposite of what we ask for, that would be the answer to
//! another question, so there it is what the letter says, and `WARN` where the letter was not read. What no id stands for (rules
//! beyond the benchmark, findings across clusters) is not here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Conversion, Outcome, place, sentence, state};
use crate::{
    text::plain,
    wire::{Benchmark, BenchmarkItem, BenchmarkSection, Cluster, Entry},
};

/// `OverallControls`.
#[derive(Serialize)]
pub(super) struct Overall {
    #[serde(rename = "Controls")]
    controls: Vec<Controls>,
    #[serde(rename = "Totals")]
    totals: Totals,
}

#[derive(Serialize)]
struct Controls {
    id: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detected_version: Option<String>,
    text: String,
    node_type: String,
    tests: Vec<Group>,
    #[serde(flatten)]
    totals: Totals,
    /// Ours: which of several clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
}

#[derive(Serialize)]
struct Group {
    section: String,
    r#type: &'static str,
    pass: usize,
    fail: usize,
    warn: usize,
    info: usize,
    desc: String,
    results: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    test_number: String,
    test_desc: String,
    audit: String,
    #[serde(rename = "AuditEnv")]
    audit_env: &'static str,
    #[serde(rename = "AuditConfig")]
    audit_config: &'static str,
    r#type: &'static str,
    remediation: String,
    test_info: [String; 1],
    status: &'static str,
    actual_value: String,
    scored: bool,
    #[serde(rename = "IsMultiple")]
    is_multiple: bool,
    expected_result: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Totals {
    total_pass: usize,
    total_fail: usize,
    total_warn: usize,
    total_info: usize,
}

impl Totals {
    fn add(&mut self, status: &str) {
        match status {
            "PASS" => self.total_pass += 1,
            "FAIL" => self.total_fail += 1,
            "WARN" => self.total_warn += 1,
            _ => self.total_info += 1,
        }
    }
}

pub(super) fn overall(conversion: &Conversion<'_>) -> Overall {
    let clusters = &conversion.report.clusters;
    let mut controls = Vec::new();
    for cluster in clusters {
        if let Some(benchmark) = &cluster.benchmark {
            of_cluster(cluster, benchmark, clusters.len() > 1, &mut controls);
        }
    }
    let mut totals = Totals::default();
    for one in &controls {
        totals.total_pass += one.totals.total_pass;
        totals.total_fail += one.totals.total_fail;
        totals.total_warn += one.totals.total_warn;
        totals.total_info += one.totals.total_info;
    }
    Overall { controls, totals }
}

fn of_cluster(cluster: &Cluster, benchmark: &Benchmark, several: bool, out: &mut Vec<Controls>) {
    let mut entries: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &cluster.verdicts {
        entries.entry(entry.rule).or_default().push(entry);
    }
    let first = out.len();
    for section in &benchmark.sections {
        let items = benchmark.items.iter().filter(|item| item.section == section.id);
        // Only a benchmark without numbers has sections of one name on several parts.
        let group = group(section, items, &entries);
        let (id, text) = (&section.chapter, part(&section.part));
        let known = out[first..].iter_mut().find(|known| known.id == *id && known.node_type == section.part);
        let controls = match known {
            Some(known) => known,
            None => {
                let name = several.then(|| plain(&cluster.name));
                out.push(Controls {
                    id: id.clone(),
                    version: benchmark.version.clone(),
                    detected_version: cluster.version.clone(),
                    text: name.as_ref().map_or_else(|| text.to_owned(), |name| format!("{text} ({name})")),
                    node_type: section.part.clone(),
                    tests: Vec::new(),
                    totals: Totals::default(),
                    cluster: name,
                });
                let Some(added) = out.last_mut() else { continue };
                added
            }
        };
        group.results.iter().for_each(|check| controls.totals.add(check.status));
        controls.tests.push(group);
    }
}

fn part(part: &str) -> &'static str {
    match part {
        "master" => "Control plane",
        "etcd" => "etcd",
        "controlplane" => "Settings of the control plane",
        "node" => "Nodes",
        "policies" => "Policies",
        _ => "Managed services",
    }
}

fn group<'a>(
    section: &BenchmarkSection,
    items: impl Iterator<Item = &'a BenchmarkItem>,
    entries: &BTreeMap<&str, Vec<&Entry>>,
) -> Group {
    let results: Vec<Check> = items.map(|item| check(item, entries)).collect();
    let count = |status: &str| results.iter().filter(|check| check.status == status).count();
    Group {
        section: section.id.clone(),
        r#type: "",
        pass: count("PASS"),
        fail: count("FAIL"),
        warn: count("WARN"),
        info: count("INFO"),
        desc: section.title.clone(),
        results,
    }
}

fn check(item: &BenchmarkItem, entries: &BTreeMap<&str, Vec<&Entry>>) -> Check {
    let of_item = || item.controls.iter().filter_map(|control| entries.get(control.name.as_str())).flatten();
    let remediation = remediation(of_item().copied().filter(|entry| entry.remedy.is_some()));
    let judged: Vec<&str> = item
        .controls
        .iter()
        .filter(|control| !control.entries.is_empty())
        .map(|control| control.name.as_str())
        .collect();
    let places: Vec<String> = of_item()
        .filter(|entry| entry.outcome == item.outcome)
        .filter_map(|entry| entry.locations.first().map(place))
        .collect();
    let found = item.letter.as_ref().map_or_else(|| plain(&item.message), |letter| plain(&letter.found));
    Check {
        test_number: item.id.clone(),
        test_desc: item.title.clone(),
        audit: judged.iter().map(|rule| format!("portcullis explain {rule}")).collect::<Vec<_>>().join("; "),
        audit_env: "",
        audit_config: "",
        r#type: match item.assessed.as_deref() {
            Some("by-hand") => BY_HAND,
            Some("skipped") => "skip",
            _ => "",
        },
        test_info: [remediation.clone()],
        remediation,
        status: status(item),
        actual_value: if places.is_empty() { found } else { format!("{found} ({})", places.join(", ")) },
        scored: item.scored.unwrap_or(true),
        is_multiple: false,
        expected_result: item.letter.as_ref().map_or_else(|| item.title.clone(), |letter| letter.wanted.clone()),
        reason: reason(item),
    }
}

/// The `type` of what takes a person, and what kube-bench gives as the reason of its `WARN`; readers tell it by that sentence
/// from what failed to run (DefectDojo dojo/tools/kubebench/parser.py).
const BY_HAND: &str = "manual";
const ASKS_FOR_A_PERSON: &str = "Test marked as a manual test";

fn status(item: &BenchmarkItem) -> &'static str {
    if !item.inverted {
        return state(item.outcome);
    }
    match item.letter.as_ref().and_then(|letter| letter.met) {
        Some(true) => "PASS",
        Some(false) => "FAIL",
        None => "WARN",
    }
}

/// What to do, and what that breaks, once for each fault.
fn remediation<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    let mut said: Vec<String> = Vec::new();
    for remedy in entries.filter_map(|entry| entry.remedy.as_ref()) {
        let breaks = remedy.breaks.iter().map(|breaks| format!(" Breaks: {}", sentence(&plain(breaks))));
        let text = format!("{}{}", sentence(&plain(&remedy.title)), breaks.collect::<String>());
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said.join("\n")
}

/// Why the verdict is what it is, and why the letter says something else.
fn reason(item: &BenchmarkItem) -> String {
    if item.assessed.as_deref() == Some("by-hand") && status(item) == "WARN" && item.argument.is_none() {
        return ASKS_FOR_A_PERSON.to_owned();
    }
    let mut parts = Vec::new();
    match item.outcome {
        Outcome::Pass => {}
        Outcome::Undetermined => {
            for control in item.controls.iter().filter(|control| control.outcome == Outcome::Undetermined) {
                let Some(gap) = &control.gap else { continue };
                let part = format!("{} ({}): {}", plain(&gap.reason), gap.kind, plain(&gap.who_could_answer));
                let part = sentence(&part);
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        Outcome::Waived => parts.push(format!("Waived. {}", sentence(&plain(&item.message)))),
        Outcome::Fail | Outcome::NotApplicable => parts.push(sentence(&plain(&item.message))),
    }
    parts.extend(item.argument.as_ref().map(|argument| plain(argument)));
    if item.assessed.as_deref() == Some("skipped") && matches!(item.outcome, Outcome::Pass | Outcome::Fail) {
        parts.push("kube-bench skips this id; here the evidence is judged.".to_owned());
    }
    parts.join(" ")
}
