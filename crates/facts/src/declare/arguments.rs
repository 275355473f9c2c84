//! Files of arguments, a flag on each line, from which a snap starts the API server: MicroK8s and Canonical Kubernetes.
//!
//! MicroK8s reads `args/kube-apiserver` of its data folder (ReadArgsFromFile of its Kubelite patch): a line that begins
//! with `#` is a comment, quotes are dropped wherever they stand, the rest is split at blanks, and variables of the snap's
//! environment are written out. Before that the service takes away lines that newer releases do not know (`sanitise_args_…` of
//! microk8s-resources/actions/common/utils.sh, since branch 1.24). Canonical Kubernetes keeps the same shape below `/var/snap/k8s/common/args`
//! (canonical/k8s-snap, src/k8s/pkg/snap/util/arguments.go).

pub(super) mod kubelet;

use model::{Form, Gap, GapKind, Location, Site};
use yaml::Span;

use super::{
    Source,
    command::{self, Program, unfilled},
};
use crate::{Invocation, Releases, Word, within};

/// What MicroK8s takes out of the file of the API server, and since which release.
const REMOVED: [(&str, u16); 20] = [
    ("add-dir-header", 26),
    ("address", 24),
    ("alsologtostderr", 26),
    ("experimental-encryption-provider-config", 24),
    ("feature-gates=RemoveSelfLink", 24),
    ("insecure-bind-address", 24),
    ("insecure-port", 24),
    ("log-backtrace-at", 26),
    ("log-dir", 26),
    ("log-file", 26),
    ("log-file-max-size", 26),
    ("log-flush-frequency", 26),
    ("logtostderr", 26),
    ("one-output", 26),
    ("port", 24),
    ("service-account-api-audiences", 25),
    ("skip-headers", 26),
    ("skip-log-headers", 26),
    ("stderrthreshold", 26),
    ("target-ram-mb", 24),
];

/// The releases in which MicroK8s leaves a line of such a file there, of what it `removes`; nothing where that is all of them. A
/// whole line goes for one flag in it, and only where something stands behind the name.
pub(super) fn left(line: &str, removes: &[(&str, u16)]) -> Releases {
    let is_in = |name: &str| ["=", " "].iter().any(|behind| line.contains(&format!("--{name}{behind}")));
    let since = removes.iter().filter(|(name, _)| is_in(name)).map(|(_, since)| *since).min()?;
    within(0, since - 1)
}

/// The same of the file of the API server.
pub(super) fn left_of_server(line: &str) -> Releases {
    left(line, &REMOVED)
}

/// Flags that no other component has, one of which every such file holds.
const OWN: [&str; 5] = [
    "--etcd-servers",
    "--service-account-issuer",
    "--kubelet-client-certificate",
    "--enable-admission-plugins",
    "--admission-control",
];

const MICROK8S: &str = "MicroK8s";

/// The folder of MicroK8s's data, by the link that leads to the revision in use, where the snap names the revision.
const DATA: &str = "/var/snap/microk8s/current";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    are_flags(text.text(), &OWN)
}

/// Whether a text is a file of arguments of an API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    are_flags(source.text, &OWN)
}

/// Whether a text is such a file, of an API server or of a kubelet. It is no YAML and means to be none.
pub(crate) fn is_one(text: &str) -> bool {
    are_flags(text, &OWN) || are_flags(text, &kubelet::OWN)
}

/// Whether all that a text says are flags, and one of them among those.
fn are_flags(text: &str, wanted: &[&str]) -> bool {
    let mut own = false;
    for line in lines(text) {
        let Some(name) = line.text.strip_prefix("--") else { return false };
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return false;
        }
        let name = line.text.split(['=', ' ']).next().unwrap_or_default();
        own |= wanted.contains(&name);
    }
    own
}

/// The API server that is started with it.
pub(super) fn invocations(source: &Source<'_>, _: &[model::Evidence]) -> Vec<Invocation> {
    let mut words = words(source, &REMOVED);
    in_the_snap(&mut words);
    let open_ended = command::shorten(&mut words);
    vec![Invocation {
        open_ended,
        list: Some(Site { at: end(source), form: Form::Lines }),
        distribution: distribution(source.text),
        ..source.process(Program::ApiServer, None, words)
    }]
}

/// What the lines say, of which MicroK8s `removes` some.
fn words(source: &Source<'_>, removes: &[(&str, u16)]) -> Vec<Word> {
    let removes = if distribution(source.text) == Some(MICROK8S) { removes } else { &[] };
    let mut words = Vec::new();
    for line in lines(source.text) {
        let releases = left(line.text, removes);
        for (start, part) in parts(line.text) {
            let text: String = part.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
            let (text, unknown) = written_out(&text);
            let unresolved = unknown.or_else(|| unfilled(&text));
            let from = line.start + start;
            let at = source.location(Span::new(from, from + part.len()), String::new());
            words.push(Word { unresolved, releases, ..Word::written(text, Site { at, form: Form::Line }) });
        }
    }
    words
}

/// MicroK8s 1.19 to 1.22 keeps the data in a server of its own build, which knows two flags for that and wants no address of etcd
/// (microk8s-resources/default-args/kube-apiserver of those branches).
fn in_the_snap(words: &mut Vec<Word>) {
    let Some(at) = words.iter().position(|word| word.text == "--storage-backend=dqlite") else { return };
    words[at].text = "--etcd-servers=".to_owned();
    words[at].unresolved = Some(Gap {
        kind: GapKind::Unresolved,
        reason: "the server of the snap keeps the data itself, in dqlite".to_owned(),
        wanted: "who may read the folder of the data".to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
    });
    words.retain(|word| !word.text.starts_with("--storage-dir="));
}

/// Whose file it is, by the folders that it names.
fn distribution(text: &str) -> Option<&'static str> {
    if ["$SNAP_DATA", "${SNAP_DATA}", "/var/snap/microk8s/"].iter().any(|name| text.contains(name)) {
        return Some(MICROK8S);
    }
    ["/var/snap/k8s/", "/var/lib/k8s-dqlite/"].iter().any(|name| text.contains(name)).then_some("Canonical Kubernetes")
}

struct Line<'a> {
    /// The byte at which it starts, without its indentation.
    start: usize,
    text: &'a str,
}

/// The lines that say something.
fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |raw| {
        let start = at;
        at += raw.len();
        let line = raw.trim_start_matches('\u{feff}');
        let text = line.trim();
        let indent = raw.len() - line.trim_start().len();
        (!text.is_empty() && !text.starts_with('#')).then_some(Line { start: start + indent, text })
    })
}

/// What blanks part, each with where it begins.
fn parts(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    line.split(' ').filter_map(move |part| {
        let start = at;
        at += part.len() + 1;
        // Between two blanks is an empty argument, which the server passes over (NewAPIServerCommand, Args).
        (!part.is_empty()).then_some((start, part))
    })
}

/// A word with the variables written out that the snap sets for all its services (snapcraft's environment), as
/// os.ExpandEnv does. A variable that nobody knows here stays, and is a gap.
pub(super) fn written_out(word: &str) -> (String, Option<Gap>) {
    let mut text = String::with_capacity(word.len());
    let mut unknown = None;
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, written, after) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, after)) => (name, format!("${{{name}}}"), after),
            None => {
                let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                (&rest[..length], format!("${}", &rest[..length]), &rest[length..])
            }
        };
        match name {
            "SNAP_DATA" => text.push_str(DATA),
            "SNAP_COMMON" => text.push_str("/var/snap/microk8s/common"),
            "SNAP" => text.push_str("/snap/microk8s/current"),
            _ => {
                unknown.get_or_insert_with(|| Gap {
                    kind: GapKind::Unresolved,
                    reason: format!("`{written}` is a variable of the service"),
                    wanted: format!("the value of `{written}`"),
                    who_could_answer: "the running process".to_owned(),
                });
                text.push_str(&written);
            }
        }
        rest = after;
    }
    text.push_str(rest);
    (text, unknown)
}

/// Where a flag would be added: below the last one.
fn end(source: &Source<'_>) -> Location {
    let last = lines(source.text).last().map(|line| Span::new(line.start, line.start + line.text.len()));
    source.location(last.unwrap_or_default(), String::new())
}
