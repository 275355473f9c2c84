//! The command line that a release of Talos makes, and what it does with `extraArgs`.
//!
//! control_plane_static_pod.go (manageAPIServer) of v0.9.0 to v1.13.0, control_plane_final.go of 1.14.0-rc.1, and
//! pkg/argsbuilder. The releases of Kubernetes that one of Talos deploys are those of pkg/machinery/compatibility; before
//! Talos 1.2 nothing checks them, and the last is the default of constants.go.

use std::collections::BTreeMap;

use model::{Form, Location, Minor, Site};

use super::{Machine, NAME, files};
use crate::{
    Hand, Word,
    declare::{agree::Given, command::unfilled, pod::unresolved},
};

/// A minor release of Talos.
pub(super) struct Talos {
    pub(super) minor: Minor,
    /// The minor releases of Kubernetes 1.x that it deploys.
    pub(super) kubernetes: (u16, u16),
}

const fn talos(major: u16, minor: u16, from: u16, to: u16) -> Talos {
    Talos { minor: Minor::new(major, minor), kubernetes: (from, to) }
}

pub(super) const RELEASES: [Talos; 21] = [
    talos(0, 9, 0, 20),
    talos(0, 10, 0, 21),
    talos(0, 11, 0, 21),
    talos(0, 12, 0, 22),
    talos(0, 13, 0, 22),
    talos(0, 14, 0, 23),
    talos(1, 0, 0, 23),
    talos(1, 1, 0, 24),
    talos(1, 2, 23, 25),
    talos(1, 3, 24, 26),
    talos(1, 4, 25, 27),
    talos(1, 5, 26, 28),
    talos(1, 6, 24, 29),
    talos(1, 7, 25, 30),
    talos(1, 8, 26, 31),
    talos(1, 9, 27, 32),
    talos(1, 10, 28, 33),
    talos(1, 11, 29, 34),
    talos(1, 12, 30, 35),
    talos(1, 13, 31, 36),
    talos(1, 14, 32, 37),
];

pub(super) const OLDEST: Minor = RELEASES[0].minor;
pub(super) const NEWEST: Minor = RELEASES[RELEASES.len() - 1].minor;

/// The minor releases of Kubernetes that are looked at.
pub(super) const KUBERNETES: (u16, u16) = (18, 37);

/// The first minor release of Kubernetes for which Talos does the same as for this one (siderolabs/go-kubernetes,
/// kubernetes/compatibility/features.go).
pub(super) fn like(minor: u16) -> u16 {
    [33, 30, 29].into_iter().find(|first| minor >= *first).unwrap_or(KUBERNETES.0)
}

/// Arguments that Talos refuses, with the release that began to.
const DENIED: [(&str, Minor); 17] = [
    ("etcd-servers", MERGES),
    ("client-ca-file", MERGES),
    ("requestheader-client-ca-file", MERGES),
    ("proxy-client-cert-file", MERGES),
    ("proxy-client-key-file", MERGES),
    ("encryption-provider-config", MERGES),
    ("etcd-cafile", MERGES),
    ("etcd-certfile", MERGES),
    ("etcd-keyfile", MERGES),
    ("kubelet-client-certificate", MERGES),
    ("kubelet-client-key", MERGES),
    ("service-account-key-file", MERGES),
    ("service-account-signing-key-file", MERGES),
    ("tls-cert-file", MERGES),
    ("tls-private-key-file", MERGES),
    ("authorization-config", AUTHORIZERS),
    ("tls-min-version", DOCUMENTS),
];

/// Arguments that the document of 1.14 refuses, by how they begin, and the document that says it instead.
const MOVED: [(&str, &str); 6] = [
    ("anonymous-auth", "KubeAuthenticationConfig"),
    ("oidc-", "KubeAuthenticationConfig"),
    ("authentication-config", "KubeAuthenticationConfig"),
    ("authorization-config", "KubeAuthorizerConfig"),
    ("authorization-mode", "KubeAuthorizerConfig"),
    ("authorization-webhook-", "KubeAuthorizerConfig"),
];

/// `extraArgs` take the place of what Talos adds, or are put to it; before, they stood behind it.
const MERGES: Minor = Minor::new(0, 13);
/// A file tells who authorizes.
const AUTHORIZERS: Minor = Minor::new(1, 9);
/// An argument may have several values, and one without any goes away.
const LISTS: Minor = Minor::new(1, 13);
/// Documents of their own for the parts of Kubernetes.
pub(super) const DOCUMENTS: Minor = Minor::new(1, 14);

const SUITES: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                      TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                      TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                      TLS_RSA_WITH_AES_256_GCM_SHA384,TLS_RSA_WITH_AES_128_GCM_SHA256";

const SUITES_OF_1_12: &str = "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,\
                              TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                              TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,\
                              TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                              TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";

const PLUGINS_OF_0_9: &str = "PodSecurityPolicy,NamespaceLifecycle,LimitRanger,ServiceAccount,\
                              PersistentVolumeClaimResize,DefaultStorageClass,DefaultTolerationSeconds,\
                              MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota,Priority,NodeRestriction";

const NODE_AND_RBAC: &str = "Node,RBAC";
const PLUGINS: &str = "enable-admission-plugins";
const GATES: &str = "feature-gates";
const MODES: &str = "authorization-mode";
const CIPHERS: &str = "tls-cipher-suites";

impl Talos {
    fn since(&self, minor: Minor) -> bool {
        self.minor >= minor
    }

    /// Whether it takes no argument of that name; `own` is for the document of 1.14.
    pub(super) fn denies(&self, name: &str, own: bool) -> bool {
        DENIED.iter().any(|(denied, since)| *denied == name && self.since(*since)) || (own && instead(name).is_some())
    }

    /// Whether what is written is put to what Talos adds.
    fn adds_up(&self, name: &str) -> bool {
        match name {
            PLUGINS | MODES => self.since(MERGES),
            CIPHERS => self.since(MERGES) && !self.since(DOCUMENTS),
            GATES => self.since(Minor::new(1, 0)),
            _ => false,
        }
    }
}

/// The document that says what the argument said.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    let (_, document) = MOVED.iter().find(|(prefix, _)| name.starts_with(prefix))?;
    Some(if *document == "KubeAuthorizerConfig" {
        "write a document `KubeAuthorizerConfig`"
    } else {
        "write a document `KubeAuthenticationConfig`"
    })
}

/// What Talos adds, before `extraArgs`.
struct Base<'m, 'a> {
    machine: &'m Machine<'a>,
    talos: &'m Talos,
    own: bool,
    home: Site,
    denied: Site,
    given: Vec<Given>,
}

impl Base<'_, '_> {
    fn put(&mut self, name: &str, word: Word) {
        self.given.push(Given { name: name.to_owned(), words: vec![word] });
    }

    fn adds(&mut self, name: &str, value: &str) {
        let site = if self.talos.denies(name, self.own) { &self.denied } else { &self.home };
        let word = Word { hand: Hand::Default(NAME), ..Word::written(format!("--{name}={value}"), site.clone()) };
        self.put(name, word);
    }

    fn file(&mut self, name: &str, file: &str) {
        self.adds(name, &format!("{}/{file}", files::SECRETS));
    }

    fn makes(&mut self, name: &str, value: &str, at: Location, how: &str) {
        let word = Word {
            hand: Hand::Made(how.to_owned()),
            unresolved: unfilled(value),
            ..Word::written(format!("--{name}={value}"), Site { at, form: Form::Field })
        };
        self.put(name, word);
    }

    fn unseen(&mut self, name: &str, gap: model::Gap) {
        let word = Word {
            hand: Hand::Default(NAME),
            unresolved: Some(gap),
            ..Word::written(format!("--{name}="), self.home.clone())
        };
        self.put(name, word);
    }

    /// What does not depend on the configuration.
    fn always(&mut self) {
        let since = |major, minor| self.talos.since(Minor::new(major, minor));
        let audit = if since(1, 0) {
            [format!("{}/kube-apiserver.log", files::AUDIT_LOG), "10".to_owned(), "100".to_owned()]
        } else {
            ["-".to_owned(), "3".to_owned(), "50".to_owned()]
        };
        let suites = if since(1, 12) { SUITES_OF_1_12 } else { SUITES };
        let policy = if since(1, 3) { files::POLICY } else { files::POLICY_OF_1_2 };
        // nethelpers.JoinHostPort("localhost", …) of v1.2.0 to v1.12.0.
        let etcd = if since(1, 2) && !since(1, 13) { "https://localhost:2379" } else { "https://127.0.0.1:2379" };
        let version = if since(1, 14) { "VersionTLS13" } else { "VersionTLS12" };
        let (admission, tls, ciphers, insecure) = (since(1, 0), since(1, 0), !since(1, 14), !since(0, 12));
        self.adds("allow-privileged", "true");
        self.adds("bind-address", "0.0.0.0");
        self.adds("enable-bootstrap-token-auth", "true");
        self.adds("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname");
        self.adds("profiling", "false");
        self.adds("requestheader-allowed-names", "front-proxy-client");
        self.adds("requestheader-extra-headers-prefix", "X-Remote-Extra-");
        self.adds("requestheader-group-headers", "X-Remote-Group");
        self.adds("requestheader-username-headers", "X-Remote-User");
        self.adds("audit-policy-file", policy);
        self.adds("audit-log-path", &audit[0]);
        self.adds("audit-log-maxage", "30");
        self.adds("audit-log-maxbackup", &audit[1]);
        self.adds("audit-log-maxsize", &audit[2]);
        self.adds("etcd-servers", etcd);
        for (name, file) in files::KEYS {
            self.file(name, file);
        }
        self.adds("encryption-provider-config", files::ENCRYPTION);
        if admission {
            self.adds("admission-control-config-file", files::ADMISSION);
        }
        if tls {
            self.adds("tls-min-version", version);
        }
        if ciphers {
            self.adds(CIPHERS, suites);
        }
        if insecure {
            self.adds("insecure-port", "0");
        }
    }

    fn plugins(&mut self) {
        if !self.talos.since(Minor::new(0, 12)) {
            return self.adds(PLUGINS, PLUGINS_OF_0_9);
        }
        let off = self.machine.get(&["cluster", "apiServer", "disablePodSecurityPolicy"]);
        let is_off = self.machine.is_on(&["cluster", "apiServer", "disablePodSecurityPolicy"]).is_some();
        // The field is passed over from 1.12 on.
        if is_off || self.talos.since(Minor::new(1, 12)) {
            return self.adds(PLUGINS, "NodeRestriction");
        }
        let value = "NodeRestriction,PodSecurityPolicy";
        match off {
            Some(off) => {
                let at = self.machine.source.at(&off);
                self.makes(PLUGINS, value, at, "`disablePodSecurityPolicy` decides it");
            }
            None => self.adds(PLUGINS, value),
        }
    }

    fn authorization(&mut self, minor: u16, written: &BTreeMap<String, Vec<Word>>) {
        let modes = written.keys().any(|name| name == MODES || name.starts_with("authorization-webhook-"));
        let by_file = self.talos.since(AUTHORIZERS) && minor >= 29 && (self.own || !modes);
        if !by_file {
            return self.adds(MODES, NODE_AND_RBAC);
        }
        if minor < 30 {
            self.adds(GATES, "StructuredAuthorizationConfiguration=true");
        }
        self.adds("authorization-config", files::AUTHORIZERS);
    }

    fn authentication(&mut self) {
        if self.own {
            self.adds("authentication-config", files::AUTHENTICATION);
        } else if self.talos.since(Minor::new(1, 1)) {
            self.adds("anonymous-auth", "false");
        }
    }

    /// What is made of settings of the cluster.
    fn cluster(&mut self, minor: u16) {
        let machine = self.machine;
        let endpoint = machine.either(("KubeClusterConfig", "endpoint"), &["cluster", "controlPlane", "endpoint"]);
        let accounts = machine.document("KubeServiceAccountConfig").filter(|_| self.talos.since(DOCUMENTS));
        match (accounts, endpoint) {
            (Some(accounts), _) => self.issuers(accounts),
            (None, Some((endpoint, at))) => {
                let how = "the endpoint of the cluster decides it";
                self.makes("api-audiences", &endpoint, at.clone(), how);
                self.makes("service-account-issuer", &endpoint, at, how);
            }
            (None, None) => {
                let gap = || machine.gap("the endpoint of the cluster decides it, and is not in the text".to_owned());
                self.unseen("api-audiences", gap());
                self.unseen("service-account-issuer", gap());
            }
        }
        let port = machine.either((super::SERVER, "apiPort"), &["cluster", "controlPlane", "localAPIServerPort"]);
        match port.filter(|(port, _)| port != "0") {
            Some((port, at)) => self.makes("secure-port", &port, at, "the port of the configuration decides it"),
            None => self.adds("secure-port", "6443"),
        }
        let subnets = match machine.document("KubeNetworkConfig") {
            Some(document) => document.get("serviceSubnets"),
            None => machine.get(&["cluster", "network", "serviceSubnets"]),
        };
        match subnets.filter(|subnets| !subnets.is_null()) {
            Some(subnets) if subnets.items().next().is_some() || subnets.scalar().is_some() => {
                let list: Vec<&str> =
                    subnets.items().filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
                let text = subnets.text().map_or_else(|| list.join(","), str::to_owned);
                let at = machine.source.at(&subnets);
                self.makes("service-cluster-ip-range", &text, at, "`serviceSubnets` decides it");
            }
            _ => self.adds("service-cluster-ip-range", "10.96.0.0/12"),
        }
        let unregistered = machine.is_on(&["machine", "kubelet", "skipNodeRegistration"]).is_some();
        if !unregistered || !self.talos.since(Minor::new(1, 2)) {
            self.unseen("advertise-address", unresolved("$(POD_IP)".to_owned()));
        }
        let gone = self.talos.since(Minor::new(1, 10)) && minor >= 33;
        match machine.is_on(&["cluster", "externalCloudProvider", "enabled"]) {
            Some(at) if !gone => {
                self.makes("cloud-provider", "external", at, "`externalCloudProvider.enabled` decides it");
            }
            None if !self.talos.since(Minor::new(0, 10)) => self.adds("cloud-provider", ""),
            _ => {}
        }
    }

    /// The issuers and the audiences of service accounts, of the document of 1.14.
    fn issuers(&mut self, accounts: &yaml::Cursor<'_>) {
        let text = |found: &yaml::Cursor<'_>| found.scalar().map(|scalar| scalar.text().to_owned());
        let issuer = accounts.get("issuer").and_then(|issuer| issuer.get("issuerURL"));
        let accepted = |name: &str| {
            let list = accounts.get("accepted").and_then(|accepted| accepted.get(name));
            list.iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let how = "`KubeServiceAccountConfig` decides it";
        let mut words = Vec::new();
        let mut word = |name: &str, found: &yaml::Cursor<'_>| {
            let Some(value) = text(found) else { return };
            let site = Site { at: self.machine.source.at(found), form: Form::Field };
            let text = format!("--{name}={value}");
            words.push(Word {
                hand: Hand::Made(how.to_owned()),
                unresolved: unfilled(&value),
                ..Word::written(text, site)
            });
        };
        issuer.iter().chain(&accepted("issuers")).for_each(|found| word("service-account-issuer", found));
        let audiences = accepted("audiences");
        let issued = issuer.iter().filter(|_| audiences.is_empty());
        audiences.iter().chain(issued).for_each(|found| word("api-audiences", found));
        for name in ["service-account-issuer", "api-audiences"] {
            let prefix = format!("--{name}=");
            let own = words.iter().filter(|word| word.text.starts_with(&prefix)).cloned().collect();
            self.given.push(Given { name: name.to_owned(), words: own });
        }
    }
}

impl Machine<'_> {
    /// The command line that a release of Talos makes for a release of Kubernetes.
    pub(super) fn command(&self, talos: &Talos, minor: u16, written: &BTreeMap<String, Vec<Word>>) -> Vec<Given> {
        let own = self.document(super::SERVER).is_some() && talos.since(DOCUMENTS);
        let (home, denied) = (self.home(), self.denied());
        let mut base = Base { machine: self, talos, own, home: home.clone(), denied, given: Vec::new() };
        base.always();
        base.plugins();
        base.authorization(minor, written);
        base.authentication();
        base.cluster(minor);
        let mut given = base.given;
        for (name, words) in written {
            if talos.denies(name, own) {
                continue;
            }
            let known = given.iter_mut().find(|known| known.name == *name);
            match known {
                Some(known) if !talos.since(MERGES) => known.words.extend(words.iter().cloned()),
                Some(known) if talos.adds_up(name) => {
                    known.words = vec![added_up(name, known.words.first(), words, &home)]
                }
                Some(known) => known.words = effective(talos, name, words),
                None if talos.adds_up(name) && !words.is_empty() => {
                    given.push(Given { name: name.clone(), words: vec![added_up(name, None, words, &home)] });
                }
                None => given.push(Given { name: name.clone(), words: effective(talos, name, words) }),
            }
        }
        given.retain(|given| !given.words.is_empty());
        given
    }
}

/// The words as they stand on the command line.
fn effective(talos: &Talos, name: &str, words: &[Word]) -> Vec<Word> {
    // Args.ToMap of 1.13 leaves out an empty text.
    let is_empty = |word: &&Word| word.site.form == Form::Entry && word.text == format!("--{name}=");
    words.iter().filter(|word| !(talos.since(LISTS) && is_empty(word))).cloned().collect()
}

/// What Talos adds, with what is written behind it, each value once (argsbuilder, MergeAdditive).
fn added_up(name: &str, known: Option<&Word>, words: &[Word], home: &Site) -> Word {
    let values = |word: &Word| -> Vec<String> {
        let value = word.text.split_once('=').map_or("", |(_, value)| value);
        value.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    };
    let own = known.map(values).unwrap_or_default();
    let written: Vec<String> = words.iter().flat_map(values).collect();
    let mut all = own;
    for value in &written {
        if !all.contains(value) {
            all.push(value.clone());
        }
    }
    let hand = if all == written {
        Hand::Written
    } else {
        Hand::Made("Talos puts what `extraArgs` says behind its own".to_owned())
    };
    let unresolved = words.iter().find_map(|word| word.unresolved.clone());
    let site = words.first().or(known).map_or_else(|| home.clone(), |word| word.site.clone());
    Word { hand, unresolved, ..Word::written(format!("--{name}={}", all.join(",")), site) }
}
