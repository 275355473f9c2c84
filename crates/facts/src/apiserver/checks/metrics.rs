//! Flags about the server's own metrics, and the file that one of them names.

use model::{Location, Problem, ProblemKind};
use yaml::{Limits, Value as Node};

use super::{Checks, shown};
use crate::{File, Files, pflag::Value, redact::parsable};

const MANIFEST: &str = "allow-metric-labels-manifest";

impl Checks<'_> {
    /// component-base metrics/options.go, Validate; metrics/api/v1/config.go from 1.36 on.
    pub(super) fn metrics(&mut self, files: &Files<'_>) {
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
            && let Some(key) = allowed.keys().find(|key| !is_metric_and_label(key))
        {
            let message = "`--allow-metric-labels` takes keys such as `metric,label`";
            self.refuse("allow-metric-labels", format!("{message}, not `{}`", shown(key)));
        }
        if self.since(36) {
            if let Some(names) = self.server.list("disabled-metrics")
                && let Some(name) = names.iter().find(|name| !is_metric(name))
            {
                self.refuse("disabled-metrics", format!("`--disabled-metrics` has no metric `{}`", shown(name)));
            }
            if self.server.is_given("allow-metric-labels") && self.holds_text(MANIFEST) {
                self.conflict(
                    "allow-metric-labels",
                    "`--allow-metric-labels` and `--allow-metric-labels-manifest` exclude each other",
                );
            }
        }
        if let Some(path) = self.server.text(MANIFEST)
            && let File::Read(evidence) = files.look(path)
            && let Some(text) = evidence.text()
            && let Some(message) = self.wrong_in_manifest(&parsable(evidence, text))
        {
            self.found.push(Problem {
                kind: ProblemKind::Refused,
                stops: true,
                message: format!("`{}`, which `--{MANIFEST}` names, {message}", shown(path)),
                hint: None,
                location: Some(Location::whole(evidence.id.clone(), evidence.plane)),
                setting: Some(MANIFEST.to_owned()),
            });
        }
    }

    /// validateAllowListMappingManifest of metrics/api/v1/config.go in 1.36. Before, what cannot be read is logged alone,
    /// and a key without a comma makes SetLabelAllowList of metrics/opts.go panic (v0.29.0 to v0.35.0).
    fn wrong_in_manifest(&self, text: &str) -> Option<String> {
        let stream = yaml::parse(text, &Limits::default());
        let unreadable = |why: &str| self.since(36).then(|| why.to_owned());
        let Some(document) = stream.documents.first().filter(|document| document.index == 0) else {
            let broken = stream.faults.iter().any(|fault| fault.kind.is_fatal());
            return if broken { unreadable("is no YAML that can be read") } else { None };
        };
        if stream.faults.iter().any(|fault| fault.document == 0 && fault.kind.is_fatal()) {
            return unreadable("is no YAML that can be read");
        }
        let root = document.cursor();
        if root.is_null() {
            return None;
        }
        if root.mapping().is_none() || root.entries().any(|entry| !matches!(entry.value.value(), Node::Scalar(_))) {
            return unreadable("is no list of keys and values such as `\"metric,label\": \"a,b\"`");
        }
        let fits = |key: &str| if self.since(36) { is_metric_and_label(key) } else { key.contains(',') };
        let key = root.entries().map(|entry| entry.name.into_owned()).find(|key| !fits(key))?;
        Some(format!("takes keys such as `metric,label`, not `{}`", shown(&key)))
    }
}

fn is_metric_and_label(key: &str) -> bool {
    key.split_once(',').is_some_and(|(metric, label)| is_metric(metric) && is_metric(label) && !label.contains(':'))
}

/// The name of a Prometheus metric, or of a label but for the colon.
fn is_metric(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}
