//! Wanted states into edits: the smallest change of somebody's own file that makes a wish come true.
//!
//! A rule says which setting should have which value, and facts say where it is written or would be. This crate finds the
//! words: [`yaml::edit`] keeps the quotes of one that changes, and makes a new one look like its siblings; `line` does the
//! same in texts that are no trees, and either does it in a text that stands in a string of another. Every plan is checked by reading the changed text again, or of a long list the items around the change (`part`): nothing but
//! the wish may be different. What cannot be done so is refused with a reason, and stays advice.
//!
//! It is pure: it never reads or writes a file, and never judges whether a change is wise.
//!
//! Start at [`Planner`]; [`apply`] makes the edits in a text.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod check;
mod entry;
mod line;
mod list;
mod part;
mod scalar;
mod script;
mod statement;

use std::{
    borrow::Cow,
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
    sync::Arc,
};

use model::{Change, Edit, Evidence, EvidenceId, Form, Kind, Site, Span};
use yaml::{Cursor, Document, Limits, Stream, Value, edit};

use crate::{
    check::{Held, Wish},
    statement::Grammar,
};

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

/// Plans changes of one body of evidence, and reads each piece of it only once.
pub struct Planner<'e> {
    evidence: &'e [Evidence],
    tree_of: &'e dyn Fn(&EvidenceId) -> Option<Arc<Stream>>,
    known: RefCell<BTreeMap<EvidenceId, Rc<Known<'e>>>>,
}

/// A piece of evidence, as it was read.
struct Known<'e> {
    text: Cow<'e, str>,
    stream: Arc<Stream>,
    held: OnceCell<Held>,
}

impl<'e> Planner<'e> {
    /// `tree_of` gives the tree of a piece of evidence to whoever has it, where a parser made one before.
    pub fn new(evidence: &'e [Evidence], tree_of: &'e dyn Fn(&EvidenceId) -> Option<Arc<Stream>>) -> Self {
        Self { evidence, tree_of, known: RefCell::default() }
    }

    /// The edits that make the changes, all or none. They are sorted, and do not overlap.
    pub fn plan(&self, changes: &[Change]) -> Result<Vec<Edit>, Refusal> {
        let mut edits = Vec::new();
        let mut wishes: BTreeMap<EvidenceId, (&str, Vec<Wish>)> = BTreeMap::new();
        for change in changes {
            let (setting, sites, to) = match change {
                Change::Set { setting, site, to } => (setting, std::slice::from_ref(site), Some(to.as_str())),
                Change::Remove { setting, sites } => (setting, sites.as_slice(), None),
            };
            for site in sites {
                let id = &site.at.evidence;
                let refuse = |reason: String| Refusal { setting: setting.clone(), evidence: id.clone(), reason };
                let known = self.known(id).map_err(refuse)?;
                let done = one(setting, site, to, &known).map_err(|Obstacle(reason)| refuse(reason))?;
                wishes.entry(id.clone()).or_insert_with(|| (setting, Vec::new())).1.extend(done.wishes);
                edits.extend(done.edits.into_iter().map(|edit| Edit {
                    evidence: id.clone(),
                    span: Span::new(edit.span.start, edit.span.end),
                    text: edit.text,
                }));
            }
        }
        edits.sort();
        edits.dedup();
        for (id, (setting, wishes)) in wishes {
            let own: Vec<Edit> = edits.iter().filter(|edit| edit.evidence == id).cloned().collect();
            self.held(&id, &own, wishes).map_err(|reason| Refusal {
                setting: setting.to_owned(),
                evidence: id.clone(),
                reason,
            })?;
        }
        Ok(edits)
    }

    fn known(&self, id: &EvidenceId) -> Result<Rc<Known<'e>>, String> {
        if let Some(known) = self.known.borrow().get(id) {
            return Ok(Rc::clone(known));
        }
        let text = source(id, self.evidence)?;
        let stream = (self.tree_of)(id).unwrap_or_else(|| Arc::new(yaml::parse(&text, &Limits::default())));
        let known = Rc::new(Known { text, stream, held: OnceCell::new() });
        self.known.borrow_mut().insert(id.clone(), Rc::clone(&known));
        Ok(known)
    }

    /// Whether the edits of one piece fit together, and make the wishes and nothing else come true.
    fn held(&self, id: &EvidenceId, edits: &[Edit], mut wishes: Vec<Wish>) -> Result<(), String> {
        if edits.windows(2).any(|pair| matches!(pair, [a, b] if a.span.end > b.span.start)) {
            return Err("two changes meet in one place; make one, and then the other".to_owned());
        }
        let known = self.known(id)?;
        wishes.sort();
        wishes.dedup();
        let was = || known.held.get_or_init(|| Held::of(&known.stream)).clone();
        let wishes: Vec<&Wish> = wishes.iter().collect();
        let whole = || check::holds(&known.text, &was, &apply(&known.text, edits), &wishes);
        let part = part::holds(&known.text, &known.stream, edits, &wishes);
        debug_assert!(part.is_none_or(|part| part == whole()), "a part of {id} says what the whole does not");
        if !part.unwrap_or_else(whole) {
            return Err("the file is written in a way that a small edit would break".to_owned());
        }
        Ok(())
    }
}

/// The edits that make the changes, all or none, where there are no others to be planned.
pub fn plan(changes: &[Change], evidence: &[Evidence]) -> Result<Vec<Edit>, Refusal> {
    Planner::new(evidence, &|_| None).plan(changes)
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

/// What is to become of one setting at one site.
struct Wanted<'a> {
    setting: &'a str,
    form: Form,
    to: Option<&'a str>,
}

fn one(setting: &str, site: &Site, to: Option<&str>, known: &Known<'_>) -> Result<Done, Obstacle> {
    if let Form::ByHand(what) = site.form {
        return Err(what.into());
    }
    let span = site.at.span.ok_or("it has no place in the text")?;
    let wanted = Wanted { setting, form: site.form, to };
    in_level(&known.text, &known.stream, span, &site.at.pointer, &wanted, DEEPEST)
}

/// Texts inside texts inside texts: more levels than anything real has.
const DEEPEST: usize = 4;

/// Makes the change in a text, or in one that a string of it holds: there, places and edits are those of the string, and
/// are mapped on the way in and out.
fn in_level(
    text: &str,
    stream: &Stream,
    span: Span,
    pointer: &str,
    wanted: &Wanted<'_>,
    depth: usize,
) -> Result<Done, Obstacle> {
    let Wanted { setting, mut form, to } = *wanted;
    let of_lines = matches!(form, Form::Word | Form::SplitWord | Form::Line | Form::Lines | Form::Script);
    let grammar = Grammar::of(text).filter(|grammar| of_lines && (form != Form::Script || *grammar == Grammar::Unit));
    if let Some(grammar) = grammar {
        return line::change(grammar, text, span, form, setting, to);
    }
    if is_in_parts(text) {
        return Err(by_hand("it stands in one part of a text in several", form, setting, to));
    }
    let document = containing(&stream.documents, span)?;
    let holder = holder(document.cursor(), span);
    if let Some(holder) = &holder {
        let done =
            depth.checked_sub(1).and_then(|depth| in_string(text, document, holder, span, pointer, wanted, depth));
        if let Some(done) = done {
            return done;
        }
        let is_one_line = !holder.scalar().is_some_and(is_text);
        match form {
            Form::Script => {}
            // A word of a script, as a problem with it is placed.
            Form::Word if is_one_line && script::is_one_word(text, span) => form = Form::Script,
            Form::Word if is_one_line => {}
            _ => return Err(in_text(form, setting, to)),
        }
    }
    let node_there = || document.at(pointer).filter(|node| covers(node, span));
    let node = holder.or_else(node_there).or_else(|| node_at(document.cursor(), span));
    if let (Form::Entries | Form::Pairs | Form::Bares | Form::Fields(_), Some(to)) = (form, to) {
        // Without a pointer the place is that of the list itself.
        let (here, rest) = match node.filter(|_| pointer.is_empty()) {
            Some(node) => (node, ""),
            None => (document.cursor(), pointer),
        };
        return entry::insert(document.index, here, rest, form, text, setting, to);
    }
    let node = node.or_else(|| document.at(pointer)).ok_or("the place is not there any more")?;
    if matches!(form, Form::Line | Form::Lines) || form != Form::Script && node.scalar().is_some_and(is_text) {
        return Err(in_text(form, setting, to));
    }
    if let (Form::Script, None, Some(to)) = (form, node.scalar(), to) {
        return Err(format!("nothing is written yet that would take it; `{setting}={to}` takes a person").into());
    }
    let ground = Ground { text, document: document.index, node };
    match (form, to) {
        (Form::Word | Form::Bare, Some(to)) => scalar::set_word(&ground, form, setting, to),
        (Form::SplitWord | Form::Field | Form::Item, Some(to)) => scalar::set_whole(&ground, to),
        (Form::Item, None) => list::remove_item(&ground),
        (Form::List, Some(to)) => list::insert(&ground, &format!("{setting}={to}")),
        (Form::Word | Form::Bare, None) => list::remove_word(&ground, form, setting),
        (Form::SplitWord, None) => list::remove_split(&ground, setting),
        (Form::Script, to) => script::word(&ground, span, setting, to),
        (Form::Field, None) => Err("a field is taken out of a configuration file by hand".into()),
        (Form::Entry | Form::Pair, Some(to)) => entry::set(&ground, form, setting, to),
        (Form::Entry | Form::Pair, None) => entry::remove(&ground, form, setting),
        (Form::List | Form::Entries | Form::Pairs | Form::Bares | Form::Fields(_) | Form::Lines, None) => {
            Err("nobody wrote it there".into())
        }
        (Form::Entries | Form::Pairs | Form::Bares | Form::Fields(_) | Form::Line | Form::Lines, Some(_))
        | (Form::Line, None) => Err("it cannot be changed there".into()),
        (Form::ByHand(what), _) => Err(what.into()),
    }
}

/// Whether a scalar holds more than one word of anything.
fn is_text(scalar: &yaml::Scalar) -> bool {
    scalar.text().contains('\n') || scalar.text().starts_with("data:")
}

/// Makes the change in the text that a scalar holds. `None` where that is no text of its own, such as a script.
fn in_string(
    text: &str,
    document: &Document,
    holder: &Cursor<'_>,
    span: Span,
    pointer: &str,
    wanted: &Wanted<'_>,
    depth: usize,
) -> Option<Result<Done, Obstacle>> {
    let scalar = holder.scalar()?;
    let inner = scalar.text();
    let stream = yaml::parse(inner, &Limits::default());
    let is_whole_text = match wanted.form {
        Form::Script => Grammar::of(inner) == Some(Grammar::Unit) || has_tree(&stream),
        Form::Line | Form::Lines => true,
        _ => inner.contains('\n') && (Grammar::of(inner).is_some() || has_tree(&stream)),
    };
    if !is_whole_text {
        return None;
    }
    let places = scalar.places(text)?;
    let start = places.partition_point(|place| *place < span.start);
    let end = places.partition_point(|place| *place < span.end);
    let exact = |at: usize, place: u32| places.get(at) == Some(&place);
    if !exact(start, span.start) || !exact(end, span.end) {
        return None;
    }
    let within = Span::new(offset(start), offset(end));
    let own = holder.pointer();
    // The pointer of something that is to come leads through the string; others are of the outer or of the inner text.
    let through = pointer.strip_prefix(own.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let rest = through.unwrap_or(pointer);
    let done = match in_level(inner, &stream, within, rest, wanted, depth) {
        Ok(done) => done,
        Err(obstacle) => return Some(Err(obstacle)),
    };
    let wish = |wish| Wish::Within { document: document.index, pointer: own.clone(), wish: Box::new(wish) };
    let edits = edit::inside(text, holder, &done.edits).map_err(Obstacle::from);
    Some(edits.map(|edits| Done { edits, wishes: done.wishes.into_iter().map(wish).collect() }))
}

/// Whether a text is a document of its own and not merely one that YAML can be made of.
fn has_tree(stream: &Stream) -> bool {
    stream.documents.iter().any(|document| document.cursor().scalar().is_none())
        && !stream.faults.iter().any(|fault| fault.kind.is_fatal())
}

/// Whether a text is several in one, each under headings of its own (RFC 2046).
fn is_in_parts(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    ["content-type:", "mime-version:"].iter().any(|heading| first.starts_with(heading))
}

/// What to do by hand about a place in a document that stands in a string of another one.
pub(crate) fn in_text(form: Form, setting: &str, to: Option<&str>) -> Obstacle {
    by_hand("it stands in a text inside the file that is not written line by line", form, setting, to)
}

fn by_hand(why: &str, form: Form, setting: &str, to: Option<&str>) -> Obstacle {
    let name = setting.trim_start_matches('-');
    let what = match (form, to) {
        (_, None) => format!("take `{setting}` away there"),
        (Form::Field | Form::Item, Some(to)) => format!("write `{to}` there"),
        (Form::Entry | Form::Entries, Some(to)) => format!("write `{name}: \"{to}\"` there"),
        (Form::Pair | Form::Pairs, Some(to)) => format!("write `{name}` with the value `{to}` there"),
        (Form::Fields(fields), Some(to)) => match fields.iter().find(|field| field.setting == name) {
            Some(field) => format!("write `{}: {to}` there", field.field),
            None => format!("it has no field for `{setting}`"),
        },
        (Form::ByHand(what), Some(_)) => what.to_owned(),
        (Form::Bare | Form::Bares, Some(to)) => format!("write `{name}={to}` there"),
        (Form::Word | Form::SplitWord | Form::List | Form::Script | Form::Line | Form::Lines, Some(to)) => {
            format!("write `{setting}={to}` there")
        }
    };
    Obstacle(format!("{why}; {what} by hand"))
}

/// The scalar of which a place is a part and not all.
fn holder<'a>(root: Cursor<'a>, span: Span) -> Option<Cursor<'a>> {
    let node = narrowest(root, span, &|_| false)?;
    let around = node.scalar()?.span();
    ((around.start, around.end) != (span.start, span.end)).then_some(node)
}

/// The outermost node that begins and ends with the place.
fn node_at<'a>(root: Cursor<'a>, span: Span) -> Option<Cursor<'a>> {
    narrowest(root, span, &|node| covers(node, span)).filter(|node| covers(node, span))
}

/// The innermost node around a place, or the first on the way there that is it.
fn narrowest<'a>(root: Cursor<'a>, span: Span, is_it: &dyn Fn(&Cursor<'a>) -> bool) -> Option<Cursor<'a>> {
    let holds = |node: &Cursor<'a>| node.span().start <= span.start && span.end <= node.span().end;
    let mut here = Some(root).filter(|root| holds(root) || is_it(root))?;
    while !is_it(&here) {
        let inner = match here.value() {
            Value::Scalar(_) => None,
            Value::Sequence(_) => here.items().find(|item| holds(item) || is_it(item)),
            Value::Mapping(_) => here.entries().map(|entry| entry.value).find(|value| holds(value) || is_it(value)),
        };
        match inner {
            Some(inner) => here = inner,
            None => break,
        }
    }
    Some(here)
}

fn covers(node: &Cursor<'_>, span: Span) -> bool {
    let definition = node.node().definition().unwrap_or(node.span());
    [node.span(), definition].iter().any(|around| (around.start, around.end) == (span.start, span.end))
}

/// A length within one text, which is shorter than 4 GB.
pub(crate) fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn containing(documents: &[Document], span: Span) -> Result<&Document, &'static str> {
    let holds = |document: &&Document| document.span.start <= span.start && span.end <= document.span.end;
    documents.iter().find(holds).ok_or("the place is in no document that can be read")
}

/// The text to plan in. Secrets are cut out of it as `*`, which YAML reads as an alias, so another letter stands in.
fn source<'a>(id: &EvidenceId, evidence: &'a [Evidence]) -> Result<Cow<'a, str>, String> {
    let Some(piece) = evidence.iter().find(|piece| piece.id == *id) else {
        // A file that a definition has written is named by both.
        let of = |definition: &&str| evidence.iter().any(|piece| piece.id.as_str() == *definition);
        let definition = id.as_str().rsplit_once('!').map(|(definition, _)| definition).filter(of);
        return Err(match definition {
            Some(definition) => format!("the file is put together from parts of `{definition}`; change those"),
            None => "it was not read".to_owned(),
        });
    };
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

#[cfg(test)]
mod tests;
