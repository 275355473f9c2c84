//! Two reports, read and compared.

use std::io;

use report::{compare, wire};

use crate::simulate::target_of;

/// Of one report, in bytes; that of a fleet of thousands of clusters fits.
const LARGEST: u64 = 1 << 30;

/// Reads two reports, the older first, and says what changed.
///
/// # Errors
///
/// Names the one that is no report that can be compared, with the place, and why.
pub fn diff(older: &str, newer: &str, stdin: &mut dyn io::Read) -> Result<wire::Diff, String> {
    let a = read(older, stdin)?;
    let b = read(newer, stdin)?;
    Ok(compare::compare((older, a), (newer, b)))
}

fn read(name: &str, stdin: &mut dyn io::Read) -> Result<compare::Old, String> {
    let text = collect::bytes(&target_of(name), LARGEST, stdin).map_err(|why| format!("{name}: {why}"))?;
    compare::read(&text).map_err(|unreadable| match unreadable.place {
        Some((line, column)) => format!("{name}:{line}:{column}: {}", unreadable.message),
        None => format!("{name}: {}", unreadable.message),
    })
}
