//! What releases that read one file alike agree on.

use model::{Minor, Problem};

use super::{Placed, Read};
use crate::{Contents, merge::together};

/// What releases that read alike made of one file.
pub(super) type Decoded<T> = (Vec<Minor>, Option<T>, Vec<Problem>, Vec<(Placed<String>, Contents)>);

pub(in crate::configuration) fn merge<T: Clone + PartialEq>(all: Vec<Decoded<T>>) -> Read<T> {
    let takes = |problems: &[Problem]| !problems.iter().any(|problem| problem.stops);
    let any_takes = all.iter().any(|(_, _, problems, _)| takes(problems));
    let count: usize = all.iter().map(|(minors, ..)| minors.len()).sum();
    let newest = all.iter().filter_map(|(minors, ..)| minors.last()).max().copied();
    // Where no release takes the file, that is for what the newest does not take.
    let problems =
        together(all.iter().map(|(minors, _, problems, _)| (minors.as_slice(), problems.as_slice())), |stopped| {
            stopped.len() == count || (!any_takes && newest.is_some_and(|newest| stopped.contains(&newest)))
        });
    let (mut taken_by, mut value, mut names) = (Vec::new(), None, Vec::new());
    let mut by_release: Vec<(Vec<Minor>, T)> = Vec::new();
    for (minors, read, problems, named) in all {
        let takes = takes(&problems);
        if takes {
            taken_by.extend(&minors);
        }
        if let Some(read) = read.as_ref().filter(|_| takes) {
            match by_release.iter_mut().find(|(_, known)| known == read) {
                Some((known, _)) => known.extend(&minors),
                None => by_release.push((minors.clone(), read.clone())),
            }
        }
        // The newest release that takes the file knows most of its fields.
        if read.is_some() && (takes || !any_takes) {
            (value, names) = (read, named);
        }
    }
    Read { value, problems, taken_by, by_release, names }
}
