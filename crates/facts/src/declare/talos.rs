//! Talos' machine configuration, as the API server that Talos starts on a control plane.
//!
//! `cluster.apiServer` of the document v1alpha1, and from Talos 1.14 on documents of their own (`KubeAPIServerConfig` and its
//! like). What Talos adds by itself depends on its release, which only the image of the installer names; what the releases
//! that deploy one of Kubernetes do not agree on is a gap (`command`). The files that Talos writes for the server (policy,
//! admission, authorizers, encryption) are brought along, with the places of what they are made of (`files`).
//!
//! Read from siderolabs/talos v0.9.0 to v1.13.0 and 1.14.0-rc.1: internal/app/machined/pkg/controllers/k8s and
//! pkg/machinery/config/types. A patch is a part of a configuration, and leaves open what it does not say.

mod command;
mod files;
pub(super) mod kubelet;

use std::collections::BTreeMap;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, ProblemKind, Site, Version};
use yaml::{Cursor, Document};

use self::command::{NEWEST, OLDEST, RELEASES, Talos};
use super::{
    Source,
    agree::{Distribution, agree},
    command::Program,
    kubeadm::tagged,
    lookup::{find, text_of},
    pod::Environment,
};
use crate::{Hand, Invocation, Mount, Word, onward};

const NAME: &str = "Talos";

/// Documents of one text that are looked at.
const MOST_DOCUMENTS: usize = 64;

/// More arguments than any server has.
const MOST_ARGUMENTS: usize = 512;

/// What `cluster.apiServer` may hold (v1alpha1_types.go, APIServerConfig, v0.9.0 to v1.13.0).
const FIELDS: [&str; 10] = [
    "image",
    "extraArgs",
    "extraVolumes",
    "env",
    "certSANs",
    "disablePodSecurityPolicy",
    "admissionControl",
    "auditPolicy",
    "resources",
    "authorizationConfig",
];

/// What a document v1alpha1 may hold.
const ROOT: [&str; 5] = ["version", "debug", "persist", "machine", "cluster"];

/// The documents of 1.14 that take the place of `cluster.apiServer`.
const SERVER: &str = "KubeAPIServerConfig";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("apiServer") || text.contains("controlplane") || text.contains(SERVER) || text.contains("type: init")
}

/// Whether a text configures a control plane of Talos.
pub(super) fn declares(source: &Source<'_>) -> bool {
    Machine::of(source).is_some()
}

/// The API server of the machine that a text configures.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    Machine::of(source).map(|machine| machine.invocation(evidence)).into_iter().collect()
}

/// The API server of a machine whose configuration somebody else makes, without its secrets; and why it may not be all.
pub(super) fn made(source: &Source<'_>, open: Option<String>, evidence: &[Evidence]) -> Option<Invocation> {
    let mut machine = Machine::of(source)?;
    machine.part = machine.part.or(open);
    let mut invocation = machine.invocation(evidence);
    // Its key is one of the secrets, of which the last file of a path counts.
    let has_key = ["secretboxEncryptionSecret", "aescbcEncryptionSecret"]
        .iter()
        .any(|name| machine.get(&["cluster", name]).is_some());
    if !has_key {
        let reason = "its key is among the secrets of the cluster, which stand elsewhere";
        invocation.carried.push(super::embedded::unread(source, files::ENCRYPTION, reason));
    }
    Some(invocation)
}

/// The documents of one machine.
struct Machine<'a> {
    source: &'a Source<'a>,
    /// The document v1alpha1.
    whole: Option<Cursor<'a>>,
    /// The other documents, which name their kind.
    others: Vec<(&'a str, Cursor<'a>)>,
    /// Why there may be more than the text says.
    part: Option<String>,
    problems: Vec<Problem>,
}

/// Whether a document is v1alpha1: only then has it no kind.
fn is_whole(root: &Cursor<'_>) -> bool {
    let Some(map) = root.mapping() else { return false };
    let known = |name: &str| ROOT.contains(&name) || name.starts_with('$');
    !map.entries.is_empty() && root.entries().all(|entry| known(&entry.name))
}

fn server_of<'a>(root: &Cursor<'a>) -> Option<Cursor<'a>> {
    let server = root.get("cluster")?.get("apiServer").filter(|server| server.mapping().is_some())?;
    server.entries().all(|entry| FIELDS.contains(&&*entry.name) || entry.name.starts_with('$')).then_some(server)
}

impl<'a> Machine<'a> {
    fn of(source: &'a Source<'a>) -> Option<Self> {
        let mut machine = Self { source, whole: None, others: Vec::new(), part: None, problems: Vec::new() };
        for document in source.documents().take(MOST_DOCUMENTS) {
            machine.take(document);
        }
        let kind = machine.text(&["machine", "type"]).map(|(kind, _)| kind);
        let starts = match kind.as_deref() {
            Some("controlplane" | "init") => true,
            // What Talos takes for a worker has no API server (pkg/machinery/config/machine/machine.go).
            Some(_) => return None,
            None => false,
        };
        let speaks = machine.whole.as_ref().and_then(server_of).is_some() || machine.document(SERVER).is_some();
        if !starts && !speaks {
            return None;
        }
        machine.part = (!starts)
            .then(|| "this is a part of the configuration of a machine of Talos, and the rest may say more".to_owned());
        if source.stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
            machine.part = Some("a document of the file cannot be read".to_owned());
        }
        Some(machine)
    }

    fn take(&mut self, document: &'a Document) {
        let root = document.cursor();
        let named = root.get("kind").and_then(|kind| kind.text());
        match named {
            Some(kind) if root.get("apiVersion").and_then(|version| version.text()) == Some("v1alpha1") => {
                self.others.push((kind, root));
            }
            None if self.whole.is_none() && is_whole(&root) => self.whole = Some(root),
            _ => return,
        }
        self.problems.extend(self.source.problems(document));
    }

    fn document(&self, kind: &str) -> Option<&Cursor<'a>> {
        self.others.iter().find(|(name, _)| *name == kind).map(|(_, root)| root)
    }

    /// A value of the document v1alpha1.
    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        find(self.whole.as_ref()?, path)
    }

    fn text(&self, path: &[&str]) -> Option<(String, Location)> {
        self.source.text(self.whole.as_ref()?, path)
    }

    /// The document that configures the server, or the map in the document v1alpha1.
    fn server(&self) -> Option<Cursor<'a>> {
        self.document(SERVER).cloned().or_else(|| self.get(&["cluster", "apiServer"]))
    }

    /// A field of a document of its own, else of the document v1alpha1.
    fn either(&self, (kind, field): (&str, &str), path: &[&str]) -> Option<(String, Location)> {
        let Some(document) = self.document(kind) else { return self.text(path) };
        let found = document.get(field)?;
        let text = found.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, self.source.at(&found)))
    }

    /// The release that the image names, or that comes with the release of Talos.
    fn version(&self) -> Option<(Version, Location)> {
        let image = |found: Cursor<'a>| Some((tagged(found.text()?)?, self.source.at(&found)));
        let own = self.server().and_then(|server| server.get("image")).and_then(image);
        own.or_else(|| {
            // Without an image Talos takes the release that it came with.
            let (talos, at) = self.installer()?;
            let newest = RELEASES.iter().find(|release| release.minor == talos)?.kubernetes.1;
            let says_none = self.server().is_none_or(|server| server.get("image").is_none());
            (says_none && self.part.is_none()).then(|| (Version::of_minor(Minor::new(1, newest)), at))
        })
    }

    /// The release of Talos, by the image that installs it.
    fn installer(&self) -> Option<(Minor, Location)> {
        let (image, at) = self.text(&["machine", "install", "image"])?;
        let tag = image.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
        let version: Version = tag.parse().ok().filter(|_| tag.starts_with('v'))?;
        Some((version.minor, at))
    }

    /// The releases of Talos that the configuration can be for.
    fn releases(&self) -> Vec<&'static Talos> {
        if let Some((named, _)) = self.installer() {
            return RELEASES.iter().filter(|release| release.minor == named).collect();
        }
        let oldest = self.oldest();
        RELEASES.iter().filter(|release| release.minor >= oldest).collect()
    }

    /// The first release that knows all that is written.
    fn oldest(&self) -> Minor {
        let server = |field: &str| self.get(&["cluster", "apiServer", field]);
        let is_list = |entry: yaml::Item<'_>| entry.value.sequence().is_some();
        let lists = server("extraArgs").is_some_and(|arguments| arguments.entries().any(is_list));
        // When a field came is in v1alpha1_types.go of the release named.
        [
            (self.document(SERVER).is_some(), Minor::new(1, 14)),
            (lists, Minor::new(1, 13)),
            (server("authorizationConfig").is_some(), Minor::new(1, 9)),
            (self.get(&["machine", "features", "hostDNS"]).is_some(), Minor::new(1, 7)),
            (self.get(&["machine", "features", "kubePrism"]).is_some(), Minor::new(1, 5)),
            (self.get(&["cluster", "secretboxEncryptionSecret"]).is_some(), Minor::new(1, 3)),
            (server("auditPolicy").is_some(), Minor::new(1, 3)),
            (server("admissionControl").is_some(), Minor::new(1, 0)),
        ]
        .iter()
        .find(|(holds, _)| *holds)
        .map_or(OLDEST, |(_, since)| *since)
    }

    /// Where an argument would be added.
    fn home(&self) -> Site {
        let (start, path): (Option<Cursor<'a>>, &[&str]) = match self.document(SERVER) {
            Some(document) => (Some(document.clone()), &["extraArgs"]),
            None => (self.whole.clone(), &["cluster", "apiServer", "extraArgs"]),
        };
        let Some(start) = start else {
            let at = Location::whole(self.source.evidence.clone(), self.source.plane);
            return Site { at, form: Form::ByHand("write it in `extraArgs` of a document `KubeAPIServerConfig`") };
        };
        let mut there = start.clone();
        for name in path {
            let Some(next) = there.get(name).filter(|next| next.mapping().is_some()) else { break };
            there = next;
        }
        let mut at = self.source.at(&there);
        if self.source.inside.is_none() {
            at.pointer = format!("{}/{}", start.pointer(), path.join("/"));
        }
        Site { at, form: Form::Entries }
    }

    /// Where nothing is written by machine, because Talos takes no argument of that name.
    fn denied(&self) -> Site {
        let at = self.home().at;
        Site { at, form: Form::ByHand("Talos sets it, and takes no argument of that name in `extraArgs`") }
    }

    fn gap(&self, reason: String) -> Gap {
        Gap {
            kind: GapKind::Unread,
            reason,
            wanted: "the configuration of the machine as a whole".to_owned(),
            who_could_answer: "`talosctl get machineconfig -o yaml` on the node".to_owned(),
        }
    }

    fn invocation(&self, evidence: &[Evidence]) -> Invocation {
        let mut problems = self.problems.clone();
        let releases = self.releases();
        let distribution = Distribution { name: NAME, home: self.denied() };
        let mut open_ended = self.part.clone().map(|reason| self.gap(reason));
        if releases.is_empty() {
            open_ended.get_or_insert_with(|| {
                self.gap(format!(
                    "this release of Talos is newer than this build knows, or older: {NEWEST} is the last"
                ))
            });
        }
        let given = self.given();
        let possible = |minor: u16| -> Vec<u16> {
            let fits = |talos: &&&Talos| {
                self.installer().is_some() || (talos.kubernetes.0 <= minor && minor <= talos.kubernetes.1)
            };
            let index = |talos: &&Talos| RELEASES.iter().position(|one| one.minor == talos.minor);
            releases.iter().filter(fits).filter_map(index).filter_map(|index| u16::try_from(index).ok()).collect()
        };
        let mut words = agree(&distribution, command::KUBERNETES, possible, command::like, |talos, minor| {
            RELEASES.get(usize::from(talos)).map_or_else(Vec::new, |talos| self.command(talos, minor, &given))
        });
        problems.extend(self.refused(&releases, &given));
        let own = self.document(SERVER).is_some();
        // What nobody may set stays as Talos sets it, whatever else is said.
        let is_fixed = |word: &Word| {
            let name = word.text.strip_prefix("--").and_then(|text| text.split_once('=')).map_or("", |(name, _)| name);
            let deploys = |talos: &&&Talos| {
                word.releases
                    .is_none_or(|(from, to)| from.minor <= talos.kubernetes.1 && talos.kubernetes.0 <= to.minor)
            };
            matches!(word.hand, Hand::Default(_))
                && releases.iter().filter(deploys).all(|talos| talos.denies(name, own))
        };
        if let Some(gap) = &open_ended {
            for word in words.iter_mut().filter(|word| word.hand != Hand::Written && !is_fixed(word)) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        let name = self.text(&["machine", "network", "hostname"]).map(|(name, _)| name);
        Invocation {
            open_ended,
            list: Some(self.home()),
            version: self.version(),
            releases: onward(18),
            mounts: self.mounts(),
            carried: self.carried(&releases, evidence),
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, name, words)
        }
    }

    /// The arguments that somebody wrote, by name.
    fn given(&self) -> BTreeMap<String, Vec<Word>> {
        let environment = self.environment();
        let word = |name: &str, value: &Cursor<'_>, form: Form| {
            let expanded = environment.expand(value.text().filter(|_| !value.is_null()).unwrap_or_default());
            let gap = expanded.unknown.map(super::pod::unresolved).or_else(|| super::command::unfilled(&expanded.text));
            let site = Site { at: self.source.at(value), form };
            Word { unresolved: gap, ..Word::written(format!("--{name}={}", expanded.text), site) }
        };
        const IN_A_LIST: Form = Form::ByHand("its values stand in a list of `extraArgs`, which is changed by hand");
        let mut given = BTreeMap::new();
        let arguments = self.server().and_then(|server| server.get("extraArgs"));
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST_ARGUMENTS) {
            if entry.name.starts_with('$') {
                continue;
            }
            let words: Vec<Word> = match entry.value.sequence() {
                Some(_) => {
                    entry.value.items().take(MOST_ARGUMENTS).map(|item| word(&entry.name, &item, IN_A_LIST)).collect()
                }
                None if entry.value.scalar().is_some() => vec![word(&entry.name, &entry.value, Form::Entry)],
                None => Vec::new(),
            };
            given.insert(entry.name.into_owned(), words);
        }
        given
    }

    /// The variables of the container: those of `env`, and the address of the pod.
    fn environment(&self) -> Environment {
        let env = self.server().and_then(|server| server.get("env"));
        let written = env.iter().flat_map(|env| env.entries()).take(MOST_ARGUMENTS);
        let pairs = written.map(|entry| (entry.name.into_owned(), entry.value.text().map(str::to_owned)));
        Environment::given(pairs.chain([("POD_IP".to_owned(), None)]).collect::<Vec<_>>())
    }

    /// Arguments for which Talos starts no server at all.
    fn refused(&self, releases: &[&Talos], given: &BTreeMap<String, Vec<Word>>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let own = self.document(SERVER).is_some();
        let mut refuse = |name: &str, message: String, stops: bool, hint: Option<&str>| {
            let at = given.get(name).and_then(|words| words.first()).map(|word| word.site.at.clone());
            problems.push(Problem {
                kind: ProblemKind::Conflict,
                stops,
                message,
                hint: hint.map(str::to_owned),
                location: at,
                setting: Some(name.to_owned()),
            });
        };
        let configured = self.get(&["cluster", "apiServer", "authorizationConfig"]).is_some();
        for name in given.keys() {
            let denying = releases.iter().filter(|talos| talos.denies(name, own)).count();
            if denying > 0 {
                let all = denying == releases.len();
                let when = if all { "Talos" } else { "a later release of Talos" };
                let hint = if own { command::instead(name) } else { None };
                refuse(
                    name,
                    format!("{when} does not take `{name}` in `extraArgs`, and starts no API server"),
                    all,
                    hint,
                );
            }
            if configured && (name == "authorization-mode" || name.starts_with("authorization-webhook-")) {
                let message =
                    format!("Talos takes either `authorizationConfig` or the argument `{name}`, and not both");
                refuse(name, message, true, None);
            }
        }
        problems
    }

    /// What the server sees of the machine.
    fn mounts(&self) -> Vec<Mount> {
        let mut mounts: Vec<Mount> =
            [files::SECRETS, files::CONFIG, files::AUDIT_LOG].into_iter().map(Mount::same).collect();
        let volumes = self.get(&["cluster", "apiServer", "extraVolumes"]);
        for volume in volumes.iter().flat_map(|volumes| volumes.items().take(MOST_ARGUMENTS).collect::<Vec<_>>()) {
            let tidy = |path: String| path.trim_end_matches('/').to_owned();
            if let (Some(container), Some(host)) = (text_of(&volume, "mountPath"), text_of(&volume, "hostPath")) {
                let read_only =
                    volume.get("readonly").and_then(|held| held.text().map(|text| text == "true")).unwrap_or(false);
                mounts.push(Mount { container: tidy(container), host: Some(tidy(host)), read_only });
            }
        }
        mounts
    }

    fn is_on(&self, path: &[&str]) -> Option<Location> {
        self.source.on(self.whole.as_ref()?, path)
    }
}
