//! Gathers evidence: files, folders, standard input, and clusters that run ([`live`]).
//!
//! It reads bytes and asks `facts` what they are and what else is wanted; it never interprets them itself. Clusters are
//! handed over one at a time, so that a folder of any size is one loop and no report is ever held whole.
//!
//! Nothing here writes (a [`bundle`] goes to what its writer is given), follows a link out of where it was sent, or reads
//! without a limit. Start at [`everything()`].

mod ahead;
pub mod bundle;
pub mod endpoint;
mod everything;
mod files;
pub mod live;
pub mod pem;
mod read;
mod walk;
mod whole;

use std::{collections::BTreeMap, io, path::PathBuf};

use model::{EvidenceId, Kind};

pub use everything::{Arrived, Event, everything};

/// What the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Stdin,
    Path(PathBuf),
    /// A cluster that is asked; [`live::gather`] asks all of them at once.
    Live(live::Way),
    /// A cluster of a list, with all that it is seen by.
    Listed(Box<Listed>),
}

/// A cluster that somebody has put on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// By which reports call it.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// The folder that stands for `/` of its node.
    pub root: Option<PathBuf>,
    /// One that is asked, and any number of files, folders and bundles.
    pub targets: Vec<Target>,
}

impl Listed {
    /// Whether it is asked and shown by files, so that it can be judged by those alone where it does not answer.
    pub fn is_mixed(&self) -> bool {
        let is_asked = |target: &Target| matches!(target, Target::Live(_));
        self.targets.iter().any(is_asked) && !self.targets.iter().all(is_asked)
    }

    /// Whether a cluster is this one by its name, or the part of it that one of its nodes shows.
    pub fn is_called(&self, name: &str) -> bool {
        name.strip_prefix(self.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(NODE))
    }
}

/// Stands between the name of a cluster and that of a node that is judged by itself.
pub(crate) const NODE: char = '/';

impl Target {
    /// The target as it was given.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::Path(path) => path.display().to_string(),
            Self::Live(way) => way.target.clone(),
            Self::Listed(listed) => listed.name.clone(),
        }
    }

    /// How many clusters are asked for it.
    pub fn asked(&self) -> usize {
        match self {
            Self::Live(_) => 1,
            Self::Listed(listed) => listed.targets.iter().map(Self::asked).sum(),
            Self::Stdin | Self::Path(_) => 0,
        }
    }
}

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that stands for `/` of the node.
    pub root: Option<PathBuf>,
    /// Files larger than this many bytes are not read.
    pub largest: u64,
    /// Keep a line about every file in [`Outcome::files`].
    pub list: bool,
    /// What the user says of the release, on which depends what a command line refers to.
    pub said: facts::Options,
    /// Who must have signed a bundle.
    pub signer: Option<bundle::PublicKey>,
    /// Identities of clusters that were seen before, with the targets they were found under.
    pub seen: BTreeMap<String, String>,
    /// Clusters that run and were asked before, by name and target, with what came of that besides. They are not asked
    /// again, and what is said of them is said again.
    pub done: BTreeMap<(String, String), Account>,
    /// What a cluster that runs is asked.
    pub asks: Vec<&'static facts::live::Ask>,
}

/// What came of one cluster that was asked, besides its evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub inputs: Inputs,
    pub troubles: Vec<Trouble>,
}

impl Account {
    fn add(&mut self, other: &Self) {
        self.inputs.add(&other.inputs);
        self.troubles.extend(other.troubles.iter().cloned());
    }
}

/// Files and answers by what they turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    pub judged: usize,
    pub supporting: usize,
    pub not_ours: usize,
    pub templated: usize,
    pub broken: usize,
    pub unread: usize,
}

impl Inputs {
    pub fn total(&self) -> usize {
        self.judged + self.supporting + self.not_ours + self.templated + self.broken + self.unread
    }

    pub fn add(&mut self, other: &Self) {
        self.judged += other.judged;
        self.supporting += other.supporting;
        self.not_ours += other.not_ours;
        self.templated += other.templated;
        self.broken += other.broken;
        self.unread += other.unread;
    }

    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Workload
            | Kind::Kubeconfig
            | Kind::ConfigFile
            | Kind::Arguments
            | Kind::Configz
            | Kind::Flagz
            | Kind::Objects
            | Kind::Answers => self.judged += 1,
            Kind::Supporting
            | Kind::Version
            | Kind::Statusz
            | Kind::Metrics
            | Kind::Health
            | Kind::Discovery
            | Kind::Status
            | Kind::Handshake => self.supporting += 1,
            Kind::NotOurs => self.not_ours += 1,
            Kind::Templated => self.templated += 1,
            Kind::Broken => self.broken += 1,
        }
    }
}

/// Something that could not be read, worth a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The target it belongs to, as given.
    pub target: String,
    pub message: String,
    pub hint: Option<String>,
    /// The piece of evidence, and a byte offset within its text.
    pub place: Option<(EvidenceId, Option<Place>)>,
}

/// A line and a column, both 1-based; taken here because the text is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// What a target gave besides its clusters.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub inputs: Inputs,
    pub clusters: usize,
    pub troubles: Vec<Trouble>,
    /// Every file with what it is, where [`Options::list`] asks for it.
    pub files: Vec<(String, &'static str)>,
}

/// The bytes of one file or of standard input, for whoever knows what it is; an error says why there are none.
pub fn bytes(target: &Target, largest: u64, stdin: &mut dyn io::Read) -> Result<Vec<u8>, String> {
    let read = match target {
        Target::Stdin => read::stream(stdin, largest),
        Target::Path(path) => read::file(path, largest),
        Target::Live(_) | Target::Listed(_) => return Err("it is a cluster, not a file".to_owned()),
    };
    read.map(|bytes| bytes.content).map_err(|unreadable| unreadable.reason)
}
