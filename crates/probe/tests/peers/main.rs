//! Servers of others and peers that nobody should meet, looked at on loopback.

#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "tests report on skipped peers and fail by panicking")]

mod hostile;
mod http;
mod openssl;

use std::{net::SocketAddr, time::Duration};

use model::Listener;
use portcullis_probe::{
    Endpoint, Limits, Observation, Pace, Sight,
    tls::{Depth, Protocol, Tls, names},
};

/// The middle of 2026.
const NOW: u64 = 1_782_000_000;

/// As fast as it goes, and not patient.
fn pace() -> Pace {
    let conversation = Limits { time: Duration::from_millis(1500), ..Pace::FAST.conversation };
    Pace { conversation, ..Pace::FAST }
}

/// Looks at somebody of whom it is known who he is.
fn look_known(address: SocketAddr, known: Option<Listener>) -> Observation {
    let endpoint = Endpoint { known, ..address.to_string().parse().unwrap() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(portcullis_probe::look(&endpoint, address, &pace(), NOW, Depth::Whole, false))
}

fn look_within(address: SocketAddr, name: Option<&str>, pace: &Pace, record: bool) -> Observation {
    let typed = name.map_or_else(|| address.to_string(), |name| format!("{name}:{}", address.port()));
    let endpoint: Endpoint = typed.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(portcullis_probe::look(&endpoint, address, pace, NOW, Depth::Whole, record))
}

fn look(address: SocketAddr, name: Option<&str>) -> Tls {
    match look_within(address, name, &pace(), false).tls {
        Sight::Seen(tls) => tls,
        other => panic!("nothing was seen: {other:?}"),
    }
}

fn offered(tls: &Tls) -> Vec<Protocol> {
    Protocol::ALL.into_iter().filter(|protocol| tls.offers(*protocol)).collect()
}

/// The suites of a version by name, as they were found.
fn suites(tls: &Tls, protocol: Protocol) -> Vec<String> {
    let of = tls.suites.iter().filter(|suites| suites.protocol == protocol);
    of.flat_map(|suites| &suites.suites).map(|number| names::suite(*number)).collect()
}

fn groups(tls: &Tls, protocol: Protocol) -> Vec<String> {
    let of = tls.groups.iter().filter(|groups| groups.protocol == protocol);
    of.flat_map(|groups| &groups.groups).map(|number| names::group(*number)).collect()
}
