//! The AuthorizationConfiguration: who is asked whether a request may be served, and what a webhook's silence means.
//!
//! Fields and checks are the server's own (apiserver pkg/apis/apiserver/v1, its defaults, and
//! pkg/apis/apiserver/validation/validation.go, ValidateAuthorizationConfiguration, 1.29 to 1.36). Match conditions are
//! read by [`cel`], which finds most of those that do not compile and not all. Whether a webhook answers is
//! no question of starting.
//!
//! Start at [`read`], then [`Authorization::chain`].

mod chain;

use std::collections::BTreeSet;

use model::{Evidence, Location, Problem, Release};
use yaml::Cursor;

use super::{
    cel::{self, Environment, Variable},
    crash,
    decode::{
        self, Around, Decoder, FROM_THE_START, Format, Placed, Read, Version, child, is_subdomain, nearest, shown,
    },
};

pub use chain::{Answer, Asked, Chain, Decided, Decision, State};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// In the order in which they are asked. Nothing resets anonymous requests here, AlwaysAllow included.
    pub authorizers: Vec<Authorizer>,
    /// The list of them.
    pub at: Location,
}

/// One who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// As written: `Node`, `RBAC`, `Webhook`, `ABAC`, `AlwaysAllow`, `AlwaysDeny`.
    pub kind: Option<Placed<String>>,
    pub name: Option<Placed<String>>,
    pub webhook: Option<Webhook>,
    pub at: Location,
}

/// A webhook and what becomes of a request when it does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// `NoOpinion` asks the next one, `Deny` refuses the request.
    pub failure_policy: Option<Placed<String>>,
    /// In nanoseconds.
    pub timeout: Option<Placed<i64>>,
    /// In nanoseconds; five minutes where it is not written.
    pub authorized_ttl: Option<Placed<i64>>,
    /// In nanoseconds; half a minute where it is not written.
    pub unauthorized_ttl: Option<Placed<i64>>,
    /// On where it is not written (the fields came in 1.34; before, answers are always kept).
    pub cache_authorized: Option<Placed<bool>>,
    pub cache_unauthorized: Option<Placed<bool>>,
    pub review_version: Option<Placed<String>>,
    pub condition_review_version: Option<Placed<String>>,
    /// The webhook is asked only where all of them are true.
    pub match_conditions: Vec<Placed<String>>,
    pub connection: Option<Connection>,
    pub at: Location,
}

/// How a webhook is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    InCluster(Location),
    KubeConfigFile(Placed<String>),
}

impl Authorization {
    /// Webhooks that are to be reached as pods reach the server, which the checks let pass
    /// (pkg/kubeapiserver/authorizer/reload.go, newForConfig, 1.30 to 1.36; config.go before).
    pub fn crashes(&self) -> Vec<Problem> {
        let webhooks = self.authorizers.iter().filter_map(|authorizer| authorizer.webhook.as_ref());
        let at = webhooks.filter_map(|webhook| match &webhook.connection {
            Some(Connection::InCluster(at)) => Some(at.clone()),
            _ => None,
        });
        at.map(|at| crash("authorization-config", "InClusterConfig", "kubeConfigFile", at)).collect()
    }
}

const KIND: &str = "AuthorizationConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[
        Version::new("apiserver.config.k8s.io/v1", KIND, 32),
        Version::new("apiserver.config.k8s.io/v1beta1", KIND, 30),
        Version::new("apiserver.config.k8s.io/v1alpha1", KIND, 29),
    ],
    strict: Some(model::Minor::new(1, 29)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

const TYPES: [&str; 6] = ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];

/// Reads the file as the possible releases do, without looking for files that it names.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Authorization> {
    read_around(evidence, version, &Around::default())
}

/// Reads the file as the possible releases do.
pub fn read_around(evidence: &Evidence, version: &Release, around: &Around<'_>) -> Read<Authorization> {
    decode::read(evidence, version, &FORMAT, around, |root, decoder| Some(authorization(root, decoder)))
}

fn authorization(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Authorization {
    decoder.fields(root, &["apiVersion", "kind", "authorizers"]);
    let entries = decoder.list(root, "authorizers");
    if entries.is_empty() {
        decoder.lacks(root, "`authorizers`", "nobody authorizes: `authorizers` needs at least one");
    }
    let (mut types, mut names) = (BTreeSet::new(), BTreeSet::new());
    let at = decoder.place(root, "authorizers");
    let authorizers = entries.iter().map(|entry| authorizer(entry, &mut types, &mut names, decoder)).collect();
    Authorization { authorizers, at }
}

fn authorizer(
    entry: &Cursor<'_>,
    types: &mut BTreeSet<String>,
    names: &mut BTreeSet<String>,
    decoder: &mut Decoder<'_>,
) -> Authorizer {
    decoder.fields(entry, &["type", "name", "webhook"]);
    let kind = decoder.string(entry, "type").filter(|kind| !kind.value.is_empty());
    let name = decoder.string(entry, "name").filter(|name| !name.value.is_empty());
    let block = decoder.object(entry, "webhook");
    let fields = block.as_ref().map(|block| webhook(block, decoder));
    let (fields, faults) = fields.unzip();
    let mut read = Authorizer { kind, name, webhook: fields, at: decoder.at(entry) };
    // The server goes on to the next one after each of the first three.
    let Some(kind) = &read.kind else {
        decoder.lacks(entry, "`type`", "an authorizer names no type");
        return read;
    };
    if !TYPES.contains(&kind.as_str()) {
        let near = nearest(kind.as_str(), TYPES.into_iter()).map(|near| format!("; perhaps `{near}`"));
        let message = format!("`{}` is no type of authorizer{}", shown(&kind.value), near.unwrap_or_default());
        decoder.refuse_placed(&kind.at, message);
        return read;
    }
    let is_webhook = kind.value == "Webhook";
    if !types.insert(kind.value.clone()) && !is_webhook {
        decoder.twice(&kind.at, format!("the type `{}` is given twice", kind.value));
        return read;
    }
    match &read.name {
        None => decoder.lacks(entry, "`name`", "an authorizer has no name"),
        Some(name) if !names.insert(name.value.clone()) => {
            decoder.twice(&name.at, format!("the name `{}` is given twice", shown(&name.value)));
        }
        Some(name) if !is_subdomain(&name.value) => {
            let message = format!("`{}` is no name: lower-case letters, digits, `-` and `.`", shown(&name.value));
            decoder.refuse_placed(&name.at, message);
        }
        // pkg/kubeapiserver/authorizer/config.go, LoadAndValidateData: the names that the flag would give them.
        Some(name) if !is_webhook && name.value != kind.value.to_ascii_lowercase() => {
            let wanted = kind.value.to_ascii_lowercase();
            decoder.refuse_placed(&name.at, format!("an authorizer of the type {} is called `{wanted}`", kind.value));
        }
        Some(_) => {}
    }
    match (&block, is_webhook) {
        (None, true) => decoder.lacks(entry, "`webhook`", "a webhook says nothing about itself"),
        (Some(block), false) => decoder.refuse(block, "`webhook` goes with the type Webhook only"),
        (Some(block), true) => {
            if let (Some(webhook), Some(faults)) = (&mut read.webhook, faults) {
                validate(block, webhook, faults, decoder);
            }
        }
        (None, false) => {}
    }
    read
}

/// What of a webhook's connection has to be checked and is no part of its meaning.
struct Faults {
    connection_type: Option<Placed<String>>,
    kubeconfig: Option<Placed<String>>,
}

/// Decodes a webhook, whatever the type of its authorizer: a wrong type of a value stops the server in any case.
fn webhook(block: &Cursor<'_>, decoder: &mut Decoder<'_>) -> (Webhook, Faults) {
    decoder.fields_since(
        block,
        &[
            "authorizedTTL",
            "connectionInfo",
            "failurePolicy",
            "matchConditionSubjectAccessReviewVersion",
            "matchConditions",
            "subjectAccessReviewVersion",
            "timeout",
            "unauthorizedTTL",
        ],
        &[("cacheAuthorizedRequests", 34), ("cacheUnauthorizedRequests", 34)],
    );
    let mut match_conditions = Vec::new();
    for condition in decoder.list(block, "matchConditions") {
        decoder.fields(&condition, &["expression"]);
        let at = decoder.at(&condition);
        let expression = decoder.string(&condition, "expression");
        match_conditions.push(expression.unwrap_or(Placed { value: String::new(), at }));
    }
    let connection = decoder.object(block, "connectionInfo");
    let (mut connection_type, mut kubeconfig) = (None, None);
    if let Some(connection) = &connection {
        decoder.fields(connection, &["type", "kubeConfigFile"]);
        connection_type = decoder.string(connection, "type").filter(|kind| !kind.value.is_empty());
        kubeconfig = decoder.string(connection, "kubeConfigFile");
    }
    let cached = decoder.since(34);
    let webhook = Webhook {
        failure_policy: decoder.string(block, "failurePolicy").filter(|policy| !policy.value.is_empty()),
        timeout: decoder.duration(block, "timeout", false),
        authorized_ttl: decoder.duration(block, "authorizedTTL", false),
        unauthorized_ttl: decoder.duration(block, "unauthorizedTTL", false),
        cache_authorized: if cached { decoder.boolean(block, "cacheAuthorizedRequests") } else { None },
        cache_unauthorized: if cached { decoder.boolean(block, "cacheUnauthorizedRequests") } else { None },
        review_version: decoder.string(block, "subjectAccessReviewVersion").filter(|text| !text.value.is_empty()),
        condition_review_version: decoder
            .string(block, "matchConditionSubjectAccessReviewVersion")
            .filter(|text| !text.value.is_empty()),
        match_conditions,
        connection: None,
        at: decoder.at(block),
    };
    (webhook, Faults { connection_type, kubeconfig })
}

/// ValidateWebhookConfiguration.
fn validate(block: &Cursor<'_>, webhook: &mut Webhook, faults: Faults, decoder: &mut Decoder<'_>) {
    const SECOND: i64 = 1_000_000_000;
    match &webhook.timeout {
        // One that is refused as no duration is not missing, too.
        None if block.get("timeout").is_some() => {}
        None => decoder.lacks(block, "`timeout: 3s`", "`timeout` is required"),
        Some(timeout) if timeout.value == 0 => decoder.refuse_placed(&timeout.at, "`timeout` has to be longer than 0s"),
        Some(timeout) if !(0..=30 * SECOND).contains(&timeout.value) => {
            decoder.refuse_placed(&timeout.at, "`timeout` has to be longer than 0s and at most 30s");
        }
        Some(_) => {}
    }
    for (ttl, name) in [(&webhook.authorized_ttl, "authorizedTTL"), (&webhook.unauthorized_ttl, "unauthorizedTTL")] {
        // Zero is filled in with the default before it is checked.
        if let Some(ttl) = ttl
            && ttl.value < 0
        {
            decoder.refuse_placed(&ttl.at, format!("`{name}` has to be longer than 0s"));
        }
    }
    let one_of = |field: &Option<Placed<String>>, name: &str, allowed: &[&str], decoder: &mut Decoder<'_>| {
        let written = allowed.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or ");
        match field {
            None if child(block, name).is_some_and(|value| value.str().is_none()) => {}
            None => decoder.lacks(block, &format!("`{name}: {}`", allowed[0]), format!("`{name}` is required")),
            Some(value) if !allowed.contains(&value.as_str()) => {
                decoder.refuse_placed(&value.at, format!("`{name}` has to be {written}"));
            }
            Some(_) => {}
        }
    };
    one_of(&webhook.review_version, "subjectAccessReviewVersion", &["v1", "v1beta1"], decoder);
    if webhook.condition_review_version.is_some() || !webhook.match_conditions.is_empty() {
        let name = "matchConditionSubjectAccessReviewVersion";
        one_of(&webhook.condition_review_version, name, &["v1"], decoder);
    }
    one_of(&webhook.failure_policy, "failurePolicy", &["NoOpinion", "Deny"], decoder);
    webhook.connection = connection(block, faults, decoder);
    conditions(block, webhook, decoder);
}

fn connection(block: &Cursor<'_>, faults: Faults, decoder: &mut Decoder<'_>) -> Option<Connection> {
    let place = child(block, "connectionInfo").unwrap_or_else(|| block.clone());
    let Some(kind) = faults.connection_type else {
        decoder.lacks(&place, "`type: KubeConfigFile`", "`connectionInfo.type` is required");
        return None;
    };
    match (kind.as_str(), faults.kubeconfig) {
        ("InClusterConfig", None) => Some(Connection::InCluster(kind.at)),
        ("InClusterConfig", Some(file)) => {
            decoder.refuse_placed(&file.at, "`kubeConfigFile` goes with the type KubeConfigFile only");
            Some(Connection::InCluster(kind.at))
        }
        ("KubeConfigFile", Some(file)) if !file.value.is_empty() => {
            if file.value.starts_with('/') {
                decoder.calls(&file);
            } else {
                decoder.refuse_placed(&file.at, "`kubeConfigFile` has to be an absolute path");
            }
            Some(Connection::KubeConfigFile(file))
        }
        ("KubeConfigFile", _) => {
            decoder.lacks(&place, "`kubeConfigFile`", "`kubeConfigFile` is required");
            None
        }
        _ => {
            decoder.refuse_placed(&kind.at, "`type` has to be `InClusterConfig` or `KubeConfigFile`");
            None
        }
    }
}

/// compileMatchConditions.
fn conditions(block: &Cursor<'_>, webhook: &Webhook, decoder: &mut Decoder<'_>) {
    let count = webhook.match_conditions.len();
    if count > 64 {
        let at = decoder.place(block, "matchConditions");
        decoder.refuse_placed(&at, format!("{count} conditions, and the server takes 64"));
        return;
    }
    let mut seen = BTreeSet::new();
    for condition in &webhook.match_conditions {
        if condition.value.trim().is_empty() {
            decoder.refuse_placed(&condition.at, "a condition has no expression");
        } else if !seen.insert(&condition.value) {
            decoder.twice(&condition.at, "the same condition is given twice");
        } else if let Some(fault) =
            cel::check(&condition.value, Environment::new(Variable::Request, decoder), true).fault
        {
            decoder.refuse_placed(&condition.at, format!("the condition does not compile: {fault}"));
        }
    }
}
