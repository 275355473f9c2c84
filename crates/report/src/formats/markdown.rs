//! Markdown for a pull request: counts, then what is wrong, then what could not be judged and what somebody owns.
//!
//! GitHub's dialect, in tables and `<details>`, which GitLab and Gitea render too. Nothing that a report quotes becomes markup,
//! a link, an image, or a mention that sends somebody mail.

use std::io;

use super::{Conversion, Outcome, fate, groups, name_of, place, sentence, severity};
use crate::{
    text::plain,
    wire::{Cluster, Entry, Fleet, FleetAdvisory, FleetDay, RunProblem, Summary},
};

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = conversion.report;
    let count = |outcome: Outcome| {
        groups(report).flat_map(|(_, entries)| entries).filter(|entry| entry.outcome == outcome).count()
    };
    let findings = match count(Outcome::Fail) {
        0 => "nothing found".to_owned(),
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    };
    let also: String = [(Outcome::Undetermined, "undetermined"), (Outcome::Waived, "waived")]
        .into_iter()
        .filter(|(outcome, _)| count(*outcome) > 0)
        .map(|(outcome, word)| format!(", {} {word}", count(outcome)))
        .collect();
    if report.clusters.is_empty() {
        writeln!(out, "## Portcullis: nothing to judge\n")?;
    } else {
        writeln!(out, "## Portcullis: {findings}{also}\n")?;
        summaries(&report.clusters, out)?;
    }
    if let Some(fleet) = &report.fleet {
        across(fleet, out)?;
    }
    for (cluster, entries) in groups(report) {
        if report.clusters.len() + report.fleet.iter().len() > 1 && entries.iter().any(|entry| shown(entry, conversion))
        {
            writeln!(out, "### {}\n", text(&name_of(cluster)))?;
        }
        let several = cluster.is_none_or(|cluster| cluster.components.len() > 1);
        let of = |outcome: Outcome| entries.iter().filter(move |entry| entry.outcome == outcome);
        findings_table(of(Outcome::Fail), several, out)?;
        for outcome in Outcome::ALL {
            let (title, head) = match outcome {
                Outcome::Fail => continue,
                Outcome::Undetermined => ("could not be judged", ["Rule", "Why", "What would answer it"]),
                Outcome::Waived => ("waived", ["Finding", "Where", "Waived"]),
                Outcome::Pass => ("passed", ["Rule", "Seen", "Where"]),
                Outcome::NotApplicable => ("not applicable", ["Rule", "Why", "Where"]),
            };
            let rows: Vec<[String; 3]> =
                of(outcome).filter(|entry| shown(entry, conversion)).map(|entry| row(entry, several)).collect();
            details(&format!("{} {title}", rows.len()), head, &rows, out)?;
        }
    }
    problems(&report.problems, out)?;
    let inputs = &report.inputs;
    let looked = inputs.judged + inputs.supporting + inputs.not_ours + inputs.templated + inputs.broken + inputs.unread;
    let day = report.tool.knowledge.flags.as_deref().map(|day| format!(", knowledge of {day}")).unwrap_or_default();
    writeln!(
        out,
        "{looked} file{} looked at, {} broken, {} unread. portcullis {}{}.",
        if looked == 1 { "" } else { "s" },
        inputs.broken,
        inputs.unread,
        text(report.tool.version),
        text(&day)
    )
}

/// What is undetermined is always told: a reader must not take it for a pass.
fn shown(entry: &Entry, conversion: &Conversion<'_>) -> bool {
    entry.outcome == Outcome::Undetermined || conversion.verbose || !fate(entry, conversion.strict).routine
}

fn summaries(clusters: &[Cluster], out: &mut dyn io::Write) -> io::Result<()> {
    let head =
        ["Rules of", "Critical", "High", "Medium", "Low", "Info", "Undetermined", "Waived", "Passed", "Not applicable"];
    writeln!(out, "| {} |", head.join(" | "))?;
    writeln!(out, "|---|{}", "--:|".repeat(head.len() - 1))?;
    for cluster in clusters {
        let Summary { pass, undetermined, not_applicable, waived, by_severity: by, .. } = &cluster.summary;
        let numbers =
            [by.critical, by.high, by.medium, by.low, by.info, *undetermined, *waived, *pass, *not_applicable]
                .map(|number| number.to_string());
        writeln!(out, "| {}{} | {} |", text(&cluster.name), text(&about(cluster)), numbers.join(" | "))?;
    }
    writeln!(out)
}

/// ` (kubeadm, 1.34.2)`.
fn about(cluster: &Cluster) -> String {
    let range = cluster.version_range.as_ref().map(|[from, to]| format!("{from} to {to}"));
    let parts: Vec<String> =
        cluster.distribution.iter().chain(&cluster.version).chain(&range).map(String::clone).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn findings_table<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    several: bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut entries: Vec<&Entry> = entries.collect();
    if entries.is_empty() {
        return Ok(());
    }
    // The worst first; equals as the report has them.
    entries.sort_by_key(|entry| std::cmp::Reverse(severity(entry.severity)));
    writeln!(out, "| Severity | Finding | Where | Fix |\n|---|---|---|---|")?;
    for entry in entries {
        let fix = entry.remedy.as_ref().map(|remedy| {
            let breaks = remedy.breaks.iter().map(|breaks| format!("<br>**Breaks:** {}", text(breaks)));
            format!("{} ({}){}", text(&remedy.title), text(remedy.safety), breaks.collect::<String>())
        });
        let cells =
            [text(entry.severity), finding(entry, several), where_it_is(entry), fix.unwrap_or_default()].join(" | ");
        writeln!(out, "| {cells} |")?;
    }
    writeln!(out)
}

/// The rule, of what it speaks where there are several, and what it says.
fn finding(entry: &Entry, several: bool) -> String {
    let sure = entry.confidence.filter(|confidence| *confidence != "certain");
    let sure = sure.map(|confidence| format!(" ({})", text(confidence))).unwrap_or_default();
    format!("{}{sure}<br>{}", rule(entry, several), text(&sentence(&entry.message)))
}

fn rule(entry: &Entry, several: bool) -> String {
    let instance = entry.instance.as_deref().filter(|_| several);
    let instance = instance.map(|instance| format!(" on {}", text(instance))).unwrap_or_default();
    format!("{}{instance}", code(entry.rule))
}

fn where_it_is(entry: &Entry) -> String {
    entry.locations.first().map(|at| code(&place(at))).unwrap_or_default()
}

/// The cells of an entry that is no finding.
fn row(entry: &Entry, several: bool) -> [String; 3] {
    let message = || text(&sentence(&entry.message));
    match entry.outcome {
        Outcome::Fail | Outcome::Waived => {
            let waived = entry.waiver.as_ref().map(|waiver| {
                format!("by {} until {}: {}", text(&waiver.owner), text(&waiver.until), text(&sentence(&waiver.reason)))
            });
            [finding(entry, several), where_it_is(entry), waived.unwrap_or_default()]
        }
        Outcome::Undetermined => {
            let answer = entry.gap.as_ref().map(|gap| text(&sentence(&gap.who_could_answer)));
            [rule(entry, several), message(), answer.unwrap_or_default()]
        }
        Outcome::Pass | Outcome::NotApplicable => [rule(entry, several), message(), where_it_is(entry)],
    }
}

/// Clusters side by side: what stands out in sight, the rest folded.
fn across(fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    if !fleet.outliers.is_empty() {
        writeln!(out, "| Differ | Rule | How | Clusters |\n|---|---|---|---|")?;
        for one in &fleet.outliers {
            let how = if one.outcome == Outcome::Fail { "fail, where others pass" } else { "pass, where others fail" };
            let names = few(&one.clusters, one.differ);
            writeln!(out, "| {} of {} | {} | {how} | {names} |", one.differ, one.of, code(&one.rule))?;
        }
        writeln!(out)?;
    }
    let rows: Vec<[String; 3]> = fleet
        .versions
        .iter()
        .map(|one| {
            let until = match (&one.maintained_until, one.ended) {
                (Some(day), Some(true)) => format!("not maintained since {}", text(day)),
                (Some(day), _) => format!("maintained until {}", text(day)),
                (None, _) => String::new(),
            };
            let flaws = if one.exposed > 0 { format!("; exposed to {} CVEs", one.exposed) } else { String::new() };
            let version = one.version.as_deref().map_or_else(|| "not known".to_owned(), text);
            [version, format!("{until}{flaws}"), format!("{}: {}", one.count, few(&one.clusters, one.count))]
        })
        .collect();
    details(&format!("{} versions", rows.len()), ["Version", "Maintenance", "Clusters"], &rows, out)?;
    let row = |one: &FleetAdvisory| {
        let clusters = format!("{}: {}", one.count, few(&one.clusters, one.count));
        [format!("{} ({})", text(&one.id), text(&one.severity)), text(&one.versions.join(", ")), clusters]
    };
    let rows: Vec<[String; 3]> = fleet.advisories.iter().map(row).collect();
    details(&format!("{} advisories", rows.len()), ["Advisory", "Versions", "Clusters"], &rows, out)?;
    let row = |one: &FleetDay| {
        let what = if one.what == "maintenance" { "maintenance of " } else { "certificate " };
        [text(&one.day), format!("{what}{}", code(&one.name)), few(&one.clusters, one.count)]
    };
    let rows: Vec<[String; 3]> = fleet.calendar.iter().map(row).collect();
    details(&format!("{} days on which something ends", rows.len()), ["Day", "What", "Clusters"], &rows, out)
}

/// The first of so many names.
fn few(names: &[String], of: usize) -> String {
    const NAMED: usize = 10;
    let named: Vec<String> = names.iter().take(NAMED).map(|name| text(name)).collect();
    match of.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn problems(problems: &[RunProblem], out: &mut dyn io::Write) -> io::Result<()> {
    let rows: Vec<[String; 3]> = problems
        .iter()
        .map(|problem| {
            let at = problem.location.as_ref().map_or_else(|| plain(&problem.target), place);
            let hint = problem.hint.as_deref().map(sentence).unwrap_or_default();
            [code(&at), text(&sentence(&problem.message)), text(&hint)]
        })
        .collect();
    details(&format!("{} not read as it should be", rows.len()), ["Where", "What", "Try"], &rows, out)
}

/// A table behind a line to click on; nothing where there are no rows.
fn details(title: &str, head: [&str; 3], rows: &[[String; 3]], out: &mut dyn io::Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // Without the blank lines the table would be HTML text.
    writeln!(out, "<details>\n<summary>{title}</summary>\n\n| {} |\n|---|---|---|", head.join(" | "))?;
    for row in rows {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    writeln!(out, "\n</details>\n")
}

/// Prose that may hold `code`, inside a cell or a heading.
fn text(text: &str) -> String {
    let text = plain(text);
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick too many, or nothing between two: then none of them means anything.
    let paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|part| !part.trim().is_empty());
    if !paired {
        return prose(&text);
    }
    parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { prose(part) }).collect()
}

/// Text without any meaning to Markdown or to a code host.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // `@name` mails somebody and `#1` links an issue, also when escaped: both are looked for in what was rendered.
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            // `://` and `www.` alone make a link.
            ':' if rest.peek() == Some(&'/') => out.push_str("\\:"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' | '^' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A code span that survives a table cell.
fn code(text: &str) -> String {
    let text = plain(text);
    let simple = !text.contains(['`', '|', '\\']) && !text.is_empty() && text.trim() == text;
    if simple {
        return format!("`{text}`");
    }
    // A backslash before a bar, or a backtick, can be written in no code span that every renderer cuts alike. Between tags
    // addresses are still looked for.
    let entities: String = text
        .chars()
        .map(|c| match c {
            '@' => "&#64;&#8203;".to_owned(),
            _ if c.is_ascii_punctuation() => format!("&#{};", u32::from(c)),
            _ => c.to_string(),
        })
        .collect();
    format!("<code>{entities}</code>")
}
