//! What keeps the user of a kubeconfig from being anybody.

use model::{Evidence, Minor, PrivateKey};
use yaml::Cursor;

use super::{placed, text, written_key};
use crate::{pki, placeholder, spelling::base64};

/// validation.go, `validateAuthInfo`, and what no transport is made with.
pub(super) fn of_user(
    user: &Cursor<'_>,
    is_tls: bool,
    minor: Minor,
    evidence: &Evidence,
) -> Option<(String, &'static str)> {
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
pub(super) fn of_exec(exec: &Cursor<'_>, is_tls: bool, minor: Minor) -> Option<String> {
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
pub(super) fn of_provider(provider: &Cursor<'_>, minor: Minor) -> Option<String> {
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
