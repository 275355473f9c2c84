//! A record of a look, held against what was made of it: what is judged has to be what the bytes show.
//!
//! What people are shown and what rules judge stand in a saved look as texts, which anybody may have changed. The bytes beside them
//! are read once more by the codecs that read them first, and whatever does not fit is named.

use std::collections::{BTreeMap, BTreeSet};

use collect::endpoint::{Exchange, http, tls};
use facts::observed::Handshake;
use report::wire;

/// So many contradictions say enough.
const MOST: usize = 20;

/// What is said to have been seen of TLS.
#[derive(Default)]
struct Claimed {
    protocols: BTreeMap<String, bool>,
    suites: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Claimed {
    fn shown(tls: &wire::ProbedTls) -> Self {
        let protocols = tls.protocols.iter().filter_map(|one| Some((one.name.clone(), one.offered?)));
        let suites = tls.suites.iter();
        let suites = suites.map(|of| (of.protocol.clone(), of.suites.iter().map(|one| one.name.clone()).collect()));
        let groups = tls.groups.iter().map(|of| (of.protocol.clone(), of.groups.iter().cloned().collect()));
        Self { protocols: protocols.collect(), suites: suites.collect(), groups: groups.collect() }
    }

    fn judged(tls: &Handshake) -> Self {
        let mut claimed = Self::default();
        claimed.protocols.extend(tls.protocols.iter().map(|one| (one.name.clone(), one.offered)));
        for suite in &tls.suites {
            claimed.suites.entry(suite.protocol.clone()).or_default().insert(suite.name.clone());
        }
        for group in &tls.groups {
            claimed.groups.entry(group.protocol.clone()).or_default().insert(group.name.clone());
        }
        claimed
    }
}

/// Reads again what was recorded of one address. `None` where nothing was.
pub(super) fn of(
    exchanges: &[Exchange],
    shown: &wire::ProbedAddress,
    judged: Option<&Handshake>,
) -> Option<wire::Reread> {
    if exchanges.is_empty() {
        return None;
    }
    let tls = tls::reread(exchanges);
    let answers = http::replay(exchanges);
    let mut contradictions = BTreeSet::new();
    let claims = shown.tls.as_ref().map(Claimed::shown).into_iter().chain(judged.map(Claimed::judged));
    for claimed in claims {
        versions(&tls, &claimed, &mut contradictions);
        lists("suite", &claimed.suites, |protocol| tls.suites_of(protocol), &mut contradictions);
        lists("group", &claimed.groups, |protocol| tls.groups_of(protocol), &mut contradictions);
    }
    if shown.tls.is_none() && !tls.protocols.is_empty() {
        contradictions.insert("answers show TLS, and none is said to be spoken".to_owned());
    }
    certificates(&tls, shown, judged, &mut contradictions);
    if let Some(http) = &shown.http {
        said(&answers, http, &mut contradictions);
    }
    Some(wire::Reread {
        conversations: tls.conversations + answers.asked.len(),
        contradictions: contradictions.into_iter().take(MOST).collect(),
    })
}

fn versions(tls: &tls::Reread, claimed: &Claimed, contradictions: &mut BTreeSet<String>) {
    let seen: BTreeSet<&str> = tls.protocols.iter().map(|protocol| protocol.name()).collect();
    for (name, offered) in &claimed.protocols {
        match (offered, seen.contains(name.as_str())) {
            (true, false) => contradictions.insert(format!("{name} is said to be spoken, and no answer shows it")),
            (false, true) => contradictions.insert(format!("an answer shows {name}, which is said not to be spoken")),
            _ => false,
        };
    }
    for name in seen.into_iter().filter(|name| !claimed.protocols.contains_key(*name)) {
        contradictions.insert(format!("an answer shows {name}, of which nothing is said"));
    }
}

fn lists(
    what: &str,
    claimed: &BTreeMap<String, BTreeSet<String>>,
    seen: impl Fn(&str) -> BTreeSet<String>,
    contradictions: &mut BTreeSet<String>,
) {
    for (protocol, claimed) in claimed {
        let seen = seen(protocol);
        for name in claimed.difference(&seen) {
            contradictions.insert(format!("the {what} {name} is listed for {protocol}, and no answer shows it"));
        }
        for name in seen.difference(claimed) {
            contradictions.insert(format!("an answer shows the {what} {name} for {protocol}, which is not listed"));
        }
    }
}

/// What TLS 1.3 encrypts cannot be read again, and what is judged has to be what is shown.
fn certificates(
    tls: &tls::Reread,
    shown: &wire::ProbedAddress,
    judged: Option<&Handshake>,
    contradictions: &mut BTreeSet<String>,
) {
    let digests = |chain: &Vec<Vec<u8>>| chain.iter().map(|one| super::digest(one)).collect::<Vec<_>>();
    let recorded: BTreeSet<Vec<String>> = tls.chains.iter().map(digests).collect();
    let chains = || shown.tls.iter().flat_map(|tls| &tls.chains).filter(|chain| !chain.certificates.is_empty());
    let of = |chain: &wire::ProbedChain| chain.certificates.iter().map(|one| one.sha256.clone()).collect::<Vec<_>>();
    for chain in chains().filter(|chain| chain.protocol != "TLS 1.3" && !recorded.contains(&of(chain))) {
        contradictions.insert(format!("certificates are listed for {}, and no answer shows them", chain.protocol));
    }
    let known: BTreeSet<Vec<String>> = chains().map(of).collect();
    for chain in judged.iter().flat_map(|judged| &judged.chains) {
        let served: Option<Vec<String>> =
            chain.served.certificates.iter().map(|one| Some(super::digest(&one.as_ref().ok()?.bytes))).collect();
        if served.is_some_and(|served| !served.is_empty() && !known.contains(&served)) {
            contradictions.insert("certificates are judged that are not those that are listed".to_owned());
        }
    }
}

fn said(answers: &http::Http, claimed: &wire::ProbedHttp, contradictions: &mut BTreeSet<String>) {
    for (asked, answer) in answers.answers() {
        let same = |one: &&wire::ProbedAnswer| {
            (one.tls, one.http2, one.who.as_str(), one.path.as_str())
                == (asked.over.is_tls(), asked.over.is_two(), asked.who.name(), asked.path)
        };
        let mut known = claimed.asked.iter().filter(same).peekable();
        let is_there = known.peek().is_some();
        if !known.any(|one| (one.status, one.meaning.as_str()) == (Some(answer.status), answer.meaning.name())) {
            let what = if is_there { "is said to be answered otherwise" } else { "is not listed" };
            contradictions.insert(format!("{} was answered with {}, and {what}", asked.path, answer.status));
        }
    }
}
