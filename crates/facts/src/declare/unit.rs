//! systemd units, with their drop-ins and environment files, as systemd would start them.
//!
//! The grammar is that of systemd's own sources: lines and continuation in src/shared/conf-parser.c, words in
//! src/basic/extract-word.c, commands in `config_parse_exec` of src/core/load-fragment.c, variables in `replace_env_argv` of
//! src/basic/env-util.c, environment files in src/basic/env-file.c. Every character keeps its place, so that a flag that
//! an environment file holds is found there.

mod environment;
mod expand;
mod grammar;
mod pieces;

use std::collections::BTreeMap;

use model::{Body, Evidence, Form, Gap, Kind, Location, Problem, ProblemKind, Site, Version};

use self::{
    environment::{Environment, environment, is_name, is_plain_path, unknown},
    expand::{Container, Expanded, expand},
    grammar::{Entry, PREFIXES, Token, entries, is, specifiers, text_of, tokens, words_of},
    pieces::{Piece, Unit, at, file_name, place, unit},
};
pub(super) use self::{
    environment::{Held, environment_file},
    pieces::{drop_in_folders, drop_in_of},
};
use super::{
    Source,
    command::{self, Program, Start, find, script_start, unfilled},
    embedded::Place,
    etcd::{self, MOST_VARIABLES, VARIABLE},
    runtime, shell,
};
use crate::{Invocation, Word, kubelet::Peers, redact::parsable};

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("ExecStart") && text.contains("apiserver")
}

/// Whether a text declares a component that is judged.
pub(super) fn declares(source: &Source<'_>) -> bool {
    runs(Program::ApiServer, source)
}

/// Whether a text is a unit, or a part of one, that runs that component.
pub(super) fn runs(program: Program, source: &Source<'_>) -> bool {
    // Other formats hold units inside of their own text.
    let mut lines = source.text.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
    if !lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';'])).is_some_and(|line| line.starts_with('[')) {
        return false;
    }
    let entries = entries(source.text, 0);
    entries.iter().filter(|entry| is(entry, "ExecStart")).any(|entry| {
        let text: String = entry.value.iter().map(|glyph| glyph.is).collect();
        // An unrendered template may drop or repeat any line.
        !["{{", "{%", "<%"].iter().any(|mark| text.contains(mark))
            && tokens(&entry.value, true).is_ok_and(|tokens| start(program, &words_of(&tokens)).is_some())
    })
}

fn start(program: Program, words: &[String]) -> Option<Start> {
    find(program, &words.iter().map(String::as_str).collect::<Vec<_>>(), None)
}

/// Why nobody knows what a unit says, where somebody looked for it: evidence that goes by the name of a unit of a program, or of
/// what changes it, and was not read.
pub(crate) fn unread<'e>(evidence: &'e [Evidence], programs: &[&str]) -> Option<&'e Gap> {
    let is_of_unit = |name: &str| {
        programs.iter().any(|program| name.starts_with(program))
            && (name.ends_with(".service") || name.ends_with(".service.d"))
    };
    evidence.iter().find_map(|piece| match &piece.body {
        Body::Unread(gap) if piece.id.as_str().rsplit('/').take(2).any(is_of_unit) => Some(gap),
        _ => None,
    })
}

/// What is found in a unit beside a file of the same node, among the texts that may be meant.
pub(super) fn beside<T>(
    source: &Source<'_>,
    evidence: &[Evidence],
    may: impl Fn(&Evidence, &str) -> bool,
    find: impl Fn(&Source<'_>) -> Option<T>,
) -> Option<T> {
    // A unit is no tree.
    let stream = yaml::parse("", &yaml::Limits::default());
    evidence.iter().filter(|piece| piece.kind == Kind::Workload).find_map(|piece| {
        let text = piece.text().filter(|text| may(piece, text))?;
        let text = parsable(piece, text);
        let root = source.root;
        find(&Source { evidence: &piece.id, plane: piece.plane, text: &text, root, stream: &stream, inside: None })
    })
}

/// Environment files of a unit, by their paths on the host.
pub(super) fn environment_files(source: &Source<'_>, evidence: &[Evidence]) -> Vec<String> {
    if !declares(source) && !runs(Program::Kubelet, source) && !runs(Program::Etcd, source) {
        return Vec::new();
    }
    let unit = unit(source, evidence);
    let paths = unit.list("EnvironmentFile").into_iter().map(|entry| text_of(&entry.value));
    paths.map(|path| path.trim_start_matches('-').to_owned()).filter(|path| is_plain_path(path)).collect()
}

/// Every API server that a unit declares.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    all_of(Program::ApiServer, source, evidence)
}

/// The same of any component.
pub(super) fn all_of(program: Program, source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    // A drop-in is read with its unit, where that is at hand.
    let id = source.evidence.as_str();
    if let Some(name) = drop_in_of(id)
        && evidence.iter().any(|piece| is_of_kind(program, piece.kind) && file_name(piece.id.as_str()) == name)
    {
        return Vec::new();
    }
    let mut unit = unit(source, evidence);
    let mut problems = Vec::new();
    let environment = environment(&mut unit, source, evidence, &mut problems);
    let commands = unit.list("ExecStart");
    let oneshot = unit.service("Type").last().is_some_and(|entry| text_of(&entry.value) == "oneshot");
    if let [_, .., last] = commands[..]
        && !oneshot
    {
        problems.push(Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message: "the unit has more than one `ExecStart=`, which systemd takes only from `Type=oneshot`".to_owned(),
            hint: Some("empty the list with `ExecStart=` before setting it again".to_owned()),
            location: Some(place(&unit.texts, source, &last.value)),
            setting: None,
        });
    }
    for entry in unit.entries.iter().filter(|entry| entry.section == "Service" && entry.key.starts_with("--")) {
        problems.push(Problem {
            kind: ProblemKind::Unknown,
            stops: false,
            message: format!("`{}` stands behind the end of the command, so that nobody gets it", entry.key),
            hint: Some("end the line before it with `\\`, and leave no empty line between".to_owned()),
            location: Some(place(&unit.texts, source, &entry.value)),
            setting: None,
        });
    }
    let mut found = Vec::new();
    for entry in commands {
        found.extend(invocation(program, entry, &unit, &environment, source, &mut problems));
    }
    found.iter_mut().for_each(|invocation: &mut Invocation| invocation.problems.extend(problems.iter().cloned()));
    found
}

/// Whom a unit lets its processes speak with; one that is empty takes back those before it.
pub(super) fn peers(source: &Source<'_>, evidence: &[Evidence]) -> Peers {
    let unit = unit(source, evidence);
    let words = |key: &str| -> Vec<(String, Location)> {
        let entries = unit.list(key).into_iter();
        let tokens = entries.flat_map(|entry| tokens(&entry.value, true).unwrap_or_default());
        tokens
            .map(|token| (text_of(&token.glyphs), at(&unit.texts, source, token.text, token.start, token.end)))
            .collect()
    };
    Peers {
        denied: words("IPAddressDeny"),
        allowed: words("IPAddressAllow"),
        unread: unit.unread.clone(),
        at: Location::whole(source.evidence.clone(), source.plane),
    }
}

/// A command, of a unit or another, that starts a program which runs the API server itself: k3s, RKE2.
#[derive(Clone)]
pub(super) struct Started {
    /// The program, without its folder.
    pub(super) program: String,
    /// The words behind the program's name.
    pub(super) words: Vec<Word>,
    /// What the environment sets, with its place; `Err` where the value is not known.
    pub(super) variables: BTreeMap<String, Result<(String, Location), Gap>>,
    /// Why the command may be another one.
    pub(super) unread: Option<Gap>,
    /// Why there may be more variables.
    pub(super) open: Option<Gap>,
    /// The release that the command names.
    pub(super) version: Option<(Version, Location)>,
    pub(super) problems: Vec<Problem>,
}

/// Whether a text is a unit with a command that one asks for.
pub(super) fn starts(source: &Source<'_>, is: fn(&[String]) -> bool) -> bool {
    let mut lines = source.text.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    if !first.is_some_and(|line| line.starts_with('[')) {
        return false;
    }
    let entries = entries(source.text, 0);
    let mut commands = entries.iter().filter(|entry| self::is(entry, "ExecStart"));
    commands.any(|entry| {
        let text = text_of(&entry.value);
        !["{{", "{%", "<%"].iter().any(|mark| text.contains(mark))
            && tokens(&entry.value, true).is_ok_and(|tokens| is(&words_of(&tokens)))
    })
}

/// The last command of a unit that one asks for, with the drop-ins and environment files of the unit.
pub(super) fn started(source: &Source<'_>, evidence: &[Evidence], is: fn(&[String]) -> bool) -> Option<Started> {
    let mut unit = unit(source, evidence);
    let mut problems = Vec::new();
    let environment = environment(&mut unit, source, evidence, &mut problems);
    let commands = unit.list("ExecStart");
    let tokens = commands.iter().rev().find_map(|entry| {
        let tokens = tokens(&entry.value, true).ok()?;
        is(&words_of(&tokens)).then_some(tokens)
    })?;
    let plain = words_of(&tokens);
    let program = plain.first().map_or("", |first| command::base(first)).to_owned();
    let skipped = tokens.len() - plain.len();
    let (mut unread, open) = (unit.unread.clone(), environment.open.clone());
    let arguments = tokens.get(skipped + 1..).unwrap_or_default();
    let words = expand(arguments, &environment, &unit.texts, source, &mut unread)
        .into_iter()
        .map(|word| {
            let text = text_of(&word.glyphs);
            let unresolved = word.gap.or_else(|| unfilled(&text));
            Word { unresolved, ..Word::written(text, Site { at: word.at, form: Form::Script }) }
        })
        .collect();
    let variables = environment
        .values
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Ok(held) => Ok((text_of(&held.glyphs), place(&unit.texts, source, &held.glyphs))),
                Err(gap) => Err(gap.clone()),
            };
            (name.clone(), value)
        })
        .collect();
    Some(Started { program, words, variables, unread, open, version: None, problems })
}

/// Environment files of such a unit, by their paths on the host.
pub(super) fn files_of_started(source: &Source<'_>, evidence: &[Evidence]) -> Vec<String> {
    let unit = unit(source, evidence);
    let paths = unit.list("EnvironmentFile").into_iter().map(|entry| text_of(&entry.value));
    paths.map(|path| path.trim_start_matches('-').to_owned()).filter(|path| is_plain_path(path)).collect()
}

/// Whether a file that says how the component is started goes by this kind.
fn is_of_kind(program: Program, kind: Kind) -> bool {
    kind == Kind::Workload || program != Program::ApiServer && kind == Kind::ConfigFile
}

fn invocation(
    program: Program,
    entry: &Entry,
    unit: &Unit<'_>,
    environment: &Environment,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Invocation> {
    let Ok(mut tokens) = tokens(&entry.value, true) else {
        if text_of(&entry.value).contains(program.word()) {
            problems.push(Problem {
                kind: ProblemKind::Refused,
                stops: true,
                message: "a quote of `ExecStart=` is never closed, so that systemd refuses the unit".to_owned(),
                hint: None,
                location: Some(place(&unit.texts, source, &entry.value)),
                setting: None,
            });
        }
        return None;
    };
    // A word `;` begins another command, which only `Type=oneshot` may have.
    if let Some(end) = tokens.iter().position(|token| text_of(&token.glyphs) == ";") {
        tokens.truncate(end);
    }
    let words = words_of(&tokens);
    let skipped = tokens.len() - words.len();
    let mut open_ended = unit.unread.clone();
    let mut found = Vec::new();
    let mut container = None;
    if let Some(run) = runtime::run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        // What other images of the same pod are given is not the component's.
        tokens.truncate(run.words.1 + skipped);
        let before = tokens.get(skipped..run.words.0 + skipped).unwrap_or_default();
        container = Some(Container::of(program, before, environment, &unit.texts, source));
    }
    let container = container.unwrap_or_default();
    let mut list = Site { at: place(&unit.texts, source, &entry.value), form: Form::Script };
    match start(program, &words)? {
        Start::Direct(after) => {
            let literal = text_of(&tokens.first()?.glyphs);
            let path = literal.trim_start_matches(PREFIXES);
            let arguments = tokens.get(after + skipped..).unwrap_or_default();
            let as_written = literal[..literal.len() - path.len()].contains(':');
            let expanded = if as_written {
                let plain = |token: &Token| Expanded {
                    glyphs: token.glyphs.clone(),
                    at: at(&unit.texts, source, token.text, token.start, token.end),
                    gap: specifiers(&token.glyphs).err(),
                };
                arguments.iter().map(plain).collect()
            } else {
                expand(arguments, environment, &unit.texts, source, &mut open_ended)
            };
            for word in expanded {
                let text = text_of(&word.glyphs);
                let unresolved = word.gap.or_else(|| unfilled(&text));
                let site = Site { at: word.at, form: Form::Line };
                found.push(Word { unresolved, ..Word::written(text, site) });
            }
            list = home(&tokens, environment, as_written, &unit.texts, source).unwrap_or(list);
        }
        Start::Script(index) | Start::OneWord(index) => {
            let token = tokens.get(index + skipped)?;
            let expanded =
                expand(std::slice::from_ref(token), environment, &unit.texts, source, &mut open_ended).pop()?;
            let script = text_of(&expanded.glyphs);
            if !command::starts(program, &script) {
                return None;
            }
            open_ended = open_ended.or(expanded.gap);
            let starts: Vec<usize> = expanded
                .glyphs
                .iter()
                .scan(0, |at, glyph| {
                    let start = *at;
                    *at += glyph.is.len_utf8();
                    Some(start)
                })
                .collect();
            let variables = if container.is_one { container.variables.clone() } else { environment.variables() };
            let commands = shell::commands(&script, &variables);
            let (command, after) =
                commands.iter().find_map(|command| script_start(program, command).map(|after| (command, after)))?;
            for word in &command.words[after..] {
                if word.splits && !word.text.starts_with('-') {
                    open_ended.get_or_insert_with(|| unknown(&word.text));
                }
                let inside = |at: &usize| word.range.contains(at);
                let first = starts.iter().position(inside);
                let last = starts.iter().rposition(inside);
                let at = first
                    .zip(last)
                    .and_then(|(first, last)| expanded.glyphs.get(first..=last))
                    .map_or_else(|| expanded.at.clone(), |glyphs| place(&unit.texts, source, glyphs));
                let gap = word.unknown.as_deref().map(unknown).or_else(|| unfilled(&word.text));
                let site = Site { at, form: Form::Script };
                found.push(Word { unresolved: gap, ..Word::written(word.text.clone(), site) });
            }
        }
    }
    // A drop-in that could not be read may replace the command line or the variables in it.
    if let Some(gap) = &unit.unread {
        let site = Site { at: place(&unit.texts, source, &entry.value), form: Form::Script };
        found.push(Word { unresolved: Some(gap.clone()), ..Word::written("", site) });
    }
    open_ended = command::shorten(&mut found).or(open_ended);
    if program == Program::Etcd {
        found.splice(0..0, flags_of_etcd(environment, &container, &list, &unit.texts, source));
        open_ended = open_ended.or_else(|| environment.open.clone().filter(|_| !container.is_one));
    }
    let path = match &source.inside {
        Some(Place::File(file, _)) => file.path.as_str(),
        _ => source.evidence.as_str(),
    };
    let name = file_name(path);
    Some(Invocation {
        open_ended,
        list: Some(list),
        version: container.version,
        mounts: container.mounts,
        contained: container.is_one,
        ..source.process(program, Some(drop_in_of(path).unwrap_or(name).trim_end_matches(".service").to_owned()), found)
    })
}

/// The flags that etcd takes from its environment, before those of its command line: that of the unit, or what a container in between is given of it.
fn flags_of_etcd(
    environment: &Environment,
    container: &Container,
    command: &Site,
    texts: &[Piece<'_>],
    source: &Source<'_>,
) -> Vec<Word> {
    let mut found = Vec::new();
    let of_command = || Site { at: command.at.clone(), form: VARIABLE };
    if container.is_one {
        for (name, variable) in container.variables.iter().take(MOST_VARIABLES) {
            let Some(flag) = etcd::flag_of(name) else { continue };
            let (text, gap) = match variable {
                shell::Variable::Known(text) => (text.as_str(), unfilled(text)),
                shell::Variable::Unknown => ("", Some(unknown(name))),
            };
            found.push(Word { unresolved: gap, ..Word::written(format!("--{flag}={text}"), of_command()) });
        }
        return found;
    }
    for (name, value) in environment.values.iter().take(MOST_VARIABLES) {
        let Some(flag) = etcd::flag_of(name) else { continue };
        found.push(match value {
            Ok(held) => {
                let text = text_of(&held.glyphs);
                let at = if text.is_empty() { command.at.clone() } else { place(texts, source, &held.glyphs) };
                let site = Site { at, form: VARIABLE };
                Word { unresolved: unfilled(&text), ..Word::written(format!("--{flag}={text}"), site) }
            }
            Err(gap) => Word { unresolved: Some(gap.clone()), ..Word::written(format!("--{flag}="), of_command()) },
        });
    }
    found
}

/// Where a flag would be added: behind the last word of the command, or of the variable that the command ends with.
fn home(
    tokens: &[Token],
    environment: &Environment,
    as_written: bool,
    texts: &[Piece<'_>],
    source: &Source<'_>,
) -> Option<Site> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let text = text_of(&last.glyphs);
    let variable = text.strip_prefix('$').filter(|name| is_name(name) && !as_written);
    let at = match variable.and_then(|name| environment.home(name)) {
        Some((text, start, end)) => at(texts, source, text, start, end),
        None => at(texts, source, last.text, first.start, last.after),
    };
    Some(Site { at, form: Form::Lines })
}

#[cfg(test)]
mod tests;
