//! Bars, as pictures that say in words what they show.

use std::io;

use super::text;

/// A part of a bar.
pub(super) struct Part {
    /// The class that colours it.
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) count: usize,
}

/// One bar of parts beside each other, and below it what each is. Nothing where all of them are nothing.
pub(super) fn bar(id: &str, title: &str, parts: &[Part], out: &mut dyn io::Write) -> io::Result<()> {
    const WIDTH: f64 = 1000.0;
    let parts: Vec<&Part> = parts.iter().filter(|part| part.count > 0).collect();
    let total: usize = parts.iter().map(|part| part.count).sum();
    if total == 0 {
        return Ok(());
    }
    let words: Vec<String> = parts.iter().map(|part| format!("{} {}", part.count, part.label)).collect();
    writeln!(out, "<figure class=\"chart\">")?;
    writeln!(
        out,
        "<svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\">"
    )?;
    writeln!(out, "<title id=\"{id}-t\">{}</title>\n<desc id=\"{id}-d\">{}.</desc>", text(title), words.join(", "))?;
    let mut seen = 0;
    for part in &parts {
        #[expect(clippy::cast_precision_loss, reason = "a picture is not that precise")]
        let share = |count: usize| WIDTH * count as f64 / total as f64;
        let (from, to) = (share(seen), share(seen + part.count));
        seen += part.count;
        // A hair of paper between two parts tells them apart without colour.
        let width = (to - from - if seen < total { 2.0 } else { 0.0 }).max(1.0);
        writeln!(
            out,
            "<rect class=\"{}\" x=\"{from:.1}\" y=\"0\" width=\"{width:.1}\" height=\"24\"><title>{} {}</title></rect>",
            part.class, part.count, part.label
        )?;
    }
    writeln!(out, "</svg>\n<ul class=\"legend\">")?;
    for part in &parts {
        writeln!(out, "<li class=\"{}\"><b>{}</b> {}</li>", part.class, part.count, part.label)?;
    }
    writeln!(out, "</ul>\n</figure>")
}
