//! Command lines of etcd: a pod of the control plane, a unit, or the listing of a process. What a file for Compose starts is the
//! store of some application in most cases, and not read.
//!
//! A pod that runs etcd may stand among objects that are judged, and keeps the kind that it has there. What the words come to is in
//! [`crate::etcd`].

use model::{Evidence, EvidenceId, Form, Gap, GapKind, Kind, Plane};
use yaml::Stream;

use super::{Source, command::Program, listing, pod, unit};
use crate::{Invocation, Trees, Word, redact::parsable};

/// Members in one cluster that are looked at.
const MOST: usize = 256;

/// Variables of one process that are looked at.
pub(super) const MOST_VARIABLES: usize = 512;

/// How a flag is written that a variable stands for: not as one.
pub(super) const VARIABLE: Form = Form::ByHand("it is a variable of the environment; change its value there");

/// Whether a word stands for a variable. Those come before the words of the command line.
pub(crate) fn is_variable(word: &Word) -> bool {
    word.site.form == VARIABLE
}

/// The flag that a variable of the environment stands for (pkg/flags/flag.go, `FlagToEnv`): `ETCD_CERT_FILE`.
pub(super) fn flag_of(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("ETCD_").filter(|name| !name.is_empty())?;
    let is_one = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(is_one).then(|| name.to_ascii_lowercase().replace('_', "-"))
}

/// Whether a text may start etcd.
pub(crate) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    speaks_of_unit(text) || speaks_of_pod(text) || speaks_of_process(text)
}

fn speaks_of_unit(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("ExecStart") && text.contains("etcd")
}

fn speaks_of_process(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("etcd ")
        && (text.contains("-client-urls") || text.contains("--data-dir") || text.contains("--config-file"))
}

fn speaks_of_pod(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("containers") && text.contains("etcd")
}

/// Whether a text starts etcd.
pub(crate) fn declares(text: &str, stream: &Stream) -> bool {
    let nameless = EvidenceId::new(String::new());
    let source = Source { evidence: &nameless, plane: Plane::Declared, text, root: None, stream, inside: None };
    (speaks_of_unit(text) && unit::runs(Program::Etcd, &source))
        || (speaks_of_pod(text) && pod::runs(Program::Etcd, &source))
        || (speaks_of_process(text) && listing::runs(Program::Etcd, text))
}

/// Visits every text that may start etcd.
fn each(evidence: &[Evidence], trees: &Trees, root: Option<&str>, visit: &mut dyn FnMut(&Source<'_>)) {
    let kinds = [Kind::Workload, Kind::ConfigFile, Kind::Objects];
    for piece in evidence.iter().filter(|piece| kinds.contains(&piece.kind)) {
        // What a cluster shows of itself has no command line in it.
        let Some(text) = piece.text().filter(|text| speaks(*text) && !piece.id.as_str().contains("://")) else {
            continue;
        };
        let parsed = parsable(piece, text);
        let stream = trees.of(piece, text);
        visit(&Source { evidence: &piece.id, plane: piece.plane, text: &parsed, root, stream: &stream, inside: None });
    }
}

/// Every etcd that the evidence of one cluster starts.
pub(crate) fn lines(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<Invocation> {
    let mut found: Vec<Invocation> = Vec::new();
    each(evidence, trees, root, &mut |source| {
        if found.len() >= MOST {
            return;
        }
        if speaks_of_unit(source.text) && unit::runs(Program::Etcd, source) {
            return found.extend(unit::all_of(Program::Etcd, source, evidence));
        }
        if speaks_of_pod(source.text) && pod::runs(Program::Etcd, source) {
            return found.extend(pod::all_of(Program::Etcd, source));
        }
        if speaks_of_process(source.text) {
            let mut all = listing::all_of(Program::Etcd, source);
            all.iter_mut().for_each(environment_unseen);
            found.extend(all);
        }
    });
    found.truncate(MOST);
    found
}

/// Arguments are not all that a process is given.
fn environment_unseen(process: &mut Invocation) {
    process.open_ended.get_or_insert_with(|| Gap {
        kind: GapKind::NotCollected,
        reason: "etcd takes from its environment what no argument says, and that of the process was not seen"
            .to_owned(),
        wanted: "the environment of etcd".to_owned(),
        who_could_answer: "the unit or the manifest that starts it, or `/proc/PID/environ` on its machine".to_owned(),
    });
}

/// Files of the host, by their paths there, that hold parts of the command lines.
pub(super) fn files(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    each(evidence, trees, root, &mut |source| {
        if speaks_of_unit(source.text) && unit::runs(Program::Etcd, source) {
            found.extend(unit::environment_files(source, evidence));
        }
    });
    found
}

/// Folders in which every `.conf` may change them.
pub(super) fn folders(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    each(evidence, trees, root, &mut |source| {
        if speaks_of_unit(source.text) && unit::runs(Program::Etcd, source) {
            found.extend(unit::drop_in_folders(source));
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::flag_of;

    #[test]
    fn a_variable_stands_for_the_flag_of_its_name() {
        assert_eq!(flag_of("ETCD_CLIENT_CERT_AUTH").as_deref(), Some("client-cert-auth"));
        for other in ["ETCD_", "ETCD", "ETCDCTL_API", "ETCD_name", "KUBE_ETCD_NAME", "ETCD_A-B"] {
            assert_eq!(flag_of(other), None, "{other}");
        }
    }
}
