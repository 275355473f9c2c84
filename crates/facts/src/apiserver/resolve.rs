//! A command line, read once for each release that is possible, and what the releases agree on.

use model::{Component, Gap, Problem, Release, Setting, Unanswered, Version};

use super::{
    Anonymous, ApiServer, Authorizers, Server, checks,
    config::{Config, Listed},
    effects,
    wants::{FileWant, NamedFiles, add, by_way_of_kubeconfigs, unseen_files, wanted_by},
};
use crate::{
    Files, Hand, Invocation,
    configuration::{self, FileKind, Named, Taken, authn::Issuer},
    flags::KUBE_APISERVER,
    kubeconfig::Kubeconfig,
    merge::{self, AtRelease, newer_than_data, versions},
    release,
    running::ReportedFlag,
};

/// What one release makes of the command line.
struct Resolved {
    held: AtRelease,
    /// Files that flags name.
    wants: Vec<FileWant>,
    /// Files that configuration files name.
    names: Vec<FileWant>,
    authorizers: Result<Authorizers, Unanswered>,
    anonymous: Result<Anonymous, Unanswered>,
    issuers: Result<Option<Vec<Issuer>>, Unanswered>,
    files: Vec<(FileKind, Named)>,
    audit_webhook: Result<Option<Kubeconfig>, Unanswered>,
    listed: Listed,
    /// What in its files keeps it from being told whether it starts.
    unseen: Vec<Gap>,
}

/// Resolves one API server. A version that the caller names wins over that of the image, and without either the flags
/// themselves narrow the range of releases.
///
/// `starts` is `Some(false)` where something stops every possible release, and `Some(true)` where one release is known,
/// all its words were read and nothing here stops it. What the files say that flags name is not judged here, nor whether
/// the host has the address to listen on; those who read them add their problems.
pub fn resolve(invocation: &Invocation, version: Option<&Version>, files: &Files<'_>) -> ApiServer {
    let (release, conflict) = release(invocation, version);
    let versions = versions(&release);
    let mut resolved: Vec<Resolved> = versions.iter().map(|version| at(invocation, None, version, files)).collect();

    let settings = settings(&mut resolved, &release);
    let mut problems = invocation.problems.clone();
    problems.extend(conflict.map(|flags| release::conflict(invocation, flags)));
    problems.extend(self::problems(&resolved));
    let mut unseen: Vec<Gap> =
        versions.iter().find_map(|version| newer_than_data(&KUBE_APISERVER, version)).into_iter().collect();
    if !matches!(release, Release::Exactly(_)) {
        unseen.push(Gap::of_release(format!("whether it starts depends on the release, which is {release}")));
    }
    unseen.extend(invocation.open_ended.clone());
    // A value that only a distribution knows before the node does is none that keeps a server from starting, and a word that is
    // in none of these releases leaves nothing open.
    let words = versions.iter().flat_map(|version| invocation.words_in(version.minor));
    let unknown = words.filter(|word| word.hand == Hand::Written);
    unseen.extend(unknown.filter_map(|word| word.unresolved.clone()));
    let mut wants: Vec<FileWant> = Vec::new();
    resolved.iter_mut().for_each(|one| add(&mut wants, std::mem::take(&mut one.wants)));
    wants.extend(by_way_of_kubeconfigs(&wants, files));
    wants.extend(resolved.iter().flat_map(|one| one.names.iter().cloned()));
    unseen.extend(unseen_files(&wants, files));
    unseen.extend(resolved.iter().flat_map(|one| one.unseen.iter().cloned()));
    unseen.sort_unstable();
    unseen.dedup();
    let stops = problems.iter().any(|problem| problem.stops);
    let starts = if stops { Some(false) } else { unseen.is_empty().then_some(true) };
    let named = NamedFiles::of(&wants, files);
    merged(invocation, version, release, resolved, settings, Outlook { starts, unseen, problems, named })
}

/// Resolves one API server by the flags that the process says it runs with.
pub(crate) fn reported(
    invocation: &Invocation,
    flags: &[ReportedFlag],
    version: Option<&Version>,
    files: &Files<'_>,
) -> ApiServer {
    let names = flags.iter().map(|flag| flag.name.as_str());
    let release = match version.or(invocation.version.as_ref().map(|(version, _)| version)) {
        Some(version) => Release::Exactly(version.clone()),
        None => release::narrow(&KUBE_APISERVER, invocation.releases, names).0,
    };
    let mut resolved: Vec<Resolved> =
        versions(&release).iter().map(|version| at(invocation, Some(flags), version, files)).collect();
    let settings = settings(&mut resolved, &release);
    let problems = problems(&resolved);
    let wants = wanted_by(flags);
    let named = NamedFiles::of(&wants, files);
    let outlook = Outlook { starts: Some(true), unseen: Vec::new(), problems, named };
    // What the process says of its flags are no words.
    ApiServer { line: None, ..merged(invocation, version, release, resolved, settings, outlook) }
}

/// What becomes of the process, and what it reads.
struct Outlook {
    starts: Option<bool>,
    unseen: Vec<Gap>,
    problems: Vec<Problem>,
    named: NamedFiles,
}

fn merged(
    invocation: &Invocation,
    version: Option<&Version>,
    release: Release,
    resolved: Vec<Resolved>,
    settings: Vec<Setting>,
    outlook: Outlook,
) -> ApiServer {
    let Outlook { starts, unseen, problems, named: NamedFiles { keys, kubeconfigs } } = outlook;
    let named = invocation.version.as_ref().filter(|(named, _)| version.is_none_or(|version| version == named));
    ApiServer {
        release_at: named.map(|(_, at)| at.clone()),
        authorizers: merge_views(&resolved, "who authorizes", |one| &one.authorizers),
        anonymous: merge_views(&resolved, "whether requests without credentials are served", |one| &one.anonymous),
        issuers: merge_views(&resolved, "whether a file names issuers of tokens", |one| &one.issuers),
        key_files: keys,
        kubeconfigs,
        // Every release reads such a list alike.
        listed: resolved.last().map(|one| one.listed.clone()).unwrap_or_default(),
        files: merge_files(&resolved),
        told: None,
        shown: None,
        audit_webhook: merge_views(&resolved, "whether audit records are sent elsewhere", |one| &one.audit_webhook),
        mounts: invocation.mounts.clone(),
        contained: invocation.contained,
        line: invocation.line(),
        own_plugins: super::plugins::own(invocation),
        component: Component {
            name: KUBE_APISERVER.component,
            instance: invocation.instance.clone(),
            release,
            starts,
            unseen,
            settings,
            problems,
            declared_in: invocation.declared_in.clone(),
            contradicted: Ok(Vec::new()),
            outranked: None,
        },
    }
}

/// What is known of the release, and two flags that no release has together.
pub(super) fn release(invocation: &Invocation, version: Option<&Version>) -> (Release, Option<(String, String)>) {
    match version.or(invocation.version.as_ref().map(|(version, _)| version)) {
        Some(version) => (Release::Exactly(version.clone()), None),
        None => release::narrow(&KUBE_APISERVER, invocation.releases, invocation.flags_written()),
    }
}

fn settings(resolved: &mut [Resolved], release: &Release) -> Vec<Setting> {
    merge::settings(&KUBE_APISERVER, resolved.iter_mut().map(|one| &mut one.held).collect(), release)
}

fn problems(resolved: &[Resolved]) -> Vec<Problem> {
    merge::problems(&resolved.iter().map(|one| &one.held).collect::<Vec<_>>())
}

/// `said` are the flags that the process itself lists, in place of the words of the command line.
fn at(invocation: &Invocation, said: Option<&[ReportedFlag]>, version: &Version, files: &Files<'_>) -> Resolved {
    let server = match said {
        Some(flags) => Server::reported(invocation, flags, version),
        None => Server::read(&KUBE_APISERVER, invocation, version),
    };
    // What runs was not stopped by anything.
    let mut problems = if said.is_some() { Vec::new() } else { checks::problems(&server, files) };
    let config = Config::read(&server, files);
    let authorizers = effects::authorizers(&server, &config);
    let anonymous = effects::anonymous(&server, &authorizers, &config);
    let issuers = effects::issuers(&server, &config);
    let Config { names, files, problems: in_files, audit_webhook, listed, unseen, .. } = config;
    problems.extend(in_files);
    let mut readings = server.readings().map(|(flag, reading)| (flag.name, reading)).collect();
    effects::apply(&server, &authorizers, &anonymous, &mut readings);
    let held = AtRelease { minor: version.minor, readings, unwritten: server.unwritten(), problems };
    Resolved { held, wants: server.wants, names, authorizers, anonymous, issuers, files, audit_webhook, listed, unseen }
}

fn merge_views<T: Clone + PartialEq>(
    resolved: &[Resolved],
    what: &str,
    view: impl Fn(&Resolved) -> &Result<T, Unanswered>,
) -> Result<T, Unanswered> {
    let mut views = resolved.iter().rev().map(view);
    let Some(newest) = views.next() else {
        return Err(Gap::of_release(format!("{what} depends on the release")).into());
    };
    let agreed = views.all(|other| match (other, newest) {
        (Ok(a), Ok(b)) => a == b,
        (Err(_), Err(_)) => true,
        _ => false,
    });
    if agreed { newest.clone() } else { Err(Gap::of_release(format!("{what} depends on the release")).into()) }
}

/// Each kind of configuration file, as the possible releases take it.
fn merge_files(resolved: &[Resolved]) -> Vec<(FileKind, Result<Option<Taken>, Gap>)> {
    let of = |kind: FileKind| {
        resolved.iter().map(move |one| {
            let file = one.files.iter().find(|(known, _)| *known == kind).map(|(_, file)| file.clone());
            (one.held.minor, file)
        })
    };
    FileKind::ALL.into_iter().map(|kind| (kind, configuration::agree(of(kind)))).collect()
}
