//! A chain as a server shows it: whether it hangs together, whom it is for, and what is odd about its parts.

use std::net::IpAddr;

use x509_cert::{
    certificate::{CertificateInner, Raw, Version},
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::Name as Listed,
    time::Time,
};

use super::{Certificate, Purpose, certificate::name, der::first_value};

/// What was served, read as far as it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// In the order in which they came.
    pub certificates: Vec<Result<Certificate, String>>,
}

impl Served {
    /// Reads certificates in DER.
    pub fn read<'a>(chain: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self { certificates: chain.into_iter().map(Certificate::read).collect() }
    }

    /// The one that the server itself is known by, where it can be read.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()?.as_ref().ok()
    }

    /// What keeps a client from following it from one to the next (RFC 8446 §4.4.2, RFC 5246 §7.4.2), each a sentence without
    /// its full stop.
    pub fn breaks(&self) -> Vec<String> {
        let mut breaks = Vec::new();
        if self.certificates.is_empty() {
            breaks.push("no certificate is sent".to_owned());
        }
        let name = |at: usize| format!("certificate {}", at + 1);
        if self.leaf().is_some_and(|leaf| !leaf.is_for(Purpose::Server)) {
            breaks.push(format!("{} is not for servers, by the purposes that it names", name(0)));
        }
        for (at, one) in self.certificates.iter().enumerate() {
            let Ok(one) = one else { continue };
            if let Some(first) = self.certificates[..at].iter().position(|other| other.as_ref() == Ok(one)) {
                breaks.push(format!("{} is sent again as {}", name(first), name(at)));
                continue;
            }
            let Some(Ok(before)) = at.checked_sub(1).and_then(|before| self.certificates.get(before)) else { continue };
            if before.may_be_issued_by(one) {
                breaks.extend(self.refuses(at).map(|why| format!("{} {why}", name(at))));
                continue;
            }
            let others =
                self.certificates.iter().enumerate().filter_map(|(at, other)| Some((at, other.as_ref().ok()?)));
            let elsewhere = others
                .into_iter()
                .find(|(other, one)| *other != at && *other + 1 != at && before.may_be_issued_by(one));
            breaks.push(match elsewhere {
                Some((other, _)) if before.subject != before.issuer => {
                    format!("{} is issued by {}, and {} comes between", name(at - 1), name(other), name(at))
                }
                _ => format!("{} did not issue {}", name(at), name(at - 1)),
            });
        }
        breaks
    }

    /// Why clients take nobody's certificate from the one at a place, which issued the one before it (RFC 5280 §6.1.4, Go's
    /// crypto/x509, `isValid`).
    fn refuses(&self, at: usize) -> Option<String> {
        let (issuer, leaf) = (self.certificates.get(at)?.as_ref().ok()?, self.leaf()?);
        if issuer.authority != Some(true) {
            return Some("does not say that it is an authority".to_owned());
        }
        let constraints = issuer.constraints.as_ref()?;
        let forbidden = leaf.hosts.iter().find(|host| !constraints.allow(host))?;
        Some(format!("may not vouch for {forbidden}, by the names to which it is bound"))
    }

    /// Where the way from the first of them ends, in whatever order they came: who issued the last one on it and was not sent, an
    /// authority that clients have to know. `None` where that one issued itself.
    pub fn wants(&self) -> Option<&str> {
        let mut at = 0;
        let mut passed = vec![false; self.certificates.len()];
        loop {
            let one = self.certificates.get(at)?.as_ref().ok()?;
            if one.issuer == one.subject {
                return None;
            }
            passed[at] = true;
            let issues = |(next, other): (usize, &Result<Certificate, String>)| {
                let is_next = !passed[next] && other.as_ref().is_ok_and(|other| one.may_be_issued_by(other));
                is_next.then_some(next)
            };
            match self.certificates.iter().enumerate().find_map(issues) {
                Some(next) => at = next,
                None => return Some(one.issuer.text.as_str()),
            }
        }
    }
}

impl Certificate {
    /// Whether it is good for a host: a name with a `*` for its first part at most, or an address that it names as one
    /// (RFC 9525 §6.3, Go's crypto/x509, `VerifyHostname`).
    pub fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return self.hosts.iter().any(|known| known.parse() == Ok(address));
        }
        self.hosts.iter().filter(|known| known.parse::<IpAddr>().is_err()).any(|known| {
            let known = known.trim_end_matches('.');
            known.eq_ignore_ascii_case(host)
                || known.strip_prefix("*.").is_some_and(|rest| {
                    host.split_once('.')
                        .is_some_and(|(first, domain)| !first.is_empty() && domain.eq_ignore_ascii_case(rest))
                })
        })
    }
}

/// A name in DER as reports print it; its bytes where it is none.
pub fn name_of(der: &[u8]) -> String {
    Listed::from_der(der)
        .map_or_else(|_| format!("a name of {} bytes that cannot be read", der.len()), |listed| name(&listed).text)
}

/// What is odd about a certificate, by the sections of RFC 5280: each a sentence without its full stop.
pub fn oddities(bytes: &[u8]) -> Vec<String> {
    let mut odd = Vec::new();
    let whole = first_value(bytes);
    if whole.len() < bytes.len() {
        odd.push(format!("{} bytes stand behind it", bytes.len() - whole.len()));
    }
    let Ok(read) = CertificateInner::<Raw>::from_der(whole) else {
        odd.push("it cannot be read".to_owned());
        return odd;
    };
    let tbs = read.tbs_certificate();
    let extensions = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
    if tbs.version() != Version::V3 {
        let said = if tbs.version() == Version::V1 { "1" } else { "2" };
        let also = if extensions.is_empty() { "" } else { ", and has extensions all the same" };
        odd.push(format!("it is of version {said}{also} (§4.1.2.1)"));
    }
    let serial = tbs.serial_number().as_bytes();
    match serial {
        [first, ..] if first & 0x80 != 0 => odd.push("its number is negative (§4.1.2.2)".to_owned()),
        _ if serial.iter().all(|byte| *byte == 0) => odd.push("its number is zero (§4.1.2.2)".to_owned()),
        _ if serial.len() > 21 || (serial.len() == 21 && serial[0] != 0) => {
            odd.push(format!("its number has {} bytes (§4.1.2.2)", serial.len()));
        }
        _ => {}
    }
    if tbs.signature() != read.signature_algorithm() {
        odd.push("it names two ways of being signed (§4.1.1.2)".to_owned());
    }
    let validity = tbs.validity();
    let seconds = |time: &Time| time.to_unix_duration().as_secs();
    if seconds(&validity.not_after) < seconds(&validity.not_before) {
        odd.push("it ends before it begins (§4.1.2.5)".to_owned());
    }
    // The first second of 2050.
    const TURN: u64 = 2_524_608_000;
    let early = |time: &Time| matches!(time, Time::GeneralTime(_)) && seconds(time) < TURN;
    if early(&validity.not_before) || early(&validity.not_after) {
        odd.push("a day before 2050 is written as one after it (§4.1.2.5)".to_owned());
    }
    for (at, extension) in extensions.iter().enumerate() {
        if extensions[..at].iter().any(|other| other.extn_id == extension.extn_id) {
            odd.push(format!("the extension {} is there twice (§4.2)", extension.extn_id));
        }
        if extension.extn_id.to_string() != "2.5.29.17" {
            continue;
        }
        match SubjectAltName::from_der(extension.extn_value.as_bytes()) {
            Err(_) => odd.push("the list of its names cannot be read (§4.2.1.6)".to_owned()),
            Ok(names) if names.0.is_empty() => odd.push("the list of its names is empty (§4.2.1.6)".to_owned()),
            Ok(names) => {
                for one in &names.0 {
                    if let GeneralName::IpAddress(address) = one
                        && ![4, 16].contains(&address.as_bytes().len())
                    {
                        odd.push(format!("it names an address of {} bytes (§4.2.1.6)", address.as_bytes().len()));
                    }
                    if let GeneralName::DnsName(host) = one
                        && AsRef::<str>::as_ref(host).parse::<IpAddr>().is_ok()
                    {
                        odd.push(
                            "it names an address where names of hosts stand, which no client looks at (§4.2.1.6)"
                                .to_owned(),
                        );
                    }
                }
            }
        }
    }
    odd
}
