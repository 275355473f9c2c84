//! Which flags a component has in which release, and what they are when nobody sets them.
//!
//! The table is `data/flags/*.json`, described by the keys of [`Flag`]; it is parsed once per process. Nothing here reads a
//! command line (that is [`crate::pflag`]).

use std::{collections::HashMap, fmt::Write, sync::LazyLock};

use model::{Minor, Version};
use serde::Deserialize;

use crate::distance;

/// The API server's flags.
pub static KUBE_APISERVER: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("data/flags/kube-apiserver.json")).expect("the embedded table parses"));

/// The settings of the kubelet: the fields of its configuration file, each with the flags that set the same, and the flags that
/// no field stands for.
pub static KUBELET: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("data/flags/kubelet.json")).expect("the embedded table parses"));

/// Every flag of the kubelet: those that no field stands for, and those that set one.
pub static KUBELET_FLAGS: LazyLock<Table> = LazyLock::new(|| {
    let fields = Table::parse(include_str!("data/flags/kubelet.json")).expect("the embedded table parses");
    let setters = Table::parse(include_str!("data/flags/kubelet-flags.json")).expect("the embedded table parses");
    let own = fields.flags.into_iter().filter(|flag| !flag.is_a_field());
    let mut flags: Vec<Flag> = own.chain(setters.flags).collect();
    flags.sort_by_key(|flag| flag.name);
    Table {
        flags,
        component: fields.component,
        covered: fields.covered,
        date: fields.date,
        underscores: fields.underscores,
        positions: HashMap::new(),
    }
    .indexed()
});

/// The flags of etcd, by etcd's own releases.
pub static ETCD: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("data/flags/etcd.json")).expect("the embedded table parses"));

/// The settings of a component, by the name that it goes by; `None` of one that has no table.
pub fn table(component: &str) -> Option<&'static Table> {
    match component {
        "kube-apiserver" => Some(&KUBE_APISERVER),
        "kubelet" => Some(&KUBELET),
        "etcd" => Some(&ETCD),
        _ => None,
    }
}

/// The flags of one component, sorted by name.
#[derive(Debug, Deserialize)]
pub struct Table {
    pub component: &'static str,
    /// The first and the last minor release that the table covers.
    #[serde(deserialize_with = "minor_range")]
    pub covered: (Minor, Minor),
    /// The day of the data.
    #[serde(rename = "data")]
    pub date: &'static str,
    underscores: Underscores,
    pub flags: Vec<Flag>,
    /// Where each name stands in `flags`; the names are asked for hundreds of times for each release.
    #[serde(skip)]
    positions: HashMap<&'static str, usize>,
}

/// The releases that take `_` for `-` in the name of a flag, and not those between them.
#[derive(Debug, Deserialize)]
struct Underscores {
    #[serde(borrow)]
    accepted: Vec<&'static str>,
}

/// One flag, over all releases.
#[derive(Debug, Deserialize)]
pub struct Flag {
    pub name: &'static str,
    /// What it is to an operator: `bool`, `list`.
    #[serde(rename = "type")]
    pub shape: &'static str,
    /// Another flag that sets the same variable.
    #[serde(default)]
    pub shares: Option<&'static str>,
    /// The first release that takes the flag and ignores it.
    #[serde(default, deserialize_with = "optional_minor")]
    pub inert: Option<Minor>,
    #[serde(deserialize_with = "optional_minor")]
    pub introduced: Option<Minor>,
    #[serde(deserialize_with = "optional_minor")]
    pub deprecated: Option<Minor>,
    #[serde(deserialize_with = "optional_minor")]
    pub removed: Option<Minor>,
    #[serde(deserialize_with = "releases")]
    backports: Vec<Version>,
    go: Vec<Typed>,
    defaults: Vec<Default>,
    #[serde(default)]
    pub config_field: Option<&'static str>,
    /// The field of the component's own configuration file that it sets, by the name of the setting.
    #[serde(default)]
    pub sets: Option<&'static str>,
    /// Of a field of a configuration file: the first release that has it there.
    #[serde(default, deserialize_with = "optional_minor")]
    pub since: Option<Minor>,
    /// Of such a field: the flags that set the same.
    #[serde(default, borrow)]
    pub flags: Vec<&'static str>,
    /// Of such a field: what holds where no file is given at all, where that was looked up.
    #[serde(default)]
    without_file: Vec<Default>,
    /// Of such a field: whether a component that lists its configuration always lists it, since its default is filled in.
    #[serde(default)]
    pub listed: bool,
}

#[derive(Debug, Deserialize)]
struct Typed {
    #[serde(deserialize_with = "optional_minor")]
    since: Option<Minor>,
    #[serde(rename = "type")]
    kind: crate::pflag::Kind,
}

/// A default, which holds until the next one.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Default {
    /// The first release that has it; with a patch only where that matters.
    #[serde(deserialize_with = "release")]
    pub since: Version,
    /// What holds.
    pub value: &'static str,
    /// What the component prints, where that is something else.
    #[serde(default)]
    pub raw: Option<&'static str>,
}

/// Whether a release has a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Yes,
    No,
    /// It came with a patch release, and the patch is not known.
    Maybe,
}

impl Table {
    fn parse(text: &'static str) -> serde_json::Result<Self> {
        let table: Self = serde_json::from_str(text)?;
        debug_assert!(table.flags.is_sorted_by_key(|flag| flag.name));
        Ok(table.indexed())
    }

    fn indexed(mut self) -> Self {
        self.positions = self.flags.iter().enumerate().map(|(index, flag)| (flag.name, index)).collect();
        self
    }

    /// The flag of that name, in whichever release.
    pub fn find(&self, name: &str) -> Option<&Flag> {
        self.position(name).and_then(|index| self.flags.get(index))
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Whether that release takes `_` for `-` in names.
    pub fn takes_underscores(&self, minor: Minor) -> bool {
        self.underscores.accepted.iter().any(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            parse_minor(from).is_some_and(|from| from <= minor)
                && (to.is_empty() || parse_minor(to).is_some_and(|to| minor <= to))
        })
    }

    /// Every minor release that the table covers.
    pub fn minors(&self) -> impl Iterator<Item = Minor> + use<> {
        let (from, to) = self.covered;
        (from.minor..=to.minor).map(move |minor| Minor::new(from.major, minor))
    }

    /// The name nearest to a misspelt one among those that `eligible` allows, if one is near.
    pub fn nearest(&self, name: &str, eligible: impl Fn(&Flag) -> bool) -> Option<&Flag> {
        let limit = (name.len() / 4).clamp(1, 4);
        self.flags
            .iter()
            .filter(|flag| flag.name.len().abs_diff(name.len()) <= limit && eligible(flag))
            .map(|flag| (distance(flag.name, name), flag))
            .filter(|(distance, _)| *distance <= limit)
            .min_by_key(|(distance, flag)| (*distance, flag.name))
            .map(|(_, flag)| flag)
    }
}

impl Flag {
    /// Whether a release has this flag.
    pub fn presence(&self, version: &Version) -> Presence {
        let minor = version.minor;
        if self.removed.is_some_and(|removed| removed <= minor) {
            return Presence::No;
        }
        if self.introduced.is_none_or(|introduced| introduced <= minor) {
            return Presence::Yes;
        }
        match self.backports.iter().find(|backport| backport.minor == minor) {
            None => Presence::No,
            Some(backport) => match version.patch {
                None => Presence::Maybe,
                patch if patch >= backport.patch => Presence::Yes,
                Some(_) => Presence::No,
            },
        }
    }

    /// How that release reads and prints the flag.
    pub fn kind(&self, minor: Minor) -> crate::pflag::Kind {
        let typed = self.go.iter().rev().find(|typed| typed.since.is_none_or(|since| since <= minor));
        typed.or(self.go.first()).map_or(crate::pflag::Kind::String, |typed| typed.kind)
    }

    /// The default of a release; `Err` says why it is not known.
    pub fn default(&self, version: &Version) -> Result<&Default, DefaultUnknown<'_>> {
        Self::at(&self.defaults, version)
    }

    /// What a field is in a release where no file is given.
    pub fn without_file(&self, version: &Version) -> Result<&Default, DefaultUnknown<'_>> {
        Self::at(if self.without_file.is_empty() { &self.defaults } else { &self.without_file }, version)
    }

    /// Whether it is a field of a configuration file.
    pub fn is_a_field(&self) -> bool {
        self.since.is_some()
    }

    fn at<'d>(defaults: &'d [Default], version: &Version) -> Result<&'d Default, DefaultUnknown<'d>> {
        let mut found = None;
        for default in defaults {
            let since = &default.since;
            let later_patch = since.patch.is_some() && version.patch.is_none();
            if since.minor == version.minor && later_patch {
                return Err(DefaultUnknown::Patch(since));
            }
            if since.minor < version.minor || (since.minor == version.minor && since.patch <= version.patch) {
                found = Some(default);
            }
        }
        found.ok_or(DefaultUnknown::NotRecorded)
    }

    /// The releases that have the flag, in words: `1.5 to 1.18`.
    pub fn life(&self) -> String {
        match (self.introduced, self.removed) {
            (None, None) => "every release".to_owned(),
            (Some(from), None) => format!("{from} and later"),
            (None, Some(removed)) => format!("releases before {removed}"),
            (Some(from), Some(removed)) => format!("{from} to {}", removed.previous()),
        }
    }
}

/// Why a default is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultUnknown<'a> {
    /// It changed in that patch release, and the patch is not known.
    Patch(&'a Version),
    /// The data does not say.
    NotRecorded,
}

/// The text of the module `flag`: a typed key for each flag.
///
/// Generated, so that a misspelt name does not compile; a test holds the committed file to it.
pub fn generate() -> String {
    let mut out = String::from(
        "//! Typed keys for the API server's flags. Generated from `data/flags/kube-apiserver.json`; do not edit.\n\n\
         use crate::apiserver::{Flag, GoDuration};\n\n",
    );
    for flag in &KUBE_APISERVER.flags {
        let constant = flag.name.replace('-', "_").to_uppercase();
        let kind = match flag.shape {
            "bool" => "bool",
            "int" => "i64",
            "float" => "f64",
            "duration" => "GoDuration",
            "list" => "Vec<String>",
            _ => "String",
        };
        let line = format!("pub const {constant}: Flag<{kind}> = Flag::new(\"{}\");", flag.name);
        if line.len() <= 120 {
            out.push_str(&line);
            out.push('\n');
        } else {
            let _ = writeln!(out, "pub const {constant}: Flag<{kind}> =\n    Flag::new(\"{}\");", flag.name);
        }
    }
    out
}

pub(crate) fn parse_minor(text: &str) -> Option<Minor> {
    let (major, minor) = text.split_once('.')?;
    Some(Minor::new(major.parse().ok()?, minor.parse().ok()?))
}

fn optional_minor<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Minor>, D::Error> {
    let text = Option::<&'de str>::deserialize(deserializer)?;
    text.map(|text| parse_minor(text).ok_or_else(|| serde::de::Error::custom("not a minor release"))).transpose()
}

fn minor_range<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(Minor, Minor), D::Error> {
    let text = <&'de str>::deserialize(deserializer)?;
    let range = text.split_once('-').and_then(|(from, to)| Some((parse_minor(from)?, parse_minor(to)?)));
    range.ok_or_else(|| serde::de::Error::custom("not a range of minor releases"))
}

fn release<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    <&'de str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn releases<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Version>, D::Error> {
    let texts = Vec::<&'de str>::deserialize(deserializer)?;
    texts.into_iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn flag(name: &str) -> &'static Flag {
        KUBE_APISERVER.find(name).expect("a flag")
    }

    #[test]
    fn a_flag_lives_from_its_release_to_its_removal() {
        assert_eq!(flag("anonymous-auth").presence(&version("1.36.2")), Presence::Yes);
        assert_eq!(flag("basic-auth-file").presence(&version("1.18.9")), Presence::Yes);
        assert_eq!(flag("basic-auth-file").presence(&version("1.19")), Presence::No);
        assert_eq!(flag("authentication-config").presence(&version("1.28")), Presence::No);
        assert_eq!(flag("request-timeout").presence(&version("1.7.5")), Presence::No);
        assert_eq!(flag("request-timeout").presence(&version("1.7.6")), Presence::Yes);
        assert_eq!(flag("request-timeout").presence(&version("1.7")), Presence::Maybe);
    }

    #[test]
    fn a_default_may_change_with_a_patch() {
        let anonymous = |text: &str| flag("anonymous-auth").default(&version(text)).map(|default| default.value);
        assert_eq!(anonymous("1.5.0"), Ok("true"));
        assert_eq!(anonymous("1.5.1"), Ok("false"));
        assert_eq!(anonymous("1.5"), Err(DefaultUnknown::Patch(&version("1.5.1"))));
        assert_eq!(anonymous("1.6"), Ok("true"));
        assert_eq!(anonymous("1.36.2"), Ok("true"));
    }

    #[test]
    fn underscores_were_not_always_taken() {
        for (minor, taken) in [(9, true), (10, false), (20, false), (22, false), (23, true), (36, true)] {
            assert_eq!(KUBE_APISERVER.takes_underscores(Minor::new(1, minor)), taken, "1.{minor}");
        }
    }

    #[test]
    fn a_misspelt_name_has_a_neighbour() {
        let nearest = |name: &str| KUBE_APISERVER.nearest(name, |_| true).map(|flag| flag.name);
        assert_eq!(nearest("anonimous-auth"), Some("anonymous-auth"));
        assert_eq!(nearest("etcd-server"), Some("etcd-servers"));
        assert_eq!(nearest("pod-network-cidr"), None);
    }

    #[test]
    fn the_typed_keys_are_current() {
        let committed = include_str!("flag.rs");
        assert!(committed == generate(), "src/flag.rs is not what facts::flags::generate writes");
    }
}
