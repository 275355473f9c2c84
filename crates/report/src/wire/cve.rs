//! `portcullis.cve/1`: what a release is affected by.

use schemars::JsonSchema;
use serde::Serialize;

use super::Tool;

/// `portcullis.cve/1`: what a release is affected by, by its number alone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cve {
    pub schema: &'static str,
    pub tool: Tool,
    /// The day, as `2026-11-24`.
    pub as_of: String,
    pub version: String,
    pub vendor: Option<Vendor>,
    pub release: MinorRelease,
    /// Worst first.
    pub advisories: Vec<CveEntry>,
    /// Releases that end some of them, nearest first.
    pub upgrades: Vec<Upgrade>,
}

/// Who built a release that is not upstream's own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Vendor {
    pub name: String,
    pub advisories: String,
}

/// The minor release in the calendar.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MinorRelease {
    pub minor: String,
    pub released: Option<String>,
    /// The last day of maintenance.
    pub ends: Option<String>,
    /// Whether that day follows from the policy and was not announced.
    pub estimated: bool,
    /// `maintained`, `ended` or `unknown`.
    pub state: String,
    pub latest_patch: Option<String>,
}

/// One advisory of a release.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CveEntry {
    pub id: String,
    /// `critical`, `high`, `medium`, `low` or `unknown`.
    pub severity: String,
    pub score: Option<f64>,
    pub components: Vec<String>,
    pub title: String,
    /// When a cluster of that release is exposed; a sentence.
    pub exposed_if: String,
    /// Whether every cluster of that release is.
    pub always: bool,
    /// Whether every patch has it, where no patch was named.
    pub every_patch: bool,
    pub fixed_in: Option<String>,
    pub published: Option<String>,
    pub references: Vec<String>,
}

/// A release and how many of the advisories it ends.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Upgrade {
    pub version: String,
    pub maintained_until: Option<String>,
    pub ends: usize,
}
