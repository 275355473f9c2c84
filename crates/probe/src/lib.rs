//! Looking at an endpoint from outside: bounded, read-only conversations, without credentials.
//!
//! Everything here believes behaviour only: what a peer answered, that it refused, or why nothing could be seen are three
//! different things ([`Sight`]). What is said on the wire is made and read by pure codecs over bytes, which trust nothing;
//! a thin driver sends and waits. Every conversation has a deadline and an end of bytes ([`Limits`]), and all of them
//! together a pace that disturbs nobody ([`Pace`]).
//!
//! It knows nothing of evidence, rules or Kubernetes' settings: what an observation means is decided elsewhere. It never
//! writes, guesses no password, and talks to no address but the one that it is given. Start at [`look`].

mod dial;
mod endpoint;
pub mod http;
mod pace;
mod record;
mod sight;
pub mod tls;

use std::net::SocketAddr;

pub use dial::{Dialer, Line, Spent};
pub use endpoint::{Endpoint, Host, NoEndpoint, resolve};
pub use pace::{Limits, Pace};
pub use record::{Exchange, Keep, Piece};
pub use sight::{Failure, Sight};

/// Looks at the TLS of one address alone, for somebody who wants to know no more of it: nothing is asked over HTTP.
pub async fn look_at_tls(
    endpoint: &Endpoint,
    address: SocketAddr,
    pace: &Pace,
    now: u64,
    depth: tls::Depth,
) -> Observation {
    let mut dialer = Dialer::new(address, pace.clone(), false);
    let tls = tls::look(endpoint, &mut dialer, now, depth).await;
    let (http, spent) = (Sight::NotOffered, dialer.spent());
    Observation { endpoint: endpoint.clone(), address, tls, http, spent, exchanges: dialer.into_exchanges() }
}

/// What one address of an endpoint showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub endpoint: Endpoint,
    /// The address that was talked to; an endpoint that is a name may have several, and each is looked at.
    pub address: SocketAddr,
    pub tls: Sight<tls::Tls>,
    pub http: Sight<http::Http>,
    /// What it cost the peer.
    pub spent: Spent,
    /// The raw exchanges, where they were asked for.
    pub exchanges: Vec<Exchange>,
}

/// Looks at one address of an endpoint. `now`, in seconds since 1970, is when certificates have to be valid.
pub async fn look(
    endpoint: &Endpoint,
    address: SocketAddr,
    pace: &Pace,
    now: u64,
    depth: tls::Depth,
    record: bool,
) -> Observation {
    let mut dialer = Dialer::new(address, pace.clone(), record);
    let tls = tls::look(endpoint, &mut dialer, now, depth).await;
    let http = match &tls {
        // Nobody is there, or says nothing: to ask the same in other words would be to knock on.
        Sight::Unseen(why) if why.is_no_peer() => Sight::Unseen(why.clone()),
        _ => http::look(endpoint, &mut dialer).await,
    };
    let tls = match tls {
        // What answers without TLS, and takes a hello for nonsense, speaks none.
        Sight::Unseen(Failure::Closed | Failure::Garbled(_)) if http.seen().is_some_and(http::Http::is_plain) => {
            Sight::NotOffered
        }
        other => other,
    };
    let spent = dialer.spent();
    Observation { endpoint: endpoint.clone(), address, tls, http, spent, exchanges: dialer.into_exchanges() }
}
