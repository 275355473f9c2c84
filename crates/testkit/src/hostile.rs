//! What must hold of bytes that nobody vouches for.
//!
//! Each function takes any bytes and panics where a promise is broken, so that one body serves three callers: a fuzzer
//! (`fuzz/`), the saved corpus of that fuzzer, and texts made up at random. The last two are ordinary tests below.

use facts::{Gathered, Options, Redactor};
use model::{Body, Evidence, EvidenceId, Kind, Location, Plane};
use yaml::{Cursor, Document, Limits, Span, edit};

/// A promise, and the name under which a fuzzer knows it.
pub type Target = (&'static str, fn(&[u8]));

/// Every promise; the names are those of the fuzz targets and of the folders of saved texts.
pub const TARGETS: [Target; 6] = [
    ("yaml_parse", yaml_parse),
    ("yaml_edit", yaml_edit),
    ("resolve", resolve),
    ("tls_records", tls_records),
    ("http_answers", http_answers),
    ("observed", observed),
];

/// A whole text costs at most what these allow, so that a fuzzer spends its time on shapes and not on sizes.
const LIMITS: Limits =
    Limits { bytes: 1 << 16, depth: 64, nodes: 20_000, aliases: 200, documents: 50, faults: 50, comments: true };

/// Nodes of one document that are looked at.
const NODES: usize = 500;

/// Reading a text: every place lies in it and on character boundaries, and what a node covers lies in its document.
pub fn yaml_parse(bytes: &[u8]) {
    let Ok(text) = yaml::decode(bytes) else { return };
    let stream = yaml::parse(text, &LIMITS);
    assert!(stream.faults.len() <= LIMITS.faults + 1, "more faults than are listed");
    for fault in &stream.faults {
        in_text(text, fault.span, "a fault");
        let (line, column) = yaml::line_column(text, fault.span.start);
        assert!(line >= 1 && column >= 1, "places count from one");
    }
    // The short way to the keys of a text knows no more than the long one, and nothing else.
    if let Some(outline) = yaml::outline(text, &LIMITS) {
        assert!(stream.faults.iter().all(|fault| !fault.kind.is_fatal()), "an outline of a text with a fatal fault");
        let keys = |document: &Document| -> Vec<String> {
            let mapping = document.root.mapping();
            let keys = mapping.into_iter().flat_map(|mapping| &mapping.entries);
            keys.filter_map(|entry| entry.key.scalar().map(|key| key.text().to_owned())).collect()
        };
        assert_eq!(outline, stream.documents.iter().map(keys).collect::<Vec<_>>(), "keys at the root");
    }
    for document in &stream.documents {
        in_text(text, document.span, "a document");
        each_node(document, &mut |cursor| {
            in_text(text, cursor.span(), "a node");
            assert!(document.at(&cursor.pointer()).is_some(), "`{}` leads nowhere", cursor.pointer());
        });
    }
}

/// Editing a text: whatever is planned and not refused reads back as wished, which [`edit::Change::apply`] itself compares.
/// The first three bytes choose the node and the operation.
pub fn yaml_edit(bytes: &[u8]) {
    let [node, operation, new, rest @ ..] = bytes else { return };
    let Ok(text) = yaml::decode(rest) else { return };
    let stream = yaml::parse(text, &LIMITS);
    let Some(document) = stream.documents.first() else { return };
    let mut cursors = Vec::new();
    each_node(document, &mut |cursor| cursors.push(cursor.clone()));
    let target = &cursors[usize::from(*node) % cursors.len()];
    let draft = match new % 5 {
        0 => edit::Draft::from("--authorization-mode=Node,RBAC"),
        1 => edit::Draft::from("it's: \"quoted\" # \u{e9}"),
        2 => edit::Draft::from(true),
        3 => edit::Draft::List(vec!["a".into(), "- b".into()]),
        _ => edit::Draft::Map(vec![("name".into(), "v".into()), ("n: n".into(), edit::Draft::Null)]),
    };
    let change = match operation % 4 {
        0 => edit::set(text, target, &draft),
        1 => edit::append(text, target, &draft),
        2 => edit::append_entry(text, target, "new key", &draft),
        _ => edit::remove(text, target),
    };
    let Ok(change) = change else { return };
    // A plan that would not read as wished is withdrawn, which is the promise.
    if let Ok(edited) = change.apply(text, &LIMITS) {
        let again = yaml::parse(&edited, &LIMITS);
        assert_eq!(again.documents.len(), stream.documents.len(), "an edit changes no other document");
    }
}

/// Everything from the bytes of one file to what is in force: nothing panics, redaction keeps every length, and what is
/// said of a component points into the text.
pub fn resolve(bytes: &[u8]) {
    if bytes.len() > LIMITS.bytes {
        return;
    }
    let recognised = facts::recognise(bytes);
    let Some(text) = recognised.text else { return };
    let length = text.len();
    let mut redactor = Redactor::new();
    let id = EvidenceId::new("node/etc/kubernetes/manifests/a.yaml".to_owned());
    let evidence = redactor.marked(id, Plane::Declared, recognised.kind, text);
    let Body::Text(redacted) = &evidence.body else { panic!("a text became something else") };
    assert_eq!(redacted.len(), length, "redaction keeps every length");
    let again = Redactor::new().evidence(evidence.id.clone(), Plane::Declared, Kind::Workload, redacted);
    assert!(matches!(&again.body, Body::Text(twice) if twice == redacted), "what was cut leaves no secret to cut");
    let gathered = Gathered {
        name: "any".to_owned(),
        target: "node".to_owned(),
        root: Some("node".to_owned()),
        evidence: vec![evidence],
        trees: facts::Trees::default(),
    };
    let options = Options::default();
    facts::wants(&gathered, &options);
    let cluster = facts::resolve(gathered, &options);
    for server in &cluster.apiservers {
        let component = server.component();
        for location in component.problems.iter().filter_map(|problem| problem.location.as_ref()) {
            in_evidence(&cluster.evidence, location);
        }
        for reading in component.settings.iter().filter_map(|setting| setting.nearest().ok()) {
            if let Some(location) = reading.origin.location() {
                in_evidence(&cluster.evidence, location);
            }
        }
    }
}

/// What a peer of TLS sent: it is understood alike however it is cut, nothing is made of bytes that did not come, and every
/// certificate in it is read or refused.
pub fn tls_records(bytes: &[u8]) {
    use probe::tls::ask::{Answer, Reading, Until};

    if bytes.len() > LIMITS.bytes {
        return;
    }
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>, until| {
        let mut reading = Reading::new(until);
        for piece in pieces {
            match reading.add(piece) {
                Ok(None) => {}
                done => return done,
            }
        }
        reading.end().map(Some)
    };
    for until in [Until::Hello, Until::Done] {
        let whole = read(&mut std::iter::once(bytes), until);
        assert_eq!(whole, read(&mut bytes.chunks(1), until), "byte by byte");
        assert_eq!(whole, read(&mut bytes.chunks(7), until), "in pieces");
        let Ok(Some(Answer::Chosen(flight))) = whole else { continue };
        let held: usize = flight.certificates.iter().flatten().map(Vec::len).sum();
        assert!(held <= bytes.len(), "more certificates than bytes");
        for certificate in flight.certificates.iter().flatten() {
            facts::pki::oddities(certificate);
        }
        let served = facts::pki::Served::read(flight.certificates.iter().flatten().map(Vec::as_slice));
        served.breaks();
        served.wants();
        if let Some(body) = &flight.key_exchange {
            let _ = probe::tls::server::KeyExchange::read(&probe::tls::names::suite(flight.hello.suite), body);
        }
        for name in flight.request.iter().filter_map(|body| probe::tls::server::authorities(body, true)).flatten() {
            facts::pki::name_of(&name);
        }
    }
    // The same as a record that somebody handed over: of either side.
    let piece = |is_ours, bytes: &[u8]| {
        let (at, length) = (std::time::Duration::ZERO, bytes.len());
        probe::Piece { at, is_ours, bytes: Some(bytes.to_vec()), length }
    };
    let hello = probe::tls::hello::ClientHello {
        protocol: probe::tls::Protocol::Tls12,
        random: [0; 32],
        suites: vec![0xc02f, 0x002f],
        groups: Vec::new(),
        sni: None,
        alpn: Vec::new(),
        compression: false,
        asks: false,
    };
    let answered = probe::Exchange::of("", vec![piece(true, &hello.bytes()), piece(false, bytes)]);
    let asked = probe::Exchange::of("", vec![piece(true, bytes), piece(false, bytes)]);
    let seen = probe::tls::reread(&[answered, asked]);
    assert!(seen.conversations <= 2 && seen.suites.len() <= 2, "{seen:?}");
}

/// What a peer of HTTP sent: what is kept of it is bounded and moves no cursor, in every version and however it is cut, and a
/// part of an answer is never taken for more than the whole.
pub fn http_answers(bytes: &[u8]) {
    use probe::http::{Answer, Over, answer::LOOKED_AT, frames, grpc, read_plain, read_recorded};

    if bytes.len() > LIMITS.bytes {
        return;
    }
    let calm = |text: &str| text.chars().all(|letter| letter == '\n' || !letter.is_control());
    let holds = |answer: &Answer| {
        assert!(answer.words.as_ref().is_none_or(|words| words.chars().count() <= LOOKED_AT && calm(words)));
        assert!(answer.user.as_deref().is_none_or(calm));
        assert!(answer.headers.len() <= 64, "{} headers", answer.headers.len());
        for (name, value) in &answer.headers {
            assert!(value.chars().count() <= 200 && calm(value), "{name}");
        }
    };
    let (whole, plain) = read_plain(bytes);
    if let Ok(answer) = &plain {
        holds(answer);
    }
    // Once it is whole, more of it changes nothing that was read.
    if whole && plain.is_ok() && bytes.len() < LOOKED_AT {
        let longer = [bytes, b"x"].concat();
        let (_, again) = read_plain(&longer);
        assert_eq!(again.map(|answer| answer.status), plain.map(|answer| answer.status), "with one byte more");
    }
    let one = read_recorded(bytes, usize::MAX, Over::Plain1);
    if let Ok(answer) = &one {
        holds(answer);
    }
    let cut = read_recorded(bytes, 7, Over::Plain1);
    assert_eq!(one.is_ok(), cut.is_ok(), "in pieces: {one:?}, {cut:?}");
    if let Ok(answer) = read_recorded(bytes, usize::MAX, Over::Plain2) {
        holds(&answer);
    }
    if let frames::Progress::Done(settings) = frames::read(bytes) {
        assert!(settings.settings.len() <= 64);
    }
    if let Some(version) = grpc::status(bytes).and_then(|status| status.version) {
        assert!(version.chars().count() <= 64 && calm(&version));
    }
}

/// What somebody says that a look has shown, as a file that was saved may: it is read within bounds, and whatever is concluded
/// from it points into it.
pub fn observed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.len() > LIMITS.bytes {
        return;
    }
    let of = |name: &str, kind| Redactor::new().evidence(EvidenceId::new(name.to_owned()), Plane::Observed, kind, text);
    let evidence = vec![of("http://h:6443@192.0.2.1:6443", Kind::Answers), of("tls://192.0.2.1:6443", Kind::Handshake)];
    let gathered = Gathered::of("any", evidence);
    let cluster = facts::resolve(gathered, &Options::default());
    for door in &cluster.doors {
        let looks = door.looks();
        let guesses = [looks.from.as_ref(), looks.to.as_ref()].into_iter().flatten().map(|guess| &guess.at);
        for at in guesses.chain(looks.distribution.as_ref().map(|guess| &guess.at)) {
            in_evidence(&cluster.evidence, at);
        }
        if let (Some(from), Some(to)) = (&looks.from, &looks.to) {
            assert!(from.value <= to.value, "a release from {} to {}", from.value, to.value);
        }
        for answer in &door.answers {
            in_evidence(&cluster.evidence, &answer.at);
        }
        door.leaks();
        door.given().for_each(drop);
    }
    for handshake in cluster.observed.iter().filter_map(|one| one.tls.as_ref().ok()?.as_ref()) {
        for place in handshake.protocols.iter().map(|one| &one.at).chain(handshake.suites.iter().map(|one| &one.at)) {
            in_evidence(&cluster.evidence, place);
        }
    }
}

fn in_evidence(evidence: &[Evidence], location: &Location) {
    let text = evidence.iter().find(|piece| piece.id == location.evidence).and_then(Evidence::text);
    if let (Some(span), Some(text)) = (location.span, text) {
        assert!(text.get(span.range()).is_some(), "a place is no text: {span:?}");
    }
}

fn in_text(text: &str, span: Span, what: &str) {
    assert!(span.start <= span.end, "{what} ends before it starts: {span:?}");
    assert!(text.get(span.range()).is_some(), "{what} is no text: {span:?}");
}

/// Calls with the nodes of a document, without following aliases.
fn each_node<'a>(document: &'a Document, look: &mut dyn FnMut(&Cursor<'a>)) {
    let mut open = vec![document.cursor()];
    let mut left = NODES;
    while let Some(cursor) = open.pop() {
        if left == 0 {
            return;
        }
        left -= 1;
        look(&cursor);
        if cursor.node().is_alias() {
            continue;
        }
        open.extend(cursor.items());
        open.extend(cursor.entries().map(|item| item.value));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::prelude::*;

    use super::*;

    /// What the fuzzers start from and have found so far.
    fn saved(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    }

    #[test]
    fn saved_texts_keep_every_promise() {
        for (target, promise) in TARGETS {
            let texts = saved(target);
            assert!(!texts.is_empty(), "no corpus for {target}");
            texts.iter().for_each(|text| promise(text));
        }
    }

    /// A saved text with a few bytes put in, taken out or doubled, which gets further than noise does.
    fn mutated(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
        let change = (
            any::<prop::sample::Index>(),
            0..4u8,
            prop::sample::select(b"{}[]:-#&*!|>'\"%@`\\\n\t ,?\0x1\xff".to_vec()),
        );
        (prop::sample::select(saved(target)), prop::collection::vec(change, 1..8)).prop_map(|(mut text, changes)| {
            for (place, kind, byte) in changes {
                let at = place.index(text.len() + 1);
                match kind {
                    0 if at < text.len() => text[at] = byte,
                    1 if at < text.len() => drop(text.drain(at..text.len().min(at + 9))),
                    2 => {
                        let line: Vec<u8> = text[at..].iter().copied().take_while(|&byte| byte != b'\n').collect();
                        text.splice(at..at, line);
                    }
                    _ => text.insert(at, byte),
                }
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_text_reads_within_itself(text in mutated("yaml_parse")) {
            yaml_parse(&text);
        }

        #[test]
        fn any_edit_reads_as_wished(text in mutated("yaml_edit")) {
            yaml_edit(&text);
        }

        #[test]
        fn any_answer_of_a_peer_is_understood_or_refused(text in mutated("tls_records")) {
            tls_records(&text);
        }

        #[test]
        fn any_answer_over_http_is_bounded(text in mutated("http_answers")) {
            http_answers(&text);
        }

        #[test]
        fn any_look_that_was_saved_is_read(text in mutated("observed")) {
            observed(&text);
        }

        #[test]
        fn any_file_resolves(text in mutated("resolve")) {
            resolve(&text);
        }
    }
}
