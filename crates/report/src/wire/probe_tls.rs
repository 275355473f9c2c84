//! What an endpoint shows of TLS, as a part of `portcullis.probe/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one address showed. What could not be seen is `null` or missing from its list, and named in `unseen`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedTls {
    /// `SSL 2.0` to `TLS 1.3`, oldest first.
    pub protocols: Vec<ProbedProtocol>,
    pub suites: Vec<ProbedSuites>,
    pub groups: Vec<ProbedGroups>,
    /// The fewest bits of the server's own numbers for Diffie-Hellman; `null` where it has none.
    pub dh_bits: Option<usize>,
    /// Protocols above TLS that are agreed on.
    pub alpn: Option<Vec<String>>,
    pub compression: Option<bool>,
    /// RFC 5746; `null` in TLS 1.3, which has no renegotiation.
    pub secure_renegotiation: Option<bool>,
    /// Whether a client may begin the handshake anew inside a connection; `null` in TLS 1.3.
    #[serde(default)]
    pub client_renegotiation: Option<bool>,
    /// RFC 7627; `null` in TLS 1.3, where it is always so.
    pub extended_master_secret: Option<bool>,
    /// RFC 7507; `null` where there is one version.
    pub fallback_refused: Option<bool>,
    pub session_tickets: Option<bool>,
    /// Bytes of a stapled answer of OCSP; 0 for none.
    pub stapled_bytes: Option<usize>,
    pub client_certificate: ProbedClientCertificate,
    /// One for each name that was asked for; the first is that of the endpoint.
    pub chains: Vec<ProbedChain>,
    pub unseen: Vec<Unseen>,
}

/// Something that could not be seen, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Unseen {
    pub what: String,
    pub reason: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedProtocol {
    pub name: String,
    /// `null` where it could not be seen.
    pub offered: Option<bool>,
}

/// The suites of one version.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedSuites {
    pub protocol: String,
    /// Who decides among them: `server`, `client`, `library` (of the server, whatever is configured) or `unknown`.
    pub order: String,
    /// In the server's order where that is `server`, else by their numbers.
    pub suites: Vec<ProbedSuite>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedSuite {
    /// As IANA has it; the number where it has none.
    pub name: String,
    pub number: u16,
    /// Why nobody should agree to it; `null` where nothing speaks against it.
    pub weakness: Option<String>,
}

/// The groups for the exchange of keys in one version.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedGroups {
    pub protocol: String,
    pub groups: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedClientCertificate {
    /// `null` where it could not be seen.
    pub requested: Option<bool>,
    /// Whether going on without one is refused; `null` where that cannot be told.
    pub required: Option<bool>,
    /// Names of the authorities whose certificates are welcome.
    pub authorities: Vec<String>,
}

/// What was served when a name was asked for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedChain {
    /// The name that was asked for; `null` for none.
    pub sni: Option<String>,
    pub protocol: String,
    /// Why there is no chain.
    pub reason: Option<String>,
    /// Who vouches: `well-known` (a root of Mozilla's programme), `private` or `unknown`.
    pub trust: Option<String>,
    /// Why that is unknown.
    pub trust_reason: Option<String>,
    /// Whether the first certificate names the host of the endpoint.
    pub names_host: Option<bool>,
    /// What keeps a client from following the chain.
    pub breaks: Vec<String>,
    /// Who issued the last certificate and is not in the chain.
    pub issued_by: Option<String>,
    pub certificates: Vec<ProbedCertificate>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProbedCertificate {
    /// Why it could not be read; what stands in it is then empty.
    pub reason: Option<String>,
    pub subject: String,
    pub issuer: String,
    /// Days, in UTC.
    pub not_before: Option<String>,
    pub not_after: Option<String>,
    /// Days from `as_of` to the one on which it ends; negative where that is past.
    pub days_left: Option<i32>,
    pub hosts: Vec<String>,
    /// `RSA`, `ECDSA`, `Ed25519` or the number by which its kind is registered.
    pub key: String,
    pub key_bits: Option<u32>,
    pub signature: String,
    /// Whether it says that it is an authority; `null` where it says nothing.
    pub authority: Option<bool>,
    /// What is odd about it, by RFC 5280.
    pub oddities: Vec<String>,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    pub pem: String,
}
