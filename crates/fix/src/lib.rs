//! Wanted states into edits: the smallest change of somebody's own file that makes a wish come true.
//!
//! A rule says which setting should have which value, and facts say where it is written or would be. This crate finds the
//! words: [`yaml::edit`] keeps the quotes of one that changes, and makes a new one look like its siblings. Every plan is
//! checked by reading the changed text again: nothing but the wish may be different. What cannot be done so is refused
//! with a reason, and stays advice.
//!
//! It is pure: it never reads or writes a file, and never judges whether a change is wise.
//!
//! Start at [`plan`]; [`apply`] makes the edits in a text.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod check;
mod entry;
mod list;
mod scalar;
mod script;

use std::{borrow::Cow, fmt};

use model::{Change, Edit, Evidence, EvidenceId, Form, Kind, Location, Site, Span};
use yaml::{Cursor, Document, Limits, Value};

use crate::check::Wish;

/// Why a change cannot be made as an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub setting: String,
    /// The piece of evidence that would have had to change.
    pub evidence: EvidenceId,
    /// A sentence without its full stop.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot change `{}` in {}: {}", self.setting, self.evidence, self.reason)
    }
}

impl std::error::Error for Refusal {}

/// The edits that make the changes, all or none. They are sorted, and do not overlap.
pub fn plan(changes: &[Change], evidence: &[Evidence]) -> Result<Vec<Edit>, Refusal> {
    let mut edits = Vec::new();
    let mut wishes: Vec<(EvidenceId, &str, Wish)> = Vec::new();
    for change in changes {
        let (setting, sites, to) = match change {
            Change::Set { setting, site, to } => (setting, std::slice::from_ref(site), Some(to.as_str())),
            Change::Remove { setting, sites } => (setting, sites.as_slice(), None),
        };
        for site in sites {
            let refuse =
                |reason: String| Refusal { setting: setting.clone(), evidence: site.at.evidence.clone(), reason };
            let text = source(&site.at, evidence).map_err(refuse)?;
            let done = one(setting, site, to, &text).map_err(|Obstacle(reason)| refuse(reason))?;
            wishes.extend(done.wishes.into_iter().map(|wish| (site.at.evidence.clone(), setting.as_str(), wish)));
            edits.extend(done.edits.into_iter().map(|edit| Edit {
                evidence: site.at.evidence.clone(),
                span: Span::new(edit.span.start, edit.span.end),
                text: edit.text,
            }));
        }
    }
    edits.sort();
    edits.dedup();
    wishes.sort_by(|a, b| (&a.0, &a.2).cmp(&(&b.0, &b.2)));
    wishes.dedup_by(|a, b| a.0 == b.0 && a.2 == b.2);
    held(&edits, &wishes, evidence)?;
    Ok(edits)
}

/// The text with the edits made. They belong to this text, are sorted and do not overlap, as [`plan`] returns them.
///
/// An edit that does not fit the text is left out: then the text is not the one it was planned for.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut changed = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        let range = edit.span.range();
        let Some(kept) = text.get(done..range.start).filter(|_| text.get(range.clone()).is_some()) else { continue };
        changed.push_str(kept);
        changed.push_str(&edit.text);
        done = range.end;
    }
    changed.push_str(text.get(done..).unwrap_or_default());
    changed
}

/// What one site needs, and what must be different afterwards.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) edits: Vec<yaml::edit::Edit>,
    pub(crate) wishes: Vec<Wish>,
}

impl Done {
    pub(crate) fn new(change: yaml::edit::Change, wish: Wish) -> Self {
        Self { edits: change.edits, wishes: vec![wish] }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.edits.extend(other.edits);
        self.wishes.extend(other.wishes);
    }
}

/// A parsed text, the document that a site is in, and the node.
pub(crate) struct Ground<'a> {
    pub(crate) text: &'a str,
    pub(crate) document: usize,
    pub(crate) node: Cursor<'a>,
}

/// Why one site cannot be changed: a sentence without its full stop.
#[derive(Debug)]
pub(crate) struct Obstacle(String);

impl From<&str> for Obstacle {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl From<String> for Obstacle {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<yaml::edit::Refusal> for Obstacle {
    fn from(refusal: yaml::edit::Refusal) -> Self {
        Self(refusal.to_string())
    }
}

fn one(setting: &str, site: &Site, to: Option<&str>, text: &str) -> Result<Done, Obstacle> {
    let stream = yaml::parse(text, &Limits::default());
    let document = containing(&stream.documents, &site.at)?;
    // Words of a script are changed where they stand. Whatever else a text in the file holds has a grammar of its own, and
    // its pointer may be one of that text.
    if site.form != Form::Script && is_in_text(&document.cursor(), site.at.span) {
        return Err(in_text(site.form, setting, to));
    }
    if let (Form::Entries | Form::Pairs, Some(to)) = (site.form, to) {
        return entry::insert(document, &site.at, site.form, text, setting, to);
    }
    let node = document.at(&site.at.pointer).ok_or("the place is not there any more")?;
    let ground = Ground { text, document: document.index, node };
    match (site.form, to) {
        (Form::Word, Some(to)) => scalar::set_word(&ground, setting, to),
        (Form::SplitWord | Form::Field | Form::Item, Some(to)) => scalar::set_whole(&ground, to),
        (Form::Item, None) => list::remove_item(&ground),
        (Form::List, Some(to)) => list::insert(&ground, &format!("{setting}={to}")),
        (Form::Word, None) => list::remove_word(&ground, setting),
        (Form::SplitWord, None) => list::remove_split(&ground, setting),
        (Form::Script, to) => script::word(&ground, site, setting, to),
        (Form::Field, None) => Err("a field is taken out of a configuration file by hand".into()),
        (Form::Entry | Form::Pair, Some(to)) => entry::set(&ground, site.form, setting, to),
        (Form::Entry | Form::Pair, None) => entry::remove(&ground, site.form, setting),
        (Form::List | Form::Entries | Form::Pairs, None) => Err("nobody wrote it there".into()),
        (Form::Entries | Form::Pairs, Some(_)) => Err("it cannot be added there".into()),
    }
}

/// What to do by hand about a place in a document that stands in a string of another one.
pub(crate) fn in_text(form: Form, setting: &str, to: Option<&str>) -> Obstacle {
    let name = setting.trim_start_matches('-');
    let what = match (form, to) {
        (_, None) => format!("take `{setting}` away there"),
        (Form::Field | Form::Item, Some(to)) => format!("write `{to}` there"),
        (Form::Entry | Form::Entries, Some(to)) => format!("write `{name}: \"{to}\"` there"),
        (Form::Pair | Form::Pairs, Some(to)) => format!("write `{name}` with the value `{to}` there"),
        (Form::Word | Form::SplitWord | Form::List | Form::Script, Some(to)) => {
            format!("write `{setting}={to}` there")
        }
    };
    Obstacle(format!("it stands in a text inside the file, which is not edited by machine; {what}"))
}

/// Whether a place lies within a string of several lines and is not all of it.
fn is_in_text(node: &Cursor<'_>, span: Option<Span>) -> bool {
    let Some(span) = span else { return false };
    let around = node.span();
    if span.start < around.start || around.end < span.end {
        return false;
    }
    match node.value() {
        Value::Scalar(scalar) => {
            let part = (scalar.span().start, scalar.span().end) != (span.start, span.end);
            part && (scalar.text().contains('\n') || scalar.text().starts_with("data:"))
        }
        Value::Sequence(_) => node.items().any(|item| is_in_text(&item, Some(span))),
        Value::Mapping(_) => node.entries().any(|entry| is_in_text(&entry.value, Some(span))),
    }
}

fn containing<'a>(documents: &'a [Document], at: &Location) -> Result<&'a Document, &'static str> {
    let span = at.span.ok_or("it has no place in the text")?;
    let holds = |document: &&Document| document.span.start <= span.start && span.end <= document.span.end;
    documents.iter().find(holds).ok_or("the place is in no document that can be read")
}

/// The text to plan in. Secrets are cut out of it as `*`, which YAML reads as an alias, so another letter stands in.
fn source<'a>(at: &Location, evidence: &'a [Evidence]) -> Result<Cow<'a, str>, String> {
    let piece = evidence.iter().find(|piece| piece.id == at.evidence).ok_or("it was not read")?;
    if piece.kind == Kind::Arguments {
        return Err("these are the arguments of a running process; change what starts it".to_owned());
    }
    let text = piece.text().ok_or("it could not be read")?;
    if piece.secrets.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let mut readable = String::with_capacity(text.len());
    let mut done = 0;
    for secret in &piece.secrets {
        let range = secret.span.range();
        let (Some(kept), Some(cut)) = (text.get(done..range.start), text.get(range.clone())) else { continue };
        readable.push_str(kept);
        readable.push_str(&cut.replace('*', "x"));
        done = range.end;
    }
    readable.push_str(text.get(done..).unwrap_or_default());
    Ok(Cow::Owned(readable))
}

/// Whether the edits fit together, and make the wishes and nothing else come true.
fn held(edits: &[Edit], wishes: &[(EvidenceId, &str, Wish)], evidence: &[Evidence]) -> Result<(), Refusal> {
    for (id, setting, _) in wishes {
        let refuse =
            |reason: &str| Refusal { setting: (*setting).to_owned(), evidence: id.clone(), reason: reason.to_owned() };
        let own: Vec<Edit> = edits.iter().filter(|edit| edit.evidence == *id).cloned().collect();
        if own.windows(2).any(|pair| matches!(pair, [a, b] if a.span.end > b.span.start)) {
            return Err(refuse("two changes meet in one place; make one, and then the other"));
        }
        let whole = Location::whole(id.clone(), model::Plane::Declared);
        let before = source(&whole, evidence).map_err(|reason| refuse(&reason))?;
        let own_wishes: Vec<&Wish> =
            wishes.iter().filter(|(other, _, _)| other == id).map(|(_, _, wish)| wish).collect();
        if !check::holds(&before, &apply(&before, &own), &own_wishes) {
            return Err(refuse("the file is written in a way that a small edit would break"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
