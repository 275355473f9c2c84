//! One certificate, as far as anything here asks of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use model::Key;
use x509_cert::request::CertReq;
use x509_cert::{
    certificate::{CertificateInner, Raw},
    der::{Decode as _, Encode as _, Tag, Tagged as _, asn1::ObjectIdentifier},
    ext::pkix::{
        AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
        SubjectKeyIdentifier, name::GeneralName,
    },
    name::Name as Listed,
};

use super::{
    Constraints,
    der::{first_value, public_key},
};

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub subject: Name,
    pub issuer: Name,
    /// Seconds since 1970, both included.
    pub starts: i64,
    pub ends: i64,
    /// Names and addresses of hosts.
    pub hosts: Vec<String>,
    pub key: Key,
    /// How it is signed: `SHA256-RSA`, or the number of a way that is not known here.
    pub signature: String,
    /// Whether it says that it is an authority; `None` where it says nothing.
    pub authority: Option<bool>,
    /// `None` where it says nothing, and then every use is allowed.
    pub usages: Option<Vec<Usage>>,
    /// `None` where it says nothing, and then every purpose is allowed.
    pub purposes: Option<Vec<Purpose>>,
    /// Whom it may vouch for, of an authority that is bound to names.
    pub constraints: Option<Constraints>,
    pub key_id: Option<Vec<u8>>,
    pub issuer_key_id: Option<Vec<u8>>,
    /// Of it all, to tell whether two are one.
    pub bytes: Vec<u8>,
    /// Whether bytes stand behind it in its block, for which Go does not take it.
    pub is_followed: bool,
    /// Whether fields stand before its digits in PEM, for which pools pass it over (crypto/x509, `AppendCertsFromPEM`).
    pub has_fields: bool,
}

/// The name of a subject or an issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// `O=system:masters, CN=kubernetes-admin`.
    pub text: String,
    /// Whom the API server takes the holder for: the last of several (Go's crypto/x509/pkix, `FillFromRDNSequence`).
    pub common_name: Option<String>,
    /// The groups it takes the holder to be in.
    pub organizations: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Usage {
    DigitalSignature,
    KeyEncipherment,
    SignCertificates,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Any,
    Server,
    Client,
    Other,
}

/// The day on which a moment lies, in UTC.
fn day(seconds: i64) -> Option<Date> {
    Timestamp::from_second(seconds).ok().map(|moment| moment.to_zoned(TimeZone::UTC).date())
}

impl Name {
    /// Whom a request for a certificate is about.
    pub(super) fn of_request(bytes: &[u8]) -> Option<Self> {
        let request = CertReq::from_der(first_value(bytes)).ok()?;
        Some(name(&request.info.subject))
    }
}

impl Certificate {
    /// Reads one from its bytes; what stands behind it is passed over.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let length = bytes.len();
        let bytes = first_value(bytes);
        let read = CertificateInner::<Raw>::from_der(bytes).map_err(|error| format!("it cannot be read: {error}"))?;
        let tbs = read.tbs_certificate();
        let spki = tbs.subject_public_key_info();
        let key = spki.to_der().ok().and_then(|bytes| public_key(&bytes)).unwrap_or_else(|| Key {
            algorithm: spki.algorithm.oid.to_string(),
            bits: None,
            exponent: None,
            public: None,
        });
        let seconds =
            |time: &x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let (mut hosts, mut authority, mut usages, mut purposes) = (Vec::new(), None, None, None);
        let (mut key_id, mut issuer_key_id, mut constraints) = (None, None, None);
        for extension in tbs.extensions().into_iter().flatten() {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id.to_string().as_str() {
                "2.5.29.14" => key_id = SubjectKeyIdentifier::from_der(value).ok().map(|id| id.0.as_bytes().to_vec()),
                "2.5.29.15" => usages = KeyUsage::from_der(value).ok().map(|usage| listed(&usage)),
                "2.5.29.17" => {
                    let names = SubjectAltName::from_der(value).map(|names| names.0).unwrap_or_default();
                    hosts.extend(names.iter().filter_map(host));
                }
                "2.5.29.19" => authority = BasicConstraints::from_der(value).ok().map(|basic| basic.ca),
                "2.5.29.30" => constraints = Constraints::read(value),
                "2.5.29.35" => {
                    let id = AuthorityKeyIdentifier::from_der(value).ok().and_then(|id| id.key_identifier);
                    issuer_key_id = id.map(|id| id.as_bytes().to_vec());
                }
                "2.5.29.37" => {
                    purposes = ExtendedKeyUsage::from_der(value).ok().map(|usage| usage.0.iter().map(purpose).collect())
                }
                _ => {}
            }
        }
        Ok(Self {
            subject: name(tbs.subject()),
            issuer: name(tbs.issuer()),
            starts: seconds(&tbs.validity().not_before),
            ends: seconds(&tbs.validity().not_after),
            hosts,
            key,
            signature: signature(&read.signature_algorithm().oid),
            authority,
            usages,
            purposes,
            constraints,
            key_id,
            issuer_key_id,
            is_followed: bytes.len() < length,
            has_fields: false,
            bytes: bytes.to_vec(),
        })
    }

    /// Why crypto/x509 does not take it, though it can be read here.
    pub fn fault(&self) -> Option<&'static str> {
        if self.is_followed {
            return Some("bytes stand behind it");
        }
        let is_known = self.key.algorithm == "ECDSA" && self.key.bits.is_some();
        (self.key.algorithm.starts_with("ECDSA") && !is_known)
            .then_some("its key is on a curve that the server does not know")
    }

    /// The day on which it ends.
    pub fn last_day(&self) -> Option<Date> {
        day(self.ends)
    }

    /// The day on which it begins to hold.
    pub fn first_day(&self) -> Option<Date> {
        day(self.starts)
    }

    /// Whole days from its first to its last second.
    pub fn days(&self) -> i64 {
        self.ends.saturating_sub(self.starts) / 86_400
    }

    /// Whether it is, or may be used as, an authority: what Go calls one (crypto/x509, `isValid`) where it says nothing
    /// is one of the first version, which nobody makes any more but by hand.
    pub fn is_authority(&self) -> bool {
        self.authority.unwrap_or(self.subject == self.issuer)
    }

    /// Whether the names, and the identifiers of keys where both have them, say that the other one issued it.
    pub fn may_be_issued_by(&self, other: &Self) -> bool {
        let ids = self.issuer_key_id.as_ref().zip(other.key_id.as_ref());
        self.issuer == other.subject && ids.is_none_or(|(wanted, id)| wanted == id)
    }

    /// Whether its signature rests on a digest that is broken.
    pub fn is_signed_weakly(&self) -> bool {
        ["MD2", "MD5", "SHA1"].iter().any(|digest| self.signature.starts_with(digest))
    }

    /// Whether it may be used for that; one that says nothing may be used for everything.
    pub fn is_for(&self, purpose: Purpose) -> bool {
        let wanted = |one: &Purpose| matches!(one, Purpose::Any) || *one == purpose;
        self.purposes.as_ref().is_none_or(|purposes| purposes.iter().any(wanted))
    }
}

fn listed(usage: &KeyUsage) -> Vec<Usage> {
    let mut usages: Vec<Usage> = usage
        .0
        .into_iter()
        .map(|one| match one {
            KeyUsages::DigitalSignature => Usage::DigitalSignature,
            KeyUsages::KeyEncipherment => Usage::KeyEncipherment,
            KeyUsages::KeyCertSign => Usage::SignCertificates,
            _ => Usage::Other,
        })
        .collect();
    usages.sort_unstable();
    usages.dedup();
    usages
}

fn purpose(object: &ObjectIdentifier) -> Purpose {
    match object.to_string().as_str() {
        "2.5.29.37.0" => Purpose::Any,
        "1.3.6.1.5.5.7.3.1" => Purpose::Server,
        "1.3.6.1.5.5.7.3.2" => Purpose::Client,
        _ => Purpose::Other,
    }
}

/// A name or an address of a host; one of another length than addresses have is shown as its bytes are.
fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(plain(name.as_ref())),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)));
            let v6 = || <[u8; 16]>::try_from(bytes).map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)));
            let address = v4.or_else(|_| v6()).map(|address| address.to_string());
            Some(address.unwrap_or_else(|_| format!("an address of {} bytes", bytes.len())))
        }
        _ => None,
    }
}

pub(super) fn name(listed: &Listed) -> Name {
    let mut name = Name::default();
    let mut parts = Vec::new();
    for one in listed.iter() {
        let value = one.value.value();
        let text = match one.value.tag() {
            Tag::BmpString => {
                let units = value.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
                char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
            }
            _ => String::from_utf8_lossy(value).into_owned(),
        };
        let text = plain(&text);
        let key = match one.oid.to_string().as_str() {
            "2.5.4.3" => {
                name.common_name = Some(text.clone());
                "CN".to_owned()
            }
            "2.5.4.10" => {
                name.organizations.push(text.clone());
                "O".to_owned()
            }
            "2.5.4.11" => "OU".to_owned(),
            "2.5.4.6" => "C".to_owned(),
            "2.5.4.7" => "L".to_owned(),
            "2.5.4.8" => "ST".to_owned(),
            other => other.to_owned(),
        };
        parts.push(format!("{key}={text}"));
    }
    name.text = if parts.is_empty() { "nobody".to_owned() } else { parts.join(", ") };
    name
}

/// Without control characters, and not for pages.
fn plain(text: &str) -> String {
    text.chars().take(256).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// How a certificate is signed, as Go calls it (crypto/x509, `signatureAlgorithmDetails`).
fn signature(object: &ObjectIdentifier) -> String {
    let text = object.to_string();
    let name = match text.as_str() {
        "1.2.840.113549.1.1.2" => "MD2-RSA",
        "1.2.840.113549.1.1.4" => "MD5-RSA",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "SHA1-RSA",
        "1.2.840.113549.1.1.11" => "SHA256-RSA",
        "1.2.840.113549.1.1.12" => "SHA384-RSA",
        "1.2.840.113549.1.1.13" => "SHA512-RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.10040.4.3" => "SHA1-DSA",
        "1.2.840.10045.4.1" => "SHA1-ECDSA",
        "1.2.840.10045.4.3.2" => "SHA256-ECDSA",
        "1.2.840.10045.4.3.3" => "SHA384-ECDSA",
        "1.2.840.10045.4.3.4" => "SHA512-ECDSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.2" => "SHA256-DSA",
        _ => return text,
    };
    name.to_owned()
}
