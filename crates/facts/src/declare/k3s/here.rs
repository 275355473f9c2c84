//! Documents in the scripts of a machine: files that a script writes line by line, and whether it writes to one in any other way.

use std::ops::Range;

use super::settings::Here;
use crate::declare::{blank_but, command::base, embedded::Written};

/// Whether a line of a script writes to a file in a way that is not followed; that the install script is told to read it
/// changes nothing.
pub(super) fn changes(script: &str, path: &str) -> bool {
    const WRITERS: [&str; 8] = ["cp", "install", "ln", "mv", "rm", "sed", "tee", "yq"];
    let documents = documents(script);
    let mut at = 0;
    script.split_inclusive('\n').any(|line| {
        let start = at;
        at += line.len();
        let is_followed = documents.iter().any(|one| !one.is_added && one.whole.contains(&start));
        if is_followed || !line.contains(path) {
            return false;
        }
        let mut words = line.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')'));
        let is_behind = line.split('>').skip(1).any(|behind| behind.contains(path));
        is_behind || words.any(|word| WRITERS.contains(&base(word)))
    })
}

/// A document in a script: `cat > PATH <<EOF`, `tee PATH <<'EOF'`, and the lines up to the one of the mark.
struct Document {
    path: String,
    /// From the command to the mark.
    whole: Range<usize>,
    body: Range<usize>,
    is_filled_in: bool,
    /// It is put behind what the file holds.
    is_added: bool,
}

/// More documents than a script writes.
const MOST_DOCUMENTS: usize = 64;

fn documents(script: &str) -> Vec<Document> {
    let mut found = Vec::new();
    let mut open: Option<(Document, String, bool)> = None;
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let plain = line.trim_end_matches(['\n', '\r']);
        if let Some((mut document, mark, is_indented)) = open.take() {
            let ends = if is_indented { plain.trim_start_matches('\t') == mark } else { plain == mark };
            if ends {
                document.body.end = start;
                document.whole.end = at;
                found.push(document);
            } else {
                open = Some((document, mark, is_indented));
            }
            continue;
        }
        if found.len() < MOST_DOCUMENTS {
            open = opening(plain).map(|(path, mark, is_indented, is_filled_in, is_added)| {
                let document = Document { path, whole: start..at, body: at..at, is_filled_in, is_added };
                (document, mark, is_indented)
            });
        }
    }
    found
}

/// The file, the mark, whether it may stand behind tabs, whether variables are filled in, and whether it is added.
fn opening(line: &str) -> Option<(String, String, bool, bool, bool)> {
    let (before, behind) = line.split_once("<<").filter(|(_, behind)| !behind.starts_with('<'))?;
    let is_indented = behind.starts_with('-');
    let behind = behind.trim_start_matches('-').trim_start();
    let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\'' | '\\'));
    let mark: String = behind
        .trim_start_matches(['"', '\'', '\\'])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let rest = behind.split_once(mark.as_str()).map_or("", |(_, rest)| rest);
    let around = format!("{before} {rest}");
    let is_added = around.contains(">>");
    let unquoted = |word: &str| word.trim_matches(['"', '\'']).to_owned();
    let mut words = around.split_whitespace().skip_while(|word| base(word) != "tee");
    let path = match words.next() {
        Some(_) => words.find(|word| !word.starts_with('-')).map(unquoted),
        None => around.rsplit_once('>').and_then(|(_, path)| path.split_whitespace().next().map(unquoted)),
    };
    let is_added = is_added || around.split_whitespace().any(|word| word == "-a");
    let path = path.filter(|path| path.starts_with('/') && !mark.is_empty())?;
    Some((path, mark, is_indented, quote.is_none(), is_added))
}

/// The files that a script writes as documents.
pub(super) fn written_in<'f>(script: &str, file: Option<&'f Written<'f>>) -> Vec<Here<'f>> {
    let one = |document: Document| Here {
        path: document.path,
        text: blank_but(script, document.body),
        script: file,
        is_filled_in: document.is_filled_in,
    };
    let is_followed = |document: &Document| !document.is_added && document.path.starts_with("/etc/rancher/");
    documents(script).into_iter().filter(is_followed).map(one).collect()
}
