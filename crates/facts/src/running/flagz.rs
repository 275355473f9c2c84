//! `/flagz`: every flag of the process with the value it holds.
//!
//! component-base zpages/flagz: text from 1.32 on, JSON of `config.k8s.io` beside it from 1.35 on. The text is one flag a
//! line under a title and a warning; what stands between name and value is drawn by lot when the process starts (`:`, `: `,
//! `=` or a blank).

use model::{Evidence, Location};

use super::{Seen, at, spot, text, unreadable};
use crate::redact::parsable;

/// One flag, as the process prints it (pflag's `Value.String`, without quotes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedFlag {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) at: Location,
}

/// More flags than any component has; the rest of a longer answer is not read.
const MOST: usize = 2000;

/// The flags that an answer lists.
pub(crate) fn flags(evidence: &Evidence) -> Seen<Vec<ReportedFlag>> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    let found =
        if answer.trim_start().starts_with('{') { of_json(evidence, answer) } else { of_text(evidence, answer) };
    if found.is_empty() {
        return Err(unreadable(evidence, "it lists no flag"));
    }
    Ok(Some(found))
}

fn of_json(evidence: &Evidence, answer: &str) -> Vec<ReportedFlag> {
    let parsed = parsable(evidence, answer);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let flags = stream.documents.first().and_then(|document| document.cursor().get("flags"));
    let entries = flags.into_iter().flat_map(|flags| flags.entries().take(MOST).collect::<Vec<_>>());
    entries
        .filter_map(|entry| {
            let value = entry.value.text()?.to_owned();
            Some(ReportedFlag { name: entry.name.into_owned(), value, at: at(evidence, &entry.value) })
        })
        .collect()
}

fn of_text(evidence: &Evidence, answer: &str) -> Vec<ReportedFlag> {
    let mut found = Vec::new();
    // The title reads as a flag where blanks separate.
    let mut start = answer.find("\nWarning:").map_or(0, |at| at + 1);
    for line in answer.get(start..).unwrap_or_default().split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        let (name, rest) = line.split_at(line.find(|c| !is_inside(c)).unwrap_or(line.len()));
        let value = [": ", ":", "=", " "].iter().find_map(|between| rest.strip_prefix(between));
        let is_a_name = name.starts_with(|c: char| c.is_ascii_lowercase());
        let Some(value) = value.filter(|_| is_a_name && found.len() < MOST) else { continue };
        let end = begin + line.len();
        if let (Ok(from), Ok(to)) = (u32::try_from(end - value.len()), u32::try_from(end)) {
            found.push(ReportedFlag { name: name.to_owned(), value: value.to_owned(), at: spot(evidence, from, to) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use model::{Body, EvidenceId, Kind, Plane};

    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let evidence =
            Evidence::of(EvidenceId::new("https://h/flagz"), Plane::Running, Kind::Flagz, Body::Text(text.into()));
        let flags = flags(&evidence).ok().flatten().unwrap_or_default();
        for flag in &flags {
            let span = flag.at.span.expect("a place");
            assert_eq!(text[span.range()].trim_matches('"'), flag.value, "{text}");
        }
        flags.into_iter().map(|flag| (flag.name, flag.value)).collect()
    }

    #[test]
    fn text_is_read_with_any_separator() {
        for between in [":", ": ", "=", " "] {
            let text = format!(
                "\napiserver flagz\nWarning: This endpoint is not meant to be machine parseable, has no formatting.\n\
                 anonymous-auth{between}true\naudit-log-path{between}\netcd-servers{between}[https://a:1,https://b:2]\n"
            );
            let expected =
                [("anonymous-auth", "true"), ("audit-log-path", ""), ("etcd-servers", "[https://a:1,https://b:2]")];
            assert_eq!(read(&text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "{between:?}");
        }
    }

    #[test]
    fn json_is_read_by_its_flags() {
        let read = read(r#"{"kind":"Flagz","flags":{"a-b":"[x]","c":"","d":7}}"#);
        assert_eq!(
            read,
            [("a-b".to_owned(), "[x]".to_owned()), ("c".to_owned(), String::new()), ("d".to_owned(), "7".to_owned())]
        );
    }

    #[test]
    fn what_lists_no_flag_is_no_answer() {
        for text in ["", "<html>", "{}", "[]", "404 page not found\n", "{\"flags\": 3}"] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
