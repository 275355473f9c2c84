//! Ed25519 signatures of bundles, with keys as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them.

use std::{fmt, path::Path};

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::VERSION;

/// No `Debug`: it is a secret.
pub struct PrivateKey(Ed25519KeyPair);

/// Somebody who signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(super) [u8; 32]);

/// A file that holds no such key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(pub String);

/// A key has a few hundred bytes.
const LARGEST: u64 = 64 << 10;

/// What stands before the 32 bytes of a public key (RFC 8410, section 4).
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl PrivateKey {
    /// # Errors
    ///
    /// Why the file gives no key; nothing of it is repeated.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let how = "openssl genpkey -algorithm ed25519 makes one";
        let der = pem(path, "PRIVATE KEY").map_err(|why| KeyError(format!("{why}; {how}")))?;
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
        key.map(Self).map_err(|_| KeyError(format!("its key is not of Ed25519; {how}")))
    }

    pub(super) fn sign(&self, digest: &[u8; 32]) -> ([u8; 32], [u8; 64]) {
        let (mut public, mut signature) = ([0; 32], [0; 64]);
        public.copy_from_slice(self.0.public_key().as_ref());
        signature.copy_from_slice(self.0.sign(&said(digest)).as_ref());
        (public, signature)
    }
}

impl PublicKey {
    /// # Errors
    ///
    /// Why the file gives no key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let how = "openssl pkey -in KEY -pubout writes it";
        let der = pem(path, "PUBLIC KEY").map_err(|why| KeyError(format!("{why}; {how}")))?;
        let key = der.strip_prefix(&PUBLIC).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or_else(|| KeyError(format!("its key is not of Ed25519; {how}")))
    }

    /// Whether this is who signed that digest.
    pub(super) fn signed(&self, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(&said(digest), signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&model::hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A signature on this is one on nothing else.
fn said(digest: &[u8; 32]) -> Vec<u8> {
    let mut text = format!("portcullis.bundle/{VERSION}").into_bytes();
    text.push(0);
    text.extend_from_slice(digest);
    text
}

/// The first block of that label.
fn pem(path: &Path, label: &str) -> Result<Vec<u8>, String> {
    let bytes = crate::read::file(path, LARGEST).map_err(|unreadable| unreadable.reason)?;
    let text = String::from_utf8(bytes.content).map_err(|_| "it is no text".to_owned())?;
    let none = || format!("it holds no {label} in PEM");
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----")).ok_or_else(none)?;
    let (body, _) = rest.split_once("-----END").ok_or_else(none)?;
    let digits: String = body.split_whitespace().collect();
    facts::base64(&digits).ok_or_else(none)
}
