//! Configurations that k0s takes no API server from.
//!
//! The types of k0s decode themselves (UnmarshalJSON of pkg/apis/k0s/v1beta1), so that what stands in YAML as a number or a switch
//! reaches a text as such, and encoding/json refuses it; then every part is validated (APISpec, Network and StorageSpec, Validate).

use model::Problem;
use yaml::{Cursor, Resolved};

use super::{Cluster, MOST};
use crate::golang;

/// Switches that reach the API server.
const SWITCHES: [&[&str]; 3] =
    [&["api", "onlyBindToAddress"], &["api", "tunneledNetworkingMode"], &["network", "dualStack", "enabled"]];

impl Cluster<'_> {
    pub(super) fn refusals(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut refuse = |at: &Cursor<'_>, message: String| {
            let hint = message.ends_with("no text").then(|| "write it as a quoted string".to_owned());
            let refused = self.source.refused(at, format!("k0s refuses the configuration: {message}"));
            found.push(Problem { hint, ..refused });
        };
        let is_text = |value: &Cursor<'_>| matches!(value.resolved(), Some(Resolved::Str(_) | Resolved::Null));
        for entry in self.get(&["api", "extraArgs"]).iter().flat_map(|map| map.entries()).take(MOST) {
            if !is_text(&entry.value) {
                refuse(&entry.value, format!("`{}` is no text", entry.name));
            }
        }
        for item in self.get(&["api", "rawArgs"]).iter().flat_map(|list| list.items()).take(MOST) {
            if !is_text(&item) {
                refuse(&item, "an item of `rawArgs` is no text".to_owned());
            }
        }
        for path in SWITCHES {
            if let Some(value) = self.get(path).filter(|value| !matches!(value.resolved(), Some(Resolved::Bool(_)))) {
                refuse(&value, format!("`{}` is neither true nor false", path.join(".")));
            }
        }
        if let Some(port) = self.get(&["api", "port"])
            && !matches!(port.resolved(), Some(Resolved::Int(0..=65_535)))
        {
            refuse(&port, "`api.port` is no number of a port".to_owned());
        }
        if let Some(address) = self.get(&["api", "address"])
            && let Some(text) = address.text().filter(|text| !text.is_empty() && !text.contains(['{', '$', '<']))
            && (golang::parse_ip(text, false).is_none() || matches!(text, "0.0.0.0" | "::"))
        {
            refuse(&address, format!("`api.address` is to be the address of the node, not `{text}`"));
        }
        self.storage_refusals(&mut refuse);
        found
    }

    fn storage_refusals(&self, refuse: &mut dyn FnMut(&Cursor<'_>, String)) {
        if let Some(kind) = self.get(&["storage", "type"])
            && !matches!(kind.text(), Some("" | "etcd" | "kine"))
        {
            refuse(&kind, "`storage.type` is `etcd` or `kine`".to_owned());
        }
        let Some(external) = self.get(&["storage", "etcd", "externalCluster"]) else { return };
        let says =
            |field: &str| external.get(field).is_some_and(|found| found.text().is_some_and(|text| !text.is_empty()));
        if external.get("endpoints").is_none_or(|list| list.items().next().is_none()) {
            refuse(&external, "`externalCluster` has no endpoints".to_owned());
        }
        if !says("etcdPrefix") {
            refuse(&external, "`externalCluster` has no `etcdPrefix`".to_owned());
        }
        let files = ["caFile", "clientCertFile", "clientKeyFile"].map(says);
        if files.contains(&true) && files.contains(&false) {
            refuse(&external, "`externalCluster` has some of its files for TLS and not the others".to_owned());
        }
    }
}
