//! What an endpoint answered, as evidence: one JSON document for each address, with one answer a line.

use facts::{Redactor, observed::ANSWERS};
use model::{Evidence, EvidenceId, Kind, Plane};
use probe::{
    Failure, Host, Observation, Sight,
    http::{Asked, Demand, Http, Meaning, NoAnswer},
};
use serde_json::{Map, Value, json};

/// Characters of the words of a refusal that are kept; of what was given all that was read is.
const WORDS: usize = 200;

/// The evidence of one address.
pub(super) fn evidence(observation: &Observation, redactor: &mut Redactor) -> Evidence {
    redactor.evidence(id(observation), Plane::Observed, Kind::Answers, &document(observation))
}

pub(super) fn id(observation: &Observation) -> EvidenceId {
    let Observation { endpoint, address, .. } = observation;
    let is_its_own =
        matches!(endpoint.host, Host::Address(host) if (host, endpoint.port) == (address.ip(), address.port()));
    EvidenceId::new(if is_its_own { format!("{ANSWERS}{endpoint}") } else { format!("{ANSWERS}{endpoint}@{address}") })
}

/// Keys stand in the order in which a reader wants them.
fn document(observation: &Observation) -> String {
    let mut head = Map::new();
    let nothing = Http::default();
    let (reach, why, http) = match &observation.http {
        Sight::Seen(http) => ("answered", None, http),
        Sight::NotOffered => ("other-protocol", None, &nothing),
        Sight::Unseen(failure) => (reach(failure), Some(failure.to_string()), &nothing),
    };
    if let Some(known) = observation.endpoint.known {
        head.insert("component".to_owned(), known.component().into());
    }
    head.insert("reach".to_owned(), reach.into());
    head.insert("why".to_owned(), json!(why));
    head.insert("demand".to_owned(), json!(http.demand.map(Demand::name)));
    let settings: Option<Vec<[u32; 2]>> =
        http.settings.as_ref().map(|known| known.settings.iter().map(|(id, value)| [u32::from(*id), *value]).collect());
    head.insert("settings".to_owned(), json!(settings.unwrap_or_default()));
    head.insert("etcd".to_owned(), json!(http.etcd.as_ref().and_then(|status| status.version.clone())));
    let mut text = "{\n".to_owned();
    for (key, value) in &head {
        text.push_str(&format!("\"{key}\": {value},\n"));
    }
    text.push_str("\"asked\": [");
    for (index, asked) in http.asked.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        ascii(&Value::Object(line(asked)).to_string(), &mut text);
    }
    text.push_str("\n]\n}\n");
    text
}

/// A stranger's letters as every reader of JSON takes them.
fn ascii(line: &str, text: &mut String) {
    for letter in line.chars() {
        match u32::from(letter) {
            0x20..=0x7e => text.push(letter),
            code @ 0..=0xffff => text.push_str(&format!("\\u{code:04x}")),
            _ => text.push_str("\\ufffd"),
        }
    }
}

fn reach(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused => "refused",
        Failure::TimedOut => "silent",
        _ => "unreachable",
    }
}

fn line(asked: &Asked) -> Map<String, Value> {
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| line.insert(key.to_owned(), value);
    put("over", asked.over.name().into());
    put("as", asked.who.name().into());
    put("path", asked.path.into());
    match &asked.answer {
        Ok(answer) => {
            put("status", answer.status.into());
            put("meaning", answer.meaning.name().into());
            if let Some(user) = &answer.user {
                put("user", user.as_str().into());
            }
            let headers: Map<String, Value> =
                answer.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            put("headers", headers.into());
            if let Some(words) = &answer.words {
                let most = if answer.meaning == Meaning::Given { usize::MAX } else { WORDS };
                put("words", words.chars().take(most).collect::<String>().into());
            }
        }
        Err(NoAnswer::CertificateRequired) => {
            put("meaning", "certificate-required".into());
        }
        Err(NoAnswer::OtherProtocol) => {
            put("meaning", "none".into());
            put("why", "it speaks something else".into());
        }
        Err(NoAnswer::Failed(failure)) => {
            put("meaning", "none".into());
            put("why", failure.to_string().into());
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use probe::http::{Answer, Over, Who};

    use super::*;

    #[test]
    fn facts_read_what_is_written_here() {
        let answer = |status, meaning, words: &str| Answer {
            status,
            meaning,
            user: (meaning == Meaning::Forbidden).then(|| "system:anonymous".to_owned()),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            words: Some(words.to_owned()),
        };
        let asked = |over, path, answer| Asked { over, who: Who::Anonymous, path, answer };
        let http = Http {
            asked: vec![
                asked(Over::Plain1, "/api", Err(NoAnswer::OtherProtocol)),
                asked(Over::Tls1, "/version", Ok(answer(200, Meaning::Given, "{\n  \"gitVersion\": \"v1.36.2\"\n}"))),
                asked(Over::Tls1, "/api", Ok(answer(403, Meaning::Forbidden, "no \"way\"\u{7f}\u{ffff}\u{1f600}"))),
                asked(Over::Tls2, "/version", Err(NoAnswer::Failed(Failure::Closed))),
            ],
            demand: Some(Demand::Asks),
            ..Http::default()
        };
        let seen = Observation {
            endpoint: "api.example:6443".parse().expect("an endpoint"),
            address: "192.0.2.1:6443".parse().expect("an address"),
            tls: Sight::NotOffered,
            http: Sight::Seen(http),
            spent: probe::Spent::default(),
            exchanges: Vec::new(),
        };
        let piece = evidence(&seen, &mut Redactor::new());
        assert_eq!(piece.id.as_str(), "http://api.example:6443@192.0.2.1:6443");
        let gathered = facts::Gathered::of("lab", vec![piece]);
        let cluster = facts::resolve(gathered, &facts::Options::default());
        let [door] = &cluster.doors[..] else { panic!("{} doors", cluster.doors.len()) };
        assert_eq!(door.answers.len(), 4);
        assert_eq!(door.looks().version.map(|(version, _)| version.to_string()).as_deref(), Some("1.36.2"));
        assert_eq!(door.answer("/api").and_then(|answer| answer.user.as_deref()), Some("system:anonymous"));
    }
}
