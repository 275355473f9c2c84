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

use model::{Evidence, Location, Minor, Nature, PrivateKey, ProblemKind};
use yaml::{Cursor, Limits, Resolved};

use super::{at, first, placed, shape};
use crate::{
    Contents, File, Files, configuration::Placed, golang, pki, placeholder, redact::parsable, spelling::base64,
};

/// The minor releases in which something here changes.
pub(crate) const CHANGES: [u16; 6] = [19, 20, 22, 23, 24, 26];

/// Why no client comes of a file, to stand behind its name.
pub(crate) struct Fault {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
    pub(crate) at: Location,
}

/// A file that the one in question names, and how it is called there.
pub(crate) struct Reference {
    field: &'static str,
    pub(crate) path: Placed<String>,
    pub(crate) contents: Contents,
    /// Whether it is read, or only opened, which can be done to a folder too.
    is_read: bool,
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

/// The scheme, the host and the path of what is an address on its own.
fn address(text: &str) -> Option<(&str, &str, &str)> {
    let scheme = golang::parse_url(text).filter(|scheme| !scheme.is_empty())?;
    let rest = text.get(scheme.len()..)?.strip_prefix("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (!host.is_empty()).then_some((scheme, host, path))
}

/// validation.go, `validateClusterInfo`, and what a transport is not made of.
fn of_cluster(used: &InUse<'_>, minor: Minor) -> Option<(String, &'static str)> {
    let cluster = &used.cluster;
    let server = text(cluster, "server")?;
    if address(&server).is_none() {
        let again = format!("http://{server}");
        if !address(&again).is_some_and(|(_, _, path)| matches!(path, "" | "/")) {
            return Some(("says a `server` that is no address".to_owned(), "server"));
        }
    }
    if let Some(proxy) =
        text(cluster, "proxy-url").filter(|proxy| minor >= Minor::new(1, 19) && placeholder(proxy).is_none())
        && !golang::parse_url(&proxy).is_some_and(|scheme| matches!(scheme, "http" | "https" | "socks5"))
    {
        return Some(("says a `proxy-url` that is no http, https or socks5 address".to_owned(), "proxy-url"));
    }
    let (file, data) = (text(cluster, "certificate-authority"), text(cluster, "certificate-authority-data"));
    if file.is_some() && data.is_some() {
        return Some((
            "has both `certificate-authority` and `certificate-authority-data`".to_owned(),
            "certificate-authority",
        ));
    }
    if !used.is_tls {
        return None;
    }
    // transport/transport.go, `TLSConfigFor`.
    let skips =
        cluster.get("insecure-skip-tls-verify").is_some_and(|value| value.resolved() == Some(Resolved::Bool(true)));
    if skips && (file.is_some() || data.is_some()) {
        let message = "names an authority and skips the verification, which exclude each other";
        return Some((message.to_owned(), "insecure-skip-tls-verify"));
    }
    let carried = data.filter(|data| placeholder(data).is_none()).and_then(|data| base64(&data))?;
    (!makes_a_pool(&String::from_utf8_lossy(&carried), minor)).then(|| {
        ("has a `certificate-authority-data` that holds no certificate".to_owned(), "certificate-authority-data")
    })
}

/// transport/transport.go, `rootCertPool`: what holds no certificate is refused from 1.22 on (v0.22.0), unless it is empty.
fn makes_a_pool(text: &str, minor: Minor) -> bool {
    let usable =
        |one: &Result<pki::Certificate, String>| one.as_ref().is_ok_and(|one| one.fault().is_none() && !one.has_fields);
    minor < Minor::new(1, 22) || text.is_empty() || pki::certificates_in(text).iter().any(usable)
}

/// validation.go, `validateAuthInfo`, and what no transport is made with.
fn of_user(user: &Cursor<'_>, is_tls: bool, minor: Minor, evidence: &Evidence) -> Option<(String, &'static str)> {
    let has = |key: &str| text(user, key).is_some();
    let both = |one: &'static str, other: &'static str| {
        (has(one) && has(other)).then(|| (format!("has both `{one}` and `{other}` for its user"), one))
    };
    let basic = has("username") || has("password");
    if has("token") && basic {
        return Some(("has both a token and a password for its user".to_owned(), "token"));
    }
    if has("client-certificate") || has("client-certificate-data") {
        let twice =
            both("client-certificate", "client-certificate-data").or_else(|| both("client-key", "client-key-data"));
        if twice.is_some() {
            return twice;
        }
        if !has("client-key") && !has("client-key-data") {
            let key = if has("client-certificate") { "client-certificate" } else { "client-certificate-data" };
            return Some(("has a certificate without a key for its user".to_owned(), key));
        }
    }
    let filled = |key: &str| {
        user.get(key).is_some_and(|value| value.items().next().is_some() || value.entries().next().is_some())
    };
    let extra = filled("as-groups") || filled("as-user-extra") || (minor >= Minor::new(1, 23) && has("as-uid"));
    if extra && !has("as") {
        return Some(("asks for groups or more of a user that it does not name".to_owned(), "as-groups"));
    }
    let exec = user.get("exec").filter(|exec| !exec.is_null());
    let provider = user.get("auth-provider").filter(|provider| !provider.is_null());
    if let Some(exec) = &exec {
        if provider.is_some() {
            return Some(("has both `exec` and `auth-provider` for its user".to_owned(), "exec"));
        }
        if let Some(message) = of_exec(exec, is_tls, minor) {
            return Some((message, "exec"));
        }
    }
    if !is_tls {
        return None;
    }
    if has("tokenFile") && basic {
        return Some(("has both a token and a password for its user".to_owned(), "tokenFile"));
    }
    if let Some(provider) = provider
        && let Some(message) = of_provider(&provider, minor)
    {
        return Some((message, "auth-provider"));
    }
    // A pair of data is put together at once, one of two files when it is first shown; the halves of one of both: `of_pair`.
    let data = text(user, "client-certificate-data").filter(|data| placeholder(data).is_none())?;
    let chain = pki::certificates_in(&String::from_utf8_lossy(&base64(&data)?));
    let leaf = match chain.first() {
        None => {
            return Some((
                "has a `client-certificate-data` that holds no certificate".to_owned(),
                "client-certificate-data",
            ));
        }
        Some(Ok(leaf)) if leaf.fault().is_none() => leaf,
        Some(_) => {
            return Some(("has a `client-certificate-data` that cannot be used".to_owned(), "client-certificate-data"));
        }
    };
    match written_key(&placed(user.get("client-key-data"), evidence)?, evidence)? {
        PrivateKey::Read(key, _) if leaf.key.differs(key) => {
            Some(("has a key that is not that of its certificate".to_owned(), "client-key-data"))
        }
        PrivateKey::Unreadable => Some(("has a `client-key-data` that cannot be read".to_owned(), "client-key-data")),
        _ => None,
    }
}

/// The command is not run before somebody calls the webhook (plugin/pkg/client/auth/exec/exec.go, `newAuthenticator`).
fn of_exec(exec: &Cursor<'_>, is_tls: bool, minor: Minor) -> Option<String> {
    const GROUP: &str = "client.authentication.k8s.io/";
    for key in ["command", "apiVersion"] {
        if text(exec, key).is_none() {
            return Some(format!("has an `exec` without `{key}` for its user"));
        }
    }
    if exec.get("env").is_some_and(|env| env.items().any(|one| text(&one, "name").is_none())) {
        return Some("has an `exec` with a variable that has no name".to_owned());
    }
    let version = text(exec, "apiVersion")?;
    let version = version.strip_prefix(GROUP).unwrap_or(&version);
    // The field came in 1.22, and older versions have a default for it (tools/clientcmd/api/v1/defaults.go).
    if minor >= Minor::new(1, 22) {
        match text(exec, "interactiveMode").as_deref() {
            Some("Never" | "IfAvailable" | "Always") => {}
            Some(_) => return Some("has an `exec` with an `interactiveMode` that there is not".to_owned()),
            None if matches!(version, "v1alpha1" | "v1beta1") => {}
            None => return Some("has an `exec` without `interactiveMode` for its user".to_owned()),
        }
    }
    let known = match version {
        "v1alpha1" => minor < Minor::new(1, 24),
        "v1beta1" => true,
        "v1" => minor >= Minor::new(1, 22),
        _ => false,
    };
    (is_tls && !known).then(|| "has an `exec` of an `apiVersion` that client-go does not speak".to_owned())
}

/// rest/plugin.go, `GetAuthProvider`; the providers of clouds went with 1.26 (v0.26.0), OpenStack's with 1.20.
fn of_provider(provider: &Cursor<'_>, minor: Minor) -> Option<String> {
    let name = text(provider, "name").unwrap_or_default();
    let clouds = minor < Minor::new(1, 26);
    let needs: &[&str] = match name.as_str() {
        // plugin/pkg/client/auth/oidc/oidc.go, `newOIDCAuthProvider`.
        "oidc" => &["idp-issuer-url", "client-id"],
        // plugin/pkg/client/auth/azure/azure.go, `newAzureTokenSourceDeviceCode`.
        "azure" if clouds => &["client-id", "tenant-id", "apiserver-id"],
        // Whether a token is to be had depends on where the process runs.
        "gcp" if clouds => &[],
        "openstack" if minor < Minor::new(1, 20) => &[],
        _ => return Some("has an `auth-provider` that client-go does not have".to_owned()),
    };
    let told = |key: &&&str| provider.get("config").is_some_and(|config| text(&config, key).is_some());
    let missing = needs.iter().find(|key| !told(key))?;
    Some(format!("has an `auth-provider` without `{missing}`"))
}

fn references(used: &InUse<'_>, path: &str, evidence: &Evidence) -> Vec<Reference> {
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

fn of_file(named: Reference, minor: Minor, files: &Files<'_>) -> Option<Fault> {
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
pub(super) fn resolved(from: &str, path: &str) -> String {
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

#[cfg(test)]
mod tests {
    use model::{EvidenceId, Kind, Plane};

    use super::*;
    use crate::{Redactor, Want};

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
