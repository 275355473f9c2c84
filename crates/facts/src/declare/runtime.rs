//! `docker run` and its like, as units start the component with them: which words are options, which is the image, and
//! which paths and variables the container gets of its host.
//!
//! The options are those of docker/cli (cli/command/container/opts.go, v28), which podman and nerdctl take over, and of
//! rkt's run (rkt/run.go and rkt/image_flag.go, v1.30), whose images may have a command line each.

use super::command::base;
use crate::Mount;

/// Programs that have a `run` of docker's.
const DOCKERS: [&str; 3] = ["docker", "nerdctl", "podman"];

/// Options of docker's that take no value; every other one takes the next word where it has no `=`.
const SWITCHES: [&str; 27] = [
    "debug",
    "detach",
    "disable-content-trust",
    "env-host",
    "help",
    "http-proxy",
    "init",
    "interactive",
    "no-healthcheck",
    "no-hosts",
    "no-hostname",
    "oom-kill-disable",
    "passwd",
    "privileged",
    "publish-all",
    "quiet",
    "read-only",
    "read-only-tmpfs",
    "remote",
    "replace",
    "rm",
    "rmi",
    "rootfs",
    "sig-proxy",
    "tls",
    "tls-verify",
    "tty",
];

/// Letters of docker's that take no value.
const SWITCH_LETTERS: &str = "dDiPqt";

/// rkt's options that take no value.
const RKT_SWITCHES: [&str; 13] = [
    "debug",
    "dns-host",
    "inherit-env",
    "insecure",
    "interactive",
    "mds-register",
    "no-overlay",
    "no-store",
    "private-users",
    "store-only",
    "trust-keys-from-https",
    "hosts-entry-host",
    "ipc-host",
];

/// A command line that starts a container.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// The word that names the image.
    pub(super) image: usize,
    /// The program that runs in the place of the image's own.
    pub(super) entry_point: Option<String>,
    /// The words that the program gets, by their indices.
    pub(super) words: (usize, usize),
    pub(super) mounts: Vec<Mount>,
    /// Variables that are set; those without a value come from whoever runs the command. The image may set others.
    pub(super) variables: Vec<(String, Option<String>)>,
}

/// Reads the options of a container runtime; `None` for any other command.
pub(super) fn run(words: &[&str]) -> Option<Run> {
    let program = base(words.first()?);
    if DOCKERS.contains(&program) {
        docker(words)
    } else if program == "rkt" {
        rkt(words)
    } else {
        None
    }
}

/// An option and its value: `--name=value`, `--name value`, `-v value`, `-vvalue`; the index is moved behind it.
fn option<'a>(words: &[&'a str], at: &mut usize, switches: &[&str], letters: &str) -> (&'a str, Option<&'a str>) {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    let mut next = || {
        let value = words.get(*at).copied();
        *at += 1;
        value
    };
    if let Some(long) = word.strip_prefix("--") {
        return match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None if switches.contains(&long) => (long, None),
            None => (long, next()),
        };
    }
    // `-itv a:b` and `-it`: the first letter that takes a value takes what is left.
    let short = word.strip_prefix('-').unwrap_or(word);
    for (offset, letter) in short.char_indices() {
        if letters.contains(letter) {
            continue;
        }
        let end = offset + letter.len_utf8();
        let name = short.get(offset..end).unwrap_or_default();
        let rest = short.get(end..).unwrap_or_default();
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        return (name, if rest.is_empty() { next() } else { Some(rest) });
    }
    ("", None)
}

/// A variable of the manager that stands alone holds options, or nothing.
fn is_option(word: &str) -> bool {
    word.starts_with('-') || (word.starts_with('$') && !word.starts_with("${"))
}

fn docker(words: &[&str]) -> Option<Run> {
    let mut at = 1;
    // Options of the client itself.
    while words.get(at).is_some_and(|word| word.starts_with('-')) {
        option(words, &mut at, &SWITCHES, "D");
    }
    if words.get(at) == Some(&"container") {
        at += 1;
    }
    if words.get(at) != Some(&"run") {
        return None;
    }
    at += 1;
    let mut run = Run::default();
    while let Some(word) = words.get(at) {
        if !is_option(word) || *word == "--" {
            break;
        }
        if word.starts_with('$') {
            at += 1;
            continue;
        }
        let (name, value) = option(words, &mut at, &SWITCHES, SWITCH_LETTERS);
        let value = value.unwrap_or_default();
        match name {
            "v" | "volume" => run.mounts.extend(volume(value)),
            "mount" => run.mounts.extend(mount(value)),
            "tmpfs" => run.mounts.extend(inside(value.split(':').next().unwrap_or_default(), None, false)),
            "e" | "env" => run.variable(value),
            "entrypoint" => run.entry_point = Some(value.to_owned()).filter(|value| !value.is_empty()),
            _ => {}
        }
    }
    if words.get(at) == Some(&"--") {
        at += 1;
    }
    words.get(at)?;
    run.image = at;
    run.words = (at + 1, words.len());
    Some(run)
}

impl Run {
    fn variable(&mut self, text: &str) {
        self.variables.push(match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (text.to_owned(), None),
        });
    }
}

fn inside(container: &str, host: Option<&str>, read_only: bool) -> Option<Mount> {
    let container = container.trim_end_matches('/');
    container.starts_with('/').then(|| Mount {
        container: container.to_owned(),
        // A name is a volume of the runtime's own, and a variable any path.
        host: host.filter(|host| host.starts_with('/') && !host.contains('$')).map(|host| match host {
            "/" => host.to_owned(),
            _ => host.trim_end_matches('/').to_owned(),
        }),
        read_only,
    })
}

/// `host:container:options`, or a path of the container alone.
fn volume(text: &str) -> Option<Mount> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    match parts.next() {
        Some(container) => {
            let read_only = parts.next().is_some_and(|options| options.split(',').any(|option| option == "ro"));
            inside(container, Some(first), read_only)
        }
        None => inside(first, None, false),
    }
}

/// `type=bind,source=/a,target=/b`.
fn mount(text: &str) -> Option<Mount> {
    let field = |names: &[&str]| {
        text.split(',').filter_map(|part| part.split_once('=')).find(|(key, _)| names.contains(key)).map(|(_, v)| v)
    };
    let host = field(&["source", "src"]).filter(|_| field(&["type"]) == Some("bind"));
    let is_read_only =
        |part: &str| matches!(part, "ro" | "readonly" | "ro=true" | "readonly=true" | "ro=1" | "readonly=1");
    inside(field(&["target", "dst", "destination"])?, host, text.split(',').any(is_read_only))
}

fn rkt(words: &[&str]) -> Option<Run> {
    let mut at = 1;
    while words.get(at).is_some_and(|word| word.starts_with('-')) {
        option(words, &mut at, &RKT_SWITCHES, "");
    }
    if !matches!(words.get(at), Some(&"run" | &"run-prepared")) {
        return None;
    }
    at += 1;
    let mut run = Run::default();
    let mut volumes: Vec<(&str, Option<&str>)> = Vec::new();
    let mut mounts: Vec<(&str, &str)> = Vec::new();
    let mut image = None;
    while let Some(word) = words.get(at) {
        if matches!(*word, "--" | "---") {
            break;
        }
        if !is_option(word) {
            // A second image is another program of the same pod, which is not told apart here.
            if image.replace(at).is_some() {
                return None;
            }
            at += 1;
            continue;
        }
        if word.starts_with('$') {
            at += 1;
            continue;
        }
        let (name, value) = option(words, &mut at, &RKT_SWITCHES, "");
        let value = value.unwrap_or_default();
        let field = |key: &str| {
            value.split(',').filter_map(|part| part.split_once('=')).find(|(known, _)| *known == key).map(|(_, v)| v)
        };
        match name {
            // `--volume name,kind=host,source=/a`
            "volume" => volumes.push((value.split(',').next().unwrap_or_default(), field("source"))),
            "mount" => mounts.extend(field("volume").zip(field("target"))),
            "exec" => run.entry_point = Some(value.to_owned()),
            "set-env" | "environment" => run.variable(value),
            _ => {}
        }
    }
    run.image = image?;
    let from = (at + 1).min(words.len());
    let length = words.get(from..)?.iter().position(|word| *word == "---");
    run.words = (from, length.map_or(words.len(), |length| from + length));
    // Without a mount of its own a volume is one of the image's mount points, which nobody sees here.
    run.mounts = mounts
        .into_iter()
        .filter_map(|(name, target)| {
            inside(target, volumes.iter().rfind(|(known, _)| *known == name).and_then(|(_, host)| *host), false)
        })
        .collect();
    Some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_end_where_the_image_stands() {
        for (line, image, entry, words, mounts) in [
            ("docker run --rm -it --net host -v /a:/b:ro,z img c --d", "img", None, &["c", "--d"][..], "/b=/a"),
            ("/usr/bin/docker --log-level debug run -v/a/:/b/ -P img", "img", None, &[], "/b=/a"),
            ("podman run --replace --name x --entrypoint=/h img apiserver", "img", Some("/h"), &["apiserver"], ""),
            ("nerdctl run --mount type=bind,src=/a,dst=/b -v data:/c img x", "img", None, &["x"], "/b=/a /c"),
            ("docker container run $OPTS -v ${D}:/b ${IMG} x", "${IMG}", None, &["x"], "/b"),
            (
                "rkt --debug run --volume k,kind=host,source=/a --mount volume=k,target=/b img --exec=/h -- x --y ---",
                "img",
                Some("/h"),
                &["x", "--y"],
                "/b=/a",
            ),
        ] {
            let all: Vec<&str> = line.split(' ').collect();
            let run = run(&all).expect(line);
            assert_eq!(all[run.image], image, "{line}");
            assert_eq!(run.entry_point.as_deref(), entry, "{line}");
            assert_eq!(&all[run.words.0..run.words.1], words, "{line}");
            let seen: Vec<String> = run
                .mounts
                .iter()
                .map(|mount| {
                    mount.container.clone() + &mount.host.as_ref().map_or(String::new(), |host| format!("={host}"))
                })
                .collect();
            assert_eq!(seen.join(" "), mounts, "{line}");
        }
        for line in
            ["docker rm -f img", "docker", "docker run", "docker run --rm", "rkt run a b -- c", "dockerd run img"]
        {
            assert_eq!(run(&line.split(' ').collect::<Vec<_>>()), None, "{line}");
        }
    }
}
