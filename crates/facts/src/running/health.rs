//! `/livez` and `/readyz`: the checks by which a server says whether it is well.
//!
//! apiserver pkg/server/healthz/healthz.go: with `verbose` a line for each check, `[+]NAME ok` or `[-]NAME failed: …`, whose
//! reason is withheld, and a last line for all of them. One that somebody asked to leave out is a `[+]NAME excluded: ok` and
//! was not made.

use model::{Evidence, Location};

use super::{Seen, spot, text, unreadable};

/// One check of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// `etcd`, `poststarthook/rbac/bootstrap-roles`, `kms-providers`.
    pub name: String,
    pub state: State,
    pub at: Location,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Passes,
    Fails,
    /// It was not made.
    LeftOut,
}

/// More checks than a server has.
const MOST: usize = 1000;

/// The checks that an answer lists; none where a server lists none and is well.
pub(crate) fn checks(evidence: &Evidence) -> Seen<Vec<HealthCheck>> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    if answer.trim() == "ok" {
        return Ok(Some(Vec::new()));
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in answer.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let line = line.trim_end();
        let passes = match line.get(..3) {
            Some("[+]") => true,
            Some("[-]") => false,
            _ => continue,
        };
        let (name, said) = line.get(3..).unwrap_or_default().split_once(' ').unwrap_or_default();
        let state = match passes {
            _ if said.starts_with("excluded") => State::LeftOut,
            true => State::Passes,
            false => State::Fails,
        };
        let (from, to) = (u32::try_from(begin), u32::try_from(begin + line.len()));
        if let (Ok(from), Ok(to), false) = (from, to, name.is_empty() || found.len() >= MOST) {
            found.push(HealthCheck { name: name.to_owned(), state, at: spot(evidence, from, to) });
        }
    }
    if found.is_empty() { Err(unreadable(evidence, "it lists no check")) } else { Ok(Some(found)) }
}

#[cfg(test)]
mod tests {
    use model::{Body, EvidenceId, Kind, Plane};

    use super::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let evidence =
            Evidence::of(EvidenceId::new("https://h/readyz"), Plane::Observed, Kind::Health, Body::Text(text.into()));
        let checks = checks(&evidence).ok()??;
        Some(
            checks
                .iter()
                .map(|check| {
                    let span = check.at.span.expect("a place");
                    format!("{} {:?} {}", check.name, check.state, &text[span.range()])
                })
                .collect(),
        )
    }

    #[test]
    fn each_check_passes_or_fails_in_its_line() {
        let answer =
            "[+]ping ok\n[-]etcd failed: reason withheld\n[+]kms-providers excluded: ok\nreadyz check failed\n";
        let expected = [
            "ping Passes [+]ping ok",
            "etcd Fails [-]etcd failed: reason withheld",
            "kms-providers LeftOut [+]kms-providers excluded: ok",
        ];
        assert_eq!(read(answer).expect("an answer"), expected);
        assert_eq!(read("ok"), Some(Vec::new()));
        for text in ["", "<html>", "[+]", "[?]x ok"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
