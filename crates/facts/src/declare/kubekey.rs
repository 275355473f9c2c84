//! KubeKey's `Cluster`, as the API server that kubeadm starts with what KubeKey writes for it.
//!
//! What KubeKey gives is in kubesphere/kubekey, pkg/kubernetes/templates/kubeadm_config.go (v2.3.0; cmd/kk/pkg/kubernetes/templates
//! of v3.0.13 and v3.1.1; v1.2.1 in pkg/kubernetes/config). `apiserverArgs` overrides it, but for the feature gates, which are made of
//! other fields. An option of the command (`--with-security-enhancement`) gives more, and no definition says whether it was
//! there: what depends on it is left open. Definitions of k3s, and the inventories of release 4, have another shape.

use model::{Evidence, Form, Gap, GapKind, Location, Site, Version};
use yaml::Cursor;

use super::{
    Source,
    command::unfilled,
    embedded,
    kubeadm::{Argument, Around, Configuration, Fallback, Layer, Shape, release},
    layers::map_at,
    lookup::{find, is_of, name_of, text_of},
};
use crate::{Hand, Invocation, onward};

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
    let spec = object.get("spec").filter(|_| is_of(object, GROUP, "Cluster"))?;
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
    fn version(&self) -> Option<(Version, Location)> {
        let found = find(&self.spec, &["kubernetes", "version"])?;
        Some((release(found.text()?)?, self.source.at(&found)))
    }

    /// Where an argument would be added: `name=value` in a list.
    fn home(&self) -> Site {
        let at = map_at(self.source, self.object, &["spec", "kubernetes", "apiserverArgs"]).at;
        Site { at, form: Form::Bares }
    }

    fn configuration(&self) -> Configuration<'a> {
        let subnet =
            find(&self.spec, &["network", "kubeServiceCIDR"]).and_then(|found| Some((found.text()?.to_owned(), found)));
        let subnet = match subnet {
            Some((text, found)) => {
                let site = Site { at: self.source.at(&found), form: Form::Field };
                Fallback::Known(text, site, Hand::Made("`network.kubeServiceCIDR` decides it".to_owned()))
            }
            None => Fallback::Known("10.233.0.0/18".to_owned(), self.home(), Hand::Default(NAME)),
        };
        let carried = [POLICY, WEBHOOK].map(|path| embedded::unread(self.source, path, "KubeKey writes it"));
        Configuration {
            root: Layer { source: self.source, node: self.object.clone() },
            cluster: Vec::new(),
            init: Vec::new(),
            shape: Shape::Map,
            releases: onward(15),
            home: None,
            around: Around {
                distribution: Some(NAME),
                instance: name_of(self.object),
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
        let audit = find(&self.spec, &["kubernetes", "audit", "enabled"]);
        if let Some(audit) = audit.filter(|on| on.is_true()) {
            let site = Site { at: self.source.at(&audit), form: Form::Field };
            for (name, value) in [("audit-policy-file", POLICY), ("audit-webhook-config-file", WEBHOOK)] {
                // Which of two switches counts differs by release (EnableAudit).
                let reason = "whether `audit.enabled` is followed depends on the release of KubeKey";
                put(name, value.to_owned(), site.clone(), Hand::Default(NAME), Some(gap(reason)));
            }
        }
        let written = find(&self.spec, &["kubernetes", "apiserverArgs"]);
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
