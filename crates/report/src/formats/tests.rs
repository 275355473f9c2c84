//! Every entry is in every format as often as it should be, and nothing that it says gets out of its place.
//!
//! The readers are other people's: what they see is what counts.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::{Conversion, Format, lines};
use crate::{
    tests::{held_by, sample},
    wire::{
        Benchmark, BenchmarkControl, BenchmarkItem, BenchmarkSection, Coverage, Entry, Fleet, Gap, Outcome, Remedy,
        Report, Waiver,
    },
};

/// What ends, begins or hides something in one of the formats.
const HOSTILE: &str = "\u{1b}[31m \u{0}\u{7}\u{9b}\u{202e} ]]> <b>&amp;</b> <!-- --> \"q\" 'q' a,b;c | \\| `x|y` `` * _ ~~s~~ \
                       [a](http://h.example) ![i](//h) www.h.example https://h.example @someone #1 $x$ {0} \r\n\t=1+1 \u{fffe}";

/// Begins with what a spreadsheet calculates.
const FORMULA: &str = "=HYPERLINK(\"http://h.example\")";

/// Each outcome at each severity, in two clusters and across them; the rule of each entry is a name of its own.
fn every_outcome(words: &str) -> Report {
    let mut report = crate::report(&sample());
    let mut found = std::mem::take(&mut report.clusters[0].verdicts);
    let model = found.remove(found.iter().position(|entry| entry.rule == "b-high").expect("a finding with an edit"));
    let entries = |group: &str| -> Vec<Entry> {
        let mut entries = Vec::new();
        for outcome in Outcome::ALL {
            for severity in model::Severity::ALL {
                let says = |is: bool| is.then(|| words.to_owned());
                let failing = matches!(outcome, Outcome::Fail | Outcome::Waived);
                entries.push(Entry {
                    rule: format!("{group}-{}-{}", outcome.name(), severity.name()).leak(),
                    title: words.to_owned().leak(),
                    severity: severity.name(),
                    outcome,
                    component: Some("kube-apiserver"),
                    instance: Some(words.to_owned()),
                    subject: Some(words.to_owned()),
                    setting: Some("--anonymous-auth".to_owned()),
                    plane: Some("declared"),
                    confidence: failing.then_some("probable"),
                    message: words.to_owned(),
                    locations: model
                        .locations
                        .iter()
                        .flat_map(|at| [at.clone(), crate::wire::Location { evidence: words.to_owned(), ..at.clone() }])
                        .collect(),
                    gap: (outcome == Outcome::Undetermined).then(|| {
                        Box::new(Gap {
                            kind: "unread",
                            reason: words.to_owned(),
                            wanted: words.to_owned(),
                            who_could_answer: words.to_owned(),
                        })
                    }),
                    not_applicable: says(outcome == Outcome::NotApplicable),
                    remedy: failing.then(|| {
                        Box::new(Remedy {
                            title: words.to_owned(),
                            safety: "review",
                            breaks: vec![words.to_owned()],
                            edits: model.remedy.iter().flat_map(|remedy| &remedy.edits).map(copy).collect(),
                        })
                    }),
                    waiver: (outcome == Outcome::Waived).then(|| {
                        Box::new(Waiver {
                            reason: words.to_owned(),
                            owner: words.to_owned(),
                            until: "2027-01-01".to_owned(),
                            value: None,
                        })
                    }),
                    fingerprint: format!("{group}{}{}", outcome.name(), severity.name()),
                });
            }
        }
        entries
    };
    let mut second = crate::report(&sample()).clusters.remove(0);
    second.name = words.to_owned();
    second.evidence[0].state = "unread".to_owned();
    second.evidence[0].name = words.to_owned();
    second.verdicts = entries("second");
    second.benchmark = Some(numbered(&second.verdicts, words));
    report.clusters[0].verdicts = entries("first");
    report.clusters[0].benchmark = Some(numbered(&report.clusters[0].verdicts, words));
    report.clusters.push(second);
    report.fleet = Some(Fleet { verdicts: entries("fleet"), ..Fleet::default() });
    report.problems[0].message = words.to_owned();
    for entry in entries("first").iter().chain(&entries("second")).chain(&entries("fleet")) {
        let rule = crate::wire::Rule {
            title: words.to_owned(),
            severity: entry.severity.to_owned(),
            component: "apiserver".to_owned(),
            references: BTreeMap::new(),
            inverted: BTreeMap::new(),
        };
        report.rules.insert(entry.rule.to_owned(), rule);
    }
    report
}

fn copy(edit: &crate::wire::Edit) -> crate::wire::Edit {
    crate::wire::Edit { evidence: edit.evidence.clone(), text: HOSTILE.to_owned(), ..*edit }
}

fn written(format: Format, report: &Report, verbose: bool, strict: bool) -> String {
    let rules = sample().rules;
    let conversion = Conversion { report, rules: &rules, verbose, strict, here: None };
    let mut out = Vec::new();
    conversion.write(format, &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

/// What each entry became, by its rule; an entry that is there twice has two.
type Seen = BTreeMap<String, Vec<String>>;

fn add(seen: &mut Seen, rule: &str, what: String) {
    seen.entry(rule.to_owned()).or_default().push(what);
}

fn sarif(text: &str) -> Seen {
    let log: Value = serde_json::from_str(text).expect("JSON");
    let mut seen = Seen::new();
    for result in log["runs"][0]["results"].as_array().expect("results") {
        let suppressed = result["suppressions"][0]["kind"].as_str().map(|kind| format!(" {kind}")).unwrap_or_default();
        let (rule, kind, level) = (&result["ruleId"], &result["kind"], &result["level"]);
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        add(&mut seen, &word(rule), format!("{} {}{suppressed}", word(kind), word(level)));
    }
    seen
}

fn junit(text: &str) -> Seen {
    let document = roxmltree::Document::parse(text).expect("XML");
    let root = document.root_element();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> usize {
        node.attribute(name).and_then(|count| count.parse().ok()).expect("a count")
    };
    let count = |node: roxmltree::Node<'_, '_>, name: &str| node.descendants().filter(|n| n.has_tag_name(name)).count();
    for (attribute, element) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
        assert_eq!(number(root, attribute), count(root, element), "{element}");
    }
    let mut seen = Seen::new();
    for suite in root.children().filter(|node| node.is_element()) {
        for (attribute, element) in
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            assert_eq!(number(suite, attribute), count(suite, element), "{element}");
        }
        for case in suite.children().filter(|node| node.is_element()) {
            let end = case.children().find(|node| node.is_element()).map_or("passed", |node| node.tag_name().name());
            let name = case.attribute("name").expect("a name");
            let rule = name.split(' ').next().unwrap_or_default();
            add(&mut seen, if suite.attribute("name") == Some("not looked at") { "problem" } else { rule }, end.into());
        }
    }
    seen
}

fn csv(text: &str) -> Seen {
    let mut reader = csv::ReaderBuilder::new().terminator(csv::Terminator::CRLF).from_reader(text.as_bytes());
    let names = reader.headers().expect("a header").clone();
    let column = |name: &str| names.iter().position(|known| known == name).expect("a column");
    let (rule, outcome) = (column("rule"), column("outcome"));
    let mut seen = Seen::new();
    // The reader refuses a record of another length than the header's.
    for record in reader.records() {
        let record = record.expect("a record");
        for cell in &record {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t']), "a formula: {cell}");
        }
        add(&mut seen, &record[rule], record[outcome].to_owned());
    }
    seen
}

/// Each row of a table by the rule in it, under the words of the fold that it is in.
fn markdown(text: &str) -> Seen {
    let mut seen = Seen::new();
    let (mut fold, mut row, mut cells, mut columns) = (String::new(), None::<Vec<String>>, 0, 0);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH) {
        match event {
            Event::Html(html) => {
                let html = html.trim();
                let summary = html.strip_prefix("<summary>").and_then(|rest| rest.strip_suffix("</summary>"));
                if let Some(summary) = summary {
                    fold = summary.split_once(' ').expect("a number and words").1.to_owned();
                } else if html == "</details>" {
                    fold.clear();
                } else {
                    assert_eq!(html, "<details>");
                }
            }
            Event::InlineHtml(html) => assert!(["<br>", "<code>", "</code>"].contains(&&*html), "{html}"),
            Event::Start(Tag::Table(alignments)) => columns = alignments.len(),
            Event::Start(Tag::TableRow) => (row, cells) = (Some(Vec::new()), 0),
            Event::End(TagEnd::TableCell) => cells += 1,
            Event::End(TagEnd::TableRow) => {
                assert_eq!(cells, columns, "a row with another number of cells");
                let words = row.take().expect("a row");
                let known = words
                    .iter()
                    .find(|word| ["first-", "second-", "fleet-"].iter().any(|group| word.starts_with(group)));
                match (known, fold.as_str()) {
                    (Some(rule), "") => add(&mut seen, rule, "finding".to_owned()),
                    (Some(rule), fold) => add(&mut seen, rule, fold.to_owned()),
                    (None, _) => add(&mut seen, "other", fold.clone()),
                }
            }
            Event::Code(code) => row.iter_mut().for_each(|row| row.push(code.to_string())),
            Event::Start(
                Tag::TableHead | Tag::TableCell | Tag::Paragraph | Tag::Heading { .. } | Tag::HtmlBlock | Tag::Strong,
            )
            | Event::End(_)
            | Event::Text(_) => {}
            // A mark, a link or an image that only the words can have made.
            other => panic!("{other:?}"),
        }
    }
    seen
}

/// What is written as an element of its own, by rule; a page is well-formed XML as well.
fn html(text: &str) -> Seen {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(text, options).expect("well-formed");
    let mut seen = Seen::new();
    let known = [
        "a",
        "article",
        "b",
        "body",
        "caption",
        "code",
        "dd",
        "desc",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "head",
        "header",
        "html",
        "li",
        "main",
        "mark",
        "meta",
        "nav",
        "p",
        "pre",
        "rect",
        "section",
        "span",
        "strong",
        "style",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ];
    let mut ids = Vec::new();
    for node in document.descendants().filter(|node| node.is_element()) {
        let name = node.tag_name().name();
        assert!(known.contains(&name), "{name}");
        for attribute in node.attributes() {
            let (attribute, value) = (attribute.name(), attribute.value());
            assert!(!attribute.starts_with("on") && attribute != "src" && attribute != "style", "{name} {attribute}");
            // Links lead to places of the page itself.
            assert!(attribute != "href" || value.starts_with('#'), "{value}");
            if attribute == "id" {
                assert!(!ids.contains(&value.to_owned()), "{value} twice");
                ids.push(value.to_owned());
            }
        }
        if let (Some(rule), Some(outcome)) = (node.attribute("data-rule"), node.attribute("data-outcome")) {
            add(&mut seen, rule, outcome.to_owned());
        }
        // Tables say what their heads are of, and pictures what they show.
        assert!(name != "th" || node.has_attribute("scope"));
        let titled = || node.children().any(|child| child.has_tag_name("title"));
        assert!(name != "svg" || (node.attribute("role") == Some("img") && titled()));
        assert!(name != "section" || node.has_attribute("aria-labelledby"));
    }
    for node in document.descendants() {
        for attribute in ["href", "aria-labelledby"] {
            let targets = node.attribute(attribute).unwrap_or_default();
            for target in
                targets.split(' ').map(|target| target.trim_start_matches('#')).filter(|target| !target.is_empty())
            {
                assert!(ids.iter().any(|id| id == target), "nothing is called {target}");
            }
        }
    }
    // No level of headings is passed over.
    let levels: Vec<u32> =
        document.descendants().filter_map(|node| node.tag_name().name().strip_prefix('h')?.parse().ok()).collect();
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    seen
}

/// The state of each id; what kube-bench's own reader would count is what its totals say.
fn kube_bench(text: &str) -> Seen {
    let overall: Value = serde_json::from_str(text).expect("JSON");
    let list = |value: &Value| value.as_array().cloned().expect("a list");
    let mut seen = Seen::new();
    let words = ["pass", "fail", "warn", "info"];
    let mut totals = [0; 4];
    for controls in list(&overall["Controls"]) {
        for key in ["id", "version", "text", "node_type"] {
            assert!(controls[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
        }
        let mut of_controls = [0; 4];
        for group in list(&controls["tests"]) {
            let mut of_group = [0; 4];
            for check in list(&group["results"]) {
                let mut keys: Vec<&str> = check.as_object().expect("a check").keys().map(String::as_str).collect();
                keys.retain(|key| *key != "reason");
                // As `encoding/json` writes them.
                let expected = "test_number test_desc audit AuditEnv AuditConfig type remediation test_info status \
                                actual_value scored IsMultiple expected_result";
                assert_eq!(keys, expected.split_whitespace().collect::<Vec<_>>());
                let status = check["status"].as_str().expect("a state");
                let word = words.iter().position(|word| word.to_uppercase() == status).expect("one of four states");
                of_group[word] += 1;
                add(&mut seen, check["test_number"].as_str().expect("an id"), status.to_owned());
            }
            for (word, count) in words.iter().zip(of_group) {
                assert_eq!(group[word], count);
            }
            of_controls.iter_mut().zip(of_group).for_each(|(sum, count)| *sum += count);
        }
        for (word, count) in words.iter().zip(of_controls) {
            assert_eq!(controls[format!("total_{word}")], count);
        }
        totals.iter_mut().zip(of_controls).for_each(|(sum, count)| *sum += count);
    }
    for (word, count) in words.iter().zip(totals) {
        assert_eq!(overall["Totals"][format!("total_{word}")], count);
    }
    seen
}

/// A benchmark with an id for each entry of a cluster.
fn numbered(entries: &[Entry], words: &str) -> Benchmark {
    let items = entries.iter().map(|entry| BenchmarkItem {
        id: entry.rule.to_owned(),
        section: "1.2".to_owned(),
        title: words.to_owned(),
        manual: Some(false),
        scored: Some(true),
        assessed: Some("tested".to_owned()),
        inverted: false,
        outcome: entry.outcome,
        message: words.to_owned(),
        controls: vec![BenchmarkControl {
            name: entry.rule.to_owned(),
            severity: entry.severity.to_owned(),
            outcome: entry.outcome,
            message: words.to_owned(),
            gap: None,
            entries: vec![entry.fingerprint.clone()],
        }],
        letter: None,
        argument: Some(words.to_owned()),
    });
    Benchmark {
        name: "cis-1.12".to_owned(),
        title: words.to_owned(),
        version: "cis-1.12".to_owned(),
        chosen: words.to_owned(),
        coverage: Coverage { ids: entries.len(), pass: 5, differ: 1, ..Coverage::default() },
        sections: vec![BenchmarkSection {
            id: "1.2".to_owned(),
            title: words.to_owned(),
            part: "master".to_owned(),
            chapter: "1".to_owned(),
        }],
        items: items.collect(),
    }
}

#[test]
fn an_id_that_asks_for_the_opposite_has_the_state_of_its_letter() {
    let mut report = every_outcome("plain");
    report.clusters.truncate(1);
    let benchmark = report.clusters[0].benchmark.as_mut().expect("a benchmark");
    benchmark.items.retain(|item| item.id == "first-fail-high");
    let of = |met: Option<bool>, report: &mut Report| {
        let item = &mut report.clusters[0].benchmark.as_mut().expect("a benchmark").items[0];
        item.inverted = true;
        item.letter = Some(crate::wire::Letter {
            met,
            wanted: "`--x` written".to_owned(),
            found: "`--x` is not written".to_owned(),
            instance: "server".to_owned(),
            location: None,
            text: None,
        });
        kube_bench(&written(Format::KubeBench, report, false, false))["first-fail-high"].clone()
    };
    assert_eq!(of(Some(true), &mut report), ["PASS"]);
    assert_eq!(of(Some(false), &mut report), ["FAIL"]);
    assert_eq!(of(None, &mut report), ["WARN"]);
}

#[test]
fn what_kube_bench_leaves_to_a_person_keeps_its_type_and_its_reason() {
    let mut report = every_outcome("plain");
    report.clusters.truncate(1);
    let benchmark = report.clusters[0].benchmark.as_mut().expect("a benchmark");
    benchmark.version = "cis-1.0".to_owned();
    let mut set = |rule: &str, assessed: Option<&str>, scored| {
        let item = benchmark.items.iter_mut().find(|item| item.id == rule).expect("an id");
        (item.assessed, item.scored, item.argument) = (assessed.map(str::to_owned), scored, None);
    };
    set("first-undetermined-high", Some("by-hand"), Some(false));
    set("first-fail-high", Some("by-hand"), Some(false));
    set("first-pass-high", Some("skipped"), Some(true));
    set("first-undetermined-low", Some("tested"), Some(true));
    set("first-pass-low", None, None);
    let overall: serde_json::Value =
        serde_json::from_str(&written(Format::KubeBench, &report, false, false)).expect("it is JSON");
    let controls = &overall["Controls"][0];
    assert_eq!((controls["id"].as_str(), controls["version"].as_str()), (Some("1"), Some("cis-1.0")));
    let results = controls["tests"][0]["results"].as_array().expect("checks");
    let of = |id: &str| {
        let check = results.iter().find(|check| check["test_number"] == id).expect("an id");
        let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        (text("type"), check["scored"] == true, text("status"), text("reason"))
    };
    let is = |id: &str, kind: &str, scored: bool, status: &str| {
        let (found, counts, state, reason) = of(id);
        assert_eq!((found.as_str(), counts, state.as_str()), (kind, scored, status), "{id}");
        reason
    };
    assert_eq!(is("first-undetermined-high", "manual", false, "WARN"), "Test marked as a manual test");
    // What the evidence decides is said, whoever else would be asked.
    assert_ne!(is("first-fail-high", "manual", false, "FAIL"), "Test marked as a manual test");
    assert!(is("first-pass-high", "skip", true, "PASS").contains("skips"));
    assert_ne!(is("first-undetermined-low", "", true, "WARN"), "Test marked as a manual test");
    is("first-pass-low", "", true, "PASS");
}

/// The table of the documentation, once more and by hand.
#[test]
fn every_entry_is_in_every_format_as_often_as_it_should_be() {
    let groups = ["first", "second", "fleet"];
    for (words, verbose, strict) in
        [("plain", false, false), (HOSTILE, true, false), (HOSTILE, false, true), (FORMULA, true, true)]
    {
        let report = every_outcome(words);
        let expected = |of: &dyn Fn(Outcome, &str) -> Option<String>| -> Seen {
            let mut seen = Seen::new();
            for group in groups {
                for outcome in Outcome::ALL {
                    for severity in ["critical", "high", "medium", "low", "info"] {
                        if let Some(what) = of(outcome, severity) {
                            add(&mut seen, &format!("{group}-{}-{severity}", outcome.name()), what);
                        }
                    }
                }
            }
            seen
        };
        let result = |outcome, severity: &str| {
            let level = match severity {
                "critical" | "high" => "error",
                "medium" => "warning",
                _ => "note",
            };
            match outcome {
                Outcome::Fail => Some(format!("fail {level}")),
                Outcome::Waived => Some(format!("fail {level} external")),
                Outcome::Undetermined => verbose.then(|| "open none".to_owned()),
                Outcome::Pass => verbose.then(|| "pass none".to_owned()),
                Outcome::NotApplicable => verbose.then(|| "notApplicable none".to_owned()),
            }
        };
        assert_eq!(sarif(&written(Format::Sarif, &report, verbose, strict)), expected(&result), "{words}");

        let case = |outcome, _: &str| {
            let end = match outcome {
                Outcome::Fail => "failure",
                Outcome::Undetermined if strict => "error",
                Outcome::Undetermined | Outcome::Waived | Outcome::NotApplicable => "skipped",
                Outcome::Pass => "passed",
            };
            Some(end.to_owned())
        };
        let mut cases = expected(&case);
        // A file that nobody could read is no pass.
        add(&mut cases, "problem", "skipped".to_owned());
        assert_eq!(junit(&written(Format::Junit, &report, verbose, strict)), cases, "{words}");

        let record = |outcome: Outcome, _: &str| Some(outcome.name().to_owned());
        assert_eq!(csv(&written(Format::Csv, &report, verbose, strict)), expected(&record), "{words}");

        let row = |outcome, _: &str| match outcome {
            Outcome::Fail => Some("finding".to_owned()),
            Outcome::Undetermined => Some("could not be judged".to_owned()),
            Outcome::Waived => Some("waived".to_owned()),
            Outcome::Pass => verbose.then(|| "passed".to_owned()),
            Outcome::NotApplicable => verbose.then(|| "not applicable".to_owned()),
        };
        let mut rows = expected(&row);
        // The counts of two clusters, and the file.
        for fold in ["", "", "not read as it should be"] {
            add(&mut rows, "other", fold.to_owned());
        }
        assert_eq!(markdown(&written(Format::Markdown, &report, verbose, strict)), rows, "{words}");

        // All of them are on the page, whatever is asked for.
        assert_eq!(html(&written(Format::Html, &report, verbose, strict)), expected(&record), "{words}");

        let state = |outcome, _: &str| {
            let state = match outcome {
                Outcome::Fail => "FAIL",
                Outcome::Undetermined => "WARN",
                Outcome::Pass => "PASS",
                Outcome::NotApplicable | Outcome::Waived => "INFO",
            };
            Some(state.to_owned())
        };
        let mut states = expected(&state);
        // What only shows across clusters has no number in a benchmark.
        states.retain(|rule, _| !rule.starts_with("fleet"));
        assert_eq!(kube_bench(&written(Format::KubeBench, &report, verbose, strict)), states, "{words}");

        let text = written(Format::Json, &report, verbose, strict);
        let json: Value = serde_json::from_str(&text).expect("JSON");
        held_by("report", &json);
        let mut stream = Vec::new();
        lines::head(&report.tool, begun(&report), BTreeMap::new(), &mut stream).expect("written");
        report.clusters.iter().for_each(|cluster| lines::cluster(cluster, &mut stream).expect("written"));
        lines::end(&report, &mut stream).expect("written");
        let stream = String::from_utf8(stream).expect("UTF-8");
        let read: Vec<Value> = stream.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        read.iter().for_each(|line| held_by("jsonl", line));
        let [head, first, second, end] = read.as_slice() else { panic!("a head, two clusters and an end") };
        assert_eq!((&head["schema"], &end["schema"]), (&"portcullis.report/1".into(), &"portcullis.end/1".into()));
        assert_eq!((first, second, &end["fleet"]), (&json["clusters"][0], &json["clusters"][1], &json["fleet"]));
        assert_eq!((&end["problems"], &end["run"]), (&json["problems"], &json["run"]));
    }
}

fn begun(report: &Report) -> crate::wire::Begun {
    crate::wire::Begun {
        started: report.run.started.clone(),
        duration_ms: None,
        as_of: report.run.as_of.clone(),
        settings: BTreeMap::new(),
        exit_code: None,
    }
}

/// Nothing that moves a terminal, hides or reorders text is left in what people look at, and nothing tells the time.
#[test]
fn what_is_read_by_people_holds_nothing_unseen_and_no_clock() {
    let mut report = every_outcome(HOSTILE);
    for format in [Format::Sarif, Format::Junit, Format::Markdown, Format::Csv, Format::Html] {
        let text = written(format, &report, true, false);
        // SARIF carries data as well, such as the text of an edit, which is exact.
        let shown = if format == Format::Sarif { spoken(&text) } else { text.clone() };
        let unseen = |c: &char| (c.is_control() && !matches!(c, '\n' | '\r')) || matches!(c, '\u{202e}');
        assert_eq!(shown.chars().find(unseen), None, "{format:?}");
        let returns = if format == Format::Csv { text.matches('\n').count() } else { 0 };
        assert_eq!((text.matches('\r').count(), text.matches("\r\n").count()), (returns, returns), "{format:?}");
        // What code hosts find in text without any mark.
        for found in ["p://", "s://", "www.", "@someone", "#1 "].iter().filter(|_| format == Format::Markdown) {
            assert!(!text.contains(found), "{found}");
        }
        assert_eq!(text.matches("&#64;").count(), text.matches("&#64;&#8203;").count());
        report.run.started = "later".to_owned();
        report.run.duration_ms += 1;
        report.run.as_of = "later".to_owned();
        assert_eq!(written(format, &report, true, false), text, "{format:?}");
    }
}

/// The words of a log that a viewer shows.
fn spoken(log: &str) -> String {
    fn walk(value: &Value, words: &mut String) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, words)),
            Value::Object(map) => {
                for (name, value) in map {
                    match (name.as_str(), value) {
                        ("message" | "description", Value::Object(message)) => {
                            words.push_str(message["text"].as_str().expect("a text"));
                        }
                        ("justification" | "fullyQualifiedName" | "uri", Value::String(text)) => words.push_str(text),
                        _ => walk(value, words),
                    }
                }
            }
            _ => {}
        }
    }
    let mut words = String::new();
    walk(&serde_json::from_str(log).expect("JSON"), &mut words);
    assert!(words.contains("Fix (review)") && words.contains("Waived by"));
    words
}

#[test]
fn a_table_cell_says_what_the_message_says() {
    let mut report = every_outcome("plain");
    report.clusters.truncate(1);
    report.fleet = None;
    report.clusters[0].verdicts.truncate(1);
    // As written, and as read; a zero-width space keeps a name from being mailed.
    for (words, read) in [
        ("`--x` is `a|b\\|c`, twice", "--x is a|b\\|c, twice"),
        (
            "`` is empty, and * _ ~ [x](y) <z> & \\ | ! $ are not",
            "`` is empty, and * _ ~ [x](y) <z> & \\ | ! $ are not",
        ),
        ("one ` alone", "one ` alone"),
        ("see https://h.example, WWW.h.example", "see https://h.example, WWW.h.example"),
        ("@a #1", "@\u{200b}a #\u{200b}1"),
        ("a\nb\u{1b}", "a\\u{a}b\\u{1b}"),
    ] {
        report.clusters[0].verdicts[0].message = words.to_owned();
        let text = written(Format::Markdown, &report, false, false);
        let mut seen = String::new();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Text(text) | Event::Code(text) => seen.push_str(&text),
                _ => {}
            }
        }
        assert!(seen.contains(&format!("(probable){read}.")), "{words}\n{text}\n{seen}");
    }
}

/// The objects of SARIF 2.1.0 (§3.13 to §3.58) as far as we write them: each with its properties, `!` where it must be there,
/// `:` before the kind of object that it holds, one or a list, and `=` before the words that it may be.
const SHAPES: [(&str, &str); 20] = [
    ("log", "$schema version!=2.1.0 runs!:run"),
    (
        "run",
        "tool!:tool invocations:invocation originalUriBaseIds columnKind=utf16CodeUnits|unicodeCodePoints newlineSequences \
         results:result",
    ),
    ("tool", "driver!:component"),
    ("component", "name! version semanticVersion rules:descriptor properties"),
    (
        "descriptor",
        "id! shortDescription:text fullDescription:text help:text helpUri defaultConfiguration:configuration properties",
    ),
    ("configuration", "level=none|note|warning|error"),
    ("text", "text! markdown"),
    ("message", "text!"),
    ("invocation", "executionSuccessful! exitCode toolExecutionNotifications:notification"),
    ("notification", "level=none|note|warning|error message!:message locations:location"),
    (
        "result",
        "ruleId ruleIndex kind=notApplicable|pass|fail|review|open|informational level=none|note|warning|error \
         message!:message locations:location relatedLocations:location partialFingerprints fixes:fix \
         suppressions:suppression properties",
    ),
    ("location", "id physicalLocation:physical logicalLocations:logical message:message"),
    ("logical", "fullyQualifiedName"),
    ("physical", "artifactLocation!:artifact region:region"),
    ("artifact", "uri! uriBaseId"),
    ("region", "startLine! startColumn endLine endColumn"),
    ("fix", "description:message artifactChanges!:change"),
    ("change", "artifactLocation!:artifact replacements!:replacement"),
    ("replacement", "deletedRegion!:region insertedContent:text"),
    ("suppression", "kind!=inSource|external status=accepted|underReview|rejected justification"),
];

fn shaped(value: &Value, kind: &str) {
    let object = value.as_object().unwrap_or_else(|| panic!("{kind}: {value}"));
    let shape = SHAPES.iter().find(|(known, _)| *known == kind).unwrap_or_else(|| panic!("a shape for {kind}")).1;
    let mut known = Vec::new();
    for property in shape.split(' ') {
        let end = property.find(['!', ':', '=']).unwrap_or(property.len());
        let (name, marks) = property.split_at(end);
        known.push(name);
        let Some(value) = object.get(name) else {
            assert!(!marks.starts_with('!'), "{kind} without {name}: {value}");
            continue;
        };
        let marks = marks.trim_start_matches('!');
        if let Some(inner) = marks.strip_prefix(':') {
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            items.iter().for_each(|item| shaped(item, inner));
            // Lists whose items the standard wants to be unlike one another; those of results and notices may repeat.
            let repeats = ["result", "notification"].contains(&inner);
            assert!(
                repeats || items.iter().enumerate().all(|(at, item)| !items[..at].contains(item)),
                "{name} repeats"
            );
        } else if let Some(words) = marks.strip_prefix('=') {
            assert!(words.split('|').any(|word| value == word), "{kind}.{name}: {value}");
        } else if kind == "region" {
            assert!(value.as_u64().is_some_and(|number| number > 0), "{kind}.{name}: {value}");
        }
    }
    let unknown: Vec<&String> = object.keys().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{kind} has no {unknown:?}");
}

/// What the standard and the rules of code hosts ask for.
#[test]
fn sarif_is_what_the_standard_and_code_hosts_ask_for() {
    let report = every_outcome(HOSTILE);
    let log: Value = serde_json::from_str(&written(Format::Sarif, &report, true, false)).expect("JSON");
    shaped(&log, "log");
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    let run = &log["runs"][0];
    assert_eq!(
        (&run["columnKind"], &run["tool"]["driver"]["name"]),
        (&"unicodeCodePoints".into(), &"portcullis".into())
    );
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        for text in [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"]] {
            assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{rule}");
        }
        let properties = &rule["properties"];
        let score = match properties["severity"].as_str() {
            Some("critical") => "9.5",
            Some("high") => "8.0",
            Some("medium") => "5.5",
            Some("low") => "3.0",
            _ => "0.0",
        };
        assert_eq!(properties["security-severity"], score);
        assert!(properties["tags"].as_array().is_some_and(|tags| tags.contains(&"security".into())));
    }
    let known = &rules[usize::try_from(run["results"][0]["ruleIndex"].as_u64().expect("a place")).expect("small")];
    assert_eq!(known["id"], run["results"][0]["ruleId"]);

    let address = |location: &Value| location["artifactLocation"]["uri"].as_str().expect("a URI").to_owned();
    for result in run["results"].as_array().expect("results") {
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.contains("](")), "a link: {result}");
        assert!(result["partialFingerprints"]["portcullis/v1"].is_string());
        let at = &result["locations"][0]["physicalLocation"];
        assert_eq!((address(at).as_str(), &at["artifactLocation"]["uriBaseId"]), ("a.yaml", &"%SRCROOT%".into()));
        assert!(at["region"]["startLine"].as_u64().is_some_and(|line| line > 0), "{result}");
        let other = address(&result["relatedLocations"][0]["physicalLocation"]);
        assert!(other.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"`{}|\\^[]:#".contains(&byte)), "{other}");
        let failing = result["kind"] == "fail";
        assert_eq!(result.get("fixes").is_some(), failing);
        assert_eq!(result["level"] != "none", failing);
        if failing {
            let change = &result["fixes"][0]["artifactChanges"][0];
            let replacement = &change["replacements"][0];
            assert_eq!(address(change), "a.yaml");
            assert_eq!(replacement["insertedContent"]["text"], HOSTILE);
            let region = &replacement["deletedRegion"];
            let place = ["startLine", "startColumn", "endLine", "endColumn"].map(|name| region[name].as_u64());
            assert_eq!(place, [Some(3), Some(20), Some(3), Some(24)]);
        }
    }
    let invocation = &run["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&true.into(), &1.into()));
    let levels: Vec<&str> = invocation["toolExecutionNotifications"]
        .as_array()
        .expect("notifications")
        .iter()
        .filter_map(|notification| notification["level"].as_str())
        .collect();
    assert_eq!(levels, ["warning", "note"]);

    // The standard's own schema is not ours to pass on; whoever has that of errata 01, whose address the log gives, names its
    // file. Drafts before it call a suppression's `status` `state`.
    if let Some(path) = std::env::var_os("PORTCULLIS_SARIF_SCHEMA") {
        let schema = std::fs::read_to_string(path).expect("the schema");
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
        let faults: Vec<String> = validator.iter_errors(&log).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[test]
fn a_rule_is_linked_where_the_build_says_where_its_page_is() {
    let help = super::sarif::help;
    let page = "https://h.example/o/r/blob/v0.1.0/docs/rules/a-rule.md";
    assert_eq!(help("https://h.example/o/r.git", "0.1.0", "a-rule").as_deref(), Some(page));
    assert_eq!(help("https://h.example/o/r/", "0.1.0", "a-rule").as_deref(), Some(page));
    assert_eq!(help("", "0.1.0", "a-rule"), None);
}

#[test]
fn a_result_without_a_place_points_at_what_its_instance_was_judged_by() {
    let mut report = every_outcome("plain");
    report.clusters.truncate(1);
    report.fleet = None;
    let cluster = &mut report.clusters[0];
    cluster.verdicts.truncate(2);
    cluster.verdicts[0].locations.clear();
    let uri = |report: &Report| {
        let log: Value = serde_json::from_str(&written(Format::Sarif, report, true, false)).expect("JSON");
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"].clone()
    };
    assert_eq!(uri(&report)["artifactLocation"]["uri"], "a.yaml");
    assert_eq!(uri(&report)["region"]["startLine"], 1);
    for (name, expected) in [
        ("./dir/a b%.yaml", "dir/a%20b%25.yaml"),
        ("/etc/x.yaml", "file:///etc/x.yaml"),
        ("https://h:6443/flagz", "https://h:6443/flagz"),
        ("b!c:d.yaml", "b!c%3Ad.yaml"),
        ("-", "-"),
    ] {
        report.clusters[0].verdicts[1].locations[0].evidence = name.to_owned();
        assert_eq!(uri(&report)["artifactLocation"]["uri"], expected);
    }
    // Below the folder of the run an absolute path is a relative one.
    let rules = sample().rules;
    let here = Some(std::path::Path::new("/etc"));
    report.clusters[0].verdicts[1].locations[0].evidence = "/etc/x.yaml".to_owned();
    let mut out = Vec::new();
    let conversion = Conversion { report: &report, rules: &rules, verbose: false, strict: false, here };
    conversion.write(Format::Sarif, &mut out).expect("written");
    assert!(String::from_utf8(out).expect("UTF-8").contains("\"uri\": \"x.yaml\""));
}

#[test]
fn all_cores_write_what_one_would() {
    for count in [0, 1, 4, 33] {
        let clusters =
            (0..count).flat_map(|_| every_outcome("\n  \"clusters\": []").clusters.into_iter().take(1)).collect();
        let report = Report { clusters, ..every_outcome("x") };
        let mut alone = Vec::new();
        super::json(&report, &mut alone).expect("written");
        assert_eq!(written(Format::Json, &report, false, false), String::from_utf8(alone).expect("UTF-8"), "{count}");
    }
}
