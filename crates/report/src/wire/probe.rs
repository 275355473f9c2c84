//! `portcullis.probe/1`: what endpoints show to a stranger.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ProbedHttp, ProbedTls, Run, Tool};

/// Endpoints looked at from outside, in the order in which they were named.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Probe {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Run,
    pub endpoints: Vec<ProbedEndpoint>,
}

#[derive(Debug, Serialize, JsonSchema)]
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
#[derive(Debug, Serialize, JsonSchema)]
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

#[derive(Debug, Serialize, JsonSchema)]
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
}

/// `portcullis.exchanges/1`: every byte that a run of `probe` sent and received, as far as it is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exchanges {
    pub schema: &'static str,
    pub addresses: Vec<AddressExchanges>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct AddressExchanges {
    pub endpoint: String,
    pub address: String,
    /// In the order in which they were opened.
    pub connections: Vec<RawExchange>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RawExchange {
    /// What the connection was for.
    pub purpose: String,
    pub pieces: Vec<RawPiece>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RawPiece {
    /// Since the connection was opened.
    pub at_ms: u64,
    /// `portcullis` or `peer`.
    pub from: String,
    pub length: usize,
    /// `null` where the bytes may be somebody's secret, or were too many to keep.
    pub hex: Option<String>,
}
