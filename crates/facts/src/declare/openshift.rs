//! OpenShift's configuration of the API server: what its server reads (`KubeAPIServerConfig`), by itself or in the ConfigMap
//! of a control plane that is hosted, and the resources from which an operator makes it (`KubeAPIServer`, `APIServer`, and
//! `HostedCluster` and `HostedControlPlane` of HyperShift, which have the fields of an `APIServer` in them);
//! of OpenShift 3 the configuration of its master (`master`).
//!
//! The server makes flags of it (openshift/kubernetes, openshift-kube-apiserver/openshiftkubeapiserver/flags.go, ConfigToFlags):
//! `apiServerArguments` first, other fields where no argument is given. The first releases of OpenShift 4 also filled in what
//! neither says; later ones have the operator write it, so that what is missing then is not known. A resource says only a
//! part of it (cluster-kube-apiserver-operator, pkg/operator/configobservation), and leaves the rest open.

pub(super) mod kubelet;
mod master;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, Site, Version};
use yaml::Cursor;

use super::{
    Source,
    agree::where_known,
    command::Program,
    config_map, embedded,
    layers::Layers,
    lookup::{find, is_of, name_of, text_of},
};
use crate::{Hand, Invocation, Mount, Word, onward};

const NAME: &str = "OpenShift";
const CONFIG: &str = "kubecontrolplane.config.openshift.io/";
const OPERATOR: &str = "operator.openshift.io/";
const RESOURCE: &str = "config.openshift.io/";
const HOSTED: &str = "hypershift.openshift.io/";

/// More arguments than any server has, and more objects than a cluster has of them.
const MOST: usize = 512;

const BY_RESOURCE: Form =
    Form::ByHand("the operator of OpenShift writes this; change the resource `APIServer` of `config.openshift.io`");

const BY_HOSTED: Form =
    Form::ByHand("HyperShift writes this; change `spec.configuration.apiServer` of the HostedCluster");

const BY_MASTER: Form = Form::ByHand("change `/etc/origin/master/master-config.yaml` and start the master again");

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(CONFIG)
        || text.contains(OPERATOR)
        || text.contains(RESOURCE)
        || text.contains(HOSTED)
        || master::speaks(text)
}

/// Whether a text configures an API server of OpenShift.
pub(super) fn declares(source: &Source<'_>) -> bool {
    !invocations(source, &[]).is_empty()
}

/// Every API server of OpenShift that a text configures.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        let objects: Vec<Cursor<'_>> = match root.get("items").filter(|items| items.sequence().is_some()) {
            Some(items) => items.items().take(MOST).collect(),
            None => vec![root],
        };
        for object in objects {
            let problems = || source.problems(document);
            if let Some(config) = Config::of(source, &object) {
                found.push(config.invocation(problems()));
            } else if let Some(resource) = resource(source, &object, problems()) {
                found.push(resource);
            } else {
                found.extend(master::of(source, &object, problems()));
            }
            for (_, text) in config_map(&object).into_iter().filter(|(key, _)| key.starts_with("config.")) {
                if !text.text().is_some_and(|text| text.contains(CONFIG)) {
                    continue;
                }
                let stream = embedded::parse(&text);
                let Some(inner) = embedded::source(source, &text, &stream) else { continue };
                let configs = inner.documents().filter_map(|document| {
                    let config = Config::of(&inner, &document.cursor())?;
                    Some(config.invocation(inner.problems(document)))
                });
                found.extend(configs.collect::<Vec<_>>());
            }
        }
    }
    found
}

/// What the server is told, in layers of which the last that speaks counts.
struct Config<'a> {
    source: &'a Source<'a>,
    whole: Cursor<'a>,
    layers: Vec<Cursor<'a>>,
    /// Why it may not be all.
    part: Option<&'static str>,
    name: Option<String>,
}

impl<'a> Config<'a> {
    fn of(source: &'a Source<'a>, object: &Cursor<'a>) -> Option<Self> {
        if is_of(object, CONFIG, "KubeAPIServerConfig") {
            let mut config =
                Self { source, whole: object.clone(), layers: vec![object.clone()], part: None, name: None };
            // The operator merges such a file with others; only what it makes of them is whole.
            let is_whole = config.get(&["servingInfo", "bindAddress"]).is_some()
                && (config.get(&["apiServerArguments", "etcd-servers"]).is_some()
                    || config.get(&["storageConfig", "urls"]).is_some());
            config.part = (!is_whole).then_some("this is a part of the configuration, and the operator adds to it");
            return Some(config);
        }
        if !is_of(object, OPERATOR, "KubeAPIServer") {
            return None;
        }
        let spec = object.get("spec")?;
        let layers: Vec<Cursor<'a>> = ["observedConfig", "unsupportedConfigOverrides"]
            .into_iter()
            .filter_map(|name| spec.get(name))
            .filter(|layer| layer.mapping().is_some())
            .collect();
        let name = name_of(object);
        let part = Some("this is what the operator is told, and not all of what it makes of it");
        (!layers.is_empty()).then(|| Self { source, whole: object.clone(), layers, part, name })
    }

    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        self.layers.iter().rev().find_map(|layer| find(layer, path))
    }

    fn home(&self) -> Site {
        Site { at: self.source.at(&self.whole), form: BY_RESOURCE }
    }

    fn invocation(&self, problems: Vec<Problem>) -> Invocation {
        let mut flags = Layers::new(NAME, self.home());
        let mut named: Vec<String> = Vec::new();
        for layer in &self.layers {
            let arguments = layer.get("apiServerArguments");
            for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
                let values: Vec<(String, Site)> = match entry.value.sequence() {
                    Some(_) => entry.value.items().take(MOST).filter_map(|item| self.value(&item)).collect(),
                    None => self.value(&entry.value).into_iter().collect(),
                };
                if !values.is_empty() {
                    named.push(entry.name.clone().into_owned());
                }
                flags.written(&entry.name, values);
            }
        }
        let is_named = |flag: &str| named.iter().any(|name| name == flag);
        self.fields(&mut flags, &is_named);
        self.left_open(&mut flags, &is_named);
        let open_ended = self.part.map(unseen);
        let mut words = where_known(flags.words());
        if let Some(gap) = &open_ended {
            // What fields say no argument of the operator's own files takes the place of (bindata/assets/config).
            for word in words.iter_mut().filter(|word| matches!(word.hand, Hand::Default(_))) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        invocation(self.source, self.name.clone(), words, open_ended, self.home(), problems)
    }

    fn value(&self, item: &Cursor<'a>) -> Option<(String, Site)> {
        let text = item.scalar()?.text().to_owned();
        Some((text, Site { at: self.source.at(item), form: BY_RESOURCE }))
    }

    /// Fields that become flags where no argument does (SetIfUnset).
    fn fields(&self, flags: &mut Layers, is_named: &dyn Fn(&str) -> bool) {
        let made = |path: &[&str]| {
            let found = self.get(path)?;
            let list: Vec<&str> =
                found.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
            let text = found.text().map_or_else(|| list.join(","), str::to_owned);
            (!text.is_empty()).then(|| (text, self.source.at(&found), format!("`{}` decides it", path.join("."))))
        };
        for (flag, path) in [
            ("cors-allowed-origins", &["corsAllowedOrigins"][..]),
            ("service-account-key-file", &["serviceAccountPublicKeyFiles"]),
            ("service-cluster-ip-range", &["servicesSubnet"]),
            ("tls-cipher-suites", &["servingInfo", "cipherSuites"]),
            ("tls-min-version", &["servingInfo", "minTLSVersion"]),
        ] {
            if let Some((value, at, how)) = made(path).filter(|_| !is_named(flag)) {
                flags.makes(flag, value, at, how);
            }
        }
        if let Some((address, at, how)) = made(&["servingInfo", "bindAddress"])
            && let Some((host, port)) = address.rsplit_once(':')
        {
            if !is_named("bind-address") {
                flags.makes("bind-address", host.trim_matches(['[', ']']), at.clone(), how.clone());
            }
            if !is_named("secure-port") {
                flags.makes("secure-port", port, at, how);
            }
        }
        let names = self.get(&["servingInfo", "namedCertificates"]);
        let certificates = names.iter().flat_map(|names| names.items().take(MOST).collect::<Vec<_>>());
        if !is_named("tls-sni-cert-key") {
            for certificate in certificates {
                let (Some(cert), Some(key)) = (text_of(&certificate, "certFile"), text_of(&certificate, "keyFile"))
                else {
                    continue;
                };
                let hosts = certificate.get("names");
                let hosts: Vec<&str> = hosts
                    .iter()
                    .flat_map(|hosts| hosts.items().take(MOST))
                    .filter_map(|host| host.scalar().map(yaml::Scalar::text))
                    .collect();
                let suffix = if hosts.is_empty() { String::new() } else { format!(":{}", hosts.join(",")) };
                let site = Site { at: self.source.at(&certificate), form: BY_RESOURCE };
                flags.appended("tls-sni-cert-key", [(format!("{cert},{key}{suffix}"), site)]);
            }
        }
        if self.get(&["admission", "pluginConfig"]).is_some() && !is_named("admission-control-config-file") {
            let gap = unseen("the server writes its file of plugins when it starts, and gives it a name of its own");
            flags.sets_unseen("admission-control-config-file", gap);
        }
    }

    /// What a release of OpenShift decides that no such file names.
    fn left_open(&self, flags: &mut Layers, is_named: &dyn Fn(&str) -> bool) {
        let old = "whether it is made of other fields depends on the release of OpenShift";
        for (flag, path) in [
            ("client-ca-file", &["servingInfo", "clientCA"][..]),
            ("etcd-cafile", &["storageConfig", "ca"]),
            ("etcd-certfile", &["storageConfig", "certFile"]),
            ("etcd-keyfile", &["storageConfig", "keyFile"]),
            ("etcd-prefix", &["storageConfig", "storagePrefix"]),
            ("etcd-servers", &["storageConfig", "urls"]),
            ("kubelet-certificate-authority", &["kubeletClientInfo", "ca"]),
            ("kubelet-client-certificate", &["kubeletClientInfo", "certFile"]),
            ("kubelet-client-key", &["kubeletClientInfo", "keyFile"]),
            ("max-requests-inflight", &["servingInfo", "maxRequestsInFlight"]),
            ("max-mutating-requests-inflight", &["servingInfo", "maxRequestsInFlight"]),
            ("min-request-timeout", &["servingInfo", "requestTimeoutSeconds"]),
            ("proxy-client-cert-file", &["aggregatorConfig", "proxyClientInfo", "certFile"]),
            ("proxy-client-key-file", &["aggregatorConfig", "proxyClientInfo", "keyFile"]),
            ("requestheader-client-ca-file", &["authConfig", "requestHeader", "clientCA"]),
            ("requestheader-allowed-names", &["authConfig", "requestHeader", "clientCommonNames"]),
            ("service-node-port-range", &["servicesNodePortRange"]),
            ("tls-cert-file", &["servingInfo", "certFile"]),
            ("tls-private-key-file", &["servingInfo", "keyFile"]),
        ] {
            let says = self
                .get(path)
                .is_some_and(|found| found.scalar().is_none_or(|scalar| !matches!(scalar.text(), "" | "0")));
            if says && !is_named(flag) {
                flags.sets_unseen(flag, version_gap(old));
            }
        }
        // Filled in by the first releases, and by the operator of later ones.
        for flag in [
            "allow-privileged",
            "anonymous-auth",
            "enable-logs-handler",
            "endpoint-reconciler-type",
            "event-ttl",
            "insecure-port",
            "kubelet-preferred-address-types",
            "storage-backend",
            "storage-media-type",
        ] {
            if !is_named(flag) {
                flags.sets_unseen(
                    flag,
                    version_gap("what holds where nothing is said depends on the release of OpenShift"),
                );
            }
        }
        if !is_named("authorization-mode") {
            flags.sets_unseen("authorization-mode", version_gap("OpenShift decides by itself who authorizes"));
        }
        // The operator's pod gives both (bindata/assets/kube-apiserver/pod.yaml).
        if !is_named("advertise-address") {
            flags.sets_unseen("advertise-address", unseen("it is the address of each control plane node"));
        }
        if !is_named("v") {
            flags.sets_unseen("v", unseen("`logLevel` of the operator decides it"));
        }
    }
}

/// What an `APIServer` of config.openshift.io decides.
fn resource(source: &Source<'_>, object: &Cursor<'_>, problems: Vec<Problem>) -> Option<Invocation> {
    let is_hosted = ["HostedCluster", "HostedControlPlane"].iter().any(|kind| is_of(object, HOSTED, kind));
    if !is_hosted && !is_of(object, RESOURCE, "APIServer") {
        return None;
    }
    let whole = object.get("spec")?;
    let configuration = whole.get("configuration").and_then(|all| all.get("apiServer"));
    // What a hosted cluster does not say is the default of each field.
    let spec = if is_hosted { configuration } else { Some(whole.clone()) };
    let form = if is_hosted { BY_HOSTED } else { BY_RESOURCE };
    let home = Site { at: source.at(spec.as_ref().unwrap_or(&whole)), form };
    let mut flags = Layers::new(NAME, home.clone());
    let of = |name: &str| spec.as_ref().and_then(|spec| spec.get(name)).filter(|found| !found.is_null());
    match of("tlsSecurityProfile") {
        Some(profile) => tls(source, &profile, &mut flags),
        // Without one the intermediate profile holds.
        None => {
            flags.adds("tls-min-version", "VersionTLS12");
            flags.adds("tls-cipher-suites", iana(INTERMEDIATE.iter().copied()));
        }
    }
    if is_hosted {
        hosted(source, &whole, &mut flags);
    }
    if let Some(kind) = of("encryption").and_then(|encryption| encryption.get("type"))
        && let Some(text) = kind.text().filter(|text| !matches!(*text, "" | "identity"))
    {
        let file = "/etc/kubernetes/static-pod-resources/secrets/encryption-config/encryption-config";
        flags.makes(
            "encryption-provider-config",
            file,
            source.at(&kind),
            format!("`encryption.type: {text}` decides it"),
        );
    }
    if let Some(audit) = of("audit") {
        let off = text_of(&audit, "profile").as_deref() == Some("None") && audit.get("customRules").is_none();
        let file = "/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/policy.yaml";
        if off {
            // pkg/operator/apiserver/audit: a policy that records nothing.
            flags.makes(
                "audit-policy-file",
                file,
                source.at(&audit),
                "`audit.profile: None` makes a policy that records nothing",
            );
        }
    }
    if let Some(origins) = of("additionalCORSAllowedOrigins").filter(|origins| origins.items().len() > 0) {
        let list: Vec<&str> =
            origins.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
        let all = format!("//127\\.0\\.0\\.1(:|$),//localhost(:|$),{}", list.join(","));
        flags.makes(
            "cors-allowed-origins",
            all,
            source.at(&origins),
            "`additionalCORSAllowedOrigins` is added to OpenShift's own",
        );
    }
    let name = name_of(object);
    let open = unseen("this resource decides a part of what the API server is started with");
    let mut invocation = invocation(source, name, flags.words(), Some(open), home, problems);
    if is_hosted {
        invocation.version = release_of(source, &whole);
    }
    Some(invocation)
}

/// The release of Kubernetes in the one of OpenShift that an image names: 4.N has 1.(N+13) since 4.3.
fn release_of(source: &Source<'_>, spec: &Cursor<'_>) -> Option<(Version, Location)> {
    let image = spec.get("release").and_then(|release| release.get("image")).or_else(|| spec.get("releaseImage"))?;
    let tag = image.text()?.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
    let minor: u16 = tag.strip_prefix("4.")?.split(['.', '-']).next()?.parse().ok()?;
    let minor = minor.checked_add(13).filter(|_| minor >= 3)?;
    Some((Version::of_minor(Minor::new(1, minor)), source.at(&image)))
}

/// What HyperShift gives on top, whatever the fields of the API server say (openshift/hypershift,
/// control-plane-operator/controllers/hostedcontrolplane/v2/kas/config.go, of August 2026; the same names and values in the
/// ConfigMaps that its tests have for all platforms).
fn hosted(source: &Source<'_>, spec: &Cursor<'_>, flags: &mut Layers) {
    let networks = spec.get("networking").and_then(|networking| networking.get("serviceNetwork"));
    let ranges: Vec<String> = networks
        .iter()
        .flat_map(|list| list.items().take(MOST))
        .filter_map(|network| text_of(&network, "cidr"))
        .collect();
    if let Some(networks) = networks.filter(|_| !ranges.is_empty()) {
        flags.makes(
            "service-cluster-ip-range",
            ranges.join(","),
            source.at(&networks),
            "`networking.serviceNetwork` decides it",
        );
    }
    if let Some(issuer) = spec.get("issuerURL")
        && let Some(text) = issuer.text().filter(|text| !text.is_empty())
    {
        flags.makes("service-account-issuer", text, source.at(&issuer), "`issuerURL` decides it");
    }
    if let Some(webhook) = spec.get("auditWebhook").filter(|webhook| !webhook.is_null()) {
        flags.makes("audit-webhook-mode", "batch", source.at(&webhook), "`auditWebhook` decides it");
    }
    if let Some(encryption) = spec.get("secretEncryption").filter(|encryption| !encryption.is_null()) {
        flags.makes(
            "encryption-provider-config",
            "/etc/kubernetes/secret-encryption/config.yaml",
            source.at(&encryption),
            "`secretEncryption` decides it",
        );
    }
}

/// The version and the suites of a profile (openshift/api config/v1/types_tlssecurityprofile.go, alike since November 2019
/// but for suites that Go does not know).
fn tls(source: &Source<'_>, profile: &Cursor<'_>, flags: &mut Layers) {
    let kind = text_of(profile, "type").unwrap_or_default();
    let custom = profile.get("custom").filter(|custom| custom.mapping().is_some());
    let (version, suites) = match (kind.as_str(), custom) {
        ("Custom", Some(custom)) => {
            let list = custom.get("ciphers");
            let list: Vec<String> = list
                .iter()
                .flat_map(|list| list.items().take(MOST))
                .filter_map(|item| item.text().map(str::to_owned))
                .collect();
            (text_of(&custom, "minTLSVersion"), iana(list.iter().map(String::as_str)))
        }
        ("Old", _) => {
            (Some("VersionTLS10".to_owned()), iana(SUITES.iter().map(|(own, _)| *own).filter(|own| *own != OTHER)))
        }
        ("Intermediate" | "Custom", _) => (Some("VersionTLS12".to_owned()), iana(INTERMEDIATE.iter().copied())),
        ("Modern", _) => (Some("VersionTLS13".to_owned()), iana(INTERMEDIATE.iter().take(MODERN).copied())),
        _ => return,
    };
    let how = format!("`tlsSecurityProfile.type: {kind}` decides it");
    if let Some(version) = version {
        flags.makes("tls-min-version", version, source.at(profile), how.clone());
    }
    if !suites.is_empty() {
        flags.makes("tls-cipher-suites", suites, source.at(profile), how);
    }
}

/// Suites by the names of OpenSSL, as those that Go knows (openshift/library-go, pkg/crypto/crypto.go, openSSLToIANACiphers);
/// others are left out.
fn iana<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let known = |name: &str| SUITES.iter().find(|(own, _)| *own == name).map(|(_, iana)| *iana);
    names.filter_map(known).collect::<Vec<_>>().join(",")
}

/// The suites of the intermediate profile, of which the first are those of the modern one.
const INTERMEDIATE: [&str; 9] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
];
const MODERN: usize = 3;

/// A suite that no profile but a custom one has.
const OTHER: &str = "ECDHE-RSA-DES-CBC3-SHA";

/// In the order of the oldest profile.
const SUITES: [(&str, &str); 22] = [
    ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
    ("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
    ("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    ("ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    ("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    ("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    ("AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ("DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    (OTHER, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
];

fn invocation(
    source: &Source<'_>,
    name: Option<String>,
    words: Vec<Word>,
    open_ended: Option<Gap>,
    list: Site,
    problems: Vec<Problem>,
) -> Invocation {
    let same = |path: &str| Mount { container: path.to_owned(), host: None, read_only: false };
    Invocation {
        open_ended,
        list: Some(list),
        releases: onward(12),
        mounts: vec![same("/etc/kubernetes"), same("/var/log/kube-apiserver")],
        contained: true,
        distribution: Some(NAME),
        problems,
        ..source.process(Program::ApiServer, name, words)
    }
}

fn unseen(reason: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted: "the ConfigMap `config` of `openshift-kube-apiserver`".to_owned(),
        who_could_answer: "give it as the operator wrote it".to_owned(),
    }
}

fn version_gap(reason: &str) -> Gap {
    Gap { kind: GapKind::Version, ..unseen(reason) }
}
