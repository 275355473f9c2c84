//! Edits as people would make them by hand, and what is refused.

use model::{Body, Evidence, Location, Named, Plane, Shape};

use super::*;

/// Plans one change at a place in the text, which is the `span` or the node of that pointer, and makes it.
fn changed_at(
    text: &str,
    (span, pointer): (Span, &str),
    form: Form,
    setting: &str,
    to: Option<&str>,
) -> Result<String, String> {
    let id = EvidenceId::new("a.yaml");
    let at = Location { evidence: id.clone(), plane: Plane::Declared, span: Some(span), pointer: pointer.to_owned() };
    let site = Site { at, form };
    let change = match to {
        Some(to) => Change::Set { setting: setting.to_owned(), site, to: to.to_owned() },
        None => Change::Remove { setting: setting.to_owned(), sites: vec![site] },
    };
    let evidence = Evidence::of(id, Plane::Declared, Kind::Workload, Body::Text(text.into()));
    let edits = plan(&[change], &[evidence]).map_err(|refusal| refusal.reason)?;
    Ok(apply(text, &edits))
}

/// The first place of some words in a text.
fn span_of(text: &str, words: &str) -> Span {
    let start = text.find(words).unwrap();
    Span::new(u32::try_from(start).unwrap(), u32::try_from(start + words.len()).unwrap())
}

/// Plans one change at the node whose pointer is given, and makes it.
fn changed(text: &str, pointer: &str, form: Form, setting: &str, to: Option<&str>) -> Result<String, String> {
    let stream = yaml::parse(text, &Limits::default());
    // The place of something that is not there yet is what there is of the way to it.
    let mut there = pointer;
    while stream.documents[0].at(there).is_none() {
        there = &there[..there.rfind('/').unwrap()];
    }
    let span = stream.documents[0].at(there).unwrap().span();
    changed_at(text, (Span::new(span.start, span.end), pointer), form, setting, to)
}

#[test]
fn a_word_keeps_its_quotes_and_its_comment() {
    for (before, after) in [
        ("c:\n- --x=true # why\n", "c:\n- --x=false # why\n"),
        ("c:\n- \"--x=true\"\n", "c:\n- \"--x=false\"\n"),
        ("c:\n- '--x=true'\n", "c:\n- '--x=false'\n"),
        ("c: [--x=true, --y]\n", "c: [--x=false, --y]\n"),
        ("{\"c\": [\"--x=true\"]}\n", "{\"c\": [\"--x=false\"]}\n"),
        ("c:\n- --x\n", "c:\n- --x=false\n"),
        ("c:\n- --x=\n", "c:\n- --x=false\n"),
        ("c:\r\n- --x=true\r\n- --y\r\n", "c:\r\n- --x=false\r\n- --y\r\n"),
    ] {
        assert_eq!(changed(before, "/c/0", Form::Word, "--x", Some("false")).as_deref(), Ok(after));
    }
}

#[test]
fn a_comma_in_brackets_is_quoted() {
    let after = changed("c: [--m=AlwaysAllow, --y]\n", "/c/0", Form::Word, "--m", Some("Node,RBAC"));
    assert_eq!(after.as_deref(), Ok("c: ['--m=Node,RBAC', --y]\n"));
}

#[test]
fn another_spelling_of_the_name_stays() {
    let after = changed("c:\n- --a_b=1\n", "/c/0", Form::Word, "--a-b", Some("2"));
    assert_eq!(after.as_deref(), Ok("c:\n- --a_b=2\n"));
}

#[test]
fn a_new_word_looks_like_the_last_flag() {
    for (before, after) in [
        ("c:\n- p\n- --a=1 # one\n", "c:\n- p\n- --a=1 # one\n- --x=0\n"),
        ("c:\n  - p\n  -   \"--a=1\"\nd: 1\n", "c:\n  - p\n  -   \"--a=1\"\n  -   \"--x=0\"\nd: 1\n"),
        ("c:\n- p", "c:\n- p\n- --x=0"),
        ("c:\r\n- p\r\n- --a\r\n", "c:\r\n- p\r\n- --a\r\n- --x=0\r\n"),
        ("c: [p, --a=1]\n", "c: [p, --a=1, --x=0]\n"),
        ("c: [\n  p,\n  --a=1\n]\n", "c: [\n  p,\n  --a=1,\n  --x=0\n]\n"),
        ("{\"c\": [\"p\"]}", "{\"c\": [\"p\", \"--x=0\"]}"),
        ("c:\n- --a\n- b\n", "c:\n- --a\n- b\n- --x=0\n"),
    ] {
        assert_eq!(changed(before, "/c", Form::List, "--x", Some("0")).as_deref(), Ok(after));
    }
}

#[test]
fn a_word_goes_with_its_line() {
    for (before, after) in [
        ("c:\n- p\n- --x=1\n- --y\n", "c:\n- p\n- --y\n"),
        ("c:\n- p\n- --x=1 # why\n- --y\n", "c:\n- p\n- --y\n"),
        ("c:\n- p\n# one\n- --x=1\n# two\n- --y\n", "c:\n- p\n# one\n# two\n- --y\n"),
        ("c:\n- p\n- --x=1", "c:\n- p"),
        ("c: [p, --x=1, --y]\n", "c: [p, --y]\n"),
        ("c: [--x=1, --y]\n", "c: [--y]\n"),
    ] {
        let pointer = if before.contains("[--x") { "/c/0" } else { "/c/1" };
        assert_eq!(changed(before, pointer, Form::Word, "--x", None).as_deref(), Ok(after));
    }
}

#[test]
fn a_field_stays_what_it_is() {
    for (before, to, after) in [
        ("c: true # why\n", "false", "c: false # why\n"),
        ("c: 'true'\n", "false", "c: 'false'\n"),
        ("c: 7\n", "8", "c: 8\n"),
        ("c:\n", "Node,RBAC", "c: Node,RBAC\n"),
    ] {
        assert_eq!(changed(before, "/c", Form::Field, "c", Some(to)).as_deref(), Ok(after));
    }
}

#[test]
fn both_items_of_a_split_flag_go() {
    for (before, after) in
        [("c:\n- p\n- --x\n- 1\n- --y\n", "c:\n- p\n- --y\n"), ("c: [p, --x, v, --y]\n", "c: [p, --y]\n")]
    {
        assert_eq!(changed(before, "/c/2", Form::SplitWord, "--x", None).as_deref(), Ok(after));
    }
}

#[test]
fn an_item_of_a_list_in_a_file_goes_and_the_last_one_stays() {
    for (before, after) in [("c:\n- a # one\n- b\nd: 1\n", "c:\n- a # one\nd: 1\n"), ("c: [a, b]\n", "c: [a]\n")] {
        assert_eq!(changed(before, "/c/1", Form::Item, "b", None).as_deref(), Ok(after));
    }
    assert_eq!(changed("c: [b]\n", "/c/0", Form::Item, "b", None), Err("nothing would be left of the list".to_owned()));
}

#[test]
fn what_cannot_be_small_is_refused() {
    let shared = "a: &x\n- --x=1\nb: *x\n";
    assert!(changed(shared, "/b/0", Form::Word, "--x", Some("2")).is_err());
    assert!(changed("c:\n- --x=1\n", "/c/0", Form::Word, "--y", Some("2")).is_err());
    assert!(changed("c:\n- --x=1\n", "/c/0", Form::Word, "--x", None).is_err());
    assert!(changed("c:\n- --x\n- v\n", "/c/0", Form::Word, "--x", None).is_err());
    assert!(changed("c:\n- --x=1\n", "/c/0", Form::Word, "--x", Some("1")).is_err());
    assert!(changed("c:\n- --x=a,b\n- --x=c\n", "/c/1", Form::Word, "--x", Some("d")).is_err());
    assert!(changed("c:\n- --a=1\n- --\n- b\n", "/c", Form::List, "--x", Some("d")).is_err());
    assert!(changed("c:\n- |\n  exec p --x=1\n", "/c/0", Form::Script, "--x", Some("2")).is_err());
}

#[test]
fn edits_that_belong_to_another_text_are_left_out() {
    let edit = Edit { evidence: EvidenceId::new("a"), span: Span::new(90, 91), text: "x".to_owned() };
    assert_eq!(apply("short", &[edit]), "short");
}

#[test]
fn an_argument_of_a_definition_stays_a_string() {
    let (map, list) = ("/a/e", "/l");
    for (before, pointer, form, to, after) in [
        (
            "a:\n  e:\n    x: \"true\" # why\n",
            "/a/e/x",
            Form::Entry,
            Some("false"),
            "a:\n  e:\n    x: \"false\" # why\n",
        ),
        ("a: {e: {x: 'a', y: b}}\n", "/a/e/x", Form::Entry, Some("0"), "a: {e: {x: '0', y: b}}\n"),
        ("a:\n  e:\n    x: yes-no\n", "/a/e/x", Form::Entry, Some("no"), "a:\n  e:\n    x: 'no'\n"),
        ("a:\n  e:\n    x: b # gone\n    y: c # kept\n", "/a/e/x", Form::Entry, None, "a:\n  e:\n    y: c # kept\n"),
        (
            "l:\n- name: x\n  value: \"1\"\n- name: y\n  value: z\n",
            "/l/0/value",
            Form::Pair,
            Some("2"),
            "l:\n- name: x\n  value: \"2\"\n- name: y\n  value: z\n",
        ),
        (
            "l:\n- name: x\n  value: \"1\"\n- name: y\n  value: z\n",
            "/l/0/value",
            Form::Pair,
            None,
            "l:\n- name: y\n  value: z\n",
        ),
        ("a:\n  e:\n    y: \"1\"\n", map, Form::Entries, Some("false"), "a:\n  e:\n    y: \"1\"\n    x: \"false\"\n"),
        ("a:\n  f: 1\nb: 2\n", map, Form::Entries, Some("RBAC"), "a:\n  f: 1\n  e:\n    x: RBAC\nb: 2\n"),
        ("b: 2\n", map, Form::Entries, Some("0"), "b: 2\na:\n  e:\n    x: '0'\n"),
        (
            "l:\n- name: y\n  value: z\n",
            list,
            Form::Pairs,
            Some("true"),
            "l:\n- name: y\n  value: z\n- name: x\n  value: 'true'\n",
        ),
        ("b: 2\n", list, Form::Pairs, Some("a"), "b: 2\nl:\n  - name: x\n    value: a\n"),
        // k3s: items without dashes, or with them.
        ("l:\n- y=1\n- x=a # b\n", "/l/1", Form::Bare, Some("c"), "l:\n- y=1\n- x=c # b\n"),
        ("l: ['--x=a', y]\n", "/l/0", Form::Bare, Some("c"), "l: ['--x=c', y]\n"),
        ("l:\n- y=1\n- x=a\n", "/l/1", Form::Bare, None, "l:\n- y=1\n"),
        ("l:\n- x\n- y z\n", "/l/0", Form::Bare, None, "l:\n- y z\n"),
        ("l:\n- y=1\n", list, Form::Bares, Some("c"), "l:\n- y=1\n- x=c\n"),
        ("b: 2\n", list, Form::Bares, Some("c"), "b: 2\nl:\n  - x=c\n"),
    ] {
        assert_eq!(changed(before, pointer, form, "--x", to).as_deref(), Ok(after), "{before}");
    }
}

#[test]
fn a_field_of_a_definition_has_its_own_name_and_shape() {
    const FIELDS: &[Named] = &[
        Named { setting: "anonymous-auth", field: "anonymousAuth", shape: Shape::Bool },
        Named { setting: "audit-log-maxage", field: "auditLogMaxAge", shape: Shape::Int },
        Named { setting: "tls-min-version", field: "tlsMinVersion", shape: Shape::Text },
        Named { setting: "enable-admission-plugins", field: "enableAdmissionPlugins", shape: Shape::List },
        Named { setting: "feature-gates", field: "featureGates", shape: Shape::Map },
    ];
    let set = |text: &str, setting: &str, to: &str| changed(text, "/spec/api", Form::Fields(FIELDS), setting, Some(to));
    let there = "spec:\n  api:\n    a: b\n  c: d\n";
    for (setting, to, line) in [
        ("--anonymous-auth", "false", "    anonymousAuth: false\n"),
        ("--audit-log-maxage", "30", "    auditLogMaxAge: 30\n"),
        ("--tls-min-version", "VersionTLS12", "    tlsMinVersion: VersionTLS12\n"),
        ("--enable-admission-plugins", "A,B", "    enableAdmissionPlugins:\n      - A\n      - B\n"),
        ("--feature-gates", "A=true,B=false", "    featureGates:\n      A: 'true'\n      B: 'false'\n"),
    ] {
        let wanted = there.replace("    a: b\n", &format!("    a: b\n{line}"));
        assert_eq!(set(there, setting, to).as_deref(), Ok(&*wanted));
    }
    assert_eq!(
        set("spec:\n  c: d\n", "--anonymous-auth", "false").as_deref(),
        Ok("spec:\n  c: d\n  api:\n    anonymousAuth: false\n")
    );
    assert_eq!(set(there, "--profiling", "false").unwrap_err(), "there is no field for `--profiling`");
    assert_eq!(set(there, "--anonymous-auth", "no").unwrap_err(), "`anonymousAuth` does not take `no`");
    let by_hand = changed(there, "/spec/api", Form::ByHand("ask its operator"), "--profiling", Some("false"));
    assert_eq!(by_hand.unwrap_err(), "ask its operator");
}

#[test]
fn an_argument_that_is_not_plainly_there_is_refused() {
    for (before, pointer, form, to) in [
        ("e:\n  y: b\n", "/e/y", Form::Entry, Some("c")),
        ("e:\n  x: b\n", "/e/x", Form::Entry, None),
        ("e: &e\n  x: b\nf: *e\n", "/f/x", Form::Entry, Some("c")),
        ("l:\n- name: y\n  value: b\n", "/l/0/value", Form::Pair, Some("c")),
        ("d:\n  c: |\n    e:\n      x: b\n", "/d/c", Form::Entry, Some("c")),
        ("d:\n  c: >\n    e:\n      x: b\n", "/d/c", Form::Entries, Some("c")),
        ("e:\n", "/e", Form::Entries, Some("c")),
        ("l: y=1\n", "/l", Form::Bares, Some("c")),
        ("l: [y=1]\n", "/l/0", Form::Bare, Some("c")),
        ("l: [x+=1]\n", "/l/0", Form::Bare, Some("c")),
        ("l: [x=1]\n", "/l/0", Form::Bare, None),
    ] {
        assert!(changed(before, pointer, form, "--x", to).is_err(), "{before}");
    }
}

mod inside;
mod lines;

#[test]
fn a_file_that_is_put_together_is_changed_where_its_parts_are() {
    let piece =
        |name: &str| Evidence::of(EvidenceId::new(name), Plane::Declared, Kind::Workload, Body::Text("a: b\n".into()));
    let refused = |name: &str| {
        let at = Location {
            evidence: EvidenceId::new(name),
            plane: Plane::Declared,
            span: Some(Span::new(0, 1)),
            pointer: "/a".to_owned(),
        };
        let change =
            Change::Set { setting: "--x".to_owned(), site: Site { at, form: Form::Field }, to: "1".to_owned() };
        plan(&[change], &[piece("c.yaml")]).unwrap_err().reason
    };
    assert_eq!(refused("c.yaml!/etc/policy.yaml"), "the file is put together from parts of `c.yaml`; change those");
    assert_eq!(refused("d.yaml!/etc/policy.yaml"), "it was not read");
}
