//! Gathers evidence: files, folders, standard input, and clusters that run ([`live`]).
//!
//! It reads bytes and asks `facts` what they are and what else is wanted; it never interprets them itself. Clusters are
//! handed over one at a time, so that a folder of any size is one loop and no report is ever held whole.
//!
//! Nothing here writes (a [`bundle`] goes to what its writer is given), follows a link out of where it was sent, or reads
//! without a limit. Start at [`everything`].

mod ahead;
pub mod bundle;
pub mod endpoint;
mod everything;
pub mod live;
pub mod pem;
mod read;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Component, Path, PathBuf},
};

use facts::{Contents, DropIns, Gathered, Recognised, Redactor, Trees};
use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Plane};

pub use everything::{Arrived, Event, everything};

use crate::{
    ahead::{Looked, Step, recognised},
    read::{Cause, Unreadable},
};

/// What the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Stdin,
    Path(PathBuf),
    /// A cluster that is asked; [`live::gather`] asks all of them at once.
    Live(live::Way),
    /// A cluster of a list, with all that it is seen by.
    Listed(Box<Listed>),
}

/// A cluster that somebody has put on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// By which reports call it.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// The folder that stands for `/` of its node.
    pub root: Option<PathBuf>,
    /// One that is asked, and any number of files, folders and bundles.
    pub targets: Vec<Target>,
}

impl Listed {
    /// Whether it is asked and shown by files, so that it can be judged by those alone where it does not answer.
    pub fn is_mixed(&self) -> bool {
        let is_asked = |target: &Target| matches!(target, Target::Live(_));
        self.targets.iter().any(is_asked) && !self.targets.iter().all(is_asked)
    }

    /// Whether a cluster is this one by its name, or the part of it that one of its nodes shows.
    pub fn is_called(&self, name: &str) -> bool {
        name.strip_prefix(self.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(NODE))
    }
}

/// Stands between the name of a cluster and that of a node that is judged by itself.
pub(crate) const NODE: char = '/';

impl Target {
    /// The target as it was given.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::Path(path) => path.display().to_string(),
            Self::Live(way) => way.target.clone(),
            Self::Listed(listed) => listed.name.clone(),
        }
    }

    /// How many clusters are asked for it.
    pub fn asked(&self) -> usize {
        match self {
            Self::Live(_) => 1,
            Self::Listed(listed) => listed.targets.iter().map(Self::asked).sum(),
            Self::Stdin | Self::Path(_) => 0,
        }
    }
}

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that stands for `/` of the node.
    pub root: Option<PathBuf>,
    /// Files larger than this many bytes are not read.
    pub largest: u64,
    /// Keep a line about every file in [`Outcome::files`].
    pub list: bool,
    /// What the user says of the release, on which depends what a command line refers to.
    pub said: facts::Options,
    /// Who must have signed a bundle.
    pub signer: Option<bundle::PublicKey>,
    /// Identities of clusters that were seen before, with the targets they were found under.
    pub seen: BTreeMap<String, String>,
    /// Clusters that run and were asked before, by name and target, with what came of that besides. They are not asked
    /// again, and what is said of them is said again.
    pub done: BTreeMap<(String, String), Account>,
    /// What a cluster that runs is asked.
    pub asks: Vec<&'static facts::live::Ask>,
}

/// What came of one cluster that was asked, besides its evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub inputs: Inputs,
    pub troubles: Vec<Trouble>,
}

impl Account {
    fn add(&mut self, other: &Self) {
        self.inputs.add(&other.inputs);
        self.troubles.extend(other.troubles.iter().cloned());
    }
}

/// Files and answers by what they turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    pub judged: usize,
    pub supporting: usize,
    pub not_ours: usize,
    pub templated: usize,
    pub broken: usize,
    pub unread: usize,
}

impl Inputs {
    pub fn total(&self) -> usize {
        self.judged + self.supporting + self.not_ours + self.templated + self.broken + self.unread
    }

    pub fn add(&mut self, other: &Self) {
        self.judged += other.judged;
        self.supporting += other.supporting;
        self.not_ours += other.not_ours;
        self.templated += other.templated;
        self.broken += other.broken;
        self.unread += other.unread;
    }

    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Workload
            | Kind::Kubeconfig
            | Kind::ConfigFile
            | Kind::Arguments
            | Kind::Configz
            | Kind::Flagz
            | Kind::Objects
            | Kind::Answers => self.judged += 1,
            Kind::Supporting
            | Kind::Version
            | Kind::Statusz
            | Kind::Metrics
            | Kind::Health
            | Kind::Discovery
            | Kind::Status
            | Kind::Handshake => self.supporting += 1,
            Kind::NotOurs => self.not_ours += 1,
            Kind::Templated => self.templated += 1,
            Kind::Broken => self.broken += 1,
        }
    }
}

/// Something that could not be read, worth a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The target it belongs to, as given.
    pub target: String,
    pub message: String,
    pub hint: Option<String>,
    /// The piece of evidence, and a byte offset within its text.
    pub place: Option<(EvidenceId, Option<Place>)>,
}

/// A line and a column, both 1-based; taken here because the text is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// What a target gave besides its clusters.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub inputs: Inputs,
    pub clusters: usize,
    pub troubles: Vec<Trouble>,
    /// Every file with what it is, where [`Options::list`] asks for it.
    pub files: Vec<(String, &'static str)>,
}

/// The bytes of one file or of standard input, for whoever knows what it is; an error says why there are none.
pub fn bytes(target: &Target, largest: u64, stdin: &mut dyn io::Read) -> Result<Vec<u8>, String> {
    let read = match target {
        Target::Stdin => read::stream(stdin, largest),
        Target::Path(path) => read::file(path, largest),
        Target::Live(_) | Target::Listed(_) => return Err("it is a cluster, not a file".to_owned()),
    };
    read.map(|bytes| bytes.content).map_err(|unreadable| unreadable.reason)
}

/// Reads one target of files and hands over its clusters, each as soon as it is complete.
fn gather(
    target: &Target,
    options: &Options,
    redactor: &mut Redactor,
    stdin: &mut dyn io::Read,
    on_cluster: &mut dyn FnMut(Gathered),
) -> Outcome {
    let mut gatherer = Gatherer {
        target: target.name(),
        options,
        redactor,
        outcome: Outcome::default(),
        trees: Trees::default(),
        on_cluster,
    };
    match target {
        Target::Stdin => {
            let root = options.root.clone();
            let id = EvidenceId::new("-");
            if let Some(evidence) = gatherer.take(id, recognised(read::stream(stdin, options.largest))) {
                gatherer.hand_over("-".to_owned(), root, vec![evidence]);
            }
        }
        Target::Path(path) if path.is_dir() => gatherer.folder(path),
        Target::Path(path) => gatherer.file(path),
        Target::Live(_) | Target::Listed(_) => {}
    }
    gatherer.outcome
}

struct Gatherer<'a> {
    target: String,
    options: &'a Options,
    redactor: &'a mut Redactor,
    outcome: Outcome,
    /// Of files that were taken and not handed over yet.
    trees: Trees,
    on_cluster: &'a mut dyn FnMut(Gathered),
}

/// What several folders are parts of.
#[derive(Clone, PartialEq, Eq)]
enum Whole {
    /// A node, by the folder that stands for its `/`.
    Node(PathBuf),
    /// An inventory of Ansible, by the folder that holds its variables.
    Inventory(PathBuf),
}

impl Whole {
    fn of(file: &Path) -> Option<Self> {
        inventory(file).map(Self::Inventory).or_else(|| node_root(file).map(Self::Node))
    }
}

/// A folder that is being read.
#[derive(Default)]
struct Folder {
    path: PathBuf,
    /// What it belongs to, with other folders.
    whole: Option<Whole>,
    evidence: Vec<Evidence>,
    /// Whether each of its files is a cluster of its own.
    alone: bool,
    /// Whether what it holds is read with a file beside it.
    is_read_beside: bool,
}

impl Gatherer<'_> {
    fn file(&mut self, path: &Path) {
        let id = EvidenceId::new(path.display().to_string());
        if let Some(evidence) = self.take(id, recognised(read::file(path, self.options.largest))) {
            let root = self.options.root.clone().or_else(|| node_root(path));
            self.hand_over(path.display().to_string(), root, vec![evidence]);
        }
    }

    fn folder(&mut self, top: &Path) {
        // Everything below one node root is one cluster, and its files come from several folders; so is an inventory.
        let mut whole: Option<(Whole, Vec<Evidence>)> = None;
        let mut folder = Folder::default();
        ahead::folders(top, self.options.largest, &mut |step| match step {
            Step::Enter(path, refused) => {
                for (path, reason) in &refused {
                    self.outcome.inputs.unread += 1;
                    self.trouble(path, format!("cannot be read: {reason}"), None);
                    self.list(path, "unread");
                }
                let whole = Whole::of(&path.join("file"));
                let is_read_beside = whole.is_none() && self.is_drop_in_folder(&path);
                folder = Folder { whole, path, is_read_beside, ..Folder::default() };
            }
            Step::Files(files) => files.into_iter().for_each(|file| self.found(&mut folder, file)),
            Step::Leave => self.leave(std::mem::take(&mut folder), &mut whole),
        });
        if let Some((whole, evidence)) = whole {
            self.hand_over_whole(whole, evidence);
        }
    }

    /// Takes a file of a folder in.
    fn found(&mut self, folder: &mut Folder, file: Looked) {
        let id = EvidenceId::new(file.path.display().to_string());
        let Some(evidence) = self.take(id, file.what) else { return };
        if folder.is_read_beside {
            self.trees.forget(&evidence.id);
            return;
        }
        // Several files of objects are one cluster's, and so are files that a component is given.
        let may_be_twice = matches!(evidence.kind, Kind::ConfigFile | Kind::Objects);
        let twice = !may_be_twice && folder.evidence.iter().any(|known| known.kind == evidence.kind);
        if folder.whole.is_none() && twice {
            // The folder declares the component, or tells clients of clusters, twice: each file stands for itself.
            folder.alone = true;
        }
        folder.evidence.push(evidence);
        if folder.alone {
            let (objects, alone) = folder.evidence.drain(..).partition(|evidence| evidence.kind == Kind::Objects);
            folder.evidence = objects;
            for evidence in alone {
                let name = evidence.id.as_str().to_owned();
                self.hand_over(name, self.options.root.clone(), vec![evidence]);
            }
        }
    }

    /// Hands over what a folder declares, or keeps it with the rest of what it is part of.
    fn leave(&mut self, mut folder: Folder, whole: &mut Option<(Whole, Vec<Evidence>)>) {
        if folder.evidence.is_empty() {
            return;
        }
        match (folder.whole, &mut *whole) {
            (Some(own), Some((known, evidence))) if *known == own => evidence.append(&mut folder.evidence),
            (Some(own), _) => {
                if let Some((whole, evidence)) = whole.replace((own, folder.evidence)) {
                    self.hand_over_whole(whole, evidence);
                }
            }
            (None, _) => {
                let name = folder.path.display().to_string();
                self.hand_over(name, self.options.root.clone(), folder.evidence);
            }
        }
    }

    fn hand_over_whole(&mut self, whole: Whole, evidence: Vec<Evidence>) {
        let (folder, root) = match whole {
            Whole::Node(root) => (root.clone(), Some(root)),
            Whole::Inventory(folder) => (folder, None),
        };
        let root = self.options.root.clone().or(root);
        self.hand_over(folder.display().to_string(), root, evidence);
    }

    /// Says what a file is, and gives it back if it declares something that is judged.
    fn take(&mut self, id: EvidenceId, looked: Result<Recognised, Unreadable>) -> Option<Evidence> {
        let path = PathBuf::from(id.as_str());
        let Recognised { kind, text, troubles } = match looked {
            Ok(recognised) => recognised,
            Err(unreadable) => {
                self.outcome.inputs.unread += 1;
                self.trouble(&path, format!("cannot be read: {}", unreadable.reason), unreadable.hint);
                self.list(&path, "unread");
                return None;
            }
        };
        self.outcome.inputs.count(kind);
        self.list(&path, kind.name());
        for trouble in troubles {
            self.outcome.troubles.push(Trouble {
                target: self.target.clone(),
                message: trouble.message,
                hint: trouble.hint,
                place: Some((id.clone(), trouble.line_column.map(|(line, column)| Place { line, column }))),
            });
        }
        let mut text =
            text.filter(|_| matches!(kind, Kind::Workload | Kind::Kubeconfig | Kind::ConfigFile | Kind::Objects))?;
        if let Some(tree) = text.take_tree() {
            self.trees.keep(id.clone(), tree);
        }
        Some(self.redactor.marked(id, Plane::Declared, kind, text))
    }

    /// Looks for the files that the evidence refers to, then passes the cluster on.
    fn hand_over(&mut self, name: String, root: Option<PathBuf>, evidence: Vec<Evidence>) {
        let display = root.as_ref().map(|root| root.display().to_string());
        let trees = self.trees.split(&evidence);
        let mut gathered = Gathered { name, target: self.target.clone(), root: display, evidence, trees };
        let mut looked: BTreeSet<DropIns> = BTreeSet::new();
        let mut seen: BTreeSet<EvidenceId> = BTreeSet::new();
        // A wanted file may itself name others, and folders of them; what is still wanted after a few rounds is a gap.
        for _ in 0..4 {
            for folder in facts::drop_in_folders(&gathered, &self.options.said) {
                if looked.insert(folder.clone()) {
                    let found = self.drop_ins(Path::new(&folder.folder), root.as_deref(), folder.is_deep);
                    gathered.evidence.extend(found);
                }
            }
            gathered.evidence.sort_by(|a, b| a.id.cmp(&b.id));
            gathered.evidence.dedup_by(|a, b| a.id == b.id);
            seen.extend(gathered.evidence.iter().map(|evidence| evidence.id.clone()));
            let mut wants = facts::wants(&gathered, &self.options.said);
            wants.retain(|want| seen.insert(want.id.clone()));
            if wants.is_empty() {
                break;
            }
            for want in wants {
                let own = beside(&want);
                let Some(root) = own.as_deref().or(root.as_deref()) else { continue };
                let found = self.below(root, &want);
                gathered.evidence.push(found);
            }
        }
        gathered.evidence.sort_by(|a, b| a.id.cmp(&b.id));
        self.outcome.clusters += 1;
        (self.on_cluster)(gathered);
    }

    /// The drop-ins of a unit, of a file of settings or of a kubelet that lie in one folder, which may not be there.
    fn drop_ins(&mut self, folder: &Path, root: Option<&Path>, is_deep: bool) -> Vec<Evidence> {
        let piece = |path: &Path, body| Evidence {
            id: EvidenceId::new(path.display().to_string()),
            plane: Plane::Declared,
            kind: Kind::ConfigFile,
            body,
            secrets: Vec::new(),
            digest: None,
        };
        let within = root.filter(|root| folder.starts_with(root)).or(folder.parent()).unwrap_or(folder);
        let paths = match if is_deep { walk::names_below(folder) } else { walk::names(folder) } {
            Ok(paths) => paths,
            Err(error) => {
                let unreadable = Unreadable::from(error);
                let id = EvidenceId::new(folder.display().to_string());
                let body = || unread(&id, unreadable.reason, unreadable.hint);
                return if unreadable.cause == Cause::Missing { Vec::new() } else { vec![piece(folder, body())] };
            }
        };
        let mut found = Vec::new();
        let adds =
            |path: &PathBuf| path.extension().is_some_and(|end| ["conf", "yaml", "yml"].iter().any(|e| end == *e));
        for path in paths.into_iter().filter(adds) {
            let id = EvidenceId::new(path.display().to_string());
            let looked = read::below(within, &path, self.options.largest, true);
            let text = looked.map_err(|why| (why.reason, why.hint));
            let text = text.and_then(|bytes| facts::text(&bytes.content).map_err(|reason| (reason, None)));
            found.push(match text {
                Ok(text) => self.redactor.evidence(id, Plane::Declared, Kind::ConfigFile, &text),
                Err((reason, hint)) => piece(&path, unread(&id, reason, hint)),
            });
        }
        found
    }

    /// Whether a folder holds the drop-ins of a file beside it, which is read with them.
    fn is_drop_in_folder(&self, folder: &Path) -> bool {
        let base = folder.with_extension("");
        if folder.extension().is_none_or(|end| end != "d") || !base.is_file() {
            return false;
        }
        // A unit need not declare anything itself; of a file of settings that does not, nobody asks for the rest.
        let is_settings = base.extension().is_some_and(|end| end == "yaml" || end == "yml");
        !is_settings
            || recognised(read::file(&base, self.options.largest)).is_ok_and(|base| base.kind == Kind::Workload)
    }

    /// A file of the node, below the root that stands for its `/`.
    fn below(&mut self, root: &Path, want: &facts::Want) -> Evidence {
        let relative = Path::new(want.host_path.trim_start_matches('/'));
        let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
        let path = root.join(relative);
        let looked = if inside {
            read::below(root, &path, self.options.largest, want.contents != Contents::Unneeded)
        } else {
            Err(Unreadable { cause: Cause::Other, reason: "the path leads out of the root".to_owned(), hint: None })
        };
        let body = match looked {
            Ok(_) if want.contents == Contents::Unneeded => Body::Present,
            Ok(bytes) => match facts::text(&bytes.content) {
                Ok(text) => return self.redactor.wanted(want, Plane::Declared, &text),
                Err(reason) => unread(&want.id, reason, None),
            },
            Err(Unreadable { cause: Cause::Missing, .. }) => Body::Missing,
            Err(Unreadable { cause: Cause::Folder, .. }) => Body::Folder,
            Err(unreadable) => unread(&want.id, unreadable.reason, unreadable.hint),
        };
        Evidence {
            id: want.id.clone(),
            plane: Plane::Declared,
            kind: Kind::ConfigFile,
            body,
            secrets: Vec::new(),
            digest: None,
        }
    }

    fn trouble(&mut self, path: &Path, message: String, hint: Option<String>) {
        let id = EvidenceId::new(path.display().to_string());
        self.outcome.troubles.push(Trouble { target: self.target.clone(), message, hint, place: Some((id, None)) });
    }

    fn list(&mut self, path: &Path, kind: &'static str) {
        if self.options.list {
            self.outcome.files.push((path.display().to_string(), kind));
        }
    }
}

/// The folder that a file is wanted from which is not named from the node's root.
fn beside(want: &facts::Want) -> Option<PathBuf> {
    let folder = want.id.as_str().strip_suffix(&want.host_path).filter(|_| !want.host_path.starts_with('/'))?;
    Some(PathBuf::from(if folder.is_empty() { "." } else { folder }))
}

fn unread(id: &EvidenceId, reason: String, hint: Option<String>) -> Body {
    Body::Unread(Gap {
        kind: GapKind::Unread,
        reason: format!("cannot read `{id}`: {reason}"),
        wanted: id.to_string(),
        who_could_answer: hint.unwrap_or_else(|| "a user who may read that file".to_owned()),
    })
}

/// The folder that holds the variables of an inventory of Ansible, where a file of it lies below `group_vars` or
/// `host_vars`.
fn inventory(file: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = file.components().collect();
    let folders = parts.get(..parts.len().checked_sub(1)?)?;
    let at = folders.iter().rposition(|part| part.as_os_str() == "group_vars" || part.as_os_str() == "host_vars")?;
    let folder: PathBuf = folders[..at].iter().collect();
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder })
}

/// The folder that stands for `/` of a node, where the path says so: `DIR` of `DIR/etc/kubernetes/manifests/x.yaml`.
///
/// The path counts as given first; only where that says nothing is the working directory looked at, so that names in
/// reports stay as the user wrote them.
fn node_root(path: &Path) -> Option<PathBuf> {
    root_of(path).or_else(|| std::path::absolute(path).ok().and_then(|path| root_of(&path)))
}

/// Folders that say where a node's `/` is.
const NODE_FOLDERS: [&str; 10] = [
    "etc/kubernetes",
    "etc/rancher",
    "etc/k0s",
    "etc/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
    "var/lib/kubelet",
    "var/snap/microk8s",
    "var/snap/k8s",
];

fn root_of(path: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = path.components().collect();
    let at = NODE_FOLDERS.iter().find_map(|folder| {
        let folder: Vec<_> = Path::new(folder).components().collect();
        parts.windows(folder.len()).rposition(|window| window == folder)
    })?;
    // The last part is the file itself.
    if at + 2 >= parts.len() {
        return None;
    }
    let root: PathBuf = parts[..at].iter().collect();
    Some(if root.as_os_str().is_empty() { PathBuf::from(".") } else { root })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_known_by_its_folders() {
        let root = |path: &str| root_of(Path::new(path)).map(|root| root.display().to_string());
        assert_eq!(root("a/etc/kubernetes/manifests/x.yaml").as_deref(), Some("a"));
        assert_eq!(root("etc/kubernetes/x.yaml").as_deref(), Some("."));
        assert_eq!(root("/etc/kubernetes/manifests/x.yaml").as_deref(), Some("/"));
        assert_eq!(root("a/etc/systemd/system/x.service").as_deref(), Some("a"));
        assert_eq!(root("a/etc/rancher/k3s/config.yaml.d/x.yaml").as_deref(), Some("a"));
        assert_eq!(root("a/etc/kubernetes").as_deref(), None);
        assert_eq!(root("a/kubernetes/etc/x.yaml").as_deref(), None);
    }

    #[test]
    fn an_inventory_is_known_by_the_folders_of_its_variables() {
        let folder = |path: &str| inventory(Path::new(path)).map(|folder| folder.display().to_string());
        assert_eq!(folder("a/b/group_vars/all/x.yml").as_deref(), Some("a/b"));
        assert_eq!(folder("a/group_vars/all.yml").as_deref(), Some("a"));
        assert_eq!(folder("host_vars/n.yml").as_deref(), Some("."));
        assert_eq!(folder("a/group_vars"), None);
        assert_eq!(folder("a/group_vars.yml"), None);
    }
}
