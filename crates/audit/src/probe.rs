//! Endpoints looked at from outside, as the wire format tells it.

use collect::endpoint::{self, Exchange, Manner, Observation, Probed, Sight};
use facts::{Cluster, Gathered, Redactor};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use model::{Entry, Evidence, Outcome, Severity};
use report::wire;

mod convert;
mod http;
mod replay;
mod reread;
mod tls;

pub use collect::endpoint::{Endpoint, Manner as ProbeManner, NoEndpoint, Pace as ProbePace};
pub use replay::{Saved, replay, saved};

/// What a run of `probe` learned.
pub struct Probe {
    pub endpoints: Vec<wire::ProbedEndpoint>,
    /// The raw exchanges, where they were wanted.
    pub exchanges: wire::Exchanges,
    /// The worst severity of what fails.
    pub worst: Option<Severity>,
    /// Endpoints that gave nothing to see, and why.
    pub nothing_seen: Vec<(String, String)>,
    /// Endpoints of a record whose bytes do not show what is said of them.
    pub contradicted: Vec<String>,
}

/// Looks at endpoints; `done` is called whenever one of them was looked at.
pub fn probe(endpoints: &[Endpoint], manner: &Manner, as_of: Timestamp, done: &dyn Fn()) -> Probe {
    let day = as_of.to_zoned(TimeZone::UTC).date();
    let mut found = Probe::begin(as_of);
    for one in endpoint::look(endpoints, manner, done) {
        let evidence = evidence(&one);
        let seen = || convert::endpoint(&one, day);
        if manner.record {
            found.exchanges.addresses.extend(convert::exchanges(&one));
            found.exchanges.endpoints.push(replay::save(seen(), &evidence));
        }
        found.judge(seen(), evidence, day, |_, _| Vec::new());
    }
    found
}

impl Probe {
    /// One that has seen nothing yet, as of a moment.
    fn begin(as_of: Timestamp) -> Self {
        let (addresses, endpoints) = (Vec::new(), Vec::new());
        let exchanges = wire::Exchanges { schema: report::SAVED, as_of: as_of.to_string(), addresses, endpoints };
        let (endpoints, nothing_seen, contradicted) = (Vec::new(), Vec::new(), Vec::new());
        Self { endpoints, exchanges, worst: None, nothing_seen, contradicted }
    }

    /// Adds an endpoint, and what the rules say about it. `recorded` has the bytes of an address of it, where they are to be read
    /// again.
    fn judge(
        &mut self,
        mut seen: wire::ProbedEndpoint,
        evidence: Vec<Evidence>,
        as_of: Date,
        recorded: impl Fn(&str, &str) -> Vec<Exchange>,
    ) {
        let (name, target) = (seen.endpoint.clone(), seen.endpoint.clone());
        let gathered = Gathered { name, target, root: None, evidence, trees: facts::Trees::default() };
        let cluster = facts::resolve(gathered, &facts::Options { version: None, as_of: Some(as_of) });
        let entries = judged(&cluster);
        let failing = entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Fail(_)));
        self.worst = self.worst.max(failing.map(|entry| entry.severity).max());
        // Where there is one address the evidence bears the name.
        let alone = seen.addresses.len() == 1;
        for address in &mut seen.addresses {
            let door = cluster.doors.iter().find(|door| door.address() == address.address);
            address.http = door.map(http::convert);
            let judged = cluster.observed.iter().find(|one| one.endpoint == address.address || alone);
            let judged = judged.and_then(|one| one.tls.as_ref().ok()?.as_ref());
            address.reread = reread::of(&recorded(&seen.endpoint, &address.address), address, judged);
        }
        let contradicts =
            |one: &wire::ProbedAddress| one.reread.as_ref().is_some_and(|one| !one.contradictions.is_empty());
        if seen.addresses.iter().any(contradicts) {
            self.contradicted.push(seen.endpoint.clone());
        }
        seen.differ = http::differences(&seen.addresses);
        seen.findings = entries.iter().map(convert::finding).collect();
        self.nothing_seen.extend(nothing(&seen).map(|why| (seen.endpoint.clone(), why)));
        self.endpoints.push(seen);
    }
}

/// What tells a certificate from every other.
pub(crate) fn digest(bytes: &[u8]) -> String {
    model::hex(&endpoint::sha256(bytes))
}

/// What was seen of one endpoint, at each of its addresses.
fn evidence(probed: &Probed) -> Vec<Evidence> {
    let seen = probed.seen.as_deref().unwrap_or_default();
    let mut redactor = Redactor::new();
    let shown = seen.iter().filter(|one| unseen(one).is_none()).map(|one| endpoint::evidence(one, seen.len() == 1));
    let mut evidence: Vec<Evidence> = shown.collect();
    // That nothing listens is an answer, too.
    evidence.extend(seen.iter().map(|one| endpoint::answers(one, &mut redactor)));
    evidence
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
fn nothing(seen: &wire::ProbedEndpoint) -> Option<String> {
    let showed = |address: &wire::ProbedAddress| {
        address.tls_reason.is_none() || address.http.as_ref().is_some_and(|http| http.reach == "answered")
    };
    match &seen.reason {
        Some(why) => Some(why.clone()),
        None if seen.addresses.iter().any(showed) => None,
        None => seen.addresses.first()?.tls_reason.clone(),
    }
}

/// Why an address showed nothing.
fn unseen(observation: &Observation) -> Option<String> {
    match (&observation.tls, &observation.http) {
        (_, Sight::Seen(_)) => None,
        (Sight::Unseen(why), _) => Some(why.to_string()),
        (Sight::Seen(_) | Sight::NotOffered, _) => None,
    }
}
