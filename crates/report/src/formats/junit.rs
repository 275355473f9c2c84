//! JUnit XML: a suite for each cluster, a case for each entry.
//!
//! There is no one standard. The attributes are those of Jenkins' strictest schema (`junit-10.xsd` of its xUnit plugin), which
//! every other reader understands; so places stand in the text and not in a `file` attribute. What could not be read is a
//! skipped case of its own suite, so that a green run does not hide it.

use std::{collections::BTreeMap, io};

use super::{Conversion, Junit, fate, groups, name_of, place, reason, sentence, xml::escaped};
use crate::{
    text::plain,
    wire::{Entry, RunProblem},
};

/// One `testcase`.
struct Case {
    class: String,
    name: String,
    end: Junit,
    /// The kind of end, and the word that readers group by.
    kind: &'static str,
    message: String,
    /// What to know of it, a line each.
    body: Vec<String>,
}

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = conversion.report;
    let count = |end: Junit| {
        groups(report)
            .flat_map(|(_, entries)| entries)
            .filter(|entry| fate(entry, conversion.strict).junit == end)
            .count()
    };
    let total = groups(report).map(|(_, entries)| entries.len()).sum::<usize>() + report.problems.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let (failures, errors) = (count(Junit::Failure), count(Junit::Error));
    writeln!(out, "<testsuites name=\"portcullis\" tests=\"{total}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    for (cluster, entries) in groups(report) {
        let name = name_of(cluster);
        suite(&name, entries.iter().map(|entry| case(&name, entry, conversion.strict)).collect(), out)?;
    }
    if !report.problems.is_empty() {
        suite("not looked at", report.problems.iter().map(problem).collect(), out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(name: &str, mut cases: Vec<Case>, out: &mut dyn io::Write) -> io::Result<()> {
    // Some readers keep only the first of two cases with one name.
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for case in &mut cases {
        let count = seen.entry((case.class.clone(), case.name.clone())).or_default();
        *count += 1;
        if *count > 1 {
            case.name = format!("{} ({count})", case.name);
        }
    }
    let count = |end: Junit| cases.iter().filter(|case| case.end == end).count();
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        escaped(name),
        cases.len(),
        count(Junit::Failure),
        count(Junit::Error),
        count(Junit::Skipped)
    )?;
    for case in &cases {
        write!(out, "    <testcase classname=\"{}\" name=\"{}\"", escaped(&case.class), escaped(&case.name))?;
        let element = match case.end {
            Junit::Passed => {
                writeln!(out, "/>")?;
                continue;
            }
            Junit::Failure => "failure",
            Junit::Error => "error",
            Junit::Skipped => "skipped",
        };
        let (kind, message) = (escaped(case.kind), escaped(&case.message));
        let body = case.body.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n");
        writeln!(out, ">\n      <{element} type=\"{kind}\" message=\"{message}\">{body}</{element}>\n    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

fn case(cluster: &str, entry: &Entry, strict: bool) -> Case {
    let part = |text: Option<&str>| text.map(|text| format!(" {}", plain(text))).unwrap_or_default();
    let end = fate(entry, strict).junit;
    let (kind, message) = match end {
        Junit::Failure => (entry.severity, entry.message.clone()),
        Junit::Error | Junit::Skipped | Junit::Passed => (entry.outcome.name(), reason(entry)),
    };
    Case {
        class: format!("{cluster}{}{}", part(entry.component), part(entry.instance.as_deref())),
        name: format!("{}{}", entry.rule, part(entry.subject.as_deref())),
        end,
        kind,
        message: plain(&message),
        body: body(entry),
    }
}

fn body(entry: &Entry) -> Vec<String> {
    let mut lines = vec![format!("{} ({}): {}", entry.rule, entry.severity, sentence(&plain(entry.title)))];
    lines.extend(entry.locations.iter().map(|at| format!("at {}", place(at))));
    if let Some(remedy) = &entry.remedy {
        lines.push(format!("fix ({}): {}", remedy.safety, sentence(&plain(&remedy.title))));
        lines.extend(remedy.breaks.iter().map(|breaks| format!("breaks: {}", plain(breaks))));
    }
    lines.push(format!("portcullis explain {}", entry.rule));
    lines
}

fn problem(problem: &RunProblem) -> Case {
    let hint = problem.hint.as_deref().map(|hint| format!(" {}", sentence(&plain(hint)))).unwrap_or_default();
    Case {
        class: plain(&problem.target),
        name: problem.location.as_ref().map_or_else(|| plain(&problem.target), place),
        end: Junit::Skipped,
        kind: "problem",
        message: format!("{}{hint}", sentence(&plain(&problem.message))),
        body: Vec::new(),
    }
}
