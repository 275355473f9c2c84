//! What requests pass on their way in, and what is written down about them.

use std::collections::BTreeSet;

use super::{Checks, shown};
use crate::pflag::Value;
use crate::{apiserver::plugins, flags::KUBE_APISERVER, merge::newer_than_data};

impl Checks<'_> {
    /// pkg/kubeapiserver/options/admission.go and apiserver pkg/server/options/admission.go, Validate.
    pub(super) fn admission(&mut self) {
        let whole = self.server.is_given("admission-control");
        for flag in ["enable-admission-plugins", "disable-admission-plugins"] {
            if whole && self.server.is_given(flag) {
                self.conflict(flag, &format!("`--admission-control` and `--{flag}` exclude each other"));
            }
        }
        let lists = ["admission-control", "enable-admission-plugins", "disable-admission-plugins"];
        for flag in lists {
            // What newer releases call their plugins is not known.
            if newer_than_data(&KUBE_APISERVER, self.server.version).is_some() || !self.server.is_given(flag) {
                continue;
            }
            let Some(names) = self.server.list(flag) else { continue };
            let is_own = |name: &&str| self.server.is_openshift() && name.contains("openshift.io/");
            let unknown: Vec<String> =
                plugins::unknown_names(names, self.minor).filter(|name| !is_own(name)).map(str::to_owned).collect();
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
    pub(super) fn audit(&mut self) {
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
}
