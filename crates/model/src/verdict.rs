//! Questions and their answers.

use crate::{Gap, Location, Origin, Plane, Remedy, Safety};

/// How bad the fault is, counted by what an attacker must already have. Best first, so that the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// Worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

/// How sure a finding is, surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    Possible,
    Probable,
    Certain,
}

impl Confidence {
    pub fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Probable => "probable",
            Self::Certain => "certain",
        }
    }
}

/// What is known of a rule before it is asked.
#[derive(Clone, Copy, Debug)]
pub struct RuleCard {
    /// The control's name; its meaning never changes.
    pub id: &'static str,
    /// States the fault.
    pub title: &'static str,
    pub severity: Severity,
    /// The boldest remedy the rule proposes.
    pub fix: Option<Safety>,
    /// The Markdown page that explains the rule and tests it.
    pub page: &'static str,
}

/// A place with something to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub at: Location,
    pub text: String,
}

/// Something wrong, in one place, with the reasons to believe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What inside the component is judged; `None` when the component itself is.
    pub subject: Option<String>,
    /// The flag or field the finding is about.
    pub setting: Option<String>,
    /// One sentence about this instance, naming the value, without its full stop.
    pub message: String,
    /// Only one that the control lists; else the rule's.
    pub severity: Option<Severity>,
    pub confidence: Confidence,
    /// Where to look first; the type makes it impossible to forget.
    pub primary: Origin,
    pub because: Vec<Label>,
    pub remedy: Option<Remedy>,
}

/// The answer to a question that could be asked. No findings and no gaps is a pass, and `seen` is what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub seen: Vec<Origin>,
    /// What a pass says: the value that was found.
    pub because: String,
    /// The flag or field a pass is about.
    pub setting: Option<String>,
    pub findings: Vec<Finding>,
    pub gaps: Vec<Gap>,
}

/// The two ways out of a question, so that `?` reads a setting and leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    Gap(Gap),
    NotApplicable(String),
}

impl From<Gap> for Unanswered {
    fn from(gap: Gap) -> Self {
        Self::Gap(gap)
    }
}

pub type Verdict = Result<Answer, Unanswered>;

/// How a question ended; there is no sixth way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail(Box<Failure>),
    Undetermined(Gap),
    NotApplicable(String),
    /// It failed, and somebody owns that until a day. No rule says so, only who runs the audit.
    Waived(Box<Waived>),
}

impl Outcome {
    /// What is wrong, whether or not somebody has waived it.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Fail(failure) => Some(failure),
            Self::Waived(waived) => Some(&waived.failure),
            Self::Pass | Self::Undetermined(_) | Self::NotApplicable(_) => None,
        }
    }
}

/// A fault that is known and accepted for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    pub failure: Failure,
    pub reason: String,
    pub owner: String,
    /// The last day, as `2027-03-31`.
    pub until: String,
    /// The value in force that was accepted, where the waiver names one.
    pub value: Option<String>,
}

/// What a failing entry carries beyond the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub confidence: Confidence,
    pub remedy: Option<Remedy>,
}

/// One rule, asked of one subject of one instance: the unit that reports count, waive and compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub rule: &'static str,
    pub title: &'static str,
    pub severity: Severity,
    pub outcome: Outcome,
    /// `None` where the rule judges the cluster as a whole.
    pub component: Option<&'static str>,
    pub instance: Option<String>,
    pub subject: Option<String>,
    pub setting: Option<String>,
    pub plane: Option<Plane>,
    pub message: String,
    /// The first is the place to look; a pass has the places it was judged by.
    pub locations: Vec<Label>,
}
