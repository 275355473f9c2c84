//! A report is the same whoever reads it: what the tests hold is that nothing is lost, shown raw, or too wide.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Body, Confidence, Edit, Effective, Entry, Evidence, EvidenceId, Failure, Form, Gap, GapKind, Kind, Label, Location,
    Origin, Outcome, Plane, Problem, ProblemKind, Reading, Release, Remedy, RuleCard, Safety, Setting, Severity, Site,
    Span, Version,
};
use serde_json::Value;

use crate::{
    Benchmark, BenchmarkItem, ClusterReport, ControlAnswer, Judged, Letter, LetterText, Look, Report, RuleMeta,
    RunProblem, wire,
};

const LOOK: Look = Look { width: 80, color: false, quiet: false, verbose: true, defaults: true };

const TEXT: &str = "a: 1\nargs:\n- --anonymous-auth=true # \u{202e}why\n- --profiling=\u{1b}[31mtrue\n";

const PAGE: &str = "# x\n\nWhat.\n\n## Why it matters\n\nBecause it opens a door. Which nobody wants. Ever.\n\n## A case\n\n```args x\n--a\n```\n\n<!-- cases -->\n\nhidden\n";

fn location(start: u32, end: u32) -> Location {
    Location {
        evidence: EvidenceId::new("a.yaml"),
        plane: Plane::Declared,
        span: Some(Span::new(start, end)),
        pointer: "/args/0".to_owned(),
    }
}

fn entry(rule: &'static str, severity: Severity, outcome: Outcome) -> Entry {
    Entry {
        rule,
        title: "A door is open",
        severity,
        outcome,
        component: Some("kube-apiserver"),
        instance: Some("server".to_owned()),
        subject: None,
        setting: Some("--anonymous-auth".to_owned()),
        plane: Some(Plane::Declared),
        message: format!("`--anonymous-auth` is `true`, {}", ["which goes on for a good many words"; 4].join(" ")),
        locations: vec![Label { at: location(13, 34), text: String::new() }],
    }
}

fn judged(entry: Entry, edits: Vec<Edit>) -> Judged {
    Judged { entry, edits, by_hand: None, page: PAGE }
}

fn failure() -> Outcome {
    Outcome::Fail(Box::new(Failure {
        confidence: Confidence::Probable,
        remedy: Some(Remedy {
            title: "shut it".to_owned(),
            safety: Safety::Review,
            breaks: vec!["Whoever came in by it stays outside, which takes some explaining to everybody.".to_owned()],
            changes: Vec::new(),
        }),
    }))
}

fn gap(wanted: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{wanted}` is a file of the node and was not given"),
        wanted: wanted.to_owned(),
        who_could_answer: "give the node's root with --root".to_owned(),
    }
}

/// An id of each kind: judged, with a letter that says something else, of two controls, and without a rule.
fn benchmark() -> Benchmark {
    let answer = |control, outcome, message: &str, gap| ControlAnswer {
        control,
        intent: "A door must be shut.",
        component: "apiserver",
        severity: "high",
        outcome,
        message: message.to_owned(),
        gap,
    };
    let item = |id, answers| BenchmarkItem {
        id,
        section: "1.2".to_owned(),
        part: "master",
        chapter: "1",
        manual: Some(false),
        scored: Some(true),
        assessed: Some("tested"),
        inverted: false,
        answers,
        letter: None,
        argument: None,
    };
    let person = Gap { kind: GapKind::Manual, ..gap("a person's judgement") };
    let later = Gap { kind: GapKind::NotCollected, ..gap("objects of the live cluster") };
    Benchmark {
        name: "cis-1.12",
        title: "CIS Kubernetes Benchmark 1.12",
        version: "cis-1.12",
        chosen: "it is the edition for 1.34.2".to_owned(),
        items: vec![
            item("1.2.1", vec![answer("b-high", wire::Outcome::Fail, "`--anonymous-auth` is `true`", None)]),
            BenchmarkItem {
                letter: Some(Letter {
                    met: Some(false),
                    wanted: "`--d` written".to_owned(),
                    found: "`--d` is not written".to_owned(),
                    instance: "server".to_owned(),
                    at: Some(location(0, 4)),
                    text: Some(LetterText { met: false, found: "no `--d`".to_owned() }),
                }),
                argument: Some("We judge what is in force.".to_owned()),
                ..item("1.2.2", vec![answer("d-pass", wire::Outcome::Pass, "`--d` is `1` (default of 1.34)", None)])
            },
            item(
                "1.2.10",
                vec![
                    answer("d-pass", wire::Outcome::Pass, "fine", None),
                    answer("f-none", wire::Outcome::Undetermined, "this version asks no live cluster", Some(later)),
                ],
            ),
            BenchmarkItem {
                section: "5.1".to_owned(),
                part: "policies",
                chapter: "5",
                manual: Some(true),
                scored: Some(false),
                assessed: Some("by-hand"),
                ..item("5.1.1", vec![answer("g-none", wire::Outcome::Undetermined, "it takes a person", Some(person))])
            },
        ],
    }
}

/// Two findings, two gaps, a pass, and what else a report can hold.
pub(crate) fn sample() -> Report {
    let edit = Edit { evidence: EvidenceId::new("a.yaml"), span: Span::new(30, 34), text: "false".to_owned() };
    let reading = |value: &str, origin| {
        Ok(Reading {
            plane: Plane::Declared,
            value: value.to_owned(),
            effective: None,
            open: None,
            origin,
            overrides: Vec::new(),
        })
    };
    let written = Origin::Written(Site { at: location(13, 34), form: Form::Word });
    let default = Origin::Default { by: model::Author::Upstream { since: Some("1.5".to_owned()) }, home: None };
    let mut decided = reading("true", default.clone());
    if let Ok(reading) = &mut decided {
        reading.effective = Some(Box::new(Effective {
            value: "false".to_owned(),
            by: "authorization-mode".to_owned(),
            at: Some(location(0, 4)),
        }));
        reading.overrides = vec![(written.clone(), "1".to_owned())];
    }
    let component = model::Component {
        name: "kube-apiserver",
        instance: "server".to_owned(),
        release: Release::Exactly("1.34.2".parse::<Version>().expect("a version")),
        starts: Some(false),
        unseen: Vec::new(),
        settings: vec![
            Setting { name: "anonymous-auth", readings: vec![decided], is_left_out: false, unset: None },
            Setting {
                name: "authentication-config",
                readings: vec![Err(gap("/etc/authn.yaml"))],
                is_left_out: false,
                unset: None,
            },
            Setting {
                name: "authorization-mode",
                readings: vec![reading(&"Node,RBAC,".repeat(12), written)],
                is_left_out: false,
                unset: None,
            },
            Setting { name: "profiling", readings: vec![reading("", default)], is_left_out: false, unset: None },
        ],
        problems: vec![
            Problem {
                kind: ProblemKind::Refused,
                stops: true,
                message: "`--x` takes a number, not `\u{1b}[2J`".to_owned(),
                hint: None,
                location: Some(location(46, 60)),
                setting: None,
            },
            Problem {
                kind: ProblemKind::Duplicate,
                stops: false,
                message: "the key `a` is given twice".to_owned(),
                hint: Some("keep one".to_owned()),
                location: None,
                setting: None,
            },
        ],
        declared_in: EvidenceId::new("a.yaml"),
        contradicted: Ok(Vec::new()),
        outranked: None,
    };
    let entries = vec![
        judged(entry("b-high", Severity::High, failure()), vec![edit]),
        judged(entry("a-low", Severity::Low, failure()), Vec::new()),
        judged(entry("a-low", Severity::Medium, failure()), Vec::new()),
        judged(entry("a-low", Severity::Low, Outcome::Undetermined(gap("/etc/authn.yaml"))), Vec::new()),
        judged(entry("c-gap", Severity::Low, Outcome::Undetermined(gap("/etc/authn.yaml"))), Vec::new()),
        judged(entry("d-pass", Severity::Low, Outcome::Pass), Vec::new()),
        judged(entry("e-none", Severity::Low, Outcome::NotApplicable("1.19 removed it".to_owned())), Vec::new()),
    ];
    let missing = Evidence::of(EvidenceId::new("root/etc/x"), Plane::Declared, Kind::ConfigFile, Body::Missing);
    let text = Evidence {
        id: EvidenceId::new("a.yaml"),
        kind: Kind::Workload,
        body: Body::Text(Arc::from(TEXT)),
        ..missing.clone()
    };
    let card = RuleCard {
        id: "b-high",
        title: "A door is open",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: PAGE,
    };
    Report {
        tool: wire::Tool {
            name: "portcullis",
            version: "0.0.0",
            knowledge: wire::Knowledge {
                flags: Some("2026-11-23".to_owned()),
                advisories: None,
                releases: None,
                controls: None,
            },
        },
        run: wire::Run {
            started: "2026-11-24T00:00:00Z".to_owned(),
            duration_ms: 1,
            as_of: "2026-11-24T00:00:00Z".to_owned(),
            settings: BTreeMap::new(),
            exit_code: 1,
        },
        inputs: wire::Inputs { judged: 1, ..Default::default() },
        rules: vec![RuleMeta {
            card,
            component: "apiserver",
            references: BTreeMap::from([("stig".into(), vec!["V-1"])]),
            inverted: BTreeMap::new(),
        }],
        clusters: vec![ClusterReport {
            name: "a.yaml".to_owned(),
            id: None,
            requests: None,
            outside: None,
            labels: BTreeMap::new(),
            trust: crate::Trust::default(),
            endings: Vec::new(),
            target: "a.yaml".to_owned(),
            distribution: Some("kubeadm".to_owned()),
            release: Some(component.release.clone()),
            components: vec![component],
            files: Vec::new(),
            stored: vec![crate::Stored {
                component: "kube-apiserver",
                instance: "server".to_owned(),
                resources: Ok(vec![crate::StoredResource {
                    resource: "secrets".to_owned(),
                    writes: "aescbc".to_owned(),
                    key: Some("key1".to_owned()),
                    reads: vec!["aescbc:key1".to_owned(), "identity".to_owned()],
                    at: Some(location(13, 34)),
                }]),
            }],
            evidence: vec![missing, text],
            entries,
            advisories: Vec::new(),
            benchmark: Some(benchmark()),
            not_asked: vec!["z-rbac"],
        }],
        fleet: None,
        problems: vec![RunProblem {
            target: "a.yaml".to_owned(),
            message: "cannot be read: \u{7}".to_owned(),
            hint: Some("try again".to_owned()),
            place: Some(("b.yaml".to_owned(), Some((3, 1)))),
        }],
    }
}

pub(crate) fn held_by(schema: &str, instance: &Value) {
    let schema: Value = serde_json::from_str(&crate::schema(schema).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let faults: Vec<String> = validator.iter_errors(instance).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn outputs_are_what_their_schemas_say() {
    let report = serde_json::to_value(crate::report(&sample())).expect("JSON");
    held_by("report", &report);
    held_by("effective", &serde_json::to_value(crate::effective(&sample())).expect("JSON"));
    assert_eq!(crate::schema("nothing"), None);

    // A key that is left out is a fault, also where its value may be null.
    let mut lacking = report;
    lacking["clusters"][0]["verdicts"][0].as_object_mut().expect("an entry").remove("gap");
    let schema: Value = serde_json::from_str(&crate::schema("report").expect("a schema")).expect("JSON");
    assert!(!jsonschema::validator_for(&schema).expect("a schema").is_valid(&lacking));
}

#[test]
fn rules_are_counted_by_their_worst_entry() {
    let report = crate::report(&sample());
    let summary = &report.clusters[0].summary;
    assert_eq!(
        (summary.fail, summary.undetermined, summary.pass, summary.not_applicable, summary.not_asked),
        (2, 1, 1, 1, 1)
    );
    assert_eq!((summary.by_severity.high, summary.by_severity.medium, summary.by_severity.low), (1, 1, 0));
}

#[test]
fn entries_are_sorted_and_carry_their_place() {
    let report = crate::report(&sample());
    let verdicts = &report.clusters[0].verdicts;
    assert_eq!(verdicts.len(), 7);
    assert!(verdicts.is_sorted_by_key(|entry| entry.rule));
    let failing = verdicts.iter().find(|entry| entry.rule == "b-high").expect("the entry");
    let place = &failing.locations[0];
    assert_eq!((place.line, place.column, place.end_line, place.end_column), (Some(3), Some(3), Some(3), Some(24)));
    let edit = &failing.remedy.as_ref().expect("a remedy").edits[0];
    assert_eq!((edit.start, edit.end, edit.text.as_str()), ([3, 20], [3, 24], "false"));
    assert_eq!(report.clusters[0].evidence[1].state, "missing");
}

#[test]
fn a_fingerprint_forgets_lines_and_messages() {
    let mut moved = sample();
    for judged in &mut moved.clusters[0].entries {
        judged.entry.message = "other words".to_owned();
        judged.entry.locations.clear();
    }
    let prints = |report: &Report| -> Vec<String> {
        crate::report(report).clusters[0].verdicts.iter().map(|entry| entry.fingerprint.clone()).collect()
    };
    assert_eq!(prints(&sample()), prints(&moved));
    // SHA-256 over `v1`, rule, cluster, component, instance, subject and setting, each ended by NUL.
    assert_eq!(prints(&sample()).last().map(String::len), Some(16));
    moved.clusters[0].name = "another".to_owned();
    assert_ne!(prints(&sample()), prints(&moved));
}

#[test]
fn text_fits_and_holds_nothing_that_moves_a_terminal() {
    // Behind a long name there is no room for a message.
    let mut long = sample();
    for judged in &mut long.clusters[0].entries {
        judged.entry.rule = "apiserver-service-account-extend-token-expiration";
        judged.entry.message = "`--service-account-extend-token-expiration` is `true`".to_owned();
    }
    let long = crate::report_text(&long, LOOK);
    assert!(long.contains("-expiration]:\n  `--service-account-extend-token-expiration` is `true`"), "{long}");
    for text in [crate::report_text(&sample(), LOOK), crate::effective_text(&sample(), LOOK), long] {
        for line in text.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
            assert_eq!(line.trim_end(), line);
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
    }
    let line = crate::problem_line(&sample().problems[0]);
    assert_eq!(line, "warning: b.yaml:3:1: cannot be read: \\u{7}; try again");
}

#[test]
fn color_is_paint_and_nothing_else() {
    let painted = crate::report_text(&sample(), Look { color: true, ..LOOK });
    assert!(painted.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = painted.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&plain), words(&crate::report_text(&sample(), LOOK)));
}

#[test]
fn a_finding_says_what_where_why_and_what_it_costs() {
    let text = crate::report_text(&sample(), LOOK);
    for part in [
        "would not start as declared: 1 reason that portcullis resolve",
        "high[b-high]: `--anonymous-auth` is `true`",
        "--> a.yaml:3:3",
        "why: Because it opens a door. Which nobody wants.",
        "breaks: Whoever came in by it",
        "fix: shut it",
        "+ - --anonymous-auth=false",
        "2 rules need /etc/authn.yaml: give the node's root with --root",
        "note: the key `a` is given twice",
        "pass  d-pass",
        "n/a   e-none",
        "not asked  z-rbac",
        "Looked at 1 file: 1 judged. Knowledge of 2026-11-23.",
        "portcullis explain b-high",
        "portcullis audit --root DIR a.yaml",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // Worst first.
    assert!(text.find("high[") < text.find("medium[") && text.find("medium[") < text.find("low["), "{text}");
    // Each finding fits a screen.
    for finding in text.split("\n\n").filter(|part| part.contains("-->")) {
        assert!(finding.lines().count() <= 24, "{finding}");
    }
}

#[test]
fn quiet_is_one_line_for_each_finding() {
    let text = crate::report_text(&sample(), Look { quiet: true, ..LOOK });
    assert_eq!(text.lines().count(), 3);
    assert!(text.starts_with("a.yaml:3:3: high b-high: "), "{text}");
}

#[test]
fn what_a_distribution_adds_is_told_from_what_somebody_wrote() {
    let mut report = sample();
    let home = Some(Site { at: location(13, 34), form: Form::Entries });
    let origin = Origin::Default { by: model::Author::Distribution { name: "kubeadm" }, home };
    let reading = Reading {
        plane: Plane::Declared,
        value: "0".to_owned(),
        effective: None,
        open: None,
        origin,
        overrides: Vec::new(),
    };
    report.clusters[0].components[0].settings.push(Setting {
        name: "secure-port",
        readings: vec![Ok(reading)],
        is_left_out: false,
        unset: None,
    });
    // Nobody wrote it, and it is on the command line all the same.
    let text = crate::effective_text(&report, Look { defaults: false, ..LOOK });
    let section = text.split("set by kubeadm\n").nth(1).expect("a section of its own");
    assert!(section.starts_with("  --secure-port  0"), "{section}");
    assert!(section.lines().next().is_some_and(|line| line.ends_with("kubeadm sets it")), "{section}");
    let shown = serde_json::to_value(crate::effective(&report)).expect("JSON");
    let setting = &shown["clusters"][0]["components"][0]["settings"][4];
    assert_eq!((&setting["origin"], &setting["by"]), (&"default".into(), &"kubeadm".into()), "{setting}");
}

#[test]
fn settings_say_why_they_hold() {
    let text = crate::effective_text(&sample(), LOOK);
    for part in [
        "kube-apiserver, Kubernetes 1.34.2, does not start",
        "declared in a.yaml",
        "decided by something else",
        "but false holds: --authorization-mode",
        "wins over 1 3:3",
        "--authentication-config",
        "default since 1.5",
        "error: a.yaml:4:3: `--x` takes a number",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let short = crate::effective_text(&sample(), Look { defaults: false, ..LOOK });
    assert!(short.contains("1 setting that nobody wrote is at its default; --defaults shows it."), "{short}");
}

#[test]
fn pages_are_shown_down_to_the_mark() {
    let text = crate::explain(&sample().rules[0], LOOK);
    assert!(text.starts_with("b-high\nA door is open\n"), "{text}");
    assert!(text.contains("stig V-1") && text.contains("after review") && text.contains("    --a"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn a_benchmark_is_counted_and_tied_to_its_verdicts() {
    let report = crate::report(&sample());
    let benchmark = report.clusters[0].benchmark.as_ref().expect("a benchmark");
    let coverage = benchmark.coverage;
    assert_eq!((coverage.ids, coverage.pass, coverage.fail, coverage.undetermined), (4, 1, 1, 2));
    assert_eq!((coverage.manual, coverage.not_collected, coverage.letters, coverage.differ), (1, 1, 1, 1));
    let sections: Vec<(&str, &str)> =
        benchmark.sections.iter().map(|section| (section.id.as_str(), section.title.as_str())).collect();
    assert_eq!(sections, [("1.2", "API server"), ("5.1", "API server")]);
    let print = &report.clusters[0].verdicts.iter().find(|entry| entry.rule == "b-high").expect("an entry").fingerprint;
    assert_eq!(benchmark.items[0].controls[0].entries, [print.as_str()]);
    // Of two controls the worse one counts.
    assert_eq!(benchmark.items[2].outcome, wire::Outcome::Undetermined);
}

#[test]
fn a_benchmark_names_each_id_once_at_a_terminal() {
    let text = crate::report_text(&sample(), LOOK);
    let section = text.split_once("CIS Kubernetes Benchmark 1.12").expect("a section").1;
    let section = section.split_whitespace().collect::<Vec<_>>().join(" ");
    for id in [" 1.2.1 ", " 1.2.2 ", " 1.2.10 ", " 5.1.1 "] {
        assert_eq!(section.matches(id).count(), 1, "{id}\n{section}");
    }
    for part in [
        "4 ids: 1 pass, 1 fail; 2 undetermined (1 needs other evidence, 1 takes a person).",
        "We judge what is in force.",
        "1 id needs objects of the live cluster",
    ] {
        assert!(section.contains(part), "{part}\n{section}");
    }
    let mut without = sample();
    without.clusters[0].benchmark = None;
    assert!(!crate::report_text(&without, LOOK).contains("Benchmark"));
}

#[test]
fn only_what_fails_shows_its_lines() {
    let report = crate::report(&sample());
    for entry in &report.clusters[0].verdicts {
        let failing = matches!(entry.outcome, wire::Outcome::Fail | wire::Outcome::Waived);
        assert!(entry.locations.iter().all(|at| at.excerpt.is_some() == failing), "{}", entry.rule);
    }
    // Of a long line, what surrounds the place.
    let long = format!("{}--anonymous-auth=true{}\n", "é".repeat(500), "x".repeat(500));
    let mut report = sample();
    report.clusters[0].evidence[1].body = Body::Text(Arc::from(long.as_str()));
    report.clusters[0].entries[0].entry.locations[0].at.span = Some(Span::new(1000, 1021));
    let shown = crate::report(&report);
    let entry = shown.clusters[0].verdicts.iter().find(|entry| entry.rule == "b-high").expect("an entry");
    let (at, excerpt) = (&entry.locations[0], entry.locations[0].excerpt.as_ref().expect("an excerpt"));
    let offset = (at.column.expect("a column") - excerpt.column) as usize;
    assert!(excerpt.text.chars().skip(offset).collect::<String>().starts_with("--anonymous-auth=true"));
    assert_eq!(excerpt.text.chars().count(), 160);
}
