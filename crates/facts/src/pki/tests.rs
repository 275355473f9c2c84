//! What is read of keys and certificates, on real ones of the recorded servers and on made ones that nobody should have.

use model::{Body, EvidenceId, KeyForm, Kind, Location, Plane, PrivateKey};

use super::{
    der::{private_key, public_key},
    *,
};
use crate::{Redactor, observed};

/// The files that were beside the recorded servers.
fn recorded(name: &str) -> String {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/vectors/startup-1.36.json")).expect("vectors");
    vectors["common_files"][name].as_str().expect(name).to_owned()
}

fn items(text: &str) -> Vec<Item> {
    let evidence = Redactor::new().evidence(EvidenceId::new("a.pem"), Plane::Declared, Kind::ConfigFile, text);
    read(&evidence).expect("a text").into_iter().map(|placed| placed.item).collect()
}

fn one(text: &str) -> Certificate {
    match items(text).into_iter().next() {
        Some(Item::Certificate(certificate)) => *certificate,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_is_read_as_go_reads_it() {
    let (ca, serving, admin) = (one(&recorded("ca.crt")), one(&recorded("apiserver.crt")), one(&recorded("admin.crt")));
    assert_eq!((ca.subject.text.as_str(), ca.is_authority()), ("CN=kubernetes", true));
    assert_eq!((ca.key.algorithm.as_str(), ca.key.bits, ca.key.exponent), ("RSA", Some(2048), Some(65_537)));
    assert_eq!(ca.signature, "SHA256-RSA");
    assert_eq!(ca.first_day().map(|day| day.to_string()).as_deref(), Some("2026-11-23"));
    assert!(!ca.is_signed_weakly());
    assert_eq!(serving.subject.common_name.as_deref(), Some("kube-apiserver"));
    assert_eq!(serving.hosts, ["localhost", "kubernetes", "127.0.0.1", "10.0.0.1"]);
    assert!(serving.may_be_issued_by(&ca) && !ca.may_be_issued_by(&serving));
    assert_eq!(admin.subject.organizations, ["system:masters"]);
    assert_ne!(serving.key, admin.key);
}

#[test]
fn the_way_of_a_chain_is_followed_in_whatever_order_it_came() {
    let serving = one(&recorded("apiserver.crt"));
    let called = |text: &str| Name { text: text.to_owned(), ..Name::default() };
    let named = |subject: &str, issuer: &str| {
        let (key_id, issuer_key_id) = (None, None);
        let (subject, issuer) = (called(subject), called(issuer));
        Ok(Certificate { subject, issuer, key_id, issuer_key_id, ..serving.clone() })
    };
    let wants = |chain: &[(&str, &str)]| {
        let certificates = chain.iter().map(|(subject, issuer)| named(subject, issuer)).collect();
        Served { certificates }.wants().map(str::to_owned)
    };
    assert_eq!(wants(&[("leaf", "inter"), ("inter", "root")]).as_deref(), Some("root"));
    assert_eq!(wants(&[("leaf", "inter"), ("inter", "root"), ("leaf", "inter")]).as_deref(), Some("root"));
    assert_eq!(wants(&[("leaf", "inter"), ("root", "root"), ("inter", "root")]), None);
    assert_eq!(wants(&[("leaf", "inter"), ("other", "root")]).as_deref(), Some("inter"));
    // Two that issue one another lead nowhere.
    assert_eq!(wants(&[("leaf", "a"), ("a", "b"), ("b", "a")]).as_deref(), Some("a"));
    assert_eq!(wants(&[("leaf", "leaf")]), None);
}

/// `openssl x509` made them: `bound` may vouch for names of corp.example and addresses of 10.0.0.0/8, `nobody` is no authority.
#[test]
fn what_keeps_clients_from_a_chain_is_told_by_what_its_parts_may_do() {
    let read = items(include_str!("../../tests/vectors/chains.pem"));
    let named = |name: &str| {
        let of = |item: &Item| match item {
            Item::Certificate(one) if one.subject.common_name.as_deref() == Some(name) => Some(one.as_ref().clone()),
            _ => None,
        };
        Ok(read.iter().find_map(of).expect("a certificate of that name"))
    };
    let breaks = |names: &[&str]| Served { certificates: names.iter().map(|name| named(name)).collect() }.breaks();
    assert_eq!(breaks(&["within", "bound"]), Vec::<String>::new());
    assert_eq!(
        breaks(&["beyond", "bound"]),
        ["certificate 2 may not vouch for localhost, by the names to which it is bound"]
    );
    assert_eq!(
        breaks(&["below", "nobody"]),
        [
            "certificate 1 is not for servers, by the purposes that it names",
            "certificate 2 does not say that it is an authority"
        ]
    );
}

#[test]
fn what_stands_beside_a_block_does_not_matter_to_it() {
    let ca = recorded("ca.crt");
    let with =
        format!("subject=kubernetes\n{ca}\n  -----BEGIN CERTIFICATE-----\nno line of its own\n{}", recorded("sa.pub"));
    let found = items(&with);
    assert!(matches!(&found[..], [Item::Certificate(_), Item::PublicKey(key)] if key.bits == Some(2048)), "{found:?}");
    assert!(items("").is_empty() && items("-----BEGIN CERTIFICATE-----\nAAAA\n").is_empty());
    let broken = items("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(matches!(&broken[..], [Item::Other { fault: Some(_), .. }]), "{broken:?}");
    // One that does not end is none, and the next one is.
    let unended = items(&format!("-----BEGIN CERTIFICATE-----\nAAAA\n{ca}"));
    assert!(matches!(&unended[..], [Item::Certificate(_)]), "{unended:?}");
    let fields = ca.replacen('\n', "\nX: y\n\n", 1);
    assert!(one(&fields).has_fields && !one(&ca).has_fields && one(&fields).bytes == one(&ca).bytes);
}

#[test]
fn bytes_behind_a_certificate_do_not_spoil_it() {
    let body: String = recorded("ca.crt").lines().filter(|line| !line.starts_with("---")).collect();
    let mut bytes = decoded(&body).expect("base64");
    let length = bytes.len();
    bytes.extend([0, 1, 2]);
    let read = Certificate::read(&bytes).expect("a certificate");
    assert_eq!(read.bytes.len(), length);
    for cut in [0, 1, 2, 3, 10, length / 2, length - 1] {
        assert!(Certificate::read(&bytes[..cut]).is_err(), "{cut}");
    }
}

/// A key of RSA whose numbers are no primes of anything: 1024 bits, and the exponent 3.
fn rsa_private() -> Vec<u8> {
    let mut modulus = vec![0, 0xc0];
    modulus.extend([0x55; 127]);
    let number = |bytes: &[u8]| der(0x02, bytes);
    der(0x30, &[number(&[0]), number(&modulus), number(&[3]), number(&[1])].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], content].concat()
}

#[test]
fn the_public_half_of_a_private_key_is_that_of_its_certificate() {
    let (rsa, form) = private_key("RSA PRIVATE KEY", &rsa_private()).expect("a key");
    assert_eq!(form, KeyForm::Pkcs1);
    assert_eq!((rsa.bits, rsa.exponent), (Some(1024), Some(3)));
    let public = rsa.public.clone().expect("a public half");
    assert_eq!(public_key(&public).as_ref(), Some(&rsa));
    let object = der(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
    let wrapped = [der(0x02, &[0]), der(0x30, &object), der(0x04, &rsa_private())].concat();
    // A label that does not fit keeps nobody from telling the form.
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        assert_eq!(private_key(label, &der(0x30, &wrapped)), Some((rsa.clone(), KeyForm::Pkcs8)));
    }

    // SEC 1: the curve and the public half are optional, and OpenSSL and Go write both.
    let curve = der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let point = der(0x03, &[&[0, 4][..], &[7; 64]].concat());
    let all = [der(0x02, &[1]), der(0x04, &[9; 32]), der(0xa0, &curve), der(0xa1, &point)].concat();
    let (ec, form) = private_key("EC PRIVATE KEY", &der(0x30, &all)).expect("a key");
    assert_eq!(form, KeyForm::Sec1);
    assert_eq!((ec.algorithm.as_str(), ec.bits), ("ECDSA", Some(256)));
    assert_eq!(public_key(ec.public.as_deref().expect("a public half")), Some(ec.clone()));
    let bare = [der(0x02, &[1]), der(0x04, &[9; 32])].concat();
    let (bare, _) = private_key("EC PRIVATE KEY", &der(0x30, &bare)).expect("a key");
    assert_eq!((bare.bits, bare.public), (None, None));
    for cut in 0..all.len() {
        let _ = private_key("EC PRIVATE KEY", &all[..cut]);
        let _ = private_key("PRIVATE KEY", &wrapped[..cut.min(wrapped.len())]);
    }
}

#[test]
fn what_a_server_makes_for_itself_is_in_nobodys_hands() {
    let serving = one(&recorded("apiserver.crt"));
    let own = Certificate { hosts: vec!["apiserver-loopback-client".to_owned()], ..serving.clone() };
    let at = Location::whole(EvidenceId::new("tls://10.0.0.1:6443"), Plane::Observed);
    let chain = |leaf: &Certificate| observed::Chain {
        sni: None,
        trust: None,
        served: Served { certificates: vec![Ok(leaf.clone())] },
        places: vec![at.clone()],
    };
    let handshake = observed::Handshake {
        host: "10.0.0.1".to_owned(),
        address: None,
        protocols: Vec::new(),
        suites: Vec::new(),
        groups: Vec::new(),
        compression: None,
        begins_anew: None,
        secure_renegotiation: None,
        asks_for_certificate: None,
        requires_certificate: None,
        chains: vec![chain(&serving), chain(&own)],
        unseen: Vec::new(),
    };
    let seen = observed::Observed {
        endpoint: "10.0.0.1:6443".to_owned(),
        component: Some("kube-apiserver".to_owned()),
        evidence: at.clone(),
        tls: Ok(Some(handshake)),
    };
    let held = held(&[], &[], &[], &[seen], None);
    let [served] = &held[..] else { panic!("{} held", held.len()) };
    assert_eq!(served.found.len(), 1);
}

#[test]
fn keys_that_no_component_of_kubernetes_takes_are_measured_all_the_same() {
    let key = |object: &[u8], parameters: &[u8], bits: &[u8]| {
        let algorithm = der(0x30, &[der(0x06, object), parameters.to_vec()].concat());
        let bits = der(0x03, &[&[0], bits].concat());
        let key = public_key(&der(0x30, &[algorithm, bits].concat())).expect("a key");
        (key.algorithm, key.bits)
    };
    let numbers = der(0x30, &[der(0x02, &[&[0, 0xc1][..], &[7; 127]].concat()), der(0x02, &[1, 0, 1])].concat());
    let pss = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    assert_eq!(key(&pss, &[], &numbers), ("RSA-PSS".to_owned(), Some(1024)));
    let prime = der(0x30, &der(0x02, &[&[0, 0x80][..], &[7; 127]].concat()));
    assert_eq!(key(&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], &prime, &[2, 1, 5]), ("DSA".to_owned(), Some(1024)));
    assert_eq!(key(&[0x2b, 0x65, 0x71], &[], &[7; 57]), ("Ed448".to_owned(), Some(456)));
    let ecdsa = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let on = |curve: &[u8]| key(&ecdsa, &der(0x06, curve), &[4; 65]);
    assert_eq!(on(&[0x2b, 0x81, 0x04, 0x00, 0x0a]), ("ECDSA on secp256k1".to_owned(), Some(256)));
    assert_eq!(on(&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d]).1, Some(512));
    assert_eq!(on(&[0x2b, 0x01]), ("ECDSA".to_owned(), None));
}

#[test]
fn a_private_key_is_known_after_it_was_cut() {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = rsa_private();
    let mut body = String::new();
    for chunk in bytes.chunks(3) {
        let held = chunk.iter().fold(0_u32, |held, byte| (held << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let used = digit <= chunk.len();
            body.push(if used { char::from(DIGITS[(held >> (18 - 6 * digit)) as usize & 63]) } else { '=' });
        }
    }
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    // Go takes a key under any label, so nothing keeps one that is not called private.
    for label in ["RSA PRIVATE KEY", "rsa private key", "KEY", ""] {
        let text = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
        let evidence = Redactor::new().evidence(EvidenceId::new("a.key"), Plane::Declared, Kind::ConfigFile, &text);
        let Body::Text(kept) = &evidence.body else { panic!("a text") };
        assert!(lines.iter().all(|line| !kept.contains(line)), "{kept}");
        let found = read(&evidence).expect("a text");
        let expected = private_key(label, &bytes).map(|(key, form)| PrivateKey::Read(key, form));
        let Some(Item::PrivateKey { key, .. }) = found.first().map(|placed| &placed.item) else { panic!("{found:?}") };
        assert_eq!(Some(key), expected.as_ref(), "{label}");
    }
}
