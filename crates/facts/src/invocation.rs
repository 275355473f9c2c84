//! The command line of a component as it would receive it.
//!
//! Static pods, units and cluster definitions differ only until here: every reader makes an [`Invocation`], and one
//! resolver reads them all.

use std::fmt;

use model::{Author, Evidence, EvidenceId, Gap, Location, Minor, Origin, Plane, Problem, Site, Version};

/// Minor releases from the first to the last, both included; `None` for all of them.
pub type Releases = Option<(Minor, Minor)>;

/// The releases of Kubernetes from 1.`from` to 1.`to`.
pub(crate) fn within(from: u16, to: u16) -> Releases {
    Some((Minor::new(1, from), Minor::new(1, to)))
}

/// Kubernetes 1.`from` and whatever comes after it.
pub(crate) fn onward(from: u16) -> Releases {
    within(from, u16::MAX)
}

/// One process of a component, as somebody declared it or as it runs.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The component's name: `kube-apiserver`.
    pub component: &'static str,
    /// Node name, else pod name, else evidence name.
    pub instance: String,
    pub declared_in: EvidenceId,
    pub plane: Plane,
    /// The words after the name of the binary (and, under hyperkube, of the component).
    pub words: Vec<Word>,
    /// Words may be there that nobody can read before the process starts (a shell variable that splits, an environment
    /// file): whatever is not written may still be set.
    pub open_ended: Option<Gap>,
    /// The list a missing flag would be added to.
    pub list: Option<Site>,
    /// The release that the image names.
    pub version: Option<(Version, Location)>,
    /// The releases that the declaration's own format can be about.
    pub releases: Releases,
    /// Paths that it sees of its host.
    pub mounts: Vec<Mount>,
    /// Files of its host that the declaration itself brings along.
    pub carried: Vec<Carried>,
    /// Whether it runs in a container, so that a path outside every mount is the image's own.
    pub contained: bool,
    /// Who set the cluster up, where the evidence says so: `kubeadm`, `k3s`.
    pub distribution: Option<&'static str>,
    /// What was wrong while reading the declaration.
    pub problems: Vec<Problem>,
}

/// One word of a command line, and where it stands.
#[derive(Clone, Debug)]
pub struct Word {
    /// The text after expansion. Where `unresolved` is set, the part that is not known stands as it was written.
    pub text: String,
    pub site: Site,
    /// The word holds something that only the running process knows, or a placeholder nobody has filled in yet.
    pub unresolved: Option<Gap>,
    pub hand: Hand,
    /// The releases in which the word is there.
    pub releases: Releases,
}

/// Who put a word on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Somebody wrote it at the word's site.
    Written,
    /// That distribution adds it unasked; the site is where one would write it.
    Default(&'static str),
    /// A distribution makes it of something else that is written at the site; how, to be read behind the flag.
    Made(String),
    /// The process itself says so at the site, and not who told it.
    Reported,
}

impl Hand {
    /// Why a value holds that this hand set, or would be set, at the site.
    pub(crate) fn origin(&self, site: &Site) -> Origin {
        match self {
            Self::Written => Origin::Written(site.clone()),
            Self::Default(name) => Origin::Default { by: Author::Distribution { name }, home: Some(site.clone()) },
            Self::Made(how) => Origin::Implied { by: Some(site.at.clone()), how: how.clone() },
            Self::Reported => Origin::Reported(site.at.clone()),
        }
    }
}

impl Word {
    /// A word that somebody wrote.
    pub fn written(text: impl Into<String>, site: Site) -> Self {
        Self { text: text.into(), site, unresolved: None, hand: Hand::Written, releases: None }
    }

    fn is_in(&self, minor: Minor) -> bool {
        self.releases.is_none_or(|(from, to)| from <= minor && minor <= to)
    }
}

impl Invocation {
    /// A process of which no more is known than where it is declared, and its words.
    pub fn of(
        component: &'static str,
        instance: String,
        declared_in: EvidenceId,
        plane: Plane,
        words: Vec<Word>,
    ) -> Self {
        Self {
            component,
            instance,
            declared_in,
            plane,
            words,
            open_ended: None,
            list: None,
            version: None,
            releases: None,
            mounts: Vec::new(),
            carried: Vec::new(),
            contained: false,
            distribution: None,
            problems: Vec::new(),
        }
    }

    /// Whether it is OpenShift's build, by whichever spelling of the name.
    pub(crate) fn is_openshift(&self) -> bool {
        self.distribution.is_some_and(|name| name.eq_ignore_ascii_case("OpenShift"))
    }

    /// The words as a component of that release receives them.
    pub fn words_in(&self, minor: Minor) -> Vec<&Word> {
        self.words.iter().filter(|word| word.is_in(minor)).collect()
    }

    /// The line as a listing of processes shows it; `None` where a word is not known, may be there or not, or is nobody's own.
    pub(crate) fn line(&self) -> Option<String> {
        let is_known = |word: &Word| {
            word.unresolved.is_none() && word.releases.is_none() && matches!(word.hand, Hand::Written | Hand::Reported)
        };
        if self.open_ended.is_some() || !self.words.iter().all(is_known) {
            return None;
        }
        let words = std::iter::once(self.component).chain(self.words.iter().map(|word| word.text.as_str()));
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// The names of the flags that somebody wrote. What a distribution adds proves nothing of the release: it adds what that takes.
    ///
    /// Values that are words of their own never start with dashes, or they would be flags to pflag as well.
    pub(crate) fn flags_written(&self) -> impl Iterator<Item = &str> {
        let written = self.words.iter().filter(|word| word.hand == Hand::Written);
        written.filter_map(|word| {
            let long = word.text.strip_prefix("--")?;
            Some(long.split_once('=').map_or(long, |(name, _)| name))
        })
    }

    /// Where the whole of it stands.
    pub(crate) fn place(&self) -> Location {
        match &self.list {
            Some(site) => site.at.clone(),
            None => Location::whole(self.declared_in.clone(), self.plane),
        }
    }
}

/// A file of the host that is written where the component is declared.
#[derive(Clone)]
pub struct Carried {
    pub path: String,
    /// What it says, with the places of the text that brings it.
    pub evidence: Evidence,
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A path inside the container that shows a path of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The path inside the container, without a trailing slash.
    pub container: String,
    /// The path on the host; `None` where the volume is no host path (a Secret, an emptyDir), so that no root holds it.
    pub host: Option<String>,
    pub read_only: bool,
}

impl Mount {
    /// A path of the host that the process sees at the same place.
    pub(crate) fn same(path: impl Into<String>) -> Self {
        let path = path.into();
        Self { container: path.clone(), host: Some(path), read_only: false }
    }

    /// `HOST:CONTAINER[:OPTIONS]`, as container engines are told of a folder.
    pub(crate) fn bind(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let tidy = |path: &str| path.trim_end_matches('/').to_owned();
        let (host, container) = (parts.next().map(tidy)?, parts.next().map(tidy)?);
        let read_only = parts.next().is_some_and(|options| options.split(',').any(|option| option == "ro"));
        Some(Self { container, host: Some(host), read_only })
    }
}
