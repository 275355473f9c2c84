//! Feature gates as `--feature-gates` sets them, and which names a release knows.

mod set;

use std::sync::LazyLock;

use model::{Gap, GapKind, Minor, Origin, Release, Unanswered, Version};
use serde::Deserialize;

use super::ApiServer;
pub(super) use set::{Gates, release_of};

use crate::{
    flag,
    flags::{KUBE_APISERVER, parse_minor},
    golang,
    merge::newer_than_data,
};

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
    #[serde(borrow, default)]
    alpha: Vec<&'static str>,
    #[serde(borrow, default)]
    beta: Vec<&'static str>,
    #[serde(borrow, default)]
    stable: Vec<&'static str>,
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

/// How far along a gate is in one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Alpha,
    Beta,
    Stable,
}

impl Gate {
    fn named(name: &str) -> Option<&'static Self> {
        KNOWN.gates.binary_search_by(|gate| gate.name.cmp(name)).ok().and_then(|index| KNOWN.gates.get(index))
    }

    fn stage(&self, minor: Minor) -> Option<Stage> {
        let stages = [(&self.alpha, Stage::Alpha), (&self.beta, Stage::Beta), (&self.stable, Stage::Stable)];
        stages.into_iter().find(|(ranges, _)| in_any(ranges, minor)).map(|(_, stage)| stage)
    }
}

/// The gates that `AllAlpha` or `AllBeta` stands for in a release.
pub(crate) fn of_stage(alpha: bool, minor: Minor) -> impl Iterator<Item = &'static str> {
    let stage = if alpha { Stage::Alpha } else { Stage::Beta };
    let words = |name: &str| name == "AllAlpha" || name == "AllBeta";
    KNOWN.gates.iter().filter(move |gate| gate.stage(minor) == Some(stage) && !words(gate.name)).map(|gate| gate.name)
}

/// A feature gate that one server is given, or a word that stands for many of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenGate {
    /// `AllAlpha` and `AllBeta` stand for all gates of their stage that are not given themselves.
    pub name: String,
    pub on: bool,
    pub origin: Origin,
}

/// The gates of the API server among those it is given, the last of two equal names alone.
pub(super) fn given(server: &ApiServer) -> Result<Vec<GivenGate>, Unanswered> {
    let held = server.get(&flag::FEATURE_GATES)?;
    Ok(listed(&held.value, held.origin(), &server.component().release))
}

/// The gates that a text gives as components print them.
pub(crate) fn listed(text: &str, origin: &Origin, release: &Release) -> Vec<GivenGate> {
    let mut given: Vec<GivenGate> = Vec::new();
    for pair in text.trim_matches(['[', ']']).split(',') {
        // From 1.31 on a component may stand before a colon, and `kube` is the API server.
        let pair = match pair.split_once(':') {
            Some(("" | "kube", pair)) => pair,
            Some(_) => continue,
            None => pair,
        };
        let Some((name, text)) = pair.split_once('=') else { continue };
        let Some(on) = golang::parse_bool(text.trim()) else { continue };
        let name = name.trim().to_owned();
        given.retain(|known| known.name != name);
        given.push(GivenGate { name, on, origin: origin.clone() });
    }
    // Up to 1.30 what is printed names the gates that such a word switches, as if they had been given themselves.
    let newest = release.minors().last();
    for (word, alpha) in [("AllAlpha", true), ("AllBeta", false)] {
        let Some(minor) = newest.filter(|minor| *minor < Minor::new(1, 31)) else { break };
        let Some(on) = given.iter().find(|gate| gate.name == word).map(|gate| gate.on) else { continue };
        let switched: Vec<&str> = of_stage(alpha, minor).collect();
        given.retain(|gate| gate.on != on || !switched.contains(&gate.name.as_str()));
    }
    given
}

/// Whether a gate is on, and what gives it, where something does. `NotApplicable` where no possible release has it.
///
/// A process that counts its gates knows best; what the flags say of the same state is then why it is so.
pub(super) fn state(server: &ApiServer, name: &str) -> Result<(bool, Option<GivenGate>), Unanswered> {
    let by_flags = by_flags(server, name);
    let Some((on, at)) = server.metrics().and_then(|metrics| Some((*metrics.gates.get(name)?, &metrics.at))) else {
        return by_flags;
    };
    match by_flags {
        Ok((same, given)) if same == on => Ok((on, given)),
        _ => Ok((on, Some(GivenGate { name: name.to_owned(), on, origin: Origin::Reported(at.clone()) }))),
    }
}

fn by_flags(server: &ApiServer, name: &str) -> Result<(bool, Option<GivenGate>), Unanswered> {
    in_force(name, &server.component().release, || given(server))
}

/// Whether a gate is on in a component that is given some; the gates of all components of a release are one list
/// (pkg/features/kube_features.go).
pub(crate) fn in_force(
    name: &str,
    release: &Release,
    given: impl FnOnce() -> Result<Vec<GivenGate>, Unanswered>,
) -> Result<(bool, Option<GivenGate>), Unanswered> {
    let known = KNOWN.gates.binary_search_by(|gate| gate.name.cmp(name)).ok();
    let stages = known
        .and_then(|index| KNOWN.gates.get(index))
        .map(|gate| release.minors().map(|minor| (gate.stage(minor), in_any(&gate.on, minor))).collect::<Vec<_>>());
    let stages = stages.unwrap_or_default();
    if let Some(gap) =
        release.minors().map(Version::of_minor).find_map(|version| newer_than_data(&KUBE_APISERVER, &version))
    {
        return Err(gap.into());
    }
    if stages.iter().all(|(stage, _)| stage.is_none()) {
        return Err(Unanswered::NotApplicable(format!("{release} has no feature gate `{name}`")));
    }
    let given = given()?;
    let find = |name: &str| given.iter().find(|gate| gate.name == name).cloned();
    if let Some(own) = find(name) {
        return Ok((own.on, Some(own)));
    }
    // component-base featuregate/feature_gate.go, setUnsetAlphaGates and setUnsetBetaGates.
    let mut states = stages.into_iter().map(|(stage, default)| match stage {
        Some(Stage::Alpha) => find("AllAlpha").map_or((default, None), |all| (all.on, Some(all))),
        Some(Stage::Beta) => find("AllBeta").map_or((default, None), |all| (all.on, Some(all))),
        _ => (default, None),
    });
    let first = states.next().filter(|first| states.all(|other| other == *first));
    first.ok_or_else(|| {
        Gap::of_release(format!("whether the feature gate `{name}` is on depends on the release")).into()
    })
}

/// Whether a gate that is given is on by default and can be switched off.
pub(crate) fn is_a_default(release: &Release, name: &str) -> Result<bool, Unanswered> {
    let Some(gate) = KNOWN.gates.binary_search_by(|gate| gate.name.cmp(name)).ok().and_then(|at| KNOWN.gates.get(at))
    else {
        return Ok(false);
    };
    if let Some(gap) =
        release.minors().map(Version::of_minor).find_map(|version| newer_than_data(&KUBE_APISERVER, &version))
    {
        return Err(gap.into());
    }
    let mut answers = release.minors().map(|minor| in_any(&gate.on, minor) && !in_any(&gate.locked_on, minor));
    let first = answers.next().filter(|first| answers.all(|other| other == *first));
    first.ok_or_else(|| Gap::of_release(format!("what `{name}` is by default depends on the release")).into())
}

/// Whether a gate is alpha in the release.
pub(crate) fn is_alpha(release: &Release, name: &str) -> Result<bool, Unanswered> {
    if matches!(name, "AllAlpha" | "AllBeta") {
        return Ok(name == "AllAlpha");
    }
    let gate = KNOWN.gates.binary_search_by(|gate| gate.name.cmp(name)).ok().and_then(|at| KNOWN.gates.get(at));
    let stages: Vec<Option<Stage>> = release.minors().map(|minor| gate.and_then(|gate| gate.stage(minor))).collect();
    if stages.iter().all(Option::is_none) {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!("at which stage the feature gate `{name}` is in {release} is not known to this build"),
            wanted: format!("the stage of `{name}`"),
            who_could_answer: "the documentation of that release, or `kubernetes_feature_enabled` of its metrics"
                .to_owned(),
        }));
    }
    let alpha = |stage: &Option<Stage>| *stage == Some(Stage::Alpha);
    if stages.iter().all(alpha) {
        return Ok(true);
    }
    if stages.iter().any(alpha) || stages.iter().any(Option::is_none) {
        return Err(
            Gap::of_release(format!("whether the feature gate `{name}` is alpha depends on the release")).into()
        );
    }
    Ok(false)
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

    #[test]
    fn a_word_stands_for_the_gates_of_its_stage() {
        let is_of = |alpha, minor, name: &str| of_stage(alpha, Minor::new(1, minor)).any(|gate| gate == name);
        // pkg/features/kube_features.go: alpha in 1.22, beta from 1.23 on.
        assert!(is_of(false, 23, "PodSecurity") && is_of(false, 24, "PodSecurity") && !is_of(true, 23, "PodSecurity"));
        assert!(is_of(true, 21, "ServiceTopology") && !is_of(true, 23, "ServiceTopology"));
        assert!(is_of(true, 23, "OpenAPIV3") && is_of(false, 24, "OpenAPIV3"));
        assert!(is_of(true, 24, "ContextualLogging") && !is_of(true, 23, "ContextualLogging"));
        let counts = [20, 21, 22, 23, 24].map(|minor| of_stage(true, Minor::new(1, minor)).count());
        assert!(counts.iter().all(|count| (30..60).contains(count)), "{counts:?}");
    }

    #[test]
    fn what_is_on_by_default_is_known_of_every_release() {
        let on = |name: &str, minor: u16| {
            let found = KNOWN.gates.iter().find(|gate| gate.name == name).expect(name);
            in_any(&found.on, Minor::new(1, minor))
        };
        // Beta and on from 1.23, stable and locked from 1.25 to 1.27.
        assert_eq!([22, 23, 25, 27].map(|minor| on("PodSecurity", minor)), [false, true, true, true]);
        assert_eq!([29, 30].map(|minor| on("StructuredAuthenticationConfiguration", minor)), [false, true]);
        for minor in 20..=36 {
            let minor = Minor::new(1, minor);
            let locked = |gate: &&Gate| in_any(&gate.locked_on, minor) && !in_any(&gate.on, minor);
            let off: Vec<&str> = KNOWN.gates.iter().filter(locked).map(|gate| gate.name).collect();
            assert!(off.is_empty(), "locked to true and off in {minor}: {off:?}");
            let both = KNOWN.gates.iter().find(|gate| in_any(&gate.locked_off, minor) && in_any(&gate.on, minor));
            assert!(
                both.is_none_or(|gate| in_any(&gate.locked_on, minor)),
                "{minor}: {:?}",
                both.map(|gate| gate.name)
            );
        }
    }
}
