//! What was found in one cluster: the findings, and below them what is no finding of a rule.

use std::{collections::BTreeMap, fmt::Write as _};

use model::{Component, Outcome, Problem, Release, Severity};

use super::{
    Look, benchmark, finding, heading, place_text, plain,
    wrap::{self, Paint, indented},
};
use crate::{
    convert,
    input::{ClusterReport, Judged},
    places::Places,
};

/// The rule that says of each reason not to start that it is one; its findings come before all others.
const REFUSES: &str = "component-refuses-to-start";

pub(super) fn one_cluster(cluster: &ClusterReport, several: bool, look: Look, text: &mut String) {
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

/// The component, with its instance where there are several.
pub(super) fn name_of(component: &Component, cluster: &ClusterReport) -> String {
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
pub(super) fn quiet(cluster: &ClusterReport, text: &mut String) {
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
