//! Clusters that are asked while they run, through the addresses and credentials of kubeconfigs.
//!
//! Clusters are asked side by side, each by one conversation, and handed over one at a time as they are done. What is asked
//! is a list of `facts`; nothing else is, nothing is changed, no redirect is followed and no address contacted that the user
//! or the cluster did not name. Answers are redacted where they are taken in.
//!
//! Start at [`ways`] (who can be asked) and [`gather`]. Only this room knows that there is a runtime.

mod access;
mod ask;
mod client;
mod config;
mod exec;
mod failure;
mod kubelets;
mod oldest;
mod outside;
mod pages;
mod replicas;

use std::{collections::BTreeMap, sync::Arc, thread, time::Duration};

pub use access::{Access, Contexts, NoWay, Pod, Wanted, Way, split, ways};
pub use client::Requests;
use facts::{Gathered, Redactor, live::Ask};
use model::{Body, Evidence, EvidenceId};
use tokio::sync::Semaphore;

use crate::{Account, Inputs, Outcome, Trouble};
use ask::{Asked, Given, Raw, Ways};
use failure::Failure;

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Clusters at a time. One that was asked everything and is still looked at from outside, which is a connection at a time,
    /// counts no more.
    pub at_once: usize,
    /// For one cluster.
    pub time: Duration,
    /// Whether its API is looked at as a stranger sees it, besides.
    pub from_outside: bool,
    /// Whether the kubelets of its nodes are asked, through the API server.
    pub kubelets: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_once: 64, time: Duration::from_secs(60), from_outside: true, kubelets: false }
    }
}

/// What a cluster that was asked is besides its evidence.
#[derive(Clone, Debug)]
pub struct Live {
    /// The UID of kube-system and a fingerprint of the authority.
    pub id: Option<String>,
    pub requests: Requests,
    /// What looking at it from outside took, where that was done.
    pub outside: Option<probe::Spent>,
    /// What else came of it.
    pub account: Account,
}

/// What comes of asking.
pub(crate) enum Came {
    Cluster(Gathered, Live),
    /// What became of the way at that place in the list, behind its cluster.
    End(usize, Outcome),
}

/// Asks every cluster all of `asks`, the first of them alone, and hands them over in the order of the ways, each as soon as those before it are done. One whose
/// identity is known already, with the target it was found under, is not handed over again.
pub(crate) fn gather(
    wanted: &[Way],
    pace: Pace,
    asks: &[&'static Ask],
    redactor: &mut Redactor,
    known: &mut BTreeMap<String, String>,
    on: &mut dyn FnMut(Came, &mut Redactor),
) {
    let ways: Ways = Arc::new(wanted.to_vec());
    // A cluster that is judged holds up those behind it, of which a few may wait.
    let (sender, mut done) = tokio::sync::mpsc::channel(4);
    thread::scope(|scope| {
        let asks: Arc<[&'static Ask]> = asks.into();
        scope.spawn(move || run(&ways, pace, &asks, &sender));
        while let Some((index, asked)) = done.blocking_recv() {
            let Some(way) = wanted.get(index) else { continue };
            let mut outcome = Outcome::default();
            match asked {
                Err(Failure { message, hint }) => {
                    outcome.inputs.unread += 1;
                    outcome.troubles.push(trouble(way, message, hint));
                }
                Ok(mut asked) => {
                    if let Some(Failure { message, hint }) = asked.failure.take() {
                        outcome.troubles.push(trouble(way, message, hint));
                    }
                    outcome.clusters += 1;
                    // Two contexts of one cluster are one cluster.
                    match asked.id.as_ref().and_then(|id| known.get(id)) {
                        Some(first) => {
                            let message = format!("is the same cluster as {first}, which is judged");
                            outcome.troubles.push(trouble(way, message, None));
                        }
                        None => taken(way, asked, redactor, known, &mut outcome, on),
                    }
                }
            }
            on(Came::End(index, outcome), redactor);
        }
    });
}

/// Hands over a cluster that is not known yet.
fn taken(
    way: &Way,
    asked: Asked,
    redactor: &mut Redactor,
    known: &mut BTreeMap<String, String>,
    outcome: &mut Outcome,
    on: &mut dyn FnMut(Came, &mut Redactor),
) {
    let (id, requests, outside) = (asked.id.clone(), asked.spent, asked.sights.spent());
    if let Some(id) = &id {
        known.insert(id.clone(), way.target.clone());
    }
    if asked.unverified {
        let message = "the server is not verified, so that anybody may have given its answers";
        let hint = "give the kubeconfig the cluster's authority, and `https://`".to_owned();
        outcome.troubles.push(trouble(way, message.to_owned(), Some(hint)));
    }
    let gathered = taken_in(way, asked, redactor, &mut outcome.inputs);
    let account = Account { inputs: outcome.inputs, troubles: outcome.troubles.clone() };
    let live = Live { id, requests, outside, account };
    on(Came::Cluster(gathered, live), redactor);
}

fn trouble(way: &Way, message: String, hint: Option<String>) -> Trouble {
    Trouble { target: way.target.clone(), message, hint, place: None }
}

type Done = (usize, Result<Asked, Failure>);

/// The runtime, for as long as somebody is asked.
fn run(ways: &Ways, pace: Pace, asks: &Arc<[&'static Ask]>, done: &tokio::sync::mpsc::Sender<Done>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            for index in 0..ways.len() {
                let failure = Failure { message: format!("no connection can be made: {error}"), hint: None };
                // Whoever takes them is only gone where a panic ends the run.
                let _ = done.blocking_send((index, Err(failure)));
            }
            return;
        }
    };
    let at_once = pace.at_once.max(1);
    runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        let (mut next, mut handed_over) = (0, 0);
        let mut waiting: BTreeMap<usize, Result<Asked, Failure>> = BTreeMap::new();
        let turns = Arc::new(Semaphore::new(at_once));
        // However many clusters send what nobody wants, it stands in memory once.
        let huge = Arc::new(Semaphore::new(1));
        while handed_over < ways.len() {
            while next < ways.len() && next < handed_over + AHEAD * at_once {
                let (ways, asks, index) = (Arc::clone(ways), Arc::clone(asks), next);
                let (turns, huge) = (Arc::clone(&turns), Arc::clone(&huge));
                running.spawn(async move {
                    let (Some(way), Ok(turn)) = (ways.get(index), turns.acquire_owned().await) else {
                        return (index, Err(nobody()));
                    };
                    let asked = ask::cluster(way, &asks, pace, ask::lanes(ways.len()), (turn, &huge));
                    let asked = tokio::time::timeout(pace.time + GRACE, asked).await;
                    (index, asked.unwrap_or_else(|_| Err(late(way, pace.time))))
                });
                next += 1;
            }
            match running.join_next().await {
                Some(Ok((index, asked))) => {
                    waiting.insert(index, asked);
                }
                // What panics is our fault and no cluster's, and the others are asked all the same.
                Some(Err(_)) => {}
                None => {
                    for index in handed_over..next {
                        waiting.entry(index).or_insert_with(|| Err(nobody()));
                    }
                }
            }
            while let Some(asked) = waiting.remove(&handed_over) {
                // Whoever takes them is only gone where a panic ends the run.
                let _ = done.send((handed_over, asked)).await;
                handed_over += 1;
            }
        }
    });
    // A connection that hangs does not hold up the end.
    runtime.shutdown_background();
}

/// How many rounds of clusters may be under way: one is asked, and the others are still looked at from outside, or done
/// before one that takes its time; they wait for it, so that a run is the same whoever answers first.
const AHEAD: usize = 4;

/// For a plug-in that uses up its time before anything is asked, and for a machine that is busy: every question and every look
/// ends with the time of its cluster, and what was answered until then is not lost because nobody had the time to take it.
const GRACE: Duration = Duration::from_secs(15);

fn nobody() -> Failure {
    Failure { message: "asking it failed, which is a fault of Portcullis; please report it".to_owned(), hint: None }
}

fn late(way: &Way, time: Duration) -> Failure {
    Failure {
        message: format!("{}: it was not done within {} s", way.server, time.as_secs()),
        hint: Some("--timeout gives it longer".to_owned()),
    }
}

/// Answers into evidence, without their secrets.
fn taken_in(way: &Way, asked: Asked, redactor: &mut Redactor, inputs: &mut Inputs) -> Gathered {
    let mut evidence: Vec<Evidence> = Vec::with_capacity(asked.answers.len());
    for Given { base, ask, raw } in asked.answers {
        let id = EvidenceId::new(ask.name(&base));
        let (id, raw) = match raw {
            Raw::Older(path, text) => (EvidenceId::new(format!("{base}{path}")), Raw::Text(text)),
            raw => (id, raw),
        };
        let piece = match raw {
            Raw::Text(text) => {
                inputs.count(ask.kind);
                redactor.evidence(id, ask.plane, ask.kind, &text)
            }
            Raw::Older(..) | Raw::Missing => bare(ask, id, Body::Missing),
            Raw::Unread(gap) => {
                inputs.unread += 1;
                bare(ask, id, Body::Unread(gap))
            }
        };
        evidence.push(piece);
    }
    for seen in asked.sights.evidence(redactor) {
        match seen.body {
            Body::Unread(_) => inputs.unread += 1,
            Body::Text(_) | Body::Present | Body::Missing | Body::Folder => inputs.count(seen.kind),
        }
        evidence.push(seen);
    }
    evidence.sort_by(|a, b| a.id.cmp(&b.id));
    Gathered {
        name: way.name.clone(),
        target: way.target.clone(),
        root: None,
        evidence,
        trees: facts::Trees::default(),
    }
}

fn bare(ask: &Ask, id: EvidenceId, body: Body) -> Evidence {
    Evidence::of(id, ask.plane, ask.kind, body)
}
