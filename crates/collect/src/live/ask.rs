//! Puts every question to one cluster, and takes the answers in as they were given.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use facts::{
    live::{self, Ask, Form, Review, Rights},
    objects::Of,
    running::metrics::Projection,
};
use kube::config::{AuthInfo, Config};
use model::{Gap, Kind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Pace,
    access::Way,
    client::{self, Answer, Conversation, Limits, Requests, Tally},
    config::{authority, config, last_day},
    failure::Failure,
    kubelets,
    outside::{Outside, Sights},
    pages,
    replicas::{Others, addresses},
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

/// Why there is no answer, where that is the server's doing; who may not have one got one.
fn no_answer(raw: &Raw) -> Option<&str> {
    match raw {
        Raw::Unread(gap) if gap.reason.starts_with("no answer to") => Some(&gap.reason),
        Raw::Text(_) | Raw::Older(..) | Raw::Missing | Raw::Unread(_) => None,
    }
}

pub(super) enum Raw {
    Text(String),
    /// A text that one of the older paths of the ask gave.
    Older(&'static str, String),
    Missing,
    Unread(Gap),
}

pub(super) const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), request: Duration::from_secs(20), largest: 32 << 20 };

/// Asks one cluster everything, until all is answered or the time is over.
///
/// Who gets no answer to the first question gets none at all. Beside it the caller asks what it may ask; then everything else
/// is asked side by side.
///
/// The turn is given on once everything is asked, whatever is still looked at from outside.
pub(super) async fn cluster(
    way: &Way,
    asks: &[&'static Ask],
    Pace { time, from_outside, kubelets: is_wanted, .. }: Pace,
    lanes: usize,
    (turn, huge): (OwnedSemaphorePermit, &Arc<Semaphore>),
) -> Result<Asked, Failure> {
    let until = Instant::now() + time;
    let server = way.server.trim_end_matches('/').to_owned();
    let config = config(way, time).await?;
    let authority = authority(&config);
    // Beside the questions, which it does not hold up.
    let mut outside = Outside::begin(&config, from_outside, until);
    let Some((&first, _)) = asks.split_first() else { return Err(super::nobody()) };
    let tally = Tally::new(huge);
    let talk = |config: Config| Conversation::with(config, &server, LIMITS, until, &tally).map(Arc::new);
    let mut bare = config.clone();
    bare.auth_info = AuthInfo::default();
    let own = talk(config.clone())?;
    // A token that is renewed on the way is renewed by one: the provider may take what renews it once.
    let others = if config.auth_info.auth_provider.is_some() { Arc::clone(&own) } else { talk(config.clone())? };
    let talks = Talks { own, others, nobody: talk(bare)?, lanes };

    let mut reviewing = tokio::task::JoinSet::new();
    reviewing.spawn(rights(Arc::clone(&talks.others)));
    let raw = match one(&talks.own, first).await {
        Ok(Some(raw)) => raw,
        // Who is not known is told the same whatever is asked.
        Ok(None) => {
            let hint = last_day(&config).map_or_else(
                || "have they expired? `kubectl --context` with that name would say the same".to_owned(),
                |day| format!("the client certificate of the kubeconfig ends on {day}; is that over?"),
            );
            return Err(Failure {
                message: format!("{server}: it does not take the credentials (401)"),
                hint: Some(hint),
            });
        }
        Err(failure) => {
            // Who names an address and has no credentials wants to know what it shows to anybody.
            let is_address = way.target.starts_with("https://");
            let sights = if is_address { outside.first().await } else { Sights::default() };
            if !sights.is_something() {
                return Err(failure);
            }
            let (answers, id, spent) = (Vec::new(), None, tally.spent());
            return Ok(Asked { answers, id, spent, unverified: false, sights, failure: Some(failure) });
        }
    };
    let may = Arc::new(May { rights: reviewing.join_next().await.and_then(Result::ok).flatten() });
    let mut replies: BTreeMap<usize, Reply> = BTreeMap::from([(0, Reply { raw, is_refused: false })]);
    let mut left: Vec<Question> = asks.iter().copied().enumerate().skip(1).collect();
    if let Some(why) = replies.get(&0).and_then(|reply| no_answer(&reply.raw)).map(str::to_owned)
        && !left.is_empty()
    {
        let (index, second) = left.remove(0);
        let reply = asked(&talks.own, &may, second).await;
        // A server that answers neither which release it is nor who it is answers nothing, and is left alone.
        if no_answer(&reply.raw).is_some() {
            let hint = if server.starts_with("http://") {
                "the address has no TLS; does it begin with https://?"
            } else {
                "is it up? something that stands before it may answer in its place"
            };
            let hint = Some(hint.to_owned());
            return Err(Failure { message: format!("{server}: {why}"), hint });
        }
        replies.insert(index, reply);
    }
    replies.extend(talks.ask_all(left, asks, &may).await);
    if let Some((index, reply)) = talks.older_configuration(asks, &replies).await {
        replies.insert(index, reply);
    }

    let refused: BTreeSet<&'static str> =
        replies.iter().filter(|(_, reply)| reply.is_refused).filter_map(|(at, _)| Some(asks.get(*at)?.path)).collect();
    let base: Arc<str> = server.as_str().into();
    let mut answers: Vec<Given> = Vec::with_capacity(asks.len());
    for (index, &ask) in asks.iter().enumerate() {
        // What panics is our fault, and the other answers are there all the same.
        let none = || Reply { raw: Raw::Unread(ask.unanswered(&super::nobody().message)), is_refused: false };
        let Reply { raw, is_refused } = replies.remove(&index).unwrap_or_else(none);
        // Who may not be asked for it was not asked, and it is no gap that somebody should close.
        if ask.beyond && is_refused {
            continue;
        }
        answers.push(Given { base: Arc::clone(&base), ask, raw });
    }
    for given in answers.iter().filter(|given| given.ask.path == live::PUBLISHED) {
        if let Raw::Text(slice) | Raw::Older(_, slice) = &given.raw {
            outside.published(slice);
        }
    }
    outside.called(called(&answers));
    let id = identity(&answers).map(|uid| match authority {
        Some(authority) => format!("{uid}/{authority}"),
        None => uid,
    });
    let others = Others { config: &config, server: &server, refused: &refused, until, tally: &tally };
    answers.extend(others.ask(&addresses(&answers, &config)).await);
    disbelieve(&mut answers);
    if is_wanted {
        let limits = Limits { request: kubelets::PATIENCE, largest: kubelets::LARGEST, ..LIMITS };
        // A token that is renewed on the way is renewed by one.
        let talk = match config.auth_info.auth_provider {
            Some(_) => Arc::clone(&talks.own),
            None => Arc::new(Conversation::with(config.clone(), &server, limits, until, &tally)?),
        };
        let nodes = answers.iter().find(|given| given.ask.path == live::NODES).map(|given| &given.raw);
        let asked = kubelets::ask(&talk, &may, &base, nodes.unwrap_or(&Raw::Missing)).await;
        answers.extend(asked);
    }
    let unverified = config.accept_invalid_certs || !server.starts_with("https://");
    drop(turn);
    Ok(Asked { answers, id, spent: tally.spent(), unverified, sights: outside.end().await, failure: None })
}

/// How many questions one cluster is asked at a time: no more than a person with kubectl asks, and a server serves hundreds.
pub(super) const LANES: usize = 6;

/// How many of them are about what the servers of a cluster share. Each has a connection of its own, which takes both sides a
/// handshake; of many clusters enough is under way at any time.
pub(super) fn lanes(clusters: usize) -> usize {
    const MANY: usize = 16;
    if clusters > MANY { 2 } else { LANES - 2 }
}

/// A question with its place among all.
type Question = (usize, &'static Ask);

/// What became of a question.
struct Reply {
    raw: Raw,
    /// It was not asked, since it was not granted.
    is_refused: bool,
}

/// The conversations with one cluster.
struct Talks {
    /// About what each server has of its own: one thing after the other over one connection, so that one server gives it all.
    own: Arc<Conversation>,
    /// About what they share; the same one where only one may be had.
    others: Arc<Conversation>,
    /// Without credentials.
    nobody: Arc<Conversation>,
    /// How many questions go side by side about what they share.
    lanes: usize,
}

impl Talks {
    /// Asks everything; what only some clusters have only where discovery shows it, and so behind all else.
    async fn ask_all(&self, questions: Vec<Question>, asks: &[&'static Ask], may: &Arc<May>) -> BTreeMap<usize, Reply> {
        let (extra, common): (Vec<Question>, Vec<Question>) =
            questions.into_iter().partition(|(_, ask)| ask.where_served);
        let mut replies: BTreeMap<usize, Reply> = self.ask(common, may).await.into_iter().collect();
        // What lists no groups tells nothing of what is served.
        let at = asks.iter().position(|ask| ask.kind == Kind::Discovery);
        if let Some(ask) = at.and_then(|at| asks.get(at))
            && let Some(reply) = at.and_then(|at| replies.get_mut(&at))
            && matches!(&reply.raw, Raw::Text(text) if !live::is_discovery(text))
        {
            reply.raw = Raw::Unread(ask.unanswered("what answers there lists no groups of APIs"));
        }
        let discovery = at.and_then(|at| replies.get(&at));
        let discovery = match discovery.map(|reply| &reply.raw) {
            Some(Raw::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let (mut served, mut others) = (Vec::new(), Vec::new());
        for (index, ask) in extra {
            let raw = match discovery {
                Some(shown) if ask.is_served(shown) => {
                    served.push((index, ask));
                    continue;
                }
                Some(_) => Raw::Missing,
                None => Raw::Unread(ask.not_shown()),
            };
            others.push((index, Reply { raw, is_refused: false }));
        }
        replies.extend(others);
        if !served.is_empty() {
            replies.extend(self.ask(served, may).await);
        }
        replies
    }

    /// What kubelets are given, under the name that it had in older releases, where it is not there under that of newer ones.
    async fn older_configuration(
        &self,
        asks: &[&'static Ask],
        replies: &BTreeMap<usize, Reply>,
    ) -> Option<(usize, Reply)> {
        let index = asks.iter().position(|ask| ask.path == live::KUBELET_CONFIGURATION)?;
        let ask = asks.get(index)?;
        if !matches!(replies.get(&index)?.raw, Raw::Missing) {
            return None;
        }
        let version = asks.iter().position(|ask| ask.kind == Kind::Version)?;
        let Raw::Text(version) = &replies.get(&version)?.raw else { return None };
        let path = live::kubelet_configuration(version)?;
        match at(&self.others, ask, path).await {
            Ok(Some(Raw::Text(text))) => Some((index, Reply { raw: Raw::Older(path, text), is_refused: false })),
            // Who may see the newer name alone was told that there is none, and of the older nothing.
            _ => None,
        }
    }

    /// Asks side by side. The order in which answers come is told by nothing.
    async fn ask(&self, questions: Vec<Question>, may: &Arc<May>) -> Vec<(usize, Reply)> {
        let (nobody, known): (Vec<Question>, Vec<Question>) = questions.into_iter().partition(|(_, ask)| ask.as_nobody);
        let of_one = |ask: &Ask| ask.of_each_server || ask.form == Form::Status;
        let is_one = Arc::ptr_eq(&self.own, &self.others);
        let (own, others): (Vec<Question>, Vec<Question>) =
            known.into_iter().partition(|(_, ask)| is_one || of_one(ask));
        let mut running = tokio::task::JoinSet::new();
        for (talk, questions, lanes) in
            [(&self.own, own, 1), (&self.nobody, nobody, 1), (&self.others, others, self.lanes)]
        {
            let left = Arc::new(Mutex::new(VecDeque::from(questions)));
            for _ in 0..lanes {
                let (talk, left, may) = (Arc::clone(talk), Arc::clone(&left), Arc::clone(may));
                running.spawn(async move {
                    let mut replies = Vec::new();
                    while let Some((index, ask)) = next(&left) {
                        replies.push((index, asked(&talk, &may, ask).await));
                    }
                    replies
                });
            }
        }
        let mut replies = Vec::new();
        while let Some(lane) = running.join_next().await {
            replies.extend(lane.unwrap_or_default());
        }
        replies
    }
}

/// What is to be done next, of what several share.
pub(super) fn next<T>(left: &Mutex<VecDeque<T>>) -> Option<T> {
    left.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// One question, where it may be asked.
async fn asked(talk: &Conversation, may: &May, ask: &'static Ask) -> Reply {
    let unanswered = |why: &str| Reply { raw: Raw::Unread(ask.unanswered(why)), is_refused: false };
    if talk.is_over() {
        return unanswered("the time for this cluster was over");
    }
    let may = if ask.beyond { may.surely(talk, ask).await } else { may.ask(talk, ask).await };
    if !may {
        return Reply { raw: Raw::Unread(ask.not_granted()), is_refused: true };
    }
    match one(talk, ask).await {
        Ok(Some(raw)) => Reply { raw, is_refused: false },
        Ok(None) => unanswered("the credentials were not taken (401)"),
        Err(failure) => unanswered(&failure.message),
    }
}

/// What the caller may ask.
pub(super) struct May {
    /// `None` where the server does not say; then everything is asked, and what is refused is told by that.
    rights: Option<Rights>,
}

/// The caller's rights, as far as the server lists them.
async fn rights(talk: Arc<Conversation>) -> Option<Rights> {
    Rights::read(&talk.review(Review::Rules).await.ok()??)
}

impl May {
    /// Whether a question may be asked, for all that the server says about that.
    pub(super) async fn ask(&self, talk: &Conversation, ask: &'static Ask) -> bool {
        let Some(rights) = self.rights.as_ref().filter(|_| !ask.as_nobody) else { return true };
        if rights.list(ask) {
            return true;
        }
        review(talk, ask).await != Some(false)
    }

    /// Whether the server says that it may be asked.
    async fn surely(&self, talk: &Conversation, ask: &'static Ask) -> bool {
        // Who does not list rights may still tell of one.
        self.rights.as_ref().is_some_and(|rights| rights.list(ask)) || review(talk, ask).await == Some(true)
    }
}

/// What the server says to a question about one right.
async fn review(talk: &Conversation, ask: &'static Ask) -> Option<bool> {
    live::allowed(&talk.review(Review::Access(ask)).await.ok().flatten()?)
}

/// Whom the API servers call themselves, by the lists that were given.
fn called(answers: &[Given]) -> Vec<live::Backend> {
    let list = |wanted: Of| {
        answers.iter().find_map(|given| match (&given.raw, given.ask.form) {
            (Raw::Text(text) | Raw::Older(_, text), Form::Objects { of, .. }) if of == wanted => Some(text.as_str()),
            _ => None,
        })
    };
    live::backends(live::Lists {
        webhooks: [list(Of::ValidatingWebhook), list(Of::MutatingWebhook)],
        api_services: list(Of::ApiService),
        services: list(Of::Service),
    })
}

/// Takes no word for it that something is not there which every API server has, or which discovery shows, or which is shipped
/// with what is there.
fn disbelieve(answers: &mut [Given]) {
    let empty = |given: &Given| match &given.raw {
        Raw::Text(list) | Raw::Older(_, list) if given.ask.is_of_roles() => Some(pages::holds_none(list)),
        _ => None,
    };
    if answers.iter().any(|given| empty(given) == Some(false)) {
        for given in answers.iter_mut().filter(|given| empty(given) == Some(true)) {
            let why = "it lists none, although the API server ships some with those that it lists elsewhere";
            given.raw = Raw::Unread(given.ask.unanswered(why));
        }
    }
    let list = |path: &str| {
        answers.iter().find(|given| given.ask.path == path).and_then(|given| match &given.raw {
            Raw::Text(list) => Some(list.as_str()),
            Raw::Older(..) | Raw::Missing | Raw::Unread(_) => None,
        })
    };
    let none = |path: &str| list(path).is_some_and(pages::holds_none);
    let told = |path: &str| list(path).map(live::Pods::of).unwrap_or_default();
    let (all, system) = (live::ALL_PODS, live::SYSTEM_PODS);
    let mut contradicted: Vec<(&str, &str)> = Vec::new();
    if none(system) && told(all).of_control_plane {
        contradicted.push((system, "it lists none, although the list of all pods has some"));
    }
    if none(all) && list(system).is_some_and(|list| !pages::holds_none(list)) {
        contradicted.push((all, "it lists none, although the list of kube-system has some"));
    }
    if none(live::NODES) && (told(all).on_a_node || told(system).on_a_node) {
        contradicted.push((live::NODES, "it lists none, although pods run on some"));
    }
    for (path, why) in contradicted {
        for given in answers.iter_mut().filter(|given| given.ask.path == path) {
            given.raw = Raw::Unread(given.ask.unanswered(why));
        }
    }
    let discovery = answers.iter().find(|given| given.ask.kind == Kind::Discovery).map(|given| &given.raw);
    let shown = match discovery {
        Some(Raw::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let is_missing = |given: &&mut Given| matches!(given.raw, Raw::Missing);
    let mut missing = answers.iter_mut().filter(is_missing).peekable();
    if missing.peek().is_none() {
        return;
    }
    let shown = live::Shown::of(shown.as_deref());
    for given in missing {
        if let Some(gap) = shown.denies(given.ask) {
            given.raw = Raw::Unread(gap);
        }
    }
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
pub(super) async fn one(talk: &Conversation, ask: &'static Ask) -> Result<Option<Raw>, Failure> {
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
async fn at(talk: &Conversation, ask: &'static Ask, path: &str) -> Result<Option<Raw>, Failure> {
    match ask.form {
        Form::Metrics => {
            let mut projection = Projection::default();
            let answer = talk.stream(path, ask.accept, &mut |piece| projection.take(piece)).await?;
            Ok(match answer {
                Answer::Given => Some(match projection.finish() {
                    Some(kept) => Raw::Text(kept),
                    None => Raw::Unread(ask.unanswered("what answers there gives no metrics")),
                }),
                other => refused(ask, other),
            })
        }
        Form::Whole => {
            let (mut answer, mut held) = talk.get(path, ask.accept).await?;
            if let Some(accept) = ask.else_accept.filter(|_| matches!(answer, Answer::NotAcceptable)) {
                (answer, held) = talk.get(path, accept).await?;
            }
            Ok(match answer {
                Answer::Given => Some(text(ask, held.bytes)),
                other => refused(ask, other),
            })
        }
        Form::Health => {
            let (answer, held) = talk.get(&format!("{path}?{}", ask.queries.join("&")), ask.accept).await?;
            Ok(match answer {
                Answer::Given => Some(text(ask, held.bytes)),
                // Who is not well says so with a failure that lists its checks.
                Answer::Failed(words) if words.starts_with(b"[") => Some(text(ask, words)),
                other => refused(ask, other),
            })
        }
        Form::List => pages::list(talk, ask, path, None).await,
        Form::Objects { keep, most, .. } => pages::list(talk, ask, path, Some((keep, most))).await,
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

pub(super) fn text(ask: &Ask, body: Vec<u8>) -> Raw {
    match String::from_utf8(body) {
        Ok(text) => Raw::Text(text),
        Err(_) => Raw::Unread(ask.unanswered("it is no text")),
    }
}

/// What an answer says that is none; `None` where the credentials are not taken.
pub(super) fn refused(ask: &Ask, answer: Answer) -> Option<Raw> {
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

/// What several clusters are asked with; ways are shared and not copied.
pub(super) type Ways = Arc<Vec<Way>>;
