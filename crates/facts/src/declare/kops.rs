//! kops' Cluster, as the API server that kops starts on each control plane node.
//!
//! `spec.kubeAPIServer` has a field for each flag (`fields`), some of which kops sets whatever they say. What it adds
//! depends on its own release, which no Cluster names: one of Kubernetes is deployed by several, and what they do not agree
//! on is a gap. Read from kubernetes/kops v1.23.4 to v1.36.2: pkg/model/components/apiserver.go and discovery.go,
//! nodeup/pkg/model/kube_apiserver.go; of those before, only what changed since is known here, and left open.

mod fields;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Named, Problem, ProblemKind, Shape, Site, Version};
use yaml::{Cursor, Resolved};

use self::fields::FIELDS;
use super::{
    Source,
    agree::{Distribution, Given, agree},
    command::unfilled,
    embedded::{self, Written},
    kubeadm::release,
    pod::text_of,
};
use crate::{Carried, Hand, Invocation, Mount, Word};

const NAME: &str = "kops";

/// Entries of one list that are looked at.
const MOST: usize = 512;

/// How much text is copied for the files of one definition: each is as long as the text around it.
const MOST_BYTES: usize = 16 << 20;

const FOLDER: &str = "/srv/kubernetes/kube-apiserver";
const AUTHENTICATOR: &str = "/etc/kubernetes/authn.config";

/// The minor releases of kops 1.x that are known, with the oldest of Kubernetes that each deploys
/// (OldestSupportedKubernetesVersion of upup/pkg/fi/cloudup/apply_cluster.go); the newest is its own.
const RELEASES: [(u16, u16); 14] = [
    (23, 18),
    (24, 19),
    (25, 20),
    (26, 21),
    (27, 22),
    (28, 23),
    (29, 24),
    (30, 25),
    (31, 25),
    (32, 27),
    (33, 27),
    (34, 29),
    (35, 29),
    (36, 31),
];

/// Stands for all releases of kops before those.
const EARLIER: u16 = 0;

/// The last release of Kubernetes that a kops before them deploys.
const EARLIER_UNTIL: u16 = 22;

const KUBERNETES: (u16, u16) = (9, 37);

/// Flags that kops before 1.23 set otherwise, or not at all, depending on its release and that of Kubernetes.
const MOVED: [&str; 27] = [
    "admission-control",
    "api-audiences",
    "authorization-mode",
    "basic-auth-file",
    "cloud-provider",
    "enable-admission-plugins",
    "etcd-cafile",
    "etcd-certfile",
    "etcd-keyfile",
    "etcd-quorum-read",
    "etcd-servers",
    "etcd-servers-overrides",
    "feature-gates",
    "insecure-bind-address",
    "insecure-port",
    "kubelet-client-certificate",
    "kubelet-client-key",
    "proxy-client-cert-file",
    "proxy-client-key-file",
    "requestheader-client-ca-file",
    "service-account-issuer",
    "service-account-jwks-uri",
    "service-account-key-file",
    "service-account-signing-key-file",
    "tls-cert-file",
    "tls-private-key-file",
    "token-auth-file",
];

/// Flags that kops sets whatever the field says.
const FORCED: [&str; 22] = [
    "allow-privileged",
    "anonymous-auth",
    "bind-address",
    "enable-admission-plugins",
    "etcd-cafile",
    "etcd-certfile",
    "etcd-keyfile",
    "etcd-servers",
    "etcd-servers-overrides",
    "kubelet-client-certificate",
    "kubelet-client-key",
    "proxy-client-cert-file",
    "proxy-client-key-file",
    "requestheader-allowed-names",
    "requestheader-client-ca-file",
    "requestheader-extra-headers-prefix",
    "requestheader-group-headers",
    "requestheader-username-headers",
    "secure-port",
    "service-account-jwks-uri",
    "tls-cert-file",
    "tls-private-key-file",
];

const PLUGINS: &str = "NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,\
                       MutatingAdmissionWebhook,ValidatingAdmissionWebhook,NodeRestriction,ResourceQuota";

const PLUGINS_OF_1_33: &str = "DefaultStorageClass,DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,\
                               NamespaceLifecycle,NodeRestriction,ResourceQuota,RuntimeClass,ServiceAccount,\
                               ValidatingAdmissionPolicy,ValidatingAdmissionWebhook";

const SET_BY_KOPS: Form = Form::ByHand("kops sets it whatever `spec.kubeAPIServer` says");
const BY_AUTHORIZATION: Form = Form::ByHand("write `authorization: {rbac: {}}` in the `spec` of the Cluster");

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &str) -> bool {
    text.contains("kops.k8s.io/") || text.contains("kops/v1alpha")
}

fn is_cluster(root: &Cursor<'_>) -> bool {
    let text = |key: &str| root.get(key).and_then(|value| value.text());
    text("kind") == Some("Cluster")
        && text("apiVersion").is_some_and(|version| version.starts_with("kops.k8s.io/") || version.starts_with("kops/"))
        && root.get("spec").is_some_and(|spec| spec.mapping().is_some())
}

/// Whether a text defines a cluster of kops.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| is_cluster(&document.cursor()))
}

/// The API server of every cluster of kops that a text defines.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if let Some(spec) = root.get("spec").filter(|_| is_cluster(&root)) {
            let name = root.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
            let cluster = Cluster { source, spec, name };
            found.push(cluster.invocation(source.problems(document), evidence));
        }
    }
    found
}

struct Cluster<'a> {
    source: &'a Source<'a>,
    spec: Cursor<'a>,
    name: Option<String>,
}

/// What the flag builder makes of a field.
struct Field {
    flag: &'static str,
    field: &'static str,
    values: Vec<String>,
    at: Location,
}

impl<'a> Cluster<'a> {
    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        path.iter().try_fold(self.spec.clone(), |here, name| here.get(name)).filter(|found| !found.is_null())
    }

    fn text(&self, path: &[&str]) -> Option<(String, Location)> {
        let found = self.get(path)?;
        let text = found.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, self.source.at(&found)))
    }

    fn is_on(&self, path: &[&str]) -> Option<Location> {
        let found = self.get(path)?;
        matches!(found.resolved(), Some(Resolved::Bool(true))).then(|| self.source.at(&found))
    }

    /// `spec.kubeAPIServer`, or what there is of the way to it.
    fn place(&self) -> Location {
        let server = self.get(&["kubeAPIServer"]).filter(|server| server.mapping().is_some());
        let mut at = self.source.at(server.as_ref().unwrap_or(&self.spec));
        if self.source.inside.is_none() {
            at.pointer = format!("{}/kubeAPIServer", self.spec.pointer());
        }
        at
    }

    fn home(&self) -> Site {
        Site { at: self.place(), form: Form::Fields(FIELDS) }
    }

    /// The fields that are written, as flags.
    fn fields(&self) -> Vec<Field> {
        let Some(server) = self.get(&["kubeAPIServer"]) else { return Vec::new() };
        let mut found: Vec<Field> = Vec::new();
        for named in FIELDS {
            let Some(value) = server.get(named.field).filter(|value| !value.is_null()) else { continue };
            let values = values(named, &value);
            if !values.is_empty() && found.iter().all(|known| known.flag != named.setting) {
                found.push(Field { flag: named.setting, field: named.field, values, at: self.source.at(&value) });
            }
        }
        found
    }

    /// OpenID Connect, which v1alpha3 keeps apart (configureOIDC).
    fn oidc(&self) -> Vec<(&'static str, Vec<String>, Location)> {
        let Some(oidc) = self.get(&["authentication", "oidc"]) else { return Vec::new() };
        let mut found = Vec::new();
        for (field, flag) in [
            ("clientID", "oidc-client-id"),
            ("groupsPrefix", "oidc-groups-prefix"),
            ("issuerURL", "oidc-issuer-url"),
            ("usernameClaim", "oidc-username-claim"),
            ("usernamePrefix", "oidc-username-prefix"),
        ] {
            if let Some(value) = oidc.get(field)
                && let Some(text) = value.text().filter(|text| !text.is_empty())
            {
                found.push((flag, vec![text.to_owned()], self.source.at(&value)));
            }
        }
        if let Some(claims) = oidc.get("groupsClaims") {
            let list: Vec<&str> =
                claims.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
            found.push(("oidc-groups-claim", vec![list.join(",")], self.source.at(&claims)));
        }
        if let Some(claims) = oidc.get("requiredClaims") {
            let mut pairs: Vec<String> = claims
                .entries()
                .take(MOST)
                .map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default()))
                .collect();
            pairs.sort();
            found.push(("oidc-required-claim", pairs, self.source.at(&claims)));
        }
        found
    }

    fn version(&self) -> Option<(Version, Location)> {
        let (text, at) = self.text(&["kubernetesVersion"])?;
        Some((release(&text)?, at))
    }

    fn invocation(&self, mut problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let home = self.home();
        let distribution = Distribution { name: NAME, home: Site { form: SET_BY_KOPS, ..home.clone() } };
        let fields = self.fields();
        problems.extend(self.passed_over(&fields));
        let possible = |minor: u16| {
            let mut releases: Vec<u16> = RELEASES
                .iter()
                .filter(|(own, oldest)| *oldest <= minor && minor <= *own)
                .map(|(own, _)| *own)
                .collect();
            if minor <= EARLIER_UNTIL {
                releases.push(EARLIER);
            }
            // What a newer kops does is taken for what the last one that is known does.
            if releases.is_empty() {
                releases.extend(RELEASES.last().map(|(own, _)| *own));
            }
            releases
        };
        let like = |minor: u16| [33, 31, 27, 23, 19].into_iter().find(|first| minor >= *first).unwrap_or(KUBERNETES.0);
        let mut words =
            agree(&distribution, KUBERNETES, possible, like, |kops, minor| self.command(kops, minor, &fields));
        // From 1.10 on kops gives the flag that took its place (apiserver.go, v1.18.3), and not both.
        for word in words.iter_mut().filter(|word| word.text == "--admission-control=") {
            word.releases = Some((Minor::new(1, 0), Minor::new(1, 9)));
        }
        Invocation {
            component: "kube-apiserver",
            instance: self.name.clone().unwrap_or_else(|| self.source.evidence.as_str().to_owned()),
            declared_in: self.source.evidence.clone(),
            plane: self.source.plane,
            words,
            open_ended: None,
            list: Some(home),
            version: self.version(),
            releases: Some((Minor::new(1, 5), Minor::new(1, u16::MAX))),
            mounts: self.mounts(&fields),
            carried: self.carried(evidence),
            contained: true,
            distribution: Some(NAME),
            problems,
        }
    }

    /// Fields that have no effect, since kops sets the flag itself.
    fn passed_over(&self, fields: &[Field]) -> Vec<Problem> {
        let known = self.command(RELEASES[RELEASES.len() - 1].0, KUBERNETES.1, fields);
        let forced = fields.iter().filter(|field| FORCED.contains(&field.flag));
        forced
            .filter(|field| {
                let held = known.iter().find(|given| given.name == field.flag).and_then(|given| given.words.first());
                // A definition that kops has filled in says the same.
                held.is_some_and(|word| {
                    word.unresolved.is_none() && word.text != format!("--{}={}", field.flag, field.values.join(","))
                })
            })
            .map(|field| Problem {
                kind: ProblemKind::Conflict,
                stops: false,
                message: format!("`{}` has no effect: kops sets `--{}` itself", field.field, field.flag),
                hint: None,
                location: Some(field.at.clone()),
                setting: Some(field.flag.to_owned()),
            })
            .collect()
    }

    /// The command line that a release of kops makes for a release of Kubernetes.
    fn command(&self, kops: u16, minor: u16, fields: &[Field]) -> Vec<Given> {
        let mut line = Line { cluster: self, given: Vec::new() };
        for field in fields {
            line.writes(field.flag, &field.values, field.at.clone());
        }
        for (flag, values, at) in self.oidc() {
            line.writes(flag, &values, at);
        }
        line.fixed();
        line.paths();
        line.authorization(kops, minor);
        line.etcd();
        line.plugins(kops);
        line.tokens();
        line.network();
        line.optional();
        line.clouds(kops, minor);
        line.logs(kops, minor);
        if kops == EARLIER {
            for flag in MOVED {
                let is_own = fields.iter().any(|field| field.flag == flag) && !FORCED.contains(&flag);
                if !is_own {
                    line.open(flag, self.gap(GapKind::Version, "it depends on the release of kops"));
                }
            }
        }
        line.given
    }

    fn gap(&self, kind: GapKind, reason: &str) -> Gap {
        Gap {
            kind,
            reason: reason.to_owned(),
            wanted: "the manifest as kops wrote it".to_owned(),
            who_could_answer: "give /etc/kubernetes/manifests of the node".to_owned(),
        }
    }

    /// What the server sees of its node.
    fn mounts(&self, fields: &[Field]) -> Vec<Mount> {
        let mut mounts: Vec<Mount> =
            ["/srv/kubernetes/ca.crt", FOLDER, "/etc/ssl", "/etc/pki/tls"].into_iter().map(Mount::same).collect();
        for field in fields.iter().filter(|field| matches!(field.flag, "audit-policy-file" | "audit-log-path")) {
            let folder = field.values.first().and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
            mounts.extend(folder.filter(|folder| !folder.is_empty()).map(Mount::same));
        }
        if self.get(&["authentication", "aws"]).or_else(|| self.get(&["authentication", "kopeio"])).is_some() {
            mounts.push(Mount::same(AUTHENTICATOR));
        }
        mounts
    }

    /// The keys and certificates that kops makes, and the files that the definition has written.
    fn carried(&self, evidence: &[Evidence]) -> Vec<Carried> {
        let mut files: Vec<Carried> = PATHS
            .iter()
            .map(|(_, file)| embedded::present(self.source, format!("{FOLDER}/{file}")))
            .chain(
                ["service-account.pub", "service-account.key"]
                    .map(|file| embedded::present(self.source, format!("{FOLDER}/{file}"))),
            )
            .collect();
        files.push(embedded::present(self.source, "/srv/kubernetes/ca.crt".to_owned()));
        files.push(embedded::unread(
            self.source,
            &format!("{FOLDER}/encryptionconfig.yaml"),
            "it is the secret `encryptionconfig` of the cluster",
        ));
        let mut budget = MOST_BYTES;
        let assets = self.get(&["fileAssets"]);
        for asset in assets.iter().flat_map(|assets| assets.items().take(MOST).collect::<Vec<_>>()) {
            let Some(path) = text_of(&asset, "path") else { continue };
            let roles: Vec<String> = asset
                .get("roles")
                .iter()
                .flat_map(|roles| roles.items().collect::<Vec<_>>())
                .filter_map(|role| role.text().map(str::to_owned))
                .collect();
            if !roles.is_empty() && !roles.iter().any(|role| matches!(&**role, "Master" | "ControlPlane" | "APIServer"))
            {
                continue;
            }
            let coded =
                asset.get("isBase64").is_some_and(|coded| matches!(coded.resolved(), Some(Resolved::Bool(true))));
            let file = match asset.get("content") {
                Some(content) => Written::new(self.source, path, content, if coded { "base64" } else { "" }),
                None => Written::unread(path, "its content is not here"),
            };
            files.push(file.carried(self.source, evidence, &mut budget));
        }
        files
    }
}

/// Keys and certificates below [`FOLDER`], by the flags that name them.
const PATHS: [(&str, &str); 10] = [
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
struct Line<'c, 'a> {
    cluster: &'c Cluster<'a>,
    given: Vec<Given>,
}

impl Line<'_, '_> {
    fn has(&self, flag: &str) -> bool {
        self.given.iter().any(|given| given.name == flag)
    }

    fn put(&mut self, flag: &str, words: Vec<Word>) {
        self.given.retain(|given| given.name != flag);
        self.given.push(Given { name: flag.to_owned(), words });
    }

    fn writes(&mut self, flag: &str, values: &[String], at: Location) {
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

    fn open(&mut self, flag: &str, gap: Gap) {
        let site = Site { form: SET_BY_KOPS, ..self.cluster.home() };
        let word =
            Word { hand: Hand::Default(NAME), unresolved: Some(gap), ..Word::written(format!("--{flag}="), site) };
        self.put(flag, vec![word]);
    }

    fn fixed(&mut self) {
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

    fn paths(&mut self) {
        for (flag, file) in PATHS {
            self.sets(flag, &format!("{FOLDER}/{file}"), SET_BY_KOPS);
        }
    }

    fn authorization(&mut self, kops: u16, minor: u16) {
        let how = "`spec.authorization` decides it";
        let at =
            |name: &str| self.cluster.get(&["authorization"])?.get(name).map(|found| self.cluster.source.at(&found));
        let by_rbac = if kops == 23 && minor < 19 { "RBAC" } else { "Node,RBAC" };
        match (at("alwaysAllow"), at("rbac")) {
            (Some(at), _) => self.makes("authorization-mode", "AlwaysAllow", at, how),
            (None, Some(at)) => self.makes("authorization-mode", by_rbac, at, how),
            // pkg/apis/kops/v1alpha2/defaults.go: the one that holds without a word was another one until kops 1.36.
            (None, None) if kops >= 36 => self.sets("authorization-mode", "Node,RBAC", BY_AUTHORIZATION),
            (None, None) => self.sets("authorization-mode", "AlwaysAllow", BY_AUTHORIZATION),
        }
    }

    fn etcd(&mut self) {
        let clusters = self.cluster.get(&["etcdClusters"]);
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

    fn plugins(&mut self, kops: u16) {
        let own = if kops >= 33 { PLUGINS_OF_1_33 } else { PLUGINS };
        let old = self.given.iter().position(|given| given.name == "admission-control").map(|at| self.given.remove(at));
        let more = self.cluster.get(&["kubeAPIServer", "appendAdmissionPlugins"]);
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

    fn tokens(&mut self) {
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

        let discovery = cluster.get(&["serviceAccountIssuerDiscovery"]);
        let service = discovery.as_ref().and_then(|discovery| discovery.get("discoveryService")?.get("url"));
        // An issuer for everybody is made where requests without credentials are let in.
        let public = cluster.is_on(&["kubeAPIServer", "anonymousAuth"]).is_some();
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
        let more = cluster.get(&["kubeAPIServer", "additionalServiceAccountIssuers"]);
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

    fn network(&mut self) {
        let cluster = self.cluster;
        let either = |name: &str| cluster.text(&[name]).or_else(|| cluster.text(&["networking", name]));
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

    fn optional(&mut self) {
        let cluster = self.cluster;
        if let Some(at) = cluster.is_on(&["encryptionConfig"]) {
            let file = format!("{FOLDER}/encryptionconfig.yaml");
            self.makes("encryption-provider-config", &file, at, "`encryptionConfig` decides it");
        }
        for name in ["aws", "kopeio"] {
            if let Some(found) = cluster.get(&["authentication"]).and_then(|authentication| authentication.get(name)) {
                let at = cluster.source.at(&found);
                let how = format!("`authentication.{name}` decides it");
                self.makes("authentication-token-webhook-config-file", AUTHENTICATOR, at, &how);
            }
        }
        if let Some(at) = cluster.is_on(&["metricsServer", "enabled"])
            && !self.has("enable-aggregator-routing")
        {
            self.makes("enable-aggregator-routing", "true", at, "`metricsServer.enabled` decides it");
        }
    }

    /// What depends on the cloud: its driver in the server, and the gates that move volumes out of it.
    fn clouds(&mut self, kops: u16, minor: u16) {
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
        match self.cluster.get(&["cloudConfig"]).map(|settings| self.cluster.source.at(&settings)) {
            _ if kops >= 26 => self.sets("cloud-config", FILE, SET_BY_KOPS),
            Some(at) if kops >= 23 => self.makes("cloud-config", FILE, at, "`cloudConfig` decides it"),
            _ => {
                let file = gap();
                self.open("cloud-config", file);
            }
        }
    }

    /// Where it logs to: a file of its own as well, until the image had a program that does that.
    fn logs(&mut self, kops: u16, minor: u16) {
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

/// The values of a field, as the flag builder writes them: lists and maps joined, but for the two whose flag is repeated.
fn values(named: &Named, value: &Cursor<'_>) -> Vec<String> {
    let repeats = matches!(named.setting, "service-account-key-file" | "oidc-required-claim");
    match named.shape {
        Shape::List => {
            let list: Vec<String> =
                value.items().take(MOST).filter_map(|item| item.scalar().map(|item| item.text().to_owned())).collect();
            match list.is_empty() {
                true => Vec::new(),
                false if repeats => list,
                false => vec![list.join(",")],
            }
        }
        Shape::Map => {
            let mut pairs: Vec<String> = value
                .entries()
                .take(MOST)
                .map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default()))
                .collect();
            pairs.sort();
            if pairs.is_empty() { pairs } else { vec![pairs.join(",")] }
        }
        Shape::Text | Shape::Bool | Shape::Int => {
            // An empty text, and a number that stands for nothing, make no flag.
            const EMPTY: [(&str, &str); 5] = [
                ("v", "0"),
                ("max-requests-inflight", "0"),
                ("max-mutating-requests-inflight", "0"),
                ("delete-collection-workers", "0"),
                ("logging-format", "text"),
            ];
            let text = value.text().filter(|text| !text.is_empty() && !EMPTY.contains(&(named.setting, *text)));
            text.map(str::to_owned).into_iter().collect()
        }
    }
}
