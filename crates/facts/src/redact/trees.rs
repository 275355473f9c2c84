//! Secrets in trees: values by their keys, and texts in texts.

use model::Span;
use yaml::{Cursor, Stream, Value};

use super::{first_column, names_a_flag, nature::base64_length, push_lines, raw::raw_spans};
use crate::spelling;

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
pub(super) const SECRET_NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "api_key", "access_key"];

pub(super) fn of_trees(stream: &Stream, text: &str, spans: &mut Vec<Span>) {
    for document in &stream.documents {
        tree_spans(&document.cursor(), text, 0, spans);
    }
}

/// Whether a walk over the tree could find anything: most manifests hold no such word.
pub(super) fn mentions_a_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    let stands = |from: Option<usize>, word: &str| {
        from.and_then(|from| bytes.get(from..from + word.len()))
            .is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    // Each word is looked for by one letter of it, so that the text is passed over three times and not seven.
    memchr::memchr2_iter(b'k', b'K', bytes).any(|at| stands(Some(at), "key") || stands(at.checked_sub(2), "token"))
        || memchr::memchr2_iter(b'c', b'C', bytes).any(|at| stands(at.checked_sub(2), "secret"))
        || memchr::memchr2_iter(b'p', b'P', bytes).any(|at| {
            ["passw", "passphrase", "pass:"].iter().any(|word| stands(Some(at), word))
                || stands(at.checked_sub(1), "_pwd")
        })
        || text.contains(HEADERS)
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
pub(super) fn is_table(text: &str) -> bool {
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
