//! `jsonl`: what is known at the start, each cluster as it is done, and how it ended.
//!
//! A fleet is read line by line by whoever collects it, and by us written without being held. So the first line knows nothing
//! that only the last can know, and a stream without its last line was cut short.

use std::io;

use serde::Serialize;

use crate::wire::{Begun, Cluster, End, Head, Report, Rule, Tool};

/// The first line.
///
/// # Errors
///
/// Those of `out`.
pub fn head(
    tool: &Tool,
    run: Begun,
    rules: std::collections::BTreeMap<String, Rule>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let head = Head {
        schema: "portcullis.report/1",
        tool: tool.clone(),
        run,
        inputs: None,
        rules,
        fleet: None,
        problems: Vec::new(),
    };
    line(&head, out)
}

/// One cluster; it is handed on at once.
///
/// # Errors
///
/// Those of `out`.
pub fn cluster(cluster: &Cluster, out: &mut dyn io::Write) -> io::Result<()> {
    line(cluster, out)?;
    out.flush()
}

/// The last line; the clusters of the report are left out.
///
/// # Errors
///
/// Those of `out`.
pub fn end(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let Report { run, inputs, fleet, problems, .. } = report;
    let end = End { schema: "portcullis.end/1", run, inputs: *inputs, fleet, problems, exit_code: run.exit_code };
    line(&end, out)
}

/// Any value as a line. JSON writes line breaks in strings as `\n`, so that a value is a line.
///
/// # Errors
///
/// Those of `out`.
pub fn line(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
