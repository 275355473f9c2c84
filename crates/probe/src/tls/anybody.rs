//! A client that takes any certificate, has none itself, and notes what it is shown.
//!
//! A chain that nobody should trust is the one to hear of, so that nothing here judges; and whom nobody has to prove anything to is
//! told nothing that matters. Every look by way of rustls goes through here, or one would fail at a key that another reads.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, SignatureScheme, WantsVerifier,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    sign::CertifiedKey,
};

#[derive(Debug, Default)]
pub(crate) struct Anybody(Mutex<Shown>);

/// What a server showed in a handshake.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Bytes of the stapled answer.
    pub(crate) stapled: usize,
    /// The names of authorities, where a certificate was asked for.
    pub(crate) asked: Option<Vec<Vec<u8>>>,
}

impl Anybody {
    /// A client that it watches over.
    pub(crate) fn watches(builder: ConfigBuilder<ClientConfig, WantsVerifier>, anybody: &Arc<Self>) -> ClientConfig {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(anybody) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::clone(anybody) as Arc<dyn ResolvesClientCert>)
    }

    pub(crate) fn shown(&self) -> Shown {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Shown)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        stapled: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|shown| {
            shown.certificates = [end_entity].into_iter().chain(intermediates).map(|one| one.to_vec()).collect();
            shown.stapled = stapled.len();
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

impl ResolvesClientCert for Anybody {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.note(|shown| shown.asked = Some(authorities.iter().map(|name| name.to_vec()).collect()));
        None
    }

    /// Else nobody would tell that one was asked for.
    fn has_certs(&self) -> bool {
        true
    }
}
