//! How the text of one occurrence becomes a value, as the `Set` of each Go type has it.

use model::Minor;

use super::{Kind, Value, quantity};
use crate::{apiserver::gates_of_stage, golang};

impl Kind {
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
}

/// Kubernetes is built with Go 1.17, which refuses leading zeros in addresses, from 1.23 on.
fn leading_zeros(minor: Minor) -> bool {
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

pub(super) fn insert(value: &mut Value, key: &str, held: &str) {
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
