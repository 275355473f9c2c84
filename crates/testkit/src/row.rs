//! Rows test themselves: one flag, in every release, bad, good, unset and unreadable.

use crate::{
    Complaint, Subject, check,
    page::{Case, Page},
    scene,
};

/// What a rule of one setting tests itself with.
#[derive(Clone, Debug)]
pub struct Row {
    /// The flag without its dashes.
    pub flag: &'static str,
    /// A value that must fail, and one that must pass; an empty one is a flag that is set to nothing.
    pub bad: &'static str,
    pub good: &'static str,
    /// The first and last minor release that facts know.
    pub minors: (u16, u16),
}

/// Lays the flag out over all releases.
pub(crate) fn hold(subject: &Subject<'_>, row: &Row, page: &Page, complaints: &mut Vec<Complaint>) {
    let unset = unset(subject, row);
    match &page.unset {
        None => {
            complaints.push(Complaint::new(1, "", format!("the page does not say what unset means: `unset: {unset}`")))
        }
        Some((line, said)) if *said != unset => {
            complaints.push(Complaint::new(*line, "", format!("an unset `--{}` comes to `{unset}`", row.flag)));
        }
        Some(_) => {}
    }
    for (what, word, wanted) in [
        ("a bad value", format!("--{}={}", row.flag, row.bad), "fail"),
        ("a good value", format!("--{}={}", row.flag, row.good), "pass"),
        ("a value that nobody can read", format!("--{}={{{{ value }}}}", row.flag), "undetermined"),
    ] {
        // The first release says enough: what is wrong in one is mostly wrong in all.
        let wrong = (row.minors.0..=row.minors.1)
            .filter(|&minor| end(subject, minor, &[]) != "not-applicable")
            .find_map(|minor| Some((minor, end(subject, minor, &[&word]))).filter(|(_, end)| *end != wanted));
        if let Some((minor, end)) = wrong {
            complaints.push(Complaint::new(
                page.unset.as_ref().map_or(1, |(line, _)| *line),
                "",
                format!("{what}, `{word}`, comes to `{end}` in 1.{minor} and not to `{wanted}`"),
            ));
        }
    }
}

/// What an unset flag comes to, release by release: "fail until 1.28, pass from 1.29".
fn unset(subject: &Subject<'_>, row: &Row) -> String {
    let mut runs: Vec<(&'static str, u16, u16)> = Vec::new();
    for minor in row.minors.0..=row.minors.1 {
        let end = end(subject, minor, &[]);
        match runs.last_mut() {
            Some(run) if run.0 == end => run.2 = minor,
            _ => runs.push((end, minor, minor)),
        }
    }
    let last = runs.len().saturating_sub(1);
    let words = runs.iter().enumerate().map(|(index, &(end, from, to))| match index {
        _ if last == 0 => end.to_owned(),
        0 => format!("{end} until 1.{to}"),
        _ if index == last => format!("{end} from 1.{from}"),
        _ if from == to => format!("{end} in 1.{from}"),
        _ => format!("{end} from 1.{from} to 1.{to}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn end(subject: &Subject<'_>, minor: u16, words: &[&str]) -> &'static str {
    let case = Case::of_words(&format!("1.{minor}"), words);
    match scene::scene(&case) {
        Ok(scene) => check::end(&check::judge(subject, &scene.resolve())),
        Err(_) => "not-asked",
    }
}
