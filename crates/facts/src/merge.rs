//! What the releases agree on that a component may be of.
//!
//! A component whose release is not known is resolved once for each that is possible. What they all say holds; where they
//! differ it is a gap that knowing the release closes.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use model::{Author, Gap, GapKind, Minor, Origin, Plane, Problem, Reading, Release, Setting, Site, Version, spelled};

use crate::{
    flags::{DefaultUnknown, Flag, Presence, Table},
    fresh::Fresh,
};

/// What one release makes of a component.
pub(crate) struct AtRelease {
    pub(crate) minor: Minor,
    /// In the order of the table, which is that of names.
    pub(crate) readings: Vec<(&'static str, Result<Reading, Gap>)>,
    /// The settings that are not among the readings.
    pub(crate) unwritten: Option<Unwritten>,
    pub(crate) problems: Vec<Problem>,
}

/// Settings that nothing writes, as far as anybody knows.
pub(crate) enum Unwritten {
    /// The release fills them in. Most are, and what releases make of them is the same for every component that does not set
    /// them.
    Filled {
        fresh: Arc<Fresh>,
        plane: Plane,
        /// Where they would be written.
        home: Option<Site>,
    },
    /// Fields of a configuration file, where it is one gap that hides them all.
    Hidden { gap: Gap, version: Version },
}

impl Unwritten {
    /// `None` where the release does not have it. `index` is the place of the flag in its table.
    fn reading(&self, index: usize, flag: &Flag) -> Option<Result<Reading, Gap>> {
        match self {
            Self::Filled { fresh, plane, home } => Some(match fresh.defaults.get(index)?.as_ref()? {
                Ok(unset) => Ok(unset.reading(*plane, home.clone())),
                Err(gap) => Err(gap.clone()),
            }),
            Self::Hidden { gap, .. } => self.hides(flag).then(|| Err(gap.clone())),
        }
    }

    fn hides(&self, flag: &Flag) -> bool {
        match self {
            Self::Filled { .. } => false,
            Self::Hidden { version, .. } => flag.is_a_field() && flag.presence(version) != Presence::No,
        }
    }
}

/// What several releases agree on for the settings that nothing writes.
enum Common<'a> {
    /// They fill them in: by the place in the table, for whichever component it was worked out first.
    Filled { agreed: Agreed, plane: Plane, home: &'a Option<Site> },
    /// One gap hides them in all.
    Hidden(&'a Gap),
    /// It takes a look at each.
    Nothing,
}

impl<'a> Common<'a> {
    fn of(table: &'static Table, resolved: &'a [&mut AtRelease], release: &Release) -> Self {
        let unwritten: Option<Vec<(Minor, &Unwritten)>> =
            resolved.iter().map(|one| Some((one.minor, one.unwritten.as_ref()?))).collect();
        let Some(unwritten) = unwritten else { return Self::Nothing };
        match unwritten.last() {
            Some((_, Unwritten::Filled { plane, home, .. }))
                if unwritten.iter().all(|(_, one)| matches!(one, Unwritten::Filled { .. })) =>
            {
                Self::Filled { agreed: agreed(table, &unwritten, release), plane: *plane, home }
            }
            Some((_, Unwritten::Hidden { gap, .. })) if gap.kind != GapKind::Version => {
                let same = |one: &Unwritten| matches!(one, Unwritten::Hidden { gap: other, .. } if other == gap);
                if unwritten.iter().all(|(_, one)| same(one)) { Self::Hidden(gap) } else { Self::Nothing }
            }
            _ => Self::Nothing,
        }
    }

    /// A setting that no release has from anywhere else; `Err` where it takes a look at each.
    fn setting(&self, index: usize, flag: &'static Flag, resolved: &[&mut AtRelease]) -> Result<Option<Setting>, ()> {
        match self {
            Self::Filled { agreed, plane, home } => {
                let mut setting = agreed.get(index).and_then(Option::as_ref).cloned();
                let readings = setting
                    .iter_mut()
                    .flat_map(|setting| setting.readings.iter_mut().flatten().chain(setting.unset.as_deref_mut()));
                for reading in readings {
                    reading.plane = *plane;
                    if let Origin::Default { home: known, .. } = &mut reading.origin {
                        known.clone_from(home);
                    }
                }
                Ok(setting)
            }
            Self::Hidden(gap) => {
                let mut unwritten = resolved.iter().filter_map(|one| one.unwritten.as_ref());
                let hidden = || Setting {
                    name: flag.name,
                    readings: vec![Err((*gap).clone())],
                    is_left_out: false,
                    unset: None,
                };
                Ok(unwritten.any(|one| one.hides(flag)).then(hidden))
            }
            Self::Nothing => Err(()),
        }
    }
}

/// What the releases from one to another agree on where nothing is written, by the place in the table.
type Agreed = Arc<Vec<Option<Setting>>>;

/// A component, with the first release and the last.
type Range = (&'static str, Minor, Minor);

static AGREED: LazyLock<Mutex<HashMap<Range, Agreed>>> = LazyLock::new(Mutex::default);

fn agreed(table: &'static Table, unwritten: &[(Minor, &Unwritten)], release: &Release) -> Agreed {
    let bounds = unwritten.first().zip(unwritten.last());
    let Some(((from, _), (to, _))) = bounds else { return Agreed::default() };
    let mut known = AGREED.lock().unwrap_or_else(PoisonError::into_inner);
    let found = known.entry((table.component, *from, *to)).or_insert_with(|| {
        let merged = |(index, flag): (usize, &'static Flag)| {
            let held =
                unwritten.iter().filter_map(|(minor, one)| Some((*minor, Cow::Owned(one.reading(index, flag)?))));
            merged(flag, &held.collect::<Vec<_>>(), unwritten.len(), release)
        };
        Arc::new(table.flags.iter().enumerate().map(merged).collect())
    });
    Arc::clone(found)
}

/// Each release that this can be; of a range their patches are not known.
pub(crate) fn versions(release: &Release) -> Vec<Version> {
    match release {
        Release::Exactly(version) => vec![version.clone()],
        within => within.minors().map(Version::of_minor).collect(),
    }
}

/// One list of settings that all possible releases agree on, which takes the readings of the only one; where they do not
/// agree, the setting is a gap.
pub(crate) fn settings(table: &'static Table, mut resolved: Vec<&mut AtRelease>, release: &Release) -> Vec<Setting> {
    if let [one] = &mut resolved[..] {
        let setting = |name: &'static str, reading: Result<Reading, Gap>| Setting {
            name,
            is_left_out: is_default(&reading),
            readings: vec![reading],
            unset: None,
        };
        let mut readings = std::mem::take(&mut one.readings).into_iter().peekable();
        let Some(unwritten) = &one.unwritten else {
            return readings.map(|(name, reading)| setting(name, reading)).collect();
        };
        let flags = table.flags.iter().enumerate();
        let held = flags.filter_map(|(index, flag)| {
            let listed = readings.next_if(|(name, _)| *name == flag.name).map(|(_, reading)| reading);
            Some(setting(flag.name, listed.or_else(|| unwritten.reading(index, flag))?))
        });
        return held.collect();
    }
    let common = Common::of(table, &resolved, release);
    let mut settings = Vec::with_capacity(table.flags.len());
    let mut cursors = vec![0_usize; resolved.len()];
    for (index, flag) in table.flags.iter().enumerate() {
        let listed: Vec<Option<&Result<Reading, Gap>>> = resolved
            .iter()
            .zip(&mut cursors)
            .map(|(one, cursor)| {
                let (_, reading) = one.readings.get(*cursor).filter(|(name, _)| *name == flag.name)?;
                *cursor += 1;
                Some(reading)
            })
            .collect();
        if listed.iter().all(Option::is_none)
            && let Ok(setting) = common.setting(index, flag, &resolved)
        {
            settings.extend(setting);
            continue;
        }
        let held = resolved.iter().zip(listed).filter_map(|(one, listed)| {
            let unlisted = || Some(Cow::Owned(one.unwritten.as_ref()?.reading(index, flag)?));
            Some((one.minor, listed.map(Cow::Borrowed).or_else(unlisted)?))
        });
        settings.extend(merged(flag, &held.collect::<Vec<_>>(), resolved.len(), release));
    }
    settings
}

type Held<'a> = (Minor, Cow<'a, Result<Reading, Gap>>);

/// One setting that so many releases may have; `None` where none has it.
fn merged(flag: &'static Flag, held: &[Held<'_>], releases: usize, release: &Release) -> Option<Setting> {
    let (_, newest) = held.last()?;
    let written = |reading: &Result<Reading, Gap>| {
        reading.as_ref().is_ok_and(|reading| !matches!(reading.origin, Origin::Default { .. }))
    };
    let reading = if held.len() == releases || written(newest) {
        agree(flag.name, held)
    } else {
        // What hides a value in a release that has the flag hides whether it is set at all.
        let mut gaps = held.iter().filter_map(|(_, reading)| reading.as_ref().as_ref().err());
        Err(gaps.find(|gap| gap.kind != GapKind::Version).cloned().unwrap_or_else(|| {
            Gap::of_release(format!("`{}` is in {}, and the release is {release}", spelled(flag.name), flag.life()))
        }))
    };
    let is_left_out = held.iter().all(|(_, reading)| is_default(reading));
    let unset = (reading.is_err() && is_left_out && held.iter().all(|(_, reading)| is_nothing(reading)))
        .then(|| newest.as_ref().as_ref().ok().cloned().map(Box::new))
        .flatten();
    Some(Setting { name: flag.name, readings: vec![reading], is_left_out, unset })
}

/// Whether it is the same to be without a value as to be without the setting.
fn is_nothing(reading: &Result<Reading, Gap>) -> bool {
    let nothing = |text: &str| matches!(text, "" | "[]" | "<nil>" | "\"\"" | "false" | "0" | "0s");
    reading
        .as_ref()
        .is_ok_and(|reading| nothing(&reading.value) && nothing(reading.in_force()) && reading.open.is_none())
}

/// Whether a release fills it in by itself; what holds may be open all the same.
fn is_default(reading: &Result<Reading, Gap>) -> bool {
    let by_upstream = |origin: &Origin| matches!(origin, Origin::Default { by: Author::Upstream { .. }, .. });
    reading.as_ref().is_ok_and(|reading| by_upstream(&reading.origin))
}

/// As many letters of a value as are said of it where releases differ.
const LONGEST: usize = 60;

fn agree(name: &str, held: &[Held<'_>]) -> Result<Reading, Gap> {
    let name = spelled(name);
    let Some((_, newest)) = held.last() else {
        return Err(Gap::of_release(format!("`{name}` is in no possible release")));
    };
    let newest: &Result<Reading, Gap> = newest;
    // A flag that became a list prints what it holds in brackets from then on, and gates are printed behind a colon from 1.31 on.
    let of_gates = name == "--feature-gates";
    let bare = |text: &str| {
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let pairs = text.split(',').map(|pair| pair.strip_prefix(':').filter(|_| of_gates).unwrap_or(pair));
        pairs.collect::<Vec<_>>().join(",")
    };
    let same = |other: &Result<Reading, Gap>| match (other, newest) {
        (Ok(a), Ok(b)) => {
            (a.value == b.value || bare(&a.value) == bare(&b.value))
                && (a.in_force() == b.in_force() || bare(a.in_force()) == bare(b.in_force()))
                && a.open.is_some() == b.open.is_some()
                && a.origin.name() == b.origin.name()
        }
        (Err(a), Err(b)) => a.kind == b.kind,
        _ => false,
    };
    if held.iter().all(|(_, reading)| same(reading)) {
        return newest.clone();
    }
    // The oldest and the newest are enough to say that there is no one answer.
    let say = |reading: &Result<Reading, Gap>| match reading {
        // Some releases print every gate that a word stands for.
        Ok(reading) => match reading.in_force().char_indices().nth(LONGEST) {
            Some((end, _)) => format!("`{}…`", reading.in_force().get(..end).unwrap_or_default()),
            None => format!("`{}`", reading.in_force()),
        },
        Err(_) => "not known".to_owned(),
    };
    let changes = held.iter().rev().find(|(_, reading)| !same(reading));
    let reason = match changes {
        // The same value for another reason.
        Some((minor, older)) if say(older) == say(newest) => {
            format!("what `{name}` comes from differs up to {minor} and after it")
        }
        Some((minor, older)) => {
            format!("`{name}` is {} up to {minor} and {} after it", say(older), say(newest))
        }
        None => format!("`{name}` depends on the release"),
    };
    Err(Gap::of_release(reason))
}

/// The problems of all possible releases, each once. One that stops only some of them does not stop the server for sure.
pub(crate) fn problems(resolved: &[&AtRelease]) -> Vec<Problem> {
    if let [one] = resolved {
        return one.problems.clone();
    }
    together(resolved.iter().map(|one| (std::slice::from_ref(&one.minor), one.problems.as_slice())), |stopped| {
        stopped.len() == resolved.len()
    })
}

/// The problems of several releases as one list, each saying in which of them it is there. `stops` tells of the releases that
/// one stops whether that is the end of it; where it is not, it says whom it stops.
pub(crate) fn together<'p>(
    releases: impl Iterator<Item = (&'p [Minor], &'p [Problem])>,
    stops: impl Fn(&[Minor]) -> bool,
) -> Vec<Problem> {
    struct Seen {
        problem: Problem,
        minors: Vec<Minor>,
        stopped: Vec<Minor>,
    }
    let mut seen: Vec<Seen> = Vec::new();
    let mut count = 0;
    for (minors, problems) in releases {
        count += minors.len();
        for found in problems {
            let problem = Problem { stops: false, ..found.clone() };
            let known = seen.iter().position(|known| known.problem == problem).unwrap_or_else(|| {
                seen.push(Seen { problem, minors: Vec::new(), stopped: Vec::new() });
                seen.len() - 1
            });
            let Some(known) = seen.get_mut(known) else { continue };
            if known.minors.last() != minors.last() {
                known.minors.extend(minors);
                if found.stops {
                    known.stopped.extend(minors);
                }
            }
        }
    }
    let range = |minors: &[Minor]| match minors {
        [] => String::new(),
        [only] => only.to_string(),
        [from, .., to] => format!("{from} to {to}"),
    };
    seen.into_iter()
        .map(|Seen { mut problem, minors, stopped }| {
            problem.stops = stops(&stopped);
            if !stopped.is_empty() && stopped.len() != count {
                problem.message = format!("{}, which stops {}", problem.message, range(&stopped));
            } else if minors.len() != count {
                problem.message = format!("{}, in {}", problem.message, range(&minors));
            }
            problem
        })
        .collect()
}

/// Why nothing is known about what is not written, where the release is newer or older than the data.
pub(crate) fn newer_than_data(table: &Table, version: &Version) -> Option<Gap> {
    let (from, to) = table.covered;
    let reason = if version.minor > to {
        format!("{version} is newer than this build knows: {to}, data of {}", table.date)
    } else if version.minor < from {
        format!("{version} is older than this build knows: {from}")
    } else {
        return None;
    };
    Some(Gap {
        kind: GapKind::Version,
        reason,
        wanted: "a build that knows the release".to_owned(),
        who_could_answer: format!("a newer portcullis, or `{} --help` of that release", table.component),
    })
}

pub(crate) fn maybe_present(flag: &Flag, version: &Version) -> Gap {
    Gap::of_release(format!(
        "`{}` came to {} with a patch release, and the patch is not known",
        spelled(flag.name),
        version.minor
    ))
}

pub(crate) fn default_gap(table: &Table, flag: &Flag, version: &Version, why: DefaultUnknown<'_>) -> Gap {
    match why {
        DefaultUnknown::Patch(since) => Gap::of_release(format!(
            "the default of `{}` changed in {since}, and the patch is not known",
            spelled(flag.name)
        )),
        DefaultUnknown::NotRecorded => Gap {
            kind: GapKind::Manual,
            reason: format!("the default of `{}` in {version} is not known to this build", spelled(flag.name)),
            wanted: spelled(flag.name),
            who_could_answer: format!("`{} --help` of that release", table.component),
        },
    }
}
