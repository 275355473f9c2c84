//! What keeps the API server of one release from starting, as far as its command line tells.
//!
//! Everything here restates a check of the server itself: `Validate` of its options, or an error of the code that builds
//! the server from them. A check is guarded by the first release that makes it. No message names the release in question,
//! so that the same problem of several releases is one.

use std::collections::BTreeSet;

use model::{Location, Minor, Problem, ProblemKind};

use super::{
    FILES,
    gates::Gates,
    paths, plugins,
    server::{Server, newer_than_data},
    whole,
};
use crate::{
    File, Files,
    flags::{KUBE_APISERVER, Presence},
    golang::{self, Cidr},
    pflag::{self, Mistake, Value},
};

const HOUR: i64 = 3_600_000_000_000;

/// Every problem of one release.
pub(super) fn problems(server: &Server<'_>, files: &Files<'_>) -> Vec<Problem> {
    let mut checks = Checks { server, minor: server.version.minor, gates: Gates::of(server), found: Vec::new() };
    checks.mistakes();
    checks.refused();
    checks.repeated();
    checks.outdated();
    checks.help();
    checks.required();
    checks.numbers();
    checks.serving();
    checks.network();
    checks.etcd();
    checks.service_accounts();
    checks.authentication();
    checks.authorization();
    checks.admission();
    checks.audit();
    checks.runtime_config();
    checks.feature_gates();
    checks.logging();
    checks.metrics();
    checks.files(files);
    checks.found
}

struct Checks<'a> {
    server: &'a Server<'a>,
    minor: Minor,
    gates: Gates,
    found: Vec<Problem>,
}

impl Checks<'_> {
    fn since(&self, minor: u16) -> bool {
        self.minor >= Minor::new(1, minor)
    }

    fn stop(&mut self, kind: ProblemKind, flag: &str, message: String) {
        let location = self.server.place(flag).cloned().or_else(|| Some(whole(self.server.invocation)));
        self.found.push(Problem { kind, stops: true, message, hint: None, location, setting: Some(flag.to_owned()) });
    }

    fn refuse(&mut self, flag: &str, message: String) {
        self.stop(ProblemKind::Refused, flag, message);
    }

    fn conflict(&mut self, flag: &str, message: &str) {
        self.stop(ProblemKind::Conflict, flag, message.to_owned());
    }

    fn missing(&mut self, flag: &str, message: &str) {
        self.stop(ProblemKind::Missing, flag, message.to_owned());
    }

    /// `Some(true)` where the text of a flag is empty, and where the list is.
    fn is_empty(&self, flag: &str) -> Option<bool> {
        match self.server.value(flag)? {
            Value::Text(text) => Some(text.is_empty()),
            Value::List(items) => Some(items.is_empty()),
            _ => None,
        }
    }

    fn holds_text(&self, flag: &str) -> bool {
        self.is_empty(flag) == Some(false)
    }

    fn mistakes(&mut self) {
        for mistake in &self.server.mistakes {
            let problem = match mistake {
                Mistake::Syntax(word) => {
                    problem(ProblemKind::Refused, true, format!("`{}` is no flag", shown(&word.text)), &word.site.at)
                }
                Mistake::Unknown { name, site } => self.unknown(name, &site.at),
                Mistake::UnknownShorthand { letter, word } => {
                    let text = shown(&word.text);
                    let mut found = problem(
                        ProblemKind::Unknown,
                        true,
                        format!("`{text}` starts with one dash, and there is no flag `-{letter}`"),
                        &word.site.at,
                    );
                    let name = word.text.trim_start_matches('-').split('=').next().unwrap_or_default();
                    if KUBE_APISERVER.find(name).is_some() {
                        found.hint = Some(format!("write `-{text}`"));
                    }
                    found
                }
                Mistake::NoValue { flag, word } => {
                    let name = KUBE_APISERVER.flags.get(*flag).map_or("", |flag| flag.name);
                    let message = format!("`--{name}` is the last word and has no value");
                    Problem {
                        setting: Some(name.to_owned()),
                        ..problem(ProblemKind::Refused, true, message, &word.site.at)
                    }
                }
                // cmd/kube-apiserver/app/server.go: the check is there from 1.19 on (pull request 91349).
                Mistake::Stray(word) => {
                    let message = format!("`{}` is an argument, and the server takes none", shown(&word.text));
                    let mut found = problem(ProblemKind::Unknown, self.since(19), message, &word.site.at);
                    if golang::parse_bool(&word.text).is_some() {
                        found.hint = Some("write the value of a boolean flag behind `=`".to_owned());
                    }
                    found
                }
            };
            self.found.push(problem);
        }
    }

    fn unknown(&self, name: &str, at: &Location) -> Problem {
        let version = self.server.version;
        let dashed = name.replace('_', "-");
        if let Some(flag) = KUBE_APISERVER.find(&dashed) {
            if flag.presence(version) != Presence::No {
                let message = format!("`--{name}` is written with underscores, which 1.10 to 1.22 do not take");
                let mut found = problem(ProblemKind::Unknown, true, message, at);
                found.hint = Some(format!("write `--{dashed}`"));
                found.setting = Some(flag.name.to_owned());
                return found;
            }
            let gone = flag.removed.filter(|removed| *removed <= version.minor);
            let (kind, message) = match (gone, flag.introduced) {
                (Some(removed), _) => (ProblemKind::Removed, format!("`--{}` was removed in {removed}", flag.name)),
                (None, Some(from)) => (ProblemKind::Unknown, format!("`--{}` came in {from}", flag.name)),
                (None, None) => (ProblemKind::Unknown, format!("`--{}` is in {}", flag.name, flag.life())),
            };
            let message = format!("{message}; a server that does not know a flag does not start");
            return Problem { setting: Some(flag.name.to_owned()), ..problem(kind, true, message, at) };
        }
        if let Some((_, fork)) = FORKS.iter().find(|(known, _)| *known == dashed) {
            let message = format!("`--{dashed}` is a flag of {fork}'s own server, and stops every other");
            return problem(ProblemKind::Unknown, false, message, at);
        }
        let here = KUBE_APISERVER.nearest(&dashed, |flag| flag.presence(version) != Presence::No);
        // A release that the data does not reach may have brought it. Those before 1.12 took the flags of every library
        // that was linked in, which nobody listed: only a misspelling is sure to stop them.
        let stops = newer_than_data(version).is_none() && (self.since(12) || here.is_some());
        let mut found = problem(ProblemKind::Unknown, stops, format!("no release has a flag `--{}`", shown(name)), at);
        found.hint = match (here, KUBE_APISERVER.nearest(&dashed, |_| true)) {
            (Some(flag), _) => Some(format!("perhaps `--{}`", flag.name)),
            (None, Some(flag)) => Some(format!("perhaps `--{}`, which is in {}", flag.name, flag.life())),
            (None, None) => None,
        };
        found
    }

    fn refused(&mut self) {
        for (flag, takes, text, site) in &self.server.refused {
            let message = format!("`--{}` takes {takes}, not `{}`", flag.name, shown(text));
            self.found.push(Problem {
                setting: Some(flag.name.to_owned()),
                ..problem(ProblemKind::Refused, true, message, &site.at)
            });
        }
    }

    fn repeated(&mut self) {
        for (flag, site) in self.server.duplicates() {
            let message = format!("`--{}` is given more than once, and the last one holds", flag.name);
            self.found.push(Problem {
                setting: Some(flag.name.to_owned()),
                ..problem(ProblemKind::Duplicate, false, message, &site.at)
            });
        }
    }

    /// Flags that are taken and do nothing, or will not be taken much longer.
    fn outdated(&mut self) {
        for flag in &KUBE_APISERVER.flags {
            if !self.server.is_given(flag.name) {
                continue;
            }
            let past = |since: Option<Minor>| since.filter(|since| *since <= self.minor);
            let message = match (past(flag.inert), past(flag.deprecated)) {
                (Some(since), _) => format!("`--{}` does nothing from {since} on", flag.name),
                (None, Some(since)) => format!("`--{}` is deprecated since {since}", flag.name),
                (None, None) => continue,
            };
            let location = self.server.place(flag.name).cloned();
            self.found.push(Problem {
                kind: ProblemKind::Removed,
                stops: false,
                message,
                hint: flag.removed.map(|removed| format!("{removed} does not have it any more")),
                location,
                setting: Some(flag.name.to_owned()),
            });
        }
    }

    /// Two flags make the server print something and leave.
    fn help(&mut self) {
        if self.server.is("help", true) {
            self.refuse("help", "`--help` prints the flags and ends".to_owned());
        }
        if let Some(text) = self.server.text("version")
            && matches!(text, "true" | "raw")
        {
            self.refuse("version", "`--version` prints the release and ends".to_owned());
        }
    }

    fn required(&mut self) {
        if self.is_empty("etcd-servers") == Some(true) {
            self.missing("etcd-servers", "`--etcd-servers` is required");
        }
    }

    fn numbers(&mut self) {
        const NOT_NEGATIVE: [(&str, u16); 10] = [
            ("livez-grace-period", 17),
            ("max-requests-inflight", 8),
            ("max-mutating-requests-inflight", 8),
            ("request-timeout", 8),
            ("min-request-timeout", 8),
            ("storage-initialization-timeout", 31),
            ("shutdown-delay-duration", 16),
            ("shutdown-watch-termination-grace-period", 27),
            ("kubernetes-service-node-port", 5),
            ("secure-port", 5),
        ];
        // apiserver pkg/server/options/server_run_options.go, Validate; cmd/kube-apiserver/app/options/validation.go.
        for (flag, since) in NOT_NEGATIVE {
            if self.since(since) && self.server.number(flag).is_some_and(|number| number < 0) {
                self.refuse(flag, format!("`--{flag}` cannot be negative"));
            }
        }
        if let Some(Value::Float(chance)) = self.server.value("goaway-chance")
            && self.since(19)
            && (*chance < 0.0 || *chance > 0.02)
        {
            self.refuse("goaway-chance", "`--goaway-chance` is from 0 to 0.02".to_owned());
        }
        if self.server.number("apiserver-count").is_some_and(|count| count <= 0) {
            self.refuse("apiserver-count", "`--apiserver-count` takes a positive number".to_owned());
        }
        for flag in ["identity-lease-duration-seconds", "identity-lease-renew-interval-seconds"] {
            if self.server.number(flag).is_some_and(|number| number <= 0) {
                self.refuse(flag, format!("`--{flag}` takes a positive number"));
            }
        }
        // The server's own first requests time out: startup-1.20.json, request-timeout 0.
        if self.server.number("request-timeout") == Some(0) {
            self.refuse(
                "request-timeout",
                "`--request-timeout` of 0 times out the server's own first requests".to_owned(),
            );
        }
        // pkg/controlplane/apiserver/options/validation.go, validateCoordinatedLeadershipFlags.
        let coordinated = |name: &str| self.server.number(&format!("coordinated-leadership-{name}"));
        if let (Some(lease), Some(renew), Some(retry)) =
            (coordinated("lease-duration"), coordinated("renew-deadline"), coordinated("retry-period"))
        {
            if lease <= renew {
                self.refuse(
                    "coordinated-leadership-lease-duration",
                    "`--coordinated-leadership-lease-duration` must be longer than `--coordinated-leadership-renew-deadline`"
                        .to_owned(),
                );
            }
            if renew <= retry {
                self.refuse(
                    "coordinated-leadership-renew-deadline",
                    "`--coordinated-leadership-renew-deadline` must be longer than `--coordinated-leadership-retry-period`"
                        .to_owned(),
                );
            }
        }
        // pkg/controlplane/apiserver/config.go, BuildPriorityAndFairness (found in 1.25 and later).
        let inflight = |name: &str| self.server.number(name);
        if self.since(25)
            && self.server.is("enable-priority-and-fairness", true)
            && let (Some(0), Some(0)) = (inflight("max-requests-inflight"), inflight("max-mutating-requests-inflight"))
        {
            self.refuse(
                "max-requests-inflight",
                "`--max-requests-inflight` and `--max-mutating-requests-inflight` must add up to something positive"
                    .to_owned(),
            );
        }
        if let Some(directives) = self.server.list("strict-transport-security-directives") {
            let valid = |directive: &String| {
                matches!(directive.as_str(), "includeSubDomains" | "preload")
                    || directive.strip_prefix("max-age=").is_some_and(|age| !age.contains('='))
            };
            if !directives.iter().all(valid) {
                self.refuse(
                    "strict-transport-security-directives",
                    "`--strict-transport-security-directives` takes `max-age=SECONDS`, `includeSubDomains` and `preload`"
                        .to_owned(),
                );
            }
        }
        if let Some(origins) = self.server.list("cors-allowed-origins") {
            // Up to 1.26 the pattern only had to compile; from 1.27 on it has to pin the host as well
            // (validateCorsAllowedOriginList).
            let mut wrong = Vec::new();
            for origin in origins {
                let pinned =
                    (origin.contains('^') || origin.contains("//")) && (origin.contains('$') || origin.contains(':'));
                if origin.is_empty() && self.since(27) {
                    wrong.push("`--cors-allowed-origins` has an empty pattern".to_owned());
                } else if let Some(why) = golang::regexp_error(origin) {
                    wrong.push(format!(
                        "`{}` in `--cors-allowed-origins` is no regular expression: {why}",
                        shown(origin)
                    ));
                } else if self.since(27) && !pinned {
                    let origin = shown(origin);
                    wrong.push(format!(
                        "`{origin}` in `--cors-allowed-origins` does not pin the start and the end of the host"
                    ));
                }
            }
            for message in wrong {
                self.refuse("cors-allowed-origins", message);
            }
        }
        // apiserver pkg/server/options/server_run_options.go, Validate (1.33).
        let emulates = self.server.list("emulated-version").map(|versions| !versions.is_empty());
        for flag in ["emulation-forward-compatible", "runtime-config-emulation-forward-compatible"] {
            if self.server.is(flag, true) && emulates == Some(false) {
                self.conflict(flag, &format!("`--{flag}` needs an `--emulated-version` below the server's own"));
            }
        }
        self.versions("emulated-version");
        self.versions("min-compatibility-version");
    }

    /// component-base compatibility/registry.go, toVersionMap and Set, and version.go, Validate.
    fn versions(&mut self, flag: &str) {
        let Some(list) = self.server.list(flag) else { return };
        let mut seen = BTreeSet::new();
        let mut wrong = None;
        for item in list {
            let (component, version) =
                item.split_once('=').map_or(("kube", item.as_str()), |(c, v)| (c.trim(), v.trim()));
            let parsed: Option<(u64, u64)> =
                version.strip_prefix('v').unwrap_or(version).split_once('.').and_then(|(major, rest)| {
                    let mut rest = rest.splitn(2, '.');
                    let minor = rest.next()?;
                    let zero = rest.next().is_none_or(|patch| patch == "0");
                    zero.then_some(())?;
                    Some((major.parse().ok()?, minor.parse().ok()?))
                });
            let own = u64::from(self.minor.minor);
            wrong = match parsed {
                _ if component != "kube" => {
                    Some(format!("`--{flag}` names `{}`, which is no component of the server", shown(component)))
                }
                None => Some(format!("`--{flag}` takes releases such as `1.35`, not `{}`", shown(version))),
                Some(_) if !seen.insert(component) => Some(format!("`--{flag}` names `{component}` twice")),
                // The floor is three releases below, and 1.31 at the lowest.
                Some((major, minor)) if major != 1 || minor > own || minor + 3 < own => Some(format!(
                    "`--{flag}` cannot be {major}.{minor}: only the server's own release and the three before it can"
                )),
                Some(_) => wrong,
            };
        }
        if let Some(message) = wrong {
            self.refuse(flag, message);
        }
    }

    fn serving(&mut self) {
        if let Some(port) = self.server.number("secure-port") {
            // apiserver pkg/server/options/serving.go, Validate: 0 switched it off up to 1.11.
            let lowest = if self.since(12) { 1 } else { 0 };
            if port >= 0 && !(lowest..=65_535).contains(&port) {
                self.refuse("secure-port", format!("`--secure-port` is from {lowest} to 65535, not {port}"));
            }
        }
        // cmd/kube-apiserver/app/server.go, checkNonZeroInsecurePort: 1.20 to 1.23.
        if self.since(20)
            && let Some(port) = self.server.number("insecure-port")
            && port != 0
        {
            let flag = if self.server.is_given("port") { "port" } else { "insecure-port" };
            self.refuse(flag, format!("`--{flag}` takes only 0 from 1.20 on, not {port}"));
        }
        // dynamiccertificates.NewDynamicServingContentFromFiles and etcd's transport want both files of a pair.
        for (cert, key) in [("tls-cert-file", "tls-private-key-file"), ("etcd-certfile", "etcd-keyfile")] {
            if let (Some(no_cert), Some(no_key)) = (self.is_empty(cert), self.is_empty(key))
                && no_cert != no_key
            {
                let (given, wanted) = if no_key { (cert, key) } else { (key, cert) };
                self.conflict(given, &format!("`--{given}` needs `--{wanted}` beside it"));
            }
        }
        if let Some(version) = self.server.text("tls-min-version")
            && !["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"].contains(&version)
        {
            let message = format!(
                "`--tls-min-version` takes VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13, not `{}`",
                shown(version)
            );
            self.refuse("tls-min-version", message);
        }
        if let Some(suites) = self.server.list("tls-cipher-suites") {
            let wrong: Vec<&String> = suites.iter().filter(|suite| !CIPHERS.contains(&suite.as_str())).collect();
            for suite in &wrong {
                self.refuse("tls-cipher-suites", format!("`--tls-cipher-suites` has no suite `{}`", shown(suite)));
            }
            // golang.org/x/net/http2, ConfigureServer; the exception for TLS 1.3 is not in the copy of 1.20.
            let required = suites.iter().any(|suite| HTTP2_CIPHERS.contains(&suite.as_str()));
            let tls13 = self.server.text("tls-min-version") == Some("VersionTLS13") && self.since(21);
            let http2 = !self.server.is("disable-http2-serving", true);
            if wrong.is_empty() && !suites.is_empty() && !required && !tls13 && http2 {
                self.refuse(
                    "tls-cipher-suites",
                    format!("`--tls-cipher-suites` lacks a suite that HTTP/2 requires: {}", HTTP2_CIPHERS.join(" or ")),
                );
            }
        }
        if let Some(Value::Ints(curves)) = self.server.value("tls-curve-preferences") {
            // crypto/tls of Go 1.26: P-256, P-384, P-521, X25519 and the three hybrids.
            const CURVES: [i32; 7] = [23, 24, 25, 29, 4587, 4588, 4589];
            let mut seen = BTreeSet::new();
            if let Some(curve) = curves.iter().find(|curve| !CURVES.contains(curve) || !seen.insert(**curve)) {
                self.refuse(
                    "tls-curve-preferences",
                    format!("`--tls-curve-preferences` takes each CurveID of Go's crypto/tls once, not {curve}"),
                );
            }
        }
        if let Some(kind) = self.server.text("endpoint-reconciler-type")
            && !["master-count", "lease", "none"].contains(&kind)
        {
            self.refuse(
                "endpoint-reconciler-type",
                format!("`--endpoint-reconciler-type` takes master-count, lease or none, not `{}`", shown(kind)),
            );
        }
    }

    fn network(&mut self) {
        let ranges = self.service_ranges();
        if let Some(Value::Ports(ports)) = self.server.value("service-node-port-range")
            && let Some(port) = self.server.number("kubernetes-service-node-port")
            && port > 0
        {
            let inside = ports.is_some_and(|(low, high)| (low..=high).contains(&port));
            if port > 65_535 || !inside {
                self.refuse(
                    "kubernetes-service-node-port",
                    format!("`--kubernetes-service-node-port` {port} is not in `--service-node-port-range`"),
                );
            }
        }
        // validatePublicIPServiceClusterIPRangeIPFamilies: not in 1.20, in 1.25.
        if self.since(25)
            && let Some(primary) = ranges.first()
            && self.server.text("endpoint-reconciler-type") != Some("none")
        {
            let specific = |name: &str| match self.server.value(name) {
                Some(Value::Ip(Some(ip))) if !ip.is_unspecified() => Some((name.to_owned(), *ip)),
                _ => None,
            };
            let public =
                specific("advertise-address").or_else(|| specific("bind-address").filter(|(_, ip)| !ip.is_loopback()));
            if let Some((flag, ip)) = public
                && ip.is_ipv4() != primary.network.is_ipv4()
            {
                self.conflict(&flag, &format!("`--{flag}` is not of the IP family of `--service-cluster-ip-range`"));
            }
        }
    }

    /// cmd/kube-apiserver/app/options/completion.go and validation.go.
    fn service_ranges(&mut self) -> Vec<Cidr> {
        const FLAG: &str = "service-cluster-ip-range";
        let Some(text) = self.server.text(FLAG) else { return Vec::new() };
        if text.is_empty() {
            return Vec::new();
        }
        // `ParseCIDRSloppy`, which takes leading zeros for ever, came with Go 1.17.
        let mut ranges = Vec::new();
        let items: Vec<&str> = text.split(',').collect();
        for (index, item) in items.iter().take(2).enumerate() {
            let Some(range) = golang::parse_cidr(item, true) else {
                self.refuse(FLAG, format!("`{}` in `--{FLAG}` is no address range", shown(item)));
                return Vec::new();
            };
            if range.bits() - range.prefix < 3 && (index == 0 || self.minor == Minor::new(1, 20)) {
                self.refuse(FLAG, format!("`{range}` in `--{FLAG}` has fewer than 8 addresses"));
            }
            // The limit ends with the gates MultiCIDRServiceAllocator and DisableAllocatorDualWrite, both on from 1.34.
            if !self.since(34) && range.bits() - range.prefix > 20 {
                self.refuse(
                    FLAG,
                    format!("`{range}` in `--{FLAG}` is too large: its prefix is at least {}", range.bits() - 20),
                );
            }
            ranges.push(range);
        }
        if items.len() > 2 {
            self.refuse(FLAG, format!("`--{FLAG}` takes at most two ranges"));
        }
        if let [primary, secondary] = ranges.as_slice() {
            if primary.network.is_ipv4() == secondary.network.is_ipv4() {
                self.refuse(FLAG, format!("the two ranges of `--{FLAG}` must be of different IP families"));
            }
            if !self.since(21) && self.gates.leaves_off("IPv6DualStack", true) {
                self.conflict(
                    FLAG,
                    &format!("two ranges in `--{FLAG}` need the feature gate IPv6DualStack before 1.21"),
                );
            }
        }
        ranges
    }

    fn etcd(&mut self) {
        if let Some(backend) = self.server.text("storage-backend")
            && !(backend.is_empty() || backend == "etcd3" || (backend == "etcd2" && !self.since(13)))
        {
            self.refuse("storage-backend", format!("`--storage-backend` takes etcd3, not `{}`", shown(backend)));
        }
        if let Some(overrides) = self.server.list("etcd-servers-overrides") {
            let valid = |item: &String| {
                item.split_once('#').is_some_and(|(resource, servers)| {
                    !servers.contains('#')
                        && resource.split('/').count() == 2
                        && (!self.since(34) || servers.split(';').all(|server| !server.is_empty()))
                })
            };
            if let Some(item) = overrides.iter().find(|item| !valid(item)) {
                self.refuse(
                    "etcd-servers-overrides",
                    format!("`--etcd-servers-overrides` takes `group/resource#servers`, not `{}`", shown(item)),
                );
            }
        }
        if self.server.is("watch-cache", true)
            && let Some(sizes) = self.server.list("watch-cache-sizes")
        {
            // apiserver pkg/server/options/etcd.go, ParseWatchCacheSizes.
            let valid = |item: &String| {
                item.split_once('#')
                    .is_some_and(|(_, size)| golang::parse_decimal(size, 64).is_some_and(|size| size >= 0))
            };
            if let Some(item) = sizes.iter().find(|item| !valid(item)) {
                self.refuse(
                    "watch-cache-sizes",
                    format!("`--watch-cache-sizes` takes `resource#size`, not `{}`", shown(item)),
                );
            }
        }
        if self.server.is("encryption-provider-config-automatic-reload", true)
            && self.is_empty("encryption-provider-config") == Some(true)
        {
            self.conflict(
                "encryption-provider-config-automatic-reload",
                "`--encryption-provider-config-automatic-reload` needs `--encryption-provider-config`",
            );
        }
        // Validated from 1.29 on; before, apiserver pkg/server/storage/storage_codec.go finds no serializer.
        if self.since(7)
            && let Some(media) = self.server.text("storage-media-type")
            && !["", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"].contains(&media)
        {
            self.refuse(
                "storage-media-type",
                format!(
                    "`--storage-media-type` takes application/json, application/yaml or application/vnd.kubernetes.protobuf, not `{}`",
                    shown(media)
                ),
            );
        }
    }

    /// pkg/kubeapiserver/options/authentication.go, Validate; cmd/kube-apiserver/app/options/validation.go,
    /// validateTokenRequest; completeServiceAccountOptions.
    fn service_accounts(&mut self) {
        let issuers: Option<Vec<String>> = match self.server.value("service-account-issuer") {
            Some(Value::Text(issuer)) if issuer.is_empty() => Some(Vec::new()),
            Some(Value::Text(issuer)) => Some(vec![issuer.clone()]),
            Some(Value::List(issuers)) => Some(issuers.clone()),
            _ => None,
        };
        let signing_key = self.is_empty("service-account-signing-key-file").map(|empty| !empty);
        let endpoint = if self.server.has("service-account-signing-endpoint") {
            self.is_empty("service-account-signing-endpoint").map(|empty| !empty)
        } else {
            Some(false)
        };
        let Some(issuers) = issuers else { return };
        let mut seen = BTreeSet::new();
        for issuer in &issuers {
            if issuer.is_empty() {
                self.refuse("service-account-issuer", "`--service-account-issuer` cannot be empty".to_owned());
            } else if !seen.insert(issuer) {
                self.refuse(
                    "service-account-issuer",
                    format!("`--service-account-issuer` gives `{}` twice", shown(issuer)),
                );
            } else if issuer.contains(':') && golang::parse_url(issuer).is_none() {
                self.refuse(
                    "service-account-issuer",
                    format!("`--service-account-issuer` has a colon and is no URL: `{}`", shown(issuer)),
                );
            }
        }
        let first = issuers.first().is_some_and(|issuer| !issuer.is_empty());
        if let (Some(signing_key), Some(endpoint)) = (signing_key, endpoint) {
            let signs = first && (signing_key || endpoint);
            if self.since(20) {
                if issuers.is_empty() {
                    self.missing("service-account-issuer", "`--service-account-issuer` is required from 1.20 on");
                }
                if !signing_key && !endpoint {
                    let message = "`--service-account-signing-key-file` is required from 1.20 on";
                    self.missing("service-account-signing-key-file", message);
                }
            } else if self.since(13) {
                let audiences = self.server.list("api-audiences").is_some_and(|list| !list.is_empty());
                if (signing_key || first || audiences) && !signs {
                    self.conflict(
                        "service-account-issuer",
                        "`--service-account-signing-key-file`, `--service-account-issuer` and `--api-audiences` go together",
                    );
                }
            }
            // Completion fills in the serving key only where no signing key is given, and then the server stops anyway.
            if self.since(20) && !endpoint && self.is_empty("service-account-key-file") == Some(true) {
                self.missing("service-account-key-file", "`--service-account-key-file` is required from 1.20 on");
            }
            if endpoint {
                let keys = self.is_empty("service-account-key-file") == Some(false);
                if signing_key || keys {
                    self.conflict(
                        "service-account-signing-endpoint",
                        "`--service-account-signing-endpoint` excludes `--service-account-signing-key-file` and `--service-account-key-file`",
                    );
                }
                if !self.since(34) && self.gates.leaves_off("ExternalServiceAccountTokenSigner", true) {
                    self.conflict(
                        "service-account-signing-endpoint",
                        "`--service-account-signing-endpoint` needs the feature gate ExternalServiceAccountTokenSigner before 1.34",
                    );
                }
                let name = self.server.text("service-account-signing-endpoint").unwrap_or_default();
                if let Some(socket) = name.strip_prefix('@')
                    && !socket.split('.').all(|part| {
                        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
                    })
                {
                    self.refuse(
                        "service-account-signing-endpoint",
                        "`--service-account-signing-endpoint` is no valid name of an abstract socket".to_owned(),
                    );
                }
            }
            if let Some(life) = self.server.number("service-account-max-token-expiration")
                && (self.since(32) || signs)
                && life != 0
                && !(HOUR..=4_294_967_296_000_000_000).contains(&life)
            {
                self.refuse(
                    "service-account-max-token-expiration",
                    "`--service-account-max-token-expiration` is from 1h to 2^32 seconds".to_owned(),
                );
            }
        }
        if let Some(uri) = self.server.text("service-account-jwks-uri")
            && !uri.is_empty()
            && self.since(20)
            && golang::parse_url(uri).is_none_or(|scheme| !scheme.eq_ignore_ascii_case("https"))
        {
            self.refuse(
                "service-account-jwks-uri",
                format!("`--service-account-jwks-uri` takes an https URL, not `{}`", shown(uri)),
            );
        }
    }

    fn authentication(&mut self) {
        self.oidc();
        self.request_headers();
        self.webhook_version("authentication-token-webhook");
    }

    /// apiserver plugin/pkg/{authenticator/token,authorizer}/webhook: the version is read where there is a webhook.
    fn webhook_version(&mut self, prefix: &str) {
        let flag = format!("{prefix}-version");
        if self.holds_text(&format!("{prefix}-config-file"))
            && let Some(version) = self.server.text(&flag)
            && !["v1", "v1beta1"].contains(&version)
        {
            self.refuse(&flag, format!("`--{flag}` takes v1 or v1beta1, not `{}`", shown(version)));
        }
    }

    fn oidc(&mut self) {
        let given =
            KUBE_APISERVER.flags.iter().find(|flag| flag.name.starts_with("oidc-") && self.server.is_given(flag.name));
        let with_file = self.holds_text("authentication-config");
        if with_file {
            if let Some(flag) = given {
                self.conflict(
                    flag.name,
                    &format!("`--{}` and `--authentication-config` exclude each other", flag.name),
                );
            }
            if !self.since(30) && self.gates.leaves_off("StructuredAuthenticationConfiguration", true) {
                self.conflict(
                    "authentication-config",
                    "`--authentication-config` needs the feature gate StructuredAuthenticationConfiguration before 1.30",
                );
            }
            return;
        }
        if self.server.has("authentication-config") && self.is_empty("authentication-config").is_none() {
            return;
        }
        let (Some(issuer), Some(client)) = (self.server.text("oidc-issuer-url"), self.server.text("oidc-client-id"))
        else {
            return;
        };
        let halves = issuer.is_empty() != client.is_empty();
        let neither = issuer.is_empty() && client.is_empty();
        // Up to 1.28 the other oidc flags were ignored without these two.
        if halves || (neither && given.is_some() && self.since(29)) {
            let flag = given.map_or("oidc-issuer-url", |flag| flag.name);
            self.conflict(flag, "`--oidc-issuer-url` and `--oidc-client-id` go together");
        }
        if halves || neither {
            return;
        }
        match golang::parse_url(issuer) {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => {}
            _ => self
                .refuse("oidc-issuer-url", format!("`--oidc-issuer-url` takes an https URL, not `{}`", shown(issuer))),
        }
        // apiserver pkg/apis/apiserver/validation: flags are validated as the file is from 1.30 on.
        if self.since(30) {
            let issuers = match self.server.value("service-account-issuer") {
                Some(Value::List(issuers)) => issuers.as_slice(),
                _ => &[],
            };
            if issuers.iter().any(|own| own == issuer) {
                self.conflict("oidc-issuer-url", "`--oidc-issuer-url` is the server's own `--service-account-issuer`");
            }
            let authority = issuer.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            if authority.contains('@') || issuer.contains(['?', '#']) {
                self.refuse(
                    "oidc-issuer-url",
                    "`--oidc-issuer-url` cannot have a user, a query or a fragment".to_owned(),
                );
            }
        }
        if self.server.text("oidc-username-claim") == Some("") && self.since(30) {
            self.refuse("oidc-username-claim", "`--oidc-username-claim` cannot be empty".to_owned());
        }
        if let Some(algorithms) = self.server.list("oidc-signing-algs") {
            const KNOWN: [&str; 9] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];
            if let Some(unknown) = algorithms.iter().find(|name| !KNOWN.contains(&name.as_str())) {
                self.refuse("oidc-signing-algs", format!("`--oidc-signing-algs` does not take `{}`", shown(unknown)));
            }
        }
    }

    /// apiserver pkg/server/options/authentication.go, Validate.
    fn request_headers(&mut self) {
        const HEADERS: [&str; 5] = [
            "requestheader-username-headers",
            "requestheader-group-headers",
            "requestheader-extra-headers-prefix",
            "requestheader-allowed-names",
            "requestheader-uid-headers",
        ];
        for flag in HEADERS {
            if self.since(17)
                && self.server.list(flag).is_some_and(|list| list.iter().any(|item| item.trim().is_empty()))
            {
                self.refuse(flag, format!("`--{flag}` has an empty name"));
            }
        }
        if let Some(headers) = self.server.list("requestheader-uid-headers")
            && !headers.is_empty()
        {
            // The gate RemoteRequestHeaderUID is on by default from 1.33 on.
            if !self.since(33) && self.gates.leaves_off("RemoteRequestHeaderUID", true) {
                self.conflict(
                    "requestheader-uid-headers",
                    "`--requestheader-uid-headers` needs the feature gate RemoteRequestHeaderUID",
                );
            } else if !headers.iter().any(|header| header.eq_ignore_ascii_case("X-Remote-Uid")) {
                self.refuse("requestheader-uid-headers", "`--requestheader-uid-headers` lacks X-Remote-Uid".to_owned());
            }
        }
        // Not in 1.34, in 1.35. The same file is sure to share its certificates with itself.
        if self.since(35)
            && let (Some(ca), Some(front)) =
                (self.server.text("client-ca-file"), self.server.text("requestheader-client-ca-file"))
            && !ca.is_empty()
            && ca == front
            && self.server.list("requestheader-allowed-names").is_some_and(<[String]>::is_empty)
        {
            self.conflict(
                "requestheader-client-ca-file",
                "`--requestheader-client-ca-file` and `--client-ca-file` share certificates, which needs `--requestheader-allowed-names`",
            );
        }
    }

    /// pkg/kubeapiserver/options/authorization.go, Validate.
    fn authorization(&mut self) {
        if self.server.has("authorization-config") {
            match self.is_empty("authorization-config") {
                None => return,
                Some(true) => {}
                Some(false) => {
                    const EXCLUDED: [&str; 5] = [
                        "authorization-mode",
                        "authorization-webhook-config-file",
                        "authorization-webhook-version",
                        "authorization-webhook-cache-authorized-ttl",
                        "authorization-webhook-cache-unauthorized-ttl",
                    ];
                    for flag in EXCLUDED {
                        if self.server.is_given(flag) {
                            self.conflict(flag, &format!("`--{flag}` and `--authorization-config` exclude each other"));
                        }
                    }
                    if !self.since(30) && self.gates.leaves_off("StructuredAuthorizationConfiguration", true) {
                        self.conflict(
                            "authorization-config",
                            "`--authorization-config` needs the feature gate StructuredAuthorizationConfiguration before 1.30",
                        );
                    }
                    return;
                }
            }
        }
        let Some(modes) = self.server.list("authorization-mode") else { return };
        if modes.is_empty() && !self.since(29) {
            self.refuse("authorization-mode", "`--authorization-mode` cannot be empty before 1.29".to_owned());
        }
        let mut seen = BTreeSet::new();
        for mode in modes {
            let known = ["AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC"].contains(&mode.as_str())
                || (mode == "Node" && self.since(6));
            if !known {
                self.refuse("authorization-mode", format!("`--authorization-mode` has no mode `{}`", shown(mode)));
            } else if !seen.insert(mode) {
                self.refuse("authorization-mode", format!("`--authorization-mode` gives `{mode}` twice"));
            }
        }
        for (mode, flag) in [("ABAC", "authorization-policy-file"), ("Webhook", "authorization-webhook-config-file")] {
            let with_mode = modes.iter().any(|other| other == mode);
            match self.is_empty(flag) {
                Some(true) if with_mode => {
                    self.stop(ProblemKind::Missing, "authorization-mode", format!("the mode {mode} needs `--{flag}`"));
                }
                Some(false) if !with_mode => self.conflict(flag, &format!("`--{flag}` needs the mode {mode}")),
                _ => {}
            }
        }
        self.webhook_version("authorization-webhook");
    }

    /// pkg/kubeapiserver/options/admission.go and apiserver pkg/server/options/admission.go, Validate.
    fn admission(&mut self) {
        let whole = self.server.is_given("admission-control");
        for flag in ["enable-admission-plugins", "disable-admission-plugins"] {
            if whole && self.server.is_given(flag) {
                self.conflict(flag, &format!("`--admission-control` and `--{flag}` exclude each other"));
            }
        }
        let lists = ["admission-control", "enable-admission-plugins", "disable-admission-plugins"];
        for flag in lists {
            // What newer releases call their plugins is not known.
            if newer_than_data(self.server.version).is_some() || !self.server.is_given(flag) {
                continue;
            }
            let Some(names) = self.server.list(flag) else { continue };
            let unknown: Vec<String> = plugins::unknown_names(names, self.minor).map(str::to_owned).collect();
            for name in unknown {
                let why = plugins::life(&name).unwrap_or_else(|| "no release has it".to_owned());
                self.refuse(flag, format!("`--{flag}` names the plugin `{}`: {why}", shown(&name)));
            }
        }
        if let (Some(enabled), Some(disabled)) =
            (self.server.list("enable-admission-plugins"), self.server.list("disable-admission-plugins"))
        {
            let both: BTreeSet<&String> = enabled.iter().filter(|name| disabled.contains(name)).collect();
            for name in both {
                self.conflict(
                    "disable-admission-plugins",
                    &format!(
                        "`{}` is in `--enable-admission-plugins` and in `--disable-admission-plugins`",
                        shown(name)
                    ),
                );
            }
        }
        // plugin/pkg/admission/{eventratelimit,imagepolicy}: neither has a configuration of its own to fall back on.
        if self.is_empty("admission-control-config-file") == Some(true) {
            for flag in ["admission-control", "enable-admission-plugins"] {
                for plugin in ["EventRateLimit", "ImagePolicyWebhook"] {
                    if self.server.list(flag).is_some_and(|names| names.iter().any(|name| name == plugin))
                        && plugins::is_known(plugin, self.minor)
                    {
                        self.conflict(flag, &format!("the plugin {plugin} needs `--admission-control-config-file`"));
                    }
                }
            }
        }
    }

    /// apiserver pkg/server/options/audit.go, Validate: nothing is checked of a backend that is off.
    fn audit(&mut self) {
        for (backend, switch) in [("log", "audit-log-path"), ("webhook", "audit-webhook-config-file")] {
            if self.holds_text(switch) {
                self.audit_backend(backend);
            }
        }
        if self.holds_text("audit-log-path") {
            if let Some(format) = self.server.text("audit-log-format")
                && !["legacy", "json"].contains(&format)
            {
                self.refuse(
                    "audit-log-format",
                    format!("`--audit-log-format` takes legacy or json, not `{}`", shown(format)),
                );
            }
            for flag in ["audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize"] {
                if self.since(8) && self.server.number(flag).is_some_and(|number| number < 0) {
                    self.refuse(flag, format!("`--{flag}` cannot be negative"));
                }
            }
        }
        // ApplyTo reads the webhook's version whether there is a webhook or not.
        if let Some(version) = self.server.text("audit-webhook-version")
            && version != "/"
            && version.matches('/').count() > 1
        {
            self.refuse(
                "audit-webhook-version",
                format!("`--audit-webhook-version` is no group and version: `{}`", shown(version)),
            );
        }
    }

    fn audit_backend(&mut self, backend: &str) {
        let name = |what: &str| format!("audit-{backend}-{what}");
        let mode = name("mode");
        let number = |what: &str| self.server.number(&name(what));
        let mut wrong: Vec<(String, String)> = Vec::new();
        match self.server.text(&mode) {
            Some("blocking" | "blocking-strict") | None => {}
            Some("batch") => {
                for what in ["batch-buffer-size", "batch-max-size"] {
                    if number(what).is_some_and(|number| number <= 0) {
                        wrong.push((name(what), format!("`--{}` takes a positive number", name(what))));
                    }
                }
                if self.server.is(&name("batch-throttle-enable"), true) {
                    let qps = name("batch-throttle-qps");
                    if let Some(Value::Float(held)) = self.server.value(&qps)
                        && *held <= 0.0
                    {
                        wrong.push((qps.clone(), format!("`--{qps}` takes a positive number")));
                    }
                    let burst = name("batch-throttle-burst");
                    if self.server.number(&burst).is_some_and(|number| number <= 0) {
                        wrong.push((burst.clone(), format!("`--{burst}` takes a positive number")));
                    }
                }
            }
            Some(other) => {
                wrong.push((
                    mode.clone(),
                    format!("`--{mode}` takes batch, blocking or blocking-strict, not `{}`", shown(other)),
                ));
            }
        }
        let (event, batch) = (name("truncate-max-event-size"), name("truncate-max-batch-size"));
        if let (Some(event_size), Some(batch_size)) = (self.server.number(&event), self.server.number(&batch)) {
            if event_size <= 0 {
                wrong.push((event.clone(), format!("`--{event}` takes a positive number")));
            } else if batch_size < event_size {
                wrong.push((batch.clone(), format!("`--{batch}` cannot be less than `--{event}`")));
            }
        }
        let version = name("version");
        if let Some(text) = self.server.text(&version) {
            let older = ["audit.k8s.io/v1beta1", "audit.k8s.io/v1alpha1"];
            if text != "audit.k8s.io/v1" && (self.since(24) || !older.contains(&text)) {
                wrong.push((version.clone(), format!("`--{version}` takes audit.k8s.io/v1, not `{}`", shown(text))));
            }
        }
        for (flag, message) in wrong {
            self.refuse(&flag, message);
        }
    }

    /// apiserver pkg/server/options/api_enablement.go and pkg/server/resourceconfig/helpers.go.
    fn runtime_config(&mut self) {
        const FLAG: &str = "runtime-config";
        let Some(Value::Map(config)) = self.server.value(FLAG) else { return };
        if config.is_empty() {
            return;
        }
        let printed = pflag::Kind::ConfigurationMap.print(&Value::Map(config.clone()));
        let mut wrong = Vec::new();
        if config.len() == 1 && config.get("api/all").is_some_and(|held| held == "false") {
            wrong.push(format!("`--{FLAG}` switches every API off"));
        }
        for (key, held) in config {
            if ["api/all", "api/ga", "api/beta", "api/alpha"].contains(&key.as_str()) {
                // resourceconfig takes the two words only, where everything else is a Go boolean.
                if held != "true" && held != "false" {
                    wrong.push(format!("`--{FLAG}` takes `true` or `false` for `{key}`, not `{}`", shown(held)));
                }
                continue;
            }
            // Completion turns the spellings of the core group into one and forgets `api/legacy`.
            if key == "api/legacy" {
                continue;
            }
            let core = key == "v1" || key == "api/v1" || key.starts_with("v1/") || key.starts_with("api/v1/");
            let tokens: Vec<&str> = key.split('/').collect();
            if !core && !(2..=3).contains(&tokens.len()) {
                wrong.push(format!("`--{FLAG}` takes keys such as `apps/v1`, not `{}`", shown(key)));
                continue;
            }
            if !held.is_empty() && golang::parse_bool(held).is_none() {
                wrong.push(format!("`--{FLAG}` takes `true` or `false` for `{}`, not `{}`", shown(key), shown(held)));
                continue;
            }
            if !core && let [group, version, ..] = tokens.as_slice() {
                // What newer releases serve is not known.
                let known = newer_than_data(self.server.version).is_some()
                    || GROUPS
                        .iter()
                        .any(|(known, versions)| known == group && versions.split(' ').any(|known| known == *version));
                if !known {
                    wrong.push(format!("`--{FLAG}` names `{}/{}`, which no release has", shown(group), shown(version)));
                }
            }
        }
        // validateAPIPriorityAndFairness, in 1.20 for the beta of its own group and from 1.29 on for its v1.
        if self.since(20) && self.server.is("enable-priority-and-fairness", true) {
            let (own, all) = match self.minor.minor {
                29.. => ("flowcontrol.apiserver.k8s.io/v1", "api/ga"),
                26..29 => ("flowcontrol.apiserver.k8s.io/v1beta3", "api/beta"),
                23..26 => ("flowcontrol.apiserver.k8s.io/v1beta2", "api/beta"),
                _ => ("flowcontrol.apiserver.k8s.io/v1beta1", "api/beta"),
            };
            for key in [own, all, "api/all"] {
                if printed.contains(&format!("{key}=false")) {
                    wrong
                        .push(format!("`--{FLAG}` switches `{key}` off, which `--enable-priority-and-fairness` needs"));
                    break;
                }
                if printed.contains(&format!("{key}=true")) {
                    break;
                }
            }
        }
        for message in wrong {
            self.refuse(FLAG, message);
        }
    }

    fn feature_gates(&mut self) {
        for message in self.gates.mistakes(self.minor) {
            self.refuse("feature-gates", message);
        }
        // pkg/controlplane/apiserver/options/validation.go: the gate is on by default from 1.36 on.
        if !self.since(36) && self.gates.leaves_off("UnknownVersionInteroperabilityProxy", true) {
            for flag in ["peer-ca-file", "peer-advertise-ip", "peer-advertise-port"] {
                if self.holds_text(flag) {
                    self.conflict(
                        flag,
                        &format!("`--{flag}` needs the feature gate UnknownVersionInteroperabilityProxy"),
                    );
                }
            }
        }
    }

    /// component-base logs/api/v1/options.go, Validate; logs/options.go before 1.24.
    fn logging(&mut self) {
        if let Some(format) = self.server.text("logging-format")
            && !["text", "json"].contains(&format)
        {
            self.refuse("logging-format", format!("`--logging-format` takes text or json, not `{}`", shown(format)));
        }
        if self.since(25) && self.server.number("log-flush-frequency").is_some_and(|period| period <= 0) {
            self.refuse("log-flush-frequency", "`--log-flush-frequency` must be more than 0".to_owned());
        }
        if self.since(25) && self.gates.leaves_off("LoggingAlphaOptions", true) {
            for flag in ["log-text-split-stream", "log-json-split-stream"] {
                if self.server.is(flag, true) {
                    self.conflict(flag, &format!("`--{flag}` needs the feature gate LoggingAlphaOptions"));
                }
            }
            for flag in ["log-text-info-buffer-size", "log-json-info-buffer-size"] {
                let zero = |text: &str| text.bytes().all(|b| !(b'1'..=b'9').contains(&b));
                if self.server.text(flag).is_some_and(|text| !zero(text)) {
                    self.conflict(flag, &format!("`--{flag}` needs the feature gate LoggingAlphaOptions"));
                }
            }
        }
    }

    /// component-base metrics/options.go, Validate; metrics/api/v1/config.go from 1.36 on.
    fn metrics(&mut self) {
        const HIDDEN: &str = "show-hidden-metrics-for-version";
        // Up to 1.22 AddFlags binds the flags to options of its own, so that Validate never sees them.
        if self.since(23)
            && let Some(text) = self.server.text(HIDDEN)
            && !text.is_empty()
            && text != self.minor.previous().to_string()
        {
            let message = "takes only the minor release before the server's own";
            self.refuse(HIDDEN, format!("`--{HIDDEN}` {message}, not `{}`", shown(text)));
        }
        if self.since(23)
            && let Some(Value::Map(allowed)) = self.server.value("allow-metric-labels")
        {
            let valid = |key: &String| {
                key.split_once(',')
                    .is_some_and(|(metric, label)| is_metric(metric) && is_metric(label) && !label.contains(':'))
            };
            if let Some(key) = allowed.keys().find(|key| !valid(key)) {
                let message = "`--allow-metric-labels` takes keys such as `metric,label`";
                self.refuse("allow-metric-labels", format!("{message}, not `{}`", shown(key)));
            }
        }
        if self.since(36) {
            if let Some(names) = self.server.list("disabled-metrics")
                && let Some(name) = names.iter().find(|name| !is_metric(name))
            {
                self.refuse("disabled-metrics", format!("`--disabled-metrics` has no metric `{}`", shown(name)));
            }
            if self.server.is_given("allow-metric-labels") && self.holds_text("allow-metric-labels-manifest") {
                self.conflict(
                    "allow-metric-labels",
                    "`--allow-metric-labels` and `--allow-metric-labels-manifest` exclude each other",
                );
            }
        }
    }

    /// Files that have to be there. Below no root there is nothing to say.
    fn files(&mut self, files: &Files<'_>) {
        if files.root.is_none() {
            return;
        }
        for (flag, _) in FILES {
            if !self.server.is_given(flag) || !self.is_read(flag) {
                continue;
            }
            let items: Vec<&str> = match self.server.value(flag) {
                Some(Value::Text(text)) => vec![text],
                Some(Value::List(items)) => items.iter().map(String::as_str).collect(),
                _ => continue,
            };
            let missing: BTreeSet<String> = items
                .into_iter()
                .flat_map(|item| paths(flag, item))
                .filter(|path| matches!(files.look(path), File::Missing(_)))
                .collect();
            for path in missing {
                self.stop(
                    ProblemKind::Missing,
                    flag,
                    format!("`{}`, which `--{flag}` names, does not exist", shown(&path)),
                );
            }
        }
    }

    /// Whether the server opens the file of that flag at all.
    fn is_read(&self, flag: &str) -> bool {
        match flag {
            // component-base metrics/options.go logs an error and goes on, up to 1.35.
            "allow-metric-labels-manifest" => self.since(36),
            // The purpose of the one was gone before its name; the other needs `--ssh-user` and is made where it is missing.
            "tls-ca-file" | "ssh-keyfile" => false,
            // apiserver pkg/server/options/audit.go, ApplyTo: without a policy there is no backend.
            "audit-webhook-config-file" => self.holds_text("audit-policy-file"),
            "authorization-policy-file" | "authorization-webhook-config-file" => {
                !self.holds_text("authorization-config")
            }
            // pkg/controlplane/apiserver/aggregator.go and client-go's transport use the files of a pair only together.
            "proxy-client-cert-file" => self.holds_text("proxy-client-key-file"),
            "proxy-client-key-file" => self.holds_text("proxy-client-cert-file"),
            "oidc-ca-file" => self.holds_text("oidc-issuer-url"),
            _ => true,
        }
    }
}

/// The name of a Prometheus metric, or of a label but for the colon.
fn is_metric(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

fn problem(kind: ProblemKind, stops: bool, message: String, at: &Location) -> Problem {
    Problem { kind, stops, message, hint: None, location: Some(at.clone()), setting: None }
}

/// Text from outside, made safe for a message: no control characters, and not endless.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let quoted = golang::quote(text);
    if quoted.chars().count() <= LONGEST {
        return quoted;
    }
    quoted.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}

/// Flags that a fork of the server has and upstream's does not.
const FORKS: [(&str, &str); 4] = [
    ("advertise-port", "k3s"),
    ("openshift-config", "OpenShift"),
    ("send-retry-after-while-not-ready-once", "OpenShift"),
    ("unsupported-kube-api-over-localhost", "OpenShift"),
];

const HTTP2_CIPHERS: [&str; 2] = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];

/// The suites of Go's crypto/tls, which component-base's cli/flag/ciphersuites_flag.go takes, the insecure ones included.
const CIPHERS: [&str; 27] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_RC4_128_SHA",
];

/// Group versions that some release has registered, whether it serves them or not.
const GROUPS: [(&str, &str); 29] = [
    ("", "v1"),
    ("admission.k8s.io", "v1 v1beta1"),
    ("admissionregistration.k8s.io", "v1 v1alpha1 v1beta1"),
    ("apiextensions.k8s.io", "v1 v1beta1"),
    ("apiregistration.k8s.io", "v1 v1beta1"),
    ("apps", "v1 v1beta1 v1beta2"),
    ("auditregistration.k8s.io", "v1alpha1"),
    ("authentication.k8s.io", "v1 v1alpha1 v1beta1"),
    ("authorization.k8s.io", "v1 v1beta1"),
    ("autoscaling", "v1 v2 v2alpha1 v2beta1 v2beta2"),
    ("batch", "v1 v1beta1 v2alpha1"),
    ("certificates.k8s.io", "v1 v1alpha1 v1beta1"),
    ("coordination.k8s.io", "v1 v1alpha1 v1alpha2 v1beta1"),
    ("discovery.k8s.io", "v1 v1alpha1 v1beta1"),
    ("events.k8s.io", "v1 v1beta1"),
    ("extensions", "v1beta1"),
    ("federation", "v1beta1"),
    ("flowcontrol.apiserver.k8s.io", "v1 v1alpha1 v1beta1 v1beta2 v1beta3"),
    ("imagepolicy.k8s.io", "v1alpha1"),
    ("internal.apiserver.k8s.io", "v1alpha1"),
    ("networking.k8s.io", "v1 v1alpha1 v1beta1"),
    ("node.k8s.io", "v1 v1alpha1 v1beta1"),
    ("policy", "v1 v1alpha1 v1beta1"),
    ("rbac.authorization.k8s.io", "v1 v1alpha1 v1beta1"),
    ("resource.k8s.io", "v1 v1alpha1 v1alpha2 v1alpha3 v1beta1 v1beta2"),
    ("scheduling.k8s.io", "v1 v1alpha1 v1alpha2 v1beta1"),
    ("settings.k8s.io", "v1alpha1"),
    ("storage.k8s.io", "v1 v1alpha1 v1beta1"),
    ("storagemigration.k8s.io", "v1alpha1 v1beta1"),
];
