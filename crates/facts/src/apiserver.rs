//! The API server: its flags in one release, what they amount to, and whether the process starts.
//!
//! [`resolve()`] reads the command line once for each release that is possible and keeps what they agree on. What a value
//! does beyond its own flag (`AlwaysAllow` switches anonymous requests off) is `effects`, what keeps the process from
//! starting is `checks`; both are written from the server's own sources, cited where they are used.

mod checks;
mod config;
mod effects;
mod gates;
mod planes;
mod plugins;
mod printed;
mod resolve;
mod wants;

use std::net::IpAddr;

use model::{Component, Form, Gap, GapKind, Location, Origin, Site, Unanswered};

use crate::{
    Mount,
    configuration::{
        FileKind, Taken,
        authn::{Authentication, Issuer},
        authz::Authorization,
    },
    flags::KUBE_APISERVER,
    golang,
    kubeconfig::Kubeconfig,
    line::Line as Server,
    mount_of,
    pflag::Kind,
    pki::{Certificate, KeyFile},
    request::path,
    running::{Metrics, Told},
};
pub(crate) use checks::is_suite;
pub use config::Listed;
pub use gates::GivenGate;
pub(crate) use gates::{
    in_force as gate_in_force, is_a_default as gate_is_a_default, is_alpha as gate_is_alpha, listed as gates_listed,
    of_stage as gates_of_stage,
};
pub use plugins::{AdmissionPlugin, UnknownPlugin};
pub use printed::{Flag, FromPrinted, GoDuration, Held};
pub(crate) use resolve::reported;
pub use resolve::resolve;
pub(crate) use wants::{FILES, named_in};
pub use wants::{FileWant, wants};
use wants::{NamedKubeconfig, not_seen};

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
    listed: Listed,
    mounts: Vec<Mount>,
    contained: bool,
    /// Its command line, where every word of it is known.
    line: Option<String>,
    /// Admission plugins that its build has on beside those of Kubernetes.
    own_plugins: &'static [&'static str],
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

    /// The command line as a listing of processes shows it; `None` where a word is not known or somebody's definition adds some.
    pub fn line(&self) -> Option<&str> {
        self.line.as_deref()
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
        let reading = setting.known().map_err(Clone::clone)?;
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

    /// Whom the files that are lists of people give everything, as far as they were read.
    pub fn listed(&self) -> &Listed {
        &self.listed
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

    /// Whether nobody has a say in whether a plugin runs, so that it is as the release has it, whichever that is.
    pub fn leaves_plugin_alone(&self, name: &str) -> bool {
        plugins::is_left_alone(self, name)
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
        gates::is_a_default(&self.component.release, name)
    }

    /// Whether a gate is alpha in the release.
    pub fn gate_is_alpha(&self, name: &str) -> Result<bool, Unanswered> {
        gates::is_alpha(&self.component.release, name)
    }
}
