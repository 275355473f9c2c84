//! Definitions that RKE takes no cluster from.
//!
//! gopkg.in/yaml.v2 decodes them into types (rancher/rke, types/rke_types.go), where a list is no text and a text in quotes is no
//! switch; then cluster/validation.go asks whether the whole makes sense (v1.6.3, and before it for what came earlier).

use model::{Minor, Problem};
use yaml::{Cursor, Resolved};

use super::{ADMISSION_FILE, Cluster, MOST, find};

/// Switches below `services.kube-api`.
const SWITCHES: [&[&str]; 5] = [
    &["always_pull_images"],
    &["pod_security_policy"],
    &["audit_log", "enabled"],
    &["event_rate_limit", "enabled"],
    &["secrets_encryption_config", "enabled"],
];

/// Numbers below `services.kube-api.audit_log.configuration`.
const NUMBERS: [&str; 3] = ["max_age", "max_backup", "max_size"];

/// What an etcd that somebody else runs has to be told with, below `services.etcd`.
const EXTERNAL: [&str; 4] = ["ca_cert", "cert", "key", "path"];

impl Cluster<'_> {
    pub(super) fn refusals(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut refuse = |at: &Cursor<'_>, message: String| {
            found.push(self.source.refused(at, format!("RKE refuses the file: {message}")));
        };
        let server = find(&self.root, &["services", "kube-api"]);
        let own = |path: &[&str]| find(server.as_ref()?, path);
        self.arguments(&own, &mut refuse);
        for path in SWITCHES {
            if let Some(value) = own(path).filter(|value| !matches!(value.resolved(), Some(Resolved::Bool(_)))) {
                refuse(&value, format!("`{}` is neither true nor false", path.join(".")));
            }
        }
        for field in NUMBERS {
            let value = own(&["audit_log", "configuration", field]);
            if let Some(value) = value.filter(|value| !matches!(value.resolved(), Some(Resolved::Int(_)))) {
                refuse(&value, format!("`audit_log.configuration.{field}` is no number"));
            }
        }
        if let Some(level) = own(&["pod_security_configuration"])
            && !matches!(level.text(), Some("" | "privileged" | "restricted"))
        {
            refuse(&level, "`pod_security_configuration` is `privileged` or `restricted`".to_owned());
        }
        // The level is `privileged` where nobody says it, since RKE 1.4.4, and it needs RBAC (validatePodSecurity).
        let says_level = own(&["pod_security_configuration"]).is_some_and(|level| level.text() != Some(""));
        let has_level = says_level
            || (self.version().is_some_and(|(version, _)| version.minor >= Minor::new(1, 25))
                && own(&["extra_args", ADMISSION_FILE]).is_none());
        if let Some(mode) = find(&self.root, &["authorization", "mode"])
            && mode.text().is_some_and(|mode| !matches!(mode, "" | "rbac"))
            && has_level
        {
            refuse(&mode, "without `rbac` there is no level of Pod Security".to_owned());
        }
        if let Some(strategy) = find(&self.root, &["authentication", "strategy"])
            && let Some(text) = strategy.text().filter(|text| !text.is_empty())
        {
            let each: Vec<String> = text.split('|').map(|one| one.trim().to_lowercase()).collect();
            if let Some(other) = each.iter().find(|one| !matches!(one.as_str(), "x509" | "webhook")) {
                refuse(&strategy, format!("`{other}` is no strategy of authentication"));
            } else if !each.iter().any(|one| one == "x509") {
                refuse(&strategy, "`authentication.strategy` does without `x509`".to_owned());
            }
        }
        if let Some(urls) = find(&self.root, &["services", "etcd", "external_urls"])
            && urls.items().next().is_some()
        {
            let is_there = |field: &str| {
                find(&self.root, &["services", "etcd", field])
                    .is_some_and(|found| found.text().is_some_and(|text| !text.is_empty()))
            };
            if let Some(missing) = EXTERNAL.into_iter().find(|field| !is_there(field)) {
                refuse(&urls, format!("`external_urls` needs `{missing}` beside it"));
            }
        }
        found
    }

    fn arguments<'c>(&self, own: &dyn Fn(&[&str]) -> Option<Cursor<'c>>, refuse: &mut dyn FnMut(&Cursor<'_>, String)) {
        let none = |text: &str| format!("`{text}` is no text");
        if let Some(map) = own(&["extra_args"]) {
            if map.mapping().is_none() {
                refuse(&map, "`extra_args` is no map".to_owned());
            }
            for entry in map.entries().take(MOST).filter(|entry| entry.value.scalar().is_none()) {
                refuse(&entry.value, none(&entry.name));
            }
        }
        for entry in own(&["extra_args_array"]).iter().flat_map(|map| map.entries()).take(MOST) {
            let is_list = entry.value.sequence().is_some() || entry.value.is_null();
            if !is_list || entry.value.items().any(|item| item.scalar().is_none()) {
                refuse(&entry.value, format!("`{}` is no list of texts", entry.name));
            }
        }
    }
}
