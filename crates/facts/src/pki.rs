//! Keys and certificates: who a certificate is for, who vouches for it, how long, and by what key.
//!
//! Nothing is verified here: no signature is computed, and "issued by" means that the names and the identifiers of keys
//! fit. An odd certificate is read as far as it goes, because it is the one that somebody has to hear of; numbers of any
//! length, dates in the wrong form and bytes behind the end do not keep it from being read.
//!
//! Private keys never get here. The redactor takes the public half out of one before it cuts it, and that is all there is.
//! Start at [`read`].

mod certificate;
mod constraints;
mod der;
mod held;
mod pem;
mod served;

use model::{Evidence, Key, Location, Nature, PrivateKey, Span};

pub use certificate::{Certificate, Name, Purpose, Usage};
pub use constraints::Constraints;
pub(crate) use der::{private_key, public_key, published_key};
pub use held::{Found, Held, KeyFile, Role, Seen};
pub(crate) use held::{held, is_of_keys};
pub use pem::pem;
pub(crate) use pem::{Block, blocks};
pub use served::{Served, name_of, oddities};

use crate::spelling;

/// What one block of a PEM file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Certificate(Box<Certificate>),
    PublicKey(Key),
    PrivateKey {
        label: String,
        key: PrivateKey,
    },
    /// A block of another kind, or one that could not be read and why; the label it has.
    Other {
        label: String,
        fault: Option<String>,
    },
}

impl Item {
    /// The key, or the one a certificate is for.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Certificate(certificate) => Some(&certificate.key),
            Self::PublicKey(key) => Some(key),
            Self::PrivateKey { key, .. } => key.key(),
            Self::Other { .. } => None,
        }
    }
}

/// A block and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub item: Item,
    pub at: Location,
}

/// Reads what a PEM file holds; `None` where its contents were not seen.
pub fn read(evidence: &Evidence) -> Option<Vec<Placed>> {
    let text = evidence.text()?;
    let items = blocks(text).into_iter().filter(|block| !block.is_followed).map(|block| Placed {
        item: item(&block, evidence),
        at: Location {
            evidence: evidence.id.clone(),
            plane: evidence.plane,
            // One line is enough to find it, and a picture of the rest tells nobody anything.
            span: Some(Span::new(block.start, block.start + block.first_line)),
            pointer: String::new(),
        },
    });
    Some(items.collect())
}

/// Whether a private key was taken out of a file, so that nobody knows what it was.
pub(crate) fn lacks_a_key(evidence: &Evidence) -> bool {
    let absent = |placed: &Placed| matches!(&placed.item, Item::PrivateKey { key: PrivateKey::Absent, .. });
    read(evidence).is_some_and(|items| items.iter().any(absent))
}

/// The certificates of a text in PEM that stands in another text, at whose place each of them is. The server passes over
/// blocks of other kinds (client-go util/cert/pem.go, `ParseCertsPEM`).
pub(crate) fn certificates_in(text: &str) -> Vec<Result<Certificate, String>> {
    let blocks = blocks(text);
    blocks.iter().filter(|block| block.label == "CERTIFICATE" && !block.is_followed).map(certificate).collect()
}

/// Whom the first request for a certificate in a text is about (RFC 2986).
pub(crate) fn requested(text: &str) -> Option<Name> {
    let blocks = blocks(text);
    let block = blocks.iter().find(|block| block.label.ends_with("CERTIFICATE REQUEST"))?;
    Name::of_request(&decoded(block.body)?)
}

/// The fault of a block that Go passes over as if it were not there.
pub(crate) const NO_BASE64: &str = "it is no base64";

fn certificate(block: &Block<'_>) -> Result<Certificate, String> {
    let bytes = decoded(block.body).ok_or_else(|| NO_BASE64.to_owned())?;
    Ok(Certificate { has_fields: block.has_fields, ..Certificate::read(&bytes)? })
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    let digits: String = body.split_whitespace().collect();
    spelling::base64(&digits)
}

fn item(block: &Block<'_>, evidence: &Evidence) -> Item {
    let other = |fault| Item::Other { label: block.label.to_owned(), fault };
    match block.label {
        "CERTIFICATE" => match certificate(block) {
            Ok(certificate) => Item::Certificate(Box::new(certificate)),
            Err(fault) => other(Some(fault)),
        },
        "PUBLIC KEY" => match decoded(block.body).and_then(|bytes| public_key(&bytes)) {
            Some(key) => Item::PublicKey(key),
            None => other(Some("it is no public key".to_owned())),
        },
        _ if block.holds_private_key() => {
            let within = |span: Span| span.start > block.start && span.start < block.end;
            let natures = evidence.secrets.iter().filter(|secret| within(secret.span));
            let key = natures.into_iter().find_map(|secret| match &secret.nature {
                Some(Nature::PrivateKey(key)) => Some(key.clone()),
                _ => None,
            });
            // Of one without digits nothing was cut.
            Item::PrivateKey { label: block.label.to_owned(), key: key.unwrap_or(PrivateKey::Absent) }
        }
        // keyutil reads public keys whatever the block is called.
        _ => decoded(block.body).and_then(|bytes| public_key(&bytes)).map_or_else(|| other(None), Item::PublicKey),
    }
}

#[cfg(test)]
mod tests;
