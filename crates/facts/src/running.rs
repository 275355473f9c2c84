//! What an API server says of itself over HTTP: its release, the flags it runs with, what it counts.
//!
//! Each reader takes one answer as evidence and says one of three things: what it read, that there is no such thing to read
//! (the path answers 404, so that this source is out of scope), or why it could not be read, which hides what the source
//! would say. Nothing here asks anybody; [`live`](crate::live) says what is asked.

mod discovery;
mod flagz;
mod health;
pub mod metrics;
mod version;

use model::{Body, Evidence, Gap, GapKind, Location, Span};
use yaml::Cursor;

pub(crate) use discovery::releases;
pub(crate) use flagz::{ReportedFlag, flags};
pub(crate) use health::checks;
pub use health::{HealthCheck, State};
pub use metrics::{Deprecated, Metrics, Transformer, Written};
pub(crate) use version::{Stamp, release, status};

/// What a server that was asked told of itself besides its flags.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it counts; nothing where there is no such path.
    pub metrics: Result<Option<Metrics>, Gap>,
    /// The checks of `/livez` and `/readyz`; nothing where there are no such paths.
    pub health: Result<Option<Vec<HealthCheck>>, Gap>,
    /// How it answers somebody without credentials, path by path; empty where it was not asked that way.
    pub nobody: Vec<Nobody>,
}

/// An answer to somebody without credentials.
#[derive(Clone, Debug)]
pub struct Nobody {
    pub path: &'static str,
    pub status: Result<u16, Gap>,
    pub at: Location,
}

/// What a source gives: something, or nothing because it is not there.
pub(crate) type Seen<T> = Result<Option<T>, Gap>;

/// The text of an answer.
pub(crate) fn text(evidence: &Evidence) -> Seen<&str> {
    match &evidence.body {
        Body::Text(text) => Ok(Some(text)),
        Body::Missing => Ok(None),
        Body::Unread(gap) => Err(gap.clone()),
        Body::Present | Body::Folder => Err(unreadable(evidence, "it was not kept")),
    }
}

/// An answer that is no answer.
pub(crate) fn unreadable(evidence: &Evidence, why: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{}` answered something else: {why}", evidence.id),
        wanted: evidence.id.to_string(),
        who_could_answer: "whoever runs the API server, or what stands in front of it".to_owned(),
    }
}

/// Where a value stands in an answer.
pub(crate) fn at(evidence: &Evidence, cursor: &Cursor<'_>) -> Location {
    let span = cursor.span();
    Location { pointer: cursor.pointer(), ..spot(evidence, span.start, span.end) }
}

fn spot(evidence: &Evidence, start: u32, end: u32) -> Location {
    Location {
        evidence: evidence.id.clone(),
        plane: evidence.plane,
        span: Some(Span::new(start, end)),
        pointer: String::new(),
    }
}
