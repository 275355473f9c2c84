//! The report in the formats of other programs.
//!
//! Each is a conversion of the wire format and of nothing else, so that none of them can know more than `--format json` tells.
//! What an outcome becomes in each stands in one place, [`fate`]. None of them holds a clock: two runs over the same evidence
//! give the same bytes. Only `jsonl` is written while the run goes on; it is in [`lines`].
//!
//! Whatever comes from evidence is hostile here too: a message may hold what ends a cell, a code span, an XML section or what
//! a spreadsheet calculates. Each format escapes by its own rules, after [`plain`] has written out what nobody can see.

mod csv;
mod html;
mod junit;
mod kube_bench;
pub mod lines;
mod markdown;
mod sarif;
#[cfg(test)]
mod tests;
mod whole;
mod xml;

use std::{
    io::{self, Write as _},
    path::Path,
};

use model::Severity;

use crate::{
    input::RuleMeta,
    text::plain,
    wire::{self, Cluster, Entry, Outcome, Report},
};

/// What a finished report can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `portcullis.report/1`.
    Json,
    /// SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).
    Sarif,
    /// The XML that CI systems read, as Jenkins' `junit-10.xsd` has it.
    Junit,
    /// GitHub-flavoured Markdown, for a pull request.
    Markdown,
    /// RFC 4180, one record an entry.
    Csv,
    /// One page for people, whole in itself.
    Html,
    /// The JSON that kube-bench writes, of the benchmark that was asked for.
    KubeBench,
}

/// A report and what to know for converting it.
#[derive(Clone, Copy)]
pub struct Conversion<'a> {
    pub report: &'a Report,
    /// The rules that were asked, for what they say of themselves.
    pub rules: &'a [RuleMeta],
    /// What passed and what does not apply as well, where a format leaves that out; `-v`.
    pub verbose: bool,
    /// What is undetermined counts; `--strict`.
    pub strict: bool,
    /// The folder that relative paths begin at; absolute ones below it are made relative where the format wants that.
    pub here: Option<&'a Path>,
}

impl Conversion<'_> {
    /// Writes the whole report.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, format: Format, out: &mut dyn io::Write) -> io::Result<()> {
        match format {
            Format::Json => whole::write(self.report, out),
            Format::Sarif => json(&sarif::log(self), out),
            Format::Junit => junit::write(self, out),
            Format::Markdown => markdown::write(self, out),
            Format::Csv => csv::write(self, out),
            Format::Html => html::write(self, out),
            Format::KubeBench => json(&kube_bench::overall(self), out),
        }
    }
}

/// Writes a value as JSON, without holding all of its text.
///
/// # Errors
///
/// Those of `out`.
pub fn json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    // A report is written a few bytes at a time; here they are gathered without a call for each.
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// What an entry becomes: the table of the documentation, by row.
struct Fate {
    /// `kind` of a SARIF result.
    kind: &'static str,
    /// `level` of it.
    level: &'static str,
    /// Somebody owns it until a day.
    suppressed: bool,
    junit: Junit,
    /// What reviewers need not see in a code host or a pull request unless they ask for it.
    routine: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Junit {
    Passed,
    Failure,
    Error,
    Skipped,
}

fn fate(entry: &Entry, strict: bool) -> Fate {
    let level = level(severity(entry.severity));
    match entry.outcome {
        Outcome::Fail => Fate { kind: "fail", level, suppressed: false, junit: Junit::Failure, routine: false },
        Outcome::Waived => Fate { kind: "fail", level, suppressed: true, junit: Junit::Skipped, routine: false },
        Outcome::Undetermined => {
            let junit = if strict { Junit::Error } else { Junit::Skipped };
            Fate { kind: "open", level: "none", suppressed: false, junit, routine: true }
        }
        Outcome::Pass => Fate { kind: "pass", level: "none", suppressed: false, junit: Junit::Passed, routine: true },
        Outcome::NotApplicable => {
            Fate { kind: "notApplicable", level: "none", suppressed: false, junit: Junit::Skipped, routine: true }
        }
    }
}

/// The state in which kube-bench knows an outcome: it has no word for what could not be judged, nor for what somebody owns.
fn state(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fail => "FAIL",
        Outcome::Undetermined => "WARN",
        Outcome::Pass => "PASS",
        Outcome::NotApplicable | Outcome::Waived => "INFO",
    }
}

/// Of a SARIF result that is a finding.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The severity of that name. The names are written by the conversion to the wire format; one that is not there is taken
/// for the worst, since nothing may look better than it is.
fn severity(name: &str) -> Severity {
    Severity::ALL.into_iter().find(|severity| severity.name() == name).unwrap_or(Severity::Critical)
}

/// The entries of each cluster, then those that only show across clusters.
fn groups(report: &Report) -> impl Iterator<Item = (Option<&Cluster>, &[Entry])> {
    let clusters = report.clusters.iter().map(|cluster| (Some(cluster), &cluster.verdicts[..]));
    clusters.chain(report.fleet.iter().map(|fleet| (None, &fleet.verdicts[..])))
}

/// What a group is called.
fn name_of(cluster: Option<&Cluster>) -> String {
    cluster.map_or_else(|| "fleet".to_owned(), |cluster| plain(&cluster.name))
}

/// `path:line:column`, as far as it is known.
fn place(at: &wire::Location) -> String {
    let evidence = plain(&at.evidence);
    match (at.line, at.column) {
        (Some(line), Some(column)) => format!("{evidence}:{line}:{column}"),
        _ => evidence,
    }
}

/// A sentence with its full stop.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Why an entry is neither a pass nor a finding, in one or two sentences.
fn reason(entry: &Entry) -> String {
    if let Some(waiver) = &entry.waiver {
        return format!("Waived by {} until {}: {}", waiver.owner, waiver.until, sentence(&waiver.reason));
    }
    if let Some(gap) = &entry.gap {
        return format!("Undetermined: {} To answer it: {}", sentence(&gap.reason), sentence(&gap.who_could_answer));
    }
    match &entry.not_applicable {
        Some(reason) => format!("Not applicable: {}", sentence(reason)),
        None => sentence(&entry.message),
    }
}
