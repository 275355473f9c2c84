//! What is said to a person, and what kind of terminal that person has.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
};

use crate::{args::Color, exit::Exit, output::Sink};

/// Writes a text to standard output.
pub(crate) fn print(text: &str) -> Exit {
    let mut out = Sink::stdout();
    out.write(|out| out.write_all(text.as_bytes()));
    out.finish()
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

/// Columns to fill: those of the terminal, between what can be read and what can be taken in. `COLUMNS` has the last word.
pub(crate) fn width() -> usize {
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size_of(io::stdout()).map(|(columns, _)| usize::from(columns.0));
    told.or_else(seen).unwrap_or(80).clamp(60, 100)
}

/// Columns to fill with rows of which each is a line: as many as it takes where nobody sees them wrapped.
pub(crate) fn width_of_rows() -> usize {
    if io::stdout().is_terminal() || env::var_os("COLUMNS").is_some() { width() } else { usize::MAX }
}
