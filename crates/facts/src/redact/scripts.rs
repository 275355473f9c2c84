//! Secrets in scripts, which are no YAML: the files that they write are searched like any other, their variables by their names.

use model::Span;

use super::{
    first_column, push,
    trees::{SECRET_NAMES, is_table, mentions_a_key, of_trees},
};
use crate::declare;

/// The secrets of a script: in the documents that it writes, which are files of their own, in its variables, and in tables
/// that it echoes.
pub(super) fn spans(text: &str, spans: &mut Vec<Span>) {
    if !declare::has_documents(text) && !text.starts_with("#!") {
        return;
    }
    for body in declare::bodies(text) {
        let own = text.get(body.clone()).unwrap_or_default();
        let mut found = Vec::new();
        if mentions_a_key(own) {
            of_trees(&yaml::parse(own, &yaml::Limits::default()), own, &mut found);
        }
        if is_table(own) {
            first_column(own, &mut found);
        }
        let start = u32::try_from(body.start).unwrap_or(u32::MAX);
        spans.extend(found.iter().map(|span| Span::new(span.start + start, span.end + start)));
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // `echo "TOKEN,name,id" > tokens.csv`.
        if line.contains(".csv")
            && let Some(quote) = line.find(['"', '\''])
            && let Some(comma) = line[quote..].find(',')
        {
            push(start + quote + 1, start + quote + comma, spans);
        }
        // A variable in lower case; those in capitals are found in every text.
        let assigned = line.trim_start();
        let assigned = assigned.strip_prefix("export ").unwrap_or(assigned);
        let Some((name, value)) = assigned.split_once('=') else { continue };
        let is_name = name.contains(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name && SECRET_NAMES.iter().any(|part| name.to_ascii_lowercase().contains(part)) {
            let value = value.trim_end();
            let from = start + (line.trim_end().len() - value.len());
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let inner = value.trim_matches(['"', '\'']);
            if !inner.starts_with(['-', '/', '$', '`', '(']) {
                push(from + usize::from(quote.is_some()), from + usize::from(quote.is_some()) + inner.len(), spans);
            }
        }
    }
}
