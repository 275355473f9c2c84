//! One connection that HTTP is spoken over, with TLS or without, in either version.
//!
//! hyper speaks; it has no pool here, follows nothing, and knows no proxy. Whom we talk to has to prove nothing: a certificate
//! is looked at elsewhere, and what is sent is what anybody may know.

mod recorded;
mod tap;
mod wrong;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
    header::{HeaderValue, InvalidHeaderValue},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use model::{Demand, Over};
pub use recorded::read_recorded;
use rustls::pki_types::ServerName;
use tap::Tap;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
pub use wrong::NoAnswer;
use wrong::meaning;

use super::{
    answer::{Head, LOOKED_AT},
    asks::Body,
    frames,
};
use crate::{
    Endpoint, Failure, Host, Line,
    tls::{Anybody, Reach, Wants},
};

/// For one request and its answer.
const REQUEST: Duration = Duration::from_secs(5);

/// Bytes of a body that nobody wants, which are taken so that the connection can go on.
const DRAINED: u64 = 16 << 10;

/// How the probe introduces itself in logs.
pub(super) const AGENT: &str = concat!("portcullis-probe/", env!("CARGO_PKG_VERSION"));

pub(super) struct Channel {
    sender: Sender,
    pump: JoinHandle<()>,
    host: String,
    over: Over,
    /// The first bytes that came over HTTP/2.
    first: Arc<Mutex<Vec<u8>>>,
    /// Why the pump ended.
    end: Arc<Mutex<Option<NoAnswer>>>,
}

enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// One answer as far as it was read.
pub(super) struct Got {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    /// Whether the connection can be asked again.
    pub(super) goes_on: bool,
}

impl Channel {
    /// Over a line, as it is.
    pub(super) async fn plain(line: Line, endpoint: &Endpoint, two: bool) -> Result<Self, NoAnswer> {
        Self::over(line, endpoint, if two { Over::Plain2 } else { Over::Plain1 }).await
    }

    /// Over TLS. `patient` waits for what a server says that insists on a certificate: TLS 1.3 lets a client speak before
    /// the server has made up its mind.
    pub(super) async fn tls(
        line: Line,
        endpoint: &Endpoint,
        two: bool,
        patient: bool,
        groups: Reach,
    ) -> Result<(Self, Demand), NoAnswer> {
        let anybody = Anybody::who(Wants::Any);
        let config = anybody.watches(rustls::DEFAULT_VERSIONS, groups);
        let mut config = config.ok_or(Failure::Garbled("what could not be set up"))?;
        config.alpn_protocols = vec![if two { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        // Each connection is that of somebody new.
        config.resumption = rustls::client::Resumption::disabled();
        let name = match (&endpoint.sni, &endpoint.host) {
            (Some(name), _) | (None, Host::Name(name)) => ServerName::try_from(name.clone()),
            (None, Host::Address(address)) => Ok(ServerName::IpAddress((*address).into())),
        };
        let name = name.map_err(|_| Failure::Garbled("a name that TLS does not know"))?;
        let began = Instant::now();
        let asks = || anybody.shown().asked.is_some();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, line).await;
        let mut stream = connected.map_err(|error| meaning(&error, asks()))?;
        if two && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(NoAnswer::OtherProtocol);
        }
        if patient && asks() && !two {
            let wait = (began.elapsed() * 3).clamp(Duration::from_millis(100), Duration::from_secs(1));
            match timeout(wait, stream.read_u8()).await {
                Err(_) => {}
                Ok(Ok(_)) => return Err(NoAnswer::OtherProtocol),
                Ok(Err(error)) => return Err(meaning(&error, true)),
            }
        }
        let demand = if asks() { Demand::Asks } else { Demand::None };
        let over = if two { Over::Tls2 } else { Over::Tls1 };
        Ok((Self::over(stream, endpoint, over).await?, demand))
    }

    async fn over<S>(stream: S, endpoint: &Endpoint, over: Over) -> Result<Self, NoAnswer>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let first: Arc<Mutex<Vec<u8>>> = Arc::default();
        let end: Arc<Mutex<Option<NoAnswer>>> = Arc::default();
        let stream = TokioIo::new(Tap { stream, first: Arc::clone(&first) });
        let why = Arc::clone(&end);
        let ended = move |outcome: Result<(), hyper::Error>| {
            if let Err(error) = outcome {
                *why.lock().unwrap_or_else(PoisonError::into_inner) = Some(meaning(&error, false));
            }
        };
        let (sender, pump) = if over.is_two() {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.initial_stream_window_size(64 << 10).initial_connection_window_size(64 << 10);
            builder.max_header_list_size(16 << 10).max_concurrent_reset_streams(4);
            let (sender, connection) = builder.handshake(stream).await.map_err(|error| meaning(&error, false))?;
            (Sender::Two(sender), tokio::spawn(async move { ended(connection.await) }))
        } else {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(64 << 10).max_headers(64);
            let (sender, connection) = builder.handshake(stream).await.map_err(|error| meaning(&error, false))?;
            (Sender::One(sender), tokio::spawn(async move { ended(connection.await) }))
        };
        Ok(Self { sender, pump, host: endpoint.to_string(), over, first, end })
    }

    pub(super) fn over_what(&self) -> Over {
        self.over
    }

    /// How an HTTP/2 server is set up, as far as it has said so.
    pub(super) fn settings(&self) -> Option<frames::Settings> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match frames::read(&first) {
            frames::Progress::Done(settings) => Some(settings),
            frames::Progress::Wants | frames::Progress::Not => None,
        }
    }

    /// The request as it is sent and recorded.
    pub(super) fn request(&self, path: &str, authorization: Option<&str>) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let scheme = if self.over.is_tls() { "https" } else { "http" };
        let uri = if self.over.is_two() { format!("{scheme}://{}{path}", self.host) } else { path.to_owned() };
        let mut request = Request::get(uri).header("user-agent", AGENT).header("accept", "application/json, */*;q=0.5");
        if !self.over.is_two() {
            request = request.header("host", &self.host);
        }
        if let Some(authorization) = authorization {
            let value: Result<HeaderValue, InvalidHeaderValue> = authorization.parse();
            request = request.header("authorization", value.map_err(|_| Failure::Garbled("no credential"))?);
        }
        request.body(Full::default()).map_err(|_| Failure::Garbled("a name that no request can carry").into())
    }

    /// The call to etcd (see [`grpc`](super::grpc)), over HTTP/2 alone.
    #[expect(
        clippy::disallowed_methods,
        reason = "gRPC has no GET; the one method that is called reads, with an empty body"
    )]
    pub(super) fn call(&self) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let scheme = if self.over.is_tls() { "https" } else { "http" };
        Request::post(format!("{scheme}://{}{}", self.host, super::grpc::PATH))
            .header("user-agent", AGENT)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::from(Bytes::from_static(&[0; 5])))
            .map_err(|_| Failure::Garbled("a name that no request can carry").into())
    }

    /// Sends one request and reads of its answer what is wanted.
    pub(super) async fn ask(&mut self, request: Request<Full<Bytes>>, keep: Body) -> Result<Got, NoAnswer> {
        let answered = timeout(REQUEST, async {
            let response = match &mut self.sender {
                Sender::One(sender) => sender.send_request(request).await,
                Sender::Two(sender) => sender.send_request(request).await,
            };
            read(response.map_err(|error| meaning(&error, false))?, keep).await
        });
        match answered.await {
            Err(_) => Err(Failure::TimedOut.into()),
            // A request that was dropped tells less than the end of the connection does.
            Ok(Err(NoAnswer::Failed(Failure::Closed))) => {
                let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
                Err(end.unwrap_or(NoAnswer::Failed(Failure::Closed)))
            }
            Ok(outcome) => outcome,
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

async fn read(response: Response<Incoming>, keep: Body) -> Result<Got, NoAnswer> {
    let (head, mut body) = response.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().take(64).map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let closes = head.headers.get("connection").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    let status = head.status;
    let head = Head { status: status.as_u16(), headers };
    let mut got = Got { head, body: Vec::new(), goes_on: false };
    let wanted = keep == Body::Start || !status.is_success();
    let length = got.head.header("content-length").and_then(|length| length.parse::<u64>().ok());
    if !wanted && length.is_none_or(|length| length > DRAINED) {
        return Ok(got);
    }
    let mut taken = 0_u64;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Ok(got) };
        if let Some(data) = frame.data_ref() {
            taken += data.len() as u64;
            let room = if wanted { LOOKED_AT.saturating_sub(got.body.len()) } else { 0 };
            got.body.extend_from_slice(&data[..data.len().min(room)]);
            if taken > DRAINED {
                return Ok(got);
            }
        } else if let Some(trailers) = frame.trailers_ref() {
            // gRPC says how it went behind the body.
            got.head
                .headers
                .extend(trailers.iter().take(16).map(|(name, value)| (name.as_str().to_owned(), text(value))));
        }
    }
    got.goes_on = !closes;
    Ok(got)
}
