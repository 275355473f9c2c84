//! The audit policy: which requests are recorded, and how much of each.
//!
//! Fields and checks are the server's own (apiserver pkg/apis/audit/v1, pkg/apis/audit/validation/validation.go and
//! pkg/audit/policy/reader.go, 1.7 to 1.36). An unknown field or a key given twice never stops the server: up to 1.25 it
//! says nothing, later it logs a warning and reads the file again without minding. So a rule may match far more than
//! its author meant, which is why such a field is a problem all the same.
//!
//! Start at [`read`], then [`Policy::recorder`].

mod reach;
mod record;

use model::{Evidence, Location, ProblemKind, Release};
use yaml::Cursor;

use super::decode::{
    self, Around, Decoder, FROM_THE_START, Format, Placed, Read, Version, is_subdomain, nearest, shown,
};
use crate::golang;

pub use reach::{Bodies, Reach};
pub use record::{Recorded, Recorder};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The first rule that matches a request decides.
    pub rules: Vec<Rule>,
    /// Stages that no rule records.
    pub omit_stages: Vec<Placed<String>>,
    /// Whether bodies are recorded without their managed fields, where a rule says nothing about it.
    pub omit_managed_fields: Option<Placed<bool>>,
}

/// Which requests, and how much of them; an empty list matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `None` where it is missing or nothing the server knows.
    pub level: Option<Placed<Level>>,
    pub users: Vec<Placed<String>>,
    pub user_groups: Vec<Placed<String>>,
    pub verbs: Vec<Placed<String>>,
    pub resources: Vec<Resources>,
    pub namespaces: Vec<Placed<String>>,
    pub non_resource_urls: Vec<Placed<String>>,
    pub omit_stages: Vec<Placed<String>>,
    pub omit_managed_fields: Option<Placed<bool>>,
    pub at: Location,
}

/// Resources of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Empty or missing is the core group, and `*` from 1.36 on every group.
    pub group: Option<Placed<String>>,
    /// Empty matches all of the group.
    pub resources: Vec<Placed<String>>,
    pub resource_names: Vec<Placed<String>>,
    pub at: Location,
}

/// How much is recorded of a request, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    None,
    Metadata,
    Request,
    RequestResponse,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::None, Self::Metadata, Self::Request, Self::RequestResponse];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

const STAGES: [&str; 4] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];

const FORMAT: Format = Format {
    name: "Policy",
    versions: &[
        Version::new("audit.k8s.io/v1", "Policy", 12),
        Version::new("audit.k8s.io/v1beta1", "Policy", 8).until(24),
        Version::new("audit.k8s.io/v1alpha1", "Policy", 7).until(24),
    ],
    strict: None,
    // LoadPolicyFromBytes decodes into a Policy, so that the kind is filled in; the version is asked for afterwards.
    kind_is_known: true,
    version_is_known: false,
    codec: FROM_THE_START,
};

/// Reads the file as the possible releases do.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Policy> {
    let around = Around::default();
    decode::read(evidence, version, &FORMAT, &around, |root, decoder| Some(policy(root, decoder)))
}

fn policy(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Policy {
    let later = [("omitStages", 10), ("omitManagedFields", 23)];
    decoder.fields_since(root, &["apiVersion", "kind", "metadata", "rules"], &later);
    metadata(root, decoder);
    let omit_stages = if decoder.since(10) { stages(root, decoder) } else { Vec::new() };
    let list = decoder.list(root, "rules");
    if list.is_empty() && decoder.since(8) {
        decoder.lacks(root, "`rules: [{level: Metadata}]`", "the policy has no rules");
    }
    Policy {
        rules: list.iter().map(|item| rule(item, decoder)).collect(),
        omit_stages,
        omit_managed_fields: if decoder.since(23) { decoder.boolean(root, "omitManagedFields") } else { None },
    }
}

/// ObjectMeta, of which nothing counts but that it decodes (apimachinery pkg/apis/meta/v1/types.go).
fn metadata(root: &Cursor<'_>, decoder: &mut Decoder<'_>) {
    let Some(metadata) = decoder.object(root, "metadata") else { return };
    for field in ["name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"] {
        let _ = decoder.string(&metadata, field);
    }
    for field in ["labels", "annotations"] {
        let Some(pairs) = decoder.object(&metadata, field) else { continue };
        let keys: Vec<String> = pairs.entries().map(|item| item.name.into_owned()).collect();
        for key in keys {
            let _ = decoder.string(&pairs, &key);
        }
    }
    for field in ["generation", "deletionGracePeriodSeconds"] {
        let _ = decoder.integer(&metadata, field, 64);
    }
    for field in ["creationTimestamp", "deletionTimestamp"] {
        if let Some(time) = decoder.string(&metadata, field)
            && !golang::is_timestamp(&time.value)
        {
            decoder.refuse_placed(
                &time.at,
                format!("`{}` is no time, such as `2024-01-31T12:00:00Z`", shown(&time.value)),
            );
        }
    }
    let _ = decoder.strings(&metadata, "finalizers");
    for field in ["ownerReferences", "managedFields"] {
        let _ = decoder.list(&metadata, field);
    }
}

/// validatePolicyRule.
fn rule(item: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Rule {
    decoder.fields_since(
        item,
        &["level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"],
        &[("omitStages", 8), ("omitManagedFields", 23)],
    );
    let level = decoder.string(item, "level");
    let known = level.as_ref().and_then(|level| Level::ALL.into_iter().find(|known| known.name() == level.value));
    match &level {
        Some(level) if !level.value.is_empty() => {
            if known.is_none() {
                let names = || Level::ALL.into_iter().map(Level::name);
                let near = nearest(&level.value, names()).map(|near| format!("; perhaps `{near}`")).unwrap_or_default();
                let message = format!("`{}` is no level{near}", shown(&level.value));
                decoder.refuse_placed(&level.at, message);
            }
        }
        // One that is refused as no string is not missing, too.
        None if item.get("level").is_some_and(|level| !level.is_null()) => {}
        _ => decoder.lacks(item, "`level: Metadata`", "a rule has no level"),
    }
    let read = Rule {
        level: known.zip(level).map(|(value, level)| Placed { value, at: level.at }),
        users: decoder.strings(item, "users"),
        user_groups: decoder.strings(item, "userGroups"),
        verbs: decoder.strings(item, "verbs"),
        resources: resources(item, decoder),
        namespaces: decoder.strings(item, "namespaces"),
        non_resource_urls: decoder.strings(item, "nonResourceURLs"),
        omit_stages: if decoder.since(8) { stages(item, decoder) } else { Vec::new() },
        omit_managed_fields: if decoder.since(23) { decoder.boolean(item, "omitManagedFields") } else { None },
        at: decoder.at(item),
    };
    if decoder.since(8) {
        read.non_resource_urls.iter().for_each(|url| non_resource_url(url, decoder));
    }
    if !read.non_resource_urls.is_empty() && (!read.resources.is_empty() || !read.namespaces.is_empty()) {
        let at = decoder.place(item, "nonResourceURLs");
        decoder.push(ProblemKind::Conflict, true, at, "a rule is about resources and about other URLs", None);
    }
    literal_star(&read, decoder);
    read
}

/// validateResources.
fn resources(item: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Vec<Resources> {
    let mut all = Vec::new();
    for one in decoder.list(item, "resources") {
        decoder.fields(&one, &["group", "resources", "resourceNames"]);
        let read = Resources {
            group: decoder.string(&one, "group"),
            resources: decoder.strings(&one, "resources"),
            resource_names: decoder.strings(&one, "resourceNames"),
            at: decoder.at(&one),
        };
        if let Some(group) = &read.group
            && decoder.since(8)
        {
            let text = group.as_str();
            if text == "*" && !decoder.since(36) {
                decoder.refuse_placed(&group.at, "`*` as a group came in 1.36");
            } else if !text.is_empty() && text != "*" && !is_subdomain(text) {
                let message = format!("`{}` is no group, such as `apps`, without its version", shown(text));
                decoder.refuse_placed(&group.at, message);
            }
        }
        if !read.resource_names.is_empty() && read.resources.is_empty() {
            let at = decoder.place(&one, "resourceNames");
            decoder.refuse_placed(&at, "`resourceNames` needs `resources` that have those names");
        }
        all.push(read);
    }
    all
}

/// validateNonResourceURLs.
fn non_resource_url(url: &Placed<String>, decoder: &mut Decoder<'_>) {
    let text = url.as_str();
    if text == "*" {
        return;
    }
    if !text.starts_with('/') {
        decoder.refuse_placed(&url.at, format!("`{}` does not begin with `/`", shown(text)));
    }
    if text.find('*').is_some_and(|star| star + 1 < text.len()) {
        decoder.refuse_placed(&url.at, format!("`{}` has a `*` before its end", shown(text)));
    }
}

/// validateOmitStages.
fn stages(parent: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Vec<Placed<String>> {
    let stages = decoder.strings(parent, "omitStages");
    for stage in &stages {
        if !STAGES.contains(&stage.as_str()) {
            let near = nearest(&stage.value, STAGES.into_iter()).map(|near| format!("; perhaps `{near}`"));
            let message = format!("`{}` is no stage{}", shown(&stage.value), near.unwrap_or_default());
            decoder.refuse_placed(&stage.at, message);
        }
    }
    stages
}

/// A `*` in these lists is compared as it stands, and nothing is called so (pkg/audit/policy/checker.go, 1.36).
fn literal_star(rule: &Rule, decoder: &mut Decoder<'_>) {
    let names = rule.resources.iter().flat_map(|resources| &resources.resource_names);
    let lists = [&rule.users, &rule.user_groups, &rule.verbs, &rule.namespaces];
    for star in lists.into_iter().flatten().chain(names).filter(|text| text.value == "*") {
        decoder.warn(ProblemKind::Refused, &star.at, "`*` is no wildcard in this list and matches nothing");
    }
}
