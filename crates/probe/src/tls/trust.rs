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

use super::der::Parts;

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
    match leads_to_a_root(leaf, between) {
        None => return Trust::Unknown("the certificate cannot be read".to_owned()),
        // Whatever else is odd about it, no authority that everybody knows is even named.
        Some(false) => return Trust::Private,
        Some(true) => {}
    }
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
            // Who only bears the name of a known authority is not it.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Trust::Private,
            CertificateError::Other(other) => {
                Trust::Unknown(format!("the way to its authority cannot be followed ({:?})", other.0))
            }
            other => Trust::Unknown(other.to_string()),
        },
        Err(other) => Trust::Unknown(other.to_string()),
    }
}

/// Whether issuers lead by their names from a certificate to a root of Mozilla's programme, over those that were sent with it;
/// `None` where the certificate is none.
fn leads_to_a_root(leaf: &[u8], between: &[Vec<u8>]) -> Option<bool> {
    let is_root = |name: &[u8]| webpki_roots::TLS_SERVER_ROOTS.iter().any(|root| root.subject.as_ref() == name);
    let between: Vec<Parts<'_>> = between.iter().filter_map(|one| Parts::of(one)).collect();
    let mut names = vec![Parts::of(leaf)?.issuer];
    let mut at = 0;
    while let Some(&name) = names.get(at) {
        if is_root(name) {
            return Some(true);
        }
        let issuers = between.iter().filter(|one| one.subject == name).map(|one| one.issuer);
        let new: Vec<&[u8]> = issuers.filter(|issuer| !names.contains(issuer)).collect();
        names.extend(new);
        at += 1;
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As much of a certificate as names need.
    fn named(subject: &[u8], issuer: &[u8]) -> Vec<u8> {
        let value = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).expect("short").to_be_bytes();
            [&[tag, 0x82, length[0], length[1]], content].concat()
        };
        let key = value(0x30, &value(0x30, &value(6, &[0x2a])));
        let fields =
            [value(2, &[1]), value(0x30, &[]), value(0x30, issuer), value(0x30, &[]), value(0x30, subject), key];
        value(0x30, &value(0x30, &fields.concat()))
    }

    #[test]
    fn who_names_no_known_authority_has_a_private_one_however_odd_the_rest_is() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let root = webpki_roots::TLS_SERVER_ROOTS[0].subject.as_ref();
        let trust = |chain: &[Vec<u8>]| of(chain, 1_782_000_000, &provider);
        assert_eq!(trust(&[named(b"a", b"a")]), Trust::Private);
        // Issuers that lead in a circle, and one that nobody sent.
        assert_eq!(trust(&[named(b"a", b"b"), named(b"b", b"c"), named(b"c", b"b")]), Trust::Private);
        // To name a known one is not to be vouched for.
        assert_ne!(trust(&[named(b"a", b"b"), named(b"b", root)]), Trust::WellKnown);
        assert!(matches!(trust(&[b"nonsense".to_vec()]), Trust::Unknown(_)));
        assert_eq!(leads_to_a_root(&named(b"a", b"b"), &[named(b"c", b"d"), named(b"b", root)]), Some(true));
    }
}
