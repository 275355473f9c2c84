//! The end of a report: what was looked at, and what to type next.

use std::fmt::Write as _;

use model::Outcome;

use super::{
    Look, plain, size,
    wrap::{self, Paint, indented},
};
use crate::{
    convert,
    input::{ClusterReport, Report},
    wire,
};

/// What was looked at, by what it turned out to be.
pub(super) fn looked_at(report: &Report, look: Look) -> String {
    let inputs = &report.inputs;
    let total = inputs.judged + inputs.supporting + inputs.not_ours + inputs.templated + inputs.broken + inputs.unread;
    let parts = [
        (inputs.judged, "judged"),
        (inputs.supporting, "supporting"),
        (inputs.not_ours, "not ours"),
        (inputs.templated, "templates"),
        (inputs.broken, "broken"),
        (inputs.unread, "unread"),
    ];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let is_named = |cluster: &ClusterReport, evidence: &model::Evidence| {
        let mut all = cluster.components.iter().chain(&cluster.files);
        let is_given = all.any(|component| component.declared_in == evidence.id);
        evidence.kind == model::Kind::ConfigFile && evidence.text().is_some() && !is_given
    };
    let named: usize = report
        .clusters
        .iter()
        .map(|cluster| cluster.evidence.iter().filter(|evidence| is_named(cluster, evidence)).count())
        .sum();
    let asked: Vec<wire::Requests> = report.clusters.iter().filter_map(|cluster| cluster.requests).collect();
    let what = match asked.is_empty() {
        true => format!("file{}", if total == 1 { "" } else { "s" }),
        false if asked.len() == report.clusters.len() => "answers".to_owned(),
        false => "files and answers".to_owned(),
    };
    let mut line = format!("Looked at {total} {what}: {}", parts.join(", "));
    if !asked.is_empty() {
        let (count, bytes) = asked.iter().fold((0, 0), |(count, bytes), one| (count + one.count, bytes + one.bytes));
        let _ = write!(line, "; in {count} requests, {}", size(bytes));
    }
    let outside: Vec<wire::Outside> = report.clusters.iter().filter_map(|cluster| cluster.outside).collect();
    if !outside.is_empty() {
        let (connections, requests, bytes) = outside.iter().fold((0, 0, 0), |(connections, requests, bytes), one| {
            let more = one.bytes_sent + one.bytes_received;
            (connections + u64::from(one.connections), requests + u64::from(one.requests), bytes + more)
        });
        let and = if requests == 0 { String::new() } else { format!(" and {requests} requests") };
        let _ = write!(line, "; and from outside in {connections} connections{and}, {}", size(bytes));
    }
    if named > 0 {
        let _ = write!(line, "; and read {named} that flags name");
    }
    if let Some(day) = &report.tool.knowledge.flags {
        let _ = write!(line, ". Knowledge of {day}");
    }
    line.push('.');
    indented(&line, 0, 0, look.width)
}

/// What to type next.
pub(super) fn next(clusters: &[&ClusterReport], look: Look) -> String {
    let mut commands: Vec<(String, &str)> = Vec::new();
    let worst = clusters
        .iter()
        .flat_map(|cluster| &cluster.entries)
        .filter(|judged| matches!(judged.entry.outcome, Outcome::Fail(_)))
        .max_by_key(|judged| convert::end(&judged.entry));
    if let Some(judged) = worst {
        commands.push((format!("portcullis explain {}", judged.entry.rule), "the worst finding, in full"));
    }
    let root = clusters.iter().any(|cluster| {
        cluster.entries.iter().any(|judged| {
            matches!(&judged.entry.outcome, Outcome::Undetermined(gap) if gap.who_could_answer.contains("--root"))
        })
    });
    let of_files = clusters.iter().find(|cluster| cluster.requests.is_none());
    if let (true, Some(cluster)) = (root, of_files) {
        let target = shell_word(&cluster.target);
        commands.push((format!("portcullis audit --root DIR {target}"), "with the node's files"));
    }
    // Only a component has settings to resolve; a kubeconfig is none.
    if let Some(cluster) = clusters.iter().find(|cluster| !cluster.components.is_empty()) {
        commands.push((format!("portcullis resolve {}", shell_word(&cluster.target)), "what is in force, and why"));
    }
    if commands.is_empty() {
        return String::new();
    }
    let paint = Paint(look.color);
    let longest = commands.iter().map(|(command, _)| wrap::width(command)).max().unwrap_or(0);
    let mut text = String::from("\n");
    for (command, why) in commands {
        let padding = longest - wrap::width(&command);
        if 2 + longest + 2 + wrap::width(why) <= look.width {
            let _ = writeln!(text, "  {command}{:padding$}  {}", "", paint.dim(why));
        } else {
            let _ = writeln!(text, "  {command}");
        }
    }
    text
}

/// A word as a shell takes it.
fn shell_word(text: &str) -> String {
    let safe = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:@=,+".contains(&b));
    if safe && !text.is_empty() { text.to_owned() } else { format!("'{}'", plain(text).replace('\'', "'\\''")) }
}
