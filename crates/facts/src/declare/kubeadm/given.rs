//! What somebody wrote of a configuration: fields by their path through the layers, and the arguments of `extraArgs`.

use model::{Form, Gap, GapKind, Location, Problem, ProblemKind, Site};
use yaml::{Cursor, Resolved, Value};

use super::added::{NEWEST, OLDEST};
use super::{Configuration, Layer, Shape, minors};
use crate::{
    Hand, Word,
    declare::{Source, command::unfilled, lookup::text_of},
};

/// More arguments than any server has.
pub(super) const MOST_ARGUMENTS: usize = 512;

/// Something that is written, and where.
#[derive(Clone)]
pub(super) struct Found<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) cursor: Cursor<'a>,
}

impl Found<'_> {
    pub(super) fn text(&self) -> Option<String> {
        self.cursor.text().map(str::to_owned).filter(|text| !text.is_empty() && !self.cursor.is_null())
    }

    pub(super) fn at(&self) -> Location {
        self.source.at(&self.cursor)
    }

    pub(super) fn items(&self) -> Vec<Found<'_>> {
        self.cursor.items().map(|cursor| Found { source: self.source, cursor }).collect()
    }
}

/// What the last layer that speaks says; null takes away what an earlier one said.
pub(super) fn find<'a>(layers: &[Layer<'a>], path: &[&str]) -> Option<Found<'a>> {
    for layer in layers.iter().rev() {
        let mut here = Some(layer.node.clone());
        for name in path {
            match here.as_ref().and_then(|here| here.get(name)) {
                Some(next) if next.is_null() => return None,
                next => here = next,
            }
        }
        if let Some(cursor) = here {
            return Some(Found { source: layer.source, cursor });
        }
    }
    None
}

pub(super) fn is_true(found: &Found<'_>) -> bool {
    found.cursor.is_true()
}

/// The site of a field that is the flag's value as it stands.
pub(super) fn field(found: &Found<'_>) -> Site {
    Site { at: found.at(), form: Form::Field }
}

/// The site of something that a value is made of.
pub(super) fn made(found: &Found<'_>, how: &str) -> (Site, Hand) {
    (field(found), Hand::Made(how.to_owned()))
}

/// An argument of `extraArgs`.
#[derive(Clone)]
pub(in crate::declare) struct Argument {
    pub(in crate::declare) name: String,
    /// As it is written, also where something in it is not filled in yet.
    pub(in crate::declare) value: String,
    pub(in crate::declare) site: Site,
    pub(in crate::declare) hand: Hand,
    pub(in crate::declare) unresolved: Option<Gap>,
}

impl Argument {
    pub(super) fn word(&self) -> Word {
        Word {
            unresolved: self.unresolved.clone(),
            hand: self.hand.clone(),
            ..Word::written(format!("--{}={}", self.name, self.value), self.site.clone())
        }
    }
}

impl Configuration<'_> {
    /// The arguments that somebody wrote, in the order in which kubeadm receives them.
    pub(super) fn arguments(&self, problems: &mut Vec<Problem>) -> Vec<Argument> {
        let mut given: Vec<Argument> = self.around.beneath.clone();
        for layer in &self.cluster {
            let Some(found) = find(std::slice::from_ref(layer), self.path()) else { continue };
            // What merges takes a map for a list only where the patch names no version (kubeadm_merge.go, mergeExtraArgs).
            let is_passed_over = self.around.merges && text_of(&layer.node, "apiVersion").is_some();
            match found.cursor.value() {
                Value::Mapping(_) if is_passed_over => {
                    problems
                        .push(Problem { stops: false, ..misshapen(&found, "extraArgs", "is a map and passed over") });
                }
                Value::Mapping(_) => {
                    if self.shape == Shape::Pairs && !self.around.merges {
                        problems.push(misshapen(
                            &found,
                            "extraArgs",
                            "is a map, and this version takes a list of names and values",
                        ));
                    }
                    for entry in found.cursor.entries().take(MOST_ARGUMENTS) {
                        let name = entry.name.into_owned();
                        given.retain(|known| known.name != name);
                        if entry.value.is_null() {
                            continue;
                        }
                        given.extend(argument(&found, name, &entry.value, Form::Entry, problems));
                    }
                }
                Value::Sequence(_) => {
                    if !matches!(self.shape, Shape::Pairs | Shape::Any) {
                        problems.push(misshapen(
                            &found,
                            "extraArgs",
                            "is a list, and this version takes a map of names and values",
                        ));
                    }
                    if !self.around.merges {
                        given.clear();
                    }
                    for item in found.cursor.items().take(MOST_ARGUMENTS) {
                        let Some(name) = text_of(&item, "name") else { continue };
                        if self.around.merges {
                            given.retain(|known| known.name != name);
                        }
                        let Some(value) = item.get("value") else { continue };
                        if self.around.merges && value.is_null() {
                            continue;
                        }
                        given.extend(argument(&found, name, &value, Form::Pair, problems));
                    }
                }
                Value::Scalar(_) => {}
            }
        }
        given.retain(|known| !self.around.removed.contains(&known.name));
        for argument in &self.around.on_top {
            given.retain(|known| known.name != argument.name);
            given.push(argument.clone());
        }
        given
    }
}

/// A flag that is given once or more. Up to 1.31 kubeadm sorts the values of one name; pull request 135400 keeps their order
/// from 1.36 on, and with some patch release of 1.32 to 1.35.
pub(super) fn repeated(same: &[&Argument]) -> Vec<Word> {
    let mut sorted = same.to_vec();
    sorted.sort_by(|a, b| a.value.cmp(&b.value));
    let as_written = || same.iter().map(|argument| argument.word());
    if sorted.iter().zip(same).all(|(a, b)| a.value == b.value) {
        return as_written().collect();
    }
    let open = Gap {
        kind: GapKind::Version,
        reason: "the order of its values depends on the patch release of kubeadm".to_owned(),
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: "give /etc/kubernetes/manifests of the node".to_owned(),
    };
    let within = |word: Word, from: u16, to: u16| Word { releases: Some(minors(from, to)), ..word };
    let mut words: Vec<Word> = sorted.iter().map(|argument| within(argument.word(), OLDEST, 31)).collect();
    words.extend(as_written().map(|word| within(Word { unresolved: Some(open.clone()), ..word }, 32, 35)));
    words.extend(as_written().map(|word| within(word, 36, NEWEST)));
    words
}

fn argument(
    list: &Found<'_>,
    name: String,
    value: &Cursor<'_>,
    form: Form,
    problems: &mut Vec<Problem>,
) -> Option<Argument> {
    let found = Found { source: list.source, cursor: value.clone() };
    let Some(text) = value.text() else {
        problems.push(misshapen(&found, &name, "is no text"));
        return None;
    };
    let noun = match value.resolved() {
        Some(Resolved::Bool(_)) => Some("a boolean"),
        Some(Resolved::Int(_) | Resolved::Float(_)) => Some("a number"),
        _ => None,
    };
    if let Some(noun) = noun {
        problems.push(misshapen(&found, &name, &format!("is {noun}, not a string")));
    }
    let text = if value.is_null() { "" } else { text };
    let site = Site { at: found.at(), form };
    Some(Argument { name, value: text.to_owned(), site, hand: Hand::Written, unresolved: unfilled(text) })
}

/// A value that kubeadm cannot read, so that there is no API server at all.
fn misshapen(found: &Found<'_>, name: &str, what: &str) -> Problem {
    Problem {
        kind: ProblemKind::Refused,
        stops: true,
        message: format!("kubeadm cannot read the file: `{name}` {what}"),
        hint: what.ends_with("not a string").then(|| "write it as a quoted string".to_owned()),
        location: Some(found.at()),
        setting: None,
    }
}
