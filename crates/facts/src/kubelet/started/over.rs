//! What wins over what: pairs of two maps put together, and what a value won over.

use std::collections::BTreeMap;

use model::{Author, Gap, Origin, Reading, spelled};

use crate::flags::Flag;

pub(super) const GATES: &str = "featureGates";

/// The gates of flags over those of files (kubeletConfigFlagPrecedence).
pub(super) fn gates(given: &Reading, below: Result<Reading, Gap>) -> Result<Reading, Gap> {
    let below = below?;
    let value = union(&below.value, &given.value);
    Ok(over(Reading { value, ..given.clone() }, below))
}

/// Pairs of two maps, the second of which wins.
pub(super) fn union(first: &str, second: &str) -> String {
    let pairs = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let all: BTreeMap<String, String> = pairs(first).into_iter().chain(pairs(second)).collect();
    let mut pairs: Vec<String> = all.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.sort();
    pairs.join(",")
}

/// What wins, with what somebody wrote, or a distribution sets, and it won over.
pub(super) fn over(mut reading: Reading, below: Reading) -> Reading {
    if !matches!(below.origin, Origin::Default { by: Author::Upstream { .. }, .. }) {
        reading.overrides.push((below.origin, below.value));
    }
    reading.overrides.extend(below.overrides);
    reading
}

pub(super) fn quoting(gap: &Gap, flag: &Flag, below: &Reading) -> Gap {
    if !matches!(below.origin, Origin::Written(_)) {
        return gap.clone();
    }
    let value = if below.value.is_empty() { "empty".to_owned() } else { format!("`{}`", below.value) };
    Gap { reason: format!("{}; the file says that `{}` is {value}", gap.reason, spelled(flag.name)), ..gap.clone() }
}
