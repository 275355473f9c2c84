//! Reading bytes, never more than was allowed.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::walk::reason;

/// What was read.
pub(crate) struct Bytes {
    pub(crate) content: Vec<u8>,
}

/// Why nothing was.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// We looked, and it is not there.
    pub(crate) missing: bool,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => Some("run as a user who may read it".to_owned()),
            _ => None,
        };
        Self { missing: error.kind() == io::ErrorKind::NotFound, reason: reason(&error), hint }
    }
}

/// Reads a regular file.
pub(crate) fn file(path: &Path, largest: u64) -> Result<Bytes, Unreadable> {
    let metadata = fs::metadata(path)?;
    // A pipe or a device could block for ever.
    if !metadata.is_file() {
        return Err(Unreadable {
            missing: false,
            reason: if metadata.is_dir() { "it is a folder".to_owned() } else { "not a regular file".to_owned() },
            hint: None,
        });
    }
    if metadata.len() > largest {
        return Err(too_large(largest));
    }
    let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // The file may grow while it is read.
    File::open(path)?.take(largest + 1).read_to_end(&mut content)?;
    if content.len() as u64 > largest { Err(too_large(largest)) } else { Ok(Bytes { content }) }
}

/// Reads standard input to its end.
pub(crate) fn stream(stream: &mut dyn Read, largest: u64) -> Result<Bytes, Unreadable> {
    let mut content = Vec::new();
    stream.take(largest + 1).read_to_end(&mut content)?;
    if content.len() as u64 > largest { Err(too_large(largest)) } else { Ok(Bytes { content }) }
}

/// Reads a file of a node below `root`, unless links lead elsewhere; without `contents` only makes sure that it is there.
pub(crate) fn below(root: &Path, path: &Path, largest: u64, contents: bool) -> Result<Bytes, Unreadable> {
    let real_root = fs::canonicalize(root)?;
    let real = fs::canonicalize(path)?;
    if !real.starts_with(&real_root) {
        return Err(Unreadable {
            missing: false,
            reason: "a link that leads out of the root".to_owned(),
            hint: Some("copy what it points to into the root".to_owned()),
        });
    }
    if contents { file(&real, largest) } else { Ok(Bytes { content: Vec::new() }) }
}

fn too_large(largest: u64) -> Unreadable {
    Unreadable { missing: false, reason: format!("larger than {} MiB", largest >> 20), hint: None }
}
