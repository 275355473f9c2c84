//! The program against clusters that run: a server of our own plays them, well-behaved or not.

mod access;
mod answers;
mod bundles;
mod doors;
mod fleet;
mod kubelets;
mod load;
mod outside;
mod real;
mod recordings;
mod served;
mod server;

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::Value;
use server::{Manner, Reply, Request, Server, file, forbidden, ok, status};
use snapbox::cmd::{Command, OutputAssert};

/// A call with a kubeconfig and nothing else around it.
fn portcullis(kubeconfig: &Path, arguments: &[&str]) -> Command {
    Command::new(snapbox::cmd::cargo_bin!("portcullis"))
        .env_clear()
        .env("KUBECONFIG", kubeconfig)
        .env("PORTCULLIS_AS_OF", "2026-11-24")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .args(arguments)
}

fn run(kubeconfig: &Path, arguments: &[&str]) -> OutputAssert {
    portcullis(kubeconfig, arguments).assert()
}

fn out(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("UTF-8")
}

fn err(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("UTF-8")
}

fn json(kubeconfig: &Path, arguments: &[&str]) -> Value {
    let assert = run(kubeconfig, arguments);
    serde_json::from_str(&out(&assert)).unwrap_or_else(|error| panic!("{error}: {}", err(&assert)))
}

fn audit(kubeconfig: &Path) -> Value {
    json(kubeconfig, &["audit", "--format", "json", "--isolated"])
}

/// The same of a run to which no more matters than what the cluster answers: it takes half the time.
fn audit_unseen(kubeconfig: &Path) -> Value {
    json(kubeconfig, &["audit", "--format", "json", "--isolated", "--no-probe"])
}

/// Takes out what no two looks over TLS have alike: signatures are a byte longer or shorter.
fn without_cost(mut clusters: Value) -> Value {
    for cluster in clusters.as_array_mut().into_iter().flatten() {
        cluster.as_object_mut().map(|cluster| cluster.remove("outside"));
    }
    clusters
}

/// The worst outcome of a rule in the first cluster.
fn outcome<'a>(report: &'a Value, rule: &str) -> &'a str {
    outcome_in(&report["clusters"][0], rule)
}

/// Clusters of one run, by their names; each of a UID of its own, and all of one authority.
fn side_by_side(name: &str, clusters: Vec<(&'static str, Handler)>) -> (BTreeMap<String, Value>, Vec<Server>) {
    let first = Server::start(cluster);
    let names: Vec<&str> = clusters.iter().map(|(name, _)| *name).collect();
    let with = |(name, handler): (&'static str, Handler)| {
        first.beside(move |request| {
            let reply = handler(request);
            // One is told from another by this alone.
            let is_identity = request.path == "/api/v1/namespaces/kube-system" && reply.status == 200;
            if is_identity {
                ok(format!(r#"{{"metadata":{{"name":"kube-system","uid":"uid-{name}"}}}}"#))
            } else {
                reply
            }
        })
    };
    let servers: Vec<Server> = clusters.into_iter().map(with).collect();
    let urls: Vec<String> = servers.iter().map(Server::url).collect();
    let contexts: Vec<(&str, &str, &str, &str)> = names
        .iter()
        .zip(&urls)
        .map(|(name, url)| (*name, url.as_str(), first.authority.as_str(), "{token: abc}"))
        .collect();
    let kubeconfig = file(name, &server::kubeconfig(&contexts));
    let report = json(&kubeconfig, &["audit", "--all-contexts", "--format", "json", "--isolated"]);
    let clusters = report["clusters"].as_array().expect("clusters");
    let named = clusters.iter().map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), one.clone()));
    (named.collect(), servers)
}

type Handler = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// The worst outcome of a rule in a cluster.
fn outcome_in<'a>(cluster: &'a Value, rule: &str) -> &'a str {
    let verdicts = cluster["verdicts"].as_array().expect("verdicts");
    let of_rule: Vec<&str> =
        verdicts.iter().filter(|entry| entry["rule"] == rule).filter_map(|entry| entry["outcome"].as_str()).collect();
    let order = ["fail", "undetermined", "pass", "not-applicable"];
    order.into_iter().find(|outcome| of_rule.contains(outcome)).unwrap_or("not asked")
}

const FLAGZ: &str = r#"{"kind":"Flagz","apiVersion":"config.k8s.io/v1beta1","flags":{"advertise-address":"10.0.0.1",
"anonymous-auth":"false","authentication-config":"","authorization-config":"","authorization-mode":"[Node,RBAC]",
"enable-admission-plugins":"[NodeRestriction]","disable-admission-plugins":"[]","admission-control":"[]","feature-gates":"",
"etcd-servers":"[https://me:hunter2@127.0.0.1:2379]","profiling":"true","secure-port":"6443","service-account-lookup":"true",
"tls-curve-preferences":"[]"}}"#;

const POD: &str = r#"{"metadata":{"name":"kube-apiserver-n1","namespace":"kube-system","labels":{"component":"kube-apiserver","tier":"control-plane"}},
"spec":{"nodeName":"n1","containers":[{"name":"kube-apiserver","image":"registry.k8s.io/kube-apiserver:v1.36.2",
"command":["kube-apiserver","--advertise-address=10.0.0.1","--authorization-mode=Node,RBAC","--profiling=false",
"--anonymous-auth=false","--etcd-servers=https://127.0.0.1:2379"]}]}}"#;

const METRICS: &str = "# TYPE kubernetes_feature_enabled gauge\nkubernetes_feature_enabled{name=\"APIServerIdentity\",stage=\"BETA\"} 1\n\
    # TYPE apiserver_admission_controller_admission_duration_seconds histogram\n\
    apiserver_admission_controller_admission_duration_seconds_count{name=\"NodeRestriction\"} 5\n";

/// A server of 1.36 with one control-plane node, as it answers somebody who may do everything.
fn cluster(request: &Request) -> Reply {
    let path = request.path.split('?').next().unwrap_or_default();
    match path {
        "/version" => ok(r#"{"major":"1","minor":"36","gitVersion":"v1.36.2"}"#),
        "/api/v1/namespaces/kube-system" => {
            ok(r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"1-2-3"}}"#)
        }
        "/flagz" => ok(FLAGZ),
        "/statusz" => ok("\napiserver statusz\nBinary version  1.36.2\n"),
        "/metrics" => ok(METRICS),
        "/apis" => ok(r#"{"kind":"APIGroupList","groups":[{"name":"apps"}]}"#),
        "/api/v1/namespaces/kube-system/pods" => {
            ok(format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{POD}]}}"#))
        }
        "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases" => ok(
            r#"{"kind":"LeaseList","metadata":{},"items":[{"metadata":{"name":"apiserver-a","labels":{"kubernetes.io/hostname":"n1"}},
            "spec":{"renewTime":"2026-11-23T03:59:33.144975Z"}}]}"#,
        ),
        "/api/v1/nodes" => ok(
            r#"{"kind":"NodeList","metadata":{},"items":[{"metadata":{"name":"n1"},"status":{"nodeInfo":{"kubeletVersion":"v1.36.2"}}}]}"#,
        ),
        _ => status(404, "{}"),
    }
}

#[test]
fn what_runs_is_judged_before_what_is_declared() {
    let server = Server::start(cluster);
    let kubeconfig = file("runs", &server.kubeconfig("lab", "{token: abc}"));
    let report = audit(&kubeconfig);
    let found = &report["clusters"][0];
    assert_eq!((&found["name"], &found["version"]), (&"lab".into(), &"1.36.2".into()));
    assert_eq!(found["components"][0]["instance"], "n1");
    assert_eq!(found["components"][0]["starts"], true);
    assert!(found["id"].as_str().is_some_and(|id| id.starts_with("1-2-3/")), "{}", found["id"]);
    // The manifest says that it is off, and it is on.
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
    assert_eq!(outcome(&report, "component-planes-disagree"), "fail");
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "pass");
    assert_eq!(outcome(&report, "component-replicas-differ"), "not-applicable");
    let disagreement = found["verdicts"].as_array().and_then(|all| {
        all.iter().find(|entry| entry["rule"] == "component-planes-disagree" && entry["setting"] == "--profiling")
    });
    let places = disagreement.expect("an entry")["locations"].as_array().expect("places");
    let planes: Vec<&str> = places.iter().filter_map(|place| place["plane"].as_str()).collect();
    assert_eq!(planes, ["running", "declared"]);
    assert!(places[0]["evidence"].as_str().is_some_and(|name| name.ends_with("/flagz")));
    assert_eq!(places[0]["pointer"], "/flags/profiling");
    // What an API server gave is no file that could be edited.
    let edits =
        found["verdicts"].as_array().into_iter().flatten().flat_map(|entry| entry["remedy"]["edits"].as_array());
    assert!(edits.flatten().next().is_none());
    let asked = server.seen();
    assert_eq!(found["requests"]["count"], asked.len());
    assert!(asked.iter().all(Request::is_harmless), "{asked:?}");
    // Some are asked as somebody without credentials would.
    let (known, nobody): (Vec<_>, Vec<_>) =
        asked.iter().partition(|request| request.header("authorization") == "Bearer abc");
    let paths: Vec<&str> = nobody.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/api", "/healthz", "/healthz/ping", "/livez/ping", "/metrics", "/debug/pprof/symbol"]);
    assert_eq!(known.len() + paths.len(), asked.len());
}

#[test]
fn no_secret_of_an_answer_or_a_kubeconfig_is_printed() {
    let server = Server::start(cluster);
    let kubeconfig = file("secrets", &server.kubeconfig("lab", "{token: abcdefgh}"));
    for arguments in
        [&["resolve", "--defaults"][..], &["resolve", "--format", "json"], &["audit", "--format", "json", "-v"]]
    {
        let assert = run(&kubeconfig, arguments);
        let said = out(&assert) + &err(&assert);
        assert!(!said.contains("hunter2") && !said.contains("abcdefgh"), "{arguments:?}: {said}");
    }
}

#[test]
fn planes_stand_side_by_side() {
    let server = Server::start(cluster);
    let kubeconfig = file("planes", &server.kubeconfig("lab", "{token: abc}"));
    let effective = json(&kubeconfig, &["resolve", "--format", "json"]);
    let settings = effective["clusters"][0]["components"][0]["settings"].as_array().expect("settings");
    let profiling = settings.iter().find(|setting| setting["name"] == "profiling").expect("a setting");
    assert_eq!(
        (&profiling["value"], &profiling["plane"], &profiling["origin"]),
        (&"true".into(), &"running".into(), &"reported".into())
    );
    let over = &profiling["overrides"][0];
    assert_eq!(
        (&over["value"], &over["plane"], &over["origin"]),
        (&"false".into(), &"declared".into(), &"written".into())
    );
    let text = out(&run(&kubeconfig, &["resolve"]));
    assert!(text.contains("declared false"), "{text}");
    assert!(err(&run(&kubeconfig, &["resolve"])).contains("context lab (https://127.0.0.1:"));
}

/// Behind one address several servers may answer, each with flags and metrics of its own; a few things are asked at a time.
#[test]
fn one_connection_carries_what_a_server_has_of_its_own() {
    let busy = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let most = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (now, peak) = (busy.clone(), most.clone());
    let server = Server::start(move |request| {
        use std::sync::atomic::Ordering::SeqCst;
        peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        now.fetch_sub(1, SeqCst);
        cluster(request)
    });
    let kubeconfig = file("lanes", &server.kubeconfig("lab", "{token: abc}"));
    json(&kubeconfig, &["audit", "--format", "json", "--isolated", "--no-probe"]);
    let asked = server.seen();
    let own = ["/version", "/flagz", "/statusz", "/metrics", "/livez", "/readyz", "/debug/pprof/"];
    let is_own = |request: &&Request| {
        let path = request.path.split('?').next().unwrap_or_default();
        own.contains(&path) && !request.header("authorization").is_empty()
    };
    let connections: Vec<usize> = asked.iter().filter(is_own).map(|request| request.connection).collect();
    assert_eq!(connections.len(), own.len(), "{asked:?}");
    assert!(connections.windows(2).all(|two| two[0] == two[1]), "{connections:?}");
    let most = most.load(std::sync::atomic::Ordering::SeqCst);
    assert!((2..=6).contains(&most), "{most} at a time");
}

/// Whoever may see less is told less, and nothing that failed passes.
#[test]
fn a_right_that_is_missing_is_a_gap_and_never_a_pass() {
    const HIDDEN: [&str; 5] =
        ["/flagz", "/metrics", "/api/v1/namespaces/kube-system/pods", "/version", "/api/v1/namespaces/kube-system"];
    let without = |hidden: &'static str| -> Handler {
        Box::new(move |request| {
            let path = request.path.split('?').next().unwrap_or_default();
            if path == hidden { forbidden("jane", path) } else { cluster(request) }
        })
    };
    let mut clusters: Vec<(&'static str, Handler)> = vec![("rich", Box::new(cluster))];
    clusters.extend(["poor-0", "poor-1", "poor-2", "poor-3", "poor-4"].into_iter().zip(HIDDEN.map(without)));
    let (found, _servers) = side_by_side("rights", clusters);
    assert_eq!(found.len(), 6, "{:?}", found.keys());
    let rich = &found["rich"];
    for (index, hidden) in HIDDEN.into_iter().enumerate() {
        let poor = &found[&format!("poor-{index}")];
        let verdicts = poor["verdicts"].as_array().expect("verdicts");
        for entry in verdicts.iter().filter(|entry| entry["outcome"] == "pass") {
            let rule = entry["rule"].as_str().expect("a name");
            assert_eq!(outcome_in(rich, rule), "pass", "without {hidden}: {rule}");
        }
        if hidden == "/flagz" {
            assert_eq!(outcome_in(poor, "apiserver-profiling"), "undetermined");
            let entry = verdicts.iter().find(|entry| entry["rule"] == "apiserver-profiling").expect("an entry");
            let reason = entry["gap"]["reason"].as_str().expect("a reason");
            // What is declared is quoted, and judges nothing.
            assert!(reason.starts_with("`jane` may not get /flagz (403)"), "{reason}");
            assert!(reason.contains("`--profiling` is `false`"), "{reason}");
            assert_eq!(entry["gap"]["wanted"], "get /flagz");
        }
    }
}

/// Who says what may be asked is asked first, and then for nothing that would be refused.
#[test]
fn what_is_not_granted_is_not_asked_for() {
    const PATHS: &str = r#"{"verbs":["get"],"nonResourceURLs":["/version","/livez","/readyz","/metrics","/apis"]}"#;
    const READS: &str = r#"{"verbs":["get","list"],"apiGroups":["*"],"resources":["*"]}"#;
    let rich = Server::start(cluster);
    let rich = audit(&file("granted-all", &rich.kubeconfig("lab", "{token: abc}")));
    let server = Server::start(|request| match request.path.as_str() {
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => status(
            201,
            &format!(r#"{{"status":{{"resourceRules":[{READS}],"nonResourceRules":[{PATHS}],"incomplete":false}}}}"#),
        ),
        // A webhook grants what no list shows.
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            let granted = request.body.contains("/debug/pprof/");
            status(201, &format!(r#"{{"status":{{"allowed":{granted}}}}}"#))
        }
        "/flagz" | "/statusz" => forbidden("jane", &request.path),
        _ => cluster(request),
    });
    let poor = audit(&file("granted-some", &server.kubeconfig("lab", "{token: abc}")));
    let asked = server.seen();
    assert!(asked.iter().all(Request::is_harmless), "{asked:?}");
    let paths: Vec<&str> = asked.iter().map(|request| request.path.as_str()).collect();
    assert!(!paths.contains(&"/flagz") && !paths.contains(&"/statusz"), "{paths:?}");
    assert!(paths.contains(&"/debug/pprof/") && paths.contains(&"/metrics"), "{paths:?}");
    let reviews = asked.iter().filter(|request| request.method == "POST").count();
    assert_eq!(reviews, 1 + 5, "{asked:?}");
    assert_eq!(poor["clusters"][0]["requests"]["count"], asked.len());
    let verdicts = poor["clusters"][0]["verdicts"].as_array().expect("verdicts");
    let entry = verdicts.iter().find(|entry| entry["rule"] == "apiserver-profiling").expect("an entry");
    assert_eq!(entry["gap"]["wanted"], "get /flagz");
    let reason = entry["gap"]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("this user may not get /flagz, as its own access review says"), "{reason}");
    for entry in verdicts.iter().filter(|entry| entry["outcome"] == "pass") {
        assert_eq!(outcome(&rich, entry["rule"].as_str().expect("a name")), "pass", "{entry}");
    }
}

#[test]
fn a_server_that_does_not_list_its_flags_is_judged_by_its_pod() {
    let server = Server::start(|request| match request.path.as_str() {
        "/flagz" => status(404, "404 page not found\n"),
        _ => cluster(request),
    });
    let report = audit(&file("old", &server.kubeconfig("lab", "{token: abc}")));
    assert_eq!(outcome(&report, "apiserver-profiling"), "pass");
    assert_eq!(outcome(&report, "component-planes-disagree"), "not-applicable");
    let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
    let flagz = evidence.iter().find(|piece| piece["kind"] == "flagz").expect("a piece");
    assert_eq!(flagz["state"], "missing");
}

#[test]
fn what_nobody_shows_is_undetermined() {
    let server = Server::start(|request| match request.path.as_str() {
        "/version" => ok(r#"{"gitVersion":"v1.33.5-eks-113cf36"}"#),
        "/api" | "/healthz" | "/debug/pprof/" => status(418, ""),
        _ => status(404, "{}"),
    });
    let report = audit(&file("managed", &server.kubeconfig("lab", "{token: abc}")));
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "undetermined");
    let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
    let sure = verdicts.iter().filter(|entry| {
        // What it showed to a stranger is all that was seen.
        entry["component"] == "kube-apiserver"
            && entry["plane"] != "observed"
            && (entry["outcome"] == "pass" || entry["outcome"] == "fail")
    });
    let sure: Vec<_> = sure.map(|entry| (&entry["rule"], &entry["message"])).collect();
    assert!(sure.is_empty(), "{sure:?}");
}

/// No pod declares a server.
const NO_PODS: &str = r#"{"kind":"PodList","apiVersion":"v1","items":[]}"#;

/// Where nothing tells how a server is set up, how it answers does; and nowhere else.
#[test]
fn behaviour_decides_where_nothing_else_is_to_be_had() {
    let old = |code: u16, profiles: u16| {
        move |request: &Request| match request.path.split('?').next().unwrap_or_default() {
            "/version" => ok(r#"{"gitVersion":"v1.20.2"}"#),
            "/api" | "/healthz" if request.header("authorization").is_empty() => status(code, ""),
            "/debug/pprof/" => status(profiles, ""),
            "/api/v1/namespaces/kube-system/pods" => ok(NO_PODS),
            _ => status(404, "{}"),
        }
    };
    for (code, profiles, anonymous, profiling) in
        [(200, 200, "fail", "fail"), (403, 404, "fail", "pass"), (401, 403, "pass", "undetermined")]
    {
        let server = Server::start(old(code, profiles));
        let report = audit(&file("behaves", &server.kubeconfig("lab", "{token: abc}")));
        assert_eq!(outcome(&report, "apiserver-anonymous-auth"), anonymous, "{code}");
        assert_eq!(outcome(&report, "apiserver-profiling"), profiling, "{profiles}");
        let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
        let entry = verdicts.iter().find(|entry| entry["rule"] == "apiserver-anonymous-auth").expect("an entry");
        assert_eq!(entry["plane"], "observed");
    }
    // A pod that may not be seen may declare it, and nothing stands in for that.
    let hidden = move |request: &Request| match request.path.split('?').next().unwrap_or_default() {
        "/api/v1/namespaces/kube-system/pods" => status(403, r#"{"message":"pods is forbidden"}"#),
        _ => old(401, 404)(request),
    };
    let server = Server::start(hidden);
    let report = audit(&file("hidden", &server.kubeconfig("lab", "{token: abc}")));
    for rule in ["apiserver-anonymous-auth", "apiserver-profiling"] {
        assert_eq!(outcome(&report, rule), "undetermined", "{rule}");
    }
    // What runs says that it is off, and that nobody is refused is another matter.
    let server = Server::start(|request| match request.path.as_str() {
        "/api" | "/healthz" => status(200, ""),
        _ => cluster(request),
    });
    let report = audit(&file("runs-off", &server.kubeconfig("lab", "{token: abc}")));
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "pass");
}

#[test]
fn misbehaviour_of_one_path_leaves_the_others_alone() {
    fn bad(kind: &'static str) -> Handler {
        Box::new(move |request| {
            if request.path != "/flagz" {
                return cluster(request);
            }
            match kind {
                "none" => cluster(request),
                "cut" => Reply { manner: Manner::Cut, ..ok(FLAGZ) },
                "garbage" => Reply { manner: Manner::Garbage, ..ok("") },
                "endless" => Reply { manner: Manner::Endless, ..ok("") },
                "redirect" => {
                    Reply { headers: vec![("location", "https://127.0.0.1:1/flagz".to_owned())], ..status(302, "") }
                }
                "broken" => status(500, r#"{"message":"boom"}"#),
                "busy" => Reply { headers: vec![("retry-after", "1".to_owned())], ..status(429, "") },
                "lies" => ok("<html>not a list</html>"),
                _ => ok(vec![0xff; 300]),
            }
        })
    }
    const KINDS: [(&str, &str); 9] = [
        ("none", ""),
        ("cut", "was cut short"),
        ("garbage", "no answer to get /flagz"),
        ("endless", "larger than 32 MiB"),
        ("redirect", "which is not followed (302)"),
        ("broken", "failed with 500: boom"),
        ("busy", "too much to do (429)"),
        ("lies", "it lists no flag"),
        ("bytes", "it is no text"),
    ];
    let (found, servers) = side_by_side("bad", KINDS.map(|(kind, _)| (kind, bad(kind))).into());
    let all = found["none"]["evidence"].as_array().map(Vec::len);
    for ((kind, reason), server) in KINDS.into_iter().zip(&servers).skip(1) {
        let found = &found[kind];
        assert_eq!(outcome_in(found, "apiserver-profiling"), "undetermined", "{kind}");
        let verdicts = found["verdicts"].as_array().expect("verdicts");
        let entry = verdicts.iter().find(|entry| entry["rule"] == "apiserver-profiling").expect("an entry");
        let said = entry["gap"]["reason"].as_str().expect("a reason");
        assert!(said.contains(reason), "{kind}: {said}");
        let asked = server.seen().iter().filter(|request| request.path == "/flagz").count();
        let expected = if matches!(kind, "broken" | "busy") { 3 } else { 1 };
        assert!(asked == expected || (kind == "garbage" && asked <= 2), "{kind}: asked {asked} times");
        // What came after it was asked all the same.
        assert_eq!(found["evidence"].as_array().map(Vec::len), all, "{kind}");
        assert_eq!(found["components"][0]["instance"], "n1", "{kind}");
    }
}

#[test]
fn a_server_that_puts_off_once_is_asked_again() {
    let turns = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.path == "/flagz" && turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            return status(503, "");
        }
        cluster(request)
    });
    let report = audit(&file("again", &server.kubeconfig("lab", "{token: abc}")));
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
}

#[test]
fn a_slow_server_takes_no_longer_than_it_may() {
    let server = Server::start(|request| match request.path.as_str() {
        "/flagz" => Reply { manner: Manner::Late(Duration::from_secs(30)), ..ok(FLAGZ) },
        _ => cluster(request),
    });
    let kubeconfig = file("slow", &server.kubeconfig("lab", "{token: abc}"));
    let clock = std::time::Instant::now();
    let report = json(&kubeconfig, &["audit", "--format", "json", "--timeout", "2"]);
    assert!(clock.elapsed() < Duration::from_secs(15), "{:?}", clock.elapsed());
    assert_eq!(outcome(&report, "apiserver-profiling"), "undetermined");
}

#[test]
fn errors_say_what_to_do_and_how_it_ended() {
    let server = Server::start(cluster);
    let expired = Server::expired(cluster);
    let refusing = Server::start(|_| status(401, r#"{"kind":"Status","message":"Unauthorized"}"#));
    let contexts = [
        ("ok", server.url(), server.authority.as_str()),
        ("stranger", server.url(), expired.authority.as_str()),
        ("expired", expired.url(), expired.authority.as_str()),
        ("refusing", refusing.url(), refusing.authority.as_str()),
        ("gone", "https://127.0.0.1:1".to_owned(), server.authority.as_str()),
    ];
    let contexts: Vec<(&str, &str, &str, &str)> =
        contexts.iter().map(|(name, url, authority)| (*name, url.as_str(), *authority, "{token: abc}")).collect();
    let kubeconfig = file("errors", &server::kubeconfig(&contexts));
    for (context, code, message) in [
        ("stranger", 3, "from an authority that the kubeconfig does not carry"),
        ("expired", 3, "its certificate has expired"),
        ("refusing", 3, "does not take the credentials (401)"),
        ("gone", 3, "nothing listens there"),
        ("okk", 2, "no context `okk`; nearest: ok"),
    ] {
        let assert = run(&kubeconfig, &["audit", "--context", context]).code(code);
        assert!(err(&assert).contains(message), "{context}: {}", err(&assert));
    }
    // One that cannot be asked hides no other.
    let assert = run(&kubeconfig, &["audit", "--all-contexts", "--format", "json"]);
    let report: Value = serde_json::from_str(&out(&assert)).expect("JSON");
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(4), "{}", report["problems"]);
    let missing = run(Path::new("/nonexistent/config"), &["audit"]).code(2);
    assert!(err(&missing).contains("there is no kubeconfig"), "{}", err(&missing));
}

/// Each server of a cluster is asked by the address that the cluster publishes, if it has the cluster's certificate.
#[test]
fn every_replica_is_asked_and_compared() {
    let other = Server::start(|request| match request.path.as_str() {
        "/flagz" => {
            ok(FLAGZ.replace("10.0.0.1", "127.0.0.1").replace(r#""profiling":"true""#, r#""profiling":"false""#))
        }
        _ => cluster(request),
    });
    let port = other.address.port();
    let first = other.beside(move |request| {
        if request.path.contains("/endpointslices/") {
            let slice = r#"{"kind":"EndpointSlice","endpoints":[{"addresses":["10.0.0.1"]},{"addresses":["127.0.0.1"]}],"ports":[{"port":PORT}]}"#;
            return ok(slice.replace("PORT", &port.to_string()));
        }
        cluster(request)
    });
    let report = audit(&file("replicas", &first.kubeconfig("lab", "{token: abc}")));
    let names: Vec<&Value> =
        report["clusters"][0]["components"].as_array().into_iter().flatten().map(|one| &one["instance"]).collect();
    assert_eq!(names, [&format!("127.0.0.1:{port}"), "n1"]);
    assert_eq!(outcome(&report, "component-replicas-differ"), "fail");
    assert_eq!(other.seen().len(), 6, "{:?}", other.seen());
    // Whoever has another certificate is told nothing, the token least of all.
    let stranger = Server::start(cluster);
    let port = stranger.address.port();
    let lured = Server::start(move |request| {
        if request.path.contains("/endpointslices/") {
            return ok(format!(r#"{{"endpoints":[{{"addresses":["127.0.0.1"]}}],"ports":[{{"port":{port}}}]}}"#));
        }
        cluster(request)
    });
    audit(&file("lured", &lured.kubeconfig("lab", "{token: abc}")));
    assert!(stranger.seen().is_empty(), "{:?}", stranger.seen());
}

/// The first by name is the one that is judged, whoever answers first.
#[test]
fn two_contexts_of_one_cluster_are_one() {
    let server = Server::start(|request| {
        let slow = request.header("authorization") == "Bearer a" && request.path == "/version";
        Reply { manner: if slow { Manner::Late(Duration::from_millis(700)) } else { Manner::Well }, ..cluster(request) }
    });
    let url = server.url();
    let contexts =
        [("a", url.as_str(), server.authority.as_str(), "{token: a}"), ("b", &url, &server.authority, "{token: b}")];
    let kubeconfig = file("twice", &server::kubeconfig(&contexts));
    let report = json(&kubeconfig, &["audit", "--all-contexts", "--format", "json"]);
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(1));
    assert!(
        report["problems"][0]["message"].as_str().is_some_and(|said| said.contains("the same cluster as context:"))
    );
}

#[test]
fn a_plugin_of_a_named_context_gives_the_credentials() {
    let server = Server::start(cluster);
    let answer = r#"{"kind":"ExecCredential","status":{"token":"from-a-plugin"}}"#;
    let user =
        format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/echo, args: ['{answer}']}}}}");
    let report = audit(&file("plugin", &server.kubeconfig("lab", &user)));
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
    let known = server.seen().into_iter().filter(|request| !request.header("authorization").is_empty());
    let known: Vec<Request> = known.collect();
    assert!(known.iter().all(|request| request.header("authorization") == "Bearer from-a-plugin"));
    assert!(known.iter().any(|request| request.path == "/flagz"));
    for (user, message) in [
        (
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: get it there}}",
            "the plug-in `no-such-plugin` is not installed; get it there",
        ),
        ("{exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false}}", "failed (exit status: 1)"),
        ("{exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/echo}}", "gave no JSON"),
        ("{tokenFile: no-such-file}", "its `tokenFile` cannot be read: no such file or folder"),
        ("{auth-provider: {name: gcp, config: {cmd-path: /bin/echo}}}", "`auth-provider` `gcp` is not supported"),
    ] {
        let kubeconfig = file("plugin-bad", &server.kubeconfig("lab", user));
        let assert = run(&kubeconfig, &["audit"]).code(3);
        assert!(err(&assert).contains(message), "{}", err(&assert));
    }
}

#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    let server = Server::start(cluster);
    let kubeconfig = file("proxy", &server.kubeconfig("lab", "{token: abc}"));
    portcullis(&kubeconfig, &["audit", "--fail-on", "never"]).env("HTTPS_PROXY", "http://127.0.0.1:1").assert().code(0);
}

#[test]
fn a_proxy_of_the_kubeconfig_is_used() {
    let server = Server::start(cluster);
    let (proxy, tunnels) = server::proxy();
    let config = server.kubeconfig("lab", "{token: abc}");
    let config = config.replace("cluster: {server:", &format!("cluster: {{proxy-url: '{proxy}', server:"));
    let report = audit(&file("proxied", &config));
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
    let tunnels = tunnels.lock().map(|tunnels| tunnels.clone()).unwrap_or_default();
    assert!(!tunnels.is_empty() && tunnels.iter().all(|to| *to == server.address.to_string()), "{tunnels:?}");
}

#[test]
fn a_token_may_lie_in_a_file_beside_the_kubeconfig() {
    let server = Server::start(cluster);
    file("a-token", "from-a-file\n");
    let report = audit(&file("token-file", &server.kubeconfig("lab", "{tokenFile: a-token}")));
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
    assert!(server.seen().iter().any(|request| request.header("authorization") == "Bearer from-a-file"));
}

/// Who verifies nobody is told so, whatever the verdicts are.
#[test]
fn a_server_that_is_not_verified_is_told_of() {
    let server = Server::start(cluster);
    let config = server.kubeconfig("lab", "{token: abc}");
    let data =
        config.split("certificate-authority-data: ").nth(1).and_then(|rest| rest.split('}').next()).expect("data");
    let config = config.replace(&format!("certificate-authority-data: {data}"), "insecure-skip-tls-verify: true");
    let report = audit(&file("unverified", &config));
    let said = report["problems"][0]["message"].as_str().expect("a problem");
    assert!(said.starts_with("the server is not verified"), "{said}");
}

#[test]
fn an_address_is_asked_without_credentials() {
    let server = Server::start(|request| {
        if request.header("authorization").is_empty() && request.path != "/version" {
            forbidden("system:anonymous", &request.path)
        } else {
            cluster(request)
        }
    });
    let kubeconfig = file("address", &server.kubeconfig("lab", "{token: abc}"));
    let report = json(&kubeconfig, &["audit", &server.url(), "--format", "json"]);
    assert_eq!(report["clusters"][0]["version"], "1.36.2");
    assert_eq!(outcome(&report, "apiserver-profiling"), "undetermined");
    assert!(server.seen().iter().all(|request| request.header("authorization").is_empty()));
}

/// Every request that was made is one that the printed role allows.
#[test]
fn the_printed_role_is_enough_and_no_more() {
    let server = Server::start(cluster);
    let kubeconfig = file("role", &server.kubeconfig("lab", "{token: abc}"));
    audit(&kubeconfig);
    let role = out(&run(&kubeconfig, &["rbac-manifest"]).code(0));
    let known = |request: &Request| !request.header("authorization").is_empty() && request.method == "GET";
    let named = |resource: &str, name: &str| {
        let begin = format!("  resources: [{resource}]\n  resourceNames: [");
        let of_rule = |rule: &str| Some(rule.split_once(&begin)?.1.split_once("]\n  verbs: [get]\n")?.0.to_owned());
        role.split("- apiGroups:").filter_map(of_rule).any(|names| names.split(", ").any(|one| one == name))
    };
    for request in server.seen().into_iter().filter(known) {
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let granted = match parts.as_slice() {
            ["api", "v1", "namespaces", "kube-system" | "kube-public", resource]
            | ["apis", _, _, "namespaces", "kube-system", resource] => {
                role.contains(&format!("  resources: [{resource}]\n  verbs: [list]\n"))
            }
            ["api", "v1", "namespaces", "kube-system", resource, name]
            | ["apis", _, _, "namespaces", _, resource, name]
            | ["api", "v1", resource, name] => named(resource, name),
            ["api", "v1", resource] | ["apis", _, _, resource] => {
                role.contains(&format!("  resources: [{resource}]\n  verbs: [list]\n"))
            }
            _ => role.contains(&path),
        };
        assert!(granted, "{path}: {role}");
    }
}

#[test]
fn files_and_clusters_are_one_run() {
    let server = Server::start(cluster);
    let kubeconfig = file("both", &server.kubeconfig("lab", "{token: abc}"));
    let manifest = file(
        "kube-apiserver.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: registry.k8s.io/kube-apiserver:v1.31.0\n    command: [kube-apiserver]\n",
    );
    let manifest = manifest.display().to_string();
    let report = json(&kubeconfig, &["audit", &manifest, "context:lab", "--format", "json"]);
    let names: Vec<&str> =
        report["clusters"].as_array().into_iter().flatten().filter_map(|cluster| cluster["name"].as_str()).collect();
    assert_eq!(names, [manifest.as_str(), "lab"]);
}
