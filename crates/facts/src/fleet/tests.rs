//! One key is one, wherever it was seen.

use model::{Body, EvidenceId, Kind, Plane};

use super::*;
use crate::{Gathered, Options, Redactor, resolve};

fn cluster(pieces: &[(&str, Kind, &str)], root: Option<&str>) -> Cluster {
    let mut redactor = Redactor::new();
    let evidence = pieces
        .iter()
        .map(|(name, kind, text)| redactor.evidence(EvidenceId::new(*name), Plane::Running, *kind, text))
        .collect();
    let gathered = Gathered {
        name: "a".to_owned(),
        target: "t".to_owned(),
        root: root.map(str::to_owned),
        evidence,
        trees: crate::Trees::default(),
    };
    resolve(gathered, &Options::default())
}

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true\n  containers:\n  - command: [kube-apiserver, --service-account-key-file=/k/sa.pub, --client-ca-file=/k/ca.crt, --service-account-issuer=https://a]\n    image: registry.k8s.io/kube-apiserver:v1.31.0\n    volumeMounts: [{name: k, mountPath: /k}]\n  volumes: [{name: k, hostPath: {path: /k}}]\n";

/// The public half of a key of RSA whose modulus is 64 bytes of 0xb4, in PEM.
fn pem() -> String {
    let modulus = [0xb4_u8; 64];
    let numbers = [&[0x30, 0x48, 0x02, 0x41, 0x00][..], &modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat();
    let algorithm = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let whole = [&[0x30, 0x5c][..], &algorithm, &[0x03, 0x4b, 0x00], &numbers].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", digits(&whole, '+', '/', true))
}

fn digits(bytes: &[u8], sixty_two: char, sixty_three: char, padded: bool) -> String {
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain([sixty_two, sixty_three]).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        out.extend((0..=chunk.len()).map(|place| letters[(bits >> (18 - 6 * place) & 63) as usize]));
        out.push_str(if padded { ["", "==", "="][chunk.len() % 3] } else { "" });
    }
    out
}

#[test]
fn a_key_in_a_file_and_in_a_key_set_is_one() {
    let pieces =
        [("n/etc/kubernetes/manifests/k.yaml", Kind::Workload, MANIFEST), ("n/k/sa.pub", Kind::ConfigFile, &pem())];
    let of_file = Member::of(&cluster(&pieces, Some("n")));
    let [key] = &of_file.token_keys.keys[..] else { panic!("one key: {:?}", of_file.token_keys) };
    assert_eq!((key.name.as_str(), of_file.issuers.as_slice()), ("RSA of 512 bits", &["https://a".to_owned()][..]));
    // The file of authorities was not given.
    assert!(of_file.client_authorities.keys.is_empty() && of_file.client_authorities.gap.is_some());

    let set = format!(
        r#"{{"keys":[{{"use":"sig","kty":"RSA","alg":"RS256","n":"{}","e":"AQAB"}},{{"kty":"oct"}}]}}"#,
        digits(&[0xb4; 64], '-', '_', false)
    );
    let asked = Member::of(&cluster(&[(&format!("https://h{KEY_SET}"), Kind::Objects, &set)], None));
    assert_eq!(asked.token_keys.keys.iter().map(|key| &key.sha256).collect::<Vec<_>>(), [&key.sha256]);
    assert_eq!((asked.token_keys.keys[0].at.pointer.as_str(), &asked.token_keys.gap), ("/keys/0", &None));
}

#[test]
fn what_nobody_showed_is_a_gap() {
    let bare = Member::of(&cluster(&[("k.yaml", Kind::Workload, MANIFEST)], None));
    for known in [&bare.client_authorities, &bare.token_keys] {
        assert!(known.keys.is_empty() && known.gap.is_some(), "{known:?}");
    }
    // An answer that was refused, and nothing else that tells.
    let mut refused = cluster(&[("https://h/version", Kind::Version, r#"{"gitVersion":"v1.36.2"}"#)], None);
    let gap = Gap {
        kind: GapKind::Unread,
        reason: "may not".to_owned(),
        wanted: "get /openid/v1/jwks".to_owned(),
        who_could_answer: "a user".to_owned(),
    };
    refused.evidence.push(Evidence::of(
        EvidenceId::new(format!("https://h{KEY_SET}")),
        Plane::Running,
        Kind::Objects,
        Body::Unread(gap),
    ));
    assert!(Member::of(&refused).token_keys.gap.is_some());
}
