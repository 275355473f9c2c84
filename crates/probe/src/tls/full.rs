//! A whole handshake, by a library that speaks TLS 1.2 and 1.3: for what is encrypted, and for what comes at the end.
//!
//! What the server shows is written down and never judged: a chain that nobody should trust is the one to hear of. No
//! certificate is sent, and of what is said nothing is believed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    AlertDescription, ClientConnection, Error, SupportedProtocolVersion,
    client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue},
    pki_types::ServerName,
};
use tokio::time::timeout;

use super::{
    anybody::{Anybody, Groups, Shown, Wants},
    names::Protocol,
};
use crate::{Dialer, Endpoint, Failure, Host, Line};

/// What a whole handshake showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) certificates: Vec<Vec<u8>>,
    /// Bytes of the stapled answer.
    pub(super) stapled: usize,
    /// The names of authorities, where a certificate was asked for.
    pub(super) asked: Option<Vec<Vec<u8>>>,
    /// Whether going on without a certificate was refused; `None` where that cannot be told.
    pub(super) requires: Option<bool>,
    pub(super) tickets: bool,
    pub(super) alpn: Option<String>,
    pub(super) alert: Option<u8>,
    /// The name that was sent.
    pub(super) sni: Option<String>,
}

/// What is offered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    pub(super) protocol: Protocol,
    /// What may be spoken inside, by the names of ALPN.
    pub(super) inside: &'static [&'static str],
    pub(super) groups: Groups,
    pub(super) wants: Wants,
}

/// Who looks on.
#[derive(Debug)]
pub(super) struct Noted {
    anybody: Arc<Anybody>,
    full: Mutex<Full>,
}

impl Noted {
    fn asks(&self) -> bool {
        self.anybody.shown().asked.is_some()
    }

    fn note(&self, note: impl FnOnce(&mut Full)) {
        note(&mut self.full.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// How long is waited for what a server says behind its handshake, where it may say nothing.
const AFTERWARDS: Duration = Duration::from_millis(400);

/// Speaks one version with an endpoint.
pub(super) async fn handshake(dialer: &mut Dialer, endpoint: &Endpoint, offer: Offer) -> Result<Full, Failure> {
    let (mut connection, noted) = begin(endpoint, offer, false)?;
    let mut line = dialer.connect(&format!("{} handshake", offer.protocol), dialer.limits()).await?;
    let ended = speak(&mut line, &mut connection, &noted).await;
    noted.note(|full| full.alpn = connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()));
    let Shown { certificates, stapled, asked } = noted.anybody.shown();
    let full = noted.full.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let full = Full { certificates, stapled, asked, sni: endpoint.sni.clone(), ..full };
    match ended {
        // What was seen before it broke off was seen.
        Err(failure) if full.certificates.is_empty() && full.alert.is_none() => Err(failure),
        _ => Ok(full),
    }
}

/// A handshake that has not begun, and who notes what is shown in it. `extracts` lets its keys be had in the end.
pub(super) fn begin(
    endpoint: &Endpoint,
    offer: Offer,
    extracts: bool,
) -> Result<(ClientConnection, Arc<Noted>), Failure> {
    let Offer { protocol, inside, groups, wants } = offer;
    let versions: &[&'static SupportedProtocolVersion] =
        if protocol == Protocol::Tls13 { &[&rustls::version::TLS13] } else { &[&rustls::version::TLS12] };
    let noted = Arc::new(Noted { anybody: Anybody::who(wants), full: Mutex::default() });
    let config = noted.anybody.watches(versions, groups);
    let mut config = config.ok_or(Failure::Garbled("a version that this build cannot speak"))?;
    config.alpn_protocols = inside.iter().map(|name| name.as_bytes().to_vec()).collect();
    config.resumption = Resumption::store(Arc::clone(&noted) as Arc<dyn ClientSessionStore>);
    config.enable_sni = endpoint.sni.is_some();
    config.enable_secret_extraction = extracts;
    let name = match (&endpoint.sni, &endpoint.host) {
        (Some(name), _) | (None, Host::Name(name)) => ServerName::try_from(name.clone()).ok(),
        (None, Host::Address(address)) => Some(ServerName::from(*address)),
    };
    let name = name.ok_or(Failure::Garbled("nothing: the name cannot be sent"))?;
    let connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|_| Failure::Garbled("nothing: no handshake can begin"))?;
    Ok((connection, noted))
}

async fn speak(line: &mut Line, connection: &mut ClientConnection, noted: &Noted) -> Result<(), Failure> {
    while connection.is_handshaking() {
        flush(line, connection).await?;
        if connection.is_handshaking() {
            take(line, connection, noted).await?;
        }
    }
    flush(line, connection).await?;
    let is_13 = connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
    if is_13 {
        // In TLS 1.3 a client has done its part before the server has seen the certificate that it did not send.
        let heard = timeout(AFTERWARDS, take(line, connection, noted)).await;
        noted.note(|full| {
            full.requires = match heard {
                Ok(Ok(())) => Some(false),
                Ok(Err(_)) => full.alert.map(|_| noted.asks()),
                Err(_) => None,
            };
        });
    } else {
        // It answered the end of the handshake, and so did without one (RFC 5246 §7.4.6).
        noted.note(|full| full.requires = Some(false));
    }
    connection.send_close_notify();
    let _ = flush(line, connection).await;
    Ok(())
}

/// What is to be sent now.
pub(super) fn written(connection: &mut ClientConnection) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    while connection.wants_write() {
        if connection.write_tls(&mut out).is_err() {
            return Err(Failure::Garbled("something that no answer can be made to"));
        }
    }
    Ok(out)
}

/// Takes in what came.
pub(super) fn give(connection: &mut ClientConnection, bytes: &[u8]) -> Result<(), Error> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let read = connection.read_tls(&mut rest);
        connection.process_new_packets()?;
        if !matches!(read, Ok(1..)) {
            break;
        }
    }
    Ok(())
}

async fn flush(line: &mut Line, connection: &mut ClientConnection) -> Result<(), Failure> {
    let out = written(connection)?;
    if out.is_empty() { Ok(()) } else { line.send(&out).await }
}

async fn take(line: &mut Line, connection: &mut ClientConnection, noted: &Noted) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    if line.receive(&mut bytes).await? == 0 {
        return Err(Failure::Closed);
    }
    let Err(error) = give(connection, &bytes) else { return Ok(()) };
    if let Error::AlertReceived(alert) = error {
        noted.note(|full| {
            full.alert = Some(u8::from(alert));
            if noted.asks() && alert != AlertDescription::CloseNotify {
                full.requires = Some(true);
            }
        });
    }
    // Whatever our side has to say about it is said.
    let _ = flush(line, connection).await;
    Err(Failure::Garbled("a handshake that does not end"))
}

/// That there are tickets is noted, and they are forgotten.
impl ClientSessionStore for Noted {
    fn set_kx_hint(&self, _: ServerName<'static>, _: rustls::NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<rustls::NamedGroup> {
        None
    }

    /// A session of TLS 1.2 may have a name and no ticket; what the server said in the clear tells.
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {
        self.note(|full| full.tickets = true);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}
