//! KubeKey's `Cluster`, as the API server that kubeadm starts with what KubeKey writes for it.
//!
//! What KubeKey gives is in kubesphere/kubekey, pkg/kubernetes/templates/kubeadm_config.go (v2.3.0; cmd/kk/pkg/kubernetes/templates
//! of v3.0.13 and v3.1.1; v1.2.1 in pkg/kubernetes/config). `apiserverArgs` overrides it, but for the feature gates, which are made of
//! other fields. An option of the command (`--with-security-enhancement`) gives more, and no definition says whether it was
//! there: what depends on it is left open. Definitions of k3s, and the inventories of release 4, have another shape.

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Site, Version};
use yaml::{Cursor, Resolved};

use super::{
    Source,
    command::unfilled,
    embedded,
    kubeadm::{Argument, Around, Configuration, Fallback, Layer, Shape, release},
    layers::map_at,
    pod::text_of,
};
use crate::{Hand, Invocation};

const NAME: &str = "KubeKey";
const GROUP: &str = "kubekey.kubesphere.io/";

/// More arguments than any server has.
const MOST: usize = 512;

/// Given where the command is told to be strict, and with one of KubeKey's releases or another.
const OPEN: [&str; 10] = [
    "audit-log-maxage",
    "audit-log-maxbackup",
    "audit-log-maxsize",
    "enable-admission-plugins",
    "feature-gates",
    "profiling",
    "request-timeout",
    "service-account-lookup",
    "tls-cipher-suites",
    "tls-min-version",
];

/// The etcd beside the servers is KubeKey's own, unless it is told to use another.
const STORED: [&str; 4] = ["etcd-cafile", "etcd-certfile", "etcd-keyfile", "etcd-servers"];

const POLICY: &str = "/etc/kubernetes/audit/audit-policy.yaml";
const WEBHOOK: &str = "/etc/kubernetes/audit/audit-webhook.yaml";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP)
}

/// Whether a text defines a cluster of KubeKey.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.objects().iter().any(|(_, object)| spec(object).is_some())
}

/// The API server of every cluster that a text defines.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for (document, object) in source.objects() {
        if let Some(spec) = spec(&object).filter(|_| found.len() <= super::MOST) {
            let cluster = Cluster { source, object: &object, spec };
            found.push(cluster.configuration().invocation(source.problems(document)));
        }
    }
    found
}

fn spec<'a>(object: &Cursor<'a>) -> Option<Cursor<'a>> {
    let text = |key: &str| object.get(key).and_then(|value| value.text());
    let is_one = text("kind") == Some("Cluster") && text("apiVersion").is_some_and(|group| group.starts_with(GROUP));
    let spec = object.get("spec").filter(|_| is_one)?;
    let kubernetes = spec.get("kubernetes")?;
    let is_plain = text_of(&kubernetes, "type").is_none_or(|kind| kind == "kubernetes");
    (spec.get("hosts").is_some() && is_plain).then_some(spec)
}

struct Cluster<'s, 'a> {
    source: &'a Source<'a>,
    object: &'s Cursor<'a>,
    spec: Cursor<'a>,
}

impl<'a> Cluster<'_, 'a> {
    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        path.iter().try_fold(self.spec.clone(), |here, name| here.get(name)).filter(|found| !found.is_null())
    }

    fn version(&self) -> Option<(Version, Location)> {
        let found = self.get(&["kubernetes", "version"])?;
        Some((release(found.text()?)?, self.source.at(&found)))
    }

    /// Where an argument would be added: `name=value` in a list.
    fn home(&self) -> Site {
        let at = map_at(self.source, self.object, &["spec", "kubernetes", "apiserverArgs"]).at;
        Site { at, form: Form::Bares }
    }

    fn configuration(&self) -> Configuration<'a> {
        let subnet =
            self.get(&["network", "kubeServiceCIDR"]).and_then(|found| Some((found.text()?.to_owned(), found)));
        let subnet = match subnet {
            Some((text, found)) => {
                let site = Site { at: self.source.at(&found), form: Form::Field };
                Fallback::Known(text, site, Hand::Made("`network.kubeServiceCIDR` decides it".to_owned()))
            }
            None => Fallback::Known("10.233.0.0/18".to_owned(), self.home(), Hand::Default(NAME)),
        };
        let carried = [POLICY, WEBHOOK].map(|path| embedded::unread(self.source, path, "KubeKey writes it"));
        let metadata = self.object.get("metadata");
        Configuration {
            root: Layer { source: self.source, node: self.object.clone() },
            cluster: Vec::new(),
            init: Vec::new(),
            shape: Shape::Map,
            releases: Some((Minor::new(1, 15), Minor::new(1, u16::MAX))),
            home: None,
            around: Around {
                distribution: Some(NAME),
                instance: metadata.and_then(|metadata| text_of(&metadata, "name")),
                version: self.version(),
                subnet,
                beneath: self.arguments(),
                carried: carried.to_vec(),
                ..Around::default()
            },
        }
    }

    /// All arguments, the strongest last.
    fn arguments(&self) -> Vec<Argument> {
        let home = self.home();
        let mut given: Vec<Argument> = Vec::new();
        let mut put = |name: &str, value: String, site: Site, hand: Hand, unresolved: Option<Gap>| {
            given.retain(|known| known.name != name);
            given.push(Argument { name: name.to_owned(), value, site, hand, unresolved });
        };
        put("bind-address", "0.0.0.0".to_owned(), home.clone(), Hand::Default(NAME), None);
        for name in OPEN {
            let reason = "it depends on the release of KubeKey, and on an option of its command";
            put(name, String::new(), home.clone(), Hand::Default(NAME), Some(gap(reason)));
        }
        for name in STORED {
            put(
                name,
                String::new(),
                home.clone(),
                Hand::Default(NAME),
                Some(gap("`etcd` of the definition decides it")),
            );
        }
        let audit = self.get(&["kubernetes", "audit", "enabled"]);
        if let Some(audit) = audit.filter(|on| matches!(on.resolved(), Some(Resolved::Bool(true)))) {
            let site = Site { at: self.source.at(&audit), form: Form::Field };
            for (name, value) in [("audit-policy-file", POLICY), ("audit-webhook-config-file", WEBHOOK)] {
                // Which of two switches counts differs by release (EnableAudit).
                let reason = "whether `audit.enabled` is followed depends on the release of KubeKey";
                put(name, value.to_owned(), site.clone(), Hand::Default(NAME), Some(gap(reason)));
            }
        }
        let written = self.get(&["kubernetes", "apiserverArgs"]);
        for item in written.iter().flat_map(|list| list.items()).take(MOST) {
            let Some((name, value)) = item.text().and_then(|text| text.split_once('=')) else { continue };
            // The gates are made of `featureGates` after it (UpdateFeatureGatesConfiguration).
            if name == "feature-gates" {
                continue;
            }
            let site = Site { at: self.source.at(&item), form: Form::Bare };
            put(name, value.to_owned(), site, Hand::Written, unfilled(value));
        }
        given
    }
}

fn gap(reason: &str) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason: reason.to_owned(),
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: "give /etc/kubernetes/manifests of a control plane node".to_owned(),
    }
}
