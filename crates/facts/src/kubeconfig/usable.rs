//! Whether the API server can call a webhook by a kubeconfig, which it has to be able to when it starts.
//!
//! The token, authorization and audit webhooks and ImagePolicyWebhook ask alike (apiserver pkg/util/webhook/webhook.go,
//! `LoadKubeconfig`; up to 1.23 `NewGenericWebhook` has the same lines): client-go loads the file (tools/clientcmd,
//! `Load`), checks what the current context leads to (`DirectClientConfig.ConfirmUsable`) and makes a client of it
//! (rest/config.go, `UnversionedRESTClientFor`). Users and clusters beside those have to be decoded, and no more.
//!
//! A file that leads to no cluster is "empty" to client-go, which then takes the service account of its pod
//! (`DeferredLoadingClientConfig.ClientConfig`). What is read here came from a node, and pods that a node starts of
//! itself have no service account, so that nothing is left to take.

mod cluster;
mod files;
mod user;

use model::{Evidence, Location, Minor, Nature, PrivateKey, ProblemKind};
use yaml::{Cursor, Limits};

pub(crate) use self::files::Reference;
pub(super) use self::files::resolved;
use self::{
    cluster::{address, of_cluster},
    files::{of_file, references},
    user::of_user,
};
use super::{at, first, placed, shape};
use crate::{File, Files, configuration::Placed, pki, placeholder, redact::parsable, spelling::base64};

/// The minor releases in which something here changes.
pub(crate) const CHANGES: [u16; 6] = [19, 20, 22, 23, 24, 26];

/// Why no client comes of a file, to stand behind its name.
pub(crate) struct Fault {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
    pub(crate) at: Location,
}

/// What the server would use.
struct InUse<'c> {
    cluster: Cursor<'c>,
    /// `None` where there is no such user, which is one without credentials.
    user: Option<Cursor<'c>>,
    /// Whether it speaks TLS, without which credentials and authorities are not looked at.
    is_tls: bool,
}

/// The first thing that keeps the server from making a client of the file, which it knows by that path; `None` where
/// nothing is known against it.
pub(crate) fn fault(evidence: &Evidence, path: &str, minor: Minor, files: &Files<'_>) -> Option<Fault> {
    let text = parsable(evidence, evidence.text()?);
    let stream = yaml::parse(&text, &Limits::default());
    let whole = || Location::whole(evidence.id.clone(), evidence.plane);
    let refuse = |message: &str, at: Location| Fault { kind: ProblemKind::Refused, message: message.to_owned(), at };
    if stream.documents.is_empty() && stream.faults.is_empty() {
        return Some(refuse("is empty", whole()));
    }
    let Some(document) = first(&stream) else { return Some(refuse("is no YAML that can be read", whole())) };
    let root = document.cursor();
    if root.is_null() {
        return Some(refuse("is empty", whole()));
    }
    if let Err((message, cursor)) = shape::check(&root, evidence) {
        return Some(refuse(&message, cursor.map_or_else(whole, |cursor| at(&cursor, evidence))));
    }
    let used = match in_use(&root) {
        Ok(used) => used?,
        Err(message) => return Some(refuse(message, whole())),
    };
    let place = |cursor: &Cursor<'_>, key: &str| at(&cursor.get(key).unwrap_or_else(|| cursor.clone()), evidence);
    if let Some((message, key)) = of_cluster(&used, minor) {
        return Some(refuse(&message, place(&used.cluster, key)));
    }
    if let Some(user) = &used.user
        && let Some((message, key)) = of_user(user, used.is_tls, minor, evidence)
    {
        return Some(refuse(&message, place(user, key)));
    }
    let named = references(&used, path, evidence).into_iter().find_map(|named| of_file(named, minor, files));
    named.or_else(|| of_pair(&used, path, evidence, files))
}

/// A pair of which one half is data and the other a file: both are put together before anybody calls (transport/transport.go,
/// `TLSConfigFor`; `loadTLSFiles` reloads only what is two files). What was cut out of either decides nothing.
fn of_pair(used: &InUse<'_>, path: &str, evidence: &Evidence, files: &Files<'_>) -> Option<Fault> {
    let user = used.user.as_ref().filter(|_| used.is_tls)?;
    let data = |key: &str| placed(user.get(key), evidence).filter(|data| placeholder(&data.value).is_none());
    let file = |key: &str| placed(user.get(key), evidence).filter(|named| placeholder(&named.value).is_none());
    let items = |named: &Placed<String>| match files.look(&resolved(path, &named.value)) {
        File::Read(piece) => pki::read(piece),
        _ => None,
    };
    let refuse = |message: &str, at: &Location| Fault {
        kind: ProblemKind::Refused,
        message: message.to_owned(),
        at: at.clone(),
    };
    if let (Some(chain), Some(named)) = (data("client-certificate-data"), file("client-key")) {
        let chain = pki::certificates_in(&String::from_utf8_lossy(&base64(&chain.value)?));
        let leaf = chain.into_iter().next()?.ok()?;
        let items = items(&named)?;
        let mut keys = items.iter().filter_map(|placed| match &placed.item {
            pki::Item::PrivateKey { key, .. } => Some(key),
            _ => None,
        });
        return match keys.next() {
            None => Some(refuse("names a `client-key` that holds no key", &named.at)),
            Some(PrivateKey::Read(key, _)) if leaf.key.differs(key) => {
                Some(refuse("names a `client-key` that is not that of its certificate", &named.at))
            }
            Some(PrivateKey::Unreadable) => Some(refuse("names a `client-key` that cannot be read", &named.at)),
            Some(_) => None,
        };
    }
    if let (Some(key), Some(named)) = (data("client-key-data"), file("client-certificate")) {
        let items = items(&named)?;
        let mut certificates = items.iter().filter_map(|placed| match &placed.item {
            pki::Item::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        let Some(leaf) = certificates.next() else {
            let is_seen = items.iter().all(|placed| !matches!(&placed.item, pki::Item::Other { fault: Some(_), .. }));
            return is_seen.then(|| refuse("names a `client-certificate` that holds no certificate", &named.at));
        };
        let differs = matches!(written_key(&key, evidence), Some(PrivateKey::Read(key, _)) if leaf.key.differs(key));
        return differs.then(|| refuse("has a `client-key-data` that is not that of its certificate", &key.at));
    }
    None
}

/// What the redactor saw of a key before it cut it.
fn written_key<'e>(key: &Placed<String>, evidence: &'e Evidence) -> Option<&'e PrivateKey> {
    let span = key.at.span?;
    let within =
        evidence.secrets.iter().filter(|secret| span.start <= secret.span.start && secret.span.end <= span.end);
    within.into_iter().find_map(|secret| match &secret.nature {
        Some(Nature::PrivateKey(key)) => Some(key),
        _ => None,
    })
}

/// The files that the server reads by way of that one.
pub(crate) fn named(evidence: &Evidence, path: &str) -> Vec<Reference> {
    let Some(text) = evidence.text() else { return Vec::new() };
    let text = parsable(evidence, text);
    let stream = yaml::parse(&text, &Limits::default());
    let Some(document) = first(&stream) else { return Vec::new() };
    let root = document.cursor();
    match in_use(&root) {
        Ok(Some(used)) => references(&used, path, evidence),
        _ => Vec::new(),
    }
}

/// What the current context leads to; nothing where somebody still has to fill in an address.
fn in_use<'c>(root: &Cursor<'c>) -> Result<Option<InUse<'c>>, &'static str> {
    let current = text(root, "current-context").ok_or("has no `current-context`")?;
    let context =
        entry(root, "contexts", "context", &current).ok_or("has no context of the name that `current-context` says")?;
    let cluster = text(&context, "cluster").and_then(|name| entry(root, "clusters", "cluster", &name));
    let cluster = cluster.ok_or("has no cluster for its current context")?;
    let user = text(&context, "user").and_then(|name| entry(root, "users", "user", &name));
    let server = text(&cluster, "server").ok_or("says no `server` for the cluster of its current context")?;
    if placeholder(&server).is_some() {
        return Ok(None);
    }
    // rest/url_utils.go, `DefaultServerURL`: what is no address is read once more as the host of one.
    let is_tls = address(&server).is_some_and(|(scheme, _, _)| scheme.eq_ignore_ascii_case("https"));
    Ok(Some(InUse { cluster, user, is_tls }))
}

fn text(parent: &Cursor<'_>, key: &str) -> Option<String> {
    let value = parent.get(key).filter(|value| !value.is_null())?;
    value.text().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn entry<'c>(root: &Cursor<'c>, list: &str, inner: &str, name: &str) -> Option<Cursor<'c>> {
    let found = root.get(list)?.items().find(|item| text(item, "name").as_deref() == Some(name))?;
    found.get(inner).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use model::{EvidenceId, Kind, Plane};

    use super::*;
    use crate::{Contents, Redactor, Want};

    /// What a server says of a kubeconfig whose user has these fields, with these files beside it.
    fn said(user: &str, beside: &[(&str, Contents, &str)]) -> Option<String> {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n\
             clusters: [{{name: a, cluster: {{server: 'https://a'}}}}]\nusers: [{{name: a, user: {{{user}}}}}]\n"
        );
        let mut redactor = Redactor::new();
        let config = redactor.evidence(EvidenceId::new("n/k/config"), Plane::Declared, Kind::ConfigFile, &text);
        let piece = |(name, contents, text): &(&str, Contents, &str)| {
            let want =
                Want { id: EvidenceId::new(format!("n{name}")), host_path: (*name).to_owned(), contents: *contents };
            redactor.wanted(&want, Plane::Declared, text)
        };
        let evidence: Vec<Evidence> = beside.iter().map(piece).collect();
        let files = Files { root: Some("n"), mounts: &[], contained: false, evidence: &evidence, carried: &[] };
        fault(&config, "/k/config", Minor::new(1, 30), &files).map(|fault| fault.message)
    }

    fn recorded(name: &str) -> String {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/startup-1.36.json")).expect("vectors");
        vectors["common_files"][name].as_str().expect(name).to_owned()
    }

    #[test]
    fn a_file_with_a_token_has_to_hold_one() {
        let empty = said("tokenFile: token", &[("/k/token", Contents::Secret, "")]);
        assert_eq!(empty.as_deref(), Some("names `/k/token` as its `tokenFile`, which is empty"));
        // Blanks are a token until the server asks with it, and one that is written wins.
        assert_eq!(said("tokenFile: token", &[("/k/token", Contents::Secret, "\n")]), None);
        assert_eq!(said("tokenFile: token", &[("/k/token", Contents::Secret, "abc")]), None);
        assert_eq!(said("tokenFile: token, token: abc", &[("/k/token", Contents::Secret, "")]), None);
    }

    #[test]
    fn nothing_of_a_file_with_a_token_is_kept() {
        let want = Want { id: EvidenceId::new("t"), host_path: "/t".to_owned(), contents: Contents::Secret };
        let evidence = Redactor::new().wanted(&want, Plane::Declared, "ab,c\n de\"f\n");
        assert_eq!(evidence.text().map(|text| &**text), Some("****\n ****\n"));
    }

    #[test]
    fn halves_of_a_pair_are_put_together_at_once_where_one_is_data() {
        let base64 = |text: &str| {
            let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let mut code = String::new();
            for part in text.as_bytes().chunks(3) {
                let bits =
                    part.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - part.len()));
                for at in 0..4 {
                    let digit = char::from(digits[(bits >> (18 - 6 * at)) as usize & 63]);
                    code.push(if at <= part.len() { digit } else { '=' });
                }
            }
            code
        };
        let certificate = recorded("admin.crt");
        let data = format!("client-certificate-data: {}, client-key: key.pem", base64(&certificate));
        let no_key = said(&data, &[("/k/key.pem", Contents::Keys, "no key\n")]);
        assert_eq!(no_key.as_deref(), Some("names a `client-key` that holds no key"));
        // What was cut out, or was not read, decides nothing.
        let cut = "-----BEGIN RSA PRIVATE KEY-----\nREDACTED\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(said(&data, &[("/k/key.pem", Contents::Keys, cut)]), None);
        assert_eq!(said(&data, &[]), None);
        let file = "client-certificate: a.crt, client-key-data: AAAA";
        let none = said(file, &[("/k/a.crt", Contents::Keys, "nothing\n")]);
        assert_eq!(none.as_deref(), Some("names a `client-certificate` that holds no certificate"));
        assert_eq!(said(file, &[("/k/a.crt", Contents::Keys, &certificate)]), None);
    }
}
