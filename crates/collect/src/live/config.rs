//! How one cluster is reached: its kubeconfig with credentials in the place of whatever gives them.

use kube::config::{AuthInfo, Config, KubeConfigOptions};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};

use std::time::Duration;

use super::{
    access::{Entry, Way},
    exec,
    failure::{self, Failure},
};

/// Everything that a way needs, with the credentials that its plug-in gives.
pub(super) async fn config(way: &Way, time: Duration) -> Result<Config, Failure> {
    let failed = |why: String| Failure { message: format!("{}: {why}", way.server), hint: None };
    let kubeconfig = match &way.entry {
        Entry::Kubeconfig(kubeconfig) => kubeconfig,
        Entry::Broken(why) => return Err(Failure { message: why.clone(), hint: None }),
    };
    let mut kubeconfig = (**kubeconfig).clone();
    let cluster = kubeconfig.clusters.first().and_then(|known| known.cluster.clone()).unwrap_or_default();
    for named in &mut kubeconfig.auth_infos {
        let Some(user) = &mut named.auth_info else { continue };
        // The others were taken out of client-go in 1.26; one of them would run a program.
        if let Some(provider) = user.auth_provider.as_ref().filter(|provider| provider.name != "oidc") {
            return Err(failed(format!("the `auth-provider` `{}` is not supported; use a plug-in", provider.name)));
        }
        let told = |failure: Failure| Failure { message: format!("{}: {}", way.server, failure.message), ..failure };
        *user = exec::credentials(user, &cluster, time).await.map_err(told)?;
        token_of_file(user).map_err(failed)?;
        readable("client-certificate", user.client_certificate.as_deref()).map_err(failed)?;
        readable("client-key", user.client_key.as_deref()).map_err(failed)?;
    }
    readable("certificate-authority", cluster.certificate_authority.as_deref()).map_err(failed)?;
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(|error| failed(failure::chain(&error)))?;
    let given = cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some();
    if given && config.root_cert.as_ref().is_none_or(Vec::is_empty) {
        return Err(failed("its `certificate-authority` holds no certificate".to_owned()));
    }
    // Only a proxy that the kubeconfig names is one that was wanted.
    config.proxy_url = match cluster.proxy_url.as_deref().filter(|proxy| !proxy.is_empty()) {
        Some(proxy) => Some(proxy.parse().map_err(|_| failed("its `proxy-url` is no address".to_owned()))?),
        None => None,
    };
    Ok(config)
}

/// Whether a file that the kubeconfig names is there to be read.
fn readable(key: &str, path: Option<&str>) -> Result<(), String> {
    let Some(path) = path.filter(|path| !path.is_empty()) else { return Ok(()) };
    std::fs::File::open(path)
        .map(drop)
        .map_err(|error| format!("its `{key}` `{path}` cannot be read: {}", crate::walk::reason(&error)))
}

/// Puts the token of a file in the place of the file, without the line end that most have (client-go transport/
/// token_source.go trims it, and kube does not). It wins over one beside it, where the file can be read.
fn token_of_file(user: &mut AuthInfo) -> Result<(), String> {
    let Some(file) = user.token_file.take().filter(|file| !file.is_empty()) else { return Ok(()) };
    let token = crate::read::file(std::path::Path::new(&file), LARGEST_TOKEN)
        .map_err(|unreadable| unreadable.reason)
        .and_then(|bytes| String::from_utf8(bytes.content).map_err(|_| "it is no text".to_owned()));
    match token {
        // A secret has a type of its own, which is made by reading it.
        Ok(token) => {
            let read = serde_json::from_value::<AuthInfo>(serde_json::json!({ "token": token.trim() }));
            user.token = read.map_err(|_| "its `tokenFile` holds no token".to_owned())?.token;
            Ok(())
        }
        Err(_) if user.token.is_some() => Ok(()),
        Err(why) => Err(format!("its `tokenFile` cannot be read: {why}")),
    }
}

/// A token has a few kilobytes.
const LARGEST_TOKEN: u64 = 1 << 20;

/// Which authority the cluster's certificate is from.
pub(super) fn authority(config: &Config) -> Option<String> {
    let first = config.root_cert.as_ref()?.first()?;
    let digest = Sha256::digest(first);
    Some(model::hex(digest.get(..8)?))
}

/// The last day of the client certificate that a kubeconfig shows.
pub(super) fn last_day(config: &Config) -> Option<String> {
    let user = &config.auth_info;
    let text = match (&user.client_certificate_data, &user.client_certificate) {
        (Some(data), _) => facts::base64(data)?,
        (None, Some(file)) => crate::read::file(std::path::Path::new(file), LARGEST_TOKEN).ok()?.content,
        (None, None) => return None,
    };
    let first = CertificateDer::pem_slice_iter(&text).flatten().next()?;
    Some(facts::pki::Certificate::read(&first).ok()?.last_day()?.to_string())
}
