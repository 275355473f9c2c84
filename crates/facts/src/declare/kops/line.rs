//! The command line that a release of kops makes: what it sets whatever is written, and what it adds where nothing is.
//!
//! pkg/model/components/apiserver.go and discovery.go, and nodeup/pkg/model/kube_apiserver.go, in their order.

use model::{Form, Gap, GapKind, Location, Site};

use super::{AUTHENTICATOR, Cluster, EARLIER, FIELDS, FOLDER, MOST, NAME};
use crate::{
    Hand, Word,
    declare::{
        agree::Given,
        command::unfilled,
        lookup::{find, text_of},
    },
};

const PLUGINS: &str = "NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,\
                       MutatingAdmissionWebhook,ValidatingAdmissionWebhook,NodeRestriction,ResourceQuota";

const PLUGINS_OF_1_33: &str = "DefaultStorageClass,DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,\
                               NamespaceLifecycle,NodeRestriction,ResourceQuota,RuntimeClass,ServiceAccount,\
                               ValidatingAdmissionPolicy,ValidatingAdmissionWebhook";

pub(super) const SET_BY_KOPS: Form = Form::ByHand("kops sets it whatever `spec.kubeAPIServer` says");
const BY_AUTHORIZATION: Form = Form::ByHand("write `authorization: {rbac: {}}` in the `spec` of the Cluster");

/// Keys and certificates below [`FOLDER`], by the flags that name them.
pub(super) const PATHS: [(&str, &str); 10] = [
    ("etcd-cafile", "etcd-ca.crt"),
    ("etcd-certfile", "etcd-client.crt"),
    ("etcd-keyfile", "etcd-client.key"),
    ("kubelet-client-certificate", "kubelet-api.crt"),
    ("kubelet-client-key", "kubelet-api.key"),
    ("proxy-client-cert-file", "apiserver-aggregator.crt"),
    ("proxy-client-key-file", "apiserver-aggregator.key"),
    ("requestheader-client-ca-file", "apiserver-aggregator-ca.crt"),
    ("tls-cert-file", "server.crt"),
    ("tls-private-key-file", "server.key"),
];

/// A command line that is being made.
pub(super) struct Line<'c, 'a> {
    pub(super) cluster: &'c Cluster<'a>,
    pub(super) given: Vec<Given>,
}

impl Line<'_, '_> {
    fn has(&self, flag: &str) -> bool {
        self.given.iter().any(|given| given.name == flag)
    }

    fn put(&mut self, flag: &str, words: Vec<Word>) {
        self.given.retain(|given| given.name != flag);
        self.given.push(Given { name: flag.to_owned(), words });
    }

    pub(super) fn writes(&mut self, flag: &str, values: &[String], at: Location) {
        let word = |value: &String| Word {
            unresolved: unfilled(value),
            ..Word::written(format!("--{flag}={value}"), Site { at: at.clone(), form: Form::Field })
        };
        self.put(flag, values.iter().map(word).collect());
    }

    /// A flag that kops sets, and that the field of the same name does not change.
    fn sets(&mut self, flag: &str, value: &str, form: Form) {
        let site = Site { form, ..self.cluster.home() };
        let word = Word { hand: Hand::Default(NAME), ..Word::written(format!("--{flag}={value}"), site) };
        self.put(flag, vec![word]);
    }

    /// A flag that kops sets where nobody wrote it.
    fn adds(&mut self, flag: &str, value: &str) {
        if !self.has(flag) {
            self.sets(flag, value, Form::Fields(FIELDS));
        }
    }

    fn makes(&mut self, flag: &str, value: &str, at: Location, how: &str) {
        let word = Word {
            hand: Hand::Made(how.to_owned()),
            unresolved: unfilled(value),
            ..Word::written(format!("--{flag}={value}"), Site { at, form: Form::Field })
        };
        self.put(flag, vec![word]);
    }

    pub(super) fn open(&mut self, flag: &str, gap: Gap) {
        let site = Site { form: SET_BY_KOPS, ..self.cluster.home() };
        let word =
            Word { hand: Hand::Default(NAME), unresolved: Some(gap), ..Word::written(format!("--{flag}="), site) };
        self.put(flag, vec![word]);
    }

    pub(super) fn fixed(&mut self) {
        for (flag, value) in [
            ("allow-privileged", "true"),
            ("anonymous-auth", "false"),
            ("requestheader-allowed-names", "aggregator"),
            ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
            ("requestheader-group-headers", "X-Remote-Group"),
            ("requestheader-username-headers", "X-Remote-User"),
            ("secure-port", "443"),
            ("v", "2"),
        ] {
            self.sets(flag, value, SET_BY_KOPS);
        }
        for flag in ["insecure-bind-address", "insecure-port"] {
            self.given.retain(|given| given.name != flag);
        }
        self.adds("kubelet-preferred-address-types", "InternalIP,Hostname,ExternalIP");
        self.adds("client-ca-file", "/srv/kubernetes/ca.crt");
        self.adds("api-audiences", "kubernetes.svc.default");
    }

    pub(super) fn paths(&mut self) {
        for (flag, file) in PATHS {
            self.sets(flag, &format!("{FOLDER}/{file}"), SET_BY_KOPS);
        }
    }

    pub(super) fn authorization(&mut self, kops: u16, minor: u16) {
        let how = "`spec.authorization` decides it";
        let at = |name: &str| {
            find(&self.cluster.spec, &["authorization"])?.get(name).map(|found| self.cluster.source.at(&found))
        };
        let by_rbac = if kops == 23 && minor < 19 { "RBAC" } else { "Node,RBAC" };
        match (at("alwaysAllow"), at("rbac")) {
            (Some(at), _) => self.makes("authorization-mode", "AlwaysAllow", at, how),
            (None, Some(at)) => self.makes("authorization-mode", by_rbac, at, how),
            // pkg/apis/kops/v1alpha2/defaults.go: the one that holds without a word was another one until kops 1.36.
            (None, None) if kops >= 36 => self.sets("authorization-mode", "Node,RBAC", BY_AUTHORIZATION),
            (None, None) => self.sets("authorization-mode", "AlwaysAllow", BY_AUTHORIZATION),
        }
    }

    pub(super) fn etcd(&mut self) {
        let clusters = find(&self.cluster.spec, &["etcdClusters"]);
        let named = |name: &str| {
            let mut clusters = clusters.iter().flat_map(|clusters| clusters.items().take(MOST));
            clusters.find(|cluster| text_of(cluster, "name").as_deref() == Some(name))
        };
        let (main, events, leases) = (named("main"), named("events"), named("leases"));
        match &main {
            Some(_) => self.sets("etcd-servers", "https://127.0.0.1:4001", SET_BY_KOPS),
            None => self.open("etcd-servers", self.cluster.gap(GapKind::NotCollected, "`etcdClusters` decides it")),
        }
        match (&events, &leases) {
            (_, Some(_)) => {
                self.open(
                    "etcd-servers-overrides",
                    self.cluster.gap(GapKind::Version, "it depends on the release of kops"),
                );
            }
            (Some(_), None) => self.sets("etcd-servers-overrides", "/events#https://127.0.0.1:4002", SET_BY_KOPS),
            (None, None) => self.given.retain(|given| given.name != "etcd-servers-overrides"),
        }
        let members = main.as_ref().and_then(|main| {
            let list = ["etcdMembers", "members"].into_iter().find_map(|name| main.get(name))?;
            Some((list.items().len(), self.cluster.source.at(&list)))
        });
        if let Some((count, at)) = members.filter(|_| !self.has("apiserver-count")) {
            self.makes("apiserver-count", &count.to_string(), at, "the members of `etcdClusters` decide it");
        }
        self.adds("storage-backend", "etcd3");
    }

    pub(super) fn plugins(&mut self, kops: u16) {
        let own = if kops >= 33 { PLUGINS_OF_1_33 } else { PLUGINS };
        let old = self.given.iter().position(|given| given.name == "admission-control").map(|at| self.given.remove(at));
        let more = find(&self.cluster.spec, &["kubeAPIServer", "appendAdmissionPlugins"]);
        if let Some(old) = old {
            // buildPod gives the flag that took its place.
            let renamed = |word: Word| Word {
                text: word.text.replacen("admission-control", "enable-admission-plugins", 1),
                ..word
            };
            self.put("enable-admission-plugins", old.words.into_iter().map(renamed).collect());
        } else if let Some(more) = more.filter(|more| more.items().len() > 0) {
            let list: Vec<&str> =
                more.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
            let at = self.cluster.source.at(&more);
            let value = format!("{own},{}", list.join(","));
            self.makes("enable-admission-plugins", &value, at, "kops adds `appendAdmissionPlugins` to its own");
        } else {
            const APPENDED: Form = Form::ByHand("name further plugins in `spec.kubeAPIServer.appendAdmissionPlugins`");
            self.sets("enable-admission-plugins", own, APPENDED);
        }
    }

    pub(super) fn tokens(&mut self) {
        let cluster = self.cluster;
        let own = |file: &str| format!("{FOLDER}/{file}");
        let site = Site { form: SET_BY_KOPS, ..cluster.home() };
        let mut keys: Vec<Word> = Vec::new();
        if let Some(at) = self.given.iter().position(|given| given.name == "service-account-key-file") {
            keys = self.given.remove(at).words;
        }
        let key = format!("--service-account-key-file={}", own("service-account.pub"));
        keys.push(Word { hand: Hand::Default(NAME), ..Word::written(key, site) });
        self.put("service-account-key-file", keys);
        self.adds("service-account-signing-key-file", &own("service-account.key"));

        let discovery = find(&cluster.spec, &["serviceAccountIssuerDiscovery"]);
        let service = discovery.as_ref().and_then(|discovery| discovery.get("discoveryService")?.get("url"));
        // An issuer for everybody is made where requests without credentials are let in.
        let public = cluster.source.on(&cluster.spec, &["kubeAPIServer", "anonymousAuth"]).is_some();
        if !self.has("service-account-issuer") {
            match (&discovery, service, &cluster.name) {
                (_, Some(url), _) if url.text().is_some() => {
                    let at = cluster.source.at(&url);
                    let how = "`serviceAccountIssuerDiscovery` decides it";
                    self.makes("service-account-issuer", url.text().unwrap_or_default(), at, how);
                }
                (None, _, Some(name)) if !public => {
                    self.adds("service-account-issuer", &format!("https://api.internal.{name}"));
                }
                _ => {
                    let gap =
                        cluster.gap(GapKind::Unresolved, "kops makes it of where the discovery documents are kept");
                    self.open("service-account-issuer", gap);
                }
            }
        }
        let issuer = self.given.iter().find(|given| given.name == "service-account-issuer");
        let issuer = issuer.and_then(|given| given.words.first()).cloned();
        if let Some(issuer) = issuer {
            let value = issuer.text.split_once('=').map_or("", |(_, value)| value);
            let word = Word {
                text: format!("--service-account-jwks-uri={value}/openid/v1/jwks"),
                hand: Hand::Made("kops makes it of the issuer of tokens".to_owned()),
                ..issuer.clone()
            };
            self.put("service-account-jwks-uri", vec![word]);
        }
        let more = find(&cluster.spec, &["kubeAPIServer", "additionalServiceAccountIssuers"]);
        let more: Vec<Word> = more
            .iter()
            .flat_map(|more| more.items().take(MOST).collect::<Vec<_>>())
            .filter_map(|item| {
                let text = format!("--service-account-issuer={}", item.scalar()?.text());
                let site = Site { at: cluster.source.at(&item), form: Form::ByHand("take it out of the list by hand") };
                Some(Word { unresolved: unfilled(&text), ..Word::written(text, site) })
            })
            .collect();
        if let Some(given) = self.given.iter_mut().find(|given| given.name == "service-account-issuer") {
            given.words.extend(more);
        }
    }

    pub(super) fn network(&mut self) {
        let cluster = self.cluster;
        let either = |name: &str| {
            cluster
                .source
                .text(&cluster.spec, &[name])
                .or_else(|| cluster.source.text(&cluster.spec, &["networking", name]))
        };
        let around = either("nonMasqueradeCIDR");
        match (either("serviceClusterIPRange"), around) {
            (Some((range, at)), _) => {
                self.makes("service-cluster-ip-range", &range, at, "`serviceClusterIPRange` decides it")
            }
            // upup/pkg/fi/cloudup/defaults.go: the first of eight parts.
            (None, Some((around, at))) if around == "100.64.0.0/10" => {
                self.makes("service-cluster-ip-range", "100.64.0.0/13", at, "kops makes it of `nonMasqueradeCIDR`");
            }
            _ => {
                let gap = cluster.gap(GapKind::Unresolved, "kops makes it of the network of the cluster");
                self.open("service-cluster-ip-range", gap);
            }
        }
        let six = either("nonMasqueradeCIDR").is_some_and(|(range, _)| range.contains(':'));
        self.sets("bind-address", if six { "::" } else { "0.0.0.0" }, SET_BY_KOPS);
    }

    pub(super) fn optional(&mut self) {
        let cluster = self.cluster;
        if let Some(at) = cluster.source.on(&cluster.spec, &["encryptionConfig"]) {
            let file = format!("{FOLDER}/encryptionconfig.yaml");
            self.makes("encryption-provider-config", &file, at, "`encryptionConfig` decides it");
        }
        for name in ["aws", "kopeio"] {
            if let Some(found) =
                find(&cluster.spec, &["authentication"]).and_then(|authentication| authentication.get(name))
            {
                let at = cluster.source.at(&found);
                let how = format!("`authentication.{name}` decides it");
                self.makes("authentication-token-webhook-config-file", AUTHENTICATOR, at, &how);
            }
        }
        if let Some(at) = cluster.source.on(&cluster.spec, &["metricsServer", "enabled"])
            && !self.has("enable-aggregator-routing")
        {
            self.makes("enable-aggregator-routing", "true", at, "`metricsServer.enabled` decides it");
        }
    }

    /// What depends on the cloud: its driver in the server, and the gates that move volumes out of it.
    pub(super) fn clouds(&mut self, kops: u16, minor: u16) {
        let gap = || self.cluster.gap(GapKind::Version, "what kops sets for the cloud depends on its release");
        if minor < 31 {
            let (cloud, gates) = (gap(), gap());
            self.open("cloud-provider", cloud);
            self.open("feature-gates", gates);
        } else if minor < 33 {
            self.sets("cloud-provider", "external", SET_BY_KOPS);
        } else if kops == EARLIER {
            let cloud = gap();
            self.open("cloud-provider", cloud);
        }
        // A file of the cloud is named up to 1.32: by kops 1.26 and later of any cloud, before where there are settings of
        // one, which kops fills in for some (kube_apiserver.go, buildPod).
        const FILE: &str = "/etc/kubernetes/in-tree-cloud.config";
        if minor >= 33 {
            return;
        }
        match find(&self.cluster.spec, &["cloudConfig"]).map(|settings| self.cluster.source.at(&settings)) {
            _ if kops >= 26 => self.sets("cloud-config", FILE, SET_BY_KOPS),
            Some(at) if kops >= 23 => self.makes("cloud-config", FILE, at, "`cloudConfig` decides it"),
            _ => {
                let file = gap();
                self.open("cloud-config", file);
            }
        }
    }

    /// Where it logs to: a file of its own as well, until the image had a program that does that.
    pub(super) fn logs(&mut self, kops: u16, minor: u16) {
        if kops == EARLIER {
            for flag in ["logtostderr", "alsologtostderr", "log-file"] {
                let gap = self.cluster.gap(GapKind::Version, "it depends on the release of kops");
                self.open(flag, gap);
            }
        } else if minor < 23 && !self.has("logging-format") {
            self.sets("logtostderr", "false", SET_BY_KOPS);
            self.sets("alsologtostderr", "true", SET_BY_KOPS);
            self.sets("log-file", "/var/log/kube-apiserver.log", SET_BY_KOPS);
        }
    }
}
