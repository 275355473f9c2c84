//! Endpoints looked at from outside, as the wire format tells it.

use collect::endpoint::{self, Manner, Observation, Probed, Sight};
use facts::{Cluster, Gathered, Redactor};
use jiff::civil::Date;
use model::{Entry, Evidence, Outcome, Severity};
use report::wire;

mod convert;
mod http;
mod tls;

pub use collect::endpoint::{Endpoint, Manner as ProbeManner, NoEndpoint, Pace as ProbePace};

/// What a run of `probe` learned.
pub struct Probe {
    pub endpoints: Vec<wire::ProbedEndpoint>,
    /// The raw exchanges, where they were wanted.
    pub exchanges: wire::Exchanges,
    /// The worst severity of what fails.
    pub worst: Option<Severity>,
    /// Endpoints that gave nothing to see, and why.
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
    let mut worst = None;
    let mut endpoints = Vec::with_capacity(probed.len());
    for one in &probed {
        let cluster = cluster(one, as_of);
        let entries = judged(&cluster);
        let failing = entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Fail(_)));
        worst = worst.max(failing.map(|entry| entry.severity).max());
        endpoints.push(convert::endpoint(one, &cluster.doors, &entries, as_of));
    }
    Probe { endpoints, exchanges, nothing_seen, worst }
}

/// What tells a certificate from every other.
pub(crate) fn digest(bytes: &[u8]) -> String {
    convert::hex(&endpoint::sha256(bytes))
}

/// What was seen of one endpoint, at each of its addresses.
fn cluster(probed: &Probed, as_of: Date) -> Cluster {
    let seen = probed.seen.as_deref().unwrap_or_default();
    let mut redactor = Redactor::new();
    let shown = seen.iter().filter(|one| unseen(one).is_none()).map(|one| endpoint::evidence(one, seen.len() == 1));
    let mut evidence: Vec<Evidence> = shown.collect();
    // That nothing listens is an answer, too.
    evidence.extend(seen.iter().map(|one| endpoint::answers(one, &mut redactor)));
    let name = probed.endpoint.to_string();
    let gathered = Gathered { name: name.clone(), target: name, root: None, evidence };
    facts::resolve(gathered, &facts::Options { version: None, as_of: Some(as_of) })
}

/// What the rules say about what was seen: what fails, and what could not be judged.
fn judged(cluster: &Cluster) -> Vec<Entry> {
    let rules: Vec<_> = rules::all().collect();
    let mut entries = rules::judge(cluster, &rules).entries;
    entries.retain(|entry| matches!(entry.outcome, Outcome::Fail(_) | Outcome::Undetermined(_)));
    // The rest of the order is that of the rules.
    entries.sort_by_key(|entry| (matches!(entry.outcome, Outcome::Undetermined(_)), std::cmp::Reverse(entry.severity)));
    entries
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
