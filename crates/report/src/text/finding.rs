//! One finding: the line, the caret, what, why it matters, what to do, and what that breaks.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use model::{Confidence, Edit, EvidenceId, Outcome, Severity, Span};

use super::{
    Look, page,
    wrap::{Paint, indented, plain, width, wrapped},
};
use crate::{
    input::{ClusterReport, Judged},
    places::{Lines, Places},
};

/// Lines of evidence, cut out so that the renderer does not walk the whole of it.
pub(super) struct Window<'a> {
    pub(super) source: &'a str,
    /// 1-based number of the first line.
    pub(super) first: usize,
    /// Of the source, in the evidence.
    start: usize,
}

impl<'a> Window<'a> {
    /// The lines that hold the span; of a span over many lines, only the first.
    fn around(places: &Places<'a>, evidence: &EvidenceId, span: Span) -> Option<Self> {
        Some(Self::of(places.lines(evidence)?, span))
    }

    pub(super) fn of(lines: &Lines<'a>, span: Span) -> Self {
        let (line, _) = lines.line_column(span.start);
        let source = lines.line(line);
        let start = source.as_ptr() as usize - lines.text.as_ptr() as usize;
        Self { source, first: line as usize, start }
    }

    /// The source and the span in it, both cut to what fits beside the line number; the span begins in view.
    pub(super) fn cut(&self, span: Span, columns: usize) -> (String, std::ops::Range<usize>) {
        const MARK: &str = "…";
        let span = self.relative(span);
        let room = columns.saturating_sub(8).max(20);
        if width(self.source) <= room {
            return (self.source.to_owned(), span);
        }
        let character =
            |at: usize| self.source.char_indices().map(|(start, _)| start).nth(at).unwrap_or(self.source.len());
        let before = self.source[..span.start].chars().count();
        let first = if before + 8 > room { character(before.saturating_sub(8)) } else { 0 };
        let shown: String = self.source[first..].chars().take(room - 2).collect();
        let last = first + shown.len();
        let lead = if first > 0 { MARK } else { "" };
        let tail = if last < self.source.len() { MARK } else { "" };
        let place = |at: usize| at.clamp(first, last) - first + lead.len();
        (format!("{lead}{shown}{tail}"), place(span.start)..place(span.end).max(place(span.start)))
    }

    /// Adds the line with the span marked to a group, and tells where it is if the renderer will say otherwise.
    pub(super) fn show<'g>(
        &self,
        group: Group<'g>,
        path: String,
        (span, kind, label): (Span, AnnotationKind, String),
        columns: usize,
    ) -> (Group<'g>, Option<Moved>) {
        let (source, place) = self.cut(span, columns);
        let named = |before: &str| format!("{path}:{}:{}", self.first, before.chars().count() + 1);
        let (said, is) = (named(&source[..place.start]), named(&self.source[..self.relative(span).start]));
        let moved = (said != is).then_some(Moved { said, is });
        let annotation = if label.is_empty() { kind.span(place) } else { kind.span(place).label(label) };
        (group.element(Snippet::source(source).line_start(self.first).path(path).annotation(annotation)), moved)
    }

    /// Where a span lies in the window, cut to it.
    fn relative(&self, span: Span) -> std::ops::Range<usize> {
        let start = span.range().start.saturating_sub(self.start).min(self.source.len());
        let end = span.range().end.saturating_sub(self.start).clamp(start, self.source.len());
        start..end
    }
}

/// The place of a line that is cut, as the renderer counts it in what it is shown, and as it is in the file.
pub(super) struct Moved {
    said: String,
    is: String,
}

impl Moved {
    /// Puts the places right, which stand in the text in their order.
    pub(super) fn back(moved: &[Self], mut text: String) -> String {
        let mut end = text.len();
        for Self { said, is } in moved.iter().rev() {
            let Some(at) = text[..end].rfind(said.as_str()) else { continue };
            text.replace_range(at..at + said.len(), is);
            end = at;
        }
        text
    }
}

pub(super) fn render(judged: &Judged, places: &Places<'_>, cluster: &ClusterReport, look: Look) -> String {
    let entry = &judged.entry;
    let Outcome::Fail(failure) = &entry.outcome else { return String::new() };
    let level = match entry.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low => Level::INFO,
        Severity::Info => Level::NOTE,
    };
    let sure = match failure.confidence {
        Confidence::Certain => String::new(),
        sure => format!(" ({})", sure.name()),
    };
    let several = cluster.components.len() > 1;
    let of = entry.instance.as_ref().filter(|_| several).map(|name| format!(" on {}", plain(name))).unwrap_or_default();
    // `high[rule]: ` stands before the title, and its further lines are set under it.
    let before = entry.severity.name().len() + entry.rule.len() + 4;
    let message = format!("{}{of}{sure}", plain(&entry.message));
    let room = look.width.saturating_sub(before);
    // Behind a long name there is no room for words; they then stand below it.
    let below = (room < NARROWEST).then(|| indented(&message, 2, 2, look.width));
    let title = if below.is_some() { String::new() } else { wrapped(&message, room) };
    let title = level.with_name(entry.severity.name()).primary_title(title).id(entry.rule);
    let mut main = Group::with_title(title);
    let mut moved: Vec<Moved> = Vec::new();

    // Carets: the first place says what is there, the others why it matters.
    for (at, label) in entry.locations.iter().enumerate() {
        let path = plain(label.at.evidence.as_str());
        let window = label
            .at
            .span
            .and_then(|span| Window::around(places, &label.at.evidence, span).map(|window| (window, span)));
        let Some((window, span)) = window else {
            if at == 0 {
                main = main.element(Origin::path(path));
            }
            continue;
        };
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let repeats = label.text == entry.message;
        let said = if repeats { String::new() } else { plain(&label.text) };
        let (with, it) = window.show(main, path, (span, kind, said), look.width);
        main = with;
        moved.extend(it);
    }

    // A change to an endless line shows nothing; the wire format has it.
    let shown = !judged.edits.is_empty() && judged.edits.iter().all(|edit| fits(edit, places));

    // ` = breaks: ` and a line number of up to four digits stand before the text.
    let columns = look.width.saturating_sub(16).max(24);
    let mut notes: Vec<(&str, String)> = Vec::new();
    if let Some(why) = page::why(judged.page) {
        notes.push(("why", why));
    }
    if let Some(remedy) = &failure.remedy {
        if !shown {
            let by_hand = judged.by_hand.as_ref().map(|reason| format!(" (by hand: {reason})")).unwrap_or_default();
            notes.push(("fix", format!("{}{by_hand}", remedy.title)));
        }
        notes.extend(remedy.breaks.iter().map(|breaks| ("breaks", breaks.clone())));
    }
    for (name, text) in notes {
        main = main.element(Level::NOTE.with_name(name).message(wrapped(&plain(&text), columns)));
    }
    let mut groups: Vec<Group<'_>> = vec![main];
    if let Some(remedy) = failure.remedy.as_ref().filter(|_| shown) {
        let title = Level::HELP.with_name("fix").secondary_title(wrapped(&plain(&remedy.title), columns));
        let mut fix = Group::with_title(title);
        for edit in &judged.edits {
            let Some(patch) = patch(edit, places) else { continue };
            fix = fix.element(patch);
        }
        groups.push(fix);
    }
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    let mut text = Moved::back(&moved, renderer.term_width(look.width).render(&groups).to_string());
    if let Some((below, (head, rest))) = below.zip(text.split_once('\n')) {
        let words: Vec<String> = below.lines().map(|line| Paint(look.color).bold(line)).collect();
        text = format!("{}\n{}\n{rest}", head.trim_end(), words.join("\n"));
    }
    text.push('\n');
    text
}

/// Columns in which a message can still be read.
pub(super) const NARROWEST: usize = 32;

/// Lines longer than this are no diff that anybody reads.
const LONGEST: usize = 240;

fn fits(edit: &Edit, places: &Places<'_>) -> bool {
    places.lines(&edit.evidence).is_some_and(|lines| {
        let (first, _) = lines.line_column(edit.span.start);
        let (last, _) = lines.line_column(edit.span.end);
        last - first <= 6 && (first..=last).all(|line| lines.line(line).len() <= LONGEST)
    })
}

/// The lines that an edit touches, with the edit.
fn patch<'a>(edit: &Edit, places: &Places<'a>) -> Option<Snippet<'a, Patch<'a>>> {
    let lines = places.lines(&edit.evidence)?;
    let offset = |text: &str| text.as_ptr() as usize - lines.text.as_ptr() as usize;
    let path = plain(edit.evidence.as_str());
    let (line, column) = lines.line_column(edit.span.start);
    // New lines are shown behind the line that they follow, so that the last line of a file has room for them.
    if edit.span.start == edit.span.end && column == 1 && line > 1 && edit.text.ends_with('\n') {
        let before = lines.line(line - 1);
        let added = format!("\n{}", edit.text.trim_end_matches(['\n', '\r']));
        let patch = Patch::new(before.len()..before.len(), added);
        return Some(Snippet::source(before).line_start(line as usize - 1).path(path).patch(patch));
    }
    let (last, _) = lines.line_column(edit.span.end);
    let first = lines.line(line);
    let last = lines.line(last);
    let start = offset(first);
    let end = (offset(last) + last.len()).max(edit.span.range().end).min(lines.text.len());
    let source = lines.text.get(start..end)?;
    let place = edit.span.range().start - start..edit.span.range().end - start;
    Some(Snippet::source(source).line_start(line as usize).path(path).patch(Patch::new(place, edit.text.clone())))
}
