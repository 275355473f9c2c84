//! Endpoints looked at from outside, as the wire format tells it.

use collect::endpoint::{self, Manner, Observation, Probed, Sight};
use jiff::civil::Date;
use report::wire;

mod convert;
mod tls;

pub use collect::endpoint::{Endpoint, Manner as ProbeManner, NoEndpoint, Pace as ProbePace};

/// What a run of `probe` learned.
pub struct Probe {
    pub endpoints: Vec<wire::ProbedEndpoint>,
    /// The raw exchanges, where they were wanted.
    pub exchanges: wire::Exchanges,
    /// Whether an endpoint gave nothing to see.
    pub nothing_seen: Vec<(String, String)>,
}

/// Looks at endpoints.
pub fn probe(endpoints: &[Endpoint], manner: &Manner, as_of: Date) -> Probe {
    let probed = endpoint::look(endpoints, manner);
    let exchanges = wire::Exchanges {
        schema: "portcullis.exchanges/1",
        addresses: probed.iter().flat_map(convert::exchanges).collect(),
    };
    let nothing_seen = probed.iter().filter_map(nothing).collect();
    let endpoints = probed.iter().map(|one| convert::endpoint(one, as_of)).collect();
    Probe { endpoints, exchanges, nothing_seen }
}

/// Why an endpoint gave nothing to see, if it did not.
fn nothing(probed: &Probed) -> Option<(String, String)> {
    let why = match &probed.seen {
        Err(failure) => failure.to_string(),
        Ok(seen) => {
            let mut reasons = seen.iter().map(unseen);
            let first = reasons.next()??;
            if reasons.any(|reason| reason.is_none()) {
                return None;
            }
            first
        }
    };
    Some((probed.endpoint.to_string(), why))
}

/// Why an address showed nothing.
fn unseen(observation: &Observation) -> Option<String> {
    match (&observation.tls, &observation.http) {
        (_, Sight::Seen(_)) => None,
        (Sight::Unseen(why), _) => Some(why.to_string()),
        (Sight::Seen(_) | Sight::NotOffered, _) => None,
    }
}
