//! The files that kubespray writes for the API server, and what the server sees of its host.

use model::{CutSecret, Evidence, Span, Strength};

use super::{
    MOST, Source,
    flags::{self, AUTHENTICATION_FILE, AUTHORIZATION_FILE, Meant},
    variables::{Said, Variables},
};
use crate::{Carried, Mount, declare::embedded};

/// Bytes of the key that kubespray makes (`kube_encrypt_token`).
const OWN_KEY: u32 = 32;

/// Nodes of a list of variables that are copied into a file.
const MOST_NODES: usize = 20_000;

/// The groups that kubespray's policy knows, the core group among them.
const OWN_GROUPS: &str = "[{group: ''}, {group: admissionregistration.k8s.io}, {group: apiextensions.k8s.io}, \
    {group: apiregistration.k8s.io}, {group: apps}, {group: authentication.k8s.io}, {group: authorization.k8s.io}, \
    {group: autoscaling}, {group: batch}, {group: certificates.k8s.io}, {group: extensions}, {group: metrics.k8s.io}, \
    {group: networking.k8s.io}, {group: policy}, {group: rbac.authorization.k8s.io}, {group: settings.k8s.io}, \
    {group: storage.k8s.io}]";

/// What templates/apiserver-audit-policy.yaml.j2 of v2.11.0 to v2.31.0 means, where nobody writes rules: that of kube-up
/// (cluster/gce/gci/configure-helper.sh), one rule a line.
const OWN_RULES: &str = "\
kind: Policy
rules:
- {level: None, users: ['system:kube-proxy'], verbs: [watch], resources: [{group: '', resources: [endpoints, services, services/status]}]}
- {level: None, users: ['system:unsecured'], namespaces: [kube-system], verbs: [get], resources: [{group: '', resources: [configmaps]}]}
- {level: None, users: [kubelet], verbs: [get], resources: [{group: '', resources: [nodes, nodes/status]}]}
- {level: None, userGroups: ['system:nodes'], verbs: [get], resources: [{group: '', resources: [nodes, nodes/status]}]}
- {level: None, users: ['system:kube-controller-manager', 'system:kube-scheduler', 'system:serviceaccount:kube-system:endpoint-controller'], verbs: [get, update], namespaces: [kube-system], resources: [{group: '', resources: [endpoints]}]}
- {level: None, users: ['system:apiserver'], verbs: [get], resources: [{group: '', resources: [namespaces, namespaces/status, namespaces/finalize]}]}
- {level: None, users: ['system:kube-controller-manager'], verbs: [get, list], resources: [{group: metrics.k8s.io}]}
- {level: None, nonResourceURLs: ['/healthz*', /version, '/swagger*']}
- {level: None, resources: [{group: '', resources: [events]}]}
- {level: Metadata, resources: [{group: '', resources: [GUARDED]}, {group: authentication.k8s.io, resources: [tokenreviews]}], omitStages: [RequestReceived]}
- {level: Request, verbs: [get, list, watch], resources: GROUPS, omitStages: [RequestReceived]}
- {level: RequestResponse, resources: GROUPS, omitStages: [RequestReceived]}
- {level: Metadata, omitStages: [RequestReceived]}
";

pub(super) struct Files<'v, 'a> {
    variables: &'v Variables<'a>,
    evidence: &'v [Evidence],
    meant: Meant,
    /// Of 1.x, where the inventory says it.
    minor: Option<u16>,
    pub(super) carried: Vec<Carried>,
    pub(super) mounts: Vec<Mount>,
}

impl<'v, 'a> Files<'v, 'a> {
    pub(super) fn of(variables: &'v Variables<'a>, evidence: &'v [Evidence], meant: Meant, minor: Option<u16>) -> Self {
        let mut files = Self { variables, evidence, meant, minor, carried: Vec::new(), mounts: Vec::new() };
        files.configured();
        files.structured();
        files.encryption();
        files.audit();
        files.issuer();
        files.volumes();
        files
    }

    fn is_on(&self, switch: &str) -> bool {
        matches!(self.variables.switch(switch), Said::Value(true, _))
    }

    fn source(&self) -> &'a Source<'a> {
        self.variables.source
    }

    /// A file that kubespray writes, and that nobody can look into here.
    fn brings(&mut self, path: String, reason: &str) {
        self.mounts.push(read_only(path.clone(), path.clone()));
        self.carried.push(embedded::unread(self.source(), &path, reason));
    }

    fn configured(&mut self) {
        let Ok(folder) = self.variables.folder("kube_config_dir") else { return };
        for (switch, name, reason) in [
            (
                "kube_webhook_token_auth",
                "webhook-token-auth-config.yaml",
                "kubespray makes it of the address that it is told",
            ),
            (
                "kube_webhook_authorization",
                "webhook-authorization-config.yaml",
                "kubespray makes it of the address that it is told",
            ),
            (
                "kube_apiserver_tracing",
                "tracing/apiserver-tracing.yaml",
                "kubespray makes it of `kube_apiserver_tracing_…`",
            ),
        ] {
            if self.is_on(switch) {
                self.brings(format!("{folder}/{name}"), reason);
            }
        }
        if self.is_on("kube_apiserver_admission_control_config_file") {
            // The folder of the host is seen in place of the one around it.
            let host = format!("{folder}/admission-controls");
            let path = format!("{host}/admission-controls.yaml");
            self.mounts.push(Mount { container: folder.clone(), host: Some(host), read_only: false });
            let reason = "kubespray makes it of the variables of each plug-in";
            self.carried.push(embedded::unread(self.source(), &path, reason));
        }
        let certificates = self.variables.folder("kube_cert_dir");
        if let (true, Ok(folder)) = (self.is_on("kubelet_rotate_server_certificates"), &certificates) {
            self.carried.push(embedded::present(self.source(), format!("{folder}/ca.crt")));
        }
        for (switch, variable, own, name) in [
            ("kube_token_auth", "kube_token_dir", format!("{folder}/tokens"), "known_tokens.csv"),
            ("kube_basic_auth", "kube_users_dir", format!("{folder}/users"), "known_users.csv"),
        ] {
            let folder = match self.variables.text(variable) {
                Said::Value(folder, _) => folder.trim_end_matches('/').to_owned(),
                Said::Open(_) => continue,
                Said::Nothing => own,
            };
            if self.is_on(switch) {
                self.brings(format!("{folder}/{name}"), "kubespray makes what is in it");
            }
        }
    }

    /// Authenticators and authorizers, of variables that are copied as they are (roles/kubernetes/control-plane, since
    /// v2.28.0 tasks/main.yml), under a name that has the version of the group.
    fn structured(&mut self) {
        let Ok(folder) = self.variables.folder("kube_config_dir") else { return };
        let authentication: &[(&str, &str)] = &[
            ("jwt", "kube_apiserver_authentication_config_jwt"),
            ("anonymous", "kube_apiserver_authentication_config_anonymous"),
        ];
        let authorization: &[(&str, &str)] = &[("authorizers", "kube_apiserver_authorization_config_authorizers")];
        let parts = [
            (AUTHENTICATION_FILE, "authentication", "AuthenticationConfiguration", authentication),
            (AUTHORIZATION_FILE, "authorization", "AuthorizationConfiguration", authorization),
        ];
        for (switch, name, kind, fields) in parts {
            if !self.is_on(switch) {
                continue;
            }
            for version in ["v1alpha1", "v1beta1", "v1"] {
                let path = format!("{folder}/apiserver-{name}-config-{version}.yaml");
                self.mounts.push(read_only(path.clone(), path.clone()));
                let file = match self.written(kind, version, fields) {
                    Ok(text) => embedded::composed(self.source(), &path, text, Vec::new()),
                    Err(reason) => embedded::unread(self.source(), &path, &reason),
                };
                self.carried.push(file);
            }
        }
    }

    fn written(&self, kind: &str, version: &str, fields: &[(&str, &str)]) -> Result<String, String> {
        let mut text = format!("apiVersion: apiserver.config.k8s.io/{version}\nkind: {kind}\n");
        for (field, variable) in fields {
            let value = match self.variables.node(variable) {
                Said::Value((source, node), _) => self.copied(source, &node, variable)?,
                Said::Open(gap) => return Err(gap.reason),
                Said::Nothing => match *field {
                    "jwt" => "[]".to_owned(),
                    "anonymous" => match self.variables.switch("kube_api_anonymous_auth") {
                        Said::Value(on, _) => format!("{{\"enabled\": {on}, \"conditions\": []}}"),
                        Said::Open(gap) => return Err(gap.reason),
                        Said::Nothing => "{\"enabled\": true, \"conditions\": []}".to_owned(),
                    },
                    _ => "[{\"type\": \"Node\", \"name\": \"node\"}, {\"type\": \"RBAC\", \"name\": \"rbac\"}]"
                        .to_owned(),
                },
            };
            text.push_str(&format!("{field}: {value}\n"));
        }
        Ok(text)
    }

    fn copied(&self, source: &Source<'_>, node: &yaml::Cursor<'_>, variable: &str) -> Result<String, String> {
        let mut budget = MOST_NODES;
        let text = embedded::json(node, &mut budget).ok_or_else(|| format!("`{variable}` is too long"))?;
        if text.contains("{{") || text.contains("{%") {
            return Err(format!("`{variable}` holds placeholders that are not filled in yet"));
        }
        let (start, end) = (node.span().start, node.span().end);
        let file = self.evidence.iter().find(|piece| piece.id == *source.evidence);
        if file.is_some_and(|file| file.secrets.iter().any(|cut| start <= cut.span.start && cut.span.end <= end)) {
            return Err(format!("a secret of `{variable}` was cut out"));
        }
        Ok(text)
    }

    fn encryption(&mut self) {
        if !self.is_on("kube_encrypt_secret_data") {
            return;
        }
        let Ok(folder) = self.variables.folder("kube_cert_dir") else { return };
        let path = format!("{folder}/secrets_encryption.yaml");
        let file = match self.encrypted() {
            Ok((text, secret)) => embedded::composed(self.source(), &path, text, vec![secret]),
            Err(reason) => embedded::unread(self.source(), &path, &reason),
        };
        self.carried.push(file);
    }

    /// What templates/secrets_encryption.yaml.j2 makes of the variables. A key that is not written is taken to be of the
    /// length of those that kubespray makes, which every provider takes.
    fn encrypted(&self) -> Result<(String, CutSecret), String> {
        let variables = self.variables;
        let of_release = |what: &str| format!("{what} depends on the release of kubespray");
        let algorithm = match variables.text("kube_encryption_algorithm") {
            Said::Value(text, _) => text,
            Said::Open(gap) => return Err(gap.reason),
            Said::Nothing => {
                let own = |kubespray| if kubespray >= 19 { "secretbox" } else { "aescbc" };
                let own = flags::in_all(self.meant, self.minor, own);
                own.ok_or_else(|| of_release("the provider that encrypts"))?.to_owned()
            }
        };
        let resources = match variables.list("kube_encryption_resources") {
            Said::Value(list, _) => list,
            Said::Open(gap) => return Err(gap.reason),
            Said::Nothing => vec!["secrets".to_owned()],
        };
        let is_word = |text: &String| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./*".contains(&b))
        };
        if !resources.iter().chain([&algorithm]).all(is_word) {
            return Err(
                "`kube_encryption_resources` and `kube_encryption_algorithm` are not all plain words".to_owned()
            );
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
        let secret = match self.token() {
            // The template encodes it.
            Some(cut) => CutSecret { decoded: Some(cut.span.end - cut.span.start), ..cut },
            None => CutSecret {
                span: Span::new(0, 0),
                decoded: Some(OWN_KEY),
                strength: Strength::Plain,
                group: u32::MAX,
                nature: None,
            },
        };
        Ok((text, CutSecret { span: Span::new(start, end), nature: None, ..secret }))
    }

    /// The key that somebody wrote.
    fn token(&self) -> Option<CutSecret> {
        let Said::Value((source, token), _) = self.variables.node("kube_encrypt_token") else { return None };
        let (start, end) = (token.span().start, token.span().end);
        let file = self.evidence.iter().find(|piece| piece.id == *source.evidence)?;
        file.secrets.iter().find(|cut| start <= cut.span.start && cut.span.end <= end).cloned()
    }

    /// The policy is kubespray's own, unless somebody writes one; the log is kept in a folder of the host.
    fn audit(&mut self) {
        if !self.is_on("kubernetes_audit") && !self.is_on("kubernetes_audit_webhook") {
            return;
        }
        let policy = match (self.variables.text("audit_policy_file"), self.variables.folder("kube_config_dir")) {
            (Said::Value(path, _), _) => path,
            (Said::Nothing, Ok(folder)) => format!("{folder}/audit-policy/apiserver-audit-policy.yaml"),
            _ => return,
        };
        let folder = policy.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        self.mounts.push(Mount::same(folder.clone()));
        let file = match self.custom_rules() {
            Ok(text) => embedded::composed(self.source(), &policy, text, Vec::new()),
            Err(reason) => embedded::unread(self.source(), &policy, &reason),
        };
        self.carried.push(file);
        if self.is_on("kubernetes_audit_webhook") {
            let file = format!("{folder}/apiserver-audit-webhook-config.yaml");
            self.carried.push(embedded::unread(
                self.source(),
                &file,
                "kubespray makes it of `audit_webhook_server_url`",
            ));
        }
        let log = match self.variables.text("audit_log_path") {
            Said::Value(path, _) => path,
            Said::Open(_) => return,
            Said::Nothing => "/var/log/audit/kube-apiserver-audit.log".to_owned(),
        };
        if let Some((container, _)) = log.rsplit_once('/') {
            let host = match self.variables.text("audit_log_hostpath") {
                Said::Value(host, _) => Some(host.trim_end_matches('/').to_owned()),
                Said::Open(_) => None,
                Said::Nothing => Some("/var/log/kubernetes/audit".to_owned()),
            };
            self.mounts.push(Mount { container: container.to_owned(), host, read_only: false });
        }
    }

    /// What templates/apiserver-audit-policy.yaml.j2 makes of rules that somebody writes: they stand in the place of
    /// kubespray's own, two blanks further in.
    fn custom_rules(&self) -> Result<String, String> {
        const CUSTOM: &str = "audit_policy_custom_rules";
        let (node, rules) = match self.variables.node(CUSTOM) {
            Said::Value((source, node), _) => {
                let rules = node.text().filter(|_| !node.is_null()).map(str::to_owned);
                ((source, node), rules)
            }
            Said::Open(gap) => return Err(gap.reason),
            Said::Nothing => return self.own_rules(),
        };
        // A list, instead of the text of one, is no text that a filter could indent.
        let rules = rules.ok_or_else(|| format!("`{CUSTOM}` is no text"))?;
        if rules.is_empty() {
            return self.own_rules();
        }
        self.copied(node.0, &node.1, CUSTOM)?;
        let lines: Vec<String> = rules.lines().map(|line| format!("  {line}")).collect();
        let version = self.policy_version()?;
        Ok(format!("apiVersion: audit.k8s.io/{version}\nkind: Policy\nrules:\n{}\n", lines.join("\n")))
    }

    /// kubespray's own rules, by the release that deploys this one of Kubernetes.
    fn own_rules(&self) -> Result<String, String> {
        let guarded = |kubespray| match kubespray {
            ..17 => "secrets, configmaps",
            // Requests for tokens came with v2.17.0.
            17.. => "secrets, configmaps, serviceaccounts/token",
        };
        let guarded = flags::in_all(self.meant, self.minor, guarded);
        let guarded = guarded.ok_or("kubespray writes rules of its own, which depend on its release")?;
        let rules = OWN_RULES.replace("GUARDED", guarded).replace("GROUPS", OWN_GROUPS);
        Ok(format!("apiVersion: audit.k8s.io/{}\n{rules}", self.policy_version()?))
    }

    fn policy_version(&self) -> Result<&'static str, String> {
        let version = |kubespray| if kubespray < 14 { "v1beta1" } else { "v1" };
        let version = flags::in_all(self.meant, self.minor, version);
        version.ok_or_else(|| "the version of its audit policy depends on the release of kubespray".to_owned())
    }

    /// The certificate of an issuer, which kubespray writes where it is given one.
    fn issuer(&mut self) {
        if let (Said::Value(path, _), true) =
            (self.variables.text("kube_oidc_ca_file"), self.variables.sets("kube_oidc_ca_cert"))
        {
            self.carried.push(embedded::unread(self.source(), &path, "kubespray writes it of `kube_oidc_ca_cert`"));
        }
    }

    fn volumes(&mut self) {
        let Said::Value((_, volumes), _) = self.variables.node("apiserver_extra_volumes") else { return };
        for volume in volumes.items().take(MOST) {
            let path = |name: &str| {
                let path = volume.get(name)?.text()?.trim_end_matches('/').to_owned();
                (!path.contains("{{")).then_some(path)
            };
            let is = |name: &str| {
                let said = volume.get(name)?;
                Some(said.is_true())
            };
            if let Some(container) = path("mountPath") {
                let read_only = is("readOnly").unwrap_or(!is("writable").unwrap_or(false));
                self.mounts.push(Mount { container, host: path("hostPath"), read_only });
            }
        }
    }
}

fn read_only(container: String, host: String) -> Mount {
    Mount { container, host: Some(host), read_only: true }
}
