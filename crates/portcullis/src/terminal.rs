//! Standard output and standard error, and what kind of terminal they are.

use std::{
    env,
    fs::File,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

use crate::{args::Color, exit::Exit, settings::plain};

/// Writes a text where it belongs: to a file, or to standard output.
pub(crate) fn print(text: &str, file: Option<&Path>) -> Exit {
    written(file, &|out| out.write_all(text.as_bytes()))
}

/// Writes a value as JSON, without holding all of its text.
pub(crate) fn print_json(value: &impl serde::Serialize, file: Option<&Path>) -> Exit {
    written(file, &|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// A reader that went away (`| head`) is no failure of ours; a full disk is.
fn written(file: Option<&Path>, write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>) -> Exit {
    let result = match file {
        Some(path) => File::create(path).map(io::BufWriter::new).and_then(|mut out| {
            write(&mut out)?;
            out.flush()
        }),
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            write(&mut out).and_then(|()| out.flush())
        }
    };
    match result {
        Ok(()) => Exit::Done,
        Err(error) if file.is_none() && error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => {
            let place = file.map_or_else(
                || "standard output".to_owned(),
                |path| format!("`{}`", plain(&path.display().to_string())),
            );
            talk(&format!("error: cannot write the result to {place}: {error}"));
            if file.is_some() { Exit::Usage } else { Exit::Fault }
        }
    }
}

/// Says something to the person, beside the result. Nobody may be listening, and that is fine.
pub(crate) fn talk(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether results are coloured (<https://no-color.org>).
pub(crate) fn color(wish: Color, to_file: bool) -> bool {
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
            !to_file
                && io::stdout().is_terminal()
                && !set("NO_COLOR")
                && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Columns to fill: what the environment says, between what can be read and what can be taken in.
pub(crate) fn width() -> usize {
    let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let columns = columns.unwrap_or(80usize);
    columns.clamp(60, 100)
}
