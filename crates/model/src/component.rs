//! What is in force in one process, and why.

use crate::{EvidenceId, Gap, Location, Plane, Release, Site};

/// Why a value is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it there.
    Written(Site),
    /// Nobody wrote it; it would be written at `home`.
    Default { by: Author, home: Option<Site> },
    /// Something else that was written, or left to its default, decides it.
    Implied { by: Option<Location>, how: String },
    /// The component gives the value and not the reason.
    Reported(Location),
}

impl Origin {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Written(_) => "written",
            Self::Default { .. } => "default",
            Self::Implied { .. } => "implied",
            Self::Reported(_) => "reported",
        }
    }

    /// The place to look at: where it is written, or would be, or what decides it.
    pub fn location(&self) -> Option<&Location> {
        match self {
            Self::Written(site) => Some(&site.at),
            Self::Default { home, .. } => home.as_ref().map(|site| &site.at),
            Self::Implied { by, .. } => by.as_ref(),
            Self::Reported(at) => Some(at),
        }
    }
}

/// Whose default it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The component's own; `since` is the first release that has this default, where that is known.
    Upstream {
        since: Option<String>,
    },
    Distribution {
        name: &'static str,
    },
}

/// What one source says about one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub plane: Plane,
    /// The text that the component prints for the flag, secrets cut out.
    pub value: String,
    /// What holds, in the same spelling, where that is something else.
    pub effective: Option<Box<Effective>>,
    /// Why it is not known what holds although the value is: something else that was not read may decide.
    pub open: Option<Box<Gap>>,
    pub origin: Origin,
    /// What it won over in its own source, nearest first.
    pub overrides: Vec<(Origin, String)>,
}

/// A value that holds in place of the one that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    pub value: String,
    /// The setting that decides it.
    pub by: String,
    /// Where that is written, if it is.
    pub at: Option<Location>,
}

impl Reading {
    /// What holds, as far as `open` does not say otherwise.
    pub fn in_force(&self) -> &str {
        self.effective.as_ref().map_or(&self.value, |effective| &effective.value)
    }
}

/// What stands between the reason why the nearest plane is not known and the words of a farther one, in the gap of a setting.
pub const DECLARED: &str = "; what is declared says that ";

/// One setting of one instance: a reading, or the gap that hides it, for each source in scope; nearest to behaviour
/// first, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub readings: Vec<Result<Reading, Gap>>,
    /// Whether nobody gives it, in whichever of the possible releases; their defaults may still differ.
    pub is_left_out: bool,
    /// Nobody gives it, only some of the possible releases have it, and in each of those that is nothing: off, none or empty.
    /// So it is nothing in the others, too.
    pub unset: Option<Box<Reading>>,
}

/// A setting as its operators spell it: a field of a configuration file by its path, a flag with its dashes. No flag has a
/// capital letter or a dot.
pub fn spelled(name: &str) -> String {
    let is_a_field = name.contains('.') || name.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_a_field || name.starts_with('-') { name.to_owned() } else { format!("--{name}") }
}

impl Setting {
    /// What the nearest source in scope says: it speaks, or it is a gap. There is no search and no fallback.
    pub fn nearest(&self) -> Result<&Reading, &Gap> {
        self.readings.first().expect("a setting has at least one reading").as_ref()
    }

    /// The nearest source, where it also tells what holds.
    pub fn in_force(&self) -> Result<&Reading, &Gap> {
        let reading = self.nearest()?;
        reading.open.as_deref().map_or(Ok(reading), Err)
    }

    /// What holds, also where it is certain only that nothing does because nobody gives it in whichever release this is.
    pub fn known(&self) -> Result<&Reading, &Gap> {
        self.in_force().or_else(|gap| self.unset.as_deref().ok_or(gap))
    }
}

/// Something wrong with what was looked at, worth saying whatever the rules conclude.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Whether the component does not start because of it.
    pub stops: bool,
    pub message: String,
    pub hint: Option<String>,
    pub location: Option<Location>,
    /// The setting it is about, where it is about one.
    pub setting: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// A value that the component does not take.
    Refused,
    /// Something required that is not there.
    Missing,
    /// A flag that the release no longer has, ignores, or has marked deprecated.
    Removed,
    /// A flag or field that nobody knows.
    Unknown,
    /// Given more than once.
    Duplicate,
    /// Two things that exclude each other.
    Conflict,
    /// Could not be read.
    Unreadable,
}

impl ProblemKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Missing => "missing",
            Self::Removed => "removed",
            Self::Unknown => "unknown",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One process of a component as a table of settings; `facts` lays a typed view over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub name: &'static str,
    /// Node name, else pod name, else evidence name; unique within cluster and component.
    pub instance: String,
    pub release: Release,
    /// `None` where that depends on something that was not seen.
    pub starts: Option<bool>,
    /// What was not seen and could still keep it from starting.
    pub unseen: Vec<Gap>,
    /// All settings of that release, sorted by name, each once.
    pub settings: Vec<Setting>,
    pub problems: Vec<Problem>,
    /// What declares it.
    pub declared_in: EvidenceId,
    /// What it was seen to do against what it says; a gap where somebody looked and could not see.
    pub contradicted: Result<Vec<Contradiction>, Gap>,
    /// What was not seen and wins over all that was: nothing here is sure to be in force.
    pub outranked: Option<Gap>,
}

/// Behaviour that a setting rules out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    pub setting: &'static str,
    /// Who does what, a sentence without its full stop.
    pub does: String,
    pub at: Location,
}

impl Component {
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        let index = self.settings.binary_search_by(|setting| setting.name.cmp(name)).ok()?;
        self.settings.get(index)
    }
}
