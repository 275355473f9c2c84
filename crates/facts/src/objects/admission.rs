//! Webhooks that decide about requests, and policies that do.

use std::sync::Arc;

use jiff::civil::Date;
use model::{Location, Span};
use yaml::Cursor;

use super::{
    Labels, Meta, Of,
    kinds::{Spot, Words},
};
use crate::{pki, spelling};

/// One webhook of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Of the configuration in which it stands.
    pub meta: Meta,
    pub name: Arc<str>,
    pub mutates: bool,
    /// Whether it is written for v1beta1, which had other defaults; a server gives none of them.
    pub is_old: bool,
    pub failure_policy: Option<Said>,
    /// In seconds.
    pub timeout: Option<(i64, Span)>,
    pub rules: Vec<WebhookRule>,
    pub namespace_selector: Option<Selector>,
    pub object_selector: Option<Selector>,
    pub backend: Backend,
    pub bundle: Option<Bundle>,
    /// Whether conditions in CEL say for which requests it is called.
    pub has_conditions: bool,
    number: usize,
    /// Its name.
    span: Span,
}

impl Webhook {
    pub fn at(&self) -> Location {
        self.part("", self.span)
    }

    /// A part of the webhook.
    pub fn part(&self, pointer: &str, span: Span) -> Location {
        self.meta.part(&format!("/webhooks/{}{pointer}", self.number), span)
    }

    /// Whether a request that it does not answer is let through.
    pub fn lets_through(&self) -> bool {
        match &self.failure_policy {
            Some(said) => &*said.text == "Ignore",
            // What v1beta1 meant where nothing was said (k8s.io/api admissionregistration/v1beta1).
            None => self.is_old,
        }
    }

    /// Whether it is called for one resource, as far as its rules tell.
    pub fn matches(&self, group: &str, resource: &str) -> bool {
        self.rules.iter().any(|rule| rule.matches(group, resource))
    }

    /// The same of requests that create the resource or change it.
    pub fn matches_writes(&self, group: &str, resource: &str) -> bool {
        self.rules.iter().any(|rule| rule.is_about_writes() && rule.matches(group, resource))
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub text: Arc<str>,
    pub at: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRule {
    pub groups: Box<[Arc<str>]>,
    pub resources: Box<[Arc<str>]>,
    pub operations: Box<[Arc<str>]>,
    /// `Cluster`, `Namespaced` or `*`, which is meant where nothing is said.
    pub scope: Arc<str>,
    pub at: Span,
}

/// Resources without a namespace, as far as somebody asks whether a webhook is called for them.
const OF_CLUSTER: [&str; 4] = ["clusterrolebindings", "clusterroles", "nodes", "tokenreviews"];

impl WebhookRule {
    /// Whether it is about a resource, or about the part of one that stands behind a slash.
    ///
    /// `*` is every resource without its parts, `pods/*` pods and all their parts, `*/*` everything (apiserver
    /// pkg/admission/plugin/webhook/predicates/rules/rules.go, 1.36).
    pub fn matches(&self, group: &str, resource: &str) -> bool {
        let (whole, part) = resource.split_once('/').unwrap_or((resource, ""));
        let of_cluster = OF_CLUSTER.contains(&whole);
        let scope = match &*self.scope {
            "Cluster" => of_cluster,
            "Namespaced" => !of_cluster,
            _ => true,
        };
        let groups = self.groups.iter().any(|one| **one == *"*" || **one == *group);
        scope
            && groups
            && self.resources.iter().any(|one| {
                let (known, below) = one.split_once('/').unwrap_or((one, ""));
                (known == "*" || known == whole) && (below == "*" || below == part)
            })
    }

    /// Whether it is about requests that create or change something.
    fn is_about_writes(&self) -> bool {
        self.operations.iter().any(|one| matches!(&**one, "*" | "CREATE" | "UPDATE"))
    }

    /// Whether it is about everything.
    pub fn is_everything(&self) -> bool {
        let any = |list: &[Arc<str>]| list.iter().any(|one| matches!(&**one, "*" | "*/*"));
        any(&self.groups) && any(&self.resources) && any(&self.operations)
    }
}

/// What labels must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pub labels: Labels,
    pub expressions: Vec<Expression>,
    pub at: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    pub key: Arc<str>,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
    pub operator: Arc<str>,
    pub values: Box<[Arc<str>]>,
}

impl Selector {
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// The keys of which it asks anything.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(|(key, _)| &**key).chain(self.expressions.iter().map(|one| &*one.key))
    }

    /// Whether labels meet it (apimachinery pkg/labels/selector.go).
    pub fn selects(&self, labels: &[(&str, &str)]) -> bool {
        let value = |key: &str| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        self.labels.iter().all(|(key, wanted)| value(key) == Some(wanted))
            && self.expressions.iter().all(|one| {
                let among = value(&one.key).map(|value| one.values.iter().any(|wanted| **wanted == *value));
                match &*one.operator {
                    "In" => among == Some(true),
                    "NotIn" => among != Some(true),
                    "Exists" => among.is_some(),
                    "DoesNotExist" => among.is_none(),
                    _ => false,
                }
            })
    }
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    Service { namespace: Arc<str>, name: Arc<str>, at: Span },
    Url(Said),
    Nobody,
}

/// The authorities by which a backend is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// When each of them ends; `None` for a day that no calendar has.
    pub ends: Vec<Option<Date>>,
    /// Whether something of it is no certificate.
    pub is_broken: bool,
    pub at: Span,
}

impl Bundle {
    /// Certificates in PEM, in base64.
    pub(super) fn read(text: &str, at: Span) -> Self {
        let digits: String = text.split_whitespace().collect();
        let pem = spelling::base64(&digits).and_then(|bytes| String::from_utf8(bytes).ok());
        let found = pem.as_deref().map(pki::certificates_in).unwrap_or_default();
        let is_broken = found.is_empty() || found.iter().any(Result::is_err);
        Self { ends: found.iter().flatten().map(pki::Certificate::last_day).collect(), is_broken, at }
    }
}

/// A ValidatingAdmissionPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionPolicy {
    pub meta: Meta,
    pub failure_policy: Option<Said>,
    /// The expressions that decide whether a request is looked at.
    pub conditions: Vec<Said>,
    /// Which requests it is about.
    pub rules: Vec<WebhookRule>,
    /// The expressions that have to hold.
    pub validations: Vec<Arc<str>>,
}

impl AdmissionPolicy {
    /// Whether it is about one resource, as far as its rules tell.
    pub fn matches(&self, group: &str, resource: &str) -> bool {
        self.rules.iter().any(|rule| rule.matches(group, resource))
    }
}

/// A ValidatingAdmissionPolicyBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyBinding {
    pub meta: Meta,
    pub policy: Arc<str>,
    pub actions: Box<[Arc<str>]>,
    /// Where the actions stand, else the spec.
    pub at: Span,
}

/// A policy of an engine that has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnginePolicy {
    pub meta: Meta,
    /// `Kyverno`, `Gatekeeper`, `Kubewarden`.
    pub engine: &'static str,
    /// The value by which it only tells, and where it is written, if it is.
    pub only_tells: Option<(Arc<str>, Option<Span>)>,
    /// Whether it asks who signed an image.
    pub verifies_images: bool,
}

impl Words {
    fn said(&mut self, cursor: &Cursor<'_>, key: &str, spot: &Spot<'_>) -> Option<Said> {
        let value = cursor.get(key)?;
        let text = value.text().filter(|text| !text.is_empty())?;
        Some(Said { text: self.word(text), at: spot.span(&value) })
    }

    pub(super) fn selector(&mut self, cursor: &Cursor<'_>, key: &str, spot: &Spot<'_>) -> Option<Selector> {
        let selector = cursor.get(key)?;
        let expressions =
            selector.get("matchExpressions").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
        let expressions = expressions
            .map(|one| Expression {
                key: self.of(&one, "key"),
                operator: self.of(&one, "operator"),
                values: self.list(&one, "values"),
            })
            .collect();
        Some(Selector { labels: self.map(selector.get("matchLabels")), expressions, at: spot.span(&selector) })
    }
}

pub(super) fn webhooks(
    objects: &mut super::Objects,
    of: Of,
    object: &Cursor<'_>,
    meta: &Meta,
    spot: &Spot<'_>,
    words: &mut Words,
) {
    let is_old =
        object.get("apiVersion").is_some_and(|version| version.text() == Some("admissionregistration.k8s.io/v1beta1"));
    let all = object.get("webhooks").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
    for (number, webhook) in all.enumerate() {
        let Some(name) = webhook.get("name") else { continue };
        let client = webhook.get("clientConfig");
        let bundle = client.as_ref().and_then(|client| client.get("caBundle"));
        let bundle = bundle.and_then(|bundle| {
            let text = bundle.text().filter(|text| !text.is_empty())?;
            Some(Bundle::read(text, spot.span(&bundle)))
        });
        let rules = webhook.get("rules").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
        let rules = rules.map(|one| rule(&one, spot, words)).collect();
        objects.webhooks.push(Webhook {
            name: words.word(name.text().unwrap_or_default()),
            mutates: of == Of::MutatingWebhook,
            is_old,
            failure_policy: words.said(&webhook, "failurePolicy", spot),
            timeout: webhook
                .get("timeoutSeconds")
                .and_then(|timeout| Some((timeout.text()?.parse().ok()?, spot.span(&timeout)))),
            rules,
            namespace_selector: words.selector(&webhook, "namespaceSelector", spot),
            object_selector: words.selector(&webhook, "objectSelector", spot),
            backend: client.map_or(Backend::Nobody, |client| backend(&client, spot, words)),
            bundle,
            has_conditions: webhook.get("matchConditions").is_some_and(|list| list.items().len() > 0),
            number,
            span: spot.span(&name),
            meta: meta.clone(),
        });
    }
}

fn rule(rule: &Cursor<'_>, spot: &Spot<'_>, words: &mut Words) -> WebhookRule {
    WebhookRule {
        groups: words.list(rule, "apiGroups"),
        resources: words.list(rule, "resources"),
        operations: words.list(rule, "operations"),
        scope: words.of(rule, "scope"),
        at: spot.span(rule),
    }
}

fn backend(client: &Cursor<'_>, spot: &Spot<'_>, words: &mut Words) -> Backend {
    if let Some(url) = words.said(client, "url", spot) {
        return Backend::Url(url);
    }
    match client.get("service") {
        Some(service) => Backend::Service {
            namespace: words.of(&service, "namespace"),
            name: words.of(&service, "name"),
            at: spot.span(&service),
        },
        None => Backend::Nobody,
    }
}

pub(super) fn policy(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<AdmissionPolicy> {
    let spec = object.get("spec")?;
    let conditions = spec.get("matchConditions").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
    let conditions = conditions.filter_map(|one| words.said(&one, "expression", spot)).collect();
    let validations = spec.get("validations").into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
    let rules = spec.at("/matchConstraints/resourceRules");
    let rules = rules.into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
    Some(AdmissionPolicy {
        failure_policy: words.said(&spec, "failurePolicy", spot),
        conditions,
        rules: rules.map(|rule| self::rule(&rule, spot, words)).collect(),
        validations: validations.map(|one| words.of(&one, "expression")).collect(),
        meta,
    })
}

pub(super) fn binding(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<PolicyBinding> {
    let spec = object.get("spec")?;
    let actions = spec.get("validationActions");
    Some(PolicyBinding {
        meta,
        policy: words.of(&spec, "policyName"),
        actions: words.list(&spec, "validationActions"),
        at: spot.span(actions.as_ref().unwrap_or(&spec)),
    })
}

/// What a policy of an engine does, by the defaults of that engine: Kyverno's `validationFailureAction` is `Audit` where nothing
/// is said (api/kyverno/v1/spec_types.go, 1.12), Kubewarden's `mode` is `protect`.
pub(super) fn of_engine(
    of: Of,
    object: &Cursor<'_>,
    meta: Meta,
    spot: &Spot<'_>,
    words: &mut Words,
) -> Option<EnginePolicy> {
    let spec = object.get("spec")?;
    if of == Of::KubewardenPolicy {
        let mode = words.said(&spec, "mode", spot).filter(|mode| &*mode.text == "monitor");
        return Some(EnginePolicy {
            meta,
            engine: "Kubewarden",
            only_tells: mode.map(|mode| (mode.text, Some(mode.at))),
            verifies_images: false,
        });
    }
    let rules: Vec<Cursor<'_>> =
        spec.get("rules").into_iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect();
    // What changes or makes objects refuses none.
    let mut validating: Vec<Cursor<'_>> = rules.iter().filter_map(|rule| rule.get("validate")).collect();
    let images = rules.iter().filter_map(|rule| rule.get("verifyImages"));
    let images: Vec<Cursor<'_>> = images.flat_map(|list| list.items().collect::<Vec<_>>()).collect();
    let verifies_images = !images.is_empty();
    validating.extend(images);
    if validating.is_empty() {
        return None;
    }
    let whole = words.said(&spec, "validationFailureAction", spot);
    let refuses = |text: &str| text.eq_ignore_ascii_case("enforce");
    let told = validating.iter().find_map(|rule| {
        let said = words.said(rule, "failureAction", spot).or_else(|| whole.clone());
        match said {
            Some(said) if refuses(&said.text) => None,
            Some(said) => Some((said.text, Some(said.at))),
            None => Some((words.word("Audit"), None)),
        }
    });
    Some(EnginePolicy { meta, engine: "Kyverno", only_tells: told, verifies_images })
}

/// Gatekeeper's constraints, each of a kind of its own: `enforcementAction` is `deny` where nothing is said.
pub(super) fn constraint(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> EnginePolicy {
    let action = object.get("spec").and_then(|spec| words.said(&spec, "enforcementAction", spot));
    let tells = action.filter(|action| !matches!(&*action.text, "deny" | "scoped"));
    let only_tells = tells.map(|action| (action.text, Some(action.at)));
    EnginePolicy { meta, engine: "Gatekeeper", only_tells, verifies_images: false }
}
