//! The nouns of the project: evidence, settings and their origins, verdicts and findings.
//!
//! Every crate speaks in these types and none of them explains itself twice. The room has no I/O, no serialisation and no
//! dependencies, so that changing how a report looks or where evidence comes from leaves it alone.
//!
//! Start at [`Evidence`] (what was looked at), go on to [`Component`] (what is in force) and end at [`Entry`] (what was
//! concluded).

mod change;
mod component;
mod evidence;
mod hex;
mod outside;
mod release;
mod verdict;

pub use change::{Change, Edit, Remedy, Safety};
pub use component::{
    Author, Component, Contradiction, DECLARED, Effective, Origin, Problem, ProblemKind, Reading, Setting, spelled,
};
pub use evidence::{
    Body, CutSecret, Digest, Evidence, EvidenceId, Form, Gap, GapKind, Key, KeyForm, Kind, Location, Named, Nature,
    Plane, PrivateKey, Shape, Site, Span, Strength,
};
pub use hex::hex;
pub use outside::{Demand, Listener, Meaning, NOWHERE, Over, TOKEN, Who};
pub use release::{Minor, Release, Version, VersionError};
pub use verdict::{
    Answer, Confidence, Entry, Failure, Finding, Label, Outcome, RuleCard, Severity, Unanswered, Verdict, Waived,
};
