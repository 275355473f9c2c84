//! How a run ends: one policy for every command.

use std::process::ExitCode;

/// What the caller learns from the exit status. Where several hold, the first of 4, 2, 1, 3 is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and nothing failed at or above `--fail-on`.
    Done,
    /// Something failed.
    Failed,
    /// The call was wrong; nothing was looked at.
    Usage,
    /// Not enough was seen.
    NotEnough,
    /// Our own fault.
    Fault,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotEnough => 3,
            Self::Fault => 4,
        }
    }

    /// The one of two that is told.
    pub(crate) fn or(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Fault => 0,
            Self::Usage => 1,
            Self::Failed => 2,
            Self::NotEnough => 3,
            Self::Done => 4,
        };
        if rank(other) < rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_news_is_told() {
        assert_eq!(Exit::NotEnough.or(Exit::Failed), Exit::Failed);
        assert_eq!(Exit::Failed.or(Exit::NotEnough), Exit::Failed);
        assert_eq!(Exit::Failed.or(Exit::Usage), Exit::Usage);
        assert_eq!(Exit::Fault.or(Exit::Usage), Exit::Fault);
        assert_eq!(Exit::Done.or(Exit::NotEnough), Exit::NotEnough);
        assert_eq!(
            [0, 1, 2, 3, 4],
            [Exit::Done, Exit::Failed, Exit::Usage, Exit::NotEnough, Exit::Fault].map(Exit::code)
        );
    }
}
