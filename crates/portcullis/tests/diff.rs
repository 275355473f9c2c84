//! `diff` as a person calls it: two reports in, what changed out; and the pages that tell of all commands.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use snapbox::cmd::{Command, OutputAssert};

/// A folder of this test, empty at its start.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("diff-{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for the test");
    path
}

fn portcullis(folder: &Path, words: &str) -> OutputAssert {
    Command::new(snapbox::cmd::cargo_bin!("portcullis"))
        .env_clear()
        .env("PORTCULLIS_AS_OF", "2026-10-06")
        .current_dir(folder)
        .args(words.split_whitespace())
        .assert()
}

fn out(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("UTF-8")
}

fn err(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("UTF-8")
}

/// A report on a kube-apiserver of these arguments, in a folder of its own.
fn report(folder: &Path, name: &str, arguments: &[&str], format: &str) {
    let arguments: String = arguments.iter().map(|argument| format!("    - {argument}\n")).collect();
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-apiserver\nspec:\n  containers:\n  - name: kube-apiserver\n    \
         image: registry.k8s.io/kube-apiserver:v1.36.2\n    command:\n    - kube-apiserver\n{arguments}"
    );
    fs::create_dir_all(folder.join(name)).expect("a folder");
    fs::write(folder.join(name).join("pod.yaml"), pod).expect("a manifest");
    let words = format!("audit {name} --fail-on never --output {format}={name}.json");
    portcullis(folder, &words).code(0);
}

/// The comparison as JSON, which its schema holds.
fn diff(folder: &Path, words: &str, code: i32) -> Value {
    let assert = portcullis(folder, &format!("diff {words} --format json")).code(code);
    let answer: Value = serde_json::from_str(&out(&assert)).unwrap_or_else(|error| panic!("{error}: {}", err(&assert)));
    let schema: Value = serde_json::from_str(&out(&portcullis(folder, "schema diff").code(0))).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let faults: Vec<String> = validator.iter_errors(&answer).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{words}: {faults:?}");
    answer
}

/// What became of the entries of one rule.
fn became<'a>(diff: &'a Value, rule: &str) -> Vec<&'a str> {
    let entries = diff["entries"].as_array().expect("entries");
    entries.iter().filter(|entry| entry["rule"] == rule).filter_map(|entry| entry["change"].as_str()).collect()
}

const ROLES: &str = "--authorization-mode=Node,RBAC";

#[test]
fn what_is_new_what_is_fixed_and_what_stays() {
    let folder = folder("changes");
    report(&folder, "before", &[ROLES, "--anonymous-auth=false"], "json");
    report(&folder, "after", &["--authorization-mode=RBAC", "--profiling=false", "--anonymous-auth=true"], "json");

    let there = diff(&folder, "before.json after.json", 1);
    assert_eq!(became(&there, "apiserver-authz-node"), ["new"]);
    assert_eq!(became(&there, "apiserver-profiling"), ["fixed"]);
    assert_eq!(became(&there, "apiserver-audit-log-path"), ["still"]);
    assert_eq!(became(&there, "apiserver-authz-rbac"), [""; 0], "it passed and passes");
    assert_eq!(there["clusters"], json!({"added": [], "gone": []}), "one folder for another");
    let node =
        there["entries"].as_array().unwrap().iter().find(|entry| entry["rule"] == "apiserver-authz-node").unwrap();
    assert_eq!((&node["before"]["outcome"], &node["after"]["outcome"]), (&json!("pass"), &json!("fail")));
    assert_eq!(node["location"], json!({"evidence": "after/pod.yaml", "line": 11, "column": 7}));

    // The way back: what was new is fixed, and the other way round.
    let back = diff(&folder, "after.json before.json", 0);
    for (forth, then) in [("new", "fixed"), ("fixed", "new"), ("still", "still")] {
        assert_eq!(there["counts"][forth], back["counts"][then], "{forth}");
    }
    let same = diff(&folder, "after.json after.json", 0);
    let counts = &same["counts"];
    assert_eq!((&counts["new"], &counts["changed"], &counts["fixed"]), (&json!(0), &json!(0), &json!(0)));
    assert_ne!(counts["still"], json!(0));
}

#[test]
fn the_exit_status_follows_what_is_new() {
    let folder = folder("status");
    report(&folder, "a", &[ROLES, "--profiling=false"], "json");
    report(&folder, "b", &[ROLES], "json");
    for (words, code) in [
        ("diff a.json b.json", 0),
        ("diff a.json b.json --fail-on low", 1),
        ("diff b.json b.json --fail-on low", 0),
        ("diff b.json a.json --fail-on low", 0),
        ("diff a.json b.json --fail-on never", 0),
    ] {
        portcullis(&folder, words).code(code);
    }
}

#[test]
fn what_is_no_longer_seen_is_not_fixed() {
    let folder = folder("unseen");
    report(&folder, "all", &[ROLES, "--anonymous-auth=true"], "json");
    let words = "audit all --fail-on never --rule apiserver-profiling --output json=less.json";
    portcullis(&folder, words).code(0);
    let less = diff(&folder, "all.json less.json", 0);
    assert_eq!(less["counts"]["fixed"], 0);
    assert_eq!(became(&less, "apiserver-anonymous-auth"), ["changed"]);
    assert!(less["rules"]["gone"].as_array().unwrap().contains(&json!("apiserver-anonymous-auth")));

    // An argument that nobody can know takes the answer away; that is a change too, and no pass.
    report(&folder, "open", &[ROLES, "--anonymous-auth=$UNKNOWN"], "json");
    let open = diff(&folder, "all.json open.json", 0);
    assert_eq!(became(&open, "apiserver-anonymous-auth"), ["changed"]);

    // Another cluster beside it: nothing of the one that is gone is fixed.
    fs::create_dir_all(folder.join("two")).unwrap();
    for (name, from) in [("one", "all"), ("other", "open")] {
        fs::create_dir_all(folder.join("two").join(name)).unwrap();
        fs::copy(folder.join(from).join("pod.yaml"), folder.join("two").join(name).join("pod.yaml")).unwrap();
    }
    portcullis(&folder, "audit two --fail-on never --output json=two.json").code(0);
    let gone = diff(&folder, "two.json all.json", 1);
    assert_eq!(gone["clusters"], json!({"added": ["all"], "gone": ["two/one", "two/other"]}));
    assert_eq!(gone["counts"]["fixed"], 0);
}

#[test]
fn lines_are_a_report_too() {
    let folder = folder("lines");
    report(&folder, "a", &[ROLES], "json");
    report(&folder, "b", &[ROLES, "--profiling=false"], "jsonl");
    let there = diff(&folder, "a.json b.json", 0);
    assert_eq!(became(&there, "apiserver-profiling"), ["fixed"]);
    assert_eq!((there["counts"]["new"].as_u64(), there["counts"]["fixed"].as_u64()), (Some(0), Some(1)));

    let lines = fs::read_to_string(folder.join("b.json")).unwrap();
    let cut: Vec<&str> = lines.lines().collect();
    fs::write(folder.join("cut.json"), cut[..cut.len() - 1].join("\n")).unwrap();
    let assert = portcullis(&folder, "diff a.json cut.json").code(2);
    assert!(err(&assert).contains("cut.json: the lines stop before the end"), "{}", err(&assert));
}

#[test]
fn what_is_no_report_is_told_with_its_place() {
    let folder = folder("wrong");
    report(&folder, "a", &[ROLES], "json");
    let text = fs::read_to_string(folder.join("a.json")).unwrap();
    fs::write(folder.join("half.json"), &text[..text.len() / 2]).unwrap();
    fs::write(folder.join("later.json"), text.replacen("portcullis.report/1", "portcullis.report/2", 1)).unwrap();
    fs::write(folder.join("settings.json"), r#"{"schema": "portcullis.effective/1"}"#).unwrap();
    fs::write(folder.join("other.json"), r#"{"kind": "Pod"}"#).unwrap();
    fs::write(folder.join("yaml.json"), "kind: Pod\n").unwrap();
    fs::write(folder.join("empty.json"), "\n").unwrap();
    fs::write(folder.join("word.json"), text.replacen(r#""outcome": "fail""#, r#""outcome": "perhaps""#, 1)).unwrap();
    fs::write(folder.join("deep.json"), "[".repeat(200_000)).unwrap();
    for (name, said) in [
        ("half.json", "the JSON ends in the middle"),
        ("later.json", "this is a `portcullis.report/2`, and this build compares `portcullis.report/1`"),
        ("settings.json", "this is a `portcullis.effective/1`, not a report"),
        ("other.json", "this is no report: it names no `schema`"),
        ("yaml.json", "yaml.json:1:1: this is not JSON"),
        ("empty.json", "there is nothing in it"),
        ("word.json", "unknown variant `perhaps`"),
        ("deep.json", "deep.json:1:"),
        ("nowhere.json", "no such file"),
        ("a", "it is a folder"),
    ] {
        for words in [format!("diff {name} a.json"), format!("diff a.json {name}")] {
            let assert = portcullis(&folder, &words).code(2);
            assert!(err(&assert).contains(said) && err(&assert).contains(name), "{words}: {}", err(&assert));
            assert_eq!(out(&assert), "");
        }
    }
    let assert = portcullis(&folder, "diff - -").code(2);
    assert!(err(&assert).contains("given twice"), "{}", err(&assert));
}

#[test]
fn every_command_has_a_page_and_every_shell_its_completions() {
    let folder = folder("pages");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = out(&portcullis(&folder, &format!("completions {shell}")).code(0));
        assert!(text.contains("--kubernetes-version") || text.contains("kubernetes-version"), "{shell}");
    }
    let page = out(&portcullis(&folder, "man").code(0));
    assert!(page.starts_with(".ie \\n(.g") && page.contains(".TH portcullis 1"), "{page}");
    for command in ["audit", "resolve", "cve", "diff", "simulate audit-policy", "config show", "man"] {
        let page = out(&portcullis(&folder, &format!("man {command}")).code(0));
        let name = format!("portcullis-{}", command.replace(' ', "-"));
        assert!(page.contains(&format!(".TH {name} 1")), "{command}: {page}");
    }
    let assert = portcullis(&folder, "man audti").code(2);
    assert!(err(&assert).contains("nearest: audit"), "{}", err(&assert));
}
