//! `master-config.yaml` of OpenShift 3, as the API server that its master runs.
//!
//! The master makes options of it before it reads `kubernetesMasterConfig.apiServerArguments`, which win (openshift/origin,
//! pkg/cmd/server/kubernetes/master/master_config.go, `BuildKubeAPIserverOptions`, v3.6 to v3.10). Before 3.6 it took fewer
//! options, and served with a server of its own (pkg/cmd/server/kubernetes/master_config.go of 2015): what follows from those
//! is left open there. Who somebody is, who may do
//! what, and which plugins admit it, OpenShift decides with parts of its own and not with those that flags set: none of that
//! is said here. The minor release of OpenShift 3 is that of the Kubernetes in it.

use model::{Gap, GapKind, Location, Minor, Problem, Site, Version};
use yaml::Cursor;

use super::{BY_MASTER, MOST, NAME};
use crate::{
    Hand, Invocation, Releases,
    declare::{
        Source,
        layers::Layers,
        lookup::{find, text_of},
    },
    flags::{KUBE_APISERVER, Presence},
    within,
};

const KIND: &str = "MasterConfig";

/// Whether a text holds the words without which it is no such file.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(KIND) && text.contains("kubernetesMasterConfig")
}

/// The API server of a master that runs one.
pub(super) fn of(source: &Source<'_>, object: &Cursor<'_>, problems: Vec<Problem>) -> Option<Invocation> {
    let is_one = object.get("kind")?.text() == Some(KIND)
        && object.get("apiVersion").is_none_or(|version| version.text() == Some("v1"));
    // Without this part the master uses a Kubernetes that runs elsewhere.
    let own = object.get("kubernetesMasterConfig").filter(|own| is_one && own.mapping().is_some())?;
    Some(Master { source, root: object, own }.invocation(problems))
}

struct Master<'s, 'a> {
    source: &'s Source<'s>,
    root: &'s Cursor<'a>,
    own: Cursor<'a>,
}

/// What a field says, and where.
type Said = Option<(String, Location, String)>;

impl Master<'_, '_> {
    /// A text or a list of texts; nothing where it is empty, as Go leaves it.
    fn said(&self, path: &[&str]) -> Said {
        let found = find(self.root, path)?;
        let list: Vec<&str> =
            found.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
        let text = found.text().map_or_else(|| list.join(","), str::to_owned);
        (!text.is_empty()).then(|| (text, self.source.at(&found), format!("`{}` decides it", path.join("."))))
    }

    fn home(&self) -> Site {
        Site { at: self.source.at(&self.own), form: BY_MASTER }
    }

    fn invocation(&self, problems: Vec<Problem>) -> Invocation {
        let mut flags = Layers::new(NAME, self.home());
        // Set before any argument is read.
        flags.adds("enable-logs-handler", "false");
        flags.adds("event-ttl", "2h0m0s");
        flags.adds("insecure-port", "0");
        flags.adds("kubelet-https", "true");
        // pkg/cmd/server/crypto/crypto.go, `DefaultTLSVersion`: 1.2 where nothing is said.
        for (flag, value) in [("profiling", "true"), ("tls-min-version", "VersionTLS12")] {
            flags.adds_in(flag, value, within(READ, RELEASES.1));
            let gap = Gap { kind: GapKind::Version, ..elsewhere("before 3.6 a server of OpenShift's own decides it") };
            flags.sets_unseen_in(flag, gap, within(RELEASES.0, READ - 1));
        }
        self.fields(&mut flags);
        self.serving(&mut flags);
        self.audit(&mut flags);
        self.decided_elsewhere(&mut flags);
        let arguments = self.own.get("apiServerArguments");
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
            let value = |item: &Cursor<'_>| {
                let text = item.scalar()?.text().to_owned();
                Some((text, Site { at: self.source.at(item), form: BY_MASTER }))
            };
            let values: Vec<(String, Site)> = match entry.value.sequence() {
                Some(_) => entry.value.items().take(MOST).filter_map(|item| value(&item)).collect(),
                None if entry.value.is_null() => continue,
                None => value(&entry.value).into_iter().collect(),
            };
            if !self.is_ignored(&entry.name) {
                flags.written(&entry.name, values);
            }
        }
        let mut words = flags.words();
        // The master sets options, and does not write flags: what a release has no flag for, it has no option for either.
        for word in words.iter_mut().filter(|word| word.hand != Hand::Written) {
            let name = word.text.strip_prefix("--").and_then(|text| text.split_once('=')).map_or("", |(name, _)| name);
            word.releases = match (word.releases, with_flag(name)) {
                (Some((from, to)), Some((first, last))) => Some((from.max(first), to.min(last))),
                (own, has) => own.or(has),
            };
        }
        words.retain(|word| word.releases.is_none_or(|(from, to)| from <= to));
        let releases = within(RELEASES.0, RELEASES.1);
        let invocation = super::invocation(self.source, None, words, None, self.home(), problems);
        Invocation { releases, mounts: Vec::new(), contained: false, ..invocation }
    }

    /// Fields that are options as they stand.
    fn fields(&self, flags: &mut Layers) {
        for (flag, path) in [
            ("client-ca-file", &["servingInfo", "clientCA"][..]),
            ("cors-allowed-origins", &["corsAllowedOrigins"]),
            ("etcd-cafile", &["etcdClientInfo", "ca"]),
            ("etcd-certfile", &["etcdClientInfo", "certFile"]),
            ("etcd-keyfile", &["etcdClientInfo", "keyFile"]),
            ("etcd-prefix", &["etcdStorageConfig", "kubernetesStoragePrefix"]),
            ("etcd-servers", &["etcdClientInfo", "urls"]),
            ("kubelet-certificate-authority", &["kubeletClientInfo", "ca"]),
            ("kubelet-client-certificate", &["kubeletClientInfo", "certFile"]),
            ("kubelet-client-key", &["kubeletClientInfo", "keyFile"]),
            ("proxy-client-cert-file", &["aggregatorConfig", "proxyClientInfo", "certFile"]),
            ("proxy-client-key-file", &["aggregatorConfig", "proxyClientInfo", "keyFile"]),
            ("requestheader-allowed-names", &["authConfig", "requestHeader", "clientCommonNames"]),
            ("requestheader-client-ca-file", &["authConfig", "requestHeader", "clientCA"]),
            ("requestheader-extra-headers-prefix", &["authConfig", "requestHeader", "extraHeaderPrefixes"]),
            ("requestheader-group-headers", &["authConfig", "requestHeader", "groupHeaders"]),
            ("requestheader-username-headers", &["authConfig", "requestHeader", "usernameHeaders"]),
            ("service-account-key-file", &["serviceAccountConfig", "publicKeyFiles"]),
            ("service-cluster-ip-range", &["kubernetesMasterConfig", "servicesSubnet"]),
            ("service-node-port-range", &["kubernetesMasterConfig", "servicesNodePortRange"]),
            ("tls-cert-file", &["servingInfo", "certFile"]),
            ("tls-cipher-suites", &["servingInfo", "cipherSuites"]),
            ("tls-min-version", &["servingInfo", "minTLSVersion"]),
            ("tls-private-key-file", &["servingInfo", "keyFile"]),
        ] {
            if let Some((value, at, how)) = self.said(path) {
                flags.makes(flag, value, at, how);
            }
        }
        for (flag, path, half) in [
            ("max-requests-inflight", &["servingInfo", "maxRequestsInFlight"], 1),
            ("max-mutating-requests-inflight", &["servingInfo", "maxRequestsInFlight"], 2),
            ("min-request-timeout", &["servingInfo", "requestTimeoutSeconds"], 1),
        ] {
            let number = self.said(path).and_then(|(text, at, how)| Some((text.parse::<u32>().ok()?, at, how)));
            if let Some((number, at, how)) = number {
                flags.makes(flag, (number / half).to_string(), at, how);
            }
        }
    }

    fn serving(&self, flags: &mut Layers) {
        if let Some((address, at, how)) = self.said(&["servingInfo", "bindAddress"])
            && let Some((host, port)) = address.rsplit_once(':')
        {
            flags.makes("bind-address", host.trim_matches(['[', ']']), at.clone(), how.clone());
            flags.makes("secure-port", port, at, how);
        }
        let named = find(self.root, &["servingInfo", "namedCertificates"]);
        for certificate in named.iter().flat_map(|named| named.items()).take(MOST) {
            let (Some(cert), Some(key)) = (text_of(&certificate, "certFile"), text_of(&certificate, "keyFile")) else {
                continue;
            };
            let names = certificate.get("names");
            let names: Vec<&str> = names
                .iter()
                .flat_map(|names| names.items())
                .take(MOST)
                .filter_map(|name| name.scalar().map(yaml::Scalar::text))
                .collect();
            let suffix = if names.is_empty() { String::new() } else { format!(":{}", names.join(",")) };
            let site = Site { at: self.source.at(&certificate), form: BY_MASTER };
            flags.appended("tls-sni-cert-key", [(format!("{cert},{key}{suffix}"), site)]);
        }
    }

    /// `auditConfig`, in whose place no argument counts (pkg/cmd/server/kubernetes/master/master_config.go, v3.7 to v3.9:
    /// `buildKubeApiserverConfig` sets the backend from it).
    fn audit(&self, flags: &mut Layers) {
        let enabled = find(self.root, &["auditConfig", "enabled"]);
        if !enabled.as_ref().is_some_and(|on| on.is_true()) {
            return;
        }
        match self.said(&["auditConfig", "auditFilePath"]) {
            Some((path, at, how)) => flags.makes("audit-log-path", path, at, how),
            // Without a path it goes to the log of the master.
            None => {
                let at = enabled.map_or_else(|| self.home().at, |on| self.source.at(&on));
                flags.makes("audit-log-path", "-", at, "`auditConfig.enabled` without a path writes to the log");
            }
        }
        for (flag, name) in [
            ("audit-log-format", "logFormat"),
            ("audit-log-maxage", "maximumFileRetentionDays"),
            ("audit-log-maxbackup", "maximumRetainedFiles"),
            ("audit-log-maxsize", "maximumFileSizeMegabytes"),
            ("audit-policy-file", "policyFile"),
            ("audit-webhook-config-file", "webHookKubeConfig"),
            ("audit-webhook-mode", "webHookMode"),
        ] {
            if let Some((value, at, how)) = self.said(&["auditConfig", name]) {
                flags.makes(flag, value, at, how);
            }
        }
        if find(self.root, &["auditConfig", "policyConfiguration"]).is_some() {
            let gap = elsewhere("`auditConfig.policyConfiguration` holds the policy, and no file does");
            flags.sets_unseen("audit-policy-file", gap);
        }
    }

    /// Arguments that change nothing, because what they are about is not made of them.
    fn is_ignored(&self, flag: &str) -> bool {
        DECIDED.iter().any(|(name, _)| *name == flag)
    }

    fn decided_elsewhere(&self, flags: &mut Layers) {
        for (flag, reason) in DECIDED {
            flags.sets_unseen(flag, elsewhere(reason));
        }
        for plugins in ["admission-control", "enable-admission-plugins", "disable-admission-plugins"] {
            flags.sets_unseen(plugins, elsewhere("OpenShift has plugins and an order of its own"));
        }
    }
}

/// What OpenShift has parts of its own for ("We do not use the authenticator or authorizer created by this").
const DECIDED: [(&str, &str); 9] = [
    ("anonymous-auth", "OpenShift lets requests without credentials in by itself, as `system:anonymous`"),
    ("authentication-token-webhook-config-file", "`authConfig.webhookTokenAuthenticators` decides it"),
    ("authorization-mode", "OpenShift decides by itself who may do what"),
    ("authorization-webhook-config-file", "OpenShift decides by itself who may do what"),
    ("basic-auth-file", "OpenShift has identity providers of its own, in `oauthConfig`"),
    ("oidc-issuer-url", "OpenShift has identity providers of its own, in `oauthConfig`"),
    ("service-account-lookup", "OpenShift looks tokens of service accounts up by itself"),
    ("token-auth-file", "OpenShift has identity providers of its own, in `oauthConfig`"),
    ("insecure-allow-any-token", "OpenShift has identity providers of its own, in `oauthConfig`"),
];

/// The minor releases of OpenShift 3, and so of Kubernetes 1.
const RELEASES: (u16, u16) = (1, 11);

/// The first of which all options are known.
const READ: u16 = 6;

/// Those that have a flag.
fn with_flag(name: &str) -> Releases {
    let flag = KUBE_APISERVER.find(name)?;
    let has = |minor: &u16| flag.presence(&Version::of_minor(Minor::new(1, *minor))) != Presence::No;
    let mut minors = (RELEASES.0..=RELEASES.1).filter(has);
    let first = minors.next();
    // One that none of them has is in no release at all.
    Some(first.map_or((Minor::new(1, u16::MAX), Minor::new(1, u16::MAX)), |first| {
        (Minor::new(1, first), Minor::new(1, minors.next_back().unwrap_or(first)))
    }))
}

fn elsewhere(reason: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted: "how the master of OpenShift behaves".to_owned(),
        who_could_answer: "a server of the cluster".to_owned(),
    }
}
