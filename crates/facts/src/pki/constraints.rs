//! Which names an authority may vouch for (RFC 5280 §4.2.1.10), as Go's crypto/x509 takes it.

use std::net::IpAddr;

use x509_cert::{
    der::Decode as _,
    ext::pkix::{NameConstraints, name::GeneralName},
};

/// Names of hosts and addresses alone: those that servers go by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subtree {
    /// A domain with all below it; only what is below it where a dot leads.
    Domain(String),
    /// An address and its mask, of as many bytes.
    Network(Vec<u8>, Vec<u8>),
}

impl Constraints {
    /// Reads them from the value of the extension; `None` where that cannot be read.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let read = NameConstraints::from_der(value).ok()?;
        let of = |subtrees: Option<Vec<x509_cert::ext::pkix::constraints::name::GeneralSubtree>>| {
            subtrees.unwrap_or_default().iter().filter_map(|one| Subtree::of(&one.base)).collect()
        };
        Some(Self { permitted: of(read.permitted_subtrees), excluded: of(read.excluded_subtrees) })
    }

    /// Whether a certificate for a host may be vouched for: no excluded subtree holds it, and where some of its kind are permitted, one
    /// of those does (crypto/x509/verify.go, `checkNameConstraints`).
    pub fn allow(&self, host: &str) -> bool {
        let address = host.parse::<IpAddr>().ok();
        let of_kind = |one: &&Subtree| matches!(one, Subtree::Network(..)) == address.is_some();
        let holds = |one: &Subtree| one.holds(host, address);
        let mut permitted = self.permitted.iter().filter(of_kind).peekable();
        !self.excluded.iter().filter(of_kind).any(holds) && (permitted.peek().is_none() || permitted.any(holds))
    }
}

impl Subtree {
    fn of(name: &GeneralName) -> Option<Self> {
        match name {
            GeneralName::DnsName(domain) => Some(Self::Domain(AsRef::<str>::as_ref(domain).to_owned())),
            GeneralName::IpAddress(bytes) if matches!(bytes.as_bytes().len(), 8 | 32) => {
                let (address, mask) = bytes.as_bytes().split_at(bytes.as_bytes().len() / 2);
                Some(Self::Network(address.to_vec(), mask.to_vec()))
            }
            _ => None,
        }
    }

    fn holds(&self, host: &str, address: Option<IpAddr>) -> bool {
        match (self, address) {
            (Self::Domain(domain), None) => {
                let (host, domain) = (host.trim_end_matches('.').to_lowercase(), domain.to_lowercase());
                let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
                match domain.strip_prefix('.') {
                    Some(domain) => below(domain),
                    None => domain.is_empty() || host == domain || below(&domain),
                }
            }
            (Self::Network(network, mask), Some(address)) => {
                let bytes = match address {
                    IpAddr::V4(address) => address.octets().to_vec(),
                    IpAddr::V6(address) => address.octets().to_vec(),
                };
                let same = |((byte, of), mask): ((&u8, &u8), &u8)| byte & mask == of & mask;
                bytes.len() == network.len() && bytes.iter().zip(network).zip(mask).all(same)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_held_to_what_is_permitted_and_excluded_of_their_kind() {
        let domain = |name: &str| Subtree::Domain(name.to_owned());
        let ten = Subtree::Network(vec![10, 0, 0, 0], vec![255, 0, 0, 0]);
        let both =
            Constraints { permitted: vec![domain("corp.example"), ten], excluded: vec![domain(".lab.corp.example")] };
        for (host, allowed) in [
            ("corp.example", true),
            ("API.Corp.example.", true),
            ("xcorp.example", false),
            ("lab.corp.example", true),
            ("a.lab.corp.example", false),
            ("other.example", false),
            ("10.2.3.4", true),
            ("11.2.3.4", false),
            ("::ffff:10.2.3.4", false),
        ] {
            assert_eq!(both.allow(host), allowed, "{host}");
        }
        let hosts_alone = Constraints { permitted: vec![domain("corp.example")], excluded: Vec::new() };
        assert!(hosts_alone.allow("192.0.2.1"), "no address is permitted, so that none is forbidden");
        assert!(Constraints::default().allow("anything.example"));
        assert_eq!(Constraints::read(b"nonsense"), None);
    }
}
