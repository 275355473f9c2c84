//! Rules by how they ended, as a table.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{self, Paint},
};
use crate::wire;

/// Rules by how they ended, a row for each cluster.
pub(super) fn table(summaries: Vec<(String, wire::Summary)>, look: Look) -> String {
    let paint = Paint(look.color);
    let alone = summaries.len() == 1;
    // Most people waive nothing, and eighty columns are few.
    let waived = summaries.iter().any(|(_, summary)| summary.waived > 0);
    let mut heads = vec!["critical", "high", "medium", "low", "info", "not judged", "pass", "n/a"];
    if waived {
        heads.insert(6, "waived");
    }
    let rows: Vec<(String, Vec<usize>)> = summaries
        .into_iter()
        .map(|(name, summary)| {
            let by = summary.by_severity;
            let mut counts = vec![by.critical, by.high, by.medium, by.low, by.info, summary.undetermined];
            counts.extend(waived.then_some(summary.waived));
            counts.extend([summary.pass, summary.not_applicable]);
            (name, counts)
        })
        .collect();
    let widths: Vec<usize> = heads.iter().map(|head| head.len() + 2).collect();
    let numbers: usize = widths.iter().sum();
    let first = look.width.saturating_sub(numbers).max(12);
    // A name that would push the numbers out gets a line of its own.
    let aside = rows.iter().any(|(name, _)| wrap::width(name) > first);
    let mut text = String::new();
    let head: String = heads.iter().zip(&widths).map(|(head, width)| format!("{head:>width$}")).collect();
    let title = if aside { String::new() } else { "rules".to_owned() };
    let start = if aside { 2 } else { first };
    let title = if aside && alone { String::new() } else { title };
    let _ = writeln!(text, "{}", paint.bold(format!("{title:<start$}{head}").trim_end()));
    for (name, counts) in rows {
        if aside {
            let _ = writeln!(text, "{name}");
        }
        let numbers: String = counts
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (count, width))| {
                let cell = format!("{count:>width$}");
                match (column, count) {
                    (_, 0) => paint.dim(&cell),
                    (0 | 1, _) => paint.red(&cell),
                    (2, _) => paint.yellow(&cell),
                    _ => cell,
                }
            })
            .collect();
        let name = if aside { String::new() } else { name };
        let padding = start.saturating_sub(wrap::width(&name));
        let _ = writeln!(text, "{name}{:padding$}{numbers}", "");
    }
    text.push('\n');
    text
}
