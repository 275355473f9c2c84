//! Feature gates as `--feature-gates` sets them, and which names a release knows.

use std::{collections::BTreeSet, sync::LazyLock};

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
    #[serde(borrow, default)]
    on: Vec<&'static str>,
    #[serde(default)]
    needs: Vec<Needs>,
}

/// Gates that have to be on with another.
#[derive(Deserialize)]
struct Needs {
    #[serde(borrow)]
    minors: Vec<&'static str>,
    #[serde(borrow)]
    gates: Vec<&'static str>,
}

/// The gates that a command line sets, in the order of their pairs.
pub(super) struct Gates {
    /// Name and text of the value.
    pairs: Vec<(String, Option<String>)>,
    /// The components that are named before a colon, from 1.31 on.
    components: BTreeSet<String>,
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
                let pairs = map.iter().map(|(k, v)| (k.clone(), Some(v.clone()))).collect();
                Self { pairs, components: BTreeSet::new(), known: true }
            }
            // The gates of another component, such as an aggregated server, are not the API server's.
            Some(Value::Pairs(pairs)) => Self {
                pairs: pairs
                    .iter()
                    .filter(|(component, _)| component.is_empty() || component == "kube")
                    .map(|(_, pair)| split(pair))
                    .collect(),
                components: pairs.iter().map(|(component, _)| component.clone()).collect(),
                known: true,
            },
            _ => Self { pairs: Vec::new(), components: BTreeSet::new(), known: false },
        }
    }

    /// Every gate that is set to something that is on or off.
    pub(super) fn set(&self) -> Vec<(String, bool)> {
        let held = |text: &Option<String>| golang::parse_bool(text.as_deref()?);
        self.pairs.iter().filter_map(|(name, text)| Some((name.clone(), held(text)?))).collect()
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
        // component-base compatibility/registry.go, Set: `kube` is the only component that the server registers.
        if let Some(other) = self.components.iter().find(|name| !name.is_empty() && *name != "kube") {
            found.push(format!(
                "`--feature-gates` names `{}`, which is no component of the server",
                golang::quote(other)
            ));
        }
        if self.components.contains("") && self.components.contains("kube") {
            found.push("`--feature-gates` gives gates with and without `kube:`; use one of the two".to_owned());
        }
        let covered = KNOWN.minors.iter().any(|range| holds(range, minor));
        for (name, held) in &self.pairs {
            let name = golang::quote(name);
            let Some(text) = held else {
                found.push(format!("`--feature-gates` gives `{name}` no value; write `{name}=true`"));
                continue;
            };
            let Some(enabled) = golang::parse_bool(text) else {
                found.push(format!(
                    "`--feature-gates` takes `true` or `false` for `{name}`, not `{}`",
                    golang::quote(text)
                ));
                continue;
            };
            if !covered {
                continue;
            }
            let gate = KNOWN.gates.binary_search_by(|gate| gate.name.cmp(&name)).ok();
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
        // Needs are looked at once every gate could be set.
        if found.is_empty() {
            found = self.unmet(minor);
        }
        found
    }

    /// Gates that are on without those they need, which the server checks from 1.35 on as soon as any gate is set
    /// (component-base featuregate/feature_gate.go, unsafeSetFromMap).
    fn unmet(&self, minor: Minor) -> Vec<String> {
        // What AllAlpha and AllBeta switch depends on the stage of each gate.
        if self.pairs.is_empty() || self.pairs.iter().any(|(name, _)| name == "AllAlpha" || name == "AllBeta") {
            return Vec::new();
        }
        let is_on = |name: &str| {
            let known = KNOWN.gates.binary_search_by(|gate| gate.name.cmp(name)).ok();
            let default = known.and_then(|index| KNOWN.gates.get(index)).is_some_and(|gate| in_any(&gate.on, minor));
            self.enabled(name).unwrap_or(default)
        };
        let mut found = Vec::new();
        for gate in &KNOWN.gates {
            for needs in gate.needs.iter().filter(|needs| in_any(&needs.minors, minor)) {
                let missing: Vec<&str> = needs.gates.iter().copied().filter(|name| !is_on(name)).collect();
                if !missing.is_empty() && is_on(gate.name) {
                    found.push(format!("the feature gate `{}` is on and needs {}", gate.name, missing.join(" and ")));
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(minor: u16, pairs: &[(&str, &str)]) -> Vec<String> {
        let pairs = pairs.iter().map(|(name, held)| ((*name).to_owned(), Some((*held).to_owned()))).collect();
        Gates { pairs, components: BTreeSet::new(), known: true }.mistakes(Minor::new(1, minor))
    }

    #[test]
    fn gates_are_known_locked_and_in_need_of_others() {
        assert_eq!(mistakes(36, &[("PodSecurity", "true")]), ["`PodSecurity` is no feature gate of that release"]);
        assert_eq!(mistakes(27, &[("PodSecurity", "true")]), [""; 0]);
        assert_eq!(
            mistakes(36, &[("StructuredAuthenticationConfiguration", "false")]),
            ["the feature gate `StructuredAuthenticationConfiguration` is locked to `true`"]
        );
        assert_eq!(
            mistakes(36, &[("GangScheduling", "true")]),
            ["the feature gate `GangScheduling` is on and needs GenericWorkload"]
        );
        assert_eq!(mistakes(36, &[("GangScheduling", "true"), ("GenericWorkload", "true")]), [""; 0]);
        // Nobody has the list of 1.22.
        assert_eq!(mistakes(22, &[("Anything", "true")]), [""; 0]);
    }

    #[test]
    fn the_defaults_need_nothing_that_is_off() {
        for minor in [35, 36] {
            assert_eq!(mistakes(minor, &[("AuthorizeWithSelectors", "true")]), [""; 0], "1.{minor}");
        }
    }
}
