//! A benchmark's report at a terminal: what was judged line by line, in its order; then what was not, by what is wanted.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{Paint, indented, plain},
};
use crate::{
    convert::benchmark::{coverage, title, worst},
    input::{Benchmark, BenchmarkItem, ClusterReport},
    wire::Outcome,
};

/// The benchmark of a cluster, where one was asked for. Every id is named once.
pub(super) fn section(cluster: &ClusterReport, look: Look, text: &mut String) {
    let Some(benchmark) = &cluster.benchmark else { return };
    let paint = Paint(look.color);
    text.push_str(&paint.bold(&indented(benchmark.title, 0, 0, look.width)));
    let chosen = format!("`{}`: {}.", benchmark.name, plain(&benchmark.chosen));
    text.push_str(&indented(&chosen, 2, 2, look.width));
    totals(benchmark, look, text);
    text.push('\n');
    let longest = benchmark.items.iter().map(|item| item.id.len()).max().unwrap_or(0).min(12);
    for item in benchmark.items.iter().filter(|item| worst(item).0 != Outcome::Undetermined) {
        one(item, longest, look, text);
    }
    open(benchmark, look, text);
    text.push('\n');
}

fn one(item: &BenchmarkItem, longest: usize, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let (outcome, answer) = worst(item);
    let (word, painted) = match outcome {
        Outcome::Fail => ("fail", paint.red("fail")),
        Outcome::Waived => ("waived", paint.yellow("waived")),
        Outcome::Pass => ("pass", "pass".to_owned()),
        Outcome::NotApplicable => ("n/a", paint.dim("n/a")),
        Outcome::Undetermined => ("open", "open".to_owned()),
    };
    let margin = 2 + 6 + 2;
    let says = match outcome {
        // What passes says so by passing.
        Outcome::Pass => title(item),
        _ => answer.map(|answer| plain(&answer.message)).unwrap_or_default(),
    };
    // A chapter's name is longer than any number.
    let line = if item.id.len() > longest {
        format!("{word:<6}  {}", item.id)
    } else {
        format!("{word:<6}  {:<longest$}  {says}", item.id)
    };
    let rest = if item.id.len() > longest { margin } else { margin + longest + 2 };
    text.push_str(&indented(&line, 2, rest, look.width).replacen(word, &painted, 1));
    if item.id.len() > longest && !says.is_empty() {
        text.push_str(&indented(&says, rest, rest, look.width));
    }
    if let Some(argument) = &item.argument {
        text.push_str(&paint.dim(&indented(&plain(argument), rest, rest, look.width)));
    }
}

/// What was not judged, by what is wanted; what most ids want comes first.
fn open(benchmark: &Benchmark, look: Look, text: &mut String) {
    let mut wanted: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for item in &benchmark.items {
        let (Outcome::Undetermined, Some(answer)) = worst(item) else { continue };
        let Some(gap) = &answer.gap else { continue };
        match wanted.iter_mut().find(|(thing, who, _)| *thing == gap.wanted && *who == gap.who_could_answer) {
            Some((_, _, ids)) => ids.push(item.id),
            None => wanted.push((&gap.wanted, &gap.who_could_answer, vec![item.id])),
        }
    }
    if wanted.is_empty() {
        return;
    }
    let _ = writeln!(text);
    wanted.sort_by_key(|(_, _, ids)| std::cmp::Reverse(ids.len()));
    for (thing, who, ids) in wanted {
        let need = if ids.len() == 1 { "1 id needs".to_owned() } else { format!("{} ids need", ids.len()) };
        text.push_str(&indented(&format!("{need} {}: {}", plain(thing), plain(who)), 2, 4, look.width));
        let separator = if ids.iter().any(|id| id.contains(' ')) { "; " } else { ", " };
        text.push_str(&indented(&ids.join(separator), 4, 4, look.width));
    }
}

fn totals(benchmark: &Benchmark, look: Look, text: &mut String) {
    let coverage = coverage(benchmark);
    let mut parts = vec![format!("{} pass", coverage.pass), format!("{} fail", coverage.fail)];
    for (count, word) in [(coverage.waived, "waived"), (coverage.not_applicable, "not applicable")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let mut line = format!("{} ids: {}; {} undetermined", coverage.ids, parts.join(", "), coverage.undetermined);
    if coverage.undetermined > 0 {
        let others = coverage.undetermined - coverage.manual - coverage.not_collected;
        let why: Vec<String> = [
            (coverage.not_collected, "needs other evidence", "need other evidence"),
            (coverage.manual, "takes a person", "take a person"),
            (others, "could not be read", "could not be read"),
        ]
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
        let _ = write!(line, " ({})", why.join(", "));
    }
    line.push('.');
    if coverage.differ > 0 {
        let _ = write!(line, " The letter says something else than we do of {}.", coverage.differ);
    }
    text.push_str(&indented(&line, 2, 2, look.width));
}
