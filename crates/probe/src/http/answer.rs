//! What an answer means, by its status, its headers and its first bytes.
//!
//! Servers refuse in different words, and things that stand in front of them in others again. Nothing here trusts what it
//! reads: a length is bounded, a text is cut and loses what would move a terminal's cursor.

use model::Meaning;

/// An answer as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What an answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub meaning: Meaning,
    /// Whom the server took the caller for, where it says so.
    pub user: Option<String>,
    /// Headers that tell something, sorted; of those that differ from answer to answer only that they are there.
    pub headers: Vec<(String, String)>,
    /// The first bytes, where they were read and are text.
    pub words: Option<String>,
}

/// Bytes of an answer that are looked at, at most.
pub const LOOKED_AT: usize = 4096;

/// Characters of a value that are kept.
const SHOWN: usize = 200;

/// Headers that are kept as they are: they say what serves, or what it wants, and are the same in the next run.
const TELLING: [&str; 18] = [
    "access-control-allow-origin",
    "allow",
    "alt-svc",
    "cache-control",
    "content-length",
    "content-type",
    "etag",
    "grpc-status",
    "server",
    "strict-transport-security",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-content-type-options",
    "x-etcd-cluster-id",
    "x-kubernetes-pf-flowschema-uid",
    "x-powered-by",
];

/// Headers whose value is new in each answer or may be a secret, and which are telling all the same.
const PRESENT: [&str; 3] = ["audit-id", "set-cookie", "x-kubernetes-pf-prioritylevel-uid"];

/// What an answer means; `body` is as much of it as was read, which may be nothing.
pub fn classify(head: &Head, body: &[u8]) -> Answer {
    let body = &body[..body.len().min(LOOKED_AT)];
    let text = String::from_utf8_lossy(body);
    let meaning = meaning(head, &text);
    let words = (!body.is_empty() && std::str::from_utf8(body).is_ok_or_cut()).then(|| plain(&text, LOOKED_AT));
    Answer { status: head.status, meaning, user: user(&text), headers: headers(head), words }
}

/// Whether bytes are text, be it one whose last character was cut in two.
trait OkOrCut {
    fn is_ok_or_cut(&self) -> bool;
}

impl OkOrCut for Result<&str, std::str::Utf8Error> {
    fn is_ok_or_cut(&self) -> bool {
        self.as_ref().err().is_none_or(|error| error.error_len().is_none())
    }
}

fn meaning(head: &Head, text: &str) -> Meaning {
    // Go: net/http server.go, since 1.12, of any server of Kubernetes. nginx: 497. Apache: "speaking plain HTTP".
    let tls = [
        "Client sent an HTTP request to an HTTPS server",
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
    ];
    if matches!(head.status, 400 | 497) && tls.iter().any(|words| text.contains(words)) {
        return Meaning::SpeakTls;
    }
    // nginx: 495 and 496, which go out as 400 (ngx_http_special_response.c). HAProxy and Envoy end the handshake instead.
    let certificate = ["No required SSL certificate was sent", "The SSL certificate error"];
    if matches!(head.status, 400 | 495 | 496) && certificate.iter().any(|words| text.contains(words)) {
        return Meaning::CertificateRequired;
    }
    let page = is_page(head, text);
    match head.status {
        200..=299 if page && asks_for_password(text) => Meaning::LoginPage,
        // The index of the profiles and the listing of log files are pages of Go's own.
        200..=299 if page && !is_gos_own(text) => Meaning::Page,
        200..=299 => Meaning::Given,
        300..=399 => Meaning::Redirect,
        401 if page && asks_for_password(text) => Meaning::LoginPage,
        401 => Meaning::Unauthenticated,
        403 => Meaning::Forbidden,
        404 | 410 => Meaning::Missing,
        405 | 406 => Meaning::Unsuitable,
        429 => Meaning::TooMany,
        500..=599 => Meaning::Broken,
        _ => Meaning::Other,
    }
}

fn is_page(head: &Head, text: &str) -> bool {
    let start = text.trim_start().get(..15).unwrap_or(text.trim_start()).to_ascii_lowercase();
    head.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
        || start.starts_with("<!doctype html")
        || start.starts_with("<html")
}

/// net/http/pprof's index, net/http's listing of a folder, and the index of the flags (apiserver pkg/server/routes/flags.go).
/// Where the body was not read, nothing tells them from other pages, and the path has to (see [`of_path`]).
fn is_gos_own(text: &str) -> bool {
    text.contains("/debug/pprof/") || text.trim_start().starts_with("<pre>") || text.contains("/debug/flags/")
}

/// The meaning of an answer to one path: pages are what some paths give.
pub fn of_path(path: &str, answer: Answer) -> Answer {
    let gives_pages = ["/debug/pprof/", "/debug/flags/", "/logs/"].iter().any(|start| path.starts_with(start));
    if answer.meaning == Meaning::Page && gives_pages && answer.words.is_none() {
        return Answer { meaning: Meaning::Given, ..answer };
    }
    answer
}

fn asks_for_password(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["type=\"password\"", "type='password'", "type=password", "sign in", "log in", "login"]
        .iter()
        .any(|words| text.contains(words))
}

/// The user that a refusal names: an API server's Status (apimachinery pkg/api/errors: `User "x" cannot get path "/y"`) or a
/// kubelet's words (`Forbidden (user=x, verb=get, …)`, pkg/kubelet/server/server.go).
fn user(text: &str) -> Option<String> {
    let quoted = text.split_once("User \\\"").and_then(|(_, rest)| rest.split_once("\\\""));
    let of_kubelet = || text.split_once("Forbidden (user=").and_then(|(_, rest)| rest.split_once(", verb="));
    let name = quoted.or_else(of_kubelet).map(|(name, _)| name)?;
    (!name.is_empty() && name.len() <= SHOWN).then(|| plain(name, SHOWN))
}

fn headers(head: &Head) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in &head.headers {
        let name = name.as_str();
        let value = if TELLING.contains(&name) {
            plain(value, SHOWN)
        } else if name == "location" {
            // What follows may be a ticket.
            plain(value.split(['?', '#']).next().unwrap_or_default(), SHOWN)
        } else if PRESENT.contains(&name) {
            String::new()
        } else {
            continue;
        };
        if !kept.iter().any(|(known, _)| known == name) {
            kept.push((name.to_owned(), value));
        }
    }
    kept.sort_unstable();
    kept
}

/// A text of a stranger as it may be shown: so many characters, without what moves a cursor or turns the order of a line
/// (Unicode's Bidi_Control).
pub(super) fn plain(text: &str, most: usize) -> String {
    let turns = |letter: char| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|&letter| letter == '\n' || !letter.is_control() && !turns(letter)).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        classify(&Head { status, headers }, body.as_bytes())
    }

    /// As recorded from kube-apiserver 1.20.2 and 1.36.2, etcd 3.4.23, nginx and others.
    #[test]
    fn refusals_of_different_servers_are_told_apart() {
        let json: &[(&str, &str)] = &[("content-type", "application/json")];
        let html: &[(&str, &str)] = &[("content-type", "text/html")];
        for (status, headers, body, meaning, user) in [
            (
                403,
                json,
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"forbidden: User \"system:anonymous\" cannot get path \"/api\"","reason":"Forbidden","details":{},"code":403}"#,
                Meaning::Forbidden,
                Some("system:anonymous"),
            ),
            (
                403,
                json,
                r#"{"kind":"Status","message":"secrets is forbidden: User \"system:anonymous\" cannot list resource \"secrets\" in API group \"\" at the cluster scope","code":403}"#,
                Meaning::Forbidden,
                Some("system:anonymous"),
            ),
            (
                401,
                json,
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#,
                Meaning::Unauthenticated,
                None,
            ),
            // A kubelet, until 1.32 and from then on.
            (
                403,
                &[],
                "Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy)",
                Meaning::Forbidden,
                Some("system:anonymous"),
            ),
            (
                403,
                &[],
                "Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource(s)=[pods proxy])\n",
                Meaning::Forbidden,
                Some("system:anonymous"),
            ),
            (401, &[], "Unauthorized", Meaning::Unauthenticated, None),
            (400, &[], "Client sent an HTTP request to an HTTPS server.\n", Meaning::SpeakTls, None),
            (
                400,
                html,
                "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n",
                Meaning::SpeakTls,
                None,
            ),
            (
                400,
                html,
                "<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n",
                Meaning::CertificateRequired,
                None,
            ),
            (400, html, "<html><head><title>400 Bad Request</title></head>", Meaning::Other, None),
            (200, html, "<!DOCTYPE html><form><input type=\"password\" name=\"p\">", Meaning::LoginPage, None),
            (401, html, "<html><h1>Log in</h1>", Meaning::LoginPage, None),
            (200, html, "<html><h1>Welcome to nginx!</h1>", Meaning::Page, None),
            (200, html, "<html>\n<head>\n<title>/debug/pprof/</title>", Meaning::Given, None),
            (302, &[("location", "https://sso.example/auth?state=hunter2")], "", Meaning::Redirect, None),
            (406, json, r#"{"kind":"Status","message":"406: Not Acceptable","code":406}"#, Meaning::Unsuitable, None),
            (404, &[], "404 page not found\n", Meaning::Missing, None),
            (429, &[], "", Meaning::TooMany, None),
            (503, html, "<html><body><h1>503 Service Unavailable</h1>", Meaning::Broken, None),
            (200, json, "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}", Meaning::Given, None),
            (418, &[], "", Meaning::Other, None),
        ] {
            let found = answer(status, headers, body);
            assert_eq!((found.meaning, found.user.as_deref()), (meaning, user), "{status} {body}");
        }
    }

    #[test]
    fn what_is_kept_of_headers_is_no_secret_and_the_same_in_the_next_run() {
        let found = answer(
            302,
            &[
                ("date", "Fri, 27 Nov 2026 19:25:50 GMT"),
                ("audit-id", "1c9079da-ee82-410c-8a59-e5b512d1fac3"),
                ("set-cookie", "session=hunter2"),
                ("location", "https://sso.example/auth?state=hunter2"),
                ("server", "nginx\u{1b}[2J/1.22"),
                ("x-kubernetes-pf-prioritylevel-uid", "8d9e"),
            ],
            "",
        );
        let said: Vec<String> = found.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            said,
            [
                "audit-id=",
                "location=https://sso.example/auth",
                "server=nginx[2J/1.22",
                "set-cookie=",
                "x-kubernetes-pf-prioritylevel-uid="
            ]
        );
    }

    #[test]
    fn a_page_that_a_path_gives_is_an_answer() {
        let unread = answer(200, &[("content-type", "text/html; charset=utf-8")], "");
        assert_eq!(unread.meaning, Meaning::Page);
        assert_eq!(of_path("/debug/pprof/", unread.clone()).meaning, Meaning::Given);
        assert_eq!(of_path("/api/v1/secrets?limit=1", unread).meaning, Meaning::Page);
    }

    #[test]
    fn bytes_that_are_no_text_have_no_words() {
        let head = Head { status: 200, headers: Vec::new() };
        assert_eq!(classify(&head, &[0xff, 0xfe, 0]).words, None);
        assert_eq!(classify(&head, "é".as_bytes()).words.as_deref(), Some("é"));
        // Cut in the middle of a letter.
        assert!(classify(&head, &"é".as_bytes()[..1]).words.is_some());
        assert_eq!(classify(&head, &vec![b'a'; 1 << 20]).words.map(|words| words.len()), Some(LOOKED_AT));
    }
}
