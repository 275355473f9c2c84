//! The files that Talos writes for the API server: keys and certificates, which are there, and configuration files that it
//! makes of the machine's configuration (render_config_static_pods.go, render_secrets_static_pod.go).

use model::{CutSecret, Evidence, Minor, Span};
use yaml::Cursor;

use super::{MOST_ARGUMENTS, Machine, command::Talos};
use crate::{
    Carried,
    declare::embedded::{self, Written},
};

/// Folders of the host that the server sees (pkg/machinery/constants/constants.go).
pub(super) const SECRETS: &str = "/system/secrets/kubernetes/kube-apiserver";
pub(super) const CONFIG: &str = "/system/config/kubernetes/kube-apiserver";
pub(super) const AUDIT_LOG: &str = "/var/log/audit/kube";

pub(super) const POLICY: &str = "/system/config/kubernetes/kube-apiserver/auditpolicy.yaml";
pub(super) const POLICY_OF_1_2: &str = "/system/secrets/kubernetes/kube-apiserver/auditpolicy.yaml";
pub(super) const ADMISSION: &str = "/system/config/kubernetes/kube-apiserver/admission-control-config.yaml";
pub(super) const AUTHORIZERS: &str = "/system/config/kubernetes/kube-apiserver/authorization-config.yaml";
pub(super) const AUTHENTICATION: &str = "/system/config/kubernetes/kube-apiserver/authentication-config.yaml";
pub(super) const ENCRYPTION: &str = "/system/secrets/kubernetes/kube-apiserver/encryptionconfig.yaml";

/// Keys and certificates below [`SECRETS`], by the flags that name them.
pub(super) const KEYS: [(&str, &str); 13] = [
    ("client-ca-file", "ca.crt"),
    ("requestheader-client-ca-file", "aggregator-ca.crt"),
    ("proxy-client-cert-file", "front-proxy-client.crt"),
    ("proxy-client-key-file", "front-proxy-client.key"),
    ("etcd-cafile", "etcd-client-ca.crt"),
    ("etcd-certfile", "etcd-client.crt"),
    ("etcd-keyfile", "etcd-client.key"),
    ("kubelet-client-certificate", "apiserver-kubelet-client.crt"),
    ("kubelet-client-key", "apiserver-kubelet-client.key"),
    ("service-account-key-file", "service-account.pub"),
    ("service-account-signing-key-file", "service-account.key"),
    ("tls-cert-file", "apiserver.crt"),
    ("tls-private-key-file", "apiserver.key"),
];

/// The policy that holds where none is written (APIServerDefaultAuditPolicy; templates of v0.9.0 to v1.2.0).
const DEFAULT_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n";

const NOT_HERE: &str = "what it says is not in this part of the configuration";
const SPREAD: &str = "it is made of several parts of the configuration";

/// How much text is copied for the files of one machine: each is as long as the text around it.
const MOST_BYTES: usize = 16 << 20;

/// Nodes of the configuration that are copied into one file.
const MOST_NODES: usize = 10_000;

impl Machine<'_> {
    /// The files that are there when the server starts.
    pub(super) fn carried(&self, releases: &[&Talos], evidence: &[Evidence]) -> Vec<Carried> {
        let mut files: Vec<Carried> =
            KEYS.iter().map(|(_, file)| embedded::present(self.source, format!("{SECRETS}/{file}"))).collect();
        for path in [POLICY, POLICY_OF_1_2] {
            files.push(self.policy(path, evidence));
        }
        files.push(self.admission(evidence));
        files.push(self.authorizers(evidence));
        files.push(self.encryption(evidence));
        if self.document(super::SERVER).is_some() {
            files.push(self.authentication(evidence));
        }
        // Where another release keeps them is not known.
        if releases.is_empty() {
            files.clear();
        }
        let mut budget = MOST_BYTES;
        let written = self.get(&["machine", "files"]);
        for entry in written.iter().flat_map(|files| files.items().take(MOST_ARGUMENTS).collect::<Vec<_>>()) {
            let Some(path) = super::text_of(&entry, "path") else { continue };
            let appends = super::text_of(&entry, "op").as_deref() == Some("append");
            let file = match entry.get("content") {
                _ if appends => Written::unread(path, "it is added to what is there"),
                Some(content) => Written::new(self.source, path, content, ""),
                None => Written::unread(path, "its content is not here"),
            };
            files.push(file.carried(self.source, evidence, &mut budget));
        }
        files
    }

    /// A part of the configuration as a file, in its place, or copied where it does not stand alone.
    fn part(
        &self,
        path: &str,
        part: &Cursor<'_>,
        key: Option<&str>,
        more: &[(&str, &str)],
        evidence: &[Evidence],
    ) -> Carried {
        let reason = match embedded::part(self.source, part, key, more, evidence) {
            Ok(evidence) => return Carried { path: path.to_owned(), evidence },
            Err(reason) => reason,
        };
        let holds_a_secret = self.secrets(evidence).iter().any(|secret| within(secret.span, part.span()));
        let mut budget = MOST_NODES;
        let copied = embedded::json(part, &mut budget).filter(|text| !holds_a_secret && !text.contains("${"));
        let Some(copied) = copied else { return embedded::unread(self.source, path, reason) };
        let mut entries: Vec<String> = more
            .iter()
            .filter(|(name, _)| key.is_some() || part.get(name).is_none())
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        let text = match key {
            Some(key) => {
                entries.push(format!("\"{key}\":{copied}"));
                format!("{{{}}}", entries.join(","))
            }
            None if entries.is_empty() => copied,
            None => {
                let rest = copied.trim_start_matches('{');
                let comma = if rest.starts_with('}') { "" } else { "," };
                format!("{{{}{comma}{rest}", entries.join(","))
            }
        };
        embedded::composed(self.source, path, text, Vec::new())
    }

    fn secrets<'e>(&self, evidence: &'e [Evidence]) -> &'e [CutSecret] {
        evidence.iter().find(|piece| piece.id == *self.source.evidence).map_or(&[], |piece| &piece.secrets)
    }

    fn policy(&self, path: &str, evidence: &[Evidence]) -> Carried {
        let own = self.document("KubeAuditPolicyConfig").and_then(|document| document.get("configuration"));
        let written = own.or_else(|| self.get(&["cluster", "apiServer", "auditPolicy"]));
        match written.filter(|policy| policy.entries().next().is_some()) {
            Some(policy) if policy.get("$patch").is_none() => self.part(path, &policy, None, &[], evidence),
            None if self.part.is_none() => embedded::composed(self.source, path, DEFAULT_POLICY.to_owned(), Vec::new()),
            _ => embedded::unread(self.source, path, NOT_HERE),
        }
    }

    fn admission(&self, evidence: &[Evidence]) -> Carried {
        const MORE: [(&str, &str); 2] =
            [("apiVersion", "apiserver.config.k8s.io/v1"), ("kind", "AdmissionConfiguration")];
        let own = self.others.iter().filter(|(kind, _)| *kind == "KubeAdmissionControlConfig");
        let mut budget = MOST_NODES;
        let plugins: Option<Vec<String>> = own
            .map(|(_, document)| {
                let [name, configuration] = ["name", "configuration"].map(|field| {
                    document.get(field).map_or(Some("null".to_owned()), |found| embedded::json(&found, &mut budget))
                });
                Some(format!("{{\"name\":{},\"configuration\":{}}}", name?, configuration?))
            })
            .collect();
        let compose = |plugins: &[String]| {
            let text = format!(
                "{{\"apiVersion\":\"{}\",\"kind\":\"{}\",\"plugins\":[{}]}}",
                MORE[0].1,
                MORE[1].1,
                plugins.join(",")
            );
            embedded::composed(self.source, ADMISSION, text, Vec::new())
        };
        match plugins {
            None => return embedded::unread(self.source, ADMISSION, SPREAD),
            Some(plugins) if !plugins.is_empty() => return compose(&plugins),
            Some(_) => {}
        }
        match self.get(&["cluster", "apiServer", "admissionControl"]) {
            Some(list) if list.items().any(|item| item.get("$patch").is_some()) || list.mapping().is_some() => {
                embedded::unread(self.source, ADMISSION, NOT_HERE)
            }
            // A patch puts its plugins to those that are there.
            Some(_) if self.part.is_some() => embedded::unread(self.source, ADMISSION, NOT_HERE),
            Some(list) => self.part(ADMISSION, &list, Some("plugins"), &MORE, evidence),
            None if self.part.is_none() => compose(&[]),
            None => embedded::unread(self.source, ADMISSION, NOT_HERE),
        }
    }

    fn authorizers(&self, evidence: &[Evidence]) -> Carried {
        let path = AUTHORIZERS;
        // go-kubernetes, KubeAPIServerAuthorizationConfigAPIVersion.
        let minor = self.version().map(|(version, _)| version.minor);
        let version = match minor {
            Some(minor) if minor >= Minor::new(1, 32) => "apiserver.config.k8s.io/v1",
            Some(minor) if minor >= Minor::new(1, 30) => "apiserver.config.k8s.io/v1beta1",
            Some(_) => "apiserver.config.k8s.io/v1alpha1",
            None => return embedded::unread(self.source, path, "its version is that of the API server"),
        };
        if self.part.is_some() {
            return embedded::unread(self.source, path, NOT_HERE);
        }
        let more = [("apiVersion", version), ("kind", "AuthorizationConfiguration")];
        let written = self.get(&["cluster", "apiServer", "authorizationConfig"]);
        let own: Vec<&Cursor<'_>> = self
            .others
            .iter()
            .filter(|(kind, _)| *kind == "KubeAuthorizerConfig")
            .map(|(_, document)| document)
            .collect();
        let listed: Vec<Cursor<'_>> = match &written {
            _ if !own.is_empty() => own.into_iter().cloned().collect(),
            Some(list) => list.items().take(MOST_ARGUMENTS).collect(),
            None => Vec::new(),
        };
        let is = |kind: &str| listed.iter().any(|one| super::text_of(one, "type").as_deref() == Some(kind));
        let is_own = self.document(super::SERVER).is_some();
        if let Some(list) = written.filter(|_| !is_own && is("Node") && is("RBAC")) {
            return self.part(path, &list, Some("authorizers"), &more, evidence);
        }
        let mut budget = MOST_NODES;
        let one = |authorizer: &Cursor<'_>| {
            let mut fields = Vec::new();
            for field in ["type", "name", "webhook"] {
                if let Some(found) = authorizer.get(field) {
                    fields.push(format!("\"{field}\":{}", embedded::json(&found, &mut budget)?));
                }
            }
            Some(format!("{{{}}}", fields.join(",")))
        };
        let Some(mut all) = listed.iter().map(one).collect::<Option<Vec<String>>>() else {
            return embedded::unread(self.source, path, SPREAD);
        };
        // Of the document v1alpha1 Talos insists on both (control_plane.go, NewControlPlaneAuthorizationController).
        if !is_own {
            if !is("Node") {
                all.insert(0, "{\"type\":\"Node\",\"name\":\"node\"}".to_owned());
            }
            if !is("RBAC") {
                all.insert(1, "{\"type\":\"RBAC\",\"name\":\"rbac\"}".to_owned());
            }
        }
        let text = format!(
            "{{\"apiVersion\":\"{version}\",\"kind\":\"AuthorizationConfiguration\",\"authorizers\":[{}]}}",
            all.join(",")
        );
        embedded::composed(self.source, path, text, Vec::new())
    }

    fn authentication(&self, evidence: &[Evidence]) -> Carried {
        const MORE: [(&str, &str); 2] =
            [("apiVersion", "apiserver.config.k8s.io/v1beta1"), ("kind", "AuthenticationConfiguration")];
        let document = self.document("KubeAuthenticationConfig").and_then(|document| document.get("configuration"));
        match document {
            Some(configuration) => self.part(AUTHENTICATION, &configuration, None, &MORE, evidence),
            None => embedded::unread(self.source, AUTHENTICATION, NOT_HERE),
        }
    }

    /// The keys that encrypt what etcd holds, of which those of the configuration are cut out.
    fn encryption(&self, evidence: &[Evidence]) -> Carried {
        const MORE: [(&str, &str); 2] = [("apiVersion", "v1"), ("kind", "EncryptionConfig")];
        if let Some(document) = self.document("KubeEtcdEncryptionConfig") {
            return match document.get("config") {
                Some(config) => self.part(ENCRYPTION, &config, None, &MORE, evidence),
                None => embedded::unread(self.source, ENCRYPTION, NOT_HERE),
            };
        }
        let key = |name: &str| {
            self.get(&["cluster", name]).filter(|key| key.scalar().is_some_and(|key| !key.text().is_empty()))
        };
        let keys = [
            ("secretbox", "key2", key("secretboxEncryptionSecret")),
            ("aescbc", "key1", key("aescbcEncryptionSecret")),
        ];
        if self.part.is_some() && keys.iter().all(|(_, _, key)| key.is_none()) {
            return embedded::unread(self.source, ENCRYPTION, NOT_HERE);
        }
        let mut text =
            "apiVersion: v1\nkind: EncryptionConfig\nresources:\n- resources:\n  - secrets\n  providers:\n".to_owned();
        let mut secrets = Vec::new();
        for (provider, name, key) in keys {
            let Some((key, scalar)) = key.as_ref().and_then(|key| Some((key, key.scalar()?))) else { continue };
            text.push_str(&format!("  - {provider}:\n      keys:\n      - name: {name}\n        secret: "));
            let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let plain = scalar.text().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=*".contains(&byte));
            if !plain {
                return embedded::unread(self.source, ENCRYPTION, "its key is not written as one word");
            }
            text.push_str(&scalar.text().replace('*', "x"));
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            text.push('\n');
            let cut = self.secrets(evidence).iter().find(|secret| within(secret.span, key.span()));
            secrets.extend(cut.map(|cut| CutSecret { span: Span::new(start, end), ..cut.clone() }));
        }
        text.push_str("  - identity: {}\n");
        embedded::composed(self.source, ENCRYPTION, text, secrets)
    }
}

fn within(inner: Span, outer: yaml::Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
