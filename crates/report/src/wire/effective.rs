//! `portcullis.effective/1`: what is in force, and why.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Gap, Location, Problem, Run, Tool};

/// `portcullis.effective/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Effective {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Run,
    pub clusters: Vec<EffectiveCluster>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct EffectiveCluster {
    pub name: String,
    pub id: Option<String>,
    pub target: String,
    pub distribution: Option<String>,
    pub version: Option<String>,
    pub version_range: Option<[String; 2]>,
    pub components: Vec<EffectiveComponent>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct EffectiveComponent {
    pub name: String,
    pub instance: String,
    pub version: Option<String>,
    pub starts: Option<bool>,
    /// Every flag of that version, once.
    pub settings: Vec<Setting>,
    /// What becomes of resources on their way into storage; `null` where no EncryptionConfiguration is given.
    pub encryption: Option<Encryption>,
    pub problems: Vec<Problem>,
}

/// How resources are stored, as the EncryptionConfiguration says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Encryption {
    /// `secrets`, `configmaps`, whatever the file names, and `*.*` for the rest.
    pub resources: Vec<StoredResource>,
    /// Why they are not known.
    pub gap: Option<Gap>,
}

/// How one resource, or all that a wildcard covers, is stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StoredResource {
    pub resource: String,
    /// `identity`, `aescbc`, `aesgcm`, `secretbox` or `kms`.
    pub writes: String,
    /// The name of the key that writes, or of the key management service; `null` for `identity`.
    pub key: Option<String>,
    /// What is tried in order to read it: `identity`, or `PROVIDER:KEY`.
    pub reads: Vec<String>,
    /// The provider that writes; `null` where no entry covers the resource.
    pub location: Option<Location>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Setting {
    pub name: String,
    /// The text that the component prints for the flag; `null` with a gap.
    pub value: Option<String>,
    /// What holds, in the same spelling; `null` with a gap.
    pub effective: Option<String>,
    pub plane: Option<String>,
    /// `written`, `default`, `implied` or `reported`.
    pub origin: Option<String>,
    /// The distribution of a default, or the setting that implies.
    pub by: Option<String>,
    /// The release from which this default holds.
    pub since: Option<String>,
    pub location: Option<Location>,
    /// All that this value won over, nearest first, other planes included.
    pub overrides: Vec<Override>,
    pub gap: Option<Gap>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Override {
    pub value: Option<String>,
    pub plane: String,
    pub origin: Option<String>,
    pub by: Option<String>,
    pub location: Option<Location>,
}
