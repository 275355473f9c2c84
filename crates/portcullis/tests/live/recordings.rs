//! Answers of real API servers, played back. They lie beside the corpus; without it these tests have nothing to play.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use super::{
    audit, json, outcome,
    server::{Reply, Request, Server, file, status},
};

/// The recordings, if they are at hand.
fn folder() -> Option<PathBuf> {
    let corpus = std::env::var_os("PORTCULLIS_CORPUS").map(PathBuf::from)?;
    let folder = corpus.parent()?.join("recordings");
    folder.is_dir().then_some(folder)
}

struct Exchange {
    path: String,
    accept: String,
    status: u16,
    body: String,
}

/// Plays what a server answered somebody: by path without its query, in the form that is wanted.
fn play(name: &str, who: &'static str) -> Option<Server> {
    let folder = folder()?;
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).expect("a recording");
    let recording: Value = serde_json::from_str(&text).expect("JSON");
    let mut exchanges: BTreeMap<(String, String), Vec<Exchange>> = BTreeMap::new();
    for exchange in recording["exchanges"].as_array().expect("exchanges") {
        if exchange["method"] != "GET" {
            continue;
        }
        let text = |key: &str| exchange[key].as_str().unwrap_or_default().to_owned();
        let path = text("path");
        let bare = path.split('?').next().unwrap_or_default().to_owned();
        let status = exchange["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
        let held = Exchange { path, accept: text("accept"), status, body: text("body") };
        exchanges.entry((text("as"), bare)).or_default().push(held);
    }
    let namespace = r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"0f0f"}}"#;
    Some(Server::start(move |request: &Request| -> Reply {
        let who = if request.header("authorization").is_empty() { "anonymous" } else { who };
        let bare = request.path.split('?').next().unwrap_or_default();
        // Lists of one namespace were recorded for all of them.
        let bare = bare.replace("/v1/namespaces/kube-system/leases", "/v1/leases");
        if bare == "/api/v1/namespaces/kube-system" && who == "admin" {
            return status(200, namespace);
        }
        let wanted = request.header("accept");
        let of_path = exchanges.get(&(who.to_owned(), bare));
        let found = of_path.and_then(|all| {
            let form = all.iter().find(|one| wanted.split(',').next().is_some_and(|first| first.trim() == one.accept));
            let plain = all.iter().find(|one| wanted.contains(&one.accept));
            form.or(plain).or(all.first())
        });
        match found {
            Some(one) => {
                assert!(one.path.starts_with('/'));
                status(one.status, &one.body)
            }
            None if who == "admin" => status(404, r#"{"kind":"Status","code":404}"#),
            None => status(401, r#"{"kind":"Status","code":401}"#),
        }
    }))
}

fn report(name: &str) -> Option<Value> {
    let server = play(name, "admin")?;
    Some(audit(&file(name, &server.kubeconfig(name, "{token: abc}"))))
}

#[test]
fn a_default_1_36_is_seen_by_its_own_flags() {
    let Some(report) = report("k136") else { return };
    let found = &report["clusters"][0];
    assert_eq!(found["version"], "1.36.2");
    assert_eq!(found["components"][0]["instance"], "vm");
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "fail");
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
    assert_eq!(outcome(&report, "apiserver-authz-rbac"), "pass");
    assert_eq!(outcome(&report, "apiserver-audit-log-path"), "fail");
    // A plug-in that is on by default, of which the flags say nothing.
    assert_eq!(outcome(&report, "apiserver-admission-service-account"), "pass");
}

#[test]
fn a_hardened_1_36_passes_where_it_shows_why() {
    let Some(report) = report("k136hard") else { return };
    assert_eq!(report["clusters"][0]["version"], "1.36.2");
    for rule in [
        "apiserver-profiling",
        "apiserver-admission-node-restriction",
        "apiserver-admission-always-pull-images",
        "apiserver-admission-deny-service-external-ips",
        "apiserver-audit-log-path",
        "apiserver-tls-min-version",
        "apiserver-service-account-extend-token-expiration",
    ] {
        assert_eq!(outcome(&report, rule), "pass", "{rule}");
    }
    // A file decides, which no API gives.
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "undetermined");
}

#[test]
fn a_1_20_without_a_stamp_is_a_range_and_shows_little() {
    for name in ["k120", "k120weak"] {
        let Some(report) = report(name) else { return };
        let found = &report["clusters"][0];
        assert_eq!(found["version"], Value::Null, "{name}");
        assert_eq!(found["version_range"], serde_json::json!(["1.20", "1.21"]), "{name}");
        // One lets everybody in, and the other resets the flag because of AlwaysAllow: seen by how they answer.
        let anonymous = if name == "k120" { "fail" } else { "pass" };
        assert_eq!(outcome(&report, "apiserver-anonymous-auth"), anonymous, "{name}");
        assert_eq!(outcome(&report, "apiserver-profiling"), "fail", "{name}");
        assert_eq!(outcome(&report, "apiserver-authz-no-always-allow"), "undetermined", "{name}");
        assert_eq!(outcome(&report, "cluster-version-end-of-life"), "fail", "{name}");
        if name == "k120" {
            // Counted, so that it runs, whatever the flags are.
            assert_eq!(outcome(&report, "apiserver-admission-service-account"), "pass");
        }
    }
}

#[test]
fn what_a_caller_without_credentials_sees_is_never_surer() {
    let (Some(rich), Some(server)) = (report("k136"), play("k136", "anonymous")) else { return };
    let kubeconfig = file("k136-anonymous", &server.kubeconfig("lab", "{}"));
    let poor = json(&kubeconfig, &["audit", "--format", "json"]);
    assert_eq!(poor["clusters"][0]["version"], "1.36.2");
    for entry in poor["clusters"][0]["verdicts"].as_array().expect("verdicts") {
        let rule = entry["rule"].as_str().expect("a name");
        if entry["outcome"] == "pass" {
            assert_eq!(outcome(&rich, rule), "pass", "{rule}");
        }
    }
}
