//! Feature gates as `--feature-gates` sets them, and which names a release knows.

use std::sync::LazyLock;

use model::Minor;
use serde::Deserialize;

use super::server::Server;
use crate::{flags::parse_minor, golang, pflag::Value};

static KNOWN: LazyLock<Data> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/flags/feature-gates.json")).expect("the embedded table parses")
});

#[derive(Deserialize)]
struct Data {
    #[serde(borrow)]
    minors: Vec<&'static str>,
    gates: Vec<Gate>,
}

#[derive(Deserialize)]
struct Gate {
    name: &'static str,
    #[serde(borrow)]
    known: Vec<&'static str>,
    #[serde(borrow, default)]
    locked_on: Vec<&'static str>,
    #[serde(borrow, default)]
    locked_off: Vec<&'static str>,
}

/// The gates that a command line sets, in the order of their pairs.
pub(super) struct Gates {
    /// Name and text of the value.
    pairs: Vec<(String, Option<String>)>,
    known: bool,
}

impl Gates {
    pub(super) fn of(server: &Server<'_>) -> Self {
        let split = |pair: &str| {
            let (name, held) = pair.split_once('=').map_or((pair, None), |(name, held)| (name, Some(held)));
            (name.trim().to_owned(), held.map(|held| held.trim().to_owned()))
        };
        match server.value("feature-gates") {
            Some(Value::Map(map)) => {
                Self { pairs: map.iter().map(|(k, v)| (k.clone(), Some(v.clone()))).collect(), known: true }
            }
            // The gates of another component, such as an aggregated server, are not the API server's.
            Some(Value::Pairs(pairs)) => Self {
                pairs: pairs
                    .iter()
                    .filter(|(component, _)| component.is_empty() || component == "kube")
                    .map(|(_, pair)| split(pair))
                    .collect(),
                known: true,
            },
            _ => Self { pairs: Vec::new(), known: false },
        }
    }

    /// What a gate is set to; `None` where it is left to its default.
    pub(super) fn enabled(&self, name: &str) -> Option<bool> {
        let (_, held) = self.pairs.iter().rev().find(|(gate, _)| gate == name)?;
        golang::parse_bool(held.as_deref()?)
    }

    /// Whether a gate that is off by default surely stays off.
    pub(super) fn leaves_off(&self, name: &str, alpha: bool) -> bool {
        let all = self.enabled(if alpha { "AllAlpha" } else { "AllBeta" }) == Some(true);
        self.known && self.enabled(name) != Some(true) && !all
    }

    /// Why the server refuses its gates: component-base featuregate/feature_gate.go, Set and SetFromMap.
    pub(super) fn mistakes(&self, minor: Minor) -> Vec<String> {
        let mut found = Vec::new();
        let covered = KNOWN.minors.iter().any(|range| holds(range, minor));
        for (name, held) in &self.pairs {
            let Some(text) = held else {
                found.push(format!("`--feature-gates` gives `{name}` no value; write `{name}=true`"));
                continue;
            };
            let Some(enabled) = golang::parse_bool(text) else {
                found.push(format!("`--feature-gates` takes `true` or `false` for `{name}`, not `{text}`"));
                continue;
            };
            if !covered {
                continue;
            }
            let gate = KNOWN.gates.binary_search_by(|gate| gate.name.cmp(name)).ok();
            match gate.and_then(|index| KNOWN.gates.get(index)) {
                Some(gate) if in_any(&gate.known, minor) => {
                    if !enabled && in_any(&gate.locked_on, minor) {
                        found.push(format!("the feature gate `{name}` is locked to `true`"));
                    }
                    if enabled && in_any(&gate.locked_off, minor) {
                        found.push(format!("the feature gate `{name}` is locked to `false`"));
                    }
                }
                _ => found.push(format!("`{name}` is no feature gate of that release")),
            }
        }
        found
    }
}

fn in_any(ranges: &[&str], minor: Minor) -> bool {
    ranges.iter().any(|range| holds(range, minor))
}

fn holds(range: &str, minor: Minor) -> bool {
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    parse_minor(from).is_some_and(|from| from <= minor) && parse_minor(to).is_some_and(|to| minor <= to)
}
