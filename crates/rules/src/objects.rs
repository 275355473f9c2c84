//! What becomes of an answer about objects of a cluster's API.
//!
//! Files never hold all the objects of a cluster, so that what they do not show is nobody's pass. What only an API server
//! could have said is left out here: beside findings it would be said of every folder, and alone it is no answer.

use std::collections::BTreeMap;

use model::{Answer, Finding, GapKind, Label, Unanswered, Verdict};

/// The verdict without what nobody was asked for; `None` where nothing else is left.
pub(crate) fn answered(verdict: Verdict) -> Option<Verdict> {
    match verdict {
        Err(Unanswered::Gap(gap)) if gap.kind == GapKind::NotCollected => None,
        Ok(mut answer) => {
            let before = answer.gaps.len();
            answer.gaps.retain(|gap| gap.kind != GapKind::NotCollected);
            let says_nothing = answer.findings.is_empty() && answer.gaps.is_empty() && before > 0;
            (!says_nothing).then(|| Ok(one_each(answer)))
        }
        other => Some(other),
    }
}

/// One finding for each subject: an object that several files hold is one, and each of its places is said.
fn one_each(mut answer: Answer) -> Answer {
    let mut known: BTreeMap<Option<String>, usize> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(answer.findings.len());
    for finding in std::mem::take(&mut answer.findings) {
        match known.get(&finding.subject).and_then(|at| kept.get_mut(*at)) {
            Some(first) => {
                let place = finding.primary.location().cloned();
                first.because.extend(place.map(|at| Label { at, text: finding.message.clone() }));
                first.because.extend(finding.because);
                first.severity = first.severity.max(finding.severity);
                first.confidence = first.confidence.max(finding.confidence);
            }
            None => {
                known.insert(finding.subject.clone(), kept.len());
                kept.push(finding);
            }
        }
    }
    answer.findings = kept;
    answer
}

#[cfg(test)]
mod tests {
    use model::Gap;

    use super::*;

    fn gap(kind: GapKind) -> Gap {
        Gap { kind, reason: "because".to_owned(), wanted: "list roles".to_owned(), who_could_answer: String::new() }
    }

    #[test]
    fn what_nobody_was_asked_for_is_no_answer() {
        let gaps =
            |kinds: &[GapKind]| Answer { gaps: kinds.iter().map(|kind| gap(*kind)).collect(), ..Answer::default() };
        assert!(answered(Err(gap(GapKind::NotCollected).into())).is_none());
        assert!(answered(Ok(gaps(&[GapKind::NotCollected]))).is_none());
        assert!(answered(Err(gap(GapKind::Unread).into())).is_some());
        let mixed = answered(Ok(gaps(&[GapKind::NotCollected, GapKind::Unread])));
        assert_eq!(mixed, Some(Ok(gaps(&[GapKind::Unread]))));
        // A pass has no gaps at all.
        assert!(answered(Ok(Answer::default())).is_some());
    }
}
