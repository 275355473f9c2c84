//! The first message of a client, made by hand: also for versions and suites that no library of our days would speak.
//!
//! A key is never sent, and so nothing can come of the conversation but the answer to this message: up to TLS 1.2 the server
//! shows all we want to see before it needs one, and in TLS 1.3 it asks for one of the group it chose (RFC 8446 §4.1.4).

use super::{
    bytes::{counted, number},
    names::Protocol,
};

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello {
    /// The one version that is offered.
    pub protocol: Protocol,
    /// One for all of a run, so that recordings can be compared.
    pub random: [u8; 32],
    pub suites: Vec<u16>,
    pub groups: Vec<u16>,
    pub sni: Option<String>,
    pub alpn: Vec<String>,
    /// Whether compression (RFC 3749) is offered, before none.
    pub compression: bool,
    /// Whether what a server may grant is asked for: tickets, a stapled answer of OCSP and the like.
    pub asks: bool,
}

/// The kind and the length of a message.
const HEAD: usize = 4;

/// Every scheme by which a server could sign, also those that nobody should use: it is to answer whatever it has
/// (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1).
const SIGNATURES: [u16; 26] = [
    0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
    0x0904, 0x0905, 0x0906, 0x0402, 0x0502, 0x0602, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202,
];

impl ClientHello {
    /// The record that holds it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![22];
        // Old servers drop a record of a version that they do not know (RFC 8446 §5.1).
        number(&mut out, if self.protocol == Protocol::Ssl3 { 0x0300 } else { 0x0301 });
        counted(&mut out, 2, |out| {
            out.extend(self.message(&[]));
        });
        out
    }

    /// The message alone, which may go where a handshake has ended before. `verified` is how the client ended that one
    /// (RFC 5746 §3.5).
    pub(super) fn message(&self, verified: &[u8]) -> Vec<u8> {
        let mut out = vec![1];
        counted(&mut out, 3, |out| self.body(out, verified));
        out
    }

    fn body(&self, out: &mut Vec<u8>, verified: &[u8]) {
        let begun = out.len();
        number(out, self.protocol.number().min(Protocol::Tls12.number()));
        out.extend(self.random);
        // A middlebox lets TLS 1.3 pass where it looks like a session that is taken up again (RFC 8446 §D.4).
        counted(out, 1, |out| {
            if self.protocol == Protocol::Tls13 {
                out.extend(self.random.iter().map(|byte| !byte));
            }
        });
        counted(out, 2, |out| {
            self.suites.iter().for_each(|&suite| number(out, suite));
            // Instead of an extension, which SSL 3.0 does not have.
            if self.protocol == Protocol::Ssl3 {
                number(out, 0x00ff);
            }
        });
        counted(out, 1, |out| out.extend(if self.compression { &[1, 0][..] } else { &[0] }));
        if self.protocol == Protocol::Ssl3 {
            return;
        }
        // Load balancers were seen to hang on a message of 256 to 511 bytes (RFC 7685).
        let start = out.len();
        counted(out, 2, |out| self.extensions(out, verified));
        let length = out.len() - begun + HEAD;
        if (256..512).contains(&length) {
            let short = (512 - length).saturating_sub(4);
            out.truncate(start);
            counted(out, 2, |out| {
                self.extensions(out, verified);
                extension(out, 21, |out| out.resize(out.len() + short, 0));
            });
        }
    }

    fn extensions(&self, out: &mut Vec<u8>, verified: &[u8]) {
        if let Some(name) = &self.sni {
            extension(out, 0, |out| {
                counted(out, 2, |out| {
                    out.push(0);
                    counted(out, 2, |out| out.extend(name.as_bytes()));
                });
            });
        }
        if self.asks {
            // The answer of an authority about the certificate (RFC 6066 §8).
            extension(out, 5, |out| out.extend([1, 0, 0, 0, 0]));
        }
        if !self.groups.is_empty() {
            extension(out, 10, |out| counted(out, 2, |out| self.groups.iter().for_each(|&group| number(out, group))));
            extension(out, 11, |out| out.extend([3, 0, 1, 2]));
        }
        if self.protocol >= Protocol::Tls12 {
            extension(out, 13, |out| counted(out, 2, |out| SIGNATURES.iter().for_each(|&scheme| number(out, scheme))));
        }
        if !self.alpn.is_empty() {
            extension(out, 16, |out| {
                counted(out, 2, |out| {
                    for name in &self.alpn {
                        counted(out, 1, |out| out.extend(name.as_bytes()));
                    }
                });
            });
        }
        if self.protocol == Protocol::Tls13 {
            extension(out, 43, |out| out.extend([2, 3, 4]));
            extension(out, 51, |out| out.extend([0, 0]));
            return;
        }
        if self.asks {
            // Encryption before authentication (RFC 7366), a master secret of the whole handshake (RFC 7627), tickets (RFC 5077).
            extension(out, 22, |_| {});
            extension(out, 23, |_| {});
            extension(out, 35, |_| {});
        }
        // No renegotiation that somebody else began (RFC 5746).
        extension(out, 0xff01, |out| counted(out, 1, |out| out.extend(verified)));
    }
}

fn extension(out: &mut Vec<u8>, kind: u16, write: impl FnOnce(&mut Vec<u8>)) {
    number(out, kind);
    counted(out, 2, write);
}
