//! What a report is made of, in the project's own types.

use std::collections::BTreeMap;

use model::{Component, Edit, Entry, Evidence, Gap, Location, Release, RuleCard, Severity, Version};

use crate::wire;

/// One run, complete.
pub struct Report {
    pub tool: wire::Tool,
    pub run: wire::Run,
    pub inputs: wire::Inputs,
    /// The rules that were asked.
    pub rules: Vec<RuleMeta>,
    pub clusters: Vec<ClusterReport>,
    /// What the clusters look like side by side, where there are several.
    pub fleet: Option<wire::Fleet>,
    pub problems: Vec<RunProblem>,
}

/// What reports say of a rule.
#[derive(Clone, Debug)]
pub struct RuleMeta {
    pub card: RuleCard,
    pub component: &'static str,
    /// Ids in other catalogues, by catalogue.
    pub references: wire::Ids,
    /// Those of them that recommend the opposite.
    pub inverted: wire::Ids,
}

/// A control that no rule answers yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub control: &'static str,
    /// What is judged, in the catalogue's words.
    pub component: &'static str,
    pub severity: &'static str,
    /// What must be true.
    pub intent: &'static str,
    /// What could prove it, in the catalogue's words.
    pub evidence: Vec<&'static str>,
    /// It takes a person.
    pub manual: bool,
}

/// One cluster, resolved and, where rules were asked, judged.
pub struct ClusterReport {
    pub name: String,
    pub id: Option<String>,
    /// What asking it took, where it was asked.
    pub requests: Option<wire::Requests>,
    pub outside: Option<wire::Outside>,
    pub target: String,
    /// What the user says of it in a list of clusters.
    pub labels: BTreeMap<String, String>,
    pub distribution: Option<String>,
    pub release: Option<Release>,
    pub components: Vec<Component>,
    /// Configuration files that are given by themselves, each in the place of a component without settings.
    pub files: Vec<Component>,
    /// What becomes of resources, of each server that is given an EncryptionConfiguration and of each such file.
    pub stored: Vec<Stored>,
    pub evidence: Vec<Evidence>,
    pub entries: Vec<Judged>,
    /// Published flaws that a component of the cluster has by its release, worst first.
    pub advisories: Vec<Advisory>,
    /// What a benchmark says in its own numbering, where one was asked for.
    pub benchmark: Option<Benchmark>,
    /// Rules that no evidence could have answered.
    pub not_asked: Vec<&'static str>,
    /// Whom it believes.
    pub trust: Trust,
    /// The certificates that end first.
    pub endings: Vec<Ending>,
}

/// Whom a cluster believes, by public keys.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub client_authorities: Keys,
    pub token_keys: Keys,
    /// Of tokens of service accounts.
    pub issuers: Vec<String>,
}

/// Keys that were seen, and why there may be more.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub keys: Vec<TrustedKey>,
    pub gap: Option<Gap>,
}

/// A key that somebody is believed by.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// Of the public half, as certificates encode it.
    pub sha256: String,
    pub name: String,
    pub at: Location,
}

/// A certificate and the day on which it ends, as `2026-11-24`.
#[derive(Clone, Debug)]
pub struct Ending {
    pub day: String,
    pub name: String,
    pub at: Location,
}

/// What one API server, or one file, makes of resources on their way into storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub component: &'static str,
    pub instance: String,
    /// Or why that is not known.
    pub resources: Result<Vec<StoredResource>, Gap>,
}

/// A resource, or all that a wildcard covers; `*.*` is what nothing else does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResource {
    pub resource: String,
    /// The provider: `identity` where it is stored as it is.
    pub writes: String,
    /// The name of the key that writes, or of the service that has it.
    pub key: Option<String>,
    /// What is tried in order to read it.
    pub reads: Vec<String>,
    /// The provider's place in the file.
    pub at: Option<Location>,
}

/// One published flaw held against one component.
#[derive(Clone, Debug)]
pub struct Advisory {
    /// The CVE number.
    pub id: &'static str,
    pub title: &'static str,
    /// `None` without a score.
    pub severity: Option<Severity>,
    pub component: &'static str,
    pub instance: String,
    /// `exposed`, `undetermined`, `mitigated` or `not-exposed`.
    pub exposure: &'static str,
    /// Why, in a sentence without its full stop.
    pub because: String,
    /// What would settle it.
    pub wanted: Vec<String>,
    /// The settings that decided.
    pub places: Vec<Location>,
    pub fixed_in: Option<Version>,
}

/// One cluster held against one edition of a benchmark.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// As `--profile` names it.
    pub name: &'static str,
    pub title: &'static str,
    /// As kube-bench's list calls itself.
    pub version: &'static str,
    /// Why this edition; a sentence without its full stop.
    pub chosen: String,
    /// Every id once, in the benchmark's order.
    pub items: Vec<BenchmarkItem>,
}

/// One id of a benchmark.
#[derive(Clone, Debug)]
pub struct BenchmarkItem {
    pub id: &'static str,
    /// The number of the part that it stands in, and what that is looked up on.
    pub section: String,
    pub part: &'static str,
    /// The number of the list that kube-bench has that part in.
    pub chapter: &'static str,
    /// Whether the benchmark leaves it to a person; `None` where that is not known.
    pub manual: Option<bool>,
    /// Whether it counts for kube-bench, and what that does with it: `tested`, `by-hand` or `skipped`.
    pub scored: Option<bool>,
    pub assessed: Option<&'static str>,
    /// It asks for the opposite of what we ask for.
    pub inverted: bool,
    /// Of each control that answers it.
    pub answers: Vec<ControlAnswer>,
    pub letter: Option<Letter>,
    /// Why the letter and the verdict differ; whole sentences.
    pub argument: Option<String>,
}

/// What one control says to an id.
#[derive(Clone, Debug)]
pub struct ControlAnswer {
    pub control: &'static str,
    /// What must be true.
    pub intent: &'static str,
    /// What is judged: `apiserver`, `etcd`.
    pub component: &'static str,
    pub severity: &'static str,
    pub outcome: wire::Outcome,
    /// What the worst entry says, or why there is none.
    pub message: String,
    pub gap: Option<Gap>,
}

/// What an id asks for in so many words, and what is written.
#[derive(Clone, Debug)]
pub struct Letter {
    /// `None` where that cannot be read.
    pub met: Option<bool>,
    pub wanted: String,
    pub found: String,
    pub instance: String,
    pub at: Option<Location>,
    /// What kube-bench finds, where that can be told.
    pub text: Option<LetterText>,
}

/// What a search of the command line finds.
#[derive(Clone, Debug)]
pub struct LetterText {
    pub met: bool,
    pub found: String,
}

/// An entry with the edits that its remedy comes to.
pub struct Judged {
    pub entry: Entry,
    pub edits: Vec<Edit>,
    /// Why a change that was planned takes a person after all; a sentence without its full stop.
    pub by_hand: Option<String>,
    /// The page of the rule.
    pub page: &'static str,
}

/// Something that went wrong with a target and belongs to no component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProblem {
    pub target: String,
    pub message: String,
    pub hint: Option<String>,
    /// The evidence, with line and column where there are any.
    pub place: Option<(String, Option<(u32, u32)>)>,
}
