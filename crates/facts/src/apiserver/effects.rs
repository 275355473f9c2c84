//! What settings amount to once all of them are known.

use model::{Author, Effective, Gap, Minor, Origin, Reading, Unanswered};

use super::{Anonymous, Authorizers, Server, config::Config, gates::Gates};
use crate::{configuration::authn::Issuer, flags::KUBE_APISERVER, golang, pflag::Value};

const ALWAYS_ALLOW: &str = "AlwaysAllow";

/// Who authorizes in this release.
pub(super) fn authorizers(server: &Server<'_>, config: &Config) -> Result<Authorizers, Unanswered> {
    if server.has("authorization-config") {
        if server.text("authorization-config").is_none() {
            return Err(unknown(server, "authorization-config").into());
        }
        if let Some(read) = config.authorizers() {
            return read;
        }
    }
    let Some(modes) = server.list("authorization-mode") else {
        return Err(unknown(server, "authorization-mode").into());
    };
    let modes = if modes.is_empty() && server.version.minor >= Minor::new(1, 29) {
        // pkg/kubeapiserver/options/authorization.go, Complete: an empty list is filled in where no file is given.
        vec![ALWAYS_ALLOW.to_owned()]
    } else {
        modes.to_vec()
    };
    Ok(Authorizers { modes, setting: "--authorization-mode".to_owned(), origin: origin(server, "authorization-mode") })
}

/// The issuers of tokens that a file names; `None` where no file does, so that it is up to the flags.
pub(super) fn issuers(server: &Server<'_>, config: &Config) -> Result<Option<Vec<Issuer>>, Unanswered> {
    if !server.has("authentication-config") {
        return Ok(None);
    }
    match (server.text("authentication-config"), &config.authentication) {
        (Some(""), _) => Ok(None),
        (Some(_), Some(read)) => Ok(Some(read.as_ref().map_err(|gap| Unanswered::from(gap.clone()))?.issuers.clone())),
        _ => Err(unknown(server, "authentication-config").into()),
    }
}

/// Whether `AlwaysAllow` is not among the modes, whatever they are: Gardener gives Node, RBAC and a webhook by its release, and
/// no owner of a Shoot has a say (pkg/component/kubernetes/apiserver, authorization.go of v1.110.0, deployment.go of v1.90.0).
fn never_allows_all(server: &Server<'_>) -> bool {
    server.invocation.distribution == Some("Gardener")
}

/// What becomes of requests without credentials in this release.
pub(super) fn anonymous(
    server: &Server<'_>,
    authorizers: &Result<Authorizers, Unanswered>,
    config: &Config,
) -> Result<Anonymous, Unanswered> {
    if file_may_decide(server)?
        && let Some(read) = &config.authentication
    {
        let read = read.as_ref().map_err(|gap| Unanswered::from(gap.clone()))?;
        if let Some(anonymous) = Anonymous::of_file(read) {
            return Ok(anonymous);
        }
    }
    let Some(Value::Bool(allowed)) = server.value("anonymous-auth") else {
        return Err(unknown(server, "anonymous-auth").into());
    };
    let mut anonymous = Anonymous {
        enabled: *allowed,
        paths: None,
        setting: "--anonymous-auth".to_owned(),
        origin: origin(server, "anonymous-auth"),
        decided_by: None,
    };
    // pkg/kubeapiserver/options/authentication.go, ApplyAuthorization (1.6): only the modes of the flag count, so that an
    // AuthorizationConfiguration with AlwaysAllow resets nothing.
    if *allowed && server.version.minor >= Minor::new(1, 6) && !file_authorizes(server)? {
        let allows_all = match authorizers {
            Ok(authorizers) => authorizers.modes.iter().any(|mode| mode == ALWAYS_ALLOW),
            Err(_) if never_allows_all(server) => false,
            Err(unknown) => return Err(unknown.clone()),
        };
        if allows_all {
            anonymous.enabled = false;
            anonymous.decided_by =
                Some(("--authorization-mode".to_owned(), server.place("authorization-mode").cloned()));
        }
    }
    Ok(anonymous)
}

fn file_authorizes(server: &Server<'_>) -> Result<bool, Gap> {
    if !server.has("authorization-config") {
        return Ok(false);
    }
    match server.text("authorization-config") {
        Some(path) => Ok(!path.is_empty()),
        None => Err(unknown(server, "authorization-config")),
    }
}

/// Whether an AuthenticationConfiguration may decide about anonymous requests.
fn file_may_decide(server: &Server<'_>) -> Result<bool, Gap> {
    if !server.has("authentication-config") || server.is_given("anonymous-auth") {
        // A server that is given the flag and a file with the field does not start, so the flag speaks.
        return Ok(false);
    }
    // The field came with the gate AnonymousAuthConfigurableEndpoints, which is on by default from 1.32 on
    // (apiserver pkg/features/kube_features.go).
    let minor = server.version.minor;
    let gate = Gates::of(server).enabled("AnonymousAuthConfigurableEndpoints");
    let carries = minor >= Minor::new(1, 31) && gate.unwrap_or(minor >= Minor::new(1, 32));
    match server.text("authentication-config") {
        Some(path) => Ok(carries && !path.is_empty()),
        None => Err(unknown(server, "authentication-config")),
    }
}

/// Why the value of a flag that this release has is not known.
pub(super) fn unknown(server: &Server<'_>, name: &str) -> Gap {
    match server.reading_of(name) {
        Some(Err(gap)) => gap,
        _ => Gap::of_release(format!("`--{name}` is not in every possible release")),
    }
}

/// Where it comes from; since when a default is what it is tells releases apart that agree in all else.
fn origin(server: &Server<'_>, name: &str) -> Origin {
    match server.reading_of(name) {
        Some(Ok(Reading { origin: Origin::Default { by: Author::Upstream { .. }, home }, .. })) => {
            Origin::Default { by: Author::Upstream { since: None }, home }
        }
        Some(Ok(reading)) => reading.origin,
        _ => Origin::Implied { by: server.place(name).cloned(), how: format!("`--{name}` is not known") },
    }
}

/// Writes into the readings what holds in place of what was given.
pub(super) fn apply(
    server: &Server<'_>,
    authorizers: &Result<Authorizers, Unanswered>,
    anonymous: &Result<Anonymous, Unanswered>,
    readings: &mut Vec<(&'static str, Result<Reading, Gap>)>,
) {
    let minor = server.version.minor;
    let mut leave_open = |name: &str, gap: Gap| {
        if let Some(reading) = reading(server, readings, name) {
            reading.open = Some(Box::new(gap));
        }
    };
    if let Err(Unanswered::Gap(gap)) = authorizers {
        leave_open("authorization-mode", gap.clone());
    }
    if let Err(Unanswered::Gap(gap)) = anonymous {
        leave_open("anonymous-auth", gap.clone());
    }
    let mut set = |name: &str, value: String, by: &str| {
        let at = server.place(by).cloned();
        if let Some(reading) = reading(server, readings, name)
            && reading.value != value
        {
            reading.effective = Some(Box::new(Effective { value, by: by.to_owned(), at }));
        }
    };

    if let Ok(authorizers) = authorizers
        && server.list("authorization-mode").is_some_and(<[String]>::is_empty)
        && authorizers.setting == "--authorization-mode"
        && !authorizers.modes.is_empty()
    {
        set("authorization-mode", format!("[{}]", authorizers.modes.join(",")), "authorization-mode");
    }
    if let Ok(authorizers) = authorizers
        && authorizers.setting != "--authorization-mode"
    {
        set("authorization-mode", format!("[{}]", authorizers.modes.join(",")), "authorization-config");
    }
    if let Ok(anonymous) = anonymous
        && anonymous.setting != "--anonymous-auth"
    {
        set("anonymous-auth", anonymous.enabled.to_string(), "authentication-config");
    }
    if let Ok(anonymous) = anonymous
        && let Some((by, _)) = &anonymous.decided_by
    {
        set("anonymous-auth", anonymous.enabled.to_string(), by.trim_start_matches("--"));
    }
    // component-base cli/flag/ciphersuites_flag.go: TLSVersion("") is TLS 1.2.
    if server.text("tls-min-version") == Some("") {
        set("tls-min-version", "VersionTLS12".to_owned(), "tls-min-version");
    }
    // pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig: the issuers are the audiences where none are
    // given.
    if server.list("api-audiences").is_some_and(<[String]>::is_empty) {
        let issuers = match server.value("service-account-issuer") {
            Some(Value::Text(issuer)) if !issuer.is_empty() => vec![issuer.as_str()],
            Some(Value::List(issuers)) => issuers.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        if !issuers.is_empty() {
            set("api-audiences", golang::quote(&format!("[{}]", golang::write_csv(issuers))), "service-account-issuer");
        }
    }
    // pkg/kubeapiserver/options/options.go: DefaultServiceIPCIDR.
    if server.text("service-cluster-ip-range") == Some("") {
        set("service-cluster-ip-range", "10.0.0.0/24".to_owned(), "service-cluster-ip-range");
    }
    // apiserver pkg/server/options/etcd.go: the only backend since 1.13, and the default one since 1.6.
    if server.text("storage-backend") == Some("") && minor >= Minor::new(1, 6) {
        set("storage-backend", "etcd3".to_owned(), "storage-backend");
    }
    // apiserver pkg/server/options/server_run_options.go, DefaultAdvertiseAddress: the bind address where it is one.
    if let (Some(Value::Ip(None)), Some(Value::Ip(Some(bind)))) =
        (server.value("advertise-address"), server.value("bind-address"))
        && !bind.is_unspecified()
        && !bind.is_loopback()
    {
        set("advertise-address", bind.to_string(), "bind-address");
    }
    // cmd/kube-apiserver/app/options/options.go, 1.19 to 1.21: the flag sets a variable that nobody reads.
    if server.is("kubelet-https", false) && minor >= Minor::new(1, 19) {
        set("kubelet-https", "true".to_owned(), "kubelet-https");
    }
    // The flag is inert from 1.11 on, and updates are validated as they are.
    if server.is("repair-malformed-updates", true) && minor >= Minor::new(1, 11) {
        set("repair-malformed-updates", "false".to_owned(), "repair-malformed-updates");
    }
    // Quorum reads are always on from 1.13 on.
    if server.is("etcd-quorum-read", false) && minor >= Minor::new(1, 13) {
        set("etcd-quorum-read", "true".to_owned(), "etcd-quorum-read");
    }
    // apiserver pkg/features/kube_features.go: the gate is alpha, and off, in 1.18 and 1.19.
    if server.is("enable-priority-and-fairness", true)
        && minor < Minor::new(1, 20)
        && Gates::of(server).enabled("APIPriorityAndFairness") != Some(true)
    {
        set("enable-priority-and-fairness", "false".to_owned(), "feature-gates");
    }
    // natefinch/lumberjack, through which the log is rotated up to 1.35, takes 0 as 100 megabytes.
    if server.number("audit-log-maxsize") == Some(0) && minor < Minor::new(1, 36) {
        set("audit-log-maxsize", "100".to_owned(), "audit-log-maxsize");
    }
}

/// The reading of a flag, which nothing needs to have set.
fn reading<'a>(
    server: &Server<'_>,
    readings: &'a mut Vec<(&'static str, Result<Reading, Gap>)>,
    name: &str,
) -> Option<&'a mut Reading> {
    let index = match readings.binary_search_by(|(known, _)| (*known).cmp(name)) {
        Ok(index) => index,
        Err(index) => {
            readings.insert(index, (KUBE_APISERVER.find(name)?.name, server.reading_of(name)?));
            index
        }
    };
    readings.get_mut(index)?.1.as_mut().ok()
}
