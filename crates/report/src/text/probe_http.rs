//! What an endpoint answers over HTTP, for a person.

use std::collections::BTreeMap;

use super::{
    Look,
    probe_tls::row,
    wrap::{Paint, indented, plain},
};
use crate::wire::{ProbedAnswer, ProbedGuess, ProbedHttp};

/// Paths that are named in a row; the others are counted.
const NAMED: usize = 6;

pub(super) fn http(http: &ProbedHttp, look: Look, text: &mut String) {
    if let Some(reason) = &http.reason {
        let line = format!("HTTP: undetermined: {}", plain(reason));
        return text.push_str(&Paint(look.color).yellow(&indented(&line, 2, 4, look.width)));
    }
    match http.reach.as_str() {
        "answered" => {}
        "refused" => return row("HTTP", "nothing listens there, as seen from here", look, text),
        _ => return row("HTTP", "what listens there speaks no HTTP", look, text),
    }
    let who = http.component.as_deref().map(plain);
    row(
        "serves",
        &match who {
            Some(who) if http.proven => format!("{who}, as its answers tell"),
            Some(who) => format!("what has the port of {who}; answers do not tell"),
            None if http.version_from.is_some() || http.version_to.is_some() => {
                "something built as servers of Kubernetes are; answers do not tell which".to_owned()
            }
            None => "nothing that is known here, so that of rules only those about certificates apply".to_owned(),
        },
        look,
        text,
    );
    if let Some(version) = &http.version {
        row("release", &format!("{}, as it says itself", plain(version)), look, text);
    }
    for (guess, bound) in [(&http.version_from, "or later"), (&http.version_to, "or earlier")] {
        if let Some(guess) = guess {
            row("release", &guessed(guess, bound), look, text);
        }
    }
    if let Some(guess) = &http.distribution {
        row("distribution", &guessed(guess, ""), look, text);
    }
    // A server that speaks TLS is asked everything over TLS, and one that does not everything without.
    let tls = http.asked.iter().any(|answer| answer.tls);
    if let Some(told) = http.plain.as_deref().filter(|_| tls) {
        row("plain HTTP", told_plain(told), look, text);
    } else if !tls {
        row("plain HTTP", "is all that is spoken here", look, text);
    }
    answers("anonymous", "anonymous", http, look, text);
    answers("token", "a made-up token", http, look, text);
    answers("basic", "a made-up password", http, look, text);
    if http.client_certificate.as_deref() == Some("insists") {
        row("anonymous", "the handshake ends without a client certificate", look, text);
    }
    if let Some(streams) = http.http2_streams {
        let streams = if streams == u32::MAX { "any number of".to_owned() } else { streams.to_string() };
        row("HTTP/2", &format!("{streams} streams at a time"), look, text);
    }
    if http.several {
        row("replicas", "two connections were answered by servers that differ", look, text);
    }
    if let Some(hsts) = &http.hsts {
        row("HSTS", &plain(hsts), look, text);
    }
    if !http.leaks.is_empty() {
        let leaks: Vec<String> = http.leaks.iter().map(|leak| plain(leak)).collect();
        row("names itself", &leaks.join(", "), look, text);
    }
}

fn guessed(guess: &ProbedGuess, bound: &str) -> String {
    let how = match guess.confidence.as_str() {
        "certain" => "",
        "probable" => "probably ",
        _ => "possibly ",
    };
    let bound = if bound.is_empty() { String::new() } else { format!(" {bound}") };
    format!("{how}{}{bound}: {}", plain(&guess.value), plain(&guess.because))
}

fn told_plain(meaning: &str) -> &'static str {
    match meaning {
        "speak-tls" => "is told that TLS is spoken here",
        "none" => "gets no answer",
        "redirect" => "is sent elsewhere, which is not followed",
        "given" => "is answered",
        _ => "is refused",
    }
}

/// What somebody was told, by what it comes to.
fn answers(who: &str, name: &str, http: &ProbedHttp, look: Look, text: &mut String) {
    let mut told: BTreeMap<(u16, String), Vec<&str>> = BTreeMap::new();
    let tls = http.asked.iter().any(|answer| answer.tls);
    let counts = |answer: &&ProbedAnswer| answer.who == who && !answer.http2 && answer.tls == tls;
    for answer in http.asked.iter().filter(counts) {
        let path = answer.path.split('?').next().unwrap_or_default();
        let paths = told.entry((answer.status.unwrap_or(u16::MAX), said(answer))).or_default();
        if answer.meaning != "certificate-required" && !paths.contains(&path) {
            paths.push(path);
        }
    }
    told.retain(|_, paths| !paths.is_empty());
    // What is open comes first.
    for ((_, said), paths) in told {
        let some = if look.verbose { paths.len() } else { NAMED };
        let mut named: Vec<String> = paths.iter().take(some).map(|path| plain(path)).collect();
        if paths.len() > some {
            named.push(format!("{} more", paths.len() - some));
        }
        row(name, &format!("{said}: {}", named.join(", ")), look, text);
    }
}

fn said(answer: &ProbedAnswer) -> String {
    let Some(status) = answer.status else { return "no answer".to_owned() };
    match (answer.meaning.as_str(), &answer.user) {
        ("given", _) => format!("{status}"),
        ("forbidden", Some(user)) => format!("{status} as `{}`", plain(user)),
        ("redirect", _) => format!("{status}, sent elsewhere"),
        ("login-page", _) => format!("{status}, a page that asks for a password"),
        ("page", _) => format!("{status}, a page for people"),
        _ => format!("{status}"),
    }
}
