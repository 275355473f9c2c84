//! SARIF 2.1.0: a run with a result for each entry that a reviewer is to see.
//!
//! Code hosts show every result as something to do, so that what passed, does not apply or could not be judged is there only
//! when asked for. Beyond the standard, what GitHub's code scanning wants is there: a location with a line for every result,
//! the tag `security` and a score for every rule
//! (<https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>).

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use model::Severity;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Conversion, Outcome, fate, groups, level, reason, sentence, severity};
use crate::{
    text::{page, plain},
    wire::{Cluster, Edit, Entry, Location, Remedy, Rule},
};

/// A log with one run; its results are made while they are written.
#[derive(Serialize)]
pub(super) struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    invocations: [Value; 1],
    original_uri_base_ids: Value,
    column_kind: &'static str,
    newline_sequences: [&'static str; 3],
    results: Results<'a>,
}

struct Results<'a> {
    conversion: &'a Conversion<'a>,
    /// The place of each rule in the table of the tool.
    rules: BTreeMap<&'a str, usize>,
}

/// The base of relative paths: the root of what is checked in, to code hosts.
const ROOT: &str = "%SRCROOT%";

pub(super) fn log<'a>(conversion: &'a Conversion<'a>) -> Log<'a> {
    let report = conversion.report;
    let rules = report.rules.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: tool(conversion),
            invocations: [invocation(conversion)],
            original_uri_base_ids: json!({ROOT: {"description": {"text": "The folder that portcullis was run in."}}}),
            column_kind: "unicodeCodePoints",
            newline_sequences: ["\r\n", "\n", "\r"],
            results: Results { conversion, rules },
        }],
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let conversion = self.conversion;
        serializer.collect_seq(groups(conversion.report).flat_map(|(cluster, entries)| {
            entries
                .iter()
                .filter(|entry| conversion.verbose || !fate(entry, conversion.strict).routine)
                .map(move |entry| result(entry, cluster, self))
        }))
    }
}

fn tool(conversion: &Conversion<'_>) -> Value {
    let tool = &conversion.report.tool;
    let pages: BTreeMap<&str, &str> = conversion.rules.iter().map(|meta| (meta.card.id, meta.card.page)).collect();
    let rules: Vec<Value> = conversion
        .report
        .rules
        .iter()
        .map(|(id, rule)| descriptor(id, rule, pages.get(id.as_str()).copied().unwrap_or_default()))
        .collect();
    json!({"driver": {
        "name": tool.name,
        "version": tool.version,
        "semanticVersion": tool.version,
        "rules": rules,
        "properties": {"knowledge": tool.knowledge},
    }})
}

fn descriptor(id: &str, rule: &Rule, page: &str) -> Value {
    let what = page::what(page).unwrap_or_else(|| sentence(&rule.title));
    let why = page::why(page).map(|why| format!(" {why}")).unwrap_or_default();
    let severity = severity(&rule.severity);
    let mut descriptor = json!({
        "id": id,
        "shortDescription": {"text": sentence(&rule.title)},
        "fullDescription": {"text": what},
        "help": {
            "text": format!("{what}{why}"),
            "markdown": page::public(page).unwrap_or_else(|| sentence(&rule.title)),
        },
        "defaultConfiguration": {"level": level(severity)},
        "properties": {
            "tags": ["security", "kubernetes", rule.component],
            "security-severity": score(severity),
            "severity": rule.severity,
            "references": rule.references,
            "inverted": rule.inverted,
        },
    });
    if let Some(address) = help(env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"), id) {
        descriptor["helpUri"] = json!(address);
    }
    descriptor
}

/// Where the page of a rule is published: in the repository that the build names, at its release. None where it names none.
pub(super) fn help(repository: &str, version: &str, id: &str) -> Option<String> {
    let repository = repository.trim_end_matches('/').trim_end_matches(".git");
    repository.starts_with("https://").then(|| format!("{repository}/blob/v{version}/docs/rules/{id}.md"))
}

/// In the bands of CVSS, which code hosts sort by.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

/// How the run went, and what it could not look at.
fn invocation(conversion: &Conversion<'_>) -> Value {
    let report = conversion.report;
    let problems = report.problems.iter().map(|problem| {
        let hint = problem.hint.as_deref().map(|hint| format!(" {}", sentence(hint))).unwrap_or_default();
        let mut notification = json!({
            "level": "warning",
            "message": message(&format!("{}{hint}", sentence(&problem.message))),
        });
        if let Some(at) = &problem.location {
            notification["locations"] = json!([{"physicalLocation": physical(at, conversion.here)}]);
        }
        notification
    });
    let unread = report.clusters.iter().flat_map(|cluster| &cluster.evidence).filter(|piece| piece.state == "unread");
    let unread = unread.map(|piece| {
        let reason = piece.reason.clone().unwrap_or_else(|| "it was not read".to_owned());
        json!({
            "level": "note",
            "message": message(&format!("{}: {}", piece.name, sentence(&reason))),
            "locations": [{"physicalLocation": {"artifactLocation": artifact(&piece.name, conversion.here)}}],
        })
    });
    let exit = report.run.exit_code;
    json!({
        // Something failed is a success of the run; what was not seen, or our own fault, is none.
        "executionSuccessful": matches!(exit, 0 | 1),
        "exitCode": exit,
        "toolExecutionNotifications": problems.chain(unread).collect::<Vec<_>>(),
    })
}

fn result(entry: &Entry, cluster: Option<&Cluster>, results: &Results<'_>) -> Value {
    let conversion = results.conversion;
    let here = conversion.here;
    let fate = fate(entry, conversion.strict);
    let mut out = Map::new();
    out.insert("ruleId".to_owned(), json!(entry.rule));
    if let Some(index) = results.rules.get(entry.rule) {
        out.insert("ruleIndex".to_owned(), json!(index));
    }
    out.insert("kind".to_owned(), json!(fate.kind));
    out.insert("level".to_owned(), json!(fate.level));
    out.insert("message".to_owned(), message(&words(entry)));
    let mut first = match entry.locations.first() {
        Some(at) => json!({"physicalLocation": line_at_least(physical(at, here))}),
        None => json!({"physicalLocation": line_at_least(
            json!({"artifactLocation": artifact(&nearest(entry, cluster, conversion), here)}),
        )}),
    };
    let parts = [cluster.map(|cluster| cluster.name.as_str()), entry.component, entry.instance.as_deref()];
    let parts = parts.into_iter().chain([entry.subject.as_deref()]).flatten();
    let name = parts.map(plain).collect::<Vec<_>>().join("::");
    first["logicalLocations"] = json!([{"fullyQualifiedName": name}]);
    out.insert("locations".to_owned(), json!([first]));
    let related: Vec<Value> =
        entry.locations.iter().enumerate().skip(1).map(|(id, at)| related(id, at, here)).collect();
    if !related.is_empty() {
        out.insert("relatedLocations".to_owned(), json!(related));
    }
    out.insert("partialFingerprints".to_owned(), json!({"portcullis/v1": entry.fingerprint}));
    if let Some(fix) = entry.remedy.as_ref().and_then(|remedy| fix(remedy, here)) {
        out.insert("fixes".to_owned(), json!([fix]));
    }
    if fate.suppressed {
        let justification = plain(&reason(entry));
        out.insert(
            "suppressions".to_owned(),
            json!([{"kind": "external", "status": "accepted", "justification": justification}]),
        );
    }
    let mut properties = Map::new();
    for (name, value) in [
        ("cluster", cluster.map(|cluster| cluster.name.as_str())),
        ("component", entry.component),
        ("instance", entry.instance.as_deref()),
        ("subject", entry.subject.as_deref()),
        ("setting", entry.setting.as_deref()),
        ("plane", entry.plane),
        ("confidence", entry.confidence),
        ("severity", Some(entry.severity)),
        ("outcome", Some(entry.outcome.name())),
    ] {
        if let Some(value) = value {
            properties.insert(name.to_owned(), json!(value));
        }
    }
    out.insert("properties".to_owned(), Value::Object(properties));
    Value::Object(out)
}

/// The first sentence says what is there; a paragraph of its own what to do about it.
fn words(entry: &Entry) -> String {
    let mut text = match (entry.message.as_str(), entry.outcome) {
        // The title states the fault.
        ("", Outcome::Pass) => format!("Not found here: {}", sentence(&plain(entry.title))),
        ("", _) => sentence(&plain(entry.title)),
        (message, _) => sentence(&plain(message)),
    };
    if let Some(gap) = &entry.gap {
        let _ = write!(text, "\n\nTo answer it: {}", sentence(&plain(&gap.who_could_answer)));
    }
    if let Some(remedy) = &entry.remedy {
        let _ = write!(text, "\n\nFix ({}): {}", remedy.safety, sentence(&plain(&remedy.title)));
        for breaks in &remedy.breaks {
            let _ = write!(text, "\nBreaks: {}", plain(breaks));
        }
    }
    text
}

/// A message of plain words: braces would stand for arguments (§3.11.5), and `[text](address)` would be a link (§3.11.6).
fn message(text: &str) -> Value {
    let lines: Vec<String> = text.split('\n').map(plain).collect();
    json!({"text": lines.join("\n").replace('{', "{{").replace('}', "}}").replace("](", "] (")})
}

fn physical(at: &Location, here: Option<&Path>) -> Value {
    let mut physical = json!({"artifactLocation": artifact(&at.evidence, here)});
    let region: Map<String, Value> =
        [("startLine", at.line), ("startColumn", at.column), ("endLine", at.end_line), ("endColumn", at.end_column)]
            .into_iter()
            .filter_map(|(name, number)| Some((name.to_owned(), json!(number?))))
            .collect();
    if !region.is_empty() {
        physical["region"] = Value::Object(region);
    }
    physical
}

/// The place of a whole piece of evidence is its first line: code hosts refuse a result without one.
fn line_at_least(mut physical: Value) -> Value {
    if physical.get("region").is_none() {
        physical["region"] = json!({"startLine": 1});
    }
    physical
}

fn related(id: usize, at: &Location, here: Option<&Path>) -> Value {
    let mut location = json!({"id": id, "physicalLocation": physical(at, here)});
    if let Some(label) = &at.label {
        location["message"] = message(label);
    }
    location
}

/// The file of an entry that has no place: one that the same instance was judged by, or that declares something of the cluster.
fn nearest(entry: &Entry, cluster: Option<&Cluster>, conversion: &Conversion<'_>) -> String {
    let Some(cluster) = cluster.or_else(|| conversion.report.clusters.first()) else { return ".".to_owned() };
    let same = cluster
        .verdicts
        .iter()
        .filter(|other| other.instance == entry.instance && other.component == entry.component)
        .find_map(|other| other.locations.first().map(|at| &at.evidence));
    let declared = || cluster.evidence.iter().find(|piece| piece.kind == "workload").map(|piece| &piece.name);
    same.or_else(declared).unwrap_or(&cluster.target).clone()
}

/// The edits of a remedy, file by file; `None` where it takes a person.
fn fix(remedy: &Remedy, here: Option<&Path>) -> Option<Value> {
    let mut files: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &remedy.edits {
        files.entry(&edit.evidence).or_default().push(edit);
    }
    if files.is_empty() {
        return None;
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(evidence, edits)| {
            json!({
                "artifactLocation": artifact(evidence, here),
                "replacements": edits.into_iter().map(replacement).collect::<Vec<_>>(),
            })
        })
        .collect();
    Some(json!({"description": message(&sentence(&remedy.title)), "artifactChanges": changes}))
}

fn replacement(edit: &Edit) -> Value {
    json!({
        "deletedRegion": {
            "startLine": edit.start[0],
            "startColumn": edit.start[1],
            "endLine": edit.end[0],
            "endColumn": edit.end[1],
        },
        "insertedContent": {"text": edit.text},
    })
}

/// Where a piece of evidence is: relative to what is checked in where it can be.
fn artifact(evidence: &str, here: Option<&Path>) -> Value {
    if let Some((scheme, rest)) = evidence.split_once("://")
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return json!({"uri": format!("{scheme}://{}", encoded(rest, b":[]"))});
    }
    let path = Path::new(evidence);
    let path = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    // `./a` and `a` are one file.
    let path: std::path::PathBuf = path.components().filter(|part| *part != std::path::Component::CurDir).collect();
    let shown = encoded(&path.to_string_lossy(), b"");
    if path.is_absolute() {
        return json!({"uri": format!("file://{shown}")});
    }
    json!({"uri": if shown.is_empty() { "." } else { &shown }, "uriBaseId": ROOT})
}

/// The path of a URI (RFC 3986 §3.3). A colon is written out, since one in the first segment would make a scheme of it.
fn encoded(path: &str, also: &[u8]) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
