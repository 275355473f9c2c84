//! Chains as they are served: under which name, in which version, and to whom.

use super::{
    Chain, Depth, Protocol, Reach, Refusal, Tls, Trust, Wants,
    ask::{Answer, Flight, Until},
    der::Parts,
    full::{self, Offer},
    hello::ClientHello,
    names,
    scan::{self, Scan},
    whole,
};
use crate::{Dialer, Endpoint};

/// A name that every API server has (cmd/kubeadm/app/util/pkiutil, `GetAPIServerAltNames`), and under which some have another
/// certificate (kube-apiserver, `--tls-sni-cert-key`).
const INSIDE: &str = "kubernetes.default.svc";

/// What is served to who asks for the endpoint's name, for none, and for the name that the API server has inside.
pub(super) async fn all(
    scan: &mut Scan<'_>,
    endpoint: &Endpoint,
    offered: &[Protocol],
    flights: &[(Protocol, Flight)],
    tls: &mut Tls,
    depth: Depth,
) {
    let mut names = vec![endpoint.sni.clone()];
    for other in [None, Some(INSIDE.to_owned())] {
        if depth == Depth::Whole && !names.contains(&other) {
            names.push(other);
        }
    }
    let Some(&newest) = offered.last() else { return };
    let old = offered.iter().copied().rfind(|&protocol| (Protocol::Tls10..Protocol::Tls13).contains(&protocol));
    let known = flights.iter().find(|(protocol, _)| Some(*protocol) == old || *protocol == newest);
    for sni in names {
        // Without authentication none is sent, and others may be all the same.
        let seen = known
            .filter(|_| sni == endpoint.sni)
            .and_then(|(protocol, flight)| Some((*protocol, flight.certificates.clone()?)))
            .filter(|(_, certificates)| !certificates.is_empty());
        let (protocol, certificates) = match (seen, old) {
            (Some((protocol, certificates)), _) => (protocol, Ok(certificates)),
            (None, Some(old)) => (old, in_the_clear(scan, &sni, old, &with_certificates(tls, old)).await),
            (None, None) => (newest, encrypted(scan.dialer, endpoint, &sni, newest, &tls.chains).await),
        };
        // What the whole handshake showed of the endpoint's own name stands there already.
        if tls.chains.iter().any(|chain| chain.sni == sni && chain.protocol == protocol) {
            continue;
        }
        let chain = Chain { sni: sni.clone(), protocol, certificates, trust: Trust::Private };
        let same = tls.chains.iter().position(|known| known.sni == sni && known.certificates == chain.certificates);
        if same.is_none() {
            tls.chains.push(chain);
        }
    }
    // The endpoint's own name first, older versions before newer ones.
    let own = endpoint.sni.clone();
    tls.chains.sort_by_key(|chain| (chain.sni != own, chain.sni.clone(), chain.protocol));
}

/// Suites with which a server shows who it is: those that it has, and the usual ones, since a key of another kind wants others than
/// were found for the endpoint's own name.
fn with_certificates(tls: &Tls, protocol: Protocol) -> Vec<u16> {
    let shows = |suite: &u16| {
        let name = names::suite(*suite);
        !name.contains("_anon_")
            && !["TLS_PSK_", "TLS_DHE_PSK_", "TLS_ECDHE_PSK_"].iter().any(|start| name.starts_with(start))
    };
    let mut suites: Vec<u16> = tls.suites_of(protocol).into_iter().filter(shows).collect();
    for usual in names::candidates(protocol).into_iter().filter(shows) {
        if suites.len() < scan::AT_ONCE && !suites.contains(&usual) {
            suites.push(usual);
        }
    }
    suites.truncate(scan::AT_ONCE);
    suites
}

async fn in_the_clear(
    scan: &mut Scan<'_>,
    sni: &Option<String>,
    protocol: Protocol,
    suites: &[u16],
) -> Result<Vec<Vec<u8>>, Refusal> {
    let hello = ClientHello { sni: sni.clone(), ..scan.hello(protocol, suites) };
    match scan.ask(&hello, Until::Done, "the certificates of another name").await {
        Ok(Answer::Chosen(flight)) => Ok(flight.certificates.unwrap_or_default()),
        Ok(Answer::Alert(alert)) => Err(Refusal::Alert(Some(alert))),
        Ok(Answer::Closed) => Err(Refusal::Alert(None)),
        Err(failure) => Err(Refusal::Failed(failure)),
    }
}

async fn encrypted(
    dialer: &mut Dialer,
    endpoint: &Endpoint,
    sni: &Option<String>,
    protocol: Protocol,
    known: &[Chain],
) -> Result<Vec<Vec<u8>>, Refusal> {
    if let Some(chain) = known.iter().find(|chain| chain.sni == *sni) {
        return chain.certificates.clone();
    }
    let endpoint = Endpoint { sni: sni.clone(), ..endpoint.clone() };
    match whole(dialer, &endpoint, protocol).await {
        Ok(full) if full.certificates.is_empty() => Err(Refusal::Alert(full.alert)),
        Ok(full) => Ok(full.certificates),
        Err(failure) => Err(Refusal::Failed(failure)),
    }
}

/// What a server shows under the endpoint's own name to who wants a key of another kind: it may have two, one of RSA and one on a
/// curve, and who looks once sees one of them.
pub(super) async fn other_kind(
    scan: &mut Scan<'_>,
    endpoint: &Endpoint,
    old: Option<Protocol>,
    tls: &Tls,
) -> Option<Chain> {
    let own = || tls.chains.iter().filter(|chain| chain.sni == endpoint.sni);
    let leaf = own().find_map(|chain| chain.certificates.as_ref().ok()?.first())?;
    let is_of_rsa = Parts::of(leaf)?.is_of_rsa();
    let sni = endpoint.sni.clone();
    let (protocol, certificates) = match old {
        Some(old) => {
            // Which kinds there are is known by the suites.
            let is_other = |suite: &u16| {
                let name = names::suite(*suite);
                if is_of_rsa { name.contains("_ECDSA_") } else { name.contains("_RSA_") && !name.contains("_PSK_") }
            };
            let suites: Vec<u16> = tls.suites_of(old).into_iter().filter(is_other).take(scan::AT_ONCE).collect();
            if suites.is_empty() {
                return None;
            }
            (old, in_the_clear(scan, &sni, old, &suites).await.ok()?)
        }
        None => {
            let wants = if is_of_rsa { Wants::Curves } else { Wants::Rsa };
            let protocol = Protocol::Tls13;
            let offer = Offer { protocol, inside: &[], groups: Reach::Own, wants };
            (protocol, full::handshake(scan.dialer, endpoint, offer).await.ok()?.certificates)
        }
    };
    let is_new = !certificates.is_empty() && own().all(|chain| chain.certificates.as_ref() != Ok(&certificates));
    is_new.then_some(Chain { sni, protocol, certificates: Ok(certificates), trust: Trust::Private })
}
