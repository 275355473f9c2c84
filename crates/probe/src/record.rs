//! What went over a connection, byte for byte, for the reader who doubts.

use std::time::Duration;

/// Bytes that are kept of one connection; behind them only their number is.
const MOST: usize = 128 << 10;

/// What of a connection is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    All,
    /// The lengths alone: what comes may be somebody's secret.
    Lengths,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What it was for.
    pub purpose: String,
    pub pieces: Vec<Piece>,
    kept: usize,
}

/// What was sent or received in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Since the connection was opened.
    pub at: Duration,
    pub is_ours: bool,
    /// The bytes, where they are kept.
    pub bytes: Option<Vec<u8>>,
    pub length: usize,
}

impl Exchange {
    pub(crate) fn new(purpose: &str) -> Self {
        Self { purpose: purpose.to_owned(), pieces: Vec::new(), kept: 0 }
    }

    /// One that was recorded before.
    pub fn of(purpose: &str, pieces: Vec<Piece>) -> Self {
        Self { pieces, ..Self::new(purpose) }
    }

    pub(crate) fn add(&mut self, at: Duration, is_ours: bool, bytes: &[u8], keep: Keep) {
        let fits = keep == Keep::All && self.kept + bytes.len() <= MOST;
        if fits {
            self.kept += bytes.len();
        }
        // A peer that sends byte by byte shall not make a list of a million pieces.
        if self.pieces.len() < 4096 {
            self.pieces.push(Piece { at, is_ours, bytes: fits.then(|| bytes.to_vec()), length: bytes.len() });
        }
    }
}
