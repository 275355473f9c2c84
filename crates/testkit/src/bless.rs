//! Moves carets to where they belong, and fills in outcomes that are still empty.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Subject, check,
    page::{self, FenceKind},
    scene,
};

/// The page with its carets in place and its empty outcomes filled. What an outcome already says is never changed.
pub fn bless(subject: &Subject<'_>) -> Result<String, String> {
    let mut complaints = Vec::new();
    let page = page::parse(subject.card.page, &mut complaints);
    if let Some(complaint) = complaints.first() {
        return Err(complaint.render(subject.file));
    }
    // By 1-based line: what goes, and what comes behind it.
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    let mut behind: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for case in &page.cases {
        let scene = scene::scene(case)?;
        let entries = check::judge(subject, &scene.resolve());
        let mut open: Vec<_> = entries.iter().collect();
        for caret in case.fences.iter().flat_map(|fence| &fence.carets) {
            let said = match caret.text.strip_prefix("note: ") {
                Some(note) => entries
                    .iter()
                    .flat_map(|entry| entry.locations.iter().skip(1))
                    .find(|label| label.text == note)
                    .and_then(|label| check::drawn(&scene, label)),
                None => {
                    let index = open.iter().position(|entry| check::spoken(entry, subject.card) == caret.text);
                    index.map(|index| open.remove(index)).and_then(|entry| check::place(&scene, entry))
                }
            };
            if let Some((line, columns)) = said
                && (line, columns) != (caret.under, caret.columns)
                && let Some(drawn) = draw(columns, &caret.text)
            {
                gone.insert(caret.line);
                behind.entry(line).or_default().push(drawn);
            }
        }
        for fence in case.fences.iter().filter(|fence| fence.kind == FenceKind::Outcome) {
            if fence.body.iter().all(|(_, line)| line.trim().is_empty()) {
                let lines = open.drain(..).map(|entry| check::line(entry, subject.card));
                behind.entry(fence.line).or_default().extend(lines);
            }
        }
    }
    let mut text = String::new();
    for (index, line) in page.lines.iter().enumerate() {
        let number = index + 1;
        if !gone.contains(&number) {
            text.push_str(line);
            text.push('\n');
        }
        for line in behind.get(&number).into_iter().flatten() {
            text.push_str(line);
            text.push('\n');
        }
    }
    Ok(text)
}

/// A caret line; `None` where the place begins too far left for the `#`.
fn draw((start, end): (usize, usize), text: &str) -> Option<String> {
    let indent = start.checked_sub(2)?;
    Some(format!("# {}{} {text}", " ".repeat(indent), "^".repeat(end - start)))
}
