//! The versioned wire format: what machines read.
//!
//! These types are the contract, and nothing else of ours is: they change only with the number in their `schema` key. Every
//! key is always there, `null` where there is nothing. They are filled by [`convert`](crate::convert) and described by
//! [`schema`](crate::schema).

mod benchmark;
mod certs;
mod diff;
mod probe;
mod probe_http;
mod probe_tls;

use std::{borrow::Cow, collections::BTreeMap};

pub use benchmark::*;
pub use certs::*;
pub use diff::*;
pub use probe::*;
pub use probe_http::*;
pub use probe_tls::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `portcullis.report/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Run,
    pub inputs: Inputs,
    pub rules: BTreeMap<String, Rule>,
    pub clusters: Vec<Cluster>,
    pub fleet: Option<Fleet>,
    pub problems: Vec<RunProblem>,
}

/// Which program, with which knowledge.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
    pub knowledge: Knowledge,
}

/// The day of each body of embedded facts, as `2026-11-23`; `null` where this build has none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Knowledge {
    pub flags: Option<String>,
    pub advisories: Option<String>,
    pub releases: Option<String>,
    pub controls: Option<String>,
}

/// The only part that differs between two runs over the same evidence.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Run {
    /// RFC 3339.
    pub started: String,
    pub duration_ms: u64,
    /// RFC 3339.
    pub as_of: String,
    pub settings: BTreeMap<String, String>,
    pub exit_code: u8,
}

/// Files and answers by what they turned out to be.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Inputs {
    pub judged: usize,
    pub supporting: usize,
    pub not_ours: usize,
    pub templated: usize,
    pub broken: usize,
    pub unread: usize,
}

/// What is known of a rule before it is asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rule {
    pub title: String,
    pub severity: String,
    pub component: String,
    /// Ids in other catalogues.
    pub references: Ids,
    /// Those of them that recommend the opposite.
    pub inverted: Ids,
}

/// Ids by catalogue; what is embedded is not copied.
pub type Ids = BTreeMap<Cow<'static, str>, Vec<&'static str>>;

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

/// A certificate and the day on which it ends, as `2026-11-24`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndingCertificate {
    pub name: String,
    pub ends: String,
    pub location: Location,
}

/// One cluster.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cluster {
    pub name: String,
    pub id: Option<String>,
    pub target: String,
    /// What the user says of it in a list of clusters.
    pub labels: BTreeMap<String, String>,
    pub distribution: Option<String>,
    pub version: Option<String>,
    /// The first and the last release it can be, where it is not known exactly.
    pub version_range: Option<[String; 2]>,
    pub components: Vec<Component>,
    pub evidence: Vec<Evidence>,
    pub requests: Option<Requests>,
    /// What looking at it from outside took; `null` where that was not done.
    pub outside: Option<Outside>,
    pub summary: Summary,
    pub verdicts: Vec<Entry>,
    pub advisories: Vec<Advisory>,
    /// What the benchmark that was asked for says; `null` where none was.
    pub benchmark: Option<Benchmark>,
    /// Whom it believes.
    pub trust: Trust,
    /// The certificates that end first.
    pub certificates: Vec<EndingCertificate>,
}

/// One process.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Component {
    pub name: String,
    pub instance: String,
    pub version: Option<String>,
    /// `null` where that depends on something that was not seen.
    pub starts: Option<bool>,
    pub problems: Vec<Problem>,
}

/// One thing looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Evidence {
    pub name: String,
    pub plane: String,
    pub kind: String,
    /// `read`, `missing` or `unread`.
    pub state: String,
    pub bytes: Option<u64>,
    /// Of the redacted text.
    pub sha256: Option<String>,
    pub reason: Option<String>,
}

/// Requests made to a live cluster.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Requests {
    pub count: u64,
    pub bytes: u64,
}

/// Conversations with the API of a live cluster as a stranger has them.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Outside {
    pub connections: u32,
    pub requests: u32,
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

/// Rules by their worst entry, and failing rules by the severity of that entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub pass: usize,
    pub fail: usize,
    pub undetermined: usize,
    pub not_applicable: usize,
    pub waived: usize,
    pub not_asked: usize,
    pub by_severity: BySeverity,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BySeverity {
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub info: usize,
}

/// One rule × component × instance × subject.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Entry {
    pub rule: &'static str,
    pub title: &'static str,
    pub severity: &'static str,
    pub outcome: Outcome,
    pub component: Option<&'static str>,
    pub instance: Option<String>,
    pub subject: Option<String>,
    pub setting: Option<String>,
    pub plane: Option<&'static str>,
    pub confidence: Option<&'static str>,
    pub message: String,
    /// The first is the place to look; a pass has the places it was judged by.
    pub locations: Vec<Location>,
    pub gap: Option<Box<Gap>>,
    pub not_applicable: Option<String>,
    pub remedy: Option<Box<Remedy>>,
    pub waiver: Option<Box<Waiver>>,
    /// The same for the same fault, whatever happens to lines and messages.
    pub fingerprint: String,
}

/// How a question ended; there is no sixth way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Pass,
    Fail,
    Undetermined,
    NotApplicable,
    Waived,
}

impl Outcome {
    pub const ALL: [Self; 5] = [Self::Fail, Self::Undetermined, Self::Waived, Self::Pass, Self::NotApplicable];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undetermined => "undetermined",
            Self::NotApplicable => "not-applicable",
            Self::Waived => "waived",
        }
    }
}

/// Lines and columns are 1-based, the end is exclusive, a column is a Unicode scalar value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Location {
    pub evidence: String,
    pub plane: &'static str,
    /// JSON Pointer (RFC 6901).
    pub pointer: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    pub label: Option<String>,
    /// The line, for places of what fails; from the redacted text.
    pub excerpt: Option<Excerpt>,
}

/// A line of evidence, or as much of a long one as a reader wants.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Excerpt {
    pub text: String,
    /// The column of the line that the text begins at.
    pub column: u32,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gap {
    /// `unread`, `not-collected`, `version`, `templated`, `unresolved` or `manual`.
    pub kind: &'static str,
    pub reason: String,
    pub wanted: String,
    pub who_could_answer: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Remedy {
    pub title: String,
    /// `safe`, `review` or `manual`.
    pub safety: &'static str,
    pub breaks: Vec<String>,
    /// Empty where it takes a person.
    pub edits: Vec<Edit>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Edit {
    pub evidence: String,
    pub start: [u32; 2],
    pub end: [u32; 2],
    pub text: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Waiver {
    pub reason: String,
    pub owner: String,
    pub until: String,
    pub value: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// `refused`, `missing`, `removed`, `unknown`, `duplicate`, `conflict` or `unreadable`.
    pub kind: String,
    pub stops: bool,
    pub message: String,
    pub hint: Option<String>,
    pub location: Option<Location>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunProblem {
    pub target: String,
    pub message: String,
    pub hint: Option<String>,
    pub location: Option<Location>,
}

/// `portcullis.cve/1`: what a release is affected by, by its number alone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cve {
    pub schema: &'static str,
    pub tool: Tool,
    /// The day, as `2026-11-24`.
    pub as_of: String,
    pub version: String,
    pub vendor: Option<Vendor>,
    pub release: MinorRelease,
    /// Worst first.
    pub advisories: Vec<CveEntry>,
    /// Releases that end some of them, nearest first.
    pub upgrades: Vec<Upgrade>,
}

/// Who built a release that is not upstream's own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Vendor {
    pub name: String,
    pub advisories: String,
}

/// The minor release in the calendar.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MinorRelease {
    pub minor: String,
    pub released: Option<String>,
    /// The last day of maintenance.
    pub ends: Option<String>,
    /// Whether that day follows from the policy and was not announced.
    pub estimated: bool,
    /// `maintained`, `ended` or `unknown`.
    pub state: String,
    pub latest_patch: Option<String>,
}

/// One advisory of a release.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CveEntry {
    pub id: String,
    /// `critical`, `high`, `medium`, `low` or `unknown`.
    pub severity: String,
    pub score: Option<f64>,
    pub components: Vec<String>,
    pub title: String,
    /// When a cluster of that release is exposed; a sentence.
    pub exposed_if: String,
    /// Whether every cluster of that release is.
    pub always: bool,
    /// Whether every patch has it, where no patch was named.
    pub every_patch: bool,
    pub fixed_in: Option<String>,
    pub published: Option<String>,
    pub references: Vec<String>,
}

/// A release and how many of the advisories it ends.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Upgrade {
    pub version: String,
    pub maintained_until: Option<String>,
    pub ends: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Advisory {
    pub id: String,
    pub component: String,
    pub instance: Option<String>,
    pub severity: String,
    /// `exposed`, `not-exposed`, `undetermined` or `mitigated`.
    pub exposure: String,
    pub message: String,
    pub fixed_in: Option<String>,
    pub wanted: Vec<String>,
    pub locations: Vec<Location>,
}

/// One line of `--format jsonl`: one head, a cluster each as it is done, one end.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "lines are written one by one; this is what their schema is made from")]
pub(crate) enum Line<'a> {
    Head(Box<Head>),
    Cluster(Box<Cluster>),
    End(End<'a>),
}

/// `portcullis.report/1` without its clusters, before anything was looked at: what only the end knows is `null` or empty.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Head {
    pub schema: &'static str,
    pub tool: Tool,
    pub run: Begun,
    pub inputs: Option<Inputs>,
    pub rules: BTreeMap<String, Rule>,
    pub fleet: Option<Fleet>,
    pub problems: Vec<RunProblem>,
}

/// A run that is not over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Begun {
    /// RFC 3339.
    pub started: String,
    pub duration_ms: Option<u64>,
    /// RFC 3339.
    pub as_of: String,
    pub settings: BTreeMap<String, String>,
    pub exit_code: Option<u8>,
}

/// `portcullis.end/1`. A stream without it was cut short.
#[derive(Debug, Serialize, JsonSchema)]
pub struct End<'a> {
    pub schema: &'static str,
    pub run: &'a Run,
    pub inputs: Inputs,
    pub fleet: &'a Option<Fleet>,
    pub problems: &'a [RunProblem],
    pub exit_code: u8,
}

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
