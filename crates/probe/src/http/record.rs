//! What was said, as text, for the reader who doubts and for a replay that comes to the same.
//!
//! What goes over a connection may be encrypted, and may hold what is nobody's business. Recorded is what was asked and what
//! was read of the answer, which of such answers is the head alone. Cookies and tickets are cut.

use std::time::Duration;

use http_body_util::Full;
use hyper::{Request, body::Bytes};

use super::{
    Asked, Http, Over, Who,
    answer::{self, Head, LOOKED_AT},
    asks,
    channel::{Got, NoAnswer},
    of_call, plain,
};
use crate::{Exchange, Keep};

/// A request as text.
pub(super) fn request(request: &Request<Full<Bytes>>) -> Vec<u8> {
    let mut text = format!("{} {} {:?}\r\n", request.method(), request.uri(), request.version());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// One request and its answer, over a connection that was opened for it or before.
pub(super) fn exchange(over: Over, who: Who, sent: &[u8], got: &Result<Got, NoAnswer>) -> Exchange {
    let mut exchange = Exchange::new(&format!("{} {}", over.name(), who.name()));
    exchange.add(Duration::ZERO, true, sent, Keep::All);
    let answer = match got {
        Ok(got) => head(&got.head).into_bytes().into_iter().chain(got.body.iter().copied()).collect(),
        Err(NoAnswer::CertificateRequired) => b"a certificate is required\r\n".to_vec(),
        Err(NoAnswer::OtherProtocol) => b"another protocol\r\n".to_vec(),
        Err(NoAnswer::Failed(failure)) => format!("no answer: {failure}\r\n").into_bytes(),
    };
    exchange.add(Duration::ZERO, false, &answer, Keep::All);
    exchange
}

/// The first question, and the first bytes that came.
pub(super) fn plain(sent: &[u8], came: &[u8]) -> Exchange {
    let mut exchange = Exchange::new(&format!("{} {}", Over::Plain1.name(), Who::Anonymous.name()));
    exchange.add(Duration::ZERO, true, sent, Keep::All);
    let kept = match plain::split(came) {
        Some((parsed, body)) => {
            let body = &body[..body.len().min(LOOKED_AT)];
            head(&parsed).into_bytes().into_iter().chain(body.iter().copied()).collect()
        }
        None => came[..came.len().min(LOOKED_AT)].to_vec(),
    };
    exchange.add(Duration::ZERO, false, &kept, Keep::All);
    exchange
}

fn head(head: &Head) -> String {
    let mut text = format!("HTTP {}\r\n", head.status);
    for (name, value) in &head.headers {
        let value = match name.as_str() {
            "set-cookie" => "*".repeat(value.len()),
            "location" => value.split(['?', '#']).next().unwrap_or_default().to_owned(),
            _ => value.clone(),
        };
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text
}

/// What a record says again, without anybody being asked: each exchange as its answer is read today.
pub fn replay(exchanges: &[Exchange]) -> Http {
    let mut http = Http::default();
    for exchange in exchanges {
        let Some((over, who)) = exchange.purpose.split_once(' ') else { continue };
        let (Some(over), Some(who)) = (Over::named(over), Who::named(who)) else { continue };
        let said = |ours: bool| {
            exchange.pieces.iter().find(|piece| piece.is_ours == ours).and_then(|piece| piece.bytes.as_deref())
        };
        let (Some(sent), Some(came)) = (said(true), said(false)) else { continue };
        let Some(path) = path(sent) else { continue };
        let Some((parsed, body)) = plain::split(came) else { continue };
        let answer = if path == super::grpc::PATH {
            let (answer, status) = of_call(&parsed, body);
            http.etcd = status;
            answer
        } else {
            Ok(answer::of_path(path, answer::classify(&parsed, body)))
        };
        http.asked.push(Asked { over, who, path, answer });
    }
    http
}

/// The path that was asked for, of those that ever are.
fn path(sent: &[u8]) -> Option<&'static str> {
    let line = sent.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let uri = line.split(' ').nth(1)?;
    let path = uri.split_once("://").map_or(uri, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let known = asks::LISTS.into_iter().flatten().map(|ask| ask.path).chain([super::grpc::PATH]);
    known.into_iter().find(|known| *known == path)
}
