//! Reading ahead: files are read and recognised on all cores while the cluster before them is judged.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use facts::Recognised;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::{
    read::{self, Bytes, Unreadable},
    walk,
};

/// What comes out of a walk, folder by folder.
pub(crate) enum Step {
    /// A folder begins; its entries that could not be looked at, with the reason.
    Enter(PathBuf, Vec<(PathBuf, String)>),
    /// Files of it, in their order.
    Files(Vec<Looked>),
    /// It has no more.
    Leave,
}

/// One file, and what it is.
pub(crate) struct Looked {
    pub(crate) path: PathBuf,
    pub(crate) what: Result<Recognised, Unreadable>,
}

/// Files that are read at a time: a folder of any size takes little memory.
const BATCH: usize = 256;

/// Steps that wait to be taken; with the one that is made and the one that is judged, that bounds the memory.
const WAITING: usize = 4;

/// Walks the folders at and below `top` and hands over what they hold, each file no larger than `largest` bytes.
pub(crate) fn folders(top: &Path, largest: u64, take: &mut dyn FnMut(Step)) {
    let (sender, steps) = mpsc::sync_channel(WAITING);
    thread::scope(|scope| {
        scope.spawn(move || {
            walk::folders(top, &mut |folder| {
                // Whoever takes them is only gone where a panic ends the run.
                let _ = walked(folder, largest, &sender);
            });
        });
        steps.iter().for_each(take);
    });
}

fn walked(folder: walk::Folder, largest: u64, sender: &mpsc::SyncSender<Step>) -> Result<(), mpsc::SendError<Step>> {
    sender.send(Step::Enter(folder.path, folder.refused))?;
    for batch in folder.files.chunks(BATCH) {
        sender.send(Step::Files(looked_at(batch, largest)))?;
    }
    sender.send(Step::Leave)
}

fn looked_at(paths: &[PathBuf], largest: u64) -> Vec<Looked> {
    let look = |path: &PathBuf| Looked { path: path.clone(), what: recognised(read::listed(path, largest)) };
    // Starting threads costs more than a few small files do.
    if paths.len() < 8 { paths.iter().map(look).collect() } else { paths.par_iter().map(look).collect() }
}

pub(crate) fn recognised(bytes: Result<Bytes, Unreadable>) -> Result<Recognised, Unreadable> {
    bytes.map(|bytes| facts::recognise(&bytes.content))
}
