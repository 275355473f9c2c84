//! Many clusters in one run, behind latency: whole runs of the binary against servers of our own on loopback, which take
//! their share of the processor.
//!
//! `docs/benchmarks.md` says how to repeat them and what they came to.
#![expect(clippy::disallowed_methods, reason = "a benchmark of a program runs the program")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to measure")]
#![expect(clippy::print_stdout, reason = "its results are for a person")]

#[expect(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/live/server.rs"]
mod server;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use server::{Manner, Reply, Request, Server, ok, status};

const FLAGZ: &str = r#"{"kind":"Flagz","apiVersion":"config.k8s.io/v1beta1","flags":{"advertise-address":"10.0.0.1",
"anonymous-auth":"false","authorization-mode":"[Node,RBAC]","enable-admission-plugins":"[NodeRestriction]",
"etcd-servers":"[https://127.0.0.1:2379]","profiling":"true","secure-port":"6443","service-account-lookup":"true"}}"#;

/// What each cluster answers, of the size of a small real one.
struct Bodies {
    metrics: String,
    discovery: String,
    pods: String,
    nodes: String,
    roles: String,
    bindings: String,
    accounts: String,
}

/// A list of so many objects.
fn list(kind: &str, count: usize, object: impl Fn(usize) -> String) -> String {
    let items: Vec<String> = (0..count).map(object).collect();
    format!(r#"{{"kind":"{kind}List","apiVersion":"v1","metadata":{{}},"items":[{}]}}"#, items.join(","))
}

impl Bodies {
    fn new() -> Self {
        let mut metrics = String::new();
        for family in 0..200 {
            let _ = writeln!(metrics, "# TYPE apiserver_family_{family} histogram");
            for bucket in 0..12 {
                let _ = writeln!(
                    metrics,
                    "apiserver_family_{family}_bucket{{group=\"apps\",resource=\"deployments\",verb=\"LIST\",le=\"{bucket}\"}} 1"
                );
            }
        }
        let group = |n: usize| {
            format!(
                r#"{{"name":"g{n}.example.org","versions":[{{"groupVersion":"g{n}.example.org/v1","version":"v1"}}]}}"#
            )
        };
        let groups: Vec<String> = (0..60).map(group).collect();
        Self {
            metrics,
            discovery: format!(r#"{{"kind":"APIGroupList","groups":[{}]}}"#, groups.join(",")),
            pods: r#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"kube-apiserver-n1","namespace":"kube-system","labels":{"component":"kube-apiserver","tier":"control-plane"}},"spec":{"nodeName":"n1","containers":[{"name":"kube-apiserver","image":"registry.k8s.io/kube-apiserver:v1.36.2","command":["kube-apiserver","--advertise-address=10.0.0.1","--authorization-mode=Node,RBAC","--profiling=false"]}]}}]}"#.to_owned(),
            nodes: list("Node", 100, |n| {
                format!(
                    r#"{{"metadata":{{"name":"n{n}","managedFields":[{{"manager":"kubelet","fieldsV1":{{}}}}]}},"status":{{"addresses":[{{"type":"InternalIP","address":"10.0.1.{n}"}}],"images":[{{"names":["registry.k8s.io/pause:3.10"],"sizeBytes":1}}],"nodeInfo":{{"kubeletVersion":"v1.36.2","osImage":"Debian GNU/Linux 13","containerRuntimeVersion":"containerd://2.1.4"}}}}}}"#
                )
            }),
            roles: list("ClusterRole", 70, |n| {
                format!(
                    r#"{{"metadata":{{"name":"role-{n}","labels":{{"app":"a{n}"}}}},"rules":[{{"verbs":["get","list","watch"],"apiGroups":["","apps"],"resources":["pods","deployments","configmaps"]}},{{"verbs":["create"],"apiGroups":["g{n}.example.org"],"resources":["*"]}}]}}"#
                )
            }),
            bindings: list("ClusterRoleBinding", 60, |n| {
                format!(
                    r#"{{"metadata":{{"name":"binding-{n}"}},"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"role-{n}"}},"subjects":[{{"kind":"ServiceAccount","name":"account-{n}","namespace":"team-{n}"}}]}}"#
                )
            }),
            accounts: list("ServiceAccount", 80, |n| {
                format!(r#"{{"metadata":{{"name":"account-{n}","namespace":"team-{n}"}}}}"#)
            }),
        }
    }

    fn answer(&self, uid: &str, request: &Request) -> Reply {
        match request.path.split('?').next().unwrap_or_default() {
            "/version" => ok(r#"{"major":"1","minor":"36","gitVersion":"v1.36.2"}"#),
            "/api/v1/namespaces/kube-system" => ok(format!(r#"{{"metadata":{{"uid":"{uid}"}}}}"#)),
            "/flagz" => ok(FLAGZ),
            "/statusz" => ok("\napiserver statusz\nBinary version  1.36.2\n"),
            "/metrics" => ok(self.metrics.as_str()),
            "/apis" => ok(self.discovery.as_str()),
            "/api/v1/namespaces/kube-system/pods" => ok(self.pods.as_str()),
            "/api/v1/nodes" => ok(self.nodes.as_str()),
            "/api/v1/serviceaccounts" => ok(self.accounts.as_str()),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles" => ok(self.roles.as_str()),
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings" => ok(self.bindings.as_str()),
            // Of these every server makes some.
            "/api/v1/namespaces" => ok(list("Namespace", 1, |_| r#"{"metadata":{"name":"kube-system"}}"#.to_owned())),
            "/api/v1/services" => ok(list("Service", 1, |_| NAMED.to_owned())),
            path if MADE.iter().any(|kind| path.ends_with(kind)) => ok(list("", 1, |_| NAMED.to_owned())),
            // What every server has, and has none of here.
            path if path.starts_with("/api/v1/") || KINDS.iter().any(|kind| path.ends_with(kind)) => {
                ok(r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}"#)
            }
            _ => status(404, "{}"),
        }
    }
}

const NAMED: &str = r#"{"metadata":{"name":"one","namespace":"default"}}"#;

const MADE: [&str; 3] = ["/v1/roles", "/v1/rolebindings", "/v1/apiservices"];

const KINDS: [&str; 8] = [
    "/v1/validatingwebhookconfigurations",
    "/v1/mutatingwebhookconfigurations",
    "/v1/validatingadmissionpolicies",
    "/v1/validatingadmissionpolicybindings",
    "/v1/flowschemas",
    "/v1/certificatesigningrequests",
    "/v1beta1/clustertrustbundles",
    "/leases",
];

/// So many clusters with that latency, every tenth of them broken if `broken`; the list that names them.
fn fleet(name: &str, clusters: usize, latency: Duration, broken: bool) -> (PathBuf, Vec<Server>) {
    let bodies = Arc::new(Bodies::new());
    let first = Server::start(|_| status(404, "{}"));
    let mut servers = Vec::new();
    let mut list = String::from("kubeconfig = \"config\"\n");
    let mut contexts = Vec::new();
    for number in 0..clusters {
        let (bodies, uid) = (Arc::clone(&bodies), format!("uid-{number}"));
        let kind = if broken && number % 10 == 9 { number / 10 % 6 } else { 99 };
        let server = first.beside(move |request| {
            let late = |reply: Reply| match reply.manner {
                Manner::Well => Reply { manner: Manner::Late(latency), ..reply },
                _ => reply,
            };
            late(match kind {
                0 => status(401, "{}"),
                1 => status(500, "{}"),
                2 => Reply { headers: vec![("retry-after", "1".to_owned())], ..status(429, "") },
                3 => Reply { manner: Manner::Cut, ..ok(FLAGZ) },
                4 => Reply { manner: Manner::Garbage, ..ok("") },
                5 if request.path == "/metrics" => Reply { manner: Manner::Endless, ..ok("") },
                _ => bodies.answer(&uid, request),
            })
        });
        let name = format!("c{number:04}");
        let _ = write!(list, "[[cluster]]\nname = \"{name}\"\ntargets = [\"context:{name}\"]\n");
        contexts.push((name, server.url(), server.authority.clone()));
        servers.push(server);
    }
    let contexts: Vec<(&str, &str, &str, &str)> = contexts
        .iter()
        .map(|(name, url, authority)| (name.as_str(), url.as_str(), authority.as_str(), "{token: abc}"))
        .collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fleets").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config"), server::kubeconfig(&contexts)).unwrap();
    let path = folder.join("fleet.toml");
    fs::write(&path, list).unwrap();
    (path, servers)
}

/// One run: how long it took, how much of a processor it used, and the most memory that it held, in kilobytes.
fn run(list: &Path, format: &str) -> (Duration, Duration, u64) {
    let clock = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["audit", "--isolated", "--fail-on", "never", "--format", format, "--fleet"])
        .arg(list)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (status, stat) = (format!("/proc/{}/status", child.id()), format!("/proc/{}/stat", child.id()));
    let (mut peak, mut used) = (0, Duration::ZERO);
    loop {
        if let Ok(text) = fs::read_to_string(&status) {
            let held =
                text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
            peak = held.unwrap_or(0).max(peak);
        }
        if let Ok(text) = fs::read_to_string(&stat) {
            // Of itself and of the system, in hundredths of a second (proc_pid_stat(5), fields 14 and 15).
            let ticks = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
            used = Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10);
        }
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.code().is_some_and(|code| code == 0 || code == 3), "{status}");
                return (clock.elapsed(), used, peak);
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn main() {
    // `cargo bench -- NAME` runs what has that in its name.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let latency = Duration::from_millis(20);
    let mut fleets =
        vec![("200 clusters".to_owned(), 200, false), ("300 clusters, a tenth broken".to_owned(), 300, true)];
    if !wanted.is_empty() {
        fleets.retain(|(name, ..)| wanted.iter().any(|word| name.contains(word.as_str())));
    }
    if let ([], [count]) = (fleets.as_slice(), wanted.as_slice()) {
        // A fleet of another size.
        fleets.extend(count.parse().ok().map(|clusters| (format!("{clusters} clusters"), clusters, false)));
    }
    for (name, clusters, broken) in fleets {
        let (list, servers) = fleet(&clusters.to_string(), clusters, latency, broken);
        for format in ["jsonl", "json", "human"] {
            let mut runs: Vec<(Duration, Duration, u64)> = (0..3).map(|_| run(&list, format)).collect();
            runs.sort();
            let (time, used, peak) = runs[1];
            println!(
                "{name} behind 20 ms, {format}: {:.2} s (of {:.2} to {:.2}), {:.2} s of processor time, {} MB",
                time.as_secs_f64(),
                runs[0].0.as_secs_f64(),
                runs[2].0.as_secs_f64(),
                used.as_secs_f64(),
                peak / 1000
            );
        }
        drop(servers);
    }
}
