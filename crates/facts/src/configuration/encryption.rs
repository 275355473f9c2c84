//! The EncryptionConfiguration: with what each resource is encrypted before it is stored.
//!
//! Fields and checks are the server's own (apiserver pkg/apis/apiserver/v1/types_encryption.go,
//! pkg/apis/apiserver/validation/validation_encryption.go, before 1.30 pkg/apis/config, and
//! pkg/server/options/encryptionconfig/config.go, 1.13 to 1.36). Keys are not here: evidence keeps of each where it stood
//! and how many bytes it stands for. Whether a key management service answers is no question of starting.
//!
//! Start at [`read`] and [`Encryption::providers`].

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use model::{CutSecret, Evidence, Location, Minor, ProblemKind, Release, Strength};
use yaml::Cursor;

use super::decode::{self, Around, Decoder, FROM_THE_START, Format, Placed, Read, Version, child, shown};
use crate::{golang, redact};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// In the order of the text, which is that of precedence.
    pub entries: Vec<Entry>,
}

/// Resources, and the providers that write and read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `secrets`, `deployments.apps`, `*.apps`, `*.`, `*.*`.
    pub resources: Vec<Placed<String>>,
    /// The first one writes; the others read what they once wrote.
    pub providers: Vec<Provider>,
    pub at: Location,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub with: With,
    pub at: Location,
}

/// What a provider encrypts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum With {
    AesGcm(Vec<Key>),
    AesCbc(Vec<Key>),
    Secretbox(Vec<Key>),
    /// Nothing: it is stored as it is.
    Identity,
    Kms(Box<Kms>),
}

impl With {
    /// The field that names the provider.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AesGcm(_) => "aesgcm",
            Self::AesCbc(_) => "aescbc",
            Self::Secretbox(_) => "secretbox",
            Self::Identity => "identity",
            Self::Kms(_) => "kms",
        }
    }
}

/// A key, of which only the outside is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub name: Option<Placed<String>>,
    /// Bytes it has; `None` where it is no base64 or stands on several lines.
    pub bytes: Option<u32>,
    /// Equal keys of one run share this number.
    pub group: Option<u32>,
    /// How hard it is to guess; `None` where it stands on several lines, and for a key that is not there.
    pub strength: Option<Strength>,
    /// Where the key itself stood.
    pub at: Location,
}

/// A key management service on a socket of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kms {
    /// `v1` or `v2`.
    pub api_version: String,
    pub name: Option<Placed<String>>,
    pub endpoint: Option<Placed<String>>,
    /// In nanoseconds; three seconds where it is not written.
    pub timeout: Option<Placed<i64>>,
    /// Data keys that v1 keeps; 1000 where it is not written, and negative is no limit at all.
    pub cache_size: Option<Placed<i64>>,
}

impl Encryption {
    /// Keys of which it cannot be told whether the server takes them: placeholders, and those on several lines.
    pub(crate) fn open_keys(&self) -> impl Iterator<Item = &Key> {
        let keys = self.all_providers().flat_map(|(_, provider)| match &provider.with {
            With::AesGcm(keys) | With::AesCbc(keys) | With::Secretbox(keys) => keys.as_slice(),
            With::Identity | With::Kms(_) => &[],
        });
        keys.filter(|key| match key.strength {
            Some(Strength::Placeholder) => true,
            Some(_) => false,
            None => key.bytes.is_none(),
        })
    }

    /// The provider that a release writes a resource with, as [`providers`](Self::providers) has it.
    pub fn writer(&self, resource: &str, minor: Minor) -> Option<&Provider> {
        self.providers(resource, minor).into_iter().next()
    }

    /// The providers that a release reads a resource with, in the order in which they are tried; the first one writes.
    /// The resource is given as `RESOURCE.GROUP` or, of the core group, `RESOURCE`.
    ///
    /// None where nothing is configured for it, so that it is stored as it is. A name that the server does not know,
    /// such as `secret` or `deployments`, is never asked for.
    pub fn providers(&self, resource: &str, minor: Minor) -> Vec<&Provider> {
        let Some(stored) = stored_as(resource, minor) else { return Vec::new() };
        let group = stored.1;
        // transformerFromOverrides. 1.26 lost the wildcard of a group that storage factories before it had, and 1.27
        // brought it back, with the one of everything, which before was only a group called `*`.
        let of_group = (minor != Minor::new(1, 26)).then_some(("*", group));
        let everything = (minor >= Minor::new(1, 27)).then_some(("*", "*"));
        [Some(stored), of_group, everything]
            .into_iter()
            .flatten()
            .map(|wanted| {
                // What several entries say of one name is one list.
                let names = |entry: &&Entry| entry.resources.iter().any(|one| split(&one.value) == wanted);
                self.entries.iter().filter(names).flat_map(|entry| &entry.providers).collect::<Vec<_>>()
            })
            .find(|providers| !providers.is_empty())
            .unwrap_or_default()
    }
}

/// What becomes of a resource, or of all those that a wildcard covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// `secrets`, `*.apps`; `*.*` is all that nothing else covers.
    pub resource: String,
    /// As [`Encryption::providers`] has them; none where it is stored as it is.
    pub providers: Vec<&'a Provider>,
}

impl Stored<'_> {
    /// Whether what is written now is stored as it is.
    pub fn is_plain(&self) -> bool {
        self.providers.first().is_none_or(|provider| provider.with == With::Identity)
    }
}

/// Resources that hold credentials wherever they are served: those of the core group, and of OpenShift.
pub const SENSITIVE: [&str; 4] =
    ["secrets", "configmaps", "oauthaccesstokens.oauth.openshift.io", "oauthauthorizetokens.oauth.openshift.io"];

impl Encryption {
    /// What becomes of secrets and ConfigMaps, of whatever the file names, and of the rest; in this order.
    pub fn stored(&self, minor: Minor) -> Vec<Stored<'_>> {
        let named: BTreeSet<&str> =
            self.entries.iter().flat_map(|entry| &entry.resources).map(|resource| resource.as_str()).collect();
        /// Each is looked for in every entry, and nothing real names as many.
        const MOST: usize = 512;
        let first = ["secrets", "configmaps"];
        let middle = named.into_iter().filter(|name| !first.contains(name) && *name != "*.*" && !name.is_empty());
        let middle = middle.take(MOST);
        first.into_iter().chain(middle).chain(["*.*"]).map(|name| self.stored_one(name, minor)).collect()
    }

    fn stored_one(&self, resource: &str, minor: Minor) -> Stored<'_> {
        // A wildcard is asked as a resource that only it covers.
        let asked = match split(resource) {
            ("*", "*") => "others.example".to_owned(),
            ("*", "") if resource == "*" => "others".to_owned(),
            ("*", group) => format!("others.{group}"),
            _ => resource.to_owned(),
        };
        Stored { resource: resource.to_owned(), providers: self.providers(&asked, minor) }
    }

    /// Every provider, each once, with the resources of its entry.
    pub fn all_providers(&self) -> impl Iterator<Item = (&Entry, &Provider)> {
        self.entries.iter().flat_map(|entry| entry.providers.iter().map(move |provider| (entry, provider)))
    }

    /// Whether another file of the same run means the same: the same providers with the same keys for the same resources, in
    /// the same order. `None` where a key is written so that it cannot be compared.
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        let text = |placed: &Option<Placed<String>>| placed.as_ref().map(|placed| placed.value.clone());
        let keys = |keys: &[Key]| -> Option<Vec<(Option<String>, u32)>> {
            keys.iter().map(|key| Some((text(&key.name), key.group?))).collect()
        };
        let provider = |provider: &Provider| {
            let of_keys = match &provider.with {
                With::AesGcm(list) | With::AesCbc(list) | With::Secretbox(list) => keys(list)?,
                With::Identity | With::Kms(_) => Vec::new(),
            };
            let kms = match &provider.with {
                With::Kms(kms) => Some((kms.api_version.clone(), text(&kms.name), text(&kms.endpoint))),
                _ => None,
            };
            Some((provider.with.name(), of_keys, kms))
        };
        let shape = |file: &Self| -> Option<Vec<_>> {
            let entry = |entry: &Entry| {
                let resources: Vec<String> = entry.resources.iter().map(|one| one.value.clone()).collect();
                Some((resources, entry.providers.iter().map(provider).collect::<Option<Vec<_>>>()?))
            };
            file.entries.iter().map(entry).collect()
        };
        Some(shape(self)? == shape(other)?)
    }
}

/// Under which name a release looks for the providers of a resource; `None` where it does not look.
fn stored_as(resource: &str, minor: Minor) -> Option<(&str, &str)> {
    /// Groups with a dot that kube-apiserver itself serves from its storage factory, up to 1.25.
    const BUILT_IN: [&str; 16] = [
        "admissionregistration.k8s.io",
        "auditregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "settings.k8s.io",
        "storage.k8s.io",
    ];
    let (name, group) = split(resource);
    // Both groups have one storage, that of the core group (pkg/registry/core/event/storage/storage.go).
    if (name, group) == ("events", "events.k8s.io") {
        return Some(("events", ""));
    }
    // From 1.26 on, transformers are made for resources of the REST API alone (pkg/server/options/etcd.go,
    // `transformerStorageFactory`); before, for whatever the storage factory made, which excluded what was not its own:
    // definitions of custom resources, the resources they define, and APIServices (`SimpleRestOptionsFactory`).
    let rest_only = minor >= Minor::new(1, 26);
    match (name, group) {
        ("masterleases" | "apiserveripinfo" | "apiServerIPInfo", "") => (!rest_only).then_some(("apiServerIPInfo", "")),
        ("serviceipallocations" | "servicenodeportallocations", "") => (!rest_only).then_some(("services", "")),
        _ if rest_only || !group.contains('.') || BUILT_IN.contains(&group) => Some((name, group)),
        _ => None,
    }
}

/// `ParseGroupResource` of apimachinery pkg/runtime/schema: the group is all behind the first dot.
fn split(resource: &str) -> (&str, &str) {
    resource.split_once('.').unwrap_or((resource, ""))
}

const KIND: &str = "EncryptionConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[Version::new("apiserver.config.k8s.io/v1", KIND, 13), Version::new("v1", "EncryptionConfig", 7)],
    strict: Some(Minor::new(1, 31)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

/// Reads the file as the possible releases do, with the feature gates they have by default.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Encryption> {
    read_around(evidence, version, &Around::default())
}

/// Reads the file as the possible releases do.
pub fn read_around(evidence: &Evidence, version: &Release, around: &Around<'_>) -> Read<Encryption> {
    decode::read(evidence, version, &FORMAT, around, |root, decoder| Some(encryption(root, decoder)))
}

fn encryption(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Encryption {
    decoder.fields(root, &["apiVersion", "kind", "resources"]);
    let list = decoder.list(root, "resources");
    if list.is_empty() {
        decoder.lacks(root, "`resources`", "`resources` needs at least one entry");
    }
    let mut names = BTreeSet::new();
    let entries: Vec<Entry> = list.iter().map(|item| entry(item, &mut names, decoder)).collect();
    masked(&entries, decoder);
    Encryption { entries }
}

fn entry(item: &Cursor<'_>, names: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) -> Entry {
    decoder.fields(item, &["resources", "providers"]);
    let resources = decoder.strings(item, "resources");
    if resources.is_empty() {
        decoder.lacks(item, "`resources`", "an entry names no resources");
    }
    let at = decoder.place(item, "resources");
    overlap(&resources, &at, decoder);
    for resource in &resources {
        resource_name(resource, decoder);
    }
    let list = decoder.list(item, "providers");
    if list.is_empty() {
        decoder.lacks(item, "`providers`", "an entry names no providers");
    }
    let providers = list.iter().filter_map(|one| provider(one, names, decoder)).collect();
    Entry { resources, providers, at: decoder.at(item) }
}

/// validateResourceOverlap, from 1.27 on.
fn overlap(resources: &[Placed<String>], at: &Location, decoder: &mut Decoder<'_>) {
    if !decoder.since(27) {
        return;
    }
    let all: Vec<(&str, &str)> = resources.iter().map(|resource| split(&resource.value)).collect();
    let distinct: BTreeSet<&(&str, &str)> = all.iter().collect();
    if distinct.len() < all.len() {
        decoder.twice(at, "a resource is given twice in one list");
    }
    let masks = |one: &(&str, &str)| {
        distinct.iter().any(|other| {
            *other != one && (*one == ("*", "*") || (one.1 == other.1 && (one.0 == "*" || other.0 == "*")))
        })
    };
    if all.iter().any(masks) {
        decoder.refuse_placed(at, "a wildcard covers another resource of the same list");
    }
}

/// validateResourceNames from 1.27 on; before, such a name is taken and encrypts nothing.
fn resource_name(resource: &Placed<String>, decoder: &mut Decoder<'_>) {
    let text = resource.as_str();
    let (name, group) = split(text);
    let fault = if text.chars().any(char::is_uppercase) {
        "has capitals, which no resource has"
    } else if text == "*" {
        "means nothing; `*.` is the core group and `*.*` everything"
    } else if matches!(text, "apiserveripinfo" | "serviceipallocations" | "servicenodeportallocations") {
        "is no resource of the API, and only those are encrypted"
    } else if group == "events.k8s.io" {
        "is stored as `events`"
    } else if group == "extensions" {
        "is of a group that is gone"
    } else if group == "*" && name != "*" {
        "is one resource of every group, which is not possible"
    } else {
        return;
    };
    let message = format!("`{}` {fault}", shown(text));
    if decoder.since(27) {
        decoder.refuse_placed(&resource.at, message);
    } else if text != "*" {
        // Before, `*` alone is the core group, and the names without an API are those of what is stored.
        decoder.warn(ProblemKind::Refused, &resource.at, format!("{message}; this encrypts nothing"));
    }
}

/// An entry behind one that covers it, which stops the server from 1.27 on: getTransformerOverridesAndKMSPluginProbes.
fn masked(entries: &[Entry], decoder: &mut Decoder<'_>) {
    if !decoder.since(27) {
        return;
    }
    let mut wildcards: BTreeSet<&str> = BTreeSet::new();
    for resource in entries.iter().flat_map(|entry| &entry.resources) {
        let (name, group) = split(&resource.value);
        if let Some(by) = [group, "*"].into_iter().find(|group| wildcards.contains(group)) {
            let message = format!("`{}` is covered by `*.{by}` before it", shown(&resource.value));
            decoder.push(ProblemKind::Conflict, true, resource.at.clone(), message, None);
            // The server stops at the first one.
            return;
        }
        if name == "*" {
            wildcards.insert(group);
        }
    }
}

/// validateSingleProvider, and what is specific to each.
fn provider(item: &Cursor<'_>, names: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) -> Option<Provider> {
    decoder.fields(item, &["aesgcm", "aescbc", "secretbox", "identity", "kms"]);
    let at = decoder.at(item);
    let mut found = Vec::new();
    for name in ["kms", "aesgcm", "aescbc", "secretbox", "identity"] {
        if let Some(body) = decoder.object(item, name) {
            let with = match name {
                "kms" => With::Kms(Box::new(kms(&body, names, decoder))),
                "aesgcm" => With::AesGcm(keys(&body, &[16, 24, 32], decoder)),
                "aescbc" => With::AesCbc(keys(&body, &[16, 24, 32], decoder)),
                "secretbox" => With::Secretbox(keys(&body, &[32], decoder)),
                _ => {
                    decoder.fields(&body, &[]);
                    With::Identity
                }
            };
            found.push(with);
        }
    }
    match found.len() {
        0 => {
            let null =
                ["identity", "kms", "aesgcm", "aescbc", "secretbox"].iter().find(|name| item.get(name).is_some());
            let message = match null {
                Some(name) => format!("`{name}` is null, so that no provider is named; write `{name}: {{}}`"),
                None => "no provider is named: aescbc, aesgcm, secretbox, kms or identity".to_owned(),
            };
            decoder.refuse(item, message);
        }
        1 => {}
        _ => decoder.refuse(item, "several providers are in one item; each needs an item of its own"),
    }
    found.into_iter().next().map(|with| Provider { with, at })
}

/// validateKeys.
fn keys(body: &Cursor<'_>, lengths: &[u32], decoder: &mut Decoder<'_>) -> Vec<Key> {
    decoder.fields(body, &["keys"]);
    let list = decoder.list(body, "keys");
    if list.is_empty() {
        decoder.lacks(body, "`keys`", "`keys` needs at least one");
    }
    let mut keys = Vec::new();
    for item in list {
        decoder.fields(&item, &["name", "secret"]);
        let name = decoder.string(&item, "name").filter(|name| !name.value.is_empty());
        if name.is_none() {
            decoder.lacks(&item, "`name`", "a key has no name");
        }
        let mut key = Key { name, bytes: None, group: None, strength: None, at: decoder.at(&item) };
        match decoder.string(&item, "secret").filter(|secret| !secret.value.is_empty()) {
            None => decoder.lacks(&item, "`secret`", "a key has no secret"),
            Some(secret) => {
                key.at = secret.at;
                let cut = child(&item, "secret").and_then(|secret| cut_at(decoder.evidence, &secret));
                let (judged, bytes) = match cut {
                    Some(Cut::One(cut)) => (true, cut.decoded),
                    Some(Cut::Several) => (false, None),
                    // Whoever made this evidence did not cut it.
                    None => (true, decoded_length(&secret.value)),
                };
                key.bytes = bytes;
                (key.group, key.strength) = match cut {
                    Some(Cut::One(cut)) => (Some(cut.group), Some(cut.strength)),
                    Some(Cut::Several) => (None, None),
                    None => (Some(number(&secret.value)), Some(redact::strength(&secret.value))),
                };
                length(&key, judged, lengths, decoder);
            }
        }
        keys.push(key);
    }
    keys
}

fn length(key: &Key, judged: bool, lengths: &[u32], decoder: &mut Decoder<'_>) {
    match key.bytes {
        _ if !judged || key.strength == Some(Strength::Placeholder) => {}
        None => decoder.refuse_placed(&key.at, "a key is not written in base64"),
        Some(bytes) if !lengths.contains(&bytes) => {
            let wanted = lengths.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let wanted = wanted.rsplit_once(", ").map_or(wanted.clone(), |(some, last)| format!("{some} or {last}"));
            decoder.refuse_placed(&key.at, format!("a key has {bytes} bytes, and {wanted} are wanted"));
        }
        Some(_) => {}
    }
}

/// A number that equal secrets share, of evidence from which nobody cut them.
fn number(secret: &str) -> u32 {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(secret);
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

#[derive(Clone, Copy)]
enum Cut<'e> {
    One(&'e CutSecret),
    /// A secret on several lines is cut line by line, which says nothing about the whole.
    Several,
}

/// What was cut out of the text where this scalar stands.
fn cut_at<'e>(evidence: &'e Evidence, scalar: &Cursor<'_>) -> Option<Cut<'e>> {
    let span = scalar.node().definition().unwrap_or(scalar.span());
    let mut inside =
        evidence.secrets.iter().filter(|secret| span.start <= secret.span.start && secret.span.end <= span.end);
    let first = inside.next()?;
    Some(if inside.next().is_some() { Cut::Several } else { Cut::One(first) })
}

/// Bytes that standard base64 stands for; line breaks do not count (Go's encoding/base64).
fn decoded_length(text: &str) -> Option<u32> {
    let text: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    let body = text.len() - padding;
    let plain = text[..body].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    if !plain || text.is_empty() || !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    u32::try_from(text.len() / 4 * 3 - padding).ok()
}

/// validateKMSConfiguration, and the gates that kmsPrefixTransformer asks.
fn kms(body: &Cursor<'_>, names: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) -> Kms {
    decoder.fields_since(body, &["name", "cachesize", "endpoint", "timeout"], &[("apiVersion", 25)]);
    let versioned = decoder.since(25);
    let written = if versioned { decoder.string(body, "apiVersion") } else { None };
    let api_version = written.as_ref().map_or("", Placed::as_str);
    let api_version = if api_version.is_empty() { "v1".to_owned() } else { api_version.to_owned() };
    let first = api_version == "v1";
    let kms = Kms {
        api_version,
        name: decoder.string(body, "name").filter(|name| !name.value.is_empty()),
        endpoint: decoder.string(body, "endpoint").filter(|endpoint| !endpoint.value.is_empty()),
        timeout: decoder.duration(body, "timeout", true),
        cache_size: decoder.integer(body, "cachesize", 32),
    };
    let at = written.as_ref().map_or_else(|| decoder.at(body), |written| written.at.clone());
    match kms.api_version.as_str() {
        "v1" if !decoder.around.gate("KMSv1", !decoder.since(29)) => {
            decoder.refuse_placed(&at, "v1 of a key management service needs the feature gate KMSv1 from 1.29 on");
        }
        "v2" if !decoder.since(29) && !decoder.around.gate("KMSv2", decoder.since(27)) => {
            decoder.refuse_placed(&at, "v2 of a key management service needs the feature gate KMSv2");
        }
        "v1" | "v2" => {}
        other => {
            let message = format!("`{}` is no version of a key management service; there is v1 and v2", shown(other));
            decoder.refuse_placed(&at, message);
        }
    }
    match &kms.name {
        None => decoder.lacks(body, "`name`", "a key management service has no name"),
        Some(name) => {
            if !first && name.value.contains(':') {
                decoder.refuse_placed(&name.at, format!("`{}` holds a colon", shown(&name.value)));
            }
            let unique = (!first || decoder.around.reload) && decoder.since(26);
            if unique && names.contains(&name.value) {
                decoder.twice(&name.at, format!("the name `{}` is given twice", shown(&name.value)));
            }
            names.insert(name.value.clone());
        }
    }
    if let Some(timeout) = &kms.timeout
        && timeout.value <= 0
    {
        decoder.refuse_placed(&timeout.at, "`timeout` has to be longer than 0s");
    }
    match &kms.endpoint {
        None => decoder.lacks(body, "`endpoint: unix:///…`", "`endpoint` is required"),
        Some(endpoint) => match golang::parse_url(endpoint.as_str()) {
            Some(scheme) if scheme.eq_ignore_ascii_case("unix") => {}
            _ => {
                let message = format!("`{}` is no socket, such as `unix:///run/kms.sock`", shown(endpoint.as_str()));
                decoder.refuse_placed(&endpoint.at, message);
            }
        },
    }
    if let Some(size) = &kms.cache_size {
        if !first && decoder.since(27) {
            decoder.refuse_placed(&size.at, "`cachesize` goes with v1 only");
        } else if first && size.value == 0 {
            decoder.refuse_placed(&size.at, "`cachesize` may not be 0");
        }
    }
    kms
}
