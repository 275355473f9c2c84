//! What is collected is judged as what runs is: the same report, whoever was asked and whatever was refused.

use std::path::Path;

use serde_json::Value;

use super::{
    FLAGZ, cluster, err, json, run,
    server::{self, Manner, Reply, Server, file, forbidden, ok, status},
    without_cost,
};

/// A report without the part that differs between two runs.
fn report(kubeconfig: &Path, arguments: &[&str]) -> Value {
    let mut report = json(kubeconfig, &[&["audit", "--format", "json", "--isolated"], arguments].concat());
    report.as_object_mut().expect("an object").remove("run");
    report["clusters"] = without_cost(report["clusters"].take());
    report
}

#[test]
fn a_bundle_gives_the_report_of_the_run() {
    let well = Server::start(cluster);
    let poor = Server::start(|request| match request.path.as_str() {
        "/flagz" => forbidden("jane", "/flagz"),
        "/metrics" => status(500, "{}"),
        "/statusz" => Reply { manner: Manner::Cut, ..ok(FLAGZ) },
        "/api/v1/namespaces/kube-system" => ok(r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"9-9"}}"#),
        _ => cluster(request),
    });
    let refusing = Server::start(|_| status(401, "{}"));
    let all = [("a-well", &well), ("b-poor", &poor), ("c-refusing", &refusing), ("d-well-again", &well)];
    let urls: Vec<String> = all.iter().map(|(_, server)| server.url()).collect();
    let contexts: Vec<(&str, &str, &str, &str)> = all
        .iter()
        .zip(&urls)
        .map(|((name, server), url)| (*name, url.as_str(), server.authority.as_str(), "{token: hunter2}"))
        .collect();
    let kubeconfig = file("bundle-config", &server::kubeconfig(&contexts));
    let live = report(&kubeconfig, &["--all-contexts"]);
    assert_eq!(live["clusters"].as_array().map(Vec::len), Some(2), "{}", live["problems"]);
    assert_eq!(live["problems"].as_array().map(Vec::len), Some(2), "{}", live["problems"]);

    let bundle = file("all.portcullis", "");
    let path = bundle.to_str().expect("a path");
    let said = err(&run(&kubeconfig, &["collect", "--all-contexts", "--isolated", "-o", path]).code(3));
    assert!(said.contains("2 clusters") && said.contains("nothing to judge in context:c-refusing"), "{said}");
    let bytes = std::fs::read(&bundle).expect("a bundle");
    assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "a token is in the bundle");
    let nobody = file("bundle-nobody", "");
    assert_eq!(report(&nobody, &[path]), live);
    // How it ends is the same, too.
    run(&nobody, &["audit", path, "--fail-on", "never"]).code(3);
    run(&kubeconfig, &["audit", "--all-contexts", "--fail-on", "never"]).code(3);
    // A bundle of bundles is one.
    let twice = file("twice.portcullis", "");
    let again = twice.to_str().expect("a path");
    run(&nobody, &["collect", path, "-o", again]).code(3);
    assert_eq!(report(&nobody, &[again]), live);
    // A cluster that is seen twice is judged once.
    let both = report(&nobody, &[path, again]);
    assert_eq!(both["clusters"], live["clusters"]);
    // What is in force is the same as well.
    let effective = |config: &Path, arguments: &[&str]| {
        let effective = json(config, &[&["resolve", "--format", "json"], arguments].concat());
        effective["clusters"].clone()
    };
    assert_eq!(effective(&nobody, &[path]), effective(&kubeconfig, &["--all-contexts"]));
}

#[test]
fn a_bundle_is_not_written_over_what_it_is_made_of_nor_half() {
    let config = file("bundle-none", "");
    let bundle = file("kept.portcullis", "as it was");
    let path = bundle.to_str().expect("a path");
    let said = err(&run(&config, &["collect", path, "-o", path]).code(2));
    assert!(said.contains("is what is to be looked at"), "{said}");
    run(&config, &["collect", "no-such-file", "-o", path]).code(3);
    let said = err(&run(&config, &["audit", path]).code(3));
    assert!(said.contains("0 clusters") && said.contains("no such file"), "{said}");
    let cut = std::fs::read(&bundle).expect("a bundle");
    std::fs::write(&bundle, &cut[..cut.len() - 9]).expect("written");
    let said = err(&run(&config, &["audit", path]).code(3));
    assert!(said.contains("the bundle is cut short"), "{said}");
}
