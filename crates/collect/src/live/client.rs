//! One conversation with one API server: GET, questions about the caller's own rights, and nothing else, within limits, and
//! counted.
//!
//! Requests that go one after the other go over one connection, so that what stands behind an address answers them all; each
//! that goes beside another has one of its own. Nothing is followed, and nothing is asked again but what a server puts off.
//! What is spent, how long the server wants to be left alone, and who holds a large answer is shared by all conversations
//! about one cluster ([`Tally`]); who holds one of the largest, by those about all of them.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use facts::live::Review;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::{
    Client, Config,
    client::{Body, ClientBuilder},
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    failure::{self, Failure},
    oldest,
};

/// What may be asked of one server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For connecting, with TLS.
    pub(super) connect: Duration,
    /// For one request and its answer.
    pub(super) request: Duration,
    /// Bytes of one answer.
    pub(super) largest: usize,
}

/// Requests and bytes of answers, for whoever pays for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    pub count: u64,
    pub bytes: u64,
}

/// All that can be sent; nothing else in this program makes a request.
#[derive(Clone, Copy)]
enum Sent<'a> {
    Get {
        path: &'a str,
        accept: &'a str,
        /// Whether the answer matters, or its status alone.
        whole: bool,
    },
    /// With a POST, which a server stores nowhere.
    Review(Review),
}

impl Sent<'_> {
    fn request(self) -> http::Result<Request<Body>> {
        match self {
            Self::Get { path, accept, .. } => {
                Request::get(path).header(header::ACCEPT, accept).header(header::USER_AGENT, AGENT).body(Body::empty())
            }
            Self::Review(review) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a question about oneself, whose path and body are constants"
                )]
                let request = Request::post(review.path());
                request
                    .header(header::ACCEPT, JSON)
                    .header(header::CONTENT_TYPE, JSON)
                    .header(header::USER_AGENT, AGENT)
                    .body(Body::from(review.body().into_bytes()))
            }
        }
    }
}

const JSON: &str = "application/json";

/// What one request came to.
pub(super) enum Answer {
    /// 200, or 201 to a review, with what `take` has taken.
    Given,
    /// 404: it is not there.
    Missing,
    /// 401: who asks is not known.
    Unauthenticated,
    /// 403: who asks may not have it. The server's words name the user.
    Forbidden(String),
    /// 406: it knows none of the forms.
    NotAcceptable,
    /// 500: something in it failed; how it says so, cut to a few kilobytes.
    Failed(Vec<u8>),
    /// Something that is no answer.
    Other(String),
}

/// What all conversations about one cluster share.
pub(super) struct Tally {
    count: AtomicU64,
    bytes: AtomicU64,
    /// Before this nobody asks it anything.
    not_before: Mutex<Option<Instant>>,
    /// Held by whoever takes a large answer in, so that there is one at a time.
    large: Semaphore,
    /// The same for the largest, of all clusters of the run.
    huge: Arc<Semaphore>,
}

impl Tally {
    /// Of one cluster among those that share a turn for the largest answers.
    pub(super) fn new(huge: &Arc<Semaphore>) -> Arc<Self> {
        Arc::new(Self {
            count: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            not_before: Mutex::new(None),
            large: Semaphore::new(1),
            huge: Arc::clone(huge),
        })
    }

    pub(super) fn spent(&self) -> Requests {
        Requests { count: self.count.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }

    /// A server that has too much to do is left alone by everybody.
    fn put_off(&self, pause: Duration) {
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = (*not_before).max(Some(Instant::now() + pause));
    }

    fn pause(&self) -> Duration {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        not_before.map_or(Duration::ZERO, |moment| moment.saturating_duration_since(Instant::now()))
    }
}

/// An answer that is held whole, and with it the right to hold a large one.
#[derive(Default)]
pub(super) struct Held<'t> {
    pub(super) bytes: Vec<u8>,
    large: Option<SemaphorePermit<'t>>,
    /// Since when it is one of the largest.
    huge: Option<(SemaphorePermit<'t>, Instant)>,
}

/// Where an answer goes while it arrives.
enum Into<'s, 't> {
    /// Nowhere, for its status is all that matters.
    Nothing,
    Held(&'s mut Held<'t>),
    /// Piece by piece to somebody who does not keep it.
    Pieces(&'s mut (dyn FnMut(&[u8]) + Send)),
}

/// A larger answer is held by one at a time.
const LARGE: usize = 1 << 20;

/// A larger one still by one of all clusters, whose server may not dawdle meanwhile: the others wait.
const HUGE: usize = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Conversation {
    client: Client,
    server: Arc<str>,
    limits: Limits,
    /// When all of it has to be over.
    until: Instant,
    tally: Arc<Tally>,
}

/// Times that a request is repeated which the server puts off.
const AGAIN: u32 = 2;

/// What is not shown of an answer that is none.
const SHOWN: usize = 120;

impl Conversation {
    /// Nothing is sent yet.
    pub(super) fn with(
        mut config: Config,
        server: &str,
        limits: Limits,
        until: Instant,
        tally: &Arc<Tally>,
    ) -> Result<Self, Failure> {
        // What is put off is asked again here, a few times and not for minutes.
        config.default_retry = false;
        // Who stands between is who may not be there.
        let server = match config.proxy_url.as_ref().and_then(|proxy| Some((proxy.scheme_str()?, proxy.authority()?))) {
            Some((scheme, authority)) => {
                let (_, host) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
                format!("{server} through the proxy {scheme}://{host}")
            }
            None => server.to_owned(),
        };
        let server = server.as_str();
        config.connect_timeout = Some(limits.connect);
        config.read_timeout = Some(limits.request);
        config.write_timeout = Some(limits.request);
        let client = match ClientBuilder::try_from(config.clone()) {
            Ok(builder) => builder.build(),
            Err(error) => {
                let failure = || failure::of_connection(&error, server);
                oldest::client(&config, &failure::chain(&error)).ok_or_else(failure)?
            }
        };
        Ok(Self { client, server: server.into(), limits, until, tally: Arc::clone(tally) })
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Gets what is at a path, whole. An error is one of the connection.
    pub(super) async fn get(&self, path: &str, accept: &str) -> Result<(Answer, Held<'_>), Failure> {
        let mut held = Held::default();
        let answer = self.send(Sent::Get { path, accept, whole: true }, Into::Held(&mut held)).await?;
        Ok((answer, held))
    }

    /// Gets what is at a path, piece by piece. Of one that the server puts off nothing is taken.
    pub(super) async fn stream(
        &self,
        path: &str,
        accept: &str,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<Answer, Failure> {
        self.send(Sent::Get { path, accept, whole: true }, Into::Pieces(take)).await
    }

    /// Gets one path for the sake of its status; of a long answer the rest is left where it is.
    pub(super) async fn status(&self, path: &str, accept: &str) -> Result<Answer, Failure> {
        self.send(Sent::Get { path, accept, whole: false }, Into::Nothing).await
    }

    /// Asks what the caller may do; `None` where that is not told.
    pub(super) async fn review(&self, review: Review) -> Result<Option<String>, Failure> {
        let mut held = Held::default();
        let answer = self.send(Sent::Review(review), Into::Held(&mut held)).await?;
        Ok(matches!(answer, Answer::Given).then(|| String::from_utf8(held.bytes).ok()).flatten())
    }

    async fn send<'t>(&'t self, sent: Sent<'_>, mut into: Into<'_, 't>) -> Result<Answer, Failure> {
        let mut turn = 0;
        loop {
            let (answer, pause) = self.once(sent, &mut into, turn).await?;
            match pause.filter(|pause| turn < AGAIN && Instant::now() + *pause < self.until) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Ok(answer),
            }
            turn += 1;
        }
    }

    async fn once<'t>(
        &'t self,
        sent: Sent<'_>,
        into: &mut Into<'_, 't>,
        turn: u32,
    ) -> Result<(Answer, Option<Duration>), Failure> {
        let request = sent.request().map_err(|error| failure::of_connection(&error, &self.server))?;
        // Whoever was put off meanwhile has put off all.
        loop {
            let pause = self.tally.pause();
            if pause.is_zero() || Instant::now() + pause >= self.until {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        self.tally.count.fetch_add(1, Ordering::Relaxed);
        let response = within(self.left(), self.client.send(request)).await;
        let response = match response {
            None => return Err(self.late()),
            Some(Err(error)) => return Err(failure::of_connection(&error, &self.server)),
            Some(Ok(response)) => response,
        };
        let (head, mut body) = response.into_parts();
        let good = match sent {
            Sent::Get { .. } => head.status == StatusCode::OK,
            Sent::Review(_) => matches!(head.status, StatusCode::OK | StatusCode::CREATED),
        };
        let status_alone = matches!(sent, Sent::Get { whole: false, .. });
        // Of a refusal a few words are enough.
        let largest = if good && !status_alone { self.limits.largest } else { 64 << 10 };
        let (mut size, mut words, mut rest) = (0_usize, Vec::new(), Vec::new());
        loop {
            let patience = match &into {
                Into::Held(Held { huge: Some((_, since)), .. }) => PATIENCE.saturating_sub(since.elapsed()),
                _ => self.left(),
            };
            let frame = match within(self.left().min(patience), body.frame()).await {
                None => return Ok((Answer::Other(UNFINISHED.to_owned()), None)),
                Some(None) => break,
                Some(Some(Err(error))) => {
                    let why = failure::of_connection(&error, "it").message;
                    return Ok((Answer::Other(format!("it was cut short: {why}")), None));
                }
                Some(Some(Ok(frame))) => frame,
            };
            let Some(piece) = frame.data_ref() else { continue };
            self.tally.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            size += piece.len();
            if size > largest && good && status_alone {
                return Ok((Answer::Given, None));
            }
            if size > largest {
                let larger = Answer::Other(format!("it is larger than {} MiB", largest >> 20));
                return Ok((if good { larger } else { meaning(&head.status, &head.headers, &words) }, None));
            }
            match into {
                _ if !good => words.extend_from_slice(piece),
                Into::Nothing => {}
                Into::Pieces(take) => take(piece),
                Into::Held(held) => {
                    if !self.admit(held, size).await {
                        return Ok((Answer::Other(UNFINISHED.to_owned()), None));
                    }
                    if size <= LARGE {
                        held.bytes.extend_from_slice(piece);
                    } else {
                        put(&mut rest, piece);
                    }
                }
            }
        }
        if let Into::Held(held) = into {
            held.bytes.reserve_exact(rest.iter().map(Vec::len).sum());
            rest.into_iter().for_each(|part| held.bytes.extend_from_slice(&part));
        }
        if good {
            return Ok((Answer::Given, None));
        }
        let busy = matches!(head.status.as_u16(), 429 | 500 | 502..=504);
        let pause = busy.then(|| pause(&head.headers, turn));
        if let Some(pause) = pause.filter(|_| head.status == StatusCode::TOO_MANY_REQUESTS) {
            self.tally.put_off(pause);
        }
        Ok((meaning(&head.status, &head.headers, &words), pause))
    }

    /// Whether an answer of that size gets the turns that it needs before its time is over.
    async fn admit<'t>(&'t self, held: &mut Held<'t>, size: usize) -> bool {
        let turn = async |of: &'t Semaphore| within(self.left(), of.acquire()).await?.ok();
        if size > LARGE && held.large.is_none() {
            held.large = turn(&self.tally.large).await;
        }
        if size > HUGE && held.huge.is_none() {
            held.huge = turn(&self.tally.huge).await.map(|permit| (permit, Instant::now()));
        }
        let in_time = held.huge.as_ref().map(|(_, since)| since.elapsed() <= PATIENCE);
        (size <= LARGE || held.large.is_some()) && (size <= HUGE || in_time == Some(true))
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now()).min(self.limits.request)
    }

    fn late(&self) -> Failure {
        failure::of_connection(&std::io::Error::from(std::io::ErrorKind::TimedOut), &self.server)
    }
}

/// Behind what is there of a large answer, in parts: one block that grows would stand in memory beside the next, also of an answer
/// that turns out to be too large.
fn put(parts: &mut Vec<Vec<u8>>, mut piece: &[u8]) {
    while !piece.is_empty() {
        match parts.last_mut().filter(|part| part.len() < LARGE) {
            Some(part) => {
                let (now, later) = piece.split_at(piece.len().min(LARGE - part.len()));
                part.extend_from_slice(now);
                piece = later;
            }
            None => parts.push(Vec::with_capacity(LARGE)),
        }
    }
}

const UNFINISHED: &str = "it did not arrive whole in time";

/// How it introduces itself in the server's audit log.
const AGENT: &str = concat!("portcullis/", env!("CARGO_PKG_VERSION"));

async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, future).await.ok()
}

/// How long a server wants to be left alone, within reason; one that does not say is given more time at each turn.
fn pause(headers: &HeaderMap, turn: u32) -> Duration {
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    seconds
        .map_or(Duration::from_millis(200) * 4_u32.pow(turn.min(2)), |seconds| Duration::from_secs(seconds.clamp(1, 5)))
}

fn meaning(status: &StatusCode, headers: &HeaderMap, words: &[u8]) -> Answer {
    match status.as_u16() {
        401 => Answer::Unauthenticated,
        403 => Answer::Forbidden(refusal(words)),
        404 | 410 => Answer::Missing,
        406 => Answer::NotAcceptable,
        429 => Answer::Other("it has too much to do (429)".to_owned()),
        500 => Answer::Failed(words.to_vec()),
        300..=399 => {
            let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            let to: String = to.chars().take(SHOWN).collect();
            Answer::Other(format!(
                "it sends elsewhere, to `{to}`, which is not followed ({status})",
                status = status.as_u16()
            ))
        }
        code => Answer::Other(failed(code, words)),
    }
}

/// That it failed, in its own words where it has some.
pub(super) fn failed(code: u16, words: &[u8]) -> String {
    let said = message(words);
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    format!("it failed with {code}{said}")
}

/// How somebody is refused; a kubelet says it in plain words (pkg/kubelet/server/server.go, InstallAuthFilter).
fn refusal(words: &[u8]) -> String {
    match std::str::from_utf8(words) {
        Ok(text) if text.starts_with("Forbidden (user=") => {
            text.chars().filter(|c| !c.is_control()).take(300).collect()
        }
        _ => message(words),
    }
}

fn message(words: &[u8]) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_slice(words).ok();
    let said = parsed.as_ref().and_then(|status| status.get("message")?.as_str());
    said.unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_left_alone_for_as_long_as_it_says_within_reason() {
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().expect("a header"));
            pause(&headers, 1)
        };
        assert_eq!(pause(&HeaderMap::new(), 0), Duration::from_millis(200));
        assert_eq!(after("2"), Duration::from_secs(2));
        assert_eq!(after("86400"), Duration::from_secs(5));
        assert_eq!(after("soon"), Duration::from_millis(800));
    }
}
