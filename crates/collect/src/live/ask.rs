//! Puts every question to one cluster, and takes the answers in as they were given.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use facts::{
    live::{self, ASKS, Ask, Form, Review, Rights},
    running::metrics::Projection,
};
use kube::config::{AuthInfo, Config, KubeConfigOptions};
use model::Gap;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{
    Pace,
    access::{Entry, Way},
    client::{self, Answer, Conversation, Limits, Requests},
    exec,
    failure::{self, Failure},
    outside::{Outside, Sights},
};

/// One cluster's answers, as they came. Nothing is cut out yet, so that it goes no farther than to the one who cuts.
pub(super) struct Asked {
    pub(super) answers: Vec<Given>,
    pub(super) id: Option<String>,
    pub(super) spent: Requests,
    /// Whether the server had to prove nothing.
    pub(super) unverified: bool,
    /// What its addresses showed to a stranger.
    pub(super) sights: Sights,
    /// Why there are no answers besides.
    pub(super) failure: Option<Failure>,
}

pub(super) struct Given {
    /// The server that was asked, with which the name of the evidence begins.
    pub(super) base: Arc<str>,
    pub(super) ask: &'static Ask,
    pub(super) raw: Raw,
}

impl Given {
    /// Why there is no answer, where that is the server's doing; who may not have one got one.
    fn no_answer(&self) -> Option<&str> {
        match &self.raw {
            Raw::Unread(gap) if gap.reason.starts_with("no answer to") => Some(&gap.reason),
            Raw::Text(_) | Raw::Older(..) | Raw::Missing | Raw::Unread(_) => None,
        }
    }
}

pub(super) enum Raw {
    Text(String),
    /// A text that one of the older paths of the ask gave.
    Older(&'static str, String),
    Missing,
    Unread(Gap),
}

/// Objects that are asked for at a time.
const PAGE: usize = 500;

/// Objects of one kind that are taken in as they are given.
const MOST: usize = 20_000;

/// Bytes of one list that are kept.
const LARGEST: usize = 48 << 20;

const LIMITS: Limits = Limits { connect: Duration::from_secs(10), request: Duration::from_secs(20), largest: 32 << 20 };

/// Asks one cluster everything, until all is answered or the time is over.
pub(super) async fn cluster(
    way: &Way,
    asks: &[&'static Ask],
    Pace { time, from_outside, .. }: Pace,
) -> Result<Asked, Failure> {
    let until = Instant::now() + time;
    let server = way.server.trim_end_matches('/').to_owned();
    let config = config(way).await?;
    let authority = authority(&config);
    // Beside the questions, which it does not hold up.
    let mut outside = Outside::begin(&config, from_outside, until);
    let mut talk = Conversation::with(config.clone(), &server, LIMITS, until)?;
    let mut bare = config.clone();
    bare.auth_info = AuthInfo::default();
    let mut nobody = Conversation::with(bare, &server, LIMITS, until)?;
    let base: Arc<str> = server.as_str().into();
    let given = |ask: &'static Ask, raw: Raw| Given { base: Arc::clone(&base), ask, raw };
    let mut answers: Vec<Given> = Vec::with_capacity(asks.len());
    let mut broken: Option<String> = None;
    let mut may = May::default();
    for (index, &ask) in asks.iter().enumerate() {
        if let Some(why) = &broken {
            answers.push(given(ask, Raw::Unread(ask.unanswered(why))));
            continue;
        }
        // Who answers nothing is not asked what may be asked.
        if index == 1 {
            may.rights = talk.review(Review::Rules).await.ok().flatten().and_then(|answer| Rights::read(&answer));
        }
        if index > 0 && !may.ask(&mut talk, ask).await {
            answers.push(given(ask, Raw::Unread(ask.not_granted())));
            continue;
        }
        let talk = if ask.as_nobody { &mut nobody } else { &mut talk };
        match one(talk, ask).await {
            Ok(Some(raw)) => {
                if ask.path == live::PUBLISHED
                    && let Raw::Text(slice) | Raw::Older(_, slice) = &raw
                {
                    outside.published(slice);
                }
                answers.push(given(ask, raw));
            }
            // Who is not known is told the same whatever is asked.
            Ok(None) if index == 0 => {
                return Err(Failure {
                    message: format!("{server}: it does not take the credentials (401)"),
                    hint: Some("have they expired? `kubectl --context` with that name would say the same".to_owned()),
                });
            }
            Ok(None) => {
                answers.push(given(ask, Raw::Unread(ask.unanswered("the credentials were not taken (401)"))));
            }
            Err(failure) if index == 0 => {
                // Who names an address and has no credentials wants to know what it shows to anybody.
                let is_address = way.target.starts_with("https://");
                let sights = if is_address { outside.first().await } else { Sights::default() };
                if !sights.is_something() {
                    return Err(failure);
                }
                let (answers, id, spent) = (Vec::new(), None, talk.spent);
                return Ok(Asked { answers, id, spent, unverified: false, sights, failure: Some(failure) });
            }
            Err(failure) => {
                let why = failure.message;
                answers.push(given(ask, Raw::Unread(ask.unanswered(&why))));
                // One that was cut may be an accident; where the time is over the rest is not asked.
                if Instant::now() >= until {
                    broken = Some("the time for this cluster was over".to_owned());
                }
            }
        }
        // A server that answers neither which release it is nor who it is answers nothing, and is left alone.
        if let [first, second] = answers.as_slice()
            && let (Some(why), Some(_)) = (first.no_answer(), second.no_answer())
        {
            let hint = Some("is it up? something that stands before it may answer in its place".to_owned());
            return Err(Failure { message: format!("{server}: {why}"), hint });
        }
    }
    let id = identity(&answers).map(|uid| match authority {
        Some(authority) => format!("{uid}/{authority}"),
        None => uid,
    });
    let mut spent =
        Requests { count: talk.spent.count + nobody.spent.count, bytes: talk.spent.bytes + nobody.spent.bytes };
    for address in others(&answers) {
        let (more, requests) = replica(&config, &server, &address, &may, until).await;
        answers.extend(more);
        spent.count += requests.count;
        spent.bytes += requests.bytes;
    }
    let unverified = config.accept_invalid_certs || !server.starts_with("https://");
    Ok(Asked { answers, id, spent, unverified, sights: outside.end().await, failure: None })
}

/// What the caller may ask.
#[derive(Default)]
struct May {
    /// `None` where the server does not say; then everything is asked, and what is refused is told by that.
    rights: Option<Rights>,
    /// Paths that were not granted.
    refused: Vec<&'static str>,
}

impl May {
    /// Whether a question may be asked, for all that the server says about that.
    async fn ask(&mut self, talk: &mut Conversation, ask: &'static Ask) -> bool {
        let Some(rights) = self.rights.as_ref().filter(|_| !ask.as_nobody) else { return true };
        if rights.list(ask) {
            return true;
        }
        let answer = talk.review(Review::Access(ask)).await.ok().flatten();
        let granted = answer.and_then(|answer| live::allowed(&answer)) != Some(false);
        if !granted {
            self.refused.push(ask.path);
        }
        granted
    }
}

/// A replica that is not reached in this time stands behind something that lets nobody through.
const NEAR: Duration = Duration::from_secs(3);

/// The addresses of the other API servers, where one has said which it is itself.
fn others(answers: &[Given]) -> Vec<String> {
    let text = |end: &str| {
        answers.iter().find(|given| given.ask.path.ends_with(end)).and_then(|given| match &given.raw {
            Raw::Text(text) => Some(text.as_str()),
            Raw::Older(_, text) => Some(text.as_str()),
            Raw::Missing | Raw::Unread(_) => None,
        })
    };
    let (Some(slice), Some(own)) = (text(live::PUBLISHED), text("/flagz").and_then(live::advertised)) else {
        return Vec::new();
    };
    let mut found = live::addresses(slice);
    found.retain(|address| address.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip() != own));
    found
}

/// Asks another server of the same cluster for what each has of its own. It has to prove that it is one with the name by
/// which the cluster is known, or it is told nothing; one that cannot be reached is left out.
async fn replica(config: &Config, server: &str, address: &str, may: &May, until: Instant) -> (Vec<Given>, Requests) {
    let mut config = config.clone();
    let known = config.cluster_url.host().map(|host| host.trim_matches(['[', ']']).to_owned());
    let Ok(url) = format!("https://{address}").parse() else { return (Vec::new(), Requests::default()) };
    // Without verification anybody could answer there; and a path leads to what knows no other replica.
    if config.accept_invalid_certs || config.cluster_url.path().len() > 1 || !server.starts_with("https://") {
        return (Vec::new(), Requests::default());
    }
    config.tls_server_name = config.tls_server_name.or(known);
    config.cluster_url = url;
    let limits = Limits { connect: NEAR, ..LIMITS };
    let base: Arc<str> = format!("https://{address}").into();
    let Ok(mut talk) = Conversation::with(config, &base, limits, until) else {
        return (Vec::new(), Requests::default());
    };
    let mut answers = Vec::new();
    for ask in ASKS.iter().filter(|ask| ask.of_each_server) {
        let raw = match one(&mut talk, ask).await {
            _ if may.refused.contains(&ask.path) => Raw::Unread(ask.not_granted()),
            Ok(Some(raw)) => raw,
            Err(_) | Ok(None) if answers.is_empty() => break,
            Ok(None) => Raw::Unread(ask.unanswered("the credentials were not taken (401)")),
            Err(failure) => Raw::Unread(ask.unanswered(&failure.message)),
        };
        answers.push(Given { base: Arc::clone(&base), ask, raw });
    }
    (answers, talk.spent)
}

async fn config(way: &Way) -> Result<Config, Failure> {
    let failed = |why: String| Failure { message: format!("{}: {why}", way.server), hint: None };
    let kubeconfig = match &way.entry {
        Entry::Kubeconfig(kubeconfig) => kubeconfig,
        Entry::Broken(why) => return Err(Failure { message: why.clone(), hint: None }),
    };
    let mut kubeconfig = (**kubeconfig).clone();
    let cluster = kubeconfig.clusters.first().and_then(|known| known.cluster.clone()).unwrap_or_default();
    for named in &mut kubeconfig.auth_infos {
        let Some(user) = &mut named.auth_info else { continue };
        // The others were taken out of client-go in 1.26; one of them would run a program.
        if let Some(provider) = user.auth_provider.as_ref().filter(|provider| provider.name != "oidc") {
            return Err(failed(format!("the `auth-provider` `{}` is not supported; use a plug-in", provider.name)));
        }
        *user = exec::credentials(user, &cluster).await.map_err(failed)?;
        token_of_file(user).map_err(failed)?;
    }
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(|error| failed(failure::chain(&error)))?;
    // Only a proxy that the kubeconfig names is one that was wanted.
    config.proxy_url = match cluster.proxy_url.as_deref().filter(|proxy| !proxy.is_empty()) {
        Some(proxy) => Some(proxy.parse().map_err(|_| failed("its `proxy-url` is no address".to_owned()))?),
        None => None,
    };
    Ok(config)
}

/// Puts the token of a file in the place of the file, without the line end that most have (client-go transport/
/// token_source.go trims it, and kube does not). It wins over one beside it, where the file can be read.
fn token_of_file(user: &mut AuthInfo) -> Result<(), String> {
    let Some(file) = user.token_file.take().filter(|file| !file.is_empty()) else { return Ok(()) };
    let token = crate::read::file(std::path::Path::new(&file), LARGEST_TOKEN)
        .map_err(|unreadable| unreadable.reason)
        .and_then(|bytes| String::from_utf8(bytes.content).map_err(|_| "it is no text".to_owned()));
    match token {
        // A secret has a type of its own, which is made by reading it.
        Ok(token) => {
            let read = serde_json::from_value::<AuthInfo>(serde_json::json!({ "token": token.trim() }));
            user.token = read.map_err(|_| "its `tokenFile` holds no token".to_owned())?.token;
            Ok(())
        }
        Err(_) if user.token.is_some() => Ok(()),
        Err(why) => Err(format!("its `tokenFile` cannot be read: {why}")),
    }
}

/// A token has a few kilobytes.
const LARGEST_TOKEN: u64 = 1 << 20;

/// Which authority the cluster's certificate is from.
fn authority(config: &Config) -> Option<String> {
    let first = config.root_cert.as_ref()?.first()?;
    let digest = Sha256::digest(first);
    Some(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// The UID of kube-system, which lives as long as the cluster does.
fn identity(answers: &[Given]) -> Option<String> {
    let given = answers.iter().find(|given| given.ask.path.ends_with("/namespaces/kube-system"))?;
    let Raw::Text(text) = &given.raw else { return None };
    let object: serde_json::Value = serde_json::from_str(text).ok()?;
    let uid = object.get("metadata")?.get("uid")?.as_str()?;
    let plain = !uid.is_empty() && uid.len() <= 64 && uid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain.then(|| uid.to_owned())
}

/// One question with all its queries; `None` where the credentials are not taken.
async fn one(talk: &mut Conversation, ask: &'static Ask) -> Result<Option<Raw>, Failure> {
    let mut raw = at(talk, ask, ask.path).await?;
    for &path in ask.older {
        if !matches!(raw, Some(Raw::Missing)) {
            break;
        }
        raw = match at(talk, ask, path).await? {
            Some(Raw::Text(text)) => Some(Raw::Older(path, text)),
            other => other,
        };
    }
    Ok(raw)
}

/// The same at one of its paths.
async fn at(talk: &mut Conversation, ask: &'static Ask, path: &str) -> Result<Option<Raw>, Failure> {
    match ask.form {
        Form::Metrics => {
            let mut projection = Projection::default();
            let answer = talk.get(path, ask.accept, &mut |piece| projection.take(piece)).await?;
            Ok(match answer {
                Answer::Given => Some(match projection.finish() {
                    Some(kept) => Raw::Text(kept),
                    None => Raw::Unread(ask.unanswered("what answers there gives no metrics")),
                }),
                other => refused(ask, other),
            })
        }
        Form::Whole => {
            let mut answer = Answer::NotAcceptable;
            let mut body = Vec::new();
            for accept in [Some(ask.accept), ask.else_accept].into_iter().flatten() {
                body.clear();
                answer = talk.get(path, accept, &mut |piece| body.extend_from_slice(piece)).await?;
                if !matches!(answer, Answer::NotAcceptable) {
                    break;
                }
            }
            Ok(match answer {
                Answer::Given => Some(text(ask, body)),
                other => refused(ask, other),
            })
        }
        Form::Health => {
            let path = format!("{path}?{}", ask.queries.join("&"));
            let mut body = Vec::new();
            let answer = talk.get(&path, ask.accept, &mut |piece| body.extend_from_slice(piece)).await?;
            Ok(match answer {
                Answer::Given => Some(text(ask, body)),
                // Who is not well says so with a failure that lists its checks.
                Answer::Failed(words) if words.starts_with(b"[") => Some(text(ask, words)),
                other => refused(ask, other),
            })
        }
        Form::List => list(talk, ask, path, None).await,
        Form::Objects { keep, most, .. } => list(talk, ask, path, Some((keep, most))).await,
        Form::Status => {
            let code = match talk.status(path, ask.accept).await? {
                Answer::Given => 200,
                Answer::Unauthenticated => 401,
                Answer::Forbidden(_) => 403,
                Answer::Missing => 404,
                Answer::Failed(_) => 500,
                other => return Ok(refused(ask, other)),
            };
            Ok(Some(Raw::Text(format!("{code}\n"))))
        }
    }
}

fn text(ask: &Ask, body: Vec<u8>) -> Raw {
    match String::from_utf8(body) {
        Ok(text) => Raw::Text(text),
        Err(_) => Raw::Unread(ask.unanswered("it is no text")),
    }
}

fn refused(ask: &Ask, answer: Answer) -> Option<Raw> {
    Some(match answer {
        Answer::Missing => Raw::Missing,
        Answer::Unauthenticated => return None,
        // "… is forbidden: User "jane" cannot list resource …"
        Answer::Forbidden(message) => {
            let who = message.split_once("User \"").and_then(|(_, rest)| rest.split_once('"')).map(|(who, _)| who);
            Raw::Unread(ask.forbidden(who))
        }
        Answer::NotAcceptable => Raw::Unread(ask.unanswered("it knows none of the forms that are read here (406)")),
        Answer::Failed(words) => Raw::Unread(ask.unanswered(&client::failed(500, &words))),
        Answer::Other(why) => Raw::Unread(ask.unanswered(&why)),
        Answer::Given => Raw::Missing,
    })
}

/// A page of objects.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    kind: Option<&'a str>,
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    more: String,
}

/// All pages of all queries as one list, one object a line, each as it was given, or the fields of it that are kept.
///
/// A list of which fields are kept is given as far as it was read, and says why it ends there.
async fn list(
    talk: &mut Conversation,
    ask: &'static Ask,
    path: &str,
    kept: Option<(&'static [Path], usize)>,
) -> Result<Option<Raw>, Failure> {
    let most = kept.map_or(MOST, |(_, most)| most);
    let mut whole = Whole { keep: kept.map(|(keep, _)| keep), ..Whole::default() };
    let cut = |whole: Whole, why: &str| {
        Ok(Some(match kept {
            Some(_) => Raw::Text(whole.finish(Some(why))),
            None => Raw::Unread(ask.unanswered(why)),
        }))
    };
    for query in ask.queries {
        let mut more = String::new();
        loop {
            let joined = if query.is_empty() { String::new() } else { format!("{query}&") };
            let next = if more.is_empty() { String::new() } else { format!("&continue={}", escaped(&more)) };
            let path = format!("{path}?{joined}limit={PAGE}{next}");
            let mut body = Vec::new();
            match talk.get(&path, ask.accept, &mut |piece| body.extend_from_slice(piece)).await? {
                Answer::Given => {}
                // What is gone between two pages cannot be told from what never was.
                Answer::Missing if whole.count > 0 => {
                    return cut(whole, "its pages changed while they were read");
                }
                Answer::Other(why) if kept.is_some() && whole.count > 0 => return cut(whole, &why),
                other => return Ok(refused(ask, other)),
            }
            let Ok(page) = serde_json::from_slice::<Page<'_>>(&body) else {
                return Ok(Some(Raw::Unread(ask.unanswered("it is no list of objects"))));
            };
            let next = page.metadata.more.clone();
            if page.items.is_none() && page.kind.is_none_or(|kind| !kind.ends_with("List")) {
                return Ok(Some(Raw::Unread(ask.unanswered("it is no list of objects"))));
            }
            whole.add(&page, most);
            if whole.is_full || whole.count == most && !next.is_empty() {
                return cut(whole, &format!("there are more than {most}"));
            }
            if whole.objects.len() > LARGEST {
                return cut(whole, &format!("they are larger than {} MiB", LARGEST >> 20));
            }
            // A server that gives the same page for ever is asked no more.
            if next.is_empty() || next == more {
                break;
            }
            more = next;
        }
    }
    Ok(Some(Raw::Text(whole.finish(None))))
}

/// Objects of several pages.
#[derive(Default)]
struct Whole {
    kind: String,
    seen: std::collections::BTreeSet<[u8; 32]>,
    /// The fields that are kept, where not all are.
    keep: Option<&'static [Path]>,
    objects: String,
    count: usize,
    /// There were more than may be.
    is_full: bool,
}

impl Whole {
    fn add(&mut self, page: &Page<'_>, most: usize) {
        if self.kind.is_empty() {
            self.kind = page.kind.unwrap_or("List").to_owned();
        }
        for object in page.items.iter().flatten() {
            // Two queries may find the same one.
            if !self.seen.insert(Sha256::digest(object.get().as_bytes()).into()) {
                continue;
            }
            if self.count >= most {
                self.is_full = true;
                return;
            }
            self.objects.push_str(if self.count == 0 { "\n" } else { ",\n" });
            match self.keep {
                None => self.objects.push_str(object.get()),
                Some(keep) => self.objects.push_str(&kept(object.get(), keep)),
            }
            self.count += 1;
        }
    }

    fn finish(self, cut: Option<&str>) -> String {
        let kind: String = self.kind.chars().filter(char::is_ascii_alphanumeric).collect();
        let cut = cut.map(|why| format!("\"cut\":{},", serde_json::Value::from(why))).unwrap_or_default();
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"v1\",{cut}\"items\":[{}\n]}}\n", self.objects)
    }
}

/// The way to a field, through every item of a list that is on it.
type Path = &'static [&'static str];

/// An object without the fields that nobody reads. What is no object stays, for whoever reads it to say so.
fn kept(object: &str, keep: &[Path]) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(object) else { return "null".to_owned() };
    let paths: Vec<&[&str]> = keep.to_vec();
    prune(&mut value, &paths);
    value.to_string()
}

fn prune(value: &mut serde_json::Value, paths: &[&[&str]]) {
    // A way that ends here keeps all that is below.
    if paths.iter().any(|path| path.is_empty()) {
        return;
    }
    match value {
        serde_json::Value::Object(map) => map.retain(|key, below| {
            let rest: Vec<&[&str]> = paths
                .iter()
                .filter_map(|path| {
                    path.split_first().filter(|(first, _)| **first == key.as_str()).map(|(_, rest)| rest)
                })
                .collect();
            prune(below, &rest);
            !rest.is_empty()
        }),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| prune(item, paths)),
        _ => {}
    }
}

/// A token of a server as part of a query.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// What several clusters are asked with; ways are shared and not copied.
pub(super) type Ways = Arc<Vec<Way>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_one_list_with_an_object_a_line() {
        let mut whole = Whole::default();
        for page in [
            r#"{"kind":"PodList","metadata":{"continue":"x"},"items":[{"a": 1},{"b":2}]}"#,
            r#"{"kind":"PodList","metadata":{},"items":[{"b":2},{"c":3}]}"#,
        ] {
            whole.add(&serde_json::from_str(page).expect("a page"), MOST);
        }
        assert_eq!(
            whole.finish(None),
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[\n{\"a\": 1},\n{\"b\":2},\n{\"c\":3}\n]}\n"
        );
    }

    #[test]
    fn of_an_object_only_the_fields_are_kept_that_are_read() {
        const KEEP: &[Path] = &[&["metadata", "name"], &["spec", "volumes", "name"], &["rules"]];
        let object = r#"{"metadata":{"name":"a","managedFields":[{"x":1}]},"spec":{"volumes":[{"name":"v","secret":{}},{}],
            "containers":[{"env":[{"value":"hunter2"}]}]},"rules":[{"verbs":["*"]}],"status":{}}"#;
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let wanted = r#"{"metadata":{"name":"a"},"rules":[{"verbs":["*"]}],"spec":{"volumes":[{"name":"v"},{}]}}"#;
        assert_eq!(parsed(&kept(object, KEEP)), parsed(wanted));
        assert_eq!(kept("[[", KEEP), "null");
    }

    #[test]
    fn a_list_that_is_too_long_says_that_it_is_cut() {
        let mut whole = Whole { keep: Some(&[&["a"]]), ..Whole::default() };
        let page = r#"{"kind":"RoleList","items":[{"a":1,"b":1},{"a":2},{"a":3}]}"#;
        whole.add(&serde_json::from_str(page).expect("a page"), 2);
        assert!(whole.is_full);
        assert_eq!(
            whole.finish(Some("there are more than 2")),
            "{\"kind\":\"RoleList\",\"apiVersion\":\"v1\",\"cut\":\"there are more than 2\",\"items\":[\n{\"a\":1},\n{\"a\":2}\n]}\n"
        );
    }

    #[test]
    fn what_a_server_wants_back_is_escaped() {
        assert_eq!(escaped("a b&c=d/é"), "a%20b%26c%3Dd%2F%C3%A9");
    }
}
