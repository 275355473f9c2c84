//! Peers that are slow, silent, closing, endless, too large, or no servers of TLS at all.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use portcullis_probe::{
    Failure, Limits, Pace, Sight, Spent,
    tls::{Order, Protocol, Tls},
};

use crate::{look_within, offered, pace};

/// A peer that does the same with every connection, given the first message of it.
fn peer(act: impl Fn(&mut TcpStream, &[u8]) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let act = act.clone();
            thread::spawn(move || {
                let mut first = [0; 4096];
                let length = stream.read(&mut first).unwrap_or(0);
                act(&mut stream, &first[..length]);
            });
        }
    });
    address
}

/// Looks at one for two seconds at most, and tells what that took.
fn seen(address: SocketAddr) -> (Sight<Tls>, Spent) {
    let pace = Pace {
        time: Duration::from_secs(2),
        conversation: Limits { time: Duration::from_millis(300), bytes: 64 << 10 },
        retries: 0,
        ..pace()
    };
    let seen = look_within(address, None, &pace, false);
    (seen.tls, seen.spent)
}

/// The version that a first message offers, 1.3 by its extension.
fn wanted(hello: &[u8]) -> u16 {
    let legacy = u16::from_be_bytes([hello[9], hello[10]]);
    let newer = [0, 43, 0, 3, 2, 3, 4];
    if hello.windows(7).any(|bytes| bytes == newer) { 0x0304 } else { legacy }
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, 3, 0, length[0], length[1]], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, length[1], length[2], length[3]], body].concat()
}

/// The answer of a server without extensions, which is that of SSL 3.0 (RFC 6101 §5.6.1.3).
fn server_hello(version: u16, suite: u16, compression: u8) -> Vec<u8> {
    let body = [&version.to_be_bytes()[..], &[7; 32], &[0], &suite.to_be_bytes(), &[compression]].concat();
    record(22, &message(2, &body))
}

#[test]
fn a_silent_peer_is_asked_once() {
    let (tls, spent) = seen(peer(|_, _| thread::sleep(Duration::from_secs(5))));
    assert_eq!(tls, Sight::Unseen(Failure::TimedOut));
    assert_eq!((spent.connections, spent.received), (1, 0));
}

#[test]
fn a_peer_that_closes_shows_nothing() {
    let (tls, _) = seen(peer(|_, _| {}));
    assert_eq!(tls, Sight::Unseen(Failure::Closed));
}

#[test]
fn a_port_without_a_peer_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(seen(address).0, Sight::Unseen(Failure::Refused));
}

#[test]
fn what_is_no_tls_is_said_to_be_none() {
    let (tls, _) = seen(peer(|stream, _| drop(stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n"))));
    assert_eq!(tls, Sight::NotOffered, "it answers over HTTP, so that it is known to speak no TLS");
    let (tls, _) = seen(peer(|stream, _| drop(stream.write_all(b"220 mail.example ESMTP\r\n"))));
    assert_eq!(tls, Sight::Unseen(Failure::Garbled("something that is no TLS")));
    let (tls, _) = seen(peer(|stream, hello| drop(stream.write_all(hello))));
    assert!(matches!(tls, Sight::Unseen(Failure::Garbled(_))), "an echo: {tls:?}");
}

#[test]
fn a_peer_that_drips_is_left_in_time() {
    let (tls, spent) = seen(peer(|stream, _| {
        for byte in server_hello(0x0303, 0xc02f, 0) {
            let _ = stream.write_all(&[byte]);
            thread::sleep(Duration::from_millis(50));
        }
    }));
    assert_eq!(tls, Sight::Unseen(Failure::TimedOut));
    assert_eq!(spent.connections, 1);
}

#[test]
fn records_without_end_are_left() {
    // Empty ones say nothing and are never too long.
    let (tls, spent) = seen(peer(|stream, _| while stream.write_all(&record(22, &[]).repeat(500)).is_ok() {}));
    assert_eq!(tls, Sight::Unseen(Failure::TooMuch));
    assert!(spent.received < 200 << 10, "{spent:?}");
    let hellos = message(0, &[]).repeat(1000);
    let (tls, _) = seen(peer(move |stream, _| while stream.write_all(&record(22, &hellos)).is_ok() {}));
    assert_eq!(tls, Sight::Unseen(Failure::TooMuch));
}

#[test]
fn warnings_without_end_are_left() {
    // Of all warnings this one may stand before an answer.
    let storm = record(21, &[1, 112]).repeat(500);
    let (tls, spent) = seen(peer(move |stream, _| while stream.write_all(&storm).is_ok() {}));
    assert_eq!(tls, Sight::Unseen(Failure::TooMuch));
    assert!(spent.received < 200 << 10, "{spent:?}");
}

#[test]
fn an_answer_that_breaks_off_at_any_byte_is_no_answer() {
    let whole = server_hello(0x0303, 0xc02f, 0);
    for length in [0, 1, 4, 5, 6, 9, 10, 20, 42, whole.len() - 1] {
        let part = whole[..length].to_vec();
        let (tls, _) = seen(peer(move |stream, _| drop(stream.write_all(&part))));
        match tls {
            Sight::Unseen(Failure::Closed) if length == 0 => {}
            Sight::Unseen(Failure::Garbled("less than an answer")) if length > 0 => {}
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn a_message_larger_than_anybody_needs_is_not_waited_for() {
    let (tls, spent) = seen(peer(|stream, _| {
        let _ = stream.write_all(&server_hello(0x0303, 0xc02f, 0));
        let _ = stream.write_all(&record(22, &[11, 0xff, 0xff, 0xff]));
        while stream.write_all(&record(22, &[0; 16_000])).is_ok() {}
    }));
    assert_eq!(tls, Sight::Unseen(Failure::Garbled("a message longer than anybody needs")));
    assert!(spent.received < 64 << 10, "{spent:?}");
}

#[test]
fn a_suite_that_was_not_offered_ends_the_list() {
    let address = peer(|stream, hello| {
        let _ = stream.write_all(&server_hello(wanted(hello).min(0x0303), 0xfafa, 0));
        let _ = stream.write_all(&record(22, &message(14, &[])));
    });
    let Sight::Seen(tls) = seen(address).0 else { panic!("it speaks TLS") };
    assert!(tls.offers(Protocol::Tls12) && !tls.offers(Protocol::Tls13));
    assert!(tls.suites.iter().all(|suites| suites.suites.is_empty() && suites.cut_short.is_some()), "{:?}", tls.suites);
}

#[test]
fn ssl_3_and_compression_are_seen_in_an_old_server() {
    // It refuses whatever is newer, has two suites and likes the second one better, and would compress.
    let address = peer(|stream, hello| {
        if wanted(hello) != 0x0300 {
            let _ = stream.write_all(&record(21, &[2, 70]));
            return;
        }
        let count = usize::from(u16::from_be_bytes([hello[44], hello[45]])) / 2;
        let offers = |suite: u16| hello[46..].chunks(2).take(count).any(|two| two == suite.to_be_bytes());
        let Some(suite) = [0x0005, 0x000a].into_iter().find(|suite| offers(*suite)) else {
            let _ = stream.write_all(&record(21, &[2, 40]));
            return;
        };
        let compresses = hello[46 + 2 * count..].starts_with(&[2, 1, 0]);
        let _ = stream.write_all(&server_hello(0x0300, suite, u8::from(compresses)));
        let certificates = message(11, &[0, 0, 7, 0, 0, 4, 0x30, 2, 5, 0]);
        let _ = stream.write_all(&record(22, &[certificates, message(14, &[])].concat()));
    });
    let Sight::Seen(tls) = seen(address).0 else { panic!("it speaks SSL 3.0") };
    assert_eq!(offered(&tls), [Protocol::Ssl3]);
    assert_eq!(tls.suites[0].suites, [0x0005, 0x000a]);
    assert_eq!(tls.compression, Sight::Seen(()));
    assert_eq!(tls.secure_renegotiation, Sight::NotOffered);
    assert_eq!(tls.chains[0].certificates, Ok(vec![vec![0x30, 2, 5, 0]]));
}

#[test]
fn a_server_of_before_the_flood_is_known_by_its_answer() {
    let hello = [&[0x80, 34, 4, 0, 1, 0, 2, 0, 4, 0, 3, 0, 16][..], &[0x30, 2, 5, 0, 1, 0, 0x80], &[9; 16]].concat();
    let address = peer(move |stream, asked| {
        let answer = if asked.starts_with(&[0x80, 0x2e, 1, 0, 2]) { hello.clone() } else { record(21, &[2, 70]) };
        let _ = stream.write_all(&answer);
    });
    let Sight::Seen(tls) = seen(address).0 else { panic!("it speaks SSL 2.0") };
    assert_eq!(offered(&tls), [Protocol::Ssl2]);
    assert!(tls.suites.is_empty() && tls.chains.is_empty());
}

/// As Go 1.17 and later choose (crypto/tls/cipher_suites.go, `aesgcmPreferred`), of two suites.
#[test]
fn a_library_that_leaves_nobody_the_choice_is_known_by_two_suites() {
    let address = peer(|stream, hello| {
        if wanted(hello) != 0x0303 {
            let _ = stream.write_all(&record(21, &[2, 70]));
            return;
        }
        let start = 43 + 1 + usize::from(hello[43]);
        let count = usize::from(u16::from_be_bytes([hello[start], hello[start + 1]])) / 2;
        let offered: Vec<u16> =
            hello[start + 2..].chunks(2).take(count).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
        let with_aes = [0xc02b, 0xc02f, 0xc02c, 0xc030].contains(&offered[0]);
        let order = if with_aes { [0xc02f, 0xcca8] } else { [0xcca8, 0xc02f] };
        let Some(suite) = order.into_iter().find(|suite| offered.contains(suite)) else {
            let _ = stream.write_all(&record(21, &[2, 40]));
            return;
        };
        let _ = stream.write_all(&server_hello(0x0303, suite, 0));
        let _ = stream.write_all(&record(22, &message(14, &[])));
    });
    let Sight::Seen(tls) = seen(address).0 else { panic!("it speaks TLS") };
    assert_eq!((tls.suites[0].suites.len(), tls.suites[0].order), (2, Order::Library));
}

#[test]
fn connections_keep_their_distance_and_are_counted() {
    let address = peer(|stream, _| drop(stream.write_all(&record(21, &[2, 40]))));
    let pace = Pace { gap: Duration::from_millis(60), connections: 4, ..pace() };
    let clock = Instant::now();
    let seen = look_within(address, None, &pace, true);
    assert_eq!(seen.spent.connections, 4);
    assert!(clock.elapsed() >= Duration::from_millis(180));
    assert_eq!(seen.exchanges.len(), 4);
    let first = &seen.exchanges[0];
    assert!(first.pieces[0].is_ours && !first.pieces[1].is_ours);
    assert_eq!(first.pieces[1].bytes.as_deref(), Some(&record(21, &[2, 40])[..]));
}
