//! One page for people: whole in itself, to read, to print and to send.
//!
//! It asks for nothing over the network and runs nothing, and a policy in its head says so to the browser. Whatever comes from
//! evidence goes through [`text`] or [`prose`]; anchors are numbers and never names. The page is well-formed XML as well, so
//! that a test can hold that nothing breaks out of its place.
//!
//! Every entry is on it once, as an element with `data-rule` and `data-outcome`: what fails in full, the rest in lists and tables,
//! of which those that nobody has to act on are folded.

mod benchmark;
mod chart;
mod cluster;
mod finding;
mod fleet;

use std::{collections::BTreeMap, io};

use super::{Conversion, Outcome, groups, name_of, place, sentence, xml::escaped};
use crate::{
    text::plain,
    wire::{BySeverity, Cluster, RunProblem},
};

const STYLE: &str = include_str!("html/style.css");

/// Severities as the page orders them.
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

/// What the parts of a page share.
struct Page {
    /// The page of each rule.
    pages: BTreeMap<&'static str, &'static str>,
}

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = conversion.report;
    let pages = conversion.rules.iter().map(|meta| (meta.card.id, meta.card.page)).collect();
    let page = Page { pages };
    let headline = headline(conversion);
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri \
         'none'; form-action 'none'\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>"
    )?;
    writeln!(out, "<title>Portcullis: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>", text(&headline))?;
    writeln!(
        out,
        "<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<p class=\"brand\">Portcullis</p>"
    )?;
    writeln!(out, "<h1>{}</h1>\n<p class=\"lede\">{}</p>", text(&headline), text(&lede(conversion)))?;
    contents(conversion, out)?;
    writeln!(out, "</header>\n<main id=\"main\">")?;
    summary(conversion, out)?;
    for (at, (group, entries)) in groups(report).enumerate() {
        match group {
            Some(cluster) => cluster::write(at, cluster, &page, out)?,
            None => fleet::write(at, entries, report.fleet.as_ref(), &page, out)?,
        }
    }
    problems(&report.problems, out)?;
    looked_at(conversion, out)?;
    writeln!(out, "</main>\n<footer>")?;
    let day = report.tool.knowledge.flags.as_deref().map(|day| format!(", with the knowledge of {day}"));
    writeln!(
        out,
        "<p>Written by portcullis {}{}. What could not be seen is undetermined here, and never a pass.</p>",
        text(report.tool.version),
        text(&day.unwrap_or_default())
    )?;
    writeln!(out, "</footer>\n</body>\n</html>")
}

/// How many entries there are of an outcome.
fn count(conversion: &Conversion<'_>, outcome: Outcome) -> usize {
    groups(conversion.report).flat_map(|(_, entries)| entries).filter(|entry| entry.outcome == outcome).count()
}

fn many(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

fn headline(conversion: &Conversion<'_>) -> String {
    let clusters = conversion.report.clusters.len();
    if clusters == 0 {
        return "Nothing to judge".to_owned();
    }
    let found = match count(conversion, Outcome::Fail) {
        0 => "Nothing found".to_owned(),
        findings => many(findings, "finding"),
    };
    match conversion.report.clusters.as_slice() {
        [one] => format!("{found} in {}", plain(&one.name)),
        _ => format!("{found} in {clusters} clusters"),
    }
}

fn lede(conversion: &Conversion<'_>) -> String {
    let parts: Vec<String> = [
        (Outcome::Undetermined, "could not be judged"),
        (Outcome::Waived, "waived for now"),
        (Outcome::Pass, "passed"),
        (Outcome::NotApplicable, "not applicable"),
    ]
    .into_iter()
    .map(|(outcome, words)| (count(conversion, outcome), words))
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    if parts.is_empty() { String::new() } else { format!("Besides: {}.", parts.join(", ")) }
}

fn contents(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    const LISTED: usize = 40;
    let report = conversion.report;
    writeln!(out, "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#summary\">Summary</a></li>")?;
    let total = report.clusters.len() + usize::from(report.fleet.is_some());
    for (at, (group, _)) in groups(report).enumerate().take(LISTED) {
        writeln!(out, "<li><a href=\"#c{at}\">{}</a></li>", text(&name_of(group)))?;
    }
    if total > LISTED {
        writeln!(out, "<li>and {} more</li>", total - LISTED)?;
    }
    writeln!(out, "<li><a href=\"#inputs\">What was looked at</a></li>\n</ul>\n</nav>")
}

/// Numbers of the whole run, and a row for each cluster where there are several.
fn summary(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let clusters = &conversion.report.clusters;
    writeln!(out, "<section id=\"summary\" aria-labelledby=\"summary-title\">")?;
    writeln!(out, "<h2 id=\"summary-title\">Summary</h2>")?;
    writeln!(out, "<p class=\"about\">Rules that fail, by the worst of what they found.</p>\n<ul class=\"tiles\">")?;
    for severity in SEVERITIES {
        let count: usize = clusters.iter().map(|cluster| of_severity(&cluster.summary.by_severity, severity)).sum();
        let zero = if count == 0 { " zero" } else { "" };
        writeln!(out, "<li class=\"{severity}{zero}\"><strong>{count}</strong> <span>{severity}</span></li>")?;
    }
    let open: usize = clusters.iter().map(|cluster| cluster.summary.undetermined).sum();
    let zero = if open == 0 { " zero" } else { "" };
    writeln!(out, "<li class=\"undetermined{zero}\"><strong>{open}</strong> <span>not judged</span></li>\n</ul>")?;
    if clusters.len() > 1 {
        let head = ["Critical", "High", "Medium", "Low", "Info", "Not judged", "Waived", "Pass", "N/A"];
        writeln!(
            out,
            "<h3>Clusters</h3>\n<div class=\"scroll\" role=\"region\" aria-label=\"Clusters\" tabindex=\"0\">"
        )?;
        writeln!(out, "<table>\n<caption>Rules by how they ended, the worst cluster first.</caption>\n<thead><tr>")?;
        writeln!(out, "<th scope=\"col\">Cluster</th>")?;
        for head in head {
            writeln!(out, "<th scope=\"col\" class=\"number\">{head}</th>")?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        let mut order: Vec<(usize, &Cluster)> = clusters.iter().enumerate().collect();
        order.sort_by_key(|(at, cluster)| (std::cmp::Reverse(rank(cluster)), *at));
        for (at, cluster) in order {
            let summary = &cluster.summary;
            write!(out, "<tr><th scope=\"row\"><a href=\"#c{at}\">{}</a></th>", text(&cluster.name))?;
            let by = rank(cluster);
            for count in by.into_iter().chain([summary.waived, summary.pass, summary.not_applicable]) {
                let zero = if count == 0 { " zero" } else { "" };
                write!(out, "<td class=\"number{zero}\">{count}</td>")?;
            }
            writeln!(out, "</tr>")?;
        }
        writeln!(out, "</tbody>\n</table>\n</div>")?;
    }
    writeln!(out, "</section>")
}

/// Failing rules of a cluster by severity, then those that were not judged.
fn rank(cluster: &Cluster) -> [usize; 6] {
    let by = cluster.summary.by_severity;
    [by.critical, by.high, by.medium, by.low, by.info, cluster.summary.undetermined]
}

fn of_severity(by: &BySeverity, severity: &str) -> usize {
    match severity {
        "critical" => by.critical,
        "high" => by.high,
        "medium" => by.medium,
        "low" => by.low,
        _ => by.info,
    }
}

fn problems(problems: &[RunProblem], out: &mut dyn io::Write) -> io::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section id=\"problems\" aria-labelledby=\"problems-title\">")?;
    writeln!(out, "<h2 id=\"problems-title\">Not read as it should be</h2>")?;
    let head = ["Where", "What", "Try"];
    table("Problems with targets", &head, out)?;
    for problem in problems {
        let at = problem.location.as_ref().map_or_else(|| plain(&problem.target), place);
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>",
            escaped(&at),
            prose(&sentence(&problem.message)),
            prose(&problem.hint.as_deref().map(sentence).unwrap_or_default())
        )?;
    }
    writeln!(out, "{TABLE_ENDS}\n</section>")
}

fn looked_at(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let inputs = conversion.report.inputs;
    writeln!(out, "<section id=\"inputs\" aria-labelledby=\"inputs-title\">")?;
    writeln!(out, "<h2 id=\"inputs-title\">What was looked at</h2>")?;
    table("Files by what they turned out to be", &["Files", "Number"], out)?;
    for (words, count) in [
        ("Judged", inputs.judged),
        ("Supporting: no rule reads them by themselves", inputs.supporting),
        ("Not ours", inputs.not_ours),
        ("Templates whose values are not there yet", inputs.templated),
        ("Broken", inputs.broken),
        ("Unread", inputs.unread),
    ] {
        writeln!(out, "<tr><th scope=\"row\">{words}</th><td class=\"number\">{count}</td></tr>")?;
    }
    writeln!(out, "{TABLE_ENDS}\n</section>")
}

/// The beginning of a table that may be wider than the screen.
fn table(name: &str, head: &[&str], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">\n<table>\n<thead><tr>",
        text(name)
    )?;
    for head in head {
        let number = if *head == "Number" { " class=\"number\"" } else { "" };
        writeln!(out, "<th scope=\"col\"{number}>{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")
}

const TABLE_ENDS: &str = "</tbody>\n</table>\n</div>";

/// Text without any meaning to a browser, in an attribute or between tags.
fn text(text: &str) -> String {
    escaped(&plain(text))
}

/// Prose that may hold `code`.
fn prose(words: &str) -> String {
    let words = plain(words);
    let parts: Vec<&str> = words.split('`').collect();
    // A backtick too many, or nothing between two: then none of them means anything.
    let paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|part| !part.trim().is_empty());
    if !paired {
        return escaped(&words);
    }
    let part = |(at, part): (usize, &&str)| {
        if at % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) }
    };
    parts.iter().enumerate().map(part).collect()
}
