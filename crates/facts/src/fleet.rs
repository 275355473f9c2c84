//! What of a cluster is kept to compare it with others: whom its API servers believe, by public keys alone.
//!
//! Of each key there is a digest of its public half, in the form that certificates have it in, so that one key is one whether
//! it was seen in a file of PEM, in a certificate or in the key set that a server publishes. A few hundred bytes a cluster
//! are kept, and no evidence. Start at [`Member::of`].

use model::{Evidence, Gap, GapKind, Key, Location};
use sha2::{Digest as _, Sha256};

use crate::{
    Cluster,
    apiserver::ApiServer,
    pki::{self, Item, Placed},
    redact::parsable,
};

/// The clusters of a run.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// Sorted by name.
    pub members: Vec<Member>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    /// The keys of the authorities that clients' certificates are taken from.
    pub client_authorities: Known,
    /// The keys that tokens of service accounts are taken from.
    pub token_keys: Known,
    /// Whom tokens of service accounts have to name as their issuer, sorted; empty where that is not known.
    pub issuers: Vec<String>,
}

/// Keys, as far as they are known: what was seen, and why there may be more.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Sorted by the digest.
    pub keys: Vec<Trusted>,
    pub gap: Option<Gap>,
}

/// A key that somebody is believed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trusted {
    /// SHA-256 of the public half.
    pub sha256: String,
    /// The subject of the certificate, or the kind of the key.
    pub name: String,
    pub at: Location,
}

/// The ConfigMap in which API servers tell aggregated ones whom they believe (kube-apiserver pkg/controlplane/controller/
/// clusterauthenticationtrust, 1.20 to 1.36).
pub(crate) const AUTHENTICATION: &str = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

/// The keys of tokens, as API servers publish them (pkg/serviceaccount/openidmetadata.go; on by default from 1.20).
pub(crate) const KEY_SET: &str = "/openid/v1/jwks";

impl Member {
    pub fn of(cluster: &Cluster) -> Self {
        Self {
            name: cluster.name.clone(),
            client_authorities: client_authorities(cluster),
            token_keys: token_keys(cluster),
            issuers: issuers(cluster),
        }
    }
}

impl Known {
    fn add(&mut self, key: &Key, name: &str, at: &Location) {
        let Some(public) = &key.public else { return };
        let sha256 = model::hex(&Sha256::digest(public));
        if !self.keys.iter().any(|known| known.sha256 == sha256) {
            self.keys.push(Trusted { sha256, name: name.to_owned(), at: at.clone() });
        }
    }

    fn items(&mut self, items: &[Placed]) {
        for Placed { item, at } in items {
            match item {
                Item::Certificate(certificate) => self.add(&certificate.key, &certificate.subject.text, at),
                Item::PublicKey(key) => self.add(key, &words(key), at),
                Item::PrivateKey { key, .. } => {
                    if let Some(key) = key.key() {
                        self.add(key, &words(key), at);
                    }
                }
                Item::Other { .. } => {}
            }
        }
    }

    fn finish(mut self) -> Self {
        self.keys.sort();
        self
    }
}

fn words(key: &Key) -> String {
    key.bits.map_or_else(|| key.algorithm.clone(), |bits| format!("{} of {bits} bits", key.algorithm))
}

/// What a cluster that was asked answered to a path.
fn answer<'c>(cluster: &'c Cluster, path: &str) -> Option<&'c Evidence> {
    cluster.evidence.iter().find(|piece| piece.id.as_str().ends_with(path) && piece.id.as_str().contains("://"))
}

/// From the files that flags name; where a flag or a file was not seen, the gap of it.
fn of_files(cluster: &Cluster, flags: &[&str], known: &mut Known) {
    for server in &cluster.apiservers {
        for flag in flags {
            match value(server, flag) {
                Ok(None) => {}
                Err(gap) => known.gap = known.gap.take().or(Some(gap)),
                Ok(Some(path)) => match of_flag(server, flag) {
                    Ok(0) => {
                        let gap = || Gap {
                            kind: GapKind::Unread,
                            reason: format!("what `{path}` holds (`--{flag}`) was not seen"),
                            wanted: path.clone(),
                            who_could_answer: "give the node's root with --root".to_owned(),
                        };
                        known.gap.get_or_insert_with(gap);
                    }
                    Ok(_) => {
                        let files = server.key_files().filter(|file| file.flag == *flag);
                        files.filter_map(|file| file.items.as_ref().ok()).for_each(|items| known.items(items));
                    }
                    Err(gap) => known.gap = known.gap.take().or(Some(gap)),
                },
            }
        }
    }
}

/// How many files of the flag were read, or why one was not.
fn of_flag(server: &ApiServer, flag: &str) -> Result<usize, Gap> {
    let files = server.key_files().filter(|file| file.flag == flag);
    files.map(|file| file.items.as_ref().map(|_| 1).map_err(Clone::clone)).sum()
}

/// The value of a flag; `None` where it is not set.
fn value(server: &ApiServer, flag: &str) -> Result<Option<String>, Gap> {
    let Some(setting) = server.component().setting(flag) else { return Ok(None) };
    let held = setting.in_force().map_err(Clone::clone)?.in_force();
    Ok((!matches!(held, "" | "[]" | "<nil>")).then(|| held.to_owned()))
}

fn client_authorities(cluster: &Cluster) -> Known {
    let mut known = Known::default();
    // What the servers themselves publish is what they believe, whatever a file says.
    if let Some(piece) = answer(cluster, AUTHENTICATION)
        && let Some(pem) = field(piece, &["data", "client-ca-file"])
    {
        let at =
            Location { pointer: "/data/client-ca-file".to_owned(), ..Location::whole(piece.id.clone(), piece.plane) };
        for certificate in pki::certificates_in(&pem).into_iter().flatten() {
            known.add(&certificate.key, &certificate.subject.text, &at);
        }
        return known.finish();
    }
    of_files(cluster, &["client-ca-file"], &mut known);
    known.finish()
}

fn token_keys(cluster: &Cluster) -> Known {
    let mut known = Known::default();
    if let Some(piece) = answer(cluster, KEY_SET)
        && let Some(keys) = piece.text().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
        && let Some(keys) = keys.get("keys").and_then(serde_json::Value::as_array)
    {
        for (index, key) in keys.iter().enumerate() {
            let at = Location { pointer: format!("/keys/{index}"), ..Location::whole(piece.id.clone(), piece.plane) };
            if let Some(key) = pki::published_key(key) {
                known.add(&key, &words(&key), &at);
            }
        }
        return known.finish();
    }
    of_files(cluster, &["service-account-key-file"], &mut known);
    known.finish()
}

fn issuers(cluster: &Cluster) -> Vec<String> {
    let held = cluster.apiservers.iter().filter_map(|server| value(server, "service-account-issuer").ok().flatten());
    let mut issuers: Vec<String> = held
        .flat_map(|list| {
            let list = list.trim_start_matches('[').trim_end_matches(']');
            list.split(',').map(|issuer| issuer.trim_matches('"').to_owned()).collect::<Vec<_>>()
        })
        .filter(|issuer| !issuer.is_empty())
        .collect();
    issuers.sort_unstable();
    issuers.dedup();
    issuers
}

/// A text in an object.
fn field(piece: &Evidence, path: &[&str]) -> Option<String> {
    let text = parsable(piece, piece.text()?).into_owned();
    let mut value = &serde_json::from_str::<serde_json::Value>(&text).ok()?;
    for name in path {
        value = value.get(name)?;
    }
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
