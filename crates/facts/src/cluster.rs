//! One cluster: the evidence that shares an identity, and the components it declares.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use jiff::civil::Date;
use model::{Body, Component, Evidence, EvidenceId, Gap, GapKind, Kind, Release, Version};

use crate::{
    Contents, Files, Invocation, Trees,
    advisories::Judged,
    apiserver::{self, ApiServer},
    configuration::{self, Given},
    declare::{self, Declared},
    etcd::{self, Etcd},
    flags::KUBE_APISERVER,
    kubeconfig::{self, Kubeconfig},
    kubelet::{self, Kubelet},
    live::{self, Identity, Node, Published},
    objects::{self, Objects},
    observed::{self, Door, Observed},
    pki::{self, Held},
    rbac::{Access, Rbac},
    releases::CALENDAR,
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
    /// Of some of its texts, which spares whoever looks at them the parser.
    pub trees: Trees,
}

impl Gathered {
    /// Evidence that goes by the name under which it was asked for, with nothing read beside it.
    pub fn of(name: impl Into<String>, evidence: Vec<Evidence>) -> Self {
        let name = name.into();
        Self { target: name.clone(), name, root: None, evidence, trees: Trees::default() }
    }
}

/// What the user says where the evidence does not.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Wins over whatever the evidence names.
    pub version: Option<Version>,
    /// The day to judge as of; without one, the last that this build knows.
    pub as_of: Option<Date>,
}

/// One cluster, resolved.
pub struct Cluster {
    pub name: String,
    /// What tells it from every other cluster, whatever it is called; `None` where it was not asked.
    pub id: Option<String>,
    pub target: String,
    pub root: Option<String>,
    pub distribution: Option<&'static str>,
    /// Of the API servers; `None` where there is none, or where they differ.
    pub release: Option<Release>,
    pub apiservers: Vec<ApiServer>,
    /// The kubelets that were asked, and what is declared of others; sorted by the instance.
    pub kubelets: Vec<Kubelet>,
    /// The members of etcd that are declared, sorted by the instance.
    pub etcds: Vec<Etcd>,
    /// The API servers that renew a lease, of a cluster that was asked; `None` where that is not known.
    pub identities: Option<Vec<Identity>>,
    /// The nodes of a cluster that was asked; `None` where that is not known.
    pub nodes: Option<Vec<Node>>,
    /// The addresses of its API, as the cluster publishes them; nothing where it was not asked, or has no such object.
    pub published: Result<Option<Vec<Published>>, Gap>,
    /// Objects of its API, as far as files hold them or a server gave them.
    pub objects: Objects,
    /// The roles of its bindings, looked up.
    rbac: Rbac,
    /// How it stands to every advisory; worked out once, where somebody asks.
    pub(crate) judged: OnceLock<Vec<Judged>>,
    /// The day to judge as of, which decides what is maintained and what was known.
    pub as_of: Date,
    /// Sorted by the file.
    pub kubeconfigs: Vec<Kubeconfig>,
    /// Files with keys and certificates, sorted.
    pub pki: Vec<Held>,
    /// Configuration files that no API server of the cluster names; sorted by the file.
    pub given: Vec<Given>,
    /// What was looked at from outside, sorted by the evidence.
    pub doors: Vec<Door>,
    /// Endpoints that were looked at from outside.
    pub observed: Vec<Observed>,
    /// The file that declares more processes than are looked at, and how many of the cluster's are.
    pub cut: Option<(EvidenceId, usize)>,
    pub evidence: Vec<Evidence>,
    /// Of some of its texts.
    pub trees: Trees,
}

impl Cluster {
    /// Whether it was asked while it ran.
    pub fn was_asked(&self) -> bool {
        self.apiservers.iter().any(|server| server.told().is_some())
    }

    /// Whether its discovery shows a group of the API; `None` where nobody asked for that.
    ///
    /// # Errors
    ///
    /// Why it was not told.
    pub fn serves(&self, group: &str) -> Result<Option<bool>, Gap> {
        let piece = self.evidence.iter().find(|piece| piece.kind == Kind::Discovery);
        match piece.map(|piece| &piece.body) {
            Some(Body::Text(text)) => Ok(Some(live::shows(text, group))),
            Some(Body::Unread(gap)) => Err(gap.clone()),
            Some(Body::Missing | Body::Folder | Body::Present) | None => Ok(None),
        }
    }

    /// Who may do what in it.
    pub fn access(&self) -> Access<'_> {
        Access { objects: &self.objects, rbac: &self.rbac }
    }

    /// Whether that distribution runs it, by whichever spelling of its name.
    pub fn is_of(&self, distribution: &str) -> bool {
        self.distribution.is_some_and(|name| name.eq_ignore_ascii_case(distribution))
    }

    /// Every component, by name and instance.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        let kubelets = self.kubelets.iter().map(Kubelet::component);
        let etcds = self.etcds.iter().map(Etcd::component);
        self.apiservers.iter().map(ApiServer::component).chain(kubelets).chain(etcds)
    }
}

/// A file of the node that the evidence at hand refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    pub id: EvidenceId,
    /// Below the root; without a slash in front, below the folder of what names it.
    pub host_path: String,
    pub contents: Contents,
}

/// The files that the evidence refers to, below the cluster's root; without one only those that a kubeconfig names in its own
/// folder, whose path is then from there. Files that were read may name others, so whoever adds them asks again.
pub fn wants(gathered: &Gathered, options: &Options) -> Vec<Want> {
    let mut named = kubeconfig::wants(&gathered.evidence, gathered.root.as_deref());
    let Some(root) = &gathered.root else {
        named.sort_unstable();
        named.dedup_by(|a, b| a.id == b.id);
        return named;
    };
    let host_file = |host_path: String| Want { id: Files::id(root, &host_path), host_path, contents: Contents::Text };
    let mut wants: Vec<Want> =
        declare::files(&gathered.evidence, &gathered.trees, Some(root)).into_iter().map(host_file).collect();
    wants.append(&mut named);
    for invocation in declare::invocations(&gathered.evidence, &gathered.trees, Some(root)).invocations {
        let files = files(gathered.root.as_deref(), &invocation, &gathered.evidence);
        for want in apiserver::wants(&invocation, options.version.as_ref(), &files) {
            if let Ok(host_path) = files.host_path(&want.path) {
                wants.push(Want { id: Files::id(root, &host_path), host_path, contents: want.contents });
            }
        }
    }
    for line in declare::kubelet_lines(&gathered.evidence, &gathered.trees, Some(root)) {
        let files = files(Some(root), &line.invocation, &gathered.evidence);
        let (named, _) = kubelet::started::named(&line, options.version.as_ref());
        wants.extend(named.iter().filter_map(|path| files.host_path(path).ok()).map(host_file));
    }
    for line in declare::etcd_lines(&gathered.evidence, &gathered.trees, Some(root)) {
        let files = files(Some(root), &line, &gathered.evidence);
        wants.extend(etcd::named(&line).and_then(|path| files.host_path(&path).ok()).map(host_file));
    }
    wants.sort_unstable();
    wants.dedup_by(|a, b| {
        let same = a.id == b.id;
        if same {
            b.contents = b.contents.max(a.contents);
        }
        same
    });
    wants
}

/// A folder, named as evidence is, in which every `.conf` may change what the evidence declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DropIns {
    pub folder: String,
    /// Whether files in its subfolders count as well.
    pub is_deep: bool,
}

/// The folders of drop-ins: those of units and of files of settings, and those that kubelets are given, which walk down into
/// subfolders (cmd/kubelet/app/server.go, mergeKubeletConfigurations, 1.33.3).
pub fn drop_in_folders(gathered: &Gathered, options: &Options) -> Vec<DropIns> {
    let root = gathered.root.as_deref();
    let flat = declare::folders(&gathered.evidence, &gathered.trees, root);
    let mut folders: Vec<DropIns> = flat.into_iter().map(|folder| DropIns { folder, is_deep: false }).collect();
    for line in declare::kubelet_lines(&gathered.evidence, &gathered.trees, root) {
        let files = files(root, &line.invocation, &gathered.evidence);
        let (_, named) = kubelet::started::named(&line, options.version.as_ref());
        let hosts = named.iter().filter_map(|folder| files.host_path(folder).ok());
        folders.extend(
            hosts
                .filter_map(|host| root.map(|root| (host, root)))
                .map(|(host, root)| Files::id(root, host.trim_end_matches('/')).to_string())
                .map(|folder| DropIns { folder, is_deep: true }),
        );
    }
    folders.sort_unstable();
    folders.dedup();
    folders
}

/// Resolves everything that the evidence declares.
pub fn resolve(gathered: Gathered, options: &Options) -> Cluster {
    let Gathered { name, target, root, mut evidence, trees } = gathered;
    evidence.sort_by(|a, b| a.id.cmp(&b.id));
    let Declared { mut invocations, cut } = declare::invocations(&evidence, &trees, root.as_deref());
    name_apart(&mut invocations);
    let asked = live::resolve(&evidence, &invocations, root.as_deref(), options);
    let operator = asked.as_ref().and_then(|found| found.distribution);
    let (mut apiservers, identities, nodes, published) = match asked {
        Some(live::Found { servers, identities, nodes, published, .. }) => (servers, identities, nodes, published),
        None => {
            let resolve = |invocation: &Invocation| {
                let files = files(root.as_deref(), invocation, &evidence);
                apiserver::resolve(invocation, options.version.as_ref(), &files)
            };
            (invocations.iter().map(resolve).collect(), None, None, Ok(None))
        }
    };
    let mut releases = apiservers.iter().map(|server| &server.component().release);
    let release = releases.next().filter(|first| releases.all(|other| other == *first)).cloned();
    let distribution = operator.or_else(|| invocations.iter().find_map(|invocation| invocation.distribution));
    let cut = cut.map(|file| (file, invocations.len()));
    let mut kubeconfigs = kubeconfig::all(&evidence, root.as_deref());
    if let Some(unread) = evidence.iter().find(|piece| piece.kind == Kind::Workload && piece.text().is_none()) {
        for config in &mut kubeconfigs {
            config.gap = config.gap.take().or_else(|| Some(maybe_a_webhook(config, unread)));
        }
    }
    for (invocation, server) in invocations.iter().zip(&apiservers) {
        let files = files(root.as_deref(), invocation, &evidence);
        for config in &mut kubeconfigs {
            config.webhook = config.webhook.or_else(|| webhook(server, &files, config));
        }
    }
    let named = named_files(&invocations, root.as_deref(), options, &evidence);
    let stated = options.version.clone().map(Release::Exactly).or_else(|| exact(release.as_ref()));
    let possible = stated.clone().unwrap_or_else(|| {
        let (from, to) = KUBE_APISERVER.covered;
        Release::Within { from, to }
    });
    let mut given = configuration::given(&evidence, &trees, root.as_deref(), &named, &possible);
    for file in &mut given {
        file.gap = maybe_named(file, &apiservers, &evidence, root.as_deref());
    }
    let as_of = options.as_of.unwrap_or(CALENDAR.known_until);
    let mut doors = observed::doors(&evidence);
    let observed = observed::all(&evidence, &doors);
    observed::join(&mut doors, &observed);
    observed::contradict(&mut apiservers, &observed, &evidence);
    let pki = pki::held(&apiservers, &kubeconfigs, &given, &observed, root.as_deref());
    let objects = objects::read(&evidence, &trees);
    let bounds = || apiservers.iter().map(|server| server.component().release.bounds());
    let servers = bounds().map(|(from, _)| from).min().zip(bounds().map(|(_, to)| to).max());
    let mut kubelets = kubelet::resolve(&evidence, &trees, root.as_deref(), options, servers);
    observed::contradict_kubelets(&mut kubelets, &doors);
    let etcds = etcd::resolve(&evidence, &trees, root.as_deref());
    let rbac = Rbac::new(&objects, release.as_ref().or(stated.as_ref()), distribution);
    Cluster {
        name,
        id: None,
        target,
        root,
        distribution,
        release,
        apiservers,
        kubelets,
        etcds,
        identities,
        nodes,
        published,
        rbac,
        judged: OnceLock::new(),
        objects,
        as_of,
        kubeconfigs,
        pki,
        given,
        doors,
        observed,
        cut,
        evidence,
        trees,
    }
}

/// An API server that was not read may name the file as that of a webhook.
fn maybe_a_webhook(config: &Kubeconfig, unread: &Evidence) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{}` may lead to a webhook: `{}` could not be read", config.name, unread.id),
        wanted: unread.id.to_string(),
        who_could_answer: "a user who may read that file".to_owned(),
    }
}

/// The flag by which an API server names a kubeconfig, itself or by way of another file: all that it reads lead to
/// webhooks.
fn webhook(server: &ApiServer, files: &Files<'_>, config: &Kubeconfig) -> Option<&'static str> {
    let root = files.root?;
    let names = |path: &str| files.host_path(path).is_ok_and(|path| Files::id(root, &path) == config.file);
    server.kubeconfigs().find(|(_, path)| names(path)).map(|(flag, _)| flag)
}

fn exact(release: Option<&Release>) -> Option<Release> {
    release.filter(|release| matches!(release, Release::Exactly(_))).cloned()
}

/// The files that API servers of the cluster name, also by way of other files.
fn named_files(
    invocations: &[Invocation],
    root: Option<&str>,
    options: &Options,
    evidence: &[Evidence],
) -> BTreeSet<EvidenceId> {
    let mut named = BTreeSet::new();
    // Nobody pays for it where there is nothing to name.
    let Some(root) = root.filter(|_| evidence.iter().any(|piece| piece.kind == Kind::ConfigFile)) else { return named };
    for invocation in invocations {
        let files = files(Some(root), invocation, evidence);
        let wants = apiserver::wants(invocation, options.version.as_ref(), &files);
        named.extend(
            wants.iter().filter_map(|want| files.host_path(&want.path).ok()).map(|path| Files::id(root, &path)),
        );
    }
    named
}

/// Why an API server may name a file although none that was read does.
fn maybe_named(file: &Given, apiservers: &[ApiServer], evidence: &[Evidence], root: Option<&str>) -> Option<Gap> {
    // Without a root no flag can be followed to a file, whatever the flag says.
    root?;
    let unread = evidence.iter().find(|piece| piece.kind == Kind::Workload && piece.text().is_none());
    if let Some(unread) = unread {
        return Some(Gap {
            kind: GapKind::Unread,
            reason: format!("an API server may name `{}`: `{}` could not be read", file.component.instance, unread.id),
            wanted: unread.id.to_string(),
            who_could_answer: "a user who may read that file".to_owned(),
        });
    }
    let settings = apiservers.iter().flat_map(|server| {
        file.kind.flags().iter().filter_map(|flag| server.component().setting(flag)?.in_force().err())
    });
    // Where only the release is open, the flag is not given.
    settings.into_iter().find(|gap| gap.kind != GapKind::Version).cloned()
}

fn files<'a>(root: Option<&'a str>, invocation: &'a Invocation, evidence: &'a [Evidence]) -> Files<'a> {
    Files { root, mounts: &invocation.mounts, contained: invocation.contained, evidence, carried: &invocation.carried }
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
