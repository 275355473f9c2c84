//! What was looked at, where in it something stands, and what could not be looked at.

use std::{fmt, ops::Range, sync::Arc};

/// The name of a piece of evidence as reports print it: the path as given joined with what lies below it, `-`, a URL.
///
/// Unique within a run. Ordered by the name, so that sorting by it gives the same report whatever order evidence came in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceId(Arc<str>);

impl EvidenceId {
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How near a source is to behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plane {
    /// Somebody wrote it: a manifest, a unit, a configuration file.
    Declared,
    /// The component itself says so: process arguments, `/flagz`.
    Running,
    /// It behaved so: a handshake, a status code.
    Observed,
}

impl Plane {
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Running => "running",
            Self::Observed => "observed",
        }
    }
}

/// What a piece of evidence is, decided by its content and never by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Declares a component that is judged: a pod or workload that runs one, or the definition of a cluster that has one.
    Workload,
    /// A file that a flag of a component names.
    ConfigFile,
    /// Tells a client where API servers are and how to know them.
    Kubeconfig,
    /// Arguments of a process, one word after another.
    Arguments,
    /// Which release a component says that it is of: `/version`.
    Version,
    /// The flags that a component says it runs with: `/flagz`.
    Flagz,
    /// The configuration that a component says it runs with: `/configz`.
    Configz,
    /// What a component says of its own state: `/statusz`.
    Statusz,
    /// What a component counts, of which only the families that somebody reads are kept: `/metrics`.
    Metrics,
    /// Which checks of a component's health pass: `/readyz`.
    Health,
    /// The APIs that are served.
    Discovery,
    /// How a request was answered, by its status code alone.
    Status,
    /// How an endpoint answered a stranger, request by request.
    Answers,
    /// What an endpoint showed of TLS to a stranger.
    Handshake,
    /// Kubernetes objects as an API server gave them.
    Objects,
    /// A Kubernetes object or configuration that no rule reads by itself.
    Supporting,
    /// Nothing of ours.
    NotOurs,
    /// A template whose values are not there yet.
    Templated,
    /// Text that does not parse.
    Broken,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::ConfigFile => "config-file",
            Self::Kubeconfig => "kubeconfig",
            Self::Arguments => "arguments",
            Self::Version => "version",
            Self::Configz => "configz",
            Self::Flagz => "flagz",
            Self::Statusz => "statusz",
            Self::Metrics => "metrics",
            Self::Health => "health",
            Self::Discovery => "discovery",
            Self::Status => "status",
            Self::Answers => "answers",
            Self::Handshake => "handshake",
            Self::Objects => "objects",
            Self::Supporting => "supporting",
            Self::NotOurs => "not-ours",
            Self::Templated => "templated",
            Self::Broken => "broken",
        }
    }
}

/// One thing we looked at, as it was, with its secrets already cut out.
///
/// No `Debug`: a body may be somebody's whole configuration, and logs are read by others.
#[derive(Clone)]
pub struct Evidence {
    pub id: EvidenceId,
    pub plane: Plane,
    pub kind: Kind,
    pub body: Body,
    /// What is known of the secrets that were cut out of the text, by place.
    pub secrets: Vec<CutSecret>,
    /// Length and SHA-256 of what was read, before redaction; `None` where nothing was read.
    pub digest: Option<Digest>,
}

/// What is kept of a secret: nothing that helps to guess it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutSecret {
    /// Where it stood; the text holds as many `*` there.
    pub span: Span,
    /// Bytes it stands for once standard base64 is decoded; `None` where it is no base64.
    pub decoded: Option<u32>,
    /// How hard those bytes are to guess, as far as their shape tells.
    pub strength: Strength,
    /// Equal secrets of one run share this number.
    pub group: u32,
    /// What it is, where it shows; a key says so at its first line.
    pub nature: Option<Nature>,
}

/// What is known of a secret beyond its size, none of which is secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nature {
    PrivateKey(PrivateKey),
    /// Six letters or digits, a dot and sixteen more, as tokens of nodes that join have them.
    BootstrapToken,
    /// A token that somebody signed: for whom, and when it ends, in seconds since 1970, if it does.
    SignedToken {
        subject: Option<String>,
        ends: Option<i64>,
    },
    /// No secret yet: a marker that somebody fills in.
    Placeholder(String),
}

/// What the digits of a private key stand for, as far as that is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey {
    Read(Key, KeyForm),
    /// Bytes that no form of a key fits, such as those of one under a password.
    Unreadable,
    /// Digits of a key among which others stand, so that they are no base64.
    Spoilt,
    /// Nothing like a key: somebody may have taken it out of a copy.
    Absent,
}

impl PrivateKey {
    /// The public half, where it was read.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Read(key, _) => Some(key),
            Self::Unreadable | Self::Spoilt | Self::Absent => None,
        }
    }
}

/// How the bytes of a private key are laid out, whatever the label over them says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// `RSA PRIVATE KEY`.
    Pkcs1,
    /// `PRIVATE KEY`.
    Pkcs8,
    /// `EC PRIVATE KEY`.
    Sec1,
}

/// A key of two halves, as its public half tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// `RSA`, `ECDSA`, `Ed25519` or the number by which its kind is registered.
    pub algorithm: String,
    /// Bits of the modulus or of the field; `None` where its kind is not known here.
    pub bits: Option<u32>,
    /// The exponent of RSA where it fits.
    pub exponent: Option<u64>,
    /// The public half, encoded as certificates do it, so that two are one key where these bytes are equal; `None` where
    /// a private key does not carry it.
    pub public: Option<Arc<[u8]>>,
}

impl Key {
    /// Whether the two are certain not to belong together, whichever of them a certificate holds.
    pub fn differs(&self, other: &Self) -> bool {
        match (&self.public, &other.public) {
            (Some(one), Some(other)) => one != other,
            _ => {
                self.algorithm != other.algorithm
                    || (self.bits.is_some() && other.bits.is_some() && self.bits != other.bits)
            }
        }
    }
}

/// How hard a secret is to guess, by its shape alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nobody has filled it in yet.
    Placeholder,
    /// A few bytes over and over, or bytes that follow from one another: zeros, `0123`.
    Pattern,
    /// Words that a person could type, as the keys of tutorials are.
    Readable,
    /// Nothing is odd about it.
    Plain,
}

/// What identifies the bytes that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub bytes: u64,
    /// Lower-case hexadecimal; `None` for evidence that may hold secrets, of which no digest is kept.
    pub sha256: Option<String>,
}

impl Evidence {
    /// Evidence without secrets, and of which nobody kept the digest.
    pub fn of(id: EvidenceId, plane: Plane, kind: Kind, body: Body) -> Self {
        Self { id, plane, kind, body, secrets: Vec::new(), digest: None }
    }

    /// The text, where it was read as such.
    pub fn text(&self) -> Option<&Arc<str>> {
        match &self.body {
            Body::Text(text) => Some(text),
            Body::Present | Body::Missing | Body::Folder | Body::Unread(_) => None,
        }
    }
}

/// What there was to see.
#[derive(Clone)]
pub enum Body {
    Text(Arc<str>),
    /// It is there, and nobody needs what it says: a private key, say.
    Present,
    /// We looked, and it is not there. This is knowledge.
    Missing,
    /// We looked, and a folder has its name. This is knowledge too: nobody can read it as a file.
    Folder,
    /// We could not look. This is a hole in our knowledge.
    Unread(Gap),
}

/// A byte range in the outermost text of one piece of evidence, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in one piece of evidence; without a span it is the piece as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    pub evidence: EvidenceId,
    pub plane: Plane,
    pub span: Option<Span>,
    /// JSON Pointer of the node within its document; empty for the document or where there is no tree.
    pub pointer: String,
}

impl Location {
    /// The piece of evidence as a whole.
    pub fn whole(evidence: EvidenceId, plane: Plane) -> Self {
        Self { evidence, plane, span: None, pointer: String::new() }
    }
}

/// How settings are written at a place; all that `fix` has to know about a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `--x=v` as one word of a list.
    Word,
    /// `--x` and `v` as two items of a list; the place is that of the value.
    SplitWord,
    /// A word inside a larger scalar, such as a shell script.
    Script,
    /// A field of a configuration file.
    Field,
    /// An item of a list in a configuration file.
    Item,
    /// A list that words are added to.
    List,
    /// `x: v` in a map of arguments, named without dashes; the place is that of the value.
    Entry,
    /// `{name: x, value: v}` in a list of arguments; the place is that of the value.
    Pair,
    /// A map that entries are added to. The pointer names where it would be, through the string that holds its document if
    /// need be; the span is what there is of the way.
    Entries,
    /// A list that pairs are added to, placed as `Entries` is.
    Pairs,
    /// A word of a text of lines: of the command of a unit, of the value of a variable, of a file of arguments.
    Line,
    /// Words of such a text that more are added to, behind the end of the place.
    Lines,
    /// `x=v` in a list of arguments, named with dashes or without; the place is that of the item.
    Bare,
    /// A list that such items are added to, placed as `Entries` is.
    Bares,
    /// A map whose fields have names of their own, one for each setting that it knows; placed as `Entries` is.
    Fields(&'static [Named]),
    /// Nothing is written there by machine; what a person does instead, a sentence without its full stop.
    ByHand(&'static str),
}

/// The field by which a format sets a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// The setting, without dashes.
    pub setting: &'static str,
    pub field: &'static str,
    pub shape: Shape,
}

/// What the value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    Text,
    Bool,
    Int,
    /// A list of texts, which the setting joins with commas.
    List,
    /// A map of texts, which the setting joins as `a=b,c=d`.
    Map,
}

/// A place that holds a setting, or would, and how settings are written there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    pub at: Location,
    pub form: Form,
}

/// Why a question could not be answered, and who or what could answer it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    pub kind: GapKind,
    /// A sentence without its full stop.
    pub reason: String,
    /// What is missing, in a form that groups: a path, `--kubernetes-version`, a verb and resource.
    pub wanted: String,
    /// The option, person or system that could supply it.
    pub who_could_answer: String,
}

impl Gap {
    /// One that knowing the release closes.
    pub fn of_release(reason: impl Into<String>) -> Self {
        Self {
            kind: GapKind::Version,
            reason: reason.into(),
            wanted: "--kubernetes-version".to_owned(),
            who_could_answer: "give the release with --kubernetes-version".to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// It exists, or may, and could not be read.
    Unread,
    /// Nobody was asked for it in this run.
    NotCollected,
    /// The answer differs over the versions that are possible.
    Version,
    /// The value is a placeholder that somebody fills in later.
    Templated,
    /// The value refers to something that is known only when the component starts.
    Unresolved,
    /// Only a person can tell.
    Manual,
}

impl GapKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::NotCollected => "not-collected",
            Self::Version => "version",
            Self::Templated => "templated",
            Self::Unresolved => "unresolved",
            Self::Manual => "manual",
        }
    }
}
