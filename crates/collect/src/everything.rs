//! One run over all targets: files, bundles and clusters that run, in one order whoever answers first.

mod listed;

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use facts::{Gathered, Redactor};
use model::EvidenceId;

use crate::{
    Account, Inputs, Listed, Options, Outcome, Target, Trouble,
    bundle::{self, Bundle, Signed, Unusable},
    files::gather,
    live::{self, Came, Live, Pace, Way},
};

/// One cluster, with its secrets cut.
pub struct Arrived {
    pub gathered: Gathered,
    /// Where it was asked.
    pub live: Option<Live>,
    /// What the user says of it.
    pub labels: BTreeMap<String, String>,
}

/// What comes of targets.
pub enum Event {
    Cluster(Box<Arrived>),
    /// What became of a target, behind its clusters.
    Target(String, Outcome),
    /// Something to know of a target that is right.
    Note(String),
}

/// Looks at every target: files and bundles one after the other, then all clusters that run side by side. A cluster that
/// comes twice is told of and handed over once.
pub fn everything(
    targets: &[Target],
    options: &Options,
    pace: Pace,
    redactor: &mut Redactor,
    stdin: &mut dyn io::Read,
    on: &mut dyn FnMut(Event),
) {
    let mut known = options.seen.clone();
    let mut ways: Vec<Way> = Vec::new();
    let mut asked: BTreeMap<String, &Listed> = BTreeMap::new();
    for target in targets {
        match target {
            Target::Live(way) => ways.push(way.clone()),
            Target::Listed(listed) => {
                let before = ways.len();
                ways.extend(listed.targets.iter().filter_map(|inner| match inner {
                    Target::Live(way) => Some(way.clone()),
                    _ => None,
                }));
                if ways.len() > before {
                    // Its files are read once it has answered, so that none is held meanwhile.
                    asked.insert(listed.name.clone(), &**listed);
                } else {
                    listed::gather_files(listed, options, redactor, stdin, &mut known, on);
                }
            }
            Target::Path(path) if bundle::is_one(path) => replay(path, options, redactor, &mut known, on),
            Target::Path(_) | Target::Stdin => {
                let outcome = gather(target, options, redactor, stdin, &mut |gathered| on(of_files(gathered)));
                on(Event::Target(target.name(), outcome));
            }
        }
    }
    // Who was asked before keeps the place in the order.
    let (mut before, mut left) = (VecDeque::new(), Vec::new());
    for (place, way) in ways.into_iter().enumerate() {
        match options.done.get(&(way.name.clone(), way.target.clone())) {
            Some(account) => before.push_back((place, way.target, account)),
            None => left.push((place, way)),
        }
    }
    let (places, ways): (Vec<usize>, Vec<Way>) = left.into_iter().unzip();
    let mut again = |until: usize, on: &mut dyn FnMut(Event)| {
        while let Some((_, target, account)) = before.pop_front_if(|(place, ..)| *place < until) {
            let Account { inputs, troubles } = account.clone();
            on(Event::Target(target, Outcome { inputs, clusters: 1, troubles, ..Outcome::default() }));
        }
    };
    if ways.is_empty() {
        return again(usize::MAX, on);
    }
    // What files beside the way said of the cluster that was handed over last.
    let mut beside: Option<Account> = None;
    let mut alone = options.seen.clone();
    live::gather(&ways, pace, &options.asks, redactor, &mut known, &mut |came, redactor| match came {
        Came::Cluster(mut gathered, mut live) => {
            let mut labels = BTreeMap::new();
            if let Some(listed) = asked.remove(&gathered.name) {
                labels.clone_from(&listed.labels);
                let account = listed::add_files(listed, &mut gathered, options, redactor, on);
                live.account.add(&account);
                beside = Some(account);
            }
            on(Event::Cluster(Box::new(Arrived { gathered, live: Some(live), labels })));
        }
        Came::End(index, mut outcome) => {
            if let (Some(way), Some(place)) = (ways.get(index), places.get(index)) {
                if let Some(Account { inputs, troubles }) = beside.take() {
                    outcome.inputs.add(&inputs);
                    outcome.troubles.extend(troubles);
                }
                again(*place, on);
                on(Event::Target(way.target.clone(), outcome));
                // Where it gives no answer, what its files declare is judged all the same.
                if let Some(listed) = asked.remove(&way.name) {
                    listed::gather_files(listed, options, redactor, &mut io::empty(), &mut alone, on);
                }
            }
        }
    });
    again(usize::MAX, on);
}

fn of_files(gathered: Gathered) -> Event {
    Event::Cluster(Box::new(Arrived { gathered, live: None, labels: BTreeMap::new() }))
}

/// Hands over what a bundle holds, as the run that made it did.
fn replay(
    path: &Path,
    options: &Options,
    redactor: &mut Redactor,
    known: &mut BTreeMap<String, String>,
    on: &mut dyn FnMut(Event),
) {
    let name = path.display().to_string();
    let mut bundle = match opened(path, options) {
        Ok(bundle) => bundle,
        Err(Unusable { message, hint }) => {
            let place = Some((EvidenceId::new(name.as_str()), None));
            let troubles = vec![Trouble { target: name.clone(), message, hint, place }];
            let inputs = Inputs { unread: 1, ..Inputs::default() };
            on(Event::Target(name, Outcome { inputs, troubles, ..Outcome::default() }));
            return;
        }
    };
    let (when, version) = bundle.collected();
    let many = if bundle.clusters() == 1 { "1 cluster".to_owned() } else { format!("{} clusters", bundle.clusters()) };
    let signed = match (bundle.signed(), options.signer) {
        (Signed::By(key), Some(_)) => format!("signed by {key}, as it must be"),
        (Signed::By(key), None) => format!("signed by {key}, which was not verified (--verify)"),
        (Signed::Nobody | Signed::Wrongly, _) => "not signed".to_owned(),
    };
    on(Event::Note(format!("{name}: {many}, collected {when} by portcullis {version}, {signed}")));
    let mut nothing = true;
    bundle.replay(&name, redactor, &mut |arrived| {
        nothing = false;
        match arrived {
            Err((target, outcome)) => on(Event::Target(target, outcome)),
            Ok(seen) => {
                let id = seen.live.as_ref().and_then(|live| live.id.clone());
                if let Some(id) = id {
                    if let Some(first) = known.get(&id) {
                        let message = format!("is the same cluster as {first}, which is judged");
                        let target = seen.gathered.target;
                        let troubles = vec![Trouble { target: target.clone(), message, hint: None, place: None }];
                        on(Event::Target(target, Outcome { clusters: 1, troubles, ..Outcome::default() }));
                        return;
                    }
                    known.insert(id, seen.gathered.target.clone());
                }
                on(Event::Cluster(Box::new(Arrived { gathered: seen.gathered, live: seen.live, labels: seen.labels })));
            }
        }
    });
    if nothing {
        on(Event::Target(name, Outcome::default()));
    }
}

fn opened(path: &Path, options: &Options) -> Result<Bundle<BufReader<File>>, Unusable> {
    let file = File::open(path).map_err(|error| Unusable {
        message: format!("cannot be read: {}", crate::walk::reason(&error)),
        hint: None,
    })?;
    let bundle = Bundle::open(BufReader::new(file))?;
    match options.signer {
        Some(key) => bundle.verify(&key)?,
        None if bundle.signed() == Signed::Wrongly => {
            return Err(Unusable {
                message: "the signature of the bundle does not fit what it holds".to_owned(),
                hint: Some("somebody changed it, or signed another one".to_owned()),
            });
        }
        None => {}
    }
    Ok(bundle)
}
