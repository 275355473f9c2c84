//! The command lines of kubelets: units with their drop-ins and environment files, pods that run one, and what kubeadm is told
//! to give to that of its node.
//!
//! kubeadm writes `nodeRegistration.kubeletExtraArgs` to `/var/lib/kubelet/kubeadm-flags.env` (cmd/kubeadm/app/phases/kubelet,
//! WriteKubeletDynamicEnvFile), which its unit reads before `/etc/default/kubelet`: what that adds wins and stands elsewhere.

use model::{Evidence, EvidenceId, Form, Gap, GapKind, Kind, Location, Plane, Problem, ProblemKind, Site, Version};
use yaml::{Cursor, Resolved, Stream, Value};

use super::{Configuration, for_kubeadm};
use crate::{
    Invocation, Trees, Word,
    declare::{
        MOST, Source,
        command::{Program, unfilled},
        compose, k3s, kubeadm, listing,
        lookup::{name_of, text_of},
        pod, unit,
    },
    flags::KUBELET_FLAGS,
    kubelet::Peers,
    redact::parsable,
};

/// A kubelet that somebody starts.
pub(crate) struct KubeletLine {
    pub(crate) invocation: Invocation,
    pub(crate) beside: Beside,
    /// What wins over all of it and stands elsewhere.
    pub(crate) outranked: Option<Gap>,
    /// Whom the unit lets it speak with.
    pub(crate) peers: Option<Peers>,
}

impl KubeletLine {
    pub(super) fn of(invocation: Invocation, beside: Beside) -> Self {
        Self { invocation, beside, outranked: None, peers: None }
    }
}

/// What belongs to the command line besides the files that it names.
pub(crate) enum Beside {
    Nothing,
    /// The folder in which k3s keeps its own settings, in newer releases, and files of others win over those.
    OfK3s {
        folder: String,
    },
    /// A KubeletConfiguration of the same text, which kubeadm hands over.
    Kubeadm,
    /// None stands there, so that kubeadm hands over its own.
    KubeadmDefaults(Box<Configuration>),
    /// The file that it is given is made of what nobody looked at.
    Unseen(Gap),
    /// A distribution makes the file of its own definition.
    Made(Box<Configuration>),
}

/// A definition of a distribution that says something of the kubelets of its nodes.
struct Definition {
    /// Whether it may; a text without the words has none.
    speaks: fn(&str) -> bool,
    runs: fn(&Source<'_>) -> bool,
    lines: fn(&Source<'_>, &[Evidence]) -> Vec<KubeletLine>,
}

/// The definitions, and whether a text holds the words of one.
macro_rules! definitions {
    ($($($module:ident)::+),* $(,)?) => {
        const DEFINITIONS: &[Definition] = &[$(Definition {
            speaks: |text| $($module)::+::speaks(text),
            runs: $($module)::+::runs,
            lines: $($module)::+::lines,
        }),*];

        fn speaks_of_definition(text: &(impl crate::Text + ?Sized)) -> bool {
            $($($module)::+::speaks(text))||*
        }
    };
}

definitions!(
    crate::declare::talos::kubelet,
    crate::declare::kops::kubelet,
    crate::declare::rke::kubelet,
    crate::declare::kubespray::kubelet,
    crate::declare::minikube::kubelet,
    crate::declare::kind::kubelet,
    crate::declare::gardener::kubelet,
    crate::declare::k0s::kubelet,
    crate::declare::openshift::kubelet,
    crate::declare::arguments::kubelet,
    crate::declare::microk8s::kubelet,
);

/// The names under which kubeadm keeps what belongs to one node, and whether that joins a cluster.
const NODES: [(&str, bool); 4] = [
    ("InitConfiguration", false),
    ("MasterConfiguration", false),
    ("JoinConfiguration", true),
    ("NodeConfiguration", true),
];

/// The group of Cluster API, whose objects hold the same for their machines.
const CLUSTER_API: &str = "cluster.x-k8s.io/";

/// More arguments than any kubelet has.
const MOST_ARGUMENTS: usize = 512;

/// Whether a text may start a kubelet.
pub(crate) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    speaks_of_unit(text)
        || speaks_of_kubeadm(text)
        || speaks_of_pod(text)
        || speaks_of_process(text)
        || k3s::speaks_of_kubelet(text)
        || speaks_of_definition(text)
}

fn speaks_of_unit(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("ExecStart") && text.contains("kubelet")
}

fn speaks_of_kubeadm(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("kubeletExtraArgs") && (text.contains("kubeadm.k8s.io/") || text.contains(CLUSTER_API))
}

/// A listing of processes, or a service of Compose.
fn speaks_of_process(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("kubelet ") && text.contains("--kubeconfig") || text.contains("services") && text.contains("kubelet")
}

/// Volumes of a kubelet's folder are in every other manifest; one that runs a kubelet has its name as a word.
fn speaks_of_pod(text: &(impl crate::Text + ?Sized)) -> bool {
    if !text.contains("containers") {
        return false;
    }
    let text = text.text();
    let is_word = |start: usize, length: usize| {
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(start + length..).and_then(|rest| rest.chars().next());
        let ends = after.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']'));
        ends && !before.ends_with("/lib/")
            && before.chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '/' | '[' | ','))
    };
    text.match_indices("kubelet").any(|(start, found)| is_word(start, found.len()))
}

/// Whether a text starts a kubelet.
pub(crate) fn declares(text: &str, stream: &Stream) -> bool {
    let nameless = EvidenceId::new(String::new());
    let source = Source { evidence: &nameless, plane: Plane::Declared, text, root: None, stream, inside: None };
    is_one(&source)
}

fn is_one(source: &Source<'_>) -> bool {
    (speaks_of_unit(source.text) && unit::runs(Program::Kubelet, source))
        || (speaks_of_kubeadm(source.text) && source.documents().any(|one| !registered(&one.cursor()).is_empty()))
        || (speaks_of_pod(source.text) && pod::runs(Program::Kubelet, source))
        || (k3s::speaks_of_kubelet(source.text) && k3s::runs_kubelet(source))
        || (speaks_of_process(source.text)
            && (listing::runs(Program::Kubelet, source.text) || !compose::all_of(Program::Kubelet, source).is_empty()))
        || defined(source).is_some()
}

/// The definition that a text is.
fn defined(source: &Source<'_>) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|one| (one.speaks)(source.text) && (one.runs)(source))
}

/// Visits every text that starts a kubelet.
pub(in crate::declare) fn each(
    evidence: &[Evidence],
    trees: &Trees,
    root: Option<&str>,
    visit: &mut dyn FnMut(&Source<'_>),
) {
    for piece in evidence.iter().filter(|piece| matches!(piece.kind, Kind::Workload | Kind::ConfigFile)) {
        // What a cluster shows of itself has no command line of a kubelet in it.
        let Some(text) = piece.text().filter(|text| speaks(text) && !piece.id.as_str().contains("://")) else {
            continue;
        };
        let parsed = parsable(piece, text);
        let stream = trees.of(piece, text);
        let source =
            Source { evidence: &piece.id, plane: piece.plane, text: &parsed, root, stream: &stream, inside: None };
        if is_one(&source) {
            visit(&source);
        }
    }
}

/// Every kubelet that the evidence of one cluster starts.
pub(crate) fn lines(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    each(evidence, trees, root, &mut |source| {
        if found.len() >= MOST {
            return;
        }
        if let Some(definition) = defined(source) {
            found.extend((definition.lines)(source, evidence));
        } else if speaks_of_unit(source.text) && unit::runs(Program::Kubelet, source) {
            found.extend(
                unit::all_of(Program::Kubelet, source, evidence)
                    .into_iter()
                    .map(|invocation| of_unit(invocation, source, evidence)),
            );
        } else if speaks_of_kubeadm(source.text) {
            found.extend(of_kubeadm(source));
        } else if k3s::speaks_of_kubelet(source.text) && k3s::runs_kubelet(source) {
            let own = k3s::kubelet(source, evidence);
            found.extend(own.map(|(invocation, folder)| KubeletLine::of(invocation, Beside::OfK3s { folder })));
        } else {
            let mut all = pod::all_of(Program::Kubelet, source);
            if all.is_empty() {
                all = listing::all_of(Program::Kubelet, source);
            }
            if all.is_empty() {
                all = compose::all_of(Program::Kubelet, source);
            }
            found.extend(all.into_iter().map(|invocation| KubeletLine::of(invocation, Beside::Nothing)));
        }
    });
    found.truncate(MOST);
    found
}

/// A unit of a package starts the bare program, and drop-ins of other packages say with what: without a root nobody looked for
/// them where they lie.
fn of_unit(mut invocation: Invocation, source: &Source<'_>, evidence: &[Evidence]) -> KubeletLine {
    if invocation.words.is_empty() && source.root.is_none() && invocation.open_ended.is_none() {
        invocation.open_ended = Some(Gap {
            kind: GapKind::Unread,
            reason: "the unit gives the kubelet no arguments, and drop-ins that may were not given".to_owned(),
            wanted: "the drop-ins of the unit".to_owned(),
            who_could_answer: "give the node's root with --root".to_owned(),
        });
    }
    // What runs in a container of an engine is not in the unit's own group of processes.
    let peers = (!invocation.contained).then(|| unit::peers(source, evidence));
    KubeletLine { peers, ..KubeletLine::of(invocation, Beside::Nothing) }
}

/// What kubeadm is told of one node.
struct Registered<'a> {
    /// Who goes by a name, where somebody says which.
    name: Option<String>,
    joins: bool,
    /// The document, or the part of an object, that holds it.
    holder: Cursor<'a>,
    list: Cursor<'a>,
    given: Vec<(String, Cursor<'a>, Form)>,
}

impl<'a> Registered<'a> {
    /// `None` where nothing that is given stands for a field.
    fn of(holder: Cursor<'a>, joins: bool, name: Option<String>) -> Option<Self> {
        let registration = holder.get("nodeRegistration")?;
        let list = registration.get("kubeletExtraArgs")?;
        let given: Vec<_> = match list.value() {
            Value::Mapping(_) => {
                list.entries().take(MOST_ARGUMENTS).map(|one| (one.name.into_owned(), one.value, Form::Entry)).collect()
            }
            Value::Sequence(_) => {
                let pair = |item: Cursor<'a>| Some((text_of(&item, "name")?, item.get("value")?, Form::Pair));
                list.items().take(MOST_ARGUMENTS).filter_map(pair).collect()
            }
            Value::Scalar(_) => Vec::new(),
        };
        let sets = |name: &str| KUBELET_FLAGS.find(&name.replace('_', "-")).is_none_or(|flag| flag.sets.is_some());
        let name = text_of(&registration, "name").or_else(|| text_of(&holder, "nodeName")).or(name);
        given.iter().any(|(name, ..)| sets(name)).then_some(Self { name, joins, holder, list, given })
    }
}

/// Everything of the kind in a document.
fn registered<'a>(root: &Cursor<'a>) -> Vec<Registered<'a>> {
    let text = |object: &Cursor<'a>, key: &str| object.get(key).and_then(|value| value.text().map(str::to_owned));
    let of_object = |object: Cursor<'a>| -> Vec<Registered<'a>> {
        let version = text(&object, "apiVersion").unwrap_or_default();
        if version.starts_with("kubeadm.k8s.io/") {
            let kind = text(&object, "kind").unwrap_or_default();
            let joins = NODES.iter().find(|(name, _)| *name == kind).map(|(_, joins)| *joins);
            return joins.and_then(|joins| Registered::of(object, joins, None)).into_iter().collect();
        }
        if !version.contains(CLUSTER_API) {
            return Vec::new();
        }
        // KubeadmControlPlane, KubeadmConfig, and the templates of both.
        let name = name_of(&object);
        let spec = object.get("spec");
        let template = spec.as_ref().and_then(|spec| spec.get("template")?.get("spec"));
        let own = |spec: &Option<Cursor<'a>>| spec.as_ref().and_then(|spec| spec.get("kubeadmConfigSpec"));
        let specs = [own(&spec), own(&template), template, spec];
        let parts = specs.into_iter().flatten().flat_map(|spec| {
            [("initConfiguration", false), ("joinConfiguration", true)]
                .into_iter()
                .filter_map(move |(part, joins)| Some((spec.get(part)?, joins)))
        });
        parts.filter_map(|(part, joins)| Registered::of(part, joins, name.clone())).collect()
    };
    match root.get("items") {
        Some(items) => items.items().take(MOST).flat_map(of_object).collect(),
        None => of_object(root.clone()),
    }
}

/// The kubelets of the nodes that kubeadm sets up with a text.
fn of_kubeadm(source: &Source<'_>) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    let text = Text {
        source,
        has_one: source.documents().any(|document| super::is_configuration(&document.cursor())),
        version: kubeadm::of_text(source),
    };
    for document in source.documents() {
        for one in registered(&document.cursor()) {
            if found.len() > MOST {
                return found;
            }
            found.push(of_node(one, &text, source.problems(document)));
        }
    }
    found
}

/// What all nodes of a text share.
struct Text<'t> {
    source: &'t Source<'t>,
    /// Whether a KubeletConfiguration stands in it.
    has_one: bool,
    version: Option<(Version, Location)>,
}

fn of_node(one: Registered<'_>, text: &Text<'_>, mut problems: Vec<Problem>) -> KubeletLine {
    let source = text.source;
    let given = one.given.iter();
    let words = given.map(|(name, value, form)| word(name, value, *form, source, &mut problems)).collect();
    let form = if one.given.iter().any(|(.., form)| *form == Form::Pair) { Form::Pairs } else { Form::Entries };
    let beside = match (text.has_one, one.joins) {
        (true, _) => Beside::Kubeadm,
        (false, true) => Beside::Unseen(Gap {
            kind: GapKind::NotCollected,
            reason: "a node that joins is given the configuration that the cluster keeps for kubelets".to_owned(),
            wanted: "the ConfigMap kubelet-config".to_owned(),
            who_could_answer: "the running cluster, or /var/lib/kubelet/config.yaml of the node".to_owned(),
        }),
        (false, false) => Beside::KubeadmDefaults(Box::new(for_kubeadm(source, &one.holder))),
    };
    KubeletLine {
        invocation: Invocation {
            list: Some(Site { at: source.at(&one.list), form }),
            version: text.version.clone(),
            releases: kubeadm::minors_of(&one.holder),
            distribution: Some("kubeadm"),
            problems,
            ..source.process(Program::Kubelet, one.name, words)
        },
        beside,
        peers: None,
        outranked: Some(Gap {
            kind: GapKind::NotCollected,
            reason: "what `KUBELET_EXTRA_ARGS` of the node adds wins over what kubeadm is told, and was not seen"
                .to_owned(),
            wanted: "the unit of the kubelet with its environment files".to_owned(),
            who_could_answer: "give the node's root with --root, or ask the cluster with --kubelets".to_owned(),
        }),
    }
}

fn word(name: &str, value: &Cursor<'_>, form: Form, source: &Source<'_>, problems: &mut Vec<Problem>) -> Word {
    let noun = match value.resolved() {
        Some(Resolved::Bool(_)) => Some("a boolean"),
        Some(Resolved::Int(_) | Resolved::Float(_)) => Some("a number"),
        _ => None,
    };
    if let Some(noun) = noun {
        problems.push(Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message: format!("kubeadm cannot read the file: `{name}` is {noun}, not a string"),
            hint: Some("write it as a quoted string".to_owned()),
            location: Some(source.at(value)),
            setting: None,
        });
    }
    let text = if value.is_null() { "" } else { value.text().unwrap_or_default() };
    let site = Site { at: source.at(value), form };
    Word { unresolved: unfilled(text), ..Word::written(format!("--{name}={text}"), site) }
}

/// Files of the host, by their paths there, that hold parts of the command lines.
pub(in crate::declare) fn files(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    each(evidence, trees, root, &mut |source| found.extend(unit::environment_files(source, evidence)));
    found
}

/// Folders in which every `.conf` may change them.
pub(in crate::declare) fn folders(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    each(evidence, trees, root, &mut |source| found.extend(unit::drop_in_folders(source)));
    found
}
