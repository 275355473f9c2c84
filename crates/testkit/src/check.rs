//! What a case expects, held against what the rule concludes.

use facts::Cluster;
use model::{Confidence, Entry, Label, Outcome, RuleCard};

use crate::{
    Complaint, Subject, laws,
    page::{Caret, Case, Fence, FenceKind, Page},
    scene::{self, Scene},
};

/// Lines above the mark are for people, and people read a screen.
const HUMAN_LINES: usize = 60;

/// Which ends the cases of a page come to.
#[derive(Default)]
pub(crate) struct Ends {
    pass: bool,
    fail: bool,
    undetermined: bool,
}

impl Ends {
    fn note(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry.outcome {
                Outcome::Pass => self.pass = true,
                Outcome::Fail(_) | Outcome::Waived(_) => self.fail = true,
                Outcome::Undetermined(_) => self.undetermined = true,
                Outcome::NotApplicable(_) => {}
            }
        }
    }

    /// A page without one of the three ends leaves it untested.
    pub(crate) fn complain(&self, page: &Page, complaints: &mut Vec<Complaint>) {
        if page.never_passes && self.pass {
            complaints.push(Complaint::new(page.lines.len(), "", "it never passes, the page says, and a case does"));
        }
        if page.never_fails && self.fail {
            complaints.push(Complaint::new(page.lines.len(), "", "it never fails, the page says, and a case does"));
        }
        let fails = self.fail || page.never_fails;
        let passes = self.pass || page.never_passes;
        for (seen, what) in [(fails, "fails"), (passes, "passes"), (self.undetermined, "is undetermined")] {
            if !seen {
                complaints.push(Complaint::new(page.lines.len(), "", format!("no case of this page {what}")));
            }
        }
    }
}

/// What holds for the page as a text.
pub(crate) fn whole_page(subject: &Subject<'_>, page: &Page, complaints: &mut Vec<Complaint>) {
    if page.title != subject.card.id {
        complaints.push(Complaint::new(
            1,
            "",
            format!("the title is `{}`, and the rule `{}`", page.title, subject.card.id),
        ));
    }
    match page.mark {
        Some(mark) if mark > HUMAN_LINES => complaints.push(Complaint::new(
            mark + 1,
            "",
            format!("{mark} lines stand above the mark, and people read {HUMAN_LINES}"),
        )),
        // A row tests itself, so its page may end where people stop reading.
        None if subject.row.is_none() || page.lines.len() > HUMAN_LINES => {
            complaints.push(Complaint::new(page.lines.len(), "", "the mark `<!-- cases -->` is missing"));
        }
        _ => {}
    }
    if !page.lines.iter().any(|line| line == "## Why it matters") {
        complaints.push(Complaint::new(1, "", "the page does not say `## Why it matters`"));
    }
}

/// Runs one case.
pub(crate) fn case(subject: &Subject<'_>, page: &Page, case: &Case, ends: &mut Ends, complaints: &mut Vec<Complaint>) {
    let scene = match scene::scene(case) {
        Ok(scene) => scene,
        Err(reason) => return complaints.push(Complaint::new(case.line, &case.heading, reason)),
    };
    let cluster = scene.resolve();
    let entries = (subject.judge)(&cluster);
    ends.note(&entries);
    expectations(subject.card, page, case, &scene, &entries, complaints);
    laws::hold(subject, page, case, &scene, &cluster, &entries, complaints);
}

fn expectations(
    card: &RuleCard,
    page: &Page,
    case: &Case,
    scene: &Scene,
    entries: &[Entry],
    complaints: &mut Vec<Complaint>,
) {
    let carets: Vec<&Caret> = case.fences.iter().flat_map(|fence| &fence.carets).collect();
    let outcomes: Vec<&Fence> = case.fences.iter().filter(|fence| fence.kind == FenceKind::Outcome).collect();
    let mut open: Vec<&Entry> = entries.iter().collect();

    for caret in &carets {
        if let Some(note) = caret.text.strip_prefix("note: ") {
            let mut labels = entries.iter().flat_map(|entry| entry.locations.iter().skip(1));
            let labelled: Vec<&Label> = labels.by_ref().filter(|label| label.text == note).collect();
            if !labelled.iter().any(|label| drawn(scene, label) == Some((caret.under, caret.columns))) {
                complaints.push(misplaced(page, case, caret, labelled.first().copied(), scene));
            }
            continue;
        }
        let said: Vec<&Entry> = open.iter().copied().filter(|entry| spoken(entry, card) == caret.text).collect();
        let hit = said.iter().copied().find(|entry| place(scene, entry) == Some((caret.under, caret.columns)));
        match hit.or(said.first().copied()) {
            Some(entry) => {
                if hit.is_none() {
                    complaints.push(misplaced(page, case, caret, entry.locations.first(), scene));
                }
                open.retain(|other| !std::ptr::eq(*other, entry));
            }
            None => {
                let mut complaint = misplaced(page, case, caret, None, scene);
                complaint.shown.extend(entries.iter().map(|entry| (None, format!("concluded: {}", line(entry, card)))));
                complaints.push(complaint);
            }
        }
    }

    if outcomes.is_empty() && carets.is_empty() {
        let mut complaint =
            Complaint::new(case.line, &case.heading, "the case does not say what comes of it; add an `outcome` block");
        complaint.shown.extend(entries.iter().map(|entry| (None, line(entry, card))));
        complaints.push(complaint);
        return;
    }
    for fence in &outcomes {
        let expected: Vec<&(usize, String)> = fence.body.iter().filter(|(_, line)| !line.trim().is_empty()).collect();
        if expected.is_empty() {
            let mut complaint = Complaint::new(fence.line, &case.heading, "the outcome is empty; it comes to");
            complaint.shown.extend(open.iter().map(|entry| (None, line(entry, card))));
            complaints.push(complaint);
            return;
        }
        for (number, wanted) in expected {
            match open.iter().position(|entry| answers(entry, card, wanted.trim())) {
                Some(index) => {
                    open.remove(index);
                }
                None => {
                    let mut complaint = Complaint::new(*number, &case.heading, "this is not what comes of it");
                    complaint.shown.push((Some(*number), wanted.clone()));
                    complaint
                        .shown
                        .extend(open.iter().map(|entry| (None, format!("concluded: {}", line(entry, card)))));
                    complaints.push(complaint);
                }
            }
        }
    }
    if !open.is_empty() {
        let mut complaint = Complaint::new(case.line, &case.heading, "the case does not expect");
        complaint.shown.extend(open.iter().map(|entry| (None, line(entry, card))));
        if let Some(at) = open.iter().find_map(|entry| place(scene, entry)) {
            complaint.shown.extend(picture(page, at, ""));
        }
        complaints.push(complaint);
    }
}

/// A caret that is not where it should be, beside the one that would be.
fn misplaced(page: &Page, case: &Case, caret: &Caret, actual: Option<&Label>, scene: &Scene) -> Complaint {
    let message = match actual {
        Some(_) => "this is said, but of another place",
        None => "nothing says this",
    };
    let mut complaint = Complaint::new(caret.line, &case.heading, message);
    complaint.shown.extend(picture(page, (caret.under, caret.columns), "expected"));
    if let Some(label) = actual {
        match drawn(scene, label) {
            Some(at) => complaint.shown.extend(picture(page, at, "drawn")),
            None => complaint.shown.push((None, format!("drawn: in {}, outside of this page", label.at.evidence))),
        }
    }
    complaint.shown.push((None, format!("expected: {}", caret.text)));
    complaint
}

fn picture(page: &Page, (line, columns): (usize, (usize, usize)), what: &str) -> Vec<(Option<usize>, String)> {
    let text = page.lines.get(line.saturating_sub(1)).cloned().unwrap_or_default();
    let marks = format!("{}{} {what}", " ".repeat(columns.0), "^".repeat(columns.1.saturating_sub(columns.0).max(1)));
    vec![(Some(line), text), (None, marks)]
}

/// Where on the page the entry points.
pub(crate) fn place(scene: &Scene, entry: &Entry) -> Option<(usize, (usize, usize))> {
    drawn(scene, entry.locations.first()?)
}

/// Where on the page a label would be drawn; `None` for a place in the base.
pub(crate) fn drawn(scene: &Scene, label: &Label) -> Option<(usize, (usize, usize))> {
    let span = label.at.span?;
    scene.lines.iter().find_map(|line| {
        let columns = line.columns(&label.at.evidence, span.start as usize, span.end as usize)?;
        Some((line.page_line, columns))
    })
}

/// What sets an entry apart from the ordinary one of its kind: another severity, less than certain, a subject.
fn qualifiers(entry: &Entry, card: &RuleCard) -> Vec<String> {
    let mut words = Vec::new();
    if let Outcome::Fail(failure) = &entry.outcome {
        if entry.severity != card.severity {
            words.push(entry.severity.name().to_owned());
        }
        if failure.confidence != Confidence::Certain {
            words.push(failure.confidence.name().to_owned());
        }
    }
    words
}

/// What a caret says of an entry; `None`-like emptiness for one that does not fail, so that no caret matches it.
pub(crate) fn spoken(entry: &Entry, card: &RuleCard) -> String {
    if !matches!(entry.outcome, Outcome::Fail(_)) {
        return String::new();
    }
    let words = qualifiers(entry, card);
    if words.is_empty() { entry.message.clone() } else { format!("{}: {}", words.join(" "), entry.message) }
}

pub(crate) fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail(_) => "fail",
        Outcome::Undetermined(_) => "undetermined",
        Outcome::NotApplicable(_) => "not-applicable",
        Outcome::Waived(_) => "waived",
    }
}

fn head(entry: &Entry, card: &RuleCard) -> String {
    let mut words = vec![name(&entry.outcome).to_owned()];
    words.extend(qualifiers(entry, card));
    words.extend(entry.subject.as_ref().map(|subject| format!("({subject})")));
    words.join(" ")
}

/// An entry as an `outcome` block says it.
pub(crate) fn line(entry: &Entry, card: &RuleCard) -> String {
    let head = head(entry, card);
    if entry.message.is_empty() { head } else { format!("{head}: {}", entry.message) }
}

/// Whether an entry is what a line of an `outcome` block asks for: a failure word by word, of others a part is enough.
fn answers(entry: &Entry, card: &RuleCard, wanted: &str) -> bool {
    let head = head(entry, card);
    let Some(rest) = wanted.strip_prefix(&head) else { return false };
    if rest.is_empty() {
        return true;
    }
    let Some(text) = rest.strip_prefix(": ") else { return false };
    match &entry.outcome {
        Outcome::Fail(_) | Outcome::Waived(_) => entry.message == text,
        Outcome::Undetermined(gap) => entry.message.contains(text) || gap.wanted.contains(text),
        Outcome::Pass | Outcome::NotApplicable(_) => entry.message.contains(text),
    }
}

/// The worst end of a run, as a word: what a row's line about an unset flag says.
pub(crate) fn end(entries: &[Entry]) -> &'static str {
    let rank = |entry: &&Entry| match entry.outcome {
        Outcome::Fail(_) | Outcome::Waived(_) => 3,
        Outcome::Undetermined(_) => 2,
        Outcome::Pass => 1,
        Outcome::NotApplicable(_) => 0,
    };
    entries.iter().max_by_key(rank).map_or("not-asked", |entry| name(&entry.outcome))
}

/// Judges a cluster by the subject's rule alone.
pub(crate) fn judge(subject: &Subject<'_>, cluster: &Cluster) -> Vec<Entry> {
    (subject.judge)(cluster)
}
