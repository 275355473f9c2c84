//! The files below a folder, in an order that does not depend on the machine.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What one folder holds directly.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// Files, sorted by name.
    pub(crate) files: Vec<PathBuf>,
    /// Entries that could not be looked at, or that lead out of the tree.
    pub(crate) refused: Vec<(PathBuf, String)>,
}

/// How deep folders may nest; a real tree is far from it, and one that was made to hurt is not.
const DEEPEST: usize = 64;

/// Calls `visit` for every folder at or below `top`, each before its subfolders, both sorted by name.
///
/// Folders behind symbolic links are not entered, so that no link can make the walk endless or take it elsewhere; a link to
/// a file is followed while the file lies within `top`.
pub(crate) fn folders(top: &Path, visit: &mut dyn FnMut(Folder)) {
    let real_top = fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let mut pending = vec![(top.to_owned(), 0usize)];
    while let Some((path, depth)) = pending.pop() {
        let (folder, mut subfolders) = read(path, &real_top);
        if depth < DEEPEST {
            subfolders.sort_unstable_by(|a, b| b.cmp(a));
            pending.extend(subfolders.into_iter().map(|path| (path, depth + 1)));
        }
        visit(folder);
    }
}

fn read(path: PathBuf, real_top: &Path) -> (Folder, Vec<PathBuf>) {
    let mut folder = Folder { files: Vec::new(), refused: Vec::new(), path };
    let mut subfolders = Vec::new();
    let entries = match fs::read_dir(&folder.path) {
        Ok(entries) => entries,
        Err(error) => {
            folder.refused.push((folder.path.clone(), reason(&error)));
            return (folder, subfolders);
        }
    };
    for entry in entries {
        let (path, kind) = match entry.and_then(|entry| entry.file_type().map(|kind| (entry.path(), kind))) {
            Ok(found) => found,
            Err(error) => {
                folder.refused.push((folder.path.clone(), reason(&error)));
                continue;
            }
        };
        if kind.is_dir() {
            // A repository's own store holds copies of every file that it ever had.
            if path.file_name().is_some_and(|name| name == ".git") {
                continue;
            }
            subfolders.push(path);
        } else if kind.is_file() {
            folder.files.push(path);
        } else if kind.is_symlink() {
            match fs::canonicalize(&path) {
                Ok(real) if !real.starts_with(real_top) => {
                    folder.refused.push((path, "a link that leads out of the folder".to_owned()));
                }
                Ok(real) if real.is_file() => folder.files.push(path),
                Ok(_) => {}
                Err(error) => folder.refused.push((path, reason(&error))),
            }
        }
    }
    folder.files.sort_unstable();
    folder.refused.sort_unstable();
    (folder, subfolders)
}

/// What a folder holds directly, sorted by name.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

/// The same with what lies in its subfolders, of which those behind links are not entered.
pub(crate) fn names_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending: Vec<(PathBuf, usize)> = names(folder)?.into_iter().map(|path| (path, 0)).collect();
    while let Some((path, depth)) = pending.pop().filter(|_| found.len() < MOST_NAMES) {
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|what| what.is_dir());
        if is_folder && depth < DEEPEST_DROP_INS {
            pending.extend(names(&path)?.into_iter().map(|path| (path, depth + 1)));
        } else if !is_folder {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// How deep folders of drop-ins may nest, and how many files they may hold.
const DEEPEST_DROP_INS: usize = 16;
const MOST_NAMES: usize = 10_000;

/// What went wrong, in words that do not depend on the platform.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}
