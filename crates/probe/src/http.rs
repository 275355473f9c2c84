//! What an endpoint answers over HTTP to a stranger.
//!
//! First it is asked without TLS, which shows a plain port as well as a server that says that TLS is spoken here. Then, over
//! TLS, what tells the components apart, and the short list of that component ([`asks`]): one request after the other, over
//! one connection for as long as that goes on. Then a few words over HTTP/2, which every server of Kubernetes speaks and few
//! people look at. Nothing is followed, nothing is tried again, and of answers that may be anybody's data no body is read.
//!
//! Start at [`look`]; [`Asked`] is what each request came to.

pub mod answer;
pub mod asks;
mod channel;
pub mod frames;
pub mod grpc;
mod plain;
mod record;

use std::time::Duration;

use tokio::{task::JoinSet, time::sleep};

pub use answer::{Answer, Head};
pub use asks::{Ask, Body};
use channel::{Channel, Got};
pub use channel::{NoAnswer, read_recorded};
pub use model::{Demand, Meaning, Over, Who};
use model::{Listener, TOKEN};
pub use plain::read as read_plain;
pub use record::replay;

use crate::{Dialer, Endpoint, Failure, Limits, Sight, tls::Reach};

/// How it answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// Every request and what it came to, in their order.
    pub asked: Vec<Asked>,
    /// Whether a certificate of the client was wanted, of who speaks TLS.
    pub demand: Option<Demand>,
    /// How the HTTP/2 server is set up.
    pub settings: Option<frames::Settings>,
    /// What etcd says of itself over gRPC.
    pub etcd: Option<grpc::Status>,
    /// The list that was asked, where answers or the port told which; whose port it is is no proof of who listens.
    pub list: Option<Listener>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub over: Over,
    pub who: Who,
    pub path: &'static str,
    pub answer: Result<Answer, NoAnswer>,
}

/// What is sent to be taken for somebody.
fn authorization(who: Who) -> Option<String> {
    match who {
        Who::Anonymous => None,
        Who::Token => Some(format!("Bearer {TOKEN}")),
        // portcullis-probe:portcullis-probe
        Who::Basic => Some("Basic cG9ydGN1bGxpcy1wcm9iZTpwb3J0Y3VsbGlzLXByb2Jl".to_owned()),
    }
}

impl Http {
    /// Whether it is spoken here without TLS, beyond words that TLS is wanted.
    pub fn is_plain(&self) -> bool {
        self.answers().any(|(asked, answer)| !asked.over.is_tls() && answer.meaning != Meaning::SpeakTls)
    }

    /// The answers that came over TLS or without it.
    pub fn answers(&self) -> impl Iterator<Item = (&Asked, &Answer)> {
        self.asked.iter().filter_map(|asked| Some((asked, asked.answer.as_ref().ok()?)))
    }
}

/// Requests for which no connection is opened of their own.
const FEWEST: usize = 4;

/// Requests without an answer, one after the other, after which no more are made.
const GIVEN_UP: usize = 3;

/// One connection is asked many things, one after the other; each of them has its own time besides.
const TALK: Limits = Limits { time: Duration::from_secs(40), bytes: 1 << 20 };

/// Asks what anybody may ask.
pub(crate) async fn look(endpoint: &Endpoint, dialer: &mut Dialer) -> Sight<Http> {
    let mut http = Http::default();
    let plain = plain::ask(endpoint, dialer).await;
    if let Err(NoAnswer::Failed(failure)) = &plain
        && !matches!(failure, Failure::Closed | Failure::TimedOut | Failure::TooMuch | Failure::Garbled(_))
    {
        return Sight::Unseen(failure.clone());
    }
    let is_tls = plain == Err(NoAnswer::OtherProtocol);
    let served_plain = plain.as_ref().is_ok_and(|answer| answer.meaning != Meaning::SpeakTls);
    http.asked.push(Asked { over: Over::Plain1, who: Who::Anonymous, path: plain::PATH, answer: plain });
    if served_plain {
        list(endpoint, dialer, Over::Plain1, &mut http).await;
        if matches!(http.list, Some(Listener::Etcd)) {
            second(endpoint, dialer, Over::Plain2, &mut http).await;
        }
    } else {
        list(endpoint, dialer, Over::Tls1, &mut http).await;
        second(endpoint, dialer, Over::Tls2, &mut http).await;
    }
    if spoke(&http) {
        return Sight::Seen(http);
    }
    // That it does not speak HTTP/2, or speaks TLS where it was asked without, says nothing of what it answers over TLS.
    let tells = |asked: &&Asked| match asked.over {
        Over::Tls1 => true,
        Over::Plain1 => !is_tls,
        Over::Tls2 | Over::Plain2 => false,
    };
    if http.asked.iter().filter(tells).any(|asked| asked.answer == Err(NoAnswer::OtherProtocol)) {
        return Sight::NotOffered;
    }
    // What is surely something else rules it out; what was cut short, late or too long does not.
    let babbles = http.asked.iter().any(|asked| asked.answer == Err(Failure::Garbled(NO_HTTP).into()));
    let failures = http.asked.into_iter().filter_map(|asked| match asked.answer {
        Err(NoAnswer::Failed(failure)) if failure != Failure::Garbled(NO_HTTP) => Some(failure),
        _ => None,
    });
    let failures = failures.filter(|failure| !babbles || *failure != Failure::Closed);
    match failures.max_by_key(|failure| !matches!(failure, Failure::Closed)) {
        Some(failure) => Sight::Unseen(failure),
        None => Sight::NotOffered,
    }
}

/// What came in place of an answer.
pub(crate) const NO_HTTP: &str = "something that is no HTTP";

/// Whether anything that came was HTTP, or TLS that wants a certificate before it is.
fn spoke(http: &Http) -> bool {
    http.asked.iter().any(|asked| matches!(asked.answer, Ok(_) | Err(NoAnswer::CertificateRequired)))
}

/// A conversation that opens connections as it needs them.
struct Talk<'t> {
    endpoint: &'t Endpoint,
    dialer: &'t mut Dialer,
    over: Over,
    channel: Option<Channel>,
    opened: u32,
    demand: Option<Demand>,
    groups: Reach,
}

impl Talk<'_> {
    async fn channel(&mut self) -> Result<Channel, NoAnswer> {
        if let Some(channel) = self.channel.take() {
            sleep(self.dialer.between()).await;
            return Ok(channel);
        }
        let mut line = self.dialer.connect(self.over.name(), TALK).await?;
        // Who reads the record sees what was said and not how it was encrypted (`record`), and of bodies what is kept.
        line.keep(crate::Keep::Lengths);
        self.opened += 1;
        match self.over {
            Over::Plain1 | Over::Plain2 => Channel::plain(line, self.endpoint, self.over == Over::Plain2).await,
            Over::Tls1 | Over::Tls2 => {
                let (two, patient) = (self.over == Over::Tls2, self.opened == 1);
                let mut opened = Channel::tls(line, self.endpoint, two, patient, self.groups).await;
                // A key of a rare kind is shown to who names its group.
                if opened.as_ref().is_err_and(NoAnswer::is_no_agreement) && self.groups == Reach::Own {
                    self.groups = Reach::More;
                    let mut line = self.dialer.connect(self.over.name(), TALK).await?;
                    line.keep(crate::Keep::Lengths);
                    opened = Channel::tls(line, self.endpoint, two, patient, self.groups).await;
                }
                match &opened {
                    Ok((_, demand)) => self.demand = Some(*demand),
                    Err(NoAnswer::CertificateRequired) => self.demand = Some(Demand::Insists),
                    Err(_) => {}
                }
                opened.map(|(channel, _)| channel)
            }
        }
    }

    /// The list of a component, in its order: one request after the other, or side by side where that harms nobody.
    async fn all(&mut self, asks: &'static [Ask]) -> Vec<Asked> {
        let count = self.dialer.side_by_side();
        let mut shares = asks.chunks(asks.len().div_ceil(count).max(FEWEST));
        let own = shares.next().unwrap_or_default();
        let others: Vec<&'static [Ask]> = shares.collect();
        if others.is_empty() {
            return self.each(own).await;
        }
        let mut running = JoinSet::new();
        for (index, asks) in others.iter().copied().enumerate() {
            let (endpoint, mut dialer) = (self.endpoint.clone(), self.dialer.beside());
            let (over, groups, demand) = (self.over, self.groups, self.demand);
            running.spawn(async move {
                let (endpoint, dialer_of) = (&endpoint, &mut dialer);
                let mut talk = Talk { endpoint, dialer: dialer_of, over, channel: None, opened: 0, demand, groups };
                let asked = talk.each(asks).await;
                (index, asked, dialer)
            });
        }
        let mut asked = self.each(own).await;
        // Who serves one connection at a time is let go on to the next.
        self.channel = None;
        let mut answered = running.join_all().await;
        answered.sort_by_key(|(index, ..)| *index);
        for (asks, (_, answered, dialer)) in others.into_iter().zip(answered) {
            self.dialer.take_back(dialer);
            // Who serves one connection at a time has let the others wait.
            let waited = answered.first().is_some_and(|first| first.answer.is_err());
            asked.extend(if waited { self.each(asks).await } else { answered });
        }
        asked
    }

    async fn each(&mut self, asks: &[Ask]) -> Vec<Asked> {
        let mut asked = Vec::with_capacity(asks.len());
        let mut failed = 0;
        for ask in asks {
            let one = self.ask(ask, Who::Anonymous).await;
            failed = if one.answer.is_ok() { 0 } else { failed + 1 };
            asked.push(one);
            // A server that stops answering is left alone.
            if failed == GIVEN_UP {
                break;
            }
        }
        asked
    }

    async fn ask(&mut self, ask: &Ask, who: Who) -> Asked {
        let answer = self.put(ask, who).await;
        Asked { over: self.over, who, path: ask.path, answer }
    }

    async fn put(&mut self, ask: &Ask, who: Who) -> Result<Answer, NoAnswer> {
        let reused = self.channel.is_some();
        let mut outcome = self.once(ask, who).await;
        // A server may end an idle connection just when it is asked again; that is no answer to what was asked.
        if reused && matches!(outcome, Err(NoAnswer::Failed(Failure::Closed))) {
            outcome = self.once(ask, who).await;
        }
        outcome
    }

    async fn once(&mut self, ask: &Ask, who: Who) -> Result<Answer, NoAnswer> {
        let mut channel = self.channel().await?;
        let request = channel.request(ask.path, authorization(who).as_deref())?;
        let sent = self.dialer.records().then(|| record::request(&request));
        self.dialer.count_request();
        let got = channel.ask(request, ask.keep).await;
        self.note(&channel, who, sent, &got);
        let got = match got {
            Ok(got) => got,
            Err(NoAnswer::CertificateRequired) => {
                self.demand = Some(Demand::Insists);
                return Err(NoAnswer::CertificateRequired);
            }
            Err(other) => return Err(other),
        };
        let answer = answer::of_path(ask.path, answer::classify(&got.head, &got.body));
        if got.goes_on {
            self.channel = Some(channel);
        }
        Ok(answer)
    }

    fn note(&mut self, channel: &Channel, who: Who, sent: Option<Vec<u8>>, got: &Result<Got, NoAnswer>) {
        if let Some(sent) = sent {
            self.dialer.note(record::exchange(channel.over_what(), who, &sent, got));
        }
    }
}

/// What tells components apart, then the list of the one that it is.
async fn list(endpoint: &Endpoint, dialer: &mut Dialer, over: Over, http: &mut Http) {
    let mut talk = Talk { endpoint, dialer, over, channel: None, opened: 0, demand: None, groups: Reach::Own };
    let mut asked = Vec::new();
    for ask in asks::FIRST.iter().chain([&asks::NOWHERE]) {
        let one = talk.ask(ask, Who::Anonymous).await;
        let over = one.answer.is_err();
        asked.push(one);
        // What does not get through once does not get through again.
        if over {
            break;
        }
    }
    let reached = asked.iter().all(|asked| asked.answer.is_ok());
    http.list = listener(endpoint.listener(), &asked);
    if reached {
        let mut failed = 0;
        for one in talk.all(asks::of(http.list)).await {
            failed = if one.answer.is_ok() { 0 } else { failed + 1 };
            asked.push(one);
            if failed == GIVEN_UP {
                break;
            }
        }
        // Members talk at another door than clients do, and that one does not say how etcd is.
        let deaf = asked.iter().any(|asked| asked.path == "/health" && is(asked, Meaning::Missing));
        if http.list == Some(Listener::Etcd) && deaf {
            http.list = Some(Listener::EtcdPeer);
            for ask in asks::of(http.list) {
                asked.push(talk.ask(ask, Who::Anonymous).await);
            }
        }
        // A stranger who turns out to be an API server is asked as one.
        let known = listener(endpoint.listener(), &asked);
        if http.list.is_none() && known.is_some() {
            http.list = known;
            for ask in asks::of(known) {
                if !asked.iter().any(|asked| asked.path == ask.path) {
                    asked.push(talk.ask(ask, Who::Anonymous).await);
                }
            }
        }
        if failed < GIVEN_UP && matches!(http.list, Some(Listener::ApiServer)) {
            asked.push(talk.ask(&asks::CREDENTIALS, Who::Token).await);
            asked.push(talk.ask(&asks::CREDENTIALS, Who::Basic).await);
        }
    }
    http.demand = talk.demand;
    http.asked.extend(asked);
}

/// A few words over HTTP/2, where TLS was answered at all.
async fn second(endpoint: &Endpoint, dialer: &mut Dialer, over: Over, http: &mut Http) {
    if over.is_tls() && http.demand.is_none_or(|demand| demand == Demand::Insists) {
        return;
    }
    let mut talk = Talk { endpoint, dialer, over, channel: None, opened: 0, demand: http.demand, groups: Reach::Own };
    // Without TLS etcd takes all of HTTP/2 for gRPC.
    if over.is_tls() {
        let first = talk.ask(&asks::FIRST[0], Who::Anonymous).await;
        http.asked.push(first);
        http.settings = talk.channel.as_ref().and_then(Channel::settings);
    }
    if matches!(http.list, Some(Listener::Etcd))
        && let Ok(channel) = talk.channel().await
    {
        let (answer, status) = call(channel, talk.dialer).await;
        http.asked.push(Asked { over, who: Who::Anonymous, path: grpc::PATH, answer });
        http.etcd = status;
    }
}

fn is(asked: &Asked, meaning: Meaning) -> bool {
    asked.answer.as_ref().is_ok_and(|answer| answer.meaning == meaning)
}

/// The call to etcd.
async fn call(mut channel: Channel, dialer: &mut Dialer) -> (Result<Answer, NoAnswer>, Option<grpc::Status>) {
    let request = match channel.call() {
        Ok(request) => request,
        Err(other) => return (Err(other), None),
    };
    let sent = dialer.records().then(|| record::request(&request));
    dialer.count_request();
    let got = channel.ask(request, Body::Start).await;
    if let Some(sent) = sent {
        dialer.note(record::exchange(channel.over_what(), Who::Anonymous, &sent, &got));
    }
    match got {
        Err(other) => (Err(other), None),
        Ok(got) => of_call(&got.head, &got.body),
    }
}

/// What came of the call: gRPC answers everything with 200 and says in a header or trailer how it went.
fn of_call(head: &Head, body: &[u8]) -> (Result<Answer, NoAnswer>, Option<grpc::Status>) {
    let answer = answer::classify(head, &[]);
    let went_well = head.header("grpc-status") == Some("0");
    let status = grpc::status(body).filter(|_| went_well);
    let meaning = match (answer.meaning, head.header("grpc-status")) {
        (Meaning::Given, Some("0")) if status.is_some() => Meaning::Given,
        // PERMISSION_DENIED, UNAUTHENTICATED and UNIMPLEMENTED of grpc's codes.
        (Meaning::Given, Some("7")) => Meaning::Forbidden,
        (Meaning::Given, Some("16")) => Meaning::Unauthenticated,
        (Meaning::Given, Some("12")) => Meaning::Missing,
        (Meaning::Given, _) => Meaning::Other,
        (other, _) => other,
    };
    (Ok(Answer { meaning, ..answer }), status)
}

/// Whose list to ask: what answers say comes before what the port says.
fn listener(port: Option<Listener>, asked: &[Asked]) -> Option<Listener> {
    let answers = || asked.iter().filter_map(|asked| Some((asked.path, asked.answer.as_ref().ok()?)));
    let words = |word: &str| {
        answers().any(|(_, answer)| {
            answer.meaning == Meaning::Given && answer.words.as_ref().is_some_and(|words| words.contains(word))
        })
    };
    if words("\"etcdserver\"") {
        return Some(if port == Some(Listener::EtcdPeer) { Listener::EtcdPeer } else { Listener::Etcd });
    }
    // Only an API server has priority and fairness (1.18 on; apiserver pkg/server/filters/priority-and-fairness.go).
    let fair = answers().any(|(_, answer)| answer.headers.iter().any(|(name, _)| name.starts_with("x-kubernetes-pf-")));
    if words("\"gitVersion\"") || fair {
        return Some(port.filter(|port| *port == Listener::ApiServerInsecure).unwrap_or(Listener::ApiServer));
    }
    // At an ordinary port of the web pages for people are no sign of anything that we know.
    let pages = |answer: &Answer| matches!(answer.meaning, Meaning::Page | Meaning::LoginPage | Meaning::Redirect);
    let kinds = || answers().map(|(_, answer)| pages(answer));
    if kinds().next().is_some() && kinds().all(|page| page) {
        return None;
    }
    // In these words all servers refuse that are built as API servers are, and most of them are one (apimachinery pkg/api/errors).
    let refuses = answers().any(|(_, answer)| {
        let words: String =
            answer.words.iter().flat_map(|words| words.chars()).filter(|letter| !letter.is_whitespace()).collect();
        matches!(answer.meaning, Meaning::Unauthenticated | Meaning::Forbidden) && words.contains("\"kind\":\"Status\"")
    });
    port.or_else(|| refuses.then_some(Listener::ApiServer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &'static str, status: u16, headers: &[(&str, &str)], body: &str) -> Asked {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = answer::classify(&Head { status, headers }, body.as_bytes());
        Asked { over: Over::Tls1, who: Who::Anonymous, path, answer: Ok(answer) }
    }

    #[test]
    fn answers_say_who_it_is_before_the_port_does() {
        let etcd = [asked("/version", 200, &[], r#"{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}"#)];
        assert_eq!(listener(None, &etcd), Some(Listener::Etcd));
        assert_eq!(listener(Some(Listener::EtcdPeer), &etcd), Some(Listener::EtcdPeer));
        let open = [asked("/version", 200, &[], r#"{"gitVersion":"v1.36.2"}"#)];
        assert_eq!(listener(Some(Listener::Kubelet), &open), Some(Listener::ApiServer));
        let fair = [asked("/version", 401, &[("x-kubernetes-pf-flowschema-uid", "1")], "")];
        assert_eq!(listener(None, &fair), Some(Listener::ApiServer));
        let login = [asked("/version", 302, &[("location", "https://sso.example")], "")];
        assert_eq!(listener(Some(Listener::ApiServer), &login), None);
        let shut = [asked("/version", 401, &[], "Unauthorized")];
        assert_eq!(listener(Some(Listener::Kubelet), &shut), Some(Listener::Kubelet));
        assert_eq!(listener(None, &shut), None);
        let status = [asked("/version", 401, &[], "{\n  \"kind\": \"Status\",\n  \"code\": 401\n}")];
        assert_eq!(listener(None, &status), Some(Listener::ApiServer));
        assert_eq!(listener(Some(Listener::Scheduler), &status), Some(Listener::Scheduler));
        // Somebody else's words in a refusal name nobody.
        let quoting = [asked("/version", 404, &[], r#"no "gitVersion" here"#)];
        assert_eq!(listener(None, &quoting), None);
    }

    #[test]
    fn a_call_that_failed_says_so_behind_its_200() {
        let head = |code: &str| Head { status: 200, headers: vec![("grpc-status".to_owned(), code.to_owned())] };
        for (code, body, meaning) in [
            ("0", &[0, 0, 0, 0, 0][..], Meaning::Given),
            ("0", b"nonsense", Meaning::Other),
            ("7", &[], Meaning::Forbidden),
            ("16", &[], Meaning::Unauthenticated),
            ("12", &[], Meaning::Missing),
            ("2", &[], Meaning::Other),
        ] {
            let (answer, status) = of_call(&head(code), body);
            assert_eq!(answer.map(|answer| answer.meaning), Ok(meaning), "{code}");
            assert_eq!(status.is_some(), meaning == Meaning::Given);
        }
    }
}
