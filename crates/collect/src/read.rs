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

/// What kept it from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// We looked, and it is not there.
    Missing,
    /// We looked, and it is a folder.
    Folder,
    /// We could not look, or were not to.
    Other,
}

/// Why nothing was.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) cause: Cause,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => Some("run as a user who may read it".to_owned()),
            _ => None,
        };
        let cause = if error.kind() == io::ErrorKind::NotFound { Cause::Missing } else { Cause::Other };
        Self { cause, reason: reason(&error), hint }
    }
}

/// Reads a regular file.
pub(crate) fn file(path: &Path, largest: u64) -> Result<Bytes, Unreadable> {
    // A pipe or a device could block for ever, so that it must not even be opened.
    let length = length(&fs::metadata(path)?, largest)?;
    contents(&mut File::open(path)?, length, largest)
}

/// Reads a file of which its folder just said that it is a regular one.
pub(crate) fn listed(path: &Path, largest: u64) -> Result<Bytes, Unreadable> {
    let mut file = File::open(path)?;
    let length = length(&file.metadata()?, largest)?;
    contents(&mut file, length, largest)
}

fn length(metadata: &fs::Metadata, largest: u64) -> Result<usize, Unreadable> {
    if metadata.is_dir() {
        return Err(Unreadable { cause: Cause::Folder, reason: "it is a folder".to_owned(), hint: None });
    }
    if !metadata.is_file() {
        return Err(Unreadable { cause: Cause::Other, reason: "not a regular file".to_owned(), hint: None });
    }
    if metadata.len() > largest {
        return Err(too_large(largest));
    }
    Ok(usize::try_from(metadata.len()).unwrap_or(0))
}

/// Reads what is there, which may be more or less than the length says: files in `/proc` have none, others grow.
fn contents(file: &mut File, length: usize, largest: u64) -> Result<Bytes, Unreadable> {
    let mut content = vec![0; length + 1];
    let mut filled = 0;
    loop {
        let room = content.get_mut(filled..).unwrap_or_default();
        match file.read(room) {
            Ok(read) => {
                filled += read;
                // With room for one byte more, a file of its length ends here, and need not be asked again.
                if read == 0 || filled == length && length > 0 {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if filled as u64 > largest {
            return Err(too_large(largest));
        }
        if filled == content.len() {
            content.resize(filled * 2 + 4096, 0);
        }
    }
    content.truncate(filled);
    Ok(Bytes { content })
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
            cause: Cause::Other,
            reason: "a link that leads out of the root".to_owned(),
            hint: Some("copy what it points to into the root".to_owned()),
        });
    }
    if contents {
        return file(&real, largest);
    }
    match fs::metadata(&real)? {
        metadata if metadata.is_dir() => length(&metadata, largest).map(|_| Bytes { content: Vec::new() }),
        _ => Ok(Bytes { content: Vec::new() }),
    }
}

fn too_large(largest: u64) -> Unreadable {
    Unreadable { cause: Cause::Other, reason: format!("larger than {} MiB", largest >> 20), hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whatever_its_length_says() {
        let folder = std::env::temp_dir().join(format!("portcullis-read-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a file of the test");
        let path = folder.join("a");
        for size in [0, 1, 5000] {
            fs::write(&path, vec![b'x'; size]).expect("a file of the test");
            for read in [file, listed] {
                assert_eq!(read(&path, 5000).expect("a file of the test").content.len(), size);
                // The length that was told may be that of a moment ago.
                let mut open = File::open(&path).expect("a file of the test");
                assert_eq!(contents(&mut open, 0, 5000).expect("a file of the test").content.len(), size);
            }
        }
        assert!(file(&path, 4999).is_err() && listed(&path, 4999).is_err());
        let mut open = File::open(&path).expect("a file of the test");
        assert!(contents(&mut open, 0, 4999).is_err());
        assert!(file(&folder, 1).is_err_and(|why| why.cause == Cause::Folder));
        assert!(below(&folder, &folder, 1, false).is_err_and(|why| why.cause == Cause::Folder));
        assert!(below(&folder, &folder.join("a"), 1, false).is_ok());
        assert!(file(&folder.join("b"), 1).is_err_and(|why| why.cause == Cause::Missing));
        fs::remove_dir_all(&folder).expect("a file of the test");
    }
}
