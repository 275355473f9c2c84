//! The API server: its flags in one release, what they amount to, and whether the process starts.

use model::{Component, Location, Origin, Plane, Problem, Release, Unanswered, Version};

use crate::{Files, Invocation};

/// One API server, resolved.
#[derive(Clone, Debug)]
pub struct ApiServer {
    pub component: Component,
    authorizers: Result<Authorizers, Unanswered>,
    anonymous: Result<Anonymous, Unanswered>,
}

/// Who authorizes, in the order they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizers {
    /// Types as written: `Node`, `RBAC`, `Webhook`, `ABAC`, `AlwaysAllow`, `AlwaysDeny`.
    pub modes: Vec<String>,
    /// `--authorization-mode`, or the field of the AuthorizationConfiguration.
    pub setting: String,
    pub origin: Origin,
}

/// What happens to requests without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anonymous {
    pub enabled: bool,
    /// Paths they are limited to; `None` when there is no limit.
    pub paths: Option<Vec<String>>,
    /// `--anonymous-auth`, or the field of the AuthenticationConfiguration.
    pub setting: String,
    pub origin: Origin,
    /// Another setting that decides: `AlwaysAllow` resets the flag.
    pub decided_by: Option<(String, Option<Location>)>,
}

/// Resolves one API server.
pub fn resolve(_invocation: &Invocation, _version: Option<&Version>, _files: &Files<'_>) -> ApiServer {
    unimplemented!()
}

#[expect(dead_code, reason = "sketch")]
fn sketch(_: Plane, _: Problem, _: Release) {}

/// A file that a flag names.
pub struct FileWant {
    pub flag: &'static str,
    pub path: String,
    pub contents: bool,
}

pub fn file_wants(_invocation: &Invocation) -> Vec<FileWant> {
    Vec::new()
}

impl ApiServer {
    pub fn component(&self) -> &Component {
        &self.component
    }
}
