//! The little of DER that keys need: what kind a key is, how long, and its public half.
//!
//! Certificates are left to a library; a private key is read here, because of its secret parts nothing may be decoded
//! that does not have to be.

use std::sync::Arc;

use model::{Key, KeyForm};

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ED448: &[u8] = &[0x2b, 0x65, 0x71];
/// For signatures with random padding alone (RFC 4055 §1.2).
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];

/// Curves that other servers show and no component of Kubernetes knows (RFC 5639, SEC 2).
const FOREIGN: [(&[u8], &str, u32); 5] = [
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], "secp256k1", 256),
    (&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07], "brainpoolP256r1", 256),
    (&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b], "brainpoolP384r1", 384),
    (&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d], "brainpoolP512r1", 512),
    (&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d], "curveSM2", 256),
];

/// The curves that Go knows (crypto/elliptic), and how many bits their numbers have.
const CURVES: [(&[u8], u32); 4] = [
    (&[0x2b, 0x81, 0x04, 0x00, 0x21], 224),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], 256),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], 384),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], 521),
];

/// Values, one after the other.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The next value and its tag.
    fn value(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) {
                return None;
            }
            let (digits, behind) = rest.split_at_checked(count)?;
            rest = behind;
            digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit))
        };
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, content))
    }

    fn next(&mut self, wanted: u8) -> Option<&'d [u8]> {
        self.value().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }
}

/// What a sequence holds behind which nothing stands, because Go takes no key behind which something does.
fn only(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(bytes);
    let content = reader.next(SEQUENCE)?;
    reader.0.is_empty().then_some(content)
}

/// Bytes of the first value of a text, so that what stands behind a certificate does not spoil it.
pub(super) fn first_value(bytes: &[u8]) -> &[u8] {
    let mut reader = Reader(bytes);
    match reader.value() {
        Some(_) => &bytes[..bytes.len() - reader.0.len()],
        None => bytes,
    }
}

fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    let digits = length.iter().position(|digit| *digit != 0).map_or(&[][..], |first| &length[first..]);
    match digits {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// The public half as certificates encode it (RFC 5280, SubjectPublicKeyInfo).
fn encoded(kind: &[u8], parameters: &[u8], bits: &[u8]) -> Arc<[u8]> {
    let algorithm = value(SEQUENCE, &[&value(OBJECT, kind)[..], parameters].concat());
    let bits = value(BITS, &[&[0], bits].concat());
    value(SEQUENCE, &[algorithm, bits].concat()).into()
}

/// A public key in the form that certificates have it in.
pub(crate) fn public_key(bytes: &[u8]) -> Option<Key> {
    let mut whole = Reader(only(bytes)?);
    let mut algorithm = Reader(whole.next(SEQUENCE)?);
    let kind = algorithm.next(OBJECT)?;
    let bits = whole.next(BITS)?.split_first()?.1;
    let parameters = algorithm.0;
    let public = Some(encoded(kind, parameters, bits));
    if kind == RSA || kind == RSA_PSS {
        let mut numbers = Reader(Reader(bits).next(SEQUENCE)?);
        let key = rsa(numbers.next(INTEGER)?, numbers.next(INTEGER)?);
        return Some(if kind == RSA { key } else { Key { algorithm: "RSA-PSS".to_owned(), public, ..key } });
    }
    if kind == DSA {
        let prime = Reader(parameters).next(SEQUENCE).and_then(|numbers| Reader(numbers).next(INTEGER));
        return Some(Key { algorithm: "DSA".to_owned(), bits: prime.map(length), exponent: None, public });
    }
    if kind == ECDSA {
        let curve = algorithm.next(OBJECT);
        return Some(Key { public, ..ecdsa(curve) });
    }
    let (name, size) = edwards(kind);
    Some(Key { algorithm: name, bits: size, exponent: None, public })
}

/// A public key as a key set has it (RFC 7518, section 6).
pub(crate) fn published_key(key: &serde_json::Value) -> Option<Key> {
    let number = |name: &str| -> Option<Vec<u8>> {
        let mut digits = key.get(name)?.as_str()?.replace('-', "+").replace('_', "/");
        digits.push_str(["", "", "==", "="].get(digits.len() % 4).copied().unwrap_or_default());
        crate::spelling::base64(&digits)
    };
    match key.get("kty")?.as_str()? {
        "RSA" => {
            // A number that begins with a set bit would be a negative one.
            let positive = |number: Vec<u8>| {
                let digits: Vec<u8> = number.into_iter().skip_while(|byte| *byte == 0).collect();
                let sign = digits.first().is_none_or(|byte| byte & 0x80 != 0);
                if sign { [&[0][..], &digits].concat() } else { digits }
            };
            Some(rsa(&positive(number("n")?), &positive(number("e")?)))
        }
        "EC" => {
            let bits = match key.get("crv")?.as_str()? {
                "P-256" => 256_u32,
                "P-384" => 384,
                "P-521" => 521,
                _ => return None,
            };
            let (curve, _) = CURVES.iter().find(|(_, known)| *known == bits)?;
            let size = bits.div_ceil(8) as usize;
            let padded = |number: Vec<u8>| {
                let zeros = size.checked_sub(number.len())?;
                Some([vec![0; zeros], number].concat())
            };
            let point = [vec![4], padded(number("x")?)?, padded(number("y")?)?].concat();
            Some(Key { public: Some(encoded(ECDSA, &value(OBJECT, curve), &point)), ..ecdsa(Some(curve)) })
        }
        _ => None,
    }
}

/// What is not secret of a private key: by the label of its PEM block, or whatever the label says, as crypto/tls tries
/// one form after the other (`parsePrivateKey`).
pub(crate) fn private_key(label: &str, bytes: &[u8]) -> Option<(Key, KeyForm)> {
    const FORMS: [(&str, KeyForm); 3] =
        [("RSA PRIVATE KEY", KeyForm::Pkcs1), ("PRIVATE KEY", KeyForm::Pkcs8), ("EC PRIVATE KEY", KeyForm::Sec1)];
    let (named, others): (Vec<_>, Vec<_>) = FORMS.into_iter().partition(|(name, _)| *name == label);
    let mut forms = named.into_iter().chain(others).map(|(_, form)| form);
    forms.find_map(|form| of_form(form, bytes).map(|key| (key, form)))
}

fn of_form(form: KeyForm, bytes: &[u8]) -> Option<Key> {
    match form {
        KeyForm::Pkcs1 => rsa_private(bytes),
        KeyForm::Sec1 => ecdsa_private(bytes, None),
        KeyForm::Pkcs8 => {
            let mut whole = Reader(Reader(bytes).next(SEQUENCE)?);
            whole.next(INTEGER)?;
            let mut algorithm = Reader(whole.next(SEQUENCE)?);
            let kind = algorithm.next(OBJECT)?;
            let inner = whole.next(OCTETS)?;
            if kind == RSA {
                return rsa_private(inner);
            }
            if kind == ECDSA {
                return ecdsa_private(inner, algorithm.next(OBJECT));
            }
            let (name, size) = edwards(kind);
            Some(Key { algorithm: name, bits: size, exponent: None, public: None })
        }
    }
}

fn rsa_private(bytes: &[u8]) -> Option<Key> {
    let mut numbers = Reader(only(bytes)?);
    numbers.next(INTEGER)?;
    Some(rsa(numbers.next(INTEGER)?, numbers.next(INTEGER)?))
}

fn ecdsa_private(bytes: &[u8], curve: Option<&[u8]>) -> Option<Key> {
    // Bytes behind it count only behind a key of RSA (crypto/x509, `parseECPrivateKey` and `ParsePKCS1PrivateKey`).
    let mut parts = Reader(Reader(bytes).next(SEQUENCE)?);
    parts.next(INTEGER)?;
    parts.next(OCTETS)?;
    let (mut curve, mut public) = (curve, None);
    while let Some((tag, content)) = parts.value() {
        match tag {
            0xa0 => curve = curve.or(Reader(content).next(OBJECT)),
            0xa1 => public = Reader(content).next(BITS).and_then(|bits| bits.split_first()).map(|(_, bits)| bits),
            _ => {}
        }
    }
    let public = curve.zip(public).map(|(curve, bits)| encoded(ECDSA, &value(OBJECT, curve), bits));
    Some(Key { public, ..ecdsa(curve) })
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Key {
    const NULL: &[u8] = &[0x05, 0x00];
    let numbers = value(SEQUENCE, &[value(INTEGER, modulus), value(INTEGER, exponent)].concat());
    let digits: Vec<u8> = exponent.iter().copied().skip_while(|byte| *byte == 0).collect();
    let small = (digits.len() <= 8).then(|| digits.iter().fold(0_u64, |all, digit| (all << 8) | u64::from(*digit)));
    Key {
        algorithm: "RSA".to_owned(),
        bits: Some(length(modulus)),
        exponent: small,
        public: Some(encoded(RSA, NULL, &numbers)),
    }
}

/// How many bits a number has.
fn length(number: &[u8]) -> u32 {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let zeros = number.get(first).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(number.len() - first).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(zeros)
}

fn ecdsa(curve: Option<&[u8]>) -> Key {
    let known = CURVES.iter().find(|(known, _)| Some(*known) == curve).map(|(_, bits)| *bits);
    let foreign = || FOREIGN.iter().find(|(known, ..)| Some(*known) == curve);
    let (algorithm, bits) = match (known, foreign()) {
        (None, Some((_, name, bits))) => (format!("ECDSA on {name}"), Some(*bits)),
        (bits, _) => ("ECDSA".to_owned(), bits),
    };
    Key { algorithm, bits, exponent: None, public: None }
}

/// Kinds that need no parameters (RFC 8410), and those that nobody knows here by their numbers.
fn edwards(kind: &[u8]) -> (String, Option<u32>) {
    match kind {
        ED25519 => ("Ed25519".to_owned(), Some(256)),
        ED448 => ("Ed448".to_owned(), Some(456)),
        _ => (dotted(kind), None),
    }
}

/// The numbers under which a kind is registered.
fn dotted(object: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut held = 0_u64;
    for byte in object.iter().take(32) {
        held = (held << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            match numbers.is_empty() {
                true => numbers.extend([(held / 40).min(2), held - (held / 40).min(2) * 40]),
                false => numbers.push(held),
            }
            held = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}
