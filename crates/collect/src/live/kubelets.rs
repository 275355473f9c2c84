//! The kubelets of a cluster, each asked through the API server for what it runs with, where the user wants that.
//!
//! It takes a right that also lets its holder run commands in pods (`nodes/proxy`), so that nobody is asked without being told
//! to, and whether the caller has it is asked first, once for all nodes. A few nodes are asked at a time; how many, how much
//! each may say and how much all of them is bounded. A kubelet that does not answer hides no other.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use facts::live::{self, EVERY_NODE, OF_KUBELETS};

use super::{
    ask::{Given, LANES, May, Raw, next, text},
    client::{self, Answer, Conversation},
};

/// Nodes of one cluster that are asked.
pub(super) const MOST: usize = 5_000;

/// Bytes of one answer; a configuration has six thousand.
pub(super) const LARGEST: usize = 256 << 10;

/// Bytes of all answers of one cluster.
const ALL: usize = 64 << 20;

/// For one answer: the API server gives up on a node that is gone after half a minute, and nobody waits for that.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the kubelets of those nodes; the answers are in the order of the nodes.
///
/// `nodes` is what the cluster answered where it was asked for them.
pub(super) async fn ask(talk: &Arc<Conversation>, may: &May, base: &Arc<str>, nodes: &Raw) -> Vec<Given> {
    let names = match nodes {
        Raw::Text(list) | Raw::Older(_, list) => live::node_names(list),
        Raw::Missing => Vec::new(),
        // Whose kubelets there are is not known.
        Raw::Unread(gap) => return vec![of_every_node(base, gap.clone())],
    };
    let Some(first) = OF_KUBELETS.first().filter(|_| !names.is_empty()) else { return Vec::new() };
    if !may.ask(talk, first).await {
        return vec![of_every_node(base, first.not_granted())];
    }
    let mut found: BTreeMap<usize, Vec<Given>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut left: VecDeque<(usize, String, String)> = VecDeque::new();
    for (index, name) in names.iter().enumerate() {
        match live::proxy(name).filter(|_| name != EVERY_NODE) {
            Some(path) if left.len() < MOST => left.push_back((index, name.clone(), path)),
            Some(_) => {}
            None => wrong.push(name),
        }
    }
    let beyond = names.len() - wrong.len() - left.len();
    let (left, room) = (Arc::new(Mutex::new(left)), Arc::new(AtomicUsize::new(ALL)));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..LANES {
        let (talk, left, room, base) = (Arc::clone(talk), Arc::clone(&left), Arc::clone(&room), Arc::clone(base));
        running.spawn(async move {
            let mut answers = Vec::new();
            while let Some((index, name, path)) = next(&left) {
                answers.push((index, of_one(&talk, &base, &name, &path, &room).await));
            }
            answers
        });
    }
    while let Some(lane) = running.join_next().await {
        // What panics is our fault, and the other kubelets are asked all the same.
        found.extend(lane.unwrap_or_default());
    }
    let mut answers: Vec<Given> = found.into_values().flatten().collect();
    if beyond > 0 || !wrong.is_empty() {
        let why = match wrong.len() {
            0 => format!("of {} nodes the first {MOST} were asked", names.len()),
            count => format!("{count} of {} nodes have names that no node can have", names.len()),
        };
        answers.push(of_every_node(base, live::kubelet_gap(EVERY_NODE, &why)));
    }
    answers
}

fn of_every_node(base: &Arc<str>, gap: model::Gap) -> Given {
    let path = live::proxy(EVERY_NODE).unwrap_or_default();
    Given { base: format!("{base}{path}").into(), ask: &OF_KUBELETS[0], raw: Raw::Unread(gap) }
}

/// What one kubelet says: its configuration, and where it gave that, its flags.
async fn of_one(talk: &Conversation, base: &Arc<str>, node: &str, path: &str, room: &AtomicUsize) -> Vec<Given> {
    let base: Arc<str> = format!("{base}{path}").into();
    let mut answers = Vec::with_capacity(OF_KUBELETS.len());
    for ask in OF_KUBELETS {
        let gap = |why: &str| Raw::Unread(live::kubelet_gap(node, why));
        let raw = if talk.is_over() {
            gap("the time for this cluster was over")
        } else if room.load(Ordering::Relaxed) == 0 {
            gap("the kubelets of this cluster had said too much already")
        } else {
            let path = format!("{path}{}", ask.path);
            let mut got = talk.get(&path, ask.accept).await;
            if let (Ok((Answer::NotAcceptable, _)), Some(accept)) = (&got, ask.else_accept) {
                got = talk.get(&path, accept).await;
            }
            match got {
                Err(failure) => gap(&failure.message),
                Ok((Answer::Given, held)) => {
                    let size = held.bytes.len();
                    let before =
                        room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(size)));
                    match before {
                        Ok(left) if left >= size => text(ask, held.bytes),
                        _ => gap("the kubelets of this cluster had said too much already"),
                    }
                }
                Ok((answer, _)) => refused(node, answer, ask),
            }
        };
        // Who is not there is not asked again.
        let is_silent = matches!(raw, Raw::Unread(_));
        answers.push(Given { base: Arc::clone(&base), ask, raw });
        if is_silent {
            break;
        }
    }
    answers
}

/// What a refusal means: the API server may not let the caller through, and the kubelet not the API server.
fn refused(node: &str, answer: Answer, ask: &'static live::Ask) -> Raw {
    let gap = |why: &str| Raw::Unread(live::kubelet_gap(node, why));
    match answer {
        Answer::Missing => Raw::Missing,
        Answer::Unauthenticated => gap("it does not take the credentials that the API server has for it (401)"),
        Answer::Forbidden(words) if words.starts_with("Forbidden (user=") => {
            let who = words.split_once("user=").and_then(|(_, rest)| rest.split_once(',')).map_or("", |(who, _)| who);
            gap(&format!("it refuses the API server, which it knows as `{who}` (403)"))
        }
        Answer::Forbidden(words) => {
            let who = words.split_once("User \"").and_then(|(_, rest)| rest.split_once('"')).map(|(who, _)| who);
            Raw::Unread(ask.forbidden(who))
        }
        Answer::NotAcceptable => gap("it knows none of the forms that are read here (406)"),
        Answer::Failed(words) => gap(&client::failed(500, &words)),
        Answer::Other(why) => gap(&why),
        Answer::Given => Raw::Missing,
    }
}
