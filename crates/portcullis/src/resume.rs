//! Runs that were cut and go on: the lines of `--resume FILE` are the report and the ledger in one.
//!
//! A cluster is a line as soon as it is judged, and a line is whole or cut off at its end. Who is in the file is not asked
//! again; who gave nothing is. The run keeps the day that it began on, so that all of it is judged as of one day, and it goes on
//! with the settings that it began with or not at all. What is kept of a line is what the fleet needs of a cluster.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, TryLockError},
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use audit::AuditTarget;
use report::{Fleet, wire};
use serde::Deserialize;

use crate::settings::{UsageError, plain};

/// Of one line; a cluster of a large file of manifests has a few hundred megabytes.
const LARGEST: u64 = 1 << 30;

/// How a head begins, also one that was cut.
const BEGINS: &[u8] = b"{\"schema\":\"portcullis.report/1\"";

/// The file of a run that goes on.
pub(crate) struct Ledger {
    out: BufWriter<File>,
    name: String,
    /// The clusters that it holds.
    pub(crate) fleet: Fleet,
    /// As of when the run judges, where it was begun before.
    pub(crate) as_of: Option<String>,
    /// By name and target.
    done: BTreeSet<(String, String)>,
    broken: Option<io::Error>,
}

#[derive(Deserialize)]
struct Head {
    schema: String,
    tool: Tool,
    run: Run,
}

#[derive(Deserialize)]
struct Tool {
    version: String,
}

#[derive(Deserialize)]
struct Run {
    as_of: String,
    settings: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct End {
    schema: Option<String>,
}

impl Ledger {
    /// Opens the file, or begins it, for a run with these settings.
    pub(crate) fn open(path: &Path, settings: &BTreeMap<String, String>) -> Result<Self, UsageError> {
        let name = plain(&path.display().to_string());
        let refused = |why: String| UsageError(format!("--resume {name}: {why}"));
        if path.exists() && !path.is_file() {
            return Err(refused("it is no regular file".to_owned()));
        }
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| refused(error.to_string()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(refused("another run writes to it".to_owned())),
            Err(TryLockError::Error(error)) => return Err(refused(error.to_string())),
        }
        let mut fleet = Fleet::default();
        let mut as_of = None;
        let mut whole = 0_u64;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        for number in 1_usize.. {
            line.clear();
            let read = reader.by_ref().take(LARGEST + 1).read_until(b'\n', &mut line);
            let read = read.map_err(|error| refused(error.to_string()))?;
            if read == 0 {
                break;
            }
            let is_cut = line.last() != Some(&b'\n');
            if as_of.is_none() {
                // Nobody's file is written over because its name was mistyped.
                if !(line.starts_with(BEGINS) || is_cut && BEGINS.starts_with(&line)) {
                    return Err(refused(
                        "it holds something else than the lines of a run; name another file".to_owned(),
                    ));
                }
                if is_cut {
                    break;
                }
                let head: Head = serde_json::from_slice(&line)
                    .map_err(|error| refused(format!("its first line is no head of a run: {error}")))?;
                begun_alike(&head, settings).map_err(refused)?;
                as_of = Some(head.run.as_of);
            } else {
                if is_cut {
                    break;
                }
                let end = serde_json::from_slice::<End>(&line).ok().and_then(|end| end.schema);
                if end.is_some_and(|schema| schema == "portcullis.end/1") {
                    break;
                }
                fleet
                    .add_line(&line)
                    .map_err(|why| refused(format!("line {number} is no cluster of this version: {why}")))?;
            }
            whole += read as u64;
        }
        drop(reader);
        let mut out = file;
        out.set_len(whole)
            .and_then(|()| out.seek(SeekFrom::Start(whole)))
            .map_err(|error| refused(error.to_string()))?;
        let done = fleet.members.iter().map(|member| (member.name.clone(), member.target.clone())).collect();
        Ok(Self { out: BufWriter::new(out), name, fleet, as_of, done, broken: None })
    }

    /// Whether nothing was in the file.
    pub(crate) fn is_new(&self) -> bool {
        self.as_of.is_none()
    }

    /// Names and targets of the clusters that it holds.
    pub(crate) fn done(&self) -> BTreeSet<(String, String)> {
        self.done.clone()
    }

    fn holds(&self, name: &str, target: &str) -> bool {
        self.done.contains(&(name.to_owned(), target.to_owned()))
    }

    /// The targets without the clusters that need not be asked. Files are looked at again, which costs nobody anything.
    pub(crate) fn left(&self, targets: Vec<AuditTarget>) -> Vec<AuditTarget> {
        let is_left = |target: &AuditTarget| match target {
            AuditTarget::Live(way) => !self.holds(&way.name, &way.target),
            AuditTarget::Listed(listed) => match listed.targets.as_slice() {
                [AuditTarget::Live(way)] => !self.holds(&way.name, &way.target),
                _ => true,
            },
            AuditTarget::Stdin | AuditTarget::Path(_) => true,
        };
        targets.into_iter().filter(is_left).collect()
    }

    /// Identities of clusters that it holds.
    pub(crate) fn seen(&self) -> BTreeMap<String, String> {
        self.fleet.members.iter().filter_map(|member| Some((member.id.clone()?, member.target.clone()))).collect()
    }

    /// Writes a line; the first thing that goes wrong ends the writing.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
        if self.broken.is_none() {
            self.broken = write(&mut self.out).and_then(|()| self.out.flush()).err();
        }
    }

    /// What kept it from being written.
    pub(crate) fn finish(mut self) -> Result<(), String> {
        self.write(|_| Ok(()));
        match self.broken {
            None => Ok(()),
            Some(error) => Err(format!("cannot write to {}: {error}", self.name)),
        }
    }
}

/// Whether a run that was begun before is this one.
fn begun_alike(head: &Head, settings: &BTreeMap<String, String>) -> Result<(), String> {
    if head.schema != "portcullis.report/1" || head.tool.version != env!("CARGO_PKG_VERSION") {
        return Err(format!("it was begun with portcullis {}; go on with that one", plain(&head.tool.version)));
    }
    let names: BTreeSet<&String> = head.run.settings.keys().chain(settings.keys()).collect();
    let value = |of: &BTreeMap<String, String>, name: &str| of.get(name).map_or("", String::as_str).to_owned();
    for name in names {
        let (then, now) = (value(&head.run.settings, name), value(settings, name));
        if then != now {
            let shown = |value: &str| if value.is_empty() { "unset".to_owned() } else { format!("`{}`", plain(value)) };
            return Err(format!(
                "it was begun with {name} {}, and now that is {}; give the same, or another file",
                shown(&then),
                shown(&now)
            ));
        }
    }
    Ok(())
}

/// What the clusters of an earlier run mean for how this one ends.
pub(crate) fn failed(summary: &wire::Summary, from: audit::Severity) -> bool {
    use audit::Severity::{Critical, High, Info, Low, Medium};
    let by = summary.by_severity;
    let counts = [(Info, by.info), (Low, by.low), (Medium, by.medium), (High, by.high), (Critical, by.critical)];
    counts.iter().any(|(severity, count)| *severity >= from && *count > 0)
}
