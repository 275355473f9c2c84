//! How much is asked of a peer, and how fast.

use std::time::Duration;

/// What one conversation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first packet to the last.
    pub time: Duration,
    /// Bytes that are read of it.
    pub bytes: usize,
}

/// What all conversations with one address may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least time between the starts of two connections.
    pub gap: Duration,
    /// For all of them.
    pub time: Duration,
    /// How many there may be; the longest list of suites of one server needs far less.
    pub connections: u32,
    /// How often a connection is tried again that was lost on the way.
    pub retries: u32,
    /// How long a connection may take to be opened.
    pub connect: Duration,
    /// Connections that ask things over HTTP at a time.
    pub side_by_side: usize,
    pub conversation: Limits,
}

impl Pace {
    /// Ten connections a second, one at a time, and over in five seconds for a server of Kubernetes: fewer than a browser opens for one
    /// page, and a fraction of what scanners of TLS take, which open hundreds side by side.
    pub const GENTLE: Self = Self {
        gap: Duration::from_millis(100),
        time: Duration::from_secs(120),
        connections: 300,
        retries: 1,
        connect: Duration::from_secs(5),
        side_by_side: 1,
        conversation: Limits { time: Duration::from_secs(5), bytes: 1 << 20 },
    };

    /// As fast as the peer answers, for endpoints of one's own.
    pub const FAST: Self = Self { gap: Duration::ZERO, side_by_side: 4, ..Self::GENTLE };
}
