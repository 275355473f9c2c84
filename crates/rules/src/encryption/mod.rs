//! Encryption at rest: what the EncryptionConfiguration does to what is stored, and with which keys.

use facts::configuration::{
    InUse,
    encryption::{Encryption, Provider, SENSITIVE, Stored},
};
use model::{Label, Unanswered};

use crate::{rules, say};

rules! { "encryption":
    aesgcm_rotation,
    config_consistent,
    identity_leftover,
    identity_not_first,
    key_quality,
    kms_endpoint_local,
    kms_plugin_healthy,
    kms_v2,
    no_aescbc,
    providers_strong,
    resources_cover_sensitive,
}

/// The providers of secrets; where no entry covers them there is nothing to ask, and another rule says so.
fn of_secrets<'a>(used: &InUse<'a, Encryption>) -> Result<Vec<&'a Provider>, Unanswered> {
    let providers = used.file.providers("secrets", used.minor);
    if providers.is_empty() {
        let reason = "no entry covers `secrets`, as `encryption-resources-cover-sensitive` tells";
        return Err(Unanswered::NotApplicable(reason.to_owned()));
    }
    Ok(providers)
}

/// The sensitive resources that an entry covers, with their providers. Those that only OpenShift has count where the file
/// names them.
fn sensitive<'a>(used: &InUse<'a, Encryption>) -> Vec<(&'static str, Vec<&'a Provider>)> {
    let named = |resource: &str| {
        let all = used.file.entries.iter().flat_map(|entry| &entry.resources);
        all.map(|one| one.as_str()).any(|name| name == resource)
    };
    SENSITIVE
        .into_iter()
        .filter(|resource| !resource.contains('.') || named(resource))
        .map(|resource| (resource, used.file.providers(resource, used.minor)))
        .filter(|(_, providers)| !providers.is_empty())
        .collect()
}

/// "`configmaps`, `events` and whatever no entry names": what is stored as it is, of what is worth a name.
fn plain(used: &InUse<'_, Encryption>) -> Option<String> {
    const NAMED: usize = 6;
    let stored = used.file.stored(used.minor);
    let (rest, named): (Vec<&Stored<'_>>, Vec<_>) =
        stored.iter().filter(|one| one.is_plain()).partition(|one| one.resource == "*.*");
    let mut words: Vec<String> = named.iter().take(NAMED).map(|one| format!("`{}`", one.resource)).collect();
    if named.len() > NAMED {
        words.push(format!("{} others", named.len() - NAMED));
    }
    if !rest.is_empty() {
        words.push("whatever no entry names".to_owned());
    }
    (!words.is_empty()).then(|| say::and(&words))
}

/// A place in the file beside the finding.
fn label(provider: &Provider, text: impl Into<String>) -> Label {
    Label { at: provider.at.clone(), text: text.into() }
}
