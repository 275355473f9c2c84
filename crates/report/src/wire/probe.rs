//! `portcullis.probe/1`: what endpoints show to a stranger.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProbedHttp, ProbedTls, Run, Tool};

/// Endpoints looked at from outside, in the order in which they were named.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Probe {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Run,
    pub endpoints: Vec<ProbedEndpoint>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedEndpoint {
    /// `HOST:PORT`, as it was named.
    pub endpoint: String,
    pub host: String,
    pub port: u16,
    /// What has this port where nobody moved it; `null` for a port that is nobody's.
    pub component: Option<String>,
    /// Why there is no address to look at.
    pub reason: Option<String>,
    /// One for each address of the name, sorted.
    pub addresses: Vec<ProbedAddress>,
    /// In what the addresses differ: `certificate`, `component`, `release`, `answers`.
    pub differ: Vec<String>,
    /// What the rules say about it: what fails and what could not be judged, the worst first.
    pub findings: Vec<ProbeFinding>,
}

/// What a rule says about an endpoint.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbeFinding {
    pub rule: String,
    pub title: String,
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// `fail` or `undetermined`.
    pub outcome: String,
    /// The part it is about, such as a certificate.
    pub subject: Option<String>,
    pub message: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedAddress {
    pub address: String,
    /// What looking cost the peer.
    pub connections: u32,
    /// Of HTTP.
    pub requests: u32,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// `null` where nothing was seen of it.
    pub tls: Option<ProbedTls>,
    /// Why nothing was seen of TLS.
    pub tls_reason: Option<String>,
    /// `null` where nobody looked.
    pub http: Option<ProbedHttp>,
    /// What the recorded bytes show when they are read once more; `null` where nothing was replayed.
    pub reread: Option<Reread>,
}

/// A record of a look, held against what was made of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reread {
    /// Conversations of TLS and answers over HTTP that were read again.
    pub conversations: usize,
    /// What is said to have been seen and is not in the bytes, or the other way round.
    pub contradictions: Vec<String>,
}

/// `portcullis.exchanges/1`: every byte that a run of `probe` sent and received, as far as it is kept, and what it was taken for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exchanges {
    pub schema: &'static str,
    /// The moment that counts as now.
    pub as_of: String,
    pub addresses: Vec<AddressExchanges>,
    /// What can be judged again without asking anybody.
    pub endpoints: Vec<SavedEndpoint>,
}

/// An endpoint as it was seen.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SavedEndpoint {
    /// What people are shown; no findings are in it.
    pub seen: ProbedEndpoint,
    /// What rules judge.
    pub evidence: Vec<SavedEvidence>,
}

/// One piece of what rules judge; with neither a text nor a gap, there was nothing.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SavedEvidence {
    pub name: String,
    /// `handshake` or `answers`.
    pub kind: String,
    pub text: Option<String>,
    pub gap: Option<SavedGap>,
}

/// Why something could not be seen.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SavedGap {
    pub reason: String,
    pub wanted: String,
    pub who_could_answer: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddressExchanges {
    pub endpoint: String,
    pub address: String,
    /// In the order in which they were opened.
    pub connections: Vec<RawExchange>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RawExchange {
    /// What the connection was for.
    pub purpose: String,
    pub pieces: Vec<RawPiece>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RawPiece {
    /// Since the connection was opened.
    pub at_ms: u64,
    /// `portcullis` or `peer`.
    pub from: String,
    pub length: usize,
    /// `null` where the bytes may be somebody's secret, or were too many to keep.
    pub hex: Option<String>,
    /// The same where it is text.
    pub text: Option<String>,
}
