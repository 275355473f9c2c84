//! The file of waivers: who accepts which finding, why, and until when.
//!
//! ```toml
//! [[waiver]]
//! rule = "apiserver-profiling"
//! cluster = "prod-eu"
//! value = "true"
//! reason = "measured with pprof until the move; the port is closed to all but the bastion"
//! owner = "platform@example.org"
//! until = 2027-03-31
//! ```
//!
//! `rule`, `reason`, `owner` and `until` are required: what nobody owns, or owns for ever, is not accepted but forgotten.

use std::path::Path;

use audit::{Waiver, Waivers};
use jiff::civil::Date;
use report::Mistake;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Result,
    source::{Source, mistake, unknown_key, wrong_kind},
};

const KEYS: [&str; 7] = ["rule", "cluster", "subject", "value", "reason", "owner", "until"];

/// The waivers of a file, for a run that judges as of a day.
pub(crate) fn read(path: &Path, today: Date) -> Result<Waivers> {
    let source = Source::read(path, "the waivers")?;
    let table = source.parse()?;
    let mut mistakes = Vec::new();
    let mut list = Vec::new();
    for (key, value) in &table {
        if key.get_ref() != "waiver" {
            mistakes.push(unknown_key(key.get_ref(), key.span(), &["waiver"]));
            continue;
        }
        let DeValue::Array(waivers) = value.get_ref() else {
            mistakes.push(wrong_kind("waiver", value, "tables; write [[waiver]]"));
            continue;
        };
        for waiver in waivers.iter() {
            match waiver.get_ref() {
                DeValue::Table(table) => list.extend(one(table, waiver, &source, &mut mistakes)),
                _ => mistakes.push(wrong_kind("waiver", waiver, "tables; write [[waiver]]")),
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(source.refused(&mistakes));
    }
    Ok(Waivers { file: source.name(), list, today })
}

fn one(
    table: &DeTable<'_>,
    whole: &Spanned<DeValue<'_>>,
    source: &Source,
    mistakes: &mut Vec<Mistake>,
) -> Option<Waiver> {
    let before = mistakes.len();
    for (key, _) in table.iter().filter(|(key, _)| !KEYS.contains(&&**key.get_ref())) {
        mistakes.push(unknown_key(key.get_ref(), key.span(), &KEYS));
    }
    let mut text = |key: &str| text(table, key, mistakes);
    let [rule, cluster, subject, value, reason, owner] =
        ["rule", "cluster", "subject", "value", "reason", "owner"].map(&mut text);
    // A header may stand far above what it lacks; it is still the place that names the waiver.
    let at = whole.span().start..whole.span().start + source.text[whole.span().start..].find('\n').unwrap_or(0);
    let mut required = |key: &str, value: Option<String>| {
        if !table.contains_key(key) {
            let help = format!("add {}", example(key));
            mistakes.push(mistake(&format!("this waiver has no `{key}`"), at.clone(), "", Some(help)));
        }
        value
    };
    let (rule, reason, owner) = (required("rule", rule), required("reason", reason), required("owner", owner));
    required("until", None);
    if let (Some(glob), Some(written)) = (&rule, table.get("rule"))
        && let Err(error) = super::rules_like(glob)
    {
        mistakes.push(mistake(&error.0, written.span(), "", None));
    }
    let until = table.get("until").and_then(|value| day(value, mistakes));
    if mistakes.len() > before {
        return None;
    }
    let place = source.place(whole.span().start);
    Some(Waiver { rule: rule?, cluster, subject, value, reason: reason?, owner: owner?, until: until?, place })
}

/// A text with something in it; the accepted value alone may be empty, as flags may.
fn text(table: &DeTable<'_>, key: &str, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let value = table.get(key)?;
    let DeValue::String(text) = value.get_ref() else {
        mistakes.push(wrong_kind(key, value, "a text"));
        return None;
    };
    if text.trim().is_empty() && key != "value" {
        mistakes.push(mistake(&format!("`{key}` is empty"), value.span(), "", None));
        return None;
    }
    Some(text.clone().into_owned())
}

/// A day of the calendar, as a date or as a text.
fn day(value: &Spanned<DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<Date> {
    let date = match value.get_ref() {
        // A moment would leave open whose midnight is meant.
        DeValue::Datetime(written) if written.time.is_none() => written.to_string().parse::<Date>(),
        DeValue::String(text) => text.parse::<Date>(),
        _ => {
            mistakes.push(wrong_kind("until", value, "a day; write it as 2027-03-31"));
            return None;
        }
    };
    if date.is_err() {
        let help = "write it as 2027-03-31".to_owned();
        mistakes.push(mistake("`until` is no day of the calendar", value.span(), "", Some(help)));
    }
    date.ok()
}

fn example(key: &str) -> &'static str {
    match key {
        "rule" => "`rule = \"apiserver-profiling\"`, the name that the finding has",
        "reason" => "`reason = \"…\"`, why this may stay as it is",
        "owner" => "`owner = \"…\"`, who answers for it",
        _ => "`until = 2027-03-31`, the last day on which it holds",
    }
}
