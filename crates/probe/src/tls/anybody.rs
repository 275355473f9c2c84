//! A client that takes any certificate, has none itself, and notes what it is shown.
//!
//! A chain that nobody should trust is the one to hear of, so that nothing here judges; and whom nobody has to prove anything to is
//! told nothing that matters. Every look by way of rustls goes through here, or one would fail at a key that another reads.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, NamedGroup, SignatureScheme, SupportedProtocolVersion,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{ActiveKeyExchange, CryptoProvider, SupportedKxGroup},
    pki_types::{CertificateDer, ServerName, UnixTime},
    sign::CertifiedKey,
};

#[derive(Debug, Default)]
pub(crate) struct Anybody {
    shown: Mutex<Shown>,
    wants: Wants,
}

/// Which kinds of keys a client says that it can verify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wants {
    #[default]
    Any,
    Rsa,
    /// Those on curves.
    Curves,
}

/// Which groups a client says that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// Those that keys are made of here.
    Own,
    /// Others besides: up to TLS 1.2 a server with a key on one of them speaks to nobody who does not name it (RFC 8422 §5.1), and
    /// then mostly makes its exchange of another.
    More,
}

/// What a server showed in a handshake.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Bytes of the stapled answer.
    pub(crate) stapled: usize,
    /// The names of authorities, where a certificate was asked for.
    pub(crate) asked: Option<Vec<Vec<u8>>>,
}

/// secp521r1, secp256k1, those of brainpool, and x448.
static FOREIGN: [Foreign; 6] = [
    Foreign(NamedGroup::secp521r1),
    Foreign(NamedGroup::Unknown(0x0016)),
    Foreign(NamedGroup::Unknown(0x001a)),
    Foreign(NamedGroup::Unknown(0x001b)),
    Foreign(NamedGroup::Unknown(0x001c)),
    Foreign(NamedGroup::X448),
];

/// A group that is named and that nothing can be calculated in.
#[derive(Debug)]
struct Foreign(NamedGroup);

impl SupportedKxGroup for Foreign {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Err(Error::General("no key is made of this group".to_owned()))
    }

    fn ffdhe_group(&self) -> Option<rustls::ffdhe_groups::FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.0
    }
}

/// What calculates.
pub(crate) fn provider(groups: Groups) -> CryptoProvider {
    let mut provider = rustls::crypto::ring::default_provider();
    if groups == Groups::More {
        provider.kx_groups.extend(FOREIGN.iter().map(|group| group as &dyn SupportedKxGroup));
    }
    provider
}

impl Anybody {
    pub(crate) fn who(wants: Wants) -> Arc<Self> {
        Arc::new(Self { shown: Mutex::default(), wants })
    }

    /// A client that it watches over; `None` where none can be set up.
    pub(crate) fn watches(
        self: &Arc<Self>,
        versions: &[&'static SupportedProtocolVersion],
        groups: Groups,
    ) -> Option<ClientConfig> {
        let builder =
            ClientConfig::builder_with_provider(Arc::new(provider(groups))).with_protocol_versions(versions).ok()?;
        let config = builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesClientCert>);
        Some(config)
    }

    pub(crate) fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Shown)) {
        note(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
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
        let (curves, rsa) = (CURVES.iter().copied(), RSA.iter().copied());
        match self.wants {
            Wants::Any => curves.chain(rsa).collect(),
            Wants::Rsa => rsa.collect(),
            Wants::Curves => curves.collect(),
        }
    }
}

const CURVES: [SignatureScheme; 9] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    // Those of brainpool in TLS 1.3 (RFC 8734).
    SignatureScheme::Unknown(0x081a),
    SignatureScheme::Unknown(0x081b),
    SignatureScheme::Unknown(0x081c),
    SignatureScheme::ECDSA_SHA1_Legacy,
];

const RSA: [SignatureScheme; 10] = [
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    // Of keys that are for nothing else (rsa_pss_pss_…, RFC 8446 §4.2.3).
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
];

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
