//! The settings that k3s and RKE2 take, by the files in which they are written.
//!
//! `config.yaml` comes first, then `config.yaml.d/*.yaml` by name: a key takes the place of the same one before it, and one
//! that ends in `+` adds to it (k3s-io/k3s, pkg/configfilearg/parser.go, readConfigFile; drop-ins since 1.21). Each file is
//! a map of the names that `k3s server --help` shows.

use std::collections::BTreeMap;

use model::{Body, Evidence, Form, Gap, GapKind, Kind, Location, Problem, Site, Version};
use yaml::{Cursor, Limits};

use super::super::{
    Source,
    command::unfilled,
    embedded::{Place, Written},
    lookup::printed,
    unit::Started,
};
use crate::{Hand, Word, golang, redact::parsable};

/// More keys, and more values of one, than anybody writes.
const MOST: usize = 512;

/// Drop-ins that are read.
const MOST_FILES: usize = 64;

/// The arguments of the API server.
pub(super) const ARGUMENTS: &str = "kube-apiserver-arg";

/// A value of a setting, and where it stands.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) at: Location,
    /// How an argument of the API server is written there.
    pub(super) form: Form,
    /// Why the text is not all there is.
    pub(super) unresolved: Option<Gap>,
}

impl Given {
    pub(super) fn word(&self, name: &str, value: &str, releases: Option<(model::Minor, model::Minor)>) -> Word {
        Word {
            unresolved: self.unresolved.clone().or_else(|| unfilled(value)),
            hand: Hand::Written,
            releases,
            ..Word::written(format!("--{name}={value}"), Site { at: self.at.clone(), form: self.form })
        }
    }
}

/// Everything that the files of one server say.
pub(super) struct Settings {
    values: BTreeMap<String, Vec<Given>>,
    /// Where an argument of the API server would be added.
    pub(super) home: Site,
    pub(super) problems: Vec<Problem>,
    /// Why more may be set than could be read.
    pub(super) unread: Option<Gap>,
    /// Why more may be set by what the arguments of a command override.
    pub(super) beneath: Option<Gap>,
    /// The release that whoever starts the server names.
    pub(super) version: Option<(Version, Location)>,
    /// A shell fills in what is read now.
    is_filled_in: bool,
}

/// A file that a script writes, as it stands there.
pub(super) struct Here<'f> {
    pub(super) path: String,
    /// The script, blank but for the file.
    pub(super) text: String,
    /// The script in another text; `None` where it is a part of the definition itself.
    pub(super) script: Option<&'f Written<'f>>,
    /// Whether the shell fills in variables, as it does where the mark of the end is not quoted.
    pub(super) is_filled_in: bool,
}

/// Where the file lies that a server reads by default, and any that it is told to read.
#[derive(Clone, Copy)]
pub(super) enum Lies<'f> {
    /// On the node, below a root where there is one.
    Node,
    /// Among the files that a definition or its scripts write to a machine, which holds no other of them.
    Machine(&'f [Written<'f>], &'f [Here<'f>]),
    /// Among them, or on the machine already.
    MachineOrBefore(&'f [Written<'f>]),
    /// In an image that has none, under no mount.
    Nowhere,
    /// In a volume of a container.
    Mounted,
}

impl Settings {
    fn new(home: Site) -> Self {
        let (values, problems) = (BTreeMap::new(), Vec::new());
        Self { values, home, problems, unread: None, beneath: None, version: None, is_filled_in: false }
    }

    /// Of a file that is written to a machine, with its drop-ins.
    pub(super) fn of_machine(source: &Source<'_>, written: &[Written<'_>], here: &[Here<'_>], base: &str) -> Self {
        let whole = Location::whole(source.evidence.clone(), source.plane);
        let mut settings = Self::new(Site { at: whole, form: Form::Bares });
        settings.take_machine(source, written, here, base);
        settings
    }

    /// Of a file with what lies beside it; `None` where an earlier one of them stands for all.
    pub(super) fn of(source: &Source<'_>, evidence: &[Evidence]) -> Option<Self> {
        let at = Location::whole(source.evidence.clone(), source.plane);
        let mut settings = Self::new(Site { at, form: Form::Bares });
        let files = files(source, evidence);
        if files.iter().find(|file| file.kind == Kind::Workload).is_some_and(|first| first.id != *source.evidence) {
            return None;
        }
        let mut placed = false;
        if files.is_empty() {
            settings.take(source, &mut placed);
        }
        let folder = folder(source);
        let unread = evidence.iter().filter(|piece| Some(piece.id.as_str()) == folder.as_deref());
        for piece in unread {
            if let Body::Unread(gap) = &piece.body {
                settings.unread.get_or_insert_with(|| gap.clone());
            }
        }
        for file in files {
            settings.take_evidence(source, file, &mut placed);
        }
        Some(settings)
    }

    /// Of whatever starts a server: its settings, those of the file that it names or that is read by default, and those
    /// of its environment, which count where neither of both says anything (urfave/cli, EnvVars).
    pub(super) fn of_started(
        source: &Source<'_>,
        evidence: &[Evidence],
        started: &Started,
        program: &str,
        lies: Lies<'_>,
    ) -> Self {
        let prefix = format!("{}_", program.to_ascii_uppercase());
        let variable = |name: &str| started.variables.get(&format!("{prefix}{name}"));
        let at = started
            .words
            .first()
            .map_or_else(|| Location::whole(source.evidence.clone(), source.plane), |word| word.site.at.clone());
        let mut settings = Self {
            problems: started.problems.clone(),
            unread: started.unread.clone(),
            beneath: started.open.clone(),
            version: started.version.clone(),
            ..Self::new(Site { at, form: Form::Script })
        };
        let own = arguments(&started.words);
        let named = own.iter().rfind(|(name, _)| name == "config").map(|(_, given)| given.text.clone());
        let path = match (named, variable("CONFIG_FILE")) {
            (_, Some(Ok((path, _)))) => path.clone(),
            (Some(path), _) => path,
            (None, _) => format!("/etc/rancher/{program}/config.yaml"),
        };
        settings.take_files(source, evidence, &path, lies);
        settings.take_arguments(own);
        for (variable, value) in &started.variables {
            let Some(name) = variable.strip_prefix(&prefix) else { continue };
            let name = match name {
                "URL" => "server".to_owned(),
                "CIS_PROFILE" => "profile".to_owned(),
                name => name.to_ascii_lowercase().replace('_', "-"),
            };
            match value {
                Ok((text, at)) if FROM_ENVIRONMENT.contains(&name.as_str()) && !settings.has(&name) => {
                    let given = Given { text: text.clone(), at: at.clone(), form: Form::Script, unresolved: None };
                    settings.values.insert(name, vec![given]);
                }
                Ok(_) => {}
                Err(gap) => settings.beneath = settings.beneath.take().or_else(|| Some(gap.clone())),
            }
        }
        settings
    }

    /// Those of a command line: they take the place of what files say, or add to lists.
    fn take_arguments(&mut self, own: Vec<(String, Given)>) {
        for (name, given) in own {
            let known = self.values.entry(name.clone()).or_default();
            if !LISTS.contains(&name.as_str()) {
                known.clear();
            }
            known.push(given);
        }
    }

    /// The same of words that somebody hands to the command.
    pub(super) fn take_words(&mut self, words: &[Word]) {
        self.take_arguments(arguments(words));
        // A word that may be any number of words, or none.
        let splits = words.iter().find(|word| word.unresolved.is_some() && !word.text.starts_with('-'));
        if let Some(gap) = splits.and_then(|word| word.unresolved.clone()) {
            self.unread.get_or_insert(gap);
        }
    }

    /// Of a definition of something else that has settings in it.
    pub(super) fn within(home: Site) -> Self {
        Self::new(home)
    }

    /// A setting in place of what is said of it.
    pub(super) fn set(&mut self, name: &str, given: Vec<Given>) {
        self.values.insert(name.to_owned(), given);
    }

    /// A value beside those that a setting has.
    pub(super) fn add(&mut self, name: &str, given: Given) {
        self.values.entry(name.to_owned()).or_default().push(given);
    }

    /// The same texts with something put in; of the keys that `decide`, one that is left open leaves open what follows.
    pub(super) fn fill(&mut self, fill: &dyn Fn(&str) -> String, decide: &[&str]) {
        for (name, all) in &mut self.values {
            for given in all {
                given.text = fill(&given.text);
                if decide.contains(&name.as_str())
                    && let Some(gap) = unfilled(&given.text)
                {
                    self.beneath.get_or_insert(gap);
                }
            }
        }
    }

    /// The files at a path of the node, or why they are not known.
    fn take_files(&mut self, source: &Source<'_>, evidence: &[Evidence], path: &str, lies: Lies<'_>) {
        let not_given = |how: &str| Gap {
            kind: GapKind::Unread,
            reason: format!("`{path}` may set more, and was not given"),
            wanted: path.to_owned(),
            who_could_answer: how.to_owned(),
        };
        let root = match (lies, source.root) {
            (Lies::Nowhere, _) => return,
            (Lies::Machine(written, here), _) => return self.take_machine(source, written, here, path),
            (Lies::MachineOrBefore(written), _) => {
                if !written.iter().any(|file| is_of_base(path, &file.path)) {
                    self.beneath.get_or_insert_with(|| not_given("give the machine's root with --root"));
                }
                return self.take_machine(source, written, &[], path);
            }
            (Lies::Node, Some(root)) => root,
            (Lies::Node, None) => {
                self.beneath.get_or_insert_with(|| not_given("give the node's root with --root"));
                return;
            }
            (Lies::Mounted, _) => {
                self.beneath.get_or_insert_with(|| not_given("give the file that is mounted there by itself"));
                return;
            }
        };
        let base = format!("{}{path}", root.trim_end_matches('/'));
        let mut placed = false;
        for file in of_base(&base, evidence) {
            self.take_evidence(source, file, &mut placed);
        }
    }

    /// A file with its drop-ins; what a script writes is written later than what the definition does.
    fn take_machine(&mut self, source: &Source<'_>, written: &[Written<'_>], here: &[Here<'_>], base: &str) {
        let mut files: BTreeMap<(bool, &str), Result<&Written<'_>, &Here<'_>>> = BTreeMap::new();
        for file in written.iter().filter(|file| is_of_base(base, &file.path)).take(MOST_FILES) {
            files.insert((file.path != base, file.path.as_str()), Ok(file));
        }
        for file in here.iter().filter(|file| is_of_base(base, &file.path)).take(MOST_FILES) {
            files.insert((file.path != base, file.path.as_str()), Err(file));
        }
        let mut placed = false;
        for file in files.into_values() {
            let (text, inside) = match file {
                Ok(file) => match &file.text {
                    Ok(text) => (&**text, Some(Place::File(file, written))),
                    Err(_) => {
                        self.unread = self.unread.take().or_else(|| file.gap());
                        continue;
                    }
                },
                Err(file) => (file.text.as_str(), file.script.map(|script| Place::File(script, written))),
            };
            let stream = yaml::parse(text, &Limits::default());
            let (evidence, plane, root) = (source.evidence, source.plane, source.root);
            let inner = Source { evidence, plane, text, root, stream: &stream, inside };
            self.is_filled_in = file.is_err_and(|file| file.is_filled_in);
            self.take(&inner, &mut placed);
            self.is_filled_in = false;
        }
    }

    fn take_evidence(&mut self, source: &Source<'_>, file: &Evidence, placed: &mut bool) {
        if let Body::Unread(gap) = &file.body {
            self.unread.get_or_insert_with(|| gap.clone());
        }
        let Some(text) = file.text() else { return };
        let parsed = parsable(file, text);
        let stream = yaml::parse(&parsed, &Limits::default());
        let inner = Source {
            evidence: &file.id,
            plane: file.plane,
            text: &parsed,
            root: source.root,
            stream: &stream,
            inside: None,
        };
        self.take(&inner, placed);
    }

    /// The keys of one file. Several documents are one more than k3s reads.
    fn take(&mut self, source: &Source<'_>, placed: &mut bool) {
        if source.stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
            self.unread.get_or_insert_with(|| Gap {
                kind: GapKind::Unread,
                reason: format!("`{}` cannot be read as YAML", source.evidence),
                wanted: source.evidence.to_string(),
                who_could_answer: "whoever can mend the file".to_owned(),
            });
        }
        let Some(document) = source.documents().next() else { return };
        self.problems.extend(source.problems(document));
        let root = document.cursor();
        if !*placed && root.mapping().is_some() {
            self.home.at = Location { pointer: format!("/{ARGUMENTS}"), ..source.at(&root) };
            *placed = true;
        }
        self.take_map(source, &root);
    }

    /// The keys of a map of settings.
    pub(super) fn take_map(&mut self, source: &Source<'_>, root: &Cursor<'_>) {
        for entry in root.entries().take(MOST) {
            let (name, adds) = match entry.name.strip_suffix('+') {
                Some(name) => (name, true),
                None => (entry.name.as_ref(), false),
            };
            let name = long(name);
            if name == ARGUMENTS {
                self.home.at = source.at(&entry.value);
            }
            let mut given = values(source, &entry.value);
            for one in given.iter_mut().filter(|one| self.is_filled_in && one.text.contains(['$', '`'])) {
                one.unresolved = Some(Gap {
                    kind: GapKind::Unresolved,
                    reason: format!("`{}` is filled in when the script runs", one.text),
                    wanted: format!("the value of `{name}`"),
                    who_could_answer: "give the files of the machine, with --root".to_owned(),
                });
            }
            let known = self.values.entry(name.to_owned()).or_default();
            if !adds {
                known.clear();
            }
            known.extend(given);
        }
    }

    /// The value that counts of a setting with one.
    pub(super) fn last(&self, name: &str) -> Option<&Given> {
        self.values.get(name)?.last().filter(|given| !given.text.is_empty())
    }

    pub(super) fn all(&self, name: &str) -> &[Given] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where a switch is on.
    pub(super) fn on(&self, name: &str) -> Option<&Given> {
        self.last(name).filter(|given| golang::parse_bool(&given.text) == Some(true))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether a value says something.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.values.values().flatten().any(|given| given.text.contains(text))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// The values that a setting is written with: those of a list, or the one there is, each as Go prints it (convert.ToString of
/// rancher/wrangler).
pub(super) fn values(source: &Source<'_>, value: &Cursor<'_>) -> Vec<Given> {
    let one =
        |value: &Cursor<'_>| Given { text: printed(value), at: source.at(value), form: Form::Bare, unresolved: None };
    if value.sequence().is_some() {
        return value.items().take(MOST).map(|item| one(&item)).collect();
    }
    vec![one(value)]
}

/// The file that drop-ins are beside, by the name of one of them.
pub(super) fn base(id: &str) -> &str {
    let folder = id.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.strip_suffix(".d").filter(|base| is_yaml(base)).unwrap_or(id)
}

fn is_yaml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// The files that are read together, in the order in which they are.
fn files<'e>(source: &Source<'_>, evidence: &'e [Evidence]) -> Vec<&'e Evidence> {
    let base = base(source.evidence.as_str());
    if !is_yaml(base) || source.inside.is_some() {
        return evidence.iter().filter(|piece| piece.id == *source.evidence).collect();
    }
    of_base(base, evidence)
}

/// A file of settings with its drop-ins.
fn of_base<'e>(base: &str, evidence: &'e [Evidence]) -> Vec<&'e Evidence> {
    let is_one = |piece: &&Evidence| {
        let id = piece.id.as_str();
        let drop_in = id.strip_prefix(base).and_then(|rest| rest.strip_prefix(".d/"));
        id == base || drop_in.is_some_and(|name| !name.contains('/') && is_yaml(name))
    };
    let mut found: Vec<&Evidence> = evidence.iter().filter(is_one).collect();
    found.sort_by_key(|piece| (piece.id.as_str() != base, piece.id.as_str()));
    found.truncate(MOST_FILES);
    found
}

/// Whether a path is that of a file of settings, or of a drop-in of it.
fn is_of_base(base: &str, path: &str) -> bool {
    let drop_in = path.strip_prefix(base).and_then(|rest| rest.strip_prefix(".d/"));
    path == base || drop_in.is_some_and(|name| !name.contains('/') && is_yaml(name))
}

/// A setting by its letter, which files may use as well (pkg/configfilearg/parser.go puts one dash before one letter).
fn long(name: &str) -> &str {
    match name {
        "c" => "config",
        "d" => "data-dir",
        "o" => "write-kubeconfig",
        "s" => "server",
        "t" => "token",
        name => name,
    }
}

/// Settings that a variable may give (EnvVars of pkg/cli/cmds/server.go of k3s, and of pkg/cli/cmds/root.go of RKE2).
const FROM_ENVIRONMENT: [&str; 16] = [
    "apiserver-bind-address",
    "apiserver-port",
    "audit-policy-file",
    "cloud-provider-config",
    "cloud-provider-name",
    "cluster-init",
    "data-dir",
    "datastore-cafile",
    "datastore-certfile",
    "datastore-endpoint",
    "datastore-keyfile",
    "kube-apiserver-extra-mount",
    "kube-apiserver-image",
    "pod-security-admission-config-file",
    "profile",
    "server",
];

/// Settings that may be given more than once; those of a command line come behind those of a file.
const LISTS: [&str; 10] = [
    "cluster-cidr",
    "cluster-dns",
    "disable",
    "kube-apiserver-arg",
    "kube-apiserver-extra-env",
    "kube-apiserver-extra-mount",
    "kubelet-arg",
    "node-external-ip",
    "node-ip",
    "service-cidr",
];

/// Switches, whose value is never the next word (Go's flag package).
const SWITCHES: [&str; 26] = [
    "alsologtostderr",
    "cluster-init",
    "cluster-reset",
    "debug",
    "docker",
    "embedded-registry",
    "etcd-expose-metrics",
    "etcd-s3",
    "etcd-s3-insecure",
    "etcd-s3-skip-ssl-verify",
    "etcd-snapshot-compress",
    "flannel-external-ip",
    "flannel-ipv6-masq",
    "kine-tls",
    "no-flannel",
    "node-name-from-cloud-provider-metadata",
    "nonroot-devices",
    "prefer-bundled-bin",
    "prime",
    "protect-kernel-defaults",
    "rootless",
    "secrets-encryption",
    "selinux",
    "supervisor-metrics",
    "tls-san-security",
    "with-node-id",
];

/// Whether a setting is a switch.
pub(super) fn is_switch(name: &str) -> bool {
    SWITCHES.contains(&name) || ["disable-", "enable-", "etcd-disable-"].iter().any(|begin| name.starts_with(begin))
}

/// The settings of a command line: `--name=value`, `--name value`, `--switch`, and the letters of a few.
fn arguments(words: &[Word]) -> Vec<(String, Given)> {
    let mut found = Vec::new();
    let mut words = words.iter().take(MOST).peekable();
    while let Some(word) = words.next() {
        let Some(text) = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-')) else { continue };
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let name = long(name);
        let given = |text: &str, word: &Word| Given {
            text: text.to_owned(),
            at: word.site.at.clone(),
            form: Form::Script,
            unresolved: word.unresolved.clone(),
        };
        let given = match value {
            Some(value) => given(value, word),
            None if is_switch(name) => given("true", word),
            None => match words.next() {
                Some(next) => given(&next.text, next),
                None => continue,
            },
        };
        found.push((name.to_owned(), given));
    }
    found
}

/// Folders in which every YAML file adds to what a file of settings says.
pub(super) fn folder(source: &Source<'_>) -> Option<String> {
    let id = source.evidence.as_str();
    (is_yaml(id) && base(id) == id && source.inside.is_none()).then(|| format!("{id}.d"))
}
