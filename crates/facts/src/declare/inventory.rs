//! The files of an inventory that say the same variable, and which of them Ansible believes.
//!
//! A group has a file or a folder of files below `group_vars`, and a host below `host_vars` (ansible/ansible 2.16,
//! lib/ansible/vars/plugins: host_group_vars.py; parsing/dataloader.py, find_vars_files): of a folder every file counts,
//! sorted by name, a later one winning, and a folder hides a file of its own name. The group `all` comes first, then
//! groups by how deep they are; a host itself comes last. Which hosts run an API server is written in the inventory, not
//! here: groups that no control plane node need be in, and single hosts, leave what they set in doubt.

use std::cell::Cell;

use model::{Body, Evidence, Gap, GapKind};

/// Files of one inventory that are read.
const MOST_FILES: usize = 256;

const FOLDERS: [&str; 2] = ["group_vars", "host_vars"];

/// What a playbook calls its groups.
pub(super) struct Playbook {
    /// Those that every node of a control plane is in, weakest first.
    pub(super) groups: &'static [&'static str],
    /// Those that none of them is in.
    pub(super) others: &'static [&'static str],
    /// Who knows what holds for a node of the control plane.
    pub(super) who_could_answer: &'static str,
}

/// Endings of a file of variables, in the order in which Ansible looks for them.
const ENDINGS: [&str; 4] = ["", "yml", "yaml", "json"];

/// Where in an inventory a file lies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    /// The groups of the playbook by their order, then other groups, then hosts.
    strength: usize,
    /// The group or host.
    of: &'a str,
    /// The way below its folder; empty for a file of its own.
    below: Vec<&'a str>,
    ending: usize,
}

/// A file of an inventory.
pub(super) struct File<'a> {
    pub(super) evidence: &'a Evidence,
    /// Why what it sets need not hold for the nodes of the control plane.
    pub(super) doubt: Option<Gap>,
    /// Why what it sets is not known.
    pub(super) unread: Option<Gap>,
}

/// Puts variables into texts, and follows nothing else of Jinja.
pub(super) struct Fill {
    /// Variables that stand in one another, at most.
    pub(super) deepest: usize,
    /// A text that is longer, or grows so while variables are put in, is left as it is.
    pub(super) longest: usize,
    /// How many may still be put in.
    pub(super) left: Cell<usize>,
}

impl Fill {
    /// A text with those variables put in whose value is known.
    pub(super) fn text(&self, text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
        self.within(self.deepest, text, value)
    }

    fn within(&self, deepest: usize, text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
        if deepest == 0 || text.len() > self.longest || !text.contains("{{") {
            return text.to_owned();
        }
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((name, after)) = behind.split_once("}}").filter(|_| self.left.get() > 0) else { break };
            self.left.set(self.left.get() - 1);
            filled.push_str(before);
            match value(name.trim()) {
                Some(held) => filled.push_str(&self.within(deepest - 1, &held, value)),
                None => filled.push_str(&format!("{{{{{name}}}}}")),
            }
            rest = after;
            if filled.len() > self.longest {
                return text.to_owned();
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// The folder of the inventory that a file belongs to, with the `/` at its end, and the way from there.
fn split(id: &str) -> Option<(&str, &str, &str)> {
    for folder in FOLDERS {
        let whole = format!("{folder}/");
        let start = match id.rfind(&format!("/{whole}")) {
            Some(at) => at + 1,
            None if id.starts_with(&whole) => 0,
            None => continue,
        };
        return Some((&id[..start], folder, &id[start + whole.len()..]));
    }
    None
}

/// Whether a file, by its name, is one of several of an inventory.
pub(super) fn is_part(id: &str) -> bool {
    split(id).is_some()
}

/// The folder of the inventory that a file is part of, with the `/` at its end.
pub(super) fn base(id: &str) -> Option<&str> {
    split(id).map(|(base, ..)| base)
}

/// Folders that hold more of the inventory that a file is part of.
pub(super) fn folders(id: &str, playbook: &Playbook) -> Vec<String> {
    let Some((base, ..)) = split(id) else { return Vec::new() };
    let of_groups = playbook.groups.iter().map(|group| format!("{base}group_vars/{group}"));
    FOLDERS.iter().map(|folder| format!("{base}{folder}")).chain(of_groups).collect()
}

fn place<'a>(way: &'a str, folder: &str, playbook: &Playbook) -> Option<Place<'a>> {
    let mut parts: Vec<&str> = way.split('/').collect();
    if parts.iter().any(|part| part.starts_with('.') || part.ends_with('~') || part.is_empty()) {
        return None;
    }
    let name = parts.pop()?;
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) => (stem, ENDINGS.iter().position(|known| *known == ending)?),
        None => (name, 0),
    };
    let (of, below) = match parts.split_first() {
        // A folder with a dot in its name is passed over, but for the outermost, which is a group's or a host's.
        Some((_, rest)) if rest.iter().any(|part| part.contains('.')) => return None,
        Some((of, rest)) => (*of, rest.iter().copied().chain([name]).collect()),
        None => (stem, Vec::new()),
    };
    if folder != "host_vars" && playbook.others.contains(&of) {
        return None;
    }
    let groups = playbook.groups;
    let strength = match folder {
        "host_vars" => groups.len() + 1,
        _ => groups.iter().position(|group| *group == of).unwrap_or(groups.len()),
    };
    Some(Place { strength, of, below, ending })
}

/// The files of the inventory that a file is part of, the strongest last; itself where it is part of none.
pub(super) fn files<'a>(id: &str, evidence: &'a [Evidence], playbook: &Playbook) -> Vec<File<'a>> {
    let known = |piece: &&Evidence| piece.id.as_str() == id;
    let Some((base, ..)) = split(id) else {
        let own = |evidence| File { evidence, doubt: None, unread: unread(evidence) };
        return evidence.iter().filter(known).map(own).collect();
    };
    let mut found: Vec<(Place<'a>, &'a Evidence)> = Vec::new();
    for piece in evidence {
        let Some((_, folder, way)) = split(piece.id.as_str()).filter(|(own, ..)| *own == base) else { continue };
        found.extend(place(way, folder, playbook).map(|place| (place, piece)));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let hidden: Vec<usize> = (0..found.len())
        .filter(|at| {
            let place = &found[*at].0;
            let beside = |other: &Place<'_>| other.strength == place.strength && other.of == place.of;
            place.below.is_empty()
                && found
                    .iter()
                    .any(|(other, _)| beside(other) && (!other.below.is_empty() || other.ending < place.ending))
        })
        .collect();
    let mut files: Vec<File<'a>> = found
        .iter()
        .enumerate()
        .filter(|(at, _)| !hidden.contains(at))
        .map(|(_, (place, piece))| File { evidence: piece, doubt: doubt(place, playbook), unread: unread(piece) })
        .collect();
    // A folder that could not be looked into stands for whatever is in it.
    let closed = evidence.iter().filter(|piece| folders(id, playbook).iter().any(|folder| folder == piece.id.as_str()));
    for piece in closed {
        if let Some(gap) = unread(piece) {
            files.push(File { evidence: piece, doubt: None, unread: Some(gap) });
        }
    }
    files.truncate(MOST_FILES);
    files
}

fn doubt(place: &Place<'_>, playbook: &Playbook) -> Option<Gap> {
    let of = place.of;
    let groups = playbook.groups.len();
    let who = match place.strength {
        strength if strength < groups => return None,
        strength if strength == groups => format!("the group `{of}`, which need not hold the control plane"),
        _ => format!("the host `{of}` alone"),
    };
    Some(Gap {
        kind: GapKind::Unresolved,
        reason: format!("it is set for {who}"),
        wanted: "the arguments of the API server as it runs".to_owned(),
        who_could_answer: playbook.who_could_answer.to_owned(),
    })
}

fn unread(piece: &Evidence) -> Option<Gap> {
    match &piece.body {
        Body::Unread(gap) => Some(gap.clone()),
        Body::Text(text) if text.starts_with("$ANSIBLE_VAULT;") => Some(Gap {
            kind: GapKind::Unread,
            reason: format!("`{}` is encrypted with Ansible Vault", piece.id),
            wanted: "the variables of the inventory".to_owned(),
            who_could_answer: "whoever has the password of the vault".to_owned(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYBOOK: Playbook = Playbook {
        groups: &["all", "k8s_cluster", "kube_control_plane"],
        others: &["kube_proxies"],
        who_could_answer: "a control plane node",
    };

    #[test]
    fn a_file_has_its_place_in_an_inventory() {
        let order = |a: &str, b: &str| {
            let key = |id: &str| {
                let (_, folder, way) = split(id)?;
                place(way, folder, &PLAYBOOK).map(|place| (place.strength, place.of.to_owned(), place.below.join("/")))
            };
            key(a) < key(b)
        };
        assert!(order("i/group_vars/all/z.yml", "i/group_vars/k8s_cluster/a.yml"));
        assert!(order("group_vars/k8s_cluster/a.yml", "group_vars/kube_control_plane.yml"));
        assert!(order("group_vars/kube_control_plane/z.yml", "group_vars/kube_node/a.yml"));
        assert!(order("group_vars/kube_node/a.yml", "host_vars/a.yml"));
        assert!(order("group_vars/all/a.yml", "group_vars/all/b/a.yml"));
        for strange in [
            "group_vars/all/.a.yml",
            "group_vars/all/a.yml~",
            "group_vars/all/a.txt",
            "group_vars/all/b.d/a.yml",
            "group_vars/kube_proxies.yml",
        ] {
            let (_, folder, way) = split(strange).unwrap_or_default();
            assert!(place(way, folder, &PLAYBOOK).is_none(), "{strange}");
        }
        assert!(split("roles/x/defaults/main.yml").is_none());
    }
}
