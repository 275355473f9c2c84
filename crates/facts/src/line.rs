//! One command line as a component of one release holds it: the API server, or a kubelet.
//!
//! What the words come to, flag by flag, with everything that each was set to before. What a component makes of its flags
//! beyond that is known elsewhere.

pub(crate) mod mistakes;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use model::{Author, Form, Gap, GapKind, Location, Origin, Reading, Site, Version};

use crate::{
    Hand, Invocation,
    apiserver::{FILES, FileWant, named_in},
    flags::{Flag, KUBE_APISERVER, Presence, Table},
    fresh::{Fresh, Unset},
    golang,
    merge::{Unwritten, newer_than_data},
    pflag::{self, Mistake, Value},
    running::ReportedFlag,
};

/// The state of every flag of one release after the command line was read.
pub(crate) struct Line<'a> {
    pub(crate) table: &'static Table,
    pub(crate) invocation: &'a Invocation,
    pub(crate) version: &'a Version,
    pub(crate) mistakes: Vec<Mistake>,
    /// The files that it is given to read.
    pub(crate) wants: Vec<FileWant>,
    /// Values that their flag does not take: the flag, what it takes instead, the text, and where it stands.
    pub(crate) refused: Vec<(&'static Flag, String, String, Site)>,
    /// Why whatever is not written may be set all the same.
    pub(crate) open: Option<Gap>,
    /// The first word that may hold any flag, once the words before it are read.
    opaque: Option<Gap>,
    /// What its flags are before anything is written.
    fresh: Arc<Fresh>,
    /// What was written, by the place in the table of the flag whose variable it is.
    written: BTreeMap<usize, Written>,
    given: Vec<bool>,
}

/// What was written to the variable of one or more flags.
struct Written {
    value: Result<Value, Gap>,
    earlier: Vec<Write>,
    last: Write,
}

impl Written {
    /// The last one first.
    fn writes(&self) -> impl Iterator<Item = &Write> {
        std::iter::once(&self.last).chain(self.earlier.iter().rev())
    }
}

/// The variable of a flag as it stands.
#[derive(Clone, Copy)]
enum Variable<'s> {
    Unset(&'s Result<Unset, Gap>),
    Written(&'s Written),
}

impl<'s> Variable<'s> {
    fn value(self) -> Result<&'s Value, &'s Gap> {
        match self {
            Self::Unset(unset) => unset.as_ref().map(|unset| &unset.value),
            Self::Written(written) => written.value.as_ref(),
        }
    }

    fn written(self) -> Option<&'s Written> {
        match self {
            Self::Unset(_) => None,
            Self::Written(written) => Some(written),
        }
    }
}

struct Write {
    flag: usize,
    site: Site,
    hand: Hand,
    /// The value printed after this write, of one that another write came after, or that was reported; `None` where it is
    /// not known.
    printed: Option<String>,
}

fn again(gap: &Gap) -> Gap {
    Gap { reason: format!("{}, and may set the flag again", gap.reason), ..gap.clone() }
}

impl<'a> Line<'a> {
    /// What people call the component.
    pub(crate) fn noun(&self) -> &'static str {
        if self.table.component == KUBE_APISERVER.component { "server" } else { self.table.component }
    }

    /// What was written; of flags that set the same variable that which holds.
    pub(crate) fn held(&self) -> impl Iterator<Item = (&'static Flag, Result<Reading, Gap>)> {
        self.written.values().filter_map(|written| {
            let index = written.last.flag;
            let flag = self.table.flags.get(index)?;
            Some((flag, self.reading(index, flag, Variable::Written(written))))
        })
    }

    /// Whether it is OpenShift's build, which has plugins, authorizers and gates of its own.
    pub(crate) fn is_openshift(&self) -> bool {
        self.invocation.is_openshift()
    }

    pub(crate) fn read(table: &'static Table, invocation: &'a Invocation, version: &'a Version) -> Self {
        let parsed = pflag::parse(&invocation.words_in(version.minor), table, version);
        // Which flags of a kubelet name files is known to whoever reads it.
        let is_apiserver = table.component == KUBE_APISERVER.component;
        let mut line = Self {
            table,
            invocation,
            version,
            wants: if is_apiserver { named_in(&parsed.occurrences, &FILES) } else { Vec::new() },
            mistakes: parsed.mistakes,
            refused: Vec::new(),
            open: parsed.opaque.first().map(|(_, gap)| gap.clone()).or_else(|| invocation.open_ended.clone()),
            opaque: None,
            fresh: Fresh::of(table, version),
            written: BTreeMap::new(),
            given: vec![false; table.flags.len()],
        };
        let mut opaque = parsed.opaque.into_iter().peekable();
        for (index, occurrence) in parsed.occurrences.into_iter().enumerate() {
            while let Some((_, gap)) = opaque.next_if(|(before, _)| *before <= index) {
                line.pass_over(gap);
            }
            line.write(occurrence);
        }
        opaque.for_each(|(_, gap)| line.pass_over(gap));
        line
    }

    /// The state that an API server itself reports, flag by flag.
    pub(crate) fn reported(invocation: &'a Invocation, flags: &[ReportedFlag], version: &'a Version) -> Self {
        let table: &'static Table = &KUBE_APISERVER;
        let minor = version.minor;
        let unlisted = |flag: &Flag| Gap {
            kind: GapKind::Unread,
            reason: format!("`{}` does not list `--{}`", invocation.declared_in, flag.name),
            wanted: format!("--{}", flag.name),
            who_could_answer: "the arguments of the process, on its node".to_owned(),
        };
        let mut written = BTreeMap::new();
        let mut defaults = Vec::with_capacity(table.flags.len());
        for (index, flag) in table.flags.iter().enumerate() {
            let known = flags.iter().find(|known| known.name == flag.name);
            let is_present = known.is_some() || flag.presence(version) != Presence::No;
            defaults.push(is_present.then(|| Err(unlisted(flag))));
            let Some(known) = known else { continue };
            let value = flag.kind(minor).read_printed(&known.value, minor).ok_or_else(|| Gap {
                kind: GapKind::Manual,
                reason: format!("`{}` does not read as a value of `--{}`", golang::quote(&known.value), flag.name),
                wanted: format!("--{}", flag.name),
                who_could_answer: "whoever maintains the component".to_owned(),
            });
            let site = Site { at: known.at.clone(), form: Form::Field };
            let printed = Some(golang::quote(&known.value));
            let last = Write { flag: index, site, hand: Hand::Reported, printed };
            written.insert(index, Written { value, earlier: Vec::new(), last });
        }
        Self {
            table,
            invocation,
            version,
            mistakes: Vec::new(),
            wants: Vec::new(),
            refused: Vec::new(),
            open: None,
            opaque: None,
            // Each flag is listed with its own value, also those that share one.
            fresh: Arc::new(Fresh { defaults, roots: (0..table.flags.len()).collect() }),
            written,
            given: vec![false; table.flags.len()],
        }
    }

    /// A word that may hold any flag: what was written before it may be written again.
    fn pass_over(&mut self, gap: Gap) {
        for written in self.written.values_mut().filter(|written| written.value.is_ok()) {
            written.value = Err(again(&gap));
        }
        self.opaque.get_or_insert(gap);
    }

    fn write(&mut self, occurrence: pflag::Occurrence) {
        let pflag::Occurrence { flag: index, text, site, hand } = occurrence;
        let minor = self.version.minor;
        let Some(flag) = self.table.flags.get(index) else { return };
        let kind = flag.kind(minor);
        let changed = self.given.get(index).copied().unwrap_or(false);
        let root = self.root(index);
        let Some(variable) = self.at_root(root) else { return };
        let unresolved = matches!(variable, Variable::Written(written) if written.value.is_err());
        let value = match text {
            // What was added to something unknown is unknown.
            Ok(_) if unresolved && kind.accumulates() => variable.value().cloned().map_err(Clone::clone),
            // What was added by a word that is not known is as unknown. The text has to be one that the flag takes.
            Ok(text)
                if let Some(gap) = self.opaque.as_ref().filter(|_| kind.accumulates())
                    && kind.set(&mut kind.default_value("", minor), changed, &text, minor).is_ok() =>
            {
                Err(again(gap))
            }
            Ok(text) => {
                let mut value = match variable.value() {
                    Ok(value) => value.clone(),
                    Err(_) => kind.default_value("", minor),
                };
                match kind.set(&mut value, changed, &text, minor) {
                    Ok(()) => Ok(value),
                    Err(takes) => {
                        let gap = Gap {
                            kind: GapKind::Manual,
                            reason: format!(
                                "`--{}` takes {takes}, so that the {} does not start",
                                flag.name,
                                self.noun()
                            ),
                            wanted: format!("--{}", flag.name),
                            who_could_answer: "whoever maintains the command line".to_owned(),
                        };
                        self.refused.push((flag, takes, text, site.clone()));
                        Err(gap)
                    }
                }
            }
            Err(gap) => Err(gap),
        };
        let last = Write { flag: index, site, hand, printed: None };
        match self.written.entry(root) {
            Entry::Vacant(entry) => {
                entry.insert(Written { value, earlier: Vec::new(), last });
            }
            Entry::Occupied(mut entry) => {
                let written = entry.get_mut();
                let mut earlier = std::mem::replace(&mut written.last, last);
                let other = self.table.flags.get(earlier.flag).map_or(kind, |flag| flag.kind(minor));
                earlier.printed = written.value.as_ref().ok().map(|value| other.print(value));
                written.value = value;
                written.earlier.push(earlier);
            }
        }
        if let Some(given) = self.given.get_mut(index) {
            *given = true;
        }
    }

    fn root(&self, index: usize) -> usize {
        self.fresh.roots.get(index).copied().unwrap_or(index)
    }

    fn at_root(&self, root: usize) -> Option<Variable<'_>> {
        let unset = self.fresh.defaults.get(root)?.as_ref()?;
        Some(self.written.get(&root).map_or(Variable::Unset(unset), Variable::Written))
    }

    fn variable(&self, index: usize) -> Option<Variable<'_>> {
        self.fresh.defaults.get(index)?.as_ref()?;
        self.at_root(self.root(index))
    }

    /// What the server holds for its flags, by name. Those that nothing sets are told of by `unwritten`, if it can.
    pub(crate) fn readings(&self) -> impl Iterator<Item = (&'static Flag, Result<Reading, Gap>)> {
        let is_told = |variable: &Variable<'_>| self.open.is_some() || matches!(variable, Variable::Written(_));
        self.table.flags.iter().enumerate().filter_map(move |(index, flag)| {
            let variable = self.variable(index).filter(is_told)?;
            Some((flag, self.reading(index, flag, variable)))
        })
    }

    /// What the release fills in where nothing sets a flag; `None` where something that is not known may set any.
    pub(crate) fn unwritten(&self) -> Option<Unwritten> {
        let home = self.invocation.list.clone();
        let plane = self.invocation.plane;
        self.open.is_none().then(|| Unwritten::Filled { fresh: Arc::clone(&self.fresh), plane, home })
    }

    /// What it holds for one flag; `None` where this release does not have it.
    pub(crate) fn reading_of(&self, name: &str) -> Option<Result<Reading, Gap>> {
        let index = self.table.position(name)?;
        Some(self.reading(index, self.table.flags.get(index)?, self.variable(index)?))
    }

    fn reading(&self, index: usize, flag: &'static Flag, variable: Variable<'_>) -> Result<Reading, Gap> {
        let written = match variable {
            Variable::Written(written) => written,
            Variable::Unset(_) if let Some(gap) = &self.open => return Err(gap.clone()),
            Variable::Unset(unset) => {
                let unset = unset.as_ref().map_err(Clone::clone)?;
                return Ok(unset.reading(self.invocation.plane, self.invocation.list.clone()));
            }
        };
        let last = &written.last;
        let kind = flag.kind(self.version.minor);
        let value = written.value.as_ref().map_err(Clone::clone)?;
        let origin = if last.flag == index {
            last.hand.origin(&last.site)
        } else {
            let other = self.table.flags.get(last.flag).map_or("", |flag| flag.name);
            Origin::Implied { by: Some(last.site.at.clone()), how: format!("`--{other}` sets the same value") }
        };
        if last.hand == Hand::Reported {
            // As it was printed: maps come in any order.
            let printed = last.printed.clone().unwrap_or_else(|| kind.print(value));
            // Nobody says who set it, but what it would be otherwise is known.
            let default =
                flag.default(self.version).ok().filter(|_| newer_than_data(self.table, self.version).is_none());
            let overrides = default.and_then(|default| {
                let text = default.raw.unwrap_or(default.value);
                let otherwise = kind.default_value(text, self.version.minor);
                let by = Author::Upstream { since: Some(default.since.to_string()) };
                (otherwise != *value).then(|| (Origin::Default { by, home: None }, kind.print(&otherwise)))
            });
            return Ok(self.plain(printed, origin, overrides.into_iter().collect()));
        }
        let overrides = if kind.accumulates() {
            Vec::new()
        } else {
            let earlier = written.writes().skip(1);
            earlier.filter_map(|write| Some((write.hand.origin(&write.site), write.printed.clone()?))).collect()
        };
        Ok(self.plain(kind.print(value), origin, overrides))
    }

    fn plain(&self, value: String, origin: Origin, overrides: Vec<(Origin, String)>) -> Reading {
        Reading { plane: self.invocation.plane, value, effective: None, open: None, origin, overrides }
    }

    /// The value of a flag, if this release has it and it is known.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        let variable = self.variable(self.table.position(name)?)?;
        if variable.written().is_none() && self.open.is_some() {
            return None;
        }
        variable.value().ok()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self, name: &str) -> Option<&[String]> {
        match self.value(name)? {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Int(number) | Value::Duration(number) => Some(*number),
            Value::Uint(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(crate) fn is(&self, name: &str, held: bool) -> bool {
        self.value(name) == Some(&Value::Bool(held))
    }

    /// Whether this release has the flag.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.position(name).is_some_and(|index| self.variable(index).is_some())
    }

    /// Whether the command line gives the flag under this name.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.table.position(name).is_some_and(|index| self.given.get(index).copied().unwrap_or(false))
    }

    /// Whether somebody wrote the flag under this name, and not only a distribution added it.
    pub(crate) fn is_written(&self, name: &str) -> bool {
        self.table.position(name).is_some_and(|index| {
            let written = |write: &Write| write.flag == index && write.hand == Hand::Written;
            self.variable(index).and_then(Variable::written).is_some_and(|variable| variable.writes().any(written))
        })
    }

    /// The flags that somebody wrote, each under this name, and not only a distribution added.
    pub(crate) fn written(&self) -> impl Iterator<Item = &'static Flag> {
        let given = self.given.iter().enumerate().filter(|(_, given)| **given);
        let flags = given.filter_map(|(index, _)| self.table.flags.get(index));
        flags.filter(|flag| self.is_written(flag.name))
    }

    /// Where the flag is given, the last occurrence of it or of a flag that sets the same.
    pub(crate) fn place(&self, name: &str) -> Option<&Location> {
        let variable = self.variable(self.table.position(name)?)?;
        variable.written().map(|written| &written.last.site.at)
    }

    /// Flags whose value is one thing and that are given more than once.
    pub(crate) fn duplicates(&self) -> Vec<(&'static Flag, &Site)> {
        let mut found = Vec::new();
        let given = self.table.flags.iter().enumerate().zip(&self.given).filter(|(_, given)| **given);
        for ((index, flag), _) in given {
            let Some(written) = self.variable(index).and_then(Variable::written) else { continue };
            let mut own = written.earlier.iter().chain([&written.last]).filter(|write| write.flag == index);
            if flag.kind(self.version.minor).accumulates() || own.next().is_none() {
                continue;
            }
            found.extend(own.next().map(|write| (flag, &write.site)));
        }
        found
    }
}
