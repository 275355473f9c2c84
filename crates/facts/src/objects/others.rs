//! What else a cluster holds that says how its front door is kept: aggregated APIs, services, requests for certificates, the
//! order in which requests are served, nodes.

use std::sync::Arc;

use jiff::civil::Date;
use model::{Span, Version};
use yaml::Cursor;

use super::{
    Meta, Said,
    kinds::{Spot, Words},
};
use crate::{pki, spelling};

/// An API that another server answers, or this one itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiService {
    pub meta: Meta,
    pub group: Arc<str>,
    /// Namespace and name of who answers; `None` where the API server does itself.
    pub service: Option<(Arc<str>, Arc<str>)>,
    /// Where it is said that the answer need not be verified.
    pub unverified: Option<Span>,
    pub has_bundle: bool,
    /// Whether it answers, as the API server tells.
    pub available: Option<Condition>,
    /// Its spec.
    pub at: Span,
}

/// A condition as somebody wrote it into a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub holds: bool,
    pub reason: Arc<str>,
    pub at: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub meta: Meta,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`; empty where nothing is said.
    pub kind: Arc<str>,
}

/// Whose requests ride on which priority level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowSchema {
    pub meta: Meta,
    pub level: Arc<str>,
    pub rules: Vec<FlowSubjects>,
}

/// One rule of a FlowSchema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowSubjects {
    /// `Group system:masters`, `ServiceAccount kube-system/x`.
    pub subjects: Vec<String>,
    /// Whether it is about resources; else about paths alone.
    pub resources: bool,
    pub paths: Box<[Arc<str>]>,
    pub at: Span,
}

/// A Secret that lets whoever has it in, by its metadata alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub meta: Meta,
    pub of: CredentialOf,
    /// The day on which it was made.
    pub made: Option<Date>,
}

/// Whom a Secret lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialOf {
    /// A service account of its namespace, as long as the Secret is there
    /// (pkg/apis/core/types.go, `SecretTypeServiceAccountToken`).
    Account(Arc<str>),
    /// A node that joins (`SecretTypeBootstrapToken`).
    Node,
}

impl Credential {
    /// The day on which it was used last, as the server notes it on tokens that it no longer makes by itself
    /// (pkg/serviceaccount/legacy.go, 1.26 on).
    pub fn last_used(&self) -> Option<&str> {
        self.meta.label("kubernetes.io/legacy-token-last-used")
    }
}

/// The annotation by which a Secret names its account, without which no server takes it.
pub(super) const ACCOUNT: &str = "kubernetes.io/service-account.name";

/// How the names of tokens begin by which nodes join (k8s.io/cluster-bootstrap token/api/types.go).
const JOINING: &str = "bootstrap-token-";

/// A CertificateSigningRequest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub meta: Meta,
    pub signer: Arc<str>,
    pub user: Arc<str>,
    pub groups: Box<[Arc<str>]>,
    /// The day on which it was made.
    pub made: Option<Date>,
    /// Seconds for which the certificate is wanted.
    pub wanted_for: Option<i64>,
    /// `Approved`, `Denied` or `Failed`; `None` while nobody has decided.
    pub decided: Option<Arc<str>>,
    /// Whom the certificate would name; `None` where the request could not be read.
    pub subject: Option<pki::Name>,
    /// The request itself, else the spec.
    pub at: Span,
}

/// A ClusterTrustBundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorities {
    pub meta: Meta,
    pub signer: Arc<str>,
    /// Names of the authorities that it holds.
    pub names: Vec<String>,
    pub at: Span,
}

/// A ConfigMap by the keys of its data, with the data of `cluster-info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMap {
    pub meta: Meta,
    pub keys: Vec<Said>,
    /// Whether a kubeconfig in it names a user, who has credentials.
    pub user: Option<Span>,
    /// Of `aws-auth`, whom it maps to `system:masters`: their ARNs, each with the place of the list that it is in.
    pub masters: Vec<Said>,
}

/// A CustomResourceDefinition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub meta: Meta,
    pub group: Arc<str>,
    pub plural: Arc<str>,
    /// Whether its objects belong to no namespace.
    pub of_cluster: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub meta: Meta,
    pub taints: Vec<Taint>,
    pub kubelet: Option<Version>,
    /// Up to 1.32; nothing told it the truth (KEP-4004).
    pub kube_proxy: Option<Version>,
    /// `linux`, `windows`; `None` where its kubelet does not say.
    pub system: Option<Arc<str>>,
    pub images: Vec<Arc<str>>,
    /// Its kubelet's release, else its name.
    pub at: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    pub key: Arc<str>,
    pub effect: Arc<str>,
}

impl Node {
    /// Whether it says that it runs the control plane, by the labels that kubeadm and others give it.
    pub fn is_of_the_control_plane(&self) -> bool {
        const ROLES: [&str; 3] = [
            "node-role.kubernetes.io/control-plane",
            "node-role.kubernetes.io/master",
            "node-role.kubernetes.io/controlplane",
        ];
        ROLES.iter().any(|role| self.meta.label(role).is_some())
    }
}

fn items<'a>(cursor: &Cursor<'a>, pointer: &str) -> Vec<Cursor<'a>> {
    cursor.at(pointer).into_iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect()
}

/// The condition of that type.
fn condition(object: &Cursor<'_>, kind: &str, spot: &Spot<'_>, words: &mut Words) -> Option<Condition> {
    let found = items(object, "/status/conditions");
    let found = found.iter().find(|one| one.get("type").is_some_and(|known| known.text() == Some(kind)))?;
    let holds = found.get("status")?.text()? == "True";
    Some(Condition { holds, reason: words.of(found, "reason"), at: spot.span(found) })
}

pub(super) fn api_service(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<ApiService> {
    let spec = object.get("spec")?;
    let service = spec.get("service").filter(|service| service.mapping().is_some());
    let unverified = spec.get("insecureSkipTLSVerify");
    Some(ApiService {
        group: words.of(&spec, "group"),
        service: service.map(|service| (words.of(&service, "namespace"), words.of(&service, "name"))),
        unverified: unverified.filter(|said| said.text() == Some("true")).map(|said| spot.span(&said)),
        has_bundle: spec.get("caBundle").is_some_and(|bundle| bundle.text().is_some_and(|text| !text.is_empty())),
        available: condition(object, "Available", spot, words),
        at: spot.span(&spec),
        meta,
    })
}

pub(super) fn service(object: &Cursor<'_>, meta: Meta, words: &mut Words) -> Service {
    let kind = object.at("/spec/type");
    Service { kind: words.word(kind.as_ref().and_then(Cursor::text).unwrap_or_default()), meta }
}

pub(super) fn flow_schema(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<FlowSchema> {
    let spec = object.get("spec")?;
    let level = spec.at("/priorityLevelConfiguration/name");
    let level = words.word(level.as_ref().and_then(Cursor::text).unwrap_or_default());
    let rules = items(&spec, "/rules").into_iter().map(|rule| {
        let subjects = items(&rule, "/subjects").into_iter().filter_map(|subject| {
            let kind = subject.get("kind")?.text()?.to_owned();
            let below = ["group", "user", "serviceAccount"].into_iter().find_map(|key| subject.get(key))?;
            let text = |key: &str| below.get(key).and_then(|value| value.text().map(str::to_owned));
            let namespace = text("namespace").map(|namespace| format!("{namespace}/")).unwrap_or_default();
            Some(format!("{kind} {namespace}{}", text("name")?))
        });
        FlowSubjects {
            subjects: subjects.collect(),
            resources: !items(&rule, "/resourceRules").is_empty(),
            paths: items(&rule, "/nonResourceRules")
                .iter()
                .flat_map(|paths| words.list(paths, "nonResourceURLs").into_vec())
                .collect(),
            at: spot.span(&rule),
        }
    });
    Some(FlowSchema { level, rules: rules.collect(), meta })
}

/// Seconds, minutes and the rest of a time of Kubernetes are of no use here: whoever judges knows the day.
fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

pub(super) fn credential(object: &Cursor<'_>, meta: Meta) -> Option<Credential> {
    let of = match meta.annotation(ACCOUNT) {
        Some(account) => CredentialOf::Account(account.into()),
        None if &*meta.namespace == "kube-system" && meta.name.starts_with(JOINING) => CredentialOf::Node,
        None => return None,
    };
    let made = object.at("/metadata/creationTimestamp").and_then(|made| day(made.text()?));
    Some(Credential { of, made, meta })
}

pub(super) fn request(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<Request> {
    let spec = object.get("spec")?;
    let decided = items(object, "/status/conditions");
    let decided = decided.iter().find_map(|one| {
        let kind = one.get("type")?;
        let kind = kind.text().filter(|kind| matches!(*kind, "Approved" | "Denied" | "Failed"))?;
        Some(words.word(kind))
    });
    let wanted = spec.get("request");
    let pem = wanted.as_ref().and_then(|wanted| spelling::base64(wanted.text()?));
    let subject = pem.and_then(|pem| pki::requested(&String::from_utf8(pem).ok()?));
    let made = object.at("/metadata/creationTimestamp");
    Some(Request {
        signer: words.of(&spec, "signerName"),
        user: words.of(&spec, "username"),
        groups: words.list(&spec, "groups"),
        made: made.and_then(|made| day(made.text()?)),
        wanted_for: spec.get("expirationSeconds").and_then(|seconds| seconds.text()?.parse().ok()),
        decided,
        subject,
        at: wanted.as_ref().map_or_else(|| spot.span(&spec), |wanted| spot.span(wanted)),
        meta,
    })
}

pub(super) fn trust_bundle(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<Authorities> {
    let spec = object.get("spec")?;
    let bundle = spec.get("trustBundle");
    let found = bundle.as_ref().and_then(Cursor::text).map(pki::certificates_in).unwrap_or_default();
    let names = found.into_iter().map(|one| match one {
        Ok(certificate) => certificate.subject.text,
        Err(_) => "something that is no certificate".to_owned(),
    });
    Some(Authorities {
        signer: words.of(&spec, "signerName"),
        names: names.collect(),
        at: spot.span(bundle.as_ref().unwrap_or(&spec)),
        meta,
    })
}

pub(super) fn config_map(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> ConfigMap {
    let data = [object.get("data"), object.get("binaryData")];
    let entries: Vec<_> = data.into_iter().flatten().flat_map(|data| data.entries().collect::<Vec<_>>()).collect();
    let kubeconfig = entries.iter().find(|entry| *entry.name == *"kubeconfig");
    // A document in a document: whether it has users is all that is asked of it.
    let user = kubeconfig.and_then(|entry| {
        let inner = yaml::parse(entry.value.text()?, &yaml::Limits::default());
        let users = inner.documents.first()?.cursor().get("users")?;
        (users.items().len() > 0).then(|| spot.span(&entry.value))
    });
    let keys =
        entries.iter().map(|entry| Said { text: words.word(&entry.name), at: spot.span(&entry.value) }).collect();
    let masters = if &*meta.name == "aws-auth" { mapped(&entries, spot, words) } else { Vec::new() };
    ConfigMap { meta, keys, user, masters }
}

/// Whom the lists of `aws-auth` map to `system:masters` (aws-iam-authenticator pkg/config/types.go: `RoleMapping`, `UserMapping`).
fn mapped(entries: &[yaml::Item<'_>], spot: &Spot<'_>, words: &mut Words) -> Vec<Said> {
    /// More than anybody maps; an object is a megabyte at most.
    const MOST: usize = 1000;
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| matches!(&*entry.name, "mapRoles" | "mapUsers")) {
        // A document in a document.
        let Some(text) = entry.value.text() else { continue };
        let inner = yaml::parse(text, &yaml::Limits::default());
        let Some(list) = inner.documents.first().map(yaml::Document::cursor) else { continue };
        for one in list.items().take(MOST) {
            let is_master = items(&one, "/groups").iter().any(|group| group.text() == Some("system:masters"));
            let who = ["rolearn", "userarn", "username"].into_iter().find_map(|key| one.get(key)?.text());
            if let Some(who) = who.filter(|_| is_master) {
                found.push(Said { text: words.word(who), at: spot.span(&entry.value) });
            }
        }
    }
    found
}

pub(super) fn definition(object: &Cursor<'_>, meta: Meta, words: &mut Words) -> Option<Definition> {
    let spec = object.get("spec")?;
    Some(Definition {
        group: words.of(&spec, "group"),
        plural: words.word(spec.at("/names/plural")?.text()?),
        of_cluster: spec.get("scope").is_some_and(|scope| scope.text() == Some("Cluster")),
        meta,
    })
}

pub(super) fn node(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Node {
    /// A kubelet tells of fifty (`nodeStatusMaxImages`), each with its names.
    const MOST: usize = 500;
    let taints = items(object, "/spec/taints").into_iter();
    let taints =
        taints.map(|taint| Taint { key: words.of(&taint, "key"), effect: words.of(&taint, "effect") }).collect();
    let told = |key: &str| object.at(&format!("/status/nodeInfo/{key}"));
    let version = |key: &str| told(key).and_then(|version| version.text()?.parse().ok());
    let at = told("kubeletVersion").map(|version| spot.span(&version)).or(meta.at.span).unwrap_or(Span::new(0, 0));
    let images = items(object, "/status/images");
    let images = images
        .iter()
        .flat_map(|image| image.get("names").into_iter().flat_map(|names| names.items().collect::<Vec<_>>()));
    let images = images.filter_map(|name| name.text().map(|name| words.word(name))).take(MOST).collect();
    let system = told("operatingSystem");
    let system = system.as_ref().and_then(Cursor::text).filter(|system| !system.is_empty());
    Node {
        taints,
        kubelet: version("kubeletVersion"),
        kube_proxy: version("kubeProxyVersion"),
        system: system.map(|system| words.word(system)),
        images,
        at,
        meta,
    }
}
