//! Every certificate seen, as a table and as a calendar.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{Paint, indented, plain},
};
use crate::wire::{CertificatePlace, Certs, HeldCertificate};

/// Where the subjects stand.
const COLUMN: usize = 20;

/// The table, the first to end first.
pub fn certs_text(certs: &Certs, look: Look) -> String {
    let paint = Paint(look.color);
    let mut text = String::new();
    if !certs.certificates.is_empty() && !look.quiet {
        let _ = writeln!(text, "{}", paint.bold("  days  ends        certificate"));
    }
    for one in &certs.certificates {
        certificate(one, look, &mut text);
    }
    for unread in &certs.unread {
        let line = format!("undetermined: {}: {}", plain(&unread.what), plain(&unread.reason));
        text.push_str(&paint.yellow(&indented(&line, 0, 4, look.width)));
    }
    if !look.quiet {
        let ended = certs.certificates.iter().filter(|one| one.days_left.is_some_and(|days| days < 0)).count();
        let soon =
            certs.certificates.iter().filter(|one| one.days_left.is_some_and(|days| (0..30).contains(&days))).count();
        let count = certs.certificates.len();
        let noun = if count == 1 { "certificate" } else { "certificates" };
        let _ = writeln!(text, "{count} {noun}; {ended} ended, {soon} within 30 days");
    }
    text
}

fn certificate(one: &HeldCertificate, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let days = one.days_left.map_or("?".to_owned(), |days| days.to_string());
    let ends = one.not_after.as_deref().unwrap_or("never");
    let what = if one.authority == Some(true) { " (authority)" } else { "" };
    let subject = indented(&format!("{}{what}", plain(&one.subject)), COLUMN, COLUMN, look.width);
    let head = format!("{days:>6}  {ends:<10}  {}", subject.get(COLUMN..).unwrap_or("\n"));
    text.push_str(&match one.days_left {
        Some(..0) => paint.red(&head),
        Some(0..30) => paint.yellow(&head),
        _ => head,
    });
    if look.quiet {
        return;
    }
    for at in &one.places {
        text.push_str(&indented(&place(at), COLUMN, COLUMN + 2, look.width));
    }
    if !one.uses.is_empty() {
        text.push_str(&indented(&format!("it {}", one.uses.join(", ")), COLUMN, COLUMN + 2, look.width));
    }
    if look.verbose {
        let bits = one.key_bits.map(|bits| format!(" of {bits} bits")).unwrap_or_default();
        let line = format!("{}{bits}, {}, by {}", plain(&one.key), plain(&one.signature), plain(&one.issuer));
        text.push_str(&indented(&line, COLUMN, COLUMN + 2, look.width));
        if !one.hosts.is_empty() {
            let hosts: Vec<String> = one.hosts.iter().map(|host| plain(host)).collect();
            text.push_str(&indented(&format!("for {}", hosts.join(", ")), COLUMN, COLUMN + 2, look.width));
        }
    }
}

fn place(at: &CertificatePlace) -> String {
    let line = at.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}", plain(&at.evidence))
}

/// A calendar with a day for each certificate that ends (RFC 5545), and an alarm a month before.
pub fn certs_calendar(certs: &Certs) -> String {
    let mut text = String::new();
    let stamp: String = certs.run.as_of.chars().filter(|c| c.is_ascii_digit() || *c == 'T').take(15).collect();
    let version = format!("PRODID:-//Portcullis//{}//EN", certs.tool.version);
    ["BEGIN:VCALENDAR", "VERSION:2.0", &version, "CALSCALE:GREGORIAN"].iter().for_each(|line| fold(line, &mut text));
    for one in &certs.certificates {
        let Some(day) = &one.not_after else { continue };
        let day: String = day.chars().filter(char::is_ascii_digit).collect();
        // A year has four digits in a calendar.
        if day.len() != 8 {
            continue;
        }
        let places: Vec<String> = one.places.iter().map(place).collect();
        let summary = format!("certificate ends: {}", plain(&one.subject));
        let uses = if one.uses.is_empty() { String::new() } else { format!("It {}.\n", one.uses.join(", ")) };
        let about = format!("{uses}In {}\nIssued by {}", places.join(", "), plain(&one.issuer));
        for line in [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@portcullis", one.sha256),
            format!("DTSTAMP:{stamp}Z"),
            format!("DTSTART;VALUE=DATE:{day}"),
            format!("SUMMARY:{}", escaped(&summary)),
            format!("DESCRIPTION:{}", escaped(&about)),
            "TRANSP:TRANSPARENT".to_owned(),
            "BEGIN:VALARM".to_owned(),
            "ACTION:DISPLAY".to_owned(),
            format!("DESCRIPTION:{}", escaped(&summary)),
            "TRIGGER:-P30D".to_owned(),
            "END:VALARM".to_owned(),
            "END:VEVENT".to_owned(),
        ] {
            fold(&line, &mut text);
        }
    }
    fold("END:VCALENDAR", &mut text);
    text
}

/// A text as the value of a property (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line of a calendar: of 75 bytes at most, what follows begins with a blank (RFC 5545 §3.1).
fn fold(line: &str, text: &mut String) {
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > 75 {
            text.push_str("\r\n ");
            length = 1;
        }
        text.push(letter);
        length += letter.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_calendar_are_short_and_their_texts_escaped() {
        let mut text = String::new();
        fold(&format!("SUMMARY:{}", escaped(&"a,b;c\\d\n\u{e9}".repeat(20))), &mut text);
        assert!(text.ends_with("\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text:?}");
        let unfolded = text.replace("\r\n ", "").replace("\r\n", "");
        assert!(unfolded.starts_with("SUMMARY:a\\,b\\;c\\\\d\\n\u{e9}a\\,"), "{unfolded}");
    }
}
