//! What changed between two reports, for a person: new first, then changed, then fixed.

use std::{collections::BTreeSet, fmt::Write as _};

use model::Severity;

use super::{
    Look,
    finding::NARROWEST,
    wrap::{Paint, indented, plain, width},
};
use crate::wire::{Change, Compared, Diff, DiffEntry, DiffState, Outcome};

/// The changes, and with [`verbose`](Look::verbose) what did not change as well.
pub fn diff_text(diff: &Diff, look: Look) -> String {
    let paint = Paint(look.color);
    let counts = &diff.counts;
    let groups = [
        (Change::New, "New", counts.new),
        (Change::Changed, "Changed", counts.changed),
        (Change::Fixed, "Fixed", counts.fixed),
        (Change::Still, "Still there", counts.still),
    ];
    let instances: BTreeSet<_> = diff.entries.iter().filter_map(|entry| entry.instance.as_ref()).collect();
    let several = Several {
        clusters: diff.entries.windows(2).any(|two| two[0].cluster != two[1].cluster),
        instances: instances.len() > 1,
    };
    let mut text = String::new();
    if !look.quiet {
        let of = |one: &Compared| format!("{} ({})", plain(&one.report), one.as_of.get(..10).unwrap_or(&one.as_of));
        text.push_str(&indented(&format!("{} → {}", of(&diff.a), of(&diff.b)), 0, 2, look.width));
        text.push('\n');
    }
    for (change, title, count) in groups {
        if count == 0 || (change == Change::Still && !look.verbose) {
            continue;
        }
        if !look.quiet {
            let _ = writeln!(text, "{}\n", paint.bold(title));
        }
        let mut entries: Vec<&DiffEntry> = diff.entries.iter().filter(|entry| entry.change == change).collect();
        // Worst first, then as in the report.
        entries.sort_by_key(|entry| std::cmp::Reverse(severity(entry)));
        for entry in entries {
            if look.quiet { line(entry, title, several, &mut text) } else { one(entry, several, look, &mut text) }
        }
    }
    if !look.quiet {
        text.push_str(&not_compared(diff, look));
        let _ = writeln!(
            text,
            "{} new, {} changed, {} fixed, {} still there.",
            counts.new, counts.changed, counts.fixed, counts.still
        );
    }
    text
}

/// What needs to be named, because there is more than one.
#[derive(Clone, Copy)]
struct Several {
    clusters: bool,
    instances: bool,
}

/// The state that tells what is or was wrong.
fn shown(entry: &DiffEntry) -> Option<&DiffState> {
    let (before, after) = (entry.before.as_ref(), entry.after.as_ref());
    after.filter(|after| after.outcome == Outcome::Fail).or(before).or(after)
}

fn severity(entry: &DiffEntry) -> Option<Severity> {
    let state = shown(entry)?;
    Severity::ALL.into_iter().find(|severity| severity.name() == state.severity)
}

/// What the two do not have in common, so that nothing was said of it.
fn not_compared(diff: &Diff, look: Look) -> String {
    let mut text = String::new();
    let mut say = |what: &str, names: &[String], why: &str| {
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        if !names.is_empty() {
            text.push_str(&indented(&format!("{what}: {}{why}", listed(&names)), 0, 2, look.width));
            text.push('\n');
        }
    };
    say("Clusters that only the newer report has", &diff.clusters.added, "");
    let why = "; nothing of them counts as fixed";
    say("Clusters that only the older report has", &diff.clusters.gone, why);
    say("Rules that only the newer report asked", &diff.rules.added, "");
    say("Rules that only the older report asked", &diff.rules.gone, why);
    text
}

/// A list that ends before it is a wall.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names.len().checked_sub(SHOWN + 1) {
        Some(_) => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
        None => names.join(", "),
    }
}

/// Who the entry is about, behind its rule.
fn about(entry: &DiffEntry, several: Several) -> String {
    let cluster = several.clusters.then_some(&entry.cluster);
    let instance = entry.instance.as_ref().filter(|_| several.instances);
    [cluster, instance, entry.subject.as_ref()].into_iter().flatten().map(|part| format!(" {}", plain(part))).collect()
}

fn place(entry: &DiffEntry) -> Option<String> {
    let at = entry.location.as_ref()?;
    Some(match (at.line, at.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", plain(&at.evidence)),
        _ => plain(&at.evidence),
    })
}

/// One line for each change, for a log.
fn line(entry: &DiffEntry, title: &str, several: Several, text: &mut String) {
    let Some(shown) = shown(entry) else { return };
    let at = place(entry).map(|place| format!("{place}: ")).unwrap_or_default();
    let (severity, rule, about) = (plain(&shown.severity), plain(&entry.rule), about(entry, several));
    let _ = writeln!(
        text,
        "{}: {at}{severity}[{rule}]{about}: {}",
        title.to_lowercase().replace(' ', "-"),
        plain(&shown.message)
    );
}

fn one(entry: &DiffEntry, several: Several, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let Some(shown) = shown(entry) else { return };
    let name = severity(entry).map_or_else(|| plain(&shown.severity), |severity| severity.name().to_owned());
    let head = format!("{name}[{}]:", plain(&entry.rule));
    let painted = match severity(entry) {
        Some(severity) if entry.change != Change::Fixed => paint.severity(severity, &head),
        _ => head.clone(),
    };
    // The message stands behind the head where there is room, as in a finding.
    let message = format!("{}{}", plain(&shown.message), suffix(entry, several));
    let column = width(&head) + 1;
    let room = look.width.saturating_sub(column);
    if room < NARROWEST {
        let _ = write!(text, "{painted}\n{}", indented(&message, 2, 2, look.width));
    } else {
        for (number, words) in indented(&message, 0, 0, room).lines().enumerate() {
            let lead = if number == 0 { format!("{painted} ") } else { " ".repeat(column) };
            let _ = writeln!(text, "{lead}{words}");
        }
    }
    if let Some(place) = place(entry) {
        let _ = writeln!(text, "  {} {place}", paint.dim("-->"));
    }
    // What stands in the head is not said again below it.
    let is_shown = |state: &DiffState| std::ptr::eq(state, shown);
    let before = match &entry.before {
        None => Some("was: not in the older report".to_owned()).filter(|_| entry.change == Change::New),
        Some(before) => Some(format!("was: {}", state(before))).filter(|_| !is_shown(before)),
    };
    let after = match &entry.after {
        None if entry.change == Change::Fixed => Some("now: nothing of the kind is found".to_owned()),
        None => Some("now: not in the newer report, and not known to be fixed".to_owned()),
        Some(after) => Some(format!("now: {}", state(after))).filter(|_| !is_shown(after)),
    };
    let (before, after) = if entry.change == Change::Still { (None, None) } else { (before, after) };
    for note in before.into_iter().chain(after) {
        text.push_str(&indented(&format!("= {note}"), 2, 9, look.width));
    }
    text.push('\n');
}

fn suffix(entry: &DiffEntry, several: Several) -> String {
    match about(entry, several) {
        about if about.is_empty() => String::new(),
        about => format!(" (on{about})"),
    }
}

fn state(state: &DiffState) -> String {
    let outcome = match state.outcome {
        Outcome::Pass => "passes",
        Outcome::Fail => "fails",
        Outcome::Undetermined => "undetermined",
        Outcome::NotApplicable => "does not apply",
        Outcome::Waived => "waived",
    };
    format!("{outcome}; {}", plain(&state.message))
}
