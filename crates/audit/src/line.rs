//! One thread gathers, all cores work, and whoever asked takes what comes of it in the order in which it was gathered.
//!
//! Nobody waits for a neighbour: a cluster that takes long to answer, or to judge, holds up only what stands behind it in
//! the line. How much stands there is bounded, so that a folder of any size takes little memory. Start at [`each_cluster`].

use std::{
    any::Any,
    collections::{BTreeMap, VecDeque},
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, PoisonError, mpsc},
    thread,
};

use collect::{Arrived, Event, Outcome, Target, endpoint::Spent, live::Requests};
use facts::{Cluster, Redactor, live::Ask};

use crate::{Account, Look, Summary};

/// A cluster, resolved, and what is known of it besides.
pub(crate) struct Known {
    pub(crate) cluster: Cluster,
    /// What asking it took and what else came of it, where it was asked.
    pub(crate) asked: Option<(Requests, Account)>,
    /// What looking at it from outside took, where that was done.
    pub(crate) outside: Option<Spent>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// What is done with each cluster and what the work on it came to, or with a target that gave none.
pub(crate) type OnCluster<'a, T> = dyn FnMut(Result<(Known, T), String>, &mut Summary) + 'a;

/// Clusters that may stand in line, and how much evidence they may hold together: with the largest that bounds the memory.
const MOST: usize = 16;
const MOST_BYTES: usize = 4 << 20;

/// What the main thread has, too: walks over a deep tree are plain recursion.
const STACK: usize = 8 << 20;

/// Resolves each cluster, has `work` made of it, and hands over what comes of it.
pub(crate) fn each_cluster<T: Send>(
    targets: &[Target],
    look: &Look,
    asks: Vec<&'static Ask>,
    stdin: &mut (dyn io::Read + Send),
    summary: &mut Summary,
    work: &(dyn Fn(&Cluster) -> T + Sync),
    on_cluster: &mut OnCluster<'_, T>,
) {
    let collecting = look.collecting(asks);
    let one = |arrived: Arrived| {
        let Arrived { gathered, live, labels } = arrived;
        let (id, asked, outside) =
            live.map_or((None, None, None), |live| (live.id, Some((live.requests, live.account.into())), live.outside));
        let mut cluster = facts::resolve(gathered, &collecting.said);
        cluster.id = id;
        let done = work(&cluster);
        (Known { cluster, asked, outside, labels }, done)
    };
    let room = Room::default();
    let (sender, messages) = mpsc::channel();
    thread::scope(|scope| {
        // However this ends, the one who gathers is not left waiting for room.
        let _open = Opened(&room);
        let over = Over(sender.clone());
        let gather = || {
            let mut on = |event| {
                if let Event::Cluster(arrived) = &event {
                    let Arrived { gathered, .. } = &**arrived;
                    if look.done.contains_key(&(gathered.name.clone(), gathered.target.clone())) {
                        return;
                    }
                    room.take(size(arrived));
                }
                // Whoever takes them is only gone where a panic ends the run.
                let _ = over.0.send(Message::Came(event));
            };
            collect::everything(targets, &collecting, look.pace, &mut Redactor::new(), stdin, &mut on);
            drop(over);
        };
        let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, gather);
        let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
        spawned.expect("the system gives a thread to gather with");
        let pool = pool.expect("the system gives threads to judge with");
        pool.in_place_scope(|jobs| {
            let mut line = Line { first: 0, places: VecDeque::new() };
            for message in messages {
                match message {
                    Message::Came(Event::Note(note)) => summary.notes.push(note),
                    Message::Came(Event::Cluster(arrived)) => {
                        let index = line.wait(size(&arrived));
                        let (one, sender) = (&one, sender.clone());
                        jobs.spawn(move |_| {
                            let done = catch_unwind(AssertUnwindSafe(|| Box::new(one(*arrived))));
                            let _ = sender.send(Message::Done(index, done));
                        });
                    }
                    Message::Came(Event::Target(target, outcome)) => {
                        line.places.push_back(Place::Target(target, Box::new(outcome)));
                    }
                    Message::Done(index, Ok(done)) => line.put(index, done),
                    Message::Done(_, Err(panic)) => resume_unwind(panic),
                    Message::Over => line.places.push_back(Place::End),
                }
                while let Some(next) = line.next() {
                    match next {
                        Place::Working(_) => {}
                        Place::Done(bytes, done) => {
                            let (known, done) = *done;
                            summary.cut(&known.cluster);
                            on_cluster(Ok((known, done)), summary);
                            room.give(bytes);
                        }
                        Place::Target(target, outcome) => {
                            if outcome.clusters == 0 {
                                on_cluster(Err(target.clone()), summary);
                            }
                            summary.add(target, *outcome);
                        }
                        Place::End => return,
                    }
                }
            }
        });
    });
}

/// Bytes of evidence that a cluster holds.
fn size(arrived: &Arrived) -> usize {
    arrived.gathered.evidence.iter().filter_map(|piece| piece.text()).map(|text| text.len()).sum()
}

enum Message<T> {
    Came(Event),
    /// What the work on the cluster of that number came to, or what it panicked with.
    Done(usize, Result<Box<(Known, T)>, Box<dyn Any + Send>>),
    /// Nothing more comes.
    Over,
}

/// Says that nothing more comes, also where gathering ends in a panic.
struct Over<T>(mpsc::Sender<Message<T>>);

impl<T> Drop for Over<T> {
    fn drop(&mut self) {
        let _ = self.0.send(Message::Over);
    }
}

/// What is not handed over yet, in its order.
struct Line<T> {
    /// The number of the first place.
    first: usize,
    places: VecDeque<Place<T>>,
}

enum Place<T> {
    /// It is worked on; with the bytes that it holds.
    Working(usize),
    Done(usize, Box<(Known, T)>),
    /// What became of a target, behind its clusters.
    Target(String, Box<Outcome>),
    End,
}

impl<T> Line<T> {
    /// Takes the next place for a cluster that is worked on; its number comes back.
    fn wait(&mut self, bytes: usize) -> usize {
        self.places.push_back(Place::Working(bytes));
        self.first + self.places.len() - 1
    }

    fn put(&mut self, index: usize, done: Box<(Known, T)>) {
        if let Some(place) = index.checked_sub(self.first).and_then(|at| self.places.get_mut(at))
            && let Place::Working(bytes) = *place
        {
            *place = Place::Done(bytes, done);
        }
    }

    /// The first of the line, if it need not wait.
    fn next(&mut self) -> Option<Place<T>> {
        let place = self.places.pop_front_if(|place| !matches!(place, Place::Working(_)))?;
        self.first += 1;
        Some(place)
    }
}

/// How much more may stand in line.
#[derive(Default)]
struct Room {
    taken: Mutex<Taken>,
    given: Condvar,
}

#[derive(Default)]
struct Taken {
    clusters: usize,
    bytes: usize,
    /// Nobody counts any more.
    is_open: bool,
}

impl Room {
    /// Waits until there is room for one more cluster of that size; there always is for one alone.
    fn take(&self, bytes: usize) {
        let is_full = |taken: &mut Taken| {
            !taken.is_open && taken.clusters > 0 && (taken.clusters >= MOST || taken.bytes + bytes > MOST_BYTES)
        };
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.given.wait_while(taken, is_full).unwrap_or_else(PoisonError::into_inner);
        taken.clusters += 1;
        taken.bytes += bytes;
    }

    fn give(&self, bytes: usize) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.clusters -= 1;
        taken.bytes -= bytes;
        self.given.notify_one();
    }
}

/// Opens the room when it goes.
struct Opened<'r>(&'r Room);

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner).is_open = true;
        self.0.given.notify_one();
    }
}
