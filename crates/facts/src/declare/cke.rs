//! CKE's `cluster.yml`, as the API server that CKE starts in a container on each control plane node.
//!
//! What CKE gives is in cybozu-go/cke, op/k8s/apiserver_restart.go, `APIServerParams` (v1.17.8 to v1.35.4; a release of CKE
//! deploys the minor release of Kubernetes whose number it has). `options.kube-api.extra_args` comes behind it.

use model::{Evidence, Form, Gap, GapKind, Problem, Site};
use yaml::Cursor;

use super::{
    Source,
    command::{self, Program},
    embedded,
    embedded::Written,
    layers::{Layers, outside},
    lookup::{find, text_of},
};
use crate::{Carried, Invocation, Mount, Word, onward, within};

const NAME: &str = "CKE";

/// More nodes, arguments and mounts than anybody lists.
const MOST: usize = 512;

/// The releases of which CKE's own flags are known.
const KNOWN: (u16, u16) = (20, 35);

const ENCRYPTION: &str = "/etc/kubernetes/apiserver/encryption.yml";

/// CKE puts a digest of the policy into the name.
const POLICY: &str = "/etc/kubernetes/apiserver/audit-policy.yaml";

/// What CKE gives in every release of those.
const ADDED: [(&str, &str); 25] = [
    ("allow-privileged", "true"),
    ("authorization-mode", "Node,RBAC"),
    ("bind-address", "0.0.0.0"),
    ("client-ca-file", "/etc/kubernetes/pki/ca.crt"),
    ("encryption-provider-config", ENCRYPTION),
    ("endpoint-reconciler-type", "none"),
    ("etcd-cafile", "/etc/kubernetes/pki/etcd-ca.crt"),
    ("etcd-certfile", "/etc/kubernetes/pki/apiserver-etcd-client.crt"),
    ("etcd-keyfile", "/etc/kubernetes/pki/apiserver-etcd-client.key"),
    ("etcd-servers", "https://127.0.0.1:12379"),
    ("kubelet-certificate-authority", "/etc/kubernetes/pki/ca.crt"),
    ("kubelet-client-certificate", "/etc/kubernetes/pki/apiserver.crt"),
    ("kubelet-client-key", "/etc/kubernetes/pki/apiserver.key"),
    ("proxy-client-cert-file", "/etc/kubernetes/pki/aggregation.crt"),
    ("proxy-client-key-file", "/etc/kubernetes/pki/aggregation.key"),
    ("requestheader-allowed-names", "front-proxy-client"),
    ("requestheader-client-ca-file", "/etc/kubernetes/pki/aggregation-ca.crt"),
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-username-headers", "X-Remote-User"),
    ("service-account-key-file", "/etc/kubernetes/pki/service-account.crt"),
    ("service-account-lookup", "true"),
    ("service-account-signing-key-file", "/etc/kubernetes/pki/service-account.key"),
    ("tls-cert-file", "/etc/kubernetes/pki/apiserver.crt"),
    ("tls-private-key-file", "/etc/kubernetes/pki/apiserver.key"),
];

/// What it gives in some of them, by the first and the last.
const BY_RELEASE: [(&str, &str, u16, u16); 6] = [
    (
        "enable-admission-plugins",
        "NamespaceLifecycle,LimitRanger,ServiceAccount,Priority,DefaultTolerationSeconds,DefaultStorageClass,\
         PersistentVolumeClaimResize,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota,\
         StorageObjectInUseProtection,NodeRestriction",
        20,
        20,
    ),
    ("enable-admission-plugins", "NodeRestriction,DenyServiceExternalIPs", 21, 35),
    ("etcd-compaction-interval", "0", 20, 33),
    ("etcd-compaction-interval", "5m", 34, 35),
    ("feature-gates", "CoordinatedLeaderElection=true", 33, 35),
    ("runtime-config", "coordination.k8s.io/v1beta1=true", 33, 35),
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("service_subnet") && text.contains("nodes")
}

/// Whether a text defines a cluster of CKE.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| is_one(&document.cursor()))
}

/// The API server of every cluster that a text defines.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if is_one(&root) {
            found.push(Cluster { source, root }.invocation(source.problems(document), evidence));
        }
    }
    found
}

/// The file names no kind: it is known by a name, a range, and nodes that CKE logs in to. In a template there is a node of
/// each sort.
fn is_one(root: &Cursor<'_>) -> bool {
    let nodes = root.get("nodes");
    let is_node = |node: Cursor<'_>| node.get("user").is_some() && node.get("role").is_none();
    text_of(root, "name").is_some()
        && text_of(root, "service_subnet").is_some()
        && root.get("apiVersion").is_none()
        && nodes.is_some_and(|nodes| nodes.items().len() > 0 && nodes.items().take(MOST).all(is_node))
}

struct Cluster<'a> {
    source: &'a Source<'a>,
    root: Cursor<'a>,
}

impl<'a> Cluster<'a> {
    fn server(&self, name: &str) -> Option<Cursor<'a>> {
        find(&self.root, &["options", "kube-api", name])
    }

    fn home(&self) -> Site {
        match self.server("extra_args").filter(|list| list.sequence().is_some()) {
            Some(list) => Site { at: self.source.at(&list), form: Form::List },
            None => Site {
                at: self.source.at(&self.root),
                form: Form::ByHand("add it to the list `options.kube-api.extra_args`"),
            },
        }
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let home = self.home();
        let mut flags = Layers::new(NAME, home.clone());
        for (flag, value) in ADDED {
            flags.adds_in(flag, value, within(KNOWN.0, KNOWN.1));
        }
        for (flag, value, from, to) in BY_RELEASE {
            flags.adds_in(flag, value, within(from, to));
        }
        let mut carried =
            vec![embedded::unread(self.source, ENCRYPTION, "CKE makes it, with a key that it keeps in Vault")];
        self.fields(&mut flags, &mut carried, evidence);
        let gap = unseen(GapKind::Version, "what CKE gives in that release is not known to this build");
        let mut words = outside(KNOWN, &gap, &home);
        words.extend(flags.words());
        // What somebody wrote comes behind all of it, and is no layer: a list of a server's own adds to itself.
        let list = self.server("extra_args");
        for item in list.iter().flat_map(|list| list.items()).take(MOST) {
            let Some(text) = item.text() else { continue };
            let site = Site { at: self.source.at(&item), form: Form::Word };
            words.push(Word { unresolved: command::unfilled(text), ..Word::written(text, site) });
        }
        let open_ended = command::shorten(&mut words);
        Invocation {
            open_ended,
            list: Some(home),
            releases: onward(12),
            mounts: self.mounts(),
            carried,
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, text_of(&self.root, "name"), words)
        }
    }

    fn fields(&self, flags: &mut Layers, carried: &mut Vec<Carried>, evidence: &[Evidence]) {
        if let Some(subnet) = find(&self.root, &["service_subnet"])
            && let Some(text) = subnet.text()
        {
            let at = self.source.at(&subnet);
            flags.makes("service-cluster-ip-range", text, at, "`service_subnet` decides it");
        }
        flags.sets_unseen("advertise-address", unseen(GapKind::NotCollected, "it is the address of each node"));
        // The domain is a field of the kubelet's own configuration (op.ClusterDomain of server/strategy.go).
        const DOMAIN: [&str; 4] = ["options", "kubelet", "config", "clusterDomain"];
        let issuer = |domain: &str| format!("https://kubernetes.default.svc.{domain}");
        match find(&self.root, &DOMAIN).as_ref().and_then(|found| Some((found.text()?, self.source.at(found)))) {
            Some((domain, at)) => {
                flags.makes("service-account-issuer", issuer(domain), at, "`clusterDomain` decides it");
            }
            None => flags.adds("service-account-issuer", issuer("cluster.local")),
        }
        let Some(enabled) = self.server("audit_log_enabled") else { return };
        if !enabled.is_true() {
            return;
        }
        let path =
            self.server("audit_log_path").and_then(|path| Some((path.text()?.to_owned(), self.source.at(&path))));
        let (path, at) = path.unwrap_or_else(|| ("-".to_owned(), self.source.at(&enabled)));
        flags.makes("audit-log-path", path, at, "`audit_log_enabled` decides it");
        flags.makes("audit-policy-file", POLICY, self.source.at(&enabled), "`audit_log_enabled` decides it");
        let mut budget = MOST_BYTES;
        carried.push(match self.server("audit_log_policy") {
            Some(policy) => {
                Written::new(self.source, POLICY.to_owned(), policy, "").carried(self.source, evidence, &mut budget)
            }
            None => embedded::unread(self.source, POLICY, "`audit_log_policy` says nothing"),
        });
    }

    fn mounts(&self) -> Vec<Mount> {
        let mut mounts = vec![Mount::same("/etc/machine-id"), Mount::same("/etc/kubernetes")];
        let binds = self.server("extra_binds");
        for bind in binds.iter().flat_map(|binds| binds.items()).take(MOST) {
            let (Some(host), Some(container)) = (text_of(&bind, "source"), text_of(&bind, "destination")) else {
                continue;
            };
            let read_only = bind.get("read_only").is_some_and(|only| only.is_true());
            mounts.push(Mount { container, host: Some(host), read_only });
        }
        mounts
    }
}

/// A policy is shorter.
const MOST_BYTES: usize = 1 << 20;

fn unseen(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "the arguments of the running server".to_owned(),
        who_could_answer: "a control plane node of the cluster".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::BY_RELEASE;

    #[test]
    fn a_flag_has_one_value_in_each_release() {
        for (at, (flag, _, from, to)) in BY_RELEASE.iter().enumerate() {
            assert!(from <= to, "{flag}");
            let others = BY_RELEASE.iter().skip(at + 1).filter(|(other, ..)| other == flag);
            for (_, _, other_from, other_to) in others {
                assert!(to < other_from || other_to < from, "{flag}");
            }
        }
    }
}
