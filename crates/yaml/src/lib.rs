//! Lossless YAML: what a text says, where it says it, and the smallest edit that changes it.
//!
//! An auditor has to point. So every node keeps the bytes it came from, comments are kept, an alias stays an alias,
//! and a scalar keeps its text and its style until somebody asks what it means. Reading never fails: what is wrong
//! with a text is a list of [`Fault`]s beside the documents that could be read. JSON is YAML, and is read as such, only faster.
//!
//! Scalars are resolved and `<<` keys are merged as go-yaml v2 does, because that is the reader whose opinion counts
//! for the files we look at. Otherwise this crate knows nothing of what the documents are about, reads no file, and
//! never prints. No other crate may name the parser underneath.
//!
//! Input comes from strangers: depth, nodes, aliases, documents and bytes are bounded by [`Limits`], and a document
//! whose aliases would expand beyond them is cut, so that no walk over a tree can run away.
//!
//! Start at [`parse()`] and [`Cursor`]; changes begin at [`edit`].

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod edit;

mod base64;
mod cursor;
mod decode;
mod lines;
mod parse;
mod places;
mod scalar;
mod skim;
mod source;
mod tree;

pub use crate::base64::base64;
pub use crate::cursor::{Cursor, Entries, Item};
pub use crate::decode::{EncodingFault, decode};
pub use crate::lines::{Lines, line_column};
pub use crate::parse::{Limits, outline, parse};
pub use crate::scalar::{Resolved, Scalar, Style, Tag};
pub use crate::tree::{Comment, Document, Entry, Fault, FaultKind, Mapping, Node, Sequence, Span, Stream, Value};
