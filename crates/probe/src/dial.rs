//! Connections within limits: opened at a pace, counted, ended in time, and recorded where that is wanted.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until, timeout_at},
};

use crate::{Exchange, Failure, Keep, Limits, Pace};

/// What looking cost the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub connections: u32,
    /// Of HTTP.
    pub requests: u32,
    pub sent: u64,
    pub received: u64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Self) {
        self.connections = self.connections.saturating_add(more.connections);
        self.requests = self.requests.saturating_add(more.requests);
        self.sent = self.sent.saturating_add(more.sent);
        self.received = self.received.saturating_add(more.received);
    }
}

/// Opens connections to one address, one after the other.
pub struct Dialer {
    address: SocketAddr,
    pace: Pace,
    until: Instant,
    /// When the last connection was opened, or is to be.
    last: Arc<Mutex<Option<Instant>>>,
    spent: Arc<Mutex<Spent>>,
    record: bool,
    exchanges: Vec<Arc<Mutex<Exchange>>>,
}

impl Dialer {
    pub fn new(address: SocketAddr, pace: Pace, record: bool) -> Self {
        let until = Instant::now() + pace.time;
        Self { address, pace, until, last: Arc::default(), spent: Arc::default(), record, exchanges: Vec::new() }
    }

    /// One beside this one, within the same limits; [`Dialer::take_back`] ends it.
    pub(crate) fn beside(&self) -> Self {
        Self {
            address: self.address,
            pace: self.pace.clone(),
            until: self.until,
            last: Arc::clone(&self.last),
            spent: Arc::clone(&self.spent),
            record: self.record,
            exchanges: Vec::new(),
        }
    }

    /// Adds what another one has recorded.
    pub(crate) fn take_back(&mut self, other: Self) {
        self.exchanges.extend(other.exchanges);
    }

    /// Connections that may ask things at a time.
    pub(crate) fn side_by_side(&self) -> usize {
        self.pace.side_by_side.max(1)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The limits that conversations have when nothing else is said.
    pub fn limits(&self) -> Limits {
        self.pace.conversation
    }

    /// How long to wait between two requests over one connection.
    pub(crate) fn between(&self) -> std::time::Duration {
        self.pace.gap / 4
    }

    /// Whether anybody wants to read what was said.
    pub(crate) fn records(&self) -> bool {
        self.record
    }

    /// Adds what was said in a language of its own: over TLS the bytes of a connection tell nobody anything.
    pub(crate) fn note(&mut self, exchange: Exchange) {
        self.exchanges.push(Arc::new(Mutex::new(exchange)));
    }

    /// Counts a request.
    pub(crate) fn count_request(&self) {
        lock(&self.spent).requests += 1;
    }

    /// Opens a connection. Nothing is sent yet. Tried again are only connections that were lost on the way.
    pub async fn connect(&mut self, purpose: &str, limits: Limits) -> Result<Line, Failure> {
        let mut turn = 0;
        loop {
            match self.once(purpose, limits).await {
                Err(failure) if failure.may_pass() && turn < self.pace.retries => turn += 1,
                outcome => return outcome,
            }
        }
    }

    async fn once(&mut self, purpose: &str, limits: Limits) -> Result<Line, Failure> {
        let next = {
            let mut last = lock(&self.last);
            let next = last.map_or_else(Instant::now, |last| Instant::now().max(last + self.pace.gap));
            *last = Some(next);
            next
        };
        if next >= self.until || lock(&self.spent).connections >= self.pace.connections {
            return Err(Failure::Spent);
        }
        // The timer of the runtime counts milliseconds and rounds up.
        if next > Instant::now() {
            sleep_until(next).await;
        }
        let opened = Instant::now();
        lock(&self.spent).connections += 1;
        let until = self.until.min(opened + limits.time);
        let stream = match timeout_at(until.min(opened + self.pace.connect), TcpStream::connect(self.address)).await {
            Err(_) => return Err(Failure::TimedOut),
            Ok(Err(error)) => return Err(Failure::of(&error)),
            Ok(Ok(stream)) => stream,
        };
        // Each message is one packet and waits for its answer.
        let _ = stream.set_nodelay(true);
        let exchange = self.record.then(|| Arc::new(Mutex::new(Exchange::new(purpose))));
        self.exchanges.extend(exchange.clone());
        Ok(Line {
            stream,
            timer: Box::pin(sleep_until(until)),
            until,
            opened,
            left: limits.bytes,
            keep: Keep::All,
            spent: Arc::clone(&self.spent),
            exchange,
        })
    }

    pub fn spent(&self) -> Spent {
        *lock(&self.spent)
    }

    /// What was recorded, in the order in which connections were opened.
    pub fn into_exchanges(self) -> Vec<Exchange> {
        self.exchanges.iter().map(|exchange| lock(exchange).clone()).collect()
    }
}

/// Nothing here can panic while it holds the lock, and a count that is off by one harms nobody.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection. As [`AsyncRead`] it ends with [`io::ErrorKind::TimedOut`] when its time is over and with
/// [`io::ErrorKind::FileTooLarge`] when it was sent too much, so that whatever reads from it is bounded too.
pub struct Line {
    stream: TcpStream,
    timer: Pin<Box<Sleep>>,
    until: Instant,
    opened: Instant,
    left: usize,
    keep: Keep,
    spent: Arc<Mutex<Spent>>,
    exchange: Option<Arc<Mutex<Exchange>>>,
}

impl Line {
    /// From now on, what of this connection is recorded.
    pub fn keep(&mut self, keep: Keep) {
        self.keep = keep;
    }

    /// When the conversation has to be over.
    pub fn until(&self) -> Instant {
        self.until
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write_all(bytes).await.map_err(|error| Failure::of(&error))
    }

    /// Adds what comes next to a buffer; 0 where the peer has closed.
    pub async fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<usize, Failure> {
        let mut piece = [0; 16 << 10];
        let length = self.read(&mut piece).await.map_err(|error| Failure::of(&error))?;
        buffer.extend_from_slice(&piece[..length]);
        Ok(length)
    }

    fn seen(&mut self, is_ours: bool, bytes: &[u8]) {
        let length = bytes.len() as u64;
        let mut spent = lock(&self.spent);
        *(if is_ours { &mut spent.sent } else { &mut spent.received }) += length;
        if let Some(exchange) = &self.exchange {
            lock(exchange).add(self.opened.elapsed(), is_ours, bytes, self.keep);
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if line.timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if line.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut line.stream).poll_read(context, buffer))?;
        let new = &buffer.filled()[before..];
        line.left = line.left.saturating_sub(new.len());
        line.seen(false, new);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        if line.timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let length = ready!(Pin::new(&mut line.stream).poll_write(context, bytes))?;
        line.seen(true, &bytes[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
