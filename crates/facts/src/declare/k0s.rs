//! k0s: its own `ClusterConfig`, alone, in a definition of k0sctl, in a control plane of Cluster API, of k0smotron, or read by
//! a command (`commands`).
//!
//! Every controller runs an API server with what k0s adds (k0sproject/k0s, pkg/component/controller/apiserver.go, at the
//! first and the last release of each minor from 1.20 to 1.36). `spec.api.extraArgs` overrides it, feature gates come
//! behind, then `rawArgs`, then the address of the datastore. Start at [`invocations`].

mod commands;
pub(super) mod kubelet;
mod line;
mod refused;

use model::{Evidence, Gap, GapKind, Location, Problem, Site, Version};
use yaml::Cursor;

pub(super) use self::commands::files;
use super::{
    Source,
    command::{self, Program},
    kubeadm::release,
    layers::{Layers, made_at_start, map_at, outside},
    lookup::{find, text_of},
};
use crate::{Invocation, onward};

const NAME: &str = "k0s";

const GROUP: &str = "k0s.k0sproject.io/";

/// Definitions of whole clusters, as k0sctl takes them.
const CLUSTERS: [&str; 2] = ["k0sctl.k0sproject.io/", "cfctl.clusterfactory.io/"];

/// More hosts, arguments and gates than anybody lists.
const MOST: usize = 512;

/// The first and the last release of which k0s's own flags are known.
const KNOWN: (u16, u16) = (20, 36);

/// Control planes in pods of another cluster (k0sproject/k0smotron).
const HOSTED: &str = "k0smotron.io/";

/// Where k0s keeps its files (pkg/constant), unless it is told otherwise.
const DATA: &str = "/var/lib/k0s";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    [GROUP, CLUSTERS[0], CLUSTERS[1], "K0sControlPlane", HOSTED, "K0smotronControlPlane"]
        .iter()
        .any(|word| text.contains(word))
        || commands::speaks(text)
}

/// Whether a text defines a cluster of k0s.
pub(super) fn declares(source: &Source<'_>) -> bool {
    commands::is_unit(source)
        || source.objects().iter().any(|(_, object)| of(object).is_some())
        || !commands::of_compose(source, &[]).is_empty()
}

/// The API server of every cluster of k0s that a text defines.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    if commands::is_unit(source) {
        return commands::of_unit(source, evidence).into_iter().collect();
    }
    let mut found = Vec::new();
    for (document, object) in source.objects() {
        let Some(mut definition) = of(&object).filter(|_| found.len() <= super::MOST) else { continue };
        definition.words = commands::unit_of(source, evidence);
        found.push(Cluster { source, definition }.invocation(source.problems(document), evidence));
    }
    found.extend(commands::of_compose(source, evidence));
    found
}

/// What defines a cluster.
struct Definition<'a> {
    root: Cursor<'a>,
    /// Where the configuration of k0s stands or would, from the root.
    path: &'static [&'static str],
    version: Option<Cursor<'a>>,
    /// The roles and the flags of the command, where the definition says them.
    hosts: Option<Cursor<'a>>,
    arguments: Option<Cursor<'a>>,
    /// The words of the command, where one is seen that starts it.
    words: Option<Vec<String>>,
    /// Where an argument would be written, where that is not in the configuration.
    home: Option<Site>,
    /// Why the configuration may say something else.
    unread: Option<Gap>,
    /// What k0smotron is told, where it holds the control plane.
    hosted: Option<Cursor<'a>>,
}

impl<'a> Definition<'a> {
    fn alone(root: Cursor<'a>, path: &'static [&'static str], version: Option<Cursor<'a>>) -> Self {
        Self { root, path, version, hosts: None, arguments: None, words: None, home: None, unread: None, hosted: None }
    }
}

fn of<'a>(root: &Cursor<'a>) -> Option<Definition<'a>> {
    let group = root.get("apiVersion")?.text()?;
    let kind = root.get("kind")?.text()?;
    let at = |path: &[&str]| path.iter().try_fold(root.clone(), |here, name| here.get(name));
    let alone = |path: &'static [&'static str], version| Definition::alone(root.clone(), path, version);
    // The configuration is not all of it: the rest of the object decides address, port and datastore.
    let hosted = |path: &'static [&'static str], spec: Option<Cursor<'a>>| {
        let spec = spec?;
        let version = spec.get("version");
        Some(Definition { arguments: spec.get("controlPlaneFlags"), hosted: Some(spec), ..alone(path, version) })
    };
    if group.starts_with(HOSTED) {
        return hosted(&["spec", "k0sConfig"], at(&["spec"]).filter(|_| kind == "Cluster"));
    }
    if group.starts_with(GROUP) {
        return ["ClusterConfig", "Cluster"].contains(&kind).then(|| alone(&[], None));
    }
    if CLUSTERS.iter().any(|name| group.starts_with(name)) {
        let runs = |host: Cursor<'_>| text_of(&host, "role").is_some_and(|role| role != "worker");
        let hosts = at(&["spec", "hosts"])?;
        hosts.items().take(MOST).any(runs).then_some(())?;
        return Some(Definition {
            hosts: Some(hosts),
            ..alone(&["spec", "k0s", "config"], at(&["spec", "k0s", "version"]))
        });
    }
    match kind {
        "K0sControlPlane" => Some(Definition {
            arguments: at(&["spec", "k0sConfigSpec", "args"]),
            ..alone(&["spec", "k0sConfigSpec", "k0s"], at(&["spec", "version"]))
        }),
        "K0sControlPlaneTemplate" => Some(Definition {
            arguments: at(&["spec", "template", "spec", "k0sConfigSpec", "args"]),
            ..alone(&["spec", "template", "spec", "k0sConfigSpec", "k0s"], at(&["spec", "template", "spec", "version"]))
        }),
        "K0smotronControlPlane" => hosted(&["spec", "k0sConfig"], at(&["spec"])),
        "K0smotronControlPlaneTemplate" => {
            hosted(&["spec", "template", "spec", "k0sConfig"], at(&["spec", "template", "spec"]))
        }
        _ => None,
    }
}

/// What the command that starts a controller decides, and no configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Single,
    Several,
    Unknown,
}

struct Cluster<'a> {
    source: &'a Source<'a>,
    definition: Definition<'a>,
}

/// A switch that is given, alone or as true.
fn is_single(flag: &str) -> bool {
    flag.strip_prefix("--single")
        .is_some_and(|rest| matches!(rest, "" | "=true" | "=1" | "=t" | "=T" | "=True" | "=TRUE"))
}

fn unseen(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "the arguments of the running server".to_owned(),
        who_could_answer: "a controller of the cluster".to_owned(),
    }
}

impl<'a> Cluster<'a> {
    /// The configuration's `spec`.
    fn spec(&self) -> Option<Cursor<'a>> {
        let config = self.definition.path.iter().try_fold(self.definition.root.clone(), |here, name| here.get(name))?;
        config.get("spec")
    }

    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        find(&self.spec()?, path)
    }

    fn text(&self, path: &[&str]) -> Option<(String, Location)> {
        self.source.text(&self.spec()?, path)
    }

    fn on(&self, path: &[&str]) -> Option<Location> {
        self.source.on(&self.spec()?, path)
    }

    /// The hosts that run an API server.
    fn controllers(&self) -> Vec<Cursor<'a>> {
        let hosts = self.definition.hosts.iter().flat_map(|hosts| hosts.items().take(MOST));
        hosts.filter(|host| text_of(host, "role").is_some_and(|role| role != "worker")).collect()
    }

    fn home(&self) -> Site {
        if let Some(home) = &self.definition.home {
            return home.clone();
        }
        let path: Vec<&str> = self.definition.path.iter().copied().chain(["spec", "api", "extraArgs"]).collect();
        map_at(self.source, &self.definition.root, &path)
    }

    fn version(&self) -> Option<(Version, Location)> {
        let found = self.definition.version.as_ref()?;
        Some((release(found.text()?)?, self.source.at(found)))
    }

    fn data(&self) -> String {
        let own: Vec<String> = self.controllers().iter().filter_map(|host| text_of(host, "dataDir")).collect();
        let own = own.into_iter().next().or_else(|| self.definition.words.as_deref().map(commands::data_dir));
        own.as_deref().unwrap_or(DATA).trim_end_matches('/').to_owned()
    }

    fn flags(&self) -> Vec<String> {
        let texts = |list: &Cursor<'_>| -> Vec<String> {
            list.items().take(MOST).filter_map(|item| item.text().map(str::to_owned)).collect()
        };
        let of_hosts = self.controllers().into_iter().filter_map(|host| host.get("installFlags"));
        let listed = of_hosts.chain(self.definition.arguments.clone()).flat_map(|list| texts(&list));
        listed.chain(self.definition.words.iter().flatten().cloned()).collect()
    }

    /// The last value of a flag of the command, in one word or two.
    fn flag(&self, name: &str) -> Option<String> {
        let flags = self.flags();
        (0..flags.len()).rev().find_map(|at| {
            let mut words = flags[at].splitn(2, [' ', '=']);
            match (words.next().filter(|word| *word == name)?, words.next()) {
                (_, Some(value)) => Some(value.trim_matches(['"', '\'']).to_owned()),
                (_, None) => flags.get(at + 1).cloned(),
            }
        })
    }

    /// Whether a component is among those that the command switches off.
    fn is_disabled(&self, component: &str) -> bool {
        self.flags().iter().any(|flag| flag.split(['=', ',', ' ', '"']).any(|part| part == component))
    }

    fn mode(&self) -> Mode {
        let flags = self.flags();
        let roles: Vec<String> = self.controllers().iter().filter_map(|host| text_of(host, "role")).collect();
        if roles.iter().any(|role| role == "single") || flags.iter().any(|flag| is_single(flag)) {
            return Mode::Single;
        }
        let says = self.definition.hosts.is_some()
            || self.definition.arguments.is_some()
            || self.definition.words.is_some()
            || self.definition.hosted.is_some();
        if says { Mode::Several } else { Mode::Unknown }
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let home = self.home();
        let mut flags = Layers::new(NAME, home.clone());
        self.added(&mut flags);
        self.by_release(&mut flags);
        self.serving(&mut flags);
        self.konnectivity(&mut flags);
        self.written(&mut flags);
        self.storage(&mut flags);
        let gap = unseen(GapKind::Version, "what k0s adds in that release is not known to this build");
        let mut words = outside(KNOWN, &gap, &home);
        words.extend(flags.words());
        let open_ended = command::shorten(&mut words);
        let carried = made_at_start(self.source, evidence, &words, &[format!("{}/", self.data())]);
        let metadata = self.definition.root.get("metadata");
        let name = metadata.and_then(|metadata| text_of(&metadata, "name")).filter(|name| name != NAME);
        let mut server = Invocation {
            open_ended,
            list: Some(home),
            version: self.version(),
            releases: onward(KNOWN.0),
            carried,
            distribution: Some(NAME),
            problems: problems.into_iter().chain(self.refusals()).collect(),
            ..self.source.process(Program::ApiServer, name, words)
        };
        if let Some(gap) = &self.definition.unread {
            commands::blur(&mut server, gap);
        }
        server
    }
}
