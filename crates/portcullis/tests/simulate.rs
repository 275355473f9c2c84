//! `simulate` as a person calls it: a file and requests in, what the server would do out.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use snapbox::cmd::{Command, OutputAssert};

/// A folder with the files of this test, empty at its start.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("simulate-{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for the test");
    for (name, text) in files {
        fs::write(path.join(name), text).expect("a file of the test");
    }
    path
}

fn portcullis(folder: &PathBuf, words: &str) -> Command {
    Command::new(snapbox::cmd::cargo_bin!("portcullis"))
        .env_clear()
        .current_dir(folder)
        .arg("simulate")
        .args(words.split_whitespace())
}

fn out(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("UTF-8")
}

fn err(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("UTF-8")
}

/// The answer as JSON, which its schema holds.
fn answer(folder: &PathBuf, words: &str, code: i32) -> Value {
    let assert = portcullis(folder, &format!("{words} --format json")).assert().code(code);
    let answer: Value = serde_json::from_str(&out(&assert)).unwrap_or_else(|error| panic!("{error}: {}", err(&assert)));
    let schema = Command::new(snapbox::cmd::cargo_bin!("portcullis")).env_clear().args(["schema", "simulate"]).assert();
    let schema: Value = serde_json::from_str(&out(&schema)).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let faults: Vec<String> = validator.iter_errors(&answer).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{words}: {faults:?}");
    assert_eq!(answer["schema"], "portcullis.simulate/1");
    answer
}

const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:kube-proxy]
- level: Metadata
  resources:
  - resources: [secrets, pods/log]
---
rules: []
";

const REQUESTS: &str = r#"{"user":"alice","path":"/api/v1/namespaces/a/pods/p/log?follow=true"}
{"user":"system:kube-proxy","verb":"watch","resource":"secrets"}
{"path":"/version"}
{"user":"","path":"/api/v1/secrets","status":401,"credential":"eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9"}
{"user":"x","path":"/api/v1/watch"}
"#;

const CHAIN: &str = "apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- type: Webhook
  name: gate
  webhook:
    timeout: 3s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/kubernetes/gate.yaml}
    matchConditions:
    - expression: request.resourceAttributes.namespace != 'kube-system'
- {type: RBAC, name: rbac}
";

const KEYS: &str = "apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - kms: {apiVersion: v2, name: vault, endpoint: unix:///run/kms.sock}
  - aescbc:
      keys:
      - {name: two, secret: QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=}
      - {name: one, secret: QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=}
  - identity: {}
";

#[test]
fn a_policy_tells_what_it_records() {
    let folder = folder("policy", &[("policy.yaml", POLICY), ("requests.jsonl", REQUESTS)]);
    let answers = answer(&folder, "audit-policy policy.yaml --requests requests.jsonl", 0);
    assert_eq!((&answers["version"], &answers["starts"]), (&json!("1.36"), &json!(true)));
    let short: Vec<Value> = answers["answers"]
        .as_array()
        .expect("answers")
        .iter()
        .map(|answer| json!([answer["level"], answer["stages"], answer["rule"]["line"]]))
        .collect();
    assert_eq!(
        short,
        [
            json!(["Metadata", ["ResponseStarted", "ResponseComplete"], 7]),
            json!(["None", [], 5]),
            json!(["None", [], null]),
            json!(["Metadata", ["ResponseStarted"], 7]),
            json!(["None", [], null]),
        ]
    );
    assert_eq!(answers["answers"][0]["request"]["user"], "alice");
    let shown = out(&portcullis(&folder, "audit-policy policy.yaml --requests requests.jsonl").assert().code(0));
    snapbox::assert_data_eq!(
        shown.clone(),
        "\
kube-apiserver 1.36 starts with policy.yaml

level            line  stages  request
Metadata            7  .SC     alice: get pods/log p in a
None                5  ...     system:kube-proxy: watch secrets
None                -  ...     system:anonymous: get /version
Metadata            7  .S.     nobody: list secrets
None                -  ...     x: /api/v1/watch
                                  the path ends behind `watch` or `proxy`

line: of the rule that decides, - where none matches. R RequestReceived, S
ResponseStarted, C ResponseComplete; where the server panics, Panic takes the
place of C.
"
    );
    assert!(!answers.to_string().contains("eyJ") && !shown.contains("eyJ"));
    let stdin = portcullis(&folder, "audit-policy - --requests requests.jsonl").stdin(POLICY).assert().code(0);
    assert!(out(&stdin).contains("pods/log"));
    let stdin = portcullis(&folder, "audit-policy policy.yaml --requests -").stdin("[]").assert().code(0);
    assert_eq!(out(&stdin), "kube-apiserver 1.36 starts with policy.yaml\n");
}

#[test]
fn a_chain_tells_who_decides() {
    let requests = r#"[
        {"user": "alice", "path": "/api/v1/namespaces/a/pods"},
        {"user": "alice", "path": "/healthz"},
        {"user": "root", "groups": ["system:masters"], "path": "/healthz"}
    ]"#;
    let folder = folder("chain", &[("authz.yaml", CHAIN), ("requests.json", requests)]);
    let decided = |states: &str| -> Vec<Value> {
        let answers = answer(&folder, &format!("authorization authz.yaml --requests requests.json {states}"), 0);
        let one = |answer: &Value| {
            json!([answer["decision"], answer["by"], answer["depends_on"], answer["chain"].as_array().map(Vec::len)])
        };
        answers["answers"].as_array().expect("answers").iter().map(one).collect()
    };
    let failing = json!(["error", "gate", [], 1]);
    let masters = json!(["allow", "system:masters", [], 1]);
    let with = |first: Value| vec![first, failing.clone(), masters.clone()];
    assert_eq!(decided(""), with(json!(["no-opinion", null, ["gate", "rbac"], 2])));
    assert_eq!(decided("--webhook gate=allow"), with(json!(["allow", "gate", [], 1])));
    assert_eq!(decided("--webhook gate=deny"), with(json!(["deny", "gate", [], 1])));
    assert_eq!(decided("--webhook gate=down"), with(json!(["error", "gate", [], 1])));
    assert_eq!(decided("--webhook gate=no-opinion"), with(json!(["no-opinion", null, ["rbac"], 2])));
    let shown =
        portcullis(&folder, "authorization authz.yaml --requests requests.json --webhook gate=no-opinion").assert();
    snapbox::assert_data_eq!(
        out(&shown),
        "\
kube-apiserver 1.36 starts with authz.yaml

alice: list pods in a
  gate  no-opinion  it has no opinion
  rbac  unknown     RBAC would be asked: it allows or has no opinion
  = depends on rbac; if no opinion: no-opinion

alice: get /healthz
  gate  error       matchConditions[0] fails (no such key: resourceAttributes):
                    failurePolicy Deny refuses
  = error by gate

root: get /healthz
  system:masters  allow       the group may do everything, and nobody else is
                              asked
  = allow by system:masters

What RBAC, ABAC and Node answer depends on objects that are not in the file;
--webhook NAME=STATE says what a webhook answers. In the end, no-opinion and
deny are status 403, error is 500.
"
    );
}

#[test]
fn keys_are_told_by_their_names() {
    let folder = folder("keys", &[("enc.yaml", KEYS)]);
    let answers = answer(&folder, "encryption enc.yaml --resource secrets --resource secret", 0);
    let kms = json!(["kms:vault", "aescbc:two", "aescbc:one", "identity"]);
    assert_eq!(
        answers["answers"],
        json!([
            {"resource": "secrets", "writes": "kms", "key": "vault", "reads": kms},
            {"resource": "secret", "writes": "identity", "key": null, "reads": ["identity"]},
        ])
    );
    let assert = portcullis(&folder, "encryption enc.yaml --resource secrets configmaps").assert().code(0);
    assert!(!out(&assert).contains("QkJC") && out(&assert).contains("configmaps  identity   identity\n"));
}

#[test]
fn a_file_that_is_refused_has_no_answers() {
    let masked = KEYS.replace("[secrets]", "['*.*']") + "- {resources: [secrets], providers: [identity: {}]}\n";
    let folder = folder("refused", &[("enc.yaml", &masked), ("list.yaml", "- a\n"), ("empty.yaml", "")]);
    let refused = answer(&folder, "encryption enc.yaml --resource secrets", 1);
    assert_eq!((&refused["starts"], &refused["answers"]), (&json!(false), &json!([])));
    assert_eq!(refused["problems"][0]["location"]["line"], 12);
    assert_eq!(refused["problems"][0]["stops"], true);
    // 1.20 knows no wildcard of everything, and KMS v2 neither.
    let v1 = masked.replace("apiVersion: v2, ", "");
    fs::write(folder.join("v1.yaml"), v1).expect("a file of the test");
    let old = answer(&folder, "encryption v1.yaml --resource secrets --kubernetes-version 1.20", 0);
    assert_eq!(old["answers"][0]["writes"], "identity");
    for file in ["list.yaml", "empty.yaml"] {
        assert_eq!(answer(&folder, &format!("encryption {file} --resource secrets"), 1)["starts"], false);
    }
}

#[test]
fn a_key_is_taken_as_the_server_decodes_it() {
    let key = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
    let (some, rest) = key.split_at(20);
    let refused = "a key is not written in base64";
    let unfilled = "a key is a placeholder that is not filled in yet, and not written in base64";
    let cases = [
        (format!("|\n          {key}"), None),
        // Go's base64 skips line breaks and no blanks, which is what folding makes of them.
        (format!("|-\n          {some}\n          {rest}"), None),
        (format!("{some}\n          {rest}"), Some(refused)),
        (format!(">\n          {some}\n          {rest}"), Some(refused)),
        (format!("\"{some}\\n{rest}\""), None),
        (format!("\" {key}\""), Some(refused)),
        ("<32 BYTES IN BASE64>".to_owned(), Some(unfilled)),
        ("${KEY}".to_owned(), Some(unfilled)),
    ];
    for (index, (secret, expected)) in cases.iter().enumerate() {
        let text = KEYS.replacen("{name: two, secret: QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=}", "KEY", 1);
        let text = text.replace("- KEY", &format!("- name: two\n        secret: {secret}"));
        let folder = folder(&format!("decoded-{index}"), &[("enc.yaml", &text)]);
        let answer = answer(&folder, "encryption enc.yaml --resource secrets", i32::from(expected.is_some()));
        assert_eq!(answer["starts"], expected.is_none(), "{secret}");
        assert_eq!(answer["problems"][0]["message"].as_str(), *expected, "{secret}");
    }
}

#[test]
fn what_is_taken_and_crashes_is_no_start() {
    let chain =
        CHAIN.replace("{type: KubeConfigFile, kubeConfigFile: /etc/kubernetes/gate.yaml}", "{type: InClusterConfig}");
    let folder = folder("crash", &[("authz.yaml", &chain), ("requests.jsonl", "{\"path\":\"/version\"}\n")]);
    let answer = answer(&folder, "authorization authz.yaml --requests requests.jsonl", 1);
    assert_eq!((&answer["starts"], &answer["answers"]), (&json!(false), &json!([])));
    assert_eq!(answer["problems"][0]["location"]["line"], 11);
}

#[test]
fn mistakes_are_told_before_anything_is_looked_at() {
    let folder = folder(
        "mistakes",
        &[
            ("policy.yaml", POLICY),
            ("authz.yaml", CHAIN),
            ("pod.yaml", "apiVersion: v1\nkind: Pod\n"),
            ("good.json", "[]"),
            ("key.json", "[{\"path\": \"/a\"},\n {\"pth\": \"/b\"}]"),
            ("bad.json", "{\"path\": \"/a\"}\n{\"path\":"),
            ("empty.json", "[{}]"),
        ],
    );
    for (words, code, message) in [
        ("audit-policy policy.yaml --requests none.json", 2, "none.json"),
        ("audit-policy policy.yaml --requests key.json", 2, "key.json:2: unknown field `pth`"),
        ("audit-policy policy.yaml --requests bad.json", 2, "bad.json:2"),
        ("audit-policy policy.yaml --requests empty.json", 2, "request 1"),
        ("audit-policy policy.yaml --requests good.json --kubernetes-version 1.99", 2, "1.99"),
        ("audit-policy - --requests -", 2, "twice"),
        ("audit-policy policy.yaml --requests good.json --format sarif", 2, "sarif"),
        ("authorization authz.yaml --requests good.json --webhook gat=allow", 2, "nearest: gate"),
        ("authorization authz.yaml --requests good.json --webhook gate=maybe", 2, "no-opinion"),
        ("authorization authz.yaml --requests good.json --webhook gate", 2, "NAME="),
        ("encryption policy.yaml --resource *.*", 2, "is no resource"),
        ("encryption none.yaml --resource secrets", 3, "none.yaml"),
        ("encryption pod.yaml --resource secrets", 3, "it is a Pod"),
    ] {
        let assert = portcullis(&folder, words).assert().code(code);
        assert_eq!(out(&assert), "", "{words}");
        assert!(err(&assert).contains(message), "{words}: {}", err(&assert));
    }
}
