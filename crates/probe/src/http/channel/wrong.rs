//! What it means that a connection ends without an answer.

use std::{error::Error, io};

use rustls::AlertDescription;

use super::super::NO_HTTP;
use crate::Failure;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The server insists on a certificate of the client, and ended the handshake without one.
    CertificateRequired,
    /// What answers speaks something else.
    OtherProtocol,
    /// Nothing can be said, and why.
    Failed(Failure),
}

/// What is said of a server that agrees to nothing that HTTP could be asked over here.
const NO_AGREEMENT: &str =
    "it agrees to no TLS that HTTP can be asked over here: 1.3, or 1.2 with ECDHE and AES-GCM or ChaCha20";

impl NoAnswer {
    /// Whether both sides found nothing that they have in common.
    pub(crate) fn is_no_agreement(&self) -> bool {
        *self == Self::Failed(Failure::Unasked(NO_AGREEMENT))
    }
}

impl From<Failure> for NoAnswer {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What an error of TLS, HTTP or the connection means.
pub(super) fn meaning(error: &(dyn Error + 'static), asked: bool) -> NoAnswer {
    let mut next = Some(error);
    let mut garbled = NO_HTTP;
    while let Some(error) = next {
        let tls = error.downcast_ref::<rustls::Error>().or_else(|| {
            let io = error.downcast_ref::<io::Error>()?;
            io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
        });
        if let Some(tls) = tls {
            return of_tls(tls, asked);
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Failure::of(io).into();
        }
        if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
            if hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed() {
                return Failure::Closed.into();
            }
            if hyper.to_string().contains("too large") {
                garbled = "headers without an end";
            }
        }
        next = error.source();
    }
    Failure::Garbled(garbled).into()
}

fn of_tls(error: &rustls::Error, asked: bool) -> NoAnswer {
    match error {
        // RFC 8446 §6.2 and what others say in its place: Go before 1.18 and TLS 1.2 `bad_certificate`, OpenSSL
        // `handshake_failure`. That the server had asked makes it plain.
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => NoAnswer::CertificateRequired,
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::HandshakeFailure
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) if asked => NoAnswer::CertificateRequired,
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        | rustls::Error::NoApplicationProtocol
        | rustls::Error::InvalidMessage(_) => NoAnswer::OtherProtocol,
        rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => Failure::Unasked(NO_AGREEMENT).into(),
        _ => Failure::Garbled("a handshake that makes no sense").into(),
    }
}
