//! Many clusters side by side, for a terminal: what stands out, then what they run, then what ends.

use std::fmt::Write as _;

use model::Severity;

use super::{
    Look,
    wrap::{Paint, indented, plain},
};
use crate::wire::{Entry, Fleet, Outcome};

/// Rows of a part; the wire format has all of them.
const ROWS: usize = 12;

/// Everything that only shows across clusters.
pub(super) fn section(fleet: &Fleet, look: Look) -> String {
    let paint = Paint(look.color);
    let mut text = String::new();
    let _ = writeln!(text, "{}\n", paint.bold(&format!("Across {} clusters", fleet.clusters)));
    // What is wrong comes before what could not be judged.
    let mut verdicts: Vec<&Entry> = fleet.verdicts.iter().collect();
    verdicts.sort_by_key(|entry| Outcome::ALL.iter().position(|outcome| *outcome == entry.outcome));
    verdicts.into_iter().for_each(|entry| verdict(entry, look, &mut text));
    outliers(fleet, look, &mut text);
    versions(fleet, look, &mut text);
    advisories(fleet, look, &mut text);
    calendar(fleet, look, &mut text);
    text
}

/// Findings as lines, for who wants nothing else.
pub(super) fn quiet(fleet: &Fleet, text: &mut String) {
    for entry in fleet.verdicts.iter().filter(|entry| entry.outcome == Outcome::Fail) {
        let _ = writeln!(text, "fleet: {} {}: {}", entry.severity, entry.rule, plain(&entry.message));
    }
}

fn verdict(entry: &Entry, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let severity = Severity::ALL.into_iter().find(|severity| severity.name() == entry.severity);
    let head = match entry.outcome {
        Outcome::Fail => severity.map_or_else(String::new, |known| paint.severity(known, entry.severity)),
        Outcome::Undetermined => "not judged".to_owned(),
        Outcome::Waived => "waived".to_owned(),
        Outcome::Pass | Outcome::NotApplicable if look.verbose => entry.outcome.name().to_owned(),
        Outcome::Pass | Outcome::NotApplicable => return,
    };
    let sure = entry.confidence.filter(|sure| *sure != "certain").map(|sure| format!(" ({sure})")).unwrap_or_default();
    let _ = writeln!(text, "  {head}[{}]{sure}", entry.rule);
    text.push_str(&indented(&plain(&entry.message), 4, 4, look.width));
    for place in entry.locations.iter().take(4).filter(|_| entry.outcome == Outcome::Fail) {
        let at = match (place.line, place.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}", plain(&place.evidence)),
            _ => format!("{}{}", plain(&place.evidence), plain(&place.pointer)),
        };
        text.push_str(&indented(&format!("--> {at}"), 4, 8, look.width));
    }
    if let Some(gap) = &entry.gap {
        text.push_str(&indented(&format!("to answer it: {}", plain(&gap.who_could_answer)), 4, 4, look.width));
    }
    if let (Outcome::Fail, Some(remedy)) = (entry.outcome, &entry.remedy) {
        text.push_str(&indented(&format!("fix: {}", plain(&remedy.title)), 4, 9, look.width));
        for breaks in &remedy.breaks {
            text.push_str(&indented(&format!("breaks: {}", plain(breaks)), 4, 12, look.width));
        }
    }
    text.push('\n');
}

fn outliers(fleet: &Fleet, look: Look, text: &mut String) {
    if fleet.outliers.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}\n", Paint(look.color).bold("Outliers"));
    for one in fleet.outliers.iter().take(ROWS) {
        let (how, rest) = if one.outcome == Outcome::Fail { ("fail", "pass") } else { ("pass", "fail") };
        let verb = if one.differ == 1 { "differs" } else { "differ" };
        let line =
            format!("{} of {} {verb} from the rest in {}: {how}, where others {rest}", one.differ, one.of, one.rule);
        text.push_str(&indented(&line, 2, 4, look.width));
        text.push_str(&indented(&few(&one.clusters, one.differ), 4, 4, look.width));
    }
    rest(fleet.outliers.len(), text);
    text.push('\n');
}

fn versions(fleet: &Fleet, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let _ = writeln!(text, "{}\n", paint.bold("Versions"));
    let name = |version: &Option<String>| version.as_deref().map_or_else(|| "not known".to_owned(), plain);
    let longest = fleet.versions.iter().map(|one| name(&one.version).len()).max().unwrap_or(0);
    for one in fleet.versions.iter().take(ROWS) {
        let until = match (&one.maintained_until, one.ended) {
            (Some(day), Some(true)) => format!(", not maintained since {day}"),
            (Some(day), _) => format!(", maintained until {day}"),
            (None, _) => String::new(),
        };
        let flaws = match one.exposed {
            0 => String::new(),
            1 => ", exposed to 1 CVE".to_owned(),
            many => format!(", exposed to {many} CVEs"),
        };
        let clusters = if one.count == 1 { "cluster" } else { "clusters" };
        let line = format!("{:<longest$}  {} {clusters}{until}{flaws}", name(&one.version), one.count);
        text.push_str(&indented(&line, 2, longest + 4, look.width));
    }
    rest(fleet.versions.len(), text);
    text.push('\n');
}

fn advisories(fleet: &Fleet, look: Look, text: &mut String) {
    if fleet.advisories.is_empty() {
        return;
    }
    let paint = Paint(look.color);
    let _ = writeln!(text, "{}\n", paint.bold("Advisories"));
    for one in fleet.advisories.iter().take(ROWS) {
        let clusters = if one.count == 1 { "cluster" } else { "clusters" };
        let line = format!(
            "{:<9} {}  {} {clusters} ({})",
            one.severity,
            one.id,
            one.count,
            few(&one.versions, one.versions.len())
        );
        text.push_str(&indented(&line, 2, 12, look.width));
    }
    rest(fleet.advisories.len(), text);
    text.push('\n');
}

fn calendar(fleet: &Fleet, look: Look, text: &mut String) {
    if fleet.calendar.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}\n", Paint(look.color).bold("Calendar"));
    for day in fleet.calendar.iter().take(ROWS) {
        let ends = if day.past { "ended" } else { "ends" };
        let what = match day.what {
            "maintenance" => format!("the maintenance of {} {ends}", plain(&day.name)),
            _ => format!("the certificate `{}` {ends}", plain(&day.name)),
        };
        let line = format!("{}  {what}: {}", day.day, few(&day.clusters, day.count));
        text.push_str(&indented(&line, 2, 14, look.width));
    }
    rest(fleet.calendar.len(), text);
    text.push('\n');
}

/// The first few names of so many.
fn few(names: &[String], of: usize) -> String {
    const NAMED: usize = 5;
    let named: Vec<String> = names.iter().take(NAMED).map(|name| plain(name)).collect();
    match of.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn rest(count: usize, text: &mut String) {
    if count > ROWS {
        let _ = writeln!(text, "  and {} more, in --format json", count - ROWS);
    }
}
