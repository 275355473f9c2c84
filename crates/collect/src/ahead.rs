//! Reading ahead: files are read and recognised on all cores while the cluster before them is judged.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
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

/// Steps that wait to be taken, three of them for a small folder; with the one that is judged, that bounds the memory.
const WAITING: usize = 24;

/// A step on its way: files are looked at side by side, also those of the folders behind them, and come in their order.
enum Coming {
    Here(Step),
    Files(mpsc::Receiver<Vec<Looked>>),
}

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
        for step in steps {
            match step {
                Coming::Here(step) => take(step),
                Coming::Files(files) => take(Step::Files(files.recv().expect("files are looked at"))),
            }
        }
    });
}

fn walked(
    folder: walk::Folder,
    largest: u64,
    sender: &mpsc::SyncSender<Coming>,
) -> Result<(), mpsc::SendError<Coming>> {
    sender.send(Coming::Here(Step::Enter(folder.path, folder.refused)))?;
    let mut files = folder.files;
    while !files.is_empty() {
        let rest = files.split_off(files.len().min(BATCH));
        let batch = std::mem::replace(&mut files, rest);
        let (done, coming) = mpsc::sync_channel(1);
        sender.send(Coming::Files(coming))?;
        rayon::spawn(move || {
            // A panic on a thread of the pool would end the process; so it ends the run, where the files are missed.
            if let Ok(looked) = catch_unwind(AssertUnwindSafe(|| looked_at(&batch, largest))) {
                let _ = done.send(looked);
            }
        });
    }
    sender.send(Coming::Here(Step::Leave))
}

fn looked_at(paths: &[PathBuf], largest: u64) -> Vec<Looked> {
    let look = |path: &PathBuf| Looked { path: path.clone(), what: recognised(read::listed(path, largest)) };
    paths.par_iter().map(look).collect()
}

pub(crate) fn recognised(bytes: Result<Bytes, Unreadable>) -> Result<Recognised, Unreadable> {
    bytes.map(|bytes| facts::recognise(&bytes.content))
}
