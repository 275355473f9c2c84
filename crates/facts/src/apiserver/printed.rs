//! Values of flags as the component prints them, and what they are read as.

use std::{fmt, marker::PhantomData};

use model::{Origin, Reading, Setting};

use crate::{golang, pflag::Kind};

/// A flag's name and the type of its value; the keys are the constants of [`crate::flag`].
pub struct Flag<T> {
    pub name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Flag<T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }
}

/// A duration as Go reads and prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration {
    pub nanoseconds: i64,
}

impl GoDuration {
    /// Reads what Go reads: `1h30m`, `1m0s`.
    pub fn parse(text: &str) -> Option<Self> {
        golang::parse_duration(text).map(|nanoseconds| Self { nanoseconds })
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&golang::format_duration(self.nanoseconds))
    }
}

/// What holds for a flag, with what the component prints and where it comes from.
#[derive(Clone, Debug)]
pub struct Held<'a, T> {
    /// What is in force, which another setting may have decided.
    pub value: T,
    pub setting: &'a Setting,
    pub reading: &'a Reading,
}

impl<'a, T> Held<'a, T> {
    pub fn origin(&self) -> &'a Origin {
        &self.reading.origin
    }
}

/// A type that the printed text of a flag can be read as.
pub trait FromPrinted: Sized {
    fn from_printed(kind: Kind, text: &str) -> Option<Self>;
}

impl FromPrinted for bool {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_bool(text)
    }
}

impl FromPrinted for i64 {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_int(text, 64)
    }
}

impl FromPrinted for f64 {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_float(text)
    }
}

impl FromPrinted for GoDuration {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_duration(text).map(|nanoseconds| Self { nanoseconds })
    }
}

impl FromPrinted for String {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        Some(golang::unquote(text))
    }
}

impl FromPrinted for Vec<String> {
    fn from_printed(kind: Kind, text: &str) -> Option<Self> {
        let text = golang::unquote(text);
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text);
        match kind {
            _ if inner.is_empty() => Some(Self::new()),
            Kind::NamedCertKeyArray => Some(inner.split(';').map(str::to_owned).collect()),
            _ => golang::read_csv(inner),
        }
    }
}
