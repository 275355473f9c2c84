//! The resolver held to what real API servers did: the files in `vectors` were recorded from kube-apiserver 1.36.2 and
//! 1.20.2, and each says in its `note` how.

use std::collections::BTreeMap;

use model::{
    Body, Evidence, EvidenceId, Form, Gap, GapKind, Kind, Location, Origin, Plane, ProblemKind, Site, Span, Unanswered,
    Version,
};
use portcullis_facts::{
    self as facts, Contents, Files, Gathered, Invocation, Redactor, Word,
    apiserver::{ApiServer, resolve, wants},
    configuration::FileKind,
    flag,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Argv {
    cases: Vec<ArgvCase>,
}

#[derive(Deserialize)]
struct ArgvCase {
    argv: Vec<String>,
    parses: bool,
    error: Vec<String>,
    flags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Startup {
    common_files: BTreeMap<String, serde_json::Value>,
    cases: Vec<StartupCase>,
}

#[derive(Deserialize)]
struct StartupCase {
    name: String,
    argv: Vec<String>,
    starts: bool,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, serde_json::Value>,
}

fn invocation<'a>(argv: impl IntoIterator<Item = &'a str>) -> Invocation {
    let declared_in = EvidenceId::new("kube-apiserver.yaml");
    let at = |index: u32| Location {
        evidence: declared_in.clone(),
        plane: Plane::Declared,
        span: Some(Span::new(index, index + 1)),
        pointer: format!("/spec/containers/0/command/{index}"),
    };
    let words =
        argv.into_iter().zip(1..).map(|(text, index)| Word::written(text, Site { at: at(index), form: Form::Word }));
    Invocation {
        list: Some(Site { at: at(0), form: Form::List }),
        contained: true,
        ..Invocation::of(
            "kube-apiserver",
            "kube-apiserver-node".to_owned(),
            declared_in.clone(),
            Plane::Declared,
            words.collect(),
        )
    }
}

const NO_FILES: Files<'static> = Files { root: None, mounts: &[], contained: false, evidence: &[], carried: &[] };

fn server(version: &str, argv: &[&str]) -> ApiServer {
    let version: Version = version.parse().expect("a version");
    resolve(&invocation(argv.iter().copied()), Some(&version), &NO_FILES)
}

fn printed(server: &ApiServer, name: &str) -> String {
    let setting = server.component().setting(name).expect("a setting");
    setting.nearest().map_or_else(|gap| format!("gap: {}", gap.reason), |reading| reading.value.clone())
}

fn in_force(server: &ApiServer, name: &str) -> String {
    let setting = server.component().setting(name).expect("a setting");
    setting.in_force().map_or_else(|gap| format!("gap: {}", gap.reason), |reading| reading.in_force().to_owned())
}

fn stops(server: &ApiServer) -> Vec<&str> {
    server.component().problems.iter().filter(|problem| problem.stops).map(|problem| problem.message.as_str()).collect()
}

#[test]
fn a_word_for_a_stage_prints_as_recorded() {
    #[derive(Deserialize)]
    struct Case {
        version: String,
        argv: Vec<String>,
        printed: String,
    }
    #[derive(Deserialize)]
    struct Recorded {
        cases: Vec<Case>,
    }
    let recorded: Recorded = serde_json::from_str(include_str!("vectors/feature-gates.json")).expect("vectors");
    for case in &recorded.cases {
        let argv: Vec<&str> = case.argv.iter().map(String::as_str).collect();
        let server = server(&case.version, &argv);
        assert_eq!(printed(&server, "feature-gates"), case.printed, "{} {argv:?}", case.version);
        // What the word has set is not given by anybody, unless the word then says something else.
        let given = server.given_gates().expect("they are known");
        let names: Vec<&str> = given.iter().map(|gate| gate.name.as_str()).collect();
        assert!(names.len() <= 2 || argv.len() > 1, "{argv:?}: {names:?}");
    }
}

/// Flags of the fork that 1.36.2 was built from.
const FORK: [&str; 2] = ["openshift-config", "send-retry-after-while-not-ready-once"];
/// Flags of the upstream main package, which the recorded build did not have.
const MAIN: [&str; 2] = ["log-json-info-buffer-size", "log-json-split-stream"];

fn command_lines_resolve_as_recorded(version: &str, text: &str) {
    let recorded: Argv = serde_json::from_str(text).expect("vectors");
    let mut wrong = Vec::new();
    for case in &recorded.cases {
        let argv: Vec<&str> = case.argv.iter().map(String::as_str).collect();
        let server = server(version, &argv);
        if (!case.parses || !case.error.is_empty()) && stops(&server).is_empty() {
            wrong.push(format!("{argv:?}: nothing stops it, but {:?}", case.error));
        }
        if !case.parses {
            continue;
        }
        for (name, value) in &case.flags {
            // The recorder set the verbosity itself, to have the flags printed.
            if FORK.contains(&name.as_str()) || name == "v" {
                continue;
            }
            match server.component().setting(name) {
                None => wrong.push(format!("{argv:?}: no setting {name}")),
                Some(_) if printed(&server, name) != *value => {
                    wrong.push(format!("{argv:?}: {name} is {}, not {value}", printed(&server, name)));
                }
                Some(_) => {}
            }
        }
        for setting in &server.component().settings {
            if !case.flags.contains_key(setting.name) && !MAIN.contains(&setting.name) {
                wrong.push(format!("{argv:?}: {} is no flag of the server", setting.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn command_lines_of_1_36_resolve_as_recorded() {
    command_lines_resolve_as_recorded("1.36.2", include_str!("vectors/apiserver-argv-1.36.2.json"));
}

#[test]
fn command_lines_of_1_20_resolve_as_recorded() {
    command_lines_resolve_as_recorded("1.20.2", include_str!("vectors/apiserver-argv-1.20.2.json"));
}

/// What neither the command line nor the configuration files tell.
const BEYOND: [(&str, &str); 2] = [
    ("flag: bind-address of another host", "which addresses the host has"),
    ("flag: bind-address ::", "which addresses the host has"),
];

/// The files of a case below a root, and the missing ones as such; those that they name come after them.
fn evidence(invocation: &Invocation, version: &Version, present: &BTreeMap<String, String>) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    for _ in 0..3 {
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &found, carried: &[] };
        let mut wants = wants(invocation, Some(version), &files);
        wants.retain(|want| !found.iter().any(|known| known.id == Files::id("/root", &want.path)));
        found.extend(wants.into_iter().map(|want| {
            let id = Files::id("/root", &want.path);
            let piece = |body| Evidence::of(id.clone(), Plane::Declared, Kind::ConfigFile, body);
            match present.get(&want.path) {
                // Private keys were not recorded.
                Some(text) if want.contents == Contents::Unneeded || text.starts_with("(a private key") => {
                    piece(Body::Present)
                }
                Some(text) if matches!(want.contents, Contents::Keys | Contents::Kubeconfig) => {
                    Redactor::new().evidence(id.clone(), Plane::Declared, Kind::ConfigFile, text)
                }
                Some(text) => piece(Body::Text(text.as_str().into())),
                None => piece(Body::Missing),
            }
        }));
    }
    found
}

fn starts_as_recorded(version: &str, text: &str) {
    let recorded: Startup = serde_json::from_str(text).expect("vectors");
    let version: Version = version.parse().expect("a version");
    let mut wrong = Vec::new();
    for case in &recorded.cases {
        let argv: Vec<String> = case.argv.iter().map(|word| word.replace("{DIR}", "/dir")).collect();
        let invocation = invocation(argv.iter().map(String::as_str));
        let present = case
            .files
            .iter()
            .chain(&recorded.common_files)
            .map(|(name, text)| (format!("/dir/{name}"), text.as_str().unwrap_or_default().replace("{DIR}", "/dir")))
            .collect();
        let evidence = evidence(&invocation, &version, &present);
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
        let server = resolve(&invocation, Some(&version), &files);
        let expected = case.starts || BEYOND.iter().any(|(name, _)| *name == case.name);
        // A file that is not understood leaves it open, and open is not wrong.
        if (server.component().starts != Some(false)) != expected {
            let error = case.error.as_deref().unwrap_or_default();
            wrong.push(format!("{}: starts {}: {error}; we say {:?}", case.name, case.starts, stops(&server)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn servers_of_1_36_start_as_recorded() {
    starts_as_recorded("1.36.2", include_str!("vectors/startup-1.36.json"));
}

#[test]
fn servers_of_1_20_start_as_recorded() {
    starts_as_recorded("1.20.2", include_str!("vectors/startup-1.20.json"));
}

/// Recorded of 1.20.2 and 1.36.2, with each flag given a folder: both end with "is a directory", whatever reads the file.
#[test]
fn a_folder_in_place_of_a_file_stops_the_server() {
    const FLAGS: [&str; 14] = [
        "admission-control-config-file",
        "audit-policy-file",
        "authentication-token-webhook-config-file",
        "client-ca-file",
        "egress-selector-config-file",
        "encryption-provider-config",
        "etcd-cafile",
        "kubelet-certificate-authority",
        "kubelet-client-key",
        "requestheader-client-ca-file",
        "service-account-key-file",
        "service-account-signing-key-file",
        "tls-private-key-file",
        "token-auth-file",
    ];
    for (version, flag) in ["1.20.2", "1.36.2"].into_iter().flat_map(|version| FLAGS.map(|flag| (version, flag))) {
        let word = format!("--{flag}=/folder");
        let version: Version = version.parse().expect("a version");
        let invocation = invocation(BASE.iter().copied().chain([word.as_str()]));
        let mut evidence = evidence(&invocation, &version, &BTreeMap::from([("/folder".to_owned(), String::new())]));
        for piece in evidence.iter_mut().filter(|piece| piece.id.as_str() == "/root/folder") {
            piece.body = Body::Folder;
        }
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
        let server = resolve(&invocation, Some(&version), &files);
        let said = format!("`/folder`, which `--{flag}` names, is a folder");
        assert!(stops(&server).contains(&said.as_str()), "{version} {flag}: {:?}", stops(&server));
    }
}

/// Flags, the files that they name, and what stops the server, if something does.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, String)], Option<&'a str>);

/// Answers of Go's and the server's own libraries to files that nobody recorded: tls.X509KeyPair, ParseCertsPEM and
/// ParsePublicKeysPEM, cited in `checks/keys.rs`.
#[test]
fn keys_and_certificates_that_do_not_fit_stop_the_server() {
    let recorded: Startup = serde_json::from_str(include_str!("vectors/startup-1.36.json")).expect("vectors");
    let file = |name: &str| recorded.common_files[name].as_str().expect(name).to_owned();
    // The form of a key, with the numbers 1024 bits long and none of them a secret.
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMAoCAQACAgD/AgED\n-----END RSA PRIVATE KEY-----\n";
    let serving = ["--tls-cert-file=/a.crt", "--tls-private-key-file=/a.key"];
    let cases: [Case<'_>; 10] = [
        (
            &serving,
            &[("/a.crt", file("apiserver.crt")), ("/a.key", key.to_owned())],
            Some("is not that of the certificate"),
        ),
        (&serving, &[("/a.crt", file("sa.pub")), ("/a.key", key.to_owned())], Some("holds no certificate")),
        (&serving, &[("/a.crt", file("apiserver.crt")), ("/a.key", file("sa.pub"))], Some("holds no private key")),
        (&["--client-ca-file=/ca"], &[("/ca", "x\n".to_owned())], Some("holds no certificate")),
        (&["--client-ca-file=/ca"], &[("/ca", file("ca.crt") + &file("sa.pub"))], None),
        (&["--client-ca-file=/ca"], &[("/ca", file("ca.crt").replace("MIID", "AIID"))], Some("cannot be used")),
        (&["--service-account-key-file=/k"], &[("/k", file("sa.pub"))], None),
        (&["--service-account-key-file=/k"], &[("/k", file("apiserver.crt"))], None),
        (&["--service-account-signing-key-file=/k"], &[("/k", file("sa.pub"))], Some("no RSA or ECDSA private key")),
        (
            &["--client-ca-file=/ca", "--requestheader-client-ca-file=/front"],
            &[("/ca", file("ca.crt")), ("/front", file("admin.crt") + &file("ca.crt"))],
            Some("share certificates"),
        ),
    ];
    let version: Version = "1.36.2".parse().expect("a version");
    for (argv, files, expected) in cases {
        let invocation = invocation(BASE.iter().copied().chain(argv.iter().copied()));
        let present = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
        let evidence = evidence(&invocation, &version, &present);
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
        let server = resolve(&invocation, Some(&version), &files);
        let said: Vec<&str> = stops(&server).into_iter().filter(|said| !said.contains("does not exist")).collect();
        let wanted = |said: &&str| expected.is_some_and(|expected| said.contains(expected));
        assert!(said.len() == usize::from(expected.is_some()) && said.iter().all(wanted), "{argv:?}: {said:?}");
    }
}

/// Command lines that differ from one that starts in a word or two.
#[derive(Deserialize)]
struct Words {
    base: Vec<String>,
    cases: Vec<WordsCase>,
}

#[derive(Deserialize)]
struct WordsCase {
    version: String,
    argv: Vec<String>,
    /// Flags of the base that were left out.
    #[serde(default)]
    without: Vec<String>,
    starts: bool,
    #[serde(default)]
    values: BTreeMap<String, String>,
}

#[test]
fn a_word_stops_the_servers_that_it_stopped() {
    let recorded: Words = serde_json::from_str(include_str!("vectors/words.json")).expect("vectors");
    let mut wrong = Vec::new();
    for case in &recorded.cases {
        let left_out = |word: &String| case.without.iter().any(|flag| word.starts_with(&format!("{flag}=")));
        let argv = recorded.base.iter().filter(|word| !left_out(word)).chain(&case.argv);
        let argv: Vec<&str> = argv.map(String::as_str).collect();
        let server = server(&case.version, &argv);
        if stops(&server).is_empty() != case.starts {
            wrong.push(format!(
                "{} {:?}: starts {}; we say {:?}",
                case.version,
                case.argv,
                case.starts,
                stops(&server)
            ));
        }
        for (name, value) in &case.values {
            if printed(&server, name) != *value {
                wrong.push(format!(
                    "{} {:?}: {name} is {}, not {value}",
                    case.version,
                    case.argv,
                    printed(&server, name)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), recorded.cases.len(), wrong.join("\n"));
}

/// Files behind a flag of a command line that starts without it.
#[derive(Deserialize)]
struct Texts {
    base: Vec<String>,
    cases: Vec<TextCase>,
}

#[derive(Deserialize)]
struct TextCase {
    version: String,
    flag: String,
    text: String,
    /// What else was given for the file to be read.
    #[serde(default)]
    with: Vec<String>,
    starts: bool,
}

const WEBHOOK: &str = "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n\
                       contexts: [{name: c, context: {cluster: a}}]\ncurrent-context: c\n";

#[test]
fn a_file_stops_the_servers_that_it_stopped() {
    let recorded: Texts = serde_json::from_str(include_str!("vectors/texts.json")).expect("vectors");
    let startup: Startup = serde_json::from_str(include_str!("vectors/startup-1.36.json")).expect("vectors");
    let mut wrong = Vec::new();
    for case in &recorded.cases {
        let version: Version = case.version.parse().expect("a version");
        let mut argv: Vec<String> = recorded.base.iter().map(|word| word.replace("{DIR}", "/dir")).collect();
        // A file of authorizers excludes the flag.
        argv.retain(|word| case.flag != "authorization-config" || !word.starts_with("--authorization-mode"));
        argv.push(format!("--{}=/dir/case", case.flag));
        argv.extend(case.with.iter().cloned());
        let invocation = invocation(argv.iter().map(String::as_str));
        let names = argv.iter().filter_map(|word| word.split_once("=/dir/")).map(|(_, name)| name.to_owned());
        let mut present: BTreeMap<String, String> = names
            .chain(startup.common_files.keys().cloned())
            .map(|name| {
                let text = startup.common_files.get(&name).and_then(serde_json::Value::as_str);
                (format!("/dir/{name}"), text.unwrap_or_default().to_owned())
            })
            .collect();
        // The one that was beside the recorded servers, but for its credentials.
        present.insert("/dir/kc.yaml".to_owned(), WEBHOOK.to_owned());
        present.insert("/dir/case".to_owned(), case.text.replace("{DIR}", "/dir"));
        let evidence = evidence(&invocation, &version, &present);
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
        let server = resolve(&invocation, Some(&version), &files);
        if (server.component().starts != Some(false)) != case.starts {
            wrong.push(format!("{} {}: starts {}: {}", case.version, case.flag, case.starts, case.text));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), recorded.cases.len(), wrong.join("\n"));
}

/// A value of DER with fewer than 256 bytes.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("short");
    [&[tag, 0x81, length], content].concat()
}

/// A block of PEM with those bytes.
fn pem(label: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut body = String::new();
    for chunk in bytes.chunks(3) {
        let held = chunk.iter().fold(0_u32, |held, byte| (held << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let used = digit <= chunk.len();
            body.push(if used { char::from(DIGITS[(held >> (18 - 6 * digit)) as usize & 63]) } else { '=' });
        }
    }
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A key on P-256 that nobody should have, as SEC 1 and as PKCS 8 have it (RFC 5915 and 5958).
fn keys_of_two_forms() -> (Vec<u8>, Vec<u8>) {
    let curve = der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let kind = der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    let point = der(0x03, &[&[0, 4][..], &[7; 64]].concat());
    let numbers = [der(0x02, &[1]), der(0x04, &[9; 32])].concat();
    let sec1 = der(0x30, &[&numbers[..], &der(0xa0, &curve), &der(0xa1, &point)].concat());
    let algorithm = der(0x30, &[kind, curve].concat());
    let pkcs8 = der(0x30, &[der(0x02, &[0]), algorithm, der(0x04, &sec1)].concat());
    (sec1, pkcs8)
}

/// Both recorded servers judge such files so; the keys that they were given are in no vector.
#[test]
fn a_key_counts_in_the_form_and_under_the_label_that_its_flag_takes() {
    const PUBLIC: &str = "service-account-key-file";
    const SIGNING: &str = "service-account-signing-key-file";
    const SERVING: &str = "tls-private-key-file";
    let (sec1, pkcs8) = keys_of_two_forms();
    let [ec, plain, rsa] = ["EC PRIVATE KEY", "PRIVATE KEY", "RSA PRIVATE KEY"];
    let broken = pem(ec, &[0; 48]);
    let good = pem(ec, &sec1);
    let spoilt = good.replacen('\n', "\n!!!!", 1);
    let unended = good.rsplit_once("-----END").expect("an end").0.to_owned();
    let cases: Vec<(&str, &str, String, Option<bool>)> = vec![
        // keyutil takes SEC 1 alone for a key that proves tokens, under any label.
        ("SEC 1", PUBLIC, good.clone(), Some(true)),
        ("PKCS 8", PUBLIC, pem(plain, &pkcs8), Some(false)),
        ("SEC 1 under the label of PKCS 8", PUBLIC, pem(plain, &sec1), Some(true)),
        ("a broken one first", PUBLIC, format!("{broken}{good}"), Some(true)),
        // It signs with each form under its own label.
        ("SEC 1", SIGNING, good.clone(), Some(true)),
        ("PKCS 8", SIGNING, pem(plain, &pkcs8), Some(true)),
        ("SEC 1 under the label of PKCS 8", SIGNING, pem(plain, &sec1), Some(false)),
        ("PKCS 8 under the label of RSA", SIGNING, pem(rsa, &pkcs8), Some(false)),
        ("another label", SIGNING, pem("XEC PRIVATE KEY", &sec1), Some(false)),
        ("a broken one first", SIGNING, format!("{broken}{good}"), Some(true)),
        ("one that does not end first", SIGNING, format!("{unended}{good}"), Some(true)),
        ("spoilt", SIGNING, spoilt.clone(), Some(false)),
        // crypto/tls takes the first block whose label ends so, whatever the form.
        ("SEC 1 under the label of RSA", SERVING, pem(rsa, &sec1), Some(true)),
        ("another label", SERVING, pem("XPRIVATE KEY", &sec1), Some(false)),
        ("a broken one first", SERVING, format!("{broken}{good}"), Some(false)),
        ("a spoilt one first", SERVING, format!("{spoilt}{good}"), Some(true)),
        ("with fields", SERVING, good.replacen('\n', "\nX: y\n\n", 1), Some(true)),
        // Where somebody has taken the key out of a copy nobody knows what it was.
        ("no digits", SERVING, pem(plain, &[]), None),
        ("a word", SIGNING, format!("-----BEGIN {plain}-----\nREDACTED\n-----END {plain}-----\n"), None),
    ];
    let base = ["--etcd-servers=http://127.0.0.1:2379", "--service-account-issuer=https://kubernetes.default.svc"];
    let mut wrong = Vec::new();
    for (name, flag, text, expected) in cases {
        for version in ["1.20.2", "1.36.2"] {
            let mut argv: Vec<String> = base.iter().map(|word| (*word).to_owned()).collect();
            argv.push("--authorization-mode=RBAC".to_owned());
            let mut present = BTreeMap::from([("/dir/case".to_owned(), text.clone())]);
            for other in [PUBLIC, SIGNING] {
                let path = if other == flag { "/dir/case" } else { "/dir/good" };
                argv.push(format!("--{other}={path}"));
            }
            present.insert("/dir/good".to_owned(), good.clone());
            // Of a certificate that was not read nothing is compared with the key.
            if flag == SERVING {
                argv.extend(["--tls-cert-file=/dir/cert", "--tls-private-key-file=/dir/case"].map(str::to_owned));
            }
            let invocation = invocation(argv.iter().map(String::as_str));
            let parsed: Version = version.parse().expect("a version");
            let mut evidence = evidence(&invocation, &parsed, &present);
            for piece in &mut evidence {
                if piece.id == Files::id("/root", "/dir/cert") {
                    piece.body = Body::Present;
                }
            }
            let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
            let server = resolve(&invocation, Some(&parsed), &files);
            if server.component().starts != expected {
                let found = (server.component().starts, stops(&server));
                wrong.push(format!("{version} --{flag} {name}: expected {expected:?}, found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Deserialize)]
struct Anonymous {
    cases: Vec<AnonymousCase>,
}

#[derive(Deserialize)]
struct AnonymousCase {
    name: String,
    argv: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    status: BTreeMap<String, u16>,
}

#[test]
fn anonymous_callers_get_in_where_they_did() {
    let recorded: Anonymous = serde_json::from_str(include_str!("vectors/anonymous-1.36.json")).expect("vectors");
    let version: Version = "1.36.2".parse().expect("a version");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for case in &recorded.cases {
        let argv: Vec<String> = case.argv.iter().map(|word| word.replace("{DIR}", "/dir")).collect();
        let argv: Vec<&str> = BASE[..4].iter().copied().chain(argv.iter().map(String::as_str)).collect();
        let invocation = invocation(argv);
        let present = case.files.iter().map(|(name, text)| (format!("/dir/{name}"), text.clone())).collect();
        let evidence = evidence(&invocation, &version, &present);
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
        let server = resolve(&invocation, Some(&version), &files);
        let anonymous = server.anonymous().expect(&case.name);
        for (request, status) in &case.status {
            let target = request.rsplit(' ').next().unwrap_or_default();
            if anonymous.lets_in(target) != (*status != 401) {
                wrong.push(format!("{}: {request} is {status}", case.name));
            }
            seen += 1;
        }
    }
    assert!(wrong.is_empty() && seen > 500, "{} of {seen}: {}", wrong.len(), wrong.join("\n"));
}

const BASE: [&str; 5] = [
    "--etcd-servers=https://127.0.0.1:2379",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=/pki/sa.pub",
    "--service-account-signing-key-file=/pki/sa.key",
    "--authorization-mode=Node,RBAC",
];

fn with_base<'a>(argv: &[&'a str]) -> Vec<&'a str> {
    BASE.into_iter().chain(argv.iter().copied()).collect()
}

#[test]
fn defaults_are_those_of_the_release_and_have_a_home() {
    let server = server("1.36.2", &with_base(&[]));
    // Two keys are read at start-up, and nobody gave the node's root.
    assert_eq!((server.component().starts, server.component().unseen.len()), (None, 1));
    let anonymous = server.get(&flag::ANONYMOUS_AUTH).expect("known");
    assert!(anonymous.value);
    let Origin::Default { home: Some(home), .. } = anonymous.origin() else { panic!("{:?}", anonymous.origin()) };
    assert_eq!(home.form, Form::List);
    assert_eq!(in_force(&server, "tls-min-version"), "VersionTLS12");
    assert_eq!(in_force(&server, "api-audiences"), "[https://kubernetes.default.svc]");
}

#[test]
fn what_a_file_may_decide_is_open_until_the_file_is_read() {
    let server = server("1.36.2", &with_base(&["--authentication-config=/etc/authn.yaml"]));
    assert_eq!(printed(&server, "anonymous-auth"), "true");
    assert!(in_force(&server, "anonymous-auth").starts_with("gap: `/etc/authn.yaml`"));
    // The field that decides came later, so that the flag speaks for itself.
    let older = crate::server("1.30.0", &with_base(&["--authentication-config=/etc/authn.yaml"]));
    assert_eq!(in_force(&older, "anonymous-auth"), "true");
}

#[test]
fn always_allow_resets_anonymous_requests() {
    for version in ["1.6", "1.20.2", "1.36.2"] {
        let server = server(version, &with_base(&["--authorization-mode=AlwaysAllow,RBAC", "--anonymous-auth=true"]));
        assert_eq!(printed(&server, "anonymous-auth"), "true");
        // Repeated lists add up, and the base names Node and RBAC.
        assert_eq!(in_force(&server, "anonymous-auth"), "false", "{version}");
        let anonymous = server.anonymous().expect("known");
        assert!(!anonymous.enabled);
        assert_eq!(anonymous.decided_by.as_ref().map(|(by, _)| by.as_str()), Some("--authorization-mode"));
    }
    let server = server("1.36.2", &["--authorization-mode="]);
    assert_eq!(in_force(&server, "authorization-mode"), "[AlwaysAllow]");
    assert!(!server.anonymous().expect("known").enabled);
}

#[test]
fn the_last_scalar_wins_and_shows_what_it_won_over() {
    let server = server("1.36.2", &with_base(&["--anonymous-auth=false", "--anonymous_auth"]));
    let held = server.get(&flag::ANONYMOUS_AUTH).expect("known");
    assert!(held.value);
    assert_eq!(held.reading.overrides.len(), 1);
    assert_eq!(held.reading.overrides[0].1, "false");
    assert!(matches!(held.origin(), Origin::Written(_)));
    let duplicate = server.component().problems.iter().find(|problem| problem.kind == ProblemKind::Duplicate);
    assert!(duplicate.is_some_and(|problem| !problem.stops));
}

#[test]
fn a_value_of_its_own_word_stands_at_that_word() {
    let server = server("1.36.2", &["--etcd-servers", "http://127.0.0.1:2379"]);
    let held = server.get(&flag::ETCD_SERVERS).expect("known");
    assert_eq!(held.value, ["http://127.0.0.1:2379"]);
    let Origin::Written(site) = held.origin() else { panic!("{:?}", held.origin()) };
    assert_eq!(site.form, Form::SplitWord);
    assert_eq!(site.at.pointer, "/spec/containers/0/command/2");
}

#[test]
fn a_flag_of_another_release_is_not_applicable() {
    let server = server("1.36.2", &with_base(&["--basic-auth-file=/x", "--cloud-provider", "aws"]));
    assert!(matches!(server.get(&flag::BASIC_AUTH_FILE), Err(Unanswered::NotApplicable(_))));
    assert_eq!(
        stops(&server),
        [
            "`--basic-auth-file` was removed in 1.19; a server that does not know a flag does not start",
            "`--cloud-provider` was removed in 1.33; a server that does not know a flag does not start"
        ]
    );
    let hint = |name: &str| {
        let server = self::server("1.36.2", &with_base(&[name]));
        server.component().problems.iter().find_map(|problem| problem.hint.clone())
    };
    assert_eq!(hint("--anonimous-auth=false").as_deref(), Some("perhaps `--anonymous-auth`"));
    assert_eq!(hint("-anonymous-auth=false").as_deref(), Some("write `--anonymous-auth=false`"));
}

#[test]
fn what_nobody_sets_is_known_where_every_possible_release_agrees_on_it() {
    let unknown = |argv: &[&str]| resolve(&invocation(argv.iter().copied()), None, &NO_FILES);
    // From 1.10 on; 1.13 brought the flag, and what came before it encrypts nothing either.
    let server = unknown(&["--etcd-servers=x", "--enable-admission-plugins=NodeRestriction"]);
    let setting = |name: &str| server.component().setting(name).expect("a setting");
    for name in ["encryption-provider-config", "service-account-signing-endpoint", "disable-http2-serving"] {
        assert!(setting(name).in_force().is_err(), "{name}");
        let known = setting(name).known().map(|reading| reading.in_force().to_owned());
        assert!(known.is_ok_and(|value| matches!(value.as_str(), "" | "false")), "{name}");
    }
    // Defaults that differ are not known, nor are those that are something.
    for name in ["audit-log-maxage", "authorization-webhook-version"] {
        let known = server.component().setting(name).map(|setting| setting.known().is_ok());
        assert_ne!(known, Some(true), "{name}");
    }
    // No release fills in anything but AlwaysAllow, whatever its help prints.
    assert_eq!(server.authorizers().map(|chain| chain.modes.clone()), Ok(vec!["AlwaysAllow".to_owned()]));
    assert!(server.anonymous().is_ok_and(|anonymous| !anonymous.enabled));
}

#[test]
fn a_flag_that_became_a_list_means_the_same_as_before() {
    let argv = ["--etcd-servers=x", "--enable-admission-plugins=NodeRestriction", "--service-account-issuer=https://a"];
    let server = resolve(&invocation(argv.iter().copied()), None, &NO_FILES);
    assert_eq!(in_force(&server, "service-account-issuer"), "[https://a]");
    let argv = ["--etcd-servers=x", "--enable-admission-plugins=NodeRestriction", "--feature-gates=NodeSwap=true"];
    let server = resolve(&invocation(argv.iter().copied()), None, &NO_FILES);
    assert_eq!(in_force(&server, "feature-gates"), ":NodeSwap=true");
}

#[test]
fn a_gap_about_releases_does_not_print_every_gate() {
    let argv = ["--etcd-servers=x", "--enable-admission-plugins=NodeRestriction", "--feature-gates=AllBeta=false"];
    let server = resolve(&invocation(argv.iter().copied()), None, &NO_FILES);
    let said = in_force(&server, "feature-gates");
    assert!(said.starts_with("gap: ") && said.len() < 300, "{said}");
}

#[test]
fn pod_security_does_nothing_without_its_gate() {
    let off = |version: &str, gates: &str| {
        let plugin = server(version, &["--etcd-servers=x", gates]).admission_plugin("PodSecurity").expect("a plug-in");
        (plugin.enabled, plugin.setting)
    };
    let by_gate = (false, "--feature-gates".to_owned());
    assert_eq!(off("1.23.0", "--feature-gates=PodSecurity=false"), by_gate);
    assert_eq!(off("1.24.0", "--feature-gates=AllBeta=false"), by_gate);
    assert!(off("1.24.0", "--feature-gates=PodSecurity=true").0);
    assert!(off("1.31.0", "--feature-gates=AllBeta=false").0);
}

#[test]
fn an_unknown_release_is_a_range_that_flags_narrow() {
    let unknown = |argv: &[&str]| resolve(&invocation(argv.iter().copied()), None, &NO_FILES);
    let server = unknown(&["--anonymous-auth=false", "--etcd-servers=x"]);
    assert_eq!(server.component().release.to_string(), "1.5 to 1.36");
    assert!(server.get(&flag::ANONYMOUS_AUTH).is_ok_and(|held| !held.value));
    assert_eq!(server.component().starts, None);
    let Err(Unanswered::Gap(gap)) = server.get(&flag::PROFILING).map(|_| ()).and(server.get(&flag::INSECURE_PORT))
    else {
        panic!("the insecure port depends on the release");
    };
    assert_eq!((gap.kind, gap.wanted.as_str()), (GapKind::Version, "--kubernetes-version"));
    let required =
        server.component().problems.iter().find(|problem| problem.message.contains("service-account-issuer"));
    assert_eq!(
        required.map(|problem| (problem.message.as_str(), problem.stops)),
        Some(("`--service-account-issuer` is required from 1.20 on, which stops 1.20 to 1.36", false))
    );
    assert_eq!(unknown(&["--tls-curve-preferences=29"]).component().release.to_string(), "1.36");
    let conflict = unknown(&["--authentication-config=/x", "--basic-auth-file=/y"]);
    assert_eq!(conflict.component().release.to_string(), "1.5 to 1.36");
    assert!(conflict.component().problems.iter().any(|problem| problem.kind == ProblemKind::Conflict));
}

#[test]
fn patches_and_newer_releases_are_told_apart() {
    let reason = |version: &str| match server(version, &[]).get(&flag::ANONYMOUS_AUTH) {
        Ok(held) => held.value.to_string(),
        Err(Unanswered::Gap(gap)) => gap.reason,
        Err(Unanswered::NotApplicable(reason)) => reason,
    };
    assert_eq!(reason("1.5.1"), "false");
    assert_eq!(reason("1.5"), "the default of `--anonymous-auth` changed in 1.5.1, and the patch is not known");
    assert_eq!(reason("1.40"), "1.40 is newer than this build knows: 1.36, data of 2026-11-23");
    let newer = server("1.40", &["--anonymous-auth=false", "--brand-new=1"]);
    assert!(newer.get(&flag::ANONYMOUS_AUTH).is_ok_and(|held| !held.value));
    assert_eq!((newer.component().starts, stops(&newer)), (None, Vec::new()));
}

#[test]
fn what_is_not_resolved_is_a_gap() {
    let gap = Gap {
        kind: GapKind::Unresolved,
        reason: "known when it starts".to_owned(),
        wanted: "X".to_owned(),
        who_could_answer: "the process".to_owned(),
    };
    let resolve_with = |text: &str, at: usize| {
        let mut invocation = invocation(with_base(&["--profiling=false"]));
        let mut word = invocation.words[0].clone();
        word.text = text.to_owned();
        word.unresolved = Some(gap.clone());
        invocation.words.insert(at, word);
        resolve(&invocation, Some(&"1.36.2".parse().expect("a version")), &NO_FILES)
    };
    let value = resolve_with("--anonymous-auth=$(X)", 0);
    assert!(matches!(value.get(&flag::ANONYMOUS_AUTH), Err(Unanswered::Gap(found)) if found == gap));
    assert!(value.get(&flag::ALLOW_PRIVILEGED).is_ok());
    assert_eq!(value.component().starts, None);
    let word = resolve_with("$(X)", 0);
    assert!(matches!(word.get(&flag::ALLOW_PRIVILEGED), Err(Unanswered::Gap(found)) if found == gap));
    assert!(word.get(&flag::PROFILING).is_ok_and(|held| !held.value));
}

#[test]
fn files_that_decide_are_wanted() {
    let server = server("1.36.2", &["--authentication-config=/etc/a.yaml", "--authorization-config=/etc/z.yaml"]);
    let wanted = |view: Result<(), Unanswered>| match view {
        Err(Unanswered::Gap(gap)) => gap.wanted,
        other => format!("{other:?}"),
    };
    assert_eq!(wanted(server.anonymous().map(|_| ())), "/etc/a.yaml");
    assert_eq!(wanted(server.authorizers().map(|_| ())), "/etc/z.yaml");
    // Before 1.31 the file cannot speak of anonymous requests.
    let older = self::server("1.30.1", &with_base(&["--authentication-config=/etc/a.yaml"]));
    assert!(older.anonymous().is_ok_and(|anonymous| anonymous.enabled));
}

#[test]
fn what_a_release_takes_is_what_its_source_lists() {
    for (version, word, refused) in [
        ("1.36.2", "--tls-cipher-suites=TLS_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", false),
        ("1.20.2", "--tls-cipher-suites=TLS_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", true),
        ("1.20.2", "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_GCM_SHA384", false),
        ("1.36.2", "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", true),
        ("1.18.0", "--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", true),
        ("1.19.0", "--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", false),
        ("1.20.2", "--etcd-servers=10.0.0.1:2379", true),
        ("1.36.2", "--etcd-servers=10.0.0.1:2379", false),
    ] {
        let argv = match word.starts_with("--etcd") {
            true => [&BASE[1..], &[word]].concat(),
            false => with_base(&[word]),
        };
        assert_eq!(
            !stops(&server(version, &argv)).is_empty(),
            refused,
            "{version} {word}: {:?}",
            stops(&server(version, &argv))
        );
    }
}

#[test]
fn a_word_that_is_not_known_may_set_what_stands_before_it() {
    let mut words = with_base(&["--anonymous-auth=false", "$EXTRA", "--profiling=false"]);
    words.push("--enable-admission-plugins=NodeRestriction");
    let mut invocation = invocation(words);
    let extra = invocation.words.iter_mut().find(|word| word.text == "$EXTRA").expect("there");
    extra.unresolved = Some(Gap {
        kind: GapKind::Unresolved,
        reason: "`$EXTRA` is not known".to_owned(),
        wanted: "$EXTRA".to_owned(),
        who_could_answer: "the running process".to_owned(),
    });
    let server = resolve(&invocation, Some(&"1.36.2".parse().expect("a version")), &NO_FILES);
    let gap = "gap: `$EXTRA` is not known, and may set the flag again";
    assert_eq!(printed(&server, "anonymous-auth"), gap);
    assert_eq!(printed(&server, "authorization-mode"), gap);
    // The last scalar wins, and lists add up.
    assert_eq!(printed(&server, "profiling"), "false");
    assert_eq!(printed(&server, "enable-admission-plugins"), gap);
}

#[test]
fn admission_plugins_follow_their_flags() {
    let plugin = |argv: &[&str], name: &str| server("1.36.2", argv).admission_plugin(name).map(|plugin| plugin.enabled);
    assert_eq!(plugin(&[], "NodeRestriction"), Ok(false));
    assert_eq!(plugin(&[], "PodSecurity"), Ok(true));
    assert_eq!(plugin(&["--enable-admission-plugins=NodeRestriction"], "NodeRestriction"), Ok(true));
    assert_eq!(plugin(&["--enable-admission-plugins=NodeRestriction"], "PodSecurity"), Ok(true));
    assert_eq!(plugin(&["--disable-admission-plugins=PodSecurity"], "PodSecurity"), Ok(false));
    assert_eq!(plugin(&["--admission-control=NodeRestriction"], "PodSecurity"), Ok(false));
    assert!(matches!(plugin(&[], "PodSecurityPolicy"), Err(Unanswered::NotApplicable(_))));
}

#[test]
fn no_word_makes_it_panic() {
    let hostile = [
        "",
        "-",
        "--",
        "---",
        "--=",
        "-=",
        "--=x",
        "-v",
        "-vv",
        "-v=",
        "-v=\u{1}",
        "-h",
        "-\u{e9}x",
        "--\u{1f600}=1",
        "--anonymous-auth=\u{0}",
        "--tls-sni-cert-key=:,:",
        "--tls-sni-cert-key=a,b:",
        "--service-node-port-range=-+-",
        "--service-node-port-range=9223372036854775807+9223372036854775807",
        "--service-cluster-ip-range=::/0,0.0.0.0/0",
        "--service-cluster-ip-range=/,/",
        "--runtime-config=/=,=/,//=//",
        "--feature-gates==,:,=:=",
        "--feature-gates=a:b:c",
        "--etcd-servers=\"",
        "--etcd-servers=\"\"\"",
        "--cors-allowed-origins=(?",
        "--cors-allowed-origins=[[:",
        "--cors-allowed-origins=(?P<",
        "--cors-allowed-origins=\\",
        "--event-ttl=9999999999999999999999h",
        "--event-ttl=-9223372036854775808ns",
        "--goaway-chance=1e99999",
        "--audit-log-maxage=0x",
        "--audit-log-maxage=-",
        "--audit-log-maxage=+_1",
        "--bind-address=[",
        "--bind-address=%",
        "--vmodule==,=1,a=b=c",
        "--log-flush-frequency=.",
        "--emulated-version=.,=,v.,1.,1.99999999999999999999999",
        "--allow-metric-labels==,=",
        "--oidc-required-claim==",
        "--service-account-issuer=:",
        "--service-account-issuer=https://[",
        "--service-account-issuer=a://%",
        "--etcd-servers",
    ];
    let mut line: Vec<&str> = hostile.to_vec();
    for version in ["1.5", "1.5.1", "1.9", "1.20.2", "1.36.2", "1.99", "0.0", "2.1"] {
        for word in hostile {
            let _ = server(version, &[word]).component();
        }
        let _ = server(version, &line);
        line.rotate_left(1);
    }
    for word in hostile {
        let _ = resolve(&invocation([word]), None, &NO_FILES);
    }
    let long = format!("--etcd-servers={}", "a,".repeat(100_000));
    let _ = server("1.36.2", &[long.as_str()]);
}

/// A cluster of a server with these words and of files below its root.
fn with_files(words: &[&str], files: &[(&str, &str)]) -> facts::Cluster {
    let args: String = words.iter().map(|word| format!(", {word}")).collect();
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: kube-apiserver\n    image: \
         k8s.gcr.io/kube-apiserver:v1.28.0\n    command: [kube-apiserver, --etcd-servers=https://e{args}]\n    \
         volumeMounts: [{{name: k, mountPath: /k}}]\n  volumes: [{{name: k, hostPath: {{path: /k}}}}]\n"
    );
    let mut redactor = Redactor::new();
    let mut evidence = vec![redactor.evidence(EvidenceId::new("n/pod.yaml"), Plane::Declared, Kind::Workload, &pod)];
    for (path, text) in files {
        let id = EvidenceId::new(format!("n{path}"));
        evidence.push(redactor.evidence(id, Plane::Declared, Kind::ConfigFile, text));
    }
    let gathered = Gathered { root: Some("n".to_owned()), ..Gathered::of("n", evidence) };
    facts::resolve(gathered, &facts::Options::default())
}

const POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n";

#[test]
fn a_file_that_a_flag_names_is_its_server_s_and_another_stands_alone() {
    let other = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n";
    let cluster = with_files(&["--audit-policy-file=/k/a.yaml"], &[("/k/a.yaml", POLICY), ("/k/b.yaml", other)]);
    let taken = cluster.apiservers[0].file(FileKind::AuditPolicy).expect("read").expect("named");
    assert_eq!(taken.at.evidence.as_str(), "n/k/a.yaml");
    assert_eq!(taken.read.len(), 1);
    let given: Vec<_> =
        cluster.given.iter().map(|file| (file.component.instance.as_str(), file.component.starts)).collect();
    assert_eq!(given, [("/k/b.yaml", Some(false))]);
    assert_eq!(cluster.given[0].component.release.to_string(), "1.28.0");
}

#[test]
fn a_file_that_the_server_refuses_or_that_was_not_given_is_a_gap() {
    let refused = with_files(&["--audit-policy-file=/k/a.yaml"], &[("/k/a.yaml", "apiVersion: audit.k8s.io/v1\n")]);
    let reason = |cluster: &facts::Cluster| match cluster.apiservers[0].file(FileKind::AuditPolicy) {
        Err(model::Unanswered::Gap(gap)) => gap.reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(&refused), "the server does not take `/k/a.yaml`, so that it does not start");
    let absent = with_files(&["--audit-policy-file=/k/a.yaml"], &[]);
    assert_eq!(reason(&absent), "`/k/a.yaml` was not looked for");
    let unset = with_files(&[], &[]);
    assert_eq!(unset.apiservers[0].file(FileKind::AuditPolicy), Ok(None));
}

#[test]
fn a_file_by_itself_narrows_the_releases_to_those_that_take_it() {
    let gathered = |text: &str| {
        Gathered::of("a", vec![Redactor::new().evidence(EvidenceId::new("a"), Plane::Declared, Kind::ConfigFile, text)])
    };
    let one = |text: &str| facts::resolve(gathered(text), &facts::Options::default()).given.swap_remove(0);
    let policy = one(POLICY);
    assert_eq!((policy.component.release.to_string().as_str(), policy.component.starts), ("1.12 to 1.36", Some(true)));
    assert_eq!(policy.component.problems, []);
    let old = one(&POLICY.replace("/v1", "/v1beta1"));
    assert_eq!((old.component.release.to_string().as_str(), old.component.starts), ("1.8 to 1.23", None));
    // Where no release takes it, each for a reason of its own, it is for what the newest does not take.
    let refused = one(&POLICY.replace("[{level: Metadata}]", "[]"));
    assert_eq!(refused.component.starts, Some(false));
    let stops = refused.component.problems.iter().filter(|problem| problem.stops);
    let stops: Vec<&str> = stops.map(|problem| problem.message.as_str()).collect();
    assert_eq!(stops, ["the policy has no rules, which stops 1.12 to 1.36"]);
}

#[test]
fn a_key_that_is_still_to_be_filled_in_leaves_it_open_whether_the_server_starts() {
    let unseen = |secret: &str| {
        let file = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
             providers:\n  - secretbox:\n      keys:\n      - name: a\n        secret: {secret}\n"
        );
        let cluster = with_files(&["--encryption-provider-config=/k/enc.yaml"], &[("/k/enc.yaml", &file)]);
        let server = cluster.apiservers.first().expect("a server");
        server.component().unseen.iter().map(|gap| gap.reason.clone()).collect::<Vec<_>>()
    };
    let open = ["the key `a` of `/k/enc.yaml` is a placeholder that is not filled in yet"];
    assert_eq!(unseen("'${KEY}'"), open);
    assert_eq!(unseen("<BASE 64 ENCODED SECRET>"), open);
    assert_eq!(unseen("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="), [""; 0]);
}
