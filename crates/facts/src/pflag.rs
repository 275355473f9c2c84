//! A command line as `spf13/pflag` reads it, and the values of flags as their Go types take and print them.
//!
//! The grammar is that of `FlagSet.parseArgs` in pflag's flag.go, which has not changed between the releases vendored by
//! Kubernetes 1.5 and 1.36; the types are pflag's own, those of component-base's `cli/flag` and klog's. What a flag means
//! is not known here.

pub(crate) mod quantity;

use std::{collections::BTreeMap, net::IpAddr};

use model::{Form, Gap, Minor, Site, Version};
use serde::Deserialize;

use crate::{
    Hand, Word,
    apiserver::gates_of_stage,
    flags::{Presence, Table},
    golang,
};

/// A flag's Go type: how its text is read, how repetition counts and how it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Bool,
    Int,
    Uint,
    Float32,
    Float64,
    Duration,
    Ip,
    /// An address that is kept as it is written, or nothing.
    IpText,
    IpNet,
    String,
    StringSlice,
    StringArray,
    Int32Slice,
    /// `runtime-config`: a pair without `=` has an empty value.
    ConfigurationMap,
    /// One pair per occurrence; commas belong to the value.
    MapStringString,
    /// Pairs such as `key=value`, separated by commas.
    CommaMap,
    /// Pairs such as `key<value`, separated by commas.
    LangleMap,
    /// Pairs such as `Key=true`, separated by commas.
    MapStringBool,
    StringToString,
    FeatureGate,
    ColonSeparatedMultimap,
    NamedCertKeyArray,
    PortRange,
    Cidrs,
    Severity,
    Level,
    VerbosityLevel,
    ModuleSpec,
    VmoduleConfiguration,
    TraceLocation,
    Quantity,
    Version,
}

/// A value as the process holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
    Ip(Option<IpAddr>),
    Text(String),
    List(Vec<String>),
    Ints(Vec<i32>),
    Map(BTreeMap<String, String>),
    /// Pairs in the order of their keys, those of one key as they came.
    Pairs(Vec<(String, String)>),
    Ports(Option<(i64, i64)>),
}

impl Kind {
    /// Whether a flag of this kind never takes the next word.
    pub fn needs_no_value(self) -> bool {
        matches!(self, Self::Bool | Self::Version)
    }

    /// Whether another occurrence adds to the value instead of replacing it.
    pub fn accumulates(self) -> bool {
        matches!(
            self,
            Self::StringSlice
                | Self::StringArray
                | Self::Int32Slice
                | Self::ConfigurationMap
                | Self::MapStringString
                | Self::CommaMap
                | Self::LangleMap
                | Self::MapStringBool
                | Self::StringToString
                | Self::FeatureGate
                | Self::ColonSeparatedMultimap
                | Self::NamedCertKeyArray
                | Self::VmoduleConfiguration
        )
    }

    /// What a flag of this kind holds when nothing sets it and its default is empty.
    fn empty(self) -> Value {
        match self {
            Self::Bool => Value::Bool(false),
            Self::Int | Self::Severity | Self::Level | Self::VerbosityLevel => Value::Int(0),
            Self::Uint => Value::Uint(0),
            Self::Float32 | Self::Float64 => Value::Float(0.0),
            Self::Duration => Value::Duration(0),
            Self::Ip => Value::Ip(None),
            Self::String | Self::IpText | Self::IpNet | Self::TraceLocation | Self::Quantity | Self::Version => {
                Value::Text(String::new())
            }
            Self::StringSlice | Self::StringArray | Self::NamedCertKeyArray | Self::Cidrs => Value::List(Vec::new()),
            Self::Int32Slice => Value::Ints(Vec::new()),
            Self::ConfigurationMap
            | Self::MapStringString
            | Self::CommaMap
            | Self::LangleMap
            | Self::MapStringBool
            | Self::StringToString
            | Self::FeatureGate => Value::Map(BTreeMap::new()),
            Self::ColonSeparatedMultimap | Self::ModuleSpec | Self::VmoduleConfiguration => Value::Pairs(Vec::new()),
            Self::PortRange => Value::Ports(None),
        }
    }

    /// The value that stands for a default as the data writes it.
    pub fn default_value(self, text: &str, minor: Minor) -> Value {
        let mut value = self.empty();
        // klog prints the unset trace location as `:0`, which its own Set would refuse.
        if self == Self::TraceLocation {
            return Value::Text(text.to_owned());
        }
        if !text.is_empty() {
            // The table's defaults are written as on the command line; a test sets every one of them.
            let _ = self.set(&mut value, false, text, minor);
        }
        value
    }

    /// Takes one occurrence into the value. `changed` says that this flag was given before. The error is what the flag
    /// takes instead, to be read behind "`--x` takes".
    pub fn set(self, value: &mut Value, changed: bool, text: &str, minor: Minor) -> Result<(), String> {
        match self {
            Self::Bool => *value = Value::Bool(golang::parse_bool(text).ok_or("`true` or `false`")?),
            Self::Int => *value = Value::Int(golang::parse_int(text, 64).ok_or("an integer")?),
            Self::Uint => *value = Value::Uint(golang::parse_uint(text, 64).ok_or("an integer of 0 or more")?),
            Self::Float32 | Self::Float64 => {
                let number = golang::parse_float(text).ok_or("a number")?;
                if self == Self::Float32 && number.is_finite() && number.abs() > f64::from(f32::MAX) {
                    return Err("a number of 32 bits".to_owned());
                }
                *value = Value::Float(number);
            }
            Self::Duration => {
                *value = Value::Duration(golang::parse_duration(text).ok_or("a duration such as `30s` or `1h30m`")?);
            }
            Self::Ip => {
                // pflag 1.0.6, which Kubernetes vendors from 1.34 on, leaves the default alone where the text is empty.
                if text.is_empty() && minor >= Minor::new(1, 34) {
                    return Ok(());
                }
                let ip = golang::parse_ip(text.trim(), leading_zeros(minor)).ok_or("an IP address")?;
                *value = Value::Ip(Some(ip));
            }
            // pkg/util/flag/flags.go, IPVar (1.36).
            Self::IpText => {
                if !text.is_empty() {
                    golang::parse_ip(text, true).ok_or("an IP address, or nothing")?;
                }
                *value = Value::Text(text.to_owned());
            }
            Self::IpNet => {
                let range = golang::parse_cidr(text.trim(), leading_zeros(minor));
                *value = Value::Text(range.ok_or("an address range such as `10.0.0.0/24`")?.to_string());
            }
            Self::String => *value = Value::Text(text.to_owned()),
            Self::StringSlice => {
                let items = if text.is_empty() {
                    Vec::new()
                } else {
                    golang::read_csv(text).ok_or("a list separated by commas, quoted as in CSV")?
                };
                extend(value, changed, items);
            }
            Self::StringArray => extend(value, changed, vec![text.to_owned()]),
            Self::Int32Slice => {
                let items: Option<Vec<i32>> = text
                    .split(',')
                    .map(|item| golang::parse_int(item, 32).and_then(|item| i32::try_from(item).ok()))
                    .collect();
                let items = items.ok_or("numbers separated by commas")?;
                match value {
                    Value::Ints(held) if changed => held.extend(items),
                    _ => *value = Value::Ints(items),
                }
            }
            Self::ConfigurationMap => {
                for pair in text.split(',').filter(|pair| !pair.is_empty()) {
                    let (key, held) = pair.split_once('=').unwrap_or((pair, ""));
                    insert(value, key.trim(), held.trim());
                }
            }
            Self::MapStringString => {
                let (key, held) = text.split_once('=').ok_or("a pair such as `key=value`")?;
                if !changed {
                    *value = self.empty();
                }
                insert(value, key.trim(), held.trim());
            }
            // component-base cli/flag/map_string_string.go, langle_separated_map_string_string.go and map_string_bool.go (1.20.2).
            Self::CommaMap | Self::LangleMap | Self::MapStringBool => {
                let (between, expected) = match self {
                    Self::LangleMap => ('<', "pairs such as `key<value`, separated by commas"),
                    Self::MapStringBool => ('=', "pairs such as `Gate=true`, separated by commas"),
                    _ => ('=', "pairs such as `key=value`, separated by commas"),
                };
                let mut pairs = Vec::new();
                for pair in text.split(',').filter(|pair| !pair.is_empty()) {
                    let (key, held) = pair.split_once(between).ok_or(expected)?;
                    let held = match self {
                        Self::MapStringBool => golang::parse_bool(held.trim()).ok_or(expected)?.to_string(),
                        _ => held.trim().to_owned(),
                    };
                    pairs.push((key.trim(), held));
                }
                if !changed {
                    *value = self.empty();
                }
                for (key, held) in pairs {
                    insert(value, key, &held);
                }
            }
            Self::StringToString => {
                const EXPECTED: &str = "pairs such as `key=value`, separated by commas and quoted as in CSV";
                let pairs = match text.bytes().filter(|b| *b == b'=').count() {
                    0 => return Err(EXPECTED.to_owned()),
                    1 => vec![text.trim_matches('"').to_owned()],
                    _ => golang::read_csv(text).ok_or(EXPECTED)?,
                };
                let pairs: Option<Vec<(&str, &str)>> = pairs.iter().map(|pair| pair.split_once('=')).collect();
                let pairs = pairs.ok_or(EXPECTED)?;
                if !changed {
                    *value = self.empty();
                }
                for (key, held) in pairs {
                    insert(value, key, held);
                }
            }
            Self::FeatureGate => {
                for pair in text.split(',').filter(|pair| !pair.is_empty()) {
                    let held =
                        pair.split_once('=').and_then(|(key, held)| Some((key, golang::parse_bool(held.trim())?)));
                    let (key, held) = held.ok_or("pairs such as `Gate=true`, separated by commas")?;
                    insert(value, key.trim(), if held { "true" } else { "false" });
                }
                gates_of_a_word(value, text, minor);
            }
            Self::ColonSeparatedMultimap => {
                let Value::Pairs(pairs) = value else { return Ok(()) };
                for pair in text.split(',').filter(|pair| !pair.is_empty()) {
                    let (key, held) = pair.split_once(':').unwrap_or(("", pair));
                    pairs.push((key.trim().to_owned(), held.trim().to_owned()));
                }
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
            }
            Self::NamedCertKeyArray => {
                extend(
                    value,
                    changed,
                    vec![named_cert_key(text).ok_or(
                        "a certificate and a key file separated by a comma, as in `tls.crt,tls.key:*.example.com`",
                    )?],
                );
            }
            Self::PortRange => *value = Value::Ports(port_range(text)?),
            Self::Cidrs => {
                // legacy-cloud-providers gce_loadbalancer.go: the set can be given once.
                if changed {
                    return Err("its ranges in one occurrence".to_owned());
                }
                let ranges: Option<Vec<golang::Cidr>> =
                    text.split(',').map(|range| golang::parse_cidr(range, leading_zeros(minor))).collect();
                let mut ranges: Vec<String> =
                    ranges.ok_or("address ranges separated by commas")?.iter().map(ToString::to_string).collect();
                ranges.sort();
                ranges.dedup();
                *value = Value::List(ranges);
            }
            Self::Severity => {
                let names = ["INFO", "WARNING", "ERROR", "FATAL"];
                let level = match names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
                    Some(level) => i64::try_from(level).ok(),
                    None => golang::parse_decimal(text, 32),
                };
                *value = Value::Int(level.ok_or("a number, or INFO, WARNING, ERROR or FATAL")?);
            }
            Self::Level => *value = Value::Int(golang::parse_decimal(text, 32).ok_or("a number")?),
            Self::VerbosityLevel => {
                let level =
                    golang::parse_decimal(text, 32).filter(|level| *level >= 0 && !text.starts_with(['+', '-']));
                *value = Value::Int(level.ok_or("a number of 0 or more")?);
            }
            Self::ModuleSpec | Self::VmoduleConfiguration => {
                const EXPECTED: &str = "patterns such as `file=2`, separated by commas";
                let mut patterns = Vec::new();
                for pattern in text.split(',').filter(|pattern| !pattern.is_empty()) {
                    let mut parts = pattern.split('=');
                    let (Some(file), Some(level), None) = (parts.next(), parts.next(), parts.next()) else {
                        return Err(EXPECTED.to_owned());
                    };
                    // The newer type reads an unsigned number, which has no sign at all.
                    let signed = self == Self::VmoduleConfiguration && level.starts_with(['+', '-']);
                    let level = golang::parse_decimal(level, 32).filter(|level| *level >= 0 && !signed);
                    let level = level.ok_or(EXPECTED)?;
                    if file.is_empty() {
                        return Err(EXPECTED.to_owned());
                    }
                    // klog forgets a pattern of level 0.
                    if level > 0 || self == Self::VmoduleConfiguration {
                        patterns.push((file.to_owned(), level.to_string()));
                    }
                }
                match value {
                    Value::Pairs(held) if self == Self::VmoduleConfiguration => held.extend(patterns),
                    _ => *value = Value::Pairs(patterns),
                }
            }
            Self::TraceLocation => {
                if text.is_empty() {
                    *value = Value::Text(":0".to_owned());
                    return Ok(());
                }
                let location = text.split_once(':').filter(|(file, line)| {
                    file.contains('.') && golang::parse_decimal(line, 64).is_some_and(|n| n > 0)
                });
                let (file, line) = location.ok_or("a place such as `file.go:12`")?;
                let line = golang::parse_decimal(line, 64).unwrap_or_default();
                *value = Value::Text(format!("{file}:{line}"));
            }
            Self::Quantity => {
                let quantity = quantity::canonical(text).ok_or("a quantity such as `512` or `2Ki`")?;
                *value = Value::Text(quantity);
            }
            Self::Version => {
                let held = match text {
                    "raw" => "raw",
                    // component-base version/verflag, 1.28: another name of the very release, with something behind it.
                    _ if text.starts_with('v') => {
                        let release = text.strip_prefix(&format!("v{minor}."));
                        let patch = release.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                        if minor < Minor::new(1, 28) || !patch {
                            return Err("`true`, `false`, `raw` or another name of its own release".to_owned());
                        }
                        text
                    }
                    _ => match golang::parse_bool(text).ok_or("`true`, `false` or `raw`")? {
                        true => "true",
                        false => "false",
                    },
                };
                *value = Value::Text(held.to_owned());
            }
        }
        Ok(())
    }

    /// The value that prints as a text, which is what `/flagz` gives; `None` where no value does.
    pub(crate) fn read_printed(self, text: &str, minor: Minor) -> Option<Value> {
        let bracketed = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let mut value = self.empty();
        let given = match self {
            Self::Ip | Self::IpNet if matches!(text, "" | "<nil>") => return Some(value),
            Self::String | Self::IpText | Self::Quantity | Self::TraceLocation | Self::Version => {
                return Some(Value::Text(text.to_owned()));
            }
            Self::StringSlice | Self::StringArray => {
                let inner = bracketed()?;
                let items = if inner.is_empty() { Vec::new() } else { golang::read_csv(inner)? };
                return Some(Value::List(items));
            }
            Self::NamedCertKeyArray => {
                let items = bracketed()?.split(';').filter(|item| !item.is_empty());
                return Some(Value::List(items.map(str::to_owned).collect()));
            }
            Self::MapStringString => {
                let mut last = String::new();
                for part in text.split(',').filter(|part| !part.is_empty()) {
                    match part.split_once('=') {
                        Some((key, held)) => {
                            insert(&mut value, key, held);
                            last = key.to_owned();
                        }
                        // A comma inside of a value is printed as it is.
                        None => match &mut value {
                            Value::Map(map) => map.get_mut(&last)?.extend([",", part]),
                            _ => return None,
                        },
                    }
                }
                return Some(value);
            }
            Self::Int32Slice | Self::StringToString => bracketed()?,
            _ => text,
        };
        if given.is_empty() && !matches!(self, Self::Bool | Self::Int | Self::Uint | Self::Duration) {
            return Some(value);
        }
        self.set(&mut value, false, given, minor).ok()?;
        Some(value)
    }

    /// The text between the quotes of the line `FLAG: --x="…"` that a component logs for the flag.
    ///
    /// It is quoted as Go quotes it, so that it holds no control characters whatever the flag was given.
    pub fn print(self, value: &Value) -> String {
        let text = match value {
            Value::Bool(held) => return held.to_string(),
            Value::Int(held) => return held.to_string(),
            Value::Uint(held) => return held.to_string(),
            Value::Float(held) if self == Self::Float32 => {
                #[expect(clippy::cast_possible_truncation, reason = "Go keeps the flag as a float32")]
                let narrow = *held as f32;
                return golang::format_float(f64::from(narrow), &format!("{narrow:e}"));
            }
            Value::Float(held) => return golang::format_float(*held, &format!("{held:e}")),
            Value::Duration(held) => return golang::format_duration(*held),
            Value::Ip(None) => "<nil>".to_owned(),
            Value::Ip(Some(ip)) => return ip.to_string(),
            Value::Text(held) if self == Self::IpNet && held.is_empty() => "<nil>".to_owned(),
            Value::Text(held) => return golang::quote(held),
            Value::List(items) => match self {
                Self::NamedCertKeyArray => format!("[{}]", items.join(";")),
                Self::Cidrs => items.join(","),
                _ => format!("[{}]", golang::write_csv(items.iter().map(String::as_str))),
            },
            Value::Ints(items) => format!("[{}]", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
            Value::Map(map) => {
                let pairs: Vec<String> = map.iter().map(|(key, held)| format!("{key}={held}")).collect();
                match self {
                    Self::StringToString => {
                        format!("[{}]", golang::write_csv(pairs.iter().map(String::as_str)).trim())
                    }
                    _ => {
                        let mut pairs = pairs;
                        pairs.sort();
                        pairs.join(",")
                    }
                }
            }
            Value::Pairs(pairs) => {
                let between = if self == Self::ColonSeparatedMultimap { ':' } else { '=' };
                pairs.iter().map(|(key, held)| format!("{key}{between}{held}")).collect::<Vec<_>>().join(",")
            }
            Value::Ports(None) => return String::new(),
            Value::Ports(Some((low, high))) => return format!("{low}-{high}"),
        };
        golang::quote(&text)
    }
}

/// Kubernetes is built with Go 1.17, which refuses leading zeros in addresses, from 1.23 on.
pub(crate) fn leading_zeros(minor: Minor) -> bool {
    minor < Minor::new(1, 23)
}

/// Gates that AllAlpha and AllBeta switch with themselves, unless they are set already (component-base
/// featuregate/feature_gate.go, setUnsetAlphaGates, which writes each of them into what is printed).
fn gates_of_a_word(value: &mut Value, text: &str, minor: Minor) {
    for (word, alpha) in [("AllAlpha", true), ("AllBeta", false)] {
        let Value::Map(map) = &*value else { return };
        let given = text.split(',').any(|pair| pair.split_once('=').is_some_and(|(key, _)| key.trim() == word));
        let Some(held) = map.get(word).filter(|_| given).cloned() else { continue };
        let unset = gates_of_stage(alpha, minor).filter(|gate| !map.contains_key(*gate));
        for gate in unset.collect::<Vec<_>>() {
            insert(value, gate, &held);
        }
    }
}

fn extend(value: &mut Value, changed: bool, items: Vec<String>) {
    match value {
        Value::List(held) if changed => held.extend(items),
        _ => *value = Value::List(items),
    }
}

fn insert(value: &mut Value, key: &str, held: &str) {
    if let Value::Map(map) = value {
        map.insert(key.to_owned(), held.to_owned());
    }
}

/// component-base cli/flag/namedcertkey_flag.go.
fn named_cert_key(text: &str) -> Option<String> {
    let (files, names) = match text.split_once(':') {
        Some((files, names)) => (files, Some(names.trim())),
        None => (text, None),
    };
    let (cert, key) = files.trim().split_once(',').filter(|(_, key)| !key.contains(','))?;
    let mut out = format!("{},{}", cert.trim(), key.trim());
    if let Some(names) = names {
        if names.is_empty() {
            return None;
        }
        out.push(':');
        out.push_str(&names.split(',').map(str::trim).collect::<Vec<_>>().join(","));
    }
    Some(out)
}

/// apimachinery pkg/util/net/port_range.go: `80`, `80-90` or `80+10`.
fn port_range(text: &str) -> Result<Option<(i64, i64)>, String> {
    const EXPECTED: &str = "a range of ports such as `30000-32767`";
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = |text: &str| golang::parse_decimal(text, 64).ok_or(EXPECTED);
    let (low, high) = match (text.split_once('-'), text.split_once('+')) {
        (None, None) => (number(text)?, number(text)?),
        (Some((low, high)), None) => (number(low)?, number(high)?),
        (None, Some((low, size))) => {
            let low = number(low)?;
            (low, low.checked_add(number(size)?).ok_or(EXPECTED)?)
        }
        (Some(_), Some(_)) => return Err(EXPECTED.to_owned()),
    };
    if low > 65_535 || high > 65_535 || high < low {
        return Err(format!("{EXPECTED}, up to 65535 and in order"));
    }
    Ok(Some((low, high)))
}

/// One flag given once.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    /// Its place in the table.
    pub(crate) flag: usize,
    /// The text of its value; `Err` where part of it is known only later.
    pub(crate) text: Result<String, Gap>,
    pub(crate) site: Site,
    pub(crate) hand: Hand,
}

impl Occurrence {
    fn of(flag: usize, text: Result<String, Gap>, site: Site, word: &Word) -> Self {
        Self { flag, text, site, hand: word.hand.clone() }
    }
}

/// A word that pflag, or the component behind it, does not take.
#[derive(Clone, Debug)]
pub(crate) enum Mistake {
    /// `--=x`, `---x`.
    Syntax(Word),
    /// A flag that this release does not have, under the name that was given.
    Unknown {
        name: String,
        site: Site,
    },
    UnknownShorthand {
        letter: char,
        word: Word,
    },
    /// The last word is a flag that needs a value.
    NoValue {
        flag: usize,
        word: Word,
    },
    /// A word that is no flag.
    Stray(Word),
}

/// A command line taken apart. pflag itself stops at the first mistake; here the rest is still read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) mistakes: Vec<Mistake>,
    /// Words of which not even the flag is known, each with the number of occurrences before it.
    pub(crate) opaque: Vec<(usize, Gap)>,
}

/// Reads the words as a component of that release reads them.
pub(crate) fn parse(words: &[&Word], table: &Table, version: &Version) -> Parsed {
    let mut parsed = Parsed::default();
    let underscores = table.takes_underscores(version.minor);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text.as_str();
        if let Some(gap) = &word.unresolved
            && !names_a_flag(text)
        {
            parsed.opaque.push((parsed.occurrences.len(), gap.clone()));
            continue;
        }
        if text.len() < 2 || !text.starts_with('-') {
            // The component looks only for arguments that are not empty.
            if !text.is_empty() {
                parsed.mistakes.push(Mistake::Stray((*word).clone()));
            }
            continue;
        }
        if text == "--" {
            let rest = words.get(at..).unwrap_or_default();
            parsed
                .mistakes
                .extend(rest.iter().filter(|word| !word.text.is_empty()).map(|word| Mistake::Stray((*word).clone())));
            break;
        }
        let Some(long) = text.strip_prefix("--") else {
            shorthands(word, words, &mut at, table, version, &mut parsed);
            continue;
        };
        if long.starts_with(['-', '=']) {
            parsed.mistakes.push(Mistake::Syntax((*word).clone()));
            continue;
        }
        let (name, inline) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        let dashed = name.replace('_', "-");
        let known = if underscores { dashed.as_str() } else { name };
        let present = table
            .position(known)
            .filter(|index| table.flags.get(*index).is_some_and(|flag| flag.presence(version) != Presence::No));
        let Some(index) = present else {
            parsed.mistakes.push(Mistake::Unknown { name: name.to_owned(), site: word.site.clone() });
            // A flag of another release would take the next word as its value, and so, most likely, would a misspelt
            // one: that word is no mistake of its own.
            let bare_bool = table.find(&dashed).is_some_and(|flag| flag.kind(version.minor).needs_no_value());
            let next_is_value = words.get(at).is_some_and(|next| !next.text.starts_with('-'));
            if inline.is_none() && !bare_bool && next_is_value {
                at += 1;
            }
            continue;
        };
        let needs_no_value = table.flags.get(index).is_some_and(|flag| flag.kind(version.minor).needs_no_value());
        let occurrence = match inline {
            Some(value) => Occurrence::of(index, known_text(word, value), word.site.clone(), word),
            None if needs_no_value => Occurrence::of(index, known_text(word, "true"), word.site.clone(), word),
            None => {
                let Some(next) = words.get(at) else {
                    parsed.mistakes.push(Mistake::NoValue { flag: index, word: (*word).clone() });
                    continue;
                };
                at += 1;
                Occurrence::of(index, known_text(next, &next.text), split_site(next), word)
            }
        };
        parsed.occurrences.push(occurrence);
    }
    parsed
}

/// `-v=2`, `-v2`, `-v 2`, `-h`.
fn shorthands(word: &Word, words: &[&Word], at: &mut usize, table: &Table, version: &Version, parsed: &mut Parsed) {
    let mut rest = word.text.strip_prefix('-').unwrap_or_default();
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        let name = match letter {
            'v' => "v",
            'h' => "help",
            _ => "",
        };
        let Some((index, flag)) = table.position(name).and_then(|index| Some((index, table.flags.get(index)?))) else {
            parsed.mistakes.push(Mistake::UnknownShorthand { letter, word: word.clone() });
            // pflag never looks at the remaining letters, and neither at what would be the value.
            let next_is_value = words.get(*at).is_some_and(|next| !next.text.starts_with('-'));
            if !word.text.contains('=') && next_is_value && after.len() > 1 {
                *at += 1;
            }
            return;
        };
        let needs_no_value = flag.kind(version.minor).needs_no_value();
        let (text, site) = match after.strip_prefix('=') {
            Some(value) if !value.is_empty() => (known_text(word, value), word.site.clone()),
            _ if needs_no_value => (known_text(word, "true"), word.site.clone()),
            _ if !after.is_empty() => (known_text(word, after), word.site.clone()),
            _ => match words.get(*at) {
                Some(next) => {
                    *at += 1;
                    (known_text(next, &next.text), split_site(next))
                }
                None => {
                    parsed.mistakes.push(Mistake::NoValue { flag: index, word: word.clone() });
                    return;
                }
            },
        };
        let ends = !needs_no_value || after.starts_with('=');
        parsed.occurrences.push(Occurrence::of(index, text, site, word));
        if ends {
            return;
        }
        rest = after;
    }
}

fn known_text(word: &Word, text: &str) -> Result<String, Gap> {
    match &word.unresolved {
        Some(gap) => Err(gap.clone()),
        None => Ok(text.to_owned()),
    }
}

/// The place of a value that is a word of its own.
fn split_site(word: &Word) -> Site {
    let form = if word.site.form == Form::Word { Form::SplitWord } else { word.site.form };
    Site { at: word.site.at.clone(), form }
}

/// Whether an unresolved word shows its flag: what is not known stands behind the `=`.
fn names_a_flag(text: &str) -> bool {
    let Some((name, _)) = text.strip_prefix("--").and_then(|text| text.split_once('=')) else { return false };
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::KUBE_APISERVER;

    const NEW: Minor = Minor::new(1, 36);
    const OLD: Minor = Minor::new(1, 20);

    /// Gives a flag of that kind the texts in turn: what is printed in the end, or what it takes instead.
    fn given(kind: Kind, minor: Minor, texts: &[&str]) -> Result<String, String> {
        let mut value = kind.default_value("", minor);
        for (index, text) in texts.iter().enumerate() {
            kind.set(&mut value, index > 0, text, minor)?;
        }
        Ok(kind.print(&value))
    }

    #[test]
    fn each_kind_takes_and_prints_its_own_text() {
        for (kind, texts, printed) in [
            (Kind::StringSlice, &["a,b", "\"c,d\""][..], "[a,b,\\\"c,d\\\"]"),
            (Kind::StringSlice, &[""], "[]"),
            (Kind::StringArray, &["a,b", "c"], "[\\\"a,b\\\",c]"),
            (Kind::Int32Slice, &["29,0x17"], "[29,23]"),
            (Kind::ConfigurationMap, &["b=1,a", " c = 2 "], "a=,b=1,c=2"),
            (Kind::MapStringString, &["b=x,y", "a=1"], "a=1,b=x,y"),
            (Kind::StringToString, &["b=1", "\"a=x,y\",c=3"], "[\\\"a=x,y\\\",b=1,c=3]"),
            (Kind::FeatureGate, &["B=t", "A=false,B=0"], "A=false,B=false"),
            (Kind::ColonSeparatedMultimap, &["kube:B=true,A=false", "A=true"], ":A=false,:A=true,kube:B=true"),
            (Kind::NamedCertKeyArray, &["a.crt, a.key", "b.crt,b.key:*.x, y"], "[a.crt,a.key;b.crt,b.key:*.x,y]"),
            (Kind::PortRange, &["30000+10"], "30000-30010"),
            (Kind::PortRange, &[" 80 "], "80-80"),
            (Kind::Cidrs, &["35.191.0.0/16,10.1.2.3/8"], "10.0.0.0/8,35.191.0.0/16"),
            (Kind::Severity, &["warning"], "1"),
            (Kind::ModuleSpec, &["a=1,b=0"], "a=1"),
            (Kind::VmoduleConfiguration, &["a=1,b=0", "c=2"], "a=1,b=0,c=2"),
            (Kind::Ip, &["::FFFF:10.0.0.1"], "10.0.0.1"),
            (Kind::Ip, &[""], "<nil>"),
            (Kind::Float32, &["0.1"], "0.1"),
            (Kind::Version, &["raw"], "raw"),
        ] {
            assert_eq!(given(kind, NEW, texts).as_deref(), Ok(printed), "{kind:?} {texts:?}");
        }
    }

    #[test]
    fn each_kind_refuses_what_its_own_type_refuses() {
        for (kind, texts) in [
            (Kind::Bool, &["yes"][..]),
            (Kind::Uint, &["-1"]),
            (Kind::StringSlice, &["a\"b"]),
            (Kind::Int32Slice, &[""]),
            (Kind::MapStringString, &["x"]),
            (Kind::StringToString, &["x"]),
            (Kind::FeatureGate, &["A=yes"]),
            (Kind::NamedCertKeyArray, &["a"]),
            (Kind::NamedCertKeyArray, &["a,b:"]),
            (Kind::PortRange, &["20-10"]),
            (Kind::PortRange, &["1-70000"]),
            (Kind::Cidrs, &["10.0.0.0/8", "10.0.0.0/8"]),
            (Kind::VerbosityLevel, &["+1"]),
            (Kind::Quantity, &["1x"]),
            (Kind::Version, &["yes"]),
        ] {
            assert!(given(kind, NEW, texts).is_err(), "{kind:?} {texts:?}");
        }
        assert!(given(Kind::Ip, OLD, &[""]).is_err());
    }

    #[test]
    fn every_default_of_the_data_is_one_the_flag_takes() {
        let table = &*KUBE_APISERVER;
        for flag in &table.flags {
            for minor in table.minors() {
                let version = Version::of_minor(minor);
                let Ok(default) = flag.default(&version) else { continue };
                let text = default.raw.unwrap_or(default.value);
                let kind = flag.kind(minor);
                if text.is_empty() || kind == Kind::TraceLocation || flag.presence(&version) == Presence::No {
                    continue;
                }
                let mut value = kind.default_value("", minor);
                assert_eq!(kind.set(&mut value, false, text, minor), Ok(()), "--{} in {minor}", flag.name);
            }
        }
    }
}
