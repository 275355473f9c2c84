//! Readers: a file that declares components becomes the command lines they would receive.
//!
//! Each format has a file of its own and ends in the same [`Invocation`], so that nothing behind it
//! knows how a setting came to be written. Start at [`invocations`].

mod agree;
mod arguments;
mod cke;
mod cluster_api;
mod command;
mod compose;
mod documents;
mod eks_anywhere;
mod embedded;
mod etcd;
mod gardener;
mod inventory;
mod k0s;
mod k3s;
mod kamaji;
mod kind;
mod kops;
mod kubeadm;
mod kubekey;
mod kubelet;
mod kubespray;
mod layers;
mod listing;
mod lookup;
mod machine;
mod microk8s;
mod minikube;
mod openshift;
mod pod;
mod rke;
mod runtime;
mod shell;
mod sysconfig;
mod talhelper;
mod talos;
mod unit;
mod vcluster;

pub(crate) use arguments::is_one as is_arguments;
pub(crate) use command::unfilled;
pub(crate) use etcd::{declares as declares_etcd, is_variable, lines as etcd_lines, speaks as speaks_of_etcd};
pub(crate) use kubelet::{
    Beside, Configuration, KubeletLine, configuration_in, configurations, is_one as is_kubelet, lines as kubelet_lines,
    runs as runs_kubelet, speaks as speaks_of_kubelet, speaks_of_line as speaks_of_kubelet_line,
};
pub(crate) use listing::is_one as is_listing;
pub(crate) use machine::{blank_but, bodies, has_documents, is_multipart, is_page, parts};
use model::{Evidence, EvidenceId, Kind, Location, Plane, Problem, ProblemKind, Span};
pub use openshift::belong_together;
pub(crate) use sysconfig::is_one as is_variables;
pub(crate) use unit::unread as unread_unit;
use yaml::{Cursor, Document, Fault, FaultKind, Stream};

use self::command::Program;
use crate::{Invocation, Text as _, Trees, Word, redact::parsable, words::Words};

/// Objects of one text beyond this many are not looked at.
const MOST_OBJECTS: usize = 10_000;

/// A format that declares components.
struct Reader {
    /// Whether a text holds the words without which it declares nothing. Asked of every file, so that most need no tree.
    speaks: fn(&Words<'_>) -> bool,
    /// Whether a text that speaks declares a component that is judged.
    declares: fn(&Source<'_>) -> bool,
    /// The processes that it declares, and none beyond one more than [`MOST`]; the other evidence of the cluster is at hand
    /// for what the text refers to.
    invocations: fn(&Source<'_>, &[Evidence]) -> Vec<Invocation>,
}

/// The reader that a module is.
macro_rules! reader {
    ($($module:ident)::+) => {
        Reader {
            // As a function of its own it would be one of a single lifetime.
            speaks: |words| $($module)::+::speaks(words),
            declares: $($module)::+::declares,
            invocations: $($module)::+::invocations,
        }
    };
}

/// Every format; the first one that declares something reads the file.
const READERS: [Reader; 29] = [
    reader!(pod),
    reader!(unit),
    reader!(kubeadm),
    reader!(cluster_api),
    reader!(kind),
    reader!(talos),
    reader!(talhelper),
    reader!(kops),
    reader!(openshift),
    reader!(gardener),
    reader!(arguments),
    reader!(rke),
    reader!(cke),
    reader!(microk8s),
    reader!(eks_anywhere),
    reader!(vcluster),
    reader!(kubekey),
    reader!(kamaji),
    reader!(k0s),
    reader!(k3s),
    reader!(k3s::containers),
    reader!(k3s::nested),
    reader!(k3s::ansible),
    reader!(minikube),
    reader!(kubespray),
    reader!(compose),
    reader!(listing),
    reader!(sysconfig),
    reader!(machine),
];

/// The text of one file, and what YAML makes of it.
pub(crate) struct Source<'a> {
    pub(crate) evidence: &'a EvidenceId,
    pub(crate) plane: Plane,
    pub(crate) text: &'a str,
    /// The folder that stands for `/` of the node.
    pub(crate) root: Option<&'a str>,
    /// A unit is no YAML; this then holds faults and little else.
    pub(crate) stream: &'a Stream,
    /// The scalar of another text that this one stands in.
    inside: Option<embedded::Place<'a>>,
}

impl<'a> Source<'a> {
    /// The documents that could be read to their end.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &'a Document> + use<'a> {
        let stream = self.stream;
        stream.documents.iter().filter(|document| !faults(stream, document).any(|fault| fault.kind.is_fatal()))
    }

    /// Every object of the text with the document that it is in; those of a list each by itself.
    pub(crate) fn objects(&self) -> Vec<(&'a Document, Cursor<'a>)> {
        let mut objects = Vec::new();
        for document in self.documents() {
            let root = document.cursor();
            match root.get("items") {
                Some(items)
                    if root.get("kind").and_then(|kind| kind.text()).is_some_and(|kind| kind.ends_with("List")) =>
                {
                    objects.extend(items.items().take(MOST_OBJECTS).map(|item| (document, item)));
                }
                _ => objects.push((document, root)),
            }
        }
        objects.truncate(MOST_OBJECTS);
        objects
    }

    /// What is wrong with a document that could be read, as a problem of the component in it.
    ///
    /// The kubelet reads a static pod leniently, so that the last of two equal keys counts (sigs.k8s.io/yaml); the API
    /// server refuses such an object only where it is asked to.
    pub(crate) fn problems(&self, document: &Document) -> Vec<Problem> {
        faults(self.stream, document)
            .map(|fault| Problem {
                kind: match fault.kind {
                    FaultKind::DuplicateKey => ProblemKind::Duplicate,
                    _ => ProblemKind::Unreadable,
                },
                stops: false,
                message: fault.message.clone(),
                hint: None,
                location: Some(self.location(fault.span, String::new())),
                setting: None,
            })
            .collect()
    }

    /// A process that the text declares, of which no more is known than its words. It goes by a name of its own, or else by that
    /// of the file.
    fn process(&self, program: Program, name: Option<String>, words: Vec<Word>) -> Invocation {
        let instance = name.unwrap_or_else(|| self.evidence.as_str().to_owned());
        Invocation::of(program.component(), instance, self.evidence.clone(), self.plane, words)
    }

    /// Where a value is defined.
    pub(crate) fn at(&self, cursor: &Cursor<'_>) -> Location {
        self.location(cursor.node().definition().unwrap_or(cursor.span()), cursor.pointer())
    }

    pub(crate) fn location(&self, span: yaml::Span, pointer: String) -> Location {
        if let Some(inside) = self.inside.as_ref().and_then(embedded::Place::inside) {
            return inside.location(span);
        }
        Location {
            evidence: self.evidence.clone(),
            plane: self.plane,
            span: Some(Span::new(span.start, span.end)),
            pointer,
        }
    }
}

fn faults<'a>(stream: &'a Stream, document: &Document) -> impl Iterator<Item = &'a Fault> + use<'a> {
    let index = document.index;
    stream.faults.iter().filter(move |fault| fault.document == index)
}

/// Whether a text may declare a component that is judged; [`declares`] can only be true of those.
pub(crate) fn speaks(text: &Words<'_>) -> bool {
    READERS.iter().any(|reader| (reader.speaks)(text))
}

/// Whether a text declares a component that is judged.
pub(crate) fn declares(words: &Words<'_>, stream: &Stream) -> bool {
    let nameless = EvidenceId::new(String::new());
    let text = words.text();
    let source = Source { evidence: &nameless, plane: Plane::Declared, text, root: None, stream, inside: None };
    READERS.iter().any(|reader| (reader.speaks)(words) && (reader.declares)(&source))
}

/// Processes of one cluster that are looked at. A dump of a cluster that hosts others holds hundreds; a file that was made
/// to hurt holds a hundred thousand, and each costs a table of settings.
pub(crate) const MOST: usize = 2048;

/// What the evidence of one cluster declares.
pub(crate) struct Declared {
    pub(crate) invocations: Vec<Invocation>,
    /// The file in which the counting stopped, after [`MOST`] of them.
    pub(crate) cut: Option<EvidenceId>,
}

/// Every process that the evidence of one cluster declares.
pub(crate) fn invocations(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Declared {
    let mut declared = Declared { invocations: Vec::new(), cut: None };
    each_of(evidence, trees, root, &|_| true, &mut |source, reader| {
        if declared.cut.is_none() {
            declared.invocations.extend((reader.invocations)(source, evidence));
        }
        if declared.invocations.len() > MOST {
            declared.invocations.truncate(MOST);
            declared.cut = Some(source.evidence.clone());
        }
    });
    declared
}

/// Files of the host, by their paths there, that hold parts of the command lines themselves.
pub(crate) fn files(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let speaks = |text: &str| {
        unit::speaks(text) || k3s::speaks(text) || k0s::speaks(text) || openshift::names_its_configuration(text)
    };
    let may_name = |file: &Evidence| file.text().is_some_and(|text| speaks(text));
    each_of(evidence, trees, root, &may_name, &mut |source, _| {
        found.extend(unit::environment_files(source, evidence));
        found.extend(k3s::files(source, evidence));
        found.extend(k0s::files(source, evidence));
        found.extend(openshift::files(source));
    });
    found.extend(kubelet::files(evidence, trees, root));
    found.extend(etcd::files(evidence, trees, root));
    found
}

/// Folders, named as evidence is, in which every `.conf` or YAML file may change what a file of the evidence declares.
pub(crate) fn folders(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let may_have = |file: &Evidence| {
        file.id.as_str().ends_with(".service")
            || inventory::is_part(file.id.as_str())
            || file
                .text()
                .is_some_and(|text| k3s::speaks(text) || k3s::ansible::speaks(text) || talhelper::speaks(text))
    };
    each_of(evidence, trees, root, &may_have, &mut |source, _| {
        found.extend(unit::drop_in_folders(source));
        found.extend(k3s::drop_in_folders(source));
        found.extend(kubespray::folders(source));
        found.extend(k3s::ansible::folders(source));
        found.extend(talhelper::folders(source));
    });
    found.extend(kubelet::folders(evidence, trees, root));
    found.extend(etcd::folders(evidence, trees, root));
    found.sort_unstable();
    found.dedup();
    found
}

/// The texts that a ConfigMap holds, by their keys. Those of a Secret are cut out and not read.
fn config_map<'a>(object: &Cursor<'a>) -> Vec<(String, Cursor<'a>)> {
    if object.get("kind").and_then(|kind| kind.text()) != Some("ConfigMap") {
        return Vec::new();
    }
    let entries = object.get("data").into_iter().flat_map(|data| data.entries().collect::<Vec<_>>());
    entries.take(MOST_KEYS).map(|entry| (entry.name.into_owned(), entry.value)).collect()
}

/// More keys than a ConfigMap of a megabyte has files in it.
const MOST_KEYS: usize = 256;

/// The texts of the ConfigMaps in a file that `is_wanted`, as evidence of their own, or why one cannot be that.
pub(crate) fn texts_of_config_maps(
    file: &Evidence,
    is_wanted: fn(&Stream) -> bool,
) -> Vec<(String, Result<Evidence, &'static str>)> {
    let Some(text) = file.text().filter(|text| text.contains("ConfigMap")) else { return Vec::new() };
    let parsed = parsable(file, text);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let source =
        Source { evidence: &file.id, plane: file.plane, text: &parsed, root: None, stream: &stream, inside: None };
    let mut found = Vec::new();
    for document in source.documents() {
        for (key, text) in config_map(&document.cursor()) {
            if found.len() < MOST_KEYS && text.text().is_some() && is_wanted(&embedded::parse(&text)) {
                found.push((key, embedded::file(&source, &text, std::slice::from_ref(file))));
            }
        }
    }
    found
}

/// Whether a ConfigMap of a file holds a text that `is_wanted`.
pub(crate) fn holds_text(stream: &Stream, is_wanted: fn(&Stream) -> bool) -> bool {
    stream.documents.iter().any(|document| {
        let held = config_map(&document.cursor());
        held.iter().any(|(_, text)| text.text().is_some() && is_wanted(&embedded::parse(text)))
    })
}

/// Visits every file that declares something, of those that `may` be of interest, which spares the others a tree.
fn each_of(
    evidence: &[Evidence],
    trees: &Trees,
    root: Option<&str>,
    may: &dyn Fn(&Evidence) -> bool,
    visit: &mut dyn FnMut(&Source<'_>, &Reader),
) {
    for file in evidence.iter().filter(|evidence| evidence.kind == Kind::Workload && may(evidence)) {
        let Some(text) = file.text() else { continue };
        let parsed = parsable(file, text);
        let stream = trees.of(file, text);
        let source =
            Source { evidence: &file.id, plane: file.plane, text: &parsed, root, stream: &stream, inside: None };
        if let Some(reader) = READERS.iter().find(|reader| (reader.declares)(&source)) {
            visit(&source, reader);
        }
    }
}
