//! Kubernetes versions, exact or as the range that the evidence leaves open.

use std::{fmt, str::FromStr};

/// A major and minor number: `1.29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor {
    pub major: u16,
    pub minor: u16,
}

impl Minor {
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The minor release after this one.
    pub fn next(self) -> Self {
        Self::new(self.major, self.minor + 1)
    }

    /// The minor release before this one; `1.0` stays.
    pub fn previous(self) -> Self {
        Self::new(self.major, self.minor.saturating_sub(1))
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A release: `1.29`, `1.29.3`, `1.29.3-gke.100`, `1.30.0-rc.1`, `1.28.2+k3s1`.
///
/// Ordered by its three numbers, an unnamed patch first; what comes behind them is kept for display only, because vendors
/// number their builds each in their own way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub minor: Minor,
    /// `None` when only the minor release is known.
    pub patch: Option<u16>,
    /// Whatever follows the numbers, with its leading `-` or `+`; empty for an upstream release.
    pub suffix: String,
}

impl Version {
    pub fn of_minor(minor: Minor) -> Self {
        Self { minor, patch: None, suffix: String::new() }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.minor)?;
        if let Some(patch) = self.patch {
            write!(f, ".{patch}")?;
        }
        f.write_str(&self.suffix)
    }
}

/// The text is no Kubernetes version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionError;

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a Kubernetes version; write it as 1.29 or 1.29.3")
    }
}

impl std::error::Error for VersionError {}

impl FromStr for Version {
    type Err = VersionError;

    /// Takes a leading `v` and any suffix that starts with `-` or `+`; a suffix needs all three numbers before it.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let (numbers, suffix) = text.split_at(end);
        let mut parts = numbers.split('.').map(number);
        let (major, minor) = match (parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor))) => (major, minor),
            _ => return Err(VersionError),
        };
        let patch = match parts.next() {
            None => None,
            Some(Some(patch)) => Some(patch),
            Some(None) => return Err(VersionError),
        };
        let plain_suffix = suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b));
        if parts.next().is_some() || (patch.is_none() && !suffix.is_empty()) || !plain_suffix || suffix.len() > 64 {
            return Err(VersionError);
        }
        Ok(Self { minor: Minor::new(major, minor), patch, suffix: suffix.to_owned() })
    }
}

/// Digits only: Rust's own parser would also take a sign.
fn number(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Which release a component is of, as far as the evidence tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    Exactly(Version),
    /// Any release from the first to the last minor, both included.
    Within {
        from: Minor,
        to: Minor,
    },
}

impl Release {
    /// The oldest and the newest minor release this can be.
    pub fn bounds(&self) -> (Minor, Minor) {
        match self {
            Self::Exactly(version) => (version.minor, version.minor),
            Self::Within { from, to } => (*from, *to),
        }
    }

    /// Every minor release this can be, oldest first.
    pub fn minors(&self) -> impl Iterator<Item = Minor> {
        let (from, to) = self.bounds();
        (from.minor..=to.minor).map(move |minor| Minor::new(from.major, minor))
    }

    /// Whether no possible release is older than `minor`.
    pub fn is_at_least(&self, minor: Minor) -> bool {
        self.bounds().0 >= minor
    }

    /// Whether every possible release is older than `minor`.
    pub fn is_before(&self, minor: Minor) -> bool {
        self.bounds().1 < minor
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(version) => version.fmt(f),
            Self::Within { from, to } if from == to => from.fmt(f),
            Self::Within { from, to } => write!(f, "{from} to {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_as_written() {
        for text in ["1.29", "1.29.3", "1.28.2+k3s1", "1.27.3-gke.100", "1.30.0-rc.1"] {
            assert_eq!(text.parse::<Version>().map(|v| v.to_string()).as_deref(), Ok(text));
            assert_eq!(format!("v{text}").parse::<Version>().map(|v| v.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "1", "1.", "1.x", "1.2.3.4", "+1.2", "1.29-rc", "1.2.3-\u{1b}[0m", "latest", "99999.1"] {
            assert_eq!(text.parse::<Version>(), Err(VersionError), "{text}");
        }
    }

    #[test]
    fn versions_order_by_number() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        assert!(version("1.9.11") < version("1.10.0"));
        assert!(version("1.10") < version("1.10.0"));
        assert!(version("1.20.2") < version("1.20.10"));
    }
}
