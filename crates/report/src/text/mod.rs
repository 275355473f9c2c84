//! Reports for people at a terminal.
//!
//! Eighty columns unless told otherwise, colour only where asked for, and nothing from evidence reaches the terminal with
//! its control characters. What one finding looks like is in [`finding`]; the table of settings is in [`settings`].

mod benchmark;
mod certs;
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
mod settings;
mod simulate;
mod wrap;

use std::{collections::BTreeMap, fmt::Write as _};

use model::{Component, Outcome, Problem, Release, Severity};

use crate::{
    convert,
    fleet::Fleet,
    input::{ClusterReport, Judged, Report, RuleMeta, RunProblem, Waiting},
    places::Places,
    wire,
};
pub use certs::{certs_calendar, certs_text};
pub use cve::cve_text;
pub use diff::diff_text;
pub use mistake::{Mistake, mistake, place};
pub use own::settings_text;
pub use page::explain;
pub use probe::probe_text;
pub use settings::effective_text;
pub use simulate::simulation_text;
pub(crate) use wrap::plain;
use wrap::{Paint, indented};

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

/// The rule that says of each reason not to start that it is one; its findings come before all others.
const REFUSES: &str = "component-refuses-to-start";

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

fn one_cluster(cluster: &ClusterReport, several: bool, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    if several {
        let _ = writeln!(text, "{}\n", paint.bold(&heading(cluster)));
    }
    let places = Places::new(&cluster.evidence);
    for component in cluster.components.iter().filter(|component| component.starts == Some(false)) {
        let line =
            format!("{} would not start as declared: {}", name_of(component, cluster), reasons(component, cluster));
        let _ = writeln!(text, "{}\n", paint.red(&wrap::wrapped(&line, look.width)));
    }
    for file in cluster.files.iter().filter(|file| file.starts == Some(false)) {
        let name = plain(&file.instance);
        let line = format!("kube-apiserver would not start with `{name}`: {}", reasons(file, cluster));
        let _ = writeln!(text, "{}\n", paint.red(&wrap::wrapped(&line, look.width)));
    }
    let mut failing: Vec<&Judged> =
        cluster.entries.iter().filter(|judged| matches!(judged.entry.outcome, Outcome::Fail(_))).collect();
    failing.sort_by(|a, b| {
        let key = |judged: &Judged| (judged.entry.rule != REFUSES, std::cmp::Reverse(judged.entry.severity));
        key(a).cmp(&key(b))
    });
    for judged in &failing {
        text.push_str(&finding::render(judged, &places, cluster, look));
        text.push('\n');
    }
    remarks(cluster, &places, look, text);
    waived(cluster, look, text);
    gaps(cluster, look, text);
    advisories(cluster, look, text);
    benchmark::section(cluster, look, text);
    if look.verbose {
        rest(cluster, look, text);
    }
    if failing.is_empty() {
        let summary = convert::summary(cluster);
        let line = match (summary.undetermined, summary.waived) {
            (0, 0) if summary.pass == 0 => "Nothing was judged: no rule applies, and -v tells why.".to_owned(),
            (0, 0) if summary.pass == 1 => "Nothing to report: the one rule that applies passes.".to_owned(),
            (0, 0) => format!("Nothing to report: all {} rules that apply pass.", summary.pass),
            (open, 0) => format!("{} rules pass, and {open} could not be judged.", summary.pass),
            (0, waived) => format!("{} rules pass, and {waived} fail and are waived.", summary.pass),
            (open, waived) => {
                format!("{} rules pass, {waived} fail and are waived, and {open} could not be judged.", summary.pass)
            }
        };
        let _ = writeln!(text, "{line}\n");
    }
}

/// How many reasons there are not to start, and where they are told.
fn reasons(component: &Component, cluster: &ClusterReport) -> String {
    let count = component.problems.iter().filter(|problem| problem.stops).count();
    let told = cluster.entries.iter().any(|judged| {
        judged.entry.rule == REFUSES && judged.entry.instance.as_deref() == Some(component.instance.as_str())
    });
    let place = if told { "below" } else { "that portcullis resolve shows" };
    if count == 1 { format!("1 reason {place}") } else { format!("{count} reasons {place}") }
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

/// The component, with its instance where there are several.
fn name_of(component: &Component, cluster: &ClusterReport) -> String {
    if cluster.components.len() > 1 {
        format!("{} `{}`", component.name, plain(&component.instance))
    } else {
        component.name.to_owned()
    }
}

/// Problems that are no finding of a rule: keys given twice, flags that override one another.
fn remarks(cluster: &ClusterReport, places: &Places<'_>, look: Look, text: &mut String) {
    let mut some = false;
    let of_flags = |problem: &&Problem| {
        problem.stops || matches!(problem.kind, model::ProblemKind::Removed | model::ProblemKind::Unknown)
    };
    let components = cluster.components.iter().map(|component| (component, true));
    for (component, has_flags) in components.chain(cluster.files.iter().map(|file| (file, false))) {
        let told = |problem: &&Problem| if has_flags { !of_flags(problem) } else { !problem.stops };
        for problem in component.problems.iter().filter(told) {
            let place = problem.location.as_ref().map(|at| format!("{}: ", place_text(at, places))).unwrap_or_default();
            let line = format!("note: {place}{}", plain(&problem.message));
            text.push_str(&indented(&line, 0, 6, look.width));
            some = true;
        }
    }
    if some {
        text.push('\n');
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

/// What somebody owns for a while, and why it is not among the findings.
fn waived(cluster: &ClusterReport, look: Look, text: &mut String) {
    let mut waived: Vec<_> = cluster
        .entries
        .iter()
        .filter_map(|Judged { entry, .. }| match &entry.outcome {
            Outcome::Waived(waived) => Some((entry, waived)),
            Outcome::Pass | Outcome::Fail(_) | Outcome::Undetermined(_) | Outcome::NotApplicable(_) => None,
        })
        .collect();
    if waived.is_empty() {
        return;
    }
    waived.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.severity));
    let _ = writeln!(text, "{}\n", Paint(look.color).bold("Waived"));
    for (entry, waived) in waived {
        let several = cluster.components.len() > 1;
        let of = entry.instance.as_ref().filter(|_| several).map(|name| format!(" on {}", plain(name)));
        let finding =
            format!("{} {}{}: {}", entry.severity.name(), entry.rule, of.unwrap_or_default(), plain(&entry.message));
        text.push_str(&indented(&finding, 2, 4, look.width));
        let waiver = format!("until {}, by {}: {}", waived.until, plain(&waived.owner), plain(&waived.reason));
        text.push_str(&indented(&waiver, 4, 4, look.width));
    }
    text.push('\n');
}

/// What could not be judged, by what is wanted; what most rules want comes first.
fn gaps(cluster: &ClusterReport, look: Look, text: &mut String) {
    let mut wanted: BTreeMap<(&str, &str), Vec<(&str, &str)>> = BTreeMap::new();
    for Judged { entry, .. } in &cluster.entries {
        if let Outcome::Undetermined(gap) = &entry.outcome {
            let rules = wanted.entry((&gap.wanted, &gap.who_could_answer)).or_default();
            if !rules.iter().any(|(rule, _)| *rule == entry.rule) {
                rules.push((entry.rule, &gap.reason));
            }
        }
    }
    if wanted.is_empty() {
        return;
    }
    let paint = Paint(look.color);
    let _ = writeln!(text, "{}\n", paint.bold("Not judged"));
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    wanted.sort_by_key(|(_, rules)| std::cmp::Reverse(rules.len()));
    for ((thing, who), rules) in wanted {
        let need = if rules.len() == 1 { "1 rule needs".to_owned() } else { format!("{} rules need", rules.len()) };
        text.push_str(&indented(&format!("{need} {}: {}", plain(thing), plain(who)), 2, 4, look.width));
        let reasons: std::collections::BTreeSet<_> = rules.iter().map(|(_, reason)| *reason).collect();
        if let (1, Some(reason)) = (reasons.len(), reasons.first()) {
            text.push_str(&indented(&plain(reason), 4, 4, look.width));
        }
        let names: Vec<_> = rules.iter().map(|(rule, _)| *rule).collect();
        text.push_str(&indented(&names.join(", "), 4, 4, look.width));
        text.push('\n');
    }
}

/// Published flaws of the release: those that apply one by one, the others as numbers.
fn advisories(cluster: &ClusterReport, look: Look, text: &mut String) {
    const NAMED: usize = 8;
    if cluster.advisories.is_empty() {
        return;
    }
    let paint = Paint(look.color);
    let of = |exposure: &'static str| cluster.advisories.iter().filter(move |advisory| advisory.exposure == exposure);
    let _ = writeln!(text, "{}\n", paint.bold("Advisories"));
    let mut named = 0;
    for advisory in of("exposed") {
        named += 1;
        if named > NAMED && !look.verbose {
            continue;
        }
        let severity = advisory.severity.map_or("unknown", Severity::name);
        let painted = advisory.severity.map_or_else(|| severity.to_owned(), |known| paint.severity(known, severity));
        let fixed = advisory.fixed_in.as_ref().map_or("no fix".to_owned(), |fixed| format!("fixed in {fixed}"));
        let line = format!("{}: {} ({fixed})", advisory.id, plain(advisory.title));
        let rest = indented(&line, 12, 12, look.width);
        let _ = write!(text, "  {painted}{:>1$}{2}", "", 10_usize.saturating_sub(severity.len()), rest.trim_start());
    }
    if named > NAMED && !look.verbose {
        let _ = writeln!(text, "  and {} more; -v lists them", named - NAMED);
    }
    let counts: Vec<String> = [
        (named, "exposed"),
        (of("undetermined").count(), "undetermined, which need what was not seen"),
        (of("mitigated").count(), "mitigated"),
        (of("not-exposed").count(), "ruled out by what was seen"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let mut line = counts.join("; ");
    line.push('.');
    text.push_str(&indented(&line, 2, 2, look.width));
    if let Some(Release::Exactly(version)) = &cluster.release {
        let _ = writeln!(text, "  portcullis cve {version}");
    }
    text.push('\n');
}

/// Passes, and what does not apply or was not asked.
fn rest(cluster: &ClusterReport, look: Look, text: &mut String) {
    let mut lines = Vec::new();
    for Judged { entry, .. } in &cluster.entries {
        let word = match &entry.outcome {
            Outcome::Pass => "pass",
            Outcome::NotApplicable(_) => "n/a ",
            Outcome::Fail(_) | Outcome::Undetermined(_) | Outcome::Waived(_) => continue,
        };
        lines.push(format!("{word}  {}: {}", entry.rule, plain(&entry.message)));
    }
    lines.extend(cluster.not_asked.iter().map(|rule| format!("not asked  {rule}")));
    for line in &lines {
        text.push_str(&indented(line, 2, 8, look.width));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

/// One line for each finding: `path:line:column: severity rule: message`.
fn quiet(cluster: &ClusterReport, text: &mut String) {
    let places = Places::new(&cluster.evidence);
    let mut failing: Vec<_> =
        cluster.entries.iter().filter(|judged| matches!(judged.entry.outcome, Outcome::Fail(_))).collect();
    failing.sort_by_key(|judged| std::cmp::Reverse(judged.entry.severity));
    for Judged { entry, .. } in failing {
        let place =
            entry.locations.first().map_or_else(|| plain(&cluster.name), |label| place_text(&label.at, &places));
        let _ = writeln!(text, "{place}: {} {}: {}", entry.severity.name(), entry.rule, plain(&entry.message));
    }
}

/// Rules by how they ended, a row for each cluster.
fn table(summaries: Vec<(String, wire::Summary)>, look: Look) -> String {
    let paint = Paint(look.color);
    let alone = summaries.len() == 1;
    // Most people waive nothing, and eighty columns are few.
    let waived = summaries.iter().any(|(_, summary)| summary.waived > 0);
    let mut heads = vec!["critical", "high", "medium", "low", "info", "not judged", "pass", "n/a"];
    if waived {
        heads.insert(6, "waived");
    }
    let rows: Vec<(String, Vec<usize>)> = summaries
        .into_iter()
        .map(|(name, summary)| {
            let by = summary.by_severity;
            let mut counts = vec![by.critical, by.high, by.medium, by.low, by.info, summary.undetermined];
            counts.extend(waived.then_some(summary.waived));
            counts.extend([summary.pass, summary.not_applicable]);
            (name, counts)
        })
        .collect();
    let widths: Vec<usize> = heads.iter().map(|head| head.len() + 2).collect();
    let numbers: usize = widths.iter().sum();
    let first = look.width.saturating_sub(numbers).max(12);
    // A name that would push the numbers out gets a line of its own.
    let aside = rows.iter().any(|(name, _)| wrap::width(name) > first);
    let mut text = String::new();
    let head: String = heads.iter().zip(&widths).map(|(head, width)| format!("{head:>width$}")).collect();
    let title = if aside { String::new() } else { "rules".to_owned() };
    let start = if aside { 2 } else { first };
    let title = if aside && alone { String::new() } else { title };
    let _ = writeln!(text, "{}", paint.bold(format!("{title:<start$}{head}").trim_end()));
    for (name, counts) in rows {
        if aside {
            let _ = writeln!(text, "{name}");
        }
        let numbers: String = counts
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (count, width))| {
                let cell = format!("{count:>width$}");
                match (column, count) {
                    (_, 0) => paint.dim(&cell),
                    (0 | 1, _) => paint.red(&cell),
                    (2, _) => paint.yellow(&cell),
                    _ => cell,
                }
            })
            .collect();
        let name = if aside { String::new() } else { name };
        let padding = start.saturating_sub(wrap::width(&name));
        let _ = writeln!(text, "{name}{:padding$}{numbers}", "");
    }
    text.push('\n');
    text
}

fn looked_at(report: &Report, look: Look) -> String {
    let inputs = &report.inputs;
    let total = inputs.judged + inputs.supporting + inputs.not_ours + inputs.templated + inputs.broken + inputs.unread;
    let parts = [
        (inputs.judged, "judged"),
        (inputs.supporting, "supporting"),
        (inputs.not_ours, "not ours"),
        (inputs.templated, "templates"),
        (inputs.broken, "broken"),
        (inputs.unread, "unread"),
    ];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let is_named = |cluster: &ClusterReport, evidence: &model::Evidence| {
        let mut all = cluster.components.iter().chain(&cluster.files);
        let is_given = all.any(|component| component.declared_in == evidence.id);
        evidence.kind == model::Kind::ConfigFile && evidence.text().is_some() && !is_given
    };
    let named: usize = report
        .clusters
        .iter()
        .map(|cluster| cluster.evidence.iter().filter(|evidence| is_named(cluster, evidence)).count())
        .sum();
    let asked: Vec<wire::Requests> = report.clusters.iter().filter_map(|cluster| cluster.requests).collect();
    let what = match asked.is_empty() {
        true => format!("file{}", if total == 1 { "" } else { "s" }),
        false if asked.len() == report.clusters.len() => "answers".to_owned(),
        false => "files and answers".to_owned(),
    };
    let mut line = format!("Looked at {total} {what}: {}", parts.join(", "));
    if !asked.is_empty() {
        let (count, bytes) = asked.iter().fold((0, 0), |(count, bytes), one| (count + one.count, bytes + one.bytes));
        let _ = write!(line, "; in {count} requests, {}", size(bytes));
    }
    let outside: Vec<wire::Outside> = report.clusters.iter().filter_map(|cluster| cluster.outside).collect();
    if !outside.is_empty() {
        let (connections, requests, bytes) = outside.iter().fold((0, 0, 0), |(connections, requests, bytes), one| {
            let more = one.bytes_sent + one.bytes_received;
            (connections + u64::from(one.connections), requests + u64::from(one.requests), bytes + more)
        });
        let and = if requests == 0 { String::new() } else { format!(" and {requests} requests") };
        let _ = write!(line, "; and from outside in {connections} connections{and}, {}", size(bytes));
    }
    if named > 0 {
        let _ = write!(line, "; and read {named} that flags name");
    }
    if let Some(day) = &report.tool.knowledge.flags {
        let _ = write!(line, ". Knowledge of {day}");
    }
    line.push('.');
    indented(&line, 0, 0, look.width)
}

/// What to type next.
fn next(clusters: &[&ClusterReport], look: Look) -> String {
    let mut commands: Vec<(String, &str)> = Vec::new();
    let worst = clusters
        .iter()
        .flat_map(|cluster| &cluster.entries)
        .filter(|judged| matches!(judged.entry.outcome, Outcome::Fail(_)))
        .max_by_key(|judged| convert::end(&judged.entry));
    if let Some(judged) = worst {
        commands.push((format!("portcullis explain {}", judged.entry.rule), "the worst finding, in full"));
    }
    let root = clusters.iter().any(|cluster| {
        cluster.entries.iter().any(|judged| {
            matches!(&judged.entry.outcome, Outcome::Undetermined(gap) if gap.who_could_answer.contains("--root"))
        })
    });
    let of_files = clusters.iter().find(|cluster| cluster.requests.is_none());
    if let (true, Some(cluster)) = (root, of_files) {
        let target = shell_word(&cluster.target);
        commands.push((format!("portcullis audit --root DIR {target}"), "with the node's files"));
    }
    // Only a component has settings to resolve; a kubeconfig is none.
    if let Some(cluster) = clusters.iter().find(|cluster| !cluster.components.is_empty()) {
        commands.push((format!("portcullis resolve {}", shell_word(&cluster.target)), "what is in force, and why"));
    }
    if commands.is_empty() {
        return String::new();
    }
    let paint = Paint(look.color);
    let longest = commands.iter().map(|(command, _)| wrap::width(command)).max().unwrap_or(0);
    let mut text = String::from("\n");
    for (command, why) in commands {
        let padding = longest - wrap::width(&command);
        if 2 + longest + 2 + wrap::width(why) <= look.width {
            let _ = writeln!(text, "  {command}{:padding$}  {}", "", paint.dim(why));
        } else {
            let _ = writeln!(text, "  {command}");
        }
    }
    text
}

/// A word as a shell takes it.
fn shell_word(text: &str) -> String {
    let safe = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:@=,+".contains(&b));
    if safe && !text.is_empty() { text.to_owned() } else { format!("'{}'", plain(text).replace('\'', "'\\''")) }
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

/// All rules, by severity, and the controls that wait for one.
pub fn rules_table(rules: &[RuleMeta], waiting: &[Waiting], look: Look) -> String {
    const BEFORE: usize = 10;
    let paint = Paint(look.color);
    let mut rules: Vec<&RuleMeta> = rules.iter().collect();
    rules.sort_by_key(|meta| (std::cmp::Reverse(meta.card.severity), meta.card.id));
    // In columns where every row fits into a line; else the title stands below its rule.
    let longest = rules.iter().map(|meta| meta.card.id.len()).max().unwrap_or(0);
    let title = BEFORE + longest + 2;
    let fits = rules.iter().all(|meta| title + wrap::width(meta.card.title) <= look.width);
    let mut text = String::new();
    for meta in rules {
        let severity = meta.card.severity;
        let padded = paint.severity(severity, &format!("{:<BEFORE$}", severity.name()));
        if fits {
            let _ = writeln!(text, "{padded}{:<longest$}  {}", meta.card.id, meta.card.title);
        } else {
            let _ = writeln!(text, "{padded}{}", paint.bold(meta.card.id));
            text.push_str(&indented(meta.card.title, BEFORE, BEFORE, look.width));
        }
    }
    if look.verbose {
        for (at, control) in waiting.iter().enumerate() {
            if at == 0 {
                let _ = writeln!(text, "\n{}\n", paint.bold("No rule yet"));
            }
            let needs = if control.manual {
                "it takes a person".to_owned()
            } else {
                format!("needs {}", control.evidence.join(" or "))
            };
            let _ = writeln!(text, "{:<8}  {}", control.severity, control.control);
            text.push_str(&indented(
                &format!("{} ({needs})", control.intent.trim_end_matches('.')),
                10,
                10,
                look.width,
            ));
        }
    } else if !waiting.is_empty() {
        // What of the API server no file will ever tell; the rest is a number.
        let words = |evidence: &str| match evidence {
            "live-api" => Some("a live cluster"),
            "remote-probe" => Some("a probe"),
            _ => None,
        };
        let longest = waiting.iter().map(|control| control.control.len()).max().unwrap_or(0);
        let _ = writeln!(text, "\n{}\n", paint.bold("No rule yet"));
        for control in waiting.iter().filter(|control| control.component == "apiserver") {
            let needs: Vec<&str> = control.evidence.iter().filter_map(|one| words(one)).collect();
            if needs.is_empty() {
                continue;
            }
            let line =
                format!("{:<BEFORE$}{:<longest$}  needs {}", control.severity, control.control, needs.join(" or "));
            text.push_str(&indented(&line, 0, BEFORE + longest + 2, look.width));
        }
        let many =
            if waiting.len() == 1 { "1 control has".to_owned() } else { format!("{} controls have", waiting.len()) };
        let note = format!("{many} no rule yet and never count as a pass; -v lists them with what they need.");
        let _ = write!(text, "\n{}", indented(&note, 0, 0, look.width));
    }
    text
}
