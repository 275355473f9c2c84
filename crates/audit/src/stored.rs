//! What becomes of each resource on its way into storage, for whoever resolves a server or asks a file.

use facts::{
    Cluster,
    configuration::{
        ConfigFile, FileKind, Taken,
        encryption::{Encryption, Provider, With},
    },
};
use model::{Gap, Minor, Unanswered};
use report::{Stored, StoredResource};

/// Provider and key, in the order in which they are tried to read; without any, what is stored is plain.
pub(crate) fn ways(providers: &[&Provider]) -> Vec<(&'static str, Option<String>)> {
    let ways: Vec<(&str, Option<String>)> = providers
        .iter()
        .flat_map(|provider| {
            let name = provider.with.name();
            let keys: Vec<Option<String>> = match &provider.with {
                With::Identity => vec![None],
                With::Kms(kms) => vec![kms.name.as_ref().map(|name| name.value.clone())],
                With::AesGcm(keys) | With::AesCbc(keys) | With::Secretbox(keys) => {
                    keys.iter().map(|key| key.name.as_ref().map(|name| name.value.clone())).collect()
                }
            };
            keys.into_iter().map(move |key| (name, key))
        })
        .collect();
    if ways.is_empty() { vec![("identity", None)] } else { ways }
}

/// One of them as a word: `identity`, `secretbox:key1`.
pub(crate) fn shown((name, key): &(&str, Option<String>)) -> String {
    match key {
        Some(key) => format!("{name}:{key}"),
        None => (*name).to_owned(),
    }
}

/// For each API server that is given an EncryptionConfiguration, and for each such file by itself.
pub(crate) fn all(cluster: &Cluster) -> Vec<Stored> {
    let servers = cluster.apiservers.iter().filter_map(|server| {
        let component = server.component();
        let resources = match server.file(FileKind::Encryption) {
            Ok(taken) => of(taken?),
            Err(Unanswered::Gap(gap)) => Err(gap),
            Err(Unanswered::NotApplicable(_)) => return None,
        };
        Some(Stored { component: component.name, instance: component.instance.clone(), resources })
    });
    let given = cluster.given.iter().filter(|file| file.kind == FileKind::Encryption).filter_map(|file| {
        let resources = of(file.taken.as_ref()?);
        Some(Stored { component: file.component.name, instance: file.component.instance.clone(), resources })
    });
    servers.chain(given).collect()
}

/// What all releases that take the file agree on.
fn of(taken: &Taken) -> Result<Vec<StoredResource>, Gap> {
    let mut all: Option<Vec<StoredResource>> = None;
    for (minors, file) in taken.alike(FileKind::Encryption) {
        let ConfigFile::Encryption(file) = file else { continue };
        if let Some(minor) = minors.last() {
            let found = resources(file, *minor);
            if all.as_ref().is_some_and(|known| *known != found) {
                return Err(Gap::of_release("what is encrypted depends on the release".to_owned()));
            }
            all = Some(found);
        }
    }
    Ok(all.unwrap_or_default())
}

fn resources(file: &Encryption, minor: Minor) -> Vec<StoredResource> {
    let one = |stored: facts::configuration::encryption::Stored<'_>| {
        let ways = ways(&stored.providers);
        let first = ways.first();
        StoredResource {
            writes: first.map_or("identity", |(name, _)| *name).to_owned(),
            key: first.and_then(|(_, key)| key.clone()),
            reads: ways.iter().map(shown).collect(),
            at: stored.providers.first().map(|provider| provider.at.clone()),
            resource: stored.resource,
        }
    };
    file.stored(minor).into_iter().map(one).collect()
}
