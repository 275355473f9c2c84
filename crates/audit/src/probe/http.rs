//! What was answered over HTTP, into the wire format.

use facts::observed::{Door, Guess, Reach};
use model::Meaning;
use report::wire;

pub(super) fn convert(door: &Door) -> wire::ProbedHttp {
    let looks = door.looks();
    let (reach, reason) = match &door.reach {
        Reach::Answered => ("answered", None),
        Reach::Refused => ("refused", None),
        Reach::OtherProtocol => ("other-protocol", None),
        Reach::Silent(gap) => ("silent", Some(gap.reason.clone())),
        Reach::Unread(gap) => ("unread", Some(gap.reason.clone())),
    };
    let plain = door.anonymous().find(|answer| !answer.over.is_tls());
    let names = door.answers.iter().filter(|answer| answer.path == "/version" && answer.meaning == Meaning::Given);
    let mut words = names.map(|answer| &answer.words);
    let first = words.next();
    wire::ProbedHttp {
        reach: reach.to_owned(),
        reason,
        component: door.who.map(|who| who.component().to_owned()),
        proven: door.proven,
        version: looks.version.map(|(version, _)| version.to_string()).or_else(|| door.etcd.clone()),
        version_from: looks.from.map(guess),
        version_to: looks.to.map(guess),
        distribution: looks.distribution.map(guess),
        client_certificate: door.demand.map(|demand| demand.name().to_owned()),
        plain: plain.map(|answer| answer.meaning.name().to_owned()),
        hsts: door.answers.iter().find_map(|answer| answer.header("strict-transport-security")).map(str::to_owned),
        leaks: door.leaks().into_iter().map(|(_, said)| said).collect(),
        http2_streams: door.settings.iter().rfind(|(id, _)| *id == 3).map(|(_, value)| *value),
        several: first.is_some_and(|first| words.any(|other| other != first)),
        asked: door
            .answers
            .iter()
            .map(|answer| wire::ProbedAnswer {
                tls: answer.over.is_tls(),
                http2: answer.over.is_two(),
                who: answer.who.name().to_owned(),
                path: answer.path.clone(),
                status: answer.status,
                meaning: answer.meaning.name().to_owned(),
                user: answer.user.clone(),
            })
            .collect(),
    }
}

fn guess<T: ToString>(guess: Guess<T>) -> wire::ProbedGuess {
    wire::ProbedGuess {
        value: guess.value.to_string(),
        confidence: guess.confidence.name().to_owned(),
        because: guess.because.to_owned(),
    }
}

/// In what the addresses of one name differ, so that more than one server stands behind it.
pub(super) fn differences(addresses: &[wire::ProbedAddress]) -> Vec<String> {
    let mut differ = Vec::new();
    let mut compare = |what: &str, of: &dyn Fn(&wire::ProbedAddress) -> Option<String>| {
        let mut known = addresses.iter().filter_map(of);
        if let Some(first) = known.next()
            && known.any(|other| other != first)
        {
            differ.push(what.to_owned());
        }
    };
    compare("certificate", &|address| Some(address.tls.as_ref()?.chains.first()?.certificates.first()?.sha256.clone()));
    compare("component", &|address| address.http.as_ref()?.component.clone());
    compare("release", &|address| address.http.as_ref()?.version.clone());
    compare("answers", &|address| {
        let http = address.http.as_ref().filter(|http| http.reach == "answered")?;
        Some(http.asked.iter().map(|answer| format!("{} {}\n", answer.path, answer.meaning)).collect())
    });
    differ
}
