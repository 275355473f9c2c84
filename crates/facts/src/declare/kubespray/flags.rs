//! The releases of kubespray that a set of variables can be meant for, and what they all give the API server; one of them at
//! a time is `line`. Values of variables that nobody sets are those of kubespray's defaults (roles/kubespray_defaults, and
//! the defaults of roles/kubernetes/control-plane, before v2.16.0 `master`).

use model::{Gap, GapKind, Named, Shape};

use super::{
    MANIFESTS, NAME,
    line::Line,
    variables::{Said, Variables},
};
use crate::{
    Word,
    declare::agree::{Distribution, agree},
};

/// Variables that one flag is made of.
pub(super) const FIELDS: &[Named] =
    &[ANONYMOUS, AUTHORIZERS, BIND, OFF, ON, TTL, PROFILING, TIMEOUT, LOOKUP, SUITES, TLS];

/// The same with those that count only where audit logs are on.
pub(super) const WITH_AUDIT: &[Named] = &[
    ANONYMOUS,
    AUTHORIZERS,
    BIND,
    OFF,
    ON,
    TTL,
    PROFILING,
    TIMEOUT,
    LOOKUP,
    SUITES,
    TLS,
    named("audit-log-path", "audit_log_path", Shape::Text),
    named("audit-log-maxage", "audit_log_maxage", Shape::Int),
    named("audit-log-maxbackup", "audit_log_maxbackups", Shape::Int),
    named("audit-log-maxsize", "audit_log_maxsize", Shape::Int),
];

pub(super) const ANONYMOUS: Named = named("anonymous-auth", "kube_api_anonymous_auth", Shape::Bool);
pub(super) const AUTHORIZERS: Named = named("authorization-mode", "authorization_modes", Shape::List);
pub(super) const BIND: Named = named("bind-address", "kube_apiserver_bind_address", Shape::Text);
pub(super) const OFF: Named =
    named("disable-admission-plugins", "kube_apiserver_disable_admission_plugins", Shape::List);
pub(super) const ON: Named = named("enable-admission-plugins", "kube_apiserver_enable_admission_plugins", Shape::List);
pub(super) const TTL: Named = named("event-ttl", "event_ttl_duration", Shape::Text);
pub(super) const PROFILING: Named = named("profiling", "kube_profiling", Shape::Bool);
pub(super) const TIMEOUT: Named = named("request-timeout", "kube_apiserver_request_timeout", Shape::Text);
pub(super) const LOOKUP: Named = named("service-account-lookup", "kube_apiserver_service_account_lookup", Shape::Bool);
pub(super) const SUITES: Named = named("tls-cipher-suites", "tls_cipher_suites", Shape::List);
pub(super) const TLS: Named = named("tls-min-version", "tls_min_version", Shape::Text);

const fn named(setting: &'static str, field: &'static str, shape: Shape) -> Named {
    Named { setting, field, shape }
}

pub(super) const AUTHENTICATION_FILE: &str = "kube_apiserver_use_authentication_config_file";
pub(super) const AUTHORIZATION_FILE: &str = "kube_apiserver_use_authorization_config_file";

/// Variables that came later than v2.11.0, with the minor release of kubespray 2 that first has them.
const SINCE: [(&str, u16); 17] = [
    ("event_ttl_duration", 14),
    ("kube_webhook_authorization", 14),
    ("kubelet_rotate_server_certificates", 14),
    ("kubernetes_audit_webhook", 14),
    ("tls_cipher_suites", 14),
    ("tls_min_version", 14),
    ("kube_apiserver_pod_eviction_not_ready_timeout_seconds", 15),
    ("kube_apiserver_pod_eviction_unreachable_timeout_seconds", 15),
    ("kube_apiserver_admission_control_config_file", 19),
    ("kube_apiserver_admission_event_rate_limits", 19),
    ("kube_apiserver_feature_gates", 19),
    ("kube_apiserver_service_account_lookup", 19),
    ("kube_pod_security_use_default", 20),
    ("kube_apiserver_etcd_compaction_interval", 24),
    ("kube_apiserver_tracing", 25),
    (AUTHORIZATION_FILE, 28),
    (AUTHENTICATION_FILE, 31),
];

/// The minor releases of kubespray 2 that are known, with the oldest and the newest one of Kubernetes that each deploys
/// (`kube_version_min_required` and `kube_version` of its defaults; from 2.28 on the checksums that it has).
const RELEASES: [(u16, u16, u16); 21] = [
    (11, 14, 15),
    (12, 15, 16),
    (13, 16, 17),
    (14, 17, 18),
    (15, 18, 19),
    (16, 19, 20),
    (17, 19, 21),
    (18, 20, 22),
    (19, 21, 23),
    (20, 22, 24),
    (21, 23, 25),
    (22, 24, 26),
    (23, 25, 27),
    (24, 26, 28),
    (25, 27, 29),
    (26, 28, 30),
    (27, 29, 31),
    (28, 30, 32),
    (29, 31, 33),
    (30, 32, 34),
    (31, 33, 35),
];

/// The releases of Kubernetes of which kubespray's own flags are known. kubespray 2.10, which deploys 1.14 too, gave kubeadm
/// fewer of its variables. The next after 2.31, which deploys 1.36, has the same for the API server (commit 46dbdd399).
pub(super) const KNOWN: (u16, u16) = (15, 36);

/// The releases of kubespray that a set of variables can be meant for.
#[derive(Clone, Copy)]
pub(super) struct Meant {
    from: u16,
    to: u16,
}

impl Meant {
    pub(super) fn of(variables: &Variables<'_>) -> Self {
        let newest = RELEASES[RELEASES.len() - 1].0;
        let from = SINCE.iter().filter(|(variable, _)| variables.sets(variable)).map(|(_, since)| *since);
        let from = from.fold(RELEASES[0].0, u16::max);
        // `v` stands before the release up to v2.27.0; then the templates put it there themselves.
        match variables.text("kube_version") {
            Said::Value(text, _) if text.starts_with('v') => Self { from, to: 27 },
            Said::Value(text, _) if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Self { from: from.max(28), to: newest }
            }
            _ => Self { from, to: newest },
        }
    }

    /// The oldest release of Kubernetes that one of them deploys.
    pub(super) fn oldest(self) -> u16 {
        RELEASES.iter().find(|(own, ..)| *own == self.from).map_or(KNOWN.0, |(_, oldest, _)| *oldest).max(KNOWN.0)
    }

    /// Those that deploy a release of Kubernetes; where the variables fit none of them, all that do.
    pub(super) fn deploying(self, minor: u16) -> Vec<u16> {
        let all = RELEASES.iter().filter(|(_, oldest, newest)| *oldest <= minor && minor <= *newest);
        let all: Vec<u16> = all.map(|(own, ..)| *own).collect();
        let mut fit = all.clone();
        fit.retain(|own| (self.from..=self.to).contains(own));
        match (fit.is_empty(), all.is_empty()) {
            (false, _) => fit,
            (true, false) => all,
            (true, true) => vec![RELEASES[RELEASES.len() - 1].0],
        }
    }

    /// All that are possible, for one release of Kubernetes or for any.
    fn possible(self, minor: Option<u16>) -> Vec<u16> {
        match minor {
            Some(minor) => self.deploying(minor),
            None => RELEASES.iter().map(|(own, ..)| *own).filter(|own| (self.from..=self.to).contains(own)).collect(),
        }
    }
}

/// The words that kubespray gives kubeadm, in every release that is possible.
pub(super) fn words(variables: &Variables<'_>, meant: Meant) -> Vec<Word> {
    let distribution = Distribution { name: NAME, home: variables.home() };
    // The templates ask for the release of Kubernetes where they choose their own version and that of a file.
    let like = |minor: u16| [36, 34, 32, 31, 30].into_iter().find(|first| minor >= *first).unwrap_or(KNOWN.0);
    agree(
        &distribution,
        KNOWN,
        |minor| meant.deploying(minor),
        like,
        |kubespray, minor| {
            let mut line = Line { variables, kubespray, minor, given: Vec::new() };
            line.make();
            line.given
        },
    )
}

/// What kubespray says of a variable in every release that is possible, if they agree.
pub(super) fn in_all<T: PartialEq>(meant: Meant, minor: Option<u16>, own: impl Fn(u16) -> T) -> Option<T> {
    let mut releases = meant.possible(minor).into_iter().map(own);
    let first = releases.next()?;
    releases.all(|other| other == first).then_some(first)
}

/// Version of the group in the name of a file of authorizers, and of authenticators.
pub(super) fn version_of_authorization(minor: u16) -> &'static str {
    match minor {
        ..30 => "v1alpha1",
        30..32 => "v1beta1",
        32.. => "v1",
    }
}

pub(super) fn version_of_authentication(minor: u16) -> &'static str {
    if minor < 34 { "v1beta1" } else { "v1" }
}

/// Whether kubeadm starts etcd.
pub(super) fn is_kubeadm_etcd(variables: &Variables<'_>) -> bool {
    matches!(variables.text("etcd_deployment_type"), Said::Value(kind, _) if kind == "kubeadm")
        || matches!(variables.switch("etcd_kubeadm_enabled"), Said::Value(true, _))
}

pub(super) fn unresolved(reason: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: reason.to_owned(),
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: MANIFESTS.to_owned(),
    }
}
