//! What is wrong with a command line whatever its flags mean: words that are no flag, values that a flag does not take, flags
//! that are gone.

use model::{Location, Minor, Problem, ProblemKind, spelled};

use super::Line;
use crate::{flags::Presence, golang, merge::newer_than_data, pflag::Mistake};

const MOST_MISTAKES: usize = 100;

/// What differs between components.
pub(crate) struct Manners {
    /// The first release that was seen to refuse a word that is no flag.
    pub(crate) refuses_words: Minor,
    /// Flags that a fork of the component has and upstream's does not.
    pub(crate) forks: &'static [(&'static str, &'static str)],
    /// Names that another flag had, up to a release.
    pub(crate) once: &'static [(&'static str, Minor)],
}

/// Everything of the kind, in the order in which it was found.
pub(crate) fn all(line: &Line<'_>, manners: &Manners) -> Vec<Problem> {
    // What is wrong after so many mistakes is told by none of them.
    let minor = line.version.minor;
    let was_known = |mistake: &&Mistake| matches!(mistake, Mistake::Unknown { name, .. } if manners.once.iter().any(|(known, until)| known == name && minor <= *until));
    let mistakes = line.mistakes.iter().filter(|mistake| !was_known(mistake)).take(MOST_MISTAKES);
    let mistakes = mistakes.map(|mistake| of(mistake, line, manners));
    mistakes.chain(refused(line)).chain(repeated(line)).chain(outdated(line)).collect()
}

fn of(mistake: &Mistake, line: &Line<'_>, manners: &Manners) -> Problem {
    match mistake {
        Mistake::Syntax(word) => {
            problem(ProblemKind::Refused, true, format!("`{}` is no flag", shown(&word.text)), &word.site.at)
        }
        Mistake::Unknown { name, site } => unknown(name, &site.at, line, manners),
        Mistake::UnknownShorthand { letter, word } => {
            let text = shown(&word.text);
            let mut found = problem(
                ProblemKind::Unknown,
                true,
                format!("`{text}` starts with one dash, and there is no flag `-{letter}`"),
                &word.site.at,
            );
            let name = word.text.trim_start_matches('-').split('=').next().unwrap_or_default();
            if line.table.find(name).is_some() {
                found.hint = Some(format!("write `-{text}`"));
            }
            found
        }
        Mistake::NoValue { flag, word } => {
            let name = line.table.flags.get(*flag).map_or("", |flag| flag.name);
            let message = format!("`--{name}` is the last word and has no value");
            Problem { setting: Some(name.to_owned()), ..problem(ProblemKind::Refused, true, message, &word.site.at) }
        }
        Mistake::Stray(word) => {
            let message = format!("`{}` is an argument, and the {} takes none", shown(&word.text), line.noun());
            let stops = line.version.minor >= manners.refuses_words;
            let mut found = problem(ProblemKind::Unknown, stops, message, &word.site.at);
            if golang::parse_bool(&word.text).is_some() {
                found.hint = Some("write the value of a boolean flag behind `=`".to_owned());
            }
            found
        }
    }
}

fn unknown(name: &str, at: &Location, line: &Line<'_>, manners: &Manners) -> Problem {
    let (table, version) = (line.table, line.version);
    let dashed = name.replace('_', "-");
    if let Some(flag) = table.find(&dashed) {
        if flag.presence(version) != Presence::No {
            let message = format!("`--{name}` is written with underscores, which 1.10 to 1.22 do not take");
            let mut found = problem(ProblemKind::Unknown, true, message, at);
            found.hint = Some(format!("write `--{dashed}`"));
            found.setting = Some(flag.name.to_owned());
            return found;
        }
        let gone = flag.removed.filter(|removed| *removed <= version.minor);
        let (kind, message) = match (gone, flag.introduced) {
            (Some(removed), _) => (ProblemKind::Removed, format!("`--{}` was removed in {removed}", flag.name)),
            (None, Some(from)) => (ProblemKind::Unknown, format!("`--{}` came in {from}", flag.name)),
            (None, None) => (ProblemKind::Unknown, format!("`--{}` is in {}", flag.name, flag.life())),
        };
        let message = format!("{message}; a {} that does not know a flag does not start", line.noun());
        return Problem { setting: Some(flag.name.to_owned()), ..problem(kind, true, message, at) };
    }
    if let Some((_, fork)) = manners.forks.iter().find(|(known, _)| *known == dashed) {
        let message = format!("`--{dashed}` is a flag of {fork}'s own {}, and stops every other", line.noun());
        return problem(ProblemKind::Unknown, false, message, at);
    }
    let here = table.nearest(&dashed, |flag| flag.presence(version) != Presence::No);
    // A release that the data does not reach may have brought it. Those before 1.12 took the flags of every library
    // that was linked in, which nobody listed: only a misspelling is sure to stop them.
    let stops = newer_than_data(table, version).is_none() && (version.minor >= Minor::new(1, 12) || here.is_some());
    let mut found = problem(ProblemKind::Unknown, stops, format!("no release has a flag `--{}`", shown(name)), at);
    found.hint = match (here, table.nearest(&dashed, |_| true)) {
        (Some(flag), _) => Some(format!("perhaps `--{}`", flag.name)),
        (None, Some(flag)) => Some(format!("perhaps `--{}`, which is in {}", flag.name, flag.life())),
        (None, None) => None,
    };
    found
}

fn refused(line: &Line<'_>) -> impl Iterator<Item = Problem> {
    line.refused.iter().map(|(flag, takes, text, site)| {
        let message = format!("`--{}` takes {takes}, not `{}`", flag.name, shown(text));
        Problem { setting: Some(flag.name.to_owned()), ..problem(ProblemKind::Refused, true, message, &site.at) }
    })
}

fn repeated(line: &Line<'_>) -> impl Iterator<Item = Problem> {
    line.duplicates().into_iter().map(|(flag, site)| {
        let message = format!("`--{}` is given more than once, and the last one holds", flag.name);
        Problem { setting: Some(flag.name.to_owned()), ..problem(ProblemKind::Duplicate, false, message, &site.at) }
    })
}

/// Flags that are taken and do nothing, or will not be taken much longer.
fn outdated(line: &Line<'_>) -> impl Iterator<Item = Problem> {
    line.written().filter_map(|flag| {
        let past = |since: Option<Minor>| since.filter(|since| *since <= line.version.minor);
        let message = match (past(flag.inert), past(flag.deprecated), flag.sets) {
            (Some(since), _, _) => format!("`--{}` does nothing from {since} on", flag.name),
            (None, Some(since), Some(field)) => {
                format!("`--{}` is deprecated since {since}; `{}` of the file says the same", flag.name, spelled(field))
            }
            (None, Some(since), None) => format!("`--{}` is deprecated since {since}", flag.name),
            (None, None, _) => return None,
        };
        Some(Problem {
            kind: ProblemKind::Removed,
            stops: false,
            message,
            hint: flag.removed.map(|removed| format!("{removed} does not have it any more")),
            location: line.place(flag.name).cloned(),
            setting: Some(flag.name.to_owned()),
        })
    })
}

fn problem(kind: ProblemKind, stops: bool, message: String, at: &Location) -> Problem {
    Problem { kind, stops, message, hint: None, location: Some(at.clone()), setting: None }
}

/// Text from outside, made safe for a message: no control characters, and not endless.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let quoted = golang::quote(text);
    if quoted.chars().count() <= LONGEST {
        return quoted;
    }
    quoted.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}
