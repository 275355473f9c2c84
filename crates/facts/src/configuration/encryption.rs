//! The EncryptionConfiguration: with what each resource is encrypted before it is stored.
//!
//! Fields and checks are the server's own (apiserver pkg/apis/apiserver/v1/types_encryption.go,
//! pkg/apis/apiserver/validation/validation_encryption.go, before 1.30 pkg/apis/config, and
//! pkg/server/options/encryptionconfig/config.go, 1.13 to 1.36). Keys are not here: evidence keeps of each where it stood
//! and how many bytes it stands for. Whether a key management service answers is no question of starting.
//!
//! Start at [`read`] and [`Encryption::providers`].

mod reading;

use std::collections::BTreeSet;

use model::{Location, Minor, Problem, ProblemKind, Strength};

pub use self::reading::{read, read_around};
use super::decode::Placed;

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

    /// Keys that are placeholders as the file stands, which the server takes for base64 that is broken.
    pub fn unfilled(&self) -> Vec<Problem> {
        let keys = self.open_keys().filter(|key| key.strength == Some(Strength::Placeholder) && key.bytes.is_none());
        let refused = keys.map(|key| Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message: "a key is a placeholder that is not filled in yet, and not written in base64".to_owned(),
            hint: None,
            location: Some(key.at.clone()),
            setting: Some("encryption-provider-config".to_owned()),
        });
        refused.collect()
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
