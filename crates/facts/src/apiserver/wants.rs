//! The files that an API server reads, and those that these name.

use model::{Gap, GapKind, Version};

use super::{config::Config, resolve::release, server::Server};
use crate::{
    Contents, File, Files, Invocation,
    flags::KUBE_APISERVER,
    kubeconfig::{self, Kubeconfig},
    merge::versions,
    pflag::{self, Occurrence},
    pki::{self, KeyFile},
    running::ReportedFlag,
};

/// A file that a written flag names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileWant {
    pub flag: &'static str,
    pub path: String,
    pub contents: Contents,
}

/// The flags that name files the server reads when it starts. It exits when one of them is missing: see the startup
/// vectors, and ToAuthenticationConfig, SecureServing.ApplyTo and Audit.ApplyTo of the server's options.
pub(super) const FILES: [(&str, Contents); 36] = [
    ("admission-control-config-file", Contents::Text),
    ("audit-policy-file", Contents::Text),
    ("audit-webhook-config-file", Contents::Kubeconfig),
    ("authentication-config", Contents::Text),
    ("authentication-token-webhook-config-file", Contents::Kubeconfig),
    ("authorization-config", Contents::Text),
    ("authorization-policy-file", Contents::Text),
    ("authorization-webhook-config-file", Contents::Kubeconfig),
    ("basic-auth-file", Contents::Unneeded),
    ("client-ca-file", Contents::Keys),
    ("cloud-config", Contents::Unneeded),
    ("egress-selector-config-file", Contents::Text),
    ("encryption-provider-config", Contents::Text),
    ("etcd-cafile", Contents::Keys),
    ("etcd-certfile", Contents::Keys),
    ("etcd-keyfile", Contents::Keys),
    ("experimental-encryption-provider-config", Contents::Text),
    ("experimental-keystone-ca-file", Contents::Unneeded),
    ("kubelet-certificate-authority", Contents::Keys),
    ("kubelet-client-certificate", Contents::Keys),
    ("kubelet-client-key", Contents::Keys),
    ("oidc-ca-file", Contents::Keys),
    ("peer-ca-file", Contents::Keys),
    ("proxy-client-cert-file", Contents::Keys),
    ("proxy-client-key-file", Contents::Keys),
    ("requestheader-client-ca-file", Contents::Keys),
    ("service-account-key-file", Contents::Keys),
    ("service-account-signing-key-file", Contents::Keys),
    ("ssh-keyfile", Contents::Unneeded),
    ("tls-ca-file", Contents::Unneeded),
    ("tls-cert-file", Contents::Keys),
    ("tls-private-key-file", Contents::Keys),
    ("tls-sni-cert-key", Contents::Keys),
    ("token-auth-file", Contents::Tokens),
    ("tracing-config-file", Contents::Text),
    ("allow-metric-labels-manifest", Contents::Text),
];

/// Flags that name files which the server writes; what matters of one is whether something else stands in its place.
pub(super) const WRITTEN: [(&str, Contents); 1] = [("audit-log-path", Contents::Unneeded)];

/// The files that the written flags of an invocation name, and those that these name where they were read, for whoever
/// collects them.
pub fn wants(invocation: &Invocation, version: Option<&Version>, files: &Files<'_>) -> Vec<FileWant> {
    let versions = versions(&release(invocation, version).0);
    let mut wants = wanted(invocation, &versions);
    wants.extend(by_way_of_kubeconfigs(&wants, files));
    let read = |want: &FileWant| want.contents == Contents::Text && matches!(files.look(&want.path), File::Read(_));
    if wants.iter().any(read) {
        for version in &versions {
            wants.extend(Config::read(&Server::read(invocation, version), files).names);
        }
        wants.sort_unstable();
        wants.dedup();
    }
    wants.extend(named_by(invocation, &versions, &WRITTEN).into_iter().filter(|want| want.path.starts_with('/')));
    wants
}

/// A flag of one possible release names its file whether or not another one has the flag.
fn wanted(invocation: &Invocation, versions: &[Version]) -> Vec<FileWant> {
    named_by(invocation, versions, &FILES)
}

/// The same of some flags alone.
fn named_by(invocation: &Invocation, versions: &[Version], flags: &[(&'static str, Contents)]) -> Vec<FileWant> {
    let mut wants: Vec<FileWant> = Vec::new();
    for version in versions {
        let parsed = pflag::parse(&invocation.words_in(version.minor), &KUBE_APISERVER, version);
        add(&mut wants, named_in(&parsed.occurrences, flags));
    }
    wants
}

/// Those in the occurrences that one release sees, among some flags.
pub(super) fn named_in(occurrences: &[Occurrence], flags: &[(&'static str, Contents)]) -> Vec<FileWant> {
    let mut wants = Vec::new();
    for occurrence in occurrences {
        let (Some(flag), Ok(text)) = (KUBE_APISERVER.flags.get(occurrence.flag), &occurrence.text) else { continue };
        let Some((name, contents)) = flags.iter().find(|(name, _)| *name == flag.name) else { continue };
        add(
            &mut wants,
            paths(flag.name, text).into_iter().map(|path| FileWant { flag: name, path, contents: *contents }),
        );
    }
    wants
}

pub(super) fn add(wants: &mut Vec<FileWant>, more: impl IntoIterator<Item = FileWant>) {
    for want in more {
        if !wants.contains(&want) {
            wants.push(want);
        }
    }
}

/// What the kubeconfigs of webhooks name in turn, of those that flags name and that were read.
pub(super) fn by_way_of_kubeconfigs(wants: &[FileWant], files: &Files<'_>) -> Vec<FileWant> {
    let kubeconfigs = wants.iter().filter(|want| want.contents == Contents::Kubeconfig);
    let mut found = Vec::new();
    for want in kubeconfigs {
        let File::Read(evidence) = files.look(&want.path) else { continue };
        let named = kubeconfig::named(evidence, &want.path).into_iter();
        found.extend(named.map(|one| FileWant { flag: want.flag, path: one.path.value, contents: one.contents }));
    }
    found
}

/// The files that the flags name which a process lists; it prints a list in brackets.
pub(super) fn wanted_by(flags: &[ReportedFlag]) -> Vec<FileWant> {
    let mut wants: Vec<FileWant> = Vec::new();
    for flag in flags {
        let Some((name, contents)) = FILES.iter().find(|(name, _)| *name == flag.name) else { continue };
        let list = flag.value.trim_matches(['[', ']']);
        let named = list.split([' ', ',', ';']).flat_map(|item| paths(name, item.trim_matches('"')));
        add(&mut wants, named.map(|path| FileWant { flag: name, path, contents: *contents }));
    }
    wants
}

/// Files that an API server names, read.
pub(super) struct NamedFiles {
    pub(super) keys: Vec<KeyFile>,
    pub(super) kubeconfigs: Vec<NamedKubeconfig>,
}

impl NamedFiles {
    pub(super) fn of(wants: &[FileWant], files: &Files<'_>) -> Self {
        Self { keys: key_files(wants, files), kubeconfigs: kubeconfigs(wants, files) }
    }
}

/// The files of keys and certificates among those that are wanted.
fn key_files(wants: &[FileWant], files: &Files<'_>) -> Vec<KeyFile> {
    let mut found: Vec<KeyFile> = Vec::new();
    for want in wants.iter().filter(|want| want.contents == Contents::Keys) {
        let id = files.host_path(&want.path).ok().zip(files.root).map(|(host, root)| Files::id(root, &host));
        let below = id.clone();
        let (id, items) = match files.look(&want.path) {
            File::Read(evidence) => {
                let unread = || not_seen(&want.path, "is there, and what it says was not read");
                // What a definition only says it makes is in no file of its own.
                let seen = evidence.text().is_some() || id.as_ref() == Some(&evidence.id);
                (seen.then(|| evidence.id.clone()), pki::read(evidence).ok_or_else(unread))
            }
            File::Missing(id) => {
                (Some(id), Err(not_seen(&want.path, "does not exist, so that the server does not start")))
            }
            File::Folder(id) => (Some(id), Err(not_seen(&want.path, "is a folder, so that the server does not start"))),
            File::Unread(gap) => (id, Err(gap)),
        };
        let is_carried = id.is_some() && id != below;
        let file = KeyFile { flag: want.flag, path: want.path.clone(), id, is_carried, items };
        if !found.contains(&file) {
            found.push(file);
        }
    }
    found.sort_by(|a, b| (a.flag, &a.path).cmp(&(b.flag, &b.path)));
    found
}

/// A kubeconfig that the server reads.
#[derive(Clone, Debug)]
pub(super) struct NamedKubeconfig {
    pub(super) flag: &'static str,
    pub(super) path: String,
    pub(super) read: Result<Kubeconfig, Gap>,
}

/// The kubeconfigs among them.
fn kubeconfigs(wants: &[FileWant], files: &Files<'_>) -> Vec<NamedKubeconfig> {
    let mut found: Vec<NamedKubeconfig> = Vec::new();
    for want in wants.iter().filter(|want| want.contents == Contents::Kubeconfig) {
        if found.iter().any(|known| known.path == want.path) {
            continue;
        }
        let read = match files.look(&want.path) {
            File::Read(evidence) if evidence.text().is_none() => {
                Err(not_seen(&want.path, "is there, and what it says was not read"))
            }
            File::Read(evidence) => {
                let config = kubeconfig::read(evidence, files.root);
                config.gap.clone().map_or(Ok(config), Err)
            }
            File::Missing(_) => Err(not_seen(&want.path, "does not exist, so that the server does not start")),
            File::Folder(_) => Err(not_seen(&want.path, "is a folder, so that the server does not start")),
            File::Unread(gap) => Err(gap),
        };
        found.push(NamedKubeconfig { flag: want.flag, path: want.path.clone(), read });
    }
    found
}

pub(super) fn not_seen(path: &str, how: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` {how}"),
        wanted: path.to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
    }
}

/// Files that are read at start-up and were not seen: without a root all of them, as one gap.
pub(super) fn unseen_files(wants: &[FileWant], files: &Files<'_>) -> Vec<Gap> {
    let unread = |want: &FileWant| match files.look(&want.path) {
        File::Unread(gap) => Some(gap),
        File::Read(evidence) if pki::is_of_keys(want.flag) && pki::lacks_a_key(evidence) => {
            Some(not_seen(&want.path, "has no digits where its private key would be"))
        }
        File::Read(_) | File::Missing(_) | File::Folder(_) => None,
    };
    let unread: Vec<Gap> = wants.iter().filter_map(unread).collect();
    if files.root.is_none() && !unread.is_empty() {
        let count = if unread.len() == 1 { "a file".to_owned() } else { format!("{} files", unread.len()) };
        return vec![Gap {
            kind: GapKind::Unread,
            reason: format!("it starts only if {count} that its flags name can be read, and no root was given"),
            wanted: "the files that flags name".to_owned(),
            who_could_answer: "give the node's root with --root".to_owned(),
        }];
    }
    unread
}

/// The paths in one value: `tls-sni-cert-key` names two.
pub(super) fn paths(flag: &str, text: &str) -> Vec<String> {
    let files = if flag == "tls-sni-cert-key" { text.split(':').next().unwrap_or_default() } else { text };
    let split: Vec<&str> = if flag == "tls-sni-cert-key" { files.split(',').collect() } else { vec![files] };
    split.into_iter().map(str::trim).filter(|path| !path.is_empty()).map(str::to_owned).collect()
}
