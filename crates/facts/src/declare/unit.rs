//! systemd units, with their drop-ins and environment files, as systemd would start them.
//!
//! The grammar is that of systemd's own sources: lines and continuation in src/shared/conf-parser.c, words in
//! src/basic/extract-word.c, commands in `config_parse_exec` of src/core/load-fragment.c, variables in `replace_env_argv` of
//! src/basic/env-util.c, environment files in src/basic/env-file.c. Every character keeps its place, so that a flag that
//! an environment file holds is found there.

use std::collections::BTreeMap;

use model::{Body, Evidence, EvidenceId, Form, Gap, GapKind, Location, Problem, ProblemKind, Site, Span, Version};

use super::{
    Source,
    command::{self, Start, find, script_start, starts_apiserver, unfilled},
    embedded::{Inside, Place, Written},
    pod::image_version,
    runtime::{self, Run},
    shell::{self, Variable},
};
use crate::{Files, Invocation, Mount, Word, redact::parsable};

/// Where units lie below a root, the first wins (systemd.unit(5), "Unit File Load Path").
const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// A character and the bytes that spell it.
#[derive(Clone, Copy)]
struct Glyph {
    is: char,
    /// Which of the texts it stands in.
    text: usize,
    start: usize,
    end: usize,
}

/// One assignment of a section.
struct Entry {
    section: String,
    key: String,
    value: Vec<Glyph>,
}

/// A word after unquoting.
struct Token {
    glyphs: Vec<Glyph>,
    /// What of it was written, quotes included.
    text: usize,
    start: usize,
    end: usize,
    /// Behind the closing quote, where it is quoted as a whole.
    after: usize,
}

/// Why a list of words cannot be read to its end: systemd refuses the line.
struct Unbalanced;

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &str) -> bool {
    text.contains("ExecStart") && text.contains("apiserver")
}

/// Whether a text declares a component that is judged.
pub(super) fn declares(source: &Source<'_>) -> bool {
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
            && tokens(&entry.value, true).is_ok_and(|tokens| start(&words_of(&tokens)).is_some())
    })
}

fn is(entry: &Entry, key: &str) -> bool {
    entry.section == "Service" && entry.key == key
}

fn words_of(tokens: &[Token]) -> Vec<String> {
    let mut words: Vec<String> = tokens.iter().map(|token| text_of(&token.glyphs)).collect();
    if let Some(first) = words.first_mut() {
        let program = first.trim_start_matches(PREFIXES).to_owned();
        let named = first[..first.len() - program.len()].contains('@');
        *first = program;
        if named && words.len() > 1 {
            words.remove(1);
        }
    }
    words
}

/// What may stand before the program: `|` since systemd 258, the others long before.
const PREFIXES: [char; 6] = ['-', '@', ':', '+', '!', '|'];

fn start(words: &[String]) -> Option<Start> {
    find(&words.iter().map(String::as_str).collect::<Vec<_>>(), None)
}

fn text_of(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.is).collect()
}

/// Logical lines, as `config_parse` joins them: a comment inside a continued value is skipped, an empty line ends it.
fn entries(text: &str, index: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut section = String::new();
    let mut line: Vec<Glyph> = Vec::new();
    let mut at = 0;
    let mut finish = |line: &mut Vec<Glyph>| {
        let whole = std::mem::take(line);
        let logical = trim(&whole);
        let Some(first) = logical.first() else { return };
        if first.is == '[' {
            section = text_of(logical).trim_matches(['[', ']']).to_owned();
        } else if let Some(equals) = logical.iter().position(|glyph| glyph.is == '=') {
            let (key, value) = logical.split_at(equals);
            let key = text_of(trim(key));
            entries.push(Entry { section: section.clone(), key, value: trim(&value[1..]).to_vec() });
        }
    };
    for raw in text.split_inclusive('\n') {
        let from = at;
        at += raw.len();
        let raw = raw.trim_end_matches(['\n', '\r']).trim_start_matches('\u{feff}');
        if raw.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let continues = raw.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1;
        for (offset, is) in raw.char_indices() {
            let start = from + offset;
            let last = continues && offset + 1 == raw.len();
            line.push(Glyph { is: if last { ' ' } else { is }, text: index, start, end: start + is.len_utf8() });
        }
        if !continues {
            finish(&mut line);
        }
    }
    finish(&mut line);
    entries
}

fn trim(glyphs: &[Glyph]) -> &[Glyph] {
    let blank = |glyph: &Glyph| matches!(glyph.is, ' ' | '\t' | '\r' | '\n');
    let start = glyphs.iter().position(|glyph| !blank(glyph)).unwrap_or(glyphs.len());
    let end = glyphs.iter().rposition(|glyph| !blank(glyph)).map_or(start, |at| at + 1);
    &glyphs[start..end]
}

/// Splits as `extract_first_word` does: quotes anywhere in a word, and with `escapes` those of C.
fn tokens(value: &[Glyph], escapes: bool) -> Result<Vec<Token>, Unbalanced> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = value.get(at) {
        if matches!(first.is, ' ' | '\t' | '\r' | '\n') {
            at += 1;
            continue;
        }
        let begin = at;
        let mut glyphs = Vec::new();
        let mut quote = None;
        while let Some(glyph) = value.get(at) {
            match (glyph.is, quote) {
                (' ' | '\t' | '\r' | '\n', None) => break,
                ('"' | '\'', None) => quote = Some(glyph.is),
                (c, Some(open)) if c == open => quote = None,
                ('\\', _) => {
                    let (is, used) = escape(&value[at + 1..], escapes);
                    let end = value.get(at + used).map_or(glyph.end, |last| last.end);
                    match is {
                        Some(is) => glyphs.push(Glyph { is, end, ..*glyph }),
                        // An escape that nobody knows stays as it is.
                        None => glyphs.extend(value[at..].iter().take(used + 1)),
                    }
                    at += used;
                }
                _ => glyphs.push(*glyph),
            }
            at += 1;
        }
        // Without C escapes this is the value of a variable, which is read to its end whatever it holds (EXTRACT_RELAX).
        if quote.is_some() && escapes {
            return Err(Unbalanced);
        }
        let end = value.get(at - 1).map_or(first.end, |last| last.end);
        let whole = first.is == value[at - 1].is
            && matches!(first.is, '"' | '\'')
            && at - begin >= 2
            && value[begin + 1..at - 1].iter().all(|glyph| glyph.is != first.is);
        let quotes = usize::from(whole);
        tokens.push(Token { glyphs, text: first.text, start: first.start + quotes, end: end - quotes, after: end });
    }
    Ok(tokens)
}

/// The character behind a backslash and how many characters spell it (`cunescape_one` of src/basic/escape.c).
fn escape(rest: &[Glyph], c_escapes: bool) -> (Option<char>, usize) {
    let Some(first) = rest.first() else { return (None, 0) };
    if !c_escapes {
        return (Some(first.is), 1);
    }
    let number = |from: usize, length: usize, radix: u32| -> Option<char> {
        let digits = rest.get(from..from + length)?;
        let text: String = digits.iter().map(|glyph| glyph.is).collect();
        if !text.chars().all(|c| c.is_digit(radix)) {
            return None;
        }
        u32::from_str_radix(&text, radix).ok().and_then(char::from_u32).filter(|&c| c != '\0')
    };
    let simple = match first.is {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        's' => ' ',
        c @ ('\\' | '"' | '\'') => c,
        'x' => return number(1, 2, 16).map_or((None, 1), |c| (Some(c), 3)),
        'u' => return number(1, 4, 16).map_or((None, 1), |c| (Some(c), 5)),
        'U' => return number(1, 8, 16).map_or((None, 1), |c| (Some(c), 9)),
        '0'..='7' => return number(0, 3, 8).map_or((None, 1), |c| (Some(c), 3)),
        _ => return (None, 1),
    };
    (Some(simple), 1)
}

/// The assignments of an environment file (`parse_env_file_internal` of src/basic/env-file.c, since systemd 254 for
/// comments that end in a backslash).
fn environment_file(text: &str, index: usize) -> Vec<(String, Held)> {
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

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The name of the unit that a file is, by its own name: `kube-apiserver.service`.
fn file_name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The name of the unit that a file in a folder of drop-ins is for.
pub(super) fn drop_in_of(id: &str) -> Option<&str> {
    let folder = id.rsplit('/').nth(1)?;
    folder.strip_suffix(".d").filter(|name| name.ends_with(".service"))
}

/// Where drop-ins of a unit may lie: beside it, and below the root.
pub(super) fn drop_in_folders(source: &Source<'_>) -> Vec<String> {
    let id = source.evidence.as_str();
    let name = file_name(id);
    if !name.ends_with(".service") || !(declares(source) || super::k3s::is_unit(source)) {
        return Vec::new();
    }
    let mut folders: Vec<String> = match source.root {
        Some(root) => FOLDERS.iter().map(|folder| format!("{}{folder}/{name}.d", root.trim_end_matches('/'))).collect(),
        None => Vec::new(),
    };
    let beside = format!("{id}.d");
    if !folders.contains(&beside) {
        folders.push(beside);
    }
    folders
}

/// A text that the unit is made of.
struct Piece<'u> {
    id: EvidenceId,
    /// Where it stands in another text.
    inside: Option<&'u Inside<'u>>,
}

/// The unit and its drop-ins as one list of assignments.
struct Unit<'u> {
    texts: Vec<Piece<'u>>,
    entries: Vec<Entry>,
    unread: Option<Gap>,
}

fn unit<'u>(source: &'u Source<'u>, evidence: &[Evidence]) -> Unit<'u> {
    let mut unit = Unit {
        texts: vec![Piece { id: source.evidence.clone(), inside: source.inside.as_ref().and_then(Place::inside) }],
        entries: entries(source.text, 0),
        unread: None,
    };
    if let Some(Place::File(file, beside)) = &source.inside {
        unit.add_written(file_name(&file.path), beside);
        return unit;
    }
    // Of two drop-ins of one name the one in the earlier folder counts; then they are read in the order of their names.
    let mut seen: BTreeMap<&str, &Evidence> = BTreeMap::new();
    for folder in drop_in_folders(source) {
        for piece in evidence {
            let inside = piece.id.as_str().strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
            let Some(name) = inside else {
                if piece.id.as_str() == folder
                    && let Body::Unread(gap) = &piece.body
                {
                    unit.unread.get_or_insert_with(|| gap.clone());
                }
                continue;
            };
            if name.ends_with(".conf") && !name.contains('/') {
                seen.entry(name).or_insert(piece);
            }
        }
    }
    for piece in seen.into_values() {
        match &piece.body {
            Body::Text(text) => {
                let text = parsable(piece, text).into_owned();
                unit.entries.extend(entries(&text, unit.texts.len()));
                unit.texts.push(Piece { id: piece.id.clone(), inside: None });
            }
            Body::Unread(gap) => {
                unit.unread.get_or_insert_with(|| gap.clone());
            }
            Body::Missing | Body::Folder | Body::Present => {}
        }
    }
    unit
}

impl<'u> Unit<'u> {
    /// Drop-ins that are written to the machine beside the unit.
    fn add_written(&mut self, name: &str, beside: &'u [Written<'u>]) {
        let mut seen: BTreeMap<&str, (usize, &'u Written<'u>)> = BTreeMap::new();
        for file in beside {
            let mut parts = file.path.rsplit('/');
            let own = parts.next().filter(|own| own.ends_with(".conf"));
            let of_unit = parts.next().and_then(|folder| folder.strip_suffix(".d")) == Some(name);
            let rank = FOLDERS
                .iter()
                .position(|folder| file.path.strip_prefix(folder).is_some_and(|rest| rest.matches('/').count() == 2));
            let Some((own, rank)) = own.zip(rank).filter(|_| of_unit) else { continue };
            if seen.get(own).is_none_or(|(known, _)| rank <= *known) {
                seen.insert(own, (rank, file));
            }
        }
        for (_, file) in seen.into_values() {
            match &file.text {
                Ok(text) => {
                    self.entries.extend(entries(text, self.texts.len()));
                    self.add_text(file);
                }
                Err(_) => self.unread = self.unread.take().or_else(|| file.gap()),
            }
        }
    }

    fn add_text(&mut self, file: &'u Written<'u>) {
        let Some(first) = self.texts.first() else { return };
        self.texts.push(Piece { id: first.id.clone(), inside: file.inside.as_ref() });
    }

    fn service<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| is(entry, key))
    }

    /// What is left of a list once empty assignments have emptied it.
    fn list<'a>(&'a self, key: &'a str) -> Vec<&'a Entry> {
        let mut list = Vec::new();
        for entry in self.service(key) {
            if entry.value.is_empty() { list.clear() } else { list.push(entry) }
        }
        list
    }
}

/// Environment files of a unit, by their paths on the host.
pub(super) fn environment_files(source: &Source<'_>, evidence: &[Evidence]) -> Vec<String> {
    if !declares(source) {
        return Vec::new();
    }
    let unit = unit(source, evidence);
    let paths = unit.list("EnvironmentFile").into_iter().map(|entry| text_of(&entry.value));
    paths.map(|path| path.trim_start_matches('-').to_owned()).filter(|path| is_plain_path(path)).collect()
}

/// Globs and specifiers name files that only the node knows.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/') && !path.contains(['*', '?', '[', '%', '{', '$'])
}

/// The value of a variable.
struct Held {
    glyphs: Vec<Glyph>,
    /// The text, and the byte of it, at which an empty value would get its first word.
    home: Option<(usize, usize)>,
}

/// The variables of the process.
struct Environment {
    values: BTreeMap<String, Result<Held, Gap>>,
    /// A name that is not there may still be set.
    open: Option<Gap>,
    /// An environment file was read, so that a name in none of them is empty.
    closed: bool,
}

fn environment<'u>(
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

fn unread_file(path: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("the environment file `{path}` was not read"),
        wanted: path.to_owned(),
        who_could_answer: "give the node's root with --root".to_owned(),
    }
}

/// `%%` is a percent sign; every other specifier is known to the manager alone.
fn specifiers(glyphs: &[Glyph]) -> Result<Vec<Glyph>, Gap> {
    let mut plain = Vec::with_capacity(glyphs.len());
    let mut at = 0;
    while let Some(glyph) = glyphs.get(at) {
        plain.push(*glyph);
        if glyph.is == '%' {
            match glyphs.get(at + 1).map(|next| next.is) {
                Some('%') => at += 1,
                Some(c) if c.is_ascii_alphabetic() => return Err(unknown(&format!("%{c}"))),
                _ => {}
            }
        }
        at += 1;
    }
    Ok(plain)
}

fn unknown(name: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: format!("`{name}` is known only when the unit starts"),
        wanted: format!("the value of `{name}`"),
        who_could_answer: "the running process: its arguments on the node".to_owned(),
    }
}

impl Environment {
    /// What a variable is worth; `None` where nothing sets it.
    fn get(&self, name: &str, written: &str) -> Result<Option<&[Glyph]>, Gap> {
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
    fn home(&self, name: &str) -> Option<(usize, usize, usize)> {
        let held = self.values.get(name)?.as_ref().ok()?;
        match (held.glyphs.first(), held.glyphs.last()) {
            (Some(first), Some(last)) => (first.text == last.text).then_some((first.text, first.start, last.end)),
            _ => held.home.map(|(text, at)| (text, at, at)),
        }
    }

    fn variables(&self) -> BTreeMap<String, Variable> {
        let value = |value: &Result<Held, Gap>| match value {
            Ok(value) => Variable::Known(text_of(&value.glyphs)),
            Err(_) => Variable::Unknown,
        };
        self.values.iter().map(|(name, glyphs)| (name.clone(), value(glyphs))).collect()
    }
}

fn place(texts: &[Piece<'_>], source: &Source<'_>, glyphs: &[Glyph]) -> Location {
    match (glyphs.first(), glyphs.last()) {
        (Some(first), Some(last)) => at(texts, source, first.text, first.start, last.end),
        _ => Location::whole(source.evidence.clone(), source.plane),
    }
}

fn at(texts: &[Piece<'_>], source: &Source<'_>, text: usize, start: usize, end: usize) -> Location {
    let piece = texts.get(text);
    let evidence = piece.map_or_else(|| source.evidence.clone(), |piece| piece.id.clone());
    let span = u32::try_from(start).ok().zip(u32::try_from(end).ok()).map(|(start, end)| Span::new(start, end));
    if let Some((inside, span)) = piece.and_then(|piece| piece.inside).zip(span) {
        return inside.location(yaml::Span { start: span.start, end: span.end });
    }
    Location { evidence, plane: source.plane, span, pointer: String::new() }
}

/// A word once variables are in it.
struct Expanded {
    glyphs: Vec<Glyph>,
    at: Location,
    gap: Option<Gap>,
}

/// Replaces variables as `replace_env_argv` does: `$NAME` as a whole word splits, `${NAME}` anywhere does not, `$$` is a
/// dollar sign, and `$NAME` inside a word stays.
fn expand(
    tokens: &[Token],
    environment: &Environment,
    texts: &[Piece<'_>],
    source: &Source<'_>,
    open: &mut Option<Gap>,
) -> Vec<Expanded> {
    let mut words = Vec::new();
    for token in tokens {
        let here = at(texts, source, token.text, token.start, token.end);
        let (glyphs, mut gap) = match specifiers(&token.glyphs) {
            Ok(glyphs) => (glyphs, None),
            Err(gap) => (token.glyphs.clone(), Some(gap)),
        };
        let text = text_of(&glyphs);
        if let Some(name) = text.strip_prefix('$').filter(|name| is_name(name)) {
            match environment.get(name, &text) {
                Ok(value) => {
                    // A value is split with quotes and without the escapes of C, and taken as far as it goes.
                    for word in tokens_of_value(value.unwrap_or_default()) {
                        let at = at(texts, source, word.text, word.start, word.end);
                        words.push(Expanded { glyphs: word.glyphs, at, gap: None });
                    }
                }
                Err(gap) => {
                    // It may be any number of words; what stands before it may be written again.
                    open.get_or_insert_with(|| gap.clone());
                    words.push(Expanded { glyphs, at: here, gap: Some(gap) });
                }
            }
            continue;
        }
        let mut expanded = Vec::with_capacity(glyphs.len());
        let mut index = 0;
        while let Some(glyph) = glyphs.get(index) {
            let next = glyphs.get(index + 1).map(|next| next.is);
            match (glyph.is, next) {
                ('$', Some('$')) => {
                    expanded.push(*glyph);
                    index += 1;
                }
                ('$', Some('{')) => match glyphs[index..].iter().position(|glyph| glyph.is == '}') {
                    Some(length) => {
                        let name = text_of(&glyphs[index + 2..index + length]);
                        let written = &glyphs[index..=index + length];
                        match environment.get(&name, &text_of(written)) {
                            Ok(value) => expanded.extend(value.unwrap_or_default()),
                            Err(why) => {
                                gap.get_or_insert(why);
                                expanded.extend(written);
                            }
                        }
                        index += length;
                    }
                    None => expanded.push(*glyph),
                },
                _ => expanded.push(*glyph),
            }
            index += 1;
        }
        words.push(Expanded { glyphs: expanded, at: here, gap });
    }
    words
}

fn tokens_of_value(value: &[Glyph]) -> Vec<Token> {
    tokens(value, false).unwrap_or_default()
}

/// Every API server that a unit declares.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    // A drop-in is read with its unit, where that is at hand.
    let id = source.evidence.as_str();
    if let Some(name) = drop_in_of(id)
        && evidence.iter().any(|piece| piece.kind == model::Kind::Workload && file_name(piece.id.as_str()) == name)
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
        found.extend(invocation(entry, &unit, &environment, source, &mut problems));
    }
    found.iter_mut().for_each(|invocation: &mut Invocation| invocation.problems.extend(problems.iter().cloned()));
    found
}

/// A command of a unit that starts a program which runs the API server itself: k3s, RKE2.
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
    Some(Started { program, words, variables, unread, open, problems })
}

/// Environment files of such a unit, by their paths on the host.
pub(super) fn files_of_started(source: &Source<'_>, evidence: &[Evidence]) -> Vec<String> {
    let unit = unit(source, evidence);
    let paths = unit.list("EnvironmentFile").into_iter().map(|entry| text_of(&entry.value));
    paths.map(|path| path.trim_start_matches('-').to_owned()).filter(|path| is_plain_path(path)).collect()
}

fn invocation(
    entry: &Entry,
    unit: &Unit<'_>,
    environment: &Environment,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Invocation> {
    let Ok(mut tokens) = tokens(&entry.value, true) else {
        if text_of(&entry.value).contains("apiserver") {
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
        container = Some(Container::of(before, environment, &unit.texts, source));
    }
    let container = container.unwrap_or_default();
    let mut list = Site { at: place(&unit.texts, source, &entry.value), form: Form::Script };
    match start(&words)? {
        Start::Direct(after) => {
            let literal = text_of(&tokens.first()?.glyphs);
            let program = literal.trim_start_matches(PREFIXES);
            let arguments = tokens.get(after + skipped..).unwrap_or_default();
            let as_written = literal[..literal.len() - program.len()].contains(':');
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
            if !starts_apiserver(&script) {
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
            let variables = if container.is_one { container.variables } else { environment.variables() };
            let commands = shell::commands(&script, &variables);
            let (command, after) =
                commands.iter().find_map(|command| script_start(command).map(|after| (command, after)))?;
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
    let path = match &source.inside {
        Some(Place::File(file, _)) => file.path.as_str(),
        _ => source.evidence.as_str(),
    };
    let name = file_name(path);
    Some(Invocation {
        component: "kube-apiserver",
        instance: drop_in_of(path).unwrap_or(name).trim_end_matches(".service").to_owned(),
        declared_in: source.evidence.clone(),
        plane: source.plane,
        words: found,
        open_ended,
        list: Some(list),
        version: container.version,
        releases: None,
        mounts: container.mounts,
        carried: Vec::new(),
        contained: container.is_one,
        distribution: None,
        problems: Vec::new(),
    })
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

/// What a container runtime that the unit calls puts around the component.
#[derive(Default)]
struct Container {
    is_one: bool,
    mounts: Vec<Mount>,
    variables: BTreeMap<String, Variable>,
    version: Option<(Version, Location)>,
}

impl Container {
    /// The words from the runtime to the image, as systemd hands them over.
    fn of(before: &[Token], environment: &Environment, texts: &[Piece<'_>], source: &Source<'_>) -> Self {
        // A variable that nobody can read holds more options, which is no reason to doubt the component's own words.
        let words = expand(before, environment, texts, source, &mut None);
        let texts: Vec<String> = words.iter().map(|word| text_of(&word.glyphs)).collect();
        let run = runtime::run(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let Some(Run { image, mounts, variables, .. }) = run else {
            return Self { is_one: true, ..Self::default() };
        };
        let image = words.get(image).zip(texts.get(image)).filter(|(word, _)| word.gap.is_none());
        let version = image.and_then(|(word, text)| Some((image_version(text)?, word.at.clone())));
        let known = environment.variables();
        let value = |name: &str, value: Option<String>| match value {
            Some(value) => Variable::Known(value),
            None => known.get(name).cloned().unwrap_or(Variable::Unknown),
        };
        let variables = variables
            .into_iter()
            .map(|(name, given)| {
                let value = value(&name, given);
                (name, value)
            })
            .collect();
        Self { is_one: true, mounts, variables, version }
    }
}

#[cfg(test)]
mod tests {
    use model::{Kind, Plane};

    use super::*;

    fn evidence(id: &str, kind: Kind, text: &str) -> Evidence {
        let body = Body::Text(text.into());
        Evidence { id: EvidenceId::new(id), plane: Plane::Declared, kind, body, secrets: Vec::new(), digest: None }
    }

    fn read(unit: &str, others: &[(&str, &str)]) -> (Invocation, Vec<Evidence>) {
        let mut pieces = vec![evidence("n/etc/systemd/system/kube-apiserver.service", Kind::Workload, unit)];
        pieces.extend(others.iter().map(|(path, text)| evidence(path, Kind::ConfigFile, text)));
        let mut found = crate::declare::invocations(&pieces, Some("n")).invocations;
        assert_eq!(found.len(), 1, "{unit}");
        (found.remove(0), pieces)
    }

    fn words(unit: &str, others: &[(&str, &str)]) -> Vec<String> {
        read(unit, others).0.words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn a_command_is_split_as_systemd_splits_it() {
        for (line, expected) in [
            ("kube-apiserver --a=1 --b", &["--a=1", "--b"][..]),
            ("-@/usr/bin/kube-apiserver apiserver --a", &["--a"]),
            ("!!/hyperkube apiserver --a", &["--a"]),
            ("kube-apiserver --a='b c' \"--d e\" --f=\\x2dg", &["--a=b c", "--d e", "--f=-g"]),
            ("kube-apiserver \\\n# no\n  ; nor this\n --a \\\n --b\n", &["--a", "--b"]),
            ("kube-apiserver --a \\\n\n--b=1\n", &["--a"]),
            ("kube-apiserver --a=%%x --b=$$y", &["--a=%x", "--b=$y"]),
            ("/bin/sh -c 'exec kube-apiserver --a --b=1 2>&1'", &["--a", "--b=1"]),
            ("kube-apiserver --a \\", &["--a"]),
        ] {
            assert_eq!(words(&format!("[Service]\nExecStart={line}"), &[]), expected, "{line}");
        }
    }

    #[test]
    fn flags_of_an_environment_file_stand_in_it() {
        let unit = "[Service]\nEnvironment=L=1 \"A=--z\"\nEnvironmentFile=-/etc/k/env\n\
                    ExecStart=kube-apiserver $A $NONE --v=${L}\n";
        let (found, pieces) = read(unit, &[("n/etc/k/env", "# A=--no\nA=\"--a=1 --b=2\"\nexport L=7\n")]);
        assert!(found.open_ended.is_none());
        let seen: Vec<_> = found
            .words
            .iter()
            .map(|word| {
                let at = &word.site.at;
                let piece = pieces.iter().find(|piece| piece.id == at.evidence).expect("evidence");
                let text = &piece.text().expect("text")[at.span.expect("a span").range()];
                (word.text.as_str(), at.evidence.as_str().rsplit('/').next().expect("a name"), text)
            })
            .collect();
        let unit = "kube-apiserver.service";
        let expected = [("--a=1", "env", "--a=1"), ("--b=2", "env", "--b=2"), ("--v=1", unit, "--v=${L}")];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_was_not_read_is_not_guessed() {
        let unit = "[Service]\nEnvironment=A=--a\nEnvironmentFile=/etc/k/env\nExecStart=kube-apiserver $A --v=${L}\n";
        let (found, _) = read(unit, &[]);
        assert!(found.open_ended.is_some());
        assert!(found.words.iter().all(|word| word.unresolved.is_some()));
        let (found, _) = read("[Service]\nExecStart=kube-apiserver $A --v=${L}\n", &[]);
        assert!(found.open_ended.is_some() && found.words[0].unresolved.is_some());
        // What may be any number of words keeps its place among the others.
        let (found, _) = read("[Service]\nEnvironmentFile=/etc/k/env\nExecStart=kube-apiserver --a=1 $B --c=1\n", &[]);
        assert_eq!(found.words.iter().map(|word| word.unresolved.is_some()).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn drop_ins_add_and_reset() {
        let unit = "[Service]\nExecStart=kube-apiserver --a\n";
        let near = "n/etc/systemd/system/kube-apiserver.service.d/10.conf";
        let far = "n/usr/lib/systemd/system/kube-apiserver.service.d/10.conf";
        let reset = "[Service]\nExecStart=\nExecStart=kube-apiserver --b\n";
        assert_eq!(words(unit, &[(far, reset)]), ["--b"]);
        assert_eq!(words(unit, &[(far, reset), (near, "[Service]\nType=exec\n")]), ["--a"]);
        let pieces = [
            evidence("n/etc/systemd/system/kube-apiserver.service", Kind::Workload, unit),
            evidence(near, Kind::ConfigFile, "[Service]\nExecStart=kube-apiserver --b\n"),
        ];
        let found = crate::declare::invocations(&pieces, Some("n"));
        assert!(found.invocations.iter().all(|one| one.problems.iter().any(|problem| problem.stops)));
    }

    #[test]
    fn a_container_runtime_is_looked_through() {
        let line = "docker run --rm -e L=7 -v ${D}/ssl:/ssl:ro -v own:/var registry/hyperkube:v1.9.3 ";
        let unit = |rest: &str| format!("[Service]\nEnvironment=D=/srv A=--z\nExecStart=/usr/bin/{line}{rest}\n");
        let (found, _) = read(&unit("/hyperkube apiserver $A --v=2"), &[]);
        let texts: Vec<_> = found.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["--z", "--v=2"]);
        assert!(found.contained && found.open_ended.is_none());
        assert_eq!(found.version.expect("a release").0.to_string(), "1.9.3");
        let mount = |container: &str, host: Option<&str>, read_only| Mount {
            container: container.to_owned(),
            host: host.map(str::to_owned),
            read_only,
        };
        assert_eq!(found.mounts, [mount("/ssl", Some("/srv/ssl"), true), mount("/var", None, false)]);
        let script = unit("sh -c 'exec kube-apiserver --v=$$L --w=$$A'");
        let (found, _) = read(&script, &[]);
        assert_eq!(found.words[0].text, "--v=7");
        assert!(found.words[1].unresolved.is_some(), "the unit's own variables are not those of the container");
    }
}
