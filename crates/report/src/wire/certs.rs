//! `portcullis.certs/1`: every certificate seen, by the day on which it ends.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Run, RunProblem, Tool, Unseen};

#[derive(Debug, Serialize, JsonSchema)]
pub struct Certs {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Run,
    /// The first to end comes first; those that end beyond every calendar come before all.
    pub certificates: Vec<HeldCertificate>,
    /// What may hold more and could not be read.
    pub unread: Vec<Unseen>,
    pub problems: Vec<RunProblem>,
}

/// One certificate, in all the places where it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeldCertificate {
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
    /// What it does, as far as a component or a kubeconfig tells: `serves the API`, `vouches for clients`.
    pub uses: Vec<String>,
    pub places: Vec<CertificatePlace>,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct CertificatePlace {
    pub evidence: String,
    /// 1-based.
    pub line: Option<u32>,
    pub pointer: String,
    pub cluster: Option<String>,
}
