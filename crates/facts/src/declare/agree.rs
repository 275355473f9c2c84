//! Command lines of which only the release of Kubernetes is known: what all the releases of a distribution that deploy it
//! agree on.
//!
//! A definition of a cluster names the release of Kubernetes, seldom that of the distribution, and each release of the
//! distribution adds what it thinks best. What they do not agree on is a gap and no guess.

use std::collections::BTreeMap;

use model::{Gap, GapKind, Minor, Site};

use crate::{Hand, Word, flags::KUBE_APISERVER, within};

/// One flag with the words it is given by, in the order in which they stand.
pub(super) struct Given {
    pub(super) name: String,
    pub(super) words: Vec<Word>,
}

/// Who adds flags by itself, and where somebody would write one.
pub(super) struct Distribution {
    pub(super) name: &'static str,
    pub(super) home: Site,
}

/// The words that every possible command line has, for each minor release of 1.x from `first` to `last`; the first and the
/// last stand for all before and after them. Releases of the distribution that are compared are those that `possible` names
/// for one of Kubernetes, by numbers that `command` knows; `like` names an earlier minor release with the same command
/// lines.
pub(super) fn agree(
    distribution: &Distribution,
    (first, last): (u16, u16),
    possible: impl Fn(u16) -> Vec<u16>,
    like: impl Fn(u16) -> u16,
    command: impl Fn(u16, u16) -> Vec<Given>,
) -> Vec<Word> {
    let mut words = Vec::new();
    let mut known: BTreeMap<(u16, u16), Vec<Given>> = BTreeMap::new();
    let mut minor = first;
    while minor <= last {
        let (releases, class) = (possible(minor), like(minor));
        let mut to = minor;
        while to < last && like(to + 1) == class && possible(to + 1) == releases {
            to += 1;
        }
        for release in &releases {
            known.entry((*release, class)).or_insert_with(|| command(*release, class));
        }
        let lines: Vec<&[Given]> =
            releases.iter().filter_map(|release| known.get(&(*release, class)).map(Vec::as_slice)).collect();
        let from = if minor == first { 0 } else { minor };
        let until = if to == last { u16::MAX } else { to };
        let releases = within(from, until);
        words.extend(common(distribution, &lines).into_iter().map(|word| Word { releases, ..word }));
        minor = to + 1;
    }
    where_known(words)
}

/// What the command lines have in common; a flag that they do not all give alike is left open.
fn common(distribution: &Distribution, lines: &[&[Given]]) -> Vec<Word> {
    let Some((first, others)) = lines.split_first() else { return Vec::new() };
    let mut words = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for given in *first {
        let in_all = |same: &dyn Fn(&Given) -> bool| {
            others.iter().all(|other| other.iter().any(|other| other.name == given.name && same(other)))
        };
        let last = counting(&given.name, &given.words);
        if in_all(&|other| alike(&other.words, &given.words)) {
            words.extend(given.words.iter().cloned());
        } else if !last.is_empty() && in_all(&|other| alike(counting(&other.name, &other.words), last)) {
            words.extend(last.iter().cloned());
        } else {
            open.push(&given.name);
        }
    }
    let known = |name: &str| first.iter().any(|given| given.name == name);
    open.extend(others.iter().copied().flatten().map(|given| given.name.as_str()).filter(|name| !known(name)));
    open.sort_unstable();
    open.dedup();
    words.extend(open.into_iter().map(|name| Word {
        hand: Hand::Default(distribution.name),
        unresolved: Some(Gap {
            kind: GapKind::Version,
            reason: format!("what {0} gives `--{name}` depends on the release of {0}", distribution.name),
            wanted: format!("the release of {}", distribution.name),
            who_could_answer: "the manifest of the API server as it runs".to_owned(),
        }),
        ..Word::written(format!("--{name}="), distribution.home.clone())
    }));
    words
}

/// The words of a flag that count: of one that holds one value the last.
fn counting<'w>(name: &str, words: &'w [Word]) -> &'w [Word] {
    let newest = KUBE_APISERVER.covered.1;
    let adds_up = KUBE_APISERVER.find(name).is_none_or(|flag| flag.kind(newest).accumulates());
    if adds_up { words } else { words.last().map_or(&[], std::slice::from_ref) }
}

fn alike(a: &[Word], b: &[Word]) -> bool {
    let same = |(a, b): (&Word, &Word)| {
        a.text == b.text && a.hand == b.hand && a.unresolved.is_some() == b.unresolved.is_some()
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// The words, of which one that is left open is there only in the releases that have its flag: of others nobody gives it.
pub(super) fn where_known(mut words: Vec<Word>) -> Vec<Word> {
    for word in words.iter_mut().filter(|word| word.hand != Hand::Written && word.unresolved.is_some()) {
        let name = word.text.strip_prefix("--").and_then(|text| text.split_once('=')).map(|(name, _)| name);
        let Some(flag) = name.and_then(|name| KUBE_APISERVER.find(name)) else { continue };
        let (from, to) = word.releases.unwrap_or((Minor::new(1, 0), Minor::new(1, u16::MAX)));
        let first = flag.introduced.map_or(from, |introduced| introduced.max(from));
        let last = flag.removed.map_or(to, |removed| removed.previous().min(to));
        word.releases = Some((first, last));
    }
    words.retain(|word| word.releases.is_none_or(|(from, to)| from <= to));
    words
}
