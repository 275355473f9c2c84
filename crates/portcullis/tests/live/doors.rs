//! `probe` at the doors of others: etcd and nginx as Debian has them, each with several doors at once.

use std::{
    env, fs,
    io::{self, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;

use super::{
    file, json,
    real::{free_port, start},
    server::{Server, forbidden, ok, status},
};

/// Processes that end with the test.
struct Running(Vec<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // What has ended by itself has ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("doors").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// An authority `ca.crt`, and `server.crt` with `server.key` from it.
fn certify(folder: &Path) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let own = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
    let key = KeyPair::generate().expect("a key");
    let certificate = own.signed_by(&key, &authority).expect("a certificate");
    fs::write(folder.join("ca.crt"), authority.pem()).expect("written");
    fs::write(folder.join("server.crt"), certificate.pem()).expect("written");
    fs::write(folder.join("server.key"), key.serialize_pem()).expect("written");
}

/// Waits until somebody listens.
fn wait(ports: &[u16], folder: &Path) {
    let clock = Instant::now();
    for port in ports {
        while TcpStream::connect(("127.0.0.1", *port)).is_err() {
            let logs = || -> String {
                let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
                let logs = files.filter(|path| path.extension().is_some_and(|end| end == "log"));
                logs.filter_map(|path| fs::read_to_string(path).ok()).collect()
            };
            assert!(clock.elapsed() < Duration::from_secs(30), "nobody listens at {port}: {}", logs());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// What each door showed, in their order.
fn probed(name: &str, ports: &[u16]) -> Vec<Value> {
    let endpoints: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let mut arguments = vec!["probe", "--fast", "--format", "json", "--isolated"];
    arguments.extend(endpoints.iter().map(String::as_str));
    let seen = json(&file(name, ""), &arguments);
    seen["endpoints"].as_array().expect("endpoints").clone()
}

fn http(endpoint: &Value) -> &Value {
    &endpoint["addresses"][0]["http"]
}

/// What somebody without credentials was told at a path.
fn told<'a>(endpoint: &'a Value, path: &str) -> &'a str {
    let asked = http(endpoint)["asked"].as_array().expect("answers");
    let of_path = |one: &&Value| one["path"] == path && one["as"] == "anonymous" && one["http2"] == false;
    // Over TLS where TLS is spoken: without it there is one question.
    let last = asked.iter().filter(of_path).max_by_key(|one| one["tls"].as_bool());
    last.and_then(|one| one["meaning"].as_str()).unwrap_or("not asked")
}

fn finding<'a>(endpoint: &'a Value, rule: &str) -> Option<&'a str> {
    let findings = endpoint["findings"].as_array().expect("findings");
    findings.iter().find(|one| one["rule"] == rule).and_then(|one| one["outcome"].as_str())
}

fn offers(endpoint: &Value, version: &str) -> Option<bool> {
    let protocols = endpoint["addresses"][0]["tls"]["protocols"].as_array()?;
    protocols.iter().find(|one| one["name"] == version)?["offered"].as_bool()
}

#[test]
fn etcd_with_and_without_certificates_of_clients() {
    let Some(program) = env::var_os("PORTCULLIS_ETCD").map(PathBuf::from) else {
        // Not through `println!`, which the harness keeps to itself.
        let _ = writeln!(io::stderr(), "skipped: PORTCULLIS_ETCD names no server");
        return;
    };
    let folder = folder("etcd");
    certify(&folder);
    let path = |name: &str| folder.join(name).display().to_string();
    let own = [format!("--cert-file={}", path("server.crt")), format!("--key-file={}", path("server.key"))];
    let guarded = ["--client-cert-auth".to_owned(), format!("--trusted-ca-file={}", path("ca.crt"))];
    let mut running = Running(Vec::new());
    let mut ports = Vec::new();
    let mut metrics = 0;
    for (name, scheme, more) in
        [("plain", "http", vec![]), ("tls", "https", own.to_vec()), ("guarded", "https", [own, guarded].concat())]
    {
        let (port, peer, own_metrics) = (free_port(), free_port(), free_port());
        let mut arguments = vec![
            format!("--name={name}"),
            format!("--data-dir={}", path(name)),
            format!("--listen-client-urls={scheme}://127.0.0.1:{port}"),
            format!("--advertise-client-urls={scheme}://127.0.0.1:{port}"),
            format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
            format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
            format!("--initial-cluster={name}=http://127.0.0.1:{peer}"),
            format!("--listen-metrics-urls=http://127.0.0.1:{own_metrics}"),
        ];
        arguments.extend(more);
        running.0.push(start(&program, &arguments, folder.join(format!("{name}.log"))));
        ports.extend([port, peer]);
        metrics = own_metrics;
    }
    ports.push(metrics);
    wait(&ports, &folder);
    // A member is there before it has elected itself.
    thread::sleep(Duration::from_millis(500));
    let seen = probed("etcd", &ports);
    let [plain, peer, tls, _, guarded, _, metrics] = &seen[..] else { panic!("{} doors", seen.len()) };

    for door in [plain, tls] {
        assert_eq!((&http(door)["component"], &http(door)["proven"]), (&"etcd".into(), &true.into()), "{}", http(door));
        assert!(http(door)["version"].as_str().is_some_and(|version| version.starts_with("3.")), "{}", http(door));
        assert_eq!((told(door, "/health"), told(door, "/metrics")), ("given", "given"));
        assert_eq!(told(door, "/etcdserverpb.Maintenance/Status"), "not asked", "it is asked over HTTP/2 alone");
        let asked = http(door)["asked"].as_array().expect("answers");
        let call = asked.iter().find(|one| one["path"] == "/etcdserverpb.Maintenance/Status").expect("a call");
        assert_eq!((&call["meaning"], &call["http2"]), (&"given".into(), &true.into()));
        assert_eq!(finding(door, "etcd-client-cert-auth"), Some("fail"));
        assert_eq!(finding(door, "etcd-remote-probe"), Some("fail"));
    }
    assert_eq!(plain["addresses"][0]["tls"], Value::Null);
    // That it speaks no TLS is known, since it speaks without.
    assert_eq!(plain["addresses"][0]["tls_reason"], Value::Null, "{plain}");
    assert_eq!(offers(tls, "TLS 1.2"), Some(true));
    assert_eq!(http(peer)["component"], "etcd");
    assert_eq!(told(peer, "/members"), "given");

    assert_eq!(http(guarded)["client_certificate"], "insists");
    assert_eq!(told(guarded, "/version"), "certificate-required");
    let asked = &guarded["addresses"][0]["tls"]["client_certificate"];
    assert_eq!((&asked["requested"], &asked["required"]), (&true.into(), &true.into()));
    assert_eq!(asked["authorities"].as_array().map(Vec::len), Some(1));
    assert_eq!(finding(guarded, "etcd-client-cert-auth"), None);

    // Whose metrics they are is not told at a port that nobody knows, but that anybody may have them is.
    assert_eq!(told(metrics, "/metrics"), "given");
}

/// Where Debian puts it, which is in no path of an ordinary user.
fn nginx() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = places.map(|folder| folder.join("nginx")).find(|program| program.is_file());
    if found.is_none() {
        let _ = writeln!(io::stderr(), "skipped: there is no nginx");
    }
    found
}

#[test]
fn an_api_server_behind_nginx_and_pages_in_its_place() {
    let Some(program) = nginx() else { return };
    let folder = folder("nginx");
    certify(&folder);
    let behind = Server::start(|request| match request.path.split('?').next().unwrap_or_default() {
        "/version" => ok(r#"{"major":"1","minor":"31","gitVersion":"v1.31.4"}"#),
        "/healthz" | "/livez" | "/readyz" => ok("ok"),
        _ if !request.header("authorization").is_empty() => status(401, r#"{"kind":"Status","code":401}"#),
        path => forbidden("system:anonymous", path),
    });
    let doors = [
        ("", "proxy_pass https://UP;"),
        ("ssl", "proxy_pass https://UP;"),
        ("ssl", "default_type text/html; return 401 '<html><h1>Sign in</h1><input type=\"password\"></html>';"),
        ("ssl", "return 302 https://sso.example/auth?state=hunter2;"),
        ("ssl", "ssl_verify_client on; ssl_client_certificate ca.crt; proxy_pass https://UP;"),
        ("ssl http2", "add_header Strict-Transport-Security 'max-age=31536000' always; proxy_pass https://UP;"),
    ];
    let ports: Vec<u16> = doors.iter().map(|_| free_port()).collect();
    // One process, so that none outlives the test.
    let mut text = "daemon off; master_process off; pid nginx.pid; error_log error.log; events {}\nhttp {\naccess_log off;\n\
                    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;\n\
                    ssl_certificate server.crt; ssl_certificate_key server.key; ssl_protocols TLSv1.2;\n\
                    ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; proxy_ssl_server_name on;\n"
        .to_owned();
    for ((how, what), port) in doors.iter().zip(&ports) {
        // What concerns clients stands beside the place where requests go.
        let (server, location) =
            what.rsplit_once("; proxy_pass").map_or(("", *what), |(server, _)| (server, "proxy_pass https://UP;"));
        let server = if server.is_empty() { String::new() } else { format!("{server};") };
        text.push_str(&format!("server {{ listen 127.0.0.1:{port} {how}; {server} location / {{ {location} }} }}\n"));
    }
    text.push_str("}\n");
    let text = text.replace("UP", &behind.address.to_string());
    fs::write(folder.join("nginx.conf"), text).expect("written");
    let here = folder.display().to_string();
    let arguments =
        ["-p".to_owned(), here, "-c".to_owned(), "nginx.conf".to_owned(), "-e".to_owned(), "start.log".to_owned()];
    let _running = Running(vec![start(&program, &arguments, folder.join("nginx.log"))]);
    wait(&ports, &folder);
    let seen = probed("nginx", &ports);
    let [plain, terminating, page, redirect, certificate, second] = &seen[..] else { panic!("{} doors", seen.len()) };

    for door in [plain, terminating, second] {
        assert_eq!((&http(door)["component"], &http(door)["version"]), (&"kube-apiserver".into(), &"1.31.4".into()));
        assert_eq!((told(door, "/livez"), told(door, "/api")), ("given", "forbidden"));
        let leaks = http(door)["leaks"].to_string();
        assert!(leaks.contains("server: nginx/"), "{leaks}");
        assert!(told(door, "/api/v1/secrets?limit=1") == "forbidden", "{}", http(door));
    }
    // Whoever asks here sends what is asked in the clear.
    assert_eq!(http(plain)["plain"], "forbidden");
    assert_eq!((&plain["addresses"][0]["tls"], &plain["addresses"][0]["tls_reason"]), (&Value::Null, &Value::Null));
    // Whoever is behind it still asks who that is, so that nothing is given away by itself.
    assert_eq!(finding(plain, "apiserver-insecure-port-probe"), None);
    assert_eq!((offers(terminating, "TLS 1.2"), offers(terminating, "TLS 1.3")), (Some(true), Some(false)));
    let suites = &terminating["addresses"][0]["tls"]["suites"][0]["suites"];
    assert_eq!(suites.as_array().map(Vec::len), Some(1), "{suites}");
    assert_eq!(suites[0]["name"], "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    assert_eq!(http(terminating)["plain"], "speak-tls");

    assert_eq!((told(page, "/version"), &http(page)["component"]), ("login-page", &Value::Null));
    assert_eq!((told(redirect, "/version"), &http(redirect)["component"]), ("redirect", &Value::Null));
    assert!(!seen.iter().any(|door| door.to_string().contains("hunter2")), "a ticket is printed");
    // nginx asks in the handshake and refuses over HTTP, and so does not end the handshake.
    assert_eq!(told(certificate, "/version"), "certificate-required");
    assert_eq!(http(certificate)["client_certificate"], "asks");
    assert_eq!(http(second)["hsts"], "max-age=31536000");
    let asked = http(second)["asked"].as_array().expect("answers");
    assert!(asked.iter().any(|one| one["http2"] == true && one["meaning"] == "given"), "{asked:?}");
    for door in [page, redirect, certificate] {
        let sure = door["findings"].as_array().expect("findings").iter().filter(|one| one["outcome"] == "fail");
        let rules: Vec<&str> = sure.filter_map(|one| one["rule"].as_str()).collect();
        assert!(!rules.iter().any(|rule| rule.contains("anonymous") || rule.contains("remote")), "{rules:?}");
    }
}
