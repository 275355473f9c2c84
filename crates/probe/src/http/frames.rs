//! The first frames of an HTTP/2 server, which say how it is set up before anything was asked (RFC 9113 §3.4 and §6.5).
//!
//! What a server allows its clients is chosen by whoever wrote it and is the same for everybody, so that it tells servers
//! apart that answer nothing else.

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// In the order in which they came.
    pub settings: Vec<(u16, u32)>,
}

impl Settings {
    pub fn get(&self, id: u16) -> Option<u32> {
        self.settings.iter().rfind(|(known, _)| *known == id).map(|(_, value)| *value)
    }
}

/// How far the frames have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More would tell more.
    Wants,
    Done(Settings),
    /// It is no HTTP/2.
    Not,
}

const SETTINGS: u8 = 4;
const ACK: u8 = 1;

/// Reads what came so far. A server is done when it has acknowledged our settings, and so has sent all of its own.
pub fn read(bytes: &[u8]) -> Progress {
    let mut rest = bytes;
    let mut settings = Settings::default();
    let mut first = true;
    loop {
        let Some((head, body)) = rest.split_at_checked(9) else {
            // What is no frame shows in its first bytes.
            let other = first && rest.len() > 3 && rest[3] != SETTINGS;
            return if other { Progress::Not } else { Progress::Wants };
        };
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let (kind, flags) = (head[3], head[4]);
        if first && (kind != SETTINGS || flags & ACK != 0) || length > 1 << 14 {
            return Progress::Not;
        }
        first = false;
        let Some((payload, more)) = body.split_at_checked(length) else { return Progress::Wants };
        rest = more;
        match kind {
            SETTINGS if flags & ACK != 0 => return Progress::Done(settings),
            SETTINGS => {
                for setting in payload.chunks_exact(6).take(32) {
                    let id = u16::from_be_bytes([setting[0], setting[1]]);
                    let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
                    settings.settings.push((id, value));
                }
                if settings.settings.len() > 64 {
                    return Progress::Not;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As kube-apiserver 1.36.2 sends them.
    const K136: &[u8] = &[
        0, 0, 36, 4, 0, 0, 0, 0, 0, 0, 5, 0, 4, 0, 0, 0, 3, 0, 0, 0, 100, 0, 6, 0, 16, 1, 64, 0, 1, 0, 0, 16, 0, 0, 4,
        0, 4, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 4, 8, 0, 0, 0, 0, 1, 0x8f, 0, 1,
    ];

    #[test]
    fn settings_are_read_however_they_arrive() {
        let whole = read(K136);
        let Progress::Done(settings) = &whole else { panic!("{whole:?}") };
        assert_eq!(settings.get(3), Some(100));
        assert_eq!(settings.get(4), Some(262_144));
        assert_eq!(settings.get(9), Some(1));
        for length in 0..45 {
            assert_eq!(read(&K136[..length]), Progress::Wants, "{length}");
        }
    }

    #[test]
    fn a_server_that_speaks_something_else_is_none() {
        for other in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x15\x03\x01\0\x02\x02\x16abcd", &[0xff; 64], &[0; 9]]
        {
            assert_eq!(read(other), Progress::Not, "{other:?}");
        }
        // A flood of settings that never ends.
        let mut flood = Vec::new();
        for _ in 0..1000 {
            flood.extend_from_slice(&K136[..45]);
        }
        assert_eq!(read(&flood), Progress::Not);
    }
}
