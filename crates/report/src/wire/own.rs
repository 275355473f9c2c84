//! `portcullis.settings/1`: what Portcullis itself was told.

use schemars::JsonSchema;
use serde::Serialize;

/// `portcullis.settings/1`: what Portcullis itself was told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Settings {
    pub schema: &'static str,
    /// The settings file that was read.
    pub file: Option<String>,
    pub settings: Vec<OwnSetting>,
}

/// One setting of Portcullis itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnSetting {
    /// As an option, without `--`, and as a key of the file.
    pub name: String,
    /// Empty where it is not set; one, but for settings that may be repeated.
    pub values: Vec<String>,
    /// `default`, `file`, `environment` or `argument`.
    pub origin: String,
    /// The option or the variable.
    pub by: Option<String>,
    pub location: Option<Place>,
}

/// A place in a file of the user's own, 1-based.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    pub path: String,
    pub line: u32,
    pub column: u32,
}
