//! Numbers that IANA gave to versions, suites, groups and alerts, and their names
//! (<https://www.iana.org/assignments/tls-parameters>).

use std::{collections::BTreeMap, fmt, sync::LazyLock};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Ssl2,
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Protocol {
    pub const ALL: [Self; 6] = [Self::Ssl2, Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    pub fn number(self) -> u16 {
        match self {
            Self::Ssl2 => 0x0002,
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// Of those whose messages are made of records: SSL 2.0 knows none.
    pub fn of_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().skip(1).find(|protocol| protocol.number() == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Ssl2 => "SSL 2.0",
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The registered suites, and those of old that were never registered and some servers still know.
static SUITES: LazyLock<BTreeMap<u16, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("suites.txt").lines();
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(n, name)| Some((u16::from_str_radix(n, 16).ok()?, name)))
        .collect()
});

/// `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`; `0xfafa` for one that nobody registered.
pub fn suite(number: u16) -> String {
    SUITES.get(&number).map_or_else(|| format!("0x{number:04x}"), |name| (*name).to_owned())
}

/// Signals that stand where suites do (RFC 5746 §3.3, RFC 7507).
pub(crate) const SIGNALS: [u16; 2] = [0x00ff, 0x5600];

/// What servers have that are still met, so that a scan finds most of it with its first question: those of Go and of
/// other servers' defaults, then what is kept for old clients, then what nobody should have.
const USUAL: [u16; 64] = [
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc024, 0xc028,
    0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, 0xc012, 0x000a, 0xc008, 0x0005, 0xc007, 0xc011, 0x009e, 0x009f,
    0xccaa, 0x0033, 0x0039, 0x0067, 0x006b, 0x0016, 0x0041, 0x0084, 0x0045, 0x0088, 0x0004, 0x0009, 0x0015, 0x0096,
    0x0007, 0x0001, 0x0002, 0x003b, 0xc010, 0xc006, 0x0003, 0x0006, 0x0008, 0x0014, 0x0018, 0x001b, 0x0034, 0x003a,
    0x00a6, 0x00a7, 0xc018, 0xc019, 0xc09c, 0xc09d, 0xc0ac, 0xc0ad,
];

/// The suites that could be chosen in a version, the usual ones first.
pub(crate) fn candidates(protocol: Protocol) -> Vec<u16> {
    if protocol == Protocol::Tls13 {
        return SUITES.keys().copied().filter(|&number| is_of_tls13(number)).collect();
    }
    let fits = |number: &u16| {
        let Some(name) = SUITES.get(number) else { return false };
        // Those of TLS 1.2 name their hash or are authenticated (RFC 5246 §1.2); an older version cannot choose them.
        let is_newer = ["_SHA256", "_SHA384", "_CCM", "_CCM_8", "_SM3", "_OMAC", "_MGM_L", "_MGM_S"];
        !SIGNALS.contains(number)
            && *number != 0
            && !is_of_tls13(*number)
            && (protocol == Protocol::Tls12 || !is_newer.iter().any(|ending| name.ends_with(ending)))
    };
    let rest = SUITES.keys().copied().filter(|number| !USUAL.contains(number));
    USUAL.into_iter().chain(rest).filter(fits).collect()
}

fn is_of_tls13(number: u16) -> bool {
    number >> 8 == 0x13 || matches!(number, 0x00c6 | 0x00c7 | 0xc0b4 | 0xc0b5)
}

/// The suites of TLS 1.2 that whole handshakes are made of here: those of rustls' provider, ECDHE with AES-GCM or ChaCha20.
pub(crate) fn calculated() -> [u16; 6] {
    [0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9]
}

/// Groups by the names that IANA registered, and two that were used before there was a standard.
const GROUPS: [(u16, &str); 50] = [
    (0x001d, "x25519"),
    (0x0017, "secp256r1"),
    (0x0018, "secp384r1"),
    (0x0019, "secp521r1"),
    (0x11ec, "X25519MLKEM768"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
    (0x0200, "MLKEM512"),
    (0x0201, "MLKEM768"),
    (0x0202, "MLKEM1024"),
    (0x6399, "X25519Kyber768Draft00"),
    (0x639a, "SecP256r1Kyber768Draft00"),
    (0x001e, "x448"),
    (0x0100, "ffdhe2048"),
    (0x0101, "ffdhe3072"),
    (0x0102, "ffdhe4096"),
    (0x0103, "ffdhe6144"),
    (0x0104, "ffdhe8192"),
    (0x001f, "brainpoolP256r1tls13"),
    (0x0020, "brainpoolP384r1tls13"),
    (0x0021, "brainpoolP512r1tls13"),
    (0x0029, "curveSM2"),
    (0x001a, "brainpoolP256r1"),
    (0x001b, "brainpoolP384r1"),
    (0x001c, "brainpoolP512r1"),
    (0x0016, "secp256k1"),
    (0x0015, "secp224r1"),
    (0x0014, "secp224k1"),
    (0x0013, "secp192r1"),
    (0x0012, "secp192k1"),
    (0x0011, "secp160r2"),
    (0x0010, "secp160r1"),
    (0x000f, "secp160k1"),
    (0x000e, "sect571r1"),
    (0x000d, "sect571k1"),
    (0x000c, "sect409r1"),
    (0x000b, "sect409k1"),
    (0x000a, "sect283r1"),
    (0x0009, "sect283k1"),
    (0x0008, "sect239k1"),
    (0x0007, "sect233r1"),
    (0x0006, "sect233k1"),
    (0x0005, "sect193r2"),
    (0x0004, "sect193r1"),
    (0x0003, "sect163r2"),
    (0x0002, "sect163r1"),
    (0x0001, "sect163k1"),
    (0x0022, "GC256A"),
    (0x0023, "GC256B"),
    (0x0024, "GC256C"),
];

/// `x25519`; `0x1234` for one that nobody registered.
pub fn group(number: u16) -> String {
    let known = GROUPS.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("0x{number:04x}"), |(_, name)| (*name).to_owned())
}

/// The groups that could be chosen in a version.
pub(crate) fn groups(protocol: Protocol) -> Vec<u16> {
    let of_tls13 = |number: u16| number >= 0x0100 || matches!(number, 0x17..=0x19 | 0x1d..=0x24 | 0x29);
    let of_older = |number: u16| number < 0x1f || (0x0100..0x0200).contains(&number);
    let fits = |number: u16| if protocol == Protocol::Tls13 { of_tls13(number) } else { of_older(number) };
    GROUPS.iter().map(|(number, _)| *number).filter(|&number| fits(number)).collect()
}

/// Alerts in the words of RFC 8446 §6 and, for older ones, of RFC 5246 §7.2.
pub fn alert(number: u8) -> String {
    let name = match number {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return format!("alert {number}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_the_names_that_iana_gave_them() {
        assert_eq!(suite(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(suite(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(suite(0x000a), "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
        assert_eq!(suite(0xfafa), "0xfafa");
        assert_eq!(SUITES.len(), include_str!("suites.txt").lines().count());
    }

    #[test]
    fn a_version_is_asked_for_suites_that_it_can_choose() {
        let of = candidates;
        assert!(USUAL.iter().all(|number| of(Protocol::Tls12).contains(number)));
        assert!(of(Protocol::Tls12).contains(&0x009c) && !of(Protocol::Tls11).contains(&0x009c));
        assert!(of(Protocol::Tls10).contains(&0x0003) && of(Protocol::Ssl3).contains(&0x0005));
        assert!(of(Protocol::Tls13).contains(&0x1303) && !of(Protocol::Tls12).contains(&0x1303));
        for protocol in Protocol::ALL {
            let mut all = of(protocol);
            all.sort_unstable();
            let count = all.len();
            all.dedup();
            assert_eq!(all.len(), count, "{protocol}");
            assert!(!all.contains(&0x00ff) && !all.contains(&0x5600), "{protocol}");
        }
    }

    #[test]
    fn what_can_be_calculated_is_what_the_library_has() {
        let own = super::super::anybody::provider(crate::tls::Reach::Own).cipher_suites;
        let mut own: Vec<u16> =
            own.iter().filter(|suite| suite.tls13().is_none()).map(|suite| u16::from(suite.suite())).collect();
        own.sort_unstable();
        assert_eq!(own, calculated());
    }

    #[test]
    fn post_quantum_groups_are_of_tls_1_3_alone() {
        assert!(groups(Protocol::Tls13).contains(&0x11ec) && !groups(Protocol::Tls12).contains(&0x11ec));
        assert_eq!(group(0x11ec), "X25519MLKEM768");
    }
}
