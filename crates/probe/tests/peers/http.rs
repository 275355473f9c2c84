//! Peers that speak HTTP, well and badly: what is made of them, what is asked of them, and that there is an end.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use model::Listener;
use portcullis_probe::{
    Failure, Sight,
    http::{Http, Meaning, Over, Who, asks, replay},
};

use super::{look_known, look_within, pace};

/// A server without TLS that gives one answer a request; who sends anything but HTTP is not answered.
struct Peer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

/// What the peer does with one request.
enum Does {
    Answers(Vec<u8>),
    /// Sends this, and then that over and over for as long as somebody reads.
    Floods(Vec<u8>, Vec<u8>),
    /// Sends this a byte at a time.
    Drips(Vec<u8>),
    Closes,
    /// Says nothing for a while.
    Waits,
}

impl Peer {
    fn start(does: impl Fn(&str) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (does, log) = (Arc::new(does), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (does, log) = (Arc::clone(&does), Arc::clone(&log));
                thread::spawn(move || converse(stream, &*does, &log));
            }
        });
        Self { address, seen }
    }

    /// The same answer to everything.
    fn always(status: u16, headers: &'static str, body: &'static str) -> Self {
        Self::start(move |_| Does::Answers(answer(status, headers, body)))
    }

    fn http(&self) -> Sight<Http> {
        look_within(self.address, None, &pace(), false).http
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn converse(mut stream: TcpStream, does: &(dyn Fn(&str) -> Does + Send + Sync), log: &Mutex<Vec<String>>) {
    let mut held = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut piece) else { return };
        held.extend_from_slice(&piece[..length]);
        // A hello of TLS.
        if held.starts_with(&[0x16]) {
            return;
        }
        let Some(end) = held.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let request = String::from_utf8_lossy(&held[..end]).into_owned();
        held.drain(..end + 4);
        log.lock().unwrap().push(request.clone());
        match does(&request) {
            Does::Closes => return,
            Does::Waits => thread::sleep(Duration::from_secs(20)),
            Does::Answers(bytes) if stream.write_all(&bytes).is_err() => return,
            Does::Answers(_) => {}
            Does::Drips(bytes) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(200));
                }
            }
            Does::Floods(first, then) => {
                let mut fine = stream.write_all(&first).is_ok();
                while fine {
                    fine = stream.write_all(&then).is_ok();
                }
                return;
            }
        }
    }
}

fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

fn seen(sight: Sight<Http>) -> Http {
    match sight {
        Sight::Seen(http) => http,
        other => panic!("nothing was seen: {other:?}"),
    }
}

fn meaning(http: &Http, path: &str) -> Option<Meaning> {
    http.answers().find(|(asked, _)| asked.path == path).map(|(_, answer)| answer.meaning)
}

/// An API server without TLS whose stranger may do everything.
fn open(request: &str) -> Does {
    let json = "content-type: application/json\r\n";
    Does::Answers(match path(request) {
        "/version" => answer(200, json, r#"{"gitVersion":"v1.18.3"}"#),
        "/portcullis-no-such-path" => answer(404, "", "404 page not found\n"),
        "/metrics" => answer(200, "content-type: text/plain\r\n", &"x 1\n".repeat(20_000)),
        "/debug/flags/v" => answer(406, "", "unsupported http method"),
        path if path.contains("secrets") => answer(200, json, r#"{"kind":"SecretList","items":[{"data":"hunter2"}]}"#),
        _ => answer(200, json, "{}"),
    })
}

#[test]
fn what_is_asked_is_a_get_of_a_listed_path_and_no_secret_is_kept() {
    let peer = Peer::start(open);
    let seen_there = look_within(peer.address, None, &pace(), true);
    let http = seen(seen_there.http);
    assert_eq!(meaning(&http, "/api/v1/secrets?limit=1"), Some(Meaning::Given));
    assert_eq!(meaning(&http, "/debug/flags/v"), Some(Meaning::Unsuitable));
    assert_eq!(meaning(&http, "/version"), Some(Meaning::Given));
    // Not in what was seen, nor in the record.
    assert!(!format!("{http:?}").contains("hunter2"));
    let kept =
        seen_there.exchanges.iter().flat_map(|exchange| &exchange.pieces).filter_map(|piece| piece.bytes.as_ref());
    let all: Vec<u8> = kept.flatten().copied().collect();
    assert!(!all.windows(7).any(|seven| seven == b"hunter2"));
    let requests = peer.seen();
    assert_eq!(requests.len() as u32, seen_there.spent.requests);
    assert!(requests.len() < 40, "{}", requests.len());
    for request in &requests {
        assert!(request.starts_with("GET /"), "{request}");
        assert!(request.contains("user-agent: portcullis-probe/"), "{request}");
        assert!(!request.to_ascii_lowercase().contains("content-length"), "{request}");
    }
    // What was recorded comes to the same when it is read again.
    let again = replay(&seen_there.exchanges);
    let answered: Vec<_> = http.asked.iter().filter(|asked| asked.answer.is_ok()).collect();
    assert_eq!(again.asked.iter().collect::<Vec<_>>(), answered);
}

/// The paths of a table of docs/probe.md.
fn documented(heading: &str) -> Vec<String> {
    let page = include_str!("../../../../docs/probe.md");
    let (_, section) = page.split_once(&format!("### {heading}\n")).unwrap_or_else(|| panic!("no `{heading}`"));
    let section = section.split("\n#").next().unwrap();
    let row = |line: &str| line.strip_prefix("| `")?.split_once('`').map(|(path, _)| path.to_owned());
    section.lines().filter_map(row).collect()
}

#[test]
fn the_page_about_it_lists_exactly_what_is_asked() {
    for (listener, heading) in [
        (Some(Listener::ApiServer), "An API server"),
        (Some(Listener::Kubelet), "A kubelet"),
        (Some(Listener::Etcd), "etcd"),
        (Some(Listener::EtcdPeer), "etcd, for its members"),
        (Some(Listener::EtcdMetrics), "etcd's metrics, at a port of their own"),
        (Some(Listener::Scheduler), "kube-controller-manager and kube-scheduler"),
        (None, "Nobody that is known here"),
    ] {
        let peer = Peer::always(401, "", "Unauthorized");
        let seen_there = look_known(peer.address, listener);
        let mut expected = vec!["/api".to_owned()];
        expected.extend(documented("Whoever it is"));
        expected.extend(documented(heading));
        if listener == Some(Listener::ApiServer) {
            expected.extend(["/api".to_owned(), "/api".to_owned()]);
        }
        let requests = peer.seen();
        // The preface of HTTP/2, which this peer does not speak, has two lines that look like requests.
        let is_preface = |request: &&String| request.starts_with("PRI * HTTP/2.0") || *request == "SM";
        let mut asked: Vec<&str> =
            requests.iter().filter(|request| !is_preface(request)).map(|request| path(request)).collect();
        // A peer of one's own is asked side by side.
        asked.sort_unstable();
        expected.sort_unstable();
        assert_eq!(asked, expected, "{heading}");
        let counted = requests.iter().filter(|request| request.starts_with("GET ")).count();
        let calls = u32::from(listener == Some(Listener::Etcd));
        assert_eq!(seen_there.spent.requests, u32::try_from(counted).unwrap() + calls, "{heading}");
        let credentials = requests.iter().filter(|request| request.contains("authorization: ")).count();
        assert_eq!(credentials, if listener == Some(Listener::ApiServer) { 2 } else { 0 }, "{heading}");
    }
    // And none is asked that has no table.
    let all: Vec<String> = ["Whoever it is", "An API server", "A kubelet", "etcd", "etcd, for its members"]
        .into_iter()
        .chain(["etcd's metrics, at a port of their own", "kube-controller-manager and kube-scheduler"])
        .chain(["Nobody that is known here"])
        .flat_map(documented)
        .collect();
    for ask in asks::LISTS.concat() {
        assert!(all.contains(&ask.path.to_owned()), "{}", ask.path);
    }
}

#[test]
fn nothing_is_followed() {
    let elsewhere = Peer::start(open);
    let location = format!("http://{}/version?ticket=hunter2", elsewhere.address);
    let headers: &'static str = Box::leak(format!("location: {location}\r\n").into_boxed_str());
    let http = seen(Peer::always(302, headers, "").http());
    assert_eq!(meaning(&http, "/version"), Some(Meaning::Redirect));
    assert!(elsewhere.seen().is_empty());
    assert!(!format!("{http:?}").contains("hunter2"));
    // Somebody's web site is not asked for what API servers have.
    assert!(http.list.is_none() && http.asked.len() < 10, "{}", http.asked.len());
}

#[test]
fn pages_for_people_are_no_open_doors() {
    let html = "content-type: text/html\r\n";
    for (body, expected) in [
        ("<html><form><input type=\"password\"></form></html>", Meaning::LoginPage),
        ("<!doctype html><h1>It works!</h1>", Meaning::Page),
    ] {
        let http = seen(Peer::always(200, html, body).http());
        assert_eq!(meaning(&http, "/version"), Some(expected));
        assert_eq!(meaning(&http, "/metrics"), Some(Meaning::Page), "of which nothing was read");
    }
}

#[test]
fn peers_that_misbehave_come_to_an_end() {
    let began = Instant::now();
    let endless_headers = || Does::Floods(b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".repeat(1000));
    let endless_body =
        || Does::Floods(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n".to_vec(), vec![b'z'; 64 << 10]);
    let early = || Does::Floods(Vec::new(), b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(500));
    let chunks =
        || Does::Floods(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(), b"1\r\nz\r\n".repeat(3000));
    // Who would unpack this had a thousand times as much.
    let packed = || {
        let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-type: application/json\r\n\r\n\x1f\x8b\x08";
        Does::Floods(head.to_vec(), vec![0; 64 << 10])
    };
    type Act = Box<dyn Fn(&str) -> Does + Send + Sync>;
    let cases: [(&str, Act); 13] = [
        ("what comes before an answer, without an end", Box::new(move |_| early())),
        ("chunks without an end", Box::new(move |_| chunks())),
        ("a body that is packed", Box::new(move |_| packed())),
        (
            "a chunk that is none",
            Box::new(|_| Does::Answers(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz;\r\nx\r\n".to_vec())),
        ),
        (
            "a chunk of all bytes that there are",
            Box::new(|_| {
                Does::Answers(
                    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n".to_vec(),
                )
            }),
        ),
        (
            "two lengths",
            Box::new(|_| {
                Does::Answers(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 9\r\n\r\nab".to_vec())
            }),
        ),
        ("silent", Box::new(|_| Does::Waits)),
        ("closing", Box::new(|_| Does::Closes)),
        ("garbage", Box::new(|_| Does::Answers(vec![0xde; 3000]))),
        ("headers without an end", Box::new(move |_| endless_headers())),
        ("a body without an end", Box::new(move |_| endless_body())),
        ("a byte at a time", Box::new(|_| Does::Drips(answer(200, "", &"a".repeat(100))))),
        ("an odd status", Box::new(|_| Does::Answers(b"HTTP/1.1 999999 X\r\n\r\n".to_vec()))),
    ];
    thread::scope(|scope| {
        for (name, does) in cases {
            scope.spawn(move || {
                let peer = Peer::start(does);
                let seen_there = look_within(peer.address, None, &pace(), false);
                match (name, &seen_there.http) {
                    ("silent", Sight::Unseen(Failure::TimedOut)) => {}
                    (
                        "a body without an end"
                        | "a byte at a time"
                        | "chunks without an end"
                        | "a body that is packed"
                        | "a chunk that is none"
                        | "a chunk of all bytes that there are"
                        | "two lengths",
                        Sight::Seen(http),
                    ) => {
                        // Whatever came, no more of it was taken than is looked at.
                        for (_, answer) in http.answers() {
                            assert!(answer.words.as_ref().is_none_or(|words| words.len() <= 4096), "{name}");
                        }
                    }
                    ("garbage", Sight::NotOffered) => {}
                    ("closing", Sight::Unseen(Failure::Closed)) => {}
                    (
                        "an odd status"
                        | "headers without an end"
                        | "a byte at a time"
                        | "what comes before an answer, without an end",
                        Sight::Unseen(Failure::Garbled(_) | Failure::TooMuch),
                    ) => {}
                    (_, other) => panic!("{name}: {other:?}"),
                }
                assert!(seen_there.spent.received < 8 << 20, "{name}: {}", seen_there.spent.received);
                assert!(peer.seen().len() < 40, "{name}");
            });
        }
    });
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn nothing_that_moves_a_cursor_or_turns_a_line_is_kept() {
    let odd = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{2066}\u{61c}\u{0}\u{8}";
    let headers =
        format!("server: a{}b\r\nwarning: x\u{202e}y\r\ncontent-type: text/plain\r\n", odd.replace('\u{0}', ""));
    let body = format!("{{\"gitVersion\":\"v1.30.0{odd}\",\"message\":\"User \\\"{odd}me\\\" cannot\"}}");
    let whole = answer(403, &headers, &body);
    let http = seen(Peer::start(move |_| Does::Answers(whole.clone())).http());
    let moves = |letter: char| {
        letter.is_control() && letter != '\n'
            || matches!(letter, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut answers = 0;
    for (_, answer) in http.answers() {
        answers += 1;
        let texts =
            answer.headers.iter().flat_map(|(name, value)| [name, value]).chain(&answer.user).chain(&answer.words);
        for text in texts {
            assert!(!text.contains(moves), "{text:?}");
        }
    }
    assert!(answers > 0, "{http:?}");
}

/// After a client's preface of HTTP/2, which reads as a request, come frames without an end.
#[test]
fn a_flood_of_frames_comes_to_an_end() {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[length[1], length[2], length[3], kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let settings = frame(4, 0, 0, &[]);
    let ping = frame(6, 0, 0, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let window = frame(8, 0, 0, &[0, 0, 0, 1]);
    // Headers that do not end: `:status: 200` over and over, and a value of 4000 bytes that each byte afterwards stands for.
    let (status, more_status) = (frame(1, 0, 1, &[0x88]), frame(9, 0, 1, &[0x88; 100]));
    let long = [&[0x88, 0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], &[b'v'; 4000]].concat();
    let (bomb, more_bomb) = (frame(1, 0, 1, &long), frame(9, 0, 1, &[0xbe; 1000]));
    for (name, first, then) in [
        ("settings", Vec::new(), settings.clone()),
        ("pings", Vec::new(), ping),
        ("windows", Vec::new(), window),
        ("garbage", Vec::new(), vec![0xff; 64]),
        ("continued headers", status, more_status),
        ("headers that grow", bomb, more_bomb),
        ("resets", Vec::new(), frame(3, 0, 1, &[0, 0, 0, 8])),
        ("goodbyes", Vec::new(), frame(7, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0])),
    ] {
        let (first, flood) = ([settings.clone(), first].concat(), then.repeat(100));
        let peer = Peer::start(move |request| match path(request) {
            "*" => Does::Floods(first.clone(), flood.clone()),
            "/version" => Does::Answers(answer(200, "", r#"{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}"#)),
            "/health" => Does::Answers(answer(200, "", r#"{"health":"true"}"#)),
            _ => Does::Answers(answer(404, "", "404 page not found\n")),
        });
        let began = Instant::now();
        let seen_there = look_within(peer.address, None, &pace(), false);
        let http = seen(seen_there.http);
        assert_eq!(meaning(&http, "/version"), Some(Meaning::Given), "{name}");
        let call = http.asked.iter().find(|asked| asked.over == Over::Plain2).expect("a call");
        assert!(call.answer.is_err(), "{name}: {:?}", call.answer);
        assert_eq!((http.etcd, call.who), (None, Who::Anonymous), "{name}");
        assert!(seen_there.spent.received < 2 << 20, "{name}: {:?}", seen_there.spent);
        assert!(began.elapsed() < Duration::from_secs(15), "{name}: {:?}", began.elapsed());
    }
}

/// A server of one connection at a time, which asks no one who waits behind another.
#[test]
fn who_serves_one_connection_at_a_time_answers_all_of_the_list() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            converse(stream, &|_| Does::Answers(answer(401, "", "Unauthorized")), &log);
        }
    });
    let clock = Instant::now();
    let Sight::Seen(http) = look_known(address, Some(Listener::ApiServer)).http else { panic!("nothing was seen") };
    for ask in asks::API_SERVER {
        let answers = http.answers().filter(|(asked, _)| asked.path == ask.path && asked.who == Who::Anonymous);
        assert!(answers.count() >= 1, "{}", ask.path);
    }
    assert!(clock.elapsed() < Duration::from_secs(20));
}
