//! Endpoints that are looked at from outside, each address of a name by itself.
//!
//! Endpoints are looked at side by side, a few at a time, and each by one conversation after the other. This room resolves
//! names and starts the runtime; what is said to a peer and what its answers are is in `probe`.

mod answers;
mod evidence;

use facts::Redactor;
use model::{Evidence, EvidenceId};

pub use evidence::{evidence, unread};
pub use probe::{Endpoint, Exchange, Failure, Host, NoEndpoint, Observation, Pace, Piece, Sight, Spent, http, tls};

/// How one address answered over HTTP, as evidence.
pub fn answers(observation: &Observation, redactor: &mut Redactor) -> Evidence {
    answers::evidence(observation, redactor)
}

/// The name of that evidence.
pub fn answers_id(observation: &Observation) -> EvidenceId {
    answers::id(observation)
}

/// What tells two certificates apart.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// How endpoints are looked at.
#[derive(Clone, Debug)]
pub struct Manner {
    pub pace: Pace,
    /// When certificates have to be valid, in seconds since 1970.
    pub now: u64,
    /// Keep the raw exchanges.
    pub record: bool,
    /// Whether anything is asked over HTTP; for certificates nobody has to.
    pub http: bool,
    /// Endpoints at a time.
    pub at_once: usize,
}

/// What became of an endpoint.
#[derive(Clone, Debug)]
pub struct Probed {
    pub endpoint: Endpoint,
    /// One observation for each of its addresses, or why it has none.
    pub seen: Result<Vec<Observation>, Failure>,
}

/// Looks at every endpoint, and answers in their order; `done` is called whenever one of them was looked at.
pub fn look(endpoints: &[Endpoint], manner: &Manner, done: &dyn Fn()) -> Vec<Probed> {
    let all = |failure: &Failure| -> Vec<Probed> {
        let seen = || Err(failure.clone());
        endpoints.iter().map(|endpoint| Probed { endpoint: endpoint.clone(), seen: seen() }).collect()
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return all(&Failure::Unreachable(format!("no connection can be made: {error}"))),
    };
    let found = runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        let mut found: Vec<Option<Probed>> = endpoints.iter().map(|_| None).collect();
        let mut waiting = endpoints.iter().cloned().enumerate();
        loop {
            while running.len() < manner.at_once.max(1)
                && let Some((index, endpoint)) = waiting.next()
            {
                let manner = manner.clone();
                running.spawn(async move { (index, one(endpoint, &manner).await) });
            }
            match running.join_next().await {
                Some(Ok((index, probed))) => {
                    found[index] = Some(probed);
                    done();
                }
                // What panics is our fault, and the others are looked at all the same.
                Some(Err(_)) => {}
                None => return found,
            }
        }
    });
    // A resolver that hangs does not hold up the end.
    runtime.shutdown_background();
    let nobody =
        || Err(Failure::Unreachable("looking failed, which is a fault of Portcullis; please report it".to_owned()));
    let pairs = found.into_iter().zip(endpoints);
    pairs.map(|(one, endpoint)| one.unwrap_or_else(|| Probed { endpoint: endpoint.clone(), seen: nobody() })).collect()
}

async fn one(endpoint: Endpoint, manner: &Manner) -> Probed {
    let addresses = match probe::resolve(&endpoint, manner.pace.conversation.time).await {
        Ok(addresses) => addresses,
        Err(failure) => return Probed { endpoint, seen: Err(failure) },
    };
    let mut seen = Vec::with_capacity(addresses.len());
    // One after the other: they are one service, and often one machine.
    for address in addresses {
        seen.push(match manner.http {
            true => probe::look(&endpoint, address, &manner.pace, manner.now, tls::Depth::Whole, manner.record).await,
            false => probe::look_at_tls(&endpoint, address, &manner.pace, manner.now, tls::Depth::Whole).await,
        });
    }
    Probed { endpoint, seen: Ok(seen) }
}
