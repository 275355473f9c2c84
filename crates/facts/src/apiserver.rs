//! The API server: its flags in one release, what they amount to, and whether the process starts.
//!
//! [`resolve`] reads the command line once for each release that is possible and keeps what they agree on. What a value
//! does beyond its own flag (`AlwaysAllow` switches anonymous requests off) is `effects`, what keeps the process from
//! starting is `checks`; both are written from the server's own sources, cited where they are used.

mod checks;
mod config;
mod effects;
mod gates;
mod planes;
mod plugins;
mod server;

use std::{fmt, marker::PhantomData, net::IpAddr};

use model::{
    Component, Form, Gap, GapKind, Location, Origin, Problem, ProblemKind, Reading, Release, Setting, Site, Unanswered,
    Version,
};

use crate::{
    Contents, File, Files, Hand, Invocation, Mount,
    configuration::{
        self, FileKind, Named, Taken,
        authn::{Authentication, Issuer},
        authz::Authorization,
    },
    flags::KUBE_APISERVER,
    golang,
    kubeconfig::{self, Kubeconfig},
    merge::{self, AtRelease, newer_than_data, version_gap, versions},
    mount_of,
    pflag::{self, Kind, Occurrence},
    pki::{self, Certificate, KeyFile},
    release,
    request::path,
    running::{Metrics, ReportedFlag, Told},
};
use config::Config;
pub use gates::GivenGate;
pub(crate) use gates::{in_force as gate_in_force, listed as gates_listed, of_stage as gates_of_stage};
pub use plugins::{AdmissionPlugin, UnknownPlugin};
use server::Server;

/// One API server, resolved.
#[derive(Clone, Debug)]
pub struct ApiServer {
    component: Component,
    release_at: Option<Location>,
    authorizers: Result<Authorizers, Unanswered>,
    anonymous: Result<Anonymous, Unanswered>,
    issuers: Result<Option<Vec<Issuer>>, Unanswered>,
    key_files: Vec<KeyFile>,
    kubeconfigs: Vec<NamedKubeconfig>,
    files: Vec<(FileKind, Result<Option<Taken>, Gap>)>,
    told: Option<Told>,
    /// The certificate that it was seen to show.
    shown: Option<(Certificate, Location)>,
    audit_webhook: Result<Option<Kubeconfig>, Unanswered>,
    mounts: Vec<Mount>,
    contained: bool,
}

/// Where a path of the server lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lies {
    /// It runs on the host itself.
    OnTheHost,
    /// On a volume, and on which folder of the host, if it is one.
    Mounted { host: Option<String>, read_only: bool },
    /// In the container, and gone with it.
    InTheImage,
}

/// Who authorizes, in the order they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizers {
    /// Types as written: `Node`, `RBAC`, `Webhook`, `ABAC`, `AlwaysAllow`, `AlwaysDeny`.
    pub modes: Vec<String>,
    /// `--authorization-mode`, or the field of the AuthorizationConfiguration.
    pub setting: String,
    pub origin: Origin,
}

impl Authorizers {
    /// Those of a file.
    pub fn of_file(file: &Authorization) -> Self {
        let kinds = file.authorizers.iter().filter_map(|one| one.kind.as_ref());
        Self {
            modes: kinds.map(|kind| kind.value.clone()).collect(),
            setting: "AuthorizationConfiguration.authorizers".to_owned(),
            origin: Origin::Written(Site { at: file.at.clone(), form: Form::Field }),
        }
    }
}

/// What happens to requests without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anonymous {
    pub enabled: bool,
    /// Paths they are limited to; `None` when there is no limit.
    pub paths: Option<Vec<String>>,
    /// `--anonymous-auth`, or the field of the AuthenticationConfiguration.
    pub setting: String,
    pub origin: Origin,
    /// Another setting that decides: `AlwaysAllow` resets the flag.
    pub decided_by: Option<(String, Option<Location>)>,
}

impl Anonymous {
    /// What a file says of it; `None` where it leaves the matter to `--anonymous-auth`.
    pub fn of_file(file: &Authentication) -> Option<Self> {
        let anonymous = file.anonymous.as_ref()?;
        Some(Self {
            enabled: anonymous.enabled,
            paths: anonymous.paths.as_ref().map(|paths| paths.iter().map(|path| path.value.clone()).collect()),
            setting: "AuthenticationConfiguration.anonymous".to_owned(),
            origin: Origin::Written(Site { at: anonymous.at.clone(), form: Form::Field }),
            decided_by: None,
        })
    }

    /// Whether a request without credentials is let in as `system:anonymous`, by its path as it is sent; if not, it is
    /// answered with 401. The method does not count, and what an authorizer then says of it is another matter.
    ///
    /// A path is compared as it is decoded, whole and without its query (apiserver
    /// pkg/authentication/request/anonymous/anonymous.go, 1.36).
    pub fn lets_in(&self, target: &str) -> bool {
        let among = |paths: &Vec<String>| path(target).is_some_and(|path| paths.contains(&path));
        self.enabled && self.paths.as_ref().is_none_or(among)
    }
}

/// A flag's name and the type of its value; the keys are the constants of [`crate::flag`].
pub struct Flag<T> {
    pub name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Flag<T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }
}

/// A duration as Go reads and prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration {
    pub nanoseconds: i64,
}

impl GoDuration {
    /// Reads what Go reads: `1h30m`, `1m0s`.
    pub fn parse(text: &str) -> Option<Self> {
        golang::parse_duration(text).map(|nanoseconds| Self { nanoseconds })
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&golang::format_duration(self.nanoseconds))
    }
}

/// What holds for a flag, with what the component prints and where it comes from.
#[derive(Clone, Debug)]
pub struct Held<'a, T> {
    /// What is in force, which another setting may have decided.
    pub value: T,
    pub setting: &'a Setting,
    pub reading: &'a Reading,
}

impl<'a, T> Held<'a, T> {
    pub fn origin(&self) -> &'a Origin {
        &self.reading.origin
    }
}

/// A type that the printed text of a flag can be read as.
pub trait FromPrinted: Sized {
    fn from_printed(kind: Kind, text: &str) -> Option<Self>;
}

impl FromPrinted for bool {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_bool(text)
    }
}

impl FromPrinted for i64 {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_int(text, 64)
    }
}

impl FromPrinted for f64 {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_float(text)
    }
}

impl FromPrinted for GoDuration {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        golang::parse_duration(text).map(|nanoseconds| Self { nanoseconds })
    }
}

impl FromPrinted for String {
    fn from_printed(_: Kind, text: &str) -> Option<Self> {
        Some(golang::unquote(text))
    }
}

impl FromPrinted for Vec<String> {
    fn from_printed(kind: Kind, text: &str) -> Option<Self> {
        let text = golang::unquote(text);
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text);
        match kind {
            _ if inner.is_empty() => Some(Self::new()),
            Kind::NamedCertKeyArray => Some(inner.split(';').map(str::to_owned).collect()),
            _ => golang::read_csv(inner),
        }
    }
}

impl ApiServer {
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Where the evidence names the release; `None` where somebody else does, or nobody.
    pub fn release_at(&self) -> Option<&Location> {
        self.release_at.as_ref()
    }

    /// What the process has counted, where it was asked and said so.
    pub fn metrics(&self) -> Option<&Metrics> {
        self.told.as_ref()?.metrics.as_ref().ok()?.as_ref()
    }

    /// What the process told of itself besides its flags; `None` where it was not asked.
    pub fn told(&self) -> Option<&Told> {
        self.told.as_ref()
    }

    /// The table of settings alone.
    pub fn into_component(self) -> Component {
        self.component
    }

    /// What holds for a flag. `NotApplicable` where no possible release has it.
    pub fn get<T: FromPrinted>(&self, flag: &Flag<T>) -> Result<Held<'_, T>, Unanswered> {
        let Some(setting) = self.component.setting(flag.name) else {
            let reason = match KUBE_APISERVER.find(flag.name) {
                Some(known) => {
                    format!("{} has no `--{}`; it is in {}", self.component.release, flag.name, known.life())
                }
                None => format!("there is no `--{}`", flag.name),
            };
            return Err(Unanswered::NotApplicable(reason));
        };
        let reading = setting.in_force().map_err(Clone::clone)?;
        let kind =
            KUBE_APISERVER.find(flag.name).map_or(Kind::String, |known| known.kind(self.component.release.bounds().1));
        let value = T::from_printed(kind, reading.in_force()).ok_or_else(|| Gap {
            kind: GapKind::Manual,
            reason: format!("`{}` does not read as a value of `--{}`", reading.in_force(), flag.name),
            wanted: format!("--{}", flag.name),
            who_could_answer: "whoever maintains the component".to_owned(),
        })?;
        Ok(Held { value, setting, reading })
    }

    /// Who authorizes, in order.
    pub fn authorizers(&self) -> Result<&Authorizers, Unanswered> {
        self.authorizers.as_ref().map_err(Clone::clone)
    }

    /// What happens to requests without credentials.
    pub fn anonymous(&self) -> Result<&Anonymous, Unanswered> {
        self.anonymous.as_ref().map_err(Clone::clone)
    }

    /// The issuers of tokens that the file of `--authentication-config` names; `None` where there is no such file.
    pub fn issuers(&self) -> Result<Option<&[Issuer]>, Unanswered> {
        self.issuers.as_ref().map(|issuers| issuers.as_deref()).map_err(Clone::clone)
    }

    /// The files of keys and certificates that its flags name, by flag and path.
    pub fn key_files(&self) -> impl Iterator<Item = &KeyFile> {
        self.key_files.iter()
    }

    /// The file of that kind that a flag names; of several the first, `None` where the flag names none.
    pub fn key_file(&self, flag: &str) -> Option<&KeyFile> {
        self.key_files.iter().find(|file| file.flag == flag)
    }

    /// The certificate that it showed to whoever called it, where that was seen.
    pub fn shown(&self) -> Option<(&Certificate, &Location)> {
        self.shown.as_ref().map(|(certificate, at)| (certificate, at))
    }

    /// The kubeconfig that a flag, or a configuration file that a flag names, leads to.
    pub fn kubeconfig(&self, path: &str) -> Result<&Kubeconfig, Unanswered> {
        let found = self.kubeconfigs.iter().find(|known| known.path == path);
        let read = found.map(|known| known.read.as_ref().map_err(Clone::clone));
        Ok(read.unwrap_or_else(|| Err(not_seen(path, "was not looked for")))?)
    }

    /// The kubeconfigs that it reads, all of which lead to webhooks: the flag that names each, itself or by way of another
    /// file, and the path.
    pub fn kubeconfigs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.kubeconfigs.iter().map(|known| (known.flag, known.path.as_str()))
    }

    /// The address that the service `kubernetes` has, the first of the range (pkg/controlplane/instance.go,
    /// `ServiceIPRange`).
    pub fn service_address(&self) -> Result<IpAddr, Unanswered> {
        let held = self.get(&Flag::<String>::new("service-cluster-ip-range"))?;
        let range = held.value.split(',').next().and_then(|range| golang::parse_cidr(range.trim(), true));
        let first = range.and_then(|range| match range.network {
            IpAddr::V4(network) => u32::from(network).checked_add(1).map(|first| IpAddr::V4(first.into())),
            IpAddr::V6(network) => u128::from(network).checked_add(1).map(|first| IpAddr::V6(first.into())),
        });
        first.ok_or_else(|| Unanswered::Gap(not_seen(&held.value, "is no range of addresses")))
    }

    /// The configuration file of a kind that the server is given, as each possible release takes it; `None` where no flag
    /// names one. A file that was not read, or that the server refuses, is a gap.
    pub fn file(&self, kind: FileKind) -> Result<Option<&Taken>, Unanswered> {
        match self.files.iter().find(|(known, _)| *known == kind) {
            Some((_, file)) => Ok(file.as_ref().map_err(Clone::clone)?.as_ref()),
            None => Ok(None),
        }
    }

    /// The kubeconfig by which audit records are sent elsewhere; `None` where they are not.
    pub fn audit_webhook(&self) -> Result<Option<&Kubeconfig>, Unanswered> {
        self.audit_webhook.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Where a path lies that the server writes to.
    pub fn lies(&self, path: &str) -> Result<Lies, Unanswered> {
        if !self.contained {
            return Ok(Lies::OnTheHost);
        }
        if !path.starts_with('/') {
            return Err(Unanswered::Gap(Gap {
                kind: GapKind::Unresolved,
                reason: format!("`{path}` is relative to a working directory that is not known"),
                wanted: path.to_owned(),
                who_could_answer: "somebody on the node".to_owned(),
            }));
        }
        Ok(match mount_of(&self.mounts, path) {
            Some(mount) => Lies::Mounted { host: mount.host.clone(), read_only: mount.read_only },
            None => Lies::InTheImage,
        })
    }

    /// Whether an admission plugin runs, and what decides it.
    pub fn admission_plugin(&self, name: &str) -> Result<AdmissionPlugin, Unanswered> {
        plugins::state(self, name)
    }

    /// Admission plugins that the release does not have, by the flags that name them.
    pub fn unknown_plugins(&self) -> (Vec<UnknownPlugin>, Vec<Gap>) {
        plugins::unknown(self)
    }

    /// The feature gates that it is given, the last of two equal names alone.
    pub fn given_gates(&self) -> Result<Vec<GivenGate>, Unanswered> {
        gates::given(self)
    }

    /// Whether a feature gate is on, and what gives it, where something does.
    pub fn gate(&self, name: &str) -> Result<(bool, Option<GivenGate>), Unanswered> {
        gates::state(self, name)
    }

    /// Whether a gate is on by default and could be switched off.
    pub fn gate_is_a_default(&self, name: &str) -> Result<bool, Unanswered> {
        gates::is_a_default(self, name)
    }

    /// Whether a gate is alpha in the release.
    pub fn gate_is_alpha(&self, name: &str) -> Result<bool, Unanswered> {
        gates::is_alpha(self, name)
    }
}

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
    problems.extend(conflict.map(|(one, other)| Problem {
        kind: ProblemKind::Conflict,
        stops: false,
        message: if one.is_empty() {
            format!("no release has all of these flags; `--{other}` is the first that none has with those before it")
        } else {
            format!("no release has both `--{one}` and `--{other}`")
        },
        hint: Some("name the release with --kubernetes-version".to_owned()),
        location: Some(whole(invocation)),
        setting: Some(other),
    }));
    problems.extend(self::problems(&resolved));
    let mut unseen: Vec<Gap> =
        versions.iter().find_map(|version| newer_than_data(&KUBE_APISERVER, version)).into_iter().collect();
    if !matches!(release, Release::Exactly(_)) {
        unseen.push(version_gap(format!("whether it starts depends on the release, which is {release}")));
    }
    unseen.extend(invocation.open_ended.clone());
    // A value that only a distribution knows before the node does is none that keeps a server from starting.
    let unknown = invocation.words.iter().filter(|word| word.hand == Hand::Written);
    unseen.extend(unknown.filter_map(|word| word.unresolved.clone()));
    let mut wants: Vec<FileWant> = Vec::new();
    resolved.iter_mut().for_each(|one| add(&mut wants, std::mem::take(&mut one.wants)));
    wants.extend(by_way_of_kubeconfigs(&wants, files));
    wants.extend(resolved.iter().flat_map(|one| one.names.iter().cloned()));
    unseen.extend(unseen_files(&wants, files));
    unseen.sort_unstable();
    unseen.dedup();
    let stops = problems.iter().any(|problem| problem.stops);
    let starts = if stops { Some(false) } else { unseen.is_empty().then_some(true) };
    let named = NamedFiles { keys: key_files(&wants, files), kubeconfigs: kubeconfigs(&wants, files) };
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
    let named = NamedFiles { keys: key_files(&wants, files), kubeconfigs: kubeconfigs(&wants, files) };
    let outlook = Outlook { starts: Some(true), unseen: Vec::new(), problems, named };
    merged(invocation, version, release, resolved, settings, outlook)
}

/// What becomes of the process, and what it reads.
struct Outlook {
    starts: Option<bool>,
    unseen: Vec<Gap>,
    problems: Vec<Problem>,
    named: NamedFiles,
}

struct NamedFiles {
    keys: Vec<KeyFile>,
    kubeconfigs: Vec<NamedKubeconfig>,
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
        files: merge_files(&resolved),
        told: None,
        shown: None,
        audit_webhook: merge_views(&resolved, "whether audit records are sent elsewhere", |one| &one.audit_webhook),
        mounts: invocation.mounts.clone(),
        contained: invocation.contained,
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
fn release(invocation: &Invocation, version: Option<&Version>) -> (Release, Option<(String, String)>) {
    match version.or(invocation.version.as_ref().map(|(version, _)| version)) {
        Some(version) => (Release::Exactly(version.clone()), None),
        None => possible(invocation),
    }
}

/// The releases that take every flag of the command line.
fn possible(invocation: &Invocation) -> (Release, Option<(String, String)>) {
    // Values that are words of their own never start with dashes, or they would be flags to pflag as well. What a
    // distribution adds proves nothing: it adds what the release takes.
    let written = invocation.words.iter().filter(|word| word.hand == Hand::Written);
    let names = written.filter_map(|word| {
        let long = word.text.strip_prefix("--")?;
        Some(long.split_once('=').map_or(long, |(name, _)| name))
    });
    release::narrow(&KUBE_APISERVER, invocation.releases, names)
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
        None => Server::read(invocation, version),
    };
    // What runs was not stopped by anything.
    let mut problems = if said.is_some() { Vec::new() } else { checks::problems(&server, files) };
    let config = Config::read(&server, files);
    let authorizers = effects::authorizers(&server, &config);
    let anonymous = effects::anonymous(&server, &authorizers, &config);
    let issuers = effects::issuers(&server, &config);
    let Config { names, files, problems: in_files, audit_webhook, .. } = config;
    problems.extend(in_files);
    let mut readings = server.readings().map(|(flag, reading)| (flag.name, reading)).collect();
    effects::apply(&server, &authorizers, &anonymous, &mut readings);
    let held = AtRelease { minor: version.minor, readings, unwritten: server.unwritten(), problems };
    Resolved { held, wants: server.wants, names, authorizers, anonymous, issuers, files, audit_webhook }
}

fn merge_views<T: Clone + PartialEq>(
    resolved: &[Resolved],
    what: &str,
    view: impl Fn(&Resolved) -> &Result<T, Unanswered>,
) -> Result<T, Unanswered> {
    let mut views = resolved.iter().rev().map(view);
    let Some(newest) = views.next() else {
        return Err(version_gap(format!("{what} depends on the release")).into());
    };
    let agreed = views.all(|other| match (other, newest) {
        (Ok(a), Ok(b)) => a == b,
        (Err(_), Err(_)) => true,
        _ => false,
    });
    if agreed { newest.clone() } else { Err(version_gap(format!("{what} depends on the release")).into()) }
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

fn whole(invocation: &Invocation) -> Location {
    match &invocation.list {
        Some(site) => site.at.clone(),
        None => Location::whole(invocation.declared_in.clone(), invocation.plane),
    }
}

/// A file that a written flag names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileWant {
    pub flag: &'static str,
    pub path: String,
    pub contents: Contents,
}

/// The flags that name files the server reads when it starts. It exits when one of them is missing: see the startup
/// vectors, and ToAuthenticationConfig, SecureServing.ApplyTo and Audit.ApplyTo of the server's options.
const FILES: [(&str, Contents); 36] = [
    ("admission-control-config-file", Contents::Text),
    ("audit-policy-file", Contents::Text),
    ("audit-webhook-config-file", Contents::Kubeconfig),
    ("authentication-config", Contents::Text),
    ("authentication-token-webhook-config-file", Contents::Kubeconfig),
    ("authorization-config", Contents::Text),
    ("authorization-policy-file", Contents::Text),
    ("authorization-webhook-config-file", Contents::Kubeconfig),
    ("basic-auth-file", Contents::Unneeded),
    ("client-ca-file", Contents::Keys),
    ("cloud-config", Contents::Unneeded),
    ("egress-selector-config-file", Contents::Text),
    ("encryption-provider-config", Contents::Text),
    ("etcd-cafile", Contents::Keys),
    ("etcd-certfile", Contents::Keys),
    ("etcd-keyfile", Contents::Keys),
    ("experimental-encryption-provider-config", Contents::Text),
    ("experimental-keystone-ca-file", Contents::Unneeded),
    ("kubelet-certificate-authority", Contents::Keys),
    ("kubelet-client-certificate", Contents::Keys),
    ("kubelet-client-key", Contents::Keys),
    ("oidc-ca-file", Contents::Keys),
    ("peer-ca-file", Contents::Keys),
    ("proxy-client-cert-file", Contents::Keys),
    ("proxy-client-key-file", Contents::Keys),
    ("requestheader-client-ca-file", Contents::Keys),
    ("service-account-key-file", Contents::Keys),
    ("service-account-signing-key-file", Contents::Keys),
    ("ssh-keyfile", Contents::Unneeded),
    ("tls-ca-file", Contents::Unneeded),
    ("tls-cert-file", Contents::Keys),
    ("tls-private-key-file", Contents::Keys),
    ("tls-sni-cert-key", Contents::Keys),
    ("token-auth-file", Contents::Tokens),
    ("tracing-config-file", Contents::Text),
    ("allow-metric-labels-manifest", Contents::Text),
];

/// Flags that name files which the server writes; what matters of one is whether something else stands in its place.
const WRITTEN: [(&str, Contents); 1] = [("audit-log-path", Contents::Unneeded)];

/// The files that the written flags of an invocation name, and those that these name where they were read, for whoever
/// collects them.
pub fn wants(invocation: &Invocation, version: Option<&Version>, files: &Files<'_>) -> Vec<FileWant> {
    let versions = versions(&release(invocation, version).0);
    let mut wants = wanted(invocation, &versions);
    wants.extend(by_way_of_kubeconfigs(&wants, files));
    let read = |want: &FileWant| want.contents == Contents::Text && matches!(files.look(&want.path), File::Read(_));
    if wants.iter().any(read) {
        for version in &versions {
            wants.extend(Config::read(&Server::read(invocation, version), files).names);
        }
        wants.sort_unstable();
        wants.dedup();
    }
    wants.extend(named_by(invocation, &versions, &WRITTEN).into_iter().filter(|want| want.path.starts_with('/')));
    wants
}

/// A flag of one possible release names its file whether or not another one has the flag.
fn wanted(invocation: &Invocation, versions: &[Version]) -> Vec<FileWant> {
    named_by(invocation, versions, &FILES)
}

/// The same of some flags alone.
fn named_by(invocation: &Invocation, versions: &[Version], flags: &[(&'static str, Contents)]) -> Vec<FileWant> {
    let mut wants: Vec<FileWant> = Vec::new();
    for version in versions {
        let parsed = pflag::parse(&invocation.words_in(version.minor), &KUBE_APISERVER, version);
        add(&mut wants, named_in(&parsed.occurrences, flags));
    }
    wants
}

/// Those in the occurrences that one release sees, among some flags.
fn named_in(occurrences: &[Occurrence], flags: &[(&'static str, Contents)]) -> Vec<FileWant> {
    let mut wants = Vec::new();
    for occurrence in occurrences {
        let (Some(flag), Ok(text)) = (KUBE_APISERVER.flags.get(occurrence.flag), &occurrence.text) else { continue };
        let Some((name, contents)) = flags.iter().find(|(name, _)| *name == flag.name) else { continue };
        add(
            &mut wants,
            paths(flag.name, text).into_iter().map(|path| FileWant { flag: name, path, contents: *contents }),
        );
    }
    wants
}

fn add(wants: &mut Vec<FileWant>, more: impl IntoIterator<Item = FileWant>) {
    for want in more {
        if !wants.contains(&want) {
            wants.push(want);
        }
    }
}

/// What the kubeconfigs of webhooks name in turn, of those that flags name and that were read.
fn by_way_of_kubeconfigs(wants: &[FileWant], files: &Files<'_>) -> Vec<FileWant> {
    let kubeconfigs = wants.iter().filter(|want| want.contents == Contents::Kubeconfig);
    let mut found = Vec::new();
    for want in kubeconfigs {
        let File::Read(evidence) = files.look(&want.path) else { continue };
        let named = kubeconfig::named(evidence, &want.path).into_iter();
        found.extend(named.map(|one| FileWant { flag: want.flag, path: one.path.value, contents: one.contents }));
    }
    found
}

/// The files that the flags name which a process lists; it prints a list in brackets.
fn wanted_by(flags: &[ReportedFlag]) -> Vec<FileWant> {
    let mut wants: Vec<FileWant> = Vec::new();
    for flag in flags {
        let Some((name, contents)) = FILES.iter().find(|(name, _)| *name == flag.name) else { continue };
        let list = flag.value.trim_matches(['[', ']']);
        let named = list.split([' ', ',', ';']).flat_map(|item| paths(name, item.trim_matches('"')));
        add(&mut wants, named.map(|path| FileWant { flag: name, path, contents: *contents }));
    }
    wants
}

/// The files of keys and certificates among those that are wanted.
fn key_files(wants: &[FileWant], files: &Files<'_>) -> Vec<KeyFile> {
    let mut found: Vec<KeyFile> = Vec::new();
    for want in wants.iter().filter(|want| want.contents == Contents::Keys) {
        let id = files.host_path(&want.path).ok().zip(files.root).map(|(host, root)| Files::id(root, &host));
        let below = id.clone();
        let (id, items) = match files.look(&want.path) {
            File::Read(evidence) => {
                let unread = || not_seen(&want.path, "is there, and what it says was not read");
                // What a definition only says it makes is in no file of its own.
                let seen = evidence.text().is_some() || id.as_ref() == Some(&evidence.id);
                (seen.then(|| evidence.id.clone()), pki::read(evidence).ok_or_else(unread))
            }
            File::Missing(id) => {
                (Some(id), Err(not_seen(&want.path, "does not exist, so that the server does not start")))
            }
            File::Folder(id) => (Some(id), Err(not_seen(&want.path, "is a folder, so that the server does not start"))),
            File::Unread(gap) => (id, Err(gap)),
        };
        let is_carried = id.is_some() && id != below;
        let file = KeyFile { flag: want.flag, path: want.path.clone(), id, is_carried, items };
        if !found.contains(&file) {
            found.push(file);
        }
    }
    found.sort_by(|a, b| (a.flag, &a.path).cmp(&(b.flag, &b.path)));
    found
}

/// A kubeconfig that the server reads.
#[derive(Clone, Debug)]
struct NamedKubeconfig {
    flag: &'static str,
    path: String,
    read: Result<Kubeconfig, Gap>,
}

/// The kubeconfigs among them.
fn kubeconfigs(wants: &[FileWant], files: &Files<'_>) -> Vec<NamedKubeconfig> {
    let mut found: Vec<NamedKubeconfig> = Vec::new();
    for want in wants.iter().filter(|want| want.contents == Contents::Kubeconfig) {
        if found.iter().any(|known| known.path == want.path) {
            continue;
        }
        let read = match files.look(&want.path) {
            File::Read(evidence) if evidence.text().is_none() => {
                Err(not_seen(&want.path, "is there, and what it says was not read"))
            }
            File::Read(evidence) => {
                let config = kubeconfig::read(evidence, files.root);
                config.gap.clone().map_or(Ok(config), Err)
            }
            File::Missing(_) => Err(not_seen(&want.path, "does not exist, so that the server does not start")),
            File::Folder(_) => Err(not_seen(&want.path, "is a folder, so that the server does not start")),
            File::Unread(gap) => Err(gap),
        };
        found.push(NamedKubeconfig { flag: want.flag, path: want.path.clone(), read });
    }
    found
}

fn not_seen(path: &str, how: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` {how}"),
        wanted: path.to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
    }
}

/// Files that are read at start-up and were not seen: without a root all of them, as one gap.
fn unseen_files(wants: &[FileWant], files: &Files<'_>) -> Vec<Gap> {
    let unread = |want: &FileWant| match files.look(&want.path) {
        File::Unread(gap) => Some(gap),
        File::Read(evidence) if pki::is_of_keys(want.flag) && pki::lacks_a_key(evidence) => {
            Some(not_seen(&want.path, "has no digits where its private key would be"))
        }
        File::Read(_) | File::Missing(_) | File::Folder(_) => None,
    };
    let unread: Vec<Gap> = wants.iter().filter_map(unread).collect();
    if files.root.is_none() && !unread.is_empty() {
        let count = if unread.len() == 1 { "a file".to_owned() } else { format!("{} files", unread.len()) };
        return vec![Gap {
            kind: GapKind::Unread,
            reason: format!("it starts only if {count} that its flags name can be read, and no root was given"),
            wanted: "the files that flags name".to_owned(),
            who_could_answer: "give the node's root with --root".to_owned(),
        }];
    }
    unread
}

/// The paths in one value: `tls-sni-cert-key` names two.
fn paths(flag: &str, text: &str) -> Vec<String> {
    let files = if flag == "tls-sni-cert-key" { text.split(':').next().unwrap_or_default() } else { text };
    let split: Vec<&str> = if flag == "tls-sni-cert-key" { files.split(',').collect() } else { vec![files] };
    split.into_iter().map(str::trim).filter(|path| !path.is_empty()).map(str::to_owned).collect()
}
