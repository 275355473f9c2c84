//! What holds under every case of every rule.
//!
//! 1. Every span lies within its evidence and on character boundaries, and every finding points somewhere.
//! 2. Less evidence only makes less sure.
//! 3. No remedy is bolder than its card says; what it changes parses, passes, and is not changed again.
//! 4. Comments survive a fix, and so does every line that it does not touch.
//! 5. The order of evidence does not matter.
//! 6. One subject of one instance has one entry.
//! 7. A fix makes nothing fail that is as bad as what it cures.

use std::collections::BTreeSet;

use facts::Cluster;
use model::{Body, Change, CutSecret, Edit, Entry, Evidence, EvidenceId, Outcome, Safety, Span};

use crate::{
    Complaint, Subject, check,
    page::{Case, Fence, FenceKind, Page},
    scene::{self, Scene},
};

/// More rounds than any case has findings.
const ROUNDS: usize = 20;

pub(crate) fn hold(
    subject: &Subject<'_>,
    page: &Page,
    case: &Case,
    scene: &Scene,
    cluster: &Cluster,
    entries: &[Entry],
    complaints: &mut Vec<Complaint>,
) {
    let mut complain = |message: String| complaints.push(Complaint::new(case.line, &case.heading, message));
    points_into_evidence(cluster, entries, &mut complain);
    one_entry_each(entries, &mut complain);
    less_is_less_sure(subject, scene, cluster, entries, &mut complain);
    order_does_not_matter(subject, scene, entries, &mut complain);
    no_bolder_than_its_card(subject, entries, &mut complain);
    let mended = mend(subject, scene, &mut complain);
    cures_more_than_it_hurts(subject, scene, entries, &mended, &mut complain);
    as_pictured(page, case, scene, &mended, complaints);
}

fn points_into_evidence(cluster: &Cluster, entries: &[Entry], complain: &mut dyn FnMut(String)) {
    for entry in entries {
        if matches!(entry.outcome, Outcome::Fail(_)) && entry.locations.is_empty() {
            complain(format!("the finding points nowhere: {}", entry.message));
        }
        for label in &entry.locations {
            let Some(evidence) = cluster.evidence.iter().find(|evidence| evidence.id == label.at.evidence) else {
                complain(format!("a place is in `{}`, which is no evidence", label.at.evidence));
                continue;
            };
            let Some(span) = label.at.span else { continue };
            if evidence.text().and_then(|text| text.get(span.range())).is_none() {
                complain(format!("bytes {}..{} are no text of `{}`", span.start, span.end, label.at.evidence));
            }
        }
    }
}

type Identity<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn identity(entry: &Entry) -> Identity<'_> {
    (entry.rule, entry.component, entry.instance.as_deref(), entry.subject.as_deref())
}

fn one_entry_each(entries: &[Entry], complain: &mut dyn FnMut(String)) {
    let mut seen = BTreeSet::new();
    for entry in entries {
        if !seen.insert(identity(entry)) {
            complain(format!("two entries are about the same subject: {}", entry.message));
        }
    }
}

fn less_is_less_sure(
    subject: &Subject<'_>,
    scene: &Scene,
    cluster: &Cluster,
    entries: &[Entry],
    complain: &mut dyn FnMut(String),
) {
    for index in 0..scene.evidence.len() {
        let mut evidence = scene.evidence.clone();
        let id = evidence[index].id.clone();
        if matches!(evidence[index].body, Body::Unread(_)) {
            continue;
        }
        evidence[index].body = Body::Unread(scene::unread(id.as_str(), ""));
        let declares = id == scene.manifest;
        let less = check::judge(subject, &scene.resolve_with(evidence));
        for entry in &less {
            // The one server that nothing declares any more goes by where it answers; it is the same, and held to the same.
            let renamed = declares && entry.instance.as_deref() == Some(scene::ANSWERS_AT);
            let same = |before: &&Entry| {
                let ((rule, component, name, subject), other) = (identity(before), identity(entry));
                (rule, component, subject) == (other.0, other.1, other.3) && (renamed || name == other.2)
            };
            let before = entries.iter().find(same);
            let sure = !matches!(entry.outcome, Outcome::Undetermined(_));
            let same = before.is_some_and(|before| check::name(&before.outcome) == check::name(&entry.outcome));
            if sure && !same {
                complain(format!(
                    "without `{id}` the verdict becomes `{}` where it was {}: {}",
                    check::name(&entry.outcome),
                    before.map_or("not there", |before| check::name(&before.outcome)),
                    entry.message,
                ));
            }
        }
        // A component that can no longer be recognised takes its verdicts with it, and so does a file given by itself.
        let instance = |entry: &Entry| (entry.component, entry.instance.clone());
        let own = |entry: &Entry| {
            // Of a door that was not looked at only its port tells who listens.
            let mut doors = cluster.doors.iter().filter(|door| door.at.evidence == id);
            if doors.any(|door| entry.instance.as_ref() == Some(&door.name)) {
                return true;
            }
            // So does a kubelet of which nothing is known but its file.
            let mut kubelets = cluster.kubelets.iter().filter(|kubelet| !kubelet.is_asked());
            if kubelets.any(|kubelet| {
                kubelet.component().declared_in == id && entry.instance.as_ref() == Some(&kubelet.component().instance)
            }) {
                return true;
            }
            let mut etcds = cluster.etcds.iter().map(|etcd| etcd.component());
            if etcds.any(|etcd| etcd.declared_in == id && entry.instance.as_ref() == Some(&etcd.instance)) {
                return true;
            }
            let files = cluster.given.iter().filter(|file| file.component.declared_in == id);
            files.map(|file| &file.component.instance).any(|name| entry.instance.as_ref() == Some(name))
        };
        for before in entries.iter().filter(|before| !declares && !own(before)) {
            if !less.iter().any(|entry| instance(entry) == instance(before)) {
                complain(format!("without `{id}` nothing is said any more of: {}", before.message));
            }
        }
    }
}

fn order_does_not_matter(subject: &Subject<'_>, scene: &Scene, entries: &[Entry], complain: &mut dyn FnMut(String)) {
    let mut reversed = scene.evidence.clone();
    reversed.reverse();
    if check::judge(subject, &scene.resolve_with(reversed)) != entries {
        complain("the evidence reversed gives another result".to_owned());
    }
}

fn no_bolder_than_its_card(subject: &Subject<'_>, entries: &[Entry], complain: &mut dyn FnMut(String)) {
    for entry in entries {
        let Outcome::Fail(failure) = &entry.outcome else { continue };
        let Some(remedy) = &failure.remedy else { continue };
        let bold = subject.card.fix.is_none_or(|boldest| remedy.safety < boldest);
        if bold && !(subject.card.fix.is_none() && remedy.safety == Safety::Manual) {
            complain(format!("the remedy is `{}`, bolder than the card says: {}", remedy.safety.name(), remedy.title));
        }
        if remedy.safety == Safety::Manual && !remedy.changes.is_empty() {
            complain(format!("only a person can make it, and yet it has changes: {}", remedy.title));
        }
    }
}

/// The evidence after every remedy that can be made was made.
pub(crate) struct Mended {
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) touched: BTreeSet<EvidenceId>,
}

fn mend(subject: &Subject<'_>, scene: &Scene, complain: &mut dyn FnMut(String)) -> Mended {
    let mut mended = Mended { evidence: scene.evidence.clone(), touched: BTreeSet::new() };
    let mut refused: Vec<Vec<Change>> = Vec::new();
    let mut made: BTreeSet<Option<String>> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let entries = check::judge(subject, &scene.resolve_with(mended.evidence.clone()));
        let next = entries.iter().find_map(|entry| match &entry.outcome {
            Outcome::Fail(failure) => {
                let remedy = failure.remedy.as_ref()?;
                let open = !remedy.changes.is_empty() && !refused.contains(&remedy.changes);
                open.then_some((entry, remedy))
            }
            _ => None,
        });
        let Some((entry, remedy)) = next else {
            let fails = entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Fail(_)));
            for entry in fails.filter(|entry| made.contains(&entry.subject)) {
                complain(format!("the remedy was made and it still fails: {}", entry.message));
            }
            return mended;
        };
        match fix::plan(&remedy.changes, &mended.evidence) {
            Err(refusal) => {
                if refusal.reason.is_empty() {
                    complain("a change is refused without a reason".to_owned());
                }
                refused.push(remedy.changes.clone());
            }
            Ok(edits) => {
                made.insert(entry.subject.clone());
                make(&edits, &mut mended, complain);
            }
        }
    }
    complain(format!("after {ROUNDS} rounds of fixing there is still something to fix"));
    mended
}

fn cures_more_than_it_hurts(
    subject: &Subject<'_>,
    scene: &Scene,
    entries: &[Entry],
    mended: &Mended,
    complain: &mut dyn FnMut(String),
) {
    if mended.touched.is_empty() {
        return;
    }
    let fails = |entry: &&Entry| matches!(entry.outcome, Outcome::Fail(_));
    let before = (subject.judge_all)(&scene.resolve());
    let after = (subject.judge_all)(&scene.resolve_with(mended.evidence.clone()));
    let cured = entries.iter().filter(fails).map(|entry| entry.severity).max();
    for entry in after.iter().filter(fails) {
        let known = before.iter().filter(fails).any(|before| identity(before) == identity(entry));
        if !known && Some(entry.severity) >= cured {
            complain(format!("after the fix `{}` fails: {}", entry.rule, entry.message));
        }
    }
}

/// Applies edits to each piece they are about.
fn make(edits: &[Edit], mended: &mut Mended, complain: &mut dyn FnMut(String)) {
    let touched: BTreeSet<&EvidenceId> = edits.iter().map(|edit| &edit.evidence).collect();
    for id in touched {
        let Some(piece) = mended.evidence.iter_mut().find(|piece| piece.id == *id) else {
            complain(format!("an edit is of `{id}`, which is no evidence"));
            continue;
        };
        let Some(before) = piece.text().cloned() else {
            complain(format!("an edit is of `{id}`, which has no text"));
            continue;
        };
        let own: Vec<Edit> = edits.iter().filter(|edit| edit.evidence == *id).cloned().collect();
        let after = fix::apply(&before, &own);
        if *before == *after {
            complain(format!("an edit of `{id}` changes nothing"));
        }
        let parsed = yaml::parse(&after, &yaml::Limits::default());
        let was = yaml::parse(&before, &yaml::Limits { comments: true, ..yaml::Limits::default() });
        // A unit is no YAML; its comments are lines.
        let is_unit = before.starts_with('[');
        let notes = |text: &str| text.lines().filter(|line| line.trim_start().starts_with(['#', ';'])).count();
        if is_unit && notes(&before) != notes(&after) {
            complain(format!("the fix loses a comment of `{id}`:\n{after}"));
        }
        if !is_unit && parsed.faults.len() > was.faults.len() {
            complain(format!("after the fix `{id}` does not parse:\n{after}"));
        }
        for comment in was.documents.iter().flat_map(|document| &document.comments) {
            let text = comment.span.slice(&before).trim();
            if !after.contains(text) {
                complain(format!("the fix loses a comment: {text}"));
            }
        }
        if let Some(line) = lost_line(&before, &after, &own) {
            complain(format!("the fix touches a line that it has no business with: {line}"));
        }
        piece.body = Body::Text(after.into());
        shift(&mut piece.secrets, &own);
        mended.touched.insert(id.clone());
    }
}

/// What is known of secrets goes along with them.
fn shift(secrets: &mut Vec<CutSecret>, edits: &[Edit]) {
    secrets.retain(|secret| {
        !edits.iter().any(|edit| edit.span.start < secret.span.end && secret.span.start < edit.span.end)
    });
    for secret in secrets {
        let before = edits.iter().filter(|edit| edit.span.end <= secret.span.start);
        let moved: i64 = before.map(|edit| edit.text.len() as i64 - i64::from(edit.span.end - edit.span.start)).sum();
        let place = |at: u32| u32::try_from(i64::from(at) + moved).unwrap_or(at);
        secret.span = Span::new(place(secret.span.start), place(secret.span.end));
    }
}

/// The first line that no edit reaches into and that is gone.
fn lost_line<'a>(before: &'a str, after: &str, edits: &[Edit]) -> Option<&'a str> {
    let mut kept = after.split_inclusive('\n');
    let mut start = 0;
    for line in before.split_inclusive('\n') {
        let end = start + line.len();
        let touched = edits.iter().any(|edit| {
            let range = edit.span.range();
            range.start < end && range.end > start || range.is_empty() && (start..=end).contains(&range.start)
        });
        if !touched && !kept.by_ref().any(|other| other == line) {
            return Some(line);
        }
        start = end;
    }
    None
}

/// Holds every `fixed` block against what became of the block before it.
fn as_pictured(page: &Page, case: &Case, scene: &Scene, mended: &Mended, complaints: &mut Vec<Complaint>) {
    let mut before: Option<&Fence> = None;
    for fence in &case.fences {
        match fence.kind {
            FenceKind::Outcome => {}
            FenceKind::Fixed => {
                let expected: Vec<&str> = fence.body.iter().map(|(_, line)| line.as_str()).collect();
                match before.map(|before| fixed(before, scene, mended)) {
                    Some(Ok(fixed)) if fixed == expected => {}
                    Some(Ok(fixed)) => {
                        let mut complaint = Complaint::new(fence.line, &case.heading, "the fix gives something else");
                        complaint.shown.extend(expected.iter().map(|line| (None, format!("expected: {line}"))));
                        complaint.shown.extend(fixed.iter().map(|line| (None, format!("   fixed: {line}"))));
                        complaints.push(complaint);
                    }
                    Some(Err(reason)) => complaints.push(Complaint::new(fence.line, &case.heading, reason)),
                    None => complaints.push(Complaint::new(
                        fence.line,
                        page.heading_of(fence.line),
                        "`fixed` stands below the evidence that it is about",
                    )),
                }
            }
            _ => before = Some(fence),
        }
    }
}

/// A block of evidence as it is after the fix, in the shape of the block.
pub(crate) fn fixed(fence: &Fence, scene: &Scene, mended: &Mended) -> Result<Vec<String>, String> {
    let id = match &fence.kind {
        FenceKind::Yaml { file } | FenceKind::Manifest { file } => {
            EvidenceId::new(format!("{}{file}", scene.root.as_deref().unwrap_or_default()))
        }
        _ => scene.manifest.clone(),
    };
    if !mended.touched.contains(&id) {
        return Err(format!("no remedy changes `{id}`"));
    }
    let text = mended.evidence.iter().find(|piece| piece.id == id).and_then(Evidence::text);
    let text = text.ok_or_else(|| format!("`{id}` has no text"))?;
    Ok(match fence.kind {
        FenceKind::Args { .. } => scene.own_words(text).into_iter().map(|word| format!("  {word}")).collect(),
        _ => text.lines().map(str::to_owned).collect(),
    })
}
