//! A request as the API server understands it: who asks, and for what.
//!
//! The server makes attributes of a method and a path before anything else looks at a request, and audit policies,
//! authorizers and conditions only ever see those (apiserver pkg/endpoints/request/requestinfo.go, `NewRequestInfo`, 1.7
//! to 1.36). A request may also name its attributes itself, as an audit event does; what is named wins over the path.
//!
//! It opens no file. Start at [`read`], which reads requests from JSON, and [`Request::asked`].

mod selectors;

use std::collections::BTreeMap;

use model::Minor;
use serde::{Deserialize, Serialize};

pub use selectors::{Requirement, field_requirements, label_requirements};
pub(crate) use selectors::{is_label_key, is_label_value};

/// A request as somebody wrote it down; what is not named is made of the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Empty is nobody: the credential was refused. One that is not named is anonymous, but where a credential was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Those that authentication adds where they are not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<BTreeMap<String, Vec<String>>>,
    /// The verb of the API, such as `list`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// The method of HTTP; GET where it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path with its query, as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The path of a request that is for no resource, without query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the server answered; only 401 means anything here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What was shown, in words: `none`, `unknown bearer token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Whom the user acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonated: Option<Impersonated>,
}

/// The user that another one acts for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impersonated {
    pub user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<BTreeMap<String, Vec<String>>>,
    /// Whether the server refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<bool>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub groups: Vec<String>,
    pub uid: String,
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What is asked for. Of a request that is for no resource, all but `verb` and `path` are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attributes {
    pub verb: String,
    /// Whether it is for a resource.
    pub is_resource: bool,
    /// Decoded and without query; of a request that names its resource itself, empty.
    pub path: String,
    pub group: String,
    pub version: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    /// As given, where the server passes it on.
    pub field_selector: Option<String>,
    pub label_selector: Option<String>,
}

/// Why a request has no attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// It does not say enough, or contradicts itself: a mistake of whoever wrote it down.
    Mistake(&'static str),
    /// The server refuses it before anything looks at it, with this status.
    Refused(u16, &'static str),
}

/// Requests that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub message: String,
    /// 1-based; `None` where all of the text is meant.
    pub line: Option<usize>,
}

/// Requests of one file at most.
const MOST: usize = 1_000_000;

/// Reads requests from JSON: an array of them, or one after the other, as on lines.
pub fn read(text: &str) -> Result<Vec<Request>, Unreadable> {
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |error: &serde_json::Error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Unreadable { message, line: Some(error.line()).filter(|line| *line > 0) }
    };
    let requests: Vec<Request> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| wrong(&error))?
    } else {
        let stream = serde_json::Deserializer::from_str(text).into_iter::<Request>();
        stream.take(MOST + 1).collect::<Result<_, _>>().map_err(|error| wrong(&error))?
    };
    if requests.len() > MOST {
        return Err(Unreadable { message: format!("more than {MOST} requests"), line: None });
    }
    for (index, request) in requests.iter().enumerate() {
        if let Err(NotAsked::Mistake(message)) = request.asked(Minor::new(1, 36)) {
            return Err(Unreadable { message: format!("request {}: {message}", index + 1), line: None });
        }
    }
    Ok(requests)
}

impl Request {
    /// Who asks; `None` where nobody was let in, which the server answers with 401.
    pub fn user(&self) -> Option<User> {
        if self.status == Some(401) {
            return None;
        }
        let name = match &self.user {
            Some(name) if name.is_empty() => return None,
            Some(name) => name.as_str(),
            // A credential that is nobody's was refused.
            None if self.credential.as_deref().is_some_and(|shown| shown != "none") => return None,
            None => ANONYMOUS,
        };
        Some(User {
            name: name.to_owned(),
            groups: self.groups.clone().unwrap_or_else(|| groups_of(name)),
            uid: self.uid.clone().unwrap_or_default(),
            extra: self.extra.clone().unwrap_or_default(),
        })
    }

    /// What is asked for, as a release understands it.
    pub fn asked(&self, minor: Minor) -> Result<Attributes, NotAsked> {
        let method = self.method.as_deref().unwrap_or("GET");
        let named = self.resource.as_deref().is_some_and(|resource| !resource.is_empty());
        if named && self.url.is_some() {
            return Err(NotAsked::Mistake("it names a resource and a `url`, which is for none"));
        }
        let mut asked = match (&self.path, &self.url) {
            (Some(path), _) => parse(method, path, minor)?,
            (None, Some(_)) => Attributes { verb: method.to_lowercase(), ..Attributes::default() },
            (None, None) if named => {
                let verb = verb_of(method, self.name.as_deref().is_some_and(|name| !name.is_empty()));
                Attributes { verb: verb.to_owned(), is_resource: true, ..Attributes::default() }
            }
            (None, None) => return Err(NotAsked::Mistake("it names no `path` and no `resource`")),
        };
        if let Some(url) = &self.url {
            asked = Attributes { verb: method.to_lowercase(), path: url.clone(), ..Attributes::default() };
        } else if named && !asked.is_resource {
            asked.is_resource = true;
            asked.verb = verb_of(method, self.name.as_deref().is_some_and(|name| !name.is_empty())).to_owned();
        }
        let fields = [
            (&self.verb, &mut asked.verb),
            (&self.group, &mut asked.group),
            (&self.version, &mut asked.version),
            (&self.resource, &mut asked.resource),
            (&self.subresource, &mut asked.subresource),
            (&self.namespace, &mut asked.namespace),
            (&self.name, &mut asked.name),
        ];
        for (named, field) in fields {
            if let Some(named) = named {
                field.clone_from(named);
            }
        }
        Ok(asked)
    }

    /// As JSON, as it was written but without what may be a secret.
    pub fn json(&self) -> serde_json::Value {
        serde_json::to_value(self.shown()).unwrap_or_default()
    }

    /// The same request without what may be a secret: a credential that is no words, and tokens in the query.
    pub fn shown(&self) -> Self {
        const LONGEST_WORD: usize = 24;
        let mut shown = self.clone();
        if let Some(credential) = &mut shown.credential
            && credential.split(' ').any(|word| word.len() > LONGEST_WORD)
        {
            *credential = "*".repeat(credential.len());
        }
        if let Some(path) = &mut shown.path
            && let Some((before, query)) = path.split_once('?')
        {
            let pairs = query.split('&').map(|pair| match pair.split_once('=') {
                Some((name, value)) if is_secret(name) => format!("{name}={}", "*".repeat(value.len())),
                _ => pair.to_owned(),
            });
            *path = format!("{before}?{}", pairs.collect::<Vec<_>>().join("&"));
        }
        shown
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["token", "secret", "password"].iter().any(|part| name.contains(part)) && name != "continuetoken"
}

const ANONYMOUS: &str = "system:anonymous";

/// The groups that authentication adds by itself (pkg/authentication/group/authenticated_group_adder.go, 1.36; for
/// service accounts pkg/authentication/serviceaccount/util.go, `MakeGroupNames`).
fn groups_of(name: &str) -> Vec<String> {
    if name == ANONYMOUS {
        return vec!["system:unauthenticated".to_owned()];
    }
    let mut groups = Vec::new();
    if let Some((namespace, _)) = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        groups.extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
    }
    groups.push("system:authenticated".to_owned());
    groups
}

/// The verb of a request for a resource that its method alone makes.
fn verb_of(method: &str, has_name: bool) -> &'static str {
    match (method, has_name) {
        ("POST", _) => "create",
        ("GET" | "HEAD", true) => "get",
        ("GET" | "HEAD", false) => "list",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "delete",
        ("DELETE", false) => "deletecollection",
        _ => "",
    }
}

/// The path of a request as the server compares it, decoded and without its query; `None` for one that does not decode,
/// which Go's HTTP server refuses.
pub(crate) fn path(target: &str) -> Option<String> {
    selectors::unescape(target.split('?').next().unwrap_or_default(), false)
}

/// `NewRequestInfo`, with the prefixes `api` and `apis` of kube-apiserver.
fn parse(method: &str, target: &str, minor: Minor) -> Result<Attributes, NotAsked> {
    if !target.starts_with('/') {
        return Err(NotAsked::Mistake("its `path` does not begin with `/`"));
    }
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let path = path(target).ok_or(NotAsked::Refused(400, "the path is no valid URL"))?;
    let plain = Attributes { verb: method.to_lowercase(), path: path.clone(), ..Attributes::default() };
    let trimmed = path.trim_matches('/');
    let mut parts: Vec<&str> = if trimmed.is_empty() { Vec::new() } else { trimmed.split('/').collect() };
    if parts.len() < 3 || !matches!(parts.first(), Some(&"api" | &"apis")) {
        return Ok(plain);
    }
    let mut asked = plain.clone();
    if parts.remove(0) == "apis" {
        if parts.len() < 3 {
            return Ok(plain);
        }
        asked.group = parts.remove(0).to_owned();
    }
    asked.is_resource = true;
    asked.version = parts.remove(0).to_owned();
    let by_path = matches!(parts.first(), Some(&"watch" | &"proxy"));
    if by_path {
        let verb = parts.remove(0);
        if parts.is_empty() {
            return Err(NotAsked::Refused(500, "the path ends behind `watch` or `proxy`"));
        }
        asked.verb = verb.to_owned();
    } else {
        // What a request without a name becomes is told below.
        asked.verb = verb_of(method, true).to_owned();
    }
    if let ["namespaces", namespace, rest @ ..] = parts.as_slice() {
        asked.namespace = (*namespace).to_owned();
        if rest.first().is_some_and(|first| !matches!(*first, "status" | "finalize")) {
            parts = rest.to_vec();
        }
    }
    asked.resource = parts.first().copied().unwrap_or_default().to_owned();
    asked.name = parts.get(1).copied().unwrap_or_default().to_owned();
    if asked.verb != "proxy" {
        asked.subresource = parts.get(2).copied().unwrap_or_default().to_owned();
    }
    let query = selectors::query(query);
    if asked.name.is_empty() && asked.verb == "get" {
        let options = selectors::list_options(&query, minor);
        asked.verb = if options.watch { "watch" } else { "list" }.to_owned();
        asked.name = options.name.unwrap_or_default();
    }
    if asked.name.is_empty() && asked.verb == "delete" {
        asked.verb = "deletecollection".to_owned();
    }
    // AuthorizeWithSelectors: off by default in 1.31, on from 1.32.
    let selects = !by_path && matches!(asked.verb.as_str(), "list" | "watch" | "deletecollection");
    if minor >= Minor::new(1, 32) && selects {
        let first = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        asked.field_selector = first("fieldSelector").filter(|selector| !selector.is_empty());
        asked.label_selector = first("labelSelector").filter(|selector| !selector.is_empty());
    }
    Ok(asked)
}

/// Whether a request may take as long as it likes: `BasicLongRunningRequestCheck` with what kube-apiserver gives it
/// (pkg/controlplane/apiserver/config.go, 1.36; cmd/kube-apiserver/app/server.go before 1.27).
pub(crate) fn is_long_running(asked: &Attributes) -> bool {
    matches!(asked.verb.as_str(), "watch" | "proxy")
        || (asked.is_resource
            && matches!(asked.subresource.as_str(), "attach" | "exec" | "proxy" | "log" | "portforward"))
        || (!asked.is_resource && asked.path.starts_with("/debug/pprof/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, path: &str) -> String {
        let request = Request { method: Some(method.to_owned()), path: Some(path.to_owned()), ..Request::default() };
        match request.asked(Minor::new(1, 36)) {
            Ok(a) if a.is_resource => {
                format!("{} {}|{}|{}|{}|{}", a.verb, a.group, a.resource, a.subresource, a.namespace, a.name)
            }
            Ok(a) => format!("{} {}", a.verb, a.path),
            Err(NotAsked::Mistake(why)) => why.to_owned(),
            Err(NotAsked::Refused(status, _)) => status.to_string(),
        }
    }

    #[test]
    fn paths_are_understood_as_the_server_understands_them() {
        for (request, expected) in [
            ("GET /api/v1/pods", "list |pods|||"),
            ("GET //api/v1/pods/", "list |pods|||"),
            ("GET /api//v1/pods", "get |v1|||pods"),
            ("HEAD /api/v1/namespaces/a/pods/p", "get |pods||a|p"),
            ("get /api/v1/namespaces/a/pods/p", " |pods||a|p"),
            ("GET /api/v1/namespaces/a", "get |namespaces||a|a"),
            ("PUT /api/v1/namespaces/a/finalize", "update |namespaces|finalize|a|a"),
            ("GET /api/v1/namespaces/a/other", "list |other||a|"),
            ("GET /api/v1/namespaces/status", "get |namespaces||status|status"),
            ("GET /api/v1/watch/namespaces/a/pods/p", "watch |pods||a|p"),
            ("DELETE /api/v1/proxy/nodes/n/x/y", "proxy |nodes|||n"),
            ("GET /api/v1/watch", "500"),
            ("GET /api/v1/watch/", "500"),
            ("DELETE /apis/apps/v1/namespaces/a/deployments", "deletecollection apps|deployments||a|"),
            ("POST /apis/apps/v1", "post /apis/apps/v1"),
            ("GET /apis/apps/v1/", "get /apis/apps/v1/"),
            ("GET /api/v1", "get /api/v1"),
            ("GET /livez%2Fetcd?verbose", "get /livez/etcd"),
            ("GET /%zz", "400"),
            ("GET /API/v1/secrets", "get /API/v1/secrets"),
            ("OPTIONS /api/v1/pods/p", " |pods|||p"),
            ("GET /api/v1/pods?watch", "watch |pods|||"),
            ("GET /api/v1/pods?watch=False", "list |pods|||"),
            ("GET /api/v1/pods?watch=0&watch=1", "list |pods|||"),
            ("GET /api/v1/pods/p?watch=1", "get |pods|||p"),
            ("GET /api/v1/pods?fieldSelector=metadata.name%3Dp", "list |pods|||p"),
            ("GET /api/v1/pods?fieldSelector=metadata.name=p,spec.nodeName!=n&watch=1", "watch |pods|||p"),
            ("GET /api/v1/pods?fieldSelector=metadata.name!=p", "list |pods|||"),
            ("GET /api/v1/pods?fieldSelector=metadata.name=a%2Fb", "list |pods|||"),
            ("GET /api/v1/pods?fieldSelector=metadata.name=p&limit=x", "list |pods|||"),
            ("GET /api/v1/pods?fieldSelector=metadata.name=p&limit=x&watch=1", "watch |pods|||"),
            ("GET /api/v1/pods?fieldSelector=metadata.name=p&labelSelector=a+in+()", "list |pods|||"),
            ("GET /api/v1/pods?fieldSelector=metadata.name=p&labelSelector=a+in+(b,),!c", "list |pods|||p"),
            ("DELETE /api/v1/pods?fieldSelector=metadata.name=p", "deletecollection |pods|||"),
            ("GET pods", "its `path` does not begin with `/`"),
        ] {
            let (method, path) = request.split_once(' ').expect("two words");
            assert_eq!(asked(method, path), expected, "{request}");
        }
    }

    #[test]
    fn what_a_request_names_wins_over_its_path() {
        let line = |text: &str| read(text).map(|requests| requests[0].asked(Minor::new(1, 36)).expect("asked"));
        let secrets = line(r#"{"verb":"list","resource":"secrets","namespace":"a"}"#).expect("read");
        assert_eq!((secrets.is_resource, secrets.verb.as_str(), secrets.namespace.as_str()), (true, "list", "a"));
        let other = line(r#"{"path":"/api/v1/pods","verb":"watch","name":"p"}"#).expect("read");
        assert_eq!((other.verb.as_str(), other.resource.as_str(), other.name.as_str()), ("watch", "pods", "p"));
        let url = line(r#"{"url":"/metrics","method":"GET"}"#).expect("read");
        assert_eq!((url.is_resource, url.verb.as_str(), url.path.as_str()), (false, "get", "/metrics"));
        let fault = |text: &str| read(text).expect_err("unreadable");
        assert_eq!(fault("[\n{\"path\":\"/a\"},\n{\"pth\":\"/b\"}]").line, Some(3));
        assert!(fault("{\"path\":\"/a\"}\n{\"path\":").line == Some(2));
        assert!(fault(r#"{"user":"a"}"#).message.contains("request 1"));
        assert!(fault(r#"{"resource":"a","url":"/b"}"#).message.contains("url"));
        assert!(fault(&format!("{}{}", r#"{"extra":"#, "[".repeat(100_000))).line.is_some());
        assert_eq!(read("  \n").expect("none").len(), 0);
    }

    #[test]
    fn nobody_is_told_apart_from_anonymous() {
        let one = |text: &str| read(text).expect("read").remove(0).user();
        assert_eq!(one(r#"{"path":"/"}"#).expect("anonymous").groups, ["system:unauthenticated"]);
        assert_eq!(one(r#"{"path":"/","user":""}"#), None);
        assert_eq!(one(r#"{"path":"/","user":"a","status":401}"#), None);
        assert_eq!(one(r#"{"path":"/","credential":"unknown bearer token"}"#), None);
        let account = one(r#"{"path":"/","user":"system:serviceaccount:n:a"}"#).expect("an account");
        assert_eq!(account.groups, ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let text = r#"{"path":"/x?access_token=abc&a=b","credential":"Bearer 0123456789012345678901234567"}"#;
        let shown = read(text).expect("read").remove(0).shown();
        assert_eq!(shown.path.as_deref(), Some("/x?access_token=***&a=b"));
        assert!(shown.credential.is_some_and(|credential| credential.bytes().all(|b| b == b'*')));
    }
}
