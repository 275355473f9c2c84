//! `probe`, `certs`, and what a cluster shows to strangers while it is asked.

use serde_json::Value;

use crate::{
    audit, cluster, err, file, json, out, outcome, run,
    server::{Reply, Server, ok, status},
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
    // Judged again it comes to the same, and nobody is asked.
    let asked = server.probed().len();
    let again = json(&nowhere, &["probe", "--replay", &evidence_name, "--format", "json", "--isolated"]);
    valid("probe", &again);
    let reread = &again["endpoints"][0]["addresses"][0]["reread"];
    assert_eq!(reread["contradictions"], Value::Array(Vec::new()), "{reread}");
    assert!(reread["conversations"].as_u64().is_some_and(|count| count > 40), "{reread}");
    let mut same = again.clone();
    same["endpoints"][0]["addresses"][0]["reread"] = Value::Null;
    assert_eq!(same["endpoints"].to_string(), seen["endpoints"].to_string());
    assert_eq!((&again["run"]["as_of"], server.probed().len()), (&seen["run"]["as_of"], asked));
    let text = |arguments: &[&str]| out(&run(&nowhere, &[arguments, &["--isolated"]].concat()));
    let later = text(&["probe", "--replay", &evidence_name, "--as-of", "4095-12-31"]);
    assert!(later.contains("4096-01-01") && text(&["probe", "--replay", &evidence_name]) != later, "{later}");
    let exchanges: Value = serde_json::from_slice(&std::fs::read(&evidence).expect("a file")).expect("JSON");
    valid("exchanges", &exchanges);
    let connections = exchanges["addresses"][0]["connections"].as_array().expect("connections");
    // What is said inside TLS stands beside the connections that carry it.
    let counted = seen["endpoints"][0]["addresses"][0]["connections"].as_u64().expect("a number");
    assert!(counted > 10 && connections.len() as u64 >= counted, "{counted} of {}", connections.len());
}

#[test]
fn a_record_that_says_what_its_bytes_do_not_show_is_an_error() {
    let server = Server::start(cluster);
    let nowhere = file("doubt", "");
    let record = nowhere.with_extension("exchanges").display().to_string();
    let arguments = ["probe", &server.address.to_string(), "--fast", "--evidence", &record, "--isolated"];
    run(&nowhere, &arguments);
    let whole = std::fs::read_to_string(&record).expect("a file");
    // A suite that nobody agreed to, one that is kept back, and an answer that was another one.
    for (from, to, said) in [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_NULL_MD5", "no answer shows it"),
        (r#"\"meaning\":\"given\""#, r#"\"meaning\":\"forbidden\""#, "is said to be answered otherwise"),
    ] {
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole, "{from}");
        std::fs::write(&record, changed).expect("written");
        let assert = run(&nowhere, &["probe", "--replay", &record, "--fail-on", "never", "--isolated"]);
        assert_eq!(assert.get_output().status.code(), Some(3), "{}", out(&assert));
        assert!(err(&assert).contains("its bytes do not show what it says"), "{}", err(&assert));
        // Wherever its lines are broken.
        let words = out(&assert).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{words}");
    }
}

#[test]
fn an_endpoint_that_shows_nothing_is_not_enough() {
    let nowhere = file("nothing", "");
    let assert = run(&nowhere, &["probe", "127.0.0.1:1", "--fast", "--isolated"]);
    assert_eq!(assert.get_output().status.code(), Some(3));
    assert!(err(&assert).contains("nothing to see at 127.0.0.1:1: nothing listens there"), "{}", err(&assert));
    let assert = run(&nowhere, &["probe", "--replay", &nowhere.display().to_string(), "--isolated"]);
    assert_eq!(assert.get_output().status.code(), Some(3));
    assert!(err(&assert).contains("it is no JSON"), "{}", err(&assert));
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
    // The same server answers strangers over HTTP, and what that took is told apart.
    assert_eq!(outcome(&report, "apiserver-anonymous-endpoints-probe"), "fail", "it gives /metrics to anybody");
    let (spent, probed) = (&report["clusters"][0]["outside"], server.probed());
    assert_eq!(spent["requests"].as_u64(), Some(probed.len() as u64 + 1), "one is asked without TLS: {spent}");
    assert!(probed.iter().all(|request| request.is_harmless() && !request.header("authorization").contains("abc")));
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
    // Nobody is asked over HTTP for whom certificates are wanted.
    assert!(server.probed().is_empty(), "{:?}", server.probed().len());
    // What `openssl x509 -text` writes before the block is no broken file.
    let pem = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).expect("a certificate").cert.pem();
    let written = file("text", &format!("Certificate:\n    Data:\n        Version: 3 (0x2)\n{pem}"));
    let told = run(&written, &["certs", &written.display().to_string(), "--isolated"]);
    assert_eq!((err(&told), told.get_output().status.code()), (String::new(), Some(0)));
    // A file is what was wanted also where another one holds the same.
    let copy = file("copy", &pem);
    let twice = [&written, &copy].map(|path| path.display().to_string());
    let told = run(&written, &["certs", &twice[0], &twice[1], "--isolated"]);
    assert_eq!((err(&told), told.get_output().status.code()), (String::new(), Some(0)));
    let soon = run(&kubeconfig, &[&arguments[..], &["--within", "0"]].concat());
    assert_eq!(soon.get_output().status.code(), Some(1));
}

#[test]
fn nobody_is_looked_at_from_outside_where_that_is_not_wanted() {
    let server = Server::start(cluster);
    let kubeconfig = file("no-probe", &server.kubeconfig("lab", "{token: abc}"));
    let report = json(&kubeconfig, &["audit", "--format", "json", "--isolated", "--no-probe"]);
    assert_eq!((&report["clusters"][0]["outside"], server.probed().len()), (&Value::Null, 0));
    let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
    assert!(evidence.iter().all(|piece| piece["kind"] != "handshake" && piece["kind"] != "answers"));
    assert_eq!(outcome(&report, "apiserver-tls-probe"), "not asked");
}

/// The addresses at which the API of a cluster is served, as it publishes them.
fn slice(addresses: &[&str], port: u16) -> Reply {
    let endpoints: Vec<String> = addresses.iter().map(|address| format!(r#"{{"addresses":["{address}"]}}"#)).collect();
    ok(format!(r#"{{"kind":"EndpointSlice","ports":[{{"port":{port}}}],"endpoints":[{}]}}"#, endpoints.join(",")))
}

#[test]
fn replicas_that_a_cluster_publishes_are_looked_at_by_their_own_addresses() {
    const PATH: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";
    // One that lets strangers see more than the other does, one that nobody is at, and one that is nobody's business.
    let other = Server::start(|request| match request.path.split('?').next().unwrap_or_default() {
        "/api/v1/secrets" => ok("{}"),
        _ => cluster(request),
    });
    let port = other.address.port();
    let server = Server::start(move |request| match request.path.as_str() {
        PATH => slice(&["127.0.0.1", "127.0.0.9", "169.254.169.254"], port),
        _ => cluster(request),
    });
    let report = audit(&file("replicas", &server.kubeconfig("lab", "{token: abc}")));
    valid("report", &report);
    assert!(other.probed().iter().any(|request| request.path.starts_with("/api/v1/secrets")));
    let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
    let observed: Vec<&str> = evidence.iter().filter_map(|piece| piece["name"].as_str()).collect();
    for (name, there) in [
        (format!("tls://127.0.0.1:{port}"), true),
        (format!("http://127.0.0.1:{}@127.0.0.1:{port}", server.address.port()), true),
        (format!("tls://127.0.0.9:{port}"), true),
        (format!("tls://169.254.169.254:{port}"), false),
    ] {
        assert_eq!(observed.contains(&name.as_str()), there, "{name}: {observed:?}");
    }
    let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
    let of = |rule: &str, at: &str| {
        let mut entries = verdicts.iter().filter(|entry| entry["rule"] == rule);
        let ends = |entry: &&Value| entry["instance"].as_str().is_some_and(|name| name.ends_with(at));
        entries.find(ends).map(|entry| entry["outcome"].clone())
    };
    // What replicas do is held against one another.
    assert_eq!(outcome(&report, "component-replicas-differ"), "fail");
    let differ =
        verdicts.iter().find(|entry| entry["rule"] == "component-replicas-differ" && entry["outcome"] == "fail");
    let message = differ.and_then(|entry| entry["message"].as_str()).unwrap_or_default();
    assert!(message.contains(&format!("`/api/v1/secrets` at 127.0.0.1:{port}")), "{message}");
    // Nobody listens at the other address of this machine, so that nothing is known of it.
    assert_eq!(of("apiserver-tls-probe", &format!("127.0.0.9:{port}")), Some("undetermined".into()));
    assert_eq!(of("apiserver-tls-probe", &format!("127.0.0.1:{port}")), Some("pass".into()));
}

#[test]
fn whom_the_api_calls_is_looked_at_where_that_can_be_reached() {
    // A webhook whose certificate has ended, an aggregated API, one that nobody can reach, and what is nobody's business.
    let (hook, aggregated) = (Server::expired(cluster), Server::start(cluster));
    let (hook_at, port) = (hook.address, aggregated.address.port());
    let server = Server::start(move |request| match request.path.split('?').next().unwrap_or_default() {
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations" => ok(format!(
            r#"{{"kind":"ValidatingWebhookConfigurationList","items":[{{"metadata":{{"name":"hooks"}},"webhooks":[
{{"name":"a.example","clientConfig":{{"url":"https://{hook_at}/validate"}}}},
{{"name":"b.example","clientConfig":{{"url":"https://169.254.169.254/latest"}}}},
{{"name":"c.example","clientConfig":{{"url":"https://127.0.0.1:1/nobody"}}}}]}}]}}"#
        )),
        "/apis/apiregistration.k8s.io/v1/apiservices" => ok(format!(
            r#"{{"kind":"APIServiceList","items":[{{"metadata":{{"name":"v1.metrics"}},"spec":{{"group":"metrics",
"service":{{"namespace":"kube-system","name":"metrics","port":{port}}}}}}}]}}"#
        )),
        "/api/v1/services" => {
            ok(r#"{"kind":"ServiceList","items":[{"metadata":{"namespace":"kube-system","name":"metrics"},
"spec":{"type":"ClusterIP","clusterIP":"127.0.0.1"}}]}"#)
        }
        _ => cluster(request),
    });
    let report = audit(&file("called", &server.kubeconfig("lab", "{token: abc}")));
    valid("report", &report);
    let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
    let named = evidence.iter().filter_map(|piece| piece["name"].as_str());
    let mut called: Vec<&str> = named.filter(|name| name.contains("/webhook") || name.contains("aggregated")).collect();
    called.retain(|name| name.starts_with("tls://"));
    called.sort_unstable();
    let hook_name = format!("tls://{hook_at}/webhook");
    assert_eq!(called, [hook_name.clone(), format!("tls://metrics.kube-system.svc:{port}/aggregated-api")]);
    // Their TLS alone, and no word of HTTP.
    assert!(hook.probed().is_empty() && aggregated.probed().is_empty());
    let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
    let of = |rule: &str, at: &str| {
        let mut entries = verdicts.iter().filter(|entry| entry["rule"] == rule && entry["instance"] == at);
        entries.find(|entry| entry["outcome"] != "not-applicable").map(|entry| entry["outcome"].clone())
    };
    assert_eq!(of("pki-cert-expiry", &hook_name), Some("fail".into()));
    assert!(
        !verdicts
            .iter()
            .any(|entry| entry["rule"] == "apiserver-tls-probe" && entry["instance"] == hook_at.to_string())
    );
    let aggregated = format!("tls://metrics.kube-system.svc:{port}/aggregated-api");
    assert_eq!(of("pki-cert-expiry", &aggregated), Some("pass".into()));
}

#[test]
fn what_stands_in_every_answer_tells_where_nothing_else_does() {
    for (header, told) in [(None, "fail"), (Some("max-age=31536000"), "pass")] {
        let server = Server::start(move |request| {
            let mut reply = match request.path.split('?').next().unwrap_or_default() {
                "/flagz" => status(404, "404 page not found\n"),
                "/api/v1/namespaces/kube-system/pods" => ok(crate::NO_PODS),
                _ => cluster(request),
            };
            reply.headers.extend(header.map(|value| ("strict-transport-security", value.to_owned())));
            reply
        });
        let report = audit(&file("hsts", &server.kubeconfig("lab", "{token: abc}")));
        assert_eq!(outcome(&report, "apiserver-hsts"), told);
        let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
        let entry = verdicts.iter().find(|entry| entry["rule"] == "apiserver-hsts").expect("an entry");
        assert_eq!(entry["plane"], "observed");
    }
}
