//! How texts of lines are joined and parted: as little of each grammar as it takes to know which words stand where.
//!
//! Words are parted at blanks, whatever quotes are around them, and stay as they are spelt: a word that reads differently
//! is spelt differently. Start at [`Grammar::of`] and [`statements`].

/// A format of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// systemd.syntax(7): sections of assignments; a backslash continues a line, and comments may stand in between.
    Unit,
    /// `EnvironmentFile=` of systemd.exec(5): assignments, which a backslash or an open quote continues.
    Variables,
    /// Flags, one or more a line.
    Arguments,
}

/// One line of sense, with the places of its words.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    /// First byte and end of each.
    pub(crate) pieces: Vec<(usize, usize)>,
}

impl Grammar {
    /// What a text of lines is; `None` for one that is not of lines.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let lines = || {
            let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
            lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        };
        let first = lines().next()?;
        let section = first.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if section.is_some_and(|name| !name.is_empty() && is_word(name)) && lines().any(|line| line.contains('=')) {
            return Some(Self::Unit);
        }
        let is_flag = |line: &str| {
            line.strip_prefix("--").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
        };
        if lines().all(is_flag) {
            return Some(Self::Arguments);
        }
        // Most texts are none, which the first line tells.
        if !first.split(['"', '\'']).next().unwrap_or_default().contains('=') {
            return None;
        }
        let (statements, _) = statements(Self::Variables, text);
        let assigns = |statement: &Statement| {
            let mut words = statement.pieces.iter().filter_map(|(start, end)| text.get(*start..*end));
            let first = words.next().filter(|word| *word != "export").or_else(|| words.next()).unwrap_or_default();
            first.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
        };
        statements.iter().all(assigns).then_some(Self::Variables)
    }
}

/// The statements of a text, and its comments.
pub(crate) fn statements(grammar: Grammar, text: &str) -> (Vec<Statement>, Vec<&str>) {
    let (mut found, mut comments) = (Vec::new(), Vec::new());
    let mut open: Option<Statement> = None;
    let mut quotes = Quotes::default();
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let start = at;
        at += raw.len();
        let line = raw.trim_end_matches(['\n', '\r']);
        let trimmed = line.trim_start_matches('\u{feff}').trim_start();
        let is_comment = match grammar {
            Grammar::Unit => trimmed.starts_with(['#', ';']),
            Grammar::Variables => open.is_none() && trimmed.starts_with(['#', ';']),
            Grammar::Arguments => trimmed.starts_with('#'),
        };
        if is_comment {
            comments.push(trimmed);
            continue;
        }
        let escaped = line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        let continues = match grammar {
            Grammar::Unit => escaped,
            Grammar::Variables => {
                if open.is_none() {
                    quotes = Quotes::default();
                }
                quotes.read(line);
                escaped || quotes.open.is_some()
            }
            Grammar::Arguments => false,
        };
        let content = if escaped && grammar != Grammar::Arguments { &line[..line.len() - 1] } else { line };
        let statement = open.get_or_insert_default();
        let mut from = None;
        for (offset, letter) in content.char_indices().chain([(content.len(), ' ')]) {
            match (letter, from) {
                (' ' | '\t' | '\r', Some(begin)) => {
                    statement.pieces.push((start + begin, start + offset));
                    from = None;
                }
                (' ' | '\t' | '\r' | '\u{feff}', None) => {}
                (_, None) => from = Some(offset),
                (_, Some(_)) => {}
            }
        }
        if !continues {
            found.extend(open.take().filter(|statement| !statement.pieces.is_empty()));
        }
    }
    found.extend(open.filter(|statement| !statement.pieces.is_empty()));
    (found, comments)
}

/// Whether a quoted value goes on behind a line break (`parse_env_file_internal` of systemd's src/basic/env-file.c).
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    /// The name and its equals sign were read.
    in_value: bool,
    /// Something that is no quote was read of the value, so that quotes stand for themselves.
    begun: bool,
}

impl Quotes {
    fn read(&mut self, line: &str) {
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match (letter, self.open) {
                ('=', None) if !self.in_value => self.in_value = true,
                _ if !self.in_value => {}
                ('\\', Some('"')) => _ = letters.next(),
                (_, Some(quote)) if letter == quote => self.open = None,
                (_, Some(_)) | (' ' | '\t', None) => {}
                ('"' | '\'', None) if !self.begun => self.open = Some(letter),
                ('\\', None) => {
                    self.begun = true;
                    letters.next();
                }
                (_, None) => self.begun = true,
            }
        }
    }
}
