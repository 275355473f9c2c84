//! Documents in scripts: `cat > PATH <<EOF`, `tee PATH <<'EOF'`, `kubectl apply -f - <<EOF`, and the lines up to the one of the
//! mark.
//!
//! Terraform and Ruby write texts in the same way, and a shell in them its own inside of theirs, so that a document may stand in
//! another. What is written in one stays a part of the text around: nothing is run, and which of them a script comes to is not
//! known here.

use std::ops::Range;

use super::command::base;

/// A document in a script.
pub(super) struct Document {
    /// Where its text goes, as the command says it; nothing where a program reads it.
    pub(super) path: Option<String>,
    /// From the command to the mark.
    pub(super) whole: Range<usize>,
    pub(super) body: Range<usize>,
    /// Whether the shell fills in variables, as it does where the mark is not quoted.
    pub(super) is_filled_in: bool,
    /// It is put behind what the file holds.
    pub(super) is_added: bool,
    /// Tabs before its lines do not count.
    pub(super) is_indented: bool,
    /// The document around it, by its index.
    pub(super) inside: Option<usize>,
}

/// More documents than a script writes.
const MOST_DOCUMENTS: usize = 64;

/// Documents in documents.
const DEEPEST: usize = 4;

/// A document whose mark has not come yet.
struct Open {
    document: Document,
    mark: String,
}

/// The documents of a script, each behind the one around it. In a text of another format the mark may be indented with all
/// of its lines.
pub(super) fn documents(script: &str, in_another: bool) -> Vec<Document> {
    let mut found: Vec<Option<Document>> = Vec::new();
    let mut open: Vec<(usize, Open)> = Vec::new();
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let plain = line.trim_end_matches(['\n', '\r']);
        let ends = |one: &Open| {
            let line = match () {
                () if in_another => plain.trim(),
                () if one.document.is_indented => plain.trim_start_matches('\t'),
                () => plain,
            };
            line == one.mark
        };
        if let Some(depth) = open.iter().rposition(|(_, one)| ends(one)) {
            // What was never closed before it was no document.
            open.truncate(depth + 1);
            if let Some((index, mut one)) = open.pop() {
                one.document.body.end = start;
                one.document.whole.end = at;
                if let Some(place) = found.get_mut(index) {
                    *place = Some(one.document);
                }
            }
            continue;
        }
        if found.len() >= MOST_DOCUMENTS || open.len() >= DEEPEST {
            continue;
        }
        if let Some((mut document, mark)) = opening(plain, start..at) {
            document.inside = open.last().map(|(index, _)| *index);
            open.push((found.len(), Open { document, mark }));
            found.push(None);
        }
    }
    // An index names a document that was closed, or nothing.
    let kept: Vec<Option<usize>> = found
        .iter()
        .scan(0, |next, one| {
            let index = *next;
            *next += usize::from(one.is_some());
            Some(one.is_some().then_some(index))
        })
        .collect();
    let closed = found.into_iter().flatten();
    closed
        .map(|document| Document {
            inside: document.inside.and_then(|index| kept.get(index).copied().flatten()),
            ..document
        })
        .collect()
}

/// The document that a line opens, and its mark.
fn opening(line: &str, whole: Range<usize>) -> Option<(Document, String)> {
    let (before, behind) = line.split_once("<<").filter(|(_, behind)| !behind.starts_with('<'))?;
    let is_indented = behind.starts_with(['-', '~']);
    let behind = behind.trim_start_matches(['-', '~']).trim_start();
    let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\'' | '\\'));
    let mark: String = behind
        .trim_start_matches(['"', '\'', '\\'])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    if mark.is_empty() || mark.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = behind.split_once(mark.as_str()).map_or("", |(_, rest)| rest);
    let around = format!("{before} {rest}");
    let unquoted = |word: &str| word.trim_matches(['"', '\'', ';', ')']).to_owned();
    let mut words = around.split_whitespace().skip_while(|word| base(word) != "tee");
    let path = match words.next() {
        Some(_) => words.find(|word| !word.starts_with(['-', '>', '|'])).map(unquoted),
        None => around.rsplit_once('>').and_then(|(_, path)| path.split_whitespace().next().map(unquoted)),
    };
    let is_added = around.contains(">>") || around.split_whitespace().any(|word| word == "-a");
    let document = Document {
        path: path.filter(|path| !path.is_empty() && path != "/dev/null"),
        body: whole.end..whole.end,
        whole,
        is_filled_in: quote.is_none(),
        is_added,
        is_indented,
        inside: None,
    };
    Some((document, mark))
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn a_document_goes_where_its_command_says() {
        let script = "cat > /a/b <<EOF\none\nEOF\ncat <<'EOF' | sudo tee -a \"/c\" >/dev/null\ntwo\nEOF\nkubectl apply -f - <<-X\n\tthree\n\tX\n\
                      echo $((1 << 2)) <<< y\ncat >>/d <<\\END\nfour\nEND\n";
        let seen: Vec<_> = documents(script, false)
            .into_iter()
            .map(|one| (one.path, script[one.body].to_owned(), one.is_filled_in, one.is_added))
            .collect();
        let path = |path: &str| Some(path.to_owned());
        assert_eq!(
            seen,
            [
                (path("/a/b"), "one\n".to_owned(), true, false),
                (path("/c"), "two\n".to_owned(), false, true),
                (None, "\tthree\n".to_owned(), true, false),
                (path("/d"), "four\n".to_owned(), false, true),
            ]
        );
    }

    #[test]
    fn a_document_in_another_is_one_of_its_own() {
        let script =
            "user_data = <<-EOF\n  #!/bin/sh\n  cat >/a <<X\n  one\n  X\n  cat >/b <<NEVER\n  EOF\ncat <<Y\ntwo\n";
        let found = documents(script, true);
        let seen: Vec<_> = found.iter().map(|one| (one.path.as_deref(), one.inside)).collect();
        assert_eq!(seen, [(None, None), (Some("/a"), Some(0))]);
        assert_eq!(&script[found[1].body.clone()], "  one\n");
        // Without the text around it such marks are none.
        assert!(documents(script, false).is_empty());
    }
}
