//! Gardener's Shoot, as the API server that Gardener runs for it on a cluster of its own; and its Garden, whose virtual
//! cluster has an API server of the same making (pkg/operator/controller/garden/garden/components.go), without workers.
//!
//! `spec.kubernetes.kubeAPIServer` of a Shoot has a field for what an owner may decide. What Gardener adds is in gardener/gardener,
//! pkg/component/kubernetes/apiserver and pkg/component/apiserver (v1.50 in pkg/operation/botanist); here is what v1.50.0,
//! v1.70.0, v1.90.0, v1.110.0, v1.125.0, v1.135.0 and the tree of August 2026 have in common. A Shoot does not name the
//! release of Gardener that holds it, so that the rest is left open.

pub(super) mod kubelet;

use model::{Evidence, Form, Gap, GapKind, Location, Named, Problem, Shape, Site, Version};
use yaml::Cursor;

use super::{
    Source,
    agree::where_known,
    command::Program,
    embedded,
    kubeadm::release,
    layers::Layers,
    lookup::{find, name_of, text_of},
};
use crate::{Carried, Hand, Invocation, Mount, Word, onward, redact::parsable, within};

const NAME: &str = "Gardener";
const GROUP: &str = "core.gardener.cloud/";
const OPERATOR: &str = "operator.gardener.cloud/";

/// Entries of one list that are looked at.
const MOST: usize = 512;

const AUTHENTICATION: &str = "/etc/kubernetes/structured/authentication/config.yaml";
const AUTHORIZATION: &str = "/etc/kubernetes/structured/authorization/config.yaml";
const TOKENS: &str = "/srv/kubernetes/token/static_tokens.csv";
const POLICY: &str = "/etc/kubernetes/audit/audit-policy.yaml";

/// The first release of Kubernetes that only a Gardener deploys of which more is known (v1.60 to v1.70 and later).
const KNOWN: u16 = 25;

/// What Gardener gives those, and to those before under other names, or not.
const LATER: [(&str, &str); 17] = [
    ("admission-control-config-file", "/etc/kubernetes/admission/admission-configuration.yaml"),
    ("audit-policy-file", POLICY),
    ("client-ca-file", "/srv/kubernetes/ca-client/bundle.crt"),
    ("encryption-provider-config", "/etc/kubernetes/etcd-encryption-secret/encryption-configuration.yaml"),
    ("etcd-cafile", "/srv/kubernetes/etcd/ca/bundle.crt"),
    ("etcd-certfile", "/srv/kubernetes/etcd/client/tls.crt"),
    ("etcd-keyfile", "/srv/kubernetes/etcd/client/tls.key"),
    ("proxy-client-cert-file", "/srv/kubernetes/aggregator/tls.crt"),
    ("proxy-client-key-file", "/srv/kubernetes/aggregator/tls.key"),
    ("requestheader-client-ca-file", "/srv/kubernetes/ca-front-proxy/bundle.crt"),
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-username-headers", "X-Remote-User"),
    ("service-account-key-file", "/srv/kubernetes/service-account-key-bundle/bundle.key"),
    ("service-account-signing-key-file", "/srv/kubernetes/service-account-key/id_rsa"),
    ("tls-cert-file", "/srv/kubernetes/apiserver/tls.crt"),
    ("tls-private-key-file", "/srv/kubernetes/apiserver/tls.key"),
];

/// The same where there are workers.
const OF_KUBELETS: [(&str, &str); 3] = [
    ("kubelet-certificate-authority", "/srv/kubernetes/ca-kubelet/bundle.crt"),
    ("kubelet-client-certificate", "/srv/kubernetes/apiserver-kubelet/tls.crt"),
    ("kubelet-client-key", "/srv/kubernetes/apiserver-kubelet/tls.key"),
];

/// pkg/utils/kubernetes, TLSCipherSuites.
const SUITES: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,\
                      TLS_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,\
                      TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,\
                      TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";

/// Who tokens are for without a word, and who is added to those that are named (pkg/component/shared/kubeapiserver.go).
const AUDIENCES: &str = "kubernetes,gardener";
const AUDIENCE: &str = "gardener";

/// What Gardener gives in the place of a policy (pkg/component/apiserver/audit.go).
const NO_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n";

/// Fields that one flag is made of.
const FIELDS: &[Named] = &[
    named("anonymous-auth", "enableAnonymousAuthentication", Shape::Bool),
    named("api-audiences", "apiAudiences", Shape::List),
    named("default-not-ready-toleration-seconds", "defaultNotReadyTolerationSeconds", Shape::Int),
    named("default-unreachable-toleration-seconds", "defaultUnreachableTolerationSeconds", Shape::Int),
    named("event-ttl", "eventTTL", Shape::Text),
    named("tls-min-version", "tlsMinVersion", Shape::Text),
];

const fn named(setting: &'static str, field: &'static str, shape: Shape) -> Named {
    Named { setting, field, shape }
}

/// Fields that stand deeper, and that are the flag's value as they stand.
const DEEPER: [(&str, &[&str]); 14] = [
    ("max-mutating-requests-inflight", &["requests", "maxMutatingInflight"]),
    ("max-requests-inflight", &["requests", "maxNonMutatingInflight"]),
    ("oidc-client-id", &["oidcConfig", "clientID"]),
    ("oidc-groups-claim", &["oidcConfig", "groupsClaim"]),
    ("oidc-groups-prefix", &["oidcConfig", "groupsPrefix"]),
    ("oidc-issuer-url", &["oidcConfig", "issuerURL"]),
    ("oidc-signing-algs", &["oidcConfig", "signingAlgs"]),
    ("oidc-username-claim", &["oidcConfig", "usernameClaim"]),
    ("oidc-username-prefix", &["oidcConfig", "usernamePrefix"]),
    ("service-account-extend-token-expiration", &["serviceAccountConfig", "extendTokenExpiration"]),
    ("service-account-max-token-expiration", &["serviceAccountConfig", "maxTokenExpiration"]),
    ("v", &["logging", "verbosity"]),
    ("service-account-issuer", &["serviceAccountConfig", "issuer"]),
    ("service-account-issuer", &["serviceAccountConfig", "acceptedIssuers"]),
];

/// What Gardener sets in every release that was looked at.
const ADDED: [(&str, &str); 8] = [
    ("enable-aggregator-routing", "true"),
    ("enable-bootstrap-token-auth", "true"),
    ("http2-max-streams-per-connection", "1000"),
    ("livez-grace-period", "1m"),
    ("profiling", "false"),
    ("secure-port", "443"),
    ("shutdown-delay-duration", "15s"),
    ("token-auth-file", TOKENS),
];

/// What it sets in a way that depends on its release, or on what only it knows, up to a release of Kubernetes.
const OPEN: [(&str, u16); 12] = [
    ("advertise-address", u16::MAX),
    ("audit-log-maxbackup", 32),
    ("audit-log-maxsize", 32),
    ("audit-log-path", 32),
    ("bind-address", 33),
    ("egress-selector-config-file", u16::MAX),
    ("enable-admission-plugins", 32),
    ("etcd-servers", u16::MAX),
    ("etcd-servers-overrides", u16::MAX),
    ("external-hostname", u16::MAX),
    ("insecure-port", 23),
    ("disable-admission-plugins", KNOWN - 1),
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP) || text.contains(OPERATOR)
}

/// Whether a text defines a Shoot or a Garden.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| objects(&document.cursor()).iter().any(|object| defined(object).is_some()))
}

/// The API server of every Shoot, and of every virtual cluster, that a text defines.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        for object in objects(&document.cursor()) {
            if let Some(spec) = defined(&object).filter(|_| found.len() <= super::MOST) {
                let name = name_of(&object);
                found.push(Shoot { source, spec, name }.invocation(source.problems(document), evidence));
            }
        }
    }
    found
}

fn objects<'a>(root: &Cursor<'a>) -> Vec<Cursor<'a>> {
    match root.get("items").filter(|items| items.sequence().is_some()) {
        Some(items) => items.items().take(MOST).collect(),
        None => vec![root.clone()],
    }
}

/// The part that defines a cluster: of a Shoot its `spec`, of a Garden the virtual cluster in it.
fn defined<'a>(object: &Cursor<'a>) -> Option<Cursor<'a>> {
    let text = |key: &str| object.get(key).and_then(|value| value.text());
    let group = text("apiVersion")?;
    let spec = object.get("spec")?;
    match text("kind")? {
        // One that does not speak of Kubernetes gets the newest release of its CloudProfile; what has no provider either is
        // a part of one.
        "Shoot" if group.starts_with(GROUP) => {
            let has_provider = spec.get("provider").is_some_and(|provider| text_of(&provider, "type").is_some());
            (spec.get("kubernetes").is_some() || has_provider).then_some(spec)
        }
        "Garden" if group.starts_with(OPERATOR) => {
            spec.get("virtualCluster").filter(|own| own.get("kubernetes").is_some())
        }
        _ => None,
    }
}

/// What the ConfigMap of `structuredAuthentication` says.
struct Issuers {
    decides_anonymous: bool,
    /// The text of it, where its places can be told.
    file: Option<Evidence>,
}

struct Shoot<'a> {
    source: &'a Source<'a>,
    spec: Cursor<'a>,
    name: Option<String>,
}

impl<'a> Shoot<'a> {
    fn server(&self, path: &[&str]) -> Option<Cursor<'a>> {
        let server = find(&self.spec, &["kubernetes", "kubeAPIServer"])?;
        find(&server, path)
    }

    fn home(&self) -> Site {
        const PATH: [&str; 2] = ["kubernetes", "kubeAPIServer"];
        let mut there = self.spec.clone();
        for name in PATH {
            let Some(next) = there.get(name).filter(|next| next.mapping().is_some()) else { break };
            there = next;
        }
        let mut at = self.source.at(&there);
        if self.source.inside.is_none() {
            at.pointer = format!("{}/{}", self.spec.pointer(), PATH.join("/"));
        }
        Site { at, form: Form::Fields(FIELDS) }
    }

    fn version(&self) -> Option<(Version, Location)> {
        let found = find(&self.spec, &["kubernetes", "version"])?;
        Some((release(found.text()?)?, self.source.at(&found)))
    }

    /// The values of a field, each with its place.
    fn values(&self, found: &Cursor<'a>) -> Vec<(String, Site)> {
        let one = |value: Cursor<'a>, form| {
            let text = value.scalar()?.text().to_owned();
            Some((text, Site { at: self.source.at(&value), form }))
        };
        const IN_A_LIST: Form = Form::ByHand("its values stand in a list of the Shoot, which is changed by hand");
        match found.sequence() {
            Some(_) => found.items().take(MOST).filter_map(|item| one(item, IN_A_LIST)).collect(),
            None => one(found.clone(), Form::Field).into_iter().collect(),
        }
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let mut flags = Layers::new(NAME, self.home());
        let issuers = self.issuers(evidence);
        let policy = self.policy(evidence);
        for (flag, value) in ADDED {
            flags.adds(flag, value);
        }
        // A Shoot without workers has no kubelets.
        let workers = find(&self.spec, &["provider", "workers"]).filter(|workers| workers.items().len() > 0);
        if workers.is_some() {
            flags.adds("allow-privileged", "true");
            flags.adds("kubelet-preferred-address-types", "InternalIP,Hostname,ExternalIP");
            flags.adds("default-not-ready-toleration-seconds", "300");
            flags.adds("default-unreachable-toleration-seconds", "300");
        }
        let open = || gap(GapKind::Version, "what Gardener gives depends on its release");
        let of_kubelets = OF_KUBELETS.iter().filter(|_| workers.is_some());
        for (flag, value) in LATER.iter().chain(of_kubelets).copied().chain([("tls-cipher-suites", SUITES)]) {
            flags.adds_in(flag, value, onward(KNOWN));
            flags.sets_unseen_in(flag, open(), within(0, KNOWN - 1));
        }
        for (flag, last) in OPEN {
            flags.sets_unseen_in(flag, open(), within(0, last));
        }
        flags.adds_in("bind-address", "::", onward(34));
        flags.adds("api-audiences", AUDIENCES);
        self.authentication(&mut flags, issuers.as_ref());
        self.authorization(&mut flags, workers.is_some());
        self.written(&mut flags, issuers.as_ref());
        Invocation {
            list: Some(self.home()),
            version: self.version(),
            releases: onward(10),
            mounts: [AUTHENTICATION, AUTHORIZATION, TOKENS, POLICY].map(Mount::same).to_vec(),
            carried: vec![
                issuers.and_then(|issuers| issuers.file).map_or_else(
                    || embedded::unread(self.source, AUTHENTICATION, "it is in a ConfigMap that the Shoot names"),
                    |evidence| Carried { path: AUTHENTICATION.to_owned(), evidence },
                ),
                policy,
                embedded::unread(self.source, AUTHORIZATION, "Gardener puts a webhook of its own to it"),
                embedded::unread(self.source, TOKENS, "Gardener makes it"),
            ],
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, self.name.clone(), where_known(flags.words()))
        }
    }

    /// The text under a key of a ConfigMap, where that is at hand.
    fn in_config_map<T>(
        &self,
        name: &str,
        key: &str,
        evidence: &[Evidence],
        take: impl Fn(&Source<'_>, &Cursor<'_>, &[Evidence]) -> T,
    ) -> Option<T> {
        let read = |source: &Source<'_>, all: &[Evidence]| {
            let is_it = |object: &Cursor<'_>| {
                let named = object.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
                named.as_deref() == Some(name)
            };
            let maps = source.objects().into_iter().map(|(_, object)| object).filter(is_it);
            let (_, text) = maps.flat_map(|map| super::config_map(&map)).find(|(own, _)| own == key)?;
            Some(take(source, &text, all))
        };
        if let Some(found) = read(self.source, evidence) {
            return Some(found);
        }
        let others = evidence.iter().filter(|piece| piece.id != *self.source.evidence);
        others.into_iter().find_map(|piece| {
            let text = piece.text().filter(|text| text.contains("ConfigMap") && text.contains(name))?;
            let parsed = parsable(piece, text);
            let stream = yaml::parse(&parsed, &yaml::Limits::default());
            let other = Source {
                evidence: &piece.id,
                plane: piece.plane,
                text: &parsed,
                root: self.source.root,
                stream: &stream,
                inside: None,
            };
            read(&other, std::slice::from_ref(piece))
        })
    }

    /// The ConfigMap that `structuredAuthentication` names, where it is at hand; Gardener reads the key `config.yaml` of it
    /// (pkg/component/kubernetes/apiserver/authentication.go).
    fn issuers(&self, evidence: &[Evidence]) -> Option<Issuers> {
        let name = text_of(&self.server(&["structuredAuthentication"])?, "configMapName")?;
        self.in_config_map(&name, "config.yaml", evidence, |source, text, all| {
            let stream = embedded::parse(text);
            let speaks_of = |document: &yaml::Document| document.cursor().get("anonymous").is_some();
            let decides_anonymous = stream.documents.iter().any(speaks_of);
            Issuers { decides_anonymous, file: embedded::file(source, text, all).ok() }
        })
    }

    /// The policy of `auditConfig`, the key `policy` of a ConfigMap; without one the server is given one that records nothing
    /// (computeAPIServerAuditConfig, ReconcileConfigMapAuditPolicy).
    fn policy(&self, evidence: &[Evidence]) -> Carried {
        let config = self.server(&["auditConfig", "auditPolicy", "configMapRef"]);
        let Some(name) = config.and_then(|config| text_of(&config, "name")) else {
            return embedded::composed(self.source, POLICY, NO_POLICY.to_owned(), Vec::new());
        };
        let found =
            self.in_config_map(&name, "policy", evidence, |source, text, all| embedded::file(source, text, all).ok());
        match found.flatten() {
            Some(evidence) => Carried { path: POLICY.to_owned(), evidence },
            None => embedded::unread(self.source, POLICY, "it is in a ConfigMap that the Shoot names"),
        }
    }

    /// Requests without credentials, and the file of issuers. Later releases of Gardener say the former in a file of their
    /// own (handleAuthenticationSettings): the same holds. Where the file of issuers speaks of them no flag does.
    fn authentication(&self, flags: &mut Layers, issuers: Option<&Issuers>) {
        if let Some(structured) = self.server(&["structuredAuthentication"]) {
            let at = self.source.at(&structured);
            flags.makes("authentication-config", AUTHENTICATION, at, "`structuredAuthentication` decides it");
        }
        if self.is_by_file(issuers) {
            if issuers.is_none() {
                flags.sets_unseen(
                    "anonymous-auth",
                    gap(GapKind::Unread, "the file of `structuredAuthentication` may decide it"),
                );
            }
        } else if self.server(&["enableAnonymousAuthentication"]).is_none() {
            flags.adds("anonymous-auth", "false");
        }
    }

    /// Nodes and RBAC, and from v1.110.0 on a webhook of Gardener's own: those releases deploy 1.27 and later, and give a file
    /// from 1.30 on (authorization.go). What gave the flag to 1.30 before has ended, and the same holds.
    fn authorization(&self, flags: &mut Layers, has_nodes: bool) {
        const MODE: &str = "authorization-mode";
        const FILE: &str = "authorization-config";
        const WEBHOOK: &str = "authorization-webhook-config-file";
        let open = || gap(GapKind::Version, "what Gardener gives depends on its release");
        if self.server(&["featureGates", "StructuredAuthorizationConfiguration"]).is_some() {
            for flag in [MODE, FILE, WEBHOOK] {
                flags.sets_unseen(flag, open());
            }
            return;
        }
        flags.adds_in(MODE, if has_nodes { "Node,RBAC" } else { "RBAC" }, within(0, 26));
        flags.sets_unseen_in(MODE, open(), within(27, 29));
        flags.sets_unseen_in(WEBHOOK, open(), within(27, 29));
        match self.server(&["structuredAuthorization"]) {
            Some(structured) => {
                let at = self.source.at(&structured);
                flags.makes_in(FILE, AUTHORIZATION, at, "`structuredAuthorization` decides it", onward(30));
            }
            None => flags.adds_in(FILE, AUTHORIZATION, onward(30)),
        }
    }

    /// Whether the file of issuers decides about requests without credentials, or may.
    fn is_by_file(&self, issuers: Option<&Issuers>) -> bool {
        let has_file = self.server(&["structuredAuthentication"]).is_some();
        has_file && issuers.is_none_or(|issuers| issuers.decides_anonymous)
    }

    fn written(&self, flags: &mut Layers, issuers: Option<&Issuers>) {
        for named in FIELDS {
            let Some(found) = self.server(&[named.field]) else { continue };
            if named.setting == "anonymous-auth" && self.is_by_file(issuers) {
                continue;
            }
            let mut values = self.values(&found);
            // Gardener adds itself to those that tokens are for.
            if named.setting == "api-audiences" && !values.is_empty() && values.iter().all(|(text, _)| text != AUDIENCE)
            {
                values.push((AUDIENCE.to_owned(), Site { form: Form::Fields(FIELDS), ..self.home() }));
            }
            if !values.is_empty() {
                flags.written(named.setting, values);
            }
        }
        for (flag, path) in DEEPER {
            let Some(found) = self.server(path) else { continue };
            match path.last() {
                Some(&"acceptedIssuers") => flags.appended(flag, self.values(&found)),
                _ => flags.written(flag, self.values(&found)),
            }
        }
        if self.server(&["serviceAccountConfig", "issuer"]).is_none() {
            flags.sets_unseen(
                "service-account-issuer",
                gap(GapKind::Unresolved, "without one Gardener takes the address of the API server"),
            );
        }
        for (flag, field) in [("feature-gates", "featureGates"), ("runtime-config", "runtimeConfig")] {
            if let Some(map) = self.server(&[field]) {
                let mut pairs: Vec<String> = map
                    .entries()
                    .take(MOST)
                    .map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default()))
                    .collect();
                pairs.sort();
                flags.makes(flag, pairs.join(","), self.source.at(&map), format!("`{field}` decides it"));
            }
        }
        if let Some(claims) = self.server(&["oidcConfig", "requiredClaims"]) {
            let pairs = claims.entries().take(MOST).filter_map(|entry| {
                let site = Site { at: self.source.at(&entry.value), form: Form::Field };
                Some((format!("{}={}", entry.name, entry.value.text()?), site))
            });
            flags.written("oidc-required-claim", pairs.collect::<Vec<_>>());
        }
        if let Some(access) = self.server(&["logging", "httpAccessVerbosity"])
            && let Some(level) = access.text()
        {
            flags.makes(
                "vmodule",
                format!("httplog={level}"),
                self.source.at(&access),
                "`httpAccessVerbosity` decides it",
            );
        }
        // Without workers some groups are off, which ones by the release of Gardener, unless they are named.
        if find(&self.spec, &["provider", "workers"]).is_none_or(|workers| workers.items().len() == 0) {
            flags.sets_unseen(
                "runtime-config",
                gap(GapKind::Version, "Gardener switches APIs off where there are no workers, by its release"),
            );
        }
        if let Some(sizes) = self.server(&["watchCacheSizes", "resources"]) {
            let size = |item: &Cursor<'_>| {
                let group = text_of(item, "apiGroup").map(|group| format!(".{group}")).unwrap_or_default();
                Some(format!("{}{group}#{}", text_of(item, "resource")?, item.get("size")?.scalar()?.text()))
            };
            let all: Vec<String> = sizes.items().take(MOST).filter_map(|item| size(&item)).collect();
            if !all.is_empty() {
                flags.makes("watch-cache-sizes", all.join(","), self.source.at(&sizes), "`watchCacheSizes` decides it");
            }
        }
        let networks = find(&self.spec, &["networking", "services"]);
        let ranges = |found: &Cursor<'_>| {
            let list: Vec<&str> = found.items().take(MOST).filter_map(|item| item.text()).collect();
            found.text().map(str::to_owned).or_else(|| (!list.is_empty()).then(|| list.join(",")))
        };
        match networks.as_ref().and_then(|found| Some((found, ranges(found)?))) {
            Some((found, text)) => {
                flags.makes(
                    "service-cluster-ip-range",
                    text,
                    self.source.at(found),
                    "`networking.services` decides it",
                );
            }
            None => flags.sets_unseen(
                "service-cluster-ip-range",
                gap(GapKind::NotCollected, "without `networking.services` the CloudProfile or the seed decides it"),
            ),
        }
        // Only a Garden has these.
        for (field, flag, reason) in [
            ("auditWebhook", "audit-webhook-config-file", "a Secret that `auditWebhook` names holds it"),
            (
                "authentication",
                "authentication-token-webhook-config-file",
                "a Secret that `authentication` names may hold it",
            ),
        ] {
            if self.server(&[field]).is_some() {
                flags.sets_unseen(flag, gap(GapKind::NotCollected, reason));
            }
        }
        // A plugin that somebody names is on, or off where it says so, whatever Gardener's own are.
        let plugins = self.server(&["admissionPlugins"]);
        let off: Vec<(String, Location)> = plugins
            .iter()
            .flat_map(|plugins| plugins.items().take(MOST).collect::<Vec<_>>())
            .filter(|plugin| plugin.get("disabled").is_some_and(|off| off.is_true()))
            .filter_map(|plugin| Some((text_of(&plugin, "name")?, self.source.at(&plugin))))
            .collect();
        self.plugins(flags, plugins.as_ref());
        if let Some((_, at)) = off.first() {
            let names: Vec<&str> = off.iter().map(|(name, _)| name.as_str()).collect();
            flags.makes("disable-admission-plugins", names.join(","), at.clone(), "`admissionPlugins` decides it");
        }
    }

    /// NodeRestriction, and what a Shoot names beside it (computeEnabledAPIServerAdmissionPlugins): since v1.116 that is all, and
    /// those are the releases that deploy 1.33 and later.
    fn plugins(&self, flags: &mut Layers, plugins: Option<&Cursor<'a>>) {
        const FLAG: &str = "enable-admission-plugins";
        const OWN: &str = "NodeRestriction";
        let mut named: Vec<(String, Cursor<'a>)> = Vec::new();
        for plugin in plugins.iter().flat_map(|plugins| plugins.items().take(MOST)) {
            let Some(name) = text_of(&plugin, "name") else { continue };
            named.retain(|(known, _)| *known != name);
            named.push((name, plugin));
        }
        let is_on = |plugin: &Cursor<'a>| !plugin.get("disabled").is_some_and(|off| off.is_true());
        if named.iter().all(|(name, plugin)| name != OWN || is_on(plugin)) {
            flags.adds_in(FLAG, OWN, onward(33));
        }
        let words =
            named.into_iter().filter(|(name, plugin)| name != OWN && is_on(plugin)).map(|(name, plugin)| Word {
                releases: onward(33),
                hand: Hand::Made("`admissionPlugins` decides it".to_owned()),
                ..Word::written(format!("--{FLAG}={name}"), Site { at: self.source.at(&plugin), form: Form::Field })
            });
        flags.puts(FLAG, words.collect());
    }
}

fn gap(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "the Deployment of the API server".to_owned(),
        who_could_answer: "an operator of Gardener".to_owned(),
    }
}
