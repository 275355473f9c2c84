//! Whether the authorities that a client holds vouch for the certificate that it is shown.
//!
//! What was seen at the address counts, and where nobody looked there the file of the server whose certificate has that name. No
//! signature is verified here: an authority is the issuer by its name and by the identifier of its key, and where one of the two
//! has no identifier, that is not enough to say so.

use facts::{
    Cluster,
    apiserver::ApiServer,
    flag,
    kubeconfig::{Authority, Endpoint},
    pki::{Certificate, Item},
};
use model::{Gap, Location};

/// What is shown at an address, the certificate of the server first.
pub(super) struct Shown<'a> {
    pub(super) chain: Vec<&'a Certificate>,
    pub(super) at: &'a Location,
    /// Whether it was seen there; else it is what the server is given.
    pub(super) is_seen: bool,
    /// Whether it leads to a root that everybody's machine has; `None` where that was not seen.
    pub(super) is_well_known: Option<bool>,
}

/// What a client makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It holds who issued it.
    Vouched,
    /// By the names alone it holds who issued it.
    Named,
    /// It holds nobody who did.
    Nobody,
}

/// Name and port of an address as `server` has it.
pub(super) fn host_and_port(server: &str) -> Option<(&str, &str)> {
    let rest = server.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, behind)| behind);
    let (host, port) = match authority.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((host, behind)) => (host, behind.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    (!host.is_empty()).then_some((host, port.filter(|port| !port.is_empty()).unwrap_or("443")))
}

/// What is shown at the address of an endpoint, as far as the evidence tells; a gap where somebody looked there and could not see.
pub(super) fn shown<'a>(cluster: &'a Cluster, host: &str, port: &str) -> Result<Option<Shown<'a>>, Gap> {
    let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    if let Some(observed) = cluster.observed.iter().find(|one| one.endpoint == address) {
        let Some(handshake) = observed.tls.as_ref().map_err(Clone::clone)? else { return Ok(None) };
        let by_name = handshake.chains.iter().find(|chain| chain.sni.as_deref() == Some(host));
        let Some(chain) = by_name.or(handshake.chains.first()) else { return Ok(None) };
        return Ok(Some(Shown {
            chain: chain.served.certificates.iter().filter_map(|one| one.as_ref().ok()).collect(),
            at: &observed.evidence,
            is_seen: true,
            is_well_known: match chain.trust.as_deref() {
                Some("well-known") => Some(true),
                Some("private") => Some(false),
                _ => None,
            },
        }));
    }
    // Of several servers nobody knows which one answers there.
    Ok(match cluster.apiservers.as_slice() {
        [server] => of_server(server, host),
        _ => None,
    })
}

/// What a server is given to show, where it is for that name and nothing else may be shown in its place.
fn of_server<'a>(server: &'a ApiServer, host: &str) -> Option<Shown<'a>> {
    let by_name = server.get(&flag::TLS_SNI_CERT_KEY).is_ok_and(|pairs| !pairs.value.is_empty());
    let certificates = server.key_file("tls-cert-file").filter(|_| !by_name)?.certificates().ok()?;
    let (leaf, at) = certificates.first().copied()?;
    leaf.names(host).then(|| Shown {
        chain: certificates.iter().map(|(certificate, _)| *certificate).collect(),
        at,
        is_seen: false,
        is_well_known: None,
    })
}

/// The authorities that a client holds; `None` where it has none of its own, or they were not read.
pub(super) fn held(endpoint: &Endpoint) -> Option<Vec<&Certificate>> {
    let found: Vec<&Certificate> = match &endpoint.authority {
        Authority::System => return None,
        Authority::Data(_) => endpoint.authorities.iter().collect(),
        Authority::File(_) => {
            let items = endpoint.authority_file.as_ref()?.items.as_ref().ok()?;
            let certificates = items.iter().filter_map(|placed| match &placed.item {
                Item::Certificate(certificate) => Some(certificate.as_ref()),
                _ => None,
            });
            certificates.collect()
        }
    };
    (!found.is_empty()).then_some(found)
}

/// Whether one of the authorities vouches for what is shown, by way of what is sent along.
pub(super) fn trust(chain: &[&Certificate], authorities: &[&Certificate]) -> Trust {
    let mut way: Vec<&Certificate> = chain.first().copied().into_iter().collect();
    let mut by_name = false;
    while let Some(current) = way.last().copied() {
        for authority in authorities.iter().filter(|authority| current.may_be_issued_by(authority)) {
            if current.issuer_key_id.is_some() && authority.key_id.is_some() {
                return Trust::Vouched;
            }
            by_name = true;
        }
        // One that the client holds itself needs nobody to vouch for it (Go's crypto/x509, `Verify`).
        if authorities.contains(&current) {
            return Trust::Vouched;
        }
        let next = chain.iter().find(|one| !way.contains(one) && current.may_be_issued_by(one));
        match next {
            Some(next) => way.push(next),
            None => break,
        }
    }
    if by_name { Trust::Named } else { Trust::Nobody }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for (server, wanted) in [
            ("https://10.0.0.1:6443", Some(("10.0.0.1", "6443"))),
            ("https://api.example.org", Some(("api.example.org", "443"))),
            ("https://api.example.org/k8s/c/x", Some(("api.example.org", "443"))),
            ("https://[2001:db8::1]:6443/", Some(("2001:db8::1", "6443"))),
            ("https://[2001:db8::1]", Some(("2001:db8::1", "443"))),
            ("https://me@a:1", Some(("a", "1"))),
            ("https://", None),
            ("http://a", None),
        ] {
            assert_eq!(host_and_port(server), wanted, "{server}");
        }
    }
}
