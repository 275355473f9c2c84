//! What is written is what is read, and nothing else is.

use std::{fs, io::Cursor, path::Path};

use facts::{Gathered, Redactor};
use model::{
    Body, CutSecret, Evidence, EvidenceId, Gap, GapKind, Key, KeyForm, Kind, Nature, Plane, PrivateKey as Digits, Span,
    Strength,
};

use std::collections::BTreeMap;

use super::{read::Seen, *};
use crate::{
    Account, Inputs, Outcome,
    endpoint::Spent,
    live::{Live, Requests},
};

fn piece(name: &str, body: Body) -> Evidence {
    let digest = match &body {
        Body::Text(text) => Some(model::Digest { bytes: text.len() as u64, sha256: None }),
        _ => None,
    };
    Evidence {
        id: EvidenceId::new(name),
        plane: Plane::Running,
        kind: Kind::Objects,
        body,
        secrets: Vec::new(),
        digest,
    }
}

fn sample() -> Gathered {
    let secret = |start, nature| CutSecret {
        span: Span::new(start, start + 4),
        decoded: Some(3),
        strength: Strength::Readable,
        group: 2,
        nature,
    };
    let key =
        Key { algorithm: "RSA".to_owned(), bits: Some(2048), exponent: Some(65537), public: Some([1, 2, 255].into()) };
    let gap = Gap {
        kind: GapKind::Unread,
        reason: "`jane` may not".to_owned(),
        wanted: "get /flagz".to_owned(),
        who_could_answer: "a user".to_owned(),
    };
    let mut cut = piece("c", Body::Text("a: ****\nb: ****\nc: ****\nd: ****\n".into()));
    cut.secrets = vec![
        secret(3, Some(Nature::PrivateKey(Digits::Read(key, KeyForm::Pkcs8)))),
        secret(11, Some(Nature::SignedToken { subject: Some("system:serviceaccount:a:b".to_owned()), ends: Some(-1) })),
        secret(19, Some(Nature::Placeholder("<x>".to_owned()))),
        secret(27, None),
    ];
    Gathered {
        name: "prod\u{e9}".to_owned(),
        target: "context:prod".to_owned(),
        root: Some("node".to_owned()),
        evidence: vec![
            piece("a", Body::Text("one\n".into())),
            piece("b", Body::Text("one\n".into())),
            cut,
            piece("d", Body::Missing),
            piece("e", Body::Present),
            piece("g", Body::Folder),
            piece("f", Body::Unread(gap)),
        ],
        trees: facts::Trees::default(),
    }
}

const SPENT: Spent = Spent { connections: 12, requests: 40, sent: 9, received: 10 };

fn written(clusters: &[Gathered], key: Option<&PrivateKey>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), "2026-11-27T00:00:00Z", "0.1.0").expect("begun");
    let live = Live {
        id: Some("1-2/ab".to_owned()),
        requests: Requests { count: 14, bytes: 999 },
        outside: Some(SPENT),
        account: Account::default(),
    };
    for gathered in clusters {
        let labels = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
        writer.cluster(gathered, Some(&live), &labels).expect("written");
    }
    let inputs = Inputs { judged: 3, unread: 1, ..Inputs::default() };
    writer.target("context:prod", &Outcome { inputs, clusters: clusters.len(), ..Outcome::default() });
    writer.finish(key).expect("finished").0
}

fn replayed(bytes: &[u8]) -> (Vec<Seen>, Vec<(String, Outcome)>) {
    let mut bundle = Bundle::open(Cursor::new(bytes)).unwrap_or_else(|why| panic!("{why:?}"));
    let (mut clusters, mut targets) = (Vec::new(), Vec::new());
    bundle.replay("b", &mut Redactor::new(), &mut |arrived| match arrived {
        Ok(seen) => clusters.push(seen),
        Err(target) => targets.push(target),
    });
    (clusters, targets)
}

#[test]
fn everything_survives() {
    let (clusters, targets) = replayed(&written(&[sample()], None));
    let [Seen { gathered, live: Some(live), labels }] = &clusters[..] else { panic!("one cluster") };
    let sample = sample();
    assert_eq!((&gathered.name, &gathered.target, &gathered.root), (&sample.name, &sample.target, &sample.root));
    assert_eq!(live.outside, Some(SPENT));
    assert_eq!((live.id.as_deref(), live.requests.count, live.requests.bytes), (Some("1-2/ab"), 14, 999));
    assert_eq!(labels["env"], "prod");
    assert_eq!(gathered.evidence.len(), sample.evidence.len());
    for (read, wrote) in gathered.evidence.iter().zip(&sample.evidence) {
        assert_eq!((&read.id, read.plane, read.kind), (&wrote.id, wrote.plane, wrote.kind));
        assert_eq!((&read.secrets, &read.digest), (&wrote.secrets, &wrote.digest), "{}", read.id);
        match (&read.body, &wrote.body) {
            (Body::Text(read), Body::Text(wrote)) => assert_eq!(read, wrote),
            (Body::Unread(read), Body::Unread(wrote)) => assert_eq!(read, wrote),
            (Body::Missing, Body::Missing) | (Body::Present, Body::Present) | (Body::Folder, Body::Folder) => {}
            _ => panic!("{} became something else", read.id),
        }
    }
    assert_eq!(targets[0].0, "context:prod");
    assert_eq!((targets[0].1.inputs.judged, targets[0].1.inputs.unread, targets[0].1.clusters), (3, 1, 1));
}

#[test]
fn numbers_of_equal_secrets_are_those_of_one_run() {
    let bytes = written(&[sample()], None);
    let mut redactor = Redactor::new();
    let own = redactor.evidence(EvidenceId::new("x"), Plane::Declared, Kind::Workload, "password: abcdefgh\n");
    let mut bundle = Bundle::open(Cursor::new(&bytes[..])).expect("a bundle");
    let mut group = None;
    bundle.replay("b", &mut redactor, &mut |arrived| {
        if let Ok(seen) = arrived {
            group = seen.gathered.evidence[2].secrets.first().map(|secret| secret.group);
        }
    });
    assert_ne!(group, own.secrets.first().map(|secret| secret.group), "a secret of another run is another");
}

/// The same evidence gives the same bytes, and what is there twice is kept once.
#[test]
fn members_are_named_by_what_they_hold() {
    let one = written(&[sample()], None);
    assert_eq!(one, written(&[sample()], None));
    // Numbers that hardly pack.
    let text: String = (0..2000_u64).map(|n| format!("{:x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let with = |name: &str| Gathered {
        name: name.to_owned(),
        evidence: vec![piece("a", Body::Text(text.as_str().into()))],
        ..sample()
    };
    let (one, both) = (written(&[with("a")], None).len(), written(&[with("a"), with("b")], None).len());
    assert!(both < one + 1000, "{both} {one}");
    let twice = written(&[sample(), sample()], None);
    assert!(
        Bundle::open(Cursor::new(&twice[..])).is_err_and(|why| why.message == "the bundle names one cluster twice")
    );
}

/// Whichever byte is another one, a bundle gives what was put into it, or nothing of it.
#[test]
fn a_byte_that_changed_is_noticed() {
    let bytes = written(&[sample()], None);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        hostile(&changed);
        let Ok(mut bundle) = Bundle::open(Cursor::new(&changed[..])) else { continue };
        let signed = bundle.signed();
        bundle.replay("b", &mut Redactor::new(), &mut |arrived| {
            if let Ok(seen) = arrived {
                assert_eq!(seen.gathered.evidence[0].text().map(|text| &**text), Some("one\n"), "byte {at}");
                assert_eq!(signed, Signed::Wrongly, "byte {at} is nobody's");
            }
        });
    }
    for length in 0..bytes.len() {
        assert!(Bundle::open(Cursor::new(&bytes[..length])).is_err(), "cut at {length}");
    }
}

#[test]
fn keys_of_openssl_sign_and_verify() {
    let folder = std::env::temp_dir().join(format!("portcullis-bundle-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, label: &str, body: &str| {
        let path = folder.join(name);
        fs::write(&path, format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")).expect("written");
        path
    };
    // The key of RFC 8410, section 10.3, and its public half of section 10.1.
    let label = ["PRIVATE", "KEY"].join(" ");
    let key = write("key", &label, "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");
    let public = write("pub", "PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
    let key = PrivateKey::read(&key).unwrap_or_else(|KeyError(why)| panic!("{why}"));
    let public = PublicKey::read(&public).expect("a public key");
    let bytes = written(&[sample()], Some(&key));
    let bundle = Bundle::open(Cursor::new(&bytes[..])).expect("a bundle");
    assert_eq!((bundle.signed(), bundle.verify(&public)), (Signed::By(public), Ok(())));
    let other = PublicKey([7; 32]);
    assert!(bundle.verify(&other).is_err_and(|why| why.message.contains("is signed by 19bf44")));
    let unsigned = written(&[sample()], None);
    let unsigned = Bundle::open(Cursor::new(&unsigned[..])).expect("a bundle");
    assert!(unsigned.verify(&public).is_err_and(|why| why.message == "the bundle is not signed"));
    let mut forged = bytes.clone();
    let at = forged.len() - 20;
    forged[at] ^= 1;
    let forged = Bundle::open(Cursor::new(&forged[..])).expect("a bundle");
    assert_eq!(forged.signed(), Signed::Wrongly);
    let wrong = write("wrong", "PUBLIC KEY", "MCowBQYDK2V");
    assert!(PublicKey::read(&wrong).is_err() && PrivateKey::read(&wrong).is_err());
    fs::remove_dir_all(&folder).expect("gone");
}

/// A manifest and records of somebody's own making.
fn forged(record: &str, texts: &[&[u8]]) -> Vec<u8> {
    use std::io::Write as _;

    use sha2::{Digest as _, Sha256};
    let mut bytes = [&MAGIC[..], &VERSION.to_le_bytes()].concat();
    let mut add = |content: &[u8]| {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).expect("packed");
        let packed = encoder.finish().expect("packed");
        let digest: [u8; 32] = Sha256::digest(content).into();
        let at = bytes.len();
        bytes.extend_from_slice(&packed);
        (digest, at, packed.len(), content.len())
    };
    let member = |(digest, at, packed, length): ([u8; 32], usize, usize, usize)| {
        format!(r#"{{"sha256":"{}","offset":{at},"packed":{packed},"bytes":{length}}}"#, model::hex(&digest))
    };
    let mut record = record.to_owned();
    for (index, text) in texts.iter().enumerate() {
        record = record.replace(&format!("@{index}"), &member(add(text)));
    }
    let record = member(add(record.as_bytes()));
    let manifest = format!(
        r#"{{"schema":"portcullis.bundle/1","tool":{{"name":"x","version":"1"}},"collected":"x","clusters":[{{"name":"a","record":{record}}}],"targets":[]}}"#
    );
    let (digest, at, packed, length) = add(manifest.as_bytes());
    for number in [at, packed, length] {
        bytes.extend_from_slice(&(number as u64).to_le_bytes());
    }
    bytes.extend_from_slice(&digest);
    bytes.extend_from_slice(&[0; 96]);
    bytes.extend_from_slice(&END);
    bytes
}

fn record(evidence: &str) -> String {
    format!(r#"{{"name":"a","target":"t","root":null,"labels":{{}},"live":null,"evidence":[{evidence}]}}"#)
}

fn one(name: &str, body: &str, secrets: &str) -> String {
    format!(r#"{{"name":"{name}","plane":"declared","kind":"workload","bytes":1,"body":{body},"secrets":[{secrets}]}}"#)
}

#[test]
fn what_somebody_made_to_hurt_is_refused_in_words() {
    let secret = |start: u32, end: u32| {
        format!(r#"{{"span":[{start},{end}],"decoded":null,"strength":"plain","group":4294967295,"nature":null}}"#)
    };
    let zeros = vec![b'0'; 70 << 20];
    let text = r#"{"text":@0}"#;
    let cases: Vec<(String, &[u8], &str)> = vec![
        (record(&one("x", text, "")), &zeros, "larger than 64 MiB"),
        (record(&one("x", text, "").repeat(2).replace("}{", "},{")), b"a", "names `x` twice"),
        (record(&one("x", text, &secret(0, 9))), b"****", "outside its text"),
        (record(&one("x", text, &secret(3, 1))), b"****", "outside its text"),
        (record(&one("x", text, &secret(0, 4))), b"abcd", "is not cut"),
        (record(&one("x", "\"missing\"", &secret(0, 4))), b"a", "has secrets and no text"),
        (record(&one("x", text, "")), &[0xff, 0xfe], "is no text"),
        (record(&one("x", text, "").replace("workload", "wrkload")), b"a", "`wrkload` is no kind"),
        (record(&one("x", text, "").replace("\"bytes\":1,", "\"bytes\":1,\"proof\":2,")), b"a", "unknown field"),
        (
            record(&one("x", text, "").replace("\"offset\":12", "\"offset\":18446744073709551615")),
            b"a",
            "outside the bundle",
        ),
        (record(&one(&"x".repeat(70_000), text, "")), b"a", "too long"),
        ("[".repeat(100_000), b"a", "is not as it should be"),
    ];
    for (record, text, expected) in cases {
        let mut record = record;
        // Offsets are known once they are there.
        if expected == "outside the bundle" {
            record = record.replace(
                "@0",
                &format!(r#"{{"sha256":"{}","offset":18446744073709551615,"packed":1,"bytes":1}}"#, "0".repeat(64)),
            );
        }
        let (clusters, targets) = replayed(&forged(&record, &[text]));
        assert!(clusters.is_empty(), "{expected}");
        let said = &targets[0].1.troubles[0].message;
        assert!(said.contains(expected), "{expected}: {said}");
        assert_eq!((targets[0].0.as_str(), targets[0].1.clusters, targets[0].1.inputs.unread), ("b!a", 0, 1));
    }
    let mut newer = written(&[sample()], None);
    newer[8] = 2;
    let why = Bundle::open(Cursor::new(&newer[..])).err().expect("refused");
    assert!(why.message.contains("of version 2") && why.hint.is_some(), "{why:?}");
}

/// Somebody's own bundle may hold what nobody cut.
#[test]
fn what_was_left_to_cut_is_cut() {
    let text = b"apiVersion: v1\nkind: Config\nusers: [{name: u, user: {password: hunter2hunter2}}]\n";
    let (clusters, _) = replayed(&forged(&record(&one("x", r#"{"text":@0}"#, "")), &[text]));
    let piece = &clusters[0].gathered.evidence[0];
    assert!(piece.text().is_some_and(|text| text.contains("**************") && !text.contains("hunter2")));
    assert_eq!(piece.secrets.len(), 1);
}

/// What fuzzers start from and have found so far.
#[test]
fn saved_bundles_keep_every_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/bundle_read");
    let files: Vec<_> = fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    assert!(files.len() >= 3, "{}", files.len());
    for file in files {
        hostile(&fs::read(file).expect("a file"));
    }
}
