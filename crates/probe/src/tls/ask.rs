//! One question to a server: a first message, and what comes back before anything is encrypted.

use super::{
    hello::ClientHello,
    names::Protocol,
    records::{Message, Records},
    server::{self, ServerHello},
};
use crate::{Dialer, Failure};

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Chosen(Box<Flight>),
    /// It wants nothing of what was offered, and says so.
    Alert(u8),
    /// It closed without a word, which is how some say the same.
    Closed,
}

/// What a server chose, and what it said besides; what did not come in time or was not waited for is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flight {
    pub hello: ServerHello,
    pub certificates: Option<Vec<Vec<u8>>>,
    pub stapled: Option<usize>,
    pub key_exchange: Option<Vec<u8>>,
    /// The body of the request for a certificate.
    pub request: Option<Vec<u8>>,
    /// Whether all of it came.
    pub whole: bool,
}

/// How far an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// What was chosen.
    Hello,
    /// What follows that in the clear.
    Done,
}

/// An answer as it comes in. This is all that a peer's bytes go through, and it is a function of them alone.
#[derive(Debug)]
pub struct Reading {
    records: Records,
    flight: Option<Box<Flight>>,
    until: Until,
    bytes: usize,
}

impl Reading {
    pub fn new(until: Until) -> Self {
        Self { records: Records::default(), flight: None, until, bytes: 0 }
    }

    /// What the bytes come to; `None` until more have come.
    pub fn add(&mut self, bytes: &[u8]) -> Result<Option<Answer>, Failure> {
        self.bytes += bytes.len();
        self.records.add(bytes);
        while let Some(message) = self.records.message().map_err(|fault| Failure::Garbled(fault.name()))? {
            if let Some(answer) = self.message(message)? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// What it comes to when the peer has closed.
    pub fn end(self) -> Result<Answer, Failure> {
        match self.flight {
            Some(flight) => Ok(Answer::Chosen(flight)),
            None if self.bytes == 0 => Ok(Answer::Closed),
            None => Err(Failure::Garbled("less than an answer")),
        }
    }

    fn message(&mut self, message: Message) -> Result<Option<Answer>, Failure> {
        let garbled = |what| move || Failure::Garbled(what);
        let (kind, body) = match message {
            // A warning before the answer, as some send where they do not know the name, is none.
            Message::Alert(1, 112) => return Ok(None),
            Message::Alert(_, description) => {
                return Ok(Some(match self.flight.take() {
                    Some(flight) => Answer::Chosen(flight),
                    None => Answer::Alert(description),
                }));
            }
            Message::Encrypted => {
                let flight = self.flight.take().ok_or_else(garbled("something encrypted before an answer"))?;
                return Ok(Some(Answer::Chosen(flight)));
            }
            Message::Handshake(kind, body) => (kind, body),
        };
        let Some(flight) = &mut self.flight else {
            return match kind {
                2 => {
                    let hello = ServerHello::read(&body).ok_or_else(garbled("an answer that is cut short"))?;
                    let flight = Box::new(Flight { hello, ..Flight::default() });
                    // Behind this TLS 1.3 encrypts.
                    if self.until == Until::Hello || flight.hello.version >= Protocol::Tls13.number() {
                        return Ok(Some(Answer::Chosen(flight)));
                    }
                    self.flight = Some(flight);
                    Ok(None)
                }
                // Asking for a handshake that has begun is allowed and means nothing (RFC 5246 §7.4.1.1).
                0 => Ok(None),
                _ => Err(Failure::Garbled("a message before its answer")),
            };
        };
        match kind {
            11 => {
                let chain = server::certificates(&body).ok_or_else(garbled("a list of certificates that is none"))?;
                flight.certificates = Some(chain);
            }
            12 => flight.key_exchange = Some(body),
            13 => flight.request = Some(body),
            22 => flight.stapled = server::stapled(&body),
            14 => {
                flight.whole = true;
                return Ok(self.flight.take().map(Answer::Chosen));
            }
            _ => {}
        }
        Ok(None)
    }
}

/// Asks one question over a connection of its own.
pub(crate) async fn ask(
    dialer: &mut Dialer,
    hello: &ClientHello,
    until: Until,
    purpose: &str,
) -> Result<Answer, Failure> {
    let mut line = dialer.connect(purpose, dialer.limits()).await?;
    line.send(&hello.bytes()).await?;
    let mut reading = Reading::new(until);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match line.receive(&mut bytes).await {
            Ok(0) | Err(Failure::Closed) => return reading.end(),
            Ok(_) => {}
            Err(failure) => return Err(failure),
        }
        let Some(answer) = reading.add(&bytes)? else { continue };
        if matches!(answer, Answer::Chosen(_)) {
            // Nobody goes on from here, and the server need not wait: `user_canceled`, then `close_notify` (RFC 8446 §6.1).
            let _ = line.send(&[21, 3, 1, 0, 2, 1, 90, 21, 3, 1, 0, 2, 1, 0]).await;
        }
        return Ok(answer);
    }
}
