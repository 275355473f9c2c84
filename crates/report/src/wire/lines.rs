//! The lines of `--format jsonl`: one head, a cluster each as it is done, one end.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Cluster, Fleet, Inputs, Rule, Run, RunProblem, Tool};

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
