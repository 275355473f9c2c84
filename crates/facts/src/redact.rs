//! Cuts secrets out of a text before anybody keeps it.
//!
//! Each byte of a secret becomes `*`, so that every place in the text stays true. What a rule needs of it is taken first:
//! where it stood, how many bytes it stands for, what kind of secret it is, and a number that equal secrets of one run
//! share. The number comes from a hash with a key that is made anew for every run and never leaves it.
//!
//! Start at [`Redactor::evidence`].

mod nature;
mod raw;
mod scripts;
#[cfg(test)]
mod tests;
mod trees;

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
};

use model::{Body, CutSecret, Digest, Evidence, EvidenceId, Kind, Plane, Span};
use yaml::Stream;

pub(crate) use self::nature::strength;
use self::{
    nature::{base64_length, nature, private_keys},
    raw::raw_spans,
    trees::{mentions_a_key, of_trees},
};
use crate::{Contents, Tree, Want, declare, flags::KUBE_APISERVER, objects, running};

/// Cuts the secrets of one run.
#[derive(Default)]
pub struct Redactor {
    key: RandomState,
    groups: HashMap<u64, u32>,
    /// The first number that nobody has.
    next: u32,
}

/// A text whose secrets are found, and still in it: only [`Redactor::marked`] makes evidence of it.
pub struct Marked {
    text: String,
    spans: Vec<Span>,
    tree: Option<Tree>,
}

impl Marked {
    /// Finds the secrets of a text; whoever has its tree spares this a second one.
    pub(crate) fn of(text: &str, stream: Option<Stream>) -> Self {
        let spans = spans(text, stream.as_ref());
        let tree = stream.filter(|_| spans.is_empty()).and_then(|stream| Tree::of(text, stream));
        Self { text: text.to_owned(), spans, tree }
    }

    /// Its tree, where there is one that is also that of the evidence.
    pub fn take_tree(&mut self) -> Option<Tree> {
        self.tree.take()
    }

    /// Bytes of the text.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl Redactor {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes evidence of a text, with the secrets of the text cut out.
    pub fn evidence(&mut self, id: EvidenceId, plane: Plane, kind: Kind, text: &str) -> Evidence {
        let digest = Some(Digest { bytes: text.len() as u64, sha256: None });
        if kind == Kind::Flagz {
            let body = Body::Text(text.into());
            let whole = Evidence { id, plane, kind, body, secrets: Vec::new(), digest };
            let mut spans = flag_spans(&whole);
            spans.extend(self.cut(text).1.into_iter().map(|secret| secret.span));
            let (redacted, secrets) = self.overwrite(text, spans);
            return Evidence { body: Body::Text(redacted.into()), secrets, ..whole };
        }
        let (redacted, secrets) = self.cut(text);
        Evidence { id, plane, kind, body: Body::Text(redacted.into()), secrets, digest }
    }

    /// Makes evidence of a text whose secrets were found when it was recognised.
    pub fn marked(&mut self, id: EvidenceId, plane: Plane, kind: Kind, marked: Marked) -> Evidence {
        let Marked { text, spans, tree: _ } = marked;
        let digest = Some(Digest { bytes: text.len() as u64, sha256: None });
        let (redacted, secrets) = self.overwrite(&text, spans);
        Evidence { id, plane, kind, body: Body::Text(redacted.into()), secrets, digest }
    }

    /// Makes evidence of a file that somebody asked for, who knows where its secrets are.
    pub fn wanted(&mut self, want: &Want, plane: Plane, text: &str) -> Evidence {
        let mut spans = Vec::new();
        match want.contents {
            Contents::Tokens => first_column(text, &mut spans),
            Contents::Secret => push_lines(text, 0, text.len(), &mut spans),
            Contents::Unneeded | Contents::Keys | Contents::Kubeconfig | Contents::Text => {
                return self.evidence(want.id.clone(), plane, Kind::ConfigFile, text);
            }
        }
        let (redacted, secrets) = self.overwrite(text, spans);
        let digest = Digest { bytes: text.len() as u64, sha256: None };
        let body = Body::Text(redacted.into());
        Evidence { id: want.id.clone(), plane, kind: Kind::ConfigFile, body, secrets, digest: Some(digest) }
    }

    /// Sets numbers aside for secrets that another run cut and counted from 0; the first of them comes back.
    pub fn numbers(&mut self, count: u32) -> u32 {
        let first = self.next;
        self.next = self.next.saturating_add(count);
        first
    }

    /// Cuts what is left to cut in evidence that somebody else cut: with an older list of what is secret, or not at all.
    pub fn again(&mut self, evidence: Evidence) -> Evidence {
        let Some(text) = evidence.text() else { return evidence };
        let seen = self.evidence(evidence.id.clone(), evidence.plane, evidence.kind, &parsable(&evidence, text));
        let within =
            |known: &CutSecret, new: &CutSecret| known.span.start <= new.span.start && new.span.end <= known.span.end;
        let is_cut = |new: &CutSecret| {
            text.get(new.span.range()).is_some_and(|text| text.bytes().all(|b| matches!(b, b'*' | b'\n' | b'\r')))
        };
        let more = seen.secrets.iter().filter(|new| !is_cut(new) && !evidence.secrets.iter().any(|k| within(k, new)));
        let more: Vec<CutSecret> = more.cloned().collect();
        if more.is_empty() {
            return evidence;
        }
        let mut bytes = text.as_bytes().to_vec();
        for byte in more.iter().flat_map(|secret| secret.span.range()) {
            if let Some(byte) = bytes.get_mut(byte).filter(|byte| !matches!(byte, b'\n' | b'\r')) {
                *byte = b'*';
            }
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        let mut secrets = evidence.secrets.clone();
        // One that held a smaller one is the one that counts.
        secrets.retain(|known| !more.iter().any(|new| within(new, known)));
        secrets.extend(more);
        secrets.sort_by_key(|secret| secret.span);
        Evidence { body: Body::Text(text.into()), secrets, ..evidence }
    }

    fn cut<'t>(&mut self, text: &'t str) -> (Cow<'t, str>, Vec<CutSecret>) {
        self.overwrite(text, spans(text, None))
    }

    fn overwrite<'t>(&mut self, text: &'t str, mut spans: Vec<Span>) -> (Cow<'t, str>, Vec<CutSecret>) {
        if spans.is_empty() {
            return (Cow::Borrowed(text), Vec::new());
        }
        spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        let keys = private_keys(text);
        let mut bytes = text.as_bytes().to_vec();
        let mut secrets = Vec::with_capacity(merged.len());
        for span in merged {
            let secret = &text[span.range()];
            let group = *self.groups.entry(self.key.hash_one(secret)).or_insert_with(|| {
                self.next = self.next.saturating_add(1);
                self.next - 1
            });
            let key = keys.iter().find(|(start, end, _)| *start < span.start && span.start < *end);
            let nature = match key {
                // A key is cut line by line, and its first line speaks for it.
                Some((start, _, nature)) => {
                    let known = |cut: &CutSecret| cut.span.start > *start && cut.nature.is_some();
                    (!secrets.last().is_some_and(known)).then(|| nature.clone())
                }
                None => nature(secret),
            };
            secrets.push(CutSecret { span, decoded: base64_length(secret), strength: strength(secret), group, nature });
            for byte in &mut bytes[span.range()] {
                // Line breaks stay, so that lines keep their numbers.
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b'*';
                }
            }
        }
        // Whole secrets were overwritten, at the boundaries of characters, so this is UTF-8.
        (Cow::Owned(String::from_utf8(bytes).unwrap_or_default()), secrets)
    }
}

/// Where the secrets of a text are, in no order and perhaps twice.
fn spans(text: &str, stream: Option<&Stream>) -> Vec<Span> {
    let mut spans = Vec::new();
    raw_spans(text, &mut spans);
    let parts = declare::parts(text);
    for part in &parts {
        if part.is_encoded() {
            // Nobody looks into it, so nothing of it is needed.
            push_lines(text, part.body.start, part.body.end, &mut spans);
        } else {
            let own = declare::blank_but(text, part.body.clone());
            of_trees(&yaml::parse(&own, &yaml::Limits::default()), &own, &mut spans);
        }
    }
    scripts::spans(text, &mut spans);
    if parts.is_empty() && (mentions_a_key(text) || text.contains("content")) {
        match (objects::lines(text), stream) {
            // Object by object: the tree of all of them would take many times the text.
            (Some(lines), _) => {
                for (start, line) in lines.filter(|(_, line)| mentions_a_key(line)) {
                    let mut own = Vec::new();
                    of_trees(&yaml::parse(line, &yaml::Limits::default()), line, &mut own);
                    spans.extend(own.iter().map(|span| Span::new(span.start + start, span.end + start)));
                }
            }
            (None, Some(stream)) => of_trees(stream, text, &mut spans),
            (None, None) => of_trees(&yaml::parse(text, &yaml::Limits::default()), text, &mut spans),
        }
    }
    spans
}

/// The text of evidence as a parser has to see it.
///
/// A cut secret is a run of `*`, which YAML would read as an alias; here it is a run of `x`, at the same place.
pub(crate) fn parsable<'e>(evidence: &Evidence, text: &'e str) -> Cow<'e, str> {
    if evidence.secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for secret in &evidence.secrets {
        for byte in bytes.get_mut(secret.span.range()).into_iter().flatten() {
            if *byte == b'*' {
                *byte = b'x';
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The values of flags whose name ends as that of a secret does, such as `--ir-password`.
fn flag_spans(evidence: &Evidence) -> Vec<Span> {
    // `manifest-url-header` of a kubelet is sent along with its requests.
    const ENDS: [&str; 6] = ["password", "passwd", "secret", "token", "passphrase", "header"];
    let flags = running::flags(evidence).ok().flatten().unwrap_or_default();
    let secret = flags
        .into_iter()
        .filter(|flag| flag.name.rsplit('-').next().is_some_and(|word| ENDS.contains(&word)) && !flag.value.is_empty());
    let text = evidence.text().map(|text| &**text).unwrap_or_default();
    secret
        .filter_map(|flag| {
            let span = flag.at.span?;
            // Quotes of JSON stay.
            let quoted = u32::from(text.get(span.range())?.starts_with('"'));
            Some(Span::new(span.start + quoted, span.end - quoted))
        })
        .collect()
}

/// The first column of a table, without its quotes, which say where it ends.
fn first_column(text: &str, spans: &mut Vec<Span>) {
    let (mut quoted, mut first, mut start) = (false, true, 0);
    for (at, byte) in text.bytes().chain([b'\n']).enumerate() {
        let ends = matches!(byte, b'\n' | b'\r' | b'"') || (byte == b',' && !quoted);
        if first && ends {
            push(start, at, spans);
        }
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => first = false,
            b'\n' if !quoted => first = true,
            _ => {}
        }
        if ends {
            start = at + 1;
        }
    }
}

/// Whether a pair of name and value is a flag about secrets that holds none itself, such as `token-auth-file` among the
/// `extraArgs` of kubeadm's v1beta4: one that the API server knows, or of another component by what it ends with.
fn names_a_flag(name: &str) -> bool {
    const ENDINGS: [&str; 7] = ["-auth", "-dir", "-expiration", "-file", "-lookup", "-syncs", "-ttl"];
    let is_kebab = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    is_kebab && (ENDINGS.iter().any(|ending| name.ends_with(ending)) || KUBE_APISERVER.find(name).is_some())
}

fn push_lines(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    let mut at = start;
    // An escaped `\n` of a quoted key is part of what is cut.
    for line in text[start..end].split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let indent = content.len() - content.trim_start().len();
        push(at + indent, at + content.len(), spans);
        at += line.len();
    }
}

fn push(start: usize, end: usize, spans: &mut Vec<Span>) {
    if start < end
        && let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
    {
        spans.push(Span::new(start, end));
    }
}
