//! Servers of k3s and RKE2 that a machine installs when it first starts: files of settings that a definition has written,
//! and scripts that call the install script of either, or the program itself.
//!
//! What the install script makes of its variables and words is in k3s-io/k3s, install.sh (`setup_env`: no word, or one that
//! is an option, means a server unless `K3S_URL` is set), and in rancher/rke2, install.sh, whose `INSTALL_RKE2_TYPE` is a
//! server by default. Nothing is run: control flow is not followed, and a second server that a script may start instead of
//! the first leaves the whole open. Start at [`of_machine`].

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use model::{Evidence, Form, Gap, GapKind, Location, Site, Version};
use yaml::Limits;

use super::{
    Product,
    here::{changes, written_in},
    invocation, is_server,
    settings::{Lies, Settings},
};
use crate::{
    Invocation, Word,
    declare::{
        Source,
        command::{base, unfilled},
        embedded::Written,
        shell::{self, ShellWord},
        unit::Started,
    },
};

/// More commands than any script of a machine has.
const MOST: usize = 4096;

/// Variables that are handed on to commands.
const MOST_VARIABLES: usize = 256;

/// Programs that start the one behind them.
const BEFORE: [&str; 6] = ["doas", "env", "exec", "nohup", "sudo", "time"];

const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// What a machine runs when it first starts.
pub(in crate::declare) enum Script<'a> {
    /// The text of the definition, or a part of it at its own place.
    Own(Cow<'a, str>),
    /// A text in it.
    Written(Written<'a>),
}

impl Script<'_> {
    pub(in crate::declare) fn text(&self) -> &str {
        match self {
            Self::Own(text) => text,
            Self::Written(file) => file.text.as_deref().unwrap_or_default(),
        }
    }
}

/// Whether a text may call one of the install scripts, or a server itself.
pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    ["get.k3s.io", "get.rke2.io", "INSTALL_K3S_", "INSTALL_RKE2_", "k3s server", "rke2 server", "rke2-server"]
        .iter()
        .any(|word| text.contains(word))
}

/// The servers that a machine starts with these files and scripts.
pub(in crate::declare) fn of_machine(
    source: &Source<'_>,
    files: &[Written<'_>],
    scripts: &[Script<'_>],
    more: &[Script<'_>],
    evidence: &[Evidence],
) -> Vec<Invocation> {
    let mut seen = Seen::default();
    let is_script = |file: &&Written<'_>| file.text.as_deref().is_ok_and(|text| text.starts_with("#!"));
    for script in files.iter().filter(is_script) {
        seen.read(script.text.as_deref().unwrap_or_default(), &|range| at(source, script, range));
    }
    for script in scripts.iter().chain(more) {
        seen.read(script.text(), &|range| match script {
            Script::Own(_) => source.location(span(range), String::new()),
            Script::Written(file) => at(source, file, range),
        });
    }
    let mut here = Vec::new();
    for script in files.iter().filter(is_script) {
        here.extend(written_in(script.text.as_deref().unwrap_or_default(), Some(script)));
    }
    for script in scripts.iter().chain(more) {
        here.extend(match script {
            Script::Own(text) => written_in(text, None),
            Script::Written(file) => written_in(script.text(), Some(file)),
        });
    }
    let mut found = Vec::new();
    for product in [Product::K3s, Product::Rke2] {
        let path = format!("/etc/rancher/{}/config.yaml", product.program());
        let mut settings = match seen.server(product) {
            Role::Server(started) => {
                Settings::of_started(source, evidence, &started, product.program(), Lies::Machine(files, &here))
            }
            Role::Agent => continue,
            Role::Unsaid => {
                let says = |name: &str, text: &str| is_of(&path, name) && speaks_of_server(text);
                let is_one = files.iter().any(|file| file.text.as_deref().is_ok_and(|text| says(&file.path, text)))
                    || here.iter().any(|file| says(&file.path, &file.text));
                if !is_one {
                    continue;
                }
                Settings::of_machine(source, files, &here, &path)
            }
        };
        let is_changed =
            files.iter().filter(is_script).any(|file| changes(file.text.as_deref().unwrap_or_default(), &path))
                || scripts.iter().chain(more).any(|script| changes(script.text(), &path));
        if is_changed {
            settings.unread.get_or_insert_with(|| Gap {
                kind: GapKind::Unread,
                reason: format!("a command that runs on the machine writes to `{path}`"),
                wanted: path.clone(),
                who_could_answer: "give the files of the machine, with --root".to_owned(),
            });
        }
        found.extend(invocation(source, evidence, settings, product));
    }
    found
}

fn span(range: Range<usize>) -> yaml::Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    yaml::Span { start: offset(range.start), end: offset(range.end) }
}

fn at(source: &Source<'_>, file: &Written<'_>, range: Range<usize>) -> Location {
    let whole = || Location::whole(source.evidence.clone(), source.plane);
    file.inside.as_ref().map_or_else(whole, |inside| inside.location(span(range)))
}

/// Whether a file is the one of settings, or a drop-in of it.
fn is_of(settings: &str, path: &str) -> bool {
    path.strip_prefix(settings).is_some_and(|rest| rest.is_empty() || rest.starts_with(".d/"))
}

fn speaks_of_server(text: &str) -> bool {
    yaml::parse(text, &Limits::default()).documents.first().is_some_and(|document| is_server(&document.cursor()))
}

/// What the scripts of a machine say of servers.
#[derive(Default)]
struct Seen {
    /// Variables that commands behind hand on.
    exported: BTreeMap<String, Held>,
    /// Variables that are not handed on yet.
    assigned: BTreeMap<String, Held>,
    servers: Vec<(Product, Started)>,
    agents: Vec<Product>,
    /// What is switched on, of the two services that RKE2's install script leaves.
    is_server_enabled: bool,
    is_agent_enabled: bool,
}

/// The value of a variable of the shell.
#[derive(Clone)]
struct Held {
    text: String,
    at: Location,
    unknown: Option<String>,
}

enum Role {
    Server(Box<Started>),
    Agent,
    Unsaid,
}

impl Seen {
    fn read(&mut self, script: &str, locate: &dyn Fn(Range<usize>) -> Location) {
        if !speaks(script) && !script.contains("K3S_") && !script.contains("rke2-agent") {
            return;
        }
        let held = |word: &ShellWord| Held {
            text: word.text.clone(),
            at: locate(word.range.clone()),
            unknown: word.unknown.clone(),
        };
        let mut fetched = None;
        for command in shell::statements(script, &BTreeMap::new()).iter().take(MOST) {
            let given = command.assigned.iter().map(|(name, word)| (name.clone(), held(word)));
            if command.words.is_empty() {
                self.assigned.extend(given);
                continue;
            }
            let mut own = self.exported.clone();
            own.extend(given);
            let mut words = command.words.as_slice();
            while let Some((first, rest)) = words.split_first() {
                let assigns = first.text.split_once('=').filter(|(name, _)| is_name(name));
                // Options of what stands before the program; the program itself is no option.
                let is_option = first.text.starts_with('-') && words.len() < command.words.len();
                match assigns {
                    Some((name, value)) => {
                        own.insert(name.to_owned(), Held { text: value.to_owned(), ..held(first) });
                    }
                    None if is_option || BEFORE.contains(&base(&first.text)) => {}
                    None => break,
                }
                words = rest;
            }
            let Some((program, rest)) = words.split_first() else { continue };
            let last_fetched = std::mem::take(&mut fetched);
            match base(&program.text) {
                "export" => {
                    for word in rest {
                        let (name, value) =
                            word.text.split_once('=').map_or((word.text.as_str(), None), |(name, value)| {
                                (name, Some(Held { text: value.to_owned(), ..held(word) }))
                            });
                        let value = value.or_else(|| self.assigned.get(name).cloned());
                        if self.exported.len() < MOST_VARIABLES {
                            self.exported.extend(value.map(|value| (name.to_owned(), value)));
                        }
                    }
                }
                "systemctl" => {
                    let names = |service: &str| {
                        rest.iter().any(|word| word.text == service || word.text == format!("{service}.service"))
                    };
                    self.is_server_enabled |= names("rke2-server");
                    self.is_agent_enabled |= names("rke2-agent");
                }
                "k3s" | "rke2" => self.takes(program, rest, &own, locate),
                name => {
                    let of = |text: &str| match text {
                        _ if text.contains("get.k3s.io") => Some(Product::K3s),
                        _ if text.contains("get.rke2.io") => Some(Product::Rke2),
                        _ => None,
                    };
                    fetched = command.words.iter().find_map(|word| of(&word.text));
                    let set = own.keys().find_map(|name| match name {
                        _ if name.starts_with("INSTALL_K3S_") => Some(Product::K3s),
                        _ if name.starts_with("INSTALL_RKE2_") => Some(Product::Rke2),
                        _ => None,
                    });
                    let is_install = |word: &ShellWord| base(&word.text).ends_with("install.sh");
                    let behind = if SHELLS.contains(&name) {
                        let named = rest.iter().position(is_install).map(|index| (index + 1, set));
                        let read = last_fetched.map(|product| (arguments(rest), Some(product)));
                        read.or(named)
                    } else {
                        is_install(program).then_some((0, set))
                    };
                    if let Some((from, Some(product))) = behind {
                        self.installs(product, rest.get(from..).unwrap_or_default(), &own, locate);
                    }
                }
            }
        }
    }

    /// A command that calls k3s or RKE2 itself.
    fn takes(
        &mut self,
        program: &ShellWord,
        words: &[ShellWord],
        own: &BTreeMap<String, Held>,
        locate: &dyn Fn(Range<usize>) -> Location,
    ) {
        let product = if base(&program.text) == "rke2" { Product::Rke2 } else { Product::K3s };
        let Some(at) = words.iter().position(|word| !word.text.starts_with('-')) else { return };
        match words.get(at).map(|word| word.text.as_str()) {
            Some("server") => {
                let words = words.get(at + 1..).unwrap_or_default().iter().map(|word| argument(word, locate)).collect();
                self.starts(product, words, own);
            }
            Some("agent") => self.agents.push(product),
            _ => {}
        }
    }

    /// A call of an install script, with the words behind it.
    fn installs(
        &mut self,
        product: Product,
        words: &[ShellWord],
        own: &BTreeMap<String, Held>,
        locate: &dyn Fn(Range<usize>) -> Location,
    ) {
        if product == Product::Rke2 {
            match own.get("INSTALL_RKE2_TYPE") {
                Some(kind) if kind.text == "agent" => self.agents.push(product),
                _ => self.starts(product, Vec::new(), own),
            }
            return;
        }
        let executed = own.get("INSTALL_K3S_EXEC");
        let mut all: Vec<Word> = executed.iter().flat_map(|held| split(held)).collect();
        all.extend(words.iter().map(|word| argument(word, locate)));
        let is_option = all.first().is_none_or(|first| first.text.starts_with('-'));
        let command = if is_option { None } else { Some(all.remove(0)) };
        match command.as_ref().map(|word| word.text.as_str()) {
            Some("server") => self.starts(product, all, own),
            None if own.get("K3S_URL").is_none_or(|url| url.text.is_empty()) => self.starts(product, all, own),
            Some("agent") | None => self.agents.push(product),
            // A variable that nobody can read may be either.
            Some(_) if command.as_ref().is_some_and(|word| word.unresolved.is_some()) => {
                all.extend(command);
                self.starts(product, all, own);
            }
            Some(_) => {}
        }
    }

    fn starts(&mut self, product: Product, words: Vec<Word>, own: &BTreeMap<String, Held>) {
        let name = if product == Product::Rke2 { "INSTALL_RKE2_" } else { "INSTALL_K3S_" };
        let version = ["VERSION", "CHANNEL"].iter().find_map(|key| {
            let held = own.get(&format!("{name}{key}")).filter(|held| held.unknown.is_none())?;
            let version: Version = held.text.parse().ok()?;
            Some((version, held.at.clone()))
        });
        // A word that may be any number of words, or none.
        let splits = words.iter().find(|word| word.unresolved.is_some() && !word.text.starts_with('-'));
        let variables = own.iter().map(|(name, held)| {
            let value = match held.unknown.as_deref() {
                Some(unknown) => Err(not_known(unknown)),
                None => Ok((held.text.clone(), held.at.clone())),
            };
            (name.clone(), value)
        });
        let started = Started {
            program: product.program().to_owned(),
            unread: splits.and_then(|word| word.unresolved.clone()),
            variables: variables.filter(|(name, _)| name.starts_with("K3S_") || name.starts_with("RKE2_")).collect(),
            words,
            open: None,
            version,
            problems: Vec::new(),
        };
        self.servers.push((product, started));
    }

    /// The first server of a product, and whether there is one.
    fn server(&mut self, product: Product) -> Role {
        let only_agent = product == Product::Rke2 && self.is_agent_enabled && !self.is_server_enabled;
        let mut own: Vec<Started> = Vec::new();
        self.servers.retain(|(of, started)| {
            let is_own = *of == product;
            if is_own {
                own.push(started.clone());
            }
            !is_own
        });
        if own.is_empty() && product == Product::Rke2 && self.is_server_enabled {
            self.starts(product, Vec::new(), &BTreeMap::new());
            own.extend(self.servers.pop().map(|(_, started)| started));
        }
        if only_agent || (own.is_empty() && self.agents.contains(&product)) {
            return Role::Agent;
        }
        let texts = |started: &Started| started.words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
        let differs = own.first().is_some_and(|first| own.iter().any(|other| texts(other) != texts(first)));
        let Some(mut first) = own.into_iter().next() else { return Role::Unsaid };
        if differs {
            first.unread.get_or_insert_with(|| Gap {
                kind: GapKind::Unresolved,
                reason: "the script starts servers with other words as well, and which one runs is decided there"
                    .to_owned(),
                wanted: "the command line of the server that runs".to_owned(),
                who_could_answer: "the running process: its arguments on the node".to_owned(),
            });
        }
        Role::Server(Box::new(first))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn not_known(written: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: format!("`{written}` is known only when the script runs"),
        wanted: format!("the value of `{written}`"),
        who_could_answer: "the running process: its arguments on the node".to_owned(),
    }
}

/// Where the words for a script begin that a shell reads from its input: `sh -s - WORDS`, `sh -`.
fn arguments(words: &[ShellWord]) -> usize {
    let ends = words.iter().position(|word| matches!(word.text.as_str(), "-" | "--"));
    let options = words.iter().take_while(|word| word.text.starts_with('-')).count();
    ends.filter(|at| *at <= options).map_or(options, |at| at + 1)
}

fn argument(word: &ShellWord, locate: &dyn Fn(Range<usize>) -> Location) -> Word {
    let unresolved = word.unknown.as_deref().map(not_known).or_else(|| unfilled(&word.text));
    let site = Site { at: locate(word.range.clone()), form: Form::Script };
    Word { unresolved, ..Word::written(word.text.clone(), site) }
}

/// The words of a text that is split as a shell does, quotes included.
pub(super) fn split_text(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The words of `INSTALL_K3S_EXEC`, which the install script splits so.
fn split(held: &Held) -> Vec<Word> {
    let one = |text: String| {
        let unknown = held.unknown.as_deref().filter(|_| text.contains(['$', '`']));
        let unresolved = unknown.map(not_known).or_else(|| unfilled(&text));
        Word { unresolved, ..Word::written(text, Site { at: held.at.clone(), form: Form::Script }) }
    };
    split_text(&held.text).into_iter().map(one).collect()
}
