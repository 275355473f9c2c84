//! `portcullis.report/1`, of which all cores write the clusters out: they are nearly all of it.

use std::io::{self, Write as _};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::wire::{Cluster, Report};

/// Clusters whose text is held at a time.
const HELD: usize = 32;

/// Clusters for which no threads are started.
const FEW: usize = 4;

/// The same bytes as of [`super::json`].
pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.clusters.len() < FEW {
        return super::json(report, out);
    }
    let Report { schema, tool, run, inputs, rules, clusters, fleet, problems } = report;
    let rest = Report {
        schema,
        tool: tool.clone(),
        run: run.clone(),
        inputs: *inputs,
        rules: rules.clone(),
        clusters: Vec::new(),
        fleet: fleet.clone(),
        problems: problems.clone(),
    };
    let rest = serde_json::to_string_pretty(&rest)?;
    // A line that begins so is a key of the report itself: inside a text a new line is escaped.
    let (before, after) = rest.split_once("\n  \"clusters\": []").unwrap_or((&rest, ""));
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    out.write_all(before.as_bytes())?;
    out.write_all(b"\n  \"clusters\": [")?;
    for (number, some) in clusters.chunks(HELD).enumerate() {
        let texts: serde_json::Result<Vec<String>> = some.par_iter().map(text).collect();
        for (index, text) in texts?.iter().enumerate() {
            out.write_all(if number + index > 0 { b"," } else { b"" })?;
            out.write_all(text.as_bytes())?;
        }
    }
    out.write_all(b"\n  ]")?;
    out.write_all(after.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A cluster as it stands two levels below the top, with the line end before it.
fn text(cluster: &Cluster) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&[[cluster]])?;
    text.truncate(text.len() - "\n  ]\n]".len());
    text.drain(.."[\n  [".len());
    Ok(text)
}
