//! What tests of cluster definitions have in common.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test takes what it needs, and fails by panicking"
)]

use model::{Author, Evidence, EvidenceId, Kind, Origin, Plane, Reading};
use portcullis_facts::{
    Cluster, Gathered, Options, Redactor, apiserver::ApiServer, flags::KUBE_APISERVER, recognise, resolve,
};

pub(crate) fn evidence(name: &str, text: &str) -> Evidence {
    let kind = recognise(text.as_bytes()).kind;
    Redactor::new().evidence(EvidenceId::new(name), Plane::Declared, kind, text)
}

/// Resolves files by their names, below a root where there is one.
pub(crate) fn together(root: Option<&str>, files: &[(&str, &str)]) -> Cluster {
    resolved(root, files, None)
}

pub(crate) fn cluster(text: &str) -> Cluster {
    cluster_of(text, None)
}

/// Resolves one file as that release, where one is named.
pub(crate) fn cluster_of(text: &str, version: Option<&str>) -> Cluster {
    assert_eq!(recognise(text.as_bytes()).kind, Kind::Workload, "{text}");
    resolved(None, &[("file", text)], version)
}

/// The same as that release.
pub(crate) fn as_release(root: Option<&str>, files: &[(&str, &str)], version: Option<&str>) -> Cluster {
    resolved(root, files, version)
}

fn resolved(root: Option<&str>, files: &[(&str, &str)], version: Option<&str>) -> Cluster {
    let evidence = files.iter().map(|(name, text)| evidence(name, text)).collect();
    let gathered = Gathered { root: root.map(str::to_owned), ..Gathered::of("a", evidence) };
    resolve(gathered, &Options { version: version.map(|version| version.parse().unwrap()), ..Options::default() })
}

pub(crate) fn server(cluster: &Cluster) -> &ApiServer {
    let [server] = &cluster.apiservers[..] else { panic!("one server, not {}", cluster.apiservers.len()) };
    server
}

pub(crate) fn reading(server: &ApiServer, flag: &str) -> Option<Reading> {
    assert!(KUBE_APISERVER.find(flag).is_some(), "--{flag}");
    server.component().setting(flag)?.in_force().ok().cloned()
}

/// The value of a flag, and who set it: `written`, the distribution, `kubernetes` or `made`; nothing where that is not known.
pub(crate) fn set(server: &ApiServer, flag: &str) -> (String, &'static str) {
    let Some(reading) = reading(server, flag) else { return (String::new(), "unknown") };
    let by = match &reading.origin {
        Origin::Written(_) => "written",
        Origin::Default { by: Author::Distribution { name }, .. } => name,
        Origin::Default { .. } => "kubernetes",
        Origin::Implied { .. } => "made",
        _ => "otherwise",
    };
    (reading.value.clone(), by)
}

/// What an origin points at in the text.
pub(crate) fn pointed<'a>(text: &'a str, server: &ApiServer, flag: &str) -> &'a str {
    let reading = reading(server, flag).expect("a value");
    &text[reading.origin.location().expect("a place").span.expect("a span").range()]
}

/// Each flag with its value and who set it.
pub(crate) fn holds(cluster: &Cluster, wanted: &[(&str, &str, &str)]) {
    for (flag, value, by) in wanted {
        assert_eq!(set(server(cluster), flag), ((*value).to_owned(), *by), "{flag}");
    }
}

/// Every setting with its value, or with the kind of its gap.
pub(crate) fn settings(server: &ApiServer) -> Vec<(String, String)> {
    let shown = |reading: Result<&Reading, &model::Gap>| match reading {
        Ok(reading) => format!("{} ({})", reading.value, reading.in_force()),
        Err(gap) => format!("{:?}", gap.kind),
    };
    let settings = &server.component().settings;
    settings.iter().map(|setting| (setting.name.to_owned(), shown(setting.in_force()))).collect()
}

/// A definition resolves as the command line does that the distribution makes of it, flag by flag.
pub(crate) fn renders(cluster: &Cluster, release: &str, words: &[&str]) {
    let mut manifest = format!(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: kube-apiserver:{release}\n    command:\n    - kube-apiserver\n"
    );
    for word in words.iter().flat_map(|block| block.split_whitespace()) {
        manifest.push_str(&format!("    - {word}\n"));
    }
    let rendered = self::cluster(&manifest);
    let (ours, theirs) = (settings(server(cluster)), settings(server(&rendered)));
    assert_eq!(ours.len(), theirs.len(), "releases differ");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{release}");
    }
}

pub(crate) fn not_ours(texts: &[&str]) {
    for text in texts {
        assert_ne!(recognise(text.as_bytes()).kind, Kind::Workload, "{text}");
    }
}

/// Nothing of a secret is kept.
pub(crate) fn keeps_none_of(secret: &str, text: &str) {
    let kept = evidence("file", text);
    let kept = kept.text().expect("a text");
    assert_eq!(kept.len(), text.len());
    assert!(!kept.contains(secret), "{kept}");
}
