//! `/version` and `/statusz`: which release a server is of.

use model::{Evidence, Location, Version};

use super::{Seen, at, spot, text, unreadable};
use crate::redact::parsable;

/// How a server names its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    Release(Version, Location),
    /// It was built without one: `v0.0.0-master+$Format:%H$`.
    Unstamped(String),
}

/// What `/version` says (apimachinery pkg/version/types.go, `gitVersion`).
pub(crate) fn release(evidence: &Evidence) -> Seen<Stamp> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    let answer = parsable(evidence, answer);
    let stream = yaml::parse(&answer, &yaml::Limits::default());
    let found = stream.documents.first().and_then(|document| document.cursor().get("gitVersion"));
    let Some(named) = found.filter(|named| named.text().is_some()) else {
        return Err(unreadable(evidence, "it names no `gitVersion`"));
    };
    Ok(Some(stamp(named.text().unwrap_or_default(), at(evidence, &named))))
}

fn stamp(named: &str, at: Location) -> Stamp {
    // component-base version/base.go: what a build without a stamp carries.
    match named.parse::<Version>() {
        Ok(version) if version.minor.major > 0 && !named.contains("$Format") => Stamp::Release(version, at),
        _ => Stamp::Unstamped(named.chars().take(64).collect()),
    }
}

/// What `/statusz` says of the release (component-base zpages/statusz, 1.32 on): as JSON, or as text in which what stands
/// between a name and its value differs from process to process.
pub(crate) fn status(evidence: &Evidence) -> Seen<Stamp> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    if answer.trim_start().starts_with('{') {
        let parsed = parsable(evidence, answer);
        let stream = yaml::parse(&parsed, &yaml::Limits::default());
        let found = stream.documents.first().and_then(|document| document.cursor().get("binaryVersion"));
        let Some(named) = found else { return Err(unreadable(evidence, "it names no `binaryVersion`")) };
        return Ok(Some(stamp(named.text().unwrap_or_default(), at(evidence, &named))));
    }
    let mut start = 0;
    for line in answer.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("Binary version") {
            let named = rest.trim_start_matches([':', '=', ' ', '\t']).trim_end();
            let from = start + line.len() - line.trim_end().len().min(line.len());
            let end = start + line.trim_end().len();
            let begin = end.saturating_sub(named.len()).max(from.min(end));
            let place = spot(evidence, u32::try_from(begin).unwrap_or(0), u32::try_from(end).unwrap_or(0));
            return Ok(Some(stamp(named, place)));
        }
        start += line.len();
    }
    Err(unreadable(evidence, "it names no binary version"))
}

#[cfg(test)]
mod tests {
    use model::{Body, EvidenceId, Kind, Plane};

    use super::*;

    fn answer(text: &str) -> Evidence {
        Evidence::of(EvidenceId::new("https://h/x"), Plane::Running, Kind::Version, Body::Text(text.into()))
    }

    fn said(stamp: Seen<Stamp>) -> Option<String> {
        match stamp.ok()?? {
            Stamp::Release(version, at) => {
                Some(format!("{version} {:?}", at.span.map(|span| (span.start, span.end)).unwrap_or_default()))
            }
            Stamp::Unstamped(text) => Some(format!("unstamped {text}")),
        }
    }

    #[test]
    fn a_build_without_a_stamp_has_no_release() {
        for (text, expected) in [
            (r#"{"gitVersion": "v1.36.2"}"#, Some("1.36.2 (15, 24)")),
            (r#"{"gitVersion": "v1.29.3-eks-adc7111"}"#, Some("1.29.3-eks-adc7111 (15, 36)")),
            (r#"{"gitVersion": "v0.0.0-master+$Format:%H$"}"#, Some("unstamped v0.0.0-master+$Format:%H$")),
            (r#"{"gitVersion": "v0.0.0-master+faecb196815e2"}"#, Some("unstamped v0.0.0-master+faecb196815e2")),
            (r#"{"gitVersion": ""}"#, Some("unstamped ")),
            (r#"{"major": "1"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(said(release(&answer(text))).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_status_is_json_or_text_with_any_separator() {
        for (text, expected) in [
            ("\napiserver statusz\nUp  0 hr\nBinary version:  1.36.2\nPaths  /a\n", "1.36.2 (45, 51)"),
            ("Binary version  1.36.2\n", "1.36.2 (16, 22)"),
            ("Binary version=1.36.2", "1.36.2 (15, 21)"),
            (r#"{"kind":"Statusz","binaryVersion":"1.36.2"}"#, "1.36.2 (34, 42)"),
        ] {
            assert_eq!(said(status(&answer(text))).as_deref(), Some(expected), "{text}");
        }
    }
}
