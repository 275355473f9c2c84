//! Cuts secrets out of a text before anybody keeps it.
//!
//! Each byte of a secret becomes `*`, so that every place in the text stays true. What a rule needs of it is taken first:
//! where it stood, how many bytes it stands for, what kind of secret it is, and a number that equal secrets of one run
//! share. The number comes from a hash with a key that is made anew for every run and never leaves it.
//!
//! Start at [`Redactor::evidence`].

mod scripts;

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
};

use model::{Body, CutSecret, Digest, Evidence, EvidenceId, Kind, Nature, Plane, PrivateKey, Span, Strength};
use yaml::{Cursor, Stream, Value};

use crate::{Contents, Tree, Want, declare, flags::KUBE_APISERVER, objects, pki, placeholder, running, spelling};

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

/// Keys whose value is a secret wherever they stand, in lower case without `-` and `_`.
const SECRET_KEYS: [&str; 42] = [
    "aadclientcertpassword",
    "aadclientsecret",
    "accesskey",
    "accesstoken",
    "aescbcencryptionsecret",
    "agenttoken",
    "apicuserkey",
    "apikey",
    "apitoken",
    "authtoken",
    "bearertoken",
    "bootstraptoken",
    "certificatekey",
    "clientkeydata",
    "clientsecret",
    "etcds3accesskey",
    "etcds3secretkey",
    "etcds3sessiontoken",
    "hashedpasswd",
    "identitytoken",
    "idtoken",
    "kafkaclientkey",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "passwordhash",
    "persistentclustertoken",
    "plaintextpasswd",
    "presharedkey",
    "privatekey",
    "privatekeydata",
    "refreshtoken",
    "registrytoken",
    "secret",
    "secretaccesskey",
    "secretboxencryptionsecret",
    "secretkey",
    "sshkey",
    "token",
    "tokenid",
    "vpnauth",
];

/// The field of a KubeletConfiguration whose values are sent along with requests for pods.
const HEADERS: &str = "staticPodURLHeader";

/// Parts of a variable's name that say that its value is a secret.
const SECRET_NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "api_key", "access_key"];

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

fn of_trees(stream: &Stream, text: &str, spans: &mut Vec<Span>) {
    for document in &stream.documents {
        tree_spans(&document.cursor(), text, 0, spans);
    }
}

/// The private keys of a text in PEM: where each begins and ends, and what of it is public.
fn private_keys(text: &str) -> Vec<(u32, u32, Nature)> {
    if !text.contains("-----BEGIN ") {
        return Vec::new();
    }
    let blocks = pki::blocks(text).into_iter().filter(pki::Block::holds_private_key);
    blocks.map(|block| (block.start, block.end, Nature::PrivateKey(private_key(&block)))).collect()
}

fn private_key(block: &pki::Block<'_>) -> PrivateKey {
    // The lines of a key are 64 digits long, and a word such as `REDACTED` is base64 by chance.
    const LEAST: usize = 40;
    let digits: String = block.body.split_whitespace().collect();
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_word = (5..LEAST).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_alphabetic());
    match spelling::base64(&digits) {
        Some(bytes) if bytes.is_empty() || is_word => PrivateKey::Absent,
        Some(bytes) => pki::private_key(block.label, &bytes)
            .map_or(PrivateKey::Unreadable, |(key, form)| PrivateKey::Read(key, form)),
        None if block.body.lines().any(|line| line.len() >= LEAST && line.bytes().all(digit)) => PrivateKey::Spoilt,
        None => PrivateKey::Absent,
    }
}

/// What kind of secret a text is, where its own shape tells.
fn nature(secret: &str) -> Option<Nature> {
    let secret = secret.trim();
    if placeholder(secret).is_some_and(|marker| marker.len() == secret.len()) {
        return Some(Nature::Placeholder(secret.to_owned()));
    }
    // bootstraputil.BootstrapTokenPattern of k8s.io/cluster-bootstrap.
    let word = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if secret.split_once('.').is_some_and(|(id, rest)| word(id, 6) && word(rest, 16)) {
        return Some(Nature::BootstrapToken);
    }
    if secret.starts_with("eyJ") {
        return signed(secret);
    }
    // `client-key-data`: a key in PEM, once more in base64.
    let pem = secret.starts_with("LS0tLS1CRUdJTi").then(|| spelling::base64(secret)).flatten()?;
    let (_, _, key) = private_keys(&String::from_utf8_lossy(&pem)).into_iter().next()?;
    Some(key)
}

/// For whom a token is, and until when. Of subjects only service accounts are kept: the others are people.
fn signed(token: &str) -> Option<Nature> {
    let payload = token.split('.').nth(1)?;
    let mut digits = payload.replace('-', "+").replace('_', "/");
    digits.push_str(["", "", "==", "="].get(digits.len() % 4).copied().unwrap_or_default());
    let claims: serde_json::Value = serde_json::from_slice(&spelling::base64(&digits)?).ok()?;
    let subject = claims.get("sub").and_then(|subject| subject.as_str());
    let account = subject.filter(|subject| subject.starts_with("system:serviceaccount:") && subject.len() < 512);
    let ends = claims.get("exp").and_then(serde_json::Value::as_i64);
    Some(Nature::SignedToken { subject: account.map(str::to_owned), ends })
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

/// Bytes that standard base64 stands for; `None` for a text that is no base64.
fn base64_length(text: &str) -> Option<u32> {
    let text = text.trim();
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    if !plain || text.is_empty() || !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    u32::try_from(text.len() / 4 * 3 - padding).ok()
}

/// How hard a secret is to guess, by the shape of the bytes that it stands for.
pub(crate) fn strength(text: &str) -> Strength {
    let text = text.trim();
    if placeholder(text).is_some() || (text.starts_with('<') && text.ends_with('>')) {
        return Strength::Placeholder;
    }
    let decoded = spelling::base64(text);
    let bytes = decoded.as_deref().unwrap_or(text.as_bytes());
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let distinct = seen.iter().filter(|seen| **seen).count();
    let steps = || bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let counts_up = steps().next().is_some_and(|first| steps().all(|step| step == first));
    let repeats = (1..=bytes.len() / 2)
        .any(|period| bytes.len().is_multiple_of(period) && bytes.chunks(period).all(|chunk| bytes.starts_with(chunk)));
    if distinct * 8 <= bytes.len() || counts_up || repeats {
        return Strength::Pattern;
    }
    // Of 16 random bytes all are printable once in eight million, of 32 never.
    let printable = bytes.iter().all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    if printable && bytes.len() >= 8 && decoded.is_some() { Strength::Readable } else { Strength::Plain }
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

/// Whether a walk over the tree could find anything: most manifests hold no such word.
fn mentions_a_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    let named = ["secret", "token", "passw", "passphrase", "pass:", "_pwd", "key"].iter().any(|word| {
        let (first, rest) = (word.as_bytes()[0], &word.as_bytes()[1..]);
        bytes.iter().enumerate().any(|(at, byte)| {
            byte.eq_ignore_ascii_case(&first)
                && bytes.get(at + 1..at + 1 + rest.len()).is_some_and(|next| next.eq_ignore_ascii_case(rest))
        })
    });
    named || text.contains(HEADERS)
}

fn tree_spans(cursor: &Cursor<'_>, text: &str, depth: usize, spans: &mut Vec<Span>) {
    match cursor.value() {
        Value::Scalar(scalar) => {
            // An alias is looked into where it is written.
            if !cursor.node().is_alias() {
                written_spans(cursor, scalar, text, "", spans);
            }
            if depth < DEEPEST
                && !cursor.node().is_alias()
                && scalar.text().contains('\n')
                && mentions_a_key(scalar.text())
                && !is_condition(cursor)
            {
                inner_spans(cursor, scalar, text, depth + 1, spans);
            }
        }
        Value::Sequence(_) => cursor.items().for_each(|item| tree_spans(&item, text, depth, spans)),
        Value::Mapping(_) => {
            let whole_secret = cursor.get("kind").and_then(|kind| kind.text()) == Some("Secret");
            let named_secret = cursor.get("name").and_then(|name| name.text()).is_some_and(|name| {
                SECRET_NAMES.iter().any(|part| name.to_ascii_lowercase().contains(part)) && !names_a_flag(name)
            });
            let code = cursor.get("encoding").and_then(|code| code.text()).unwrap_or_default();
            for item in cursor.entries() {
                let name = item.name.as_ref();
                if let Some(scalar) = item.value.scalar().filter(|_| name == "content" && !code.is_empty()) {
                    written_spans(&item.value, scalar, text, code, spans);
                }
                // cloud-init's names with their passwords, one a line.
                if name == "chpasswd"
                    && let Some(list) = item.value.get("list")
                {
                    push_scalar(&list, text, spans);
                    list.items().for_each(|item| push_scalar(&item, text, spans));
                }
                let secret = SECRET_KEYS.contains(&plain(name).as_str())
                    || (named_secret && name == "value")
                    || names_a_secret(name, &item.value);
                // The address at which a node of MicroK8s joins ends in a token.
                if name == "join"
                    && let Some(url) = item.value.get("url")
                {
                    push_scalar(&url, text, spans);
                }
                // What a kubelet sends along to whoever gives it pods.
                if name == HEADERS {
                    let values = item.value.entries().flat_map(|entry| entry.value.items().collect::<Vec<_>>());
                    values.for_each(|value| push_scalar(&value, text, spans));
                } else if secret && item.value.scalar().is_some() {
                    push_scalar(&item.value, text, spans);
                } else if whole_secret && (name == "data" || name == "stringData") {
                    item.value.entries().for_each(|entry| push_scalar(&entry.value, text, spans));
                } else if !item.value.node().is_alias() {
                    tree_spans(&item.value, text, depth, spans);
                }
            }
        }
    }
}

/// Texts in texts are looked into so far: a definition holds a file, and that may hold another.
const DEEPEST: usize = 3;

/// Secrets that are searched for in one text; of one that has more, all of it goes.
const MOST_SEARCHED: usize = 256;

/// The secrets of a document that stands in a string of another one, such as the files of a machine.
fn inner_spans(cursor: &Cursor<'_>, scalar: &yaml::Scalar, text: &str, depth: usize, spans: &mut Vec<Span>) {
    let mut inner = Vec::new();
    for document in &yaml::parse(scalar.text(), &yaml::Limits::default()).documents {
        tree_spans(&document.cursor(), scalar.text(), depth, &mut inner);
    }
    let places = scalar.places(text);
    let place = |span: &Span| match &places {
        Some(places) => {
            let (start, end) = (places.get(span.start as usize)?, places.get(span.end as usize)?);
            Some(yaml::Span { start: *start, end: *end })
        }
        None => scalar.source_span(span.range(), text),
    };
    // Each is searched for where the text is not written line by line.
    let few = places.is_some() || inner.len() <= MOST_SEARCHED;
    let placed: Option<Vec<yaml::Span>> = if few { inner.iter().map(place).collect() } else { None };
    match placed {
        Some(placed) => spans.extend(placed.iter().map(|span| Span::new(span.start, span.end))),
        // Escapes hide where it stands, so that all of it goes.
        None => push_scalar(cursor, text, spans),
    }
}

/// The secrets of a file that is written in a string in another code than that of the text around it, and of a table in any.
fn written_spans(cursor: &Cursor<'_>, scalar: &yaml::Scalar, text: &str, code: &str, spans: &mut Vec<Span>) {
    let written = scalar.text();
    let condition = is_condition(cursor);
    let table = |text: &str| !condition && is_table(text);
    // What is compressed is looked into as its reader does; what cannot be unpacked may be anything.
    let from_base64 =
        |digits: &str| spelling::file(digits).map(|bytes| (String::from_utf8_lossy(&bytes).into_owned(), None));
    let url = spelling::data_url(written);
    let decoded: Option<(String, Option<Vec<u32>>)> = match url {
        Some((payload, _, true)) => from_base64(&spelling::digits(payload)),
        Some((payload, from, false)) => spelling::percent(payload).map(|(decoded, places)| {
            let outer = scalar.places(text);
            let place = |at: &u32| outer.as_ref()?.get(from + *at as usize).copied();
            (decoded, places.iter().map(place).collect())
        }),
        None if !code.is_empty() && code != "text/plain" => from_base64(written),
        None if !written.contains('\n') => return,
        None if scalar.style() == yaml::Style::Double => Some((written.to_owned(), scalar.places(text))),
        None if table(written) => Some((written.to_owned(), scalar.places(text))),
        None => return,
    };
    let Some((decoded, places)) = decoded else { return push_scalar(cursor, text, spans) };
    let mut inner = Vec::new();
    raw_spans(&decoded, &mut inner);
    if table(&decoded) {
        first_column(&decoded, &mut inner);
    }
    if !condition && mentions_a_key(&decoded) {
        for document in &yaml::parse(&decoded, &yaml::Limits::default()).documents {
            // What is spelt so once more stays as it is: nothing reads it.
            tree_spans(&document.cursor(), &decoded, DEEPEST, &mut inner);
        }
    }
    let place = |at: u32| places.as_ref()?.get(at as usize).copied();
    for span in inner {
        match place(span.start).zip(place(span.end)) {
            Some((start, end)) => spans.push(Span::new(start, end)),
            None => return push_scalar(cursor, text, spans),
        }
    }
}

/// Whether a text is an expression of CEL. It may have the look of a table or of YAML, and is neither.
fn is_condition(cursor: &Cursor<'_>) -> bool {
    cursor.name().is_some_and(|name| matches!(name, "expression" | "valueExpression" | "messageExpression"))
}

/// Whether a text is one of the tables that `--token-auth-file` and `--basic-auth-file` take: a secret, a name and an id.
fn is_table(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    lines.peek().is_some()
        && lines.all(|line| line.matches(',').count() >= 2)
        && yaml::parse(text, &yaml::Limits::default())
            .documents
            .first()
            .is_none_or(|document| document.cursor().scalar().is_some())
}

/// Whether the name of a variable says that its value is a secret: one of the environment (`API_TOKEN`), one of a playbook
/// (`kubeadm_token`), or what a registry takes for name and password together.
fn names_a_secret(name: &str, value: &Cursor<'_>) -> bool {
    const ENDINGS: [&str; 6] = ["token", "password", "_pwd", "secret", "access_key", "certificate_key"];
    let Some(text) = value.str().filter(|text| !text.contains("{{") && !text.starts_with('/')) else { return false };
    let is_variable =
        name.contains('_') && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let is_snake =
        name.contains('_') && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (is_variable && SECRET_NAMES.iter().any(|part| name.to_ascii_lowercase().contains(part)))
        || (is_snake && ENDINGS.iter().any(|ending| name.ends_with(ending)))
        || (name == "auth" && text.len() >= 8 && base64_length(text).is_some())
}

/// Whether a pair of name and value is a flag about secrets that holds none itself, such as `token-auth-file` among the
/// `extraArgs` of kubeadm's v1beta4: one that the API server knows, or of another component by what it ends with.
fn names_a_flag(name: &str) -> bool {
    const ENDINGS: [&str; 7] = ["-auth", "-dir", "-expiration", "-file", "-lookup", "-syncs", "-ttl"];
    let is_kebab = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    is_kebab && (ENDINGS.iter().any(|ending| name.ends_with(ending)) || KUBE_APISERVER.find(name).is_some())
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// The text of a scalar without its quotes; a block scalar as a whole, but for its header.
fn push_scalar(cursor: &Cursor<'_>, text: &str, spans: &mut Vec<Span>) {
    let Some(scalar) = cursor.scalar() else { return };
    if scalar.text().is_empty() || cursor.is_null() {
        return;
    }
    let exact = scalar.source_span(0..scalar.text().len(), text);
    let span = exact.unwrap_or_else(|| {
        let written = scalar.span();
        let skipped = text[written.range()].find('\n').filter(|_| text[written.range()].starts_with(['|', '>']));
        let quoted = text[written.range()].starts_with(['"', '\'']);
        let start = written.start + skipped.map_or(u32::from(quoted), |at| u32::try_from(at + 1).unwrap_or(0));
        yaml::Span { start, end: written.end - u32::from(quoted && written.end > start) }
    });
    // Indentation belongs to the block and not to the secret.
    push_lines(text, span.range().start, span.range().end, spans);
}

/// Secrets that are known by their own shape: private keys, tokens, passwords in addresses and arguments.
fn raw_spans(text: &str, spans: &mut Vec<Span>) {
    for at in places(text, "PRIVATE KEY-----") {
        let start = at + "PRIVATE KEY-----".len();
        let before = &text[..at];
        let begins = before.rfind("-----").is_some_and(|dash| before[dash..].starts_with("-----BEGIN"));
        if begins {
            let end = text[start..].find("-----END").map_or(text.len(), |end| start + end);
            push_lines(text, start, end, spans);
        }
    }
    // Under another label, which Go reads as well.
    for block in pki::blocks(text).iter().filter(|block| !block.label.ends_with("PRIVATE KEY")) {
        if block.holds_private_key() {
            let ending = "-----END -----".len() + block.label.len();
            push_lines(text, (block.start + block.first_line) as usize, block.end as usize - ending, spans);
        }
    }
    // A private key in base64, as definitions of clusters hold them: `-----BEGIN`.
    for at in places(text, "LS0tLS1CRUdJTi") {
        let length = text[at..]
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
            .count();
        let head = spelling::base64(&text[at..at + (length / 4 * 4).min(60)]);
        if head.is_some_and(|head| head.windows(11).any(|part| part == b"PRIVATE KEY")) {
            push(at, at + length, spans);
        }
    }
    for at in places(text, "eyJ") {
        let token = &text[at..];
        let length =
            token.bytes().take_while(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
        if length > 40 && token[..length].bytes().filter(|&b| b == b'.').count() == 2 {
            push(at, at + length, spans);
        }
    }
    for at in places(text, "://") {
        let rest = &text[at + 3..];
        let authority = &rest
            [..rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | ',')).unwrap_or(rest.len())];
        if let Some((user, _)) = authority.rsplit_once('@')
            && let Some(colon) = user.find(':')
        {
            push(at + 3 + colon + 1, at + 3 + user.len(), spans);
        }
    }
    for marker in ["password=", "passwd=", "secret=", "token=", "secret-key=", "access-key="] {
        for at in places(text, marker) {
            let start = at + marker.len();
            let rest = &text[start..];
            let length = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']' | '}'))
                .unwrap_or(rest.len());
            // Only as the end of an argument's name: `--etcd-password=…`.
            let line = &text[text[..at].rfind(['\n', ' ', '"', '\'', '[', ',']).map_or(0, |before| before + 1)..at];
            if line.starts_with("--") {
                push(start, start + length, spans);
            }
        }
    }
    // The same, as the next word: `k3s server --token …`; and the key of a VPN within a value.
    for marker in ["token ", "secret-key ", "access-key ", "joinKey="] {
        for at in places(text, marker) {
            let start = at + marker.len();
            let rest = text.get(start..).unwrap_or_default();
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']' | '}');
            let length = rest.find(ends).unwrap_or(rest.len());
            let word = &text[text[..at].rfind([' ', '\n', '"', '\'', '[']).map_or(0, |before| before + 1)..at];
            if (word.starts_with("--") || marker == "joinKey=") && !rest.starts_with(['-', '$', '<', '{']) {
                push(start, start + length, spans);
            }
        }
    }
    // A bootstrap token behind an argument of its name: `kubeadm join --token abcdef.0123456789abcdef`.
    for at in places(text, ".") {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) else { continue };
        let is_letter = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let (left, right) = (
            before.chars().rev().take(8).take_while(is_letter).count(),
            after.chars().take(18).take_while(is_letter).count(),
        );
        if left == 6 && right == 16 {
            let near = before.bytes().rev().take(64).take_while(|byte| *byte != b'\n').count();
            let is_named =
                before.as_bytes().get(at - near..).is_some_and(|line| line.windows(5).any(|w| w == b"token"));
            if !is_named {
                continue;
            }
            push(at - 6, at + 17, spans);
        }
    }
    // Variables of a unit or an environment file. One that holds flags, a path or another variable is none.
    for marker in ["PASSWORD=", "PASSWD=", "SECRET=", "TOKEN=", "API_KEY=", "ACCESS_KEY=", "SECRET_KEY="] {
        for at in places(text, marker) {
            let mut start = at + marker.len();
            let quote = text[start..].chars().next().filter(|c| matches!(c, '"' | '\''));
            start += usize::from(quote.is_some());
            // `Environment="NAME=a b"`: the quote may stand before the name.
            let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let quote = quote.or_else(|| before.chars().next_back().filter(|c| matches!(c, '"' | '\'')));
            let rest = &text[start..];
            let ends =
                |c: char| quote.map_or(c.is_whitespace() || matches!(c, '"' | '\''), |quote| c == quote || c == '\n');
            let length = rest.find(ends).unwrap_or(rest.len());
            if !rest.starts_with(['-', '/', '$']) {
                push(start, start + length, spans);
            }
        }
    }
}

/// Where a word stands in a text. Most texts have none of them, and all are looked for in each.
fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + use<'t> {
    memchr::memmem::find_iter(text.as_bytes(), word.as_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        Redactor::new().cut(text).0.into_owned()
    }

    #[test]
    fn what_a_script_writes_keeps_no_secret() {
        let script = |inner: &str| format!("#!/bin/sh\nkube-apiserver --etcd-servers=a\n{inner}");
        for (inner, expected) in [
            ("cat > /e.yaml <<EOF\nkeys: [{name: a, secret: QUFBQQ==}]\nEOF\n", "secret: ********"),
            ("cat > /t.csv <<EOF\nabcdef,kubelet,1,\"g\"\nEOF\n", "\n******,kubelet"),
            ("echo \"abcdef,kubelet,1\" > /t.csv\n", "\"******,kubelet"),
            ("db_password='abc'\n", "db_password='***'"),
            ("export api_token=abc\n", "api_token=***"),
            ("token=$(head -c 16 /dev/urandom)\n", "token=$(head"),
        ] {
            let text = redacted(&script(inner));
            assert!(text.contains(expected), "{text}");
        }
        let launch = "version: 0.2.0\npersistentClusterToken: abc\njoin: {url: 10.0.0.1:25000/abc/def}\n";
        assert!(!redacted(launch).contains("abc"), "{}", redacted(launch));
    }

    #[test]
    fn secrets_become_stars_of_the_same_length() {
        for (text, expected) in [
            ("keys: [{name: a, secret: QUFBQQ==}]", "keys: [{name: a, secret: ********}]"),
            ("token: \"abc\" # why", "token: \"***\" # why"),
            // A condition is no table, and what is cut of it would no longer compile.
            (
                "name: token\nexpression: |\n  a in ['b', 'c', 'd']\n",
                "name: token\nexpression: |\n  a in ['b', 'c', 'd']\n",
            ),
            (
                "name: token\nexpression: >\n  has(a.token) ? a.token\n  : 'b'\n",
                "name: token\nexpression: >\n  has(a.token) ? a.token\n  : 'b'\n",
            ),
            ("name: token\ntable: |\n  abc,user,1\n", "name: token\ntable: |\n  ***,user,1\n"),
            ("kind: Secret\ndata:\n  a: Zm9v\n", "kind: Secret\ndata:\n  a: ****\n"),
            ("env: [{name: DB_PASSWORD, value: hunter2}]", "env: [{name: DB_PASSWORD, value: *******}]"),
            // Arguments as pairs: a flag about tokens holds none.
            (
                "[{name: token-auth-file, value: /t.csv}, {name: service-account-extend-token-expiration, value: 'false'}]",
                "[{name: token-auth-file, value: /t.csv}, {name: service-account-extend-token-expiration, value: 'false'}]",
            ),
            (
                "[{name: concurrent-serviceaccount-token-syncs, value: 5}, {name: my-token, value: abc}, {name: secret-key, value: abc}]",
                "[{name: concurrent-serviceaccount-token-syncs, value: 5}, {name: my-token, value: ***}, {name: secret-key, value: ***}]",
            ),
            ("url: https://me:pw@host/x", "url: https://me:**@host/x"),
            ("- --etcd-password=hunter2", "- --etcd-password=*******"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\n  MIIE\n-----END RSA PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY-----\n  ****\n-----END RSA PRIVATE KEY-----",
            ),
            ("secret:\n  secretName: kept", "secret:\n  secretName: kept"),
            ("- --token-auth-file=/etc/tokens.csv", "- --token-auth-file=/etc/tokens.csv"),
            ("ETCD_PASSWORD='a b'\nB=c", "ETCD_PASSWORD='***'\nB=c"),
            ("Environment=\"A_SECRET=a b\" B=c", "Environment=\"A_SECRET=***\" B=c"),
            ("X_TOKEN=--token-auth-file=a", "X_TOKEN=--token-auth-file=a"),
            ("password: |\n  a\n  b\n", "password: |\n  *\n  *\n"),
            // Definitions of clusters: `-----BEGIN EC PRIVATE KEY-----` and `-----BEGIN CERTIFICATE-----` in base64.
            (
                "ca: {crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J, key: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1J}",
                "ca: {crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J, key: ********************************************}",
            ),
            (
                "cluster: {secretboxEncryptionSecret: QUFB, id: kept}",
                "cluster: {secretboxEncryptionSecret: ****, id: kept}",
            ),
            ("env: {API_TOKEN: abc, TOKEN_FILE: /a}", "env: {API_TOKEN: ***, TOKEN_FILE: /a}"),
            ("kubeadm_token: abc\nkube_token_auth: true", "kubeadm_token: ***\nkube_token_auth: true"),
            ("kube_encrypt_token: \"{{ lookup('x') }}\"", "kube_encrypt_token: \"{{ lookup('x') }}\""),
            ("auth: {username: a, auth: YWI6Y2Rl, x: token}", "auth: {username: a, auth: ********, x: token}"),
            (
                "content: |\n  keys: [{secret: QUFBQQ==}]\n  a: b\n",
                "content: |\n  keys: [{secret: ********}]\n  a: b\n",
            ),
            ("content: \"a: |\\n  token: abc\\n  b: c\"", "content: \"a: |\\n  token: ***\\n  b: c\""),
            ("c: |\n  d: |\n    token: abc\n", "c: |\n  d: |\n    token: ***\n"),
            // Files in a definition of a machine: escaped, in a URL, in base64 (`token: abc`, `v: 1`), as a table.
            (
                r#"{"contents": "ExecStart=k \\\n--etcd-password=a\tb --v=2\nE_TOKEN=é"}"#,
                r#"{"contents": "ExecStart=k \\\n--etcd-password=*\tb --v=2\nE_TOKEN=**"}"#,
            ),
            (r#"{"a": "k: v\ntoken: \"ab\"\nb: c\n"}"#, r#"{"a": "k: v\ntoken: \"**\"\nb: c\n"}"#),
            (
                r#"contents: {source: "data:,a%3A%20b%0Atoken%3A%20abc%0Ac%3A%20d"}"#,
                r#"contents: {source: "data:,a%3A%20b%0Atoken%3A%20***%0Ac%3A%20d"}"#,
            ),
            ("content: dG9rZW46IGFiYw==\nencoding: b64\n", "content: ****************\nencoding: b64\n"),
            ("content: djogMQ==\nencoding: b64\n", "content: djogMQ==\nencoding: b64\n"),
            ("content: H4sIAAAAAAAA\nencoding: gz+b64\n", "content: ************\nencoding: gz+b64\n"),
            (
                "contents: {source: 'data:;base64,dG9rZW46IGFiYw=='}",
                "contents: {source: '*****************************'}",
            ),
            ("content: |\n  abc,ann,1\n  de,bob,2\n", "content: |\n  ***,ann,1\n  **,bob,2\n"),
            ("content: \"abc,ann,1\\nde,bob,2\"", "content: \"***,ann,1\\n**,bob,2\""),
            ("- kubeadm join --token abcdef.0123456789abcdef", "- kubeadm join --token ***********************"),
            // Parts of user data are texts of their own; an encoded one goes as a whole.
            (
                "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\n\
                 Content-Type: text/cloud-config\n\nusers:\n- passwd: \"a: b\"\n  name: ann\n\
                 write_files:\n- content: |\n    token: abc\n--b\nContent-Type: text/x-shellscript\n\
                 Content-Transfer-Encoding: base64\n\nZWNobyBhCg==\n--b--\n",
                "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\n\
                 Content-Type: text/cloud-config\n\nusers:\n- passwd: \"****\"\n  name: ann\n\
                 write_files:\n- content: |\n    token: ***\n--b\nContent-Type: text/x-shellscript\n\
                 Content-Transfer-Encoding: base64\n\n************\n--b--\n",
            ),
            ("chpasswd:\n  list: |\n    a:b\n", "chpasswd:\n  list: |\n    ***\n"),
        ] {
            let seen = redacted(text);
            assert_eq!(seen.len(), text.len(), "{text}");
            assert_eq!(seen.replace(' ', ""), expected.replace(' ', ""), "{text}");
        }
    }

    #[test]
    fn flags_that_hold_secrets_are_cut_in_any_form() {
        for (text, expected) in [
            ("ir-password=hunter2\nir-user=me\n", "ir-password=*******\nir-user=me\n"),
            (
                r#"{"flags":{"ir-password":"hunter2","service-account-max-token-expiration":"0s","etcd-servers":"[https://a:pw@b]"}}"#,
                r#"{"flags":{"ir-password":"*******","service-account-max-token-expiration":"0s","etcd-servers":"[https://a:**@b]"}}"#,
            ),
        ] {
            let id = EvidenceId::new("https://h/flagz");
            let seen = Redactor::new().evidence(id, Plane::Running, Kind::Flagz, text);
            assert_eq!(seen.text().map(|text| &**text), Some(expected));
        }
    }

    #[test]
    fn the_tokens_of_a_table_go_and_the_names_stay() {
        for (text, expected) in [
            ("abc,ann,1\r\nde,bob,2,\"x,y\"\n", "***,ann,1\r\n**,bob,2,\"x,y\"\n"),
            ("\"a,\"\"b\",ann,1\n\n,bob,2", "\"**\"\"*\",ann,1\n\n,bob,2"),
            ("lonely", "******"),
        ] {
            let want = Want { id: EvidenceId::new("t"), host_path: "/t".to_owned(), contents: Contents::Tokens };
            let seen = Redactor::new().wanted(&want, Plane::Declared, text);
            assert_eq!(seen.text().map(|text| &**text), Some(expected));
        }
    }

    #[test]
    fn equal_secrets_share_a_number() {
        let mut redactor = Redactor::new();
        let secrets = redactor.cut("a: {secret: QUFBQQ==}\nb: {secret: QUFBQg==}\nc: {secret: QUFBQQ==}").1;
        let groups: Vec<_> = secrets.iter().map(|secret| secret.group).collect();
        assert_eq!(groups, [0, 1, 0]);
        assert!(secrets.iter().all(|secret| secret.decoded == Some(4)));
    }

    #[test]
    fn what_kind_of_secret_it_was_is_kept() {
        let natures = |text: &str| -> Vec<Option<Nature>> {
            Redactor::new().cut(text).1.into_iter().map(|secret| secret.nature).collect()
        };
        assert_eq!(natures("token: abcdef.0123456789abcdef"), [Some(Nature::BootstrapToken)]);
        assert_eq!(natures("token: '{{ token }}'"), [Some(Nature::Placeholder("{{ token }}".to_owned()))]);
        assert_eq!(natures("token: abc"), [None]);
        // {"sub":"system:serviceaccount:a:b","exp":1} and {"sub":"ann"}
        let account = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIiwiZXhwIjoxfQ.c2ln";
        let subject = Some("system:serviceaccount:a:b".to_owned());
        assert_eq!(natures(&format!("token: {account}")), [Some(Nature::SignedToken { subject, ends: Some(1) })]);
        let person = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2ln";
        assert_eq!(natures(&format!("token: {person}")), [Some(Nature::SignedToken { subject: None, ends: None })]);
        // A key that is no key is one that could not be read; its first line says so.
        let key = "-----BEGIN PRIVATE KEY-----\nAAA1\nAAA1\n-----END PRIVATE KEY-----\n";
        assert_eq!(natures(key), [Some(Nature::PrivateKey(PrivateKey::Unreadable)), None]);
        // Neither is a word where the digits would be, nor digits with something else among them.
        let digits = "A".repeat(64);
        for (body, expected) in [
            ("REDACTED".to_owned(), PrivateKey::Absent),
            ("AAAA".to_owned(), PrivateKey::Unreadable),
            (format!("{digits}\n!!!!"), PrivateKey::Spoilt),
        ] {
            let key = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
            assert_eq!(natures(&key).first(), Some(&Some(Nature::PrivateKey(expected))), "{body}");
        }
    }

    #[test]
    fn the_shape_of_a_secret_tells_what_it_is_worth() {
        for (text, expected) in [
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Strength::Pattern),
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", Strength::Pattern),
            // "01234567890123456789012345678901" does not repeat, "0123456789abcdef" twice does.
            ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", Strength::Pattern),
            ("c2VjcmV0IGlzIHNlY3VyZQ==", Strength::Readable),
            ("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=", Strength::Readable),
            ("hA7v0Xq3b9ZkT5sJmUqWc2yPfE8LrN1oGdI4xVtKzRw=", Strength::Plain),
            ("${ENCRYPTION_KEY}", Strength::Placeholder),
            ("<BASE 64 ENCODED SECRET>", Strength::Placeholder),
        ] {
            assert_eq!(strength(text), expected, "{text}");
        }
    }

    #[test]
    fn a_redacted_text_still_parses() {
        let evidence =
            Redactor::new().evidence(EvidenceId::new("a"), Plane::Declared, Kind::ConfigFile, "token: abc\nb: c");
        let text = evidence.text().expect("text").clone();
        assert_eq!(&*text, "token: ***\nb: c");
        assert!(yaml::parse(&parsable(&evidence, &text), &yaml::Limits::default()).faults.is_empty());
    }
}
