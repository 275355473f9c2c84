//! What only shows across clusters, as part of `portcullis.report/1`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Entry, Outcome};

/// What only shows across clusters; `null` where there are not several. Of many clusters fifty are named.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Fleet {
    pub verdicts: Vec<Entry>,
    /// How many clusters were judged.
    pub clusters: usize,
    /// Rules that end otherwise in a few clusters than in the rest, faults first.
    pub outliers: Vec<Outlier>,
    /// What is run, the newest first.
    pub versions: Vec<FleetVersion>,
    /// Flaws that some cluster is exposed to, worst first.
    pub advisories: Vec<FleetAdvisory>,
    /// What ends, by the day.
    pub calendar: Vec<FleetDay>,
}

/// A rule that ends otherwise in a few clusters.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outlier {
    pub rule: String,
    /// How it ends in those: `fail` where the others pass, or `pass` where they fail.
    pub outcome: Outcome,
    pub differ: usize,
    /// Of so many in which it could be judged.
    pub of: usize,
    pub clusters: Vec<String>,
}

/// Clusters of one version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FleetVersion {
    /// A version, or a range of them; `null` where nothing tells.
    pub version: Option<String>,
    /// The last day of maintenance of its minor release.
    pub maintained_until: Option<String>,
    /// Whether that is past.
    pub ended: Option<bool>,
    /// Flaws that at least one of them is exposed to.
    pub exposed: usize,
    pub count: usize,
    pub clusters: Vec<String>,
}

/// A flaw, with the clusters that are exposed to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FleetAdvisory {
    pub id: String,
    pub severity: String,
    pub count: usize,
    pub versions: Vec<String>,
    pub clusters: Vec<String>,
}

/// A day on which something ends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FleetDay {
    pub day: String,
    /// `certificate` or `maintenance`.
    pub what: &'static str,
    /// Whether it is before the day that is judged as of.
    pub past: bool,
    /// The subject of the certificate, or the version.
    pub name: String,
    pub count: usize,
    pub clusters: Vec<String>,
}
