//! What endpoints showed, as evidence tells it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Plane};
use portcullis_facts::{Gathered, Options, observed::Observed, pki};

fn piece(name: &str, body: Body) -> Evidence {
    Evidence::of(EvidenceId::new(name.to_owned()), Plane::Observed, Kind::Handshake, body)
}

fn observed(evidence: Vec<Evidence>) -> Vec<Observed> {
    let gathered = Gathered::of("a", evidence);
    portcullis_facts::resolve(gathered, &Options::default()).observed
}

#[test]
fn a_handshake_is_read_as_it_was_written() {
    let text = r#"{"kind": "Handshake", "host": "api.example", "protocols": {"TLS 1.3": true, "TLS 1.1": false},
        "suites": {"TLS 1.3": ["TLS_AES_128_GCM_SHA256"]}, "compression": false,
        "client_certificate": {"requested": true, "required": null},
        "chains": [{"sni": null, "trust": "private", "certificates": ["no PEM"]}]}"#;
    let found = observed(vec![piece("tls://api.example:443", Body::Text(text.into()))]);
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.endpoint.as_str(), one.component.as_deref()), ("api.example:443", Some("kube-apiserver")));
    let seen = one.tls.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        (seen.speaks("TLS 1.3"), seen.speaks("TLS 1.1"), seen.speaks("TLS 1.0")),
        (Some(true), Some(false), None)
    );
    assert_eq!(
        (seen.compression, seen.asks_for_certificate, seen.requires_certificate),
        (Some(false), Some(true), None)
    );
    assert_eq!(seen.suites[0].at.pointer, "/suites/TLS 1.3/0");
    assert!(seen.chains[0].served.leaf().is_none() && seen.chains[0].sni.is_none());
}

#[test]
fn what_was_not_seen_is_a_gap_and_what_is_something_else_too() {
    let gap = Gap {
        kind: GapKind::Unread,
        reason: "nothing listens there".to_owned(),
        wanted: "tls://a:10250".to_owned(),
        who_could_answer: String::new(),
    };
    let found = observed(vec![
        piece("tls://a:10250", Body::Unread(gap.clone())),
        piece("tls://b:2379", Body::Missing),
        piece("tls://c:1", Body::Text("kind: Pod\n".into())),
    ]);
    assert_eq!(found[0].tls, Err(gap));
    assert_eq!((found[0].component.as_deref(), found[1].component.as_deref()), (Some("kubelet"), Some("etcd")));
    assert_eq!(found[1].tls, Ok(None));
    assert!(found[2].tls.is_err() && found[2].component.is_none());
}

#[test]
fn certificates_without_end_are_odd_and_do_no_harm() {
    for bytes in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 0x82, 0xff, 0xff], &[0x30, 3, 2, 1, 0]] {
        assert!(!pki::oddities(bytes).is_empty());
        let served = pki::Served::read([bytes, bytes]);
        assert!(served.leaf().is_none() && served.wants().is_none());
    }
    assert_eq!(pki::Served::default().breaks(), ["no certificate is sent"]);
}

/// As a server of Kubernetes refuses whoever is nobody.
fn answers(name: &str) -> Evidence {
    let text = r#"{"reach":"answered","asked":[{"over":"tls http/1.1","path":"/api","meaning":"unauthenticated","status":401,
        "words":"{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"code\": 401}"}]}"#;
    Evidence { kind: Kind::Answers, ..piece(name, Body::Text(text.into())) }
}

#[test]
fn what_was_seen_of_tls_at_a_name_belongs_to_the_door_of_its_address() {
    let handshake = |address: &str| {
        format!(
            r#"{{"kind": "Handshake", "host": "api.example", "address": "{address}", "protocols": {{"TLS 1.3": true}},
            "groups": {{"TLS 1.3": ["X25519MLKEM768"]}}, "chains": []}}"#
        )
    };
    let doors = |evidence: Vec<Evidence>| {
        let gathered = Gathered {
            name: "a".to_owned(),
            target: "a".to_owned(),
            root: None,
            evidence,
            trees: portcullis_facts::Trees::default(),
        };
        portcullis_facts::resolve(gathered, &Options::default()).doors
    };
    // One address alone, whose evidence bears the name that somebody typed.
    let found = doors(vec![
        piece("tls://api.example:8443", Body::Text(handshake("192.0.2.1:8443").into())),
        answers("http://api.example:8443@192.0.2.1:8443"),
    ]);
    let [door] = &found[..] else { panic!("{found:?}") };
    let from = door.looks().from.expect("a release that TLS tells");
    assert_eq!(from.value.to_string(), "1.31");
    // Of several each has its own.
    let found = doors(vec![
        piece("tls://192.0.2.2:8443", Body::Text(handshake("192.0.2.2:8443").into())),
        piece("tls://api.example:8443", Body::Text(handshake("192.0.2.1:8443").into())),
        answers("http://api.example:8443@192.0.2.2:8443"),
        answers("http://api.example:8443@192.0.2.3:8443"),
    ]);
    assert_eq!(found.iter().map(|door| door.tls.is_some()).collect::<Vec<_>>(), [true, false], "{found:?}");
}
