//! Runs that were cut and go on: the lines of `--resume FILE` are the report and the ledger in one.
//!
//! A cluster is a line as soon as it is judged, and a line is whole or cut off at its end. Who is in the file is not asked
//! again; who gave nothing is. The run keeps the day that it began on, so that all of it is judged as of one day, and it goes on
//! with the settings that it began with or not at all. What is kept of a line is what the fleet needs of a cluster.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, TryLockError},
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::Path,
};

use audit::{Account, AuditTarget, Inputs};
use report::{Fleet, RunProblem, wire};
use serde::{Deserialize, Serialize};

use crate::settings::{UsageError, plain, why};

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
    /// By name and target, with what else came of those that were asked.
    pub(crate) done: BTreeMap<(String, String), Option<Account>>,
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

/// Any line behind the head.
#[derive(Deserialize)]
struct Line {
    schema: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    target: String,
    asking: Option<Asking>,
}

/// What is written of a cluster that was asked besides what a report says of it, which at its end says it of all together.
#[derive(Deserialize, Serialize)]
struct Asking {
    inputs: [usize; 6],
    problems: Vec<Problem>,
}

#[derive(Deserialize, Serialize)]
struct Problem {
    target: String,
    message: String,
    hint: Option<String>,
    place: Option<(String, Option<(u32, u32)>)>,
}

impl From<&Account> for Asking {
    fn from(account: &Account) -> Self {
        let Inputs { judged, supporting, not_ours, templated, broken, unread } = account.inputs;
        let problem = |known: &RunProblem| {
            let RunProblem { target, message, hint, place } = known.clone();
            Problem { target, message, hint, place }
        };
        let inputs = [judged, supporting, not_ours, templated, broken, unread];
        Self { inputs, problems: account.problems.iter().map(problem).collect() }
    }
}

impl From<Asking> for Account {
    fn from(asking: Asking) -> Self {
        let [judged, supporting, not_ours, templated, broken, unread] = asking.inputs;
        let problem = |Problem { target, message, hint, place }| RunProblem { target, message, hint, place };
        let inputs = Inputs { judged, supporting, not_ours, templated, broken, unread };
        Self { inputs, problems: asking.problems.into_iter().map(problem).collect() }
    }
}

impl Ledger {
    /// Opens the file, or begins it, for a run with these settings.
    ///
    /// Of a cluster that did not answer, and that files show as well, the files were judged; where it answers now it would
    /// stand there twice, so that what was judged of them alone is taken out and judged again.
    pub(crate) fn open(
        path: &Path,
        settings: &BTreeMap<String, String>,
        targets: &[AuditTarget],
    ) -> Result<Self, UsageError> {
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
        let mut done = BTreeMap::new();
        let mut as_of = None;
        let mut whole = 0_u64;
        let mut kept: Vec<Range<u64>> = Vec::new();
        let mut is_short = false;
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
                let no_cluster = |why: String| refused(format!("line {number} is no cluster of this version: {why}"));
                let read: Line = serde_json::from_slice(&line).map_err(|error| no_cluster(error.to_string()))?;
                if read.schema.is_some_and(|schema| schema == "portcullis.end/1") {
                    break;
                }
                if read.asking.is_none() && may_answer(targets, &read.name) {
                    is_short = true;
                    whole += line.len() as u64;
                    continue;
                }
                fleet.add_line(&line).map_err(no_cluster)?;
                done.insert((read.name, read.target), read.asking.map(Account::from));
            }
            kept.push(whole..whole + read as u64);
            whole += read as u64;
        }
        drop(reader);
        let mut out = file;
        if is_short {
            out = again(path, &out, &kept).map_err(|error| refused(error.to_string()))?;
            whole = kept.iter().map(|line| line.end - line.start).sum();
        }
        out.set_len(whole)
            .and_then(|()| out.seek(SeekFrom::Start(whole)))
            .map_err(|error| refused(error.to_string()))?;
        Ok(Self { out: BufWriter::new(out), name, fleet, as_of, done, broken: None })
    }

    /// Whether nothing was in the file.
    pub(crate) fn is_new(&self) -> bool {
        self.as_of.is_none()
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

    /// Writes a cluster, and what else came of asking it.
    pub(crate) fn add(&mut self, cluster: &wire::Cluster, account: Option<&Account>) {
        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            cluster: &'a wire::Cluster,
            asking: Asking,
        }
        self.write(|out| match account {
            None => report::lines::cluster(cluster, out),
            Some(account) => report::lines::line(&Whole { cluster, asking: account.into() }, out),
        });
    }

    /// What kept it from being written.
    pub(crate) fn finish(mut self) -> Result<(), String> {
        self.write(|_| Ok(()));
        match self.broken {
            None => Ok(()),
            Some(error) => Err(format!("cannot write to {}: {}", self.name, why(&error))),
        }
    }
}

/// Whether a cluster is one of the list that is asked besides.
fn may_answer(targets: &[AuditTarget], name: &str) -> bool {
    targets.iter().any(|target| match target {
        AuditTarget::Listed(listed) => listed.is_mixed() && listed.is_called(name),
        _ => false,
    })
}

/// Writes some lines of a file into a new one in its place. Whoever is cut meanwhile finds the old one.
fn again(path: &Path, file: &File, kept: &[Range<u64>]) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = Path::new(&name);
    let mut new = File::options().read(true).write(true).create(true).truncate(true).open(part)?;
    new.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::other("another run writes to it"),
        TryLockError::Error(error) => error,
    })?;
    let mut old = file;
    for line in kept {
        old.seek(SeekFrom::Start(line.start))?;
        io::copy(&mut old.take(line.end - line.start), &mut new)?;
    }
    new.sync_all()?;
    std::fs::rename(part, path)?;
    Ok(new)
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
