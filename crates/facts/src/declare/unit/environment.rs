//! The variables of a unit's process: those of the unit, and those of its environment files.

use std::collections::BTreeMap;

use model::{Evidence, Gap, GapKind, Location, Problem, ProblemKind};

use super::{
    grammar::{Glyph, specifiers, text_of, tokens},
    pieces::{Piece, Unit, place},
};
use crate::{
    Files,
    declare::{Source, embedded::Place, shell::Variable},
    redact::parsable,
};

/// The assignments of an environment file (`parse_env_file_internal` of src/basic/env-file.c, since systemd 254 for
/// comments that end in a backslash).
pub(in crate::declare) fn environment_file(text: &str, index: usize) -> Vec<(String, Held)> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    let glyph = |(start, is): (usize, char)| Glyph { is, text: index, start, end: start + is.len_utf8() };
    let newline = |c: char| matches!(c, '\n' | '\r');
    'lines: while let Some((_, c)) = rest.next_if(|_| true) {
        if c.is_ascii_whitespace() {
            continue;
        }
        if matches!(c, '#' | ';') {
            for (_, c) in rest.by_ref() {
                if newline(c) {
                    break;
                }
            }
            continue;
        }
        let mut key = c.to_string();
        loop {
            match rest.next() {
                Some((_, '=')) => break,
                Some((_, c)) if newline(c) => continue 'lines,
                Some((_, c)) => key.push(c),
                None => break 'lines,
            }
        }
        let mut value: Vec<Glyph> = Vec::new();
        // Behind the equals sign, or the quote that opens the value.
        let mut home = rest.peek().map_or(text.len(), |(at, _)| *at);
        // Blanks behind the last character that counts are cut; those in quotes or escaped count.
        let mut kept = 0;
        let mut begun = false;
        while let Some((at, c)) = rest.next() {
            match c {
                _ if newline(c) => break,
                '\\' => {
                    if let Some(next) = rest.next().filter(|(_, c)| !newline(*c)) {
                        value.push(glyph(next));
                    }
                    begun = true;
                    kept = value.len();
                }
                '\'' | '"' if !begun => {
                    if value.is_empty() {
                        home = at + 1;
                    }
                    while let Some((at, inner)) = rest.next() {
                        if inner == c {
                            break;
                        }
                        if inner == '\\' && c == '"' {
                            match rest.next() {
                                Some((_, '\n')) | None => {}
                                Some(next @ (_, '"' | '\\' | '`' | '$')) => value.push(glyph(next)),
                                Some(next) => value.extend([glyph((at, inner)), glyph(next)]),
                            }
                            continue;
                        }
                        value.push(glyph((at, inner)));
                    }
                    kept = value.len();
                }
                ' ' | '\t' if !begun => {}
                _ => {
                    value.push(glyph((at, c)));
                    begun = true;
                    if !c.is_ascii_whitespace() {
                        kept = value.len();
                    }
                }
            }
        }
        value.truncate(kept);
        let key = key.trim_end().to_owned();
        if is_name(&key) {
            found.push((key, Held { glyphs: value, home: Some((index, home)) }));
        }
    }
    found
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Globs and specifiers name files that only the node knows.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.starts_with('/') && !path.contains(['*', '?', '[', '%', '{', '$'])
}

/// The value of a variable.
pub(in crate::declare) struct Held {
    pub(in crate::declare) glyphs: Vec<Glyph>,
    /// The text, and the byte of it, at which an empty value would get its first word.
    pub(super) home: Option<(usize, usize)>,
}

/// The variables of the process.
pub(super) struct Environment {
    pub(super) values: BTreeMap<String, Result<Held, Gap>>,
    /// A name that is not there may still be set.
    pub(super) open: Option<Gap>,
    /// An environment file was read, so that a name in none of them is empty.
    pub(super) closed: bool,
}

pub(super) fn environment<'u>(
    unit: &mut Unit<'u>,
    source: &'u Source<'u>,
    evidence: &[Evidence],
    problems: &mut Vec<Problem>,
) -> Environment {
    let mut environment = Environment { values: BTreeMap::new(), open: unit.unread.clone(), closed: false };
    for entry in unit.list("Environment") {
        for token in tokens(&entry.value, true).unwrap_or_default() {
            let Some(equals) = token.glyphs.iter().position(|glyph| glyph.is == '=') else { continue };
            let name = text_of(&token.glyphs[..equals]);
            let value = specifiers(&token.glyphs[equals + 1..]);
            if is_name(&name) {
                let home = token.glyphs.get(equals).map(|equals| (equals.text, equals.end));
                environment.values.insert(name, value.map(|glyphs| Held { glyphs, home }));
            }
        }
    }
    let files: Vec<(String, Location)> = unit
        .list("EnvironmentFile")
        .into_iter()
        .map(|entry| (text_of(&entry.value), place(&unit.texts, source, &entry.value)))
        .collect();
    let files_api = Files { root: source.root, mounts: &[], contained: false, evidence, carried: &[] };
    for (written, location) in files {
        let path = written.trim_start_matches('-');
        let beside = match &source.inside {
            Some(Place::File(_, beside)) => beside.iter().rfind(|file| file.path == path),
            _ => None,
        };
        let gap = if let Some(file) = beside {
            match &file.text {
                Ok(text) => {
                    for (name, value) in environment_file(text, unit.texts.len()) {
                        environment.values.insert(name, Ok(value));
                    }
                    unit.add_text(file);
                    environment.closed = true;
                    continue;
                }
                Err(_) => file.gap().unwrap_or_else(|| unread_file(path)),
            }
        } else if is_plain_path(path) {
            match files_api.look(path) {
                crate::File::Read(piece) => match piece.text() {
                    Some(text) => {
                        let text = parsable(piece, text).into_owned();
                        for (name, value) in environment_file(&text, unit.texts.len()) {
                            environment.values.insert(name, Ok(value));
                        }
                        unit.texts.push(Piece { id: piece.id.clone(), inside: None });
                        environment.closed = true;
                        continue;
                    }
                    None => unread_file(path),
                },
                crate::File::Missing(id) => {
                    environment.closed = true;
                    if !written.starts_with('-') {
                        problems.push(Problem {
                            kind: ProblemKind::Missing,
                            stops: true,
                            message: format!("the unit needs the environment file `{path}`, and there is no `{id}`"),
                            hint: Some("create the file, or write `-` before its path".to_owned()),
                            location: Some(location),
                            setting: None,
                        });
                    }
                    continue;
                }
                crate::File::Folder(_) => unread_file(path),
                crate::File::Unread(gap) => gap,
            }
        } else {
            unread_file(path)
        };
        // The file may set any name, those that were set before included.
        environment.values.values_mut().for_each(|value| *value = Err(gap.clone()));
        environment.open.get_or_insert(gap);
    }
    for entry in unit.list("PassEnvironment") {
        environment.open.get_or_insert_with(|| Gap {
            kind: GapKind::Unresolved,
            reason: format!("`{}` comes from the manager's own environment", text_of(&entry.value)),
            wanted: format!("the value of `{}`", text_of(&entry.value)),
            who_could_answer: "the running process: its arguments on the node".to_owned(),
        });
    }
    for entry in unit.list("UnsetEnvironment") {
        for token in tokens(&entry.value, true).unwrap_or_default() {
            environment.values.remove(text_of(&token.glyphs).split('=').next().unwrap_or_default());
        }
    }
    environment
}

pub(super) fn unread_file(path: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("the environment file `{path}` was not read"),
        wanted: path.to_owned(),
        who_could_answer: "give the node's root with --root".to_owned(),
    }
}

pub(super) fn unknown(name: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: format!("`{name}` is known only when the unit starts"),
        wanted: format!("the value of `{name}`"),
        who_could_answer: "the running process: its arguments on the node".to_owned(),
    }
}

impl Environment {
    /// What a variable is worth; `None` where nothing sets it.
    pub(super) fn get(&self, name: &str, written: &str) -> Result<Option<&[Glyph]>, Gap> {
        match self.values.get(name) {
            Some(Ok(value)) => Ok(Some(&value.glyphs)),
            Some(Err(gap)) => Err(gap.clone()),
            None => match &self.open {
                Some(gap) => Err(gap.clone()),
                None if self.closed => Ok(None),
                None => Err(unknown(written)),
            },
        }
    }

    /// Where a word would be added to a variable; `None` where its value is not known.
    pub(super) fn home(&self, name: &str) -> Option<(usize, usize, usize)> {
        let held = self.values.get(name)?.as_ref().ok()?;
        match (held.glyphs.first(), held.glyphs.last()) {
            (Some(first), Some(last)) => (first.text == last.text).then_some((first.text, first.start, last.end)),
            _ => held.home.map(|(text, at)| (text, at, at)),
        }
    }

    pub(super) fn variables(&self) -> BTreeMap<String, Variable> {
        let value = |value: &Result<Held, Gap>| match value {
            Ok(value) => Variable::Known(text_of(&value.glyphs)),
            Err(_) => Variable::Unknown,
        };
        self.values.iter().map(|(name, glyphs)| (name.clone(), value(glyphs))).collect()
    }
}
