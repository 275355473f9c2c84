//! A benchmark into the wire format: counted, and tied to the verdicts beside it.

use std::collections::BTreeMap;

use model::GapKind;

use super::{fingerprint, one_gap};
use crate::{
    input::{Benchmark, BenchmarkItem, ClusterReport, ControlAnswer},
    places::Places,
    wire::{self, Outcome},
};

/// The benchmark of a cluster.
pub(super) fn convert(benchmark: &Benchmark, cluster: &ClusterReport, places: &Places<'_>) -> wire::Benchmark {
    let mut prints: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for judged in &cluster.entries {
        prints.entry(judged.entry.rule).or_default().push(fingerprint(&judged.entry, super::owner(cluster)));
    }
    wire::Benchmark {
        name: benchmark.name.to_owned(),
        title: benchmark.title.to_owned(),
        version: benchmark.version.to_owned(),
        chosen: benchmark.chosen.clone(),
        coverage: coverage(benchmark),
        sections: sections(benchmark),
        items: benchmark.items.iter().map(|known| item(known, &prints, places)).collect(),
    }
}

/// Ids by what became of them.
pub(crate) fn coverage(benchmark: &Benchmark) -> wire::Coverage {
    let mut coverage = wire::Coverage { ids: benchmark.items.len(), ..Default::default() };
    for item in &benchmark.items {
        let (outcome, worst) = worst(item);
        match outcome {
            Outcome::Pass => coverage.pass += 1,
            Outcome::Fail => coverage.fail += 1,
            Outcome::Undetermined => coverage.undetermined += 1,
            Outcome::NotApplicable => coverage.not_applicable += 1,
            Outcome::Waived => coverage.waived += 1,
        }
        if let (Outcome::Undetermined, Some(gap)) = (outcome, worst.and_then(|answer| answer.gap.as_ref())) {
            coverage.manual += usize::from(gap.kind == GapKind::Manual);
            coverage.not_collected += usize::from(gap.kind == GapKind::NotCollected);
        }
        coverage.letters += usize::from(item.letter.as_ref().is_some_and(|letter| letter.met.is_some()));
        coverage.differ += usize::from(item.argument.is_some());
    }
    coverage
}

/// The verdict on an id: that of the control that says the worst of it, and that control.
pub fn worst(item: &BenchmarkItem) -> (Outcome, Option<&ControlAnswer>) {
    // The order in which outcomes count, the worst first.
    let rank = |outcome| Outcome::ALL.iter().position(|known| *known == outcome);
    let worst = item.answers.iter().min_by_key(|answer| rank(answer.outcome));
    (worst.map_or(Outcome::NotApplicable, |answer| answer.outcome), worst)
}

/// The parts that ids stand in, in the order of the first of them.
fn sections(benchmark: &Benchmark) -> Vec<wire::BenchmarkSection> {
    let mut sections: Vec<(wire::BenchmarkSection, BTreeMap<&str, usize>)> = Vec::new();
    for item in &benchmark.items {
        let known = sections.iter_mut().find(|(section, _)| section.id == item.section && section.part == item.part);
        let components = match known {
            Some((_, components)) => components,
            None => {
                let section = wire::BenchmarkSection {
                    id: item.section.clone(),
                    title: String::new(),
                    part: item.part.to_owned(),
                    chapter: item.chapter.to_owned(),
                };
                sections.push((section, BTreeMap::new()));
                let Some((_, components)) = sections.last_mut() else { continue };
                components
            }
        };
        for answer in &item.answers {
            *components.entry(answer.component).or_default() += 1;
        }
    }
    sections
        .into_iter()
        .map(|(section, components)| {
            // What most of its controls are about; of equals the first by name.
            let most = components.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
            let title = most.map_or("", |(name, _)| about(name)).to_owned();
            wire::BenchmarkSection { title, ..section }
        })
        .collect()
}

/// A component of the catalogue, as a heading.
fn about(component: &str) -> &str {
    match component {
        "apiserver" => "API server",
        "etcd" => "etcd",
        "controller-manager" => "Controller manager",
        "scheduler" => "Scheduler",
        "kubelet" => "Kubelet",
        "kube-proxy" => "kube-proxy",
        "control-plane-files" => "Files of the control plane",
        "node-files" => "Files of the nodes",
        "pki" => "Keys and certificates",
        "rbac" => "Access rights",
        "pod-security" => "Security of pods",
        "network" => "Network",
        "secrets" => "Secrets",
        "cluster" => "Cluster",
        "managed" => "What the provider manages",
        other => other,
    }
}

fn item(item: &BenchmarkItem, prints: &BTreeMap<&str, Vec<String>>, places: &Places<'_>) -> wire::BenchmarkItem {
    let (outcome, worst) = worst(item);
    wire::BenchmarkItem {
        id: item.id.to_owned(),
        section: item.section.clone(),
        title: title(item),
        manual: item.manual,
        scored: item.scored,
        assessed: item.assessed.map(str::to_owned),
        inverted: item.inverted,
        outcome,
        message: worst.map(|answer| answer.message.clone()).unwrap_or_default(),
        controls: item
            .answers
            .iter()
            .map(|answer| wire::BenchmarkControl {
                name: answer.control.to_owned(),
                severity: answer.severity.to_owned(),
                outcome: answer.outcome,
                message: answer.message.clone(),
                gap: answer.gap.as_ref().map(one_gap),
                entries: prints.get(answer.control).cloned().unwrap_or_default(),
            })
            .collect(),
        letter: item.letter.as_ref().map(|letter| wire::Letter {
            met: letter.met,
            wanted: letter.wanted.clone(),
            found: letter.found.clone(),
            instance: letter.instance.clone(),
            location: letter.at.as_ref().map(|at| places.wire(at, None)),
            text: letter.text.as_ref().map(|text| wire::LetterText { met: text.met, found: text.found.clone() }),
        }),
        argument: item.argument.clone(),
    }
}

/// What must be true: the sentence of its control, or how many there are.
pub(crate) fn title(item: &BenchmarkItem) -> String {
    match item.answers.as_slice() {
        [one] => one.intent.to_owned(),
        // A guide in prose names its chapters.
        many if item.id.contains(": ") => {
            format!("{}: {} controls.", item.id.split_once(": ").map_or("", |(_, name)| name), many.len())
        }
        many => many.iter().map(|answer| answer.intent).collect::<Vec<_>>().join(" "),
    }
}
