//! The Go types of flags: which there are, what each holds when nothing sets it, and how a default is written.

use std::{collections::BTreeMap, net::IpAddr};

use model::Minor;
use serde::Deserialize;

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
    pub(super) fn empty(self) -> Value {
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
}
