//! Endpoints looked at from outside, as the wire format tells it.

use std::collections::BTreeMap;

use collect::endpoint::{self, Manner, Observation, Probed, Sight};
use facts::{Gathered, Redactor};
use jiff::civil::Date;
use model::{Confidence, Entry, Evidence, Outcome, Severity};
use report::{ClusterReport, Judged, wire};
use rules::{Check, Rule};

use crate::{page, report_of, shown};

mod convert;
mod http;
mod tls;

pub use self::Judging as ProbeJudging;
pub use collect::endpoint::{Endpoint, Manner as ProbeManner, NoEndpoint, Pace as ProbePace};

/// What a run of `probe` learned.
pub struct Probe {
    pub endpoints: Vec<wire::ProbedEndpoint>,
    /// The raw exchanges, where they were wanted.
    pub exchanges: wire::Exchanges,
    /// Whether an endpoint gave nothing to see.
    pub nothing_seen: Vec<(String, String)>,
    /// What the rules say, by host.
    pub hosts: Vec<ClusterReport>,
    /// A finding at or above the severity that fails.
    pub failed: bool,
}

/// What to ask of what was seen.
#[derive(Clone, Debug)]
pub struct Judging {
    pub rules: Vec<&'static Rule>,
    /// Findings less sure than this are left out.
    pub show: Confidence,
    /// The severity from which a finding fails the run; `None` for never.
    pub fail_on: Option<Severity>,
}

/// The rules that a look from outside can answer.
pub fn rules() -> Vec<&'static Rule> {
    rules::all().filter(|rule| matches!(rule.check, Check::Door { .. })).collect()
}

/// Looks at endpoints, and asks the rules of what they show. The endpoints of one host are judged together.
pub fn probe(endpoints: &[Endpoint], manner: &Manner, judging: &Judging, as_of: Date) -> Probe {
    let probed = endpoint::look(endpoints, manner);
    let exchanges = wire::Exchanges {
        schema: "portcullis.exchanges/1",
        addresses: probed.iter().flat_map(convert::exchanges).collect(),
    };
    let nothing_seen = probed.iter().filter_map(nothing).collect();
    let mut redactor = Redactor::new();
    let mut by_host: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    for one in &probed {
        by_host.entry(one.endpoint.host.to_string()).or_default().extend(one.evidence(&mut redactor));
    }
    let options = facts::Options { version: None, as_of: Some(as_of) };
    let (mut doors, mut hosts, mut failed) = (Vec::new(), Vec::new(), false);
    for (host, evidence) in by_host {
        let gathered = Gathered { name: host.clone(), target: host, root: None, evidence };
        let cluster = facts::resolve(gathered, &options);
        doors.extend(cluster.doors.iter().cloned());
        let judgement = rules::judge(&cluster, &judging.rules);
        let judged = |entry: Entry| Judged { edits: Vec::new(), by_hand: None, page: page(entry.rule), entry };
        let entries: Vec<Judged> =
            judgement.entries.into_iter().filter(|entry| shown(entry, judging.show)).map(judged).collect();
        failed |= entries.iter().any(|Judged { entry, .. }| {
            matches!(entry.outcome, Outcome::Fail(_)) && judging.fail_on.is_some_and(|least| entry.severity >= least)
        });
        hosts.push(report_of(cluster, None, entries, judgement.not_asked));
    }
    let endpoints = probed.iter().map(|one| convert::endpoint(one, &doors, as_of)).collect();
    Probe { endpoints, exchanges, nothing_seen, hosts, failed }
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
