//! Whom a cluster believes, as part of `portcullis.report/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whom a cluster believes, by digests of public keys; nothing in it is secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// Authorities that clients' certificates are taken from.
    pub client_authorities: TrustedKeys,
    pub service_account_keys: TrustedKeys,
    /// Of tokens of service accounts.
    pub issuers: Vec<String>,
}

/// Keys that were seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrustedKeys {
    pub keys: Vec<TrustedKey>,
    /// Why there may be more.
    pub gap: Option<TrustGap>,
}

/// A key that somebody is believed by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrustedKey {
    /// Of the public half, as certificates encode it (SubjectPublicKeyInfo).
    pub sha256: String,
    /// The subject of the certificate, or the kind of the key.
    pub name: String,
    pub evidence: String,
    pub plane: String,
    pub pointer: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// Why keys were not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrustGap {
    pub reason: String,
    pub wanted: String,
    pub who_could_answer: String,
}
