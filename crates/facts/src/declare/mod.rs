//! Readers: a file that declares components becomes the command lines they would receive.
//!
//! Each format has a file of its own and ends in the same [`Invocation`](crate::Invocation), so that nothing behind it
//! knows how a setting came to be written.

pub(crate) mod pod;
mod shell;
