//! What is read from whole texts: documents, spans, faults and bounds; and what edits make of real files.
#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "tests report on skipped evidence and may fail")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use portcullis_yaml::edit::{self, Draft, Refusal};
use portcullis_yaml::{Fault, FaultKind, Limits, Node, Resolved, Stream, Value, decode, parse};
use proptest::prelude::*;

fn read(text: &str) -> Stream {
    let stream = parse(text, &Limits { comments: true, ..Limits::default() });
    check_spans(text, &stream);
    stream
}

/// Every span lies in the text, on character boundaries, and children lie in their parents.
fn check_spans(text: &str, stream: &Stream) {
    for fault in &stream.faults {
        assert!(text.get(fault.span.range()).is_some(), "{fault:?}");
        assert!(!fault.message.contains(char::is_control), "{fault:?}");
    }
    for document in &stream.documents {
        for comment in &document.comments {
            assert!(comment.span.slice(text).starts_with('#'), "{comment:?}");
        }
        let mut open: Vec<&Node> = vec![&document.root];
        while let Some(node) = open.pop() {
            assert!(text.get(node.span.range()).is_some(), "{node:?} in {text:?}");
            if node.is_alias() {
                assert!(node.span.slice(text).starts_with('*'));
                continue;
            }
            if let Some(anchor) = node.anchor() {
                assert!(anchor.slice(text).starts_with('&'), "{node:?} in {text:?}");
            }
            if let Some(tag) = node.tag() {
                assert!(tag.slice(text).starts_with('!'), "{node:?} in {text:?}");
            }
            match node.value() {
                Value::Scalar(scalar) => assert_eq!(scalar.span(), node.span),
                Value::Sequence(sequence) => {
                    for item in &sequence.items {
                        assert!(node.span.contains(item.span), "{node:?} in {text:?}");
                        open.push(item);
                    }
                }
                Value::Mapping(mapping) => {
                    for entry in &mapping.entries {
                        assert!(node.span.contains(entry.key.span), "{node:?} in {text:?}");
                        assert!(node.span.contains(entry.value.span), "{node:?} in {text:?}");
                        open.extend([&entry.key, &entry.value]);
                    }
                }
            }
        }
    }
}

/// Checks what stands at a pointer in the first document, quotes and all.
fn check(text: &str, pointer: &str, expected: &str) {
    let stream = read(text);
    let found = stream.documents[0].at(pointer).map(|cursor| cursor.span().slice(text));
    assert_eq!(found, Some(expected), "{pointer} in {text:?}");
}

fn faults(stream: &Stream) -> Vec<(FaultKind, usize)> {
    stream.faults.iter().map(|fault: &Fault| (fault.kind, fault.document)).collect()
}

#[test]
fn spans_hold_what_is_written() {
    check("a: é # c\n", "/a", "é");
    check("a: \"x\"\n", "/a", "\"x\"");
    check("a: 'x\n  y'\nb: 1\n", "/a", "'x\n  y'");
    check("a:\nb: 1\n", "/a", "");
    check("a: # c\n", "/a", "");
    for (text, offset) in [("a:\nb: 1\n", 2), ("a : # c\n", 3), ("{a: , b: 1}", 3), ("{\"a\":}", 5), ("a: &x\n", 5)] {
        let stream = read(text);
        let cursor = stream.documents[0].at("/a").unwrap();
        assert_eq!(cursor.span().start, offset, "{text:?}");
        assert!(cursor.is_null() && cursor.span().is_empty());
    }
    check("- # c\n-\n", "/0", "");
    assert_eq!(read("a:\n- # c\n-\n").documents[0].at("/a/0").unwrap().span().start, 4);
    assert_eq!(read("- - # c\n  - # d\n").documents[0].at("/0/1").unwrap().span().start, 11);
    check("a:\n  - b\n  - c # c\n\n# d\n", "/a", "- b\n  - c");
    check("a:\n- b: 1\n  c: 2\n\n- d\n", "/a/0", "b: 1\n  c: 2");
    check("a: [b, {c: d}]\n", "/a", "[b, {c: d}]");
    check("a: [b, {c: d}]\n", "/a/1", "{c: d}");
    check("a: &x !t b\n", "/a", "b");
    check("a: &x b\nc: *x\n", "/c", "*x");
    check("a: &x {b: c}\nc: *x\n", "/c/b", "c");
    check("\u{feff}a: b\n", "/a", "b");
    check("a:\r\n- b\r\n-  c\r\n", "/a", "- b\r\n-  c");
    check("a:\r- b\r- c\r", "/a/1", "c");
    check("{\"a\": {\"b\":[1,2,\n3]}}\n", "/a/b", "[1,2,\n3]");
    check("a:\n- # - c\n  b\n- c\n", "/a", "- # - c\n  b\n- c");
    check("a: &x-y # -\n- - b\n", "/a", "- - b");
    check("a: &x-y # -\n- - b\n", "/a/0", "- b");
    check("a:\n  - - b\n", "/a/0", "- b");
    check("?\n- b\n:\n- c\n", "", "?\n- b\n:\n- c");
    check("? a\n: b\n", "/a", "b");
}

#[test]
fn block_scalars_start_at_their_header_and_end_before_their_last_break() {
    check("a: |\n  x\n  y\nb: 1\n", "/a", "|\n  x\n  y");
    check("a: >-  # c | d\n  x\n\n\nb: 1\n", "/a", ">-  # c | d\n  x");
    check("a: &p|q !t |2-\n    x\n", "/a", "|2-\n    x");
    check("a: # c |\n  |\n  x", "/a", "|\n  x");
    check("a: |+\n  x\n\nb: 1\n", "/a", "|+\n  x\n");
    check("a: |\nb: 1\n", "/a", "|");
    check("- |\n  x\n- >\n\n  y\n", "/1", ">\n\n  y");
    check("a:\r\n- |\r\n  x\r\n  y\r\n- z\r\n", "/a/0", "|\r\n  x\r\n  y");
    check("--- |\n  x\n", "", "|\n  x");
    check("[a]: |\n  x\nb: >\n  y\n", "/b", ">\n  y");
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let text = "a: 1\n---\nb: [1\n---\nc: 3\n---\nd: \"x\n";
    let stream = read(text);
    assert_eq!(stream.documents.iter().map(|document| document.index).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(faults(&stream), [(FaultKind::Syntax, 1), (FaultKind::Syntax, 3)]);
    assert_eq!(stream.faults[0].span.slice(text), "[");
    assert_eq!(stream.faults[1].span.slice(text), "\"");
}

#[test]
fn documents_are_told_apart() {
    let stream = read("# first\na: 1\n...\n---\n---\n# third\n[x]\n# last\n");
    let found: Vec<_> = stream.documents.iter().map(|document| document.comments.len()).collect();
    assert_eq!(found, [1, 0, 2]);
    assert!(stream.documents[1].cursor().is_null());
    for text in ["", "\n", "\u{feff}"] {
        assert!(read(text).documents.is_empty(), "{text:?}");
    }
    assert_eq!(read("# only\n# comments\n").comments.len(), 2);
}

#[test]
fn equal_keys_are_reported_with_the_first() {
    let text = "a: 1\nb: {\"c\": 1, c: 2}\n'a': 2\nyes: 1\ntrue: 2\n";
    let stream = read(text);
    let places: Vec<_> =
        stream.faults.iter().map(|fault| (fault.span.start, fault.related.as_ref().unwrap().0.start)).collect();
    assert_eq!(places, [(17, 9), (23, 0), (37, 30)]);
    let many: String = (0..40).map(|key| format!("k{key}: 1\n")).collect();
    assert_eq!(faults(&read(&format!("{many}k7: 2\n"))), [(FaultKind::DuplicateKey, 0)]);
}

#[test]
fn odd_keys_tags_and_merges_are_reported() {
    assert_eq!(faults(&read("~: 1\n[a]: 2\n{b: c}: 3\n")), [(FaultKind::Key, 0); 3]);
    assert_eq!(faults(&read("a: !!python/name:os.system x\nb: !Ref y\nc: !!int x\n")), [(FaultKind::Tag, 0); 3]);
    assert_eq!(faults(&read("a: !!str 1\nb: ! 2\nc: !!map {}\nd: !!seq []\ne: !!float 1\n")), []);
    assert_eq!(faults(&read("a: {<<: 1}\n")), [(FaultKind::Merge, 0)]);
    let stream = read("! '12'\n");
    assert_eq!(stream.documents[0].cursor().resolved(), Some(Resolved::Int(12)));
}

#[test]
fn aliases_that_lead_nowhere_read_as_null() {
    let stream = read("a: &a {b: *a}\nc: *d\n");
    assert_eq!(faults(&stream), [(FaultKind::RecursiveAlias, 0), (FaultKind::UndefinedAlias, 0)]);
    assert!(stream.documents[0].at("/a/b").unwrap().is_null());
    assert!(stream.documents[0].at("/c").unwrap().is_null());
    // An anchor is forgotten at the end of its document.
    assert_eq!(faults(&read("a: &a 1\n---\nb: *a\n")), [(FaultKind::UndefinedAlias, 1)]);
    // A name may be given anew.
    let stream = read("a: &a 1\nb: *a\nc: &a 2\nd: *a\n");
    assert_eq!(stream.documents[0].at("/d").unwrap().text(), Some("2"));
    assert_eq!(stream.documents[0].at("/b").unwrap().text(), Some("1"));
}

#[test]
fn a_long_comment_is_no_fault() {
    let licence = "# no warranty\n".repeat(5000);
    let stream = read(&format!("a:\n{licence}  - b\n---\nx: [\n---\n{licence}y: 1\n"));
    assert_eq!(faults(&stream), [(FaultKind::Syntax, 1)]);
    assert_eq!(stream.documents[0].comments.len(), 5000);
}

/// Counts what a naive walk visits, aliases written out.
fn walk(node: &Node) -> usize {
    1 + match node.value() {
        Value::Scalar(_) => 0,
        Value::Sequence(sequence) => sequence.items.iter().map(walk).sum::<usize>(),
        Value::Mapping(mapping) => {
            mapping.entries.iter().map(|entry| walk(&entry.key) + walk(&entry.value)).sum::<usize>()
        }
    }
}

#[test]
fn a_walk_that_follows_every_alias_stays_within_the_limits() {
    let limits = Limits { nodes: 10_000, ..Limits::default() };
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let inner = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let mut merges = "m0: &m0 {k: v}\n".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        merges.push_str(&format!("m{level}: &m{level} {{<<: [*m{inner}, *m{inner}]}}\n"));
    }
    let mut chain = "c0: &c0 x\n".to_owned();
    for level in 1..5000 {
        chain.push_str(&format!("c{level}: &c{level} [*c{}]\n", level - 1));
    }
    for text in [bomb, merges, chain] {
        let stream = parse(&text, &limits);
        assert!(faults(&stream).contains(&(FaultKind::Limit, 0)));
        for document in &stream.documents {
            assert!(walk(&document.root) <= limits.nodes);
            assert!(document.at("/m39/nothing").is_none());
        }
    }
}

#[test]
fn every_limit_is_reported() {
    let limits = Limits { bytes: 1000, depth: 10, nodes: 100, aliases: 3, documents: 3, faults: 5, comments: true };
    for text in [
        "x".repeat(1001),
        "[".repeat(11),
        "- ".repeat(20),
        "- x\n".repeat(100),
        "[&a x, *a, *a, *a, *a]".to_owned(),
        "--- x\n".repeat(4),
        "a: 1\n".repeat(20),
        "--- [\n".repeat(20),
    ] {
        let stream = parse(&text, &limits);
        let last = stream.faults.last().map(|fault| fault.kind);
        assert_eq!(last, Some(FaultKind::Limit), "{text}");
        assert!(stream.faults.len() <= limits.faults);
        assert!(stream.documents.len() <= limits.documents);
    }
}

#[test]
fn hostile_texts_end_soon() {
    let texts = [
        "[".repeat(100_000) + &"]".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "- ".repeat(50_000) + "x",
        "a: ".to_owned() + &"? ".repeat(100_000),
        "? ".repeat(100_000),
        "a: \"".to_owned() + &"x\n".repeat(100_000),
        "a: |\n".to_owned() + &"\n".repeat(100_000),
        "---\nkind: [\n".repeat(20_000),
        "a: &a [".to_owned() + &"*a,".repeat(50_000),
        (0..2_000).map(|depth| " ".repeat(depth) + "a:\n").collect(),
        "\0".repeat(100_000),
        "{{ x }}\n".repeat(20_000),
        "# c\n".repeat(50_000) + "a: b: c",
        "%T a b\n".repeat(20_000),
        "\u{feff}".repeat(20_000),
        "'".repeat(100_001),
        "!a &b ".repeat(20_000),
    ];
    for text in texts {
        let start = Instant::now();
        let stream = parse(&text, &Limits::default());
        check_spans(&text, &stream);
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(5), "{} took {taken:?}", &text[..20]);
    }
}

/// The texts of the corpus with their names, or `None` if there is no corpus here.
fn corpus() -> Option<Vec<(String, String)>> {
    let Some(corpus) = std::env::var_os("PORTCULLIS_CORPUS") else {
        eprintln!("PORTCULLIS_CORPUS is not set, so no corpus was read");
        return None;
    };
    let root = Path::new(&corpus);
    let mut open = vec![root.to_path_buf()];
    let mut texts = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = decode(&std::fs::read(&path).unwrap()) {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            texts.push((name, text.to_owned()));
        }
    }
    Some(texts)
}

#[test]
fn the_corpus_reads() {
    let Some(texts) = corpus() else { return };
    let mut count = 0;
    let mut refused = Vec::new();
    for (name, text) in texts {
        let stream = read(&text);
        let hostile = name.starts_with("hostile") || name.starts_with("templated");
        let ours = [".yaml", ".yml", ".json"].iter().any(|kind| name.ends_with(kind));
        if ours && !hostile {
            count += 1;
            let fault = stream.faults.iter().find(|fault| fault.kind == FaultKind::Syntax);
            refused.extend(fault.map(|fault| format!("{name}: {} {:?}", fault.message, fault.span)));
        }
    }
    assert!(count > 0, "the corpus holds nothing to read");
    assert_eq!(refused, Vec::<String>::new(), "of {count}");
}

#[test]
fn edits_of_the_corpus_read_as_wished() {
    let Some(texts) = corpus() else { return };
    let mut tally = BTreeMap::new();
    let mut wrong = Vec::new();
    let limits = Limits::default();
    for (name, text) in texts.iter().filter(|(_, text)| text.len() < 20_000) {
        let stream = parse(text, &limits);
        for document in stream.documents.iter().take(2) {
            let mut cursors = vec![document.cursor()];
            let mut next = 0;
            while let Some(cursor) = cursors.get(next).cloned() {
                cursors.extend(cursor.items());
                cursors.extend(cursor.entries().map(|item| item.value));
                next += 1;
            }
            let step = cursors.len() / 6 + 1;
            for (at, cursor) in cursors.iter().enumerate().step_by(step) {
                let draft = Draft::from("--made-up=x, y");
                let length = cursor.text().map_or(0, str::len);
                let planned = [
                    ("set", edit::set(text, cursor, &draft)),
                    ("part", edit::set_part(text, cursor, 0..length, "made up")),
                    ("insert", edit::insert(text, cursor, at % 2, &draft)),
                    ("append", edit::append(text, cursor, &draft)),
                    ("entry", edit::append_entry(text, cursor, "made-up", &draft)),
                    ("remove", edit::remove(text, cursor)),
                ];
                for (what, change) in planned {
                    let outcome = change.and_then(|change| change.apply(text, &limits));
                    // A line below a block scalar at the very end would give it the newline that it lacks.
                    let open_end = !text.ends_with('\n') && text.contains(['|', '>']);
                    if !open_end && matches!(outcome, Err(Refusal::Differs | Refusal::Conflict(_))) {
                        wrong.push(format!("{name}: {what} {}", cursor.pointer()));
                    }
                    *tally.entry((what, outcome.is_ok())).or_insert(0) += 1;
                }
            }
        }
    }
    eprintln!("{tally:?}");
    assert_eq!(wrong, Vec::<String>::new(), "{tally:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_odd(
        any_text in any::<String>(),
        likely in "([-?:,#&*!|>'\"%@`{}\\[\\]ab1~ \\t\\n\\r\0é\u{feff}]|: |- |\\n  |---\\n|<<: |&a |\\*a|\\\\){0,40}",
    ) {
        for text in [any_text, likely] {
            let stream = read(&text);
            for document in &stream.documents {
                let mut open = vec![document.cursor()];
                while let Some(cursor) = open.pop() {
                    prop_assert_eq!(cursor.entries().count() > 0, cursor.entries().last().is_some());
                    if let Some(scalar) = cursor.scalar() {
                        for (at, character) in scalar.text().char_indices() {
                            let span = scalar.source_span(at..at + character.len_utf8(), &text);
                            prop_assert!(span.is_none_or(|span| span.slice(&text).starts_with(character)));
                        }
                    }
                    let found = document.at(&cursor.pointer());
                    prop_assert_eq!(found.map(|found| found.span()), Some(cursor.span()));
                    open.extend(cursor.items());
                    open.extend(cursor.entries().map(|item| item.value));
                }
            }
        }
    }
}
