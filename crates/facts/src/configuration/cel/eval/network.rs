//! Addresses and ranges (apiserver pkg/cel/library/ip.go and cidr.go, 1.30 to 1.36, over Go's net/netip).
//!
//! Addresses with a zone and those of the fourth version in the clothing of the sixth are none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Evaluated, Fail, Value, error};

/// A range, with the bits behind its prefix as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::configuration) struct Range {
    address: IpAddr,
    prefix: u32,
}

pub(super) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    match address {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => None,
        address => Some(address),
    }
}

impl Range {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (before, prefix) = text.rsplit_once('/')?;
        let address = address(before)?;
        let plain = prefix == "0" || (!prefix.starts_with('0') && prefix.bytes().all(|b| b.is_ascii_digit()));
        let prefix: u32 = plain.then(|| prefix.parse().ok()).flatten()?;
        (prefix <= if address.is_ipv4() { 32 } else { 128 }).then_some(Self { address, prefix })
    }

    fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(v4) => {
                IpAddr::V4(Ipv4Addr::from(u32::from(v4) & u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)))
            }
            IpAddr::V6(v6) => {
                IpAddr::V6(Ipv6Addr::from(u128::from(v6) & u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)))
            }
        };
        Self { address, ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && Self { address, ..self }.masked().address == self.masked().address
    }

    /// What is called on it.
    pub(super) fn method(self, name: &str, arguments: &[Value]) -> Evaluated {
        match (name, arguments) {
            ("containsIP", [Value::Text(text)]) => address(text)
                .map_or_else(|| error("a string is no address"), |inner| Ok(Value::Bool(self.contains(inner)))),
            ("containsIP", [Value::Address(inner)]) => Ok(Value::Bool(self.contains(*inner))),
            ("containsCIDR", [Value::Text(text)]) => match Self::parse(text) {
                Some(inner) => Ok(Value::Bool(self.holds(inner))),
                None => error("a string is no range of addresses"),
            },
            ("containsCIDR", [Value::Range(inner)]) => Ok(Value::Bool(self.holds(*inner))),
            ("prefixLength", []) => Ok(Value::Int(i64::from(self.prefix))),
            ("ip", []) => Ok(Value::Address(self.address)),
            ("masked", []) => Ok(Value::Range(self.masked())),
            _ => Err(Fail::Unknown),
        }
    }

    fn holds(self, inner: Self) -> bool {
        self.prefix <= inner.prefix && self.contains(inner.address)
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// What is called on an address.
pub(super) fn method(address: IpAddr, name: &str) -> Evaluated {
    let unicast = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80,
    };
    Ok(Value::Bool(match name {
        "family" => return Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        "isUnspecified" => address.is_unspecified(),
        "isLoopback" => address.is_loopback(),
        "isLinkLocalMulticast" => match address {
            IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
            IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
        },
        "isLinkLocalUnicast" => unicast(address),
        "isGlobalUnicast" => {
            let everyone = address == IpAddr::V4(Ipv4Addr::BROADCAST);
            let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
            !everyone && !special && !unicast(address)
        }
        _ => return Err(Fail::Unknown),
    }))
}
