//! RKE's `cluster.yml` (RKE1), as the API server that RKE starts in a container on each control plane node.
//!
//! What RKE adds is in rancher/rke (cluster/plan.go, BuildKubeAPIProcess; cluster/defaults.go; read at v0.1.9 to v1.6.3) and,
//! by release, in rancher/kontainer-driver-metadata (pkg/rke/k8s_service_options.go, up to 1.31).
//! `services.kube-api.extra_args` wins over all of it, and `extra_args_array` comes behind.

pub(super) mod kubelet;
mod refused;

use model::{Evidence, Form, Gap, GapKind, Location, Problem, Site, Version};
use yaml::Cursor;

use super::{
    Source,
    command::{self, Program},
    embedded,
    kubeadm::{release, tagged},
    layers::{Layers, map_at, outside},
    lookup::{find, text_of},
};
use crate::{Carried, Invocation, Mount, onward, within};

const NAME: &str = "RKE";

/// Where Rancher keeps the same settings in a definition of its own.
const NESTED: &str = "rancher_kubernetes_engine_config";

/// Nodes that are looked at, and flags of one map.
const MOST: usize = 512;

/// The releases of which RKE's own flags are known: before, RKE 0.1 and 0.2 set different ones for one release; later ones
/// are not in the data that was looked at.
const KNOWN: (u16, u16) = (14, 31);

/// From here on they do not depend on the release of RKE. Audit logs came to be on by default at 1.15.11, 1.16.8 and 1.17.4.
const SURE: u16 = 18;

/// The releases that were deployed both without the file for admission plug-ins, which RKE 1.4.4 came to give always, and with
/// it (MinRKEVersion and MaxRKEVersion of pkg/rke/k8s_version_info.go).
const WITH_OR_WITHOUT_FILE: (u16, u16) = (23, 24);

/// Where RKE keeps certificates (pki.GetCertPath).
const CERTIFICATES: &str = "/etc/kubernetes/ssl";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    ["controlplane", "kube-api:", NESTED].iter().any(|word| text.contains(word))
}

/// Whether a text defines a cluster of RKE.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| definition(&document.cursor()).is_some())
}

/// The API server of every cluster of RKE that a text defines.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        if let Some(root) = definition(&document.cursor()) {
            found.push(Cluster { source, root }.invocation(source.problems(document), evidence));
        }
    }
    found
}

/// What defines the cluster: the document itself, or a part of a definition that Rancher keeps.
fn definition<'a>(root: &Cursor<'a>) -> Option<Cursor<'a>> {
    if let Some(nested) = root.get(NESTED) {
        return nested.mapping().is_some().then_some(nested);
    }
    // The file names no kind, so it is known by its nodes with their roles and something else of its own; or, while nobody
    // has filled the nodes in, by what it says of the API server.
    let nodes = root.get("nodes")?;
    let starts_one = nodes
        .items()
        .take(MOST)
        .any(|node| node.get("address").is_some() && node.get("role").is_some_and(|roles| has(&roles, "controlplane")));
    let own = ["services", "kubernetes_version", "network", "ssh_key_path", "cluster_name", "system_images", "ingress"];
    let says_more = own.iter().any(|key| root.get(key).is_some());
    let server = root.get("services").and_then(|services| services.get("kube-api"));
    let is_open = nodes.items().next().is_none() && server.is_some_and(|server| server.mapping().is_some());
    ((starts_one && says_more) || is_open).then(|| root.clone())
}

fn has(roles: &Cursor<'_>, wanted: &str) -> bool {
    roles.items().any(|role| role.text() == Some(wanted))
}

struct Cluster<'a> {
    source: &'a Source<'a>,
    root: Cursor<'a>,
}

impl<'a> Cluster<'a> {
    /// The addresses of the nodes that have a role, as the others reach them.
    fn addresses(&self, role: &str) -> Vec<String> {
        let nodes = find(&self.root, &["nodes"]);
        let nodes = nodes.iter().flat_map(|nodes| nodes.items().take(MOST).collect::<Vec<_>>());
        nodes
            .filter(|node| node.get("role").is_some_and(|roles| has(&roles, role)))
            .filter_map(|node| text_of(&node, "internal_address").or_else(|| text_of(&node, "address")))
            .collect()
    }

    fn version(&self) -> Option<(Version, Location)> {
        let asked =
            self.source.text(&self.root, &["kubernetes_version"]).and_then(|(text, at)| Some((release(&text)?, at)));
        asked.or_else(|| {
            let (image, at) = self.source.text(&self.root, &["system_images", "kubernetes"])?;
            Some((tagged(&image)?, at))
        })
    }

    /// Where an argument would be added.
    fn home(&self) -> Site {
        map_at(self.source, &self.root, &["services", "kube-api", "extra_args"])
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let mut flags = Layers::new(NAME, self.home());
        self.added(&mut flags);
        self.by_release(&mut flags);
        self.made(&mut flags);
        self.written(&mut flags);
        let version = self.version();
        let gap = Gap {
            kind: GapKind::Version,
            reason: "what RKE adds to the API server of that release is not known to this build".to_owned(),
            wanted: "the arguments of the running container `kube-apiserver`".to_owned(),
            who_could_answer: "a control plane node of the cluster".to_owned(),
        };
        let mut words = outside(KNOWN, &gap, &self.home());
        words.extend(flags.words());
        let open_ended = command::shorten(&mut words);
        let name = text_of(&self.root, "cluster_name").filter(|name| !name.is_empty());
        let problems = problems.into_iter().chain(self.refusals()).collect();
        Invocation {
            open_ended,
            list: Some(self.home()),
            version,
            releases: onward(8),
            mounts: self.mounts(),
            carried: self.carried(evidence),
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, name, words)
        }
    }

    /// What RKE adds whatever the release is.
    fn added(&self, flags: &mut Layers) {
        let file = |name: &str| format!("{CERTIFICATES}/{name}.pem");
        flags.adds("client-ca-file", file("kube-ca"));
        flags.adds("kubelet-client-certificate", file("kube-apiserver"));
        flags.adds("kubelet-client-key", file("kube-apiserver-key"));
        flags.adds("proxy-client-cert-file", file("kube-apiserver-proxy-client"));
        flags.adds("proxy-client-key-file", file("kube-apiserver-proxy-client-key"));
        flags.adds("requestheader-allowed-names", "kube-apiserver-proxy-client");
        flags.adds("requestheader-client-ca-file", file("kube-apiserver-requestheader-ca"));
        flags.adds("service-account-key-file", file("kube-service-account-token-key"));
        flags.adds("tls-cert-file", file("kube-apiserver"));
        flags.adds("tls-private-key-file", file("kube-apiserver-key"));
        flags.adds("service-cluster-ip-range", "10.43.0.0/16");
        flags.adds("service-node-port-range", "30000-32767");
        flags.adds("etcd-prefix", "/registry");
        flags.adds("etcd-cafile", file("kube-ca"));
        flags.adds("etcd-certfile", file("kube-node"));
        flags.adds("etcd-keyfile", file("kube-node-key"));
        flags.adds("authorization-mode", "Node,RBAC");
        flags.adds("cloud-provider", "");
    }

    /// What it adds by release (getKubeAPIOptions116 to getKubeAPIOptions124), and its audit log.
    fn by_release(&self, flags: &mut Layers) {
        const SUITES: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                              TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                              TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";
        let known = within(KNOWN.0, KNOWN.1);
        for (name, value) in [
            ("tls-cipher-suites", SUITES),
            ("allow-privileged", "true"),
            ("anonymous-auth", "false"),
            ("bind-address", "0.0.0.0"),
            ("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname"),
            ("profiling", "false"),
            ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
            ("requestheader-group-headers", "X-Remote-Group"),
            ("requestheader-username-headers", "X-Remote-User"),
            ("secure-port", "6443"),
            ("service-account-lookup", "true"),
            ("storage-backend", "etcd3"),
        ] {
            flags.adds_in(name, value, known);
        }
        let sure = within(SURE, KNOWN.1);
        flags.adds_in(ADMISSION_FILE, ADMISSION, within(WITH_OR_WITHOUT_FILE.1 + 1, KNOWN.1));
        let either = Gap { kind: GapKind::Version, ..unseen("it depends on the release of RKE as well") };
        flags.sets_unseen_in(ADMISSION_FILE, either, within(WITH_OR_WITHOUT_FILE.0, WITH_OR_WITHOUT_FILE.1));
        for (name, value) in
            [("runtime-config", "authorization.k8s.io/v1beta1=true"), ("enable-admission-plugins", PLUGINS)]
                .into_iter()
                .chain(AUDIT.map(|(_, flag, value)| (flag, value)))
                .chain([(AUDIT_POLICY_FLAG, AUDIT_POLICY)])
        {
            flags.adds_in(name, value, sure);
            let reason = "it depends on the release of RKE as well".to_owned();
            flags.sets_unseen_in(name, Gap { kind: GapKind::Version, ..unseen(&reason) }, within(KNOWN.0, SURE - 1));
        }
        flags.adds_in("insecure-port", "0", within(KNOWN.0, 23));
        let issuing = within(20, KNOWN.1);
        flags.adds_in("service-account-issuer", "rke", issuing);
        let key = format!("{CERTIFICATES}/kube-service-account-token-key.pem");
        flags.adds_in("service-account-signing-key-file", key, issuing);
        flags.adds_in("api-audiences", "unknown", issuing);
        flags.adds_in("feature-gates", "ServiceAccountIssuerDiscovery=false", within(20, 20));
    }

    /// What RKE makes of settings of its own.
    fn made(&self, flags: &mut Layers) {
        let how = |path: &[&str]| format!("`{}` decides it", path.join("."));
        for (path, flag) in [
            (&["services", "kube-api", "service_cluster_ip_range"][..], "service-cluster-ip-range"),
            (&["services", "kube-api", "service_node_port_range"], "service-node-port-range"),
        ] {
            if let Some((value, at)) = self.source.text(&self.root, path) {
                flags.makes(flag, value, at, how(path));
            }
        }
        if let Some((_, at)) =
            self.source.text(&self.root, &["authorization", "mode"]).filter(|(mode, _)| mode != "rbac")
        {
            // Without it the server allows everything, and nothing is written for it.
            flags.makes("authorization-mode", "AlwaysAllow", at, "without `rbac` RKE gives no authorizer");
        }
        if let Some((provider, at)) = self.cloud() {
            flags.makes("cloud-provider", provider, at.clone(), how(&["cloud_provider"]));
            flags.makes("cloud-config", "/etc/kubernetes/cloud-config", at, how(&["cloud_provider"]));
        }
        self.webhook(flags);
        if let Some(at) = self.source.on(&self.root, &["services", "kube-api", "secrets_encryption_config", "enabled"])
        {
            flags.makes("encryption-provider-config", ENCRYPTION, at, how(&["secrets_encryption_config", "enabled"]));
        }
        if let Some(at) = self.source.on(&self.root, &["services", "kubelet", "generate_serving_certificate"]) {
            let file = format!("{CERTIFICATES}/kube-ca.pem");
            flags.makes("kubelet-certificate-authority", file, at, how(&["kubelet", "generate_serving_certificate"]));
        }
        self.etcd(flags);
        self.advertised(flags);
        self.admission(flags);
        self.audit(flags);
    }

    /// The cloud by its name, or by the last of those that are configured (cloudprovider.InitCloudProvider).
    fn cloud(&self) -> Option<(String, Location)> {
        const CLOUDS: [(&str, &str); 5] = [
            ("harvesterCloudProvider", "harvester"),
            ("vsphereCloudProvider", "vsphere"),
            ("openstackCloudProvider", "openstack"),
            ("azureCloudProvider", "azure"),
            ("awsCloudProvider", "aws"),
        ];
        let named = self.source.text(&self.root, &["cloud_provider", "name"]);
        let is_custom = self.source.text(&self.root, &["cloud_provider", "customCloudProvider"]).is_some();
        let of = |(key, name): &(&str, &str)| {
            let found = find(&self.root, &["cloud_provider", key]).map(|found| self.source.at(&found));
            let at = found.or_else(|| named.as_ref().filter(|(own, _)| own == name).map(|(_, at)| at.clone()));
            at.map(|at| ((*name).to_owned(), at))
        };
        let configured = CLOUDS.iter().find_map(of).filter(|_| !is_custom);
        let (name, at) = configured.or_else(|| named.clone())?;
        // getCloudProviderName
        Some((if name == "external-aws" { "external".to_owned() } else { name }, at))
    }

    /// Who is asked about tokens (setClusterAuthnDefaults).
    fn webhook(&self, flags: &mut Layers) {
        const CONFIG: &str = "authentication-token-webhook-config-file";
        const TTL: &str = "authentication-token-webhook-cache-ttl";
        let strategy = ["authentication", "strategy"];
        let named = self
            .source
            .text(&self.root, &strategy)
            .filter(|(text, _)| text.split('|').any(|strategy| strategy.trim().eq_ignore_ascii_case("webhook")));
        let webhook = find(&self.root, &["authentication", "webhook"]);
        let Some(at) = webhook.as_ref().map(|webhook| self.source.at(webhook)).or(named.map(|(_, at)| at)) else {
            // Rancher has its own service answer where the endpoint of the cluster itself is open to its users.
            let endpoint = self.root.parent().and_then(|around| around.get("local_cluster_auth_endpoint"));
            let is_open = endpoint.and_then(|endpoint| endpoint.get("enabled"));
            if is_open.is_some_and(|open| open.is_true()) {
                flags.sets_unseen(CONFIG, unseen("Rancher decides it where it opens the cluster's own endpoint"));
                flags.sets_unseen(TTL, unseen("Rancher decides it where it opens the cluster's own endpoint"));
            }
            return;
        };
        let how = "`authentication` asks for a webhook";
        flags.makes(CONFIG, "/etc/kubernetes/kube-api-authn-webhook.yaml", at.clone(), how);
        match self.source.text(&self.root, &["authentication", "webhook", "cache_timeout"]) {
            Some((time, at)) => flags.makes(TTL, time, at, "`authentication.webhook.cache_timeout` decides it"),
            None => flags.makes(TTL, "5s", at, how),
        }
    }

    fn etcd(&self, flags: &mut Layers) {
        let external = ["services", "etcd", "external_urls"];
        let urls = find(&self.root, &external).filter(|urls| urls.items().next().is_some());
        if let Some(urls) = urls {
            let at = self.source.at(&urls);
            let how = "`services.etcd.external_urls` decides it";
            let list: Vec<&str> = urls.items().filter_map(|url| url.text()).collect();
            flags.makes("etcd-servers", list.join(","), at.clone(), how);
            let path =
                self.source.text(&self.root, &["services", "etcd", "path"]).map(|(path, _)| path).unwrap_or_default();
            flags.makes("etcd-prefix", path, at.clone(), how);
            for (flag, file) in [
                ("etcd-cafile", "kube-etcd-client-ca"),
                ("etcd-certfile", "kube-etcd-client"),
                ("etcd-keyfile", "kube-etcd-client-key"),
            ] {
                flags.makes(flag, format!("{CERTIFICATES}/{file}.pem"), at.clone(), how);
            }
            return;
        }
        // GetEtcdConnString names the node itself first, so that the order differs from node to node.
        let servers: Vec<String> =
            self.addresses("etcd").iter().map(|address| format!("https://{address}:2379")).collect();
        match find(&self.root, &["nodes"]) {
            Some(nodes) if !servers.is_empty() => {
                flags.makes(
                    "etcd-servers",
                    servers.join(","),
                    self.source.at(&nodes),
                    "the nodes with etcd decide it, each naming itself first",
                );
            }
            _ => flags.sets_unseen("etcd-servers", unseen("the nodes with etcd are not in this file")),
        }
    }

    fn advertised(&self, flags: &mut Layers) {
        match &self.addresses("controlplane")[..] {
            [only] if only.parse::<std::net::IpAddr>().is_ok() => {
                let at = find(&self.root, &["nodes"])
                    .map_or_else(|| self.source.at(&self.root), |nodes| self.source.at(&nodes));
                flags.makes("advertise-address", only, at, "the address of the node decides it");
            }
            // What is no address is not given.
            [_] => {}
            _ => flags.sets_unseen("advertise-address", unseen("it is the address of each control plane node")),
        }
    }

    fn admission(&self, flags: &mut Layers) {
        let mut plugins = PLUGINS.to_owned();
        let mut last = None;
        for (path, plugin) in [
            (&["services", "kube-api", "pod_security_policy"][..], "PodSecurityPolicy"),
            (&["services", "kube-api", "always_pull_images"], "AlwaysPullImages"),
            (&["services", "kube-api", "event_rate_limit", "enabled"], "EventRateLimit"),
        ] {
            let Some(at) = self.source.on(&self.root, path) else { continue };
            plugins = format!("{plugins},{plugin}");
            if plugin == "PodSecurityPolicy" {
                let how = "`pod_security_policy` decides it";
                flags.makes("runtime-config", "policy/v1beta1/podsecuritypolicy=true", at.clone(), how);
            }
            if plugin == "EventRateLimit" {
                // The plug-in has to be told its limits; RKE before 1.0 knows no such thing.
                let how = "`event_rate_limit` brings a file for it";
                flags.makes_in(ADMISSION_FILE, ADMISSION, at.clone(), how, within(SURE, KNOWN.1));
                let gap = Gap { kind: GapKind::Version, ..unseen("it depends on the release of RKE as well") };
                flags.sets_unseen_in(ADMISSION_FILE, gap, within(KNOWN.0, SURE - 1));
            }
            last = Some((at, path.join(".")));
        }
        if let Some((at, path)) = last {
            flags.makes("enable-admission-plugins", plugins, at, format!("RKE adds what `{path}` asks for"));
        }
    }

    fn audit(&self, flags: &mut Layers) {
        let Some(log) = find(&self.root, &["services", "kube-api", "audit_log"]) else { return };
        let at = self.source.at(&log);
        let is_on = self.source.on(&self.root, &["services", "kube-api", "audit_log", "enabled"]).is_some();
        match log.get("configuration").filter(|found| !found.is_null()) {
            Some(configuration) => {
                let how = "`audit_log.configuration` decides it";
                // What it leaves out is nothing, not the default; and `enabled` is not asked.
                for (field, flag, _) in AUDIT {
                    let found = configuration.get(field);
                    let at = found.as_ref().map_or_else(|| at.clone(), |found| self.source.at(found));
                    let nothing = if field.starts_with("max") { "0" } else { "" };
                    let value = found.as_ref().and_then(|found| found.text()).unwrap_or(nothing);
                    flags.makes(flag, value, at, how);
                }
                flags.makes(AUDIT_POLICY_FLAG, AUDIT_POLICY, at, how);
            }
            None if is_on => {
                for (flag, value) in AUDIT.map(|(_, flag, value)| (flag, value)) {
                    flags.makes(flag, value, at.clone(), "`audit_log.enabled` decides it");
                }
                flags.makes(AUDIT_POLICY_FLAG, AUDIT_POLICY, at, "`audit_log.enabled` decides it");
            }
            None => {
                for flag in AUDIT.map(|(_, flag, _)| flag).into_iter().chain([AUDIT_POLICY_FLAG]) {
                    flags.takes_away(flag);
                }
            }
        }
    }

    /// The files that are written out in the definition.
    fn carried(&self, evidence: &[Evidence]) -> Vec<Carried> {
        let files = [
            (ENCRYPTION, &["services", "kube-api", "secrets_encryption_config", "custom_config"][..]),
            (AUDIT_POLICY, &["services", "kube-api", "audit_log", "configuration", "policy"]),
        ];
        let file = |(path, keys): (&str, &[&str])| {
            let found = find(&self.root, keys).filter(|found| found.mapping().is_some())?;
            let evidence = embedded::part(self.source, &found, None, &[], evidence).ok()?;
            Some(Carried { path: path.to_owned(), evidence })
        };
        files.into_iter().filter_map(file).collect()
    }

    fn written(&self, flags: &mut Layers) {
        let place = |value: &Cursor<'_>, form| Site { at: self.source.at(value), form };
        let arguments = find(&self.root, &["services", "kube-api", "extra_args"]);
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
            let value = entry.value.text().unwrap_or_default().to_owned();
            let value = if entry.value.is_null() { String::new() } else { value };
            flags.written(&entry.name, [(value, place(&entry.value, Form::Entry))]);
        }
        let arrays = find(&self.root, &["services", "kube-api", "extra_args_array"]);
        for entry in arrays.iter().flat_map(|arrays| arrays.entries()).take(MOST) {
            let values: Vec<(String, Site)> = entry
                .value
                .items()
                .take(MOST)
                .map(|value| (value.text().unwrap_or_default().to_owned(), place(&value, Form::Field)))
                .collect();
            flags.appended(&entry.name, values);
        }
    }

    fn mounts(&self) -> Vec<Mount> {
        let mut mounts = vec![Mount::same("/etc/kubernetes"), Mount::same("/var/log/kube-audit")];
        let binds = find(&self.root, &["services", "kube-api", "extra_binds"]);
        for bind in binds.iter().flat_map(|binds| binds.items().take(MOST).collect::<Vec<_>>()) {
            mounts.extend(bind.text().and_then(Mount::bind));
        }
        mounts
    }
}

const PLUGINS: &str = "NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,\
                       MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota,NodeRestriction,Priority,\
                       TaintNodesByCondition,PersistentVolumeClaimResize";

const ADMISSION_FILE: &str = "admission-control-config-file";

const ADMISSION: &str = "/etc/kubernetes/admission.yaml";

/// The fields of `audit_log.configuration`, the flags that they become, and what newDefaultAuditLogConfig gives them.
const AUDIT: [(&str, &str, &str); 5] = [
    ("path", "audit-log-path", "/var/log/kube-audit/audit-log.json"),
    ("max_age", "audit-log-maxage", "30"),
    ("max_backup", "audit-log-maxbackup", "10"),
    ("max_size", "audit-log-maxsize", "100"),
    ("format", "audit-log-format", "json"),
];

const AUDIT_POLICY_FLAG: &str = "audit-policy-file";

const AUDIT_POLICY: &str = "/etc/kubernetes/audit-policy.yaml";

/// EncryptionProviderFilePath
const ENCRYPTION: &str = "/etc/kubernetes/ssl/encryption.yaml";

/// What the running server alone can tell.
fn unseen(reason: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted: "the arguments of the running container `kube-apiserver`".to_owned(),
        who_could_answer: "a control plane node of the cluster".to_owned(),
    }
}
