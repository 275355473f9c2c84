//! What an auditor wants to find again, as requests: a table of ours, and what a policy records of it.

use std::{collections::BTreeMap, sync::LazyLock};

use facts::{
    configuration::{
        InUse,
        audit_policy::{Level, Policy},
    },
    request::Request,
};
use serde::Deserialize;

/// One thing that happens in a cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    /// What tests and people who change the table call it.
    #[serde(rename = "id")]
    _id: String,
    /// In words: "a Secret read".
    pub(super) what: String,
    /// What it is about: `secrets`, `privileges`, `noise`.
    pub(super) concern: String,
    /// `Metadata` where it has to leave a trace, and `None` where nobody needs one.
    least: String,
    pub(super) request: Request,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "note")]
    _note: String,
    events: Vec<Event>,
}

static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let table: Table = serde_json::from_str(include_str!("../../data/audit-events.json"))
        .expect("the embedded table of events is well-formed");
    table.events
});

impl Event {
    /// Whether it has to leave a trace.
    pub(super) fn is_wanted(&self) -> bool {
        self.least != "None"
    }

    /// Whether its body holds a secret, so that no more than its metadata belongs into a log.
    pub(super) fn is_secret(&self) -> bool {
        self.concern == "secrets"
    }
}

/// Every event, in the order of the table.
pub(super) fn all() -> &'static [Event] {
    &EVENTS
}

/// Why an event leaves no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lost {
    /// The rule of that place records nothing.
    Dropped(usize),
    /// The rule records it at stages that are all left out.
    Stageless(usize),
    /// No rule is about it.
    Unmatched,
}

/// What a policy makes of the events.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) wanted: usize,
    pub(super) lost: BTreeMap<Lost, Vec<&'static Event>>,
    /// Rules that record bodies of events that hold secrets.
    pub(super) bodies: BTreeMap<usize, Vec<&'static Event>>,
    /// Noise that is recorded.
    pub(super) noise: Vec<&'static Event>,
}

/// Runs every event through a policy.
pub(super) fn run(used: &InUse<'_, Policy>) -> Outcome {
    let recorder = used.file.recorder(used.minor);
    let mut outcome = Outcome::default();
    for event in all() {
        let recorded = recorder.record(&event.request);
        let traced = recorded.level > Level::None && !recorded.stages.is_empty();
        if !event.is_wanted() {
            outcome.noise.extend((traced && event.concern == "noise").then_some(event));
            continue;
        }
        outcome.wanted += 1;
        match recorded.rule {
            None => outcome.lost.entry(Lost::Unmatched).or_default().push(event),
            Some(rule) if recorded.level == Level::None => {
                outcome.lost.entry(Lost::Dropped(rule)).or_default().push(event);
            }
            Some(rule) if !traced => outcome.lost.entry(Lost::Stageless(rule)).or_default().push(event),
            Some(rule) if recorded.level > Level::Metadata && event.is_secret() => {
                outcome.bodies.entry(rule).or_default().push(event);
            }
            Some(_) => {}
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::Minor;

    use super::*;

    #[test]
    fn every_event_is_a_request_and_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().iter().map(|event| event._id.as_str()).collect();
        assert_eq!(names.len(), all().len());
        for event in all() {
            assert!(event.request.asked(Minor::new(1, 36)).is_ok(), "{}", event._id);
            assert!(["None", "Metadata"].contains(&event.least.as_str()), "{}", event._id);
            assert!(!event.what.is_empty(), "{}", event._id);
        }
        assert!(all().iter().filter(|event| event.is_wanted()).count() >= 50);
    }
}
