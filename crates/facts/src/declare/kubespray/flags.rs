//! What kubespray makes of its variables: the arguments that it has kubeadm give the API server, in the order of its
//! template (roles/kubernetes/control-plane/templates/kubeadm-config.*.yaml.j2).

use std::collections::BTreeSet;

use model::{CutSecret, Evidence, Form, Gap, GapKind, Location, Minor, Named, Shape, Site, Span, Strength};

use super::{EXTRA, MANIFESTS, MOST, NAME, Said, Variables, elsewhere, flag_of, named, unreadable};
use crate::{
    Carried, Hand, Mount, Word,
    declare::{command::unfilled, embedded},
};

/// Variables that one flag is made of.
pub(super) const FIELDS: &[Named] =
    &[ANONYMOUS, AUTHORIZERS, BIND, OFF, ON, TTL, PROFILING, TIMEOUT, LOOKUP, SUITES, TLS];

/// The same with those that count only where audit logs are on.
pub(super) const WITH_AUDIT: &[Named] = &[
    ANONYMOUS,
    AUTHORIZERS,
    BIND,
    OFF,
    ON,
    TTL,
    PROFILING,
    TIMEOUT,
    LOOKUP,
    SUITES,
    TLS,
    named("audit-log-path", "audit_log_path", Shape::Text),
    named("audit-log-maxage", "audit_log_maxage", Shape::Int),
    named("audit-log-maxbackup", "audit_log_maxbackups", Shape::Int),
    named("audit-log-maxsize", "audit_log_maxsize", Shape::Int),
];

const ANONYMOUS: Named = named("anonymous-auth", "kube_api_anonymous_auth", Shape::Bool);
const AUTHORIZERS: Named = named("authorization-mode", "authorization_modes", Shape::List);
const BIND: Named = named("bind-address", "kube_apiserver_bind_address", Shape::Text);
const OFF: Named = named("disable-admission-plugins", "kube_apiserver_disable_admission_plugins", Shape::List);
const ON: Named = named("enable-admission-plugins", "kube_apiserver_enable_admission_plugins", Shape::List);
const TTL: Named = named("event-ttl", "event_ttl_duration", Shape::Text);
const PROFILING: Named = named("profiling", "kube_profiling", Shape::Bool);
const TIMEOUT: Named = named("request-timeout", "kube_apiserver_request_timeout", Shape::Text);
const LOOKUP: Named = named("service-account-lookup", "kube_apiserver_service_account_lookup", Shape::Bool);
const SUITES: Named = named("tls-cipher-suites", "tls_cipher_suites", Shape::List);
const TLS: Named = named("tls-min-version", "tls_min_version", Shape::Text);

/// Variables that came later than 2.11, and the oldest minor release of 1.x that the kubespray which first has them deploys.
pub(super) const SINCE: [(&str, u16); 17] = [
    ("event_ttl_duration", 17),
    ("kube_webhook_authorization", 17),
    ("kubelet_rotate_server_certificates", 17),
    ("kubernetes_audit_webhook", 17),
    ("tls_cipher_suites", 17),
    ("tls_min_version", 17),
    ("kube_apiserver_pod_eviction_not_ready_timeout_seconds", 18),
    ("kube_apiserver_pod_eviction_unreachable_timeout_seconds", 18),
    ("kube_apiserver_admission_control_config_file", 21),
    ("kube_apiserver_admission_event_rate_limits", 21),
    ("kube_apiserver_feature_gates", 21),
    ("kube_apiserver_service_account_lookup", 21),
    ("kube_pod_security_use_default", 22),
    ("kube_apiserver_etcd_compaction_interval", 26),
    ("kube_apiserver_tracing", 27),
    ("kube_apiserver_use_authorization_config_file", 30),
    ("kube_apiserver_use_authentication_config_file", 33),
];

/// Flags that are the value of a variable as it stands, with what kubespray gives unasked.
const TEXTS: [(&str, &str, &str); 9] = [
    ("bind-address", "kube_apiserver_bind_address", "::"),
    ("default-not-ready-toleration-seconds", "kube_apiserver_pod_eviction_not_ready_timeout_seconds", "300"),
    ("default-unreachable-toleration-seconds", "kube_apiserver_pod_eviction_unreachable_timeout_seconds", "300"),
    ("etcd-compaction-interval", "kube_apiserver_etcd_compaction_interval", "5m0s"),
    ("event-ttl", "event_ttl_duration", "1h0m0s"),
    ("kubelet-preferred-address-types", "kubelet_preferred_address_types", "InternalDNS,InternalIP,Hostname,…"),
    ("request-timeout", "kube_apiserver_request_timeout", "1m0s"),
    ("service-node-port-range", "kube_apiserver_node_port_range", "30000-32767"),
    ("storage-backend", "kube_apiserver_storage_backend", "etcd3"),
];

const BOOLEANS: [(&str, &str, &str); 3] = [
    ("anonymous-auth", "kube_api_anonymous_auth", "true"),
    ("enable-aggregator-routing", "kube_api_aggregator_routing", "false"),
    ("profiling", "kube_profiling", "false"),
];

/// Lists that are joined by commas; an empty one gives no flag.
const LISTS: [(&str, &str, &str); 4] = [
    ("authorization-mode", "authorization_modes", "[Node, RBAC]"),
    ("disable-admission-plugins", "kube_apiserver_disable_admission_plugins", "[]"),
    ("runtime-config", "kube_api_runtime_config", "[]"),
    ("tls-cipher-suites", "tls_cipher_suites", ""),
];

/// Bytes of the key that kubespray makes (`kube_encrypt_token`).
const OWN_KEY: u32 = 32;

const IN_A_LIST: Form = Form::ByHand("its values stand in a list, which is changed by hand");

/// The flags that kubespray decides, each with its words; one without is not given.
pub(super) struct Flags<'a> {
    variables: &'a Variables<'a>,
    evidence: &'a [Evidence],
    home: Site,
    decided: BTreeSet<String>,
    words: Vec<Word>,
    carried: Vec<Carried>,
    mounts: Vec<Mount>,
}

impl<'a> Flags<'a> {
    pub(super) fn of(variables: &'a Variables<'a>, evidence: &'a [Evidence]) -> Self {
        let mut flags = Self {
            variables,
            evidence,
            home: variables.home(),
            decided: BTreeSet::new(),
            words: Vec::new(),
            carried: Vec::new(),
            mounts: Vec::new(),
        };
        flags.adds("allow-privileged", "true");
        flags.adds("endpoint-reconciler-type", "lease");
        flags.plain();
        flags.admission();
        flags.addresses();
        flags.etcd();
        flags.who();
        flags.issuers();
        flags.encryption();
        flags.audit();
        flags.webhooks();
        flags.extra();
        flags
    }

    pub(super) fn decides(&self, flag: &str) -> bool {
        self.decided.contains(flag)
    }

    /// The same, under whatever name the flag has.
    pub(super) fn decides_all(&self, flag: &crate::flags::Flag) -> bool {
        self.decides(flag.name) || flag.shares.is_some_and(|other| self.decides(other))
    }

    /// The words of one flag, taken out.
    pub(super) fn take(&mut self, flag: &str) -> Vec<Word> {
        let (own, others) = std::mem::take(&mut self.words).into_iter().partition(|word| flag_of(word) == Some(flag));
        self.words = others;
        if !Vec::is_empty(&own) {
            self.decided.remove(flag);
        }
        own
    }

    pub(super) fn words(&mut self) -> Vec<Word> {
        crate::declare::agree::where_known(std::mem::take(&mut self.words))
    }

    pub(super) fn carried(&mut self) -> Vec<Carried> {
        std::mem::take(&mut self.carried)
    }

    pub(super) fn mounts(&mut self) -> Vec<Mount> {
        std::mem::take(&mut self.mounts)
    }

    fn put(&mut self, flag: &str, value: &str, site: Site, hand: Hand, releases: Option<(Minor, Minor)>) {
        self.decided.insert(flag.to_owned());
        let text = format!("--{flag}={value}");
        self.words.push(Word { hand, releases, ..Word::written(text, site) });
    }

    fn adds(&mut self, flag: &str, value: &str) {
        self.put(flag, value, self.home.clone(), Hand::Default(NAME), None);
    }

    /// What a variable is given as.
    fn writes(&mut self, flag: &str, variable: &str, value: &str, at: Location, form: Form) {
        let since = SINCE.iter().find(|(name, _)| *name == variable).map(|(_, since)| *since);
        self.put(flag, value, Site { at, form }, Hand::Written, since.map(|since| minors(since, u16::MAX)));
        if let Some(since) = since {
            self.open_in(flag, unknown_there(variable), Some(minors(0, since - 1)));
        }
    }

    /// What a switch adds.
    fn makes(&mut self, flag: &str, switch: &str, value: Result<String, Gap>, at: &Location) {
        match value {
            Ok(value) => {
                let site = Site { at: at.clone(), form: Form::Field };
                self.put(flag, &value, site, Hand::Made(format!("`{switch}` decides it")), None);
            }
            Err(gap) => self.open(flag, gap),
        }
    }

    fn open(&mut self, flag: &str, gap: Gap) {
        self.open_in(flag, gap, None);
    }

    fn open_in(&mut self, flag: &str, gap: Gap, releases: Option<(Minor, Minor)>) {
        self.decided.insert(flag.to_owned());
        let hand = Hand::Default(NAME);
        let text = format!("--{flag}=");
        self.words.push(Word { hand, unresolved: Some(gap), releases, ..Word::written(text, self.home.clone()) });
    }

    /// Flags that are surely not given.
    fn leaves(&mut self, flags: &[&str]) {
        self.decided.extend(flags.iter().map(|flag| (*flag).to_owned()));
    }

    /// Where a switch is on; the flags that hang on it are left out where it is off, and open where nobody can tell.
    fn switched(&mut self, switch: &str, flags: &[&str]) -> Option<Location> {
        let gap = match self.variables.switch(switch) {
            Said::Value(true, at) => return Some(at),
            Said::Value(false, _) => {
                self.leaves(flags);
                return None;
            }
            Said::Open(gap) => gap,
            Said::Nothing => elsewhere(switch, "false"),
        };
        flags.iter().for_each(|flag| self.open(flag, gap.clone()));
        None
    }

    /// A file below a folder that has a variable of its own.
    fn file(&self, variable: &str, own: &str, name: &str) -> Result<String, Gap> {
        match self.variables.text(variable) {
            Said::Value(folder, _) => Ok(format!("{}/{name}", folder.trim_end_matches('/'))),
            Said::Open(gap) => Err(gap),
            // Where it is does not matter as long as what is in it is kubespray's.
            Said::Nothing => Ok(format!("{own}/{name}")),
        }
    }

    fn configured(&self, name: &str) -> Result<String, Gap> {
        self.file("kube_config_dir", "/etc/kubernetes", name)
    }

    /// A file that kubespray writes, and that nobody can look into here.
    fn brings(&mut self, path: &Result<String, Gap>, reason: &str) {
        if let Ok(path) = path {
            self.carried.push(embedded::unread(self.variables.source, path, reason));
            self.shows(path);
        }
    }

    /// kubespray mounts the folder of a file that it gives the server.
    fn shows(&mut self, path: &str) {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.mounts.push(Mount::same(folder));
        }
    }

    fn plain(&mut self) {
        for (flag, variable, own) in TEXTS {
            match self.variables.text(variable) {
                Said::Value(text, at) => self.writes(flag, variable, &text, at, Form::Field),
                Said::Open(gap) => self.open(flag, gap),
                Said::Nothing => self.open(flag, elsewhere(variable, own)),
            }
        }
        for (flag, variable, own) in BOOLEANS {
            match self.variables.switch(variable) {
                Said::Value(on, at) => self.writes(flag, variable, &on.to_string(), at, Form::Field),
                Said::Open(gap) => self.open(flag, gap),
                Said::Nothing => self.open(flag, elsewhere(variable, own)),
            }
        }
        for (flag, variable, own) in LISTS {
            self.listed(flag, variable, own);
        }
        match self.variables.text("tls_min_version") {
            Said::Value(text, at) => self.writes(TLS.setting, TLS.field, &text, at, Form::Field),
            Said::Open(gap) => self.open(TLS.setting, gap),
            Said::Nothing => self.open(TLS.setting, elsewhere(TLS.field, "")),
        }
        // Where it is off nothing is given, and the server looks accounts up by itself.
        if let Some(at) = self.switched(LOOKUP.field, &[LOOKUP.setting]) {
            self.writes(LOOKUP.setting, LOOKUP.field, "true", at, Form::Field);
        }
        // `default(…, true)` takes the second where the first is empty.
        let gates = ["kube_apiserver_feature_gates", "kube_feature_gates"];
        let said = gates.into_iter().find(|name| {
            let said = self.variables.list(name);
            matches!(&said, Said::Value(list, _) if !list.is_empty()) || matches!(said, Said::Open(_))
        });
        match said {
            Some(variable) => self.listed("feature-gates", variable, "[]"),
            None if gates.iter().all(|name| self.variables.sets(name)) => self.leaves(&["feature-gates"]),
            None => self.open("feature-gates", elsewhere("kube_feature_gates", "[]")),
        }
    }

    fn listed(&mut self, flag: &str, variable: &str, own: &str) {
        match self.variables.list(variable) {
            Said::Value(list, _) if list.is_empty() => {
                // Of these kubeadm gives its own where nobody does.
                if ![AUTHORIZERS.setting, ON.setting].contains(&flag) {
                    self.leaves(&[flag]);
                }
            }
            Said::Value(list, at) => self.writes(flag, variable, &list.join(","), at, IN_A_LIST),
            Said::Open(gap) => self.open(flag, gap),
            Said::Nothing => self.open(flag, elsewhere(variable, own)),
        }
    }

    fn admission(&mut self) {
        match self.variables.switch("podsecuritypolicy_enabled") {
            Said::Value(false, _) | Said::Nothing => self.listed(ON.setting, ON.field, "[]"),
            Said::Value(true, _) | Said::Open(_) => {
                self.open(
                    ON.setting,
                    unresolved("`podsecuritypolicy_enabled` adds `PodSecurityPolicy` in some releases"),
                );
            }
        }
        let (flag, switch) = ("admission-control-config-file", "kube_apiserver_admission_control_config_file");
        if let Some(at) = self.switched(switch, &[flag]) {
            let path = self.configured("admission-controls.yaml");
            self.brings(&path, "kubespray makes it of the variables of each plug-in");
            self.makes(flag, switch, path, &at);
        }
    }

    /// Addresses and ports. From 2.20 on kubespray opens no port without TLS.
    fn addresses(&mut self) {
        let (flag, variable) = ("service-cluster-ip-range", "kube_service_addresses");
        let six = ["enable_dual_stack_networks", "ipv6_stack"].iter().any(|switch| {
            self.variables.sets(switch) && !matches!(self.variables.switch(switch), Said::Value(false, _))
        });
        match self.variables.text(variable) {
            _ if six => self.open(flag, unresolved("the ranges of both families make it")),
            Said::Value(text, at) => self.writes(flag, variable, &text, at, Form::Field),
            Said::Open(gap) => self.open(flag, gap),
            Said::Nothing => self.open(flag, elsewhere(variable, "10.233.0.0/18")),
        }
        let (flag, variable) = ("insecure-port", "kube_apiserver_insecure_port");
        match self.variables.text(variable) {
            Said::Value(text, at) => {
                let site = Site { at, form: Form::Field };
                self.put(flag, &text, site, Hand::Written, Some(minors(0, 21)));
                self.open_in(flag, unknown_there(variable), Some(minors(22, 23)));
                if text == "0" {
                    self.leaves(&["insecure-bind-address"]);
                }
            }
            Said::Open(gap) => self.open(flag, gap),
            Said::Nothing => self.open(flag, elsewhere(variable, "0")),
        }
        if !self.decides("insecure-bind-address") {
            self.open("insecure-bind-address", elsewhere("kube_apiserver_insecure_bind_address", "127.0.0.1"));
        }
    }

    /// An etcd of kubespray's own, unless kubeadm starts it.
    fn etcd(&mut self) {
        let gap = match self.variables.text("etcd_deployment_type") {
            Said::Value(kind, _) if kind == "kubeadm" => return,
            Said::Value(..) => unresolved("it follows from the hosts of the inventory"),
            Said::Open(gap) => gap,
            Said::Nothing => elsewhere("etcd_deployment_type", "host"),
        };
        for flag in ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"] {
            self.open(flag, gap.clone());
        }
    }

    /// Files that say who is served, and who may do what. A file that sets the plain variable is not asked for the other.
    fn who(&mut self) {
        for (flag, switch, replaced) in [
            ("authentication-config", "kube_apiserver_use_authentication_config_file", ANONYMOUS),
            ("authorization-config", "kube_apiserver_use_authorization_config_file", AUTHORIZERS),
        ] {
            if !self.variables.sets(switch) && self.variables.sets(replaced.field) {
                self.leaves(&[flag]);
            } else if self.switched(switch, &[flag]).is_some() {
                let gap = unresolved(&format!("`{switch}` puts a file in its place"));
                for flag in [flag, replaced.setting] {
                    self.take(flag);
                    self.open(flag, gap.clone());
                }
            }
        }
        // The templates of v1beta4, which kubeadm reads from 1.31 on, have no tokens in files.
        let (flag, switch) = ("token-auth-file", "kube_token_auth");
        if let Some(at) = self.switched(switch, &[flag]) {
            let own = self.configured("tokens");
            let path = own.and_then(|own| self.file("kube_token_dir", &own, "known_tokens.csv"));
            self.brings(&path, "kubespray makes the tokens");
            self.makes(flag, switch, path, &at);
            self.words.iter_mut().filter(|word| flag_of(word) == Some(flag)).for_each(|word| {
                word.releases = Some(minors(0, 30));
            });
        }
        // Gone with 2.15.
        let (flag, switch) = ("basic-auth-file", "kube_basic_auth");
        if self.switched(switch, &[flag]).is_some() {
            self.open_in(flag, unresolved("kubespray makes the passwords"), Some(minors(0, 18)));
        }
        let (flag, switch) = ("kubelet-certificate-authority", "kubelet_rotate_server_certificates");
        if let Some(at) = self.switched(switch, &[flag]) {
            let path = self.file("kube_cert_dir", "/etc/kubernetes/ssl", "ca.crt");
            if let Ok(path) = &path {
                self.carried.push(embedded::present(self.variables.source, path.clone()));
                self.shows(path);
            }
            self.makes(flag, switch, path, &at);
        }
        let (flag, switch) = ("tracing-config-file", "kube_apiserver_tracing");
        if let Some(at) = self.switched(switch, &[flag]) {
            let path = self.configured("tracing/apiserver-tracing.yaml");
            self.brings(&path, "kubespray makes it of `kube_apiserver_tracing_…`");
            self.makes(flag, switch, path, &at);
        }
    }

    fn issuers(&mut self) {
        const SWITCH: &str = "kube_oidc_auth";
        const ISSUER: [(&str, &str); 7] = [
            ("oidc-issuer-url", "kube_oidc_url"),
            ("oidc-client-id", "kube_oidc_client_id"),
            ("oidc-ca-file", "kube_oidc_ca_file"),
            ("oidc-username-claim", "kube_oidc_username_claim"),
            ("oidc-groups-claim", "kube_oidc_groups_claim"),
            ("oidc-username-prefix", "kube_oidc_username_prefix"),
            ("oidc-groups-prefix", "kube_oidc_groups_prefix"),
        ];
        if self.switched(SWITCH, &ISSUER.map(|(flag, _)| flag)).is_none() {
            return;
        }
        for (flag, variable) in ISSUER {
            match self.variables.text(variable) {
                Said::Value(text, at) => self.writes(flag, variable, &text, at, Form::Field),
                Said::Open(gap) => self.open(flag, gap),
                Said::Nothing => self.open(flag, elsewhere(variable, "")),
            }
        }
    }

    fn encryption(&mut self) {
        let (flag, switch) = ("encryption-provider-config", "kube_encrypt_secret_data");
        let Some(at) = self.switched(switch, &[flag]) else { return };
        let path = self.file("kube_cert_dir", "/etc/kubernetes/ssl", "secrets_encryption.yaml");
        if let Ok(path) = &path {
            let file = self.encrypted(path);
            self.carried.push(file);
            self.shows(path);
        }
        self.makes(flag, switch, path, &at);
    }

    /// What templates/secrets_encryption.yaml.j2 makes of the variables. A key that is not written here is taken to be of
    /// the one length with which every provider starts, which is that of those that kubespray makes.
    fn encrypted(&self, path: &str) -> Carried {
        let variables = self.variables;
        let unread = |reason: &str| embedded::unread(variables.source, path, reason);
        let algorithm = match variables.text("kube_encryption_algorithm") {
            Said::Value(text, _) => text,
            Said::Open(gap) => return unread(&gap.reason),
            Said::Nothing => return unread(&elsewhere("kube_encryption_algorithm", "secretbox").reason),
        };
        let resources = match variables.list("kube_encryption_resources") {
            Said::Value(list, _) => list,
            Said::Open(gap) => return unread(&gap.reason),
            Said::Nothing => return unread(&elsewhere("kube_encryption_resources", "[secrets]").reason),
        };
        let is_word = |text: &String| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./*".contains(&b))
        };
        if !resources.iter().chain([&algorithm]).all(is_word) {
            return unread("`kube_encryption_resources` and `kube_encryption_algorithm` are not all plain words");
        }
        let quoted: Vec<String> = resources.iter().map(|name| format!("'{name}'")).collect();
        let mut text = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [{}]\n  \
             providers:\n  - {algorithm}:\n      keys:\n      - name: key\n        secret: ",
            quoted.join(", ")
        );
        let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
        text.push_str("xxxxxxxx");
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        text.push_str("\n  - identity: {}\n");
        let token = variables.root.get("kube_encrypt_token").map(|token| token.span());
        let is_it =
            |cut: &&CutSecret| token.is_some_and(|token| token.start <= cut.span.start && cut.span.end <= token.end);
        let cut = self.evidence.iter().filter(|file| file.id == *variables.source.evidence);
        let secret = match cut.flat_map(|file| &file.secrets).find(is_it) {
            // The template encodes it.
            Some(cut) => CutSecret { decoded: Some(cut.span.end - cut.span.start), ..cut.clone() },
            None => CutSecret {
                span: Span::new(0, 0),
                decoded: Some(OWN_KEY),
                strength: Strength::Plain,
                group: u32::MAX,
                nature: None,
            },
        };
        let secrets = vec![CutSecret { span: Span::new(start, end), nature: None, ..secret }];
        embedded::composed(variables.source, path, text, secrets)
    }

    fn audit(&mut self) {
        const LOG: [(&str, &str, &str); 4] = [
            ("audit-log-path", "audit_log_path", "/var/log/audit/kube-apiserver-audit.log"),
            ("audit-log-maxage", "audit_log_maxage", "30"),
            ("audit-log-maxbackup", "audit_log_maxbackups", "10"),
            ("audit-log-maxsize", "audit_log_maxsize", "100"),
        ];
        const HOOK: [(&str, &str, &str); 4] = [
            ("audit-webhook-config-file", "audit_webhook_config_file", "…/apiserver-audit-webhook-config.yaml"),
            ("audit-webhook-mode", "audit_webhook_mode", "batch"),
            ("audit-webhook-batch-max-size", "audit_webhook_batch_max_size", "100"),
            ("audit-webhook-batch-max-wait", "audit_webhook_batch_max_wait", "1s"),
        ];
        let logs = self.switched("kubernetes_audit", &LOG.map(|(flag, ..)| flag));
        let sends = self.switched("kubernetes_audit_webhook", &HOOK.map(|(flag, ..)| flag));
        for (flag, variable, own) in
            LOG.iter().filter(|_| logs.is_some()).chain(HOOK.iter().filter(|_| sends.is_some()))
        {
            match self.variables.text(variable) {
                Said::Value(text, at) => self.writes(flag, variable, &text, at, Form::Field),
                Said::Open(gap) => self.open(flag, gap),
                Said::Nothing => self.open(flag, elsewhere(variable, own)),
            }
        }
        if let (Some(_), Said::Value(path, _)) = (&logs, self.variables.text("audit_log_path"))
            && let Some((folder, _)) = path.rsplit_once('/')
        {
            // Whatever folder of the host it is (`audit_log_hostpath`), one is mounted there.
            self.mounts.push(Mount { container: folder.to_owned(), host: None, read_only: false });
        }
        let flag = "audit-policy-file";
        let off = |name: &str| matches!(self.variables.switch(name), Said::Value(false, _));
        if let Some((at, switch)) =
            logs.map(|at| (at, "kubernetes_audit")).or(sends.map(|at| (at, "kubernetes_audit_webhook")))
        {
            let path = match self.variables.text("audit_policy_file") {
                Said::Value(path, _) => Ok(path),
                Said::Open(gap) => Err(gap),
                Said::Nothing => self.configured("audit-policy/apiserver-audit-policy.yaml"),
            };
            self.brings(&path, "kubespray writes it, of `audit_policy_custom_rules` where they are set");
            self.makes(flag, switch, path, &at);
        } else if off("kubernetes_audit") && off("kubernetes_audit_webhook") {
            self.leaves(&[flag]);
        } else {
            self.open(flag, elsewhere("kubernetes_audit_webhook", "false"));
        }
    }

    fn webhooks(&mut self) {
        for (flag, switch, file) in [
            ("authentication-token-webhook-config-file", "kube_webhook_token_auth", "webhook-token-auth-config.yaml"),
            ("authorization-webhook-config-file", "kube_webhook_authorization", "webhook-authorization-config.yaml"),
        ] {
            if let Some(at) = self.switched(switch, &[flag]) {
                let path = self.configured(file);
                self.brings(&path, "kubespray makes it of the address that it is told");
                self.makes(flag, switch, path, &at);
            }
        }
    }

    /// What somebody wrote for kubeadm to pass on. Up to 1.30 it is an entry of a map, which takes the place of one before
    /// it; from 1.31 on kubeadm has a list (v1beta4) and gives both.
    fn extra(&mut self) {
        const BEHIND: [&str; 6] = [
            "event-ttl",
            "feature-gates",
            "kubelet-certificate-authority",
            "tls-cipher-suites",
            "tls-min-version",
            "tracing-config-file",
        ];
        let Some(map) = self.variables.root.get(EXTRA) else { return };
        for entry in map.entries().take(MOST) {
            let name = entry.name.as_ref();
            let site = Site { at: self.variables.source.at(&entry.value), form: Form::Entry };
            let text = entry.value.text().filter(|_| !entry.value.is_null());
            let unresolved_there = match text {
                Some(text) => unfilled(text),
                None => Some(unreadable(name, "is no text")),
            };
            let word = Word {
                unresolved: unresolved_there,
                ..Word::written(format!("--{name}={}", text.unwrap_or_default()), site)
            };
            let before = self.take(name);
            self.decided.insert(name.to_owned());
            let is_same = before.iter().all(|own| own.text == word.text && own.unresolved.is_none());
            if before.is_empty() || is_same {
                self.words.push(word);
                continue;
            }
            let both =
                unresolved(&format!("kubespray gives `--{name}` beside `{EXTRA}`, and which counts is not known"));
            let from = if BEHIND.contains(&name) { 0 } else { 31 };
            if from > 0 {
                self.words.push(Word { releases: Some(minors(0, from - 1)), ..word });
            }
            self.open_in(name, both, Some(minors(from, u16::MAX)));
        }
    }
}

fn minors(from: u16, to: u16) -> (Minor, Minor) {
    (Minor::new(1, from), Minor::new(1, to))
}

fn unresolved(reason: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: reason.to_owned(),
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: MANIFESTS.to_owned(),
    }
}

/// The gap of a variable in releases whose kubespray may not know it.
fn unknown_there(variable: &str) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason: format!("not every kubespray that deploys this release knows `{variable}`"),
        wanted: "--kubernetes-version".to_owned(),
        who_could_answer: MANIFESTS.to_owned(),
    }
}
