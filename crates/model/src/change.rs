//! What would have to change, as wishes first and as bytes only at the very end.

use crate::{EvidenceId, Site, Span};

/// How much thought a change needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// Nothing that works can stop working.
    Safe,
    /// A person should read it first: it restarts a control plane, or something may rely on the old state.
    Review,
    /// Only a person can make it.
    Manual,
}

impl Safety {
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Review => "review",
            Self::Manual => "manual",
        }
    }
}

/// A wanted state of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The setting shall have this value: where it is written, or added at its home.
    Set { setting: String, site: Site, to: String },
    /// Nobody shall write the setting; every site of it goes.
    Remove { setting: String, sites: Vec<Site> },
}

/// What to do about a finding, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// An order: "refuse requests without credentials".
    pub title: String,
    pub safety: Safety,
    /// What stops working, a sentence each; empty where nothing does.
    pub breaks: Vec<String>,
    pub changes: Vec<Change>,
}

/// New text for a byte range of one piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub evidence: EvidenceId,
    pub span: Span,
    pub text: String,
}
