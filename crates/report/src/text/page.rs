//! The pages of rules: parts of them for reports, the whole for the terminal.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{Paint, indented},
};
use crate::{input::RuleMeta, wire};

/// What stands below this is for the tests.
const CASES: &str = "<!-- cases -->";

/// What the page says first: the fault, as one line.
pub(crate) fn what(page: &str) -> Option<String> {
    paragraph(page)
}

/// What people may read of the page, without the heading that repeats the id.
pub(crate) fn public(page: &str) -> Option<String> {
    let page = page.split(CASES).next().unwrap_or_default();
    let page = if page.starts_with("# ") { page.split_once('\n').map_or("", |(_, rest)| rest) } else { page };
    let page = page.trim();
    (!page.is_empty()).then(|| format!("{page}\n"))
}

/// The first paragraph below a heading, as one line.
fn paragraph(below: &str) -> Option<String> {
    let lines: Vec<&str> = below
        .lines()
        .skip(1)
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| !line.trim().is_empty())
        .collect();
    let text = lines.join(" ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && !text.starts_with('#')).then_some(text)
}

/// The first sentences under "Why it matters", as one line.
pub(crate) fn why(page: &str) -> Option<String> {
    let (_, after) = page.split_once("## Why it matters")?;
    let text = paragraph(after)?;
    // Two sentences at most; the page has the rest.
    let mut end = text.len();
    for (count, (at, _)) in text.match_indices(". ").enumerate() {
        if count == 1 {
            end = at + 1;
            break;
        }
    }
    Some(text[..end].to_owned())
}

/// A rule's card and its page.
pub fn explain(meta: &RuleMeta, look: Look) -> String {
    let paint = Paint(look.color);
    let card = &meta.card;
    let mut text = String::new();
    let _ = writeln!(text, "{}", paint.bold(card.id));
    text.push_str(&indented(card.title, 0, 0, look.width));
    text.push('\n');
    let _ = writeln!(text, "severity    {}", paint.severity(card.severity, card.severity.name()));
    let fix = card.fix.map_or("none: it takes a person", |safety| match safety {
        model::Safety::Safe => "safe",
        model::Safety::Review => "after review",
        model::Safety::Manual => "by hand",
    });
    let _ = writeln!(text, "fix         {fix}");
    for (label, catalogues) in [("known as", &meta.references), ("opposite of", &meta.inverted)] {
        let known = known(catalogues);
        if !known.is_empty() {
            text.push_str(&indented(&format!("{label:<12}{}", known.join(", ")), 0, 12, look.width));
        }
    }
    text.push('\n');
    let page = card.page.split(CASES).next().unwrap_or_default();
    body(page, paint, look.width, &mut text);
    text
}

/// Ids with the catalogues that use them; editions that agree are not all named.
fn known(catalogues: &wire::Ids) -> Vec<String> {
    let mut by_ids: Vec<(String, Vec<&str>)> = Vec::new();
    for (catalogue, ids) in catalogues {
        let ids = ids.join(" ");
        match by_ids.iter_mut().find(|(known, _)| *known == ids) {
            Some((_, names)) => names.push(&**catalogue),
            None => by_ids.push((ids, vec![&**catalogue])),
        }
    }
    by_ids
        .into_iter()
        .map(|(ids, names)| match names.as_slice() {
            [one] => format!("{one} {ids}"),
            [first, .., _] if names.len() > 3 => format!("{first} and {} more {ids}", names.len() - 1),
            _ => format!("{} {ids}", names.join(", ")),
        })
        .collect()
}

/// Headings bold, prose wrapped, examples as they stand.
fn body(page: &str, paint: Paint, width: usize, text: &mut String) {
    let mut paragraph = String::new();
    let mut fenced = false;
    let flush = |paragraph: &mut String, text: &mut String| {
        if !paragraph.is_empty() {
            let hanging = if paragraph.starts_with("- ") { 2 } else { 0 };
            text.push_str(&indented(paragraph, 0, hanging, width));
            paragraph.clear();
        }
    };
    // The first heading is the id, which the card shows.
    for line in page.lines().skip_while(|line| line.trim().is_empty() || line.starts_with("# ")) {
        if let Some(fence) = line.strip_prefix("```") {
            flush(&mut paragraph, text);
            fenced = !fenced;
            if fence.split_whitespace().next() == Some("fixed") {
                text.push_str("  becomes\n\n");
            }
            if !fenced {
                text.push('\n');
            }
        } else if fenced {
            let _ = writeln!(text, "    {}", line.trim_end());
        } else if let Some(heading) = line.strip_prefix("## ") {
            flush(&mut paragraph, text);
            let _ = writeln!(text, "{}\n", paint.bold(heading));
        } else if line.trim().is_empty() {
            let some = !paragraph.is_empty();
            flush(&mut paragraph, text);
            if some {
                text.push('\n');
            }
        } else {
            if line.starts_with("- ") {
                flush(&mut paragraph, text);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    flush(&mut paragraph, text);
}
