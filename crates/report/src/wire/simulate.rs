//! `portcullis.simulate/1`: what a server does with requests or resources under a configuration file.

use schemars::JsonSchema;
use serde::Serialize;

use super::Problem;

/// `portcullis.simulate/1`: what the server does with a configuration file and requests or resources.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Simulation {
    pub schema: &'static str,
    /// The Kubernetes release whose semantics were used.
    pub version: String,
    /// Whether the server starts with the file; where it does not, there are no answers.
    pub starts: bool,
    pub problems: Vec<Problem>,
    /// One for each request or resource, in order.
    pub answers: Vec<SimulatedAnswer>,
}

/// Of `audit-policy`, `authorization` and `encryption`, in this order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SimulatedAnswer {
    Audited(Box<Audited>),
    Authorized(Box<Authorized>),
    Encrypted(Encrypted),
}

/// What is recorded of a request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Audited {
    /// As it was given, without tokens.
    pub request: serde_json::Value,
    /// What the server makes of it; `null` where it refuses it before that.
    pub attributes: Option<RequestAttributes>,
    /// `None`, `Metadata`, `Request` or `RequestResponse`, the same in every stage.
    pub level: String,
    /// Those for which an event is written: `RequestReceived`, `ResponseStarted`, `ResponseComplete`.
    pub stages: Vec<String>,
    /// The rule that decides; `null` where none matches.
    pub rule: Option<AuditRule>,
    pub note: Option<String>,
}

/// A rule of an audit policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditRule {
    /// 1-based.
    pub line: u32,
    /// Its place among the rules, from 0.
    pub index: usize,
}

/// What a request asks for, as policies and authorizers see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RequestAttributes {
    pub verb: String,
    /// Whether it is for a resource; if not, only `verb` and `path` mean anything.
    pub is_resource: bool,
    pub path: String,
    pub group: String,
    pub version: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
}

/// What becomes of a request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Authorized {
    /// As it was given, without tokens.
    pub request: serde_json::Value,
    pub attributes: Option<RequestAttributes>,
    /// `allow`; `deny`: somebody refused, status 403; `no-opinion`: nobody decided, which is status 403 too unless one in
    /// `depends_on` decides; `error`: refused because somebody failed, status 500. It is what holds whatever those say
    /// whose answers are not known (RBAC, ABAC, Node, and a webhook without a state), so that it is certain where
    /// `depends_on` is empty.
    pub decision: String,
    /// The name of the authorizer that decides, `system:masters` for the group that may do everything; `null` where none
    /// does or that is not known.
    pub by: Option<String>,
    /// Those that are asked, in order, up to the one that surely decides.
    pub chain: Vec<AskedAuthorizer>,
    /// Names of those whose answers are not known and would change the outcome.
    pub depends_on: Vec<String>,
    /// What holds where none of the unknown ones has an opinion.
    pub otherwise: Otherwise,
    pub note: Option<String>,
}

/// One authorizer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AskedAuthorizer {
    pub name: String,
    /// As in the file: `Webhook`, `RBAC`, `Node`, …; `PrivilegedGroup` for `system:masters`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `allow`, `deny`, `no-opinion`, `error` or `unknown`.
    pub answer: String,
    /// Whether a webhook is called; conditions may leave it out.
    pub called: bool,
    pub reason: String,
}

/// The outcome if the unknown ones have no opinion.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Otherwise {
    pub decision: String,
    pub by: Option<String>,
}

/// How a resource is stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Encrypted {
    /// As it was given.
    pub resource: String,
    /// `identity`, `aescbc`, `aesgcm`, `secretbox` or `kms`.
    pub writes: String,
    /// The name of the key that writes, or of the key management service; `null` for `identity`.
    pub key: Option<String>,
    /// What is tried in order to read it: `identity`, or `PROVIDER:KEY`.
    pub reads: Vec<String>,
}
