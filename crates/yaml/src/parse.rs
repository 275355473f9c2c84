//! From text to tree: the only module that knows the parser underneath.
//!
//! The parser hands out events; [`Builder`] hangs them into a tree without recursion and checks what no YAML parser
//! checks: equal keys, aliases that lead nowhere or in circles, and whether the tree would explode if aliases were
//! written out. It does not say what a value means. Start at [`parse`].

mod breaks;
mod faults;
mod json;
mod keys;
mod outline;
mod places;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use granit_parser as granit;
use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use crate::scalar::{Scalar, Style, Tag};
use crate::source::shorten;
use crate::tree::{
    Anchored, Comment, Content, Document, Entry, FaultKind, Mapping, Node, Properties, Sequence, Span, Stream, Value,
};

pub use self::outline::outline;
#[cfg(test)]
pub(crate) use self::outline::outline_by_events;

/// How much of a text is read. Whatever is cut off is reported as a [`FaultKind::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A longer text is not read at all.
    pub bytes: usize,
    /// Levels of nesting, counted apart for braces and for indentation. At most 255; aliases may lead four times as
    /// deep.
    pub depth: usize,
    /// Nodes in the whole stream, and the same with every alias written out.
    pub nodes: usize,
    /// Aliases in the whole stream.
    pub aliases: usize,
    pub documents: usize,
    /// Faults that are listed.
    pub faults: usize,
    /// Whether comments are kept, which takes time and which only an edit is held against.
    pub comments: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes: 64 << 20,
            depth: 255,
            nodes: 2_000_000,
            aliases: 100_000,
            documents: 100_000,
            faults: 1_000,
            comments: false,
        }
    }
}

/// The deepest nesting of each kind, whatever the limits say: plain recursion over a tree must fit a small stack.
const DEEPEST: usize = 255;

/// Reads all documents of a text. It never fails; see [`Stream::faults`] for what is wrong.
pub fn parse(text: &str, limits: &Limits) -> Stream {
    let is_read = text.len() <= limits.bytes.min(u32::MAX as usize);
    is_read.then(|| json::read(text, limits)).flatten().unwrap_or_else(|| by_parser(&breaks::as_known(text), limits))
}

/// The same of any text, as the parser tells it.
fn by_parser(text: &str, limits: &Limits) -> Stream {
    let mut builder = Builder::new(text, limits);
    if text.len() > limits.bytes.min(u32::MAX as usize) {
        let message = format!("the text has {} bytes, more than the {} that are read", text.len(), limits.bytes);
        builder.fault(FaultKind::Limit, Span::default(), message, None);
        return builder.finish();
    }
    let mut parser = Parser::new_from_str_with_options(text, options(limits));
    while let Some(next) = parser.next_event() {
        let flow = match next {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                builder.syntax(&error);
                match parser.proceed_next_document() {
                    Ok(true) if !builder.is_full() => {
                        builder.abandon();
                        ControlFlow::Continue(())
                    }
                    Ok(_) => ControlFlow::Break(()),
                    Err(error) => {
                        builder.syntax(&error);
                        ControlFlow::Break(())
                    }
                }
            }
        };
        if flow.is_break() {
            break;
        }
    }
    builder.finish()
}

fn options(limits: &Limits) -> granit::Options {
    let depth = limits.depth.min(DEEPEST);
    granit::options! {
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
        emit_comments: limits.comments,
        // Comments are bounded by the length of the text; a long licence under a key is no fault.
        max_buffered_comment_events: usize::MAX,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        // Both as libyaml and its port to Go do.
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
    }
}

struct Builder<'t> {
    text: &'t str,
    limits: &'t Limits,
    stream: Stream,
    /// The position of the document that is being read or comes next.
    document: usize,
    document_start: Span,
    /// The collections that are open, outermost first.
    open: Vec<Frame>,
    root: Option<Node>,
    comments: Vec<Comment>,
    /// Finished anchored nodes of this document.
    anchors: HashMap<usize, Record>,
    nodes: u64,
    aliases: usize,
    /// The end of the last thing that was read, comments aside.
    last_end: usize,
    full: bool,
}

/// A collection that is being read.
struct Frame {
    start: Span,
    flow: bool,
    anchor: usize,
    properties: Option<Box<Properties>>,
    children: Children,
    size: Size,
}

enum Children {
    Items(Vec<Node>),
    Entries(Vec<Entry>, Option<Node>),
}

/// What a subtree would measure if aliases were written out.
#[derive(Clone, Copy)]
struct Size {
    nodes: u64,
    depth: usize,
}

const LEAF: Size = Size { nodes: 1, depth: 1 };

struct Record {
    target: Arc<Anchored>,
    size: Size,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, limits: &'t Limits) -> Builder<'t> {
        Builder {
            text,
            limits,
            stream: Stream::default(),
            document: 0,
            document_start: Span::default(),
            open: Vec::new(),
            root: None,
            comments: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            aliases: 0,
            last_end: 0,
            full: false,
        }
    }

    fn event(&mut self, event: Event<'_>, raw: granit::Span) -> ControlFlow<()> {
        let span = span_of(&raw);
        match event {
            Event::DocumentStart(explicit, _) => {
                if self.stream.documents.len() >= self.limits.documents {
                    return self.stop(span, "more documents than are read");
                }
                self.document_start = Span { end: span.start, ..span };
                self.last_end = if explicit { span.end } else { span.start } as usize;
            }
            Event::DocumentEnd => self.end_document(span),
            Event::Comment(..) => self.comments.push(Comment { span }),
            Event::Anchor(..) => self.name_anchor(span),
            Event::Alias(id) => {
                self.last_end = span.end as usize;
                self.aliases += 1;
                if self.aliases > self.limits.aliases {
                    return self.stop(span, "more aliases than are followed");
                }
                let (target, size) = self.follow(id, span);
                self.push(Node { span, properties: None, content: Content::Alias(target) }, size)?;
            }
            Event::UnresolvedAlias(name) => {
                self.last_end = span.end as usize;
                let message = format!("the alias `*{}` names no anchor before it", shorten(&name));
                self.fault(FaultKind::UndefinedAlias, span, message, None);
                self.push(Node { span, properties: None, content: Content::Alias(None) }, LEAF)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let written = !raw.is_empty_in_source();
                let span = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar(span),
                    _ => {
                        let bare = !written && anchor == 0 && tag.is_none();
                        let span = if bare { self.unwritten(span) } else { span };
                        self.last_end = self.last_end.max(span.end as usize);
                        span
                    }
                };
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                // The parser writes out an empty value as `~`.
                let text: Box<str> = if style == Style::Plain && !written { "".into() } else { text.into() };
                let (tag, properties) = match tag {
                    None => (Tag::None, None),
                    Some(tag) => {
                        let tag_span = tag_span(&raw, span);
                        (self.scalar_tag(&tag, tag_span), properties(tag_span))
                    }
                };
                let scalar = Scalar::new(text, span, style, tag);
                if scalar.contradicts_tag() {
                    let message = format!("`{}` does not fit its tag", shorten(scalar.text()));
                    self.fault(FaultKind::Tag, span, message, None);
                }
                self.add(span, Value::Scalar(scalar), anchor, properties, LEAF)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let span = self.sequence_start(span, style);
                let children = Children::Items(Vec::new());
                self.begin(span, &raw, style, anchor, tag.as_deref(), "seq", children);
            }
            Event::MappingStart(style, anchor, tag) => {
                let children = Children::Entries(Vec::new(), None);
                self.begin(span, &raw, style, anchor, tag.as_deref(), "map", children);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            // Nothing else is a node.
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn end_document(&mut self, end: Span) {
        if let Some(root) = self.root.take() {
            self.stream.documents.push(Document {
                index: self.document,
                span: self.document_start.cover(end),
                root,
                comments: std::mem::take(&mut self.comments),
            });
        }
        self.last_end = end.end as usize;
        self.abandon();
    }

    /// Drops what was read of a document and makes ready for the next.
    fn abandon(&mut self) {
        self.document += 1;
        self.open.clear();
        self.root = None;
        self.comments.clear();
        self.anchors.clear();
    }

    fn finish(mut self) -> Stream {
        match self.stream.documents.last_mut() {
            Some(last) if last.index + 1 == self.document => last.comments.append(&mut self.comments),
            Some(_) => {}
            None => self.stream.comments = self.comments,
        }
        self.stream
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one event, taken apart by the caller")]
    fn begin(
        &mut self,
        span: Span,
        raw: &granit::Span,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&granit::Tag>,
        expected: &str,
        children: Children,
    ) {
        self.last_end = self.last_end.max(span.end as usize);
        let properties = tag.and_then(|tag| {
            let tag_span = tag_span(raw, span);
            if tag.core_suffix() != Some(expected) && !is_non_specific(tag) {
                self.unknown_tag(tag_span);
            }
            properties(tag_span)
        });
        self.open.push(Frame {
            start: span,
            flow: style == StructureStyle::Flow,
            anchor,
            properties,
            children,
            size: LEAF,
        });
    }

    fn end(&mut self, end: Span) -> ControlFlow<()> {
        // The parser balances its events.
        let Some(frame) = self.open.pop() else {
            return ControlFlow::Continue(());
        };
        let last = match &frame.children {
            Children::Items(items) => items.last(),
            Children::Entries(entries, _) => entries.last().map(|entry| &entry.value),
        };
        let span = if frame.flow {
            self.last_end = self.last_end.max(end.end as usize);
            frame.start.cover(end)
        } else {
            // The parser ends a block at whatever comes next, comments and blank lines included.
            last.map_or(frame.start, |last| frame.start.cover(last.full_span()))
        };
        let value = match frame.children {
            Children::Items(items) => Value::Sequence(Sequence { items, flow: frame.flow }),
            Children::Entries(entries, _) => {
                let simple = self.check_keys(&entries);
                Value::Mapping(Mapping { entries, flow: frame.flow, simple })
            }
        };
        self.add(span, value, frame.anchor, frame.properties, frame.size)
    }

    /// Hangs a finished value into the tree.
    fn add(
        &mut self,
        span: Span,
        value: Value,
        anchor: usize,
        properties: Option<Box<Properties>>,
        size: Size,
    ) -> ControlFlow<()> {
        let content = if anchor == 0 {
            Content::Own(value)
        } else {
            let target = Arc::new(Anchored { span, value });
            let record = Record { target: Arc::clone(&target), size };
            self.anchors.insert(anchor, record);
            Content::Shared(target)
        };
        self.push(Node { span, properties, content }, size)
    }

    fn push(&mut self, node: Node, size: Size) -> ControlFlow<()> {
        let span = node.span;
        // Aliases were counted when they were followed.
        self.nodes += 1;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(frame) => {
                frame.size.nodes = frame.size.nodes.saturating_add(size.nodes);
                frame.size.depth = frame.size.depth.max(size.depth + 1);
                match &mut frame.children {
                    Children::Items(items) => items.push(node),
                    Children::Entries(entries, key) => match key.take() {
                        None => *key = Some(node),
                        Some(key) => entries.push(Entry { key, value: node }),
                    },
                }
            }
        }
        if self.nodes > self.limits.nodes as u64 {
            return self.stop(span, "more values than are read");
        }
        ControlFlow::Continue(())
    }

    /// What an alias stands for, unless it leads in a circle or would make the tree too large or too deep.
    fn follow(&mut self, id: usize, span: Span) -> (Option<Arc<Anchored>>, Size) {
        let name = shorten(span.slice(self.text));
        let Some(record) = self.anchors.get(&id) else {
            let holder = self.open.iter().find(|frame| frame.anchor == id).map(|frame| frame.start);
            let message = format!("the alias `{name}` stands within the very value that it names");
            let related = holder.map(|holder| (holder, "the value starts here".to_owned()));
            self.fault(FaultKind::RecursiveAlias, span, message, related);
            return (None, LEAF);
        };
        let total = self.nodes.saturating_add(record.size.nodes);
        let deep = self.open.len() + record.size.depth > 4 * self.limits.depth.min(DEEPEST);
        if total > self.limits.nodes as u64 || deep {
            let message = format!("the document grows too large if `{name}` and the aliases before it are written out");
            self.fault(FaultKind::Limit, span, message, None);
            return (None, LEAF);
        }
        self.nodes = total;
        (Some(Arc::clone(&record.target)), record.size)
    }

    fn scalar_tag(&mut self, tag: &granit::Tag, span: Span) -> Tag {
        if is_non_specific(tag) {
            return Tag::NonSpecific;
        }
        match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
            Some("str") => Tag::Str,
            Some("bool") => Tag::Bool,
            Some("int") => Tag::Int,
            Some("float") => Tag::Float,
            Some("null") => Tag::Null,
            Some("timestamp") => Tag::Timestamp,
            Some("merge") => Tag::Merge,
            Some("binary") => Tag::Binary,
            _ => {
                self.unknown_tag(span);
                Tag::Other
            }
        }
    }

    fn unknown_tag(&mut self, span: Span) {
        let message = format!("the tag `{}` is passed over", shorten(span.slice(self.text)));
        self.fault(FaultKind::Tag, span, message, None);
    }
}

fn span_of(raw: &granit::Span) -> Span {
    // Offsets are always there when the parser reads a `&str`.
    raw.byte_range().map_or_else(Span::default, |range| Span::new(range.start, range.end))
}

fn tag_span(raw: &granit::Span, fallback: Span) -> Span {
    raw.tag_span().map_or(fallback, |span| span_of(&span))
}

fn properties(tag: Span) -> Option<Box<Properties>> {
    Some(Box::new(Properties { anchor: None, tag: Some(tag) }))
}

fn is_non_specific(tag: &granit::Tag) -> bool {
    tag.handle().is_empty() && tag.suffix() == "!"
}

trait Written {
    fn is_empty_in_source(&self) -> bool;
}

impl Written for granit::Span {
    fn is_empty_in_source(&self) -> bool {
        span_of(self).is_empty()
    }
}
