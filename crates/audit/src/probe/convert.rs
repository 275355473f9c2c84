//! Observations into the wire format.

use std::time::Duration;

use collect::endpoint::{Exchange, Observation, Piece, Probed, Sight};
use jiff::civil::Date;
use model::{Entry, Outcome, hex};
use report::wire;

use super::tls;

/// What was seen of an endpoint itself; what is concluded from its answers comes with their judgement.
pub(super) fn endpoint(probed: &Probed, as_of: Date) -> wire::ProbedEndpoint {
    let endpoint = &probed.endpoint;
    wire::ProbedEndpoint {
        endpoint: endpoint.to_string(),
        host: endpoint.host.to_string(),
        port: endpoint.port,
        component: endpoint.listener().map(|listener| listener.component().to_owned()),
        reason: probed.seen.as_ref().err().map(ToString::to_string),
        differ: Vec::new(),
        addresses: probed.seen.iter().flatten().map(|one| address(one, as_of)).collect(),
        findings: Vec::new(),
    }
}

pub(super) fn finding(entry: &Entry) -> wire::ProbeFinding {
    let outcome = if matches!(entry.outcome, Outcome::Fail(_)) { "fail" } else { "undetermined" };
    wire::ProbeFinding {
        rule: entry.rule.to_owned(),
        title: entry.title.to_owned(),
        severity: entry.severity.name().to_owned(),
        outcome: outcome.to_owned(),
        subject: entry.subject.clone(),
        message: entry.message.clone(),
    }
}

fn address(observation: &Observation, as_of: Date) -> wire::ProbedAddress {
    let host = observation.endpoint.host.to_string();
    wire::ProbedAddress {
        address: observation.address.to_string(),
        connections: observation.spent.connections,
        requests: observation.spent.requests,
        bytes_sent: observation.spent.sent,
        bytes_received: observation.spent.received,
        tls: observation.tls.seen().map(|seen| tls::convert(seen, &host, as_of)),
        tls_reason: match &observation.tls {
            Sight::Unseen(why) => Some(why.to_string()),
            Sight::Seen(_) | Sight::NotOffered => None,
        },
        http: None,
        reread: None,
    }
}

pub(super) fn exchanges(probed: &Probed) -> Vec<wire::AddressExchanges> {
    let of = |observation: &Observation| wire::AddressExchanges {
        endpoint: observation.endpoint.to_string(),
        address: observation.address.to_string(),
        connections: observation.exchanges.iter().map(exchange).collect(),
    };
    probed.seen.iter().flatten().map(of).collect()
}

fn exchange(exchange: &Exchange) -> wire::RawExchange {
    let piece = |piece: &Piece| wire::RawPiece {
        at_ms: u64::try_from(piece.at.as_millis()).unwrap_or(u64::MAX),
        from: if piece.is_ours { "portcullis" } else { "peer" }.to_owned(),
        length: piece.length,
        hex: piece.bytes.as_deref().map(hex),
        text: piece.bytes.as_deref().and_then(text),
    };
    wire::RawExchange { purpose: exchange.purpose.clone(), pieces: exchange.pieces.iter().map(piece).collect() }
}

/// What was recorded of one address, as it went over the wire; what is no hexadecimal is not there.
pub(super) fn recorded(of: &wire::AddressExchanges) -> Vec<Exchange> {
    let piece = |piece: &wire::RawPiece| Piece {
        at: Duration::from_millis(piece.at_ms),
        is_ours: piece.from == "portcullis",
        bytes: piece.hex.as_deref().and_then(unhex),
        length: piece.length,
    };
    of.connections.iter().map(|one| Exchange::of(&one.purpose, one.pieces.iter().map(piece).collect())).collect()
}

/// What people read without a table; what would move a cursor is no text.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_plain = text.chars().all(|letter| !letter.is_control() || matches!(letter, '\r' | '\n' | '\t'));
    (is_plain && !text.is_empty()).then(|| text.to_owned())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
