//! The program against a real kube-apiserver (1.20.2) with etcd, set up well and badly, and what the server's own audit log says
//! of it.
//!
//! `PORTCULLIS_KUBE_APISERVER` and `PORTCULLIS_ETCD` name the two; without them the tests say that they were skipped.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};

use super::{audit, audit_unseen, json as told_as, out, outcome, run, server};

/// Everybody who has a token.
const USERS: &str = "admin-token,admin,admin,system:masters\njane-token,jane,jane\n";

/// A server that lives as long as the test does.
struct Real {
    etcd: Child,
    process: Child,
    port: u16,
    folder: PathBuf,
    authority: String,
}

impl Drop for Real {
    fn drop(&mut self) {
        for child in [&mut self.process, &mut self.etcd] {
            // What has ended by itself has ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

pub(super) fn start(program: &PathBuf, arguments: &[String], log: PathBuf) -> Child {
    #[expect(clippy::disallowed_methods, reason = "the test starts the servers that it asks")]
    let mut command = std::process::Command::new(program);
    let log = fs::File::create(log).expect("a log");
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().expect("it runs")
}

impl Real {
    /// Starts one with flags of its own; `None` where there is none.
    fn start(name: &str, flags: &[&str]) -> Option<Self> {
        let named = |variable: &str| env::var_os(variable).map(PathBuf::from);
        let (Some(program), Some(etcd)) = (named("PORTCULLIS_KUBE_APISERVER"), named("PORTCULLIS_ETCD")) else {
            // Not through `println!`, which the harness keeps to itself.
            let _ = writeln!(io::stderr(), "skipped: PORTCULLIS_KUBE_APISERVER and PORTCULLIS_ETCD name no servers");
            return None;
        };
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("real-live").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let path = |name: &str| folder.join(name).display().to_string();

        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = own.signed_by(&key, &issuer).expect("a certificate");
        let tokens = KeyPair::generate().expect("a key");
        let policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n";
        for (name, text) in [
            ("server.crt", certificate.pem()),
            ("server.key", key.serialize_pem()),
            ("tokens.key", tokens.serialize_pem()),
            ("tokens.pub", tokens.public_key_pem()),
            ("users.csv", USERS.to_owned() + &poor_users()),
            ("policy.yaml", policy.to_owned()),
        ] {
            fs::write(folder.join(name), text).expect("written");
        }

        let (client, peer, port) = (free_port(), free_port(), free_port());
        let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        let arguments = [
            format!("--data-dir={}", path("etcd")),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
        ];
        let etcd = start(&etcd, &arguments, folder.join("etcd.log"));
        let mut arguments = vec![
            format!("--etcd-servers={client}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            format!("--secure-port={port}"),
            format!("--cert-dir={}", path("certs")),
            format!("--tls-cert-file={}", path("server.crt")),
            format!("--tls-private-key-file={}", path("server.key")),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", path("tokens.pub")),
            format!("--service-account-signing-key-file={}", path("tokens.key")),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            format!("--token-auth-file={}", path("users.csv")),
            format!("--audit-policy-file={}", path("policy.yaml")),
            format!("--audit-log-path={}", path("audit.log")),
        ];
        arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let process = start(&program, &arguments, folder.join("server.log"));
        let mut real = Self { etcd, process, port, folder, authority: issuer.pem() };
        let clock = Instant::now();
        while real.request("GET", "/readyz", "").is_none_or(|(status, _)| status != 200) {
            let ended = real.process.try_wait().expect("a state").is_some();
            assert!(
                !ended && clock.elapsed() < Duration::from_secs(90),
                "{}",
                fs::read_to_string(real.folder.join("server.log")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(200));
        }
        Some(real)
    }

    /// One request of the test itself, as the administrator; `None` where nobody answers.
    fn request(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.as_bytes()).expect("PEM")).expect("an authority");
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", self.port)).ok()?);
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer admin-token\r\nConnection: close\r\n\
             Content-Type: application/yaml\r\nAccept: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        // The end of the connection is the end of the answer.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer))
    }

    fn create(&self, path: &str, object: &str) {
        let (status, said) = self.request("POST", path, object).expect("an answer");
        assert_eq!(status, 201, "{path}: {object}: {said}");
    }

    fn kubeconfig(&self, user: &str) -> PathBuf {
        let url = format!("https://127.0.0.1:{}", self.port);
        let text = server::kubeconfig(&[("lab", &url, &self.authority, user)]);
        // Of each user one, so that several may be asked for at a time.
        let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = self.folder.join(format!("kubeconfig-{user}"));
        fs::write(&path, text).expect("written");
        path
    }

    /// What the server has recorded of this program.
    fn recorded(&self) -> Vec<Value> {
        let log = fs::read_to_string(self.folder.join("audit.log")).expect("a log");
        let events = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("an event"));
        events
            .filter(|event| event["userAgent"].as_str().is_some_and(|agent| agent.starts_with("portcullis/")))
            .collect()
    }
}

/// What a stranger sees of it.
fn probed(real: &Real) -> Value {
    let endpoint = format!("127.0.0.1:{}", real.port);
    let seen = told_as(&real.kubeconfig("{}"), &["probe", &endpoint, "--fast", "--format", "json", "--isolated"]);
    seen["endpoints"][0].clone()
}

/// What somebody was told at a path over TLS.
fn told(seen: &Value, who: &str, path: &str) -> String {
    let asked = seen["addresses"][0]["http"]["asked"].as_array().expect("answers");
    let one = asked.iter().find(|one| one["tls"] == true && one["as"] == who && one["path"] == path);
    one.map_or_else(|| "not asked".to_owned(), |one| one["meaning"].as_str().unwrap_or_default().to_owned())
}

fn fails(seen: &Value, rule: &str) -> bool {
    let findings = seen["findings"].as_array().expect("findings");
    findings.iter().any(|one| one["rule"] == rule && one["outcome"] == "fail")
}

/// More than there are rights.
const MOST_RIGHTS: usize = 80;

fn poor_users() -> String {
    (0..MOST_RIGHTS).map(|index| format!("poor-{index}-token,poor-{index},poor-{index}\n")).collect()
}

fn verdicts(report: &Value) -> &[Value] {
    report["clusters"][0]["verdicts"].as_array().map_or(&[], Vec::as_slice)
}

/// Nothing was sent but what reads, and reviews of the sender's own rights.
fn holds_nothing_but_reads(events: &[Value]) {
    assert!(!events.is_empty());
    for event in events {
        let uri = event["requestURI"].as_str().expect("an address");
        let review = ["selfsubjectrulesreviews", "selfsubjectaccessreviews"]
            .iter()
            .any(|name| uri == format!("/apis/authorization.k8s.io/v1/{name}"));
        let verb = event["verb"].as_str().expect("a verb");
        assert!(matches!(verb, "get" | "list") || (verb == "create" && review), "{event}");
    }
}

#[test]
fn anonymous_as_an_administrator_is_seen_and_only_reads_are_recorded() {
    let Some(real) = Real::start("anonymous", &["--authorization-mode=Node,RBAC"]) else { return };
    real.create(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: open}, \
         roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}, \
         subjects: [{kind: User, name: 'system:anonymous', apiGroup: rbac.authorization.k8s.io}]}",
    );
    let report = audit(&real.kubeconfig("{token: admin-token}"));
    let found = &report["clusters"][0];
    assert_eq!(found["version"], "1.20.2");
    assert!(found["id"].as_str().is_some_and(|id| id.contains('-')), "{}", found["id"]);
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "fail");
    assert_eq!(outcome(&report, "apiserver-profiling"), "fail");
    assert_eq!(outcome(&report, "cluster-version-end-of-life"), "fail");
    assert_eq!(outcome(&report, "cluster-patched-version"), "fail");
    // No process of that release says what it was started with, and no pod does here.
    assert_eq!(outcome(&report, "apiserver-audit-log-path"), "undetermined");
    let anonymous = verdicts(&report).iter().find(|entry| entry["rule"] == "apiserver-anonymous-auth");
    assert_eq!(anonymous.expect("an entry")["plane"], "observed");

    // A stranger may read everything, and is told so at every door.
    let seen = probed(&real);
    let http = &seen["addresses"][0]["http"];
    assert_eq!((&http["component"], &http["version"]), (&"kube-apiserver".into(), &"1.20.2".into()));
    assert_eq!(told(&seen, "anonymous", "/api/v1/secrets?limit=1"), "given");
    assert_eq!(told(&seen, "token", "/api"), "unauthenticated");
    assert!(fails(&seen, "apiserver-anonymous-endpoints-probe"), "{}", seen["findings"]);
    assert_eq!(outcome(&report, "apiserver-anonymous-endpoints-probe"), "fail");

    let events = real.recorded();
    holds_nothing_but_reads(&events);
    let asked = found["requests"]["count"].as_u64().expect("a count");
    let counted = events.iter().filter(|event| event["stage"] == "ResponseComplete").count();
    assert_eq!(asked, counted as u64);
    // Nobody who may do everything is refused anything.
    let refused = events.iter().find(|event| event["responseStatus"]["code"] == 403);
    assert!(refused.is_none(), "{refused:?}");
}

/// What a static pod would have the kubelet publish.
fn mirror_pod(flags: &[&str]) -> String {
    let mut words = vec!["kube-apiserver"];
    words.extend(flags);
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "kube-apiserver-n1", "namespace": "kube-system",
            "labels": {"component": "kube-apiserver", "tier": "control-plane"}},
        "spec": {"nodeName": "n1", "hostNetwork": true, "containers": [
            {"name": "kube-apiserver", "image": "k8s.gcr.io/kube-apiserver:v1.20.2", "command": words}]},
    })
    .to_string()
}

#[test]
fn whoever_authorizes_everything_lets_nobody_in_without_credentials() {
    let flags = ["--authorization-mode=AlwaysAllow", "--disable-admission-plugins=ServiceAccount"];
    let Some(real) = Real::start("always-allow", &flags) else { return };
    let report = audit(&real.kubeconfig("{token: jane-token}"));
    // AlwaysAllow resets it, and the server shows that.
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "pass");
    assert_eq!(outcome(&report, "apiserver-authz-no-always-allow"), "undetermined");
    real.create("/api/v1/namespaces/kube-system/pods", &mirror_pod(&flags));
    let report = audit(&real.kubeconfig("{token: jane-token}"));
    assert_eq!(outcome(&report, "apiserver-authz-no-always-allow"), "fail");
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "pass");
    let entry = verdicts(&report).iter().find(|entry| entry["rule"] == "apiserver-authz-no-always-allow");
    assert_eq!(entry.expect("an entry")["plane"], "declared");
    holds_nothing_but_reads(&real.recorded());
}

#[test]
fn old_tls_is_spoken_to_and_judged_by_what_is_declared() {
    let flags = [
        "--authorization-mode=Node,RBAC",
        "--tls-min-version=VersionTLS10",
        "--disable-admission-plugins=ServiceAccount",
    ];
    let Some(real) = Real::start("tls10", &flags) else { return };
    real.create("/api/v1/namespaces/kube-system/pods", &mirror_pod(&flags));
    let report = audit(&real.kubeconfig("{token: admin-token}"));
    assert_eq!(outcome(&report, "apiserver-tls-min-version"), "fail");
    assert_eq!(outcome(&report, "apiserver-admission-service-account"), "fail");
    let seen = probed(&real);
    let protocols = seen["addresses"][0]["tls"]["protocols"].as_array().expect("versions");
    let offered: Vec<&str> =
        protocols.iter().filter(|one| one["offered"] == true).filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(offered, ["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"]);
    assert!(fails(&seen, "apiserver-tls-probe"), "{}", seen["findings"]);
    assert_eq!(seen["addresses"][0]["http"]["plain"], "speak-tls");
    holds_nothing_but_reads(&real.recorded());
}

#[test]
fn a_hardened_server_passes_where_it_shows_why() {
    let flags = ["--authorization-mode=Node,RBAC", "--anonymous-auth=false", "--profiling=false"];
    let Some(real) = Real::start("hardened", &flags) else { return };
    let report = audit(&real.kubeconfig("{token: admin-token}"));
    assert_eq!(outcome(&report, "apiserver-anonymous-auth"), "pass");
    assert_eq!(outcome(&report, "apiserver-profiling"), "pass");
    // Whoever has no credentials is told nothing, and which release it is only as far as that shows.
    let seen = probed(&real);
    let http = &seen["addresses"][0]["http"];
    for path in ["/version", "/healthz", "/api", "/metrics"] {
        assert_eq!(told(&seen, "anonymous", path), "unauthenticated", "{path}");
    }
    // Of its kind there are several components, which all refuse in these words, and its port is nobody's.
    assert_eq!((&http["component"], &http["version"]), (&Value::Null, &Value::Null), "{http}");
    let minor = |bound: &Value| bound["value"].as_str().and_then(|value| value.strip_prefix("1.")?.parse::<u16>().ok());
    assert!(minor(&http["version_from"]).is_none_or(|from| from <= 20), "{http}");
    assert!(minor(&http["version_to"]).is_none_or(|to| to >= 20), "{http}");
    assert!(!fails(&seen, "apiserver-anonymous-endpoints-probe"));
    // What has no shape in any answer stays open.
    assert_eq!(outcome(&report, "apiserver-tls-min-version"), "undetermined");
    let advisories = report["clusters"][0]["advisories"].as_array().expect("advisories");
    let exposure = |id: &str| {
        let found = advisories.iter().find(|one| one["id"] == id);
        found.and_then(|one| one["exposure"].as_str()).unwrap_or("none").to_owned()
    };
    // No webhook is asked about nodes, which was listed to its end.
    assert_eq!(exposure("CVE-2021-25735"), "not-exposed", "{advisories:?}");
    // What its admission plugins are nobody said, and so which of their flaws count.
    assert_eq!(exposure("CVE-2023-2727"), "undetermined", "{advisories:?}");
    holds_nothing_but_reads(&real.recorded());
}

/// The printed role with one of its rights taken out, under another name; `None` where it has no more.
fn role_without(manifest: &str, name: &str, index: usize) -> Option<String> {
    let mut seen = 0;
    let mut taken = false;
    let mut lines: Vec<String> = Vec::new();
    let mut skipping = false;
    for line in manifest.lines() {
        if let Some(paths) = line.strip_prefix("- nonResourceURLs: [").and_then(|rest| rest.strip_suffix(']')) {
            let mut kept: Vec<&str> = paths.split(", ").collect();
            if index < kept.len() {
                kept.remove(index);
                taken = true;
            }
            seen += paths.split(", ").count();
            lines.push(format!("- nonResourceURLs: [{}]", kept.join(", ")));
            continue;
        }
        if line.starts_with("- ") {
            skipping = seen == index;
            taken |= skipping;
            seen += 1;
        } else if !line.starts_with(' ') {
            skipping = false;
        }
        if !skipping {
            lines.push(line.replace("name: portcullis", &format!("name: {name}")));
        }
    }
    taken.then(|| lines.join("\n"))
}

/// Creates the roles of a manifest and binds them to a user.
fn grant(real: &Real, manifest: &str, name: &str) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    for document in manifest.split("---\n").filter(|document| document.contains("kind: ")) {
        let namespace = document.lines().find_map(|line| line.strip_prefix("  namespace: "));
        let (base, kind) = match namespace {
            Some(namespace) => (format!("/apis/{GROUP}/v1/namespaces/{namespace}"), "Role"),
            None => (format!("/apis/{GROUP}/v1"), "ClusterRole"),
        };
        let many = |kind: &str| format!("{base}/{}s", kind.to_lowercase());
        real.create(&many(kind), document);
        let binding = json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": format!("{kind}Binding"), "metadata": {"name": name},
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
            "subjects": [{"apiGroup": GROUP, "kind": "User", "name": name}],
        });
        real.create(&many(&format!("{kind}Binding")), &binding.to_string());
    }
}

/// The printed role is enough; and with any one of its rights less nothing that failed passes, and nobody is refused.
#[test]
fn fewer_rights_never_turn_a_fail_into_a_pass() {
    let flags = ["--authorization-mode=Node,RBAC", "--disable-admission-plugins=ServiceAccount"];
    let Some(real) = Real::start("rights", &flags) else { return };
    real.create("/api/v1/namespaces/kube-system/pods", &mirror_pod(&flags));
    let manifest = out(&run(&real.kubeconfig("{token: jane-token}"), &["rbac-manifest"]).code(0));
    grant(&real, &manifest.replace("name: portcullis", "name: jane"), "jane");
    let variants: Vec<(usize, String)> = (0..MOST_RIGHTS)
        .map_while(|index| Some((index, role_without(&manifest, &format!("poor-{index}"), index)?)))
        .collect();
    assert!((10..MOST_RIGHTS).contains(&variants.len()), "{}", variants.len());
    for (index, role) in &variants {
        grant(&real, role, &format!("poor-{index}"));
    }
    // The server learns of roles a little later.
    thread::sleep(Duration::from_secs(2));
    let full = audit_unseen(&real.kubeconfig("{token: jane-token}"));
    let said = full.to_string();
    assert!(!said.contains("access review"), "{said}");
    assert_eq!(outcome(&full, "apiserver-profiling"), "fail");
    let outcomes = |report: &Value| -> BTreeSet<(String, String)> {
        let entry = |entry: &Value| (entry["rule"].to_string(), entry["outcome"].to_string());
        verdicts(report).iter().map(entry).collect()
    };
    let rich = outcomes(&full);
    let left = Mutex::new(variants.iter());
    let unmissed: Mutex<Vec<&str>> = Mutex::default();
    // A run waits as often as it works.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((index, role)) = left.lock().ok().and_then(|mut left| left.next()) {
                    let poor = audit_unseen(&real.kubeconfig(&format!("{{token: poor-{index}-token}}")));
                    let found = outcomes(&poor);
                    for (rule, outcome) in found.iter().filter(|(_, outcome)| outcome == "\"pass\"") {
                        assert!(rich.contains(&(rule.clone(), outcome.clone())), "without right {index} {rule} passes");
                    }
                    if !poor.to_string().contains("as its own access review says") {
                        let lines = manifest.lines().filter(|line| line.contains('[') && !role.contains(line));
                        unmissed.lock().expect("nobody failed").extend(lines);
                    }
                }
            });
        }
    });
    let unmissed = unmissed.into_inner().expect("nobody failed");
    // Some rights anybody has who is known: the release, both kinds of health, and discovery; and of what only other clusters
    // have nothing is asked.
    let of_others = [
        "calico",
        "cilium",
        "clusteradmissionpolicies",
        "clusterpolicies",
        "etcds",
        "gateway",
        "globalnetworkpolicies",
        "httproutes",
        "kubeapiservers",
        "kubecontrollermanagers",
        "kubeschedulers",
        "kubewarden",
        "kyverno",
        "openshift",
    ];
    let missed = |line: &&&str| !of_others.iter().any(|word| line.contains(word));
    let unmissed: Vec<&&str> = unmissed.iter().filter(missed).collect();
    assert!(unmissed.len() <= 4, "{unmissed:?}");
    let events = real.recorded();
    holds_nothing_but_reads(&events);
    let known = |event: &&Value| event["user"]["username"] != "system:anonymous";
    let refused = events.iter().filter(known).find(|event| event["responseStatus"]["code"] == 403);
    assert!(refused.is_none(), "{refused:?}");
}
