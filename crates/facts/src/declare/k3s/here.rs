//! Documents in the scripts of a machine: files that a script writes line by line, and whether it writes to one in any other way.

use super::settings::Here;
use crate::declare::{
    blank_but,
    command::base,
    documents::{Document, documents},
    embedded::Written,
};

/// Whether a line of a script writes to a file in a way that is not followed; that the install script is told to read it
/// changes nothing.
pub(super) fn changes(script: &str, path: &str) -> bool {
    const WRITERS: [&str; 8] = ["cp", "install", "ln", "mv", "rm", "sed", "tee", "yq"];
    let documents = documents(script, false);
    let mut at = 0;
    script.split_inclusive('\n').any(|line| {
        let start = at;
        at += line.len();
        let is_followed = documents.iter().any(|one| !one.is_added && one.path.is_some() && one.whole.contains(&start));
        if is_followed || !line.contains(path) {
            return false;
        }
        let mut words = line.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')'));
        let is_behind = line.split('>').skip(1).any(|behind| behind.contains(path));
        is_behind || words.any(|word| WRITERS.contains(&base(word)))
    })
}

/// The files that a script writes as documents.
pub(super) fn written_in<'f>(script: &str, file: Option<&'f Written<'f>>) -> Vec<Here<'f>> {
    let one = |document: Document| Here {
        path: document.path.unwrap_or_default(),
        text: blank_but(script, document.body),
        script: file,
        is_filled_in: document.is_filled_in,
    };
    let is_followed = |document: &Document| {
        !document.is_added && document.path.as_deref().is_some_and(|path| path.starts_with("/etc/rancher/"))
    };
    documents(script, false).into_iter().filter(is_followed).map(one).collect()
}
