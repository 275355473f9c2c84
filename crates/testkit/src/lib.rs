//! Tests of rules, as the pages that explain them.
//!
//! A page alternates prose with fenced evidence, and says, with carets drawn under the text or in an `outcome` block, what
//! the rule must conclude. The runner lays each case into a minimal valid control plane, so that a case is one tweak, and
//! holds it to the laws that hold for every rule: less evidence only makes less sure, a fix cures what it claims to cure
//! and touches nothing else, and the order of evidence does not matter.
//!
//! For tests only. It knows no rule: whoever calls it passes the question in.
//!
//! Start at [`hold`]; what a page may say is in [`page`], and what holds of bytes that nobody vouches for in [`hostile`].

mod bless;
mod certificate;
mod check;
pub mod hostile;
mod laws;
pub mod page;
#[cfg(test)]
mod rewritten;
mod row;
mod scene;
#[cfg(test)]
mod tests;
mod words;

use facts::Cluster;
use model::{Entry, RuleCard};

pub use bless::bless;
pub use row::Row;

/// A rule as the runner sees it.
pub struct Subject<'a> {
    pub card: &'a RuleCard,
    /// The page's path from the root of the workspace, for messages.
    pub file: &'a str,
    /// Judges by this rule alone.
    pub judge: &'a dyn Fn(&Cluster) -> Vec<Entry>,
    /// Judges by every rule, to see what a fix does to the others.
    pub judge_all: &'a dyn Fn(&Cluster) -> Vec<Entry>,
    /// What a rule of one setting tests itself with.
    pub row: Option<Row>,
}

/// Runs the page of a rule; the error is everything that does not hold, worded as a compiler would.
pub fn hold(subject: &Subject<'_>) -> Result<(), String> {
    let mut complaints = Vec::new();
    let page = page::parse(subject.card.page, &mut complaints);
    check::whole_page(subject, &page, &mut complaints);
    let mut ends = check::Ends::default();
    for case in &page.cases {
        check::case(subject, &page, case, &mut ends, &mut complaints);
    }
    // A row lays out the three ends itself; its page keeps the case that teaches.
    match &subject.row {
        Some(row) => row::hold(subject, row, &page, &mut complaints),
        None => ends.complain(&page, &mut complaints),
    }
    if complaints.is_empty() {
        return Ok(());
    }
    complaints.sort_by_key(|complaint| complaint.line);
    Err(complaints.iter().map(|complaint| complaint.render(subject.file)).collect::<Vec<_>>().join("\n\n"))
}

/// The base at a release, with these words on top, resolved: for tests that need a cluster and no page.
pub fn cluster(version: &str, words: &[&str]) -> Result<Cluster, String> {
    Ok(scene::scene(&page::Case::of_words(version, words))?.resolve())
}

/// Something on a page that does not hold.
#[derive(Debug)]
pub(crate) struct Complaint {
    /// 1-based.
    pub(crate) line: usize,
    pub(crate) heading: String,
    pub(crate) message: String,
    /// Lines of the page that show it, each with its number.
    pub(crate) shown: Vec<(Option<usize>, String)>,
}

impl Complaint {
    pub(crate) fn new(line: usize, heading: &str, message: impl Into<String>) -> Self {
        Self { line, heading: heading.to_owned(), message: message.into(), shown: Vec::new() }
    }

    fn render(&self, file: &str) -> String {
        let mut text = format!("{file}:{}: {}", self.line, self.message);
        if !self.heading.is_empty() {
            text.push_str(&format!("\n   in \"{}\"", self.heading));
        }
        for (number, line) in &self.shown {
            let number = number.map(|number| number.to_string()).unwrap_or_default();
            text.push_str(&format!("\n{number:>5} | {line}"));
        }
        text
    }
}
