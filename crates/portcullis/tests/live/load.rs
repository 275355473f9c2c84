//! Many clusters at once, a tenth of them broken in every way there is: all are accounted for. `benches/fleet.rs` has hundreds.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::Value;

use super::{
    METRICS, cluster, err, file, out, run,
    server::{self, Manner, Reply, Request, Server, forbidden, ok, status},
};

/// How a cluster misbehaves, and what is said of it; nothing where it is judged all the same.
const BROKEN: [(&str, Option<&str>); 10] = [
    ("refuses", Some("does not take the credentials (401)")),
    ("fails", Some("it failed with 500")),
    ("busy", Some("it has too much to do (429)")),
    ("cut", Some("it was cut short")),
    ("lies", None),
    ("huge", None),
    ("slow", Some("did not")),
    ("gone", Some("nothing listens there")),
    ("strange", Some("from an authority that the kubeconfig does not carry")),
    ("expired", Some("its certificate has expired")),
];

fn broken(kind: &'static str, uid: String) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| match (kind, request.path.as_str()) {
        ("refuses", _) => status(401, "{}"),
        ("fails", _) => status(500, "{}"),
        ("busy", _) => Reply { headers: vec![("retry-after", "1".to_owned())], ..status(429, "") },
        ("cut", _) => Reply { manner: Manner::Cut, ..ok(METRICS) },
        ("lies", "/flagz" | "/metrics" | "/statusz") => ok("<html>hello</html>"),
        ("huge", "/metrics") => Reply { manner: Manner::Endless, ..ok("") },
        ("slow", _) => Reply { manner: Manner::Late(Duration::from_secs(60)), ..ok("{}") },
        _ => well(&uid, request),
    }
}

fn well(uid: &str, request: &Request) -> Reply {
    match request.path.as_str() {
        "/api/v1/namespaces/kube-system" => ok(format!(r#"{{"metadata":{{"uid":"{uid}"}}}}"#)),
        "/openid/v1/jwks" => forbidden("jane", "/openid/v1/jwks"),
        _ => cluster(request),
    }
}

#[test]
fn many_clusters_are_all_accounted_for() {
    const CLUSTERS: usize = 100;
    let first = Server::start(|request| well("0", request));
    let stranger = Server::start(|request| well("stranger", request));
    let expired = Server::expired(|request| well("expired", request));
    let mut list = String::from("kubeconfig = \"load-config\"\n");
    let mut contexts = Vec::new();
    let mut servers = Vec::new();
    let mut expected = Vec::new();
    for number in 0..CLUSTERS {
        let (name, uid) = (format!("c{number:03}"), format!("uid-{number}"));
        let kind = if number % 10 == 9 { Some(BROKEN[number / 10 % BROKEN.len()]) } else { None };
        let (url, authority) = match kind.map(|(kind, _)| kind) {
            Some("gone") => ("https://127.0.0.1:1".to_owned(), first.authority.clone()),
            Some("strange") => (first.url(), stranger.authority.clone()),
            Some("expired") => (expired.url(), expired.authority.clone()),
            kind => {
                let server = match kind {
                    Some(kind) => first.beside(broken(kind, uid)),
                    None => first.beside(move |request| well(&uid, request)),
                };
                let url = server.url();
                servers.push(server);
                (url, first.authority.clone())
            }
        };
        if let Some((_, said)) = kind {
            expected.push((name.clone(), said));
        }
        list.push_str(&format!("[[cluster]]\nname = \"{name}\"\ntargets = [\"context:{name}\"]\n"));
        contexts.push((name, url, authority));
    }
    let contexts: Vec<(&str, &str, &str, &str)> = contexts
        .iter()
        .map(|(name, url, authority)| (name.as_str(), url.as_str(), authority.as_str(), "{token: abc}"))
        .collect();
    let config = file("load-config", &server::kubeconfig(&contexts));
    let fleet = config.with_file_name("load.toml");
    fs::write(&fleet, list).expect("written");
    let lines: PathBuf = config.with_file_name("load.jsonl");
    let _ = fs::remove_file(&lines);
    let arguments = [
        "audit",
        "--fleet",
        fleet.to_str().expect("a path"),
        "--timeout",
        "15",
        "--concurrency",
        "16",
        "--fail-on",
        "never",
        "--resume",
        lines.to_str().expect("a path"),
    ];
    let assert = run(&config, &arguments).code(3);
    let (text, said) = (out(&assert), err(&assert));

    let whole = fs::read_to_string(&lines).expect("lines");
    let records: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (end, clusters) = records[1..].split_last().expect("an end");
    let failing = expected.iter().filter(|(_, said)| said.is_some()).count();
    let judged = CLUSTERS - failing;
    assert_eq!((failing, clusters.len()), (8, judged), "{said}");
    assert_eq!(end["fleet"]["clusters"], judged);
    let names: Vec<&str> = clusters.iter().filter_map(|cluster| cluster["name"].as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted, "whoever answers first, the order is that of the list");
    let problems = end["problems"].as_array().expect("problems");
    for (name, what) in &expected {
        let target = format!("context:{name}");
        let problem = problems.iter().find(|problem| problem["target"] == target.as_str());
        match what {
            Some(what) => {
                let message = problem.and_then(|problem| problem["message"].as_str()).unwrap_or_default();
                assert!(message.contains(what), "{name}: {message:?} is not {what:?}");
                assert!(said.contains(&format!("nothing to judge in {target}")), "{name}");
            }
            None => assert!(names.contains(&name.as_str()), "{name} is not judged"),
        }
    }
    let more = format!("and {} more, none of them worse", judged - 20);
    assert!(text.contains(&format!("Across {judged} clusters")) && text.contains(&more), "{text}");
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 80, "{widest} columns");
}
