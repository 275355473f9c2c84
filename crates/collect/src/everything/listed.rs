//! Files, folders and bundles of a cluster on a list: what they show is one cluster, by the name that it has there.

use std::{collections::BTreeMap, io};

use facts::{Gathered, Redactor};
use model::Evidence;

use super::{Arrived, Event, replay};
use crate::{Account, Listed, NODE, Options, Target, bundle, files::gather};

/// Hands over what the files of a listed cluster show, and what became of each; who is asked is left to others.
pub(super) fn gather_files(
    listed: &Listed,
    options: &Options,
    redactor: &mut Redactor,
    stdin: &mut dyn io::Read,
    known: &mut BTreeMap<String, String>,
    on: &mut dyn FnMut(Event),
) {
    let options = Options { root: listed.root.clone().or_else(|| options.root.clone()), ..options.clone() };
    let mut files = Vec::new();
    let mut ends = Vec::new();
    for target in &listed.targets {
        match target {
            Target::Path(path) if bundle::is_one(path) => {
                let mut arrived = Vec::new();
                replay(path, &options, redactor, known, &mut |event| match event {
                    Event::Cluster(one) => arrived.push(one),
                    Event::Target(..) | Event::Note(_) => ends.push(event),
                });
                let alone = arrived.len() == 1;
                for mut one in arrived {
                    one.gathered.name = named(listed, alone, &one.gathered.name);
                    one.labels.extend(listed.labels.clone());
                    on(Event::Cluster(one));
                }
            }
            Target::Path(_) => {
                let outcome = gather(target, &options, redactor, stdin, &mut |gathered| files.push(gathered));
                ends.push(Event::Target(target.name(), outcome));
            }
            Target::Stdin | Target::Live(_) | Target::Listed(_) => {}
        }
    }
    for gathered in together(listed, files) {
        on(Event::Cluster(Box::new(Arrived { gathered, live: None, labels: listed.labels.clone() })));
    }
    ends.into_iter().for_each(on);
}

/// Adds what files show of a cluster that was asked. Nodes with roots of their own are clusters of their own here, but for the
/// first: a cluster has one root. What became of the files comes back.
pub(super) fn add_files(
    listed: &Listed,
    cluster: &mut Gathered,
    options: &Options,
    redactor: &mut Redactor,
    on: &mut dyn FnMut(Event),
) -> Account {
    let options = Options { root: listed.root.clone().or_else(|| options.root.clone()), ..options.clone() };
    let (mut files, mut account) = (Vec::new(), Account::default());
    for target in &listed.targets {
        if !matches!(target, Target::Path(_)) {
            continue;
        }
        let outcome = gather(target, &options, redactor, &mut io::empty(), &mut |gathered| files.push(gathered));
        account.inputs.add(&outcome.inputs);
        account.troubles.extend(outcome.troubles);
    }
    let mut found = together(listed, files).into_iter();
    if let Some(first) = found.next() {
        cluster.evidence.extend(first.evidence);
        cluster.evidence.sort_by(|a, b| a.id.cmp(&b.id));
        cluster.evidence.dedup_by(|a, b| a.id == b.id);
        cluster.root = first.root;
    }
    for gathered in found {
        on(Event::Cluster(Box::new(Arrived { gathered, live: None, labels: listed.labels.clone() })));
    }
    account
}

/// A cluster with one root, or with none, is one; nodes with roots of their own can only be told apart by them.
fn together(listed: &Listed, files: Vec<Gathered>) -> Vec<Gathered> {
    let mut by_root: BTreeMap<Option<String>, (Vec<String>, Vec<Evidence>)> = BTreeMap::new();
    for Gathered { target, root, evidence, .. } in files {
        let (targets, held) = by_root.entry(root).or_default();
        if !targets.contains(&target) {
            targets.push(target);
        }
        held.extend(evidence);
    }
    // What lies beside the only root belongs to it as well.
    if by_root.len() == 2
        && let Some((targets, held)) = by_root.remove(&None)
        && let Some((_, of_root)) = by_root.iter_mut().next()
    {
        of_root.0.extend(targets);
        of_root.1.extend(held);
    }
    let alone = by_root.len() == 1;
    let one = |(root, (targets, mut evidence)): (Option<String>, (Vec<String>, Vec<Evidence>))| {
        evidence.sort_by(|a, b| a.id.cmp(&b.id));
        evidence.dedup_by(|a, b| a.id == b.id);
        let name = named(listed, alone, root.as_deref().unwrap_or("files"));
        Gathered { name, target: targets.join(" "), root, evidence, trees: facts::Trees::default() }
    };
    by_root.into_iter().map(one).collect()
}

fn named(listed: &Listed, alone: bool, inner: &str) -> String {
    if alone { listed.name.clone() } else { format!("{}{NODE}{inner}", listed.name) }
}
