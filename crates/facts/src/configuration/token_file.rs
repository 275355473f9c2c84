//! The file of `--token-auth-file`: a token, a name, an identifier and perhaps groups on each line.
//!
//! Of a line its shape, its user and its groups are read, for tokens are cut out of evidence (apiserver
//! pkg/authentication/token/tokenfile/tokenfile.go, NewCSV). Start at [`read`].

use model::{Evidence, Location, Problem, ProblemKind, Release, Span};

use super::decode::{Placed, Read};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    /// One for each line that says something, without the tokens.
    pub users: Vec<TokenUser>,
}

/// Whoever shows one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUser {
    pub name: Placed<String>,
    /// As they stand between commas, with the blanks that may be around them.
    pub groups: Vec<String>,
}

/// Reads the file, which every release does alike.
pub fn read(evidence: &Evidence, version: &Release) -> Read<TokenFile> {
    let mut read = Read {
        value: None,
        problems: Vec::new(),
        taken_by: version.minors().collect(),
        by_release: Vec::new(),
        names: Vec::new(),
    };
    let Some(text) = evidence.text() else { return read };
    let place = |start: usize, end: usize| {
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Some(Span::new(bound(start), bound(end)));
        Location { evidence: evidence.id.clone(), plane: evidence.plane, span, pointer: String::new() }
    };
    let mut users = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let rest = text.get(at..).unwrap_or_default();
        let (record, length) = record(rest);
        at += length;
        let end = start + rest[..length].trim_end_matches(['\r', '\n']).len();
        if start == end {
            continue;
        }
        let refused = match record {
            None => Some("a quote is not closed, or stands inside a word".to_owned()),
            Some(fields) if fields.len() < 3 => {
                Some(format!("{} columns, and the server wants a token, a name and an identifier", fields.len()))
            }
            Some(mut fields) => {
                let groups = fields.get(3).map(|groups| groups.split(',').map(str::to_owned).collect());
                let name = Placed { value: fields.swap_remove(1), at: place(start, end) };
                let user = TokenUser { name, groups: groups.unwrap_or_default() };
                if fields.first().is_some_and(String::is_empty) {
                    let message = "the token is empty, so the line is passed over";
                    read.problems.push(problem(false, message.to_owned(), place(start, end)));
                } else {
                    users.push(user);
                }
                None
            }
        };
        if let Some(message) = refused {
            // The server stops at the first such line.
            read.problems.push(problem(true, message, place(start, end)));
            read.taken_by.clear();
            break;
        }
    }
    let tokens = TokenFile { users };
    if !read.taken_by.is_empty() {
        read.by_release.push((read.taken_by.clone(), tokens.clone()));
    }
    read.value = Some(tokens);
    read
}

fn problem(stops: bool, message: String, at: Location) -> Problem {
    Problem { kind: ProblemKind::Refused, stops, message, hint: None, location: Some(at), setting: None }
}

/// The first record as Go's encoding/csv reads it, and its length with its line break.
fn record(text: &str) -> (Option<Vec<String>>, usize) {
    let line_length = |from: usize| text[from..].find('\n').map_or(text.len(), |end| from + end + 1);
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let mut field = String::new();
        if let Some(quoted) = text[at..].strip_prefix('"') {
            let mut rest = quoted;
            loop {
                let Some(end) = rest.find('"') else { return (None, text.len()) };
                field.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                match rest.strip_prefix('"') {
                    Some(after) => {
                        field.push('"');
                        rest = after;
                    }
                    None => break,
                }
            }
            at = text.len() - rest.len();
        } else {
            let end = text[at..].find([',', '\n']).map_or(text.len(), |end| at + end);
            let plain = text[at..end].trim_end_matches('\r');
            if plain.contains('"') {
                return (None, line_length(at));
            }
            field.push_str(plain);
            at = end;
        }
        fields.push(field);
        match &text.as_bytes()[at..] {
            [b',', ..] => at += 1,
            [b'\r', b'\n', ..] => return (Some(fields), at + 2),
            [b'\n', ..] => return (Some(fields), at + 1),
            [] => return (Some(fields), at),
            _ => return (None, line_length(at)),
        }
    }
}
