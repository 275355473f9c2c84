//! One run over all targets: files, bundles and clusters that run, in one order whoever answers first.

mod listed;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use facts::{Gathered, Redactor};
use model::EvidenceId;

use crate::{
    Inputs, Options, Outcome, Target, Trouble,
    bundle::{self, Bundle, Signed, Unusable},
    gather,
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
    let mut labels: BTreeMap<String, &BTreeMap<String, String>> = BTreeMap::new();
    for target in targets {
        match target {
            Target::Live(way) => ways.push(way.clone()),
            Target::Listed(listed) => {
                for inner in &listed.targets {
                    if let Target::Live(way) = inner {
                        ways.push(way.clone());
                        labels.insert(listed.name.clone(), &listed.labels);
                    }
                }
                listed::gather_files(listed, options, redactor, stdin, &mut known, on);
            }
            Target::Path(path) if bundle::is_one(path) => replay(path, options, redactor, &mut known, on),
            Target::Path(_) | Target::Stdin => {
                let outcome = gather(target, options, redactor, stdin, &mut |gathered| on(of_files(gathered)));
                on(Event::Target(target.name(), outcome));
            }
        }
    }
    if ways.is_empty() {
        return;
    }
    live::gather(&ways, pace, &options.asks, redactor, &mut known, &mut |came| match came {
        Came::Cluster(gathered, live) => {
            let labels = labels.get(&gathered.name).map(|labels| (*labels).clone()).unwrap_or_default();
            on(Event::Cluster(Box::new(Arrived { gathered, live: Some(live), labels })));
        }
        Came::End(index, outcome) => {
            if let Some(way) = ways.get(index) {
                on(Event::Target(way.target.clone(), outcome));
            }
        }
    });
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
