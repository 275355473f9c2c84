//! The files of the server: what it sees of its node, and which of them are there when it starts.

use super::{
    Configuration, Shape,
    added::{self, ADDED, MOUNTS},
    given::{Found, MOST_ARGUMENTS, find, is_true},
};
use crate::{
    Carried, Mount,
    declare::{embedded, lookup::text_of},
};

/// Where kubeadm keeps its files (cmd/kubeadm/app/constants).
const CERTIFICATES: &str = "/etc/kubernetes/pki";

/// cmd/kubeadm/app/constants of v1.10.0 and v1.11.0: GetStaticPodAuditPolicyFile, StaticPodAuditPolicyLogDir.
pub(super) const AUDIT_POLICY: &str = "/etc/kubernetes/audit/audit.yaml";
pub(super) const AUDIT_LOG: &str = "/var/log/kubernetes/audit/audit.log";

impl Configuration<'_> {
    /// What the server sees of its node.
    pub(super) fn mounts(&self) -> Vec<Mount> {
        let same = |path: &str| {
            let path = path.trim_end_matches('/').to_owned();
            // cmd/kubeadm/app/phases/controlplane/volumes.go: what kubeadm mounts by itself is read-only.
            Mount { container: path.clone(), host: Some(path), read_only: true }
        };
        let mut mounts: Vec<Mount> = MOUNTS.iter().map(|path| same(path)).collect();
        mounts.push(same(&self.certificates()));
        if let Some(external) = self.external_etcd() {
            let folder = |file: &Option<Found<'_>>| {
                let text = file.as_ref()?.text()?;
                text.rsplit_once('/').map(|(folder, _)| folder.to_owned())
            };
            mounts.extend(external.files.iter().filter_map(folder).map(|folder| same(&folder)));
        }
        if self.gate("Auditing").as_ref().is_some_and(is_true) {
            let host = |name: &str| find(&self.cluster, &["auditPolicy", name]).and_then(|found| found.text());
            mounts.push(Mount { container: AUDIT_POLICY.to_owned(), host: host("path"), read_only: true });
            // The folder of the log is the only one that the server may write to.
            let folder = || AUDIT_LOG.rsplit_once('/').map_or(AUDIT_LOG, |(folder, _)| folder).to_owned();
            let logs = host("logDir").unwrap_or_else(folder);
            mounts.push(Mount { container: folder(), host: Some(logs), read_only: false });
        }
        let volumes = match self.shape {
            Shape::Alpha1 | Shape::Alpha2 | Shape::Alpha3 => find(&self.cluster, &["apiServerExtraVolumes"]),
            Shape::Map | Shape::Pairs | Shape::Any => find(&self.cluster, &["apiServer", "extraVolumes"]),
        };
        for volume in volumes.iter().flat_map(Found::items).take(MOST_ARGUMENTS) {
            if let (Some(container), Some(host)) =
                (text_of(&volume.cursor, "mountPath"), text_of(&volume.cursor, "hostPath"))
            {
                let says = |name: &str| {
                    let flag = volume.cursor.get(name);
                    flag.is_some_and(|flag| flag.is_true())
                };
                mounts.push(Mount {
                    container: container.trim_end_matches('/').to_owned(),
                    host: Some(host.trim_end_matches('/').to_owned()),
                    // v1alpha3 and before say `writable`, and later versions `readOnly`.
                    read_only: match self.shape {
                        Shape::Alpha1 | Shape::Alpha2 | Shape::Alpha3 => !says("writable"),
                        Shape::Map | Shape::Pairs | Shape::Any => says("readOnly"),
                    },
                });
            }
        }
        mounts
    }

    /// The files that are there when the server starts: those that are written beside the configuration, and the keys and
    /// certificates that kubeadm makes where they are missing (cmd/kubeadm/app/phases/certs, CreatePKIAssets).
    pub(super) fn carried(&self) -> Vec<Carried> {
        let source = self.root.source;
        let folder = self.certificates();
        let files = ADDED.iter().filter_map(|added| match added.value {
            added::Value::Certificate(file) => Some(format!("{folder}/{file}")),
            added::Value::Text(_) => None,
        });
        files.map(|path| embedded::present(source, path)).chain(self.around.carried.iter().cloned()).collect()
    }

    /// The folder of keys and certificates, without a slash at its end.
    pub(super) fn certificates(&self) -> String {
        let written = find(&self.cluster, &["certificatesDir"]).and_then(|found| found.text());
        written
            .as_deref()
            .or(self.around.certificates.as_deref())
            .unwrap_or(CERTIFICATES)
            .trim_end_matches('/')
            .to_owned()
    }
}
