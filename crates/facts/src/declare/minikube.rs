//! minikube's profile (`profiles/NAME/config.json`), as the API server that kubeadm starts with what minikube tells it.
//!
//! minikube writes kubeadm's configuration by a template of its own (kubernetes/minikube, pkg/minikube/bootstrapper/bsutil:
//! kubeadm.go, ktmpl, versions.go), from the fields of pkg/minikube/config/types.go. What `--extra-config=apiserver.NAME=VALUE`
//! says stands in `ExtraOptions` and overrides the rest.

pub(super) mod kubelet;

use model::{Evidence, Form, Location, Minor, Site, Version};
use yaml::Cursor;

use super::{
    Source,
    command::unfilled,
    kubeadm::{Argument, Around, Configuration, Fallback, Layer, Shape, release},
    lookup::text_of,
};
use crate::{Hand, Invocation};

const NAME: &str = "minikube";

/// More options and nodes than anybody gives.
const MOST: usize = 512;

/// vmpath.GuestKubernetesCertsDir
const CERTIFICATES: &str = "/var/lib/minikube/certs";

/// util.DefaultAdmissionControllers, the same for every release from 1.14 on.
const PLUGINS: &str = "NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,\
                       NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota";

/// Gates of kubeadm itself, which minikube does not pass on to components (features.InitFeatureGates, over its releases).
const OF_KUBEADM: [&str; 12] = [
    "Auditing",
    "ControlPlaneKubeletLocalMode",
    "CoreDNS",
    "DynamicKubeletConfig",
    "EtcdLearnerMode",
    "IPv6DualStack",
    "NodeLocalCRISocket",
    "PublicKeysECDSA",
    "RootlessControlPlane",
    "UnversionedKubeletConfigMap",
    "UpgradeAddonsBeforeControlPlane",
    "WaitForAllControlPlaneComponents",
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("KubernetesConfig") && text.contains("KubernetesVersion")
}

/// Whether a text is a profile of a cluster.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| profile(&document.cursor()).is_some())
}

/// The API server of every profile in a text.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if let Some(kubernetes) = profile(&root) {
            let profile = Profile { source, root, kubernetes };
            found.push(profile.configuration().invocation(source.problems(document)));
        }
    }
    found
}

/// The part that is about Kubernetes. A machine without it has release 0.
fn profile<'a>(root: &Cursor<'a>) -> Option<Cursor<'a>> {
    let kubernetes = root.get("KubernetesConfig")?;
    let own = ["Driver", "VMDriver", "Nodes", "MachineConfig"];
    own.iter().any(|key| root.get(key).is_some()).then_some(())?;
    release(kubernetes.get("KubernetesVersion")?.text()?)?;
    Some(kubernetes)
}

struct Profile<'a> {
    source: &'a Source<'a>,
    root: Cursor<'a>,
    kubernetes: Cursor<'a>,
}

impl<'a> Profile<'a> {
    fn version(&self) -> Option<(Version, Location)> {
        let found = self.kubernetes.get("KubernetesVersion")?;
        Some((release(found.text()?)?, self.source.at(&found)))
    }

    /// A place that nothing is added to by machine: minikube writes the file itself.
    fn home(&self) -> Site {
        Site { at: self.source.at(&self.kubernetes), form: Form::Script }
    }

    fn text(&self, holder: &Cursor<'a>, key: &str) -> Option<(String, Site)> {
        let found = holder.get(key).filter(|found| !found.is_null())?;
        let text = found.text().filter(|text| !text.is_empty() && *text != "0")?.to_owned();
        Some((text, Site { at: self.source.at(&found), form: Form::Field }))
    }

    /// What a field of minikube decides, or what minikube does without it.
    fn fallback(&self, given: Option<(String, Site)>, field: &str, default: &str) -> Fallback {
        match given {
            Some((text, site)) => Fallback::Known(text, site, Hand::Made(format!("`{field}` decides it"))),
            None => Fallback::Known(default.to_owned(), self.home(), Hand::Default(NAME)),
        }
    }

    /// The first node that runs an API server.
    fn node(&self) -> Option<Cursor<'a>> {
        let is_one = |node: &Cursor<'_>| node.get("ControlPlane").is_some_and(|on| on.is_true());
        self.root.get("Nodes")?.items().take(MOST).find(is_one)
    }

    fn configuration(&self) -> Configuration<'a> {
        let version = self.version();
        let is_from = |minor: u16| version.as_ref().is_some_and(|(version, _)| version.minor >= Minor::new(1, minor));
        let whole = Layer { source: self.source, node: self.root.clone() };
        let node = self.node();
        let port = node.as_ref().and_then(|node| self.text(node, "Port"));
        let port = port.or_else(|| self.text(&self.kubernetes, "NodePort"));
        let subnet = self.text(&self.kubernetes, "ServiceCIDR");
        let domain = self.text(&self.kubernetes, "DNSDomain");
        Configuration {
            root: whole,
            cluster: Vec::new(),
            init: Vec::new(),
            shape: if is_from(31) { Shape::Pairs } else { Shape::Map },
            releases: None,
            home: None,
            around: Around {
                distribution: Some(NAME),
                instance: text_of(&self.root, "Name").filter(|name| !name.is_empty()),
                subnet: self.fallback(subnet, "ServiceCIDR", "10.96.0.0/12"),
                domain: self.fallback(domain, "DNSDomain", "cluster.local"),
                // constants.APIServerPort
                port: self.fallback(port, "Port", "8443"),
                beneath: self.beneath(node.as_ref(), is_from(14)),
                on_top: self.options(is_from(36)),
                certificates: Some(CERTIFICATES.to_owned()),
                version,
                ..Around::default()
            },
        }
    }

    /// Arguments that minikube gives by itself.
    fn beneath(&self, node: Option<&Cursor<'a>>, has_plugins: bool) -> Vec<Argument> {
        let mut found = Vec::new();
        if has_plugins {
            found.push(Argument {
                name: "enable-admission-plugins".to_owned(),
                value: PLUGINS.to_owned(),
                site: self.home(),
                hand: Hand::Default(NAME),
                unresolved: None,
            });
        }
        let address = node.and_then(|node| self.text(node, "IP"));
        if let Some((value, site)) = address.or_else(|| self.text(&self.kubernetes, "NodeIP")) {
            let hand = Hand::Made("the address of the node decides it".to_owned());
            let unresolved = unfilled(&value);
            found.push(Argument { name: "advertise-address".to_owned(), value, site, hand, unresolved });
        }
        found
    }

    /// `ExtraOptions`, of which the last of one key counts, and then the gates.
    fn options(&self, is_since_1_36: bool) -> Vec<Argument> {
        let mut found: Vec<Argument> = Vec::new();
        let options = self.kubernetes.get("ExtraOptions");
        for option in options.iter().flat_map(|list| list.items().take(MOST).collect::<Vec<_>>()) {
            if text_of(&option, "Component").as_deref() != Some("apiserver") {
                continue;
            }
            let Some((name, value)) = text_of(&option, "Key").zip(option.get("Value")) else { continue };
            let text = value.text().unwrap_or_default().to_owned();
            let site = Site { at: self.source.at(&value), form: Form::Field };
            found.retain(|known| known.name != name);
            found.push(Argument { unresolved: unfilled(&text), name, value: text, site, hand: Hand::Written });
        }
        // GenerateKubeadmYAML, of the releases that deploy 1.36: with Docker as the runtime a gate is closed unasked.
        const CLOSED: &str = "ExtendWebSocketsToKubelet";
        let by_docker = text_of(&self.kubernetes, "ContainerRuntime")
            .is_none_or(|runtime| runtime.is_empty() || runtime.eq_ignore_ascii_case("docker"));
        let closes = is_since_1_36 && by_docker;
        let closed = format!("{CLOSED}=false");
        let given = self.text(&self.kubernetes, "FeatureGates");
        if closes && given.is_none() {
            found.retain(|known| known.name != "feature-gates");
            found.push(Argument {
                name: "feature-gates".to_owned(),
                value: closed.clone(),
                site: self.home(),
                hand: Hand::Default(NAME),
                unresolved: None,
            });
        }
        if let Some((gates, site)) = given {
            let of_components = |gate: &&str| {
                let name = gate.split('=').next().unwrap_or_default().trim();
                !name.is_empty() && !OF_KUBEADM.contains(&name)
            };
            let mut own: Vec<&str> = gates.split(',').filter(of_components).collect();
            own.extend(Some(&*closed).filter(|_| closes && !gates.contains(CLOSED)));
            if !own.is_empty() {
                found.retain(|known| known.name != "feature-gates");
                let hand = Hand::Made("`FeatureGates` decides it".to_owned());
                let (name, value) = ("feature-gates".to_owned(), own.join(","));
                found.push(Argument { unresolved: unfilled(&value), name, value, site, hand });
            }
        }
        found
    }
}
