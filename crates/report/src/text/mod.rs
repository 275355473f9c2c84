//! Reports for people at a terminal.
//!
//! Eighty columns unless told otherwise, colour only where asked for, and nothing from evidence reaches the terminal with
//! its control characters. What one finding looks like is in [`finding`], one cluster in [`cluster`]; the table of settings is in [`settings`].

mod benchmark;
mod certs;
mod closing;
mod cluster;
mod cve;
mod diff;
mod finding;
mod fleet;
mod mistake;
mod own;
pub(crate) mod page;
mod probe;
mod probe_http;
mod probe_tls;
mod rules;
mod settings;
mod simulate;
mod table;
mod wrap;

use std::fmt::Write as _;

use model::Release;

use crate::{
    convert,
    fleet::Fleet,
    input::{ClusterReport, Report, RunProblem},
    places::Places,
    wire,
};
pub use certs::{certs_calendar, certs_text};
use closing::{looked_at, next};
use cluster::{name_of, one_cluster, quiet};
pub use cve::cve_text;
pub use diff::diff_text;
pub use mistake::{Mistake, mistake, place};
pub use own::settings_text;
pub use page::explain;
pub use probe::probe_text;
pub use rules::rules_table;
pub use settings::effective_text;
pub use simulate::simulation_text;
use table::table;
pub(crate) use wrap::plain;

/// How a report is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    pub color: bool,
    /// Only findings, one line each.
    pub quiet: bool,
    /// What passed, what does not apply and what was not asked as well.
    pub verbose: bool,
    /// In `resolve`, settings that nobody wrote as well.
    pub defaults: bool,
}

/// A whole audit.
pub fn report_text(report: &Report, look: Look) -> String {
    let mut clusters: Vec<&ClusterReport> = report.clusters.iter().collect();
    // The worst first; equals by name.
    clusters.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.name.cmp(&b.name)));
    let mut text = String::new();
    for cluster in &clusters {
        if look.quiet {
            quiet(cluster, &mut text);
        } else {
            one_cluster(cluster, clusters.len() > 1, look, &mut text);
        }
    }
    if let Some(known) = &report.fleet {
        if look.quiet {
            fleet::quiet(known, &mut text);
        } else {
            text.push_str(&fleet::section(known, look));
        }
    }
    if !look.quiet && !clusters.is_empty() {
        let several = clusters.len() > 1;
        let name = |cluster: &ClusterReport| if several { plain(&cluster.name) } else { heading(cluster) };
        let rows = clusters.iter().map(|cluster| (name(cluster), convert::summary(cluster))).collect();
        text.push_str(&table(rows, look));
        text.push_str(&looked_at(report, look));
        text.push_str(&next(&clusters, look));
    }
    text
}

/// Clusters of which there are too many to tell of each: what they look like side by side, and the worst of them.
pub fn overview_text(report: &Report, kept: &Fleet, look: Look) -> String {
    let mut text = report.fleet.as_ref().map(|known| fleet::section(known, look)).unwrap_or_default();
    let mut members: Vec<_> = kept.members.iter().collect();
    members.sort_by(|a, b| ranked(&b.summary).cmp(&ranked(&a.summary)).then_with(|| a.name.cmp(&b.name)));
    let rows = members.iter().take(WORST).map(|member| (plain(&member.name), member.summary.clone())).collect();
    if !members.is_empty() {
        text.push_str(&table(rows, look));
    }
    if members.len() > WORST {
        let _ = writeln!(
            text,
            "and {} more, none of them worse; -v and other formats tell of each\n",
            members.len() - WORST
        );
    }
    text.push_str(&looked_at(report, look));
    text
}

/// Rows of the table where there are too many.
const WORST: usize = 20;

/// Failing rules of a cluster by severity, worst first.
fn rank(cluster: &ClusterReport) -> [usize; 6] {
    ranked(&convert::summary(cluster))
}

fn ranked(summary: &wire::Summary) -> [usize; 6] {
    let by = summary.by_severity;
    [by.critical, by.high, by.medium, by.low, by.info, summary.undetermined]
}

/// `name (kubeadm, 1.34.2)`.
fn heading(cluster: &ClusterReport) -> String {
    let mut about: Vec<String> = cluster.distribution.iter().cloned().collect();
    if let Some(release) = &cluster.release {
        about.push(release_text(release));
    }
    let name = plain(&cluster.name);
    if about.is_empty() { name } else { format!("{name} ({})", about.join(", ")) }
}

pub(crate) fn release_text(release: &Release) -> String {
    match release {
        Release::Exactly(version) => format!("Kubernetes {version}"),
        Release::Within { from, to } => format!("Kubernetes {from} to {to}"),
    }
}

/// `path:line:column`.
pub(crate) fn place_text(at: &model::Location, places: &Places<'_>) -> String {
    let evidence = plain(at.evidence.as_str());
    match at.span.and_then(|span| places.ends(&at.evidence, span)) {
        Some(((line, column), _)) => format!("{evidence}:{line}:{column}"),
        None => evidence,
    }
}

/// Something that went wrong with a target, as one paragraph for standard error.
pub fn problem_line(problem: &RunProblem) -> String {
    let place = match &problem.place {
        Some((evidence, Some((line, column)))) => format!("{}:{line}:{column}: ", plain(evidence)),
        Some((evidence, None)) => format!("{}: ", plain(evidence)),
        // Of many clusters one cannot be asked: which.
        None if problem.target.starts_with("context:") => format!("{}: ", plain(&problem.target)),
        None => String::new(),
    };
    let hint = problem.hint.as_ref().map(|hint| format!("; {}", plain(hint))).unwrap_or_default();
    format!("warning: {place}{}{hint}", plain(&problem.message))
}

/// What a bundle came to, for standard error.
pub fn bundle_line(name: &str, clusters: usize, pieces: usize, unpacked: u64, bytes: u64) -> String {
    let many = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    format!(
        "{}: {}, {}, {} in {}",
        plain(name),
        many(clusters, "cluster", "clusters"),
        many(pieces, "piece of evidence", "pieces of evidence"),
        size(unpacked),
        size(bytes)
    )
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
