//! A benchmark as a table, in its own numbering.

use std::io;

use super::{
    TABLE_ENDS,
    chart::{self, Part},
    finding::capital,
    prose, sentence, text,
};
use crate::wire::{Benchmark, BenchmarkItem, Letter, Outcome};

pub(super) fn write(at: usize, benchmark: &Benchmark, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<h3 id=\"c{at}-benchmark\">{}</h3>", text(&benchmark.title))?;
    writeln!(
        out,
        "<p class=\"about\"><code>{}</code>: {}</p>",
        text(&benchmark.name),
        prose(&sentence(&benchmark.chosen))
    )?;
    let coverage = benchmark.coverage;
    let others = coverage.undetermined.saturating_sub(coverage.manual + coverage.not_collected);
    let parts = [
        Part { class: "fail", label: "fail", count: coverage.fail },
        Part { class: "waived", label: "waived", count: coverage.waived },
        Part { class: "pass", label: "pass", count: coverage.pass },
        Part { class: "undetermined", label: "could not be read", count: others },
        Part { class: "info", label: "take a person", count: coverage.manual },
        Part { class: "not-applicable", label: "not applicable", count: coverage.not_applicable },
        Part { class: "none", label: "need other evidence", count: coverage.not_collected },
    ];
    chart::bar(&format!("c{at}-ids"), &format!("Ids of {} by verdict", benchmark.name), &parts, out)?;
    if coverage.differ > 0 {
        writeln!(
            out,
            "<p class=\"about\">Of {} the letter says something else than we do; the argument stands beside it.</p>",
            coverage.differ
        )?;
    }
    writeln!(
        out,
        "<div class=\"scroll\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">\n<table class=\"ids\">\n<thead><tr><th scope=\"col\">Id</th>\
         <th scope=\"col\">Verdict</th><th scope=\"col\">What must be true, and what is</th></tr></thead>",
        text(&benchmark.title)
    )?;
    for section in &benchmark.sections {
        writeln!(
            out,
            "<tbody>\n<tr class=\"section\"><th scope=\"rowgroup\" colspan=\"3\">{} {}</th></tr>",
            text(&section.id),
            text(&section.title)
        )?;
        for item in benchmark.items.iter().filter(|item| item.section == section.id) {
            row(item, out)?;
        }
        writeln!(out, "</tbody>")?;
    }
    // Each section has a body of its own.
    writeln!(out, "{}", TABLE_ENDS.trim_start_matches("</tbody>\n"))
}

fn row(item: &BenchmarkItem, out: &mut dyn io::Write) -> io::Result<()> {
    let outcome = item.outcome.name();
    let word = match item.outcome {
        Outcome::Undetermined => "not judged",
        Outcome::NotApplicable => "n/a",
        Outcome::Pass | Outcome::Fail | Outcome::Waived => outcome,
    };
    write!(
        out,
        "<tr data-id=\"{0}\" data-verdict=\"{outcome}\"><th scope=\"row\">{0}</th><td class=\"{outcome}\"><span \
         class=\"tag\">{word}</span></td><td>{1}",
        text(&item.id),
        prose(&item.title)
    )?;
    let names: Vec<String> =
        item.controls.iter().map(|control| format!("<code>{}</code>", text(&control.name))).collect();
    let manual = if item.manual == Some(true) { " The benchmark leaves it to a person." } else { "" };
    write!(out, "<p class=\"more\">{} {}{manual}</p>", prose(&sentence(&capital(&item.message))), names.join(", "))?;
    match (&item.argument, &item.letter) {
        (Some(argument), _) => write!(out, "<p class=\"more differs\">{}</p>", prose(argument))?,
        (None, Some(letter)) => write!(out, "<p class=\"more\">{}</p>", said(letter))?,
        (None, None) => {}
    }
    writeln!(out, "</td></tr>")
}

fn said(letter: &Letter) -> String {
    let met = match letter.met {
        Some(true) => "is met",
        Some(false) => "is not met",
        None => "could not be read",
    };
    format!("The letter {met}: {}", prose(&sentence(&letter.wanted)))
}
