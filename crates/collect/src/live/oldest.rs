//! Client certificates of X.509 version 1, as `openssl x509 -req` makes them without extensions.
//!
//! API servers take them and rustls does not show them: it looks into what it shows, and knows version 3 alone. Here such a
//! certificate is shown as it is; whether it counts is the server's affair. How the *server's* certificate is verified stays
//! as it was.

use std::sync::Arc;

use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use kube::{Client, Config, client::ConfigExt as _};
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
};
use tower::ServiceBuilder;

/// A client that shows the certificate; `None` where that is not what was wrong, or where something else is needed beside it.
pub(super) fn client(config: &Config, error: &str) -> Option<Client> {
    if !error.contains("UnsupportedCertVersion") || config.proxy_url.is_some() {
        return None;
    }
    let user = serde_json::to_value(&config.auth_info).ok()?;
    let pem = |data: &str, file: &str| match user.get(data).and_then(|data| data.as_str()) {
        Some(data) => facts::base64(data),
        None => std::fs::read(user.get(file)?.as_str()?).ok(),
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem("client-certificate-data", "client-certificate")?).flatten().collect();
    let key = PrivateKeyDer::from_pem_slice(&pem("client-key-data", "client-key")?).ok()?;
    let key = ring::sign::any_supported_type(&key).ok()?;

    let mut bare = config.clone();
    bare.auth_info.client_certificate = None;
    bare.auth_info.client_certificate_data = None;
    bare.auth_info.client_key = None;
    bare.auth_info.client_key_data = None;
    let mut tls = bare.rustls_client_config().ok()?;
    tls.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)));

    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(config.connect_timeout);
    let mut builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = rustls::pki_types::ServerName::try_from(name.clone()).ok()?;
        builder = builder.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name));
    }
    let pool = Pool::builder(TokioExecutor::new()).build(builder.enable_http1().wrap_connector(connector));
    let service = ServiceBuilder::new()
        .layer(bare.base_uri_layer())
        .layer(bare.extra_headers_layer().ok()?)
        .option_layer(bare.auth_layer().ok()?)
        .map_err(tower::BoxError::from)
        .service(pool);
    Some(Client::new(service, "default"))
}
