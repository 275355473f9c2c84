//! What the API servers of a cluster show to a stranger, looked at beside what is asked of it.
//!
//! Looked at are the address that the user named and those that the cluster publishes as the ones of its API: with the name by
//! which the cluster is known, by their own addresses, without credentials. Whoever cannot be reached in a moment stands behind
//! something that lets nobody through, and is written down as unseen.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use facts::Redactor;
use kube::config::Config;
use model::{Body, Evidence, EvidenceId, Kind, Listener, Plane};
use probe::{Endpoint, Host, Observation, Pace, Spent, tls::Depth};
use tokio::task::JoinSet;

use super::replicas::may_serve;
use crate::endpoint;

/// How long an API server is looked at, and how gently: one connection after the other.
const GLANCE: Pace = Pace {
    gap: Duration::from_millis(5),
    time: Duration::from_secs(15),
    conversation: probe::Limits { time: Duration::from_secs(3), bytes: 1 << 20 },
    connect: Duration::from_secs(3),
    ..Pace::GENTLE
};

/// The same of an address that nobody named: most are not to be reached from where people sit, and nobody waits for them.
const PUBLISHED: Pace = Pace { retries: 0, connect: Duration::from_secs(1), ..GLANCE };

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
}

/// What one endpoint showed.
#[derive(Default)]
struct Seen {
    is_published: bool,
    observations: Vec<Observation>,
    /// Its name and why nothing was seen of it, where it has no address or the time was over.
    nowhere: Option<(String, String)>,
}

impl Seen {
    /// Where it stands among the others.
    fn place(&self) -> (bool, Option<SocketAddr>, Option<&(String, String)>) {
        (self.is_published, self.observations.first().map(|one| one.address), self.nowhere.as_ref())
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
        let is_local = matches!(named.host, Host::Address(own) if own.is_loopback());
        for address in facts::live::addresses(slice).iter().filter_map(|address| address.parse::<SocketAddr>().ok()) {
            let is_named = self.addresses.get().is_some_and(|known| known.contains(&address));
            if is_named || !may_serve(address.ip(), is_local) || !self.published.insert(address) {
                continue;
            }
            let (endpoint, pace) = (named.clone(), self.pace(&PUBLISHED));
            self.spawn(address.to_string(), async move {
                let observations = look(&endpoint, &[address], &pace).await;
                Seen { is_published: true, observations, nowhere: None }
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
                evidence.push(endpoint::evidence(observation, alone));
                evidence.push(endpoint::answers(observation, redactor));
            }
            if let Some((name, why)) = &one.nowhere {
                evidence.push(Evidence {
                    id: EvidenceId::new(format!("tls://{name}")),
                    plane: Plane::Observed,
                    kind: Kind::Handshake,
                    body: Body::Unread(endpoint::unread(name, why)),
                    secrets: Vec::new(),
                    digest: None,
                });
            }
        }
        evidence
    }
}
