//! What several folders are parts of: the file system of a node, or an inventory of Ansible.

use std::path::{Path, PathBuf};

/// What several folders are parts of.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Whole {
    /// A node, by the folder that stands for its `/`.
    Node(PathBuf),
    /// An inventory of Ansible, by the folder that holds its variables.
    Inventory(PathBuf),
}

impl Whole {
    pub(crate) fn of(file: &Path) -> Option<Self> {
        inventory(file).map(Self::Inventory).or_else(|| node_root(file).map(Self::Node))
    }
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
pub(crate) fn node_root(path: &Path) -> Option<PathBuf> {
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
