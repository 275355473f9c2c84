//! The gates that one command line sets, and why its server would not take them.
//!
//! A server that emulates an older release (`--emulated-version`, 1.31) takes gates as that release had them: with its
//! defaults and locks, and none that came later (component-base featuregate/feature_gate.go, unsafeSetFromMap).

use std::collections::BTreeSet;

use model::Minor;

use super::{Gate, KNOWN, Stage, holds, in_any};
use crate::{apiserver::Server, golang, pflag::Value};

/// The gates that a command line sets, in the order of their pairs.
pub(crate) struct Gates {
    /// Name and text of the value.
    pairs: Vec<(String, Option<String>)>,
    /// The components that are named before a colon, from 1.31 on.
    components: BTreeSet<String>,
    known: bool,
    /// The release of the server, and the one as which it acts.
    own: Minor,
    acts_as: Minor,
}

impl Gates {
    pub(crate) fn of(server: &Server<'_>) -> Self {
        let split = |pair: &str| {
            let (name, held) = pair.split_once('=').map_or((pair, None), |(name, held)| (name, Some(held)));
            (name.trim().to_owned(), held.map(|held| held.trim().to_owned()))
        };
        let (pairs, components, known) = match server.value("feature-gates") {
            Some(Value::Map(map)) => {
                (map.iter().map(|(k, v)| (k.clone(), Some(v.clone()))).collect(), BTreeSet::new(), true)
            }
            // The gates of another component, such as an aggregated server, are not the API server's.
            Some(Value::Pairs(pairs)) => {
                let own = pairs.iter().filter(|(component, _)| component.is_empty() || component == "kube");
                // Nothing behind the colon is no gate.
                let given = own.map(|(_, pair)| split(pair)).filter(|(name, held)| !name.is_empty() || held.is_some());
                (given.collect(), pairs.iter().map(|(component, _)| component.clone()).collect(), true)
            }
            _ => (Vec::new(), BTreeSet::new(), false),
        };
        let own = server.version.minor;
        let emulated = server.list("emulated-version").and_then(|versions| versions.first());
        let acts_as = emulated.and_then(|version| release_of(version).1);
        let acts_as = acts_as.filter(|(major, _)| *major == 1).and_then(|(_, minor)| u16::try_from(minor).ok());
        let acts_as = acts_as.map_or(own, |minor| Minor::new(1, minor)).min(own);
        Self { pairs, components, known, own, acts_as }
    }

    /// The release as which the server acts.
    pub(crate) fn acts_as(&self) -> Minor {
        self.acts_as
    }

    /// Every gate that is set to something that is on or off.
    pub(crate) fn set(&self) -> Vec<(String, bool)> {
        let held = |text: &Option<String>| golang::parse_bool(text.as_deref()?);
        self.pairs.iter().filter_map(|(name, text)| Some((name.clone(), held(text)?))).collect()
    }

    /// What a gate is set to; `None` where it is left to its default.
    pub(crate) fn enabled(&self, name: &str) -> Option<bool> {
        let (_, held) = self.pairs.iter().rev().find(|(gate, _)| gate == name)?;
        golang::parse_bool(held.as_deref()?)
    }

    /// Whether a gate that is off by default surely stays off.
    pub(crate) fn leaves_off(&self, name: &str, alpha: bool) -> bool {
        let all = self.enabled(if alpha { "AllAlpha" } else { "AllBeta" }) == Some(true);
        self.known && self.enabled(name) != Some(true) && !all
    }

    /// Whether a gate is on, with what the words for many gates make of it; `None` outside the releases of the data.
    pub(crate) fn is_on(&self, name: &str) -> Option<bool> {
        let covered = KNOWN.minors.iter().any(|range| holds(range, self.acts_as));
        (self.known && covered).then(|| self.held(name))
    }

    fn held(&self, name: &str) -> bool {
        let gate = Gate::named(name);
        let by_word = gate.and_then(|gate| match gate.stage(self.acts_as)? {
            Stage::Alpha => self.enabled("AllAlpha"),
            Stage::Beta => self.enabled("AllBeta"),
            Stage::Stable => None,
        });
        let default = || gate.is_some_and(|gate| in_any(&gate.on, self.acts_as));
        self.enabled(name).or(by_word).unwrap_or_else(default)
    }

    /// Why the server refuses its gates: component-base featuregate/feature_gate.go, Set and SetFromMap.
    pub(crate) fn mistakes(&self) -> Vec<String> {
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
        let covered = KNOWN.minors.iter().any(|range| holds(range, self.own));
        for (written, held) in &self.pairs {
            let name = golang::quote(written);
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
            let Some(gate) = Gate::named(written).filter(|gate| in_any(&gate.known, self.own)) else {
                found.push(format!("`{name}` is no feature gate of that release"));
                continue;
            };
            if !enabled && in_any(&gate.locked_on, self.acts_as) {
                found.push(format!("the feature gate `{name}` is locked to `true`"));
            }
            if enabled && in_any(&gate.locked_off, self.acts_as) {
                found.push(format!("the feature gate `{name}` is locked to `false`"));
            }
            if gate.comes_after(self.acts_as, self.own) {
                found.push(format!("`{name}` is no feature gate yet in {}, which the server emulates", self.acts_as));
            }
        }
        // Needs are looked at once every gate could be set.
        if found.is_empty() {
            found = self.unmet();
        }
        found
    }

    /// Gates that are on without those they need, which the server checks from 1.35 on as soon as any gate is set. What
    /// needs what is a matter of the server, what is on one of the release as which it acts.
    fn unmet(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.pairs.is_empty() {
            return found;
        }
        for gate in &KNOWN.gates {
            for needs in gate.needs.iter().filter(|needs| in_any(&needs.minors, self.own)) {
                let missing: Vec<&str> = needs.gates.iter().copied().filter(|name| !self.held(name)).collect();
                if !missing.is_empty() && self.held(gate.name) {
                    found.push(format!("the feature gate `{}` is on and needs {}", gate.name, missing.join(" and ")));
                }
            }
        }
        found
    }
}

/// An item of `--emulated-version` and its like: the component, and the major and minor of its release where there is one
/// (component-base compatibility/registry.go, toVersionMap; apimachinery pkg/util/version, parse).
pub(crate) fn release_of(item: &str) -> (&str, Option<(u64, u64)>) {
    let (component, version) = item.split_once('=').map_or(("kube", item), |(c, v)| (c.trim(), v));
    let version = version.trim();
    let bare = version.strip_prefix('v').unwrap_or(version);
    // What follows the numbers is passed over.
    let end = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
    let parsed = bare[..end].split_once('.').and_then(|(major, rest)| {
        let mut rest = rest.splitn(2, '.');
        let minor = rest.next()?;
        let zero = rest.next().is_none_or(|patch| patch == "0");
        // The first number has no zero before it.
        let plain = |text: &str| text == "0" || !text.starts_with('0');
        (zero && plain(major)).then_some(())?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    (component, parsed)
}

impl Gate {
    /// Whether the gate of a server is one of releases behind that as which it acts. A gate that is there only so that
    /// something old can be switched off again has always been one.
    fn comes_after(&self, acts_as: Minor, own: Minor) -> bool {
        let later = || (acts_as.minor + 1..=own.minor).map(|minor| Minor::new(acts_as.major, minor));
        let first = later().find_map(|minor| self.stage(minor));
        acts_as < own && self.stage(acts_as).is_none() && matches!(first, Some(Stage::Alpha | Stage::Beta))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(minor: u16, pairs: &[(&str, &str)]) -> Vec<String> {
        let pairs = pairs.iter().map(|(name, held)| ((*name).to_owned(), Some((*held).to_owned()))).collect();
        let minor = Minor::new(1, minor);
        Gates { pairs, components: BTreeSet::new(), known: true, own: minor, acts_as: minor }.mistakes()
    }

    fn emulating(minor: u16, pairs: &[(&str, &str)]) -> Vec<String> {
        let pairs = pairs.iter().map(|(name, held)| ((*name).to_owned(), Some((*held).to_owned()))).collect();
        let (own, acts_as) = (Minor::new(1, 36), Minor::new(1, minor));
        Gates { pairs, components: BTreeSet::new(), known: true, own, acts_as }.mistakes()
    }

    /// As 1.36.2 answered `--emulated-version` with `--feature-gates`.
    #[test]
    fn gates_of_another_release_are_those_that_it_had() {
        for (minor, name, held) in [
            (33, "StructuredAuthenticationConfiguration", "false"),
            (33, "DynamicResourceAllocation", "false"),
            (33, "OrderedNamespaceDeletion", "false"),
            (35, "DeclarativeValidation", "false"),
            (35, "ConstrainedImpersonation", "true"),
            (33, "AllowServiceExternalIPs", "false"),
        ] {
            assert_eq!(emulating(minor, &[(name, held)]), [""; 0], "{name}");
        }
        for (minor, name, held) in [
            (33, "ConstrainedImpersonation", "false"),
            (34, "GenericWorkload", "true"),
            (33, "PodCertificateRequest", "true"),
        ] {
            assert_eq!(
                emulating(minor, &[(name, held)]),
                [format!("`{name}` is no feature gate yet in 1.{minor}, which the server emulates")]
            );
        }
        assert_eq!(
            emulating(33, &[("DRADeviceTaints", "true")]),
            ["the feature gate `DRADeviceTaints` is on and needs DynamicResourceAllocation"]
        );
        assert_eq!(
            emulating(33, &[("JobSuccessPolicy", "false")]),
            ["the feature gate `JobSuccessPolicy` is locked to `true`"]
        );
    }

    /// As 1.36.2 answered.
    #[test]
    fn words_for_many_gates_leave_needs_unmet() {
        let unmet = mistakes(36, &[("AllAlpha", "true"), ("AllBeta", "false")]);
        assert!(
            unmet.iter().any(|why| why.contains("`StorageVersionAPI` is on and needs APIServerIdentity")),
            "{unmet:?}"
        );
        assert_eq!(mistakes(36, &[("AllAlpha", "true")]), [""; 0]);
        assert_eq!(mistakes(36, &[("AllBeta", "false")]), [""; 0]);
        let fifo = mistakes(36, &[("AtomicFIFO", "false")]);
        assert!(
            fifo.iter().any(|why| why.contains("`StaleControllerConsistencyJob` is on and needs AtomicFIFO")),
            "{fifo:?}"
        );
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
        assert_eq!(mistakes(22, &[("Anything", "true")]), ["`Anything` is no feature gate of that release"]);
        // pkg/features/kube_features.go: alpha in 1.22, under another name in its first beta.
        assert_eq!(mistakes(22, &[("NodeSwap", "true"), ("PodSecurity", "true")]), [""; 0]);
        assert_eq!(
            mistakes(22, &[("NodeSwapEnabled", "true")]),
            ["`NodeSwapEnabled` is no feature gate of that release"]
        );
        // staging/src/k8s.io/apiserver/pkg/features/kube_features.go: locked, and off, from 1.33 on.
        let list = "WatchFromStorageWithoutResourceVersion";
        assert_eq!(mistakes(33, &[(list, "true")]), [format!("the feature gate `{list}` is locked to `false`")]);
        assert_eq!(mistakes(33, &[(list, "false")]), [""; 0]);
    }

    #[test]
    fn the_defaults_need_nothing_that_is_off() {
        for minor in [35, 36] {
            assert_eq!(mistakes(minor, &[("AuthorizeWithSelectors", "true")]), [""; 0], "1.{minor}");
        }
    }
}
