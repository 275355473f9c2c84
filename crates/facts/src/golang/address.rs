//! Addresses and ranges of them (`net`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `net.ParseIP`; up to Go 1.16 a decimal part might have leading zeros.
pub(crate) fn parse_ip(text: &str, leading_zeros: bool) -> Option<IpAddr> {
    if text.contains(':') {
        // Go knows no zone here, and neither does Rust.
        return text.parse::<Ipv6Addr>().ok().map(|ip| ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4));
    }
    let mut parts = [0_u8; 4];
    let mut count = 0;
    for part in text.split('.') {
        let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain || (!leading_zeros && part.len() > 1 && part.starts_with('0')) {
            return None;
        }
        *parts.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    (count == 4).then(|| IpAddr::V4(Ipv4Addr::from(parts)))
}

/// An address range, with the bits behind its prefix cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cidr {
    pub(crate) network: IpAddr,
    pub(crate) prefix: u32,
}

impl Cidr {
    pub(crate) fn bits(self) -> u32 {
        if self.network.is_ipv4() { 32 } else { 128 }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

/// `net.ParseCIDR`, which Kubernetes' own "sloppy" parser extends by leading zeros.
pub(crate) fn parse_cidr(text: &str, leading_zeros: bool) -> Option<Cidr> {
    let (address, prefix) = text.split_once('/')?;
    let v4 = !address.contains(':');
    let plain = !prefix.is_empty() && prefix.len() <= 4 && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix: u32 = plain.then(|| prefix.parse().ok()).flatten()?;
    if v4 {
        let IpAddr::V4(ip) = parse_ip(address, leading_zeros)? else { return None };
        let mask = match prefix {
            0 => 0,
            1..=32 => u32::MAX << (32 - prefix),
            _ => return None,
        };
        return Some(Cidr { network: IpAddr::V4(Ipv4Addr::from(u32::from(ip) & mask)), prefix });
    }
    let ip: Ipv6Addr = address.parse().ok()?;
    // Go knows an address of the fourth version in either clothing.
    if let (Some(ip), 96..=128) = (ip.to_ipv4_mapped(), prefix) {
        return parse_cidr(&format!("{ip}/{}", prefix - 96), leading_zeros);
    }
    let mask = match prefix {
        0 => 0,
        1..=128 => u128::MAX << (128 - prefix),
        _ => return None,
    };
    Some(Cidr { network: IpAddr::V6(Ipv6Addr::from(u128::from(ip) & mask)), prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_the_release_of_go() {
        assert_eq!(parse_ip("010.0.0.1", true), Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(parse_ip("010.0.0.1", false), None);
        assert_eq!(parse_ip("10.0.0.256", true), None);
        assert_eq!(parse_ip("::ffff:1.2.3.4", false), Some(IpAddr::from([1, 2, 3, 4])));
        assert_eq!(parse_cidr("10.1.2.3/8", false).map(|c| c.to_string()).as_deref(), Some("10.0.0.0/8"));
        assert_eq!(parse_cidr("10.0.0.0/33", false), None);
    }
}
