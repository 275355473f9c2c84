//! What rules about webhooks have in common.

use facts::objects::{Backend, Of, Webhook};
use model::{Confidence, Finding, Span};

use crate::say;

/// The kinds that configure webhooks.
pub(crate) const KINDS: &[Of] = &[Of::ValidatingWebhook, Of::MutatingWebhook];

/// Parts of names by which policy engines and security products are known.
const ENGINES: [&str; 20] = [
    "aqua",
    "anchore",
    "connaisseur",
    "datree",
    "falcon",
    "gatekeeper",
    "jspolicy",
    "k-rail",
    "kubewarden",
    "kyverno",
    "neuvector",
    "opa.",
    "polaris",
    "portieris",
    "prisma",
    "ratify",
    "sigstore",
    "stackrox",
    "sysdig",
    "twistlock",
];

/// The engine that a webhook belongs to, as far as names tell.
pub(crate) fn engine(webhook: &Webhook) -> Option<&'static str> {
    let service = match &webhook.backend {
        Backend::Service { namespace, name, .. } => format!("{namespace} {name}"),
        Backend::Url(_) | Backend::Nobody => String::new(),
    };
    let names = format!("{} {} {service}", webhook.meta.name, webhook.name).to_lowercase();
    ENGINES.into_iter().find(|engine| names.contains(engine))
}

/// What decides about the security of a cluster.
const GUARDED: [(&str, &str); 6] = [
    ("", "pods"),
    ("", "secrets"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("rbac.authorization.k8s.io", "roles"),
];

/// The first of the resources that a webhook is called for and that decide about the security of a cluster.
pub(crate) fn guards(webhook: &Webhook) -> Option<&'static str> {
    GUARDED.iter().find(|(group, resource)| webhook.matches(group, resource)).map(|(_, resource)| *resource)
}

/// The name of one webhook among all of a cluster.
pub(crate) fn subject(webhook: &Webhook) -> String {
    let kind = if webhook.mutates { "mutating" } else { "validating" };
    format!("{kind} {}/{}", webhook.meta.name, webhook.name)
}

/// Something wrong with one webhook; the place is its name where no other is given.
pub(super) fn wrong(
    webhook: &Webhook,
    message: String,
    part: Option<(&str, Span)>,
    confidence: Confidence,
    remedy: (&str, &[&str]),
) -> Finding {
    let at = part.map_or_else(|| webhook.at(), |(pointer, span)| webhook.part(pointer, span));
    let finding = say::object(subject(webhook), message, &at, say::remedy(remedy.0, remedy.1, None));
    Finding { confidence, ..finding }
}
