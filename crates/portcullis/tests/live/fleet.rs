//! Many clusters in one run: named by a list, accounted for one by one, compared with each other.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;
use snapbox::cmd::OutputAssert;

use super::{
    cluster, err, json, out, run,
    server::{self, Server, file, ok, status},
    without_cost,
};

/// A folder of this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fleet").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A cluster of its own, told by its UID.
fn called(uid: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/api/v1/namespaces/kube-system" => ok(format!(r#"{{"metadata":{{"name":"kube-system","uid":"{uid}"}}}}"#)),
        _ => cluster(request),
    })
}

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: registry.k8s.io/kube-apiserver:v1.31.0\n    command: [kube-apiserver, --anonymous-auth=false]\n";

/// What it said without line breaks and the frame at their start: where these are depends on the path of the tests' folder.
fn words(assert: &OutputAssert) -> String {
    err(assert).split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
}

#[test]
fn a_list_names_clusters_and_hides_none() {
    let here = folder("list");
    let (one, two) = (called("1"), called("2"));
    let refusing = Server::start(|_| status(401, "{}"));
    let contexts: Vec<(&str, String, &str)> = vec![
        ("ctx-one", one.url(), &one.authority),
        ("ctx-two", two.url(), &two.authority),
        ("ctx-bad", refusing.url(), &refusing.authority),
    ];
    let contexts: Vec<(&str, &str, &str, &str)> =
        contexts.iter().map(|(name, url, authority)| (*name, url.as_str(), *authority, "{token: abc}")).collect();
    fs::write(here.join("config"), server::kubeconfig(&contexts)).expect("written");
    fs::create_dir_all(here.join("node/etc/kubernetes/manifests")).expect("a folder");
    fs::write(here.join("node/etc/kubernetes/manifests/kube-apiserver.yaml"), MANIFEST).expect("written");
    fs::write(
        here.join("fleet.toml"),
        r#"kubeconfig = "config"
[[cluster]]
name = "prod-eu"
labels = { env = "prod", region = "eu" }
targets = ["context:ctx-one"]

[[cluster]]
name = "bad"
targets = ["context:ctx-bad"]

[[cluster]]
name = "edge"
labels.env = "edge"
targets = ["node/etc/kubernetes"]

[[cluster]]
name = "gone"
targets = ["nodes/gone"]

[[cluster]]
name = "prod-us"
targets = ["context:ctx-two"]
"#,
    )
    .expect("written");
    let fleet = here.join("fleet.toml");
    let fleet = fleet.to_str().expect("a path");
    let nobody = file("fleet-nobody", "");
    let assert = run(&nobody, &["audit", "--fleet", fleet, "--format", "json", "--fail-on", "never"]).code(3);
    let report: Value = serde_json::from_str(&out(&assert)).unwrap_or_else(|error| panic!("{error}: {}", err(&assert)));
    let clusters = report["clusters"].as_array().expect("clusters");
    let names: Vec<&str> = clusters.iter().filter_map(|cluster| cluster["name"].as_str()).collect();
    assert_eq!(names, ["edge", "prod-eu", "prod-us"]);
    assert_eq!(clusters[0]["labels"], serde_json::json!({"env": "edge"}));
    assert_eq!(clusters[1]["labels"], serde_json::json!({"env": "prod", "region": "eu"}));
    assert_eq!(clusters[1]["target"], "context:ctx-one");
    let said = err(&assert);
    assert!(said.contains("nothing to judge in context:ctx-bad: it gives no answer"), "{said}");
    assert!(said.contains("nodes/gone") && said.contains("no such file"), "{said}");
    // Both are in the report as well.
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(2), "{}", report["problems"]);
    // A bundle of it all keeps names and labels.
    let bundle = here.join("all.portcullis");
    let bundle = bundle.to_str().expect("a path");
    run(&nobody, &["collect", "--fleet", fleet, "-o", bundle]).code(3);
    let again = json(&nobody, &["audit", bundle, "--format", "json"]);
    assert_eq!(again["problems"], report["problems"]);
    assert_eq!(without_cost(again["clusters"].clone()), without_cost(report["clusters"].clone()));
}

/// Files of one entry are one cluster, also where a folder by itself would make several of them.
#[test]
fn files_of_one_entry_are_one_cluster() {
    let here = folder("files");
    fs::write(here.join("a.yaml"), MANIFEST).expect("written");
    fs::write(here.join("b.yaml"), MANIFEST.replace("false", "true")).expect("written");
    fs::write(here.join("fleet.toml"), "[[cluster]]\nname = \"one\"\ntargets = [\"a.yaml\", \"b.yaml\"]\n")
        .expect("written");
    let fleet = here.join("fleet.toml");
    let nobody = file("files-nobody", "");
    let report = json(&nobody, &["audit", "--fleet", fleet.to_str().expect("a path"), "--format", "json"]);
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["clusters"][0]["components"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn mistakes_of_a_list_are_underlined_where_they_stand() {
    let here = folder("mistakes");
    let server = Server::start(cluster);
    fs::write(here.join("config"), server.kubeconfig("prod-eu", "{token: abc}")).expect("written");
    let text = r#"kubeconfig = "config"
clusters = 1
[[cluster]]
name = "a"
target = ["context:prod-eu"]
[[cluster]]
name = "a"
targets = ["context:prod-ue"]
[[cluster]]
targets = "x"
root = "nowhere"
[[cluster]]
name = "c"
labels = { env = 1 }
targets = ["context:prod-eu", "b.yaml", "-", ""]
"#;
    fs::write(here.join("fleet.toml"), text).expect("written");
    let fleet = here.join("fleet.toml");
    let fleet = fleet.to_str().expect("a path");
    let nobody = file("mistakes-nobody", "");
    let said = words(&run(&nobody, &["audit", "--fleet", fleet]).code(2));
    for part in [
        "no key `clusters`",
        "perhaps `cluster`",
        "no key `target`",
        "this cluster has no `targets`",
        "two clusters are called `a`",
        "no context `prod-ue`",
        "and 3 more mistakes",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(server.seen().len(), 0, "somebody was asked");
    for (text, expected) in [
        ("", "the fleet has no cluster"),
        ("cluster = 3\n", "takes tables"),
        ("[[cluster]\n", "fleet.toml:1"),
        ("[[cluster]]\nname = \"a\\u0007b\"\ntargets = [\"x\"]\n", "nobody can see"),
        ("kubeconfig = \"gone\"\n[[cluster]]\nname = \"a\"\ntargets = [\"context:b\"]\n", "no such file"),
    ] {
        fs::write(here.join("fleet.toml"), text).expect("written");
        let said = words(&run(&nobody, &["audit", "--fleet", fleet]).code(2));
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let said = err(&run(&nobody, &["audit", "--fleet", "no-such.toml"]).code(2));
    assert!(said.contains("cannot read the fleet"), "{said}");
}

/// Who believes the same key is told of it, once for the run, and the run fails.
#[test]
fn a_key_that_two_clusters_share_is_found_once() {
    let set = |n: &str| format!(r#"{{"keys":[{{"use":"sig","kty":"RSA","alg":"RS256","n":"{n}","e":"AQAB"}}]}}"#);
    let with = |uid: &'static str, key: &'static str| {
        let set = set(key);
        Server::start(move |request| match request.path.as_str() {
            "/api/v1/namespaces/kube-system" => ok(format!(r#"{{"metadata":{{"uid":"{uid}"}}}}"#)),
            "/openid/v1/jwks" => ok(set.as_str()),
            _ => cluster(request),
        })
    };
    let servers = [("a", with("1", "tLS0")), ("b", with("2", "tLS1")), ("c", with("3", "tLS0"))];
    let urls: Vec<String> = servers.iter().map(|(_, server)| server.url()).collect();
    let contexts: Vec<(&str, &str, &str, &str)> = servers
        .iter()
        .zip(&urls)
        .map(|((name, server), url)| (*name, url.as_str(), server.authority.as_str(), "{token: abc}"))
        .collect();
    let config = file("shared-config", &server::kubeconfig(&contexts));
    let arguments = ["audit", "--all-contexts", "--no-probe", "--rule", "fleet-*", "--format", "json"];
    let assert = run(&config, &arguments).code(1);
    let report: Value = serde_json::from_str(&out(&assert)).expect("JSON");
    let verdicts = report["fleet"]["verdicts"].as_array().expect("verdicts");
    let key = verdicts.iter().find(|entry| entry["rule"] == "fleet-shared-service-account-key").expect("an entry");
    assert_eq!(key["outcome"], "fail");
    assert!(key["message"].as_str().is_some_and(|said| said.starts_with("`a` and `c` take tokens")), "{key}");
    assert_eq!(key["locations"].as_array().map(Vec::len), Some(2));
    assert_eq!(key["locations"][0]["pointer"], "/keys/0");
    // What was not shown is no pass.
    let authorities = verdicts.iter().find(|entry| entry["rule"] == "fleet-shared-ca").expect("an entry");
    assert_eq!(authorities["outcome"], "undetermined");
    // It is no question to one cluster.
    assert_eq!(report["clusters"][0]["summary"]["not_asked"], 0);
    assert_eq!(json(&config, &["audit", "--context", "a", "--no-probe", "--format", "json"])["fleet"], Value::Null);
    for format in ["human", "markdown", "html", "csv", "sarif", "junit"] {
        let text =
            out(&run(&config, &["audit", "--all-contexts", "--no-probe", "--rule", "fleet-*", "--format", format]));
        assert!(text.contains("fleet-shared-service-account-key") && text.contains("take tokens"), "{format}: {text}");
    }
    // Somebody may own it.
    let waivers = file(
        "shared-waivers.toml",
        "[[waiver]]\nrule = \"fleet-shared-service-account-key\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2027-01-01\n",
    );
    let waivers = waivers.to_str().expect("a path");
    run(&config, &[&arguments[..], &["--waivers", waivers]].concat()).code(0);
}

/// What lies on a node stands beside what the cluster says, as another plane of it.
#[test]
fn files_beside_a_context_are_planes_of_its_cluster() {
    let here = folder("beside");
    let flags = "--advertise-address=10.0.0.1, --profiling=false, --anonymous-auth=false";
    let manifest = MANIFEST.replace("--anonymous-auth=false", flags);
    fs::create_dir_all(here.join("node/etc/kubernetes/manifests")).expect("a folder");
    let path = here.join("node/etc/kubernetes/manifests/kube-apiserver.yaml");
    fs::write(&path, &manifest).expect("written");
    let list =
        "kubeconfig = \"config\"\n[[cluster]]\nname = \"prod\"\ntargets = [\"context:lab\", \"node/etc/kubernetes\"]\n";
    fs::write(here.join("fleet.toml"), list).expect("written");
    let fleet = here.join("fleet.toml");
    let nobody = file("beside-nobody", "");
    let ask = |server: &Server| {
        fs::write(here.join("config"), server.kubeconfig("lab", "{token: abc}")).expect("written");
        json(&nobody, &["audit", "--fleet", fleet.to_str().expect("a path"), "--format", "json", "--fail-on", "never"])
    };
    let entry = |report: &Value| {
        let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
        let is_it = |entry: &&Value| entry["rule"] == "component-planes-disagree" && entry["setting"] == "--profiling";
        verdicts.iter().find(is_it).cloned().expect("an entry")
    };
    let is_file = |place: &Value| place["evidence"].as_str().is_some_and(|name| name.ends_with("kube-apiserver.yaml"));
    // Who may not list pods knows what was declared by the file.
    let shut = Server::start(|request| match request.path.as_str() {
        path if path.contains("/pods") => server::forbidden("jane", path),
        _ => cluster(request),
    });
    let report = ask(&shut);
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(1), "{}", report["problems"]);
    assert_eq!(report["clusters"][0]["components"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["clusters"][0]["name"], "prod");
    let found = entry(&report);
    assert_eq!(found["outcome"], "fail");
    assert!(found["locations"].as_array().is_some_and(|places| places.iter().any(is_file)), "{found}");
    // Where its pod is shown, the file is what that was made of, and no other server.
    let report = ask(&Server::start(cluster));
    assert_eq!(report["clusters"][0]["components"].as_array().map(Vec::len), Some(1));
    assert_eq!(entry(&report)["outcome"], "fail");
    // One that does not answer is told of, and its files are judged.
    let report = ask(&Server::start(|_| status(503, "{}")));
    let found = &report["clusters"][0];
    assert_eq!((&found["name"], &found["requests"]), (&"prod".into(), &Value::Null));
    assert_eq!((&found["version"], &found["id"]), (&"1.31.0".into(), &Value::Null));
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(1), "{}", report["problems"]);
}

/// What was judged of files alone, while the cluster did not answer, gives way to what is judged once it does.
#[test]
fn a_cluster_that_answers_later_stands_in_the_report_once() {
    let here = folder("later");
    fs::create_dir_all(here.join("node/etc/kubernetes/manifests")).expect("a folder");
    fs::write(here.join("node/etc/kubernetes/manifests/kube-apiserver.yaml"), MANIFEST).expect("written");
    let list = "kubeconfig = \"config\"\n[[cluster]]\nname = \"prod\"\ntargets = [\"context:lab\", \"node/etc/kubernetes\"]\n\
                [[cluster]]\nname = \"edge\"\ntargets = [\"node/etc/kubernetes\"]\n";
    fs::write(here.join("fleet.toml"), list).expect("written");
    let is_up = Arc::new(AtomicBool::new(false));
    let up = Arc::clone(&is_up);
    let server = Server::start(move |request| match up.load(Ordering::Relaxed) {
        true => cluster(request),
        false => status(503, "{}"),
    });
    fs::write(here.join("config"), server.kubeconfig("lab", "{token: abc}")).expect("written");
    let (path, fleet) = (here.join("run.jsonl"), here.join("fleet.toml"));
    let (lines, fleet) = (path.to_str().expect("a path"), fleet.to_str().expect("a path"));
    let arguments = ["audit", "--fleet", fleet, "--fail-on", "never", "--resume", lines];
    let nobody = file("later-nobody", "");
    let clusters = || -> Vec<(String, bool)> {
        let text = fs::read_to_string(&path).expect("lines");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.filter_map(|line| Some((line.get("name")?.as_str()?.to_owned(), !line["requests"].is_null()))).collect()
    };
    run(&nobody, &arguments);
    let mut seen = clusters();
    seen.sort();
    assert_eq!(seen, [("edge".to_owned(), false), ("prod".to_owned(), false)]);
    // It still does not answer, and nothing is said twice.
    run(&nobody, &arguments);
    let mut seen = clusters();
    seen.sort();
    assert_eq!(seen, [("edge".to_owned(), false), ("prod".to_owned(), false)]);
    is_up.store(true, Ordering::Relaxed);
    run(&nobody, &arguments).code(0);
    let mut seen = clusters();
    seen.sort();
    assert_eq!(seen, [("edge".to_owned(), false), ("prod".to_owned(), true)]);
    let text = fs::read_to_string(&path).expect("lines");
    let end: Value = serde_json::from_str(text.lines().last().expect("an end")).expect("JSON");
    assert_eq!(end["fleet"]["clusters"], 2);
}

#[test]
fn a_run_that_was_cut_goes_on_where_it_was() {
    let here = folder("resume");
    let servers: Vec<(String, Server)> =
        (0..5).map(|n| (format!("c{n}"), called(["0", "1", "2", "3", "4"][n]))).collect();
    let down = Server::start(|_| status(503, "{}"));
    let mut contexts: Vec<(&str, String, &str)> =
        servers.iter().map(|(name, server)| (name.as_str(), server.url(), server.authority.as_str())).collect();
    contexts.push(("c5-down", down.url(), &down.authority));
    let contexts: Vec<(&str, &str, &str, &str)> =
        contexts.iter().map(|(name, url, authority)| (*name, url.as_str(), *authority, "{token: abc}")).collect();
    // Of one that is done something is told besides.
    let authority = format!("certificate-authority-data: {}", server::base64(servers[0].1.authority.as_bytes()));
    let text = server::kubeconfig(&contexts).replace(&authority, "insecure-skip-tls-verify: true");
    let config = file("resume-config", &text);
    let path = here.join("run.jsonl");
    let lines = path.to_str().expect("a path");
    let arguments = ["audit", "--all-contexts", "--fail-on", "never", "--resume", lines];
    let text = out(&run(&config, &arguments).code(3));
    assert!(text.contains("Across 5 clusters"), "{text}");
    let whole = fs::read_to_string(&path).expect("lines");
    let records: Vec<&str> = whole.lines().collect();
    assert_eq!(records.len(), 7, "a head, five clusters and an end");
    assert!(records[6].starts_with(r#"{"schema":"portcullis.end/1""#));
    let asked = |server: &Server| server.seen().len();
    let before: Vec<usize> = servers.iter().map(|(_, server)| asked(server)).collect();

    // Cut in the middle of the third cluster.
    let kept: usize = records[..3].iter().map(|line| line.len() + 1).sum();
    fs::write(&path, &whole[..kept + 100]).expect("cut");
    run(&config, &arguments).code(3);
    let after: Vec<usize> = servers.iter().map(|(_, server)| asked(server)).collect();
    assert_eq!(after[..2], before[..2], "who was done is asked again");
    assert!(after[2] > before[2], "who was cut is not asked");
    let again = fs::read_to_string(&path).expect("lines");
    let strip = |text: &str| -> Vec<Value> {
        let lines = text.lines().map(|line| {
            serde_json::from_str::<Value>(line)
                .unwrap_or_else(|error| panic!("{error}: {}", &line[..line.len().min(300)]))
        });
        lines
            .map(|mut line| {
                for name in ["run", "outside"] {
                    line.as_object_mut().map(|line| line.remove(name));
                }
                line
            })
            .collect()
    };
    let (one, two) = (strip(&whole), strip(&again));
    assert_eq!(one.len(), two.len());
    assert_eq!(one[1..6], two[1..6], "the clusters are the same");
    assert_eq!(one[6]["fleet"], two[6]["fleet"], "and so is the fleet");
    assert_eq!((&one[6]["problems"], &one[6]["exit_code"]), (&two[6]["problems"], &two[6]["exit_code"]));
    assert_eq!(one[6]["problems"].as_array().map(Vec::len), Some(2), "{}", one[6]["problems"]);
    assert_eq!(one[6]["inputs"], two[6]["inputs"], "what was seen of all of them is the same");

    // Whole, it asks only who gave nothing.
    let gone = asked(&down);
    run(&config, &arguments).code(3);
    assert!(asked(&down) > gone);
    assert_eq!(servers.iter().map(|(_, server)| asked(server)).collect::<Vec<_>>(), after);
    assert_eq!(fs::read_to_string(&path).expect("lines").lines().count(), 7);
    // A fault of a cluster that is done counts as one of this run.
    let profiling = here.join("profiling.jsonl");
    let profiling = profiling.to_str().expect("a path");
    let arguments =
        ["audit", "--context", "c0", "--fail-on", "low", "--rule", "apiserver-profiling", "--resume", profiling];
    run(&config, &arguments).code(1);
    run(&config, &arguments).code(1);

    // With other settings it is another run, and nobody's file is written over.
    let said = err(&run(&config, &[&arguments[..], &["--profile", "essential"]].concat()).code(2));
    assert!(said.contains("it was begun with profile `all`, and now that is `essential`"), "{said}");
    let own = here.join("own.yaml");
    fs::write(&own, "a: 1\n").expect("written");
    let own = own.to_str().expect("a path");
    let said = err(&run(&config, &["audit", "--context", "c0", "--resume", own]).code(2));
    assert!(said.contains("it holds something else") && fs::read_to_string(own).is_ok_and(|text| text == "a: 1\n"));
}
