//! Keys and certificates: who a certificate is for, who vouches for it, how long, and by what key.
//!
//! Nothing is verified here: no signature is computed, and "issued by" means that the names and the identifiers of keys
//! fit. An odd certificate is read as far as it goes, because it is the one that somebody has to hear of; numbers of any
//! length, dates in the wrong form and bytes behind the end do not keep it from being read.
//!
//! Private keys never get here. The redactor takes the public half out of one before it cuts it, and that is all there is.
//! Start at [`read`].

mod certificate;
mod der;
mod held;
mod pem;
mod served;

use model::{Evidence, Key, Location, Nature, Span};

pub use certificate::{Certificate, Name, Purpose, Usage};
pub(crate) use der::{private_key, public_key};
pub(crate) use held::held;
pub use held::{Found, Held, KeyFile, Role, Seen};
pub use pem::pem;
pub(crate) use pem::{Block, blocks};
pub use served::{Served, name_of, oddities};

use crate::spelling;

/// What one block of a PEM file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Certificate(Box<Certificate>),
    PublicKey(Key),
    /// `None` where the key could not be read, such as one under a password.
    PrivateKey(Option<Key>),
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
            Self::PrivateKey(key) => key.as_ref(),
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
    let items = blocks(text).into_iter().map(|block| Placed {
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

/// The certificates of a text in PEM that stands in another text, at whose place each of them is. The server passes over
/// blocks of other kinds (client-go util/cert/pem.go, `ParseCertsPEM`).
pub(crate) fn certificates_in(text: &str) -> Vec<Result<Certificate, String>> {
    let blocks = blocks(text);
    blocks.iter().filter(|block| block.label == "CERTIFICATE").map(|block| certificate(block.body)).collect()
}

fn certificate(body: &str) -> Result<Certificate, String> {
    let bytes = decoded(body).ok_or_else(|| "it is no base64".to_owned())?;
    Certificate::read(&bytes)
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    let digits: String = body.split_whitespace().collect();
    spelling::base64(&digits)
}

fn item(block: &Block<'_>, evidence: &Evidence) -> Item {
    let other = |fault| Item::Other { label: block.label.to_owned(), fault };
    match block.label {
        "CERTIFICATE" => match certificate(block.body) {
            Ok(certificate) => Item::Certificate(Box::new(certificate)),
            Err(fault) => other(Some(fault)),
        },
        "PUBLIC KEY" => match decoded(block.body).and_then(|bytes| public_key(&bytes)) {
            Some(key) => Item::PublicKey(key),
            None => other(Some("it is no public key".to_owned())),
        },
        label if label.ends_with("PRIVATE KEY") => {
            let within = |span: Span| span.start > block.start && span.start < block.end;
            let natures = evidence.secrets.iter().filter(|secret| within(secret.span));
            let key = natures.into_iter().find_map(|secret| match &secret.nature {
                Some(Nature::PrivateKey(key)) => Some(key.clone()),
                _ => None,
            });
            Item::PrivateKey(key.flatten())
        }
        _ => other(None),
    }
}

#[cfg(test)]
mod tests;
