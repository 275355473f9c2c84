//! Which addresses belong to the internet, by the registries of those that do not.
//!
//! IANA keeps the lists of addresses with a purpose of their own and says of each whether packets with it are passed on everywhere
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>,
//! RFC 6890 and 8190; as of November 2026).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether it is one at which everybody on the internet may reach somebody: not one for private networks, links, hosts,
/// documentation, benchmarks, several receivers, or of a range that nobody was given.
pub fn is_of_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => four(address),
        IpAddr::V6(address) => six(address),
    }
}

fn four(address: Ipv4Addr) -> bool {
    let number = u32::from(address);
    let within = |[a, b, c, d]: [u8; 4], length: u32| {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or_default();
        number & mask == u32::from_be_bytes([a, b, c, d])
    };
    // Port Control Protocol and TURN are to be reached from everywhere (RFC 7723, RFC 8155).
    if within([192, 0, 0, 9], 32) || within([192, 0, 0, 10], 32) {
        return true;
    }
    !NOT_GLOBAL.iter().any(|(network, length)| within(*network, *length))
}

const NOT_GLOBAL: [([u8; 4], u32); 15] = [
    // This network (RFC 791).
    ([0, 0, 0, 0], 8),
    // Private networks (RFC 1918), and those between a provider and its customers (RFC 6598).
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([100, 64, 0, 0], 10),
    // This host (RFC 1122) and this link (RFC 3927).
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    // Protocols (RFC 6890) and relays that were given up (RFC 7526).
    ([192, 0, 0, 0], 24),
    ([192, 88, 99, 0], 24),
    // Documentation (RFC 5737).
    ([192, 0, 2, 0], 24),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Benchmarks (RFC 2544).
    ([198, 18, 0, 0], 15),
    // Several receivers (RFC 5771), and what is reserved (RFC 1112), the last of which is everybody nearby.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

fn six(address: Ipv6Addr) -> bool {
    let number = u128::from(address);
    let within = |network: &str, length: u32| {
        network.parse::<Ipv6Addr>().is_ok_and(|network| (number ^ u128::from(network)) >> (128 - length) == 0)
    };
    let inner = |shift: u32| four(Ipv4Addr::from(u32::try_from(number >> shift & 0xffff_ffff).unwrap_or_default()));
    // An address of the older kind in another coat: mapped, translated (RFC 6052) or tunnelled (RFC 3056).
    if within("::ffff:0:0", 96) || within("64:ff9b::", 96) {
        return inner(0);
    }
    if within("2002::", 16) {
        return inner(80);
    }
    // Nothing else was given to anybody (https://www.iana.org/assignments/ipv6-address-space).
    if !within("2000::", 3) {
        return false;
    }
    // Within those for protocols (RFC 2928) some are to be reached from everywhere (RFC 7723, 8155, 9665, 7450, 7535, 7343, 9374).
    if within("2001::", 23) {
        let global = [
            ("2001:1::1", 128),
            ("2001:1::2", 128),
            ("2001:1::3", 128),
            ("2001:3::", 32),
            ("2001:4:112::", 48),
            ("2001:20::", 28),
            ("2001:30::", 28),
        ];
        return global.iter().any(|(network, length)| within(network, *length));
    }
    // Documentation (RFC 3849, RFC 9637).
    !within("2001:db8::", 32) && !within("3fff::", 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_internet(address: &str) -> bool {
        is_of_internet(address.parse().expect(address))
    }

    #[test]
    fn what_has_a_purpose_of_its_own_is_not_the_internet() {
        for address in [
            "0.1.2.3",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!of_internet(address), "{address}");
        }
    }

    #[test]
    fn everything_else_is() {
        for address in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.0.9",
            "192.0.0.10",
            "192.0.1.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.175.48.1",
            "198.17.255.255",
            "198.20.0.1",
            "203.0.112.255",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2001:1::1",
            "2001:3::1",
            "2001:4:112::1",
            "2001:20::1",
            "2001:3f:ffff::1",
            "2001:200::1",
            "2002:101:101::1",
            "2606:4700::1",
            "2620:4f:8000::1",
            "3fff:1000::1",
        ] {
            assert!(of_internet(address), "{address}");
        }
    }
}
