//! Files that flags name, looked for where the component would find them.
//!
//! A file that a flag names is another machine's file. It is looked for only below a root; without one it is unread, which
//! is not the same as missing.

use model::{Body, Evidence, EvidenceId, Gap, GapKind, ProblemKind};

use crate::{Carried, Mount};

/// What may be looked at on behalf of one instance.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    /// The folder that stands for `/` of the node, as evidence names begin with it; `None` without `--root`.
    pub root: Option<&'a str>,
    /// The pod's own mounts; empty for a process of the host, which sees the root itself.
    pub mounts: &'a [Mount],
    /// Whether the component runs in a container, so that a path outside every mount is the image's own.
    pub contained: bool,
    pub evidence: &'a [Evidence],
    /// Files that the declaration brings along; they are there whether or not there is a root.
    pub carried: &'a [Carried],
}

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contents {
    /// That it is there is enough.
    Unneeded,
    /// Keys and certificates in PEM form.
    Keys,
    /// What it says, as client-go reads it.
    Kubeconfig,
    /// What it says.
    Text,
    /// What it says but for the first column, which holds tokens.
    Tokens,
    /// That it holds something: all of it is a secret.
    Secret,
}

/// A file as far as it could be seen.
pub enum File<'a> {
    Read(&'a Evidence),
    /// We looked below the root and it is not there.
    Missing(EvidenceId),
    /// We looked below the root, and it is a folder.
    Folder(EvidenceId),
    Unread(Gap),
}

impl File<'_> {
    /// What is known to keep everybody from reading it, to stand behind its name.
    pub fn fault(&self) -> Option<(ProblemKind, &'static str)> {
        match self {
            Self::Missing(_) => Some((ProblemKind::Missing, "does not exist")),
            Self::Folder(_) => Some((ProblemKind::Refused, "is a folder")),
            Self::Read(_) | Self::Unread(_) => None,
        }
    }
}

impl<'a> Files<'a> {
    /// The path on the host that the component sees as `path`, or why there is none.
    pub fn host_path(&self, path: &str) -> Result<String, Gap> {
        if !path.starts_with('/') {
            return Err(Gap {
                kind: GapKind::Unread,
                reason: format!("`{path}` is relative to a working directory that is not known"),
                wanted: path.to_owned(),
                who_could_answer: "somebody on the node".to_owned(),
            });
        }
        match mount_of(self.mounts, path) {
            Some(Mount { container, host: Some(host), .. }) => {
                let rest = &path[container.trim_end_matches('/').len()..];
                Ok(format!("{}{rest}", host.trim_end_matches('/')))
            }
            Some(Mount { host: None, .. }) => Err(Gap {
                kind: GapKind::Unread,
                reason: format!("`{path}` is in a volume that is no folder of the node"),
                wanted: path.to_owned(),
                who_could_answer: "somebody who may read that volume".to_owned(),
            }),
            None if self.contained => Err(Gap {
                kind: GapKind::Unread,
                reason: format!("`{path}` is not under any mount, so it would come from the image"),
                wanted: path.to_owned(),
                who_could_answer: "somebody who can look into the image".to_owned(),
            }),
            None => Ok(path.to_owned()),
        }
    }

    /// The name that the evidence for a file of the host has.
    pub fn id(root: &str, host_path: &str) -> EvidenceId {
        EvidenceId::new(format!("{}{host_path}", root.trim_end_matches('/')))
    }

    /// What is known of the file that the component sees as `path`.
    pub fn look(&self, path: &str) -> File<'a> {
        let host = match self.host_path(path) {
            Ok(host) => host,
            Err(gap) => return File::Unread(gap),
        };
        // Of two files with one path the last one is written last.
        if let Some(carried) = self.carried.iter().rfind(|carried| carried.path == host) {
            return match &carried.evidence.body {
                Body::Unread(gap) => File::Unread(gap.clone()),
                _ => File::Read(&carried.evidence),
            };
        }
        let Some(root) = self.root else {
            return File::Unread(Gap {
                kind: GapKind::Unread,
                reason: format!("`{host}` is a file of the node and was not given"),
                wanted: host,
                who_could_answer: "give the node's root with --root".to_owned(),
            });
        };
        let id = Self::id(root, &host);
        match self.evidence.iter().find(|evidence| evidence.id == id) {
            Some(Evidence { body: Body::Missing, .. }) => File::Missing(id),
            Some(Evidence { body: Body::Folder, .. }) => File::Folder(id),
            Some(Evidence { body: Body::Unread(gap), .. }) => File::Unread(gap.clone()),
            Some(evidence) => File::Read(evidence),
            None => File::Unread(Gap {
                kind: GapKind::NotCollected,
                reason: format!("`{host}` was not looked for"),
                wanted: host,
                who_could_answer: "portcullis audit with --root".to_owned(),
            }),
        }
    }
}

/// The mount that a path inside the container lies on: of several the longest.
pub(crate) fn mount_of<'m>(mounts: &'m [Mount], path: &str) -> Option<&'m Mount> {
    mounts.iter().filter(|mount| is_below(path, &mount.container)).max_by_key(|mount| mount.container.len())
}

/// Whether `path` is `folder` or lies in it.
fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The name of a file as its node knows it, where a folder stands for the `/` of that; else that of the evidence.
pub(crate) fn name_below<'e>(root: Option<&str>, id: &'e EvidenceId) -> &'e str {
    let below = root.and_then(|root| id.as_str().strip_prefix(root.trim_end_matches('/')));
    below.filter(|path| path.starts_with('/')).unwrap_or(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_decides() {
        let mounts = [
            Mount { container: "/etc/kubernetes".to_owned(), host: Some("/srv/kube".to_owned()), read_only: false },
            Mount { container: "/etc/kubernetes/pki".to_owned(), host: Some("/srv/pki/".to_owned()), read_only: false },
            Mount { container: "/run/secret".to_owned(), host: None, read_only: false },
        ];
        let files = Files { root: None, mounts: &mounts, contained: true, evidence: &[], carried: &[] };
        assert_eq!(files.host_path("/etc/kubernetes/pki/ca.crt").as_deref(), Ok("/srv/pki/ca.crt"));
        assert_eq!(files.host_path("/etc/kubernetes/a.yaml").as_deref(), Ok("/srv/kube/a.yaml"));
        assert!(files.host_path("/etc/kubernetes-other/a.yaml").is_err());
        assert!(files.host_path("/run/secret/token").is_err());
        assert!(files.host_path("relative").is_err());
    }
}
