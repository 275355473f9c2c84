//! The versioned wire format: what machines read.
//!
//! These types are the contract, and nothing else of ours is: they change only with the number in their `schema` key. Every
//! key is always there, `null` where there is nothing. They are filled by [`convert`](crate::convert) and described by
//! [`schema`](fn@crate::schema). Here is `portcullis.report/1`; every other document has a module.

mod benchmark;
mod certs;
mod cve;
mod diff;
mod effective;
mod fleet;
mod lines;
mod own;
mod probe;
mod probe_http;
mod probe_tls;
mod simulate;
mod trust;

use std::{borrow::Cow, collections::BTreeMap};

pub use benchmark::*;
pub use certs::*;
pub use cve::*;
pub use diff::*;
pub use effective::*;
pub use fleet::*;
pub use lines::*;
pub use own::*;
pub use probe::*;
pub use probe_http::*;
pub use probe_tls::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use simulate::*;
pub use trust::*;

/// `portcullis.report/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Run,
    pub inputs: Inputs,
    pub rules: BTreeMap<String, Rule>,
    pub clusters: Vec<Cluster>,
    pub fleet: Option<Fleet>,
    pub problems: Vec<RunProblem>,
}

/// Which program, with which knowledge.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
    pub knowledge: Knowledge,
}

/// The day of each body of embedded facts, as `2026-11-23`; `null` where this build has none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Knowledge {
    pub flags: Option<String>,
    pub advisories: Option<String>,
    pub releases: Option<String>,
    pub controls: Option<String>,
}

/// The only part that differs between two runs over the same evidence.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Run {
    /// RFC 3339.
    pub started: String,
    pub duration_ms: u64,
    /// RFC 3339.
    pub as_of: String,
    pub settings: BTreeMap<String, String>,
    pub exit_code: u8,
}

/// Files and answers by what they turned out to be.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Inputs {
    pub judged: usize,
    pub supporting: usize,
    pub not_ours: usize,
    pub templated: usize,
    pub broken: usize,
    pub unread: usize,
}

/// What is known of a rule before it is asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rule {
    pub title: String,
    pub severity: String,
    pub component: String,
    /// Ids in other catalogues.
    pub references: Ids,
    /// Those of them that recommend the opposite.
    pub inverted: Ids,
}

/// Ids by catalogue; what is embedded is not copied.
pub type Ids = BTreeMap<Cow<'static, str>, Vec<&'static str>>;

/// A certificate and the day on which it ends, as `2026-11-24`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndingCertificate {
    pub name: String,
    pub ends: String,
    pub location: Location,
}

/// One cluster.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cluster {
    pub name: String,
    pub id: Option<String>,
    pub target: String,
    /// What the user says of it in a list of clusters.
    pub labels: BTreeMap<String, String>,
    pub distribution: Option<String>,
    pub version: Option<String>,
    /// The first and the last release it can be, where it is not known exactly.
    pub version_range: Option<[String; 2]>,
    pub components: Vec<Component>,
    pub evidence: Vec<Evidence>,
    pub requests: Option<Requests>,
    /// What looking at it from outside took; `null` where that was not done.
    pub outside: Option<Outside>,
    pub summary: Summary,
    pub verdicts: Vec<Entry>,
    pub advisories: Vec<Advisory>,
    /// What the benchmark that was asked for says; `null` where none was.
    pub benchmark: Option<Benchmark>,
    /// Whom it believes.
    pub trust: Trust,
    /// The certificates that end first.
    pub certificates: Vec<EndingCertificate>,
}

/// One process.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Component {
    pub name: String,
    pub instance: String,
    pub version: Option<String>,
    /// `null` where that depends on something that was not seen.
    pub starts: Option<bool>,
    pub problems: Vec<Problem>,
}

/// One thing looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Evidence {
    pub name: String,
    pub plane: String,
    pub kind: String,
    /// `read`, `missing` or `unread`.
    pub state: String,
    pub bytes: Option<u64>,
    /// Of the redacted text.
    pub sha256: Option<String>,
    pub reason: Option<String>,
}

/// Requests made to a live cluster.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Requests {
    pub count: u64,
    pub bytes: u64,
}

/// Conversations with the API of a live cluster as a stranger has them.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Outside {
    pub connections: u32,
    pub requests: u32,
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

/// Rules by their worst entry, and failing rules by the severity of that entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub pass: usize,
    pub fail: usize,
    pub undetermined: usize,
    pub not_applicable: usize,
    pub waived: usize,
    pub not_asked: usize,
    pub by_severity: BySeverity,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BySeverity {
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub info: usize,
}

/// One rule × component × instance × subject.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Entry {
    pub rule: &'static str,
    pub title: &'static str,
    pub severity: &'static str,
    pub outcome: Outcome,
    pub component: Option<&'static str>,
    pub instance: Option<String>,
    pub subject: Option<String>,
    pub setting: Option<String>,
    pub plane: Option<&'static str>,
    pub confidence: Option<&'static str>,
    pub message: String,
    /// The first is the place to look; a pass has the places it was judged by.
    pub locations: Vec<Location>,
    pub gap: Option<Box<Gap>>,
    pub not_applicable: Option<String>,
    pub remedy: Option<Box<Remedy>>,
    pub waiver: Option<Box<Waiver>>,
    /// The same for the same fault, whatever happens to lines and messages.
    pub fingerprint: String,
}

/// How a question ended; there is no sixth way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Pass,
    Fail,
    Undetermined,
    NotApplicable,
    Waived,
}

impl Outcome {
    pub const ALL: [Self; 5] = [Self::Fail, Self::Undetermined, Self::Waived, Self::Pass, Self::NotApplicable];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undetermined => "undetermined",
            Self::NotApplicable => "not-applicable",
            Self::Waived => "waived",
        }
    }
}

/// Lines and columns are 1-based, the end is exclusive, a column is a Unicode scalar value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Location {
    pub evidence: String,
    pub plane: &'static str,
    /// JSON Pointer (RFC 6901).
    pub pointer: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    pub label: Option<String>,
    /// The line, for places of what fails; from the redacted text.
    pub excerpt: Option<Excerpt>,
}

/// A line of evidence, or as much of a long one as a reader wants.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Excerpt {
    pub text: String,
    /// The column of the line that the text begins at.
    pub column: u32,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gap {
    /// `unread`, `not-collected`, `version`, `templated`, `unresolved` or `manual`.
    pub kind: &'static str,
    pub reason: String,
    pub wanted: String,
    pub who_could_answer: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Remedy {
    pub title: String,
    /// `safe`, `review` or `manual`.
    pub safety: &'static str,
    pub breaks: Vec<String>,
    /// Empty where it takes a person.
    pub edits: Vec<Edit>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Edit {
    pub evidence: String,
    pub start: [u32; 2],
    pub end: [u32; 2],
    pub text: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Waiver {
    pub reason: String,
    pub owner: String,
    pub until: String,
    pub value: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// `refused`, `missing`, `removed`, `unknown`, `duplicate`, `conflict` or `unreadable`.
    pub kind: String,
    pub stops: bool,
    pub message: String,
    pub hint: Option<String>,
    pub location: Option<Location>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunProblem {
    pub target: String,
    pub message: String,
    pub hint: Option<String>,
    pub location: Option<Location>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Advisory {
    pub id: String,
    pub component: String,
    pub instance: Option<String>,
    pub severity: String,
    /// `exposed`, `not-exposed`, `undetermined` or `mitigated`.
    pub exposure: String,
    pub message: String,
    pub fixed_in: Option<String>,
    pub wanted: Vec<String>,
    pub locations: Vec<Location>,
}
