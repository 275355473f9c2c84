//! The AuthorizationConfiguration: who is asked, in which order, and what a webhook that does not answer means.
//!
//! Fields and checks are those of the API server (apiserver pkg/apis/apiserver/validation,
//! ValidateAuthorizationConfiguration, 1.29 to 1.36, and pkg/kubeapiserver/authorizer). Match conditions are not compiled
//! here: one that does not compile stops the server and is not seen.

use std::collections::BTreeSet;

use model::{Evidence, Location, Minor};
use yaml::Cursor;

use crate::{
    config_file::{self, Decoder, Read, Schema},
    golang,
};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    /// Types in the order in which they are asked.
    pub(crate) types: Vec<String>,
    /// The list of them.
    pub(crate) at: Location,
    /// The kubeconfigs of its webhooks.
    pub(crate) kubeconfigs: Vec<(String, Location)>,
}

const SCHEMA: Schema = Schema {
    kind: "AuthorizationConfiguration",
    group: "apiserver.config.k8s.io",
    versions: &[("v1alpha1", Minor::new(1, 29)), ("v1beta1", Minor::new(1, 30)), ("v1", Minor::new(1, 32))],
};

const TYPES: [&str; 6] = ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];

/// Reads the file as that release does.
pub(crate) fn read(evidence: &Evidence, minor: Minor) -> Read<Authorization> {
    config_file::read(evidence, &SCHEMA, minor, |root, decoder| {
        decoder.only(root, &["apiVersion", "kind", "authorizers"]);
        let authorizers = decoder.list(root, "authorizers");
        if authorizers.is_empty() {
            decoder.lacks(root, "`authorizers` needs at least one");
        }
        let mut read = Authorization {
            types: Vec::new(),
            at: decoder.at(&root.get("authorizers").unwrap_or_else(|| root.clone())),
            kubeconfigs: Vec::new(),
        };
        let mut names = BTreeSet::new();
        for authorizer in &authorizers {
            one_authorizer(authorizer, &mut names, &mut read, decoder);
        }
        Some(read)
    })
}

fn one_authorizer(
    authorizer: &Cursor<'_>,
    names: &mut BTreeSet<String>,
    read: &mut Authorization,
    decoder: &mut Decoder<'_>,
) {
    decoder.only(authorizer, &["type", "name", "webhook"]);
    let kind = decoder.string(authorizer, "type");
    let name = decoder.string(authorizer, "name");
    let at = |key: &str| authorizer.get(key).unwrap_or_else(|| authorizer.clone());
    if kind.is_empty() {
        decoder.lacks(authorizer, "an authorizer names no type");
    } else if !TYPES.contains(&kind.as_str()) {
        decoder.refuse(&at("type"), format!("`{kind}` is no type of authorizer; there is {}", TYPES.join(", ")));
    } else if kind != "Webhook" && read.types.contains(&kind) {
        decoder.refuse(&at("type"), format!("the type `{kind}` is given twice"));
    }
    if name.is_empty() {
        decoder.lacks(authorizer, "an authorizer has no name");
    } else if !is_subdomain(&name) {
        decoder.refuse(&at("name"), format!("`{name}` is no name: lower-case letters, digits, `-` and `.`"));
    } else if !names.insert(name.clone()) {
        decoder.refuse(&at("name"), format!("the name `{name}` is given twice"));
    }
    let webhook = decoder.object(authorizer, "webhook");
    match (&webhook, kind.as_str()) {
        (Some(webhook), "Webhook") => one_webhook(webhook, read, decoder),
        (None, "Webhook") => decoder.lacks(authorizer, "a webhook says nothing about itself: `webhook` is required"),
        (Some(webhook), _) => decoder.refuse(webhook, "`webhook` goes with the type Webhook only"),
        (None, _) => {}
    }
    read.types.push(kind);
}

fn one_webhook(webhook: &Cursor<'_>, read: &mut Authorization, decoder: &mut Decoder<'_>) {
    decoder.only(
        webhook,
        &[
            "authorizedTTL",
            "cacheAuthorizedRequests",
            "cacheUnauthorizedRequests",
            "connectionInfo",
            "failurePolicy",
            "matchConditionSubjectAccessReviewVersion",
            "matchConditions",
            "subjectAccessReviewVersion",
            "timeout",
            "unauthorizedTTL",
        ],
    );
    let at = |key: &str| webhook.get(key).unwrap_or_else(|| webhook.clone());
    duration(webhook, "timeout", Some(30), true, decoder);
    duration(webhook, "authorizedTTL", None, false, decoder);
    duration(webhook, "unauthorizedTTL", None, false, decoder);
    let review = decoder.string(webhook, "subjectAccessReviewVersion");
    if !matches!(review.as_str(), "v1" | "v1beta1") {
        decoder.refuse(&at("subjectAccessReviewVersion"), "`subjectAccessReviewVersion` has to be `v1` or `v1beta1`");
    }
    let conditions = decoder.list(webhook, "matchConditions");
    let version = decoder.string(webhook, "matchConditionSubjectAccessReviewVersion");
    if version != "v1" && !(version.is_empty() && conditions.is_empty()) {
        decoder.refuse(
            &at("matchConditionSubjectAccessReviewVersion"),
            "`matchConditionSubjectAccessReviewVersion` has to be `v1`",
        );
    }
    if conditions.len() > 64 {
        decoder.refuse(&at("matchConditions"), format!("{} conditions, and the server takes 64", conditions.len()));
    }
    let mut expressions = BTreeSet::new();
    for condition in &conditions {
        decoder.only(condition, &["expression"]);
        let expression = decoder.string(condition, "expression");
        if expression.trim().is_empty() {
            decoder.lacks(condition, "a condition has no expression");
        } else if !expressions.insert(expression) {
            decoder.refuse(condition, "the same condition is given twice");
        }
    }
    let policy = decoder.string(webhook, "failurePolicy");
    if !matches!(policy.as_str(), "NoOpinion" | "Deny") {
        decoder.refuse(&at("failurePolicy"), "`failurePolicy` has to be `NoOpinion` or `Deny`");
    }
    let Some(connection) = decoder.object(webhook, "connectionInfo") else {
        decoder.lacks(webhook, "`connectionInfo` is required");
        return;
    };
    decoder.only(&connection, &["type", "kubeConfigFile"]);
    let kind = decoder.string(&connection, "type");
    let file = decoder.string(&connection, "kubeConfigFile");
    let place = connection.get("kubeConfigFile").unwrap_or_else(|| connection.clone());
    match kind.as_str() {
        "KubeConfigFile" if file.is_empty() => decoder.lacks(&connection, "`kubeConfigFile` is required"),
        "KubeConfigFile" if !file.starts_with('/') => {
            decoder.refuse(&place, "`kubeConfigFile` has to be an absolute path")
        }
        "KubeConfigFile" => read.kubeconfigs.push((file, decoder.at(&place))),
        "InClusterConfig" if !file.is_empty() => {
            decoder.refuse(&place, "`kubeConfigFile` goes with the type KubeConfigFile only");
        }
        "InClusterConfig" => {}
        _ => decoder.refuse(&connection, "`type` has to be `InClusterConfig` or `KubeConfigFile`"),
    }
}

/// A duration that has to be there, longer than nothing, and for a timeout at most `most` seconds.
fn duration(webhook: &Cursor<'_>, key: &str, most: Option<i64>, required: bool, decoder: &mut Decoder<'_>) {
    let text = decoder.string(webhook, key);
    let at = webhook.get(key).unwrap_or_else(|| webhook.clone());
    if text.is_empty() {
        if required {
            decoder.lacks(webhook, format!("`{key}` is required"));
        }
        return;
    }
    let second = 1_000_000_000;
    match golang::parse_duration(&text) {
        None => decoder.refuse(&at, format!("`{text}` is no duration")),
        Some(length) if length <= 0 => decoder.refuse(&at, format!("`{key}` has to be longer than nothing")),
        Some(length) if most.is_some_and(|most| length > most * second) => {
            decoder.refuse(&at, format!("`{key}` has to be 30 seconds at most"));
        }
        Some(_) => {}
    }
}

/// RFC 1123, as names of objects are checked (apimachinery pkg/util/validation).
fn is_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}
