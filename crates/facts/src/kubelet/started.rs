//! A kubelet by its command line: what the flags, the files that they name and the defaults come to in one release.
//!
//! The order is that of cmd/kubelet/app/server.go, NewKubeletCommand (1.20.2 and 1.36): a flag wins over drop-in files, those over the
//! file of `--config`, that over a default; feature gates of flags and files are put together. A file that is given has its
//! fields filled in (SetDefaults_KubeletConfiguration), and only without one do the defaults of flags count. Drop-in files
//! of `--config-dir` are patches (mergeKubeletConfigurations, RFC 7396): maps are merged key by key, lists replaced, and what
//! is null falls back to its default.

mod files;
mod over;

use std::collections::{BTreeMap, BTreeSet};

use model::{Component, Evidence, EvidenceId, Gap, GapKind, Minor, Origin, Problem, Reading, Release, Version};

use self::{
    files::{NoFile, configuration, merged, unlooked},
    over::{GATES, gates, over, quoting, union},
};
use super::{checks, default, default_without_file, held};
use crate::{
    Files, Hand, Invocation, Trees,
    declare::{Beside, Configuration, KubeletLine},
    flags::{Flag, KUBELET, KUBELET_FLAGS, Presence},
    line::{
        Line,
        mistakes::{self, Manners},
    },
    merge::{self, AtRelease, Unwritten, newer_than_data, versions},
    pflag, release,
};

/// cmd/kubelet/app/server.go refuses words that are no flags in 1.20.2, and 1.10 did not yet.
///
/// Up to 1.5 another flag, for the folder of static pods, was called `--config`.
const MANNERS: Manners =
    Manners { refuses_words: Minor::new(1, 20), forks: &[], once: &[("config", Minor::new(1, 5))] };

/// What the fields start from.
enum Base<'c> {
    /// There is no file, so that they are what the flags are.
    Flags,
    File(&'c Configuration),
    /// kubeadm writes one of which nothing stands here.
    OfKubeadm(&'c Configuration),
    Unseen(Gap),
}

/// What one cluster's evidence says of a kubelet that is started somewhere.
pub(super) struct Started<'a> {
    line: &'a KubeletLine,
    files: Files<'a>,
    /// The files that it may name, read once.
    read: BTreeMap<String, Result<Configuration, Box<NoFile>>>,
    /// Those of the folder that it may name, in their order.
    drop_ins: BTreeMap<String, Result<Vec<Configuration>, Gap>>,
    /// The document beside the command line, where that is one of kubeadm's.
    beside: Option<&'a Configuration>,
}

/// The kubelet, and the files that belong to it alone.
pub(super) struct Resolved {
    pub(super) component: Component,
    pub(super) named: BTreeSet<EvidenceId>,
    /// Why it may name any other.
    pub(super) may_name: Option<Gap>,
}

pub(super) fn files<'a>(root: Option<&'a str>, invocation: &'a Invocation, evidence: &'a [Evidence]) -> Files<'a> {
    Files { root, mounts: &invocation.mounts, contained: invocation.contained, evidence, carried: &invocation.carried }
}

/// The text of a flag in each release that it may be of, each once.
fn texts(invocation: &Invocation, versions: &[Version], name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for version in versions {
        let parsed = pflag::parse(&invocation.words_in(version.minor), &KUBELET_FLAGS, version);
        let given = parsed
            .occurrences
            .into_iter()
            .filter(|one| KUBELET_FLAGS.flags.get(one.flag).is_some_and(|flag| flag.name == name));
        found.extend(given.filter_map(|one| one.text.ok()).filter(|text| !text.is_empty()));
    }
    found
}

/// The files and the folders that the words name, by their paths where the kubelet runs.
pub(crate) fn named(line: &KubeletLine, version: Option<&Version>) -> (BTreeSet<String>, BTreeSet<String>) {
    let (release, _) = possible(&line.invocation, version, None);
    let versions = versions(&release);
    let mut folders = texts(&line.invocation, &versions, "config-dir");
    if let Beside::OfK3s { folder } = &line.beside {
        folders.insert(folder.clone());
    }
    (texts(&line.invocation, &versions, "config"), folders)
}

/// The releases that take every flag of the command line.
fn possible(
    invocation: &Invocation,
    version: Option<&Version>,
    within: Option<(Minor, Minor)>,
) -> (Release, Option<(String, String)>) {
    if let Some(version) = version.or(invocation.version.as_ref().map(|(version, _)| version)) {
        return (Release::Exactly(version.clone()), None);
    }
    let names = || invocation.flags_written();
    let (narrowed, conflict) = release::narrow(&KUBELET_FLAGS, invocation.releases.or(within), names());
    // Beside flags of long ago it is that older one.
    if conflict.is_some() && names().any(|name| name == "config") {
        let others = names().filter(|name| *name != "config");
        if let (narrowed, None) = release::narrow(&KUBELET_FLAGS, invocation.releases.or(within), others) {
            return (narrowed, None);
        }
    }
    match conflict {
        // Beside servers of those releases it does not start, or is of another: what its own words say counts.
        Some(_) if within.is_some() && invocation.releases.is_none() => release::narrow(&KUBELET_FLAGS, None, names()),
        conflict => (narrowed, conflict),
    }
}

impl<'a> Started<'a> {
    pub(super) fn new(
        line: &'a KubeletLine,
        evidence: &'a [Evidence],
        trees: &Trees,
        root: Option<&'a str>,
        beside: Option<&'a Configuration>,
        versions: &[Version],
    ) -> Self {
        let files = files(root, &line.invocation, evidence);
        let mut read = BTreeMap::new();
        for path in texts(&line.invocation, versions, "config") {
            let found = configuration(&path, &files, trees);
            read.insert(path, found);
        }
        let mut folders = texts(&line.invocation, versions, "config-dir");
        if let Beside::OfK3s { folder } = &line.beside {
            folders.insert(folder.clone());
        }
        let drop_ins = folders.into_iter().map(|folder| {
            let found = merged(&folder, &files, trees);
            (folder, found)
        });
        Self { line, files, read, drop_ins: drop_ins.collect(), beside }
    }

    fn invocation(&self) -> &'a Invocation {
        &self.line.invocation
    }

    /// Whether a distribution keeps its own settings in a file of the folder, so that flags of its making are as weak.
    fn is_in_folder(&self, minor: Minor) -> bool {
        matches!(self.line.beside, Beside::OfK3s { .. }) && minor >= Minor::new(1, 30)
    }

    fn base(&self, line: &Line<'_>) -> Base<'_> {
        match (&self.line.beside, self.beside) {
            (Beside::Kubeadm, Some(beside)) => return Base::File(beside),
            (Beside::Unseen(gap), _) => return Base::Unseen(gap.clone()),
            _ => {}
        }
        match &self.line.beside {
            Beside::KubeadmDefaults(home) => return Base::OfKubeadm(home),
            Beside::Made(made) => return Base::File(made),
            _ => {}
        }
        if !line.has("config") {
            return Base::Flags;
        }
        match line.reading_of("config") {
            Some(Err(gap)) => Base::Unseen(gap),
            Some(Ok(_)) => match line.text("config") {
                Some("") | None => Base::Flags,
                Some(path) => match self.read.get(path) {
                    Some(Ok(configuration)) => Base::File(configuration),
                    Some(Err(none)) => Base::Unseen(none.gap.clone()),
                    None => Base::Unseen(unlooked(path)),
                },
            },
            None => Base::Flags,
        }
    }

    /// The drop-in files in the order in which they are merged.
    fn patches(&self, line: &Line<'_>) -> Result<&[Configuration], Gap> {
        let minor = line.version.minor;
        let folder = match &self.line.beside {
            Beside::OfK3s { folder } if self.is_in_folder(minor) => Some(folder.as_str()),
            _ => match line.reading_of("config-dir") {
                // In a release that nobody knows yet the default is taken for what it always was.
                Some(Err(gap)) if line.is_given("config-dir") || line.open.is_some() => return Err(gap),
                Some(Ok(_)) => line.text("config-dir").filter(|folder| !folder.is_empty()),
                Some(Err(_)) => None,
                None => None,
            },
        };
        let Some(folder) = folder else { return Ok(&[]) };
        let found = self.drop_ins.get(folder).ok_or_else(|| unlooked(folder))?;
        let found = found.as_ref().map_err(Clone::clone)?;
        if !found.is_empty() && minor < Minor::new(1, 30) {
            // Up to 1.29 they were merged another way, behind a variable of the environment.
            return Err(Gap {
                kind: GapKind::Manual,
                reason: format!("how {minor} merges the files of `{folder}` is not known to this build"),
                wanted: "/configz of the kubelet".to_owned(),
                who_could_answer: "the running cluster, asked with --kubelets".to_owned(),
            });
        }
        Ok(found)
    }

    /// What one release makes of it all.
    fn at(&self, version: &Version) -> AtRelease {
        let line = Line::read(&KUBELET_FLAGS, self.invocation(), version);
        let mut problems = mistakes::all(&line, &MANNERS);
        if let Some(Err(none)) = line.text("config").and_then(|path| self.read.get(path))
            && let Some(problem) = &none.problem
        {
            problems.push(Problem { location: line.place("config").cloned(), ..problem.clone() });
        }
        let written: BTreeMap<&str, (&Flag, Result<Reading, Gap>)> =
            line.held().map(|(flag, reading)| (flag.sets.unwrap_or(flag.name), (flag, reading))).collect();
        let base = self.base(&line);
        let patches = self.patches(&line);
        let newer = newer_than_data(&KUBELET, version);
        // Where the file was not seen, every field that no flag sets is behind one gap.
        let hidden = match (&base, &patches) {
            (Base::Unseen(gap), Ok([])) => Some(line.open.as_ref().or(newer.as_ref()).unwrap_or(gap)),
            _ => None,
        };
        let mut readings = Vec::with_capacity(KUBELET.flags.len());
        for flag in KUBELET.flags.iter().filter(|flag| flag.presence(version) != Presence::No) {
            let own = written.get(flag.name);
            if hidden.is_some() && own.is_none() && flag.is_a_field() {
                continue;
            }
            if !flag.is_a_field() {
                if let Some(reading) = line.reading_of(flag.name) {
                    readings.push((flag.name, reading));
                }
                continue;
            }
            let below = || -> Result<Reading, Gap> {
                if let Some(gap) = &newer {
                    // What is written holds all the same.
                    if !self.writes(&base, &patches, flag, version.minor) {
                        return Err(gap.clone());
                    }
                }
                self.below(flag, version, &base, patches.as_ref().map(|all| *all).map_err(Clone::clone))
            };
            let is_weak =
                |reading: &Reading| self.is_in_folder(version.minor) && !matches!(reading.origin, Origin::Written(_));
            let reading = match own {
                Some((_, Ok(reading))) if flag.name == GATES => gates(reading, below()),
                Some((_, Ok(reading))) if is_weak(reading) => {
                    match (self.patched(flag, version, &base, &patches), &patches) {
                        (Some(patched), _) => patched.map(|patched| over(patched, reading.clone())),
                        (None, _) => Ok(reading.clone()),
                    }
                }
                Some((_, Ok(reading))) => Ok(match below() {
                    Ok(below) => over(reading.clone(), below),
                    Err(_) => reading.clone(),
                }),
                Some((_, Err(gap))) => Err(gap.clone()),
                // Words that nobody can read yet may set it.
                None => match (&line.open, below()) {
                    (Some(gap), Ok(below)) => Err(quoting(gap, flag, &below)),
                    (Some(gap), Err(_)) => Err(gap.clone()),
                    (None, below) => below,
                },
            };
            readings.push((flag.name, reading));
        }
        problems.extend(checks::all(version.minor, &checks::Values(&readings)));
        let unwritten = hidden.map(|gap| Unwritten::Hidden { gap: gap.clone(), version: version.clone() });
        AtRelease { minor: version.minor, readings, unwritten, problems }
    }

    /// Whether a file says something of a field.
    fn writes(&self, base: &Base<'_>, patches: &Result<&[Configuration], Gap>, flag: &Flag, minor: Minor) -> bool {
        let in_base = match base {
            Base::File(file) | Base::OfKubeadm(file) => file.said(flag, minor).is_some(),
            Base::Flags | Base::Unseen(_) => false,
        };
        in_base || patches.as_ref().is_ok_and(|all| all.iter().any(|one| one.speaks_of(flag)))
    }

    /// What a drop-in file, or a file that a distribution makes one of, says over what a distribution sets.
    fn patched(
        &self,
        flag: &'static Flag,
        version: &Version,
        base: &Base<'_>,
        patches: &Result<&[Configuration], Gap>,
    ) -> Option<Result<Reading, Gap>> {
        match patches {
            Err(gap) if self.files.root.is_some() => Some(Err(gap.clone())),
            // Without a root nobody looked; that it may be so is said of the whole.
            Err(_) => None,
            Ok(_) if self.writes(base, patches, flag, version.minor) => {
                Some(self.below(flag, version, base, patches.as_ref().map(|all| *all).map_err(Clone::clone)))
            }
            Ok(_) => None,
        }
    }

    /// What holds of a field where no flag says it.
    fn below(
        &self,
        flag: &'static Flag,
        version: &Version,
        base: &Base<'_>,
        patches: Result<&[Configuration], Gap>,
    ) -> Result<Reading, Gap> {
        let patches = match patches {
            Err(_) if self.is_in_folder(version.minor) && self.files.root.is_none() => &[],
            patches => patches?,
        };
        let mut reading = match base {
            Base::Unseen(gap) => Err(gap.clone()),
            Base::Flags => default_without_file(flag, version, self.invocation()),
            Base::File(file) | Base::OfKubeadm(file) => super::of_file(file, flag, version)
                .unwrap_or_else(|| super::unsaid(file, flag, version, self.invocation())),
        };
        if flag.since.is_none_or(|since| since > version.minor) {
            return reading;
        }
        for patch in patches {
            if patch.cleared.contains(&flag.name) {
                reading = default(flag, version, Some(patch.home(flag)));
            }
            let Some(one) = patch.said(flag, version.minor) else { continue };
            let said = match &one.value {
                Ok(value) => Ok(held(patch, flag, version, value.clone(), Origin::Written(one.site.clone()))),
                Err(odd) => Err(odd.gap(flag, &one.site.at)),
            };
            reading = match (said, reading) {
                (Ok(said), Ok(below)) if flag.shape == "map" => {
                    let value = union(&below.value, &said.value);
                    Ok(over(Reading { value, ..said }, below))
                }
                // What is merged with something unknown is unknown.
                (Ok(_), Err(gap)) if flag.shape == "map" => Err(gap),
                (Ok(said), Ok(below)) => Ok(over(said, below)),
                (said, _) => said,
            };
        }
        reading
    }

    /// The whole kubelet.
    pub(super) fn resolve(self, release: Release, conflict: Option<(String, String)>) -> Resolved {
        let invocation = self.invocation();
        let versions = versions(&release);
        let mut resolved: Vec<AtRelease> = versions.iter().map(|version| self.at(version)).collect();
        let mut problems = invocation.problems.clone();
        problems.extend(conflict.map(|flags| release::conflict(invocation, flags)));
        problems.extend(merge::problems(&resolved.iter().collect::<Vec<_>>()));
        let mut named = BTreeSet::new();
        let of_files = self.read.values().flatten();
        let of_folders = self.drop_ins.values().flatten().flatten();
        for file in of_files.chain(of_folders) {
            named.insert(file.declared_in.clone());
            problems.extend(file.problems.iter().cloned());
        }
        // What lies in the folder and does not count is nobody's either.
        for folder in self.drop_ins.keys().filter_map(|folder| self.files.host_path(folder).ok()) {
            let Some(top) = self.files.root.map(|root| format!("{}/", Files::id(root, folder.trim_end_matches('/'))))
            else {
                continue;
            };
            let below = self.files.evidence.iter().filter(|piece| piece.id.as_str().starts_with(&top));
            named.extend(below.map(|piece| piece.id.clone()));
        }
        if let Some(beside) = self.beside {
            named.insert(beside.declared_in.clone());
            problems.extend(beside.problems.iter().cloned());
        }
        if let Beside::Made(made) = &self.line.beside {
            problems.extend(made.problems.iter().cloned());
        }
        let settings = merge::settings(&KUBELET, resolved.iter_mut().collect(), &release);
        let mut unseen: Vec<Gap> =
            versions.iter().find_map(|version| newer_than_data(&KUBELET, version)).into_iter().collect();
        if !matches!(release, Release::Exactly(_)) {
            unseen.push(Gap::of_release(format!("whether it starts depends on the release, which is {release}")));
        }
        unseen.extend(invocation.open_ended.clone());
        // A word that is in none of these releases leaves nothing open.
        let words = versions.iter().flat_map(|version| invocation.words_in(version.minor));
        unseen.extend(words.filter(|word| word.hand == Hand::Written).filter_map(|word| word.unresolved.clone()));
        // Swap, cgroups, and what the kubelet itself makes of its fields (ValidateKubeletConfiguration).
        unseen.push(Gap {
            kind: GapKind::Manual,
            reason: "whether a kubelet starts depends on its host, too".to_owned(),
            wanted: "the log of the kubelet".to_owned(),
            who_could_answer: "somebody on the node".to_owned(),
        });
        unseen.extend(self.read.values().filter_map(|read| Some(read.as_ref().err()?.gap.clone())));
        unseen.extend(self.drop_ins.values().filter_map(|read| read.as_ref().err().cloned()));
        let outranked = self.outranked(&release);
        unseen.extend(outranked.clone());
        unseen.sort_unstable();
        unseen.dedup();
        let stops = problems.iter().any(|problem| problem.stops);
        let name = settings.iter().find(|setting| setting.name == "hostname-override");
        let name = name.and_then(|setting| setting.in_force().ok()).map(|reading| reading.value.clone());
        let component = Component {
            name: KUBELET.component,
            instance: name.filter(|name| !name.is_empty()).unwrap_or_else(|| invocation.instance.clone()),
            release,
            starts: stops.then_some(false),
            unseen,
            settings,
            problems,
            declared_in: invocation.declared_in.clone(),
            contradicted: Ok(Vec::new()),
            outranked,
        };
        let config = component.setting("config").and_then(|setting| setting.in_force().err());
        let may_name = config.filter(|gap| gap.kind != GapKind::Version).cloned();
        Resolved { component, named, may_name }
    }

    /// What may win over everything here and was not seen.
    fn outranked(&self, release: &Release) -> Option<Gap> {
        match &self.line.beside {
            Beside::OfK3s { folder } if self.is_in_folder(release.bounds().1) && self.files.root.is_none() => {
                Some(Gap {
                    kind: GapKind::Unread,
                    reason: format!("files of `{folder}` win over what is set here, and were not given"),
                    wanted: folder.clone(),
                    who_could_answer: "give the node's root with --root".to_owned(),
                })
            }
            Beside::Kubeadm | Beside::KubeadmDefaults(_) | Beside::Unseen(_) | Beside::Made(_) => {
                self.line.outranked.clone()
            }
            Beside::OfK3s { .. } | Beside::Nothing => None,
        }
    }
}

/// The release of a kubelet that is started so, beside servers of those releases.
pub(super) fn release_of(
    line: &KubeletLine,
    version: Option<&Version>,
    within: Option<(Minor, Minor)>,
) -> (Release, Option<(String, String)>) {
    possible(&line.invocation, version, within)
}
