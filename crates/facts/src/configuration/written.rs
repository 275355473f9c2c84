//! What the server's YAML reader refuses of a text that other readers take.
//!
//! It is go-yaml v2, a port of libyaml (sigs.k8s.io/yaml; scannerc.go and readerc.go), and the text becomes JSON behind it.
//! A tab where a line begins or a dash stands before it is no indentation, `%YAML` has to say 1.1, a document does not
//! begin with `...`, and what JSON cannot hold ends it.
//!
//! Start at [`fault`].

use yaml::{Node, Resolved, Span, Stream, Style, Value};

/// Why the first document of a text is refused, and where. The text was parsed into the stream without a fatal fault.
pub(super) fn fault(text: &str, stream: &Stream) -> Option<(Span, &'static str)> {
    /// The reader decodes as much at once.
    const CHUNK: usize = 512;
    let document = stream.documents.iter().find(|document| document.index == 0);
    let end = document.map_or(text.len(), |document| (document.span.end as usize).min(text.len()));
    let fault = start(text).or_else(|| control(text, end.next_multiple_of(CHUNK)));
    fault.or_else(|| {
        let mut pieces = Pieces::default();
        pieces.gather(&document?.root, text);
        let infinite =
            pieces.infinite.map(|span| (span, "the server makes JSON of the file, which has no such number"));
        infinite.or_else(|| pieces.tab(text.get(..end)?))
    })
}

/// What stands before the document.
fn start(text: &str) -> Option<(Span, &'static str)> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let plain = line.trim_end().trim_start_matches('\u{feff}');
        let span = Span::new(from, from + line.trim_end().len());
        from += line.len();
        if let Some(version) = plain.strip_prefix("%YAML") {
            if version.split('#').next().is_some_and(|version| version.trim() != "1.1") {
                return Some((span, "the server reads YAML 1.1 only"));
            }
        } else if plain == "..." || plain.starts_with("... ") {
            return Some((span, "a document cannot begin with its end"));
        } else if !(plain.is_empty() || plain.starts_with(['#', '%'])) {
            return None;
        }
    }
    None
}

/// Characters that YAML does not allow.
fn control(text: &str, end: usize) -> Option<(Span, &'static str)> {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
            || c >= '\u{10000}'
    };
    let (from, c) = text.char_indices().take_while(|(at, _)| *at < end).find(|(_, c)| !allowed(*c))?;
    Some((Span::new(from, from + c.len_utf8()), "the server takes no control characters"))
}

/// Where tabs are part of something.
#[derive(Default)]
struct Pieces {
    /// Quoted scalars and what stands in brackets and braces.
    closed: Vec<Span>,
    /// Plain scalars outside of them, in the order of the text, each with the first column that goes on with it.
    plain: Vec<(Span, usize)>,
    /// Scalars below `|` or `>`.
    blocks: Vec<Span>,
    infinite: Option<Span>,
}

impl Pieces {
    /// Walks over the nodes of the text; what an alias stands for is written elsewhere.
    fn gather(&mut self, root: &Node, text: &str) {
        let mut left = vec![(root, 0)];
        while let Some((node, column)) = left.pop() {
            let within = column_of(text, node.span.start as usize) + 1;
            match node.value() {
                _ if node.is_alias() => {}
                Value::Scalar(scalar) => {
                    if matches!(scalar.resolved(), Resolved::Float(number) if !number.is_finite()) {
                        self.infinite.get_or_insert(node.span);
                    }
                    match scalar.style() {
                        Style::Plain => self.plain.push((node.span, column)),
                        Style::Single | Style::Double => self.closed.push(node.span),
                        Style::Literal | Style::Folded => self.blocks.push(node.span),
                    }
                }
                Value::Sequence(sequence) => {
                    self.closed.extend(sequence.flow.then_some(node.span));
                    left.extend(sequence.items.iter().map(|item| (item, within)));
                }
                Value::Mapping(mapping) => {
                    self.closed.extend(mapping.flow.then_some(node.span));
                    let nodes = mapping.entries.iter().flat_map(|entry| [&entry.key, &entry.value]);
                    left.extend(nodes.map(|node| (node, within)));
                }
            }
        }
        self.plain.sort();
        self.closed.sort();
    }

    /// The first tab that the server takes for indentation.
    fn tab(&self, text: &str) -> Option<(Span, &'static str)> {
        let holds = |span: &Span, at: usize| (span.start as usize) < at && at < span.end as usize;
        let refused = |at: usize| {
            let column = column_of(text, at);
            let before = &text[at - column..at];
            let leads = before.bytes().all(|b| matches!(b, b' ' | b'\t'));
            let dashes = before.bytes().all(|b| matches!(b, b' ' | b'-' | b'?')) && before.ends_with(['-', ' ', '?']);
            if !(leads || dashes) || self.closed.iter().any(|span| holds(span, at)) {
                return false;
            }
            if let Some(block) = self.blocks.iter().find(|span| holds(span, at)) {
                let lines = block.slice(text).lines().skip(1);
                let indents = lines
                    .filter(|line| !line.trim().is_empty())
                    .map(|line| line.len() - line.trim_start_matches(' ').len());
                return indents.min().is_some_and(|indent| column < indent);
            }
            // A plain scalar goes on over lines, and only a tab further left is refused.
            let last = self.plain.partition_point(|(span, _)| (span.start as usize) < at).checked_sub(1);
            if let Some((span, from)) = last.and_then(|last| self.plain.get(last)) {
                let behind = text.get(span.end as usize..at);
                if behind.is_none_or(|behind| behind.trim().is_empty() && !span.is_empty()) {
                    return column < *from;
                }
            }
            true
        };
        let (at, _) = text.match_indices('\t').find(|(at, _)| refused(*at))?;
        Some((Span::new(at, at + 1), "a tab stands where only spaces indent"))
    }
}

/// How many bytes of its line stand before a place.
fn column_of(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |before| at - before.rfind('\n').map_or(0, |end| end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<&'static str> {
        fault(text, &yaml::parse(text, &yaml::Limits::default())).map(|(_, why)| why)
    }

    /// Recorded of kube-apiserver 1.36.2, which read the texts as configuration files.
    #[test]
    fn texts_are_refused_as_go_yaml_refuses_them() {
        for text in [
            "a: \"b\"\n\t\n",
            "a: b\n\t\n",
            "a:\n  - b\n \t\n",
            "\ta: b\n",
            "a:\n-\tb\n",
            "a: |\n  b\n\t\n",
            "a: [b]\n\t# why\n",
            "---\n\t\na: b\n",
            "...\n---\na: b\n",
            "%YAML 1.2\n---\na: b\n",
            "a: b\u{0}\n",
            "a: .nan\n",
            "a: [-.inf]\n",
        ] {
            assert!(refused(text).is_some(), "{text:?}");
        }
        for text in [
            "a:\tb\n",
            "a: b\t\n",
            "a: \"b\tc\n\td\"\n",
            "a: [b,\n\tc]\n",
            "a: b\n  \t\n",
            "a: b\n  \tc\n",
            "a: |\n  \tb\n",
            "a: b #\tc\n",
            "# \t\na: b\n...\n\t\n",
            "%YAML 1.1\n---\na: b\n",
            "\u{feff}a: '.nan'\n",
            "",
        ] {
            assert_eq!(refused(text), None, "{text:?}");
        }
    }
}
