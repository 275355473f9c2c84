//! Reads files and folders: what declares a component becomes a cluster, with the files that it names.

use std::{
    collections::BTreeSet,
    io,
    path::{Component, Path, PathBuf},
};

use facts::{Contents, DropIns, Gathered, Recognised, Redactor, Trees};
use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Plane};

use crate::{
    Options, Outcome, Place, Target, Trouble,
    ahead::{self, Looked, Step, recognised},
    read::{self, Cause, Unreadable},
    walk,
    whole::{Whole, node_root},
};

/// Reads one target of files and hands over its clusters, each as soon as it is complete.
pub(crate) fn gather(
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
        let mut same = folder.evidence.iter().filter(|known| known.kind == evidence.kind);
        // A pair that declares one component is not two of them.
        let twice = !may_be_twice
            && match (same.next(), same.next()) {
                (Some(only), None) => !facts::belong_together(only, &evidence),
                (first, _) => first.is_some(),
            };
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
        let piece = |path: &Path, body| {
            Evidence::of(EvidenceId::new(path.display().to_string()), Plane::Declared, Kind::ConfigFile, body)
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
        Evidence::of(want.id.clone(), Plane::Declared, Kind::ConfigFile, body)
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
