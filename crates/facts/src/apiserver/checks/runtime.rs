//! Numbers, gates, versions and logs: how the process runs.

use std::collections::BTreeSet;

use super::{Checks, groups, shown};
use crate::{
    apiserver::gates::release_of,
    flags::KUBE_APISERVER,
    golang,
    merge::newer_than_data,
    pflag::{self, Value},
};

impl Checks<'_> {
    pub(super) fn numbers(&mut self) {
        const GENERIC: [&str; 8] = [
            "livez-grace-period",
            "max-requests-inflight",
            "max-mutating-requests-inflight",
            "request-timeout",
            "min-request-timeout",
            "storage-initialization-timeout",
            "shutdown-delay-duration",
            "shutdown-watch-termination-grace-period",
        ];
        // apiserver pkg/server/options/server_run_options.go, Validate, is far older than its only caller here:
        // pkg/controlplane/apiserver/options/validation.go has it in 1.31.1 and not in 1.29.0. A server of 1.20.2 takes
        // such numbers.
        let generic = self.since(31);
        // cmd/kube-apiserver/app/options/validation.go and secure serving check their own.
        for flag in GENERIC.into_iter().filter(|_| generic).chain(["kubernetes-service-node-port", "secure-port"]) {
            if self.server.number(flag).is_some_and(|number| number < 0) {
                self.refuse(flag, format!("`--{flag}` cannot be negative"));
            }
        }
        if let Some(Value::Float(chance)) = self.server.value("goaway-chance")
            && generic
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
        // The server's own first requests time out: startup-1.20.json, request-timeout 0. 1.36 starts.
        if !self.since(21) && self.server.number("request-timeout") == Some(0) {
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
        if let Some(directives) = self.server.list("strict-transport-security-directives").filter(|_| generic) {
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
            // The pattern has to compile (pkg/server/filters/cors.go); since it is validated it has to pin the host as well
            // (validateCorsAllowedOriginList).
            let mut wrong = Vec::new();
            for origin in origins {
                let pinned =
                    (origin.contains('^') || origin.contains("//")) && (origin.contains('$') || origin.contains(':'));
                if origin.is_empty() && generic {
                    wrong.push("`--cors-allowed-origins` has an empty pattern".to_owned());
                } else if let Some(why) = golang::regexp_error(origin) {
                    wrong.push(format!(
                        "`{}` in `--cors-allowed-origins` is no regular expression: {why}",
                        shown(origin)
                    ));
                } else if generic && !pinned {
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
        let acts_as_itself = self.gates.acts_as() == self.minor;
        for flag in ["emulation-forward-compatible", "runtime-config-emulation-forward-compatible"] {
            if self.server.is(flag, true) && (emulates == Some(false) || (emulates == Some(true) && acts_as_itself)) {
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
            let (component, parsed) = release_of(item);
            let version = item.split_once('=').map_or(item.as_str(), |(_, version)| version).trim();
            let own = u64::from(self.minor.minor);
            // What a server has to get on with is no newer than what it acts as (component-base compatibility/version.go,
            // Validate).
            let newest = if flag == "min-compatibility-version" { u64::from(self.gates.acts_as().minor) } else { own };
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
                Some((major, minor)) if minor > newest => {
                    Some(format!("`--{flag}` cannot be {major}.{minor}, which is newer than the `--emulated-version`"))
                }
                Some(_) => wrong,
            };
        }
        if let Some(message) = wrong {
            self.refuse(flag, message);
        }
    }

    /// apiserver pkg/server/options/api_enablement.go and pkg/server/resourceconfig/helpers.go.
    pub(super) fn runtime_config(&mut self) {
        const FLAG: &str = "runtime-config";
        let Some(Value::Map(config)) = self.server.value(FLAG) else { return };
        if config.is_empty() {
            return;
        }
        let printed = pflag::Kind::ConfigurationMap.print(&Value::Map(config.clone()));
        let mut wrong = Vec::new();
        let alone = !config.keys().any(|key| key != "api/all" && key != "api/legacy");
        if alone && config.get("api/all").is_some_and(|held| held == "false") {
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
            if !core && let [group, version, resource @ ..] = tokens.as_slice() {
                // What newer releases serve is not known.
                let newer = newer_than_data(&KUBE_APISERVER, self.server.version).is_some();
                if !newer && !groups::is_group(group, self.minor) {
                    wrong
                        .push(format!("`--{FLAG}` names the group `{}`, which the server does not have", shown(group)));
                    continue;
                }
                // In 1.20 a resource counted in `extensions/v1beta1` alone, and other keys with one were passed over.
                let of_extensions = (*group, *version) == ("extensions", "v1beta1");
                if !resource.is_empty() && !of_extensions && !self.since(25) {
                    continue;
                }
                if !newer && !groups::is_registered(group, version, self.minor) {
                    let (group, version) = (shown(group), shown(version));
                    wrong.push(format!("`--{FLAG}` names `{group}/{version}`, which the server does not have"));
                    continue;
                }
                if self.since(25) && resource.iter().any(|name| name.chars().any(char::is_uppercase)) {
                    wrong.push(format!("`--{FLAG}` takes resources in lower case, unlike `{}`", shown(key)));
                }
            }
            if !held.is_empty() && golang::parse_bool(held).is_none() {
                wrong.push(format!("`--{FLAG}` takes `true` or `false` for `{}`, not `{}`", shown(key), shown(held)));
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

    pub(super) fn feature_gates(&mut self) {
        // OpenShift's build warns of gates that it does not know (library-go pkg/features, SetFeatureGates).
        let mistakes = if self.server.is_openshift() { Vec::new() } else { self.gates.mistakes() };
        for message in mistakes {
            self.refuse("feature-gates", message);
        }
        // pkg/controlplane/apiserver/options/validation.go: the gate is on by default from 1.36 on.
        if !self.acts_since(36) && self.gates.leaves_off("UnknownVersionInteroperabilityProxy", true) {
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
    pub(super) fn logging(&mut self) {
        if let Some(format) = self.server.text("logging-format")
            && !["text", "json"].contains(&format)
        {
            self.refuse("logging-format", format!("`--logging-format` takes text or json, not `{}`", shown(format)));
        }
        if self.server.text("logging-format") == Some("json") {
            self.unlogged();
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

    /// Flags of the text format, none of which may differ from its default beside another one.
    fn unlogged(&mut self) {
        const OF_TEXT: [(&str, &str); 12] = [
            ("add-dir-header", "false"),
            ("alsologtostderr", "false"),
            ("log-backtrace-at", ":0"),
            ("log-dir", ""),
            ("log-file", ""),
            ("log-file-max-size", "1800"),
            ("logtostderr", "true"),
            ("one-output", "false"),
            ("skip-headers", "false"),
            ("skip-log-headers", "false"),
            ("stderrthreshold", "2"),
            ("vmodule", ""),
        ];
        // It is a field of the configuration of every format in 1.24 (component-base logs/api/v1/types.go).
        let flush = [("log-flush-frequency", "5s")].into_iter().filter(|_| !self.since(23));
        let flags: Vec<_> = OF_TEXT.into_iter().chain(flush).collect();
        let changed = |flag: &str, default: &str| {
            let mut readings = self.server.readings();
            let reading = readings.find(|(known, _)| known.name == flag).and_then(|(_, reading)| reading.ok());
            reading.is_some_and(|reading| reading.value != default)
        };
        let wrong: Vec<&str> = flags
            .into_iter()
            .filter(|(flag, default)| self.server.is_given(flag) && changed(flag, default))
            .map(|(flag, _)| flag)
            .collect();
        for flag in wrong {
            self.conflict(flag, &format!("`--{flag}` goes with the text format of `--logging-format` only"));
        }
    }
}
