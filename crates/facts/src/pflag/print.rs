//! How values are printed, as the `String` of each Go type has it and `--v` and `/flagz` show it.

use model::Minor;

use super::{Kind, Value, set::insert};
use crate::golang;

impl Kind {
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
