//! The flags of one release before anything sets them.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use model::{Author, Gap, Minor, Origin, Plane, Reading, Site, Version};

use crate::{
    flags::{Flag, KUBE_APISERVER, Presence, Table},
    merge::{default_gap, maybe_present, newer_than_data},
    pflag::Value,
};

/// The flags of one release, none of which is set.
pub(crate) struct Fresh {
    /// By place in the table; `None` where this release does not have the flag.
    pub(crate) defaults: Vec<Option<Result<Unset, Gap>>>,
    /// By place in the table: the place of the flag whose variable it sets, its own in most cases.
    pub(crate) roots: Vec<usize>,
}

/// A flag that nobody set.
pub(crate) struct Unset {
    pub(crate) value: Value,
    pub(crate) printed: String,
    pub(crate) since: String,
}

impl Unset {
    /// `home` is where it would be written.
    pub(crate) fn reading(&self, plane: Plane, home: Option<Site>) -> Reading {
        let by = Author::Upstream { since: Some(self.since.clone()) };
        let origin = Origin::Default { by, home };
        Reading { plane, value: self.printed.clone(), effective: None, open: None, origin, overrides: Vec::new() }
    }
}

/// By minor release and patch, as far as they were asked for.
type Known = HashMap<(Minor, Option<u16>), Arc<Fresh>>;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// More releases than there are; others that somebody names are not kept.
const MOST_KNOWN: usize = 1000;

impl Fresh {
    /// Those of the API server.
    pub(crate) fn of_apiserver(version: &Version) -> Arc<Self> {
        // What is not known of a release is said by its name.
        if newer_than_data(&KUBE_APISERVER, version).is_some() || !version.suffix.is_empty() {
            return Arc::new(Self::read(&KUBE_APISERVER, version));
        }
        let key = (version.minor, version.patch);
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fresh) = known().get(&key) {
            return Arc::clone(fresh);
        }
        let fresh = Arc::new(Self::read(&KUBE_APISERVER, version));
        let mut known = known();
        if known.len() < MOST_KNOWN {
            known.insert(key, Arc::clone(&fresh));
        }
        fresh
    }

    fn read(table: &Table, version: &Version) -> Self {
        let minor = version.minor;
        let newer = newer_than_data(table, version);
        let presence: Vec<Presence> = table.flags.iter().map(|flag| flag.presence(version)).collect();
        let is_present = |index: &usize| presence.get(*index).is_some_and(|presence| *presence != Presence::No);
        let root = |(index, flag): (usize, &Flag)| {
            flag.shares.and_then(|name| table.position(name)).filter(is_present).unwrap_or(index)
        };
        let roots = table.flags.iter().enumerate().map(root).collect();
        let unset = |(flag, presence): (&Flag, &Presence)| {
            let default = match (presence, &newer) {
                (Presence::No, _) => return None,
                (_, Some(gap)) => Err(gap.clone()),
                (Presence::Maybe, _) => Err(maybe_present(flag, version)),
                (Presence::Yes, None) => flag.default(version).map_err(|why| default_gap(table, flag, version, why)),
            };
            Some(default.map(|default| {
                let kind = flag.kind(minor);
                let value = kind.default_value(default.raw.unwrap_or(default.value), minor);
                Unset { printed: kind.print(&value), since: default.since.to_string(), value }
            }))
        };
        Self { defaults: table.flags.iter().zip(&presence).map(unset).collect(), roots }
    }
}
