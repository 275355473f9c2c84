//! `portcullis.diff/1`: what changed between two reports.

use schemars::JsonSchema;
use serde::Serialize;

use super::Outcome;

/// Two reports compared, `a` the older.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diff {
    pub schema: &'static str,
    pub a: Compared,
    pub b: Compared,
    /// Clusters of one of the two only, by name.
    pub clusters: ClusterChanges,
    /// Rules of one of the two only.
    pub rules: RuleChanges,
    pub counts: DiffCounts,
    /// What is or was wrong, and what passed and is no longer known to; sorted by cluster, rule, component, instance, subject.
    pub entries: Vec<DiffEntry>,
}

/// One of the two reports.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Compared {
    /// The path as given, or `-`.
    pub report: String,
    /// RFC 3339.
    pub as_of: String,
    pub tool_version: String,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ClusterChanges {
    pub added: Vec<String>,
    pub gone: Vec<String>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct RuleChanges {
    pub added: Vec<String>,
    pub gone: Vec<String>,
}

/// How many entries there are of each [`Change`].
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct DiffCounts {
    pub new: usize,
    pub changed: usize,
    pub fixed: usize,
    pub still: usize,
}

/// What became of one entry of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It fails and did not.
    New,
    /// It fails with other words or severity, is waived, or is no longer known.
    Changed,
    /// It failed, and passes or does not apply.
    Fixed,
    /// It fails as it did.
    Still,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    Rule,
    /// An advisory: exposed is `fail`; not exposed and mitigated are `pass`.
    Advisory,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct DiffEntry {
    pub change: Change,
    pub about: About,
    pub cluster: String,
    /// The rule, or the advisory.
    pub rule: String,
    pub component: Option<String>,
    pub instance: Option<String>,
    pub subject: Option<String>,
    pub setting: Option<String>,
    /// `null` where the older report has no such entry.
    pub before: Option<DiffState>,
    /// `null` where the newer report has no such entry.
    pub after: Option<DiffState>,
    /// Of the newer report, or of the older where only that has the entry.
    pub location: Option<DiffPlace>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct DiffState {
    pub outcome: Outcome,
    pub severity: String,
    pub message: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct DiffPlace {
    pub evidence: String,
    /// 1-based.
    pub line: Option<u32>,
    /// 1-based.
    pub column: Option<u32>,
}
