//! Rules about what endpoints agree to when they are asked from outside: what they have in common.

use facts::observed::{Handshake, Observed};
use model::{Answer, Confidence, Finding, Gap, GapKind, Location, Origin, Severity, Unanswered, Verdict};

use crate::say;

/// Versions in which what is said can be read or changed by others (RFC 6176, RFC 7568, RFC 8996).
const OLD: [&str; 4] = ["SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"];

/// What would end a weakness.
#[derive(Clone, Copy)]
pub(crate) struct Remedy {
    pub(crate) title: &'static str,
    pub(crate) breaks: &'static [&'static str],
}

/// No server that is written in Go lets clients do so (crypto/tls, `handleRenegotiation` is of clients alone).
const ANEW: Remedy = Remedy {
    title: "have what terminates TLS there refuse renegotiation, or speak TLS 1.3 alone",
    breaks: &["What asks for a certificate only in the middle of a connection no longer can."],
};

/// Judges what an endpoint agrees to.
pub(crate) fn versions_and_suites(observed: &Observed, remedy: Remedy) -> Verdict {
    judged(observed, remedy, true)
}

/// Judges the versions that an endpoint speaks, and nothing inside them.
pub(crate) fn versions(observed: &Observed, remedy: Remedy) -> Verdict {
    judged(observed, remedy, false)
}

fn judged(observed: &Observed, remedy: Remedy, with_suites: bool) -> Verdict {
    let Some(handshake) = observed.tls.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))? else {
        return Err(Unanswered::NotApplicable(format!("{} speaks no TLS", observed.endpoint)));
    };
    let mut answer = Answer::default();
    let old: Vec<_> =
        handshake.protocols.iter().filter(|one| one.offered && OLD.contains(&one.name.as_str())).collect();
    if let Some(first) = old.first() {
        let names: Vec<String> = old.iter().map(|one| one.name.clone()).collect();
        let message = format!("{} speaks {}", observed.endpoint, say::and(&names));
        answer.findings.push(finding("versions", message, &first.at, None, remedy));
    }
    if with_suites {
        answer.findings.extend(suites(observed, handshake, remedy));
    }
    if with_suites && handshake.compression == Some(true) {
        let message =
            format!("{} compresses what it encrypts, which gives secrets away by its length", observed.endpoint);
        answer.findings.push(finding("compression", message, &observed.evidence, None, remedy));
    }
    if with_suites && handshake.begins_anew == Some(true) {
        answer.findings.push(anew(observed, handshake));
    }
    // A short look asks nobody for the oldest, which no server of our days could be made to speak.
    let unseen = OLD.into_iter().skip(1).find(|name| handshake.speaks(name).is_none());
    let cut = handshake.unseen.iter().find(|what| with_suites && what.contains("suites"));
    if let Some(what) =
        unseen.map(|name| format!("whether it speaks {name}")).or(cut.map(|what| format!("all of it: {what}")))
    {
        answer.gaps.push(Gap {
            kind: GapKind::Unread,
            reason: format!("{} did not show {what}", observed.endpoint),
            wanted: observed.evidence.evidence.to_string(),
            who_could_answer: "another run, from where that endpoint can be reached".to_owned(),
        });
    }
    let spoken: Vec<&str> = handshake.protocols.iter().filter(|one| one.offered).map(|one| one.name.as_str()).collect();
    answer.seen = vec![Origin::Reported(observed.evidence.clone())];
    let suites = if with_suites { ", and took no weak suite that it was offered" } else { "" };
    answer.because = format!("it speaks {}{suites}", spoken.join(", "));
    Ok(answer)
}

/// A client may begin the handshake anew inside a connection.
fn anew(observed: &Observed, handshake: &Handshake) -> Finding {
    let insecure = handshake.secure_renegotiation == Some(false);
    let how = if insecure {
        "and does not bind it to what was said before, so that somebody between may speak first (RFC 5746)"
    } else {
        "each of which costs it more than its client"
    };
    let message = format!("{} lets clients begin handshakes anew inside a connection, {how}", observed.endpoint);
    let finding = finding("renegotiation", message, &observed.evidence, None, ANEW);
    // It may count how often, which one attempt does not show.
    Finding { confidence: if insecure { Confidence::Certain } else { Confidence::Possible }, ..finding }
}

/// The suites that should not be agreed to, as one finding.
fn suites(observed: &Observed, handshake: &Handshake, remedy: Remedy) -> Option<Finding> {
    let mut weak: Vec<(&str, &str, &Location)> = Vec::new();
    for suite in &handshake.suites {
        if let Some(why) = weakness(&suite.name)
            && !weak.iter().any(|(name, _, _)| *name == suite.name)
        {
            weak.push((&suite.name, why, &suite.at));
        }
    }
    // The worst first.
    weak.sort_by_key(|(_, why, _)| REASONS.iter().position(|known| known.1 == *why));
    let (_, worst, at) = *weak.first()?;
    let mut named: Vec<String> = weak.iter().take(3).map(|(name, why, _)| format!("`{name}` ({why})")).collect();
    if weak.len() > 3 {
        named.push(format!("{} more", weak.len() - 3));
    }
    let message = format!("{} agrees to {}", observed.endpoint, say::and(&named));
    // Nothing is encrypted, or nobody has proved who he is.
    let severity = (worst == REASONS[0].1 || worst == REASONS[1].1).then_some(Severity::High);
    Some(finding("suites", message, at, severity, remedy))
}

/// What is wrong with suites whose names have these parts, the worst first.
const REASONS: [(&[&str], &str); 6] = [
    (&["_WITH_NULL_", "TLS_SHA256_SHA256", "TLS_SHA384_SHA384"], "nothing is encrypted"),
    (&["_anon_"], "nobody proves who he is"),
    (&["_EXPORT", "_RC4_", "_DES_", "_DES40_", "_RC2_"], "it is broken"),
    (&["_3DES_", "_IDEA_", "_28147_"], "its blocks are too short"),
    (&["TLS_RSA_", "TLS_DH_", "TLS_ECDH_", "TLS_PSK_", "TLS_KRB5_"], "no forward secrecy"),
    (&["_CBC_"], "CBC"),
];

/// Why nobody should agree to a suite of that name, in few words.
pub fn weakness(name: &str) -> Option<&'static str> {
    let has = |part: &&str| if part.starts_with("TLS_") { name.starts_with(*part) } else { name.contains(*part) };
    REASONS.iter().find(|(parts, _)| parts.iter().any(has)).map(|(_, why)| *why)
}

fn finding(subject: &str, message: String, at: &Location, severity: Option<Severity>, remedy: Remedy) -> Finding {
    Finding {
        subject: Some(subject.to_owned()),
        setting: None,
        message,
        severity,
        confidence: Confidence::Certain,
        primary: Origin::Reported(at.clone()),
        because: Vec::new(),
        remedy: Some(say::remedy(remedy.title, remedy.breaks, None)),
    }
}
