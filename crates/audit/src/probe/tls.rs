//! What was seen of TLS, into the wire format.

use collect::endpoint::{
    Sight,
    tls::{Chain, Groups, Order, Refusal, Suites, Tls, Trust, names},
};
use facts::pki::{self, Served};
use jiff::civil::Date;
use report::wire;

use super::digest;

pub(super) fn convert(tls: &Tls, host: &str, as_of: Date) -> wire::ProbedTls {
    let mut unseen = Vec::new();
    let mut known = |what: &str, sight: &Sight<()>| {
        note(&mut unseen, what, sight);
        match sight {
            Sight::Seen(()) => Some(true),
            Sight::NotOffered => Some(false),
            Sight::Unseen(_) => None,
        }
    };
    let protocols = tls.protocols.iter().map(|(protocol, sight)| wire::ProbedProtocol {
        name: protocol.name().to_owned(),
        offered: known(protocol.name(), sight),
    });
    let protocols = protocols.collect();
    let older = tls.protocols.iter().any(|(protocol, sight)| {
        (names::Protocol::Ssl3..names::Protocol::Tls13).contains(protocol) && !matches!(sight, Sight::NotOffered)
    });
    let offered = tls.protocols.iter().filter(|(_, sight)| matches!(sight, Sight::Seen(()))).count();
    let compression = known("compression", &tls.compression);
    let secure_renegotiation = known("secure renegotiation", &tls.secure_renegotiation).filter(|_| older);
    let client_renegotiation = known("renegotiation that a client begins", &tls.client_renegotiation).filter(|_| older);
    let extended_master_secret = known("the extended master secret", &tls.extended_master_secret).filter(|_| older);
    let fallback_refused =
        known("fallback to an older version", &tls.refuses_fallback).filter(|_| offered > 1 && older);
    let session_tickets = known("session tickets", &tls.tickets);
    note(&mut unseen, "Diffie-Hellman", &tls.prime);
    note(&mut unseen, "protocols above TLS", &tls.alpn);
    note(&mut unseen, "a stapled answer", &tls.stapled);
    note(&mut unseen, "a request for a certificate", &tls.client_certificate);
    for Suites { protocol, cut_short, .. } in &tls.suites {
        unseen.extend(cut_short.as_ref().map(|why| gap(&format!("more suites of {protocol}"), why)));
    }
    for Groups { protocol, cut_short, .. } in &tls.groups {
        unseen.extend(cut_short.as_ref().map(|why| gap(&format!("more groups of {protocol}"), why)));
    }
    wire::ProbedTls {
        protocols,
        suites: tls.suites.iter().map(suites).collect(),
        groups: tls.groups.iter().map(groups).collect(),
        dh_bits: tls.prime.seen().copied(),
        alpn: match &tls.alpn {
            Sight::Seen(names) => Some(names.clone()),
            Sight::NotOffered => Some(Vec::new()),
            Sight::Unseen(_) => None,
        },
        compression,
        secure_renegotiation,
        client_renegotiation,
        extended_master_secret,
        fallback_refused,
        session_tickets,
        stapled_bytes: match &tls.stapled {
            Sight::Seen(bytes) => Some(*bytes),
            Sight::NotOffered => Some(0),
            Sight::Unseen(_) => None,
        },
        client_certificate: match &tls.client_certificate {
            Sight::Seen(asked) => wire::ProbedClientCertificate {
                requested: Some(true),
                required: asked.required,
                authorities: asked.authorities.iter().map(|name| pki::name_of(name)).collect(),
            },
            Sight::NotOffered => {
                wire::ProbedClientCertificate { requested: Some(false), required: Some(false), authorities: Vec::new() }
            }
            Sight::Unseen(_) => {
                wire::ProbedClientCertificate { requested: None, required: None, authorities: Vec::new() }
            }
        },
        chains: tls.chains.iter().map(|one| chain(one, host, as_of)).collect(),
        unseen,
    }
}

fn note<T>(unseen: &mut Vec<wire::Unseen>, what: &str, sight: &Sight<T>) {
    if let Sight::Unseen(why) = sight {
        unseen.push(gap(what, why));
    }
}

fn gap(what: &str, why: &collect::endpoint::Failure) -> wire::Unseen {
    wire::Unseen { what: what.to_owned(), reason: why.to_string() }
}

fn suites(of: &Suites) -> wire::ProbedSuites {
    let order = match of.order {
        Order::Server => "server",
        Order::Client => "client",
        Order::Library => "library",
        Order::Unknown => "unknown",
    };
    let one = |number: &u16| {
        let name = names::suite(*number);
        let weakness = rules::weakness(&name).map(str::to_owned);
        wire::ProbedSuite { name, number: *number, weakness }
    };
    wire::ProbedSuites {
        protocol: of.protocol.name().to_owned(),
        order: order.to_owned(),
        suites: of.suites.iter().map(one).collect(),
    }
}

fn groups(of: &Groups) -> wire::ProbedGroups {
    wire::ProbedGroups {
        protocol: of.protocol.name().to_owned(),
        groups: of.groups.iter().map(|group| names::group(*group)).collect(),
    }
}

fn chain(of: &Chain, host: &str, as_of: Date) -> wire::ProbedChain {
    let mut chain = wire::ProbedChain {
        sni: of.sni.clone(),
        protocol: of.protocol.name().to_owned(),
        reason: None,
        trust: None,
        trust_reason: None,
        names_host: None,
        breaks: Vec::new(),
        issued_by: None,
        certificates: Vec::new(),
    };
    let certificates = match &of.certificates {
        Ok(certificates) => certificates,
        Err(refusal) => {
            chain.reason = Some(match refusal {
                Refusal::Alert(Some(alert)) => format!("it refuses with {}", names::alert(*alert)),
                Refusal::Alert(None) => "it closes the connection".to_owned(),
                Refusal::Failed(failure) => failure.to_string(),
            });
            return chain;
        }
    };
    let (trust, why) = match &of.trust {
        Trust::WellKnown => ("well-known", None),
        Trust::Private => ("private", None),
        Trust::Unknown(why) => ("unknown", Some(why.clone())),
    };
    (chain.trust, chain.trust_reason) = (Some(trust.to_owned()), why);
    let served = Served::read(certificates.iter().map(Vec::as_slice));
    chain.breaks = served.breaks();
    chain.issued_by = served.wants().map(str::to_owned);
    chain.names_host = served.leaf().map(|leaf| leaf.names(host));
    let pairs = served.certificates.iter().zip(certificates);
    chain.certificates = pairs.map(|(read, bytes)| certificate(read, bytes, as_of)).collect();
    chain
}

fn certificate(read: &Result<pki::Certificate, String>, bytes: &[u8], as_of: Date) -> wire::ProbedCertificate {
    let known = read.as_ref().ok();
    let text = |of: fn(&pki::Certificate) -> &str| known.map(of).unwrap_or_default().to_owned();
    let last = known.and_then(pki::Certificate::last_day);
    wire::ProbedCertificate {
        reason: read.as_ref().err().cloned(),
        subject: text(|one| &one.subject.text),
        issuer: text(|one| &one.issuer.text),
        not_before: known.and_then(pki::Certificate::first_day).map(|day| day.to_string()),
        not_after: last.map(|day| day.to_string()),
        days_left: last.map(|last| (last - as_of).get_days()),
        hosts: known.map(|one| one.hosts.clone()).unwrap_or_default(),
        key: text(|one| &one.key.algorithm),
        key_bits: known.and_then(|one| one.key.bits),
        signature: text(|one| &one.signature),
        authority: known.and_then(|one| one.authority),
        oddities: pki::oddities(bytes),
        sha256: digest(bytes),
        pem: pki::pem("CERTIFICATE", bytes),
    }
}
