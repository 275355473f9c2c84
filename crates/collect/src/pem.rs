//! Files of certificates and keys, wherever they lie: for whoever wants to know of all of them and not of those alone that
//! a component names.

use std::path::{Path, PathBuf};

use facts::Redactor;
use model::{Evidence, EvidenceId, Kind, Plane};

use crate::{
    read,
    walk::{self, Folder},
};

/// The largest bundle of authorities that anybody ships has a quarter of it.
const LARGEST: u64 = 2 << 20;

/// Files that are read of one target.
const MOST: usize = 20_000;

/// The files at or below a path that hold PEM, in the order of their names. What cannot be read is told by whoever looks
/// at the same path for other things.
pub fn pem(path: &Path, redactor: &mut Redactor) -> Vec<Evidence> {
    let mut paths: Vec<PathBuf> = Vec::new();
    if path.is_dir() {
        walk::folders(path, &mut |Folder { files, .. }| paths.extend(files));
    } else {
        paths.push(path.to_owned());
    }
    paths.truncate(MOST);
    let read = |path: PathBuf| {
        let bytes = read::file(&path, LARGEST).ok()?.content;
        let begins = bytes.windows(11).any(|window| window == b"-----BEGIN ");
        let text = begins.then(|| facts::text(&bytes).ok())??;
        let id = EvidenceId::new(path.display().to_string());
        Some(redactor.evidence(id, Plane::Declared, Kind::ConfigFile, &text))
    };
    paths.into_iter().filter_map(read).collect()
}
