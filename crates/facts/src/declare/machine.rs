//! What a new machine is told to make of itself: cloud-init's user data, Ignition, and the Butane that becomes Ignition;
//! and ConfigMaps that hold files.
//!
//! Such a text has files and units written. Those that declare a component are read as if they lay on the machine, with the
//! others beside them: drop-ins, environment files, and whatever a flag names. Nothing in it is run, and a command that
//! reaches for one of the files leaves open what becomes of it.
//!
//! The keys are those of cloudinit/config/cc_write_files.py, of coreos-cloudinit (config/config.go, `coreos.units`), of
//! Ignition's specifications 2.0 to 3.5 (config/v*/types/schema.go) and of Butane (config/*/schema.go). Start at
//! [`invocations`].

mod playbook;
mod script;

use std::{borrow::Cow, collections::BTreeMap};

use model::{Evidence, Gap, GapKind, Problem, ProblemKind};
use yaml::{Cursor, Limits, Stream};

pub(crate) use self::script::{bodies, has_documents, is_page};
use super::{
    Source,
    command::{Program, base},
    embedded::{DATA_URL, PACKED_URL, Place, Written},
    k0s, k3s, kind, kubeadm,
    lookup::text_of,
    pod, unit,
};
use crate::Invocation;

/// More files than any machine is given.
const MOST_FILES: usize = 1024;

/// More of them than anybody starts on one machine.
const MOST_DECLARING: usize = 16;

/// How much text is copied for the files that flags may name: each is as long as the text around it.
const MOST_BYTES: usize = 16 << 20;

/// Where systemd looks for what an administrator writes.
const UNITS: &str = "/etc/systemd/system";

/// Names of files that declare the API server whatever the folder, for those that cannot be looked into.
const STEMS: [&str; 2] = ["kube-apiserver", "apiserver"];

/// Whether a text has a machine declare a component.
pub(super) fn declares(source: &Source<'_>) -> bool {
    !invocations(source, &[]).is_empty()
}

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    ["write_files", "systemd", "coreos", "storage", "ConfigMap"].iter().any(|word| text.contains(word))
        || ((text.contains("runcmd") || is_script(text.text()) || is_multipart(text.text()))
            && k3s::speaks_of_install(text))
        || (text.contains("dest:") && text.contains("apiserver"))
        || script::speaks(text)
}

/// Every API server that a text has a machine start.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    // User data may be a script alone.
    if is_script(source.text) {
        return script::invocations(source, evidence);
    }
    let parts = parts(source.text);
    let of_kind = |kind: &'static str| {
        let is_one = move |part: &&Part| part.headings.contains(kind) && !part.is_encoded();
        parts.iter().filter(is_one).take(MOST_DECLARING)
    };
    let own = |part: &Part| blank_but(source.text, part.body.clone());
    let scripts: Vec<k3s::Script<'_>> =
        of_kind("text/x-shellscript").map(|part| k3s::Script::Own(Cow::Owned(own(part)))).collect();
    let mut found = Vec::new();
    for part in of_kind("text/cloud-config") {
        let text = own(part);
        let stream = yaml::parse(&text, &Limits::default());
        let part = Source {
            evidence: source.evidence,
            plane: source.plane,
            text: &text,
            root: source.root,
            stream: &stream,
            inside: None,
        };
        found.extend(documents(&part, &scripts, evidence));
    }
    if found.is_empty() && !is_multipart(source.text) {
        found.extend(documents(source, &[], evidence));
    } else if found.is_empty() {
        found.extend(scripts_alone(source, &scripts, evidence));
    }
    if found.is_empty() && script::speaks(source.text) {
        found.extend(script::invocations(source, evidence));
    }
    found
}

/// Whether a text is a script for a shell: `#!/bin/sh -e`, `#!/usr/bin/env bash`.
fn is_script(text: &str) -> bool {
    let first = text.strip_prefix("#!").and_then(|rest| rest.lines().next()).unwrap_or_default();
    let mut words = first.split_whitespace().filter(|word| !word.starts_with('-')).map(base);
    words.find(|word| *word != "env").is_some_and(|program| program.ends_with("sh"))
}

/// What scripts do on a machine that has nothing written.
fn scripts_alone(source: &Source<'_>, scripts: &[k3s::Script<'_>], evidence: &[Evidence]) -> Vec<Invocation> {
    k3s::of_machine(source, &[], scripts, &[], evidence)
}

/// The documents of a text; the scripts run beside what each of them says.
fn documents(source: &Source<'_>, scripts: &[k3s::Script<'_>], evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let problems = source.problems(document);
        let root = document.cursor();
        let objects = match root.get("items").filter(|items| items.sequence().is_some()) {
            Some(items) => items.items().take(MOST_FILES).collect(),
            None => vec![root],
        };
        for object in objects {
            let machine = Machine::of(source, &object);
            if (machine.files.is_empty() && machine.scripts.is_empty()) || found.len() >= MOST_DECLARING {
                continue;
            }
            for mut invocation in machine.invocations(source, scripts, evidence) {
                invocation.problems.extend(problems.iter().cloned());
                found.push(invocation);
            }
        }
    }
    found
}

/// Whether a text is several in one, each under a heading of its own (RFC 2046), as cloud-init takes them.
pub(crate) fn is_multipart(text: &str) -> bool {
    headings(text).is_some_and(|(headings, _)| headings.to_ascii_lowercase().contains("content-type: multipart/"))
}

/// The lines before the first empty one, and where what follows begins.
fn headings(text: &str) -> Option<(&str, usize)> {
    let first = text.lines().next()?;
    let named = ["content-type:", "mime-version:", "content-"].iter();
    let first = first.trim_start_matches('\u{feff}').to_ascii_lowercase();
    named.clone().any(|name| first.starts_with(name)).then_some(())?;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            return Some((text.get(..at)?, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// One part of a text in several.
pub(crate) struct Part {
    /// Its headings, in lower case.
    headings: String,
    /// What stands below them.
    pub(crate) body: std::ops::Range<usize>,
}

impl Part {
    /// Whether it is written in a code, so that its letters are not those of its text.
    pub(crate) fn is_encoded(&self) -> bool {
        ["base64", "quoted-printable"].iter().any(|code| self.headings.contains(code))
    }
}

/// Parts within parts.
const DEEPEST: usize = 3;

/// The parts of a text in several, those of their parts included; none of any other text.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    collect_parts(text, 0..text.len(), DEEPEST, &mut found);
    found
}

fn collect_parts(text: &str, whole: std::ops::Range<usize>, depth: usize, found: &mut Vec<Part>) {
    let own = text.get(whole.clone()).unwrap_or_default();
    let Some((first, from)) = headings(own).filter(|_| is_multipart(own)) else { return };
    // Names of parameters are taken in any case, their values as they are (RFC 2045, section 5.1).
    let Some(at) = first.to_ascii_lowercase().find("boundary=") else { return };
    let boundary = first.get(at + "boundary=".len()..).unwrap_or_default();
    let boundary = boundary.trim_start_matches('"').split(['"', ';', '\r', '\n']).next().unwrap_or_default().trim();
    if boundary.is_empty() {
        return;
    }
    let mut take = |part: std::ops::Range<usize>| {
        let Some((headings, from)) = text.get(part.clone()).and_then(headings) else { return };
        if depth > 0 && is_multipart(text.get(part.clone()).unwrap_or_default()) {
            collect_parts(text, part, depth - 1, found);
        } else if found.len() < MOST_FILES {
            found.push(Part { headings: headings.to_ascii_lowercase(), body: part.start + from..part.end });
        }
    };
    let (mut at, mut start) = (whole.start + from, None);
    for line in own.get(from..).unwrap_or_default().split_inclusive('\n') {
        let end = line.trim_end().strip_prefix("--").and_then(|rest| rest.strip_prefix(boundary));
        if end.is_some_and(|rest| rest.is_empty() || rest == "--") {
            if let Some(start) = start {
                take(start..at);
            }
            start = Some(at + line.len());
            if end == Some("--") {
                return;
            }
        }
        at += line.len();
    }
    // A text that was cut off still has a last part.
    if let Some(start) = start {
        take(start..at);
    }
}

/// A text of the same length that holds a part of this one and nothing else.
pub(crate) fn blank_but(text: &str, part: std::ops::Range<usize>) -> String {
    let blank = |text: &str| -> String {
        text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }).collect()
    };
    let piece = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    [&blank(piece(0..part.start)), piece(part.clone()), &blank(piece(part.end..text.len()))].concat()
}

/// What one document has written to a machine.
struct Machine<'a> {
    /// The last of one path counts, and is the only one here.
    files: Vec<Written<'a>>,
    /// Why something else may have been written.
    open: Option<String>,
    /// What is run on it, in words.
    commands: Vec<String>,
    /// The same, where it is written as a script.
    scripts: Vec<k3s::Script<'a>>,
}

impl<'a> Machine<'a> {
    fn of(source: &'a Source<'a>, root: &Cursor<'a>) -> Self {
        let mut machine = Self { files: Vec::new(), open: None, commands: Vec::new(), scripts: Vec::new() };
        // OpenShift's machine configuration operator hands Ignition on in an object of its own.
        let is_machine_config = root.get("kind").and_then(|kind| kind.text()) == Some("MachineConfig");
        let config = if is_machine_config { root.get("spec").and_then(|spec| spec.get("config")) } else { None };
        let root = config.as_ref().unwrap_or(root);
        for (key, text) in super::config_map(root) {
            machine.files.push(Written::new(source, key, text, ""));
        }
        let items = |parent: Option<Cursor<'a>>| -> Vec<Cursor<'a>> {
            parent.into_iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect()
        };
        for entry in items(root.get("write_files")) {
            machine.files.extend(Written::entry(source, &entry));
        }
        playbook::tasks(root, &mut |path, content| {
            machine.files.push(Written::new(source, path, content, ""));
        });
        let storage = root.get("storage");
        for entry in items(storage.as_ref().and_then(|storage| storage.get("files"))) {
            machine.files.extend(stored(source, &entry));
        }
        for (holder, content) in [("coreos", "content"), ("systemd", "contents")] {
            for entry in items(root.get(holder).and_then(|holder| holder.get("units"))) {
                machine.unit(source, &entry, content);
            }
        }
        // Of two files of one path the last one is written last; what is added to another is not known.
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        for (index, file) in machine.files.iter().enumerate() {
            last.insert(file.path.clone(), index);
        }
        let mut index = 0;
        machine.files.retain(|file| {
            index += 1;
            last.get(&file.path) == Some(&(index - 1))
        });
        machine.files.truncate(MOST_FILES);
        for list in ["bootcmd", "runcmd"] {
            for command in items(root.get(list)) {
                // `[sh, -c, SCRIPT]` is a script as well; the words of any other list are no shell's.
                let script = if command.scalar().is_some() { Some(command.clone()) } else { shell_script(&command) };
                machine
                    .scripts
                    .extend(script.map(|script| k3s::Script::Written(Written::new(source, String::new(), script, ""))));
                let words: Vec<&str> = match command.text() {
                    Some(text) => vec![text],
                    None => command.scalar().map_or_else(Vec::new, |_| Vec::new()),
                };
                let listed: Vec<String> = command.items().filter_map(|word| word.text().map(str::to_owned)).collect();
                machine.commands.push(if words.is_empty() { listed.join(" ") } else { words.concat() });
            }
        }
        let config = root.get("ignition").and_then(|ignition| ignition.get("config"));
        let others = ["merge", "append", "replace"].iter().filter_map(|key| config.as_ref()?.get(key));
        if others.into_iter().any(|other| !other.is_null() && (other.mapping().is_some() || other.items().len() > 0)) {
            machine.open = Some("another configuration is merged into this one".to_owned());
        } else if storage.is_some_and(|storage| storage.get("trees").is_some()) {
            machine.open = Some("folders that are not in the text are written beside it".to_owned());
        }
        machine
    }

    /// A unit with its drop-ins.
    fn unit(&mut self, source: &'a Source<'a>, entry: &Cursor<'a>, key: &str) {
        let Some(name) = text_of(entry, "name").filter(|name| !name.contains('/')) else { return };
        // A masked unit is a link to nowhere.
        if entry.get("mask").is_some_and(|mask| mask.is_true()) {
            return;
        }
        let one = |entry: &Cursor<'a>, path: String| match entry.get(key).filter(|content| !content.is_null()) {
            Some(content) => Some(Written::new(source, path, content, "")),
            None => entry.get("contents_local").map(|_| Written::unread(path, "its content is not here")),
        };
        self.files.extend(one(entry, format!("{UNITS}/{name}")));
        let drop_ins = ["drop-ins", "drop_ins", "dropins"].iter().find_map(|key| entry.get(key));
        for drop_in in drop_ins.into_iter().flat_map(|list| list.items().collect::<Vec<_>>()) {
            if let Some(own) = text_of(&drop_in, "name").filter(|own| !own.contains('/')) {
                self.files.extend(one(&drop_in, format!("{UNITS}/{name}.d/{own}")));
            }
        }
    }

    fn invocations(self, source: &Source<'_>, beside: &[k3s::Script<'_>], evidence: &[Evidence]) -> Vec<Invocation> {
        let files: &[Written<'_>] = &self.files;
        let is_written = |name: &str| files.iter().any(|file| file.path == format!("{UNITS}/{name}"));
        let mut found: Vec<(Option<String>, Invocation)> = Vec::new();
        let mut declaring = 0;
        for file in files {
            // It is read with its unit.
            if unit::drop_in_of(&file.path).is_some_and(is_written) {
                continue;
            }
            let Ok(text) = &file.text else {
                found.extend(hidden(source, file).map(|invocation| (Some(file.path.clone()), invocation)));
                continue;
            };
            let may_declare = ["apiserver", "kubeadm.k8s.io/", "k0s.k0sproject.io/", "kind.x-k8s.io/", "ExecStart"]
                .iter()
                .any(|word| text.contains(word));
            if !may_declare || declaring >= MOST_DECLARING {
                continue;
            }
            let stream = yaml::parse(text, &Limits::default());
            let here = read(source, file, files, &stream, evidence);
            declaring += usize::from(!here.is_empty());
            found.extend(here.into_iter().map(|invocation| (Some(file.path.clone()), invocation)));
        }
        // A unit tells the whole of what it starts.
        if found.is_empty() {
            let servers = k3s::of_machine(source, files, &self.scripts, beside, evidence);
            found.extend(servers.into_iter().map(|invocation| (None, invocation)));
        }
        if found.is_empty() {
            return Vec::new();
        }
        let mut budget = MOST_BYTES;
        let carried: Vec<_> = files.iter().map(|file| file.carried(source, evidence, &mut budget)).collect();
        for (path, invocation) in &mut found {
            invocation.carried.extend(carried.iter().cloned());
            // Whose settings a script reads, its own reader has seen to.
            let path = path.as_deref().unwrap_or_default();
            let touched = !path.is_empty() && self.commands.iter().any(|command| touches(command, path));
            let changed = touched.then(|| "a command that runs on the machine reaches for its file".to_owned());
            let Some(reason) = self.open.clone().or(changed) else { continue };
            let gap = Gap {
                kind: GapKind::Unread,
                reason,
                wanted: if path.is_empty() { "the machine".to_owned() } else { path.to_owned() },
                who_could_answer: "give the files of the machine, with --root".to_owned(),
            };
            for word in &mut invocation.words {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
            invocation.open_ended.get_or_insert(gap);
        }
        found.into_iter().map(|(_, invocation)| invocation).collect()
    }
}

/// A file of Ignition or Butane.
fn stored<'a>(source: &'a Source<'a>, entry: &Cursor<'a>) -> Option<Written<'a>> {
    let path = text_of(entry, "path")?;
    let is_added = entry.get("append").is_some_and(|append| append.is_true() || append.items().next().is_some());
    let contents = entry.get("contents");
    let field = |name: &str| contents.as_ref().and_then(|contents| contents.get(name)).filter(|field| !field.is_null());
    let packed = field("compression").and_then(|code| code.text().map(str::to_owned)).filter(|code| !code.is_empty());
    let written = match (field("inline"), field("source")) {
        (Some(inline), _) => Written::new(source, path, inline, ""),
        (None, Some(url)) if packed.as_deref() == Some("gzip") => Written::new(source, path, url, PACKED_URL),
        (None, Some(url)) => Written::new(source, path, url, DATA_URL),
        (None, None) if field("local").is_some() || field("remote").is_some() => {
            Written::unread(path, "its content is not here")
        }
        // Without contents the file that is there stays.
        (None, None) => Written::unread(path, "its content is not here"),
    };
    Some(match packed {
        _ if is_added => written.but("it is added to what is there"),
        // Butane packs an inline file itself, and says so in what it makes (base/v0_5/translate.go).
        Some(code) if code != "gzip" => written.but("it is compressed"),
        _ => written,
    })
}

/// What one file declares.
fn read(
    source: &Source<'_>,
    file: &Written<'_>,
    beside: &[Written<'_>],
    stream: &Stream,
    evidence: &[Evidence],
) -> Vec<Invocation> {
    let Ok(text) = &file.text else { return Vec::new() };
    let inner = Source {
        evidence: source.evidence,
        plane: source.plane,
        text,
        root: source.root,
        stream,
        inside: Some(Place::File(file, beside)),
    };
    if pod::declares(&inner) {
        pod::invocations(&inner, evidence)
    } else if unit::declares(&inner) {
        unit::invocations(&inner, evidence)
    } else if kubeadm::declares(&inner) {
        kubeadm::invocations(&inner, evidence)
    } else if k3s::is_unit(&inner) {
        k3s::invocations(&inner, evidence)
    } else if k0s::declares(&inner) {
        k0s::invocations(&inner, evidence)
    } else if kind::declares(&inner) {
        kind::invocations(&inner, evidence)
    } else {
        Vec::new()
    }
}

/// A server whose file is there and cannot be looked into: all that is known is that there is one.
fn hidden(source: &Source<'_>, file: &Written<'_>) -> Option<Invocation> {
    let name = file.path.rsplit('/').next()?;
    let (stem, kind) = name.rsplit_once('.')?;
    let is_manifest = file.path.contains("/manifests/") && matches!(kind, "yaml" | "yml" | "json" | "manifest");
    let is_unit = kind == "service" && file.path.contains("/systemd/system/");
    if !STEMS.contains(&stem) || !(is_manifest || is_unit) {
        return None;
    }
    let gap = file.gap()?;
    let location = file.inside.as_ref().map(|inside| inside.location(yaml::Span { start: 0, end: 0 }));
    Some(Invocation {
        contained: is_manifest,
        problems: vec![Problem {
            kind: ProblemKind::Unreadable,
            stops: false,
            message: gap.reason.clone(),
            hint: Some("give the file itself, or the machine's root with --root".to_owned()),
            location,
            setting: None,
        }],
        open_ended: Some(gap),
        ..source.process(Program::ApiServer, Some(stem.to_owned()), Vec::new())
    })
}

/// The script in a list of words that calls a shell with one.
fn shell_script<'a>(command: &Cursor<'a>) -> Option<Cursor<'a>> {
    let words: Vec<Cursor<'a>> = command.items().take(8).collect();
    let is_shell = words.first()?.text().is_some_and(|word| ["sh", "bash", "ash", "dash"].contains(&base(word)));
    let flag = words.iter().position(|word| {
        word.text().is_some_and(|text| text.starts_with('-') && !text.starts_with("--") && text.contains('c'))
    })?;
    words.get(flag + 1).filter(|_| is_shell).cloned()
}

/// Whether a command may change a file, as far as its words say.
fn touches(command: &str, path: &str) -> bool {
    const WRITERS: [&str; 16] = [
        "cat", "cp", "curl", "dd", "envsubst", "install", "ln", "mv", "patch", "perl", "python", "rm", "sed", "tee",
        "wget", "yq",
    ];
    let named = command.contains(path) || command.contains("/etc/kubernetes/manifests");
    let mut words = command.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '/'));
    named && (command.contains('>') || words.any(|word| WRITERS.contains(&word)))
}
