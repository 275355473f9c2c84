//! The tree that the parser builds and everything else reads.
//!
//! It is owned and detached from the text: spans point back into it. An anchored value is shared with its aliases and
//! never copied. The parser bounds the depth and the size of what can be reached through aliases, so plain recursion
//! over a tree is safe. Start at [`Document`].

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use crate::cursor::Cursor;
use crate::scalar::{Scalar, Style, Tag};

/// A range of bytes in the text that was parsed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Both ends are cut to what fits; the parser refuses texts for which that would matter.
    pub fn new(start: usize, end: usize) -> Span {
        let cut = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: cut(start), end: cut(end) }
    }

    /// The range for slicing the text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text under the span, or `""` if this span is of another text.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }

    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest span that holds both.
    pub fn cover(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Range<usize> {
        span.range()
    }
}

/// Everything that was read from one text.
#[derive(Debug, Default)]
pub struct Stream {
    pub documents: Vec<Document>,
    /// In the order in which they were met.
    pub faults: Vec<Fault>,
    /// Comments of a text that holds no document at all, where they are kept.
    pub comments: Vec<Comment>,
}

/// One document of a stream that could be read to its end.
#[derive(Debug)]
pub struct Document {
    /// The position among all documents of the text, counted from zero; the unreadable ones count too.
    pub index: usize,
    /// From the `---` or the first byte of content to the `...`, the next `---` or the end of the text.
    pub span: Span,
    pub root: Node,
    /// In the order of the text, where they are kept. A comment between two documents belongs to the second.
    pub comments: Vec<Comment>,
}

impl Document {
    /// The root, as the start of a route.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor::root(&self.root)
    }

    /// The node at a JSON Pointer; see [`Cursor::at`].
    pub fn at(&self, pointer: &str) -> Option<Cursor<'_>> {
        self.cursor().at(pointer)
    }
}

/// A comment, from its `#` to the end of its line, line break excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
}

/// Something that is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    pub span: Span,
    /// A sentence without a capital and a full stop, free of control characters.
    pub message: String,
    /// A second place that explains the first, such as the earlier of two equal keys.
    pub related: Option<(Span, String)>,
    /// The position of the document among all documents of the text, as in [`Document::index`].
    pub document: usize,
}

/// What a fault is about, and with it what became of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The text is no YAML from here on. The document is not in the stream; the next one is.
    Syntax,
    /// A bound of [`Limits`](crate::Limits) was met. Either reading stopped here, or one alias was not followed and
    /// reads as null.
    Limit,
    /// A key is given twice in one mapping. Accessors read the last one, as lenient readers do.
    DuplicateKey,
    /// A key is a collection or null, which has no JSON counterpart.
    Key,
    /// An alias names no anchor before it. The alias reads as null.
    UndefinedAlias,
    /// An alias names a node that holds the alias. The alias reads as null.
    RecursiveAlias,
    /// The value of a `<<` key is neither a mapping nor a list of mappings. It is passed over.
    Merge,
    /// A tag that means nothing to the readers we follow, or that contradicts its value. The tag is passed over.
    Tag,
}

impl FaultKind {
    /// Whether a lenient reader, too, refuses the document for it.
    ///
    /// A document with such a fault may still be in the stream, but what it says is said to nobody.
    pub fn is_fatal(self) -> bool {
        !matches!(self, FaultKind::DuplicateKey | FaultKind::Tag)
    }
}

/// A value and where it stands.
pub struct Node {
    /// The value as written, without its tag and anchor; for an alias the `*name`.
    ///
    /// A value that is not written at all (`key:`) has an empty span right after what announces it. A block scalar
    /// starts at its `|` or `>` and a block collection at its first key or dash; both end before their last line break.
    pub span: Span,
    pub(crate) properties: Option<Box<Properties>>,
    pub(crate) content: Content,
}

#[derive(Debug, Default)]
pub(crate) struct Properties {
    pub(crate) anchor: Option<Span>,
    pub(crate) tag: Option<Span>,
}

pub(crate) enum Content {
    Own(Value),
    /// The value has an anchor.
    Shared(Arc<Anchored>),
    /// `None` if the alias leads nowhere.
    Alias(Option<Arc<Anchored>>),
}

pub(crate) struct Anchored {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

static NOTHING: LazyLock<Value> =
    LazyLock::new(|| Value::Scalar(Scalar::new("".into(), Span::default(), Style::Plain, Tag::None)));

impl Node {
    /// The value; an alias is followed, and one that leads nowhere reads as null.
    pub fn value(&self) -> &Value {
        match &self.content {
            Content::Own(value) => value,
            Content::Shared(anchored) | Content::Alias(Some(anchored)) => &anchored.value,
            Content::Alias(None) => &NOTHING,
        }
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match self.value() {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn sequence(&self) -> Option<&Sequence> {
        match self.value() {
            Value::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    pub fn mapping(&self) -> Option<&Mapping> {
        match self.value() {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Whether `*name` is written here.
    pub fn is_alias(&self) -> bool {
        matches!(self.content, Content::Alias(_))
    }

    /// Where the value is written: the node's own span, or for an alias that of the anchored node.
    ///
    /// `None` for an alias that leads nowhere.
    pub fn definition(&self) -> Option<Span> {
        match &self.content {
            Content::Own(_) | Content::Shared(_) => Some(self.span),
            Content::Alias(target) => target.as_ref().map(|anchored| anchored.span),
        }
    }

    /// Whether an alias somewhere reads this very value, so that a change here is a change there.
    pub fn is_shared(&self) -> bool {
        match &self.content {
            Content::Own(_) => false,
            Content::Shared(anchored) => Arc::strong_count(anchored) > 1,
            Content::Alias(_) => true,
        }
    }

    /// The `&name`, if the node has one.
    pub fn anchor(&self) -> Option<Span> {
        self.properties.as_ref()?.anchor
    }

    /// The `!tag` as written, if the node has one.
    pub fn tag(&self) -> Option<Span> {
        self.properties.as_ref()?.tag
    }

    /// The span with the tag and the anchor in front of it.
    pub fn full_span(&self) -> Span {
        let mut span = self.span;
        for property in [self.anchor(), self.tag()].into_iter().flatten() {
            span = span.cover(property);
        }
        span
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.span)?;
        match &self.content {
            Content::Own(value) => value.fmt(f),
            Content::Shared(anchored) => {
                f.write_str("& ")?;
                anchored.value.fmt(f)
            }
            // Following aliases here would print a small bomb in full.
            Content::Alias(Some(anchored)) => write!(f, "* {:?}", anchored.span),
            Content::Alias(None) => f.write_str("* nowhere"),
        }
    }
}

#[derive(Debug)]
pub enum Value {
    Scalar(Scalar),
    Sequence(Sequence),
    Mapping(Mapping),
}

impl Value {
    /// "a scalar", "a list" or "a mapping", for messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Value::Scalar(_) => "a scalar",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

#[derive(Debug)]
pub struct Sequence {
    pub items: Vec<Node>,
    /// Whether it is written in brackets.
    pub flow: bool,
}

#[derive(Debug)]
pub struct Mapping {
    /// As written: duplicates and `<<` keys are still there. [`Cursor::entries`] has them sorted out.
    pub entries: Vec<Entry>,
    /// Whether it is written in braces.
    pub flow: bool,
    /// Whether every entry counts: no key is given twice, none is `<<`, all are scalars.
    pub(crate) simple: bool,
}

#[derive(Debug)]
pub struct Entry {
    pub key: Node,
    pub value: Node,
}

impl Entry {
    /// Whether this is a `<<` key, whose value is merged into the mapping.
    pub fn is_merge(&self) -> bool {
        self.key.scalar().is_some_and(Scalar::is_merge)
    }
}
