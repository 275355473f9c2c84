//! Controllers of k0s that a command starts: a unit of systemd, and services of Docker Compose.
//!
//! `k0s controller` reads the file of `--config`, or `/etc/k0s/k0s.yaml` where that is (k0sproject/k0s, pkg/config/cli.go); the
//! container image holds none, and runs `k0s controller --enable-worker` where it is given no command (Dockerfile). Up to the
//! last release that was looked at, its entry point writes the variable `K0S_CONFIG` to `/etc/k0s/config.yaml`
//! (docker-entrypoint.sh).

use model::{Body, Evidence, Form, Gap, GapKind, Site, Version};
use yaml::{Cursor, Stream};

use super::{Cluster, DATA, Definition, NAME};
use crate::{
    Files, Hand, Invocation,
    declare::{
        Source,
        command::base,
        embedded::{self, Place},
        lookup::text_of,
        unit::{self, Started},
    },
};

/// What a controller reads unless it is told otherwise, and what the image writes a variable to.
const CONFIG: &str = "/etc/k0s/k0s.yaml";
const OF_VARIABLE: &str = "/etc/k0s/config.yaml";

/// More services, and more of anything that one lists.
const MOST: usize = 256;

/// Whether a text holds the words without which it starts no controller.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("k0s") && (text.contains("ExecStart") || text.contains("services"))
}

/// Whether a text is a unit that starts a controller.
pub(in crate::declare) fn is_unit(source: &Source<'_>) -> bool {
    source.text.contains("ExecStart") && source.text.contains("k0s") && unit::starts(source, is_command)
}

/// `k0s controller …`, the command behind global switches.
fn is_command(words: &[String]) -> bool {
    let is_k0s = words.first().is_some_and(|first| base(first) == NAME);
    is_k0s && words.iter().skip(1).find(|word| !word.starts_with('-')).is_some_and(|word| word == "controller")
}

/// The file that a controller with these words reads.
fn config(words: &[String]) -> String {
    let given = |at: usize| {
        let word = &words[at];
        for name in ["--config", "-c"] {
            match word.strip_prefix(name) {
                Some("") => return words.get(at + 1).cloned(),
                Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
                _ => {}
            }
        }
        None
    };
    (0..words.len()).rev().find_map(given).unwrap_or_else(|| CONFIG.to_owned())
}

fn texts(started: &Started) -> Vec<String> {
    started.words.iter().map(|word| word.text.clone()).collect()
}

/// Files that the units of a text have a controller read.
pub(in crate::declare) fn files(source: &Source<'_>, evidence: &[Evidence]) -> Vec<String> {
    let Some(started) = is_unit(source).then(|| unit::started(source, evidence, is_command)).flatten() else {
        return Vec::new();
    };
    let mut found = unit::files_of_started(source, evidence);
    found.push(config(&texts(&started)));
    found
}

/// The unit of the same node that has a controller read the file of a source, as its words.
pub(super) fn unit_of(source: &Source<'_>, evidence: &[Evidence]) -> Option<Vec<String>> {
    let root = source.root?;
    let may = |piece: &Evidence, text: &str| {
        piece.id != *source.evidence && text.contains("ExecStart") && text.contains(NAME)
    };
    unit::beside(source, evidence, may, |unit| {
        let started = is_unit(unit).then(|| unit::started(unit, evidence, is_command)).flatten()?;
        let words = texts(&started);
        (Files::id(root, &config(&words)) == *source.evidence).then_some(words)
    })
}

/// The controller that a unit starts; nothing where its file is at hand, which then tells the whole.
pub(super) fn of_unit(source: &Source<'_>, evidence: &[Evidence]) -> Option<Invocation> {
    let started = unit::started(source, evidence, is_command)?;
    let words = texts(&started);
    let path = config(&words);
    let alone = |unread: Option<Gap>| {
        let stream = yaml::parse("{}", &yaml::Limits::default());
        let root = stream.documents.first().map(|document| document.cursor())?;
        let home = Site {
            at: source.location(yaml::Span::new(0, source.text.len()), String::new()),
            form: Form::ByHand("write it to `spec.api.extraArgs` of the configuration of k0s"),
        };
        let definition = Definition {
            words: Some(words.clone()),
            home: Some(home),
            unread: started.unread.clone().or_else(|| started.open.clone()).or(unread),
            ..Definition::alone(root, &[], None)
        };
        Some(Cluster { source, definition }.invocation(started.problems.clone(), evidence))
    };
    if let Some(Place::File(_, beside)) = &source.inside {
        let Some(file) = beside.iter().rfind(|file| file.path == path) else {
            return alone(Some(unread(&path)));
        };
        let Ok(text) = &file.text else { return alone(file.gap()) };
        let stream = yaml::parse(text, &yaml::Limits::default());
        let inner = Source {
            evidence: source.evidence,
            plane: source.plane,
            text,
            root: source.root,
            stream: &stream,
            inside: Some(Place::File(file, beside)),
        };
        return of_config(&inner, words.clone(), None, None, evidence).or_else(|| alone(Some(unread(&path))));
    }
    let Some(root) = source.root else { return alone(Some(unread(&path))) };
    let id = Files::id(root, &path);
    match evidence.iter().find(|piece| piece.id == id).map(|piece| &piece.body) {
        // It is read by itself, with the words of this unit.
        Some(Body::Text(_)) => None,
        Some(Body::Missing) => alone(None),
        Some(Body::Unread(gap)) => alone(Some(gap.clone())),
        _ => alone(Some(unread(&path))),
    }
}

fn unread(path: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` is what the controller reads, and it was not given"),
        wanted: path.to_owned(),
        who_could_answer: "give the node's root with --root".to_owned(),
    }
}

/// The first configuration of k0s in a text, read by a controller with these words.
fn of_config(
    inner: &Source<'_>,
    words: Vec<String>,
    name: Option<String>,
    version: Option<(Version, model::Location)>,
    evidence: &[Evidence],
) -> Option<Invocation> {
    let document = inner.documents().next()?;
    let definition = super::of(&document.cursor())?;
    let definition = Definition { words: Some(words), ..definition };
    let server = Cluster { source: inner, definition }.invocation(inner.problems(document), evidence);
    Some(Invocation {
        instance: name.unwrap_or(server.instance.clone()),
        version: version.or(server.version.clone()),
        ..server
    })
}

/// The controllers of services of Docker Compose.
pub(super) fn of_compose(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        let services = root.get("services").filter(|services| services.mapping().is_some());
        for service in services.iter().flat_map(|services| services.entries()).take(MOST) {
            if let Some(words) = controller(&service.value) {
                let own = Service { source, root: &root, service: &service.value };
                found.extend(own.invocation(service.name.into_owned(), words, evidence));
            }
        }
    }
    found
}

/// The words behind `controller` where a service runs one.
fn controller(service: &Cursor<'_>) -> Option<Vec<String>> {
    let image = text_of(service, "image")?;
    let name = crate::declare::command::image_name(&image);
    if name != NAME {
        return None;
    }
    let mut words: Vec<String> = Vec::new();
    for list in ["entrypoint", "command"].iter().filter_map(|key| service.get(key)) {
        match list.text() {
            Some(text) => words.extend(text.split_whitespace().map(str::to_owned)),
            None => words.extend(list.items().take(MOST).filter_map(|item| item.text().map(str::to_owned))),
        }
    }
    if words.is_empty() {
        return Some(vec!["--enable-worker".to_owned()]);
    }
    let start = words.iter().position(|word| base(word) == NAME)?;
    is_command(&words[start..]).then(|| words.split_off(start + 1))
}

struct Service<'s, 'a> {
    source: &'s Source<'a>,
    root: &'s Cursor<'a>,
    service: &'s Cursor<'a>,
}

impl<'a> Service<'_, 'a> {
    fn invocation(&self, name: String, words: Vec<String>, evidence: &[Evidence]) -> Option<Invocation> {
        let path = config(&words);
        let image = self.service.get("image")?;
        let version = crate::declare::kubeadm::tagged(image.text()?).map(|version| (version, self.source.at(&image)));
        let unread = match self.text(&path) {
            Some(Ok(text)) => {
                let stream: Stream = embedded::parse(&text);
                let inner = embedded::source(self.source, &text, &stream)?;
                if let Some(server) = of_config(&inner, words.clone(), Some(name.clone()), version.clone(), evidence) {
                    return Some(Invocation { contained: true, ..server });
                }
                Some(unread(&path))
            }
            Some(Err(gap)) => Some(gap),
            None => None,
        };
        let home = Site {
            at: self.source.at(self.service),
            form: Form::ByHand("write it to `spec.api.extraArgs` of the configuration of k0s"),
        };
        let definition = Definition {
            words: Some(words),
            home: Some(home),
            unread,
            ..Definition::alone(self.service.clone(), &["x-portcullis-none"], None)
        };
        let server = Cluster { source: self.source, definition }.invocation(Vec::new(), evidence);
        Some(Invocation { instance: name, version: version.or(server.version.clone()), contained: true, ..server })
    }

    /// The text that stands at a path in the container, or why it is not known; nothing where nothing is put there.
    fn text(&self, path: &str) -> Option<Result<Cursor<'a>, Gap>> {
        if path == OF_VARIABLE
            && let Some(text) = self.variable("K0S_CONFIG")
        {
            return Some(Ok(text));
        }
        let configs = self.service.get("configs");
        for item in configs.iter().flat_map(|list| list.items()).take(MOST) {
            let named = item.text().map(str::to_owned).or_else(|| text_of(&item, "source"))?;
            let target = text_of(&item, "target").unwrap_or_else(|| format!("/{named}"));
            if target != path {
                continue;
            }
            let content = self.root.get("configs").and_then(|all| all.get(&named)).and_then(|one| one.get("content"));
            return Some(content.ok_or_else(|| unread(path)));
        }
        let volumes = self.service.get("volumes");
        let is_over = |item: &Cursor<'_>| {
            let target = text_of(item, "target").or_else(|| item.text()?.split(':').nth(1).map(str::to_owned));
            target
                .is_some_and(|target| path == target || path.starts_with(&format!("{}/", target.trim_end_matches('/'))))
        };
        let hidden = volumes.iter().flat_map(|list| list.items()).take(MOST).any(|item| is_over(&item));
        (hidden || self.service.get("env_file").is_some_and(|_| path == OF_VARIABLE)).then(|| Err(unread(path)))
    }

    fn variable(&self, name: &str) -> Option<Cursor<'a>> {
        self.service.get("environment")?.get(name).filter(|value| !value.is_null())
    }
}

/// What nobody wrote is not known where the file of settings is not.
pub(super) fn blur(server: &mut Invocation, gap: &Gap) {
    for word in server.words.iter_mut().filter(|word| word.hand != Hand::Written) {
        word.unresolved.get_or_insert_with(|| gap.clone());
    }
    server.open_ended.get_or_insert_with(|| gap.clone());
}

/// The folder that `--data-dir` names.
pub(super) fn data_dir(words: &[String]) -> String {
    let given = (0..words.len()).rev().find_map(|at| match words[at].strip_prefix("--data-dir")? {
        "" => words.get(at + 1).cloned(),
        rest => rest.strip_prefix('=').map(str::to_owned),
    });
    given.unwrap_or_else(|| DATA.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{config, data_dir};

    #[test]
    fn the_last_of_two_files_counts() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(config(&words("--single")), "/etc/k0s/k0s.yaml");
        assert_eq!(config(&words("--config=/a --enable-worker")), "/a");
        assert_eq!(config(&words("-c /a --config /b")), "/b");
        assert_eq!(data_dir(&words("--data-dir=/d")), "/d");
        assert_eq!(data_dir(&words("--single")), "/var/lib/k0s");
    }
}
