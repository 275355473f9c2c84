//! What the user named: a name or an address, and a port.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use model::Listener;
use tokio::time::timeout;

use crate::Failure;

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    pub host: Host,
    pub port: u16,
    /// The name that is sent when a conversation begins; RFC 6066 §3 wants none for an address.
    pub sni: Option<String>,
    /// Who listens, where that is known before anybody looks; else the port speaks.
    pub known: Option<Listener>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// In lower case and without a final dot.
    Name(String),
    Address(IpAddr),
}

/// Why a text names no endpoint: a sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoEndpoint(pub &'static str);

impl fmt::Display for NoEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The port of an API server that nobody moved (kube-apiserver, `--secure-port`).
const PORT: u16 = 6443;

impl FromStr for Endpoint {
    type Err = NoEndpoint;

    /// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, or the same as `https://…`, whose port is 443 where none is written.
    fn from_str(typed: &str) -> Result<Self, NoEndpoint> {
        let (rest, default) = match typed.split_once("://") {
            Some(("https", rest)) => (rest.strip_suffix('/').unwrap_or(rest), 443),
            Some(_) => return Err(NoEndpoint("it has a scheme that is not https")),
            None => (typed, PORT),
        };
        if rest.contains(['/', '?', '#']) {
            return Err(NoEndpoint("it has a path; name a host and a port"));
        }
        if rest.contains('@') {
            return Err(NoEndpoint("it has a user; nothing is sent but what a stranger has"));
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (address, port) = inner.split_once(']').ok_or(NoEndpoint("its bracket does not end"))?;
                let port = match port.strip_prefix(':') {
                    Some(port) => Some(port),
                    None if port.is_empty() => None,
                    None => return Err(NoEndpoint("what follows the bracket is no port")),
                };
                if !address.contains(':') {
                    return Err(NoEndpoint("what stands in brackets is no IPv6 address"));
                }
                (address, port)
            }
            // Several colons and no brackets are an address and no port.
            None if rest.matches(':').count() > 1 => (rest, None),
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(default), |port| {
            let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            let number = port.parse().ok().filter(|&port: &u16| digits && port != 0);
            number.ok_or(NoEndpoint("its port is no number from 1 to 65535"))
        })?;
        let host: Host = host.parse()?;
        let sni = match &host {
            Host::Name(name) => Some(name.clone()),
            Host::Address(_) => None,
        };
        Ok(Self { host, port, sni, known: None })
    }
}

impl FromStr for Host {
    type Err = NoEndpoint;

    fn from_str(typed: &str) -> Result<Self, NoEndpoint> {
        if let Ok(address) = typed.parse() {
            return Ok(Self::Address(address));
        }
        if typed.contains('%') {
            return Err(NoEndpoint("it names a network interface, which is not supported"));
        }
        if typed.contains(':') {
            return Err(NoEndpoint("it is no IPv6 address"));
        }
        let name = typed.strip_suffix('.').unwrap_or(typed).to_ascii_lowercase();
        if name.is_empty() {
            return Err(NoEndpoint("it names no host"));
        }
        if !name.is_ascii() {
            return Err(NoEndpoint("its name is not ASCII; write it as xn--…"));
        }
        let good = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if name.len() > 253 || !name.split('.').all(good) {
            return Err(NoEndpoint("it is neither a name nor an address"));
        }
        // `127.1` and `0x7f.1` are addresses to a resolver and names to a reader (https://url.spec.whatwg.org, "ends in a number").
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
            return Err(NoEndpoint("it looks like an address and is none; write all of it"));
        }
        Ok(Self::Name(name))
    }
}

impl Endpoint {
    /// Whose port it is, as far as anybody knows without looking.
    pub fn listener(&self) -> Option<Listener> {
        self.known.or_else(|| Listener::of_port(self.port))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Addresses of one name that are looked at.
const MOST: usize = 16;

/// The addresses of an endpoint, sorted, so that two runs over one name are alike.
pub async fn resolve(endpoint: &Endpoint, time: Duration) -> Result<Vec<SocketAddr>, Failure> {
    let name = match &endpoint.host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, endpoint.port)]),
        Host::Name(name) => name,
    };
    let found = match timeout(time, tokio::net::lookup_host((name.as_str(), endpoint.port))).await {
        Err(_) => return Err(Failure::NoAddress("no answer in time".to_owned())),
        Ok(Err(error)) => return Err(Failure::NoAddress(error.to_string())),
        Ok(Ok(found)) => found,
    };
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST);
    if found.is_empty() { Err(Failure::NoAddress("there is none".to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<String, &'static str> {
        let endpoint: Endpoint = typed.parse().map_err(|NoEndpoint(why)| why)?;
        Ok(format!("{endpoint} {}", endpoint.sni.as_deref().unwrap_or_default()))
    }

    #[test]
    fn names_and_addresses_with_and_without_a_port() {
        for (typed, meant) in [
            ("10.0.0.1", "10.0.0.1:6443 "),
            ("10.0.0.1:10250", "10.0.0.1:10250 "),
            ("::1", "[::1]:6443 "),
            ("[::1]", "[::1]:6443 "),
            ("[2001:DB8::1]:2379", "[2001:db8::1]:2379 "),
            ("API.example.com.", "api.example.com:6443 api.example.com"),
            ("localhost:1", "localhost:1 localhost"),
            ("https://api.example.com/", "api.example.com:443 api.example.com"),
            ("https://[::1]:8443", "[::1]:8443 "),
            ("a_b.example:443", "a_b.example:443 a_b.example"),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(meant), "{typed}");
        }
    }

    #[test]
    fn what_names_no_endpoint_is_refused() {
        for typed in [
            "",
            ":6443",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:b",
            "http://a",
            "https://a/api",
            "a/b",
            "u@a",
            "[::1",
            "[::1]x",
            "[a]:1",
            "1:2:3",
            "fe80::1%eth0",
            "127.1",
            "0x7f.0.0.1.0x1",
            "1.2.3.4.5",
            "a..b",
            "a b",
            "a\u{1b}[0m",
            "mü.example",
        ] {
            assert!(read(typed).is_err(), "{typed}: {:?}", read(typed));
        }
    }
}
