//! Clusters side by side: what they have in common and should not, what stands out, what they run, what ends.

use std::io;

use super::{
    Page, TABLE_ENDS,
    cluster::{entries, routine},
    table, text,
};
use crate::wire::{Entry, Fleet, Outcome};

pub(super) fn write(
    at: usize,
    found: &[Entry],
    fleet: Option<&Fleet>,
    page: &Page,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "<section id=\"c{at}\" aria-labelledby=\"c{at}-title\">")?;
    writeln!(out, "<h2 id=\"c{at}-title\">Across clusters</h2>")?;
    if let Some(fleet) = fleet {
        outliers(fleet, out)?;
    }
    entries(found, true, page, out)?;
    if let Some(fleet) = fleet {
        versions(fleet, out)?;
        advisories(fleet, out)?;
        calendar(fleet, out)?;
    }
    routine(found, out)?;
    writeln!(out, "</section>")
}

fn outliers(fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    if fleet.outliers.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>Outliers</h3>")?;
    table("Rules that end otherwise in a few clusters", &["Rule", "Differ", "How", "Clusters"], out)?;
    for one in &fleet.outliers {
        let how = if one.outcome == Outcome::Fail { "fail, where others pass" } else { "pass, where others fail" };
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{} of {}</td><td>{how}</td><td>{}</td></tr>",
            text(&one.rule),
            one.differ,
            one.of,
            few(&one.clusters, one.differ)
        )?;
    }
    writeln!(out, "{TABLE_ENDS}")
}

fn versions(fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    if fleet.versions.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>Versions</h3>")?;
    table("What the clusters run", &["Version", "Maintained until", "CVEs", "Clusters"], out)?;
    for one in &fleet.versions {
        let until = match (&one.maintained_until, one.ended) {
            (Some(day), Some(true)) => format!("{}, which is past", text(day)),
            (Some(day), _) => text(day),
            (None, _) => "not known".to_owned(),
        };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{until}</td><td>{}</td><td>{}: {}</td></tr>",
            text(one.version.as_deref().unwrap_or("not known")),
            one.exposed,
            one.count,
            few(&one.clusters, one.count)
        )?;
    }
    writeln!(out, "{TABLE_ENDS}")
}

fn advisories(fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    if fleet.advisories.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>Advisories of the fleet</h3>")?;
    table("Flaws that clusters are exposed to", &["Advisory", "Severity", "Versions", "Clusters"], out)?;
    for one in &fleet.advisories {
        writeln!(
            out,
            "<tr><th scope=\"row\">{0}</th><td class=\"{1}\"><span class=\"tag\">{1}</span></td><td>{2}</td><td>{3}: {4}</td></tr>",
            text(&one.id),
            text(&one.severity),
            text(&one.versions.join(", ")),
            one.count,
            few(&one.clusters, one.count)
        )?;
    }
    writeln!(out, "{TABLE_ENDS}")
}

fn calendar(fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    if fleet.calendar.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>Calendar</h3>")?;
    table("What ends, by the day", &["Day", "What", "Clusters"], out)?;
    for one in &fleet.calendar {
        let what = if one.what == "maintenance" { "maintenance of" } else { "certificate" };
        let past = if one.past { " (past)" } else { "" };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}{past}</th><td>{what} <code>{}</code></td><td>{}</td></tr>",
            text(&one.day),
            text(&one.name),
            few(&one.clusters, one.count)
        )?;
    }
    writeln!(out, "{TABLE_ENDS}")
}

/// The first of so many names.
fn few(names: &[String], of: usize) -> String {
    const NAMED: usize = 20;
    let named: Vec<String> = names.iter().take(NAMED).map(|name| text(name)).collect();
    match of.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
