//! The other API servers of a cluster, each asked by the address at which the cluster publishes it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use facts::live::{self, ASKS};
use kube::Config;

use super::{
    ask::{Given, LANES, LIMITS, Raw, one},
    client::{Conversation, Limits, Tally},
};

/// A replica that is not reached in this time stands behind something that lets nobody through.
const NEAR: Duration = Duration::from_secs(3);

/// The addresses of the other API servers, where one has said which it is itself.
pub(super) fn addresses(answers: &[Given], config: &Config) -> Vec<String> {
    let text = |end: &str| {
        answers.iter().find(|given| given.ask.path.ends_with(end)).and_then(|given| match &given.raw {
            Raw::Text(text) => Some(text.as_str()),
            Raw::Older(_, text) => Some(text.as_str()),
            Raw::Missing | Raw::Unread(_) => None,
        })
    };
    let (Some(slice), Some(own)) = (text("/endpointslices/kubernetes"), text("/flagz").and_then(live::advertised))
    else {
        return Vec::new();
    };
    let named = config.cluster_url.host().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    let is_local = named.is_some_and(|named| named.is_loopback());
    let is_other = |address: SocketAddr| address.ip() != own && may_serve(address.ip(), is_local);
    let mut found = live::addresses(slice);
    found.retain(|address| address.parse().is_ok_and(is_other));
    found
}

/// Whether an API server may have an address, as Kubernetes itself has it (pkg/apis/core/validation/validation.go,
/// `ValidateNonSpecialIP`): whoever writes the list shall not send us to this machine or to what only it can reach.
pub(super) fn may_serve(address: IpAddr, is_local: bool) -> bool {
    // One that is written as an IPv6 address is the same.
    let address = address.to_canonical();
    let is_near = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !is_near && !address.is_unspecified() && !address.is_multicast() && (is_local || !address.is_loopback())
}

/// The other servers of a cluster, asked for what each has of its own.
pub(super) struct Others<'a> {
    pub(super) config: &'a Config,
    pub(super) server: &'a str,
    /// Paths that were not granted.
    pub(super) refused: &'a BTreeSet<&'static str>,
    pub(super) until: Instant,
    pub(super) tally: &'a Arc<Tally>,
}

impl Others<'_> {
    /// Asks some of them at a time, each by one conversation; the answers are in the order of the addresses.
    pub(super) async fn ask(&self, addresses: &[String]) -> Vec<Given> {
        let mut running = tokio::task::JoinSet::new();
        let (mut next, mut found) = (addresses.iter().enumerate(), BTreeMap::new());
        loop {
            while running.len() < LANES
                && let Some((index, address)) = next.next()
            {
                let base: Arc<str> = format!("https://{address}").into();
                let Some(talk) = self.talk(address, &base) else { continue };
                let refused = self.refused.clone();
                running.spawn(async move { (index, replica(&talk, &base, &refused).await) });
            }
            match running.join_next().await {
                Some(Ok((index, answers))) => found.insert(index, answers),
                // What panics is our fault and no server's.
                Some(Err(_)) => continue,
                None => return found.into_values().flatten().collect(),
            };
        }
    }

    /// It has to prove that it is a server with the name by which the cluster is known, or it is told nothing.
    fn talk(&self, address: &str, base: &str) -> Option<Conversation> {
        let mut config = self.config.clone();
        // Without verification anybody could answer there; and a path leads to what knows no other replica.
        if config.accept_invalid_certs || config.cluster_url.path().len() > 1 || !self.server.starts_with("https://") {
            return None;
        }
        let known = config.cluster_url.host().map(|host| host.trim_matches(['[', ']']).to_owned());
        config.tls_server_name = config.tls_server_name.or(known);
        config.cluster_url = format!("https://{address}").parse().ok()?;
        let limits = Limits { connect: NEAR, ..LIMITS };
        Conversation::with(config, base, limits, self.until, self.tally).ok()
    }
}

/// What one replica has of its own; nothing of one that cannot be reached.
async fn replica(talk: &Conversation, base: &Arc<str>, refused: &BTreeSet<&'static str>) -> Vec<Given> {
    let (mut answers, mut is_reached) = (Vec::new(), false);
    for ask in ASKS.iter().filter(|ask| ask.of_each_server) {
        let raw = if refused.contains(ask.path) {
            Raw::Unread(ask.not_granted())
        } else {
            match one(talk, ask).await {
                Ok(Some(raw)) => {
                    is_reached = true;
                    raw
                }
                Err(_) | Ok(None) if !is_reached => return Vec::new(),
                Ok(None) => Raw::Unread(ask.unanswered("the credentials were not taken (401)")),
                Err(failure) => Raw::Unread(ask.unanswered(&failure.message)),
            }
        };
        answers.push(Given { base: Arc::clone(base), ask, raw });
    }
    if is_reached { answers } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_sends_nobody_to_the_neighbours_of_this_machine() {
        let may = |address: &str, is_local| may_serve(address.parse().expect("an address"), is_local);
        for address in ["10.0.0.1", "192.0.2.7", "2001:db8::1", "fd00::1"] {
            assert!(may(address, false), "{address}");
        }
        for address in [
            "127.0.0.1",
            "::1",
            "169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "::ffff:169.254.169.254",
        ] {
            assert!(!may(address, false), "{address}");
        }
        assert!(may("127.0.0.2", true) && !may("169.254.169.254", true));
    }
}
