//! Files that a kubeconfig names, which have to be there and to hold what it takes them for.

use model::{Evidence, Minor, ProblemKind};
use yaml::Cursor;

use super::{Fault, InUse, cluster::makes_a_pool, placed, text};
use crate::{Contents, File, Files, configuration::Placed, golang, placeholder};

/// A file that the one in question names, and how it is called there.
pub(crate) struct Reference {
    field: &'static str,
    pub(crate) path: Placed<String>,
    pub(crate) contents: Contents,
    /// Whether it is read, or only opened, which can be done to a folder too.
    is_read: bool,
}

pub(super) fn references(used: &InUse<'_>, path: &str, evidence: &Evidence) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut add = |parent: &Cursor<'_>, field: &'static str, contents: Contents, is_read: bool| {
        let Some(mut named) = placed(parent.get(field), evidence) else { return };
        if placeholder(&named.value).is_none() {
            named.value = resolved(path, &named.value);
            found.push(Reference { field, path: named, contents, is_read });
        }
    };
    add(&used.cluster, "certificate-authority", Contents::Keys, used.is_tls);
    if let Some(user) = &used.user {
        let has = |key: &str| text(user, key).is_some();
        if has("client-certificate") || has("client-certificate-data") {
            // One half that is a file is read at once where the other one is data.
            let beside = |data: &str| if has(data) && used.is_tls { Contents::Keys } else { Contents::Unneeded };
            add(user, "client-certificate", beside("client-key-data"), used.is_tls);
            add(user, "client-key", beside("client-certificate-data"), used.is_tls);
        }
        if used.is_tls && !has("token") {
            add(user, "tokenFile", Contents::Secret, true);
        }
        // `newOIDCAuthProvider` reads it at once.
        let provider = user.get("auth-provider").filter(|provider| text(provider, "name").as_deref() == Some("oidc"));
        if let Some(config) = provider.and_then(|provider| provider.get("config")).filter(|_| used.is_tls) {
            add(&config, "idp-certificate-authority", Contents::Unneeded, true);
        }
    }
    found
}

pub(super) fn of_file(named: Reference, minor: Minor, files: &Files<'_>) -> Option<Fault> {
    let Reference { field, path, is_read, .. } = named;
    let seen = files.look(&path.value);
    let (kind, fault) = match &seen {
        File::Missing(_) => seen.fault()?,
        File::Folder(_) if is_read => seen.fault()?,
        File::Read(evidence) if is_read && field == "certificate-authority" => {
            let text = evidence.text()?;
            if makes_a_pool(text, minor) {
                return None;
            }
            (ProblemKind::Refused, "holds no certificate that can be used")
        }
        // transport/round_trippers.go, `NewBearerAuthWithRefreshRoundTripper`: what was read empty is read once more, and is
        // an error then; blanks are a token, for now.
        File::Read(evidence) if field == "tokenFile" && evidence.text().is_some_and(|text| text.is_empty()) => {
            (ProblemKind::Refused, "is empty")
        }
        _ => return None,
    };
    let message = format!("names `{}` as its `{field}`, which {fault}", golang::quote(&path.value));
    Some(Fault { kind, message, at: path.at })
}

/// A path as client-go has it: from the folder of the file that names it (loader.go, `ResolveLocalPaths`).
pub(in crate::kubeconfig) fn resolved(from: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
