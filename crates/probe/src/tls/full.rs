//! A whole handshake, by a library that speaks TLS 1.2 and 1.3: for what is encrypted, and for what comes at the end.
//!
//! What the server shows is written down and never judged: a chain that nobody should trust is the one to hear of. No
//! certificate is sent, and of what is said nothing is believed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    SupportedProtocolVersion,
    client::{
        ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    sign::CertifiedKey,
};
use tokio::time::timeout;

use super::names::Protocol;
use crate::{Dialer, Endpoint, Failure, Host, Line};

/// What a whole handshake showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) certificates: Vec<Vec<u8>>,
    /// Bytes of the stapled answer.
    pub(super) stapled: usize,
    /// The names of authorities, where a certificate was asked for.
    pub(super) asked: Option<Vec<Vec<u8>>>,
    /// Whether going on without a certificate was refused; `None` where that cannot be told.
    pub(super) requires: Option<bool>,
    pub(super) tickets: bool,
    pub(super) alpn: Option<String>,
    pub(super) alert: Option<u8>,
    /// The name that was sent.
    pub(super) sni: Option<String>,
}

#[derive(Debug, Default)]
struct Noted(Mutex<Full>);

impl Noted {
    fn note(&self, note: impl FnOnce(&mut Full)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// How long is waited for what a server says behind its handshake, where it may say nothing.
const AFTERWARDS: Duration = Duration::from_millis(400);

/// Speaks one version with an endpoint.
pub(super) async fn handshake(
    dialer: &mut Dialer,
    endpoint: &Endpoint,
    protocol: Protocol,
    names_protocols: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Full, Failure> {
    let versions: &[&SupportedProtocolVersion] =
        if protocol == Protocol::Tls13 { &[&rustls::version::TLS13] } else { &[&rustls::version::TLS12] };
    let noted = Arc::new(Noted::default());
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider)).with_protocol_versions(versions);
    let mut config = builder
        .map_err(|_| Failure::Garbled("a version that this build cannot speak"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&noted) as Arc<dyn ServerCertVerifier>)
        .with_client_cert_resolver(Arc::clone(&noted) as Arc<dyn ResolvesClientCert>);
    if names_protocols {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    config.resumption = Resumption::store(Arc::clone(&noted) as Arc<dyn ClientSessionStore>);
    config.enable_sni = endpoint.sni.is_some();
    let name = match (&endpoint.sni, &endpoint.host) {
        (Some(name), _) | (None, Host::Name(name)) => ServerName::try_from(name.clone()).ok(),
        (None, Host::Address(address)) => Some(ServerName::from(*address)),
    };
    let name = name.ok_or(Failure::Garbled("nothing: the name cannot be sent"))?;
    let mut connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|_| Failure::Garbled("nothing: no handshake can begin"))?;
    let mut line = dialer.connect(&format!("{protocol} handshake"), dialer.limits()).await?;
    let ended = speak(&mut line, &mut connection, &noted).await;
    noted.note(|full| full.alpn = connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()));
    let mut full = noted.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    full.sni.clone_from(&endpoint.sni);
    match ended {
        // What was seen before it broke off was seen.
        Err(failure) if full.certificates.is_empty() && full.alert.is_none() => Err(failure),
        _ => Ok(full),
    }
}

async fn speak(line: &mut Line, connection: &mut ClientConnection, noted: &Noted) -> Result<(), Failure> {
    while connection.is_handshaking() {
        flush(line, connection).await?;
        if connection.is_handshaking() {
            take(line, connection, noted).await?;
        }
    }
    flush(line, connection).await?;
    let is_13 = connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
    if is_13 {
        // In TLS 1.3 a client has done its part before the server has seen the certificate that it did not send.
        let heard = timeout(AFTERWARDS, take(line, connection, noted)).await;
        noted.note(|full| {
            full.requires = match heard {
                Ok(Ok(())) => Some(false),
                Ok(Err(_)) => full.alert.map(|_| full.asked.is_some()),
                Err(_) => None,
            };
        });
    } else {
        // It answered the end of the handshake, and so did without one (RFC 5246 §7.4.6).
        noted.note(|full| full.requires = Some(false));
    }
    connection.send_close_notify();
    let _ = flush(line, connection).await;
    Ok(())
}

async fn flush(line: &mut Line, connection: &mut ClientConnection) -> Result<(), Failure> {
    let mut out = Vec::new();
    while connection.wants_write() {
        if connection.write_tls(&mut out).is_err() {
            return Err(Failure::Garbled("something that no answer can be made to"));
        }
    }
    if out.is_empty() { Ok(()) } else { line.send(&out).await }
}

async fn take(line: &mut Line, connection: &mut ClientConnection, noted: &Noted) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    if line.receive(&mut bytes).await? == 0 {
        return Err(Failure::Closed);
    }
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let read = connection.read_tls(&mut rest);
        let result = connection.process_new_packets();
        if let Err(error) = result {
            if let Error::AlertReceived(alert) = error {
                noted.note(|full| {
                    full.alert = Some(u8::from(alert));
                    if full.asked.is_some() && alert != AlertDescription::CloseNotify {
                        full.requires = Some(true);
                    }
                });
            }
            // Whatever our side has to say about it is said.
            let _ = flush(line, connection).await;
            return Err(Failure::Garbled("a handshake that does not end"));
        }
        if !matches!(read, Ok(1..)) {
            break;
        }
    }
    Ok(())
}

impl ServerCertVerifier for Noted {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        stapled: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|full| {
            full.certificates = [end_entity].into_iter().chain(intermediates).map(|one| one.to_vec()).collect();
            full.stapled = stapled.len();
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED25519,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]
    }
}

impl ResolvesClientCert for Noted {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.note(|full| full.asked = Some(authorities.iter().map(|name| name.to_vec()).collect()));
        None
    }

    /// Else nobody would tell that one was asked for.
    fn has_certs(&self) -> bool {
        true
    }
}

/// That there are tickets is noted, and they are forgotten.
impl ClientSessionStore for Noted {
    fn set_kx_hint(&self, _: ServerName<'static>, _: rustls::NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<rustls::NamedGroup> {
        None
    }

    /// A session of TLS 1.2 may have a name and no ticket; what the server said in the clear tells.
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {
        self.note(|full| full.tickets = true);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}
