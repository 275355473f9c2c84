//! What an endpoint answered to a stranger, as whoever looked wrote it down: who listens there, what it gives away, and what it
//! keeps.
//!
//! The evidence is one JSON document for each address that was looked at, named `http://HOST:PORT`, with one answer a line, so
//! that a finding points at the answer it rests on. Bodies are not in it, but for versions and the words of refusals.

use std::net::IpAddr;

use model::{Body, Demand, Evidence, Gap, GapKind, Kind, Listener, Location, Meaning, NOWHERE, Over, Who};
use yaml::Cursor;

use super::{Handshake, recognise};
use crate::{redact::parsable, running::at};

/// One port of one host, seen from outside.
#[derive(Clone, Debug)]
pub struct Door {
    /// `HOST:PORT`, with the address behind `@` where the host is a name.
    pub name: String,
    pub port: u16,
    pub reach: Reach,
    /// Who listens, as far as whoever looked knew beforehand.
    pub(super) known: Option<Listener>,
    /// Who listens, as far as answers and else the port tell.
    pub who: Option<Listener>,
    /// Whether answers tell it, and not the port alone.
    pub proven: bool,
    /// Whether a certificate of the client was wanted, where TLS was spoken.
    pub demand: Option<Demand>,
    pub answers: Vec<Answer>,
    /// What was seen of TLS there, where it was.
    pub tls: Option<Handshake>,
    /// What an HTTP/2 server allows its clients.
    pub settings: Vec<(u16, u32)>,
    /// The release that etcd names over gRPC.
    pub etcd: Option<String>,
    pub at: Location,
}

/// Whether anybody answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    Answered,
    /// Nothing listens there, as far as can be seen from where it was looked.
    Refused,
    /// No answer in time: nobody listens, or something in between lets nobody through.
    Silent(Gap),
    /// Something listens, and it is no HTTP.
    OtherProtocol,
    /// It was not looked at, or that failed.
    Unread(Gap),
}

/// One request and what it came to.
#[derive(Clone, Debug)]
pub struct Answer {
    pub over: Over,
    pub who: Who,
    pub path: String,
    pub meaning: Meaning,
    pub status: Option<u16>,
    /// Whom the server took the caller for.
    pub user: Option<String>,
    pub headers: Vec<(String, String)>,
    pub words: String,
    /// The status, or the whole of it where there is none.
    pub at: Location,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    pub fn bare(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

impl Door {
    /// What was asked without credentials, once for each path.
    pub fn anonymous(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|answer| answer.who == Who::Anonymous && !answer.over.is_two())
    }

    /// The answer to a path for somebody without credentials, over TLS where TLS is spoken.
    pub fn answer(&self, path: &str) -> Option<&Answer> {
        let of_path = || self.anonymous().filter(|answer| answer.bare() == path && answer.meaning != Meaning::SpeakTls);
        of_path().find(|answer| answer.meaning != Meaning::None).or_else(|| of_path().next())
    }

    /// Whether a path that nobody has is answered as if it were there: then no answer shows an open door.
    pub fn answers_everything(&self) -> bool {
        self.answer(NOWHERE).is_some_and(|answer| answer.meaning == Meaning::Given)
    }

    /// Paths that were given to somebody without credentials.
    pub fn given(&self) -> impl Iterator<Item = &Answer> {
        let all_alike = self.answers_everything();
        self.anonymous().filter(move |answer| !all_alike && answer.meaning == Meaning::Given)
    }

    /// Whether plain HTTP is served, beyond words that TLS is spoken here; with the answer that shows it.
    pub fn serves_plain(&self) -> Option<&Answer> {
        let speaks = |meaning| !matches!(meaning, Meaning::SpeakTls | Meaning::None);
        self.anonymous().find(|answer| !answer.over.is_tls() && speaks(answer.meaning))
    }

    /// Why nothing of it can be said, where that is so.
    pub fn gap(&self) -> Option<&Gap> {
        match &self.reach {
            Reach::Silent(gap) | Reach::Unread(gap) => Some(gap),
            Reach::Answered | Reach::Refused | Reach::OtherProtocol => None,
        }
    }

    /// `HOST:PORT` as it was connected to.
    pub fn address(&self) -> &str {
        self.name.rsplit('@').next().unwrap_or_default()
    }

    /// `HOST:PORT` as somebody named it.
    pub fn endpoint(&self) -> &str {
        self.name.split('@').next().unwrap_or_default()
    }

    /// Whether it is where whoever looked knew it to be.
    pub fn is_known(&self) -> bool {
        self.known.is_some() && self.known == self.who
    }

    /// The address that was connected to, where it is no name.
    pub fn ip(&self) -> Option<IpAddr> {
        host_of(self.address()).parse().ok()
    }

    /// Whether it can only be reached from the machine itself.
    pub fn is_loopback(&self) -> bool {
        let host = host_of(self.address());
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// The host of an address with a port, without the brackets that one of IPv6 stands in.
pub(crate) fn host_of(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']'])
}

/// What names of this evidence begin with.
pub const SCHEME: &str = "http://";

/// More answers than any look has.
const MOST: usize = 200;

/// The doors that somebody looked at.
pub(crate) fn doors(evidence: &[Evidence]) -> Vec<Door> {
    evidence.iter().filter(|piece| piece.kind == Kind::Answers).filter_map(door).collect()
}

pub(super) fn door(piece: &Evidence) -> Option<Door> {
    let name = piece.id.as_str().strip_prefix(SCHEME)?.to_owned();
    let endpoint = name.split('@').next().unwrap_or_default();
    let port: u16 = endpoint.rsplit_once(':')?.1.parse().ok()?;
    let bare = Door {
        port,
        reach: Reach::Answered,
        known: None,
        who: Listener::of_port(port),
        proven: false,
        demand: None,
        answers: Vec::new(),
        tls: None,
        settings: Vec::new(),
        etcd: None,
        at: Location::whole(piece.id.clone(), piece.plane),
        name,
    };
    let unread = |why: &str| Gap {
        kind: GapKind::Unread,
        reason: format!("{}: {why}", bare.name),
        wanted: format!("an answer of {}", bare.name),
        who_could_answer: "another run, or one from another place in the network".to_owned(),
    };
    let text = match &piece.body {
        Body::Text(text) => text,
        Body::Unread(gap) => return Some(Door { reach: Reach::Unread(gap.clone()), ..bare }),
        Body::Missing => return Some(Door { reach: Reach::Refused, ..bare }),
        Body::Folder | Body::Present => return None,
    };
    let parsed = parsable(piece, text);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let Some(root) = stream.documents.first().map(|document| document.cursor()) else {
        let gap = unread("what was seen there cannot be read");
        return Some(Door { reach: Reach::Unread(gap), ..bare });
    };
    let word = |name: &str| {
        let value = root.get(name).filter(|value| !value.is_null());
        value.and_then(|value| value.text().map(str::to_owned)).unwrap_or_default()
    };
    let reach = match word("reach").as_str() {
        "answered" => Reach::Answered,
        "refused" => Reach::Refused,
        "other-protocol" => Reach::OtherProtocol,
        "silent" => Reach::Silent(unread(&word("why"))),
        _ => Reach::Unread(unread(&word("why"))),
    };
    let demand = Demand::named(&word("demand"));
    let number = |cursor: Option<Cursor<'_>>| cursor.and_then(|value| value.text()?.parse().ok());
    let settings = root.get("settings").into_iter().flat_map(|all| all.items().take(64).collect::<Vec<_>>());
    let settings =
        settings.filter_map(|pair| Some((u16::try_from(number(pair.item(0))?).ok()?, number(pair.item(1))?)));
    let known = Listener::of_component(&word("component"), bare.port);
    let mut door = Door {
        known,
        who: known.or(bare.who),
        reach,
        demand,
        settings: settings.collect(),
        etcd: Some(word("etcd")).filter(|version| !version.is_empty()),
        answers: answers(piece, &root),
        ..bare
    };
    if door.reach == Reach::Answered {
        let (who, proven) = recognise::who(&door);
        door.who = who;
        door.proven = proven;
    }
    Some(door)
}

fn answers(piece: &Evidence, root: &Cursor<'_>) -> Vec<Answer> {
    let asked = root.get("asked").into_iter().flat_map(|all| all.items().take(MOST).collect::<Vec<_>>());
    asked
        .filter_map(|one| {
            let word = |name: &str| one.get(name).and_then(|value| value.text());
            let status = one.get("status").filter(|status| !status.is_null());
            let place = status.as_ref().or(Some(&one)).map(|place| at(piece, place))?;
            let headers = one.get("headers").into_iter().flat_map(|all| all.entries().take(64).collect::<Vec<_>>());
            Some(Answer {
                over: word("over").and_then(Over::named).unwrap_or(Over::Tls1),
                who: word("as").and_then(Who::named).unwrap_or(Who::Anonymous),
                path: word("path")?.to_owned(),
                meaning: Meaning::named(word("meaning").unwrap_or("none")),
                status: status.and_then(|status| status.text()?.parse().ok()),
                user: word("user").filter(|user| !user.is_empty()).map(str::to_owned),
                headers: headers
                    .filter_map(|header| Some((header.name.clone().into_owned(), header.value.text()?.to_owned())))
                    .collect(),
                words: word("words").unwrap_or_default().to_owned(),
                at: place,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use model::{EvidenceId, Plane};

    use super::*;

    fn piece(name: &str, body: Body) -> Evidence {
        Evidence::of(EvidenceId::new(name), Plane::Observed, Kind::Answers, body)
    }

    fn seen(name: &str, text: &str) -> Door {
        door(&piece(name, Body::Text(text.into()))).expect("a door")
    }

    #[test]
    fn a_door_says_who_listens_by_its_answers_before_its_port() {
        let text = r#"{"reach":"answered","demand":"asks","settings":[[3,100],[4,262144]],"etcd":null,"asked":[
{"over":"http/1.1","path":"/api","meaning":"speak-tls","status":400},
{"path":"/version","meaning":"given","status":200,"words":"{\"gitVersion\": \"v1.36.2\"}"},
{"as":"token","path":"/api","meaning":"unauthenticated","status":401}
]}"#;
        let door = seen("http://10.0.0.1:10250", text);
        assert_eq!((door.who, door.proven), (Some(Listener::ApiServer), true));
        assert_eq!(door.demand, Some(Demand::Asks));
        assert_eq!(door.etcd, None, "what is null is nothing");
        assert_eq!(door.settings, [(3, 100), (4, 262_144)]);
        assert!(door.serves_plain().is_none());
        let version = door.answer("/version").expect("an answer");
        let span = version.at.span.expect("a place");
        assert_eq!(&text[span.range()], "200");
        assert!(door.answer("/api").is_none(), "with a token is not without");
    }

    #[test]
    fn what_was_not_seen_is_no_answer() {
        let refused = seen("http://[::1]:2379", r#"{"reach":"refused"}"#);
        assert_eq!((refused.port, &refused.reach), (2379, &Reach::Refused));
        assert!(refused.is_loopback() && refused.gap().is_none());
        let silent =
            seen("http://api.example:6443@192.0.2.1:6443", r#"{"reach":"silent","why":"it did not answer in time"}"#);
        assert_eq!((silent.who, silent.proven), (Some(Listener::ApiServer), false));
        assert!(silent.gap().is_some_and(|gap| gap.reason.ends_with("it did not answer in time")));
        assert!(!silent.is_loopback());
        for garbage in ["", "[", "{}", "\u{0}", "{\"reach\":\"answered\",\"asked\":{\"a\":1}}"] {
            let door = seen("http://h:1", garbage);
            assert!(door.answers.is_empty(), "{garbage}");
        }
        assert!(door(&piece("http://h", Body::Missing)).is_none());
    }

    #[test]
    fn a_door_that_gives_everything_gives_nothing_away() {
        let door = seen(
            "http://h:6443",
            r#"{"reach":"answered","asked":[
{"path":"/portcullis-no-such-path","meaning":"given","status":200},
{"path":"/api/v1/secrets?limit=1","meaning":"given","status":200}]}"#,
        );
        assert_eq!(door.given().count(), 0);
        assert!(door.answers_everything());
    }
}
