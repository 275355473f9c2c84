//! `probe`, `certs`, and what a cluster shows to strangers while it is asked.

use serde_json::Value;

use crate::{
    audit, cluster, err, file, json, outcome, run,
    server::{Server, status},
};

/// Holds an output to its schema.
fn valid(name: &str, output: &Value) {
    let nowhere = file("schema", "");
    let schema = json(&nowhere, &["schema", name]);
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let faults: Vec<String> = validator.iter_errors(output).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{name}: {faults:?}");
}

#[test]
fn a_stranger_sees_versions_suites_and_certificates() {
    let server = Server::start(cluster);
    let nowhere = file("stranger", "");
    let address = server.address.to_string();
    let evidence = nowhere.with_extension("exchanges");
    let evidence_name = evidence.display().to_string();
    let seen =
        json(&nowhere, &["probe", &address, "--fast", "--format", "json", "--evidence", &evidence_name, "--isolated"]);
    valid("probe", &seen);
    let tls = &seen["endpoints"][0]["addresses"][0]["tls"];
    let offered = |name: &str| {
        let protocols = tls["protocols"].as_array().expect("versions");
        protocols.iter().find(|one| one["name"] == name).map(|one| one["offered"].clone())
    };
    assert_eq!((offered("TLS 1.2"), offered("TLS 1.3")), (Some(true.into()), Some(true.into())));
    assert_eq!((offered("TLS 1.1"), offered("SSL 3.0")), (Some(false.into()), Some(false.into())));
    let chain = &tls["chains"][0];
    assert_eq!((&chain["trust"], &chain["names_host"]), (&"private".into(), &true.into()));
    assert!(
        chain["certificates"][0]["pem"].as_str().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----\n"))
    );
    let exchanges: Value = serde_json::from_slice(&std::fs::read(&evidence).expect("a file")).expect("JSON");
    valid("exchanges", &exchanges);
    let connections = exchanges["addresses"][0]["connections"].as_array().expect("connections");
    // What is said inside TLS stands beside the connections that carry it.
    let counted = seen["endpoints"][0]["addresses"][0]["connections"].as_u64().expect("a number");
    assert!(counted > 10 && connections.len() as u64 >= counted, "{counted} of {}", connections.len());
}

#[test]
fn an_endpoint_that_shows_nothing_is_not_enough() {
    let nowhere = file("nothing", "");
    let assert = run(&nowhere, &["probe", "127.0.0.1:1", "--fast", "--isolated"]);
    assert_eq!(assert.get_output().status.code(), Some(3));
    assert!(err(&assert).contains("nothing to see at 127.0.0.1:1: nothing listens there"), "{}", err(&assert));
    let assert = run(&nowhere, &["probe", "http://a", "--isolated"]);
    assert_eq!(assert.get_output().status.code(), Some(2));
}

#[test]
fn a_cluster_that_is_asked_shows_its_tls_and_what_it_does_against_its_word() {
    let server = Server::start(|request| match (request.path.as_str(), request.header("authorization")) {
        // Its manifest says that nobody is let in without credentials.
        ("/api", "") => status(403, "{}"),
        ("/flagz", _) => status(404, "404 page not found\n"),
        _ => cluster(request),
    });
    let report = audit(&file("word", &server.kubeconfig("lab", "{token: abc}")));
    valid("report", &report);
    let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
    let shown = evidence.iter().find(|piece| piece["kind"] == "handshake").expect("a handshake");
    assert_eq!((&shown["name"], &shown["plane"]), (&format!("tls://{}", server.address).into(), &"observed".into()));
    assert_eq!(outcome(&report, "apiserver-tls-probe"), "pass");
    let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
    let said = verdicts.iter().find(|entry| entry["rule"] == "component-planes-disagree").expect("an entry");
    let message = said["message"].as_str().unwrap_or_default();
    assert!(message.contains("answers a request without credentials with 403, not 401"), "{message}");
    assert_eq!(said["plane"], "observed");
    // What is served is judged as what lies in files is.
    let served = |entry: &&Value| entry["rule"] == "pki-cert-expiry" && entry["instance"] == shown["name"];
    assert!(verdicts.iter().any(|entry| served(&entry)));
}

#[test]
fn certificates_are_listed_by_the_day_on_which_they_end() {
    let server = Server::expired(cluster);
    let kubeconfig = file("ends", &server.kubeconfig("lab", "{token: abc}"));
    let address = server.address.to_string();
    let path = kubeconfig.display().to_string();
    let arguments = ["certs", &path, "--probe", &address, "--fast", "--isolated"];
    let seen = json(&kubeconfig, &[&arguments[..], &["--format", "json"]].concat());
    valid("certs", &seen);
    let certificates = seen["certificates"].as_array().expect("certificates");
    assert!(certificates[0]["days_left"].as_i64().is_some_and(|days| days < 0), "{}", certificates[0]);
    assert_eq!(certificates[0]["places"][0]["evidence"], format!("tls://{address}"));
    assert!(certificates.iter().any(|one| one["authority"] == true), "that of the kubeconfig");
    let ical = run(&kubeconfig, &[&arguments[..], &["--format", "ical"]].concat());
    let text = String::from_utf8(ical.get_output().stdout.clone()).expect("UTF-8");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), certificates.len());
    let soon = run(&kubeconfig, &[&arguments[..], &["--within", "0"]].concat());
    assert_eq!(soon.get_output().status.code(), Some(1));
}
