//! An API server of our own on loopback: TLS, one answer a request, and as badly behaved as a test wants.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// Which of the connections of its server it came over.
    pub(crate) connection: usize,
}

impl Request {
    /// Whether it only reads, or asks about the rights of whoever sends it.
    pub(crate) fn is_harmless(&self) -> bool {
        let reviews = ["selfsubjectrulesreviews", "selfsubjectaccessreviews"];
        let review = |name: &str| self.path == format!("/apis/authorization.k8s.io/v1/{name}");
        match self.method.as_str() {
            "GET" => self.body.is_empty(),
            "POST" => reviews.into_iter().any(review) && !self.body.contains("user"),
            _ => false,
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is answered, and how.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) manner: Manner,
}

pub(crate) enum Manner {
    Well,
    /// After that long.
    Late(Duration),
    /// The connection is closed after half of the body.
    Cut,
    /// Bytes that are no HTTP.
    Garbage,
    /// Zeroes for ever.
    Endless,
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Reply {
    Reply { status: 200, headers: Vec::new(), body: body.into(), manner: Manner::Well }
}

pub(crate) fn status(status: u16, body: &str) -> Reply {
    Reply { status, ..ok(body) }
}

/// As the server refuses what somebody may not have.
pub(crate) fn forbidden(user: &str, path: &str) -> Reply {
    let message = format!("forbidden: User \\\"{user}\\\" cannot get path \\\"{path}\\\"");
    status(
        403,
        &format!(r#"{{"kind":"Status","status":"Failure","message":"{message}","reason":"Forbidden","code":403}}"#),
    )
}

/// How a look from outside introduces itself.
const PROBE: &str = "portcullis-probe/";

type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// In PEM.
    pub(crate) authority: String,
    config: Arc<ServerConfig>,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts one that lives as long as the test does.
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let (authority, config) = certified(false);
        Self::serve(authority, config, handler)
    }

    /// One whose certificate has ended.
    pub(crate) fn expired(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let (authority, config) = certified(true);
        Self::serve(authority, config, handler)
    }

    /// Another one of the same cluster.
    pub(crate) fn beside(&self, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(self.authority.clone(), Arc::clone(&self.config), handler)
    }

    fn serve(
        authority: String,
        config: Arc<ServerConfig>,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let handler: Handler = Arc::new(handler);
        let (own, log) = (Arc::clone(&config), Arc::clone(&seen));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (config, handler, log) = (Arc::clone(&own), Arc::clone(&handler), Arc::clone(&log));
                thread::spawn(move || converse(stream, connection, config, &handler, &log));
            }
        });
        Self { address, authority, config, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.address.port())
    }

    /// Everything it was asked so far, but for what anybody asks who looks from outside.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.asked(|agent| !agent.starts_with(PROBE))
    }

    /// Everything that a stranger asked so far.
    pub(crate) fn probed(&self) -> Vec<Request> {
        self.asked(|agent| agent.starts_with(PROBE))
    }

    fn asked(&self, by: impl Fn(&str) -> bool) -> Vec<Request> {
        let seen = self.seen.lock().map(|seen| seen.clone()).unwrap_or_default();
        seen.into_iter().filter(|request| by(request.header("user-agent"))).collect()
    }

    /// A kubeconfig with one context for it, `NAME`, whose user is given as YAML.
    pub(crate) fn kubeconfig(&self, name: &str, user: &str) -> String {
        kubeconfig(&[(name, &self.url(), &self.authority, user)])
    }
}

/// A kubeconfig of contexts: name, address, authority in PEM, and user. The first is current.
pub(crate) fn kubeconfig(contexts: &[(&str, &str, &str, &str)]) -> String {
    let mut text = format!("apiVersion: v1\nkind: Config\ncurrent-context: {}\n", contexts[0].0);
    text.push_str("clusters:\n");
    for (name, url, authority, _) in contexts {
        let data = base64(authority.as_bytes());
        text.push_str(&format!("- name: {name}\n  cluster: {{server: '{url}', certificate-authority-data: {data}}}\n"));
    }
    text.push_str("users:\n");
    for (name, _, _, user) in contexts {
        text.push_str(&format!("- name: {name}\n  user: {user}\n"));
    }
    text.push_str("contexts:\n");
    for (name, ..) in contexts {
        text.push_str(&format!("- name: {name}\n  context: {{cluster: {name}, user: {name}}}\n"));
    }
    text
}

/// A proxy on loopback that tunnels whatever it is asked to, and how often it was.
pub(crate) fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let tunnels: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&tunnels);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let log = Arc::clone(&log);
            thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let to = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let Ok(mut server) = TcpStream::connect(&to) else { return };
                if let Ok(mut log) = log.lock() {
                    log.push(to);
                }
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                if let (Ok(mut from), Ok(mut to)) = (client.try_clone(), server.try_clone()) {
                    thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
                let _ = std::io::copy(&mut server, &mut client);
            });
        }
    });
    (format!("http://{address}"), tunnels)
}

/// A file of this test alone.
pub(crate) fn file(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("written");
    path
}

/// An authority of its own, and a certificate from it.
fn certified(ended: bool) -> (String, Arc<ServerConfig>) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let mut own = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
    if ended {
        own.not_before = rcgen::date_time_ymd(2020, 1, 1);
        own.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = own.signed_by(&key, &authority).expect("a certificate");
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a configuration");
    (authority.pem(), Arc::new(config))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]);
            out.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

fn converse(stream: TcpStream, number: usize, config: Arc<ServerConfig>, handler: &Handler, log: &Mutex<Vec<Request>>) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    // As every server in Go does (net/tcpsock.go, newTCPConn): a head must not wait for its body to be asked for.
    let _ = stream.set_nodelay(true);
    let mut stream = StreamOwned::new(connection, stream);
    // Whoever hangs up ends the conversation.
    while let Some(request) = read(&mut stream) {
        let request = Request { connection: number, ..request };
        if let Ok(mut log) = log.lock() {
            log.push(request.clone());
        }
        if !answer(&mut stream, handler(&request)) {
            return;
        }
    }
}

fn read(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body: String::from_utf8(body).ok()?, connection: 0 })
}

/// Whether the conversation goes on.
fn answer(stream: &mut StreamOwned<ServerConnection, TcpStream>, reply: Reply) -> bool {
    let Reply { status, headers, body, manner } = reply;
    let length = if matches!(manner, Manner::Endless) { usize::MAX >> 1 } else { body.len() };
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut send = |bytes: &[u8]| stream.write_all(bytes).and_then(|()| stream.flush()).is_ok();
    match manner {
        Manner::Well => send(head.as_bytes()) && send(&body),
        Manner::Late(time) => {
            thread::sleep(time);
            send(head.as_bytes()) && send(&body)
        }
        Manner::Cut => {
            let _ = send(head.as_bytes()) && send(&body[..body.len() / 2]);
            false
        }
        Manner::Garbage => {
            let _ = send(b"\x00\x01 this is no answer\r\n\r\n");
            false
        }
        Manner::Endless => {
            let _ = send(head.as_bytes());
            while send(&[0; 65536]) {}
            false
        }
    }
}
