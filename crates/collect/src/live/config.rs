//! How one cluster is reached: its kubeconfig with credentials in the place of whatever gives them.

use kube::config::{AuthInfo, Config, KubeConfigOptions};
use sha2::{Digest as _, Sha256};

use super::{
    access::{Entry, Way},
    exec,
    failure::{self, Failure},
};

/// Everything that a way needs, with the credentials that its plug-in gives.
pub(super) async fn config(way: &Way) -> Result<Config, Failure> {
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
        *user = exec::credentials(user, &cluster).await.map_err(failed)?;
        token_of_file(user).map_err(failed)?;
    }
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(|error| failed(failure::chain(&error)))?;
    // Only a proxy that the kubeconfig names is one that was wanted.
    config.proxy_url = match cluster.proxy_url.as_deref().filter(|proxy| !proxy.is_empty()) {
        Some(proxy) => Some(proxy.parse().map_err(|_| failed("its `proxy-url` is no address".to_owned()))?),
        None => None,
    };
    Ok(config)
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
