//! One cluster: the evidence that shares an identity, and the components it declares.

use std::collections::BTreeMap;

use model::{Component, Evidence, EvidenceId, Release, Version};

use crate::{
    Files, Invocation,
    apiserver::{self, ApiServer},
    declare,
};

/// The evidence of one cluster, before anything is concluded from it.
pub struct Gathered {
    /// The name written in the evidence, else the path as given.
    pub name: String,
    /// The target it was found under.
    pub target: String,
    /// The folder that stands for `/` of the node, as names of evidence begin with it.
    pub root: Option<String>,
    pub evidence: Vec<Evidence>,
}

/// What the user says where the evidence does not.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Wins over whatever the evidence names.
    pub version: Option<Version>,
}

/// One cluster, resolved.
pub struct Cluster {
    pub name: String,
    pub target: String,
    pub root: Option<String>,
    pub distribution: Option<&'static str>,
    /// Of the API servers; `None` where there is none, or where they differ.
    pub release: Option<Release>,
    pub apiservers: Vec<ApiServer>,
    pub evidence: Vec<Evidence>,
}

impl Cluster {
    /// Every component, by name and instance.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.apiservers.iter().map(ApiServer::component)
    }
}

/// A file of the node that the evidence at hand refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    pub id: EvidenceId,
    /// Below the root.
    pub host_path: String,
    /// Whether what it says matters, or only that it is there.
    pub contents: bool,
}

/// The files that the evidence refers to, below the cluster's root; none without one.
pub fn wants(gathered: &Gathered) -> Vec<Want> {
    let Some(root) = &gathered.root else { return Vec::new() };
    let host_file = |host_path: String| Want { id: Files::id(root, &host_path), host_path, contents: true };
    let mut wants: Vec<Want> = declare::files(&gathered.evidence, Some(root)).into_iter().map(host_file).collect();
    for invocation in declare::invocations(&gathered.evidence, Some(root)) {
        let files = files(gathered.root.as_deref(), &invocation, &gathered.evidence);
        let server = apiserver::resolve(&invocation, None, &files);
        for want in apiserver::file_wants(&invocation, server.component()) {
            if let Ok(host_path) = files.host_path(&want.path) {
                wants.push(Want { id: Files::id(root, &host_path), host_path, contents: want.contents });
            }
        }
    }
    wants.sort_unstable();
    wants.dedup_by(|a, b| {
        let same = a.id == b.id;
        b.contents |= same && a.contents;
        same
    });
    wants
}

/// Folders, named as evidence is, in which every `.conf` may change what the evidence declares: the drop-ins of units.
pub fn drop_in_folders(gathered: &Gathered) -> Vec<String> {
    declare::folders(&gathered.evidence, gathered.root.as_deref())
}

/// Resolves everything that the evidence declares.
pub fn resolve(gathered: Gathered, options: &Options) -> Cluster {
    let Gathered { name, target, root, mut evidence } = gathered;
    evidence.sort_by(|a, b| a.id.cmp(&b.id));
    let mut invocations = declare::invocations(&evidence, root.as_deref());
    name_apart(&mut invocations);
    let apiservers: Vec<ApiServer> = invocations
        .iter()
        .map(|invocation| {
            let files = files(root.as_deref(), invocation, &evidence);
            apiserver::resolve(invocation, options.version.as_ref(), &files)
        })
        .collect();
    let mut releases = apiservers.iter().map(|server| &server.component().release);
    let release = releases.next().filter(|first| releases.all(|other| other == *first)).cloned();
    let distribution = invocations.iter().find_map(|invocation| invocation.distribution);
    Cluster { name, target, root, distribution, release, apiservers, evidence }
}

fn files<'a>(root: Option<&'a str>, invocation: &'a Invocation, evidence: &'a [Evidence]) -> Files<'a> {
    Files { root, mounts: &invocation.mounts, contained: invocation.contained, evidence }
}

/// Gives instances of one name a number each, so that a name means one process.
fn name_apart(invocations: &mut [Invocation]) {
    invocations
        .sort_by(|a, b| (a.component, &a.instance, &a.declared_in).cmp(&(b.component, &b.instance, &b.declared_in)));
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for invocation in invocations.iter() {
        counts.entry(invocation.instance.clone()).or_default().0 += 1;
    }
    for invocation in invocations {
        let Some((total, seen)) = counts.get_mut(&invocation.instance) else { continue };
        *seen += 1;
        if *total > 1 {
            invocation.instance = format!("{}#{seen}", invocation.instance);
        }
    }
}
