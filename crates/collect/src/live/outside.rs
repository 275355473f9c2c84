//! What the API servers of a cluster show to a stranger, looked at beside what is asked of it.
//!
//! Looked at are the address that the user named and those that the cluster publishes as the ones of its API: with the name by
//! which the cluster is known, by their own addresses, without credentials. Whoever cannot be reached in a moment stands behind
//! something that lets nobody through, and is written down as unseen.
//!
//! Whom the API calls in turn - backends of webhooks, servers of aggregated APIs - is looked at as well where it can be reached, at
//! its TLS alone and for a moment. Most of them can be reached from inside the cluster alone, so that of one that is not reached
//! nothing is said.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use facts::{Redactor, live::Backend};
use kube::config::Config;
use model::{Body, Evidence, EvidenceId, Kind, Listener, Plane};
use probe::{Endpoint, Host, Observation, Pace, Sight, Spent, tls::Depth};
use tokio::{sync::Semaphore, task::JoinSet};

use super::replicas::may_serve;
use crate::endpoint;

/// How long an API server is looked at, and how gently: as the questions beside it are put, a few connections at a time.
const GLANCE: Pace = Pace {
    gap: Duration::from_millis(5),
    side_by_side: 2,
    time: Duration::from_secs(15),
    conversation: probe::Limits { time: Duration::from_secs(3), bytes: 1 << 20 },
    connect: Duration::from_secs(3),
    ..Pace::GENTLE
};

/// The same of an address that nobody named: most are not to be reached from where people sit, and nobody waits for them.
const PUBLISHED: Pace = Pace { retries: 0, connect: Duration::from_secs(1), ..GLANCE };

/// The same of whom the API calls: its own TLS, and no more than a few connections of that.
const CALLED: Pace = Pace { time: Duration::from_secs(5), ..PUBLISHED };

/// Of whom the API calls so many are looked at side by side.
const CALLED_AT_ONCE: usize = 4;

/// The looks at one cluster, which go on beside the questions to it.
pub(super) struct Outside {
    named: Option<Endpoint>,
    /// Where the name leads.
    addresses: Arc<OnceLock<Vec<SocketAddr>>>,
    /// Whether what the server says comes from who it says it is.
    verified: bool,
    until: Instant,
    looks: JoinSet<Seen>,
    published: BTreeSet<SocketAddr>,
    turns: Arc<Semaphore>,
}

/// What one endpoint showed.
#[derive(Default)]
struct Seen {
    is_published: bool,
    /// Whom the API calls shows its TLS and nothing else.
    is_called: bool,
    observations: Vec<Observation>,
    /// Its name and why nothing was seen of it, where it has no address or the time was over.
    nowhere: Option<(String, String)>,
}

/// Who is called stands behind who was named, each by endpoint and address.
type Place<'s> = ([bool; 2], Option<(&'s Endpoint, SocketAddr)>, Option<&'s (String, String)>);

impl Seen {
    /// Where it stands among the others.
    fn place(&self) -> Place<'_> {
        let first = self.observations.first().map(|one| (&one.endpoint, one.address));
        ([self.is_called, self.is_published], first, self.nowhere.as_ref())
    }
}

impl Outside {
    /// Begins with the address that the user named, where it is TLS and nothing stands between that the user named as well.
    pub(super) fn begin(config: &Config, wanted: bool, until: Instant) -> Self {
        let mut outside = Self {
            named: endpoint(config).filter(|_| wanted),
            addresses: Arc::default(),
            verified: !config.accept_invalid_certs && config.cluster_url.path().len() <= 1,
            until,
            looks: JoinSet::new(),
            published: BTreeSet::new(),
            turns: Arc::new(Semaphore::new(CALLED_AT_ONCE)),
        };
        if let Some(endpoint) = outside.named.clone() {
            let (pace, known) = (outside.pace(&GLANCE), Arc::clone(&outside.addresses));
            outside.spawn(endpoint.to_string(), async move {
                match probe::resolve(&endpoint, pace.conversation.time).await {
                    Ok(addresses) => {
                        let addresses = known.get_or_init(|| addresses);
                        Seen { observations: look(&endpoint, addresses, &pace).await, ..Seen::default() }
                    }
                    Err(why) => Seen { nowhere: Some((endpoint.to_string(), why.to_string())), ..Seen::default() },
                }
            });
        }
        outside
    }

    /// Goes on with the addresses that the cluster publishes, which `slice` lists.
    pub(super) fn published(&mut self, slice: &str) {
        let Some(named) = self.named.clone().filter(|_| self.verified) else { return };
        let is_local = is_local(&named);
        for address in facts::live::addresses(slice).iter().filter_map(|address| address.parse::<SocketAddr>().ok()) {
            let is_named = self.addresses.get().is_some_and(|known| known.contains(&address));
            if is_named || !may_serve(address.ip(), is_local) || !self.published.insert(address) {
                continue;
            }
            let (endpoint, pace) = (named.clone(), self.pace(&PUBLISHED));
            self.spawn(address.to_string(), async move {
                let observations = look(&endpoint, &[address], &pace).await;
                Seen { is_published: true, observations, ..Seen::default() }
            });
        }
    }

    /// Goes on with whom the API calls, as far as that can be reached from here.
    pub(super) fn called(&mut self, backends: Vec<Backend>) {
        let Some(named) = self.named.clone().filter(|_| self.verified) else { return };
        let is_local = is_local(&named);
        for Backend { host, port, address, listener } in backends {
            // Whoever writes the list does not choose where we go: what is no plain name or address of a host is nobody.
            let Ok(host) = host.parse::<Host>() else { continue };
            let sni = match &host {
                Host::Name(name) => Some(name.clone()),
                Host::Address(_) => None,
            };
            let endpoint = Endpoint { host, port, sni, known: Some(listener) };
            let (pace, turns) = (self.pace(&CALLED), Arc::clone(&self.turns));
            let until = self.until.into();
            self.looks.spawn(async move {
                // It is never closed.
                let _turn = turns.acquire().await;
                let look = backend(endpoint, address, &pace, is_local);
                tokio::time::timeout_at(until, look).await.unwrap_or_default()
            });
        }
    }

    /// Begins a look, which ends with the time of the cluster: nobody loses the answers because strangers see nothing.
    fn spawn(&mut self, name: String, look: impl Future<Output = Seen> + Send + 'static) {
        let until = self.until.into();
        self.looks.spawn(async move {
            let seen = tokio::time::timeout_at(until, look).await;
            let why = || "the time for this cluster was over".to_owned();
            seen.unwrap_or_else(|_| Seen { nowhere: Some((name, why())), ..Seen::default() })
        });
    }

    /// What the first look showed, for somebody who asks in vain.
    pub(super) async fn first(mut self) -> Sights {
        Sights(self.looks.join_next().await.and_then(Result::ok).into_iter().collect())
    }

    /// Waits for all of them.
    pub(super) async fn end(mut self) -> Sights {
        let mut seen = Vec::new();
        while let Some(one) = self.looks.join_next().await {
            // What panics is our fault, and the others were looked at all the same.
            seen.extend(one.ok());
        }
        seen.sort_by(|a: &Seen, b: &Seen| a.place().cmp(&b.place()));
        Sights(seen)
    }

    fn pace(&self, pace: &Pace) -> Pace {
        Pace { time: pace.time.min(self.until.saturating_duration_since(Instant::now())), ..pace.clone() }
    }
}

/// Whether the cluster was named by an address of this machine, or by the name that every machine has for itself (RFC 6761 §6.3).
fn is_local(named: &Endpoint) -> bool {
    match &named.host {
        Host::Address(own) => own.is_loopback(),
        Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Looks at one whom the API calls.
async fn backend(endpoint: Endpoint, of_service: Option<IpAddr>, pace: &Pace, is_local: bool) -> Seen {
    let mut seen = Seen { is_called: true, ..Seen::default() };
    let addresses = match of_service {
        Some(address) => vec![SocketAddr::new(address, endpoint.port)],
        None => probe::resolve(&endpoint, pace.conversation.time).await.unwrap_or_default(),
    };
    // One of several that a name leads to; they are one service.
    let Some(address) = addresses.into_iter().find(|address| may_serve(address.ip(), is_local)) else { return seen };
    let observation = probe::look_at_tls(&endpoint, address, pace, 0, Depth::Quick).await;
    if !matches!(&observation.tls, Sight::Unseen(why) if why.is_no_peer()) {
        seen.observations.push(observation);
    }
    seen
}

/// Who is asked as an API server is looked at as one, whatever port it has.
fn endpoint(config: &Config) -> Option<Endpoint> {
    let url = &config.cluster_url;
    if url.scheme_str() != Some("https") || config.proxy_url.is_some() {
        return None;
    }
    let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let mut endpoint: Endpoint = format!("https://{}{port}", url.host()?).parse().ok()?;
    endpoint.sni = config.tls_server_name.clone().or(endpoint.sni);
    endpoint.known = Some(Listener::ApiServer);
    Some(endpoint)
}

/// Looks at addresses one after the other: they are one service, and often one machine.
async fn look(endpoint: &Endpoint, addresses: &[SocketAddr], pace: &Pace) -> Vec<Observation> {
    let mut seen = Vec::new();
    for &address in addresses {
        // Who vouches for a chain is asked as of its own days.
        seen.push(probe::look(endpoint, address, pace, 0, Depth::Quick, false).await);
    }
    seen
}

/// All that was seen; what the name leads to first.
#[derive(Default)]
pub(super) struct Sights(Vec<Seen>);

impl Sights {
    /// Whether anybody showed anything.
    pub(super) fn is_something(&self) -> bool {
        let mut all = self.0.iter().flat_map(|one| &one.observations);
        all.any(|one| one.tls.seen().is_some() || one.http.seen().is_some())
    }

    /// What looking cost the servers; `None` where nobody was looked at.
    pub(super) fn spent(&self) -> Option<Spent> {
        let mut all = self.0.iter().flat_map(|one| &one.observations).map(|one| one.spent);
        let mut sum = all.next()?;
        all.for_each(|more| sum += more);
        Some(sum)
    }

    /// As evidence: of each address its TLS and its answers.
    pub(super) fn evidence(&self, redactor: &mut Redactor) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        for one in &self.0 {
            let alone = !one.is_published && one.observations.len() == 1;
            for observation in &one.observations {
                let mut shown = endpoint::evidence(observation, alone);
                // Behind the port stands who is called there: nobody would tell by the port.
                let called = observation.endpoint.known.filter(|_| one.is_called);
                if let Some(known) = called {
                    shown.id = EvidenceId::new(format!("{}/{}", shown.id, known.component()));
                }
                evidence.push(shown);
                if called.is_none() {
                    evidence.push(endpoint::answers(observation, redactor));
                }
            }
            if let Some((name, why)) = &one.nowhere {
                evidence.push(Evidence::of(
                    EvidenceId::new(format!("tls://{name}")),
                    Plane::Observed,
                    Kind::Handshake,
                    Body::Unread(endpoint::unread(name, why)),
                ));
            }
        }
        evidence
    }
}
