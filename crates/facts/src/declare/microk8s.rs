//! MicroK8s's launch configuration, as the API server that the snap starts with its own arguments and these.
//!
//! The snap puts `default-args/kube-apiserver` into its folder (canonical/microk8s, microk8s-resources, branches 1.27 to 1.35 and
//! the tree of August 2026); the configuration then changes line by line what it names and takes away what it sets to null
//! (canonical/microk8s-cluster-agent, pkg/k8sinit/apply.go and pkg/snap/services.go, `UpdateServiceArguments`). Documents of
//! one text are applied in their order. What add-ons do before stays where no document names the flag.

pub(super) mod kubelet;

use std::collections::BTreeMap;

use model::{Evidence, Form, Gap, GapKind, Problem, Site};
use yaml::Cursor;

use super::{
    Source,
    arguments::{left_of_server, written_out},
    command::{self, Program, unfilled},
    embedded::Written,
    layers::{Layers, map_at, outside},
    lookup::text_of,
};
use crate::{Carried, Invocation, Word, onward, within};

const NAME: &str = "MicroK8s";

const ARGUMENTS: &str = "extraKubeAPIServerArgs";

/// More parts, arguments and files than anybody writes.
const MOST: usize = 512;

/// How much text is copied for the files that a configuration writes.
const MOST_BYTES: usize = 16 << 20;

/// The releases of which the snap's own arguments are known. The first that reads a launch configuration is 1.27.
const KNOWN: (u16, u16) = (27, 36);

/// What a launch configuration has at its root (pkg/k8sinit/schema.go).
const KEYS: [&str; 28] = [
    "addonRepositories",
    "addons",
    "containerdRegistryConfigs",
    "extraCNIEnv",
    "extraConfigFiles",
    "extraContainerdArgs",
    "extraContainerdEnv",
    "extraDqliteArgs",
    "extraDqliteEnv",
    "extraEtcdArgs",
    "extraEtcdEnv",
    "extraFIPSEnv",
    "extraFlanneldArgs",
    "extraFlanneldEnv",
    "extraKubeAPIServerArgs",
    "extraKubeControllerManagerArgs",
    "extraKubeProxyArgs",
    "extraKubeSchedulerArgs",
    "extraKubeletArgs",
    "extraKubeliteEnv",
    "extraMicroK8sAPIServerProxyArgs",
    "extraMicroK8sAPIServerProxyEnv",
    "extraMicroK8sClusterAgentArgs",
    "extraMicroK8sClusterAgentEnv",
    "extraSANs",
    "join",
    "persistentClusterToken",
    "version",
];

/// The lines of the snap's own file, and the releases that have them.
const ADDED: [(&str, &str, u16, u16); 29] = [
    ("admission-control-config-file", "/var/snap/microk8s/current/args/admission-control-config-file.yaml", 28, 36),
    ("allow-privileged", "true", 27, 36),
    ("authorization-mode", "AlwaysAllow", 27, 36),
    ("cert-dir", "/var/snap/microk8s/current/certs", 27, 36),
    ("client-ca-file", "/var/snap/microk8s/current/certs/ca.crt", 27, 36),
    ("enable-admission-plugins", "EventRateLimit", 28, 36),
    ("etcd-servers", "unix:///var/snap/microk8s/current/var/kubernetes/backend/kine.sock:12379", 27, 36),
    ("event-ttl", "5m", 27, 36),
    ("feature-gates", "WatchList=false", 32, 32),
    (
        "feature-gates",
        "ListFromCacheSnapshot=false,SizeBasedListCostEstimate=false,DetectCacheInconsistency=false",
        34,
        36,
    ),
    ("kubelet-certificate-authority", "/var/snap/microk8s/current/certs/ca.crt", 28, 36),
    ("kubelet-client-certificate", "/var/snap/microk8s/current/certs/server.crt", 27, 27),
    ("kubelet-client-certificate", "/var/snap/microk8s/current/certs/apiserver-kubelet-client.crt", 28, 36),
    ("kubelet-client-key", "/var/snap/microk8s/current/certs/server.key", 27, 27),
    ("kubelet-client-key", "/var/snap/microk8s/current/certs/apiserver-kubelet-client.key", 28, 36),
    ("kubelet-preferred-address-types", "InternalIP,Hostname,InternalDNS,ExternalDNS,ExternalIP", 28, 36),
    ("profiling", "false", 27, 36),
    ("proxy-client-cert-file", "/var/snap/microk8s/current/certs/front-proxy-client.crt", 27, 36),
    ("proxy-client-key-file", "/var/snap/microk8s/current/certs/front-proxy-client.key", 27, 36),
    ("requestheader-allowed-names", "front-proxy-client", 27, 36),
    ("requestheader-client-ca-file", "/var/snap/microk8s/current/certs/front-proxy-ca.crt", 27, 36),
    ("secure-port", "16443", 27, 36),
    ("service-account-issuer", "https://kubernetes.default.svc", 27, 36),
    ("service-account-key-file", "/var/snap/microk8s/current/certs/serviceaccount.key", 27, 36),
    ("service-account-signing-key-file", "/var/snap/microk8s/current/certs/serviceaccount.key", 27, 36),
    ("service-cluster-ip-range", "10.152.183.0/24", 27, 36),
    ("tls-cert-file", "/var/snap/microk8s/current/certs/server.crt", 27, 36),
    ("tls-private-key-file", "/var/snap/microk8s/current/certs/server.key", 27, 36),
    ("token-auth-file", "/var/snap/microk8s/current/credentials/known_tokens.csv", 27, 27),
];

/// The headers of a front proxy, in every release.
const HEADERS: [(&str, &str); 3] = [
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-username-headers", "X-Remote-User"),
];

/// Since 1.28.
const SUITES: &str = "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,\
                      TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,\
                      TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                      TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,\
                      TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,\
                      TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,\
                      TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,\
                      TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,TLS_RSA_WITH_3DES_EDE_CBC_SHA,\
                      TLS_RSA_WITH_AES_128_CBC_SHA,TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_CBC_SHA,\
                      TLS_RSA_WITH_AES_256_GCM_SHA384";

/// Those of the kubelet, since 1.28.
const SUITES_OF_KUBELET: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                                 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                                 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                                 TLS_RSA_WITH_AES_256_GCM_SHA384,TLS_RSA_WITH_AES_128_GCM_SHA256";

/// What the add-on `cis-hardening` adds where no line of the file has it (addons/cis-hardening/enable of canonical/microk8s-core-addons,
/// the same from branch 1.28, where it came, to 1.35); the plug-ins it adds to those that are there.
const HARDENING: [(&str, &str); 8] = [
    ("audit-log-maxage", "30"),
    ("audit-log-maxbackup", "10"),
    ("audit-log-maxsize", "100"),
    ("audit-log-path", "/var/log/apiserver/audit.log"),
    ("audit-policy-file", "/var/snap/microk8s/current/args/audit-policy.yaml"),
    ("authorization-mode", "RBAC,Node"),
    ("enable-admission-plugins", "EventRateLimit,AlwaysPullImages,NodeRestriction"),
    ("request-timeout", "300s"),
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    const WORDS: [&str; 8] = [
        "extraCNIEnv",
        "extraConfigFiles",
        "extraContainerd",
        "extraDqlite",
        "extraFIPSEnv",
        "extraKube",
        "extraSANs",
        "persistentClusterToken",
    ];
    text.contains("version") && (WORDS.iter().any(|word| text.contains(word)) || text.contains("addons"))
}

/// Whether a text is a launch configuration of a node that runs an API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    !parts(source).is_empty()
}

/// The API server that the snap starts with it.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let parts = parts(source);
    if parts.is_empty() {
        return Vec::new();
    }
    let problems = source.documents().flat_map(|document| source.problems(document)).collect();
    vec![Launch { source, parts }.invocation(problems, evidence)]
}

/// The documents that are launch configurations, where all of them are and the node is no worker.
fn parts<'a>(source: &Source<'a>) -> Vec<Cursor<'a>> {
    let roots: Vec<Cursor<'a>> =
        source.documents().map(|document| document.cursor()).filter(|root| !root.is_null()).take(MOST).collect();
    let is_worker = |root: &Cursor<'_>| {
        let worker = root.get("join").and_then(|join| join.get("worker"));
        worker.is_some_and(|worker| worker.is_true())
    };
    if roots.iter().all(is_part) && !roots.iter().any(is_worker) { roots } else { Vec::new() }
}

fn is_part(root: &Cursor<'_>) -> bool {
    let version = text_of(root, "version").unwrap_or_default();
    let keys: Vec<String> = root.entries().take(MOST).map(|entry| entry.name.into_owned()).collect();
    let only_addons = !keys.iter().any(|key| !matches!(key.as_str(), "version" | "addons"));
    // `addons` and a version alone might be anybody's.
    let has_addons = root.get("addons").is_some_and(|addons| {
        addons.items().len() > 0 && addons.items().take(MOST).all(|addon| text_of(&addon, "name").is_some())
    });
    matches!(version.as_str(), "0.1.0" | "0.2.0")
        && keys.len() > 1
        && keys.iter().all(|key| KEYS.contains(&key.as_str()))
        && (!only_addons || has_addons)
}

struct Launch<'a> {
    source: &'a Source<'a>,
    parts: Vec<Cursor<'a>>,
}

impl<'a> Launch<'a> {
    /// The last part that has arguments, or the last of all.
    fn home(&self) -> Site {
        let holds = |part: &&Cursor<'a>| part.get(ARGUMENTS).is_some_and(|map| map.mapping().is_some());
        let Some(part) = self.parts.iter().rfind(holds).or_else(|| self.parts.last()) else {
            return Site { at: self.source.location(yaml::Span::default(), String::new()), form: Form::Script };
        };
        // Its names have dashes, so that none is added by machine to a map that has them without.
        let at = map_at(self.source, part, &[ARGUMENTS]).at;
        Site { at, form: Form::ByHand("add it to the map `extraKubeAPIServerArgs`, under its name with the dashes") }
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let home = self.home();
        let mut flags = Layers::new(NAME, home.clone());
        for (flag, value, from, to) in ADDED {
            flags.adds_in(flag, value, within(from, to));
        }
        for (flag, value) in HEADERS {
            flags.adds_in(flag, value, within(KNOWN.0, KNOWN.1));
        }
        flags.adds_in("tls-cipher-suites", SUITES, within(28, KNOWN.1));
        let open = self.addons(&mut flags);
        self.network(&mut flags);
        self.written(&mut flags);
        let gap = unseen(GapKind::Version, "what the snap gives in that release is not known to this build");
        let mut words = outside(KNOWN, &gap, &home);
        words.extend(flags.words());
        if let Some(gap) = &open {
            for word in words.iter_mut().filter(|word| matches!(word.hand, crate::Hand::Default(_))) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        let open_ended = command::shorten(&mut words).or(open);
        Invocation {
            open_ended,
            list: Some(home),
            releases: onward(KNOWN.0),
            carried: self.files(evidence),
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, None, words)
        }
    }

    /// The last mention of an add-on, where that does not take it away.
    fn enabled(&self, name: &str) -> Option<Cursor<'a>> {
        let lists = self.parts.iter().filter_map(|part| part.get("addons"));
        let all: Vec<Cursor<'a>> = lists.flat_map(|addons| addons.items().take(MOST).collect::<Vec<_>>()).collect();
        let is_it =
            |addon: &&Cursor<'a>| text_of(addon, "name").is_some_and(|own| own.rsplit('/').next() == Some(name));
        let last = all.iter().rev().find(is_it)?;
        (!last.get("disable").is_some_and(|off| off.is_true())).then(|| last.clone())
    }

    /// Add-ons that reach for the arguments (canonical/microk8s-core-addons, addons/rbac/enable and addons/cis-hardening/enable);
    /// what those of other repositories do is not known.
    fn addons(&self, flags: &mut Layers) -> Option<Gap> {
        let mut open = None;
        for part in &self.parts {
            let named = part.get("addons");
            for addon in named.iter().flat_map(|addons| addons.items()).take(MOST) {
                let Some(name) = text_of(&addon, "name") else { continue };
                let is_off = addon.get("disable").is_some_and(|off| off.is_true());
                let own = name.rsplit('/').next().unwrap_or_default();
                match own {
                    "rbac" if is_off => flags.makes(
                        "authorization-mode",
                        "AlwaysAllow",
                        self.source.at(&addon),
                        "the add-on `rbac` is taken away",
                    ),
                    "rbac" => {
                        flags.makes(
                            "authorization-mode",
                            "RBAC,Node",
                            self.source.at(&addon),
                            "the add-on `rbac` sets it",
                        );
                    }
                    "cis-hardening" if is_off => {
                        open.get_or_insert_with(|| {
                            unseen(GapKind::Unresolved, "what `cis-hardening` leaves behind depends on what it found")
                        });
                    }
                    "cis-hardening" => {
                        let gap = || unseen(GapKind::Version, "the add-on `cis-hardening` came with 1.28");
                        for (flag, value) in HARDENING {
                            let how = "the add-on `cis-hardening` sets it";
                            flags.makes_in(flag, value, self.source.at(&addon), how, within(28, KNOWN.1));
                            flags.sets_unseen_in(flag, gap(), within(27, 27));
                        }
                    }
                    _ => {}
                }
            }
        }
        open
    }

    /// The range of services, where the network is told of one before the snap writes its arguments.
    fn network(&self, flags: &mut Layers) {
        for part in &self.parts {
            let range = part.get("extraCNIEnv").and_then(|map| map.get("IPv4_SERVICE_CIDR"));
            if range.is_some_and(|range| !range.is_null()) {
                let reason = "`extraCNIEnv` names a range, and when the snap takes it over depends on its release";
                flags.sets_unseen("service-cluster-ip-range", unseen(GapKind::Version, reason));
            }
        }
    }

    fn written(&self, flags: &mut Layers) {
        for part in &self.parts {
            let map = part.get(ARGUMENTS);
            for entry in map.iter().flat_map(|map| map.entries()).take(MOST) {
                // A name without dashes makes a line that no server takes for a flag.
                let Some(name) = entry.name.strip_prefix("--") else {
                    let site = Site { at: self.source.at(&entry.value), form: Form::Script };
                    let text = format!("{}={}", entry.name, entry.value.text().unwrap_or_default());
                    flags.puts(&entry.name, vec![Word::written(text, site)]);
                    continue;
                };
                self.given(flags, name, &entry.value);
            }
        }
    }

    /// The line that somebody wrote for a flag; null takes away what there is.
    fn given(&self, flags: &mut Layers, name: &str, value: &Cursor<'_>) {
        flags.takes_away(name);
        if value.is_null() {
            return;
        }
        let site = Site { at: self.source.at(value), form: Form::Field };
        let (text, unknown) = written_out(value.text().unwrap_or_default());
        let unresolved = unknown.or_else(|| unfilled(&text));
        let text = format!("--{name}={text}");
        flags.puts(name, vec![Word { unresolved, releases: left_of_server(&text), ..Word::written(text, site) }]);
    }

    /// Files that it writes beside the arguments; of two of one name the last is written last.
    fn files(&self, evidence: &[Evidence]) -> Vec<Carried> {
        let mut files: BTreeMap<String, Cursor<'a>> = BTreeMap::new();
        for part in &self.parts {
            let map = part.get("extraConfigFiles");
            for entry in map.iter().flat_map(|map| map.entries()).take(MOST) {
                files.insert(entry.name.into_owned(), entry.value);
            }
        }
        let mut budget = MOST_BYTES;
        let one = |(name, content): (String, Cursor<'a>)| {
            let path = format!("/var/snap/microk8s/current/args/{name}");
            Written::new(self.source, path, content, "").carried(self.source, evidence, &mut budget)
        };
        files.into_iter().take(MOST).map(one).collect()
    }
}

fn unseen(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "/var/snap/microk8s/current/args/kube-apiserver".to_owned(),
        who_could_answer: "give the file of the node".to_owned(),
    }
}
