//! The first question, without TLS, made and read by hand: what comes may be no HTTP at all, and what it is tells.

use super::{
    NO_HTTP,
    answer::{self, Answer, Head, LOOKED_AT},
    channel::{AGENT, NoAnswer},
    record,
};
use crate::{Dialer, Endpoint, Failure, Keep};

/// What an open insecure port answers with its versions.
pub(super) const PATH: &str = "/api";

/// Asks, and reads the answer or what came in its place.
pub(super) async fn ask(endpoint: &Endpoint, dialer: &mut Dialer) -> Result<Answer, NoAnswer> {
    let limits = dialer.limits();
    let mut line = dialer.connect("http/1.1 anonymous", limits).await?;
    line.keep(Keep::Lengths);
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nhost: {endpoint}\r\nuser-agent: {AGENT}\r\naccept: application/json, */*;q=0.5\r\n\
         connection: close\r\n\r\n"
    );
    dialer.count_request();
    line.send(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    let outcome = loop {
        match line.receive(&mut bytes).await {
            // What there is counts, also where the rest did not come.
            Err(failure) if bytes.is_empty() => break Err(failure.into()),
            Ok(0) | Err(_) => break read(&bytes).1,
            Ok(_) => {
                let (whole, outcome) = read(&bytes);
                if whole {
                    break outcome;
                }
            }
        }
    };
    if dialer.records() {
        dialer.note(record::plain(request.as_bytes(), &bytes));
    }
    outcome
}

/// Reads what came so far, and whether more would change it.
pub fn read(bytes: &[u8]) -> (bool, Result<Answer, NoAnswer>) {
    // A record of TLS that holds an alert, or a frame of HTTP/2: both speak another language.
    if bytes.starts_with(&[0x15, 0x03]) || bytes.starts_with(&[0, 0]) {
        return (true, Err(NoAnswer::OtherProtocol));
    }
    if bytes.is_empty() {
        return (false, Err(Failure::Closed.into()));
    }
    let start = &bytes[..bytes.len().min(5)];
    if !b"HTTP/".starts_with(start) {
        return (true, Err(Failure::Garbled(NO_HTTP).into()));
    }
    let Some((head, body)) = split(bytes) else {
        let endless = bytes.len() > 64 << 10;
        let why = if endless { "headers without an end" } else { "a part of an answer" };
        return (endless, Err(Failure::Garbled(why).into()));
    };
    let whole =
        body.len() >= LOOKED_AT || head.header("content-length").is_some_and(|length| length.parse() == Ok(body.len()));
    (whole, Ok(answer::classify(&head, &body[..body.len().min(LOOKED_AT)])))
}

/// The status, the headers and the rest of an answer; `None` where its headers have no end yet. What only comes before an answer
/// (1xx, RFC 9110 §15.2) is none, but for the change to another protocol.
pub(super) fn split(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let mut rest = bytes;
    loop {
        let (head, body) = first(rest)?;
        if !matches!(head.status, 100 | 102..=199) {
            return Some((head, body));
        }
        rest = body;
    }
}

fn first(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(bytes.get(..end)?);
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some((Head { status, headers: lines.filter_map(header).take(64).collect() }, bytes.get(end + 4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Meaning;

    #[test]
    fn a_server_that_speaks_tls_says_so_in_many_ways() {
        // As kube-apiserver 1.20.2 and 1.36.2 answer, and what Go answered before 1.12.
        let go = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        assert_eq!(read(go).1.map(|answer| answer.meaning), Ok(Meaning::SpeakTls));
        assert_eq!(read(b"\x15\x03\x01\0\x02\x02\x16"), (true, Err(NoAnswer::OtherProtocol)));
        assert_eq!(read(b"\0\0\x12\x04\0\0\0\0\0"), (true, Err(NoAnswer::OtherProtocol)));
        assert_eq!(read(b""), (false, Err(Failure::Closed.into())));
        assert_eq!(read(b"SSH-2.0-OpenSSH_9.2\r\n"), (true, Err(Failure::Garbled(NO_HTTP).into())));
    }

    #[test]
    fn an_answer_is_read_however_it_arrives() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{\"kind\":\"APIVersions\",\"x\":true}";
        for length in 1..whole.len() {
            let (done, _) = read(&whole[..length]);
            assert!(!done, "{length}");
        }
        let (done, answer) = read(whole);
        let answer = answer.expect("an answer");
        assert!(done && answer.meaning == Meaning::Given);
        assert_eq!(answer.words.as_deref(), Some("{\"kind\":\"APIVersions\",\"x\":true}"));
        // What may come before it is passed over.
        let hints = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
        assert!(!read(hints).0 && read(hints).1.is_err());
        let early = [&hints[..], hints, whole].concat();
        assert_eq!(read(&early).1.map(|answer| (answer.status, answer.meaning)), Ok((200, Meaning::Given)));
        assert!(read(&hints.repeat(2000)).0, "however long");
        // Headers that do not end, and a status that is none.
        let mut endless = b"HTTP/1.1 200 OK\r\n".to_vec();
        endless.extend(std::iter::repeat_n(b"a: b\r\n", 20_000).flatten());
        assert!(read(&endless).0);
        assert!(read(b"HTTP/1.1 abc\r\n\r\n").1.is_err());
    }
}
