//! The three ends of a look: it is there, it is not there, or it could not be seen.

use std::{fmt, io};

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight<T> {
    /// It is there.
    Seen(T),
    /// The peer answered, and what it answered rules this out. That is knowledge.
    NotOffered,
    /// Nothing can be said, and why.
    Unseen(Failure),
}

impl<T> Sight<T> {
    /// What was seen, where it was.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::NotOffered | Self::Unseen(_) => None,
        }
    }

    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Sight<U> {
        match self {
            Self::Seen(value) => Sight::Seen(map(value)),
            Self::NotOffered => Sight::NotOffered,
            Self::Unseen(why) => Sight::Unseen(why),
        }
    }
}

/// Why a conversation ended without what it was for. [`Display`](fmt::Display) says it in a sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name has no address, in the words of the resolver.
    NoAddress(String),
    /// Nothing listens.
    Refused,
    /// The network knows no way, in its words.
    Unreachable(String),
    /// No answer in time.
    TimedOut,
    /// The peer closed or reset the connection before it answered.
    Closed,
    /// More bytes than a conversation may have.
    TooMuch,
    /// What came is no answer to what was asked.
    Garbled(&'static str),
    /// It ended the conversation with an alert of TLS, whose number this is.
    Alert(u8),
    /// It was not asked, and why: a sentence without its full stop.
    Unasked(&'static str),
    /// The time or the number of connections of the whole run is used up.
    Spent,
}

impl Failure {
    /// What an error of a connection means.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::FileTooLarge => Self::TooMuch,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Unreachable(error.to_string()),
        }
    }

    /// Whether nobody answered at all.
    pub fn is_no_peer(&self) -> bool {
        matches!(self, Self::NoAddress(_) | Self::Refused | Self::Unreachable(_) | Self::TimedOut)
    }

    /// Whether the same might come out otherwise a moment later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Unreachable(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress(why) => write!(f, "the name has no address: {why}"),
            Self::Refused => f.write_str("nothing listens there"),
            Self::Unreachable(why) => write!(f, "it cannot be reached: {why}"),
            Self::TimedOut => f.write_str("it did not answer in time"),
            Self::Closed => f.write_str("it closed the connection without an answer"),
            Self::TooMuch => f.write_str("it sent more than a conversation may have"),
            Self::Garbled(what) => write!(f, "it sent {what}"),
            Self::Unasked(why) => f.write_str(why),
            Self::Alert(number) => write!(f, "it ended the handshake with {}", crate::tls::names::alert(*number)),
            Self::Spent => f.write_str("the time or the connections for one endpoint were used up"),
        }
    }
}
