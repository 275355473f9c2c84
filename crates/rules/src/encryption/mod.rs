//! Encryption at rest: what the EncryptionConfiguration does to what is stored, and with which keys.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        encryption::{Encryption, Provider, SENSITIVE, Stored},
    },
    flag,
    running::Written,
};
use model::{Answer, Confidence, Finding, Label, Location, Origin, Remedy, Unanswered, Verdict};

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

/// Since when metrics count.
const SINCE: &str = "since the server started";

/// How secrets were written, by the server's own count: what is known of an encryption configuration that nobody gave.
struct Counted {
    way: Written,
    at: Location,
    /// Whether the server keeps to the configuration that it started with.
    is_settled: bool,
}

fn counted(server: &ApiServer) -> Option<Counted> {
    let metrics = server.metrics()?;
    let reload = server.get(&flag::ENCRYPTION_PROVIDER_CONFIG_AUTOMATIC_RELOAD);
    let is_settled = match reload {
        Ok(reload) => !reload.value,
        // Before 1.26 there was no such flag.
        Err(Unanswered::NotApplicable(_)) => true,
        Err(Unanswered::Gap(_)) => false,
    };
    Some(Counted { way: metrics.written("secrets")?, at: metrics.at.clone(), is_settled })
}

fn wrong(counted: &Counted, message: String, remedy: Remedy) -> Finding {
    Finding {
        subject: Some("secrets".to_owned()),
        setting: None,
        message,
        severity: None,
        // One that reads its configuration again may write otherwise by now.
        confidence: if counted.is_settled { Confidence::Certain } else { Confidence::Probable },
        primary: Origin::Reported(counted.at.clone()),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

/// What was counted is what comes next as well, of a server that does not read its configuration again.
fn fine(counted: &Counted, because: String) -> Option<Verdict> {
    let seen = vec![Origin::Reported(counted.at.clone())];
    counted.is_settled.then(|| Ok(Answer { seen, because, ..Answer::default() }))
}
