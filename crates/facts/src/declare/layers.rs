//! Flags in layers: what a distribution adds by itself, what it makes of its own settings, and what somebody wrote.
//!
//! A layer takes the place of one below it flag by flag, so that every flag is told by whoever set it last.

use model::{Body, Evidence, Form, Gap, GapKind, Location, Minor, Site};
use yaml::Cursor;

use super::{Source, command::unfilled, embedded};
use crate::{Carried, Files, Hand, Releases, Word, within};

/// The flags of one process, weakest first.
pub(super) struct Layers {
    distribution: &'static str,
    /// Where somebody would write a flag.
    home: Site,
    flags: Vec<Flag>,
}

struct Flag {
    name: String,
    word: Word,
}

impl Layers {
    pub(super) fn new(distribution: &'static str, home: Site) -> Self {
        Self { distribution, home, flags: Vec::new() }
    }

    /// A flag that the distribution adds unasked.
    pub(super) fn adds(&mut self, name: &str, value: impl AsRef<str>) {
        self.adds_in(name, value, None);
    }

    /// The same, in some releases only; for others it may be added with another value.
    pub(super) fn adds_in(&mut self, name: &str, value: impl AsRef<str>, releases: Releases) {
        let word = Word {
            hand: Hand::Default(self.distribution),
            releases,
            ..Word::written(format!("--{name}={}", value.as_ref()), self.home.clone())
        };
        self.flags.push(Flag { name: name.to_owned(), word });
    }

    /// A flag that the distribution makes of a setting of its own, which stands at a place.
    pub(super) fn makes(&mut self, name: &str, value: impl AsRef<str>, at: Location, how: impl Into<String>) {
        self.makes_in(name, value, at, how, None);
    }

    /// The same, in some releases only; in others it is not there.
    pub(super) fn makes_in(
        &mut self,
        name: &str,
        value: impl AsRef<str>,
        at: Location,
        how: impl Into<String>,
        releases: Releases,
    ) {
        let value = value.as_ref();
        self.takes_away(name);
        let word = Word {
            hand: Hand::Made(how.into()),
            unresolved: unfilled(value),
            releases,
            ..Word::written(format!("--{name}={value}"), Site { at, form: Form::Field })
        };
        self.flags.push(Flag { name: name.to_owned(), word });
    }

    /// A flag that is set, to what only the cluster itself knows.
    pub(super) fn sets_unseen(&mut self, name: &str, gap: Gap) {
        self.takes_away(name);
        self.sets_unseen_in(name, gap, None);
    }

    /// A flag that may be there in some releases, which depends on more than the release; beside what is there in others.
    pub(super) fn sets_unseen_in(&mut self, name: &str, gap: Gap, releases: Releases) {
        let word = Word {
            hand: Hand::Default(self.distribution),
            unresolved: Some(gap),
            releases,
            ..Word::written(format!("--{name}="), self.home.clone())
        };
        self.flags.push(Flag { name: name.to_owned(), word });
    }

    /// Flags that somebody wrote, all those of one name together.
    pub(super) fn written(&mut self, name: &str, values: impl IntoIterator<Item = (String, Site)>) {
        self.takes_away(name);
        self.appended(name, values);
    }

    /// Flags that somebody wrote, behind those that are there.
    pub(super) fn appended(&mut self, name: &str, values: impl IntoIterator<Item = (String, Site)>) {
        self.flags.extend(values.into_iter().map(|(value, site)| Flag {
            name: name.to_owned(),
            word: Word { unresolved: unfilled(&value), ..Word::written(format!("--{name}={value}"), site) },
        }));
    }

    /// Leaves the words of one flag only in the releases from 1.`from` on.
    pub(super) fn limits(&mut self, name: &str, from: u16) {
        for flag in self.flags.iter_mut().filter(|flag| flag.name == name) {
            let (first, last) = flag.word.releases.unwrap_or((Minor::new(1, 0), Minor::new(1, u16::MAX)));
            flag.word.releases = Some((first.max(Minor::new(1, from)), last));
        }
        self.flags.retain(|flag| flag.word.releases.is_none_or(|(first, last)| first <= last));
    }

    /// Flags that somebody wrote, among those of one name that are there: all of them in order, and none twice.
    pub(super) fn joined(&mut self, name: &str, values: impl IntoIterator<Item = (String, Site)>) {
        for (value, site) in values {
            let text = format!("--{name}={value}");
            // One that is there in some releases only stands in those, and is written in all of them.
            self.flags.retain(|flag| flag.word.text != text);
            self.appended(name, [(value, site)]);
        }
        let mut own = self.take(name);
        own.sort_by(|a, b| a.text.cmp(&b.text));
        self.puts(name, own);
    }

    /// Words of one flag, as they are, behind those that are there.
    pub(super) fn puts(&mut self, name: &str, words: Vec<Word>) {
        self.flags.extend(words.into_iter().map(|word| Flag { name: name.to_owned(), word }));
    }

    /// The words of one flag, taken out.
    pub(super) fn take(&mut self, name: &str) -> Vec<Word> {
        let (own, others) = std::mem::take(&mut self.flags).into_iter().partition(|flag| flag.name == name);
        self.flags = others;
        let own: Vec<Flag> = own;
        own.into_iter().map(|flag| flag.word).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag.name == name)
    }

    pub(super) fn takes_away(&mut self, name: &str) {
        self.flags.retain(|flag| flag.name != name);
    }

    /// The command line, on which the order of different flags does not count.
    pub(super) fn words(self) -> Vec<Word> {
        self.flags.into_iter().map(|flag| flag.word).collect()
    }
}

/// Where an entry would be added to the map at a path, of which there may be a part.
pub(super) fn map_at(source: &Source<'_>, root: &Cursor<'_>, path: &[&str]) -> Site {
    map_below(source, root, path, Form::Entries)
}

/// The place of such a map, whatever is written there.
pub(super) fn map_below(source: &Source<'_>, root: &Cursor<'_>, path: &[&str], form: Form) -> Site {
    let mut there = root.clone();
    for name in path {
        let Some(next) = there.get(name).filter(|next| next.mapping().is_some()) else { break };
        there = next;
    }
    let mut at = source.at(&there);
    if source.inside.is_none() {
        at.pointer = format!("{}/{}", root.pointer(), path.join("/"));
    }
    Site { at, form }
}

/// The opening of a command line whose distribution is known from one minor release of 1.x to another: in those before and
/// behind, an empty word that nobody knows leaves open what no other word says.
pub(super) fn outside((first, last): (u16, u16), gap: &Gap, home: &Site) -> Vec<Word> {
    let word = |from: u16, to: u16| Word {
        unresolved: Some(gap.clone()),
        releases: within(from, to),
        ..Word::written("", home.clone())
    };
    vec![word(0, first.saturating_sub(1)), word(last + 1, u16::MAX)]
}

/// Files of the host that a distribution makes when it starts the server, below folders of its own: that they are not there
/// yet keeps nothing from starting. One that was read, or could not be, is not replaced.
pub(super) fn made_at_start(
    source: &Source<'_>,
    evidence: &[Evidence],
    words: &[Word],
    folders: &[String],
) -> Vec<Carried> {
    let is_seen = |path: &str| {
        let Some(root) = source.root else { return false };
        let id = Files::id(root, path);
        evidence.iter().any(|piece| piece.id == id && !matches!(piece.body, Body::Missing))
    };
    let mut found: Vec<Carried> = Vec::new();
    for word in words.iter().filter(|word| word.hand != Hand::Written && word.unresolved.is_none()) {
        let Some((name, path)) = word.text.split_once('=') else { continue };
        let is_own = folders.iter().any(|folder| path.starts_with(folder.as_str()));
        if !is_own || found.iter().any(|known| known.path == path) || is_seen(path) {
            continue;
        }
        // Of keys and certificates it is enough that they are there.
        let body = if READ.contains(&name) {
            Body::Unread(Gap {
                kind: GapKind::Unread,
                reason: format!("`{path}` is written when the server starts"),
                wanted: path.to_owned(),
                who_could_answer: "a server of the cluster".to_owned(),
            })
        } else {
            Body::Present
        };
        found.push(embedded::carried(source, path, body));
    }
    found
}

/// Flags whose file says something.
const READ: [&str; 4] = [
    "--admission-control-config-file",
    "--audit-policy-file",
    "--egress-selector-config-file",
    "--encryption-provider-config",
];
