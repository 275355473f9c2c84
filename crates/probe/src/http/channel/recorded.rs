//! Bytes that a server might have sent, in the place of a connection: what any peer can make us read, tests and fuzzers can too.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use model::{Meaning, Over, Who};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{super::answer, Channel, NoAnswer};
use crate::{Endpoint, Failure, http::Body};

/// What an answer is taken for that came as these bytes, so many of them at a time, without a connection.
pub fn read_recorded(bytes: &[u8], at_a_time: usize, over: Over) -> Result<answer::Answer, NoAnswer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| Failure::Unreachable(error.to_string()))?;
    let endpoint: Endpoint = "recorded.invalid".parse().map_err(|_| Failure::Closed)?;
    let stream = Recorded { bytes: bytes.to_vec(), at: 0, at_a_time: at_a_time.max(1) };
    runtime.block_on(async {
        let mut channel = Channel::over(stream, &endpoint, over).await?;
        let request = channel.request(model::NOWHERE, super::super::authorization(Who::Anonymous).as_deref())?;
        let got = channel.ask(request, Body::Start).await?;
        let answer = answer::classify(&got.head, &got.body);
        // There was one, whatever it says.
        debug_assert!(answer.meaning != Meaning::None);
        Ok(answer)
    })
}

struct Recorded {
    bytes: Vec<u8>,
    at: usize,
    at_a_time: usize,
}

impl AsyncRead for Recorded {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let recorded = self.get_mut();
        let rest = &recorded.bytes[recorded.at..];
        let length = rest.len().min(recorded.at_a_time).min(buffer.remaining());
        buffer.put_slice(&rest[..length]);
        recorded.at += length;
        Poll::Ready(Ok(()))
    }
}

/// What is sent to nobody is sent.
impl AsyncWrite for Recorded {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
