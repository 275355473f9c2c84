//! The list of clusters: what each is called, what is said of it, and where it is seen.
//!
//! ```toml
//! kubeconfig = "fleet.kubeconfig"          # of every cluster that names none of its own
//!
//! [[cluster]]
//! name = "prod-eu"
//! labels = { env = "prod", region = "eu" }
//! targets = ["context:prod-eu"]
//!
//! [[cluster]]
//! name = "edge-7"
//! root = "nodes/edge-7"
//! targets = ["nodes/edge-7/etc/kubernetes"]
//! ```
//!
//! A target is what can be typed as one; paths begin at the folder of the file. All mistakes are told at once, before anything
//! is looked at; a file or a cluster that is right and not there is told of when its turn comes, and hides no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
};

use audit::{
    AuditTarget, Listed,
    live::{Access, Contexts, NoWay, Wanted},
};
use report::Mistake;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Result, live,
    source::{Source, mistake, unknown_key, wrong_kind},
};

const KEYS: [&str; 5] = ["name", "labels", "targets", "kubeconfig", "root"];

/// A name or a label that is longer is no name.
const LONGEST: usize = 253;

/// The clusters of a file, in its order; `access` is where contexts are looked for that the file does not place itself.
pub(super) fn read(path: &Path, access: &Access) -> Result<Vec<AuditTarget>> {
    let source = Source::read(path, "the fleet")?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut reading = Reading { folder, mistakes: Vec::new(), kubeconfigs: BTreeMap::new(), names: BTreeMap::new() };
    let table = source.parse()?;
    let own = table.get("kubeconfig").and_then(|value| reading.text("kubeconfig", value));
    let access = own.map_or_else(|| access.clone(), |file| reading.kubeconfig(&file));
    let mut targets = Vec::new();
    for (key, value) in &table {
        match (&**key.get_ref(), value.get_ref()) {
            ("kubeconfig", _) => {}
            ("cluster", DeValue::Array(clusters)) => {
                for cluster in clusters.iter() {
                    match cluster.get_ref() {
                        DeValue::Table(table) => targets.extend(reading.cluster(table, cluster, &source, &access)),
                        _ => reading.mistakes.push(wrong_kind("cluster", cluster, "tables; write [[cluster]]")),
                    }
                }
            }
            ("cluster", _) => reading.mistakes.push(wrong_kind("cluster", value, "tables; write [[cluster]]")),
            (other, _) => reading.mistakes.push(unknown_key(other, key.span(), &["cluster", "kubeconfig"])),
        }
    }
    if reading.mistakes.is_empty() && targets.is_empty() {
        let help = "write [[cluster]], with `name` and `targets`".to_owned();
        reading.mistakes.push(mistake("the fleet has no cluster", 0..0, "", Some(help)));
    }
    if reading.mistakes.is_empty() { Ok(targets) } else { Err(source.refused(&reading.mistakes)) }
}

struct Reading {
    folder: PathBuf,
    mistakes: Vec<Mistake>,
    /// Each is read once, whoever names it.
    kubeconfigs: BTreeMap<Vec<PathBuf>, std::result::Result<Contexts, NoWay>>,
    /// Where each name was given first.
    names: BTreeMap<String, Range<usize>>,
}

impl Reading {
    fn cluster(
        &mut self,
        table: &DeTable<'_>,
        whole: &Spanned<DeValue<'_>>,
        source: &Source,
        access: &Access,
    ) -> Option<AuditTarget> {
        let before = self.mistakes.len();
        for (key, _) in table.iter().filter(|(key, _)| !KEYS.contains(&&**key.get_ref())) {
            self.mistakes.push(unknown_key(key.get_ref(), key.span(), &KEYS));
        }
        // A header may stand far above what it lacks; it is still the place that names the cluster.
        let start = whole.span().start;
        let at = start..start + source.text[start..].find('\n').unwrap_or(source.text.len() - start);
        for key in ["name", "targets"].into_iter().filter(|key| !table.contains_key(*key)) {
            let help = match key {
                "name" => "add `name = \"prod-eu\"`, by which reports call it",
                _ => "add `targets = [\"context:prod-eu\"]`, or files, folders and bundles",
            };
            self.mistakes.push(mistake(&format!("this cluster has no `{key}`"), at.clone(), "", Some(help.to_owned())));
        }
        let name = table.get("name").and_then(|value| {
            let name = self.text("name", value)?;
            if let Some(first) = self.names.get(&name) {
                let (line, _) = source.place(first.start);
                let label = format!("the one in line {line} is called so");
                self.mistakes.push(mistake(&format!("two clusters are called `{name}`"), value.span(), &label, None));
                return None;
            }
            self.names.insert(name.clone(), value.span());
            Some(name)
        });
        let labels = table.get("labels").map(|value| self.labels(value)).unwrap_or_default();
        let root = table.get("root").and_then(|value| {
            let text = self.text("root", value)?;
            let root = self.folder.join(text);
            if !root.is_dir() {
                let message = format!("`root`: {}", super::why_no_folder(&root));
                self.mistakes.push(mistake(&message, value.span(), "", None));
            }
            Some(root)
        });
        let own = table.get("kubeconfig").and_then(|value| self.text("kubeconfig", value));
        let access = own.map_or_else(|| access.clone(), |file| self.kubeconfig(&file));
        let mut targets = Vec::new();
        if let Some(value) = table.get("targets") {
            let DeValue::Array(items) = value.get_ref() else {
                self.mistakes.push(wrong_kind("targets", value, "a list of texts"));
                return None;
            };
            if items.is_empty() {
                self.mistakes.push(mistake("`targets` is empty", value.span(), "", None));
            }
            let (mut asked, mut bundle) = (false, None);
            for item in items.iter() {
                let Some(target) = self.target(item, &access, name.as_deref()) else { continue };
                let is_live = matches!(target, AuditTarget::Live(_));
                if is_live && asked {
                    let help = "make it two clusters; one that two contexts lead to is judged once".to_owned();
                    self.mistakes.push(mistake("a cluster is asked in one way", item.span(), "", Some(help)));
                }
                asked |= is_live;
                bundle = bundle.or_else(|| match &target {
                    AuditTarget::Path(path) if audit::is_bundle(path) => Some(item.span()),
                    _ => None,
                });
                targets.push(target);
            }
            if let Some(span) = bundle.filter(|_| asked) {
                let help = "make it two clusters, or name the files that the bundle was made of".to_owned();
                let message = "a bundle is a cluster by itself, and none that is asked as well";
                self.mistakes.push(mistake(message, span, "", Some(help)));
            }
        }
        let name = name.filter(|_| self.mistakes.len() == before)?;
        Some(AuditTarget::Listed(Box::new(Listed { name, labels, root, targets })))
    }

    /// One target as it could be typed, of the cluster of that name.
    fn target(&mut self, item: &Spanned<DeValue<'_>>, access: &Access, name: Option<&str>) -> Option<AuditTarget> {
        let text = self.text("targets", item)?;
        let refused = |reading: &mut Self, why: &str| {
            reading.mistakes.push(mistake(why, item.span(), "", None));
            None
        };
        if text == "-" || text == "host" {
            return refused(self, "a cluster of a fleet is a context, an address, a bundle, a file or a folder");
        }
        let way = match text.strip_prefix("context:") {
            Some(context) => {
                let known = self.kubeconfigs.entry(access.files.clone());
                let contexts = known.or_insert_with(|| Contexts::read(access));
                contexts.as_ref().map_err(Clone::clone).and_then(|contexts| contexts.way(context))
            }
            None if text.starts_with("https://") || text.starts_with("http://") => {
                audit::live::ways(access, &Wanted::Address(text)).map(|mut ways| ways.swap_remove(0))
            }
            None => return Some(AuditTarget::Path(self.folder.join(&text))),
        };
        match way {
            Ok(mut way) => {
                if let Some(name) = name {
                    name.clone_into(&mut way.name);
                }
                Some(AuditTarget::Live(way))
            }
            Err(no_way) => refused(self, &live::said(no_way, false)),
        }
    }

    fn kubeconfig(&self, file: &str) -> Access {
        Access { files: vec![self.folder.join(file)], named: true, pod: None }
    }

    fn labels(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, String> {
        let DeValue::Table(table) = value.get_ref() else {
            self.mistakes.push(wrong_kind("labels", value, "a table of texts"));
            return BTreeMap::new();
        };
        let mut labels = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (key, value) in table {
            if let Some(text) = self.text(key.get_ref(), value)
                && known.insert(key.get_ref().to_string())
            {
                labels.insert(key.get_ref().clone().into_owned(), text);
            }
        }
        labels
    }

    /// A text with something in it.
    fn text(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let DeValue::String(text) = value.get_ref() else {
            let takes = if key == "targets" { "a list of texts" } else { "a text" };
            self.mistakes.push(wrong_kind(key, value, takes));
            return None;
        };
        let wrong = match text.trim() {
            "" => "is empty",
            _ if key != "targets" && text.len() > LONGEST => "is too long",
            _ if text.chars().any(char::is_control) => "has a character that nobody can see",
            _ => return Some(text.clone().into_owned()),
        };
        self.mistakes.push(mistake(&format!("`{}` {wrong}", super::plain(key)), value.span(), "", None));
        None
    }
}
