//! kops' Cluster, as the API server that kops starts on each control plane node.
//!
//! `spec.kubeAPIServer` has a field for each flag (`fields`), some of which kops sets whatever they say. What it adds
//! depends on its own release, which no Cluster names: one of Kubernetes is deployed by several, and what they do not agree
//! on is a gap. Read from kubernetes/kops v1.23.4 to v1.36.2: pkg/model/components/apiserver.go and discovery.go,
//! nodeup/pkg/model/kube_apiserver.go; of those before, only what changed since is known here, and left open.

mod fields;
pub(super) mod kubelet;
mod line;

use std::cell::OnceCell;

use model::{Evidence, Form, Gap, GapKind, Location, Problem, ProblemKind, Site, Version};
use yaml::Cursor;

use self::{
    fields::{FIELDS, values},
    line::{Line, PATHS, SET_BY_KOPS},
};
use super::{
    Source,
    agree::{Distribution, Given, agree},
    command::Program,
    embedded::{self, Written},
    kubeadm::release,
    lookup::{find, name_of, text_of},
};
use crate::{Carried, Invocation, Mount, onward, within};

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

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
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
            let name = name_of(&root);
            let cluster = Cluster { source, spec, name, home: OnceCell::new() };
            found.push(cluster.invocation(source.problems(document), evidence));
        }
    }
    found
}

struct Cluster<'a> {
    source: &'a Source<'a>,
    spec: Cursor<'a>,
    name: Option<String>,
    /// Asked for once for each flag of each release.
    home: OnceCell<Site>,
}

/// What the flag builder makes of a field.
struct Field {
    flag: &'static str,
    field: &'static str,
    values: Vec<String>,
    at: Location,
}

impl<'a> Cluster<'a> {
    /// `spec.kubeAPIServer`, or what there is of the way to it.
    fn place(&self) -> Location {
        let server = find(&self.spec, &["kubeAPIServer"]).filter(|server| server.mapping().is_some());
        let mut at = self.source.at(server.as_ref().unwrap_or(&self.spec));
        if self.source.inside.is_none() {
            at.pointer = format!("{}/kubeAPIServer", self.spec.pointer());
        }
        at
    }

    fn home(&self) -> Site {
        self.home.get_or_init(|| Site { at: self.place(), form: Form::Fields(FIELDS) }).clone()
    }

    /// The fields that are written, as flags.
    fn fields(&self) -> Vec<Field> {
        let Some(server) = find(&self.spec, &["kubeAPIServer"]) else { return Vec::new() };
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
        let Some(oidc) = find(&self.spec, &["authentication", "oidc"]) else { return Vec::new() };
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
        let (text, at) = self.source.text(&self.spec, &["kubernetesVersion"])?;
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
            word.releases = within(0, 9);
        }
        Invocation {
            list: Some(home),
            version: self.version(),
            releases: onward(5),
            mounts: self.mounts(&fields),
            carried: self.carried(evidence),
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, self.name.clone(), words)
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
        if find(&self.spec, &["authentication", "aws"])
            .or_else(|| find(&self.spec, &["authentication", "kopeio"]))
            .is_some()
        {
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
        let assets = find(&self.spec, &["fileAssets"]);
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
            let coded = asset.get("isBase64").is_some_and(|coded| coded.is_true());
            let file = match asset.get("content") {
                Some(content) => Written::new(self.source, path, content, if coded { "base64" } else { "" }),
                None => Written::unread(path, "its content is not here"),
            };
            files.push(file.carried(self.source, evidence, &mut budget));
        }
        files
    }
}
