//! Which words of a command line start the component, behind wrappers, shells and hyperkube.
//!
//! Pods and units hold command lines alike; what stands in front of the component's own words is the same few programs, or a
//! container runtime (`runtime`).

use std::collections::BTreeMap;

use model::{Gap, GapKind};

use super::{runtime, shell};
use crate::{Word, placeholder::placeholder};

/// Programs that start another one named among their arguments.
const WRAPPERS: [&str; 21] = [
    "chroot",
    "dumb-init",
    "env",
    "flock",
    "go-runner",
    "gosu",
    "ionice",
    "nice",
    "nohup",
    "nsenter",
    "numactl",
    "setpriv",
    "setsid",
    "stdbuf",
    "su-exec",
    "sudo",
    "systemd-cat",
    "time",
    "timeout",
    "tini",
    // OpenShift's, around its API server since 4.4.
    "watch-termination",
];

/// A real command line has a few dozen words; one that was made to hurt has a hundred thousand.
const MOST_WORDS: usize = 1024;

const SHELLS: [&str; 5] = ["ash", "bash", "busybox", "dash", "sh"];

/// A component that is looked for in command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    ApiServer,
    Kubelet,
    Etcd,
}

impl Program {
    /// The name that the component goes by.
    pub(super) fn component(self) -> &'static str {
        match self {
            Self::ApiServer => "kube-apiserver",
            Self::Kubelet => "kubelet",
            Self::Etcd => "etcd",
        }
    }

    /// A word without which no text starts it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ApiServer => "apiserver",
            Self::Kubelet => "kubelet",
            Self::Etcd => "etcd",
        }
    }

    /// The index after the component's name, if it stands at `at`, alone or behind hyperkube.
    fn at(self, words: &[&str], at: usize) -> Option<usize> {
        let word = words.get(at)?;
        // The value of a flag may end in any name.
        if word.starts_with('-') || (self != Self::ApiServer && !starts_there(self, words, at)) {
            return None;
        }
        let program = base(word);
        if program == self.component() {
            return Some(at + 1);
        }
        if program == "hyperkube" || program == "km" {
            let name = words.get(at + 1)?.trim_start_matches("--");
            return (name == self.word() || name == self.component()).then_some(at + 2);
        }
        match self {
            // OpenShift's build of hyperkube and old all-in-one binaries name the component the same way.
            Self::ApiServer if program == "kubernetes" => (words.get(at + 1) == Some(&"apiserver")).then_some(at + 2),
            Self::ApiServer => (program == "apiserver").then_some(at + 1),
            // The script of CoreOS that runs hyperkube's kubelet and hands over all its own words (coreos-overlay,
            // app-admin/kubelet-wrapper).
            Self::Kubelet => (program == "kubelet-wrapper").then_some(at + 1),
            Self::Etcd => None,
        }
    }
}

/// Whether a word can be the program that is started, and not its folder, or the unit that another program does something to: behind
/// other words it is given arguments.
fn starts_there(program: Program, words: &[&str], at: usize) -> bool {
    const OTHERS: [&str; 12] =
        ["cp", "curl", "install", "journalctl", "kill", "killall", "ls", "mv", "pkill", "rm", "service", "systemctl"];
    let folder = format!("/lib/{}", program.component());
    let is_folder = words.get(at).is_some_and(|word| word.ends_with(&folder));
    let before = words.get(..at).unwrap_or_default();
    let is_given =
        || words.get(at + 1).is_some_and(|next| next.starts_with(['-', '$']) || *next == program.component());
    !is_folder && !before.iter().any(|word| OTHERS.contains(&base(word))) && (at == 0 || is_given())
}

/// How a command line starts the component.
pub(super) enum Start {
    /// Its own words begin at this index.
    Direct(usize),
    /// The word at this index is a shell script that starts it.
    Script(usize),
    /// One word holds the whole command line, which no system can run.
    OneWord(usize),
}

/// Command lines within command lines that are looked into; people write two.
const DEEPEST: usize = 4;

/// Finds a component in a command line.
pub(super) fn find(program: Program, words: &[&str], image: Option<&str>) -> Option<Start> {
    find_within(program, words, image, 0)
}

/// The same of a command line that stands in so many others.
fn find_within(wanted: Program, words: &[&str], image: Option<&str>, depth: usize) -> Option<Start> {
    if depth > DEEPEST {
        return None;
    }
    let first = words.first()?;
    let program = base(first);
    if let Some(after) = wanted.at(words, 0) {
        return Some(Start::Direct(after));
    }
    if SHELLS.contains(&program) {
        let flag =
            words.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'))?;
        let script = words.get(flag + 1)?;
        return starts_within(wanted, script, depth).then_some(Start::Script(flag + 1));
    }
    if WRAPPERS.contains(&program) {
        let at = (1..words.len()).find(|&at| wanted.at(words, at).is_some() || SHELLS.contains(&base(words[at])))?;
        if let Some(after) = wanted.at(words, at) {
            return Some(Start::Direct(after));
        }
        return match find_within(wanted, &words[at..], None, depth + 1)? {
            Start::Direct(after) => Some(Start::Direct(at + after)),
            Start::Script(script) => Some(Start::Script(at + script)),
            Start::OneWord(word) => Some(Start::OneWord(at + word)),
        };
    }
    if let Some(run) = runtime::run(words) {
        let (from, to) = run.words;
        let inner: Vec<&str> =
            run.entry_point.iter().map(String::as_str).chain(words[from..to].iter().copied()).collect();
        // The program itself is no word of the list where an option names it.
        let shift = from - usize::from(run.entry_point.is_some());
        return match find_within(wanted, &inner, Some(words[run.image]), depth + 1)? {
            Start::Direct(after) => Some(Start::Direct(shift + after)),
            Start::Script(script) => Some(Start::Script(shift + script)),
            Start::OneWord(word) => Some(Start::OneWord(shift + word)),
        };
    }
    if first.contains(' ') && starts_within(wanted, first, depth) {
        return Some(Start::OneWord(0));
    }
    // Without a command the image's entry point runs, and of an image with this name it is the component.
    let entry_point = image.map(image_name).is_some_and(|name| match wanted {
        Program::ApiServer => name.starts_with(wanted.component()),
        // Many others begin with its name: `kubelet-csr-approver`.
        Program::Kubelet => ["kubelet", "kubelet-amd64", "kubelet-arm64"].contains(&name),
        Program::Etcd => is_image_of_etcd(name),
    });
    (entry_point && first.starts_with("--")).then_some(Start::Direct(0))
}

/// Whether a script has a command that starts a component.
pub(super) fn starts(program: Program, script: &str) -> bool {
    starts_within(program, script, 0)
}

fn starts_within(program: Program, script: &str, depth: usize) -> bool {
    let starts = |command: &shell::Command| start_within(program, command, depth + 1).is_some();
    script.contains(program.word()) && shell::commands(script, &BTreeMap::new()).iter().any(starts)
}

pub(super) fn script_start(program: Program, command: &shell::Command) -> Option<usize> {
    start_within(program, command, 0)
}

fn start_within(program: Program, command: &shell::Command, depth: usize) -> Option<usize> {
    let words: Vec<_> = command.words.iter().map(|word| word.text.as_str()).collect();
    match find_within(program, &words, None, depth)? {
        Start::Direct(after) => Some(after),
        Start::Script(_) | Start::OneWord(_) => None,
    }
}

pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The last part of an image's name, without tag and digest: `kube-apiserver-amd64`.
pub(super) fn image_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    base(image).split(':').next().unwrap_or_default()
}

/// Whether an image of that name holds etcd: those of registry.k8s.io and quay.io/coreos, Rancher's mirror of the latter and RKE2's own;
/// those of one architecture end in its name.
pub(super) fn is_image_of_etcd(name: &str) -> bool {
    let plain = ["-amd64", "-arm64", "-arm"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    ["etcd", "coreos-etcd", "mirrored-coreos-etcd", "hardened-etcd"].contains(&plain)
}

/// A gap for a value that still holds a placeholder. The flag's own name does not count: nobody templates that alone.
pub(crate) fn unfilled(text: &str) -> Option<Gap> {
    let value = if text.starts_with('-') { text.split_once('=').map_or("", |(_, value)| value) } else { text };
    let marker =
        placeholder(value).or_else(|| placeholder(text).filter(|marker| marker.starts_with(['{', '<', '$'])))?;
    Some(Gap {
        kind: GapKind::Templated,
        reason: format!("`{marker}` is a placeholder that is not filled in yet"),
        wanted: format!("the value of `{marker}`"),
        who_could_answer: "give the rendered file".to_owned(),
    })
}

/// Keeps what a person could have meant, and says so where something was left out.
pub(super) fn shorten(words: &mut Vec<Word>) -> Option<Gap> {
    let gap = (words.len() > MOST_WORDS).then(|| Gap {
        kind: GapKind::Unread,
        reason: format!("{} arguments, of which the first {MOST_WORDS} are read", words.len()),
        wanted: "a command line of a length that somebody meant".to_owned(),
        who_could_answer: "whoever wrote the manifest".to_owned(),
    });
    words.truncate(MOST_WORDS);
    // What was left out may set again what was read.
    if let (Some(gap), Some(last)) = (&gap, words.last()) {
        let site = last.site.clone();
        words.push(Word { unresolved: Some(gap.clone()), ..Word::written("", site) });
    }
    gap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubelet_is_told_from_what_has_its_name() {
        let starts = |words: &[&str], image: Option<&str>| find(Program::Kubelet, words, image).is_some();
        assert!(starts(&["/usr/bin/kubelet"], None));
        assert!(starts(&["nsenter", "-t", "1", "kubelet", "--v=2"], None));
        assert!(starts(&["/hyperkube", "kubelet", "--v=2"], None));
        assert!(starts(&["sh", "-c", "exec kubelet --v=2"], None));
        assert!(starts(&["--v=2"], Some("registry/kubelet:v1.31.0")));
        assert!(!starts(&["--v=2"], Some("registry/kubelet-csr-approver:v1")));
        assert!(!starts(&["--kubelet-service=kube-system/kubelet", "--v=2"], None));
        assert!(!starts(&["nsenter", "-t", "1", "systemctl", "restart", "kubelet"], None));
        assert!(!starts(&["chroot", "/host", "ls", "/var/lib/kubelet"], None));
        assert!(!starts(&["sh", "-c", "systemctl restart kubelet"], None));
    }

    #[test]
    fn etcd_is_told_from_what_has_its_name() {
        let starts = |words: &[&str], image: Option<&str>| find(Program::Etcd, words, image).is_some();
        assert!(starts(&["etcd", "--name=a"], None) && starts(&["/usr/bin/etcd"], None));
        assert!(starts(&["docker", "run", "quay.io/coreos/etcd:v3.5.9", "/usr/local/bin/etcd", "--name", "a"], None));
        assert!(starts(&["--name=a"], Some("registry.k8s.io/etcd:3.5.15-0")));
        assert!(!starts(&["--name=a"], Some("registry.k8s.io/etcd-manager:v3")));
        assert!(!starts(&["etcdctl", "--endpoints=a", "get", "etcd"], None));
        assert!(!starts(&["sh", "-c", "systemctl restart etcd"], None));
        assert!(!starts(&["chown", "-R", "etcd", "/var/lib/etcd"], None));
    }

    #[test]
    fn a_command_line_that_holds_itself_ends() {
        // A backquote without another makes one word of the rest, which is the script that is looked into.
        let held = "e`xe{ /hyperkube apiserver --v=2";
        assert!(!starts(Program::ApiServer, held));
        assert!(find(Program::ApiServer, &[held], None).is_none());
        let shells = vec!["sudo"; 10].into_iter().chain(["sh", "-c", "exec kube-apiserver --v=2"]).collect::<Vec<_>>();
        assert!(matches!(find(Program::ApiServer, &shells, None), Some(Start::Script(12))));
        let docker = ["docker", "run", "x"].repeat(10_000);
        assert!(find(Program::ApiServer, &docker, None).is_none());
    }
}
