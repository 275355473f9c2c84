//! Certificates and keys of a page, made of a few words.
//!
//! A page says `subject: CN=kubernetes` and the like, one certificate after the other between lines of dashes, and the
//! runner makes the PEM of it. Nothing here is signed and no key works: the rules verify nothing, and what is not there
//! cannot leak.
//!
//! | word | holds | where it is not said |
//! |---|---|---|
//! | `subject` | `O=system:masters, CN=admin` | nobody |
//! | `issuer` | the same | itself for an authority, else `CN=kubernetes` |
//! | `valid` | `2026-06-01 to 2027-05-31` | these two days |
//! | `key` | `rsa-2048`, `ec-256` or `ed25519`, and a name by which two can share one | `ec-256` with the subject's name |
//! | `signed` | `sha256`, `sha1` or `md5` | `sha256` |
//! | `hosts` | names and addresses | none |
//! | `for` | of `authority`, `server`, `client` | nothing is said |
//! | `ids` | `leaf, ca`: the identifiers of its key and of its issuer's | none |

use std::net::IpAddr;

use crate::words::unknown;

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0x00];
const OBJECT: u8 = 0x06;
const TEXT: u8 = 0x0c;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// The words of one certificate.
#[derive(Default)]
struct Words<'a> {
    subject: &'a str,
    issuer: Option<&'a str>,
    valid: Option<&'a str>,
    key: Option<&'a str>,
    signed: Option<&'a str>,
    hosts: Option<&'a str>,
    uses: Option<&'a str>,
    ids: Option<&'a str>,
}

/// The PEM of certificates.
pub(crate) fn certificates(lines: &[(usize, String)]) -> Result<String, String> {
    let mut text = String::new();
    for block in lines.split(|(_, line)| line.trim() == "---") {
        let mut words = Words::default();
        for (_, line) in block.iter().filter(|(_, line)| !line.trim().is_empty()) {
            let (name, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is no `word: value`"))?;
            let value = value.trim();
            match name.trim() {
                "subject" => words.subject = value,
                "issuer" => words.issuer = Some(value),
                "valid" => words.valid = Some(value),
                "key" => words.key = Some(value),
                "signed" => words.signed = Some(value),
                "hosts" => words.hosts = Some(value),
                "for" => words.uses = Some(value),
                "ids" => words.ids = Some(value),
                other => {
                    let known = ["for", "hosts", "ids", "issuer", "key", "signed", "subject", "valid"];
                    return Err(format!("no word {}", unknown(other, &known)));
                }
            }
        }
        text.push_str(&pem("CERTIFICATE", &certificate(&words)?));
    }
    Ok(text)
}

/// The PEM of keys, one a line: `rsa-2048 NAME`, with `public` before it for the public half.
pub(crate) fn keys(lines: &[(usize, String)]) -> Result<String, String> {
    let mut text = String::new();
    for (_, line) in lines.iter().filter(|(_, line)| !line.trim().is_empty()) {
        let line = line.trim();
        match line.strip_prefix("public ") {
            Some(words) => text.push_str(&pem("PUBLIC KEY", &Key::of(words, "")?.public())),
            None => {
                let key = Key::of(line, "")?;
                text.push_str(&pem(key.label(), &key.private()));
            }
        }
    }
    Ok(text)
}

fn certificate(words: &Words<'_>) -> Result<Vec<u8>, String> {
    let uses: Vec<&str> =
        words.uses.unwrap_or_default().split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let authority = uses.contains(&"authority");
    let issuer = words.issuer.unwrap_or(if authority { words.subject } else { "CN=kubernetes" });
    let (from, to) =
        words.valid.unwrap_or("2026-06-01 to 2027-05-31").split_once(" to ").ok_or("`valid: DAY to DAY`")?;
    let digest = match words.signed.unwrap_or("sha256") {
        "sha256" => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        "sha1" => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
        "md5" => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
        other => return Err(format!("no digest {}", unknown(other, &["md5", "sha1", "sha256"]))),
    };
    let algorithm = value(SEQUENCE, &[value(OBJECT, digest), NULL.to_vec()].concat());
    let key = Key::of(words.key.unwrap_or("ec-256"), words.subject)?;
    let mut extensions = Vec::new();
    let mut extend = |id: u8, content: Vec<u8>| {
        let object = value(OBJECT, &[0x55, 0x1d, id]);
        extensions.extend(value(SEQUENCE, &[object, value(OCTETS, &content)].concat()));
    };
    if !uses.is_empty() {
        let truth = if authority { vec![0x01, 0x01, 0xff] } else { Vec::new() };
        extend(19, value(SEQUENCE, &truth));
        // keyCertSign and cRLSign; else digitalSignature and keyEncipherment.
        extend(15, value(BITS, &if authority { [1, 0x06] } else { [5, 0xa0] }));
        let mut purposes = Vec::new();
        for one in &uses {
            let last = match *one {
                "server" => 1,
                "client" => 2,
                "authority" => continue,
                other => return Err(format!("no use {}", unknown(other, &["authority", "client", "server"]))),
            };
            purposes.extend(value(OBJECT, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, last]));
        }
        if !purposes.is_empty() {
            extend(37, value(SEQUENCE, &purposes));
        }
    }
    let hosts = words.hosts.unwrap_or_default().split(',').map(str::trim).filter(|host| !host.is_empty());
    let hosts: Vec<u8> = hosts
        .flat_map(|host| match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => value(0x87, &address.octets()),
            Ok(IpAddr::V6(address)) => value(0x87, &address.octets()),
            Err(_) => value(0x82, host.as_bytes()),
        })
        .collect();
    if !hosts.is_empty() {
        extend(17, value(SEQUENCE, &hosts));
    }
    if let Some(ids) = words.ids {
        let (own, issuers) = ids.split_once(", ").ok_or("`ids: KEY, KEY OF THE ISSUER`")?;
        extend(14, value(OCTETS, own.as_bytes()));
        extend(35, value(SEQUENCE, &value(0x80, issuers.as_bytes())));
    }
    let mut tbs = [
        value(0xa0, &value(INTEGER, &[2])),
        value(INTEGER, &[1]),
        algorithm.clone(),
        name(issuer)?,
        value(SEQUENCE, &[moment(from, "000000Z")?, moment(to, "235959Z")?].concat()),
        name(words.subject)?,
        key.public(),
    ]
    .concat();
    if !extensions.is_empty() {
        tbs.extend(value(0xa3, &value(SEQUENCE, &extensions)));
    }
    let signature = value(BITS, &[0, 1, 2, 3]);
    Ok(value(SEQUENCE, &[value(SEQUENCE, &tbs), algorithm, signature].concat()))
}

fn name(text: &str) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    for part in text.split(", ").filter(|part| !part.is_empty()) {
        let (key, content) = part.split_once('=').ok_or_else(|| format!("`{part}` is no `CN=name`"))?;
        let last = match key {
            "CN" => 3,
            "O" => 10,
            "OU" => 11,
            other => return Err(format!("no part of a name {}", unknown(other, &["CN", "O", "OU"]))),
        };
        let one = [value(OBJECT, &[0x55, 0x04, last]), value(TEXT, content.as_bytes())].concat();
        all.extend(value(SET, &value(SEQUENCE, &one)));
    }
    Ok(value(SEQUENCE, &all))
}

fn moment(day: &str, hour: &str) -> Result<Vec<u8>, String> {
    let digits: String = day.trim().chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 8 {
        return Err(format!("`{day}` is no day such as 2027-05-31"));
    }
    Ok(value(TIME, format!("{digits}{hour}").as_bytes()))
}

enum Key {
    Rsa(Vec<u8>),
    Ecdsa(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Key {
    /// A key by its kind and its name; the name decides the numbers, which are no key's.
    fn of(words: &str, otherwise: &str) -> Result<Self, String> {
        let (kind, name) = words.split_once(' ').unwrap_or((words, otherwise));
        let numbers = |length: usize| -> Vec<u8> {
            let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
                (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            };
            (0..length).map(|_| next()).collect()
        };
        match kind.split_once('-') {
            Some(("rsa", bits)) => {
                let bits: usize = bits.parse().map_err(|_| format!("`{bits}` is no number of bits"))?;
                let mut modulus = numbers(bits / 8);
                modulus.iter_mut().take(1).for_each(|first| *first |= 0x80);
                Ok(Self::Rsa([&[0][..], &modulus].concat()))
            }
            Some(("ec", "256")) => Ok(Self::Ecdsa([&[4][..], &numbers(64)].concat())),
            _ if kind == "ed25519" => Ok(Self::Ed25519(numbers(32))),
            _ => Err(format!("no kind of key {}", unknown(kind, &["ec-256", "ed25519", "rsa-2048"]))),
        }
    }

    fn public(&self) -> Vec<u8> {
        let (algorithm, bits) = match self {
            Self::Rsa(modulus) => {
                let numbers = [value(INTEGER, modulus), value(INTEGER, &[1, 0, 1])].concat();
                ([value(OBJECT, RSA), NULL.to_vec()].concat(), value(SEQUENCE, &numbers))
            }
            Self::Ecdsa(point) => ([value(OBJECT, ECDSA), value(OBJECT, P256)].concat(), point.clone()),
            Self::Ed25519(point) => (value(OBJECT, ED25519), point.clone()),
        };
        let bits = value(BITS, &[&[0][..], &bits].concat());
        value(SEQUENCE, &[value(SEQUENCE, &algorithm), bits].concat())
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA PRIVATE KEY",
            Self::Ecdsa(_) => "EC PRIVATE KEY",
            Self::Ed25519(_) => "PRIVATE KEY",
        }
    }

    /// Its form, without the numbers that would make it one.
    fn private(&self) -> Vec<u8> {
        let parts = match self {
            Self::Rsa(modulus) => {
                let one = value(INTEGER, &[1]);
                [value(INTEGER, &[0]), value(INTEGER, modulus), value(INTEGER, &[1, 0, 1]), one].concat()
            }
            Self::Ecdsa(point) => {
                let public = value(0xa1, &value(BITS, &[&[0][..], point].concat()));
                [value(INTEGER, &[1]), value(OCTETS, &[1]), value(0xa0, &value(OBJECT, P256)), public].concat()
            }
            Self::Ed25519(_) => {
                let algorithm = value(SEQUENCE, &value(OBJECT, ED25519));
                [value(INTEGER, &[0]), algorithm, value(OCTETS, &value(OCTETS, &[1]))].concat()
            }
        };
        value(SEQUENCE, &parts)
    }
}

fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match content.len() {
        short @ 0..0x80 => bytes.push(u8::try_from(short).unwrap_or(0)),
        long => {
            let digits = u32::try_from(long).unwrap_or(u32::MAX).to_be_bytes();
            let digits: Vec<u8> = digits.into_iter().skip_while(|digit| *digit == 0).collect();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
            bytes.extend(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

fn pem(label: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----");
    for (index, chunk) in bytes.chunks(3).enumerate() {
        if index % 16 == 0 {
            text.push('\n');
        }
        let held = chunk.iter().fold(0_usize, |held, byte| (held << 8) | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let used = digit <= chunk.len();
            text.push(if used { char::from(DIGITS[(held >> (18 - 6 * digit)) & 63]) } else { '=' });
        }
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use facts::pki::Item;
    use model::{EvidenceId, Kind, Plane};

    use super::*;

    fn read(text: &str) -> Vec<Item> {
        let evidence = facts::Redactor::new().evidence(EvidenceId::new("a"), Plane::Declared, Kind::ConfigFile, text);
        facts::pki::read(&evidence).expect("a text").into_iter().map(|placed| placed.item).collect()
    }

    fn lines(text: &str) -> Vec<(usize, String)> {
        text.lines().map(|line| (1, line.to_owned())).collect()
    }

    #[test]
    fn what_the_words_say_is_what_is_read() {
        let text = "subject: O=system:masters, CN=ann\nvalid: 2026-01-02 to 2027-01-01\nkey: rsa-1024 k\nsigned: sha1\n\
                    hosts: a.example, 10.0.0.1\nfor: server\n---\nsubject: CN=ca\nfor: authority";
        let made = read(&certificates(&lines(text)).expect("certificates"));
        let [Item::Certificate(leaf), Item::Certificate(ca)] = &made[..] else { panic!("{made:?}") };
        assert_eq!(leaf.subject.text, "O=system:masters, CN=ann");
        assert_eq!(leaf.issuer.text, "CN=kubernetes");
        assert_eq!((leaf.key.bits, leaf.is_signed_weakly(), leaf.days()), (Some(1024), true, 364));
        assert_eq!(leaf.hosts, ["a.example", "10.0.0.1"]);
        assert_eq!((leaf.authority, ca.authority, ca.issuer == ca.subject), (Some(false), Some(true), true));
        let keys = read(&keys(&lines("rsa-1024 k\npublic rsa-1024 k\nec-256 k\ned25519")).expect("keys"));
        assert_eq!(keys.first().and_then(Item::key), Some(&leaf.key));
        assert_eq!(keys.get(1).and_then(Item::key), Some(&leaf.key));
        assert_eq!(keys.len(), 4);
        assert!(certificates(&lines("subjct: a")).is_err());
    }
}
