//! kubeadm's configuration, as the API server that kubeadm starts with it.
//!
//! A file holds a `MasterConfiguration` (v1alpha1, v1alpha2) or a `ClusterConfiguration` with an `InitConfiguration`; a
//! cluster keeps the former in the ConfigMap `kubeadm-config`. Most of the command line is written nowhere: kubeadm adds it
//! (`added`), and `extraArgs` overrides it.
//!
//! Cluster API and kind hand a configuration to kubeadm as well, so [`Configuration`] is made of layers: parts of it, of
//! which a later one wins. Start at [`Configuration::invocation`].

mod added;

use model::{Body, Evidence, Form, Gap, GapKind, Kind, Location, Minor, Problem, ProblemKind, Site, Version};
use yaml::{Cursor, Resolved, Value};

use self::added::{ADDED, ETCD, MOUNTS, NEWEST, OLDEST};
use super::{Source, command::unfilled, embedded, pod::text_of};
use crate::{Carried, Hand, Invocation, Mount, Word, flags::KUBE_APISERVER};

const GROUP: &str = "kubeadm.k8s.io/";

/// kubeadm takes one document of each kind.
const MOST_DOCUMENTS: usize = 32;

/// More arguments than any server has.
const MOST_ARGUMENTS: usize = 512;

/// Where kubeadm keeps its files (cmd/kubeadm/app/constants).
const CERTIFICATES: &str = "/etc/kubernetes/pki";

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
pub(super) fn speaks(text: &str) -> bool {
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
    pub(super) releases: Option<(Minor, Minor)>,
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

/// Something that is written, and where.
#[derive(Clone)]
struct Found<'a> {
    source: &'a Source<'a>,
    cursor: Cursor<'a>,
}

impl Found<'_> {
    fn text(&self) -> Option<String> {
        self.cursor.text().map(str::to_owned).filter(|text| !text.is_empty() && !self.cursor.is_null())
    }

    fn at(&self) -> Location {
        self.source.at(&self.cursor)
    }

    fn items(&self) -> Vec<Found<'_>> {
        self.cursor.items().map(|cursor| Found { source: self.source, cursor }).collect()
    }
}

/// What the last layer that speaks says; null takes away what an earlier one said.
fn find<'a>(layers: &[Layer<'a>], path: &[&str]) -> Option<Found<'a>> {
    for layer in layers.iter().rev() {
        let mut here = Some(layer.node.clone());
        for name in path {
            match here.as_ref().and_then(|here| here.get(name)) {
                Some(next) if next.is_null() => return None,
                next => here = next,
            }
        }
        if let Some(cursor) = here {
            return Some(Found { source: layer.source, cursor });
        }
    }
    None
}

/// An argument of `extraArgs`.
#[derive(Clone)]
pub(super) struct Argument {
    pub(super) name: String,
    /// As it is written, also where something in it is not filled in yet.
    pub(super) value: String,
    pub(super) site: Site,
    pub(super) hand: Hand,
    pub(super) unresolved: Option<Gap>,
}

impl Argument {
    fn word(&self) -> Word {
        Word {
            unresolved: self.unresolved.clone(),
            hand: self.hand.clone(),
            ..Word::written(format!("--{}={}", self.name, self.value), self.site.clone())
        }
    }
}

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
            // Whatever could add an argument can override what nobody wrote.
            for word in words.iter_mut().filter(|word| word.hand != Hand::Written) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        let named = || {
            [&["nodeRegistration", "name"][..], &["nodeName"]].iter().find_map(|path| find(&self.init, path)?.text())
        };
        let name = self.around.instance.clone().or_else(named);
        Invocation {
            component: "kube-apiserver",
            instance: name.unwrap_or_else(|| source.evidence.as_str().to_owned()),
            declared_in: source.evidence.clone(),
            plane: source.plane,
            words,
            open_ended,
            list: Some(self.home()),
            version: self.version(),
            releases: self.releases,
            mounts: self.mounts(),
            carried: self.carried(),
            contained: true,
            distribution: Some(self.around.distribution.unwrap_or(KUBEADM)),
            problems,
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
        let patches = find(&self.init, &["patches", "directory"]).and_then(|patches| patches.text());
        self.around.open.clone().or_else(|| {
            patches.map(|folder| Gap {
                kind: GapKind::Unread,
                reason: format!("kubeadm patches the manifest with the files in `{folder}`"),
                wanted: "the manifest as kubeadm wrote it".to_owned(),
                who_could_answer: MANIFESTS.to_owned(),
            })
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

    /// The arguments that somebody wrote, in the order in which kubeadm receives them.
    fn arguments(&self, problems: &mut Vec<Problem>) -> Vec<Argument> {
        let mut given: Vec<Argument> = self.around.beneath.clone();
        for layer in &self.cluster {
            let Some(found) = find(std::slice::from_ref(layer), self.path()) else { continue };
            match found.cursor.value() {
                Value::Mapping(_) => {
                    if self.shape == Shape::Pairs && !self.around.merges {
                        problems.push(misshapen(
                            &found,
                            "extraArgs",
                            "is a map, and this version takes a list of names and values",
                        ));
                    }
                    for entry in found.cursor.entries().take(MOST_ARGUMENTS) {
                        let name = entry.name.into_owned();
                        given.retain(|known| known.name != name);
                        if entry.value.is_null() {
                            continue;
                        }
                        given.extend(argument(&found, name, &entry.value, Form::Entry, problems));
                    }
                }
                Value::Sequence(_) => {
                    if !matches!(self.shape, Shape::Pairs | Shape::Any) {
                        problems.push(misshapen(
                            &found,
                            "extraArgs",
                            "is a list, and this version takes a map of names and values",
                        ));
                    }
                    if !self.around.merges {
                        given.clear();
                    }
                    for item in found.cursor.items().take(MOST_ARGUMENTS) {
                        let Some(name) = text_of(&item, "name") else { continue };
                        if self.around.merges {
                            given.retain(|known| known.name != name);
                        }
                        let Some(value) = item.get("value") else { continue };
                        given.extend(argument(&found, name, &value, Form::Pair, problems));
                    }
                }
                Value::Scalar(_) => {}
            }
        }
        given.retain(|known| !self.around.removed.contains(&known.name));
        for argument in &self.around.on_top {
            given.retain(|known| known.name != argument.name);
            given.push(argument.clone());
        }
        given
    }

    fn words(&self, given: &[Argument]) -> Vec<Word> {
        let is_given = |flag: &str| given.iter().any(|argument| argument.name == flag);
        let mut words = self.defaults(&is_given);
        let authorizers: Vec<&Argument> = given.iter().filter(|argument| argument.name == AUTHORIZERS).collect();
        let mut others: Vec<&Argument> = given.iter().filter(|argument| argument.name != AUTHORIZERS).collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        for same in others.chunk_by(|a, b| a.name == b.name) {
            words.extend(repeated(same));
        }
        words.extend(self.authorizers(authorizers.last().copied(), is_given("authorization-config")));
        words.extend(self.behind());
        words
    }

    /// What kubeadm adds and `extraArgs` can override.
    fn defaults(&self, is_given: &dyn Fn(&str) -> bool) -> Vec<Word> {
        let home = self.home();
        let mut words = Vec::new();
        let mut push = |flag: &str, value: &str, site: Site, hand: Hand, releases: (u16, u16)| {
            if is_given(flag) {
                return;
            }
            words.push(Word {
                text: format!("--{flag}={value}"),
                unresolved: unfilled(value),
                site,
                hand,
                releases: Some(minors(releases.0, releases.1)),
            });
        };
        let always = (OLDEST, NEWEST);
        let folder = find(&self.cluster, &["certificatesDir"]).filter(|folder| folder.text().is_some());
        let certificates = self.certificates();
        let external = self.external_etcd();
        let cloud = find(&self.cluster, &["cloudProvider"]).and_then(|found| found.text());
        let in_cloud = matches!(cloud.as_deref(), Some("aws" | "gce"));
        for added in &ADDED {
            if external.is_some() && ETCD.contains(&added.flag) {
                continue;
            }
            match (&added.value, &folder) {
                (added::Value::Text(text), _) => {
                    // deprecatedV19AdmissionControl of v1.9.0 and v1.10.0 is for the clouds whose volumes the plugin labels.
                    let labels = added.flag == "admission-control" && matches!(added.releases, (9 | 10, _)) && in_cloud;
                    let text = if labels {
                        text.replacen("ServiceAccount,", "ServiceAccount,PersistentVolumeLabel,", 1)
                    } else {
                        (*text).to_owned()
                    };
                    push(added.flag, &text, home.clone(), Hand::Default(KUBEADM), added.releases);
                }
                (added::Value::Certificate(file), folder) => {
                    let path = format!("{certificates}/{file}");
                    let (site, hand) = match folder {
                        None => (home.clone(), Hand::Default(KUBEADM)),
                        Some(folder) => made(folder, "`certificatesDir` decides it"),
                    };
                    push(added.flag, &path, site, hand, added.releases);
                }
            }
        }

        // cmd/kubeadm/app/apis/kubeadm/*/defaults.go: DefaultServicesSubnet, DefaultServiceDNSDomain, DefaultAPIBindPort.
        let subnet = find(&self.cluster, &["networking", "serviceSubnet"]);
        match subnet.as_ref().and_then(|found| Some((found, found.text()?))) {
            Some((found, text)) => push("service-cluster-ip-range", &text, field(found), Hand::Written, always),
            None => {
                if let Some((text, site, hand)) = self.around.subnet.value("10.96.0.0/12", &home) {
                    push("service-cluster-ip-range", &text, site, hand, always);
                }
            }
        }
        let domain = find(&self.cluster, &["networking", "dnsDomain"]);
        let domain = match domain.as_ref().and_then(|found| Some((found, found.text()?))) {
            Some((found, text)) => {
                let (site, hand) = made(found, "`networking.dnsDomain` decides it");
                Some((text, site, hand))
            }
            None => self.around.domain.value("cluster.local", &home),
        };
        if let Some((domain, site, hand)) = domain {
            push("service-account-issuer", &format!("https://kubernetes.default.svc.{domain}"), site, hand, ISSUER);
        }
        match self.endpoint("bindPort").as_ref().and_then(|found| Some((found, found.text()?))) {
            // A port of 0 is filled in like one that is not there.
            Some((found, text)) if text != "0" => push("secure-port", &text, field(found), Hand::Written, always),
            _ => {
                if let Some((text, site, hand)) = self.around.port.value("6443", &home) {
                    push("secure-port", &text, site, hand, always);
                }
            }
        }

        if let Some(external) = &external {
            let endpoints: Vec<String> = external.endpoints.items().iter().filter_map(Found::text).collect();
            push("etcd-servers", &endpoints.join(","), field(&external.endpoints), Hand::Written, (11, NEWEST));
            for (flag, file) in ETCD.iter().zip(&external.files) {
                let Some((file, text)) = file.as_ref().and_then(|file| Some((file, file.text()?))) else { continue };
                push(flag, &text, field(file), Hand::Written, (11, NEWEST));
            }
        } else {
            let six = self
                .endpoint("advertiseAddress")
                .and_then(|found| found.text())
                .map_or(self.around.is_six, |ip| ip.contains(':'));
            // The address of the same family came between 1.15 and 1.16.
            let (older, newer) =
                ("https://127.0.0.1:2379", if six { "https://[::1]:2379" } else { "https://127.0.0.1:2379" });
            let until =
                if self.etcd_argument(LISTEN).is_some() || self.etcd_argument(ADVERTISE).is_some() { 11 } else { 12 };
            push("etcd-servers", older, home.clone(), Hand::Default(KUBEADM), (11, until));
            match self.etcd_argument(ADVERTISE).as_ref().and_then(|found| Some((found, found.text()?))) {
                Some((found, text)) => {
                    let (site, hand) = made(found, "etcd's `advertise-client-urls` decides it");
                    push("etcd-servers", &text, site, hand, (13, NEWEST));
                }
                None => {
                    push("etcd-servers", older, home.clone(), Hand::Default(KUBEADM), (13, 15));
                    push("etcd-servers", newer, home.clone(), Hand::Default(KUBEADM), (16, NEWEST));
                }
            }
        }
        for (gate, flag, value, releases) in [
            ("HighAvailability", "endpoint-reconciler-type", "lease", (11, 12)),
            ("DynamicKubeletConfig", "feature-gates", "DynamicKubeletConfig=true", (11, 12)),
            ("Auditing", "audit-policy-file", AUDIT_POLICY, (11, 12)),
            ("Auditing", "audit-log-path", AUDIT_LOG, (11, 12)),
        ] {
            if let Some(found) = self.gate(gate).filter(is_true) {
                let (site, hand) = made(&found, &format!("kubeadm's feature gate `{gate}` decides it"));
                push(flag, value, site, hand, releases);
            }
        }
        if let Some((age, site, hand)) = self.audit_age() {
            push("audit-log-maxage", &age, site, hand, (11, 12));
        }
        // Added in 1.16, gone with the gate in 1.24 (pull request 106648).
        if let Some(found) = self.gate("IPv6DualStack") {
            let value = format!("IPv6DualStack={}", is_true(&found));
            let (site, hand) = made(&found, "kubeadm's feature gate `IPv6DualStack` decides it");
            push("feature-gates", &value, site, hand, (16, 23));
        }
        words.extend(self.advertised(is_given, (8, NEWEST)));
        words.extend(self.unseen(is_given));
        words.extend(self.moving_etcd().filter(|_| !is_given("etcd-servers") && external.is_none()));
        words
    }

    /// What kubeadm surely adds, and what of it stands where nobody looked.
    fn unseen(&self, is_given: &dyn Fn(&str) -> bool) -> Vec<Word> {
        let around = &self.around;
        let says = |path: &[&str]| find(&self.cluster, path).is_some_and(|found| found.text().is_some());
        let always = (OLDEST, NEWEST);
        let parts = [
            ("service-cluster-ip-range", &around.subnet, says(&["networking", "serviceSubnet"]), always),
            ("service-account-issuer", &around.domain, says(&["networking", "dnsDomain"]), ISSUER),
            ("secure-port", &around.port, self.endpoint("bindPort").is_some(), always),
        ];
        let word = |(flag, fallback, is_said, (from, to)): (&str, &Fallback, bool, (u16, u16))| match fallback {
            Fallback::Unseen(gap) if !is_said && !is_given(flag) => Some(Word {
                text: format!("--{flag}="),
                site: self.home(),
                unresolved: Some(gap.clone()),
                hand: Hand::Default(KUBEADM),
                releases: Some(minors(from, to)),
            }),
            _ => None,
        };
        parts.into_iter().filter_map(word).collect()
    }

    /// The address of etcd in 1.12, which took `listen-client-urls` at first (commit 089a658420) and later
    /// `advertise-client-urls` (pull request 69827).
    fn moving_etcd(&self) -> Option<Word> {
        let found = self.etcd_argument(LISTEN).or_else(|| self.etcd_argument(ADVERTISE))?;
        Some(Word {
            text: "--etcd-servers=".to_owned(),
            site: field(&found),
            unresolved: Some(Gap {
                kind: GapKind::Version,
                reason: "which argument of etcd gives the address depends on the patch release of kubeadm".to_owned(),
                wanted: "the manifest as kubeadm wrote it".to_owned(),
                who_could_answer: MANIFESTS.to_owned(),
            }),
            hand: Hand::Default(KUBEADM),
            releases: Some(minors(12, 12)),
        })
    }

    /// An argument of kubeadm's own etcd, in a map or in a list.
    fn etcd_argument(&self, name: &str) -> Option<Found<'a>> {
        find(&self.cluster, &["etcd", "local", "extraArgs", name]).or_else(|| {
            let list = find(&self.cluster, &["etcd", "local", "extraArgs"])?;
            let named = |item: &Cursor<'_>| text_of(item, "name").as_deref() == Some(name);
            let cursor = list.cursor.items().filter(named).last()?.get("value")?;
            Some(Found { source: list.source, cursor })
        })
    }

    /// The address that the server tells its clients; without one kubeadm takes that of the node's default route.
    fn advertised(&self, is_given: &dyn Fn(&str) -> bool, releases: (u16, u16)) -> Option<Word> {
        if is_given("advertise-address") && releases.0 >= 8 {
            return None;
        }
        let releases = Some(minors(releases.0, releases.1));
        let address = self.endpoint("advertiseAddress");
        Some(match address.as_ref().and_then(|found| Some((found, found.text()?))) {
            Some((found, text)) => Word {
                unresolved: unfilled(&text),
                releases,
                ..Word::written(format!("--advertise-address={text}"), field(found))
            },
            None => Word {
                text: "--advertise-address=".to_owned(),
                site: self.home(),
                unresolved: Some(Gap {
                    kind: GapKind::Unresolved,
                    reason: "kubeadm takes the address of the node's default route".to_owned(),
                    wanted: "the address of the node".to_owned(),
                    who_could_answer: "the manifest that kubeadm wrote on the node".to_owned(),
                }),
                hand: Hand::Default(KUBEADM),
                releases,
            },
        })
    }

    /// What kubeadm adds behind everything else up to 1.10, so that it wins over `extraArgs`.
    fn behind(&self) -> Vec<Word> {
        let mut words: Vec<Word> = self.advertised(&|_| false, (OLDEST, 7)).into_iter().collect();
        let home = self.home();
        let mut push = |flag: &str, value: &str, site: Site, hand: Hand, releases: (u16, u16)| {
            words.push(Word {
                text: format!("--{flag}={value}"),
                unresolved: unfilled(value),
                site,
                hand,
                releases: Some(minors(releases.0, releases.1)),
            });
        };
        let external = self.external_etcd();
        // v1.6.0 to v1.9.0 pass the files whether or not etcd is somebody else's; v1.10.0 has its own.
        match &external {
            Some(external) => {
                let endpoints: Vec<String> = external.endpoints.items().iter().filter_map(Found::text).collect();
                push("etcd-servers", &endpoints.join(","), field(&external.endpoints), Hand::Written, (OLDEST, 10));
            }
            None => {
                push("etcd-servers", "http://127.0.0.1:2379", home.clone(), Hand::Default(KUBEADM), (OLDEST, 9));
                push("etcd-servers", "https://127.0.0.1:2379", home.clone(), Hand::Default(KUBEADM), (10, 10));
            }
        }
        let until = if external.is_some() { 10 } else { 9 };
        for (flag, name) in ETCD.iter().zip(ETCD_FIELDS) {
            let file =
                find(&self.cluster, &["etcd", name]).or_else(|| find(&self.cluster, &["etcd", "external", name]));
            if let Some((file, text)) = file.as_ref().and_then(|file| Some((file, file.text()?))) {
                push(flag, &text, field(file), Hand::Written, (OLDEST, until));
            }
        }
        if let Some((found, text)) = find(&self.cluster, &["cloudProvider"]).and_then(|found| {
            let text = found.text()?;
            Some((found, text))
        }) {
            // kubeadm 1.11 moves it into the arguments (v1alpha1/conversion.go, UpgradeCloudProvider).
            push("cloud-provider", &text, field(&found), Hand::Written, (OLDEST, 11));
        }
        for (gate, flag, value, releases) in [
            ("HighAvailability", "endpoint-reconciler-type", "lease", (9, 10)),
            ("DynamicKubeletConfig", "feature-gates", "DynamicKubeletConfig=true", (9, 10)),
            ("Auditing", "audit-policy-file", AUDIT_POLICY, (10, 10)),
            ("Auditing", "audit-log-path", AUDIT_LOG, (10, 10)),
        ] {
            if let Some(found) = self.gate(gate).filter(is_true) {
                let (site, hand) = made(&found, &format!("kubeadm's feature gate `{gate}` decides it"));
                push(flag, value, site, hand, releases);
            }
        }
        if let Some((age, site, hand)) = self.audit_age() {
            push("audit-log-maxage", &age, site, hand, (10, 10));
        }
        words
    }

    /// Who authorizes: `authorizationModes` of v1alpha1, and what kubeadm makes of the argument.
    fn authorizers(&self, given: Option<&Argument>, configured: bool) -> Vec<Word> {
        let home = self.home();
        let mut words = Vec::new();
        let mut push = |value: String, site: Site, hand: Hand, unresolved: Option<Gap>, from: u16, to: u16| {
            let text = format!("--{AUTHORIZERS}={value}");
            words.push(Word { text, site, unresolved, hand, releases: Some(minors(from, to)) });
        };
        let default = || Hand::Default(KUBEADM);

        // Up to 1.10 the argument stands before what kubeadm adds, and loses (pull request 63879).
        if let Some(given) = given {
            push(given.value.clone(), given.site.clone(), Hand::Written, given.unresolved.clone(), OLDEST, 10);
        }
        // v1.6.0 takes one mode beside RBAC, v1.7.0 a list, and kubeadm init of 1.7 adds Node to the default.
        let mode = find(&self.cluster, &["authorizationMode"]).and_then(|found| Some((found.text()?, field(&found))));
        match mode {
            Some((mode, site)) if mode != "RBAC" => {
                push(
                    format!("RBAC,{mode}"),
                    site,
                    Hand::Made("kubeadm puts RBAC before it".to_owned()),
                    None,
                    OLDEST,
                    6,
                );
            }
            _ => push("RBAC".to_owned(), home.clone(), default(), None, OLDEST, 6),
        }
        let modes = find(&self.cluster, &["authorizationModes"]);
        let listed: Vec<String> =
            modes.as_ref().map(|modes| modes.items().iter().filter_map(Found::text).collect()).unwrap_or_default();
        match modes.as_ref().filter(|_| !listed.is_empty()) {
            Some(modes) => {
                let (site, hand) = made(modes, "`authorizationModes` decides it");
                let with_rbac = if listed.iter().any(|mode| mode == "RBAC") {
                    listed.join(",")
                } else {
                    format!("RBAC,{}", listed.join(","))
                };
                push(with_rbac, site.clone(), hand.clone(), None, 7, 7);
                push(listed.join(","), site, hand, None, 8, 10);
            }
            None => push(NODE_AND_RBAC.to_owned(), home.clone(), default(), None, 7, 10),
        }
        // From 1.11 on the list of v1alpha1 is taken as the argument (v1alpha1/conversion.go, UpgradeAuthorizationModes).
        let from_list =
            modes.as_ref().filter(|_| !listed.is_empty()).map(|modes| (listed.join(","), field(modes), None));
        let asked =
            given.map(|given| (given.value.clone(), given.site.clone(), given.unresolved.clone())).or(from_list);
        let Some((value, site, unresolved)) = asked else {
            // Beside a file that says it kubeadm adds no flag from 1.30 on (pull request 123654).
            push(NODE_AND_RBAC.to_owned(), home, default(), None, 11, if configured { 29 } else { NEWEST });
            return words;
        };
        // v1.11.0, getAuthzModes: Node and RBAC always, ABAC and Webhook where they are named, nothing else.
        let mut kept = NODE_AND_RBAC.to_owned();
        for mode in ["ABAC", "Webhook"] {
            if value.contains(mode) {
                kept.push(',');
                kept.push_str(mode);
            }
        }
        let hand_of = |made_value: &str, how: &str| {
            if made_value == value { Hand::Written } else { Hand::Made(how.to_owned()) }
        };
        let hand = hand_of(&kept, "up to 1.16 kubeadm insists on Node and RBAC and takes ABAC and Webhook beside them");
        push(kept, site.clone(), hand, unresolved.clone(), 11, 16);
        // Then only modes that it does not know are left out. The tree of 1.16 has the old rule, that of 1.20 the new one,
        // and kubeadm 1.17 prints the warning that came with it (kubernetes/kubeadm pull request 90064 mends that).
        let valid: Vec<&str> = value.split(',').filter(|mode| MODES.contains(mode)).collect();
        let filtered = if valid.is_empty() { NODE_AND_RBAC.to_owned() } else { valid.join(",") };
        let hand = hand_of(&filtered, "kubeadm leaves out modes that it does not know");
        push(filtered, site.clone(), hand, unresolved.clone(), 17, 29);
        push(value, site, Hand::Written, unresolved, 30, NEWEST);
        words
    }

    /// `localAPIEndpoint`, which had other names before v1beta1.
    fn endpoint(&self, field: &str) -> Option<Found<'a>> {
        ["localAPIEndpoint", "apiEndpoint", "api"].iter().find_map(|name| find(&self.init, &[name, field]))
    }

    fn gate(&self, name: &str) -> Option<Found<'a>> {
        find(&self.cluster, &["featureGates", name])
    }

    /// How many days of audit logs kubeadm has the server keep: two, where nothing is said (DefaultAuditPolicyLogMaxAge).
    fn audit_age(&self) -> Option<(String, Site, Hand)> {
        let gate = self.gate("Auditing").filter(is_true)?;
        match find(&self.cluster, &["auditPolicy", "logMaxAge"]).and_then(|age| Some((age.text()?, field(&age)))) {
            Some((age, site)) => Some((age, site, Hand::Written)),
            None => {
                let (site, hand) = made(&gate, "kubeadm's feature gate `Auditing` decides it");
                Some(("2".to_owned(), site, hand))
            }
        }
    }

    /// An etcd that is not kubeadm's own.
    fn external_etcd(&self) -> Option<External<'a>> {
        let path: &[&str] = if self.shape == Shape::Alpha1 { &["etcd"] } else { &["etcd", "external"] };
        let below = |name: &'static str| {
            let mut path = path.to_vec();
            path.push(name);
            find(&self.cluster, &path)
        };
        let endpoints = below("endpoints").filter(|found| !found.items().is_empty())?;
        let [ca, cert, key] = ETCD_FIELDS.map(below);
        // A certificate without its key, or the other way round, is passed over.
        let pair = cert.as_ref().and_then(Found::text).is_some() && key.as_ref().and_then(Found::text).is_some();
        Some(External { endpoints, files: [ca, cert.filter(|_| pair), key.filter(|_| pair)] })
    }

    /// What the server sees of its node.
    fn mounts(&self) -> Vec<Mount> {
        let same = |path: &str| {
            let path = path.trim_end_matches('/').to_owned();
            // cmd/kubeadm/app/phases/controlplane/volumes.go: what kubeadm mounts by itself is read-only.
            Mount { container: path.clone(), host: Some(path), read_only: true }
        };
        let mut mounts: Vec<Mount> = MOUNTS.iter().map(|path| same(path)).collect();
        mounts.push(same(&self.certificates()));
        if let Some(external) = self.external_etcd() {
            let folder = |file: &Option<Found<'_>>| {
                let text = file.as_ref()?.text()?;
                text.rsplit_once('/').map(|(folder, _)| folder.to_owned())
            };
            mounts.extend(external.files.iter().filter_map(folder).map(|folder| same(&folder)));
        }
        if self.gate("Auditing").as_ref().is_some_and(is_true) {
            let host = |name: &str| find(&self.cluster, &["auditPolicy", name]).and_then(|found| found.text());
            mounts.push(Mount { container: AUDIT_POLICY.to_owned(), host: host("path"), read_only: true });
            // The folder of the log is the only one that the server may write to.
            let folder = || AUDIT_LOG.rsplit_once('/').map_or(AUDIT_LOG, |(folder, _)| folder).to_owned();
            let logs = host("logDir").unwrap_or_else(folder);
            mounts.push(Mount { container: folder(), host: Some(logs), read_only: false });
        }
        let volumes = match self.shape {
            Shape::Alpha1 | Shape::Alpha2 | Shape::Alpha3 => find(&self.cluster, &["apiServerExtraVolumes"]),
            Shape::Map | Shape::Pairs | Shape::Any => find(&self.cluster, &["apiServer", "extraVolumes"]),
        };
        for volume in volumes.iter().flat_map(Found::items).take(MOST_ARGUMENTS) {
            if let (Some(container), Some(host)) =
                (text_of(&volume.cursor, "mountPath"), text_of(&volume.cursor, "hostPath"))
            {
                let says = |name: &str| {
                    let flag = volume.cursor.get(name);
                    flag.is_some_and(|flag| matches!(flag.resolved(), Some(Resolved::Bool(true))))
                };
                mounts.push(Mount {
                    container: container.trim_end_matches('/').to_owned(),
                    host: Some(host.trim_end_matches('/').to_owned()),
                    // v1alpha3 and before say `writable`, and later versions `readOnly`.
                    read_only: match self.shape {
                        Shape::Alpha1 | Shape::Alpha2 | Shape::Alpha3 => !says("writable"),
                        Shape::Map | Shape::Pairs | Shape::Any => says("readOnly"),
                    },
                });
            }
        }
        mounts
    }

    /// The files that are there when the server starts: those that are written beside the configuration, and the keys and
    /// certificates that kubeadm makes where they are missing (cmd/kubeadm/app/phases/certs, CreatePKIAssets).
    fn carried(&self) -> Vec<Carried> {
        let source = self.root.source;
        let folder = self.certificates();
        let files = ADDED.iter().filter_map(|added| match added.value {
            added::Value::Certificate(file) => Some(format!("{folder}/{file}")),
            added::Value::Text(_) => None,
        });
        let present = |path| Carried {
            path,
            evidence: Evidence {
                id: source.evidence.clone(),
                plane: source.plane,
                kind: Kind::ConfigFile,
                body: Body::Present,
                secrets: Vec::new(),
                digest: None,
            },
        };
        files.map(present).chain(self.around.carried.iter().cloned()).collect()
    }

    /// The folder of keys and certificates, without a slash at its end.
    fn certificates(&self) -> String {
        let written = find(&self.cluster, &["certificatesDir"]).and_then(|found| found.text());
        written
            .as_deref()
            .or(self.around.certificates.as_deref())
            .unwrap_or(CERTIFICATES)
            .trim_end_matches('/')
            .to_owned()
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

/// An etcd that is not kubeadm's own, and the files that go with it.
struct External<'a> {
    endpoints: Found<'a>,
    files: [Option<Found<'a>>; 3],
}

const KUBEADM: &str = "kubeadm";
/// kubeadm's manifests of 1.20.0 name an issuer, those of 1.19.3 do not.
const ISSUER: (u16, u16) = (20, NEWEST);
const AUTHORIZERS: &str = "authorization-mode";
const LISTEN: &str = "listen-client-urls";
const ADVERTISE: &str = "advertise-client-urls";
const NODE_AND_RBAC: &str = "Node,RBAC";
const MODES: [&str; 6] = ["Node", "RBAC", "Webhook", "ABAC", "AlwaysAllow", "AlwaysDeny"];
const ETCD_FIELDS: [&str; 3] = ["caFile", "certFile", "keyFile"];

/// cmd/kubeadm/app/constants of v1.10.0 and v1.11.0: GetStaticPodAuditPolicyFile, StaticPodAuditPolicyLogDir.
const AUDIT_POLICY: &str = "/etc/kubernetes/audit/audit.yaml";
const AUDIT_LOG: &str = "/var/log/kubernetes/audit/audit.log";

fn is_true(found: &Found<'_>) -> bool {
    matches!(found.cursor.resolved(), Some(Resolved::Bool(true)))
}

/// The site of a field that is the flag's value as it stands.
fn field(found: &Found<'_>) -> Site {
    Site { at: found.at(), form: Form::Field }
}

/// The site of something that a value is made of.
fn made(found: &Found<'_>, how: &str) -> (Site, Hand) {
    (field(found), Hand::Made(how.to_owned()))
}

/// A flag that is given once or more. Up to 1.31 kubeadm sorts the values of one name; pull request 135400 keeps their order
/// from 1.36 on, and with some patch release of 1.32 to 1.35.
fn repeated(same: &[&Argument]) -> Vec<Word> {
    let mut sorted = same.to_vec();
    sorted.sort_by(|a, b| a.value.cmp(&b.value));
    let as_written = || same.iter().map(|argument| argument.word());
    if sorted.iter().zip(same).all(|(a, b)| a.value == b.value) {
        return as_written().collect();
    }
    let open = Gap {
        kind: GapKind::Version,
        reason: "the order of its values depends on the patch release of kubeadm".to_owned(),
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: "give /etc/kubernetes/manifests of the node".to_owned(),
    };
    let within = |word: Word, from: u16, to: u16| Word { releases: Some(minors(from, to)), ..word };
    let mut words: Vec<Word> = sorted.iter().map(|argument| within(argument.word(), OLDEST, 31)).collect();
    words.extend(as_written().map(|word| within(Word { unresolved: Some(open.clone()), ..word }, 32, 35)));
    words.extend(as_written().map(|word| within(word, 36, NEWEST)));
    words
}

fn argument(
    list: &Found<'_>,
    name: String,
    value: &Cursor<'_>,
    form: Form,
    problems: &mut Vec<Problem>,
) -> Option<Argument> {
    let found = Found { source: list.source, cursor: value.clone() };
    let Some(text) = value.text() else {
        problems.push(misshapen(&found, &name, "is no text"));
        return None;
    };
    let noun = match value.resolved() {
        Some(Resolved::Bool(_)) => Some("a boolean"),
        Some(Resolved::Int(_) | Resolved::Float(_)) => Some("a number"),
        _ => None,
    };
    if let Some(noun) = noun {
        problems.push(misshapen(&found, &name, &format!("is {noun}, not a string")));
    }
    let text = if value.is_null() { "" } else { text };
    let site = Site { at: found.at(), form };
    Some(Argument { name, value: text.to_owned(), site, hand: Hand::Written, unresolved: unfilled(text) })
}

/// A value that kubeadm cannot read, so that there is no API server at all.
fn misshapen(found: &Found<'_>, name: &str, what: &str) -> Problem {
    Problem {
        kind: ProblemKind::Refused,
        stops: true,
        message: format!("kubeadm cannot read the file: `{name}` {what}"),
        hint: what.ends_with("not a string").then(|| "write it as a quoted string".to_owned()),
        location: Some(found.at()),
        setting: None,
    }
}
