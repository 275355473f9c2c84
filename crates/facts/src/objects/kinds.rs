//! What is kept of each kind of object.

use std::{collections::HashSet, sync::Arc};

use model::{Location, Span};
use yaml::Cursor;

use super::{Meta, Of, Said, admission, entry, network, operators, others};
use crate::advisories;

/// Labels, or what a selector asks of them.
pub type Labels = Vec<(Arc<str>, Arc<str>)>;

/// A Role or a ClusterRole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub meta: Meta,
    /// Whether it is a ClusterRole.
    pub of_cluster: bool,
    pub rules: Vec<PolicyRule>,
    /// The selectors of `aggregationRule`, each as the labels that it asks for; `None` where it has none of its own.
    ///
    /// Selectors with `matchExpressions` are kept as one that no label meets: nobody writes them, and nobody gains by them
    /// here what an API server has not written into the rules.
    pub aggregates: Option<Vec<Labels>>,
}

impl Role {
    /// Where the rule of that number stands.
    pub fn rule_at(&self, number: usize) -> Location {
        let span = self.rules.get(number).map_or(Span::new(0, 0), |rule| rule.span);
        self.meta.part(&format!("/rules/{number}"), span)
    }
}

/// What a role allows, one of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRule {
    pub verbs: Box<[Arc<str>]>,
    pub groups: Box<[Arc<str>]>,
    pub resources: Box<[Arc<str>]>,
    pub names: Box<[Arc<str>]>,
    pub urls: Box<[Arc<str>]>,
    pub span: Span,
}

/// A RoleBinding or a ClusterRoleBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub meta: Meta,
    /// Whether it is a ClusterRoleBinding.
    pub of_cluster: bool,
    pub role: RoleRef,
    pub subjects: Vec<Subject>,
}

impl Binding {
    /// Where the subject of that number stands.
    pub fn subject_at(&self, number: usize) -> Location {
        let span = self.subjects.get(number).map_or(Span::new(0, 0), |subject| subject.span);
        self.meta.part(&format!("/subjects/{number}"), span)
    }

    /// Where it names its role.
    pub fn role_at(&self) -> Location {
        self.meta.part("/roleRef", self.role.span)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRef {
    /// Whether it names a ClusterRole.
    pub of_cluster: bool,
    pub name: Arc<str>,
    /// The name.
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: SubjectKind,
    pub name: Arc<str>,
    /// Of a service account; empty where the binding's own counts.
    pub namespace: Arc<str>,
    /// The name.
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    User,
    Group,
    ServiceAccount,
}

impl SubjectKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::ServiceAccount => "ServiceAccount",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    pub meta: Meta,
    /// `automountServiceAccountToken`, where it is said, and its place.
    pub automount: Option<(bool, Span)>,
}

/// A pod, or in a file what pods are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    pub meta: Meta,
    /// `Pod`, or the kind of what it is made from: `Deployment`.
    pub kind: Arc<str>,
    /// The kind of what made it, as a pod that runs says it: `DaemonSet`, `ReplicaSet`.
    pub owner: Option<Arc<str>>,
    /// Empty where it names none, and so runs as `default`.
    pub account: Arc<str>,
    pub automount: Option<(bool, Span)>,
    /// Where it names its account, else its spec.
    pub span: Span,
    /// The pointer of its spec below the object.
    pub path: &'static str,
    /// Whether it is a static pod's mirror, which has no account.
    pub is_mirror: bool,
    /// Whether a volume of its own brings a token whatever else is said.
    pub projects_token: bool,
    /// The node on which it runs; empty where it does not yet.
    pub node: Arc<str>,
    /// The images of its containers, in their order.
    pub images: Vec<Arc<str>>,
    /// Whether it has the network of its node, where no NetworkPolicy reaches it.
    pub on_host_network: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub meta: Meta,
    /// The labels of Pod Security without their prefix: `enforce`, `warn-version`.
    pub pod_security: Vec<(Arc<str>, Said)>,
}

/// What the labels of Pod Security begin with (pod-security-admission api/constants.go).
const POD_SECURITY: &str = "pod-security.kubernetes.io/";

impl Namespace {
    /// What a label of Pod Security says, by its name without the prefix.
    pub fn pod_security(&self, name: &str) -> Option<&Said> {
        self.pod_security.iter().find(|(known, _)| **known == *name).map(|(_, said)| said)
    }

    /// Where that label stands.
    pub fn pod_security_at(&self, name: &str, said: &Said) -> Location {
        // A slash within a pointer (RFC 6901).
        self.meta.part(&format!("/metadata/labels/{}{name}", POD_SECURITY.replace('/', "~1")), said.at)
    }
}

/// Words that are kept once, however often they are said: of a hundred thousand roles most say the same few.
#[derive(Default)]
pub(super) struct Words(HashSet<Arc<str>>);

/// More of one list of a rule than anybody writes; the object is a megabyte at most (the limit of etcd), and so is a rule.
const MOST: usize = 100_000;

impl Words {
    pub(super) fn word(&mut self, text: &str) -> Arc<str> {
        match self.0.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let word: Arc<str> = text.into();
                self.0.insert(Arc::clone(&word));
                word
            }
        }
    }

    pub(super) fn of(&mut self, cursor: &Cursor<'_>, key: &str) -> Arc<str> {
        let found = cursor.get(key);
        self.word(found.as_ref().and_then(Cursor::text).unwrap_or_default())
    }

    pub(super) fn list(&mut self, cursor: &Cursor<'_>, key: &str) -> Box<[Arc<str>]> {
        let Some(list) = cursor.get(key) else { return Box::default() };
        list.items().take(MOST).filter_map(|item| item.text().map(|text| self.word(text))).collect()
    }

    pub(super) fn map(&mut self, cursor: Option<Cursor<'_>>) -> Labels {
        let entries = cursor.into_iter().flat_map(|map| map.entries().collect::<Vec<_>>());
        entries.filter_map(|entry| Some((self.word(&entry.name), self.word(entry.value.text()?)))).collect()
    }
}

/// Where an object stands in its evidence.
pub(super) struct Spot<'a> {
    pub(super) location: &'a Location,
    /// What is added to the places within the text that was parsed.
    pub(super) offset: u32,
    /// The pointer of the root of that text.
    pub(super) base: String,
}

impl Spot<'_> {
    pub(super) fn span(&self, cursor: &Cursor<'_>) -> Span {
        let span = cursor.node().definition().unwrap_or_else(|| cursor.span());
        Span::new(span.start + self.offset, span.end + self.offset)
    }

    pub(super) fn meta(&self, object: &Cursor<'_>, words: &mut Words) -> Option<Meta> {
        /// The annotations that anything is read from; others may be as long as the object itself.
        const KEPT: [&str; 3] =
            ["rbac.authorization.kubernetes.io/autoupdate", "kubernetes.io/config.mirror", others::ACCOUNT];
        let metadata = object.get("metadata")?;
        let name = metadata.get("name").filter(|name| name.text().is_some_and(|text| !text.is_empty()));
        // What is made with `generateName` has a name only once it is there.
        let name = name.or_else(|| metadata.get("generateName"))?;
        let annotations = metadata.get("annotations");
        let kept = KEPT.iter().filter_map(|key| {
            let value = annotations.as_ref()?.get(key)?.text()?.to_owned();
            Some((*key, value))
        });
        let kept: Labels = kept.map(|(key, value)| (words.word(key), words.word(&value))).collect();
        Some(Meta {
            namespace: words.of(&metadata, "namespace"),
            name: words.word(name.text()?),
            labels: words.map(metadata.get("labels")),
            annotations: kept,
            at: Location {
                span: Some(self.span(&name)),
                pointer: format!("{}{}", self.base, object.pointer()),
                ..self.location.clone()
            },
        })
    }
}

/// Reads one object of a kind into its place; what has no name is none.
pub(super) fn take(
    objects: &mut super::Objects,
    of: Of,
    object: &Cursor<'_>,
    spot: &Spot<'_>,
    words: &mut Words,
) -> Option<()> {
    let meta = spot.meta(object, words)?;
    advisories::look(of, object, &meta, &mut objects.matched);
    match of {
        Of::CustomResourceDefinition => objects.definitions.push(others::definition(object, meta, words)?),
        // Whether there are any is asked by advisories alone.
        Of::ResourceClaim => {}
        Of::NetworkPolicy => objects.network_policies.push(network::policy(object, meta, spot, words)?),
        Of::Ingress => objects.ingresses.push(entry::ingress(object, meta, spot, words)?),
        Of::Gateway => objects.gateways.push(entry::gateway(object, meta, spot, words)?),
        Of::HttpRoute => objects.routes.push(entry::route(object, meta, words)?),
        Of::CiliumClusterPolicy | Of::CiliumPolicy | Of::ProjectCalicoGlobalPolicy | Of::ProjectCalicoPolicy => {
            objects.other_network_policies.push(network::other(of, meta));
        }
        Of::OpenShiftApiServer | Of::OpenShiftControllerManager | Of::OpenShiftEtcd | Of::OpenShiftScheduler => {
            objects.operators.push(operators::operator(of, object, meta, spot, words));
        }
        Of::Role | Of::ClusterRole => objects.roles.push(role(object, meta, of == Of::ClusterRole, spot, words)),
        Of::RoleBinding | Of::ClusterRoleBinding => {
            objects.bindings.push(binding(object, meta, of == Of::ClusterRoleBinding, spot, words)?);
        }
        Of::ServiceAccount => {
            let automount = switch(object, spot);
            objects.service_accounts.push(ServiceAccount { meta, automount });
        }
        Of::Namespace => objects.namespaces.push(namespace(object, meta, spot, words)),
        Of::Pod => objects.pods.push(pod(object, "Pod", "/spec", meta, spot, words)?),
        Of::ValidatingWebhook | Of::MutatingWebhook => admission::webhooks(objects, of, object, &meta, spot, words),
        Of::ValidatingPolicy => objects.policies.push(admission::policy(object, meta, spot, words)?),
        Of::ValidatingPolicyBinding => objects.policy_bindings.push(admission::binding(object, meta, spot, words)?),
        Of::KubewardenPolicy | Of::KyvernoPolicy => {
            objects.engine_policies.extend(admission::of_engine(of, object, meta, spot, words));
        }
        Of::ApiService => objects.api_services.push(others::api_service(object, meta, spot, words)?),
        Of::Secret => objects.credentials.extend(others::credential(object, meta)),
        Of::Service => objects.services.push(others::service(object, meta, words)),
        Of::FlowSchema => objects.flow_schemas.push(others::flow_schema(object, meta, spot, words)?),
        Of::CertificateSigningRequest => objects.requests.push(others::request(object, meta, spot, words)?),
        Of::ClusterTrustBundle => objects.trust_bundles.push(others::trust_bundle(object, meta, spot, words)?),
        Of::ConfigMap => objects.config_maps.push(others::config_map(object, meta, spot, words)),
        Of::Node => objects.nodes.push(others::node(object, meta, spot, words)),
        Of::ResourceQuota => objects.quotas.push(meta),
        Of::LimitRange => objects.limit_ranges.push(meta),
    }
    Some(())
}

/// Reads a constraint of Gatekeeper.
pub(super) fn take_constraint(objects: &mut super::Objects, object: &Cursor<'_>, spot: &Spot<'_>, words: &mut Words) {
    if let Some(meta) = spot.meta(object, words) {
        objects.engine_policies.push(admission::constraint(object, meta, spot, words));
    }
}

/// Reads what pods are made from.
pub(super) fn take_template(
    objects: &mut super::Objects,
    kind: &str,
    path: &'static str,
    object: &Cursor<'_>,
    spot: &Spot<'_>,
    words: &mut Words,
) -> Option<()> {
    let meta = spot.meta(object, words)?;
    let made = pod(object, kind, path, meta, spot, words)?;
    objects.pods.push(made);
    Some(())
}

fn role(object: &Cursor<'_>, meta: Meta, of_cluster: bool, spot: &Spot<'_>, words: &mut Words) -> Role {
    let rules = object.get("rules").into_iter().flat_map(|rules| rules.items().collect::<Vec<_>>());
    let rules = rules.filter(|rule| rule.mapping().is_some()).map(|rule| PolicyRule {
        verbs: words.list(&rule, "verbs"),
        groups: words.list(&rule, "apiGroups"),
        resources: words.list(&rule, "resources"),
        names: words.list(&rule, "resourceNames"),
        urls: words.list(&rule, "nonResourceURLs"),
        span: spot.span(&rule),
    });
    let rules = rules.collect();
    let aggregates = object.get("aggregationRule").and_then(|rule| {
        let selectors = rule.get("clusterRoleSelectors")?;
        let selector = |selector: Cursor<'_>| {
            let mut labels = words.map(selector.get("matchLabels"));
            if selector.get("matchExpressions").is_some_and(|list| list.items().len() > 0) {
                // No key of a label has a space.
                labels.push((words.word("match expressions"), words.word("")));
            }
            labels
        };
        Some(selectors.items().map(selector).collect())
    });
    Role { meta, of_cluster, rules, aggregates }
}

fn binding(object: &Cursor<'_>, meta: Meta, of_cluster: bool, spot: &Spot<'_>, words: &mut Words) -> Option<Binding> {
    let role = object.get("roleRef")?;
    let name = role.get("name")?;
    let role = RoleRef {
        of_cluster: of_cluster || role.get("kind")?.text()? != "Role",
        name: words.word(name.text()?),
        span: spot.span(&name),
    };
    let subjects = object.get("subjects").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
    let subject = |subject: Cursor<'_>| {
        let name = subject.get("name")?;
        let kind = match subject.get("kind")?.text()? {
            "User" => SubjectKind::User,
            "Group" => SubjectKind::Group,
            "ServiceAccount" => SubjectKind::ServiceAccount,
            _ => return None,
        };
        Some(Subject {
            kind,
            name: words.word(name.text()?),
            namespace: words.of(&subject, "namespace"),
            span: spot.span(&name),
        })
    };
    let subjects = subjects.filter_map(subject).collect();
    Some(Binding { meta, of_cluster, role, subjects })
}

fn namespace(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Namespace {
    let labels = object.at("/metadata/labels");
    let labels = labels.into_iter().flat_map(|labels| labels.entries().collect::<Vec<_>>());
    let said = labels.filter_map(|label| {
        let name = label.name.strip_prefix(POD_SECURITY)?;
        let text = words.word(label.value.text()?);
        Some((words.word(name), Said { text, at: spot.span(&label.value) }))
    });
    Namespace { pod_security: said.collect(), meta }
}

fn switch(object: &Cursor<'_>, spot: &Spot<'_>) -> Option<(bool, Span)> {
    let said = object.get("automountServiceAccountToken")?;
    match said.text()? {
        "true" => Some((true, spot.span(&said))),
        "false" => Some((false, spot.span(&said))),
        _ => None,
    }
}

fn pod(
    object: &Cursor<'_>,
    kind: &str,
    path: &'static str,
    meta: Meta,
    spot: &Spot<'_>,
    words: &mut Words,
) -> Option<Pod> {
    let spec = object.at(path)?;
    // `serviceAccount` is the older name, and the server copies the one to the other (pkg/apis/core/v1/conversion.go, 1.36).
    let named = ["serviceAccountName", "serviceAccount"]
        .into_iter()
        .find_map(|key| spec.get(key).filter(|account| account.text().is_some_and(|text| !text.is_empty())));
    let owners = object.at("/metadata/ownerReferences");
    let owner = owners.into_iter().flat_map(|owners| owners.items().collect::<Vec<_>>()).find_map(|owner| {
        let controls = owner.get("controller").is_none_or(|controls| controls.text() == Some("true"));
        owner.get("kind").filter(|_| controls).and_then(|kind| kind.text().map(|kind| words.word(kind)))
    });
    let volumes = spec.get("volumes").into_iter().flat_map(|volumes| volumes.items().collect::<Vec<_>>());
    let projects_token = volumes
        // The volume that the server adds itself has that name (plugin/pkg/admission/serviceaccount, 1.36).
        .filter(|volume| {
            volume.get("name").and_then(|name| name.text().map(|name| !name.starts_with("kube-api-access-")))
                == Some(true)
        })
        .filter_map(|volume| volume.at("/projected/sources"))
        .any(|sources| sources.items().any(|source| source.get("serviceAccountToken").is_some()));
    let containers = spec.get("containers").into_iter().flat_map(|containers| containers.items().collect::<Vec<_>>());
    Some(Pod {
        kind: words.word(kind),
        owner,
        account: words.word(named.as_ref().and_then(Cursor::text).unwrap_or_default()),
        automount: switch(&spec, spot),
        span: named.as_ref().map_or_else(|| spot.span(&spec), |named| spot.span(named)),
        path,
        is_mirror: meta.annotation("kubernetes.io/config.mirror").is_some(),
        projects_token,
        node: words.of(&spec, "nodeName"),
        images: containers
            .filter_map(|container| container.get("image")?.text().map(|image| words.word(image)))
            .collect(),
        on_host_network: spec.get("hostNetwork").is_some_and(|said| said.text() == Some("true")),
        meta,
    })
}
