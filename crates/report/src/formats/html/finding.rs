//! A finding in full: the line, what is wrong, why that matters, what to do, and what that breaks.

use std::io;

use super::{Page, place, prose, sentence, text};
use crate::{
    text::page,
    wire::{Edit, Entry, Location},
};

pub(super) fn write(entry: &Entry, several: bool, page: &Page, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<article class=\"{0}\" data-rule=\"{1}\" data-outcome=\"{2}\">\n<p class=\"meta\"><span class=\"tag\">{0}</span>\
         <code>{1}</code>",
        text(entry.severity),
        text(entry.rule),
        entry.outcome.name()
    )?;
    let instance = entry.instance.as_deref().filter(|_| several).map(|name| format!("on {name}"));
    let sure = entry.confidence.filter(|sure| *sure != "certain").map(str::to_owned);
    for more in [instance, entry.subject.clone(), sure].into_iter().flatten() {
        writeln!(out, "<span>{}</span>", text(&more))?;
    }
    writeln!(out, "</p>\n<h4>{}</h4>", prose(&entry.message))?;
    places(&entry.locations, &entry.message, out)?;
    writeln!(out, "<dl>")?;
    let known = page.pages.get(entry.rule).copied().unwrap_or_default();
    if let Some(why) = page::why(known).or_else(|| page::what(known)) {
        writeln!(out, "<dt>Why it matters</dt><dd>{}</dd>", prose(&why))?;
    }
    if let Some(remedy) = &entry.remedy {
        let by_hand = match remedy.safety {
            "manual" => " It takes a person.",
            "review" => " Review it before it is made.",
            _ => "",
        };
        writeln!(out, "<dt>What to do</dt><dd>{}{by_hand}", prose(&sentence(&capital(&remedy.title))))?;
        if !remedy.edits.is_empty() {
            writeln!(out, "<ul>")?;
            for edit in &remedy.edits {
                writeln!(out, "<li>{}</li>", change(edit))?;
            }
            writeln!(out, "</ul>")?;
        }
        writeln!(out, "</dd>")?;
        if !remedy.breaks.is_empty() {
            writeln!(out, "<dt>What that breaks</dt><dd><ul>")?;
            for breaks in &remedy.breaks {
                writeln!(out, "<li>{}</li>", prose(breaks))?;
            }
            writeln!(out, "</ul></dd>")?;
        }
    }
    if let Some(waiver) = &entry.waiver {
        writeln!(
            out,
            "<dt>Waived</dt><dd>Until {}, by {}: {}</dd>",
            text(&waiver.until),
            text(&waiver.owner),
            prose(&sentence(&waiver.reason))
        )?;
    }
    writeln!(out, "<dt>More</dt><dd><code>portcullis explain {}</code></dd>\n</dl>\n</article>", text(entry.rule))
}

/// A text that begins a sentence.
pub(super) fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// What an edit does, in a line.
fn change(edit: &Edit) -> String {
    let at = format!("<code>{}:{}:{}</code>", text(&edit.evidence), edit.start[0], edit.start[1]);
    let end = format!("{}:{}", edit.end[0], edit.end[1]);
    let shown = edit.text.trim_end_matches(['\r', '\n']);
    match (edit.start == edit.end, shown.is_empty()) {
        (true, _) => format!("At {at} add <code>{}</code>", text(shown.trim_start())),
        (false, true) => format!("From {at} take out what stands before {end}"),
        (false, false) => format!("From {at} to {end} write <code>{}</code>", text(shown)),
    }
}

/// The places, each with its line where there is one.
fn places(locations: &[Location], message: &str, out: &mut dyn io::Write) -> io::Result<()> {
    const SHOWN: usize = 6;
    for at in locations.iter().take(SHOWN) {
        let label = at.label.as_deref().filter(|label| *label != message);
        let label = label.map(|label| format!(" — {}", prose(label))).unwrap_or_default();
        writeln!(out, "<figure class=\"source\">\n<figcaption><code>{}</code>{label}</figcaption>", text(&place(at)))?;
        if let Some(line) = source(at) {
            writeln!(out, "<pre tabindex=\"0\"><code>{line}</code></pre>")?;
        }
        writeln!(out, "</figure>")?;
    }
    if locations.len() > SHOWN {
        let rest: Vec<String> =
            locations[SHOWN..].iter().map(|at| format!("<code>{}</code>", text(&place(at)))).collect();
        writeln!(out, "<p class=\"about\">Also at {}.</p>", rest.join(", "))?;
    }
    Ok(())
}

/// The line with its number, what it is about marked in it, and a caret below.
fn source(at: &Location) -> Option<String> {
    let (excerpt, line, column) = (at.excerpt.as_ref()?, at.line?, at.column?);
    let characters: Vec<char> = excerpt.text.chars().collect();
    let offset = |column: u32| (column.saturating_sub(excerpt.column) as usize).min(characters.len());
    let start = offset(column);
    // Of what goes on below only the first line is shown.
    let end = match (at.end_line, at.end_column) {
        (Some(last), Some(column)) if last == line => offset(column).max(start),
        _ => characters.len(),
    };
    // A tab is as wide as four blanks here, so that carets stand where they should.
    let shown = |part: &[char]| -> String { part.iter().collect::<String>().replace('\t', "    ") };
    let (before, marked, after) =
        (shown(&characters[..start]), shown(&characters[start..end]), shown(&characters[end..]));
    let lead = if excerpt.column > 1 { "…" } else { "" };
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let indent: String = format!("{lead}{before}").chars().map(|_| ' ').collect();
    let carets = "^".repeat(marked.chars().count().max(1));
    Some(format!(
        "<span class=\"line\">{number}</span>{lead}{}<mark>{}</mark>{}\n<span aria-hidden=\"true\"><span class=\"line\">{margin}\
         </span>{indent}<span class=\"caret\">{carets}</span></span>",
        text(&before),
        text(&marked),
        text(&after)
    ))
}
