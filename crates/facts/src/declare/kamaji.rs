//! Kamaji's `TenantControlPlane`, as the API server of the Deployment that Kamaji makes of it on a cluster of its own.
//!
//! What Kamaji gives is in clastix/kamaji, internal/builders/controlplane/deployment.go, `buildKubeAPIServerCommand`, alike at
//! v0.1.0 to v1.0.0 and in the tree of August 2026 but for what is left open here. `extraArgs.apiServer` adds to it; which of
//! both wins over the other changed twice (v0.5.0: Kamaji, v0.6.1: what is written, later by flag), and no object names the
//! release of Kamaji that holds it.

use model::{Evidence, Form, Gap, GapKind, Location, Problem, Site, Version};
use yaml::Cursor;

use super::{
    Source,
    command::{self, Program},
    kubeadm::release,
    layers::Layers,
    lookup::{find, is_of, name_of},
};
use crate::{Invocation, Mount, Word, onward};

const NAME: &str = "Kamaji";
const GROUP: &str = "kamaji.clastix.io/";

/// More arguments and plug-ins than anybody lists.
const MOST: usize = 512;

/// Where Kamaji shows its keys and certificates to the server.
const CERTIFICATES: &str = "/etc/kubernetes/pki";

const EGRESS: &str = "/etc/kubernetes/konnectivity/configurations/egress-selector-configuration.yaml";

/// What Kamaji gives, whatever an object says.
const ADDED: [(&str, &str); 20] = [
    ("allow-privileged", "true"),
    ("authorization-mode", "Node,RBAC"),
    ("client-ca-file", "/etc/kubernetes/pki/ca.crt"),
    ("enable-bootstrap-token-auth", "true"),
    ("kubelet-client-certificate", "/etc/kubernetes/pki/apiserver-kubelet-client.crt"),
    ("kubelet-client-key", "/etc/kubernetes/pki/apiserver-kubelet-client.key"),
    ("proxy-client-cert-file", "/etc/kubernetes/pki/front-proxy-client.crt"),
    ("proxy-client-key-file", "/etc/kubernetes/pki/front-proxy-client.key"),
    ("requestheader-allowed-names", "front-proxy-client"),
    ("requestheader-client-ca-file", "/etc/kubernetes/pki/front-proxy-ca.crt"),
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-username-headers", "X-Remote-User"),
    ("secure-port", "6443"),
    ("service-account-issuer", "https://kubernetes.default.svc.cluster.local"),
    ("service-account-key-file", "/etc/kubernetes/pki/sa.pub"),
    ("service-account-signing-key-file", "/etc/kubernetes/pki/sa.key"),
    ("service-cluster-ip-range", "10.96.0.0/16"),
    ("tls-cert-file", "/etc/kubernetes/pki/apiserver.crt"),
    ("tls-private-key-file", "/etc/kubernetes/pki/apiserver.key"),
];

/// The default of the field `admissionControllers`.
const PLUGINS: &str = "CertificateApproval,CertificateSigning,CertificateSubjectRestriction,DefaultIngressClass,\
                       DefaultStorageClass,DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,NamespaceLifecycle,\
                       PersistentVolumeClaimResize,Priority,ResourceQuota,RuntimeClass,ServiceAccount,\
                       StorageObjectInUseProtection,TaintNodesByCondition,ValidatingAdmissionWebhook";

/// What a `DataStore` decides, which is another object.
const STORED: [&str; 6] =
    ["etcd-cafile", "etcd-certfile", "etcd-compaction-interval", "etcd-keyfile", "etcd-prefix", "etcd-servers"];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP)
}

/// Whether a text defines a control plane of a tenant.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.objects().iter().any(|(_, object)| spec(object).is_some())
}

/// The API server of every control plane that a text defines.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for (document, object) in source.objects() {
        let Some(spec) = spec(&object).filter(|_| found.len() <= super::MOST) else { continue };
        let name = name_of(&object);
        found.push(Tenant { source, spec }.invocation(name, source.problems(document)));
    }
    found
}

fn spec<'a>(object: &Cursor<'a>) -> Option<Cursor<'a>> {
    object.get("spec").filter(|spec| is_of(object, GROUP, "TenantControlPlane") && spec.get("kubernetes").is_some())
}

struct Tenant<'a> {
    source: &'a Source<'a>,
    spec: Cursor<'a>,
}

impl<'a> Tenant<'a> {
    fn list(&self, path: &[&str]) -> Option<(Vec<String>, Location)> {
        let found = find(&self.spec, path)?;
        let items: Vec<String> = found.items().take(MOST).filter_map(|item| item.text().map(str::to_owned)).collect();
        (!items.is_empty()).then(|| (items, self.source.at(&found)))
    }

    fn arguments(&self) -> Option<Cursor<'a>> {
        find(&self.spec, &["controlPlane", "deployment", "extraArgs", "apiServer"])
    }

    fn home(&self) -> Site {
        match self.arguments().filter(|list| list.sequence().is_some()) {
            Some(list) => Site { at: self.source.at(&list), form: Form::List },
            None => Site {
                at: self.source.at(&self.spec),
                form: Form::ByHand("add it to the list `spec.controlPlane.deployment.extraArgs.apiServer`"),
            },
        }
    }

    fn version(&self) -> Option<(Version, Location)> {
        let (text, at) = self.source.text(&self.spec, &["kubernetes", "version"])?;
        Some((release(&text)?, at))
    }

    fn invocation(&self, name: Option<String>, problems: Vec<Problem>) -> Invocation {
        let mut flags = Layers::new(NAME, self.home());
        for (flag, value) in ADDED {
            flags.adds(flag, value);
        }
        flags.adds("enable-admission-plugins", PLUGINS);
        self.fields(&mut flags);
        self.left_open(&mut flags);
        self.written(&mut flags);
        let mut words = flags.words();
        let open_ended = command::shorten(&mut words);
        Invocation {
            open_ended,
            list: Some(self.home()),
            version: self.version(),
            releases: onward(20),
            mounts: self.mounts(),
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, name, words)
        }
    }

    /// The volumes that are Kamaji's own are Secrets, and no host path holds them.
    fn mounts(&self) -> Vec<Mount> {
        [CERTIFICATES, "/etc/kubernetes/konnectivity"]
            .map(|path| Mount { container: path.to_owned(), host: None, read_only: true })
            .to_vec()
    }

    fn fields(&self, flags: &mut Layers) {
        if let Some((plugins, at)) = self.list(&["kubernetes", "admissionControllers"]) {
            flags.makes("enable-admission-plugins", plugins.join(","), at, "`admissionControllers` decides it");
        }
        if let Some((types, at)) = self.list(&["kubernetes", "kubelet", "preferredAddressTypes"]) {
            flags.makes("kubelet-preferred-address-types", types.join(","), at, "`preferredAddressTypes` decides it");
        } else {
            let reason = "the default of `preferredAddressTypes` depends on the release of Kamaji";
            flags.sets_unseen("kubelet-preferred-address-types", gap(GapKind::Version, reason));
        }
        // The list came later, and wins where both are there (GetEffectiveCIDRs).
        let ranges = self.list(&["networkProfile", "serviceCidrs"]).map(|(ranges, at)| (ranges.join(","), at));
        if let Some((ranges, at)) = ranges.or_else(|| self.source.text(&self.spec, &["networkProfile", "serviceCidr"]))
        {
            flags.makes("service-cluster-ip-range", ranges, at, "`networkProfile` decides it");
        }
        if let Some((port, at)) = self.source.text(&self.spec, &["networkProfile", "port"]) {
            flags.makes("secure-port", port, at, "`networkProfile.port` decides it");
        }
    }

    fn left_open(&self, flags: &mut Layers) {
        for flag in STORED {
            flags.sets_unseen(flag, gap(GapKind::NotCollected, "the `DataStore` of the tenant decides it"));
        }
        flags.sets_unseen(
            "etcd-servers-overrides",
            gap(
                GapKind::NotCollected,
                "`dataStoreOverrides` may send some resources elsewhere, in some releases of Kamaji",
            ),
        );
        flags.sets_unseen("advertise-address", gap(GapKind::NotCollected, "it is the address of the tenant's Service"));
        if let Some(addon) = find(&self.spec, &["addons", "konnectivity"]) {
            let at = self.source.at(&addon);
            flags.makes("egress-selector-config-file", EGRESS, at, "`addons.konnectivity` decides it");
        }
    }

    /// What somebody wrote wins over nothing of Kamaji's for certain, and stands alone otherwise.
    fn written(&self, flags: &mut Layers) {
        let Some(list) = self.arguments() else { return };
        let managed = |name: &str| {
            ADDED.iter().any(|(flag, _)| *flag == name)
                || STORED.contains(&name)
                || ["advertise-address", "enable-admission-plugins", "kubelet-preferred-address-types"].contains(&name)
        };
        let mut contested: Vec<String> = Vec::new();
        for item in list.items().take(MOST) {
            let Some(text) = item.text() else { continue };
            let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
            if managed(name) {
                if !contested.iter().any(|known| known == name) {
                    contested.push(name.to_owned());
                }
                continue;
            }
            let site = Site { at: self.source.at(&item), form: Form::Word };
            flags.puts(name, vec![Word { unresolved: command::unfilled(text), ..Word::written(text, site) }]);
        }
        for name in contested {
            let reason = "both Kamaji and `extraArgs` give it, and which of them wins depends on the release of Kamaji";
            flags.sets_unseen(&name, gap(GapKind::Version, reason));
        }
        // With a file of authorizers later releases leave the modes out, and with both the server would not start.
        let has_file = list
            .items()
            .take(MOST)
            .any(|item| item.text().is_some_and(|text| text.starts_with("--authorization-config")));
        if has_file {
            let reason = "beside `--authorization-config` it depends on the release of Kamaji";
            flags.sets_unseen("authorization-mode", gap(GapKind::Version, reason));
        }
    }
}

fn gap(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "the Deployment that Kamaji makes of it".to_owned(),
        who_could_answer: "an operator of the cluster that holds the tenants".to_owned(),
    }
}
