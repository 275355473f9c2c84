//! Keys that do not count: given twice, no key in JSON, or a merge of what is no mapping.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map;

use super::Builder;
use crate::scalar::Scalar;
use crate::source::shorten;
use crate::tree::{Entry, FaultKind, Node, Value};

impl Builder<'_> {
    /// Reports keys that do not count. Returns whether all do.
    pub(super) fn check_keys(&mut self, entries: &[Entry]) -> bool {
        let mut simple = true;
        for entry in entries {
            let Some(key) = entry.key.scalar() else {
                simple = false;
                let message = format!("{} is no key in JSON", entry.key.value().noun());
                self.fault(FaultKind::Key, entry.key.span, message, None);
                continue;
            };
            if key.is_merge() {
                simple = false;
                self.check_merge(&entry.value);
            } else if key.key_name().is_none() {
                simple = false;
                let message = "null is no key in JSON".to_owned();
                self.fault(FaultKind::Key, entry.key.span, message, None);
            }
        }
        let name = |entry: &'_ Entry| -> Option<usize> {
            let key = entry.key.scalar()?;
            (!key.is_merge()).then_some(())?;
            key.key_name().map(|name| name.len())
        };
        if entries.len() <= 16 {
            // Most mappings are small, and comparing pairs beats hashing.
            for (at, later) in entries.iter().enumerate().skip(1) {
                let Some(length) = name(later) else { continue };
                let earlier = entries[..at].iter().rev().find(|earlier| {
                    name(earlier) == Some(length)
                        && earlier.key.scalar().and_then(Scalar::key_name)
                            == later.key.scalar().and_then(Scalar::key_name)
                });
                if let Some(earlier) = earlier {
                    simple = false;
                    self.duplicate(earlier, later);
                }
            }
            return simple;
        }
        let mut seen: HashMap<Cow<'_, str>, &Entry> = HashMap::with_capacity(entries.len());
        for later in entries {
            if name(later).is_none() {
                continue;
            }
            let Some(key) = later.key.scalar().and_then(Scalar::key_name) else {
                continue;
            };
            match seen.entry(key) {
                hash_map::Entry::Vacant(vacant) => _ = vacant.insert(later),
                hash_map::Entry::Occupied(mut occupied) => {
                    simple = false;
                    let earlier = occupied.insert(later);
                    self.duplicate(earlier, later);
                }
            }
        }
        simple
    }

    fn duplicate(&mut self, earlier: &Entry, later: &Entry) {
        let name = later.key.scalar().map(Scalar::text).unwrap_or_default();
        let message = format!("the key `{}` is given twice in one mapping", shorten(name));
        let related = Some((earlier.key.span, "first given here".to_owned()));
        self.fault(FaultKind::DuplicateKey, later.key.span, message, related);
    }

    fn check_merge(&mut self, value: &Node) {
        let fits = match value.value() {
            Value::Mapping(_) => true,
            Value::Sequence(sequence) => sequence.items.iter().all(|item| item.mapping().is_some()),
            // An alias that leads nowhere has its own fault.
            Value::Scalar(_) => value.definition().is_none(),
        };
        if !fits {
            let message = "`<<` merges a mapping or a list of mappings".to_owned();
            self.fault(FaultKind::Merge, value.span, message, None);
        }
    }
}
