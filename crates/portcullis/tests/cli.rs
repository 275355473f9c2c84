//! The program as a person calls it: words in, text and an exit status out, in an environment with nothing in it.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use serde_json::Value;
use snapbox::cmd::{Command, OutputAssert};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A call from the root of the project, where the examples are.
fn portcullis(arguments: &[&str]) -> Command {
    Command::new(snapbox::cmd::cargo_bin!("portcullis"))
        .env_clear()
        // What is maintained changes with the day; this one the calendar of this build covers.
        .env("PORTCULLIS_AS_OF", "2026-10-06")
        .current_dir(root())
        .args(arguments)
}

fn run(arguments: &[&str]) -> OutputAssert {
    portcullis(arguments).assert()
}

fn out(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("UTF-8")
}

/// What it printed without its line breaks: where these are depends on how long the path of the tests' folder is.
fn words(assert: &OutputAssert) -> String {
    out(assert).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn err(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("UTF-8")
}

fn json(arguments: &[&str]) -> Value {
    let (command, rest) = arguments.split_first().expect("a command");
    let assert = run(&[&[*command, "--format", "json"], rest].concat());
    serde_json::from_str(&out(&assert)).unwrap_or_else(|error| panic!("{error}: {}", err(&assert)))
}

/// A refusal: nothing on standard output, one message, the status.
fn refused(arguments: &[&str], code: i32, message: &str) {
    let assert = run(arguments).code(code);
    assert_eq!(out(&assert), "", "{arguments:?}");
    let said = err(&assert);
    assert!(said.contains(message), "{arguments:?}: {said}");
}

/// A folder of this test's own, empty at its start.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for the test");
    path
}

fn manifest(flags: &[&str]) -> String {
    let mut text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-apiserver\nspec:\n  containers:\n  - name: kube-apiserver\n    image: registry.k8s.io/kube-apiserver:v1.31.0\n    command:\n    - kube-apiserver\n".to_owned();
    for flag in flags {
        text.push_str(&format!("    - {flag}\n"));
    }
    text
}

#[test]
fn the_first_words_say_what_it_is_and_how_to_begin() {
    let text = out(&run(&[]).code(0));
    assert!(text.starts_with("Tells whether the doors of a Kubernetes control plane are locked, and proves it.\n"));
    assert!(text.contains("portcullis audit kube-apiserver.yaml"));
    assert!(out(&run(&["--version"]).code(0)).starts_with("portcullis "));
    assert!(out(&run(&["audit", "--help"]).code(0)).contains("--kubernetes-version"));
}

#[test]
fn wrong_words_come_with_the_right_ones() {
    for (arguments, message) in [
        (
            &["kube-apiserver.yaml"][..],
            "error: no command `kube-apiserver.yaml`; to audit that file: portcullis audit kube-apiserver.yaml",
        ),
        (&["audti", "x"], "audit"),
        (
            &["audit", "--rule", "apiserver-anon-*", "x.yaml"],
            "error: no rule matches `apiserver-anon-*`; nearest: apiserver-anonymous-auth",
        ),
        (&["audit", "--format", "jsno", "x.yaml"], "error: no format `jsno`; nearest: json"),
        (
            &["audit", "-o", "sarfi=x.sarif", "x.yaml"],
            "error: --output sarfi=x.sarif: no format `sarfi`; nearest: sarif",
        ),
        (&["audit", "-o", "sarif", "x.yaml"], "for the format write --format sarif, for the file ./sarif"),
        (&["audit", "-o", "sarif=", "x.yaml"], "error: --output sarif=: the name of a file is missing"),
        (&["audit", "-o", "csv=./o.x", "-o", "sarif=o.x", "x.yaml"], "error: --output: `o.x` is given twice"),
        (&["audit", "-o", "csv=-", "-o", "sarif=-", "x.yaml"], "error: --output: standard output is given twice"),
        (&["audit", "-o", "README.md", "./README.md"], "error: --output: `README.md` is what is to be looked at"),
        (&["audit", "-o", "csv=examples", "x.yaml"], "error: cannot write the result to `examples`: "),
        (&["resolve", "--format", "sarif", "x.yaml"], "error: only audit writes sarif; there is human, json"),
        (&["rules", "--format", "csv"], "error: only audit writes csv; there is human, json"),
        (&["audit", "--profile", "esential", "x.yaml"], "error: no profile `esential`; nearest: essential"),
        (&["audit", "--profile", "rke2-cis-1.9", "x.yaml"], "error: no profile `rke2-cis-1.9`; nearest: rke2-cis-1."),
        (&["rules", "--profile", "zzzzzzzzzz"], "error: no profile `zzzzzzzzzz`; there is all, essential, cis, stig"),
        (&["audit", "--kubernetes-version", "1.99", "x.yaml"], "--kubernetes-version 1.99"),
        (&["audit", "--kubernetes-version", "2.0", "x.yaml"], "--kubernetes-version 2.0"),
        (&["audit", "--kubernetes-version", "latest", "x.yaml"], "write it as 1.29"),
        (&["audit", "--as-of", "yesterday", "x.yaml"], "write it as 2026-11-24"),
        (&["audit", "--root", "nowhere", "x.yaml"], "--root nowhere: no such folder"),
        (&["audit", "--fail-on", "hihg", "x.yaml"], "high"),
        (&["audit"], "name what to look at"),
        (&["audit", "context:prod"], "there is no kubeconfig"),
        (&["explain", "apiserver-anonymous"], "nearest: apiserver-anonymous-auth"),
        (&["schema", "reprot"], "nearest: report"),
    ] {
        refused(arguments, 2, message);
    }
}

#[test]
fn nothing_to_judge_is_not_a_pass() {
    let empty = folder("nothing");
    fs::write(empty.join("a.txt"), "prose").expect("a file");
    fs::write(empty.join("b.yaml"), "kind: ConfigMap\napiVersion: v1\n").expect("a file");
    let path = empty.to_str().expect("UTF-8");
    let said = err(&run(&["audit", path]).code(3));
    assert!(said.contains("2 files looked at, none declares a component we know (-v lists them)"), "{said}");
    let said = err(&run(&["audit", "-v", path]).code(3));
    assert!(said.contains("not-ours") && said.contains("b.yaml"), "{said}");

    let said = err(&run(&["audit", "no-such-file.yaml"]).code(3));
    assert!(said.contains("no-such-file.yaml") && said.contains("no such file"), "{said}");
    run(&["audit", "-"]).code(3);
    // One target that gives nothing is told although another gives much.
    run(&["audit", "examples/hardened", path]).code(3);
    let empty = folder("nothing-to-judge").join("config");
    std::fs::write(&empty, "apiVersion: v1\nkind: Config\nclusters: []\n").expect("written");
    let told = out(&run(&["audit", empty.to_str().expect("a path")]));
    assert!(told.contains("Nothing was judged: no rule applies") && !told.contains("resolve"), "{told}");
}

#[test]
fn exit_statuses_follow_severity_and_strictness() {
    for (arguments, code) in [
        (&["audit", "examples/hardened"][..], 0),
        (&["audit", "examples/kubeadm"], 1),
        (&["audit", "--fail-on", "critical", "examples/kubeadm"], 0),
        (&["audit", "--fail-on", "medium", "examples/kubeadm"], 1),
        (&["audit", "--fail-on", "medium", "--rule", "apiserver-profiling", "examples/kubeadm"], 0),
        (&["audit", "examples/old"], 1),
        (&["audit", "--fail-on", "never", "examples/old"], 0),
        (&["audit", "--strict", "--rule", "apiserver-authz-*", "examples/hardened"], 0),
        // What only the cluster itself, or somebody who knows it, can answer stays open whatever the files say.
        (&["audit", "--strict", "examples/hardened"], 3),
        (&["audit", "--strict", "--fail-on", "critical", "examples/kubeadm"], 3),
    ] {
        let assert = run(arguments).code(code);
        assert_eq!(err(&assert), "", "{arguments:?}");
    }
    // Without the node's files two questions stay open, and only `--strict` minds.
    let folder = folder("strict");
    let path = folder.join("kube-apiserver.yaml");
    let flags = ["--authentication-config=/etc/authn.yaml", "--authorization-mode=Node,RBAC"];
    fs::write(&path, manifest(&flags)).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let arguments = ["audit", "--kubernetes-version", "1.34", "--rule", "apiserver-anonymous-auth", path];
    run(&arguments).code(0);
    run(&[&arguments[..], &["--strict"]].concat()).code(3);
}

#[test]
fn the_report_on_the_old_example_finds_every_essential_fault() {
    let report = json(&["audit", "examples/old"]);
    assert_eq!(report["schema"], "portcullis.report/1");
    assert_eq!(report["run"]["exit_code"], 1);
    let cluster = &report["clusters"][0];
    assert_eq!(cluster["version"], "1.7.5");
    let failing: Vec<(&str, u64)> = cluster["verdicts"]
        .as_array()
        .expect("entries")
        .iter()
        .filter(|entry| entry["outcome"] == "fail")
        .map(|entry| (entry["rule"].as_str().expect("an id"), entry["locations"][0]["line"].as_u64().expect("a line")))
        .collect();
    for expected in [
        ("apiserver-anonymous-auth", 20),
        ("apiserver-basic-auth-file", 21),
        ("apiserver-insecure-allow-any-token", 23),
        ("apiserver-kubelet-https", 24),
        ("apiserver-repair-malformed-updates", 25),
    ] {
        assert!(failing.contains(&expected), "{expected:?} in {failing:?}");
    }
}

#[test]
fn two_runs_differ_in_run_alone() {
    let report = || {
        let mut report = json(&["audit", "examples"]);
        report.as_object_mut().expect("an object").remove("run");
        report
    };
    assert_eq!(report(), report());
}

#[test]
fn files_below_a_root_are_read_and_their_absence_told() {
    let hardened = json(&["audit", "examples/hardened/etc/kubernetes/manifests/kube-apiserver.yaml"]);
    let cluster = &hardened["clusters"][0];
    // None of what stays open waits for a file.
    let open =
        cluster["verdicts"].as_array().expect("verdicts").iter().filter(|entry| entry["outcome"] == "undetermined");
    let kinds: BTreeSet<&str> = open.filter_map(|entry| entry["gap"]["kind"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["manual", "not-collected"]));
    let names: Vec<&str> =
        cluster["evidence"].as_array().expect("evidence").iter().filter_map(|piece| piece["name"].as_str()).collect();
    assert!(names.contains(&"examples/hardened/etc/kubernetes/apiserver/authentication.yaml"), "{names:?}");

    // The same manifest without its node: what the files decide is undetermined.
    let alone = folder("alone");
    let manifest = fs::read(root().join("examples/hardened/etc/kubernetes/manifests/kube-apiserver.yaml"));
    fs::write(alone.join("x.yaml"), manifest.expect("the example")).expect("a copy");
    let alone = json(&["audit", alone.join("x.yaml").to_str().expect("UTF-8")]);
    let outcome = |report: &Value, rule: &str| -> String {
        let entries = report["clusters"][0]["verdicts"].as_array().expect("entries").clone();
        let entry = entries.into_iter().find(|entry| entry["rule"] == rule).expect("an entry");
        entry["outcome"].as_str().expect("an outcome").to_owned()
    };
    for rule in ["apiserver-anonymous-auth", "apiserver-authz-node", "apiserver-authz-rbac"] {
        assert_eq!(
            (outcome(&hardened, rule).as_str(), outcome(&alone, rule).as_str()),
            ("pass", "undetermined"),
            "{rule}"
        );
    }

    // A root that lacks them: the server does not start.
    let bare = folder("bare");
    let arguments = [
        "audit",
        "--root",
        bare.to_str().expect("UTF-8"),
        "examples/hardened/etc/kubernetes/manifests/kube-apiserver.yaml",
    ];
    let report = json(&arguments);
    assert_eq!(report["clusters"][0]["components"][0]["starts"], false);
}

#[test]
fn a_server_of_openshift_and_its_configuration_are_one_in_a_folder() {
    let pair = folder("openshift");
    let pod = manifest(&["--openshift-config=/etc/kubernetes/config/config.yaml", "--v=2"]);
    let config = "apiVersion: kubecontrolplane.config.openshift.io/v1\nkind: KubeAPIServerConfig\napiServerArguments:\n  \
                  etcd-servers: ['https://a:2379']\n  v: ['4']\nservingInfo: {bindAddress: '0.0.0.0:6443'}\n";
    fs::write(pair.join("pod.yaml"), pod).expect("a pod");
    fs::write(pair.join("config.yaml"), config).expect("a configuration");
    let report = json(&["audit", pair.to_str().expect("UTF-8")]);
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["clusters"][0]["components"].as_array().map(Vec::len), Some(1));
    // With a second pod nobody knows whose it is, and each file stands for itself.
    fs::copy(pair.join("pod.yaml"), pair.join("other.yaml")).expect("a copy");
    let report = json(&["audit", pair.to_str().expect("UTF-8")]);
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(3));
}

#[test]
fn files_that_files_name_are_looked_for_and_tokens_stay_inside() {
    let root = folder("names");
    let etc = root.join("etc/kubernetes");
    fs::create_dir_all(etc.join("manifests")).expect("folders");
    let flags = ["--authorization-config=/etc/kubernetes/authz.yaml", "--token-auth-file=/etc/kubernetes/tokens.csv"];
    let mounts = "    volumeMounts: [{name: k, mountPath: /etc/kubernetes}]\n  volumes: [{name: k, hostPath: {path: /etc/kubernetes}}]\n";
    fs::write(etc.join("manifests/x.yaml"), manifest(&flags) + mounts).expect("a manifest");
    let webhook = "{type: Webhook, name: w, webhook: {connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/kubernetes/none.conf}}}";
    let config = format!(
        "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthorizationConfiguration\nauthorizers:\n- {webhook}\n"
    );
    fs::write(etc.join("authz.yaml"), config).expect("a configuration");
    fs::write(etc.join("tokens.csv"), "hunter2,ann,1\nhunter3,bob\n").expect("tokens");
    let assert = run(&["resolve", "--format", "json", root.to_str().expect("UTF-8")]);
    let text = out(&assert);
    assert!(!text.contains("hunter"), "{text}");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let problems = report["clusters"][0]["components"][0]["problems"].as_array().expect("problems").clone();
    for wanted in ["`/etc/kubernetes/none.conf` does not exist", "2 columns"] {
        let told =
            problems.iter().find(|problem| problem["message"].as_str().is_some_and(|text| text.contains(wanted)));
        assert_eq!(told.map(|problem| &problem["stops"]), Some(&Value::Bool(true)), "{wanted}: {problems:?}");
    }
}

#[test]
fn one_broken_document_does_not_hide_its_neighbours() {
    let folder = folder("broken");
    let text = format!("a: [\n---\n{}", manifest(&["--anonymous-auth=true"]));
    fs::write(folder.join("x.yaml"), text).expect("a file");
    let assert = run(&["audit", "--format", "json", folder.to_str().expect("UTF-8")]);
    let report: Value = serde_json::from_str(&out(&assert)).expect("JSON");
    assert_eq!(report["inputs"]["judged"], 1);
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(1));
    assert!(err(&assert).contains("x.yaml:1:4"), "{}", err(&assert));
}

/// What is not read may hold anything, so that nothing unset is called a default.
#[test]
fn a_command_line_without_end_is_cut_and_said_to_be() {
    let text = manifest(&["--v=2"; 3000]);
    let assert = portcullis(&["audit", "--format", "json", "--rule", "apiserver-profiling", "-"]).stdin(text).assert();
    let report: Value = serde_json::from_str(&out(&assert)).expect("JSON");
    let entry = &report["clusters"][0]["verdicts"][0];
    assert_eq!((&entry["outcome"], &entry["gap"]["kind"]), (&Value::from("undetermined"), &Value::from("unread")));
}

#[test]
fn standard_input_is_a_target() {
    let text = manifest(&["--etcd-servers=https://127.0.0.1:2379", "--authorization-mode=AlwaysAllow"]);
    let assert = portcullis(&["audit", "-q", "-"]).stdin(text).assert().code(1);
    assert!(out(&assert).contains("-:12:7: high apiserver-authz-no-always-allow: "), "{}", out(&assert));
}

#[test]
fn secrets_do_not_come_out_again() {
    let folder = folder("secrets");
    let token = "hunter2hunter2";
    let text = manifest(&["--anonymous-auth=true", "--etcd-servers=https://me:hunter2hunter2@127.0.0.1:2379"])
        + &format!("    env:\n    - name: CLOUD_TOKEN\n      value: {token}\n");
    let path = folder.join("x.yaml");
    fs::write(&path, text).expect("a file");
    let path = path.to_str().expect("UTF-8");
    for arguments in [
        &["audit", "-v", path][..],
        &["audit", "--format", "json", path],
        &["audit", "-v", "-o", "sarif=-", path],
        &["audit", "-v", "-o", "junit=-", path],
        &["audit", "-v", "-o", "markdown=-", path],
        &["audit", "-v", "-o", "csv=-", path],
        &["audit", "-o", "jsonl=-", path],
        &["resolve", "--defaults", path],
        &["resolve", "--format", "json", path],
    ] {
        let assert = run(arguments);
        assert!(!out(&assert).contains(token) && !err(&assert).contains(token), "{arguments:?}");
    }
}

#[test]
fn a_configuration_file_is_judged_by_itself() {
    let folder = folder("given");
    let policy = folder.join("audit.yaml");
    let text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n";
    fs::write(&policy, text).expect("written");
    let path = policy.to_str().expect("UTF-8");
    let run_of = run(&["audit", "-q", path]).code(1);
    assert!(
        out(&run_of).contains("audit.yaml:4:10: high audit-policy-no-catch-all-none: the 1st rule drops everything")
    );
    let report = json(&["audit", path]);
    let cluster = &report["clusters"][0];
    assert_eq!(cluster["components"][0]["name"], "audit-policy");
    assert_eq!(cluster["components"][0]["starts"], true);
    let verdicts = cluster["verdicts"].as_array().expect("verdicts");
    assert!(verdicts.iter().all(|entry| entry["component"] == "audit-policy" && entry["instance"] == path));
    assert_eq!(report["inputs"]["judged"], 1);

    fs::write(&policy, text.replace("None", "Everything")).expect("written");
    let assert = run(&["audit", path]).code(0);
    assert!(words(&assert).starts_with("kube-apiserver would not start with `"), "{}", out(&assert));
}

#[test]
fn what_becomes_of_each_resource_is_told() {
    let effective = json(&["resolve", "examples/hardened"]);
    let encryption = &effective["clusters"][0]["components"][0]["encryption"];
    let rows: Vec<(&str, &str)> = encryption["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .map(|row| (row["resource"].as_str().expect("a name"), row["writes"].as_str().expect("a provider")))
        .collect();
    assert_eq!(rows, [("secrets", "kms"), ("configmaps", "identity"), ("*.*", "identity")]);
    assert_eq!(encryption["resources"][0]["location"]["line"], 6);
    assert!(out(&run(&["resolve", "examples/hardened"])).contains("everything else  plain text"));
    assert_eq!(json(&["resolve", "examples/kubeadm"])["clusters"][0]["components"][0]["encryption"], Value::Null);
}

#[test]
fn settings_are_listed_once_with_their_origin() {
    let effective = json(&["resolve", "examples/kubeadm"]);
    assert_eq!(effective["schema"], "portcullis.effective/1");
    let settings = effective["clusters"][0]["components"][0]["settings"].as_array().expect("settings").clone();
    let named = |name: &str| settings.iter().find(|setting| setting["name"] == name).expect("the setting");
    assert_eq!(named("authorization-mode")["value"], "[Node,RBAC]");
    assert_eq!(named("authorization-mode")["location"]["line"], 19);
    assert_eq!(
        (&named("profiling")["value"], &named("profiling")["origin"]),
        (&Value::from("true"), &Value::from("default"))
    );
    assert_eq!(named("tls-min-version")["effective"], "VersionTLS12");
    assert!(settings.is_sorted_by_key(|setting| setting["name"].as_str().map(str::to_owned)));
}

#[test]
fn results_go_to_files_where_asked_each_in_its_format() {
    let folder = folder("output");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the file");
    let named = |format: &str| format!("{format}={}", path(format));
    let json = path("json.out");
    let kubeadm = ["audit", "--fail-on", "critical", "examples/kubeadm"];
    let assert = run(&[&kubeadm[..], &["--format", "json", "-o", &json, "-o", &named("csv")]].concat()).code(0);
    assert_eq!(out(&assert), "");
    let report: Value = serde_json::from_str(&read("json.out")).expect("JSON");
    assert_eq!(report["schema"], "portcullis.report/1");
    let entries = report["clusters"][0]["verdicts"].as_array().map_or(0, Vec::len);
    assert_eq!(read("csv").lines().count(), 1 + entries);

    // Beside the others, standard output is for people, or has the format that `-` is given.
    let formats = ["jsonl", "sarif", "junit", "markdown", "html", "kube-bench"].map(named);
    let many: Vec<&str> = formats.iter().flat_map(|typed| ["-o", typed]).collect();
    let assert = run(&[&kubeadm[..], &many].concat()).code(0);
    assert!(out(&assert).contains("[apiserver-profiling]"));
    for (name, start) in [
        ("jsonl", "{\"schema\":\"portcullis.report/1\""),
        ("sarif", "{\n  \"$schema\""),
        ("junit", "<?xml version=\"1.0\""),
        ("markdown", "## Portcullis: "),
        ("html", "<!DOCTYPE html>\n<html lang=\"en\">\n"),
        ("kube-bench", "{\n  \"Controls\": [\n"),
    ] {
        assert!(read(name).starts_with(start), "{name}: {}", read(name));
    }
    assert_eq!(read("jsonl").lines().count(), 3);
    assert!(out(&run(&["audit", "-o", "csv=-", "examples/hardened"]).code(0)).starts_with("cluster,rule,"));

    // Two runs give the same bytes, and nothing unfinished is left.
    let before = ["sarif", "junit", "markdown", "csv", "html", "kube-bench"].map(read);
    let again = ["sarif", "junit", "markdown", "csv", "html", "kube-bench"].map(named);
    run(&[&kubeadm[..], &["-q"], &again.each_ref().map(|typed| ["-o", typed]).concat()].concat());
    assert_eq!(before, ["sarif", "junit", "markdown", "csv", "html", "kube-bench"].map(read));
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 8);

    refused(&["audit", "-o", "no/such/folder/x", "examples/hardened"], 2, "cannot write the result");
    refused(&["audit", "-o", &json, "-o", "csv=no/such/folder/x", "examples/hardened"], 2, "cannot write the result");
    assert_eq!(read("json.out"), serde_json::to_string_pretty(&report).expect("JSON") + "\n");
}

/// Who replaces a file keeps its rights and its links, and what is no file is written as it is.
#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_what_it_was() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder("replaced");
    let file = folder.join("report.csv");
    fs::write(&file, "old").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("rights");
    symlink("report.csv", folder.join("link")).expect("a link");
    let link = folder.join("link");
    run(&["audit", "-q", "-o", &format!("csv={}", link.display()), "-o", "sarif=/dev/null", "examples/hardened"])
        .code(0);
    assert!(fs::read_to_string(&file).expect("the file").starts_with("cluster,"));
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    assert!(!fs::metadata("/dev/null").expect("the device").is_file());
    if PathBuf::from("/dev/full").exists() {
        let assert = run(&["audit", "-q", "-o", "csv=/dev/full", "examples/hardened"]).code(4);
        assert!(err(&assert).contains("cannot write the result to `/dev/full`"), "{}", err(&assert));
    }
}

#[test]
fn terminals_get_color_only_where_asked() {
    assert!(!out(&run(&["audit", "examples/old"])).contains('\u{1b}'));
    assert!(out(&run(&["audit", "--color", "always", "examples/old"])).contains('\u{1b}'));
}

/// A folder with files in it, and a call from there.
fn with_files(name: &str, files: &[(&str, &str)]) -> impl Fn(&[&str]) -> Command + use<> {
    let folder = folder(name);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    move |arguments| {
        Command::new(snapbox::cmd::cargo_bin!("portcullis")).env_clear().current_dir(&folder).args(arguments)
    }
}

fn own_settings(assert: &OutputAssert) -> Vec<(String, String, String)> {
    let shown: Value = serde_json::from_str(&out(assert)).expect("JSON");
    assert_eq!(shown["schema"], "portcullis.settings/1");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let settings = shown["settings"].as_array().expect("settings").iter();
    settings
        .map(|setting| {
            let values: Vec<String> = setting["values"].as_array().expect("values").iter().map(text).collect();
            let place = format!("{}:{}", text(&setting["location"]["path"]), setting["location"]["line"]);
            let by = setting["by"].as_str().map_or(place, str::to_owned);
            let origin = text(&setting["origin"]);
            (text(&setting["name"]), values.join(" "), if origin == "default" { origin } else { by })
        })
        .collect()
}

#[test]
fn the_nearest_source_decides_and_is_named() {
    let call = with_files(
        "layers",
        &[
            (
                "portcullis.toml",
                "profile = \"essential\"\nfail-on = \"low\"\nshow = \"certain\"\nstrict = true\nskip = [\"apiserver-a*\", \"*tls*\"]\nwaivers = \"w/x.toml\"\n",
            ),
            ("w/x.toml", ""),
            ("inner/other.toml", "profile = \"all\"\n"),
            ("inner/x.yaml", &manifest(&["--profiling=true"])),
        ],
    );
    let call = |arguments: &[&str]| {
        let inner = call(arguments).current_dir(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("layers/inner"));
        inner.env("PORTCULLIS_SHOW", "possible").env("PORTCULLIS_FAIL_ON", "medium").env("PORTCULLIS_FORMAT", "json")
    };
    let settings = own_settings(&call(&["config", "show", "--fail-on", "critical"]).assert().code(0));
    let expected = [
        ("fail-on", "critical", "--fail-on"),
        ("show", "possible", "PORTCULLIS_SHOW"),
        ("strict", "true", "../portcullis.toml:4"),
        ("profile", "essential", "../portcullis.toml:1"),
        ("skip", "apiserver-a* *tls*", "../portcullis.toml:5"),
        ("waivers", "../w/x.toml", "../portcullis.toml:6"),
        ("color", "auto", "default"),
    ];
    for (name, value, from) in expected {
        let expected = (name.to_owned(), value.to_owned(), from.to_owned());
        assert!(settings.contains(&expected), "{expected:?} in {settings:?}");
    }
    // What is shown is what holds.
    let assert = call(&["audit", "x.yaml"]).assert();
    let report: Value = serde_json::from_str(&out(&assert)).expect("JSON");
    assert_eq!(report["run"]["settings"]["profile"], "essential");
    assert!(err(&assert).contains("note: settings of ../portcullis.toml"), "{}", err(&assert));
    // Other files, and none.
    for (arguments, profile) in [
        (&["config", "show", "--config", "other.toml"][..], ("all", "other.toml:1")),
        (&["config", "show", "--isolated"], ("all", "default")),
    ] {
        let settings = own_settings(&call(arguments).assert().code(0));
        let found = settings.iter().find(|(name, _, _)| name == "profile").expect("the profile");
        assert_eq!((found.1.as_str(), found.2.as_str()), profile, "{arguments:?}");
    }
    let human = out(&call(&["config", "show", "--format", "human"]).assert().code(0));
    assert!(human.contains("Settings file: ../portcullis.toml\n"), "{human}");
    assert!(human.lines().all(|line| line.chars().count() <= 80), "{human}");
}

#[test]
fn what_the_environment_says_wrongly_is_told_by_its_name() {
    for (name, value, code, message) in [
        ("PORTCULLIS_PROFILE", "esential", 2, "error: PORTCULLIS_PROFILE: no profile `esential`; nearest: essential"),
        ("PORTCULLIS_RULE", "zzz", 2, "error: PORTCULLIS_RULE: no rule matches `zzz`"),
        ("PORTCULLIS_WAIVERS", "nowhere", 2, "error: PORTCULLIS_WAIVERS: no such file"),
        ("PORTCULLIS_FAILON", "low", 0, "warning: PORTCULLIS_FAILON is no setting; nearest: PORTCULLIS_FAIL_ON"),
        ("PORTCULLIS_PORT", "tcp://10.0.0.1:80", 0, ""),
        ("PORTCULLIS_STRICT", "yes", 0, ""),
    ] {
        let assert = portcullis(&["config", "show"]).env(name, value).assert().code(code);
        let said = err(&assert);
        assert!(if message.is_empty() { said.is_empty() } else { said.contains(message) }, "{name}: {said}");
    }
}

#[test]
fn mistakes_in_a_settings_file_are_underlined() {
    for (text, messages) in [
        (
            "fail_on = \"low\"\n",
            &["error: no key `fail_on`", "--> portcullis.toml:1:1", "^^^^^^^ perhaps `fail-on`"][..],
        ),
        ("zzz = 1\n", &["no key `zzz`", "there is color, concurrency, fail-on,"]),
        ("# x\nprofile = \"esential\"\n", &["portcullis.toml:2:11", "no profile `esential`; nearest: essential"]),
        ("fail-on = \"hihg\"\n", &["no severity `hihg`; nearest: high"]),
        ("strict = \"yes\"\n", &["`strict` takes true or false", "this is a string"]),
        (
            "rule = [\"apiserver-anon-*\", 3]\n",
            &[
                "no rule matches `apiserver-anon-*`; nearest:",
                "portcullis.toml:1:9",
                "`rule` takes texts",
                "an integer",
            ],
        ),
        ("kubernetes-version = \"1.99\"\n", &["portcullis.toml:1:22"]),
        ("root = \"nowhere\"\n", &["no such folder"]),
        ("as-of = \"2020-01-01\"\n", &["`as-of` is no setting of a file"]),
        ("format = \"json\"\nformat = \"human\"\n", &["duplicate key", "portcullis.toml:2:1"]),
        ("format = \"json\n", &["portcullis.toml:1:"]),
        ("profile = \"\\u001b[31mx\"\n", &["no profile"]),
    ] {
        let call = with_files("mistakes", &[("portcullis.toml", text)]);
        let assert = call(&["config", "show"]).assert().code(2);
        let said = err(&assert);
        for message in messages {
            assert!(said.contains(message), "{text}: {message} in\n{said}");
        }
        assert!(out(&assert).is_empty() && !said.contains('\u{1b}'), "{said}");
    }
    let large = "#".repeat((1 << 20) + 1);
    let call = with_files("mistakes", &[("portcullis.toml", &large)]);
    assert!(err(&call(&["config", "show"]).assert().code(2)).contains("larger than 1 MiB"));
    // Help is not refused, and a folder of that name is not silently passed over.
    call(&["audit", "--help"]).assert().code(0);
    fs::remove_file(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mistakes/portcullis.toml")).expect("the file");
    fs::create_dir(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mistakes/portcullis.toml")).expect("a folder");
    assert!(err(&call(&["config", "show"]).assert().code(2)).contains("no regular file"));
}

/// One finding of medium severity, one question that is open, and waivers for them.
#[test]
fn a_waiver_holds_for_what_it_names_and_until_its_day() {
    let text =
        manifest(&["--profiling=true", "--authentication-config=/etc/authn.yaml", "--authorization-mode=Node,RBAC"]);
    let common = "reason = \"the bastion alone\"\nowner = \"ops\"\nuntil = 2026-12-31\n";
    let profiling = "rule = \"apiserver-profiling\"\n";
    for (waiver, as_of, outcome, code, message) in [
        (profiling.to_owned(), "2026-12-31", "waived", 0, ""),
        (
            profiling.to_owned(),
            "2027-01-01",
            "fail",
            1,
            "w.toml:1:1: the waiver of `apiserver-profiling` ended on 2026-12-31",
        ),
        (format!("{profiling}value = \"true\"\n"), "2026-01-01", "waived", 0, ""),
        (format!("{profiling}value = \"false\"\n"), "2026-01-01", "fail", 1, "accepts `--profiling` as `false`"),
        (format!("{profiling}cluster = \"x.yaml\"\n"), "2026-01-01", "waived", 0, ""),
        (format!("{profiling}cluster = \"x.yam\"\n"), "2026-01-01", "fail", 1, "nearest to the first: `x.yaml`"),
        (format!("{profiling}subject = \"other\"\n"), "2026-01-01", "fail", 1, "what fails is `the component itself`"),
        ("rule = \"*prof*\"\n".to_owned(), "2026-01-01", "waived", 0, ""),
        ("rule = \"apiserver-*\"\n".to_owned(), "2026-01-01", "waived", 0, ""),
        ("rule = \"apiserver-service-account-lookup\"\n".to_owned(), "2026-01-01", "fail", 1, "matches no finding"),
        (
            "rule = \"apiserver-anonymous-auth\"\n".to_owned(),
            "2026-01-01",
            "fail",
            1,
            "1 verdict is undetermined and cannot be waived",
        ),
    ] {
        let file = format!("[[waiver]]\n{waiver}{common}");
        let call = with_files("waivers", &[("x.yaml", &text), ("w.toml", &file)]);
        let rules = "apiserver-profiling,apiserver-anonymous-auth,apiserver-authz-*,apiserver-service-account-lookup";
        let arguments = [
            "audit",
            "--kubernetes-version=1.34",
            "--fail-on",
            "low",
            "--rule",
            rules,
            "--waivers",
            "w.toml",
            "--as-of",
            as_of,
            "x.yaml",
        ];
        let assert = call(&[&arguments[..], &["--format", "json"]].concat()).assert();
        let report: Value = serde_json::from_str(&out(&assert)).expect("JSON");
        let entries = report["clusters"][0]["verdicts"].as_array().expect("entries").clone();
        let of = |rule: &str| entries.iter().find(|entry| entry["rule"] == rule).expect("an entry").clone();
        let entry = of("apiserver-profiling");
        assert_eq!(entry["outcome"], outcome, "{waiver}");
        assert_eq!(of("apiserver-anonymous-auth")["outcome"], "undetermined");
        assert_eq!(entry["waiver"].is_null(), outcome == "fail");
        let others = entries.iter().any(|entry| entry["rule"] != "apiserver-profiling" && entry["outcome"] == "fail");
        if !others {
            assert_eq!(report["run"]["exit_code"], code, "{waiver}");
        }
        let said = err(&assert);
        assert!(if message.is_empty() { said.is_empty() } else { said.contains(message) }, "{waiver}: {said}");
        let problems = report["problems"].as_array().expect("problems").len();
        assert_eq!(problems > 0, !message.is_empty(), "{waiver}");
        let human = out(&call(&arguments).assert());
        assert_eq!(human.contains("until 2026-12-31, by ops: the bastion alone"), outcome == "waived", "{human}");
    }
}

#[test]
fn a_waiver_that_hides_several_things_is_told() {
    let text = "[[waiver]]\nrule = \"apiserver-*\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2027-03-31\n";
    let path = folder("broad").join("w.toml");
    fs::write(&path, text).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let said = err(&run(&["audit", "--as-of", "2026-11-24", "--waivers", path, "examples"]));
    for message in ["is too broad: it hides", "rules: `apiserver-", "it holds in `examples/", "may be a glob"] {
        assert!(said.contains(message), "{message} in {said}");
    }
}

#[test]
fn mistakes_in_waivers_are_underlined() {
    let whole = "rule = \"apiserver-profiling\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2027-03-31\n";
    for (text, messages) in [
        (whole.replace("2027-03-31", "2027-02-30"), &["w.toml:5:9"][..]),
        (whole.replace("2027-03-31", "\"2027-02-30\""), &["w.toml:5:9", "no day of the calendar"]),
        (whole.replace("2027-03-31", "2027-03-31T10:00:00"), &["`until` takes a day"]),
        (whole.replace("owner", "ownr"), &["no key `ownr`", "perhaps `owner`", "has no `owner`"]),
        (whole.replace("owner = \"o\"", ""), &["w.toml:1:1", "this waiver has no `owner`", "who answers for it"]),
        (whole.replace("\"r\"", "\" \""), &["`reason` is empty"]),
        (whole.replace("\"r\"", "1"), &["`reason` takes a text", "this is an integer"]),
        (whole.replace("profiling", "profilin"), &["nearest: apiserver-profiling"]),
    ] {
        let call = with_files("waiver-mistakes", &[("w.toml", &format!("[[waiver]]\n{text}"))]);
        let said = err(&call(&["audit", "--waivers", "w.toml", "x.yaml"]).assert().code(2));
        for message in messages {
            assert!(said.contains(message), "{text}: {message} in\n{said}");
        }
    }
    for (text, message) in [("waivers = 1\n", "perhaps `waiver`"), ("[waiver]\nrule = \"x\"\n", "write [[waiver]]")] {
        let call = with_files("waiver-mistakes", &[("w.toml", text)]);
        let said = err(&call(&["audit", "--waivers", "w.toml", "x.yaml"]).assert().code(2));
        assert!(said.contains(message), "{said}");
    }
    refused(
        &["audit", "--waivers", "nowhere.toml", "x.yaml"],
        2,
        "cannot read the waivers `nowhere.toml`: no such file",
    );
}

/// The picture in the README: its parts stand in the output of the first command, in that order.
#[test]
fn a_version_is_told_its_advisories_and_what_ends_them() {
    let text = out(&run(&["cve", "1.35.2"]).code(0));
    assert!(text.starts_with("Kubernetes 1.35.2: 9 advisories\n1.35 is maintained until 2027-02-28;"), "{text}");
    // Nothing is the newest on a day that no table reaches.
    let answer = json(&["cve", "1.35.2"]);
    let known = answer["tool"]["knowledge"]["releases"].as_str().expect("a day");
    assert!(text.replace('\n', " ").contains(&format!("; its newest patch was 1.35.9 on {known}.")), "{text}");
    assert!(text.contains("\nUpgrading to 1.35.9, which is maintained until 2027-02-28, ends 3 of 9.\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let vendor = out(&run(&["cve", "v1.28.3-gke.100"]).code(0));
    assert!(vendor.contains("It is built by GKE, which may have patched any of these"), "{vendor}");
    let answer = json(&["cve", "1.29.3"]);
    assert_eq!(answer["schema"], "portcullis.cve/1");
    assert_eq!((&answer["release"]["state"], &answer["release"]["ends"]), (&"ended".into(), &"2025-02-28".into()));
    assert!(answer["advisories"].as_array().is_some_and(|all| !all.is_empty()));
    // A day before most of them were published.
    let before = json(&["cve", "1.29.3", "--as-of", "2024-03-16"]);
    assert!(
        before["advisories"].as_array().expect("a list").len() < answer["advisories"].as_array().expect("a list").len()
    );
    assert_eq!(before["release"]["latest_patch"], "1.29.3");
    for (typed, message) in [
        ("1.99", "error: 1.99: there is no Kubernetes 1.99 yet: 1.37 was the newest on 2026-10-06"),
        ("newest", "error: newest: not a Kubernetes version; write it as 1.29 or 1.29.3"),
    ] {
        let assert = run(&["cve", typed]).code(2);
        assert!(err(&assert).starts_with(message), "{}", err(&assert));
    }
}

#[test]
fn advisories_follow_what_the_configuration_says() {
    let folder = folder("advisories");
    let path = folder.join("x.yaml");
    let exposure = |flags: &[&str], version: &str, id: &str| -> String {
        fs::write(&path, manifest(flags).replace("v1.31.0", version)).expect("a file");
        let report = json(&["audit", path.to_str().expect("UTF-8")]);
        let advisories = report["clusters"][0]["advisories"].as_array().expect("advisories").clone();
        let found = advisories.iter().find(|advisory| advisory["id"] == id);
        found.map_or("none", |advisory| advisory["exposure"].as_str().expect("a word")).to_owned()
    };
    // Without PodSecurityPolicy there is nothing to get around. With it everybody gets around it where everybody may do
    // everything, which was the default then; where RBAC decides, no file tells who may.
    let psp = "CVE-2017-1000056";
    assert_eq!(exposure(&[], "v1.5.3", psp), "not-exposed");
    assert_eq!(exposure(&["--admission-control=PodSecurityPolicy"], "v1.5.3", psp), "exposed");
    let rbac = ["--admission-control=PodSecurityPolicy", "--authorization-mode=RBAC"];
    assert_eq!(exposure(&rbac, "v1.5.3", psp), "undetermined");
    assert_eq!(exposure(&["--admission-control=PodSecurityPolicy"], "v1.5.5", psp), "none");
    // Nobody but the API server can be asked how much it logs.
    assert_eq!(exposure(&[], "v1.15.0", "CVE-2019-11250"), "undetermined");
    assert_eq!(exposure(&["--v=10"], "v1.15.0", "CVE-2019-11250"), "exposed");
    assert_eq!(exposure(&["--v=10"], "v1.15.0+k3s1", "CVE-2019-11250"), "undetermined");
    // No log and no profiling endpoint shows what a webhook answers.
    assert_eq!(exposure(&["--profiling=false"], "v1.31.0", "CVE-2020-8561"), "not-exposed");
    assert_eq!(exposure(&["--profiling=true"], "v1.31.0", "CVE-2020-8561"), "exposed", "everybody may set webhooks up");
    let rbac = ["--profiling=true", "--authorization-mode=RBAC"];
    assert_eq!(exposure(&rbac, "v1.31.0", "CVE-2020-8561"), "undetermined");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let picture =
        readme.split_once("<!-- picture -->").and_then(|(_, rest)| rest.split("```").nth(1)).expect("a picture");
    let picture = picture.trim_start_matches("text\n");
    let text = out(&run(&["audit", "examples", "--fail-on", "never"]).code(0));
    let mut rest = text.as_str();
    let mut parts = 0;
    for part in picture.split("\n…\n") {
        let part = part.trim_matches('\n');
        let at = rest.find(part).unwrap_or_else(|| panic!("not printed any more:\n{part}\n\nprinted:\n{text}"));
        rest = &rest[at + part.len()..];
        parts += 1;
    }
    assert!(parts >= 2);
}

/// Everything in the folder of real files ends somehow, whatever is in it.
#[test]
fn the_corpus_ends_without_a_fault() {
    let Some(corpus) = std::env::var_os("PORTCULLIS_CORPUS") else {
        // Not through `println!`, which the harness keeps to itself.
        let _ = writeln!(io::stderr(), "skipped: set PORTCULLIS_CORPUS to a folder of manifests");
        return;
    };
    let corpus = PathBuf::from(corpus);
    let corpus = corpus.to_str().expect("UTF-8");
    let folder = folder("corpus");
    let named = ["json", "jsonl", "sarif", "junit", "markdown", "csv", "html", "kube-bench"]
        .map(|format| format!("{format}={}", folder.join(format).display()));
    let outputs = named.each_ref().map(|typed| ["-o", typed]).concat();
    let assert = run(&[&["audit", "-v", "--color", "never", corpus][..], &outputs].concat()).code(1);
    assert!(!out(&assert).contains('\u{1b}') && !err(&assert).contains('\u{1b}'));
    assert!(!err(&assert).contains("panicked"), "{}", err(&assert));
    for entry in fs::read_dir(&folder).expect("the folder") {
        let text = fs::read_to_string(entry.expect("a file").path()).expect("UTF-8");
        assert!(!text.is_empty() && !text.contains('\u{1b}'));
    }
    run(&["resolve", "--format", "json", corpus]).code(0);
}

/// Each id of a benchmark with its verdict, in the order of the report.
fn ids(cluster: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let items = cluster["benchmark"]["items"].as_array().expect("a benchmark");
    items.iter().map(|item| (word(&item["id"]), word(&item["outcome"]))).collect()
}

#[test]
fn a_profile_of_a_benchmark_reports_every_id_of_the_edition_once() {
    let none = json(&["audit", "examples/kubeadm", "--fail-on", "never"]);
    assert_eq!(none["clusters"][0]["benchmark"], Value::Null);
    for (profile, name, count) in
        [("cis", "cis-1.12", 131), ("cis-1.5", "cis-1.5", 122), ("stig", "stig", 94), ("nsa", "nsa", 22)]
    {
        let report = json(&["audit", "examples/kubeadm", "--profile", profile]);
        let cluster = &report["clusters"][0];
        let benchmark = &cluster["benchmark"];
        assert_eq!(benchmark["name"], name);
        let ids = ids(cluster);
        let mut names: Vec<&String> = ids.iter().map(|(id, _)| id).collect();
        names.sort();
        names.dedup();
        assert_eq!((ids.len(), names.len(), benchmark["coverage"]["ids"].as_u64()), (count, count, Some(count as u64)));
        // Nothing is a pass that no verdict stands for.
        for item in benchmark["items"].as_array().expect("items") {
            let controls = item["controls"].as_array().expect("controls");
            let stands = |control: &Value| control["entries"].as_array().is_some_and(|entries| !entries.is_empty());
            assert!(item["outcome"] != "pass" || controls.iter().all(stands), "{item}");
            assert_eq!(
                item["outcome"] == "undetermined",
                controls.iter().any(|control| !control["gap"].is_null())
                    && !controls.iter().any(|control| control["outcome"] == "fail"),
                "{item}"
            );
        }
        // Only what the benchmark asks was asked.
        let rules = report["rules"].as_object().expect("rules");
        let asked = cluster["verdicts"].as_array().expect("verdicts");
        assert!(asked.iter().all(|entry| rules.contains_key(entry["rule"].as_str().expect("a rule"))));
        let items = benchmark["items"].as_array().expect("items");
        let controls: Vec<&Value> =
            items.iter().flat_map(|item| item["controls"].as_array().expect("controls")).collect();
        assert!(asked.iter().all(|entry| controls.iter().any(|control| control["name"] == entry["rule"])));
    }
}

#[test]
fn the_letter_of_a_benchmark_stands_beside_the_verdict_with_the_argument() {
    let dir = folder("letter");
    let path = dir.join("a.yaml");
    fs::write(&path, manifest(&["--etcd-servers=https://e:2379", "--anonymous-auth=false"])).expect("written");
    let path = path.to_str().expect("a path");
    let report = json(&["audit", path, "--profile", "cis"]);
    let benchmark = &report["clusters"][0]["benchmark"];
    assert_eq!(benchmark["name"], "cis-1.11");
    let item = |id: &str| {
        benchmark["items"].as_array().expect("items").iter().find(|item| item["id"] == id).expect("an id").clone()
    };
    let anonymous = item("1.2.1");
    assert_eq!((&anonymous["outcome"], &anonymous["letter"]["met"]), (&"pass".into(), &true.into()));
    assert_eq!(anonymous["argument"], Value::Null);
    // A default that is safe is no fault, and not what the letter asks for.
    let mut items = benchmark["items"].as_array().expect("items").iter();
    let timeout = items.find(|item| item["controls"][0]["name"] == "apiserver-request-timeout").expect("an id");
    assert_eq!((&timeout["outcome"], &timeout["letter"]["met"]), (&"pass".into(), &false.into()));
    assert!(timeout["argument"].as_str().is_some_and(|text| text.contains("what is in force")), "{timeout}");
    // OpenShift's asks for the opposite, and says so.
    let report = json(&["audit", path, "--profile", "rh-1.8"]);
    let items = report["clusters"][0]["benchmark"]["items"].as_array().expect("items");
    let inverted = items.iter().find(|item| item["id"] == "1.2.1").expect("an id");
    assert_eq!(inverted["inverted"], true);
    assert!(inverted["argument"].as_str().is_some_and(|text| text.contains("opposite")), "{inverted}");
}

#[test]
fn clusters_of_one_run_may_have_editions_of_their_own() {
    let report = json(&["audit", "examples", "--profile", "cis", "--fail-on", "never"]);
    let names: Vec<&Value> =
        report["clusters"].as_array().expect("clusters").iter().map(|cluster| &cluster["benchmark"]["name"]).collect();
    assert_eq!(names, ["cis-1.12", "cis-1.12", "cis-1.5"]);
    let text = out(&run(&["audit", "examples/kubeadm", "--profile", "cis", "--fail-on", "never"]));
    let text = text.split_once("CIS Kubernetes Benchmark 1.12\n").expect("a section").1;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for id in ["1.1.1", "1.2.1", "1.2.30", "5.6.4"] {
        let named = text.split_whitespace().filter(|word| word.trim_end_matches(',') == id).count();
        assert_eq!(named, 1, "{id}");
    }
}

#[test]
fn kube_bench_has_its_ids_whatever_the_profile() {
    let read = |arguments: &[&str]| -> Value {
        let assert = run(&[&["audit", "--fail-on", "never", "--format", "kube-bench"], arguments].concat()).code(0);
        serde_json::from_str(&out(&assert)).expect("JSON")
    };
    for arguments in [&["examples/kubeadm"][..], &["examples/kubeadm", "--profile", "essential"]] {
        let overall = read(arguments);
        let controls = overall["Controls"].as_array().expect("controls");
        let ids: Vec<&Value> = controls.iter().map(|one| &one["id"]).collect();
        assert_eq!(ids, ["1", "2", "3", "4", "5"]);
        let kinds: Vec<&Value> = controls.iter().map(|one| &one["node_type"]).collect();
        assert_eq!(kinds, ["master", "etcd", "controlplane", "node", "policies"]);
        assert_eq!((&controls[0]["version"], &controls[0]["detected_version"]), (&"cis-1.12".into(), &"1.36.5".into()));
        let totals = overall["Totals"].as_object().expect("totals");
        assert_eq!(totals.values().filter_map(Value::as_u64).sum::<u64>(), 131);
        let api = &controls[0]["tests"][1];
        assert_eq!((&api["section"], &api["results"][0]["test_number"]), (&"1.2".into(), &"1.2.1".into()));
        assert_eq!(api["results"][0]["status"], "FAIL");
    }
    // What a profile leaves out is not a pass.
    let essential = read(&["examples/kubeadm", "--profile", "essential"]);
    let profiling = &essential["Controls"][0]["tests"][1]["results"][14];
    assert_eq!((&profiling["test_number"], &profiling["status"]), (&"1.2.15".into(), &"WARN".into()));
    // Of several clusters each has controls that name it.
    let several = read(&["examples"]);
    let named = several["Controls"].as_array().expect("controls").iter().filter(|one| one["cluster"] == "examples/old");
    assert_eq!(named.count(), 5);
}

#[test]
fn rules_are_listed_by_profile_with_what_waits_for_one() {
    let text = out(&run(&["rules", "--profile", "essential"]).code(0));
    assert!(text.contains("apiserver-anonymous-auth") && !text.contains("apiserver-profiling"), "{text}");
    let text = out(&run(&["rules", "--profile", "cis-1.12", "-v"]).code(0));
    assert!(text.contains("No rule yet") && text.contains("needs file-metadata"), "{text}");
    let listed = json(&["rules", "--profile", "nsa"]);
    assert!(listed.as_object().is_some_and(|rules| !rules.is_empty() && !rules.contains_key("apiserver-profiling-x")));
}
