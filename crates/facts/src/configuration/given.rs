//! Configuration files of the API server as rules ask about them: named by a flag, or given by themselves.
//!
//! A file that somebody hands over without a server that names it can be judged where the question is about the file alone:
//! it means what the releases that take it make of it. Nothing is known of the feature gates, plugins and other files around
//! it; those have the defaults of the release.
//!
//! Start at [`FileKind`], then [`Taken`] (as an API server has it) and [`Given`] (by itself).

use std::{collections::BTreeSet, sync::Arc};

use model::{Component, Evidence, EvidenceId, Gap, Kind, Location, Minor, Release, Version};
use yaml::Stream;

use super::{Around, ConfigFile, check};
use crate::{Trees, apiserver::ApiServer, declare, files::name_below, redact::parsable};

/// The kinds of file that can be judged by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    Admission,
    AuditPolicy,
    Authentication,
    Authorization,
    Egress,
    Encryption,
    Tracing,
}

impl FileKind {
    pub const ALL: [Self; 7] = [
        Self::Admission,
        Self::AuditPolicy,
        Self::Authentication,
        Self::Authorization,
        Self::Egress,
        Self::Encryption,
        Self::Tracing,
    ];

    /// What reports call a file of the kind in place of a component.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admission => "admission-configuration",
            Self::AuditPolicy => "audit-policy",
            Self::Authentication => "authentication-configuration",
            Self::Authorization => "authorization-configuration",
            Self::Egress => "egress-selector-configuration",
            Self::Encryption => "encryption-configuration",
            Self::Tracing => "tracing-configuration",
        }
    }

    /// The flags that name a file of the kind, without dashes; the one that counts where a release has both comes first.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Admission => &["admission-control-config-file"],
            Self::AuditPolicy => &["audit-policy-file"],
            Self::Authentication => &["authentication-config"],
            Self::Authorization => &["authorization-config"],
            Self::Egress => &["egress-selector-config-file"],
            Self::Encryption => &["encryption-provider-config", "experimental-encryption-provider-config"],
            Self::Tracing => &["tracing-config-file"],
        }
    }

    /// The releases in which a file that is read as before came to mean something else; `None` where that is not known,
    /// so that each release has to be asked.
    pub fn changes(self) -> Option<&'static [Minor]> {
        const fn minor(minor: u16) -> Minor {
            Minor::new(1, minor)
        }
        match self {
            // record.rs, and what requests are made of (request.rs).
            Self::AuditPolicy => Some(const { &[minor(8), minor(10), minor(11), minor(32), minor(36)] }),
            // `Encryption::providers`
            Self::Encryption => Some(const { &[minor(26), minor(27)] }),
            Self::Admission | Self::Authentication | Self::Authorization | Self::Egress | Self::Tracing => None,
        }
    }

    /// What the document calls itself.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Admission => &["AdmissionConfiguration"],
            Self::AuditPolicy => &["Policy"],
            Self::Authentication => &["AuthenticationConfiguration"],
            Self::Authorization => &["AuthorizationConfiguration"],
            Self::Egress => &["EgressSelectorConfiguration"],
            Self::Encryption => &["EncryptionConfiguration", "EncryptionConfig"],
            Self::Tracing => &["TracingConfiguration"],
        }
    }

    /// What a text is by its first document, the only one that the server reads. A wrong `apiVersion` is for the server to
    /// refuse; but others have policies, too.
    fn of(stream: &Stream) -> Option<Self> {
        let document = stream.documents.iter().find(|document| document.index == 0)?;
        if stream.faults.iter().any(|fault| fault.document == 0 && fault.kind.is_fatal()) {
            return None;
        }
        let root = document.cursor();
        let text = |key: &str| root.get(key).and_then(|value| value.text().map(str::to_owned));
        let (version, kind) = (text("apiVersion")?, text("kind")?);
        let found = Self::ALL.into_iter().find(|known| known.kinds().contains(&kind.as_str()))?;
        (found != Self::AuditPolicy || version.starts_with("audit.k8s.io/")).then_some(found)
    }
}

/// Whether a text holds a word without which it is no such file and holds none.
pub(crate) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("audit.k8s.io/") || text.contains("Configuration") || text.contains("EncryptionConfig")
}

/// Whether a text is a configuration file that can be judged by itself, or a ConfigMap that holds one.
pub(crate) fn is_one(text: &str, stream: &Stream) -> bool {
    FileKind::of(stream).is_some() || (text.contains("ConfigMap") && declare::holds_text(stream, is_file))
}

fn is_file(stream: &Stream) -> bool {
    FileKind::of(stream).is_some()
}

/// A file as the possible releases of one API server take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The file as a whole.
    pub at: Location,
    /// As releases read it, those together that read the same; in the order of the oldest of each, and never empty.
    pub read: Vec<(Vec<Minor>, Arc<ConfigFile>)>,
}

impl Taken {
    /// Releases to which the file means the same, with what it says to them.
    pub fn alike(&self, kind: FileKind) -> Vec<(Vec<Minor>, &ConfigFile)> {
        let mut found: Vec<(Vec<Minor>, &ConfigFile)> = Vec::new();
        for (minors, file) in &self.read {
            let mut last = None;
            for minor in minors {
                let age = kind.changes().map(|changes| changes.iter().filter(|change| *minor >= **change).count());
                match found.last_mut().filter(|_| age.is_some() && last == Some(age)) {
                    Some((known, _)) => known.push(*minor),
                    None => found.push((vec![*minor], file)),
                }
                last = Some(age);
            }
        }
        found
    }
}

/// The file that a flag names, as one release takes it; the place is that of all of it.
pub(crate) type Named = Result<(Location, Arc<ConfigFile>), Gap>;

/// What the possible releases make of one file, held together; `None` where no flag names a file.
///
/// A server that runs takes its file, so that what the releases make of it that refuse it does not count.
pub(crate) fn agree(readings: impl IntoIterator<Item = (Minor, Option<Named>)>) -> Result<Option<Taken>, Gap> {
    let (mut taken, mut gap, mut absent): (Option<Taken>, _, _) = (None, None, false);
    for (minor, reading) in readings {
        match reading {
            None => absent = true,
            Some(Err(found)) => gap = Some(found),
            Some(Ok((at, file))) => {
                let taken = taken.get_or_insert_with(|| Taken { at, read: Vec::new() });
                match taken.read.iter_mut().find(|(_, known)| *known == file) {
                    Some((minors, _)) => minors.push(minor),
                    None => taken.read.push((vec![minor], file)),
                }
            }
        }
    }
    match (taken, gap) {
        (None, Some(gap)) => Err(gap),
        (Some(_), _) if absent => {
            Err(Gap::of_release("whether a flag names the file depends on the release".to_owned()))
        }
        (taken, _) => Ok(taken),
    }
}

/// A configuration file as one release takes it: what a rule about files is asked of.
#[derive(Debug)]
pub struct InUse<'a, T> {
    pub file: &'a T,
    /// The file as a whole.
    pub at: &'a Location,
    pub minor: Minor,
    /// The API server whose flag names it; `None` where it is given by itself.
    pub server: Option<&'a ApiServer>,
}

impl<T> InUse<'_, T> {
    /// The release that takes it so; its patch is not known.
    pub fn release(&self) -> Release {
        Release::Exactly(Version::of_minor(self.minor))
    }
}

/// A configuration file that is given by itself: no API server of the cluster names it.
#[derive(Clone, Debug)]
pub struct Given {
    pub kind: FileKind,
    /// The file in the place of a process: its name, the releases that take it, and what is wrong with it. It has no
    /// settings.
    pub component: Component,
    /// `None` where no possible release takes it.
    pub taken: Option<Taken>,
    /// Why nothing is certain of it: an API server that was not read may name it.
    pub gap: Option<Gap>,
}

/// The configuration files among the evidence that nobody names, read as the possible releases do.
pub(crate) fn given(
    evidence: &[Evidence],
    trees: &Trees,
    root: Option<&str>,
    named: &BTreeSet<EvidenceId>,
    release: &Release,
) -> Vec<Given> {
    let mut found = Vec::new();
    for piece in evidence.iter().filter(|piece| piece.kind == Kind::ConfigFile && !named.contains(&piece.id)) {
        let Some(text) = piece.text().filter(speaks) else { continue };
        let stream = trees.of(piece, text);
        let name = name_below(root, &piece.id);
        if let Some(kind) = FileKind::of(&stream) {
            found.push(one(kind, piece, name.to_owned(), release));
            continue;
        }
        for (key, text) in declare::texts_of_config_maps(piece, is_file) {
            // One that is spelt so that its places are lost is read by nobody.
            let Ok(inner) = text else { continue };
            let Some(text) = inner.text() else { continue };
            let stream = yaml::parse(&parsable(&inner, text), &yaml::Limits::default());
            if let Some(kind) = FileKind::of(&stream) {
                found.push(one(kind, &inner, format!("{name} ({key})"), release));
            }
        }
    }
    found
}

fn one(kind: FileKind, evidence: &Evidence, name: String, release: &Release) -> Given {
    let flag = kind.flags()[0];
    let around = Around { named_plugins_run: true, ..Around::default() };
    let at = Location::whole(evidence.id.clone(), evidence.plane);
    let (mut problems, taken_by, read) = check(flag, evidence, release, &around)
        .map_or_else(Default::default, |read| (read.problems, read.taken_by, read.by_release));
    // That releases before the file's own version refuse it is no news; that later ones do is.
    let (oldest, newest) = release.bounds();
    if let Some(from) = taken_by.first().filter(|from| **from > oldest) {
        let later = Release::Within { from: *from, to: newest };
        problems = check(flag, evidence, &later, &around).map_or(problems, |read| read.problems);
    }
    // No flag names it.
    problems.iter_mut().for_each(|problem| problem.setting = None);
    let read: Vec<_> = read.into_iter().map(|(minors, file)| (minors, Arc::new(file))).collect();
    let taken = (!read.is_empty()).then_some(Taken { at, read });
    let narrowed = match (release, taken_by.first(), taken_by.last()) {
        (Release::Within { .. }, Some(from), Some(to)) => Release::Within { from: *from, to: *to },
        _ => release.clone(),
    };
    let outlived = narrowed.bounds().1 < newest;
    let starts = if taken.is_none() { Some(false) } else { (!outlived).then_some(true) };
    let unseen = if starts.is_none() {
        vec![Gap::of_release(format!("{narrowed} take the file, and later releases do not"))]
    } else {
        Vec::new()
    };
    let component = Component {
        name: kind.name(),
        instance: name,
        release: narrowed,
        starts,
        unseen,
        settings: Vec::new(),
        problems,
        declared_in: evidence.id.clone(),
        contradicted: Ok(Vec::new()),
        outranked: None,
    };
    Given { kind, component, taken, gap: None }
}
