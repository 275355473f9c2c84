//! Flags in layers: what a distribution adds by itself, what it makes of its own settings, and what somebody wrote.
//!
//! A layer takes the place of one below it flag by flag, so that every flag is told by whoever set it last.

use model::{Form, Gap, Location, Minor, Site};

use super::command::unfilled;
use crate::{Hand, Word};

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
    pub(super) fn adds_in(&mut self, name: &str, value: impl AsRef<str>, releases: Option<(Minor, Minor)>) {
        let word = Word {
            hand: Hand::Default(self.distribution),
            releases,
            ..Word::written(format!("--{name}={}", value.as_ref()), self.home.clone())
        };
        self.flags.push(Flag { name: name.to_owned(), word });
    }

    /// A flag that the distribution makes of a setting of its own, which stands at a place.
    pub(super) fn makes(&mut self, name: &str, value: impl AsRef<str>, at: Location, how: impl Into<String>) {
        let value = value.as_ref();
        self.takes_away(name);
        let word = Word {
            hand: Hand::Made(how.into()),
            unresolved: unfilled(value),
            ..Word::written(format!("--{name}={value}"), Site { at, form: Form::Field })
        };
        self.flags.push(Flag { name: name.to_owned(), word });
    }

    /// A flag that is set, to what only the cluster itself knows.
    pub(super) fn sets_unseen(&mut self, name: &str, gap: Gap) {
        self.takes_away(name);
        let word = Word {
            hand: Hand::Default(self.distribution),
            unresolved: Some(gap),
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

    pub(super) fn takes_away(&mut self, name: &str) {
        self.flags.retain(|flag| flag.name != name);
    }

    /// The command line, on which the order of different flags does not count.
    pub(super) fn words(self) -> Vec<Word> {
        self.flags.into_iter().map(|flag| flag.word).collect()
    }
}
