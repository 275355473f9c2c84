//! What an endpoint answers over HTTP, as a part of `portcullis.probe/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one address answered to a stranger.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedHttp {
    /// `answered`, `refused` (nothing listens), `silent` (no answer in time), `other-protocol` or `unread`.
    pub reach: String,
    /// Why there is no answer.
    pub reason: Option<String>,
    /// Who listens, as far as answers and else the port tell; `null` for nobody that is known.
    pub component: Option<String>,
    /// Whether answers tell who it is, and not the port alone.
    pub proven: bool,
    /// The release that it names.
    pub version: Option<String>,
    /// The oldest minor release that its behaviour speaks for, where it names none.
    pub version_from: Option<ProbedGuess>,
    /// The newest one.
    pub version_to: Option<ProbedGuess>,
    pub distribution: Option<ProbedGuess>,
    /// `none`, `asks` or `insists`; `null` where no TLS was spoken.
    pub client_certificate: Option<String>,
    /// What plain HTTP is told at this port: a word as in `asked`.
    pub plain: Option<String>,
    /// The `Strict-Transport-Security` that it sends.
    pub hsts: Option<String>,
    /// Headers that name what serves, with its release.
    pub leaks: Vec<String>,
    /// How many streams of HTTP/2 a client may have open; `null` where that was not seen.
    pub http2_streams: Option<u32>,
    /// Whether two connections were answered by servers that differ.
    pub several: bool,
    /// Every request, in the order in which they were made.
    pub asked: Vec<ProbedAnswer>,
}

/// Something that behaviour makes likely.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedGuess {
    pub value: String,
    /// `certain`, `probable` or `possible`.
    pub confidence: String,
    /// What was seen.
    pub because: String,
}

/// One request and what it came to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedAnswer {
    /// Whether it was asked over TLS.
    pub tls: bool,
    /// Whether it was asked over HTTP/2.
    pub http2: bool,
    /// `anonymous`, `token` or `basic`: with no credential, or with one that is nobody's.
    #[serde(rename = "as")]
    pub who: String,
    pub path: String,
    /// `null` where there was no answer.
    pub status: Option<u16>,
    /// `given`, `unauthenticated`, `forbidden`, `missing`, `unsuitable`, `redirect`, `login-page`, `page`,
    /// `certificate-required`, `speak-tls`, `too-many`, `broken`, `other` or `none`.
    pub meaning: String,
    /// Whom the server took the caller for.
    pub user: Option<String>,
}
