//! EKS Anywhere's `Cluster`, as the API server that kubeadm starts with what EKS Anywhere writes for Cluster API.
//!
//! The templates are in aws/eks-anywhere, pkg/providers/*/config, and the arguments in pkg/clusterapi/extraargs.go (v0.19.0 to
//! v0.23.0 and the tree of August 2026). What a template gives, `apiServerExtraArgs` and the rest of the definition override;
//! the suites of TLS override all of it. Snow has no template and is left open.

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

const NAME: &str = "EKS Anywhere";
const GROUP: &str = "anywhere.eks.amazonaws.com/";
const EXTRA: [&str; 3] = ["spec", "controlPlaneConfiguration", "apiServerExtraArgs"];

/// More arguments than any server has.
const MOST: usize = 512;

const POLICY: &str = "/etc/kubernetes/audit-policy.yaml";
const ENCRYPTION: &str = "/etc/kubernetes/enc/encryption-config.yaml";

/// In the templates of every provider, though not in each of all releases.
const AUDITED: [(&str, &str); 5] = [
    ("audit-log-maxage", "30"),
    ("audit-log-maxbackup", "10"),
    ("audit-log-maxsize", "512"),
    ("audit-log-path", "/var/log/kubernetes/api-audit.log"),
    ("audit-policy-file", POLICY),
];

/// crypto.SecureCipherSuitesString
const SUITES: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP)
}

/// Whether a text defines a cluster of EKS Anywhere.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.objects().iter().any(|(_, object)| is(object, "Cluster"))
}

/// The API server of every cluster that a text defines.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let objects = source.objects();
    let beside: Vec<&Cursor<'_>> = objects.iter().map(|(_, object)| object).collect();
    let mut found = Vec::new();
    for (document, object) in &objects {
        if is(object, "Cluster") && found.len() <= super::MOST {
            let cluster = Cluster { source, object, beside: &beside };
            found.push(cluster.configuration().invocation(source.problems(document)));
        }
    }
    found
}

fn is(object: &Cursor<'_>, kind: &str) -> bool {
    is_of(object, GROUP, kind) && object.get("spec").is_some_and(|spec| spec.mapping().is_some())
}

struct Cluster<'s, 'a> {
    source: &'a Source<'a>,
    object: &'s Cursor<'a>,
    beside: &'s [&'s Cursor<'a>],
}

impl<'a> Cluster<'_, 'a> {
    fn home(&self) -> Site {
        map_at(self.source, self.object, &EXTRA)
    }

    /// The minor release, which is all that the definition names.
    fn version(&self) -> Option<(Version, Location)> {
        let found = find(self.object, &["spec", "kubernetesVersion"])?;
        let minor = release(found.text()?)?.minor;
        Some((Version::of_minor(minor), self.source.at(&found)))
    }

    fn provider(&self) -> String {
        let kind = find(self.object, &["spec", "datacenterRef", "kind"]);
        kind.and_then(|kind| kind.text().map(str::to_owned)).unwrap_or_default()
    }

    fn configuration(&self) -> Configuration<'a> {
        let is_snow = self.provider() == "SnowDatacenterConfig";
        let open = is_snow.then(|| gap(GapKind::Version, "what EKS Anywhere gives on Snow is not known to this build"));
        let subnet = match find(self.object, &["spec", "clusterNetwork", "services", "cidrBlocks"]) {
            Some(blocks) => {
                let list: Vec<String> =
                    blocks.items().take(MOST).filter_map(|block| block.text().map(str::to_owned)).collect();
                let hand = Hand::Made("`clusterNetwork` decides it".to_owned());
                Fallback::Known(list.join(","), Site { at: self.source.at(&blocks), form: Form::Field }, hand)
            }
            None => Fallback::Kubeadm,
        };
        let carried = [POLICY, ENCRYPTION].map(|path| embedded::unread(self.source, path, "EKS Anywhere writes it"));
        let whole = Layer { source: self.source, node: self.object.clone() };
        Configuration {
            root: whole,
            cluster: Vec::new(),
            init: Vec::new(),
            shape: Shape::Map,
            releases: onward(20),
            home: None,
            around: Around {
                distribution: Some(NAME),
                instance: name_of(self.object),
                version: self.version(),
                subnet,
                beneath: self.arguments(),
                open,
                carried: carried.to_vec(),
                ..Around::default()
            },
        }
    }

    /// All arguments, the strongest last.
    fn arguments(&self) -> Vec<Argument> {
        let home = self.home();
        let provider = self.provider();
        let mut given: Vec<Argument> = Vec::new();
        let mut put = |name: &str, value: String, site: Site, hand: Hand, unresolved: Option<Gap>| {
            given.retain(|known| known.name != name);
            given.push(Argument { name: name.to_owned(), value, site, hand, unresolved });
        };
        // On bare metal they came with a later release than elsewhere, and on Nutanix in one that was not looked at.
        let is_sure = ["VSphereDatacenterConfig", "DockerDatacenterConfig", "CloudStackDatacenterConfig"]
            .contains(&provider.as_str());
        let unsure = || (!is_sure).then(|| gap(GapKind::Version, "it depends on the release of EKS Anywhere"));
        for (name, value) in AUDITED {
            put(name, value.to_owned(), home.clone(), Hand::Default(NAME), unsure());
        }
        if is_sure {
            put("profiling", "false".to_owned(), home.clone(), Hand::Default(NAME), None);
        }
        if !["DockerDatacenterConfig", "TinkerbellDatacenterConfig"].contains(&provider.as_str()) {
            let reason = "whether EKS Anywhere gives `external` depends on the release of Kubernetes and its own";
            put(
                "cloud-provider",
                String::new(),
                home.clone(),
                Hand::Default(NAME),
                Some(gap(GapKind::Version, reason)),
            );
        }
        self.identity(&mut put);
        let written = find(self.object, &EXTRA);
        for entry in written.iter().flat_map(|map| map.entries()).take(MOST) {
            let text = entry.value.text().unwrap_or_default();
            // Empty ones are left out (AddIfNotEmpty).
            if text.is_empty() || entry.value.is_null() {
                continue;
            }
            let site = Site { at: self.source.at(&entry.value), form: Form::Entry };
            put(&entry.name, text.to_owned(), site, Hand::Written, unfilled(text));
        }
        if let Some(encryption) = find(self.object, &["spec", "etcdEncryption"]).filter(|list| list.items().len() > 0) {
            let site = Site { at: self.source.at(&encryption), form: Form::Field };
            let hand = Hand::Made("`etcdEncryption` decides it".to_owned());
            put("encryption-provider-config", ENCRYPTION.to_owned(), site, hand, None);
        }
        put("tls-cipher-suites", SUITES.to_owned(), home.clone(), Hand::Default(NAME), None);
        if let Some(issuer) = find(self.object, &["spec", "podIamConfig", "serviceAccountIssuer"])
            && let Some(text) = issuer.text()
        {
            let site = Site { at: self.source.at(&issuer), form: Form::Field };
            let hand = Hand::Made("`podIamConfig` decides it".to_owned());
            let before = written.as_ref().and_then(|map| map.get("service-account-issuer")?.text().map(str::to_owned));
            let all = before.map_or_else(|| text.to_owned(), |before| format!("{before},{text}"));
            put("service-account-issuer", all, site, hand, unfilled(text));
        }
        given
    }

    /// Providers of identity, which are objects of their own.
    fn identity(&self, put: Put<'_>) {
        let providers = find(self.object, &["spec", "identityProviderRefs"]);
        for provider in providers.iter().flat_map(|list| list.items()).take(MOST) {
            let site = Site { at: self.source.at(&provider), form: Form::Field };
            let (kind, name) = (text_of(&provider, "kind").unwrap_or_default(), text_of(&provider, "name"));
            if kind == "AWSIamConfig" {
                let file = "/etc/kubernetes/aws-iam-authenticator/kubeconfig.yaml".to_owned();
                let hand = Hand::Made("`identityProviderRefs` decides it".to_owned());
                put("authentication-token-webhook-config-file", file, site, hand, None);
                continue;
            }
            if kind != "OIDCConfig" {
                continue;
            }
            let named = |object: &&&Cursor<'a>| is(object, "OIDCConfig") && name_of(object) == name;
            let config = self.beside.iter().find(named).and_then(|object| object.get("spec"));
            for (flag, field) in OIDC {
                let Some(config) = &config else {
                    let reason = "the object `OIDCConfig` decides it";
                    let unread = Some(gap(GapKind::NotCollected, reason));
                    put(flag, String::new(), site.clone(), Hand::Default(NAME), unread);
                    continue;
                };
                let Some(found) = config.get(field) else { continue };
                if let Some(text) = found.text().filter(|text| !text.is_empty()) {
                    let site = Site { at: self.source.at(&found), form: Form::Field };
                    put(flag, text.to_owned(), site, Hand::Made(format!("`{field}` decides it")), unfilled(text));
                }
            }
        }
    }
}

/// Puts an argument over one of its name.
type Put<'p> = &'p mut dyn FnMut(&str, String, Site, Hand, Option<Gap>);

/// OIDCToExtraArgs
const OIDC: [(&str, &str); 6] = [
    ("oidc-client-id", "clientId"),
    ("oidc-groups-claim", "groupsClaim"),
    ("oidc-groups-prefix", "groupsPrefix"),
    ("oidc-issuer-url", "issuerUrl"),
    ("oidc-username-claim", "usernameClaim"),
    ("oidc-username-prefix", "usernamePrefix"),
];

fn gap(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "the KubeadmControlPlane that EKS Anywhere makes of it".to_owned(),
        who_could_answer: "the management cluster".to_owned(),
    }
}
