//! Whether a chain leads to an authority that everybody knows.
//!
//! Here alone signatures are verified, by the library that does it for everybody else, with the roots of Mozilla's
//! programme as this build knows them. Of the verdict only this is asked: who vouches. Names and days are others' business.

use std::{sync::Arc, time::Duration};

use rustls::{
    CertificateError, Error, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// Who vouches for a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It leads to a root of Mozilla's programme.
    WellKnown,
    /// It does not: the authority is private, or certificates between are missing.
    Private,
    /// It cannot be told, in the words of the library.
    Unknown(String),
}

/// Judges a chain as of a moment, in seconds since 1970.
pub(super) fn of(chain: &[Vec<u8>], now: u64, provider: &Arc<CryptoProvider>) -> Trust {
    let Some((leaf, between)) = chain.split_first() else {
        return Trust::Unknown("no certificate was sent".to_owned());
    };
    let roots = Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    let verifier = match WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build() {
        Ok(verifier) => verifier,
        Err(error) => return Trust::Unknown(error.to_string()),
    };
    let leaf = CertificateDer::from(leaf.as_slice());
    let between: Vec<CertificateDer<'_>> = between.iter().map(|one| CertificateDer::from(one.as_slice())).collect();
    // The path is verified before the name, so any name tells of the path.
    let Ok(name) = ServerName::try_from("portcullis.invalid") else { return Trust::Unknown("no name".to_owned()) };
    let verify = |now: u64| {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        verifier.verify_server_cert(&leaf, &between, &name, &[], now)
    };
    let mut verdict = verify(now);
    // One that has ended was vouched for by whoever vouched for it while it had not. Each certificate of a chain may have
    // a day of its own to say so.
    for _ in 0..4 {
        let Err(Error::InvalidCertificate(
            CertificateError::ExpiredContext { not_after: day, .. }
            | CertificateError::NotValidYetContext { not_before: day, .. },
        )) = &verdict
        else {
            break;
        };
        verdict = verify(day.as_secs());
    }
    match verdict {
        Ok(_) => Trust::WellKnown,
        Err(Error::InvalidCertificate(error)) => match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Trust::WellKnown,
            CertificateError::UnknownIssuer => Trust::Private,
            other => Trust::Unknown(other.to_string()),
        },
        Err(other) => Trust::Unknown(other.to_string()),
    }
}
