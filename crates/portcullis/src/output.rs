//! Where results go: standard output and files, each in its format.
//!
//! Every place is tried before anything is looked at, so that a run of an hour does not end in a folder that cannot be
//! written. A file is written beside its name and takes it when it is whole: who reads it never sees half a report, and a
//! failed run leaves the old one.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process,
};

use crate::{
    args,
    exit::Exit,
    settings::{UsageError, plain, unknown, why},
    terminal::talk,
};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For a person.
    Human,
    /// A line for each cluster, as it is done.
    Jsonl,
    /// Days for a calendar.
    Calendar,
    /// A finished report, converted.
    Whole(report::Format),
}

impl Format {
    pub(crate) const JSON: Self = Self::Whole(report::Format::Json);
    /// What every command can write.
    pub(crate) const COMMON: [(&str, Self); 2] = [("human", Self::Human), ("json", Self::JSON)];
    /// What verdicts can be written as.
    pub(crate) const AUDIT: [(&str, Self); 9] = [
        ("human", Self::Human),
        ("json", Self::JSON),
        ("jsonl", Self::Jsonl),
        ("sarif", Self::Whole(report::Format::Sarif)),
        ("junit", Self::Whole(report::Format::Junit)),
        ("markdown", Self::Whole(report::Format::Markdown)),
        ("csv", Self::Whole(report::Format::Csv)),
        ("html", Self::Whole(report::Format::Html)),
        ("kube-bench", Self::Whole(report::Format::KubeBench)),
    ];

    /// The format of that name, among those that a command can write.
    pub(crate) fn find(name: &str, among: &[(&str, Self)]) -> Result<Self, UsageError> {
        let known = among.iter().find(|(known, _)| *known == name);
        let names: Vec<&str> = among.iter().map(|(name, _)| *name).collect();
        known.map(|(_, format)| *format).ok_or_else(|| {
            if Self::AUDIT.iter().any(|(known, _)| *known == name) {
                UsageError(format!("only audit writes {name}; there is {}", names.join(", ")))
            } else {
                unknown("format", name, &names)
            }
        })
    }
}

/// One result that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Stdout,
    File(PathBuf),
}

/// What `--format` and `--output` come to. `FILE` takes the result from standard output; `FORMAT=FILE` stands beside it.
pub(crate) fn outputs(args: &args::Look, among: &[(&str, Format)]) -> Result<Vec<Output>, UsageError> {
    let chosen = Format::find(&args.format, among)?;
    let mut outputs: Vec<Output> = Vec::new();
    let mut taken = false;
    for typed in &args.output {
        let (format, path) = match named(typed, among)? {
            Some((format, path)) => (format, path),
            None => {
                taken = true;
                (chosen, typed.clone())
            }
        };
        let place = if path == Path::new("-") { Place::Stdout } else { Place::File(path) };
        outputs.push(Output { format, place });
    }
    if !taken && !outputs.iter().any(|output| output.place == Place::Stdout) {
        outputs.insert(0, Output { format: chosen, place: Place::Stdout });
    }
    let mut known: Vec<Place> = Vec::new();
    for output in &outputs {
        let place = match &output.place {
            Place::Stdout => Place::Stdout,
            Place::File(path) => Place::File(real(path)),
        };
        if known.contains(&place) {
            return Err(UsageError(format!(
                "--output: {} is given twice; a result would be lost",
                output.place.name()
            )));
        }
        output.place.is_no_target(&args.seek.targets)?;
        known.push(place);
    }
    Ok(outputs)
}

/// `FORMAT=FILE`, or nothing where the text is the name of a file.
fn named(typed: &Path, among: &[(&str, Format)]) -> Result<Option<(Format, PathBuf)>, UsageError> {
    // A name that is no Unicode begins with no format either.
    let Some(text) = typed.to_str() else { return Ok(None) };
    if Format::AUDIT.iter().any(|(name, _)| *name == text) {
        let word = plain(text);
        return Err(UsageError(format!(
            "--output {word} would write a file of that name; for the format write --format {word}, for the file ./{word}"
        )));
    }
    let Some((format, path)) = text.split_once('=') else { return Ok(None) };
    if format.contains(['/', '.']) {
        return Ok(None);
    }
    let format = Format::find(format, among)
        .map_err(|UsageError(why)| UsageError(format!("--output {}: {why}; or ./FILE for a file", plain(text))))?;
    if path.is_empty() {
        return Err(UsageError(format!("--output {}: the name of a file is missing", plain(text))));
    }
    Ok(Some((format, PathBuf::from(path))))
}

/// One name for one file, whether it is there yet or not.
fn real(path: &Path) -> PathBuf {
    let folder = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(folder).unwrap_or_else(|| path.to_owned())
}

impl Place {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdout => "standard output".to_owned(),
            Self::File(path) => format!("`{}`", plain(&path.display().to_string())),
        }
    }

    /// Refuses to write over what is to be looked at.
    pub(crate) fn is_no_target(&self, targets: &[String]) -> Result<(), UsageError> {
        let Self::File(path) = self else { return Ok(()) };
        let path = real(path);
        if targets.iter().any(|target| real(Path::new(target)) == path) {
            let name = self.name();
            return Err(UsageError(format!("--output: {name} is what is to be looked at; write the result elsewhere")));
        }
        Ok(())
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// A place that can be written. Nothing takes its name before [`finish`](Self::finish).
pub(crate) struct Sink {
    place: Place,
    out: Option<Out>,
    /// The first thing that went wrong; nothing is written after it.
    broken: Option<io::Error>,
}

/// What a sink writes to.
struct Out {
    out: io::BufWriter<Box<dyn io::Write>>,
    unfinished: Option<Unfinished>,
}

/// A file that is written and does not have its name yet; gone if it never gets it.
struct Unfinished {
    now: PathBuf,
    then: PathBuf,
}

fn unwritten(error: &io::Error) -> String {
    // A file that is not there is made.
    if error.kind() == io::ErrorKind::NotFound { "no such folder".to_owned() } else { why(error) }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.now);
    }
}

impl Sink {
    /// Makes sure that the place can be written.
    ///
    /// A file is made and taken away again: most results are written at the end, and a run that is stopped before that leaves
    /// nothing behind.
    pub(crate) fn open(place: &Place) -> Result<Self, UsageError> {
        let out = Out::open(place).map_err(|error| {
            UsageError(format!("cannot write the result to {}: {}", place.name(), unwritten(&error)))
        })?;
        Ok(Self { place: place.clone(), out: Some(out).filter(|out| out.unfinished.is_none()), broken: None })
    }

    pub(crate) fn stdout() -> Self {
        Self { place: Place::Stdout, out: None, broken: None }
    }

    pub(crate) fn write(&mut self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
        if self.broken.is_none() {
            self.broken = self.out().and_then(|out| write(&mut out.out)).err();
        }
    }

    /// Keeps what went wrong, so that the file never gets its name.
    fn noted<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done {
            self.broken.get_or_insert_with(|| io::Error::new(error.kind(), error.to_string()));
        }
        done
    }

    /// Leaves the place as it was.
    pub(crate) fn abandon(self) {
        drop(self);
    }

    fn out(&mut self) -> io::Result<&mut Out> {
        let out = match self.out.take() {
            Some(out) => out,
            None => Out::open(&self.place)?,
        };
        Ok(self.out.insert(out))
    }

    /// Gives the file its name. A reader that went away (`| head`) is no failure of ours; a full disk is.
    pub(crate) fn finish(mut self) -> Exit {
        // A result that is empty is a result.
        self.write(|out| out.flush());
        let named = match self.out.as_ref().and_then(|out| out.unfinished.as_ref()) {
            Some(file) if self.broken.is_none() => fs::rename(&file.now, &file.then),
            _ => Ok(()),
        };
        match self.broken.map_or(named, Err) {
            Ok(()) => Exit::Done,
            Err(error) if self.place == Place::Stdout && error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Err(error) => {
                talk(&format!("error: cannot write the result to {}: {}", self.place.name(), unwritten(&error)));
                Exit::Fault
            }
        }
    }
}

/// What is too long to be held is written as it comes. Who writes hears of what goes wrong, and so does whoever finishes.
impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out().and_then(|out| out.out.write(bytes));
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out().and_then(|out| out.out.flush());
        self.noted(flushed)
    }
}

impl Out {
    fn open(place: &Place) -> io::Result<Self> {
        let (out, unfinished): (Box<dyn io::Write>, _) = match place {
            Place::Stdout => (Box::new(io::stdout()), None),
            Place::File(path) => {
                let (file, unfinished) = create(path)?;
                (Box::new(file), unfinished)
            }
        };
        Ok(Self { out: io::BufWriter::new(out), unfinished })
    }
}

/// A new file beside the one that is wanted, with the rights of the one it replaces.
///
/// What is no regular file, such as `/dev/null` or a pipe, is written as it is.
fn create(path: &Path) -> io::Result<(File, Option<Unfinished>)> {
    let known = match fs::metadata(path) {
        Ok(known) => Some(known),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Who may not write to a file shall not replace it either. A folder says here that it is one.
    let existing = known.as_ref().map(|_| File::options().write(true).open(path)).transpose()?;
    if let (Some(file), Some(known)) = (existing, &known)
        && !known.is_file()
    {
        return Ok((file, None));
    }
    // A link stays a link, also one to nothing yet.
    let then = real(
        &fs::read_link(path)
            .map_or_else(|_| path.to_owned(), |to| path.parent().map_or_else(|| to.clone(), |folder| folder.join(&to))),
    );
    let name = then.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    // In a container every run may have the same number, and a run that was killed may have left its file.
    let (now, file) = (0..100)
        .map(|turn| {
            let mut hidden = OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{turn}", process::id()));
            let now = then.with_file_name(hidden);
            File::options().write(true).create_new(true).open(&now).map(|file| (now, file))
        })
        .find(|made| !made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists))
        .unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into()))?;
    let unfinished = Unfinished { now, then };
    if let Some(known) = known {
        file.set_permissions(known.permissions())?;
    }
    Ok((file, Some(unfinished)))
}
