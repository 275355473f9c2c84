//! A TOML file that the user wrote for us, with its places.
//!
//! Every mistake in it is underlined where it stands, all of them at once. The file may come from anywhere: its size is
//! bounded, and nothing of it reaches the terminal as it is.

use std::{
    fs::File,
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
};

use audit::nearest;
use report::Mistake;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Result, UsageError, plain};
use crate::terminal;

/// More than anybody writes by hand; beyond it a file is something else.
const LARGEST: u64 = 1 << 20;

/// Mistakes that are shown of one file.
const SHOWN: usize = 8;

/// The text of one file.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Reads a file within its limit.
    pub(crate) fn read(path: &Path, what: &str) -> Result<Self> {
        let refused = |why: &str| UsageError(format!("cannot read {what} `{}`: {why}", shown(path)));
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
        read.map_err(|error| refused(&why(&error)))?;
        if bytes.len() as u64 > LARGEST {
            return Err(refused("it is larger than 1 MiB"));
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| refused(&format!("byte {} is not UTF-8", error.utf8_error().valid_up_to())))?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// The name it is shown by.
    pub(crate) fn name(&self) -> String {
        shown(&self.path)
    }

    /// What the file holds, or where it is no TOML.
    pub(crate) fn parse(&self) -> Result<DeTable<'_>> {
        DeTable::parse(&self.text).map(Spanned::into_inner).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.refused(&[mistake(error.message(), span, "", None)])
        })
    }

    /// An error that shows each mistake in its line, first ones first.
    pub(crate) fn refused(&self, mistakes: &[Mistake]) -> UsageError {
        let mut mistakes: Vec<&Mistake> = mistakes.iter().collect();
        mistakes.sort_by_key(|mistake| mistake.start);
        let width = terminal::width();
        let mut parts: Vec<String> = mistakes
            .iter()
            .take(SHOWN)
            .map(|mistake| report::mistake(&self.name(), &self.text, mistake, width))
            .collect();
        if mistakes.len() > SHOWN {
            parts.push(format!("error: and {} more mistakes in {}", mistakes.len() - SHOWN, self.name()));
        }
        // Who prints the error says that it is one.
        let text = parts.join("\n\n");
        UsageError(text.strip_prefix("error: ").unwrap_or(&text).to_owned())
    }

    /// Line and column of a byte.
    pub(crate) fn place(&self, at: usize) -> (u32, u32) {
        report::place(&self.text, at)
    }
}

fn shown(path: &Path) -> String {
    plain(&path.display().to_string())
}

/// What went wrong, in the words of the other messages.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => {
            // The number behind it tells a person nothing.
            let text = error.to_string();
            text.split(" (os error ").next().unwrap_or_default().to_lowercase()
        }
    }
}

pub(crate) fn mistake(message: &str, span: Range<usize>, label: &str, help: Option<String>) -> Mistake {
    Mistake { message: message.to_owned(), start: span.start, end: span.end, label: label.to_owned(), help }
}

/// A key that is none of those there are.
pub(crate) fn unknown_key(key: &str, span: Range<usize>, known: &[&str]) -> Mistake {
    let typed = plain(key);
    match nearest(key, known.iter().copied()) {
        Some(name) => mistake(&format!("no key `{typed}`"), span, &format!("perhaps `{name}`"), None),
        None => mistake(&format!("no key `{typed}`"), span, "", Some(format!("there is {}", known.join(", ")))),
    }
}

/// A value that is of another kind than the key takes.
pub(crate) fn wrong_kind(key: &str, value: &Spanned<DeValue<'_>>, takes: &str) -> Mistake {
    let article = if value.get_ref().type_str().starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    let label = format!("this is {article} {}", value.get_ref().type_str());
    mistake(&format!("`{key}` takes {takes}"), value.span(), &label, None)
}
