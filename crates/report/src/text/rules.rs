//! The list of rules, and of controls that have none yet.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{self, Paint, indented},
};
use crate::input::{RuleMeta, Waiting};

/// All rules, by severity, and the controls that wait for one.
pub fn rules_table(rules: &[RuleMeta], waiting: &[Waiting], look: Look) -> String {
    const BEFORE: usize = 10;
    let paint = Paint(look.color);
    let mut rules: Vec<&RuleMeta> = rules.iter().collect();
    rules.sort_by_key(|meta| (std::cmp::Reverse(meta.card.severity), meta.card.id));
    // In columns where every row fits into a line; else the title stands below its rule.
    let longest = rules.iter().map(|meta| meta.card.id.len()).max().unwrap_or(0);
    let title = BEFORE + longest + 2;
    let fits = rules.iter().all(|meta| title + wrap::width(meta.card.title) <= look.width);
    let mut text = String::new();
    for meta in rules {
        let severity = meta.card.severity;
        let padded = paint.severity(severity, &format!("{:<BEFORE$}", severity.name()));
        if fits {
            let _ = writeln!(text, "{padded}{:<longest$}  {}", meta.card.id, meta.card.title);
        } else {
            let _ = writeln!(text, "{padded}{}", paint.bold(meta.card.id));
            text.push_str(&indented(meta.card.title, BEFORE, BEFORE, look.width));
        }
    }
    if look.verbose {
        for (at, control) in waiting.iter().enumerate() {
            if at == 0 {
                let _ = writeln!(text, "\n{}\n", paint.bold("No rule yet"));
            }
            let needs = if control.manual {
                "it takes a person".to_owned()
            } else {
                format!("needs {}", control.evidence.join(" or "))
            };
            let _ = writeln!(text, "{:<8}  {}", control.severity, control.control);
            text.push_str(&indented(
                &format!("{} ({needs})", control.intent.trim_end_matches('.')),
                10,
                10,
                look.width,
            ));
        }
    } else if !waiting.is_empty() {
        // What of the API server no file will ever tell; the rest is a number.
        let words = |evidence: &str| match evidence {
            "live-api" => Some("a live cluster"),
            "remote-probe" => Some("a probe"),
            _ => None,
        };
        let longest = waiting.iter().map(|control| control.control.len()).max().unwrap_or(0);
        let _ = writeln!(text, "\n{}\n", paint.bold("No rule yet"));
        for control in waiting.iter().filter(|control| control.component == "apiserver") {
            let needs: Vec<&str> = control.evidence.iter().filter_map(|one| words(one)).collect();
            if needs.is_empty() {
                continue;
            }
            let line =
                format!("{:<BEFORE$}{:<longest$}  needs {}", control.severity, control.control, needs.join(" or "));
            text.push_str(&indented(&line, 0, BEFORE + longest + 2, look.width));
        }
        let many =
            if waiting.len() == 1 { "1 control has".to_owned() } else { format!("{} controls have", waiting.len()) };
        let note = format!("{many} no rule yet and never count as a pass; -v lists them with what they need.");
        let _ = write!(text, "\n{}", indented(&note, 0, 0, look.width));
    }
    text
}
