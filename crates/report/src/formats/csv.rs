//! CSV: one record an entry, under a header, as RFC 4180 has it.
//!
//! People open it in a spreadsheet, which calculates what begins like a formula. Such a value gets an apostrophe in front,
//! which spreadsheets take for "this is text" (<https://owasp.org/www-community/attacks/CSV_Injection>); `--flags` too.

use std::io;

use super::{Conversion, groups};
use crate::{text::plain, wire::Entry};

const HEADER: [&str; 24] = [
    "cluster",
    "rule",
    "title",
    "severity",
    "outcome",
    "component",
    "instance",
    "subject",
    "setting",
    "plane",
    "confidence",
    "message",
    "evidence",
    "line",
    "column",
    "remedy",
    "safety",
    "wanted",
    "who_could_answer",
    "waiver_reason",
    "waiver_owner",
    "waiver_until",
    "pointer",
    "fingerprint",
];

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    record(HEADER.map(str::to_owned), out)?;
    for (cluster, entries) in groups(conversion.report) {
        let name = cluster.map(|cluster| cluster.name.as_str()).unwrap_or_default();
        for entry in entries {
            record(fields(name, entry), out)?;
        }
    }
    Ok(())
}

fn fields(cluster: &str, entry: &Entry) -> [String; HEADER.len()] {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let (at, remedy, gap, waiver) = (entry.locations.first(), &entry.remedy, &entry.gap, &entry.waiver);
    [
        cluster.to_owned(),
        entry.rule.to_owned(),
        entry.title.to_owned(),
        entry.severity.to_owned(),
        entry.outcome.name().to_owned(),
        text(entry.component),
        text(entry.instance.as_deref()),
        text(entry.subject.as_deref()),
        text(entry.setting.as_deref()),
        text(entry.plane),
        text(entry.confidence),
        entry.message.clone(),
        at.map(|at| at.evidence.clone()).unwrap_or_default(),
        number(at.and_then(|at| at.line)),
        number(at.and_then(|at| at.column)),
        remedy.as_ref().map(|remedy| remedy.title.clone()).unwrap_or_default(),
        remedy.as_ref().map(|remedy| remedy.safety.to_owned()).unwrap_or_default(),
        gap.as_ref().map(|gap| gap.wanted.clone()).unwrap_or_default(),
        gap.as_ref().map(|gap| gap.who_could_answer.clone()).unwrap_or_default(),
        waiver.as_ref().map(|waiver| waiver.reason.clone()).unwrap_or_default(),
        waiver.as_ref().map(|waiver| waiver.owner.clone()).unwrap_or_default(),
        waiver.as_ref().map(|waiver| waiver.until.clone()).unwrap_or_default(),
        at.map(|at| at.pointer.clone()).unwrap_or_default(),
        entry.fingerprint.clone(),
    ]
}

fn record(fields: [String; HEADER.len()], out: &mut dyn io::Write) -> io::Result<()> {
    let line = fields.map(|text| field(&text)).join(",");
    out.write_all(line.as_bytes())?;
    out.write_all(b"\r\n")
}

fn field(text: &str) -> String {
    let mut text = plain(text);
    // The last four are what East Asian spreadsheets take for the first four.
    if text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\n', '\r', ';', '\'']) || text.trim() != text {
        text = format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}
