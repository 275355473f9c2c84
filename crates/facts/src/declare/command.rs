//! Which words of a command line start the component, behind wrappers, shells and hyperkube.
//!
//! Pods and units hold command lines alike; what stands in front of the component's own words is the same few programs, or a
//! container runtime (`runtime`).

use std::collections::BTreeMap;

use model::{Gap, GapKind};

use super::{runtime, shell};
use crate::{Word, placeholder::placeholder};

/// Programs that start another one named among their arguments.
const WRAPPERS: [&str; 20] = [
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
];

/// A real command line has a few dozen words; one that was made to hurt has a hundred thousand.
const MOST_WORDS: usize = 1024;

const SHELLS: [&str; 5] = ["ash", "bash", "busybox", "dash", "sh"];

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

/// Finds the API server in a command line.
pub(super) fn find(words: &[&str], image: Option<&str>) -> Option<Start> {
    find_within(words, image, 0)
}

/// The same of a command line that stands in so many others.
fn find_within(words: &[&str], image: Option<&str>, depth: usize) -> Option<Start> {
    if depth > DEEPEST {
        return None;
    }
    let first = words.first()?;
    let program = base(first);
    if let Some(after) = component_at(words, 0) {
        return Some(Start::Direct(after));
    }
    if SHELLS.contains(&program) {
        let flag =
            words.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'))?;
        let script = words.get(flag + 1)?;
        return starts_within(script, depth).then_some(Start::Script(flag + 1));
    }
    if WRAPPERS.contains(&program) {
        let at = (1..words.len()).find(|&at| component_at(words, at).is_some() || SHELLS.contains(&base(words[at])))?;
        if let Some(after) = component_at(words, at) {
            return Some(Start::Direct(after));
        }
        return match find_within(&words[at..], None, depth + 1)? {
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
        return match find_within(&inner, Some(words[run.image]), depth + 1)? {
            Start::Direct(after) => Some(Start::Direct(shift + after)),
            Start::Script(script) => Some(Start::Script(shift + script)),
            Start::OneWord(word) => Some(Start::OneWord(shift + word)),
        };
    }
    if first.contains(' ') && starts_within(first, depth) {
        return Some(Start::OneWord(0));
    }
    // Without a command the image's entry point runs, and of an image with this name it is the API server.
    let entry_point = image.map(image_name).is_some_and(|name| name.starts_with("kube-apiserver"));
    (entry_point && first.starts_with("--")).then_some(Start::Direct(0))
}

/// The index after the component's name, if it stands at `at`, alone or behind hyperkube.
fn component_at(words: &[&str], at: usize) -> Option<usize> {
    let program = base(words.get(at)?);
    if program == "kube-apiserver" {
        return Some(at + 1);
    }
    if program == "hyperkube" || program == "km" {
        let name = words.get(at + 1)?.trim_start_matches("--");
        return (name == "apiserver" || name == "kube-apiserver").then_some(at + 2);
    }
    // OpenShift's build of hyperkube and old all-in-one binaries name the component the same way.
    (program == "apiserver" || program == "kubernetes").then_some(())?;
    if program == "kubernetes" {
        return (words.get(at + 1) == Some(&"apiserver")).then_some(at + 2);
    }
    Some(at + 1)
}

/// Whether a script has a command that starts the API server.
pub(super) fn starts_apiserver(script: &str) -> bool {
    starts_within(script, 0)
}

fn starts_within(script: &str, depth: usize) -> bool {
    let starts = |command: &shell::Command| start_within(command, depth + 1).is_some();
    script.contains("apiserver") && shell::commands(script, &BTreeMap::new()).iter().any(starts)
}

pub(super) fn script_start(command: &shell::Command) -> Option<usize> {
    start_within(command, 0)
}

fn start_within(command: &shell::Command, depth: usize) -> Option<usize> {
    let words: Vec<_> = command.words.iter().map(|word| word.text.as_str()).collect();
    match find_within(&words, None, depth)? {
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

/// A gap for a value that still holds a placeholder. The flag's own name does not count: nobody templates that alone.
pub(super) fn unfilled(text: &str) -> Option<Gap> {
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
    fn a_command_line_that_holds_itself_ends() {
        // A backquote without another makes one word of the rest, which is the script that is looked into.
        let held = "e`xe{ /hyperkube apiserver --v=2";
        assert!(!starts_apiserver(held));
        assert!(find(&[held], None).is_none());
        let shells = vec!["sudo"; 10].into_iter().chain(["sh", "-c", "exec kube-apiserver --v=2"]).collect::<Vec<_>>();
        assert!(matches!(find(&shells, None), Some(Start::Script(12))));
        let docker = ["docker", "run", "x"].repeat(10_000);
        assert!(find(&docker, None).is_none());
    }
}
