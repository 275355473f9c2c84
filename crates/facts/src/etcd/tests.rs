//! etcd by its flags, its environment and its file, beside what its own sources make of them.

use model::{Body, EvidenceId, Kind, Plane};

use super::*;
use crate::Redactor;

fn piece(name: &str, kind: Kind, text: &str) -> Evidence {
    Redactor::new().evidence(EvidenceId::new(name), Plane::Declared, kind, text)
}

fn resolved(evidence: &[Evidence], root: Option<&str>) -> Etcd {
    let found = resolve(evidence, &Trees::default(), root);
    let [one] = found.try_into().unwrap_or_else(|found: Vec<_>| panic!("{} members", found.len()));
    one
}

/// A static pod with these arguments and variables.
fn pod(image: &str, words: &[&str], variables: &[(&str, &str)]) -> String {
    let words: String = words.iter().map(|word| format!("    - \"{word}\"\n")).collect();
    let variables: String =
        variables.iter().map(|(name, value)| format!("    - {{name: {name}, value: \"{value}\"}}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: etcd, namespace: kube-system}}\nspec:\n  containers:\n  - name: etcd\n    \
         image: {image}\n    command:\n    - etcd\n{words}    env:\n    - {{name: TZ, value: UTC}}\n{variables}"
    )
}

fn of_pod(image: &str, words: &[&str], variables: &[(&str, &str)]) -> Etcd {
    resolved(&[piece("etcd.yaml", Kind::Objects, &pod(image, words, variables))], None)
}

fn value<'e>(etcd: &'e Etcd, name: &str) -> &'e str {
    etcd.get(name).unwrap_or_else(|_| panic!("{name}")).in_force()
}

const IMAGE: &str = "registry.k8s.io/etcd:3.5.15-0";

#[test]
fn a_flag_wins_over_its_variable_and_that_over_a_default() {
    let words = ["--cert-file=/a.crt", "-key-file", "/a.key", "--client-cert-auth"];
    let etcd = of_pod(IMAGE, &words, &[("ETCD_TRUSTED_CA_FILE", "/ca.crt"), ("ETCD_NAME", "")]);
    assert_eq!(etcd.component().release.to_string(), "3.5.15-0");
    for (name, held) in [
        ("cert-file", "/a.crt"),
        ("key-file", "/a.key"),
        ("client-cert-auth", "true"),
        ("trusted-ca-file", "/ca.crt"),
        ("name", "default"),
        ("auto-tls", "false"),
        ("listen-client-urls", "http://localhost:2379"),
    ] {
        assert_eq!(value(&etcd, name), held, "{name}");
    }
    assert!(etcd.component().problems.is_empty(), "{:?}", etcd.component().problems);
    assert!(matches!(etcd.get("nonsense"), Err(Unanswered::NotApplicable(_))));
}

#[test]
fn a_flag_beside_its_variable_stops_it_from_3_4_on() {
    // etcd 3.4.23 ends with "conflicting environment variable "ETCD_NAME" is shadowed by corresponding command-line flag".
    // It does so also where the variable is empty.
    let empty = of_pod(IMAGE, &["--name=a"], &[("ETCD_NAME", "")]);
    assert_eq!((value(&empty, "name"), empty.component().starts), ("a", Some(false)));
    for (image, stops) in [("quay.io/coreos/etcd:v3.3.10", false), ("quay.io/coreos/etcd:v3.4.23", true), (IMAGE, true)]
    {
        let etcd = of_pod(image, &["--name=a"], &[("ETCD_NAME", "b")]);
        assert_eq!(value(&etcd, "name"), "a");
        assert_eq!(etcd.component().starts, stops.then_some(false), "{image}");
        let [problem] = &etcd.component().problems[..] else { panic!("{:?}", etcd.component().problems) };
        assert_eq!((problem.kind, problem.stops), (ProblemKind::Conflict, stops), "{image}");
    }
}

#[test]
fn words_that_are_no_flags_stop_it() {
    for (words, message) in [
        (&["--no-such-flag=1"][..], "no release has a flag"),
        (&["--client-cert-auth", "false"], "is an argument"),
        (&["--enable-v2=true", "--client-cert-auth=yes"], "takes `true` or `false`"),
    ] {
        let etcd = of_pod(IMAGE, words, &[]);
        assert_eq!(etcd.component().starts, Some(false), "{words:?}");
        let problems = &etcd.component().problems;
        assert!(problems.iter().any(|problem| problem.message.contains(message)), "{words:?}: {problems:?}");
    }
    let gone = of_pod("registry.k8s.io/etcd:3.6.4-0", &["--enable-v2=false"], &[]);
    assert_eq!(gone.component().starts, Some(false));
}

#[test]
fn a_release_that_nobody_names_is_told_by_flags_or_is_all_of_them() {
    let etcd = of_pod("etcd:latest", &["--name=a"], &[]);
    assert_eq!(etcd.component().release.to_string(), "3.0 to 3.7");
    assert_eq!(value(&etcd, "client-cert-auth"), "false");
    let Err(Unanswered::Gap(gap)) = etcd.get("enable-v2") else { panic!("{:?}", etcd.get("enable-v2")) };
    assert_eq!((gap.kind, gap.wanted.as_str()), (GapKind::Version, "the release of etcd"));
    let etcd = of_pod("etcd:latest", &["--experimental-initial-corrupt-check=true"], &[]);
    assert_eq!(etcd.component().release.to_string(), "3.3 to 3.6");
}

#[test]
fn an_etcd_of_somebody_elses_application_is_none_of_ours() {
    let text = pod(IMAGE, &["--name=a"], &[]);
    let others = text.replace("namespace: kube-system", "namespace: shop");
    assert!(resolve(&[piece("a.yaml", Kind::Objects, &others)], &Trees::default(), None).is_empty());
    let asked = piece("https://a/api/v1/pods", Kind::Objects, &text);
    assert!(resolve(&[asked], &Trees::default(), None).is_empty());
}

#[test]
fn a_file_is_all_that_counts() {
    let manifest = pod(IMAGE, &["--config-file=/etc/etcd/etcd.conf.yml", "--name=a", "--auto-tls=true"], &[]);
    let manifest = manifest.clone()
        + "    volumeMounts:\n    - {name: conf, mountPath: /etc/etcd}\n  volumes:\n  - {name: conf, hostPath: {path: /etc/etcd}}\n";
    let file = "name: b\nlisten-client-urls: https://10.0.0.1:2379,https://127.0.0.1:2379\nclient-transport-security:\n  \
                cert-file: /s.crt\n  client-cert-auth: true\n";
    let manifest = piece("/n/etc/kubernetes/manifests/etcd.yaml", Kind::Objects, &manifest);
    let read = [manifest.clone(), piece("/n/etc/etcd/etcd.conf.yml", Kind::ConfigFile, file)];
    let etcd = resolved(&read, Some("/n"));
    assert_eq!((value(&etcd, "name"), value(&etcd, "auto-tls")), ("b", "false"));
    assert_eq!((value(&etcd, "cert-file"), value(&etcd, "client-cert-auth")), ("/s.crt", "true"));
    let (listens, reading) = etcd.listens("listen-client-urls").expect("URLs");
    assert_eq!(listens.iter().map(|one| one.host.as_str()).collect::<Vec<_>>(), ["10.0.0.1", "127.0.0.1"]);
    assert!(reading.origin.location().is_some_and(|at| at.evidence.as_str().ends_with("etcd.conf.yml")));
    // Without it nothing is known, whatever the flags say.
    let etcd = resolved(std::slice::from_ref(&manifest), Some("/n"));
    assert!(matches!(etcd.get("name"), Err(Unanswered::Gap(_))));
    let missing = Evidence { body: Body::Missing, ..piece("/n/etc/etcd/etcd.conf.yml", Kind::ConfigFile, "") };
    let etcd = resolved(&[manifest.clone(), missing], Some("/n"));
    assert_eq!(etcd.component().starts, Some(false));
    let odd =
        piece("/n/etc/etcd/etcd.conf.yml", Kind::ConfigFile, "client-transport-security: {client-cert-auth: maybe}\n");
    assert_eq!(resolved(&[manifest, odd], Some("/n")).component().starts, Some(false));
}

#[test]
fn a_unit_hands_over_what_its_environment_file_says() {
    let unit =
        "[Service]\nEnvironmentFile=/etc/etcd.env\nEnvironment=ETCD_NAME=a\nExecStart=/usr/bin/etcd --data-dir=/d\n";
    let unit = piece("/n/etc/systemd/system/etcd.service", Kind::ConfigFile, unit);
    let file = piece("/n/etc/etcd.env", Kind::ConfigFile, "ETCD_CLIENT_CERT_AUTH=true\n# ETCD_AUTO_TLS=true\n");
    let etcd = resolved(&[unit.clone(), file], Some("/n"));
    assert_eq!((value(&etcd, "name"), value(&etcd, "data-dir"), value(&etcd, "client-cert-auth")), ("a", "/d", "true"));
    assert_eq!(value(&etcd, "auto-tls"), "false");
    // What was not read may say anything that is not said elsewhere.
    let etcd = resolved(&[unit], Some("/n"));
    assert_eq!(value(&etcd, "data-dir"), "/d");
    assert!(matches!(etcd.get("client-cert-auth"), Err(Unanswered::Gap(_))));
    assert!(etcd.component().outranked.is_some(), "it may name a file that is all that counts");
}

#[test]
fn what_a_process_was_given_besides_its_arguments_is_not_known() {
    let text = "root 812 1 0 10:00 ? 00:00:01 etcd --data-dir=/d --client-cert-auth=true\n";
    let etcd = resolved(&[piece("ps.txt", Kind::ConfigFile, text)], None);
    assert_eq!(value(&etcd, "client-cert-auth"), "true");
    assert!(matches!(etcd.get("trusted-ca-file"), Err(Unanswered::Gap(_))));
}

#[test]
fn who_has_to_show_a_certificate_depends_on_the_release() {
    let demands =
        |image: &str, words: &[&str]| of_pod(image, words, &[]).demands(Side::Clients).map(|(what, _)| what).ok();
    let (old, new) = ("quay.io/coreos/etcd:v3.3.10", IMAGE);
    for (image, words, wanted) in [
        (new, &[][..], Some(Demanded::No)),
        (new, &["--client-cert-auth"], Some(Demanded::OfAnybody)),
        (new, &["--client-cert-auth", "--trusted-ca-file=/ca"], Some(Demanded::OfItsOwn)),
        (new, &["--trusted-ca-file=/ca"], Some(Demanded::OfItsOwn)),
        (old, &["--trusted-ca-file=/ca"], Some(Demanded::No)),
        ("etcd:latest", &["--trusted-ca-file=/ca"], None),
        ("etcd:latest", &["--client-cert-auth", "--trusted-ca-file=/ca"], Some(Demanded::OfItsOwn)),
    ] {
        assert_eq!(demands(image, words), wanted, "{image} {words:?}");
    }
}

#[test]
fn urls_are_told_apart_by_what_reaches_them() {
    for (url, tls, local, everywhere) in [
        ("http://127.0.0.1:2379", false, true, false),
        ("https://[::1]:2379", true, true, false),
        ("http://localhost:2379", false, true, false),
        ("https://0.0.0.0:2379", true, false, true),
        ("http://[::]:2379", false, false, true),
        ("https://10.0.0.1:2379", true, false, false),
        ("unix:///run/etcd.sock", false, true, false),
        ("unixs://etcd:2379", true, true, false),
    ] {
        let one = Listen::of(url).expect(url);
        assert_eq!((one.is_tls, one.is_local(), one.is_everywhere()), (tls, local, everywhere), "{url}");
    }
    assert_eq!(Listen::of("10.0.0.1:2379"), None);
}
