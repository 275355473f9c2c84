//! One finding: the line, the caret, what, why it matters, what to do, and what that breaks.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use model::{Confidence, EvidenceId, Outcome, Severity, Span};

use super::{
    Look, page,
    wrap::{plain, wrapped},
};
use crate::{
    input::{ClusterReport, Judged},
    places::Places,
};

/// Lines of evidence, cut out so that the renderer does not walk the whole of it.
struct Window<'a> {
    source: &'a str,
    /// 1-based number of the first line.
    first: usize,
    /// Of the source, in the evidence.
    start: usize,
}

impl<'a> Window<'a> {
    /// The lines that hold the span; of a span over many lines, only the first.
    fn around(places: &Places<'a>, evidence: &EvidenceId, span: Span) -> Option<Self> {
        let lines = places.lines(evidence)?;
        let (line, _) = lines.line_column(span.start);
        let source = lines.line(line);
        let start = source.as_ptr() as usize - lines.text.as_ptr() as usize;
        Some(Self { source, first: line as usize, start })
    }

    /// Where a span lies in the window, cut to it.
    fn relative(&self, span: Span) -> std::ops::Range<usize> {
        let start = span.range().start.saturating_sub(self.start).min(self.source.len());
        let end = span.range().end.saturating_sub(self.start).clamp(start, self.source.len());
        start..end
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
    let title = format!("{}{of}{sure}", plain(&entry.message));
    let title = level.with_name(entry.severity.name()).primary_title(title).id(entry.rule);
    let mut main = Group::with_title(title);

    // Carets: the first place says what is there, the others why it matters.
    for (at, label) in entry.locations.iter().enumerate() {
        let path = plain(label.at.evidence.as_str());
        let window = label
            .at
            .span
            .and_then(|span| Window::around(places, &label.at.evidence, span).map(|window| (window, span)));
        let Some((window, span)) = window else {
            if at == 0 {
                main = main.element(annotate_snippets::Origin::path(path));
            }
            continue;
        };
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let repeats = label.text == entry.message;
        let mut annotation = kind.span(window.relative(span));
        if !repeats && !label.text.is_empty() {
            annotation = annotation.label(plain(&label.text));
        }
        main = main.element(Snippet::source(window.source).line_start(window.first).path(path).annotation(annotation));
    }

    // ` = breaks: ` and a line number of up to four digits stand before the text.
    let columns = look.width.saturating_sub(16).max(24);
    let mut notes: Vec<(&str, String)> = Vec::new();
    if let Some(why) = page::why(judged.page) {
        notes.push(("why", why));
    }
    if let Some(remedy) = &failure.remedy {
        if judged.edits.is_empty() {
            notes.push(("fix", remedy.title.clone()));
        }
        notes.extend(remedy.breaks.iter().map(|breaks| ("breaks", breaks.clone())));
    }
    for (name, text) in notes {
        main = main.element(Level::NOTE.with_name(name).message(wrapped(&plain(&text), columns)));
    }
    let mut groups: Vec<Group<'_>> = vec![main];
    if let Some(remedy) = failure.remedy.as_ref().filter(|_| !judged.edits.is_empty()) {
        let title = Level::HELP.with_name("fix").secondary_title(wrapped(&plain(&remedy.title), columns));
        let mut fix = Group::with_title(title);
        for edit in &judged.edits {
            let anchor =
                Span::new(edit.span.start.saturating_sub(u32::from(edit.span.start == edit.span.end)), edit.span.end);
            let Some(lines) = places.lines(&edit.evidence) else { continue };
            let (line, _) = lines.line_column(anchor.start);
            let (last, _) = lines.line_column(edit.span.end);
            let first = lines.line(line);
            let start = first.as_ptr() as usize - lines.text.as_ptr() as usize;
            let end_line = lines.line(last);
            let end = (end_line.as_ptr() as usize - lines.text.as_ptr() as usize) + end_line.len();
            let Some(source) = lines.text.get(start..end.max(edit.span.range().end).min(lines.text.len())) else {
                continue;
            };
            let relative = edit.span.range().start.saturating_sub(start)..edit.span.range().end.saturating_sub(start);
            fix = fix.element(
                Snippet::source(source)
                    .line_start(line as usize)
                    .path(plain(edit.evidence.as_str()))
                    .patch(Patch::new(relative, edit.text.clone())),
            );
        }
        groups.push(fix);
    }
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.term_width(look.width).render(&groups).to_string();
    text.push('\n');
    text
}
