//! What is said to a person, and what kind of terminal that person has.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
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

/// How far a run over many clusters is, on a terminal and nowhere else.
pub(crate) struct Progress {
    total: usize,
    done: usize,
    /// Of those, the ones that gave nothing.
    failed: usize,
    shown: bool,
}

impl Progress {
    pub(crate) fn of(total: usize, quiet: bool) -> Self {
        // One cluster is done before anybody has read the line.
        Self { total, done: 0, failed: 0, shown: total > 1 && !quiet && io::stderr().is_terminal() }
    }

    /// One more is done.
    pub(crate) fn one(&mut self, name: &str) {
        self.done += 1;
        self.show(name);
    }

    /// One more is done, and gave nothing.
    pub(crate) fn failed(&mut self, name: &str) {
        self.failed += 1;
        self.one(name);
    }

    fn show(&self, name: &str) {
        if !self.shown {
            return;
        }
        let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        let failed = if self.failed > 0 { format!(", {} gave nothing", self.failed) } else { String::new() };
        // Files beside the clusters are done as well, and were not counted.
        let total = self.total.max(self.done);
        let _ = write!(io::stderr().lock(), "\r\x1b[K[{}/{total}{failed}] {name}", self.done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown && self.done > 0 {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// What is being done that takes its time, on a terminal and nowhere else, with the seconds that it has taken; gone when it is over.
pub(crate) struct Meanwhile(Option<(Arc<AtomicBool>, JoinHandle<()>)>);

impl Meanwhile {
    /// `what` is asked again each time.
    pub(crate) fn say(what: impl Fn() -> String + Send + 'static, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self(None);
        }
        let over = Arc::new(AtomicBool::new(false));
        let (told, began) = (Arc::clone(&over), Instant::now());
        let teller = move || {
            while !told.load(Ordering::Acquire) {
                let _ = write!(io::stderr().lock(), "\r\x1b[K{}, {} s …", what(), began.elapsed().as_secs());
                thread::park_timeout(Duration::from_millis(500));
            }
        };
        // Without a thread there is nothing to see, and all goes on.
        Self(thread::Builder::new().spawn(teller).ok().map(|teller| (over, teller)))
    }
}

impl Drop for Meanwhile {
    fn drop(&mut self) {
        if let Some((over, teller)) = self.0.take() {
            over.store(true, Ordering::Release);
            teller.thread().unpark();
            let _ = teller.join();
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
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
