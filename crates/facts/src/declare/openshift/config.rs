//! What OpenShift's server makes of the configuration that it reads, in one file or in the layers of which its operator makes
//! that.
//!
//! The server takes its own arguments first and those of the file behind them (openshift/kubernetes,
//! cmd/kube-apiserver/app/server.go: `cmd.ParseFlags(args)`): of a flag that has one value the file's counts, and to one that
//! takes several the file's are added. In the file `apiServerArguments` counts before every other field
//! (openshift-kube-apiserver/openshiftkubeapiserver/flags.go, `ConfigToFlags` with `SetIfUnset`), also a list of them that is
//! empty says nothing (`unmaskArgs`). What neither says is filled in before
//! (openshift-kube-apiserver/configdefault/kubecontrolplane_default.go and library-go, pkg/config/configdefaults).

use std::collections::BTreeMap;

use model::{Form, Gap, Problem, Site};
use yaml::Cursor;

use super::{BY_RESOURCE, CONFIG, MOST, NAME, OPERATOR, defaults, invocation, unseen, version_gap};
use crate::{
    Carried, Hand, Invocation, Mount, Word,
    declare::{
        Source,
        agree::where_known,
        embedded,
        layers::{self, Layers},
        lookup::{is_of, name_of, text_of},
    },
};

const BY_OPERATOR: Form =
    Form::ByHand("the operator of OpenShift adds this; say it in `unsupportedConfigOverrides` of its `KubeAPIServer`");

/// What the server is told, in layers of which the last that speaks counts.
pub(super) struct Config<'a> {
    source: &'a Source<'a>,
    whole: Cursor<'a>,
    layers: Vec<Cursor<'a>>,
    from: From,
    name: Option<String>,
    /// The folder of the file where that is known: paths in it begin there.
    folder: Option<String>,
}

/// Where it comes from, which decides what else there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// The file that the server reads.
    Whole,
    /// A file that the operator merges with others.
    Part,
    /// What the operator is told by the cluster and by people.
    Operator,
}

/// Flags of which the lists of all layers count, since OpenShift 4.20 (pkg/operator/targetconfigcontroller, `mergeStringSlices`).
const MERGED: [&str; 2] = ["enable-admission-plugins", "disable-admission-plugins"];

/// Arguments of the operator's own that what it observes takes the place of (pkg/operator/configobservation).
const OBSERVED: [&str; 10] = [
    "api-audiences",
    "authorization-mode",
    "disable-admission-plugins",
    "enable-admission-plugins",
    "event-ttl",
    "goaway-chance",
    "runtime-config",
    "service-account-issuer",
    "service-node-port-range",
    "shutdown-delay-duration",
];

/// The Kubernetes in the first release of OpenShift that merges them.
const MERGES: u16 = 33;

impl<'a> Config<'a> {
    pub(super) fn of(source: &'a Source<'a>, object: &Cursor<'a>) -> Option<Self> {
        let whole = object.clone();
        let config = |layers, from, name| Self { source, whole, layers, from, name, folder: None };
        if is_of(object, CONFIG, "KubeAPIServerConfig") {
            let mut config = config(vec![object.clone()], From::Whole, None);
            // The operator merges such a file with others; only what it makes of them is whole.
            let is_whole = config.get(&["servingInfo", "bindAddress"]).is_some()
                && (config.get(&["apiServerArguments", "etcd-servers"]).is_some()
                    || config.get(&["storageConfig", "urls"]).is_some());
            if !is_whole {
                config.from = From::Part;
            }
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
        (!layers.is_empty()).then(|| config(layers, From::Operator, name_of(object)))
    }

    /// The file that a server reads at that path.
    pub(super) fn read(mut self, path: &str) -> Self {
        self.from = From::Whole;
        self.folder = path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        self
    }

    pub(super) fn is_file(&self) -> bool {
        self.from != From::Operator
    }

    /// What the last layer says that has the key; null says that there is nothing.
    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        // A null takes what is below it away as well.
        let has = |layer: &Cursor<'a>| {
            path.iter().try_fold(layer.clone(), |here, key| if here.is_null() { Some(here) } else { here.get(key) })
        };
        self.layers.iter().rev().find_map(has).filter(|found| !found.is_null())
    }

    pub(super) fn home(&self) -> Site {
        Site { at: self.source.at(&self.whole), form: BY_RESOURCE }
    }

    /// The server of which no more is at hand than, of the operator's, the `spec` of the `APIServer` beside.
    pub(super) fn invocation(&self, problems: Vec<Problem>, beside: Option<(&Source<'_>, &Cursor<'_>)>) -> Invocation {
        let open_ended = match self.from {
            From::Whole => None,
            From::Part => Some(unseen("this is a part of the configuration, and the operator adds to it")),
            From::Operator => Some(unseen("this is what the operator is told, and not all of what it makes of it")),
        };
        let mut flags = Layers::new(NAME, Site { form: BY_OPERATOR, ..self.home() });
        let mut policy = None;
        if self.from == From::Operator {
            defaults::add(&mut flags);
            policy = beside.and_then(|(source, spec)| super::observed(source, Some(spec), super::POLICY, &mut flags));
        }
        let mut words = self.words_on(flags, &open_ended);
        // Its own files and what it has observed are all that it makes the configuration of.
        let is_observed = self.from == From::Operator && self.get(&["apiServerArguments", "etcd-servers"]).is_some();
        let open_ended = open_ended.filter(|gap| {
            if is_observed {
                words.splice(0..0, layers::outside((defaults::FIRST, u16::MAX - 1), gap, &self.home()));
            }
            !is_observed
        });
        if let (Some(gap), From::Operator) = (&open_ended, self.from) {
            may_be_observed(&mut words, gap);
        }
        // The operator's pod gives both (bindata/assets/kube-apiserver/pod.yaml).
        for (flag, gap) in [
            ("advertise-address", unseen("it is the address of each control plane node")),
            ("v", unseen("`logLevel` of the operator decides it")),
        ] {
            let is_given = words.iter().any(|word| word.text.starts_with(&format!("--{flag}=")));
            let mut flags = Layers::new(NAME, self.home());
            match self.verbosity().filter(|_| flag == "v") {
                _ if is_given => continue,
                Some(word) => words.push(word),
                None => flags.sets_unseen(flag, gap),
            }
            words.extend(flags.words());
        }
        let problems = problems.into_iter().chain(self.problems()).collect();
        let mut made = invocation(self.source, self.name.clone(), words, open_ended, self.home(), problems);
        let policy = policy.map(|file| (file, Mount::same(super::POLICY)));
        for (file, mount) in self.carried().into_iter().chain(policy) {
            made.carried.push(file);
            made.mounts.push(mount);
        }
        made
    }

    /// What the operator's pod makes of `logLevel` (pkg/operator/targetconfigcontroller, `manageTemplate`); its words differ
    /// among releases only for the loudest.
    fn verbosity(&self) -> Option<Word> {
        let spec = self.whole.get("spec").filter(|_| self.from == From::Operator)?;
        let level = spec.get("logLevel").filter(|level| !level.is_null());
        let text = level.as_ref().and_then(|level| level.text());
        let number = match text {
            Some("Debug") => "4",
            Some("Trace") => "6",
            Some("TraceAll") => return None,
            _ => "2",
        };
        let mut flags = Layers::new(NAME, Site { form: BY_OPERATOR, ..self.home() });
        match level {
            Some(level) => flags.makes("v", number, self.source.at(&level), "`logLevel` decides it"),
            None => flags.adds("v", number),
        }
        flags.words().pop()
    }

    /// The arguments of the file, as they stand behind those of the server; `part` says why these may not be all.
    pub(super) fn words(&self, part: &Option<Gap>) -> Vec<Word> {
        self.words_on(Layers::new(NAME, self.home()), part)
    }

    /// The same on what is there without it.
    fn words_on(&self, mut flags: Layers, part: &Option<Gap>) -> Vec<Word> {
        let named = self.arguments(&mut flags);
        let is_named = |flag: &str| named.iter().any(|name| name == flag);
        self.fields(&mut flags, &is_named);
        if self.from != From::Part {
            self.filled_in(&mut flags, &is_named);
        }
        self.left_open(&mut flags, &is_named);
        let mut words = where_known(flags.words());
        if self.folder.is_none() {
            words.iter_mut().filter(|word| is_relative(word)).for_each(|word| {
                let gap = unseen("its path begins in the folder of the file, as the pod has it");
                word.unresolved.get_or_insert(gap);
            });
        }
        if let Some(gap) = part.as_ref().filter(|_| self.from == From::Part) {
            // What fields say no argument of the operator's own files takes the place of (bindata/assets/config).
            for word in words.iter_mut().filter(|word| matches!(word.hand, Hand::Default(_))) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        words
    }

    /// `apiServerArguments`, by the names of those that say something.
    fn arguments(&self, flags: &mut Layers) -> Vec<String> {
        let mut named: Vec<String> = Vec::new();
        for layer in &self.layers {
            let arguments = layer.get("apiServerArguments");
            for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
                let values: Vec<(String, Site)> = match entry.value.sequence() {
                    Some(_) => entry.value.items().take(MOST).filter_map(|item| self.value(&item)).collect(),
                    None => self.value(&entry.value).into_iter().collect(),
                };
                let name = &*entry.name;
                if MERGED.contains(&name) && self.from == From::Operator {
                    // Before, the layer took the place of those below it.
                    flags.limits(name, MERGES);
                    flags.joined(name, values);
                } else {
                    flags.takes_away(name);
                    named.retain(|known| known != name);
                    if values.is_empty() {
                        continue;
                    }
                    flags.written(name, values);
                }
                named.push(entry.name.clone().into_owned());
            }
        }
        named
    }

    fn value(&self, item: &Cursor<'a>) -> Option<(String, Site)> {
        let text = item.scalar().filter(|_| !item.is_null())?.text().to_owned();
        Some((text, Site { at: self.source.at(item), form: BY_RESOURCE }))
    }

    /// A path as the server takes it (library-go, pkg/config/helpers, `ResolvePaths`).
    fn path(&self, text: &str) -> String {
        match &self.folder {
            Some(folder) if !text.is_empty() && text != "-" && !text.starts_with('/') => {
                format!("{folder}/{}", text.trim_start_matches("./"))
            }
            _ => text.to_owned(),
        }
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
            ("service-cluster-ip-range", &["servicesSubnet"]),
            ("tls-cipher-suites", &["servingInfo", "cipherSuites"]),
            ("tls-min-version", &["servingInfo", "minTLSVersion"]),
        ] {
            if let Some((value, at, how)) = made(path).filter(|_| !is_named(flag)) {
                flags.makes(flag, value, at, how);
            }
        }
        let keys = self.get(&["serviceAccountPublicKeyFiles"]).filter(|_| !is_named("service-account-key-file"));
        if let Some(keys) = keys.filter(|keys| keys.items().len() > 0) {
            let list: Vec<String> = keys.items().take(MOST).filter_map(|key| Some(self.path(key.text()?))).collect();
            let how = "`serviceAccountPublicKeyFiles` decides it";
            flags.makes("service-account-key-file", list.join(","), self.source.at(&keys), how);
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
                let pair = format!("{},{}{suffix}", self.path(&cert), self.path(&key));
                flags.appended("tls-sni-cert-key", [(pair, site)]);
            }
        }
        self.audit(flags, is_named);
        const PLUGINS: &str = "admission-control-config-file";
        let plugins = self.get(&["admission", "pluginConfig"]).filter(|_| !is_named(PLUGINS));
        match (plugins, self.from) {
            (Some(plugins), From::Whole) => {
                let how = "the server writes `admission.pluginConfig` to a file, whose name ends in a number";
                flags.makes(PLUGINS, ADMISSION, self.source.at(&plugins), how);
            }
            (Some(_), From::Part | From::Operator) => {
                flags.sets_unseen(PLUGINS, unseen("the operator puts together what plugins are told"));
            }
            (None, _) => {}
        }
    }

    /// What the server writes for its plugins to read, in the order of their names (`admissionFlags`,
    /// `ConvertOpenshiftAdmissionConfigToKubeAdmissionConfig`).
    pub(super) fn carried(&self) -> Option<(Carried, Mount)> {
        let plugins = self.get(&["admission", "pluginConfig"]).filter(|_| self.from == From::Whole)?;
        let mut left = MOST_NODES;
        let mut named: BTreeMap<String, String> = BTreeMap::new();
        for entry in plugins.entries().take(MOST) {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let path = text_of(&entry.value, "location").map(|path| format!(",\"path\":{}", quoted(&path)));
            let told = entry.value.get("configuration").filter(|told| !told.is_null());
            let told = match told {
                Some(told) => Some(format!(",\"configuration\":{}", embedded::json(&told, &mut left)?)),
                None => None,
            };
            let plugin =
                format!("{{\"name\":{}{}{}}}", quoted(&entry.name), path.unwrap_or_default(), told.unwrap_or_default());
            named.insert(entry.name.into_owned(), plugin);
        }
        let all: Vec<String> = named.into_values().collect();
        let text = format!(
            "{{\"apiVersion\":\"apiserver.k8s.io/v1alpha1\",\"kind\":\"AdmissionConfiguration\",\"plugins\":[{}]}}\n",
            all.join(",")
        );
        Some((embedded::composed(self.source, ADMISSION, text, Vec::new()), Mount::same(ADMISSION)))
    }

    /// `auditConfig`, where it is on (openshift/apiserver-library-go, pkg/configflags/audit.go).
    fn audit(&self, flags: &mut Layers, is_named: &dyn Fn(&str) -> bool) {
        let Some(on) = self.get(&["auditConfig", "enabled"]).filter(Cursor::is_true) else { return };
        let said = |name: &str| {
            let found = self.get(&["auditConfig", name])?;
            let text = found.text().filter(|text| !text.is_empty())?.to_owned();
            Some((text, self.source.at(&found)))
        };
        for (flag, name, is_path) in [
            ("audit-log-format", "logFormat", false),
            ("audit-log-maxage", "maximumFileRetentionDays", false),
            ("audit-log-maxbackup", "maximumRetainedFiles", false),
            ("audit-log-maxsize", "maximumFileSizeMegabytes", false),
            ("audit-policy-file", "policyFile", true),
            ("audit-webhook-config-file", "webHookKubeConfig", true),
            ("audit-webhook-mode", "webHookMode", false),
        ] {
            if let Some((text, at)) = said(name).filter(|_| !is_named(flag)) {
                let text = if is_path { self.path(&text) } else { text };
                flags.makes(flag, text, at, format!("`auditConfig.{name}` decides it"));
            }
        }
        if !is_named("audit-log-path") {
            match said("auditFilePath") {
                Some((text, at)) => {
                    flags.makes("audit-log-path", self.path(&text), at, "`auditConfig.auditFilePath` decides it");
                }
                None => {
                    let how = "`auditConfig.enabled` without a path writes to the log";
                    flags.makes("audit-log-path", "-", self.source.at(&on), how);
                }
            }
        }
        let policy = self.get(&["auditConfig", "policyConfiguration"]);
        if let Some(policy) = policy.filter(|_| !is_named("audit-policy-file") && said("policyFile").is_none()) {
            let how = "the server writes `auditConfig.policyConfiguration` there";
            flags.makes("audit-policy-file", OWN_POLICY, self.source.at(&policy), how);
        }
    }

    /// What the server fills in where a file that it reads says nothing.
    fn filled_in(&self, flags: &mut Layers, is_named: &dyn Fn(&str) -> bool) {
        let is_open = |flag: &str, path: &[&str]| {
            let is_empty = |found: &Cursor<'_>| {
                found.text().map_or(found.items().len() == 0 && found.mapping().is_none(), |text| text.is_empty())
            };
            !is_named(flag) && self.get(path).is_none_or(|found| is_empty(&found))
        };
        for (flag, path, value) in [
            ("bind-address", &["servingInfo", "bindAddress"][..], "0.0.0.0"),
            ("secure-port", &["servingInfo", "bindAddress"], "6443"),
            ("service-cluster-ip-range", &["servicesSubnet"], "10.0.0.0/24"),
            ("tls-min-version", &["servingInfo", "minTLSVersion"], "VersionTLS12"),
        ] {
            match self.from {
                From::Whole if is_open(flag, path) => flags.adds(flag, value),
                // The operator's own file says it where nothing takes that away.
                From::Operator if is_open(flag, path) && !flags.has(flag) => {
                    flags.sets_unseen(flag, unseen("the cluster decides it"));
                }
                _ => {}
            }
        }
        // library-go's list has changed with every few releases (pkg/crypto/crypto.go, DefaultCiphers).
        if is_open("tls-cipher-suites", &["servingInfo", "cipherSuites"]) && !flags.has("tls-cipher-suites") {
            let gap = version_gap("which suites hold where none is named depends on the release of OpenShift");
            flags.sets_unseen("tls-cipher-suites", gap);
        }
        if is_open("service-account-key-file", &["serviceAccountPublicKeyFiles"]) && self.from == From::Whole {
            let gap = unseen("they are the files in a folder of the pod, `configmaps/sa-token-signing-certs`");
            flags.sets_unseen("service-account-key-file", gap);
        }
    }

    /// What keeps the server from reading its file: arguments are lists of texts, which nothing makes of anything else
    /// (enablement.GetOpenshiftConfig, `runtime.Decode`). The operator takes numbers for texts (sigs.k8s.io/yaml).
    pub(super) fn problems(&self) -> Vec<Problem> {
        if self.from != From::Whole {
            return Vec::new();
        }
        let arguments = self.whole.get("apiServerArguments");
        let refused = |at: &Cursor<'a>, message: String| Problem {
            hint: Some("write a list of quoted texts".to_owned()),
            ..self.source.refused(at, message)
        };
        let mut found = Vec::new();
        // net.SplitHostPort takes nothing else.
        if let Some(address) = self.get(&["servingInfo", "bindAddress"])
            && let Some(text) = address.text().filter(|text| !text.is_empty())
            && !text
                .rsplit_once(':')
                .is_some_and(|(host, _)| !host.contains(':') || (host.starts_with('[') && host.ends_with(']')))
        {
            let message =
                format!("the server cannot read its configuration: `{text}` is no host with a port behind it");
            found.push(Problem { hint: Some("write `0.0.0.0:6443`".to_owned()), ..refused(&address, message) });
        }
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
            let name = format!("`apiServerArguments.{}`", entry.name);
            if entry.value.is_null() {
                continue;
            }
            if entry.value.sequence().is_none() {
                let message = format!("the server cannot read its configuration: {name} is no list");
                found.push(refused(&entry.value, message));
            }
            let is_text = |item: &Cursor<'a>| {
                item.is_null() || matches!(item.resolved(), Some(yaml::Resolved::Str(_))) && item.scalar().is_some()
            };
            if let Some(item) = entry.value.items().take(MOST).find(|item| !is_text(item)) {
                let message = format!("the server cannot read its configuration: {name} holds what is no text");
                found.push(refused(&item, message));
            }
        }
        found
    }

    /// What a release of OpenShift decides that no such file names.
    fn left_open(&self, flags: &mut Layers, is_named: &dyn Fn(&str) -> bool) {
        // The operator writes the arguments since 4.6, and nothing else counts.
        let until = (self.from == From::Operator).then(|| crate::within(0, defaults::FIRST - 1));
        let open = |flags: &mut Layers, flag: &str, gap: Gap| match until {
            Some(releases) => flags.sets_unseen_in(flag, gap, releases),
            None => flags.sets_unseen(flag, gap),
        };
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
                open(flags, flag, version_gap(old));
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
                let gap = version_gap("what holds where nothing is said depends on the release of OpenShift");
                open(flags, flag, gap);
            }
        }
        if !is_named("authorization-mode") {
            open(flags, "authorization-mode", version_gap("OpenShift decides by itself who authorizes"));
        }
    }
}

/// Leaves open what the operator may have observed otherwise than its own arguments say.
pub(super) fn may_be_observed(words: &mut [Word], gap: &Gap) {
    for word in words.iter_mut().filter(|word| matches!(word.hand, Hand::Default(_))) {
        let name = word.text.strip_prefix("--").and_then(|text| text.split_once('=')).map_or("", |(name, _)| name);
        if OBSERVED.contains(&name) {
            word.unresolved.get_or_insert_with(|| gap.clone());
        }
    }
}

/// The file of its plugins, but for the number at its end.
const ADMISSION: &str = "/tmp/kubeapiserver-admission-config.yaml";

/// More nodes than what plugins are told has.
const MOST_NODES: usize = 1 << 14;

/// What the server writes itself, below the folder that it is started in.
const OWN_POLICY: &str = "openshift.local.audit/policy.yaml";

/// Whether a word is a field with a path that begins in the folder of the file.
fn is_relative(word: &Word) -> bool {
    const PATHS: [&str; 5] = [
        "--audit-log-path",
        "--audit-policy-file",
        "--audit-webhook-config-file",
        "--service-account-key-file",
        "--tls-sni-cert-key",
    ];
    let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| PATHS.contains(name)) else { return false };
    let is_field = word.hand != Hand::Written || name == "--tls-sni-cert-key";
    let paths = value.split(':').next().unwrap_or_default().split(',');
    is_field && value != OWN_POLICY && paths.filter(|path| *path != "-").any(|path| !path.starts_with('/'))
}
