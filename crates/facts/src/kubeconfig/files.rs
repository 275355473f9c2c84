//! Files of certificates that a kubeconfig names: from its own folder where the path says no more (tools/clientcmd, loader.go,
//! `ResolveLocalPaths`), and anywhere on the node where its root was given.

use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind};

use super::{Authority, ClientCertificate, Kubeconfig, usable::resolved};
use crate::{Contents, Files, Want, pki};

/// A file that a kubeconfig names for a certificate in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// As the kubeconfig has it.
    pub path: String,
    /// `None` where there was nowhere to look.
    pub file: Option<EvidenceId>,
    pub items: Result<Vec<pki::Placed>, Gap>,
}

impl NamedFile {
    /// The certificate that is for its holder: the first.
    pub fn leaf(&self) -> Option<&pki::Certificate> {
        self.items.as_ref().ok()?.iter().find_map(|placed| match &placed.item {
            pki::Item::Certificate(certificate) => Some(certificate.as_ref()),
            _ => None,
        })
    }
}

/// The files that kubeconfigs of the evidence name, as far as there is somewhere to look for them: below the root, or in the
/// folder of the kubeconfig, to which the path is relative then.
pub(crate) fn wants(evidence: &[Evidence], root: Option<&str>) -> Vec<Want> {
    let mut found = Vec::new();
    let names = |piece: &&Evidence| {
        let text = piece.text().filter(|_| piece.kind == Kind::Kubeconfig);
        text.is_some_and(|text| text.contains("client-certificate") || text.contains("certificate-authority"))
    };
    for piece in evidence.iter().filter(names) {
        for config in super::of_piece(piece, root) {
            let paths = paths(&config).into_iter().filter_map(|path| place(piece.id.as_str(), path, root));
            found.extend(paths.map(|(id, host_path)| Want { id, host_path, contents: Contents::Keys }));
        }
    }
    found
}

/// Reads what is at hand of the files that a kubeconfig names.
pub(super) fn read(config: &mut Kubeconfig, evidence: &[Evidence], root: Option<&str>) {
    let id = config.file.clone();
    let look = |path: &str| look(id.as_str(), path, evidence, root);
    for user in &mut config.users {
        if let Some(ClientCertificate::File(path)) = user.certificate.as_ref().map(|placed| &placed.value) {
            user.certificate_file = Some(look(path));
        }
    }
    for endpoint in &mut config.endpoints {
        if let Authority::File(path) = &endpoint.authority {
            endpoint.authority_file = Some(look(&path.value));
        }
    }
}

fn paths(config: &Kubeconfig) -> Vec<&str> {
    let users = config.users.iter().filter_map(|user| match &user.certificate.as_ref()?.value {
        ClientCertificate::File(path) => Some(path.as_str()),
        _ => None,
    });
    let endpoints = config.endpoints.iter().filter_map(|endpoint| match &endpoint.authority {
        Authority::File(path) => Some(path.as_str()),
        _ => None,
    });
    users.chain(endpoints).collect()
}

/// Where a file is looked for, as evidence is named; and its path on the node, or from the folder of the kubeconfig.
fn place(of: &str, path: &str, root: Option<&str>) -> Option<(EvidenceId, String)> {
    if crate::placeholder(path).is_some() {
        return None;
    }
    let own = root.and_then(|root| of.strip_prefix(root.trim_end_matches('/'))).filter(|own| own.starts_with('/'));
    if let Some(root) = root
        && (own.is_some() || path.starts_with('/'))
    {
        let path = resolved(own.unwrap_or("/"), path);
        return Some((Files::id(root, &path), path));
    }
    // What was piped in lies in no folder, and nobody is led out of the one in which a kubeconfig lies.
    let mut parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    if of == "-" || path.starts_with('/') || path.contains('\\') || parts.any(|part| part == "..") {
        return None;
    }
    let path = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/");
    let folder = of.rsplit_once('/').map_or("", |(folder, _)| folder);
    let id = if of.contains('/') { format!("{folder}/{path}") } else { path.clone() };
    Some((EvidenceId::new(id), path))
}

fn look(of: &str, path: &str, evidence: &[Evidence], root: Option<&str>) -> NamedFile {
    let place = place(of, path, root);
    let file = place.as_ref().map(|(id, _)| id.clone());
    let piece = file.as_ref().and_then(|id| evidence.iter().find(|piece| piece.id == *id));
    let gap = |reason: String, who: &str| Gap {
        kind: GapKind::Unread,
        reason,
        wanted: path.to_owned(),
        who_could_answer: who.to_owned(),
    };
    let items = match piece.map(|piece| (piece, &piece.body)) {
        Some((piece, Body::Text(_))) => {
            pki::read(piece).ok_or_else(|| gap(format!("`{path}` was not read"), "somebody who may read that file"))
        }
        Some((_, Body::Unread(gap))) => Err(gap.clone()),
        Some((_, Body::Missing)) => Err(gap(
            format!("there is no `{path}` where the kubeconfig names it"),
            "give the folder of the client with that file in it",
        )),
        Some((_, Body::Folder | Body::Present)) => {
            Err(gap(format!("`{path}` is no file that was read"), "somebody on the machine of the client"))
        }
        None if path.starts_with('/') && root.is_none() => Err(gap(
            format!("`{path}` is a file of the client and was not given"),
            "give the client's root with --root",
        )),
        None => Err(gap(format!("`{path}` was not looked at"), "somebody on the machine of the client")),
    };
    NamedFile { path: path.to_owned(), file, items }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_file_is_looked_for_beside_the_kubeconfig_or_below_the_root() {
        for (of, path, root, expected) in [
            ("a/config", "pki/x.crt", None, Some(("a/pki/x.crt", "pki/x.crt"))),
            ("config", "./x.crt", None, Some(("x.crt", "x.crt"))),
            ("a/config", "../x.crt", None, None),
            ("a/config", "/etc/x.crt", None, None),
            ("a/config", "${DIR}/x.crt", None, None),
            ("-", "x.crt", None, None),
            (
                "n/etc/kubernetes/a.conf",
                "pki/x.crt",
                Some("n"),
                Some(("n/etc/kubernetes/pki/x.crt", "/etc/kubernetes/pki/x.crt")),
            ),
            ("n/etc/kubernetes/a.conf", "../x.crt", Some("n/"), Some(("n/etc/x.crt", "/etc/x.crt"))),
            ("n/etc/a.conf", "../../../x.crt", Some("n"), Some(("n/x.crt", "/x.crt"))),
            ("elsewhere/a.conf", "/etc/x.crt", Some("n"), Some(("n/etc/x.crt", "/etc/x.crt"))),
            ("elsewhere/a.conf", "x.crt", Some("n"), Some(("elsewhere/x.crt", "x.crt"))),
        ] {
            let found = place(of, path, root);
            let found = found.as_ref().map(|(id, path)| (id.as_str(), path.as_str()));
            assert_eq!(found, expected, "{of} {path} {root:?}");
        }
    }
}
