//! The one call that etcd is asked over gRPC: how it is (`etcdserverpb.Maintenance/Status`, etcd api/etcdserverpb/rpc.proto).
//!
//! It reads no key and changes nothing. gRPC knows no GET, so this is the only request with a body, which is an empty message;
//! [`message`] is all that could ever be sent.

/// The path of the call.
pub const PATH: &str = "/etcdserverpb.Maintenance/Status";

/// An empty message as gRPC frames it: not compressed, no bytes (grpc.io, PROTOCOL-HTTP2, "Length-Prefixed-Message").
pub fn message() -> [u8; 5] {
    [0; 5]
}

/// What etcd says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub version: Option<String>,
    pub cluster: Option<u64>,
    pub member: Option<u64>,
}

/// Reads the answer: one framed message. What is not known in it is left out; `None` where it is no such message.
pub fn status(bytes: &[u8]) -> Option<Status> {
    let (head, rest) = bytes.split_at_checked(5)?;
    if head[0] != 0 {
        return None;
    }
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut status = Status::default();
    let mut fields = Fields(rest.get(..length)?);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            // header: cluster_id, member_id.
            (1, Value::Bytes(header)) => {
                let mut fields = Fields(header);
                while let Some((number, value)) = fields.next()? {
                    match (number, value) {
                        (1, Value::Number(cluster)) => status.cluster = Some(cluster),
                        (2, Value::Number(member)) => status.member = Some(member),
                        _ => {}
                    }
                }
            }
            (2, Value::Bytes(version)) => {
                let version = std::str::from_utf8(version).ok()?;
                status.version = (version.len() <= 64).then(|| super::answer::plain(version, 64));
            }
            _ => {}
        }
    }
    Some(status)
}

/// The fields of a message of protocol buffers (protobuf.dev, "Encoding").
struct Fields<'b>(&'b [u8]);

enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    /// Of a fixed width, which none of ours has.
    Fixed,
}

impl<'b> Fields<'b> {
    /// The next field; `Some(None)` at the end, `None` where the bytes are no message.
    #[expect(clippy::option_option, reason = "the end and a fault are two things, and neither is worth a type here")]
    fn next(&mut self) -> Option<Option<(u64, Value<'b>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.skip(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.skip(length)?)
            }
            5 => self.skip(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some(Some((tag >> 3, value)))
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn skip(&mut self, length: usize) -> Option<&'b [u8]> {
        let (skipped, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// header { cluster_id: 300, member_id: 1, revision: 7 }, version "3.4.23", db_size 20480, leader (fixed width, unknown).
    const ANSWER: &[u8] = &[
        0, 0, 0, 0, 30, 0x0a, 7, 0x08, 0xac, 0x02, 0x10, 0x01, 0x18, 0x07, 0x12, 6, b'3', b'.', b'4', b'.', b'2', b'3',
        0x18, 0x80, 0xa0, 0x01, 0x7d, 1, 2, 3, 4, 0x40, 0, 0xff,
    ];

    #[test]
    fn a_status_is_read_and_what_is_unknown_in_it_left_out() {
        let mut answer = ANSWER.to_vec();
        answer[4] = u8::try_from(answer.len() - 6).expect("short");
        let status = status(&answer).expect("a status");
        assert_eq!(status.version.as_deref(), Some("3.4.23"));
        assert_eq!((status.cluster, status.member), (Some(300), Some(1)));
    }

    #[test]
    fn bytes_that_are_no_message_are_none() {
        for length in 0..ANSWER.len() {
            // Whatever is cut off, nothing is read beyond the end.
            let _ = status(&ANSWER[..length]);
        }
        assert_eq!(status(&[1, 0, 0, 0, 0]), None, "compressed");
        assert_eq!(status(&[0, 0, 0, 0, 2, 0x12, 0xff]), None, "longer than it is");
        assert_eq!(status(&[0, 0xff, 0xff, 0xff, 0xff, 1]), None);
        assert_eq!(status(&[0; 5]), Some(Status::default()));
    }
}
