//! etcd: its flags in one of its own releases, by what starts it.
//!
//! A flag wins over the variable of the same name (pkg/flags/flag.go, `SetFlagsFromEnv`), that over a default; to give both keeps etcd
//! from starting from 3.4 on. Where a configuration file is named, flags and variables do not count at all (etcdmain/config.go,
//! `parse`). Flags are those of Go's own library, which takes one dash or two and stops at the first word that is no flag.
//!
//! Which release of Kubernetes runs beside it says nothing of etcd's, so that only its image, or flags that not every release has, tell
//! which it is. Start at [`resolve`].

mod file;

use std::collections::BTreeMap;

use model::{Component, Evidence, Gap, GapKind, Minor, Problem, ProblemKind, Reading, Release, Unanswered, Version};

use file::{every, of_file};

use crate::{
    Files, Hand, Invocation, Trees, Word,
    declare::{etcd_lines, is_variable},
    flags::ETCD,
    line::{
        Line,
        mistakes::{self, Manners},
    },
    merge::{self, AtRelease, newer_than_data, versions},
    release,
};

/// Every release refuses words that are no flags (etcdmain/config.go, `parse`).
const MANNERS: Manners = Manners { refuses_words: Minor::new(3, 0), forks: &[], once: &[] };

/// The first release that does not start where a flag and its variable are both given.
const CONFLICTS: Minor = Minor::new(3, 4);

/// The first release in which a file of authorities alone makes clients and members show a certificate (pkg/transport/listener.go,
/// `ServerConfig`).
const AUTHORITIES_SUFFICE: Minor = Minor::new(3, 4);

const FILE: &str = "config-file";

/// One member, or what is declared of it.
#[derive(Clone, Debug)]
pub struct Etcd {
    component: Component,
}

/// Who comes to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Clients,
    Members,
}

impl Side {
    /// A flag by its name for clients.
    pub fn flag(self, of_clients: &'static str) -> &'static str {
        match (self, of_clients) {
            (Self::Clients, name) => name,
            (Self::Members, "auto-tls") => "peer-auto-tls",
            (Self::Members, "cert-file") => "peer-cert-file",
            (Self::Members, "key-file") => "peer-key-file",
            (Self::Members, "client-cert-auth") => "peer-client-cert-auth",
            (Self::Members, "trusted-ca-file") => "peer-trusted-ca-file",
            (Self::Members, "listen-client-urls") => "listen-peer-urls",
            (Self::Members, name) => name,
        }
    }
}

/// Where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    pub url: String,
    pub is_tls: bool,
    /// Without brackets; empty of a socket in the file system.
    pub host: String,
}

impl Listen {
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_tls = matches!(scheme, "https" | "unixs");
        if scheme.starts_with("unix") {
            return Some(Self { url: url.to_owned(), is_tls, host: String::new() });
        }
        let host = rest.split('/').next()?;
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        Some(Self { url: url.to_owned(), is_tls, host: host.trim_matches(['[', ']']).to_owned() })
    }

    /// Whether only its own machine reaches it.
    pub fn is_local(&self) -> bool {
        let is_loopback = |host: &str| host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        self.host.is_empty() || self.host == "localhost" || is_loopback(&self.host)
    }

    /// Whether it is every address that its machine has.
    pub fn is_everywhere(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified())
    }
}

impl Etcd {
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// The table of settings alone.
    pub fn into_component(self) -> Component {
        self.component
    }

    /// What holds for a flag. `NotApplicable` where no possible release has it.
    pub fn get(&self, name: &str) -> Result<&Reading, Unanswered> {
        let Some(setting) = self.component.setting(name) else {
            let reason = match ETCD.find(name) {
                Some(known) => {
                    format!("etcd {} has no `--{name}`; it is in {}", self.component.release, known.life())
                }
                None => format!("there is no `--{name}`"),
            };
            return Err(Unanswered::NotApplicable(reason));
        };
        Ok(setting.in_force().map_err(Clone::clone)?)
    }

    /// Where it listens by a flag that lists URLs; what is no URL is left out.
    pub fn listens(&self, name: &str) -> Result<(Vec<Listen>, &Reading), Unanswered> {
        let reading = self.get(name)?;
        Ok((reading.in_force().split(',').filter_map(|url| Listen::of(url.trim())).collect(), reading))
    }

    /// Whether whoever comes over TLS has to show a certificate of an authority that it is given, and what decides it.
    pub fn demands(&self, side: Side) -> Result<(Demanded, &Reading), Unanswered> {
        let authorities = self.get(side.flag("trusted-ca-file"))?;
        let switch = self.get(side.flag("client-cert-auth"));
        let release = &self.component.release;
        if authorities.in_force().is_empty() {
            let switch = switch?;
            let is_on = switch.in_force() == "true";
            return Ok((if is_on { Demanded::OfAnybody } else { Demanded::No }, switch));
        }
        match switch {
            Ok(switch) if switch.in_force() == "true" => Ok((Demanded::OfItsOwn, switch)),
            _ if release.is_at_least(AUTHORITIES_SUFFICE) => Ok((Demanded::OfItsOwn, authorities)),
            Ok(switch) if release.is_before(AUTHORITIES_SUFFICE) => Ok((Demanded::No, switch)),
            Ok(_) => Err(Unanswered::Gap(of_release(format!(
                "`--{}` alone makes who comes show a certificate from {AUTHORITIES_SUFFICE} on, and the release is {release}",
                side.flag("trusted-ca-file")
            )))),
            Err(unanswered) => Err(unanswered),
        }
    }

    /// Whether it serves by a certificate that it makes for itself at each start; what decides it.
    pub fn makes_its_own(&self, side: Side) -> Result<(bool, &Reading), Unanswered> {
        let switch = self.get(side.flag("auto-tls"))?;
        if switch.in_force() != "true" {
            return Ok((false, switch));
        }
        // One that is given wins (embed/config.go, `ClientSelfCert`).
        let given = |name| -> Result<bool, Unanswered> { Ok(!self.get(side.flag(name))?.in_force().is_empty()) };
        Ok((!(given("cert-file")? && given("key-file")?), switch))
    }
}

/// What certificate is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demanded {
    No,
    /// One that any authority has issued that the machine itself believes.
    OfAnybody,
    OfItsOwn,
}

/// The gap that knowing etcd's release closes.
fn of_release(reason: String) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason,
        wanted: "the release of etcd".to_owned(),
        who_could_answer: "`etcd --version` on its machine, or the tag of its image".to_owned(),
    }
}

/// The members that the evidence of one cluster declares.
pub(crate) fn resolve(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<Etcd> {
    let mut found: Vec<Etcd> = etcd_lines(evidence, trees, root).iter().map(|line| one(line, evidence, root)).collect();
    found.sort_by(|a, b| {
        let key = |one: &Etcd| (one.component.instance.clone(), one.component.declared_in.clone());
        key(a).cmp(&key(b))
    });
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for one in &found {
        counts.entry(one.component.instance.clone()).or_default().0 += 1;
    }
    for one in &mut found {
        let Some((total, seen)) = counts.get_mut(&one.component.instance) else { continue };
        *seen += 1;
        if *total > 1 {
            one.component.instance = format!("{}#{seen}", one.component.instance);
        }
    }
    found
}

/// The files that its words may name, by their paths where it runs.
pub(crate) fn named(line: &Invocation) -> Option<String> {
    let line = as_given(line);
    let version = versions(&release_of(&line).0).pop()?;
    let read = Line::read(&ETCD, &line, &version);
    read.text(FILE).filter(|path| !path.is_empty()).map(str::to_owned)
}

/// A command line as etcd takes it, with the variables that are set before its flags, which win, and two dashes before each.
fn as_given(line: &Invocation) -> Invocation {
    let (variables, flags) = parted(line);
    // One that is empty sets nothing (pkg/flags/flag.go, `setFlagFromEnv`).
    // One that it does not know it passes over (`verifyEnv`).
    let is_known = |word: &Word| ETCD.find(name_of(&word.text)).is_some();
    let is_set = |word: &&&Word| is_known(word) && (word.unresolved.is_some() || !word.text.ends_with('='));
    let mut words: Vec<Word> = variables.iter().filter(is_set).map(|word| (*word).clone()).collect();
    let mut value = false;
    for word in flags {
        let mut word = word.clone();
        if std::mem::take(&mut value) {
            words.push(word);
            continue;
        }
        if word.text.starts_with('-') && !word.text.starts_with("--") && word.text.len() > 1 {
            word.text.insert(0, '-');
        }
        if let Some(name) = word.text.strip_prefix("--").filter(|rest| !rest.contains('=')) {
            value = ETCD.find(name).is_some_and(|flag| flag.shape != "bool");
        }
        words.push(word);
    }
    Invocation { words, ..line.clone() }
}

fn release_of(line: &Invocation) -> (Release, Option<(String, String)>) {
    match &line.version {
        Some((version, _)) => (Release::Exactly(version.clone()), None),
        None => {
            // Variables prove nothing: what a release does not know it passes over.
            let flags = line.words.iter().filter(|word| !is_variable(word) && word.text.starts_with("--"));
            release::narrow(&ETCD, None, flags.map(|word| name_of(&word.text)))
        }
    }
}

fn one(line: &Invocation, evidence: &[Evidence], root: Option<&str>) -> Etcd {
    let given = as_given(line);
    let (release, conflict) = release_of(&given);
    let versions = versions(&release);
    let files = Files { root, mounts: &line.mounts, contained: line.contained, evidence, carried: &line.carried };
    let both: Vec<&Word> = shadowed(line);
    let mut resolved: Vec<AtRelease> = versions.iter().map(|version| at(&given, &both, &files, version)).collect();
    let mut problems = line.problems.clone();
    problems.extend(conflict.map(|flags| Problem { hint: None, ..release::conflict(&given, flags) }));
    problems.extend(merge::problems(&resolved.iter().collect::<Vec<_>>()));
    let mut settings = merge::settings(&ETCD, resolved.iter_mut().collect(), &release);
    // Whichever release of Kubernetes it is, etcd's is another.
    for gap in
        settings.iter_mut().flat_map(|setting| &mut setting.readings).filter_map(|reading| reading.as_mut().err())
    {
        if gap.kind == GapKind::Version && gap.wanted.starts_with("--") {
            *gap = of_release(gap.reason.clone());
        }
    }
    let mut unseen: Vec<Gap> =
        versions.iter().find_map(|version| newer_than_data(&ETCD, version)).into_iter().collect();
    if !matches!(release, Release::Exactly(_)) {
        unseen.push(of_release(format!("whether it starts depends on the release of etcd, which is {release}")));
    }
    unseen.extend(line.open_ended.clone());
    let unknown = given.words.iter().filter(|word| word.hand == Hand::Written);
    unseen.extend(unknown.filter_map(|word| word.unresolved.clone()));
    unseen.push(Gap {
        kind: GapKind::Manual,
        reason: "whether etcd starts depends on its data and on the other members, too".to_owned(),
        wanted: "the log of etcd".to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
    });
    unseen.sort_unstable();
    unseen.dedup();
    let stops = problems.iter().any(|problem| problem.stops);
    Etcd {
        component: Component {
            name: ETCD.component,
            instance: line.instance.clone(),
            release,
            starts: stops.then_some(false),
            unseen,
            settings,
            problems,
            declared_in: line.declared_in.clone(),
            contradicted: Ok(Vec::new()),
            // What was not seen may name a file, beside which nothing else counts.
            outranked: line.open_ended.clone().filter(|_| !names_a_file(&given)),
        },
    }
}

/// Whether its words name a file, which then is all that counts.
fn names_a_file(given: &Invocation) -> bool {
    given.flags_written().any(|name| name == FILE)
}

/// The name of the flag that a word gives.
fn name_of(text: &str) -> &str {
    text.trim_start_matches('-').split('=').next().unwrap_or_default()
}

/// The variables of a line, and the words of its command.
fn parted(line: &Invocation) -> (Vec<&Word>, Vec<&Word>) {
    line.words.iter().partition(|word| is_variable(word))
}

/// The variables whose flags are given as well.
fn shadowed(line: &Invocation) -> Vec<&Word> {
    let (variables, words) = parted(line);
    let flags: Vec<&str> =
        words.iter().filter(|word| word.text.starts_with('-')).map(|word| name_of(&word.text)).collect();
    variables.into_iter().filter(|word| flags.contains(&name_of(&word.text))).collect()
}

/// What one release makes of it.
fn at(given: &Invocation, shadowed: &[&Word], files: &Files<'_>, version: &Version) -> AtRelease {
    let line = Line::read(&ETCD, given, version);
    let is_file = match line.reading_of(FILE) {
        Some(Ok(_)) => line.text(FILE).filter(|path| !path.is_empty()),
        _ => None,
    };
    let mut problems = mistakes::all(&line, &MANNERS);
    let of_variable = |setting: &Option<String>| {
        let is = |word: &&&Word| setting.as_deref().is_some_and(|name| word.text[2..].starts_with(&format!("{name}=")));
        shadowed.iter().find(is).copied()
    };
    problems.retain(|problem| problem.kind != ProblemKind::Duplicate || of_variable(&problem.setting).is_none());
    let is_of_variable = |problem: &Problem| {
        let mut variables = given.words.iter().filter(|word| is_variable(word));
        problem.location.as_ref().is_some_and(|at| variables.any(|word| word.site.at == *at))
    };
    let is_passed_over = |kind| matches!(kind, ProblemKind::Unknown | ProblemKind::Removed);
    problems.retain(|problem| !(is_passed_over(problem.kind) && is_of_variable(problem)));
    if is_file.is_none() {
        for word in shadowed {
            let name = word.text.trim_start_matches('-').split('=').next().unwrap_or_default();
            let variable = format!("ETCD_{}", name.replace('-', "_").to_uppercase());
            let stops = version.minor >= CONFLICTS;
            problems.push(Problem {
                kind: ProblemKind::Conflict,
                stops,
                message: format!("`{variable}` and `--{name}` are both given, and the flag wins"),
                hint: Some(format!("from {CONFLICTS} on etcd does not start where both are given; take one away")),
                location: Some(word.site.at.clone()),
                setting: Some(name.to_owned()),
            });
        }
    }
    let readings = match (is_file, line.reading_of(FILE)) {
        (Some(path), Some(Ok(named))) => of_file(path, &line, &named, files, &mut problems),
        // Nobody knows whether any of them counts.
        (_, Some(Err(gap))) if line.place(FILE).is_some() => every(version, |_| Err(gap.clone())),
        _ => line.readings().map(|(flag, reading)| (flag.name, reading)).collect(),
    };
    let unwritten = if is_file.is_none() { line.unwritten() } else { None };
    AtRelease { minor: version.minor, readings, unwritten, problems }
}

#[cfg(test)]
mod tests;
