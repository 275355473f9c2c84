//! Texts that stand in strings of others.

use super::*;

/// Plans one change at the first `place` in the text, and makes it.
fn changed(
    text: &str,
    (place, pointer): (&str, &str),
    form: Form,
    setting: &str,
    to: Option<&str>,
) -> Result<String, String> {
    changed_at(text, (span_of(text, place), pointer), form, setting, to)
}

#[test]
fn a_document_in_a_block_is_edited_there() {
    let files = "files:\n- content: |\n    command:\n    - p # a\n    - --x=true\n    - --y\n- b: c\n";
    let of = "/files/0/content";
    let one = |place: &str, form, setting: &str, to| changed(files, (place, of), form, setting, to).unwrap();
    assert_eq!(one("--x=true", Form::Word, "--x", Some("false")), files.replace("true", "false"));
    assert_eq!(one("--x=true", Form::Word, "--x", None), files.replace("    - --x=true\n", ""));
    assert_eq!(one("--y", Form::Word, "--y", None), files.replace("    - --y\n", ""));
    let list = "- p # a\n    - --x=true\n    - --y";
    assert_eq!(one(list, Form::List, "--z", Some("1")), files.replace("- --y\n", "- --y\n    - --z=1\n"));
    // One of the inner text, as files that a definition carries have it.
    let found = changed(files, ("--x=true", "/command/1"), Form::Word, "--x", Some("false"));
    assert_eq!(found, Ok(files.replace("true", "false")));
}

#[test]
fn arguments_of_a_patch_come_and_go() {
    let patch = "patches:\n- |\n  kind: C\n  apiServer:\n    extraArgs:\n      x: \"true\"\n      y: z\nnodes: []\n";
    let of = "/patches/0";
    let one = |(place, pointer), form, setting: &str, to| changed(patch, (place, pointer), form, setting, to).unwrap();
    assert_eq!(one(("\"true\"", of), Form::Entry, "--x", Some("false")), patch.replace("true", "false"));
    assert_eq!(one(("\"true\"", of), Form::Entry, "--x", None), patch.replace("      x: \"true\"\n", ""));
    let there = "x: \"true\"\n      y: z";
    let added = patch.replace("y: z\n", "y: z\n      v: '1'\n");
    let found = one((there, "/patches/0/apiServer/extraArgs"), Form::Entries, "--v", Some("1"));
    assert!([added.clone(), added.replace("'1'", "\"1\"")].contains(&found), "{found}");
    // What is missing of the way is made too.
    let bare = "patches:\n- |\n  kind: C\n  other: 1\nnodes: []\n";
    let found = changed(bare, ("kind: C\n  other: 1", "/patches/0/a/e"), Form::Entries, "--x", Some("v"));
    assert_eq!(found, Ok(bare.replace("other: 1\n", "other: 1\n  a:\n    e:\n      x: v\n")));
}

#[test]
fn a_unit_in_a_block_is_a_unit() {
    let unit = "units:\n- name: k\n  content: |\n    [Service]\n    ExecStart=k \\\n      --a=1 \\\n      --x=1\n\n    [Install]\n    A=b\n";
    let of = ("--x=1", "/units/0/content");
    assert_eq!(changed(unit, of, Form::Line, "--x", Some("2")), Ok(unit.replace("--x=1", "--x=2")));
    assert_eq!(changed(unit, of, Form::Line, "--x", None), Ok(unit.replace(" \\\n      --x=1", "")));
    let added = changed(unit, ("k \\\n      --a=1 \\\n      --x=1", of.1), Form::Lines, "--y", Some("2"));
    assert_eq!(added, Ok(unit.replace("--x=1\n", "--x=1 \\\n      --y=2\n")));
}

#[test]
fn a_quoted_string_keeps_its_escapes() {
    let json = r#"{"units": [{"contents": "[Service]\nExecStart=k \\\n  --a=1 \\\n  --x=1\n"}]}"#;
    let of = ("--x=1", "/units/0/contents");
    assert_eq!(changed(json, of, Form::Line, "--x", Some("2")), Ok(json.replace("--x=1", "--x=2")));
    assert_eq!(changed(json, of, Form::Line, "--x", None), Ok(json.replace(r" \\\n  --x=1", "")));
    let patch = "p: [\"kind: C\\na:\\n  x: 'true'\\n\"]\n";
    let found = changed(patch, ("'true'", "/p/0"), Form::Entry, "--x", Some("false"));
    assert_eq!(found, Ok(patch.replace("true", "false")));
}

#[test]
fn words_of_a_script_in_a_document_in_a_block() {
    let outer =
        "d:\n  pod: |\n    command:\n    - sh\n    - -c\n    - |\n      exec k \\\n        --x=true \\\n        --y\n";
    let of = ("--x=true", "/d/pod");
    assert_eq!(changed(outer, of, Form::Script, "--x", Some("false")), Ok(outer.replace("true", "false")));
    assert_eq!(changed(outer, of, Form::Script, "--x", None), Ok(outer.replace("        --x=true \\\n", "")));
}

#[test]
fn what_is_not_written_line_by_line_says_what_to_write() {
    let folded = "f: >\n  a:\n\n  - --x=true\n";
    let url = "f: 'data:,--x%3Dtrue%0A--y'\n";
    for (text, place, form, to, words) in [
        (folded, "--x=true", Form::Word, Some("false"), "write `--x=false` there by hand"),
        (folded, "--x=true", Form::Entry, Some("false"), "write `x: \"false\"` there by hand"),
        (folded, "--x=true", Form::Word, None, "take `--x` away there by hand"),
        (url, "--x%3Dtrue", Form::Line, Some("false"), "write `--x=false` there by hand"),
        (url, "'data:,--x%3Dtrue%0A--y'", Form::Line, Some("false"), "write `--x=false` there by hand"),
    ] {
        let refused = changed(text, (place, "/f"), form, "--x", to).unwrap_err();
        assert!(refused.ends_with(words), "{refused}");
    }
    let parts =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/cloud-config\n\na:\n- --x=true\n--b--\n";
    let refused = changed(parts, ("--x=true", ""), Form::Word, "--x", Some("false")).unwrap_err();
    assert_eq!(refused, "it stands in one part of a text in several; write `--x=false` there by hand");
    let shared = "a: &a |\n  - --x=1\n  - --y\nb: *a\n";
    assert!(changed(shared, ("--x=1", "/a"), Form::Word, "--x", Some("2")).is_err());
}
