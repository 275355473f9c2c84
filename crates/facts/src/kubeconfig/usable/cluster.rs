//! What keeps a cluster of a kubeconfig from being called.

use model::Minor;
use yaml::Resolved;

use super::{InUse, text};
use crate::{golang, pki, placeholder, spelling::base64};

/// The scheme, the host and the path of what is an address on its own.
pub(super) fn address(text: &str) -> Option<(&str, &str, &str)> {
    let scheme = golang::parse_url(text).filter(|scheme| !scheme.is_empty())?;
    let rest = text.get(scheme.len()..)?.strip_prefix("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (!host.is_empty()).then_some((scheme, host, path))
}

/// validation.go, `validateClusterInfo`, and what a transport is not made of.
pub(super) fn of_cluster(used: &InUse<'_>, minor: Minor) -> Option<(String, &'static str)> {
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
pub(super) fn makes_a_pool(text: &str, minor: Minor) -> bool {
    let usable =
        |one: &Result<pki::Certificate, String>| one.as_ref().is_ok_and(|one| one.fault().is_none() && !one.has_fields);
    minor < Minor::new(1, 22) || text.is_empty() || pki::certificates_in(text).iter().any(usable)
}
