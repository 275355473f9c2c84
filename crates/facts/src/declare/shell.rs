//! The commands of a small shell script, as far as they can be read without running it.
//!
//! Manifests of many eras start their component through `sh -c`. This reads words, quotes, comments, redirections, simple
//! assignments and variables. It knows no control flow and runs nothing: what depends on either is said to be unknown.

use std::{collections::BTreeMap, ops::Range};

/// One simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<ShellWord>,
    /// Variables that are set in front of it, for it alone; for whatever follows where there is no word behind them.
    pub(super) assigned: Vec<(String, ShellWord)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShellWord {
    /// The word after expansion; an unknown part stands as it was written.
    pub(super) text: String,
    /// Bytes of the script.
    pub(super) range: Range<usize>,
    /// What could not be expanded: `$EXTRA`, `` `hostname` ``.
    pub(super) unknown: Option<String>,
    /// The unknown part was not quoted, so it may be any number of words, none included.
    pub(super) splits: bool,
}

/// What a variable is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Known(String),
    Unknown,
}

/// Bytes that variables may add to one script: a kernel takes no longer command lines (`ARG_MAX`), and one that holds another
/// twice, and so on, grows beyond every machine.
const MOST_ADDED: usize = 2 << 20;

/// Words that may stand before a command without being one.
const PREFIXES: [&str; 12] = ["exec", "then", "do", "else", "elif", "{", "(", "!", "command", "if", "while", "until"];

/// Splits a script into its simple commands.
///
/// `environment` holds the variables that the container sets. Assignments in the script are followed while their value is
/// literal. A name that nobody sets may still come from the image, so it is unknown rather than empty.
pub(super) fn commands(script: &str, environment: &BTreeMap<String, Variable>) -> Vec<Command> {
    let mut commands = statements(script, environment);
    commands.retain(|command| !command.words.is_empty());
    commands
}

/// The same, with those that do nothing but set variables.
pub(super) fn statements(script: &str, environment: &BTreeMap<String, Variable>) -> Vec<Command> {
    Reader {
        script,
        at: 0,
        variables: environment.clone(),
        commands: Vec::new(),
        command: Command::default(),
        added: 0,
    }
    .run()
}

struct Reader<'a> {
    script: &'a str,
    at: usize,
    variables: BTreeMap<String, Variable>,
    commands: Vec<Command>,
    command: Command,
    /// Bytes that variables have added so far.
    added: usize,
}

impl Reader<'_> {
    fn run(mut self) -> Vec<Command> {
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' => self.bump(),
                '\\' if self.rest().starts_with("\\\n") || self.rest().starts_with("\\\r\n") => {
                    self.bump();
                    while matches!(self.peek(), Some('\r' | '\n')) {
                        self.bump();
                    }
                }
                '\n' | ';' | '|' => {
                    self.bump();
                    self.end_command();
                }
                '&' => self.ampersand(),
                '(' | ')' => {
                    self.bump();
                    self.end_command();
                }
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                '<' | '>' => self.redirection(),
                _ => self.word(),
            }
        }
        self.end_command();
        self.commands
    }

    fn rest(&self) -> &str {
        &self.script[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn ampersand(&mut self) {
        self.bump();
        // `&>file` redirects; a lone or doubled ampersand ends the command.
        if self.peek() == Some('>') {
            self.redirection();
        } else {
            self.end_command();
        }
    }

    /// Skips `>file`, `>>file`, `2>&1`, `<<EOF`: none of it reaches the command.
    fn redirection(&mut self) {
        while matches!(self.peek(), Some('<' | '>' | '&' | '-')) {
            self.bump();
        }
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.bump();
        }
        if self.peek().is_some_and(|c| !matches!(c, '\n' | ';' | '|')) {
            let before = self.command.words.len();
            self.word();
            self.command.words.truncate(before);
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut text = String::new();
        let mut unknown = None;
        let mut splits = false;
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '(' | ')' => break,
                '<' | '>' => {
                    // `2>&1`: digits before a redirection belong to it, which comes next.
                    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
                        return;
                    }
                    break;
                }
                '&' => break,
                '\'' => {
                    self.bump();
                    while let Some(c) = self.peek() {
                        self.bump();
                        if c == '\'' {
                            break;
                        }
                        text.push(c);
                    }
                }
                '"' => {
                    self.bump();
                    while let Some(c) = self.peek() {
                        match c {
                            '"' => {
                                self.bump();
                                break;
                            }
                            '\\' => {
                                self.bump();
                                match self.peek() {
                                    Some('\n') => self.bump(),
                                    Some(c @ ('"' | '\\' | '$' | '`')) => {
                                        text.push(c);
                                        self.bump();
                                    }
                                    _ => text.push('\\'),
                                }
                            }
                            '$' | '`' => self.expand(&mut text, &mut unknown, &mut false),
                            c => {
                                text.push(c);
                                self.bump();
                            }
                        }
                    }
                }
                '\\' => {
                    self.bump();
                    match self.peek() {
                        Some('\n') => self.bump(),
                        Some('\r') => {
                            self.bump();
                            if self.peek() == Some('\n') {
                                self.bump();
                            }
                        }
                        Some(c) => {
                            text.push(c);
                            self.bump();
                        }
                        None => {}
                    }
                }
                '$' | '`' => self.expand(&mut text, &mut unknown, &mut splits),
                c => {
                    text.push(c);
                    self.bump();
                }
            }
        }
        if self.command.words.is_empty() && PREFIXES.contains(&text.as_str()) {
            return;
        }
        if self.command.words.is_empty()
            && let Some((name, value)) = text.split_once('=')
            && is_name(name)
        {
            let held = if unknown.is_some() { Variable::Unknown } else { Variable::Known(value.to_owned()) };
            self.variables.insert(name.to_owned(), held);
            let word = ShellWord { text: value.to_owned(), range: start..self.at, unknown, splits };
            self.command.assigned.push((name.to_owned(), word));
            return;
        }
        self.command.words.push(ShellWord { text, range: start..self.at, unknown, splits });
    }

    /// Reads `$NAME`, `${NAME}`, `$(…)` or `` `…` `` and appends what it is worth.
    fn expand(&mut self, text: &mut String, unknown: &mut Option<String>, splits: &mut bool) {
        let start = self.at;
        let opener = self.peek();
        self.bump();
        let name = match (opener, self.peek()) {
            (Some('`'), _) => {
                while let Some(c) = self.peek() {
                    self.bump();
                    if c == '`' {
                        break;
                    }
                }
                None
            }
            (_, Some('(')) => {
                self.skip_balanced('(', ')');
                None
            }
            (_, Some('{')) => {
                self.skip_balanced('{', '}');
                let inner =
                    &self.script[(start + 2).min(self.at)..self.at.saturating_sub(1).max((start + 2).min(self.at))];
                is_name(inner).then(|| inner.to_owned())
            }
            (_, Some(c)) if c.is_ascii_alphabetic() || c == '_' => {
                let from = self.at;
                while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                    self.bump();
                }
                Some(self.script[from..self.at].to_owned())
            }
            (_, Some(c)) if c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '$' | '!') => {
                self.bump();
                None
            }
            _ => {
                text.push('$');
                return;
            }
        };
        match name.and_then(|name| self.variables.get(&name)) {
            Some(Variable::Known(value)) if self.added + value.len() <= MOST_ADDED => {
                self.added += value.len();
                text.push_str(value);
            }
            Some(_) | None => {
                let written = &self.script[start..self.at];
                text.push_str(written);
                unknown.get_or_insert_with(|| written.to_owned());
                *splits = true;
            }
        }
    }

    fn skip_balanced(&mut self, open: char, close: char) {
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            self.bump();
            if c == open {
                depth += 1;
            } else if c == close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
    }

    fn end_command(&mut self) {
        if self.command != Command::default() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<Vec<String>> {
        let environment = BTreeMap::from([("A".to_owned(), Variable::Known("x y".to_owned()))]);
        commands(script, &environment)
            .into_iter()
            .map(|command| command.words.into_iter().map(|word| word.text).collect())
            .collect()
    }

    #[test]
    fn a_script_that_was_made_to_nest_takes_no_stack() {
        assert_eq!(words(&format!("a {}", "1>".repeat(100_000))), [["a"]]);
    }

    #[test]
    fn commands_split_as_a_shell_splits_them() {
        let check = |script: &str, expected: &[&[&str]]| assert_eq!(words(script), expected, "{script}");
        check("exec a --b=c", &[&["a", "--b=c"]]);
        check("a --b='c d' \"e\\\"f\" g\\ h", &[&["a", "--b=c d", "e\"f", "g h"]]);
        check("a 1>>log 2>&1 | tee -a x; echo --b", &[&["a"], &["tee", "-a", "x"], &["echo", "--b"]]);
        check("a \\\n  --b # --c\n--d", &[&["a", "--b"], &["--d"]]);
        check("a && b || c & d", &[&["a"], &["b"], &["c"], &["d"]]);
        check("B=1; a --b=$B --c=${A}", &[&["a", "--b=1", "--c=x y"]]);
        check("if [ -f x ]; then a; fi", &[&["[", "-f", "x", "]"], &["a"], &["fi"]]);
        check("a#b #c", &[&["a#b"]]);
        check("a <<EOF", &[&["a"]]);
        check("a '", &[&["a", ""]]);
        check("a ${", &[&["a", "${"]]);
    }

    #[test]
    fn a_variable_that_grows_is_not_followed_for_ever() {
        let script = format!("A=xxxxxxxx\n{}\na --b=$A", "A=$A$A\n".repeat(64));
        let commands = commands(&script, &BTreeMap::new());
        let word = &commands.last().expect("a command").words[1];
        assert!(word.unknown.is_some() && word.text.len() < MOST_ADDED, "{}", word.text.len());
    }

    #[test]
    fn what_is_unknown_says_so() {
        let command = &commands("a --b=\"$NODE\" $EXTRA --c=$(hostname)", &BTreeMap::new())[0];
        let seen: Vec<_> = command.words.iter().map(|word| (word.unknown.as_deref(), word.splits)).collect();
        assert_eq!(seen, [(None, false), (Some("$NODE"), false), (Some("$EXTRA"), true), (Some("$(hostname)"), true)]);
    }
}
