//! The fields of a KubeletConfiguration as settings: which are written, and what each comes to in the spelling of flags.
//!
//! A file of a node, a ConfigMap and the answer of `/configz` hold the same document (k8s.io/kubelet config/v1beta1/types.go),
//! so that one reader serves them all. It decodes as the kubelet does: by way of JSON, where a number is no text and a text no
//! number. Parts that no rule asks about (`tracing`, most of `logging`, lists of objects) are known by name and not read.

use model::{Gap, GapKind, Location, Named, Shape, spelled};
use yaml::{Cursor, Resolved};

use crate::{
    flags::{Flag, KUBELET},
    golang, placeholder,
};

/// A field that is written.
pub(crate) struct Field<'a> {
    pub(crate) flag: &'static Flag,
    pub(crate) value: Result<String, Odd>,
    pub(crate) node: Cursor<'a>,
}

/// Why a value is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// Somebody fills it in later.
    Placeholder(String),
    /// The kubelet does not decode it: what it takes instead.
    Takes(&'static str),
    /// It depends on what was not seen.
    Unseen(Box<Gap>),
}

impl Odd {
    pub(crate) fn gap(&self, flag: &Flag, at: &Location) -> Gap {
        let name = spelled(flag.name);
        let (kind, reason) = match self {
            Self::Unseen(gap) => return (**gap).clone(),
            Self::Placeholder(marker) => {
                (GapKind::Templated, format!("`{name}` is `{marker}`, which somebody still fills in"))
            }
            Self::Takes(what) => (GapKind::Manual, format!("`{name}` takes {what}, and something else stands there")),
        };
        Gap { kind, reason, wanted: name, who_could_answer: format!("whoever maintains {}", at.evidence) }
    }
}

/// Fields that the kubelet knows and that are no settings here, with all that lies below them.
const OTHERS: [&str; 22] = [
    "apiVersion",
    "kind",
    "metadata",
    "crashLoopBackOff",
    "defaultPodSysctls",
    "logging.flushFrequency",
    "logging.format",
    "logging.options",
    // Before 1.24.
    "logging.sanitization",
    "logging.vmodule",
    "maxParallelImagePulls",
    "memoryReservationPolicy",
    "memoryThrottlingFactor",
    "nodeStatusReportFrequency",
    "registerWithTaints",
    "reservedMemory",
    "shutdownGracePeriodByPodPriority",
    "singleProcessOOMKill",
    "staticPodURLHeader",
    "tlsCurvePreferences",
    "tracing",
    "userNamespaces",
];

/// The fields of a document that are written, in the order of the table. One that is null is as one that is left out.
pub(crate) fn written<'a>(root: &Cursor<'a>) -> Vec<Field<'a>> {
    let fields = KUBELET.flags.iter().filter(|flag| flag.is_a_field());
    fields
        .filter_map(|flag| {
            let node = flag.name.split('.').try_fold(root.clone(), |here, key| here.get(key))?;
            (!node.is_null()).then(|| Field { flag, value: value(flag, &node), node })
        })
        .collect()
}

/// Fields that are null, or that stand in something that is: a patch takes those away.
pub(crate) fn cleared(root: &Cursor<'_>) -> Vec<&'static str> {
    let is_cleared = |flag: &&Flag| {
        let mut here = root.clone();
        for key in flag.name.split('.') {
            match here.get(key) {
                Some(next) if next.is_null() => return true,
                Some(next) => here = next,
                None => return false,
            }
        }
        false
    };
    KUBELET.flags.iter().filter(|flag| flag.is_a_field()).filter(is_cleared).map(|flag| flag.name).collect()
}

/// Fields that no release has, each with its path and the nearest one there is. More than a few are not told.
pub(crate) fn unknown<'a>(root: &Cursor<'a>) -> Vec<(String, Cursor<'a>, Option<&'static str>)> {
    const MOST: usize = 50;
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root.clone())];
    while let Some((path, here)) = open.pop() {
        for entry in here.entries() {
            let name = if path.is_empty() { entry.name.to_string() } else { format!("{path}.{}", entry.name) };
            let is_known = KUBELET.find(&name).is_some_and(Flag::is_a_field) || OTHERS.contains(&name.as_str());
            if is_known || found.len() >= MOST {
                continue;
            }
            let inner = format!("{name}.");
            if KUBELET.flags.iter().any(|flag| flag.is_a_field() && flag.name.starts_with(&inner)) {
                open.push((name, entry.value));
                continue;
            }
            let nearest = KUBELET.nearest(&name, Flag::is_a_field).map(|flag| flag.name);
            found.push((name, entry.value, nearest));
        }
    }
    found
}

/// What a value comes to, as flags print it.
pub(crate) fn value(flag: &Flag, node: &Cursor<'_>) -> Result<String, Odd> {
    let marker = node.scalar().and_then(|scalar| placeholder(scalar.text()));
    if let Some(marker) = marker {
        return Err(Odd::Placeholder(marker.to_owned()));
    }
    let text = |node: &Cursor<'_>| match node.resolved()? {
        Resolved::Str(text) => Some(text.to_owned()),
        _ => None,
    };
    match flag.shape {
        "bool" => match node.resolved() {
            Some(Resolved::Bool(held)) => Ok(held.to_string()),
            _ => Err(Odd::Takes("`true` or `false`")),
        },
        "int" => match node.resolved() {
            Some(Resolved::Int(number)) if i64::try_from(number).is_ok() => Ok(number.to_string()),
            _ => Err(Odd::Takes("an integer")),
        },
        "duration" => {
            let duration = text(node).and_then(|text| golang::parse_duration(&text));
            duration.map(golang::format_duration).ok_or(Odd::Takes("a duration such as `30s` or `1h30m`"))
        }
        "list" => {
            let items = node.sequence().map(|_| node.items().map(|item| text(&item)).collect::<Option<Vec<String>>>());
            let items = items.flatten().ok_or(Odd::Takes("a list of texts"))?;
            Ok(format!("[{}]", golang::write_csv(items.iter().map(String::as_str))))
        }
        "map" => {
            let held = |node: &Cursor<'_>| match node.resolved()? {
                Resolved::Bool(held) if flag.name == "featureGates" => Some(held.to_string()),
                Resolved::Str(text) if flag.name != "featureGates" => Some(text.to_owned()),
                _ => None,
            };
            let pair = |(name, value): (String, Cursor<'_>)| Some(format!("{name}={}", held(&value)?));
            let entries = node.mapping().map(|_| {
                let entries = node.entries().map(|entry| (entry.name.into_owned(), entry.value));
                entries.map(pair).collect::<Option<Vec<String>>>()
            });
            let mut pairs = entries.flatten().ok_or(Odd::Takes("a map"))?;
            pairs.sort();
            Ok(pairs.join(","))
        }
        _ => text(node).map(|text| golang::quote(&text)).ok_or(Odd::Takes("a text")),
    }
}

/// The field of each setting, for whoever writes one that is not there.
pub(crate) static NAMED: std::sync::LazyLock<Vec<Named>> = std::sync::LazyLock::new(|| {
    let fields = KUBELET.flags.iter().filter(|flag| flag.is_a_field());
    fields
        .map(|flag| Named {
            setting: flag.name,
            field: flag.name.rsplit('.').next().unwrap_or(flag.name),
            shape: match flag.shape {
                "bool" => Shape::Bool,
                "int" => Shape::Int,
                "list" => Shape::List,
                "map" => Shape::Map,
                _ => Shape::Text,
            },
        })
        .collect()
});
