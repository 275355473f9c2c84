//! kubeadm's configuration, as the API server that kubeadm starts with it.
//!
//! A file holds a `MasterConfiguration` (v1alpha1, v1alpha2) or a `ClusterConfiguration` with an `InitConfiguration`; a
//! cluster keeps the former in the ConfigMap `kubeadm-config`. Most of the command line is written nowhere: kubeadm adds it
//! (`added`), and `extraArgs` overrides it.
//!
//! Cluster API and kind hand a configuration to kubeadm as well, so [`Configuration`] is made of layers: parts of it, of
//! which a later one wins. Start at [`Configuration::invocation`].

mod added;
mod authorizers;
mod etcd;
mod files;
mod given;
mod words;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, ProblemKind, Site, Version};
use yaml::Cursor;

pub(super) use self::given::Argument;
use self::{added::NEWEST, given::find};
use super::{Source, command::Program, embedded};
use crate::{Carried, Hand, Invocation, Releases, flags::KUBE_APISERVER};

const GROUP: &str = "kubeadm.k8s.io/";

/// kubeadm takes one document of each kind.
const MOST_DOCUMENTS: usize = 32;

/// How one version of the configuration is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// v1alpha1: one document, the authorizers and the cloud provider with fields of their own, etcd's fields flat.
    Alpha1,
    /// v1alpha2: one document, arguments in `apiServerExtraArgs`.
    Alpha2,
    /// v1alpha3: two documents.
    Alpha3,
    /// v1beta1 to v1beta3: arguments are a map in `apiServer.extraArgs`.
    Map,
    /// v1beta4: arguments are a list of names and values, and a name may be given more than once.
    Pairs,
    /// One that nobody knows here, as like the newest as it may be.
    Any,
}

/// A version of the configuration, its shape, and the minor releases of 1.x that a kubeadm which reads it deploys: its own
/// and the one before. Which kubeadm reads which version is in cmd/kubeadm/app/util/config/common.go
/// (validateSupportedVersion); v1beta1 went in 1.22 (pull request 101129) and v1beta2 in 1.27 (114540). Before 1.6 kubeadm
/// was another program.
const VERSIONS: [(&str, Shape, u16, u16); 7] = [
    ("v1alpha1", Shape::Alpha1, 6, 11),
    ("v1alpha2", Shape::Alpha2, 10, 12),
    ("v1alpha3", Shape::Alpha3, 11, 14),
    ("v1beta1", Shape::Map, 12, 21),
    ("v1beta2", Shape::Map, 14, 26),
    ("v1beta3", Shape::Map, 21, NEWEST),
    ("v1beta4", Shape::Pairs, 30, NEWEST),
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP)
}

/// Whether a text declares an API server that kubeadm starts.
pub(super) fn declares(source: &Source<'_>) -> bool {
    !invocations(source, &[]).is_empty()
}

/// Every API server that kubeadm would start with what a text holds.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = own(source);
    for document in source.documents() {
        let root = document.cursor();
        match root.get("items") {
            Some(items) => items.items().for_each(|item| found.extend(config_map(&item, source))),
            None => found.extend(config_map(&root, source)),
        }
    }
    found
}

/// The documents of a text, which kubeadm reads as one configuration.
fn own(source: &Source<'_>) -> Vec<Invocation> {
    let mut clusters = Vec::new();
    let mut init = Vec::new();
    let mut problems = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        let Some(kind) = kubeadm_kind(&root) else { continue };
        if clusters.len() + init.len() >= MOST_DOCUMENTS {
            break;
        }
        match kind {
            "ClusterConfiguration" | "MasterConfiguration" => clusters.push(Layer { source, node: root }),
            "InitConfiguration" => init.push(Layer { source, node: root }),
            _ => continue,
        }
        problems.extend(source.problems(document));
    }
    // A document that nobody can read may be the one that says it.
    let is_hidden = source.stream.faults.iter().any(|fault| fault.kind.is_fatal());
    let around = || Around {
        open: is_hidden.then(|| Gap {
            kind: GapKind::Unread,
            reason: "a document of the file cannot be read, and kubeadm reads them as one".to_owned(),
            wanted: format!("{} as a whole", source.evidence),
            who_could_answer: "whoever can mend the file".to_owned(),
        }),
        ..Around::default()
    };
    if clusters.is_empty() {
        // kubeadm fills in what no document says.
        let Some(first) = init.first().filter(|_| !is_hidden).cloned() else { return Vec::new() };
        return vec![Configuration::of(first, Vec::new(), init, around()).invocation(problems)];
    }
    clusters
        .into_iter()
        .map(|cluster| {
            let init = if cluster.node.get("kind").and_then(|kind| kind.text()) == Some("MasterConfiguration") {
                vec![cluster.clone()]
            } else {
                init.clone()
            };
            Configuration::of(cluster.clone(), vec![cluster], init, around()).invocation(problems.clone())
        })
        .collect()
}

/// The configuration that a cluster keeps of itself (cmd/kubeadm/app/phases/uploadconfig).
fn config_map(object: &Cursor<'_>, source: &Source<'_>) -> Option<Invocation> {
    if object.get("kind")?.text()? != "ConfigMap" {
        return None;
    }
    let data = object.get("data")?;
    let string = data.get("ClusterConfiguration").or_else(|| data.get("MasterConfiguration"))?;
    let stream = embedded::parse(&string);
    let inner = embedded::source(source, &string, &stream)?;
    let document = inner.documents().next()?;
    let root = document.cursor();
    kubeadm_kind(&root)?;
    let layer = Layer { source: &inner, node: root };
    // What belongs to one node alone is in no ConfigMap, but was once in the same document.
    let all = layer.node.get("kind").and_then(|kind| kind.text()) == Some("MasterConfiguration");
    let init = if all { vec![layer.clone()] } else { Vec::new() };
    let port = if all {
        Fallback::Kubeadm
    } else {
        Fallback::Unseen(Gap {
            kind: GapKind::NotCollected,
            reason: "the port belongs to a node, and this is what all of them share".to_owned(),
            wanted: "the manifest as kubeadm wrote it".to_owned(),
            who_could_answer: MANIFESTS.to_owned(),
        })
    };
    let around = Around { port, ..Around::default() };
    Some(Configuration::of(layer.clone(), vec![layer], init, around).invocation(inner.problems(document)))
}

fn kubeadm_kind<'a>(root: &Cursor<'a>) -> Option<&'a str> {
    root.get("apiVersion")?.text()?.strip_prefix(GROUP)?;
    root.get("kind")?.text()
}

/// The releases and the shape that the version of a document stands for; `None` for a version that nobody knows here.
fn shape_of(root: &Cursor<'_>) -> Option<((Minor, Minor), Shape)> {
    let version = root.get("apiVersion")?.text()?.strip_prefix(GROUP)?;
    let (_, shape, from, to) = VERSIONS.iter().find(|(name, ..)| *name == version)?;
    Some((minors(*from, *to), *shape))
}

/// The releases that the version of a document stands for.
pub(super) fn minors_of(root: &Cursor<'_>) -> Releases {
    shape_of(root).map(|(releases, _)| releases)
}

/// The release that a text asks kubeadm for.
pub(super) fn of_text(source: &Source<'_>) -> Option<(Version, Location)> {
    own(source).into_iter().find_map(|invocation| invocation.version)
}

fn minors(from: u16, to: u16) -> (Minor, Minor) {
    (Minor::new(1, from), Minor::new(1, to))
}

/// A part of a configuration, and the text it is in.
#[derive(Clone)]
pub(super) struct Layer<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) node: Cursor<'a>,
}

/// What kubeadm is told.
pub(super) struct Configuration<'a> {
    /// What stands for the whole of it.
    pub(super) root: Layer<'a>,
    /// Parts of the ClusterConfiguration, the strongest last.
    pub(super) cluster: Vec<Layer<'a>>,
    /// Parts of the InitConfiguration, likewise.
    pub(super) init: Vec<Layer<'a>>,
    pub(super) shape: Shape,
    /// The releases that the format can be about.
    pub(super) releases: Releases,
    /// Where the ClusterConfiguration is, or would be: a map, and the keys below it.
    pub(super) home: Option<(Layer<'a>, &'static [&'static str])>,
    pub(super) around: Around,
}

/// What whoever hands a configuration to kubeadm puts around it.
#[derive(Default)]
pub(super) struct Around {
    /// Who set the cluster up, where that is not kubeadm alone.
    pub(super) distribution: Option<&'static str>,
    pub(super) instance: Option<String>,
    pub(super) version: Option<(Version, Location)>,
    /// The addresses of services, the domain of names and the port, where the configuration does not say.
    pub(super) subnet: Fallback,
    pub(super) domain: Fallback,
    pub(super) port: Fallback,
    /// The folder of keys and certificates, where the configuration does not say.
    pub(super) certificates: Option<String>,
    /// Whether the node's own address is one of IPv6, where the configuration does not say.
    pub(super) is_six: bool,
    /// Arguments that every layer overrides.
    pub(super) beneath: Vec<Argument>,
    /// Names of arguments that are taken away from every layer.
    pub(super) removed: Vec<String>,
    /// Arguments that override those of every layer.
    pub(super) on_top: Vec<Argument>,
    /// A list of arguments changes those of the same name in an earlier one, instead of taking its place.
    pub(super) merges: bool,
    /// Why there may be more than what is written.
    pub(super) open: Option<Gap>,
    /// Files that are written beside it.
    pub(super) carried: Vec<Carried>,
}

/// What holds where nothing is written.
#[derive(Default)]
pub(super) enum Fallback {
    /// kubeadm's own default.
    #[default]
    Kubeadm,
    Known(String, Site, Hand),
    Unseen(Gap),
}

const MANIFESTS: &str = "give /etc/kubernetes/manifests of the node";

impl<'a> Configuration<'a> {
    /// Of documents that name their own version.
    fn of(root: Layer<'a>, cluster: Vec<Layer<'a>>, init: Vec<Layer<'a>>, mut around: Around) -> Self {
        let (releases, shape) = match shape_of(&root.node) {
            Some((releases, shape)) => (Some(releases), shape),
            None => {
                around.open.get_or_insert_with(|| Gap {
                    kind: GapKind::Unread,
                    reason: "this version of kubeadm's configuration is not known to this build".to_owned(),
                    wanted: "the manifest as kubeadm wrote it".to_owned(),
                    who_could_answer: MANIFESTS.to_owned(),
                });
                (None, Shape::Any)
            }
        };
        let home = cluster.last().map(|layer| (layer.clone(), &[][..]));
        Self { root, cluster, init, shape, releases, home, around }
    }

    /// The API server that kubeadm starts with it. The problems are those of reading its text.
    pub(super) fn invocation(&self, mut problems: Vec<Problem>) -> Invocation {
        let source = self.root.source;
        let given = self.arguments(&mut problems);
        problems.extend(self.outdated());
        let mut words = self.words(&given);
        let open_ended = self.open_ended();
        // What kubeadm does in a release that the data does not reach is not known either.
        let newest = KUBE_APISERVER.covered.1;
        for word in words.iter_mut().filter(|word| word.hand != Hand::Written) {
            word.releases = word.releases.map(|(from, to)| (from, to.min(newest)));
        }
        if let Some(gap) = &open_ended {
            // Whatever could add an argument can override what nobody wrote, and a patch takes the place of what somebody did.
            let is_patched = self.patched().is_some();
            for word in words.iter_mut().filter(|word| is_patched || word.hand != Hand::Written) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        let named = || {
            [&["nodeRegistration", "name"][..], &["nodeName"]].iter().find_map(|path| find(&self.init, path)?.text())
        };
        let name = self.around.instance.clone().or_else(named);
        Invocation {
            open_ended,
            list: Some(self.home()),
            version: self.version(),
            releases: self.releases,
            mounts: self.mounts(),
            carried: self.carried(),
            contained: true,
            distribution: Some(self.around.distribution.unwrap_or(KUBEADM)),
            problems,
            ..source.process(Program::ApiServer, name, words)
        }
    }

    /// A release whose kubeadm does not read this version of the configuration.
    fn outdated(&self) -> Option<Problem> {
        let (version, at) = self.version().filter(|_| self.around.distribution.is_none())?;
        let (from, to) = self.releases.filter(|(from, to)| version.minor < *from || *to < version.minor)?;
        let name = self.root.node.get("apiVersion")?.text()?;
        let hint =
            (to < version.minor).then(|| "`kubeadm config migrate` of an older release writes it anew".to_owned());
        let which = if to < version.minor { format!("after {to}") } else { format!("before {from}") };
        Some(Problem {
            kind: ProblemKind::Conflict,
            stops: false,
            message: format!(
                "`{name}` is not read by any kubeadm that deploys a release {which}, and {version} is asked for"
            ),
            hint,
            location: Some(at),
            setting: None,
        })
    }

    /// Where the arguments are.
    fn path(&self) -> &'static [&'static str] {
        match self.shape {
            Shape::Alpha1 | Shape::Alpha2 | Shape::Alpha3 => &["apiServerExtraArgs"],
            Shape::Map | Shape::Pairs | Shape::Any => &["apiServer", "extraArgs"],
        }
    }

    /// Why more may be on the command line than what is written.
    fn open_ended(&self) -> Option<Gap> {
        self.around.open.clone().or_else(|| self.patched())
    }

    /// Why the manifest may be another than the one that is made (cmd/kubeadm/app/util/patches/patches.go, 1.22).
    fn patched(&self) -> Option<Gap> {
        let folder = find(&self.init, &["patches", "directory"])?.text()?;
        Some(Gap {
            kind: GapKind::Unread,
            reason: format!("kubeadm patches the manifest with the files in `{folder}`"),
            wanted: "the manifest as kubeadm wrote it".to_owned(),
            who_could_answer: MANIFESTS.to_owned(),
        })
    }

    /// Where an argument would be added.
    fn home(&self) -> Site {
        let form = if self.shape == Shape::Pairs { Form::Pairs } else { Form::Entries };
        if let Some(found) = find(&self.cluster, self.path()) {
            return Site { at: found.at(), form };
        }
        let Some((layer, below)) = &self.home else {
            // A document would have to be added, which no edit does.
            return Site { at: self.root.source.at(&self.root.node), form: Form::Script };
        };
        let mut there = layer.node.clone();
        let path: Vec<&str> = below.iter().chain(self.path()).copied().collect();
        for name in &path {
            let Some(next) = there.get(name).filter(|next| next.mapping().is_some()) else { break };
            there = next;
        }
        let mut at = layer.source.at(&there);
        // The pointer of a text inside another is that of the outer scalar: what is not there is named through it.
        let outer = if layer.source.inside.is_some() { std::mem::take(&mut at.pointer) } else { String::new() };
        at.pointer = format!("{outer}{}/{}", layer.node.pointer(), path.join("/"));
        Site { at, form }
    }

    /// The release that is asked for. `stable-1.29` and its like leave the patch open, `stable` and `ci/latest` everything.
    fn version(&self) -> Option<(Version, Location)> {
        if self.around.version.is_some() {
            return self.around.version.clone();
        }
        let asked = find(&self.cluster, &["kubernetesVersion"]);
        // One image for every component names its release as well (up to v1alpha3).
        let unified = || {
            let found = find(&self.cluster, &["unifiedControlPlaneImage"])?;
            Some((tagged(&found.text()?)?, found.at()))
        };
        asked.and_then(|found| Some((release(&found.text()?)?, found.at()))).or_else(unified)
    }
}

/// The release that the tag of an image names.
pub(super) fn tagged(image: &str) -> Option<Version> {
    let tag = image.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
    release(tag).filter(|_| tag.starts_with('v'))
}

/// A version, or the label of one, as kubeadm takes it (cmd/kubeadm/app/util/version.go).
pub(super) fn release(text: &str) -> Option<Version> {
    let labelled = ["stable-", "latest-"].iter().find_map(|label| text.rsplit('/').next()?.strip_prefix(label));
    let version: Version = match labelled {
        Some(minor) => Version::of_minor(minor.parse::<Version>().ok()?.minor),
        None => text.parse().ok()?,
    };
    (version.minor.major == 1).then_some(version)
}

impl Fallback {
    /// The text, where it is and who put it there; `None` where nobody looked.
    fn value(&self, default: &str, home: &Site) -> Option<(String, Site, Hand)> {
        match self {
            Self::Kubeadm => Some((default.to_owned(), home.clone(), Hand::Default(KUBEADM))),
            Self::Known(text, site, hand) => Some((text.clone(), site.clone(), hand.clone())),
            Self::Unseen(_) => None,
        }
    }
}

const KUBEADM: &str = "kubeadm";
