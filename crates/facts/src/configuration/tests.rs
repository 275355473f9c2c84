//! Each reader held to what real API servers did with such files: the vectors were recorded from kube-apiserver 1.36.2
//! and 1.20.2.

use std::collections::BTreeMap;

use model::{Body, Evidence, EvidenceId, Kind, Minor, Plane, Release};
use serde::Deserialize;

use super::*;
use crate::{Files, Redactor};

#[derive(Deserialize)]
struct Startup {
    common_files: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    argv: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    starts: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Encryptions {
    cases: Vec<Encrypted>,
}

#[derive(Deserialize)]
struct Encrypted {
    name: String,
    config: String,
    starts: bool,
    error: Option<String>,
    #[serde(default)]
    stored: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Policies {
    startup: Vec<PolicyCase>,
}

#[derive(Deserialize)]
struct PolicyCase {
    name: String,
    policy: String,
    starts: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Authorizers {
    cases: Vec<Named>,
    caching: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    config: Option<String>,
}

#[derive(Deserialize)]
struct Anonymous {
    cases: Vec<AnonymousCase>,
}

#[derive(Deserialize)]
struct AnonymousCase {
    name: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    status: BTreeMap<String, u16>,
}

fn release(version: &str) -> Release {
    Release::Exactly(version.parse().expect("a version"))
}

fn evidence(path: &str, text: &str) -> Evidence {
    Redactor::new().evidence(EvidenceId::new(format!("/root{path}")), Plane::Declared, Kind::ConfigFile, text)
}

fn missing(path: &str) -> Evidence {
    Evidence { body: Body::Missing, secrets: Vec::new(), digest: None, ..evidence(path, "") }
}

/// What stops the server, in words.
fn stops<T>(read: &Read<T>) -> Vec<&str> {
    read.problems.iter().filter(|problem| problem.stops).map(|problem| problem.message.as_str()).collect()
}

fn messages<T>(read: &Read<T>) -> Vec<&str> {
    read.problems.iter().map(|problem| problem.message.as_str()).collect()
}

fn read_flag(flag: &str, version: &str, text: &str) -> Read<ConfigFile> {
    check(flag, &evidence("/dir/f.yaml", text), &release(version), &Around::default()).expect("a file that is read")
}

const DEFAULT_PLUGINS: [&str; 4] =
    ["MutatingAdmissionWebhook", "PodSecurity", "ResourceQuota", "ValidatingAdmissionWebhook"];

/// What stops a server of the vectors, as far as its configuration files decide it.
fn stopped_by(version: &str, argv: &[String], present: &BTreeMap<String, String>) -> Vec<String> {
    let value = |flag: &str| {
        let values = argv.iter().filter_map(move |word| word.strip_prefix("--")?.strip_prefix(flag)?.strip_prefix('='));
        values.map(str::to_owned).collect::<Vec<_>>()
    };
    let issuers = value("service-account-issuer");
    let enabled = value("enable-admission-plugins");
    let plugins: Vec<String> = DEFAULT_PLUGINS
        .into_iter()
        .map(str::to_owned)
        .chain(enabled.iter().flat_map(|list| list.split(',').map(str::to_owned)))
        .collect();
    let mut stopped = Vec::new();
    for word in argv {
        let Some((flag, path)) = word.strip_prefix("--").and_then(|word| word.split_once('=')) else { continue };
        let around = Around { issuers: &issuers, path: Some(path), plugins: Some(&plugins), ..Around::default() };
        let look = |around: &Around<'_>| {
            let file = present.get(path).map_or_else(|| missing(path), |text| evidence(path, text));
            check(flag, &file, &release(version), around)
        };
        let Some(alone) = look(&around) else { continue };
        if !present.contains_key(path) {
            stopped.push(format!("{path} is missing"));
        }
        let mut beside: Vec<Evidence> = present.iter().map(|(path, text)| evidence(path, text)).collect();
        let absent = alone.names.iter().filter(|(name, _)| !present.contains_key(&name.value));
        beside.extend(absent.map(|(name, _)| missing(&name.value)));
        let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &beside, carried: &[] };
        let read = look(&Around { files: Some(&files), ..around }).expect("the same flag");
        stopped.extend(stops(&read).into_iter().map(str::to_owned));
        assert_eq!(read.taken_by.is_empty(), !stops(&read).is_empty());
    }
    stopped
}

fn starts_as_recorded(version: &str, text: &str, wanted: usize) {
    let recorded: Startup = serde_json::from_str(text).expect("vectors");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in recorded.cases.iter().filter(|case| !case.name.starts_with("flag:")) {
        count += 1;
        let argv: Vec<String> = case.argv.iter().map(|word| word.replace("{DIR}", "/dir")).collect();
        let present = case
            .files
            .iter()
            .chain(&recorded.common_files)
            .map(|(name, text)| (format!("/dir/{name}"), text.replace("{DIR}", "/dir")))
            .collect();
        let stopped = stopped_by(version, &argv, &present);
        if stopped.is_empty() != case.starts {
            wrong.push(format!("{}: starts {}: {:?}; we say {stopped:?}", case.name, case.starts, case.error));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, wanted);
}

#[test]
fn servers_of_1_36_take_files_as_recorded() {
    starts_as_recorded("1.36.2", include_str!("../../tests/vectors/startup-1.36.json"), 64);
}

#[test]
fn servers_of_1_20_take_files_as_recorded() {
    starts_as_recorded("1.20.2", include_str!("../../tests/vectors/startup-1.20.json"), 9);
}

fn encrypts_as_recorded(version: &str, text: &str) {
    let recorded: Encryptions = serde_json::from_str(text).expect("vectors");
    let minor = release(version).bounds().0;
    let mut wrong = Vec::new();
    for case in &recorded.cases {
        let read = encryption::read(&evidence("/dir/enc.yaml", &case.config), &release(version));
        if stops(&read).is_empty() != case.starts {
            wrong.push(format!("{}: starts {}: {:?}; we say {:?}", case.name, case.starts, case.error, stops(&read)));
        }
        let Some(read) = read.value.filter(|_| case.starts) else { continue };
        for (resource, stored) in &case.stored {
            let resource = match resource.as_str() {
                "(masterleases, no REST resource)" => "masterleases",
                "(service IP ranges, no REST resource)" => "serviceipallocations",
                resource => resource,
            };
            let ours = match read.writer(resource, minor).map(|provider| &provider.with) {
                None | Some(encryption::With::Identity) => "identity".to_owned(),
                Some(
                    with @ (encryption::With::AesCbc(keys)
                    | encryption::With::AesGcm(keys)
                    | encryption::With::Secretbox(keys)),
                ) => {
                    let name = keys[0].name.as_ref().expect("a name");
                    format!("k8s:enc:{}:v1:{}", with.name(), name.value)
                }
                Some(encryption::With::Kms(_)) => "kms".to_owned(),
            };
            if ours != *stored {
                wrong.push(format!("{}: {resource} is stored with {stored}; we say {ours}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_reads_and_writes_depends_on_the_release() {
    let file = evidence(
        "/dir/enc.yaml",
        "apiVersion: v1\nkind: EncryptionConfig\nresources:\n\
         - {resources: [secrets], providers: [aescbc: {keys: [{name: a, secret: QUFBQUFBQUFBQUFBQUFBQQ==}]}]}\n\
         - {resources: ['*.', '*.x.io'], providers: [secretbox: {keys: [{name: core, \
         secret: QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=}]}, identity: {}]}\n\
         - {resources: [secrets.], providers: [identity: {}]}\n",
    );
    let who = |version: &str, resource: &str| {
        let read = encryption::read(&file, &release(version)).value.expect("a configuration");
        let minor = release(version).bounds().0;
        read.providers(resource, minor).iter().map(|provider| provider.with.name()).collect::<Vec<_>>().join(" ")
    };
    for (version, resource, expected) in [
        // Two entries for one name are one list, and no wildcard wins over it.
        ("1.20.2", "secrets", "aescbc identity"),
        ("1.20.2", "events.events.k8s.io", "secretbox identity"),
        ("1.20.2", "configmaps", "secretbox identity"),
        ("1.20.2", "masterleases", "secretbox identity"),
        ("1.20.2", "servicenodeportallocations", "secretbox identity"),
        ("1.20.2", "things.x.io", ""),
        ("1.20.2", "secrets.v1", ""),
        // 1.26 knows no wildcards.
        ("1.26.1", "configmaps", ""),
        ("1.26.1", "secrets", "aescbc identity"),
        ("1.27.1", "things.x.io", "secretbox identity"),
        ("1.27.1", "masterleases", ""),
        ("1.27.1", "events.events.k8s.io", "secretbox identity"),
    ] {
        assert_eq!(who(version, resource), expected, "{version} {resource}");
    }
}

#[test]
fn resources_are_encrypted_as_recorded() {
    encrypts_as_recorded("1.36.2", include_str!("../../tests/vectors/encryption-1.36.json"));
    encrypts_as_recorded("1.20.2", include_str!("../../tests/vectors/encryption-1.20.json"));
}

#[test]
fn audit_policies_are_taken_as_recorded() {
    let recorded: Policies =
        serde_json::from_str(include_str!("../../tests/vectors/audit-policy-1.36.json")).expect("vectors");
    let mut wrong = Vec::new();
    for case in &recorded.startup {
        let read = read_flag("audit-policy-file", "1.36.2", &case.policy);
        if stops(&read).is_empty() != case.starts {
            wrong.push(format!("{}: starts {}: {:?}; we say {:?}", case.name, case.starts, case.error, stops(&read)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn authorizers_that_ran_are_taken() {
    let recorded: Authorizers =
        serde_json::from_str(include_str!("../../tests/vectors/authz-1.36.json")).expect("vectors");
    for case in recorded.cases.iter().chain(&recorded.caching) {
        let Some(config) = &case.config else { continue };
        let read = read_flag("authorization-config", "1.36.2", &config.replace("{DIR}", "/dir"));
        assert_eq!(messages(&read), Vec::<&str>::new(), "{}", case.name);
    }
}

#[test]
fn anonymous_requests_are_served_as_recorded() {
    let recorded: Anonymous =
        serde_json::from_str(include_str!("../../tests/vectors/anonymous-1.36.json")).expect("vectors");
    let mut decided = 0;
    for case in &recorded.cases {
        let Some(text) = case.files.get("authn.yaml") else { continue };
        let read = authn::read(&evidence("/dir/authn.yaml", text), &release("1.36.2"));
        assert_eq!(stops(&read), Vec::<&str>::new(), "{}", case.name);
        let Some(anonymous) = read.value.expect("a value").anonymous else { continue };
        // Nobody is asked who they are on a plain path but by this file.
        for (path, status) in case.status.iter().filter(|(path, _)| path.starts_with('/') && !path.contains(['?', '%']))
        {
            let open = |paths: &Vec<Placed<String>>| paths.iter().any(|open| open.value == *path);
            let served = anonymous.enabled && anonymous.paths.as_ref().is_none_or(open);
            assert_eq!(served, *status != 401, "{}: {path} is {status}", case.name);
            decided += 1;
        }
    }
    assert!(decided > 50, "{decided}");
}

#[test]
fn values_know_their_place() {
    let text = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
                providers:\n  - aescbc:\n      keys:\n      - {name: a, secret: QUFBQUFBQUFBQUFBQUFBQQ==}\n  - identity: {}\n";
    let file = evidence("/e.yaml", text);
    let read = encryption::read(&file, &release("1.36.2"));
    assert_eq!(messages(&read), Vec::<&str>::new());
    let read = read.value.expect("a value");
    let provider = read.writer("secrets", Minor::new(1, 36)).expect("a provider");
    assert_eq!(provider.at.pointer, "/resources/0/providers/0");
    let encryption::With::AesCbc(keys) = &provider.with else { panic!("{provider:?}") };
    assert_eq!((keys[0].bytes, keys[0].group), (Some(16), Some(0)));
    assert_eq!(keys[0].at.pointer, "/resources/0/providers/0/aescbc/keys/0/secret");
    let span = keys[0].at.span.expect("a span");
    assert!(file.text().expect("text")[span.range()].bytes().all(|b| b == b'*'));
}

#[test]
fn names_count_as_they_are_spelt_and_the_near_one_is_named() {
    let head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n";
    let read = read_flag("authorization-config", "1.36.2", &format!("{head}Authorizers: []\n"));
    assert_eq!(stops(&read), ["unknown field `Authorizers`", "nobody authorizes: `authorizers` needs at least one"]);
    assert_eq!(read.problems[0].hint.as_deref(), Some("perhaps `authorizers`"));
    assert_eq!(read.problems[0].setting.as_deref(), Some("authorization-config"));
    assert_eq!(read.problems[0].location.as_ref().map(|at| at.pointer.as_str()), Some("/Authorizers"));
    // A second document is never read.
    let two = format!("{head}authorizers: [{{type: RBAC, name: rbac}}]\n---\nno: [way\n");
    assert_eq!(messages(&read_flag("authorization-config", "1.36.2", &two)), Vec::<&str>::new());
}

#[test]
fn an_unknown_release_says_which_ones_a_file_stops() {
    let text = "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: Metadata}]\n";
    let within = Release::Within { from: Minor::new(1, 20), to: Minor::new(1, 36) };
    let read = check("audit-policy-file", &evidence("/a", text), &within, &Around::default()).expect("read");
    assert_eq!(messages(&read), ["`audit.k8s.io/v1beta1` of Policy was removed in 1.24, which stops 1.24 to 1.36"]);
    assert!(stops(&read).is_empty() && read.value.is_some());
    assert_eq!(read.taken_by.last(), Some(&Minor::new(1, 23)));
}

#[test]
fn hostile_files_end_in_problems() {
    let deep = format!("a: {}", "[".repeat(100_000));
    let wide = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: [{}]",
        "{x: 1},".repeat(50_000)
    );
    let bomb =
        "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\njwt: [*c,*c,*c]\n";
    let odd = [
        "",
        "\u{feff}",
        "null",
        "- a\n- b",
        "a",
        "{",
        "---\n---\n",
        "? [x]\n: y",
        "kind: 5\napiVersion: []\n",
        "\u{0}",
    ];
    let flags = [
        "authentication-config",
        "authorization-config",
        "encryption-provider-config",
        "audit-policy-file",
        "admission-control-config-file",
        "egress-selector-config-file",
        "tracing-config-file",
        "token-auth-file",
    ];
    for flag in flags {
        for text in odd.iter().copied().chain([deep.as_str(), wide.as_str(), bomb]) {
            let read = read_flag(flag, "1.36.2", text);
            assert!(read.problems.len() <= 400, "{flag}: {}", read.problems.len());
        }
    }
}

/// Whether a release is stopped by a file, in cases that nobody recorded and the sources decide.
#[test]
fn releases_differ_as_their_sources_do() {
    let authn = |version: &str, rest: &str| {
        format!("apiVersion: apiserver.config.k8s.io/{version}\nkind: AuthenticationConfiguration\n{rest}\n")
    };
    let issuer = |mappings: &str| {
        authn(
            "v1beta1",
            &format!("jwt: [{{issuer: {{url: 'https://a', audiences: [k]}}, claimMappings: {{{mappings}}}}}]"),
        )
    };
    let encryption = |provider: &str| {
        format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
             providers: [{provider}]\n"
        )
    };
    let policy =
        |rest: &str| format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{{level: Metadata{rest}}}]\n");
    let admission = |rest: &str| {
        format!("apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- {rest}\n")
    };
    let quota = |rest: &str| {
        let head = "apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration";
        admission(&format!("{{name: ResourceQuota, configuration: {{{head}, {rest}}}}}"))
    };
    let egress = |rest: &str| {
        format!("apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections: [{rest}]\n")
    };
    let email = "username: {expression: claims.email}";
    let cases: Vec<(&str, &str, String, bool)> = vec![
        ("authentication-config", "1.33", authn("v1", ""), true),
        ("authentication-config", "1.34", authn("v1", ""), false),
        ("authentication-config", "1.29", authn("v1alpha1", ""), true),
        ("authentication-config", "1.31", authn("v1beta1", "anonymous: {enabled: true}"), true),
        ("authentication-config", "1.32", authn("v1beta1", "anonymous: {enabled: true}"), false),
        ("authentication-config", "1.36", authn("v1", "anonymous: true"), true),
        ("authentication-config", "1.36", issuer(email), true),
        (
            "authentication-config",
            "1.36",
            issuer(&format!("{email}, extra: [{{key: a.b/c, valueExpression: claims.email_verified}}]")),
            false,
        ),
        ("authentication-config", "1.36", issuer("username: {claim: sub}"), true),
        (
            "authentication-config",
            "1.36",
            issuer("username: {claim: sub, prefix: ''}, extra: [{key: c, valueExpression: '1'}]"),
            true,
        ),
        ("encryption-provider-config", "1.30", encryption("{identity: {}, typo: 1}"), false),
        ("encryption-provider-config", "1.31", encryption("{identity: {}, typo: 1}"), true),
        ("encryption-provider-config", "1.28", encryption("{kms: {name: a, endpoint: 'unix:///a'}}"), false),
        ("encryption-provider-config", "1.29", encryption("{kms: {name: a, endpoint: 'unix:///a'}}"), true),
        (
            "encryption-provider-config",
            "1.36",
            encryption("{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a', timeout: 0s}}"),
            true,
        ),
        (
            "encryption-provider-config",
            "1.36",
            encryption("{secretbox: {keys: [{name: a, secret: QUFBQUFBQUFBQUFBQUFBQQ==}]}}"),
            true,
        ),
        ("encryption-provider-config", "1.36", encryption("{aesgcm: {keys: [{name: a, secret: 'no base64'}]}}"), true),
        ("audit-policy-file", "1.35", policy(", resources: [{group: '*'}]"), true),
        ("audit-policy-file", "1.36", policy(", resources: [{group: '*'}]"), false),
        ("audit-policy-file", "1.36", policy(", nonResourceURLs: ['/a*b']"), true),
        ("audit-policy-file", "1.36", "apiVersion: audit.k8s.io/v1\nrules: [{level: None}]\n".to_owned(), false),
        ("admission-control-config-file", "1.31", quota("typo: 1"), false),
        ("admission-control-config-file", "1.32", quota("typo: 1"), true),
        ("admission-control-config-file", "1.36", quota("limitedResources: [{}]"), true),
        ("admission-control-config-file", "1.36", "imagePolicy: {}\n".to_owned(), false),
        ("egress-selector-config-file", "1.36", egress("{name: etcd, connection: {proxyProtocol: GRPC}}"), true),
        ("egress-selector-config-file", "1.36", egress("{name: Cluster, connection: {proxyProtocol: Direct}}"), false),
        (
            "egress-selector-config-file",
            "1.36",
            egress("{name: etcd, connection: {proxyProtocol: HTTPConnect, transport: {tcp: {url: 'https://a'}}}}"),
            true,
        ),
        ("tracing-config-file", "1.36", "endpoint: localhost:4317\n".to_owned(), false),
        ("tracing-config-file", "1.36", "endpoint: http://localhost:4317\n".to_owned(), true),
        ("tracing-config-file", "1.36", "samplingRatePerMillion: 1000001\n".to_owned(), true),
        ("token-auth-file", "1.36", "a,b,c,\"d,e\"\n\n".to_owned(), false),
        ("token-auth-file", "1.36", "a,b \"c\",d\n".to_owned(), true),
    ];
    for (flag, version, text, stopped) in cases {
        let read = read_flag(flag, version, &text);
        assert_eq!(!stops(&read).is_empty(), stopped, "{version} {flag}: {text}{:?}", messages(&read));
    }
}

#[test]
fn a_plugin_is_told_things_in_a_file_beside_this_one() {
    let text = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{name: PodSecurity, path: ps.yaml}]\n";
    let ps = "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\ndefaults: {enforce: restricted}\n";
    let beside = [evidence("/dir/ps.yaml", ps)];
    let files = Files { root: Some("/root"), mounts: &[], contained: false, evidence: &beside, carried: &[] };
    let around = Around { path: Some("/dir/f.yaml"), files: Some(&files), ..Around::default() };
    let read = admission::read_around(&evidence("/dir/f.yaml", text), &release("1.36.2"), &around);
    assert_eq!(messages(&read), Vec::<&str>::new());
    let plugins = read.value.expect("a value").plugins;
    let Some(admission::Settings::PodSecurity(told)) = &plugins[0].settings else { panic!("{plugins:?}") };
    assert_eq!(
        (told.enforce.level(), told.enforce.version(), told.warn.level()),
        ("restricted", "latest", "privileged")
    );
    let at = &told.enforce.level.as_ref().expect("written").at;
    assert_eq!((at.evidence.as_str(), at.pointer.as_str()), ("/root/dir/ps.yaml", "/defaults/enforce"));
    let limits = ["EventRateLimit".to_owned()];
    let running = Around { plugins: Some(&limits), ..around };
    let read = admission::read_around(&evidence("/dir/f.yaml", text), &release("1.36.2"), &running);
    assert_eq!(stops(&read), ["EventRateLimit runs, and is told nothing here"]);
}
