//! A benchmark's own report: its ids, in its order, with our verdict and its letter.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Gap, Location, Outcome};

/// One cluster held against one edition of a benchmark. Every id of the edition is in `items` exactly once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Benchmark {
    /// As `--profile` names it: `cis-1.12`, `stig`.
    pub name: String,
    pub title: String,
    /// As kube-bench's list of the edition calls itself.
    pub version: String,
    /// Why this edition.
    pub chosen: String,
    pub coverage: Coverage,
    pub sections: Vec<BenchmarkSection>,
    pub items: Vec<BenchmarkItem>,
}

/// Ids by what became of them.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Coverage {
    pub ids: usize,
    pub pass: usize,
    pub fail: usize,
    pub undetermined: usize,
    pub not_applicable: usize,
    pub waived: usize,
    /// Of the undetermined ones, those that take a person.
    pub manual: usize,
    /// Of the undetermined ones, those that need evidence which this run did not have.
    pub not_collected: usize,
    /// Ids whose letter could be read.
    pub letters: usize,
    /// Ids of which the letter says something else than our verdict.
    pub differ: usize,
}

/// A part of a benchmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BenchmarkSection {
    /// The benchmark's own number, where it has numbers.
    pub id: String,
    /// In our words.
    pub title: String,
    /// `master`, `etcd`, `controlplane`, `node`, `policies` or `managedservices`.
    pub part: String,
    /// The number of the list that kube-bench has it in, or the part once more.
    pub chapter: String,
}

/// One id.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BenchmarkItem {
    pub id: String,
    /// The `id` of its section.
    pub section: String,
    /// What must be true, in our words.
    pub title: String,
    /// Whether the benchmark itself leaves it to a person; `null` where that is not known.
    pub manual: Option<bool>,
    /// Whether it counts in kube-bench's list of the edition; `null` where there is none.
    pub scored: Option<bool>,
    /// What kube-bench does with it: `tested`, `by-hand` or `skipped`; `null` where it has no such list.
    pub assessed: Option<String>,
    /// Whether it asks for the opposite of what we ask for.
    pub inverted: bool,
    /// Our verdict: the worst of its controls.
    pub outcome: Outcome,
    pub message: String,
    pub controls: Vec<BenchmarkControl>,
    /// `null` where its letter is not about flags that were read.
    pub letter: Option<Letter>,
    /// Why letter and verdict differ; `null` where they agree.
    pub argument: Option<String>,
}

/// What one control of ours says to an id.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BenchmarkControl {
    pub name: String,
    pub severity: String,
    pub outcome: Outcome,
    pub message: String,
    pub gap: Option<Gap>,
    /// Fingerprints of the entries among `verdicts`.
    pub entries: Vec<String>,
}

/// What an id asks for in so many words, and what is written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Letter {
    /// `null` where what is written cannot be read.
    pub met: Option<bool>,
    pub wanted: String,
    pub found: String,
    pub instance: String,
    pub location: Option<Location>,
    /// What kube-bench finds, which searches a command line as text; `null` where that line is not known word by word.
    pub text: Option<LetterText>,
}

/// What a search of the command line finds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LetterText {
    pub met: bool,
    pub found: String,
}
