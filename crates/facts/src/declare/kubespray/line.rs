//! The arguments that one release of kubespray has kubeadm give the API server, in the order of its template
//! (templates/kubeadm-config.v1beta1 to v1beta4.yaml.j2 of roles/kubernetes/control-plane, before v2.16.0 `master`).

use model::{Form, Gap, GapKind, Location, Site};

use super::{
    EXTRA, MANIFESTS, MOST, NAME,
    flags::{
        ANONYMOUS, AUTHENTICATION_FILE, AUTHORIZATION_FILE, AUTHORIZERS, BIND, LOOKUP, OFF, ON, PROFILING, SUITES,
        TIMEOUT, TLS, TTL, is_kubeadm_etcd, unresolved, version_of_authentication, version_of_authorization,
    },
    variables::{Said, Variables},
};
use crate::{Hand, Word, declare::agree::Given};

/// The folder in which kubespray looks for its files, by the variable.
const CONFIGURATION: &str = "kube_config_dir";
const CERTIFICATES: &str = "kube_cert_dir";

const IN_A_LIST: Form = Form::ByHand("its values stand in a list, which is changed by hand");

/// Whether a switch is on.
enum On {
    /// And where it says so; nobody may have written it.
    Yes(Option<Location>),
    No,
    Open(Gap),
}

/// A command line that is being made.
pub(super) struct Line<'v, 'a> {
    pub(super) variables: &'v Variables<'a>,
    pub(super) kubespray: u16,
    pub(super) minor: u16,
    pub(super) given: Vec<Given>,
}

impl Line<'_, '_> {
    /// Up to v1beta3 arguments are a map, in which the last of two counts; a list (v1beta4) gives both.
    fn put(&mut self, flag: &str, words: Vec<Word>) {
        let before = self.given.iter().position(|given| given.name == flag).map(|at| self.given.remove(at));
        let words = match before.filter(|_| self.is_list()) {
            Some(before) => self.both(before.words, words),
            None => words,
        };
        self.given.push(Given { name: flag.to_owned(), words });
    }

    fn word(&self, flag: &str, value: &str, site: Site, hand: Hand) -> Word {
        Word { hand, ..Word::written(format!("--{flag}={value}"), site) }
    }

    /// What kubespray gives unasked.
    fn adds(&mut self, flag: &str, value: &str) {
        let word = self.word(flag, value, self.variables.home(), Hand::Default(NAME));
        self.put(flag, vec![word]);
    }

    /// What a variable is given as.
    fn writes(&mut self, flag: &str, value: &str, at: Location, form: Form) {
        let word = self.word(flag, value, Site { at, form }, Hand::Written);
        self.put(flag, vec![word]);
    }

    /// What a switch adds.
    fn makes(&mut self, flag: &str, switch: &str, value: Result<String, Gap>, at: Option<&Location>) {
        match (value, at) {
            (Ok(value), Some(at)) => {
                let site = Site { at: at.clone(), form: Form::Field };
                let word = self.word(flag, &value, site, Hand::Made(format!("`{switch}` decides it")));
                self.put(flag, vec![word]);
            }
            (Ok(value), None) => self.adds(flag, &value),
            (Err(gap), _) => self.open(flag, gap),
        }
    }

    fn open(&mut self, flag: &str, gap: Gap) {
        let word = self.word(flag, "", self.variables.home(), Hand::Default(NAME));
        self.put(flag, vec![Word { unresolved: Some(gap), ..word }]);
    }

    fn on(&self, switch: &str, own: bool) -> On {
        match self.variables.switch(switch) {
            Said::Value(true, at) => On::Yes(Some(at)),
            Said::Value(false, _) => On::No,
            Said::Open(gap) => On::Open(gap),
            Said::Nothing if own => On::Yes(None),
            Said::Nothing => On::No,
        }
    }

    /// Where a switch is on that is off by itself; the flags that hang on it are open where nobody can tell.
    fn switched(&mut self, switch: &str, flags: &[&str]) -> Option<Location> {
        match self.on(switch, false) {
            On::Yes(at) => at,
            On::No => None,
            On::Open(gap) => {
                flags.iter().for_each(|flag| self.open(flag, gap.clone()));
                None
            }
        }
    }

    fn text(&mut self, flag: &str, variable: &str, own: &str) {
        match self.variables.text(variable) {
            Said::Value(text, at) => self.writes(flag, &text, at, Form::Field),
            Said::Open(gap) => self.open(flag, gap),
            Said::Nothing => self.adds(flag, own),
        }
    }

    /// The same of a variable that kubespray has no value for.
    fn text_if(&mut self, flag: &str, variable: &str) {
        if !matches!(self.variables.node(variable), Said::Nothing) {
            self.text(flag, variable, "");
        }
    }

    fn boolean(&mut self, flag: &str, variable: &str, own: bool) {
        match self.variables.switch(variable) {
            Said::Value(on, at) => self.writes(flag, printed(on), at, Form::Field),
            Said::Open(gap) => self.open(flag, gap),
            Said::Nothing => self.adds(flag, printed(own)),
        }
    }

    /// A list that is joined by commas; an empty one gives no flag.
    fn list(&mut self, flag: &str, variable: &str) {
        match self.variables.list(variable) {
            Said::Value(list, _) if list.is_empty() => {}
            Said::Value(list, at) => self.writes(flag, &list.join(","), at, IN_A_LIST),
            Said::Open(gap) => self.open(flag, gap),
            Said::Nothing => {}
        }
    }

    fn below(&self, variable: &str, name: &str) -> Result<String, Gap> {
        Ok(format!("{}/{name}", self.variables.folder(variable)?))
    }

    /// Whether the template of v1beta4 is taken: the only one from 2.31 on, and before where kubeadm reads it.
    fn is_list(&self) -> bool {
        self.kubespray >= 31 || (self.kubespray >= 27 && self.minor >= 31)
    }

    pub(super) fn make(&mut self) {
        let release = self.kubespray;
        if release >= 24 {
            self.text("etcd-compaction-interval", "kube_apiserver_etcd_compaction_interval", "5m0s");
        }
        if release >= 15 {
            for (flag, variable) in [
                ("default-not-ready-toleration-seconds", "kube_apiserver_pod_eviction_not_ready_timeout_seconds"),
                ("default-unreachable-toleration-seconds", "kube_apiserver_pod_eviction_unreachable_timeout_seconds"),
            ] {
                self.text(flag, variable, "300");
            }
        }
        self.structured();
        self.text(BIND.setting, BIND.field, if release >= 28 { "::" } else { "0.0.0.0" });
        self.admission();
        self.open("apiserver-count", unresolved("it is the number of hosts in the group of the control plane"));
        self.adds("endpoint-reconciler-type", "lease");
        if !matches!(self.on("etcd_events_cluster_enabled", false), On::No) {
            self.open("etcd-servers-overrides", unresolved("it follows from the hosts of the inventory"));
        }
        self.text("service-node-port-range", "kube_apiserver_node_port_range", "30000-32767");
        self.network();
        self.text(
            "kubelet-preferred-address-types",
            "kubelet_preferred_address_types",
            "InternalDNS,InternalIP,Hostname,ExternalDNS,ExternalIP",
        );
        self.boolean(PROFILING.setting, PROFILING.field, false);
        self.text(TIMEOUT.setting, TIMEOUT.field, "1m0s");
        self.boolean("enable-aggregator-routing", "kube_api_aggregator_routing", false);
        self.passwords();
        // Where it is off nothing is given, and the server looks accounts up by itself.
        if release >= 19 {
            match self.on(LOOKUP.field, true) {
                On::Yes(Some(at)) => self.writes(LOOKUP.setting, "true", at, Form::Field),
                On::Yes(None) => self.adds(LOOKUP.setting, "true"),
                On::Open(gap) => self.open(LOOKUP.setting, gap),
                On::No => {}
            }
        }
        self.issuers();
        self.webhooks();
        let (flag, switch) = ("encryption-provider-config", "kube_encrypt_secret_data");
        if let Some(at) = self.switched(switch, &[flag]) {
            self.makes(flag, switch, self.below(CERTIFICATES, "secrets_encryption.yaml"), Some(&at));
        }
        self.text("storage-backend", "kube_apiserver_storage_backend", "etcd3");
        self.list("runtime-config", "kube_api_runtime_config");
        self.adds("allow-privileged", "true");
        self.audit();
        self.extra();
        self.gates();
        self.cloud();
        if release >= 14 {
            self.text_if(TLS.setting, TLS.field);
            self.list(SUITES.setting, SUITES.field);
            self.text(TTL.setting, TTL.field, "1h0m0s");
            let (flag, switch) = ("kubelet-certificate-authority", "kubelet_rotate_server_certificates");
            if let Some(at) = self.switched(switch, &[flag]) {
                self.makes(flag, switch, self.below(CERTIFICATES, "ca.crt"), Some(&at));
            }
        }
        if release >= 25 {
            let (flag, switch) = ("tracing-config-file", "kube_apiserver_tracing");
            if let Some(at) = self.switched(switch, &[flag]) {
                self.makes(flag, switch, self.below(CONFIGURATION, "tracing/apiserver-tracing.yaml"), Some(&at));
            }
        }
        self.etcd();
    }

    /// Files that say who is served and who may do what, and the flags in whose place they come.
    fn structured(&mut self) {
        let authentication = match self.kubespray {
            31.. => self.on(AUTHENTICATION_FILE, false),
            _ => On::No,
        };
        match authentication {
            On::No => self.boolean(ANONYMOUS.setting, ANONYMOUS.field, true),
            On::Yes(at) => {
                let name = format!("apiserver-authentication-config-{}.yaml", version_of_authentication(self.minor));
                self.makes("authentication-config", AUTHENTICATION_FILE, self.below(CONFIGURATION, &name), at.as_ref());
            }
            On::Open(gap) => {
                self.open("authentication-config", gap.clone());
                self.open(ANONYMOUS.setting, gap);
            }
        }
        let authorization = match self.kubespray {
            28.. => self.on(AUTHORIZATION_FILE, false),
            _ => On::No,
        };
        match authorization {
            On::No => match self.variables.list(AUTHORIZERS.field) {
                Said::Value(list, at) => self.writes(AUTHORIZERS.setting, &list.join(","), at, IN_A_LIST),
                Said::Open(gap) => self.open(AUTHORIZERS.setting, gap),
                Said::Nothing => self.adds(AUTHORIZERS.setting, "Node,RBAC"),
            },
            On::Yes(at) => {
                let name = format!("apiserver-authorization-config-{}.yaml", version_of_authorization(self.minor));
                self.makes("authorization-config", AUTHORIZATION_FILE, self.below(CONFIGURATION, &name), at.as_ref());
            }
            On::Open(gap) => {
                self.open("authorization-config", gap.clone());
                self.open(AUTHORIZERS.setting, gap);
            }
        }
    }

    fn admission(&mut self) {
        // From 2.24 on there is no PodSecurityPolicy.
        let policies = match self.kubespray {
            24.. => On::No,
            _ => self.on("podsecuritypolicy_enabled", false),
        };
        match (policies, self.variables.list(ON.field)) {
            (On::No, _) => self.list(ON.setting, ON.field),
            (On::Open(gap), _) | (On::Yes(_), Said::Open(gap)) => self.open(ON.setting, gap),
            (On::Yes(at), said) => {
                // roles/kubernetes/control-plane/tasks/main.yml: a union with the plug-in, less another one.
                let mut list = if let Said::Value(list, _) = said { list } else { Vec::new() };
                list.retain(|plugin| plugin != "SecurityContextDeny");
                if !list.iter().any(|plugin| plugin == "PodSecurityPolicy") {
                    list.push("PodSecurityPolicy".to_owned());
                }
                self.makes(ON.setting, "podsecuritypolicy_enabled", Ok(list.join(",")), at.as_ref());
            }
        }
        if self.kubespray >= 19 {
            let (flag, switch) = ("admission-control-config-file", "kube_apiserver_admission_control_config_file");
            if let Some(at) = self.switched(switch, &[flag]) {
                self.makes(flag, switch, self.below(CONFIGURATION, "admission-controls.yaml"), Some(&at));
            }
        }
        self.list(OFF.setting, OFF.field);
    }

    /// Addresses and ports. From 2.20 on kubespray opens no port without TLS.
    fn network(&mut self) {
        let flag = "service-cluster-ip-range";
        let ranges = |line: &Self| {
            let range = |variable: &str, own: &str| match line.variables.text(variable) {
                Said::Value(text, at) => Ok((text, Some(at))),
                Said::Open(gap) => Err(gap),
                Said::Nothing => Ok((own.to_owned(), None)),
            };
            let is_on = |switch: &str, own: bool| match line.on(switch, own) {
                On::Yes(_) => Ok(true),
                On::No => Ok(false),
                On::Open(gap) => Err(gap),
            };
            let older = is_on("enable_dual_stack_networks", false);
            let (four, six) = match line.kubespray {
                28.. => (is_on("ipv4_stack", true)?, is_on("ipv6_stack", older?)?),
                16.. => (true, older?),
                _ => (true, false),
            };
            let four = four.then(|| range("kube_service_addresses", "10.233.0.0/18")).transpose()?;
            let six = six.then(|| range("kube_service_addresses_ipv6", "fd85:ee78:d8a6:8607::1000/116")).transpose()?;
            Ok((four, six))
        };
        match ranges(self) {
            Err(gap) => self.open(flag, gap),
            Ok((Some((range, at)), None) | (None, Some((range, at)))) => match at {
                Some(at) => self.writes(flag, &range, at, Form::Field),
                None => self.adds(flag, &range),
            },
            Ok((Some((four, at)), Some((six, other)))) => {
                let how = "kube_service_addresses` and `kube_service_addresses_ipv6";
                self.makes(flag, how, Ok(format!("{four},{six}")), at.or(other).as_ref());
            }
            Ok((None, None)) => self.open(flag, unresolved("neither family of addresses is on")),
        }
        if self.kubespray < 20 {
            self.text("insecure-port", "kube_apiserver_insecure_port", "0");
            match self.variables.text("kube_apiserver_insecure_port") {
                Said::Value(port, _) if port == "0" => {}
                Said::Nothing => {}
                _ => self.text("insecure-bind-address", "kube_apiserver_insecure_bind_address", "127.0.0.1"),
            }
        }
    }

    /// An etcd of kubespray's own or of somebody else, unless kubeadm starts it. Arguments take the place of what kubeadm
    /// makes of it.
    fn etcd(&mut self) {
        if is_kubeadm_etcd(self.variables) {
            return;
        }
        let all = ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"];
        let given: Vec<Given> = all
            .iter()
            .filter_map(|flag| {
                let at = self.given.iter().position(|given| given.name == *flag)?;
                Some(self.given.remove(at))
            })
            .collect();
        self.own_etcd(&all);
        self.given.retain(|own| given.iter().all(|other| other.name != own.name));
        self.given.extend(given);
    }

    fn own_etcd(&mut self, flags: &[&str]) {
        for kind in ["etcd_deployment_type", "etcd_kubeadm_enabled"] {
            if let Said::Open(gap) = self.variables.text(kind) {
                flags.iter().for_each(|flag| self.open(flag, gap.clone()));
                return;
            }
        }
        match self.variables.text("etcd_access_addresses") {
            Said::Value(text, at) => self.writes("etcd-servers", &text, at, Form::Field),
            Said::Open(gap) => self.open("etcd-servers", gap),
            Said::Nothing => self.open("etcd-servers", unresolved("it follows from the hosts of the inventory")),
        }
        for (flag, variable, own) in [
            ("etcd-cafile", "kube_etcd_cacert_file", Some("ca.pem")),
            ("etcd-certfile", "kube_etcd_cert_file", None),
            ("etcd-keyfile", "kube_etcd_key_file", None),
        ] {
            let path = match (self.variables.text(variable), own) {
                (Said::Value(name, at), _) => self.below("etcd_cert_dir", &name).map(|path| (path, Some(at))),
                (Said::Open(gap), _) => Err(gap),
                (Said::Nothing, Some(own)) => self.below("etcd_cert_dir", own).map(|path| (path, None)),
                (Said::Nothing, None) => Err(unresolved("it has the name of the host")),
            };
            match path {
                Ok((path, at)) => self.makes(flag, variable, Ok(path), at.as_ref()),
                Err(gap) => self.open(flag, gap),
            }
        }
    }

    /// Passwords, gone with 2.15, and tokens in files, of which the template of v1beta4 has none.
    fn passwords(&mut self) {
        if self.kubespray < 15
            && let Some(at) = self.switched("kube_basic_auth", &["basic-auth-file"])
        {
            let users = match self.variables.text("kube_users_dir") {
                Said::Value(folder, _) => Ok(format!("{}/known_users.csv", folder.trim_end_matches('/'))),
                Said::Open(gap) => Err(gap),
                Said::Nothing => self.below(CONFIGURATION, "users/known_users.csv"),
            };
            self.makes("basic-auth-file", "kube_basic_auth", users, Some(&at));
        }
        if !self.is_list()
            && let Some(at) = self.switched("kube_token_auth", &["token-auth-file"])
        {
            let path = self.below("kube_token_dir", "known_tokens.csv");
            self.makes("token-auth-file", "kube_token_auth", path, Some(&at));
        }
    }

    fn issuers(&mut self) {
        const SWITCH: &str = "kube_oidc_auth";
        const NEEDED: [(&str, &str); 2] =
            [("oidc-issuer-url", "kube_oidc_url"), ("oidc-client-id", "kube_oidc_client_id")];
        const MORE: [(&str, &str); 5] = [
            ("oidc-ca-file", "kube_oidc_ca_file"),
            ("oidc-username-claim", "kube_oidc_username_claim"),
            ("oidc-groups-claim", "kube_oidc_groups_claim"),
            ("oidc-username-prefix", "kube_oidc_username_prefix"),
            ("oidc-groups-prefix", "kube_oidc_groups_prefix"),
        ];
        let flags: Vec<&str> = NEEDED.iter().chain(&MORE).map(|(flag, _)| *flag).collect();
        if self.kubespray >= 31 {
            match self.on(AUTHENTICATION_FILE, false) {
                On::Yes(_) => return,
                On::No => {}
                On::Open(gap) => {
                    flags.iter().for_each(|flag| self.open(flag, gap.clone()));
                    return;
                }
            }
        }
        if self.switched(SWITCH, &flags).is_none()
            || NEEDED.iter().any(|(_, variable)| matches!(self.variables.node(variable), Said::Nothing))
        {
            return;
        }
        for (flag, variable) in NEEDED.iter().chain(&MORE) {
            self.text_if(flag, variable);
        }
    }

    fn webhooks(&mut self) {
        let (flag, switch) = ("authentication-token-webhook-config-file", "kube_webhook_token_auth");
        if let Some(at) = self.switched(switch, &[flag]) {
            self.makes(flag, switch, self.below(CONFIGURATION, "webhook-token-auth-config.yaml"), Some(&at));
        }
        let (flag, switch) = ("authorization-webhook-config-file", "kube_webhook_authorization");
        let is_replaced = self.kubespray >= 28 && !matches!(self.on(AUTHORIZATION_FILE, false), On::No);
        if self.kubespray >= 14
            && !is_replaced
            && let Some(at) = self.switched(switch, &[flag])
        {
            self.makes(flag, switch, self.below(CONFIGURATION, "webhook-authorization-config.yaml"), Some(&at));
        }
    }

    fn audit(&mut self) {
        let backups = if self.kubespray >= 22 { "10" } else { "1" };
        let log = [
            ("audit-log-path", "audit_log_path", "/var/log/audit/kube-apiserver-audit.log"),
            ("audit-log-maxage", "audit_log_maxage", "30"),
            ("audit-log-maxbackup", "audit_log_maxbackups", backups),
            ("audit-log-maxsize", "audit_log_maxsize", "100"),
        ];
        let (policy, logs, sends) = ("audit-policy-file", "kubernetes_audit", "kubernetes_audit_webhook");
        let logs_at = self.switched(logs, &log.map(|(flag, ..)| flag));
        if logs_at.is_some() {
            for (flag, variable, own) in log {
                self.text(flag, variable, own);
            }
        }
        let mut sends_at = None;
        if self.kubespray >= 14 {
            let (file, mode) = ("audit-webhook-config-file", "audit-webhook-mode");
            let batch = ["audit-webhook-batch-max-size", "audit-webhook-batch-max-wait"];
            sends_at = self.switched(sends, &[file, mode, batch[0], batch[1]]);
            if sends_at.is_some() {
                match self.below(CONFIGURATION, "audit-policy/apiserver-audit-webhook-config.yaml") {
                    Ok(own) => self.text(file, "audit_webhook_config_file", &own),
                    Err(gap) => self.open(file, gap),
                }
                self.text(mode, "audit_webhook_mode", "batch");
                // Before 2.16 the sizes of batches are given whatever the mode is.
                let is_batch = match self.variables.text("audit_webhook_mode") {
                    Said::Value(mode, _) => mode == "batch",
                    Said::Open(_) | Said::Nothing => true,
                };
                if is_batch || self.kubespray < 16 {
                    self.text(batch[0], "audit_webhook_batch_max_size", "100");
                    self.text(batch[1], "audit_webhook_batch_max_wait", "1s");
                }
            }
        }
        let (at, switch) = match (logs_at, sends_at) {
            (Some(at), _) => (at, logs),
            (None, Some(at)) => (at, sends),
            (None, None) => {
                for switch in [logs, sends] {
                    if let On::Open(gap) = self.on(switch, false) {
                        self.open(policy, gap);
                    }
                }
                return;
            }
        };
        let path = match self.variables.text("audit_policy_file") {
            Said::Value(path, _) => Ok(path),
            Said::Open(gap) => Err(gap),
            Said::Nothing => self.below(CONFIGURATION, "audit-policy/apiserver-audit-policy.yaml"),
        };
        self.makes(policy, switch, path, Some(&at));
    }

    /// `default(…, true)` takes the second where the first is empty.
    fn gates(&mut self) {
        let (own, all) = ("kube_apiserver_feature_gates", "kube_feature_gates");
        let says = match self.variables.list(own) {
            Said::Value(list, _) => !list.is_empty(),
            Said::Open(_) => true,
            Said::Nothing => false,
        };
        self.list("feature-gates", if self.kubespray >= 19 && says { own } else { all });
    }

    /// The driver of a cloud in the server itself, gone with 2.27.
    fn cloud(&mut self) {
        const CLOUDS: [&str; 5] = ["openstack", "azure", "vsphere", "aws", "gce"];
        if self.kubespray >= 27 {
            return;
        }
        let config = self.below(CONFIGURATION, "cloud_config");
        match self.variables.text("cloud_provider") {
            Said::Value(cloud, at) if CLOUDS.contains(&&*cloud) && (cloud != "gce" || self.kubespray >= 18) => {
                self.makes("cloud-config", "cloud_provider", config, Some(&at));
                self.writes("cloud-provider", &cloud, at, Form::Field);
            }
            Said::Value(cloud, at) if cloud == "external" && self.kubespray < 13 => {
                self.makes("cloud-config", "cloud_provider", config, Some(&at));
            }
            Said::Open(gap) => {
                self.open("cloud-provider", gap.clone());
                self.open("cloud-config", gap);
            }
            _ => {}
        }
    }

    /// What somebody wrote for kubeadm to pass on.
    fn extra(&mut self) {
        let Said::Value((source, map), _) = self.variables.node(EXTRA) else { return };
        for entry in map.entries().take(MOST) {
            let name = entry.name.as_ref();
            let site = Site { at: source.at(&entry.value), form: Form::Entry };
            let word = match self.variables.written(name, &entry.value) {
                Ok(text) => Word::written(format!("--{name}={text}"), site),
                Err(gap) => Word {
                    unresolved: Some(gap),
                    ..Word::written(format!("--{name}={}", entry.value.text().unwrap_or_default()), site)
                },
            };
            self.put(name, vec![word]);
        }
    }

    /// A name that is given twice (kubernetes/kubernetes, cmd/kubeadm/app/util/arguments.go): kubeadm sorts by value up to
    /// 1.31 and, from 1.36 on, keeps the order; in between it depends on the patch release (pull request 135400).
    fn both(&self, mut words: Vec<Word>, more: Vec<Word>) -> Vec<Word> {
        words.extend(more);
        let is_same =
            words.windows(2).all(|pair| pair[0].text == pair[1].text && pair[0].unresolved == pair[1].unresolved);
        match self.minor {
            _ if is_same => words.truncate(1),
            ..32 => words.sort_by(|a, b| a.text.cmp(&b.text)),
            36.. => {}
            _ => {
                let gap = Gap {
                    kind: GapKind::Version,
                    reason: format!("kubespray gives the flag beside `{EXTRA}`, and which counts depends on kubeadm"),
                    wanted: "the manifest as kubeadm wrote it".to_owned(),
                    who_could_answer: MANIFESTS.to_owned(),
                };
                for word in &mut words {
                    word.unresolved.get_or_insert_with(|| gap.clone());
                }
            }
        }
        words
    }
}

/// A boolean as Jinja prints it, which counts where kubeadm sorts by the text.
pub(super) fn printed(on: bool) -> &'static str {
    if on { "True" } else { "False" }
}
