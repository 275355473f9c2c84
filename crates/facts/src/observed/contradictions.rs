//! Where behaviour contradicts what the API server says of itself.

use model::{Contradiction, Evidence, Kind, Listener, Location, Meaning, Plane, Unanswered};

use super::{Door, Handshake, Observed, PROTOCOLS, Protocol, Reach, Suite, is_asked};
use crate::{apiserver::ApiServer, kubelet::Kubelet, live::ASKS};

/// Lets what endpoints did contradict what the API server says of itself.
///
/// Only where one server was seen, and the endpoint at which it answered or the only one that there is: of several, nobody knows which
/// has answered.
pub(crate) fn contradict(servers: &mut [ApiServer], observed: &[Observed], evidence: &[Evidence]) {
    let [server] = servers else { return };
    let mut found = Vec::new();
    let is_api = |one: &&Observed| one.component.as_deref() == Some("kube-apiserver");
    let seen: Vec<&Observed> = observed.iter().filter(is_api).collect();
    let own: Vec<&Observed> = seen.iter().copied().filter(|one| is_asked(&one.endpoint, evidence)).collect();
    if let ([one], _) | ([], [one]) = (&own[..], &seen[..]) {
        match &one.tls {
            Ok(None) => {}
            Ok(Some(handshake)) => {
                let chain = handshake.chains.first();
                if let Some((leaf, at)) = chain.and_then(|chain| Some((chain.served.leaf()?, chain.places.first()?))) {
                    server.that_shows(leaf.clone(), at.clone());
                }
                found.extend(older(server, one, handshake));
                found.extend(unlisted(server, one, handshake));
            }
            Err(gap) => {
                server.contradicted(Err(gap.clone()));
                return;
            }
        }
    }
    found.extend(anonymous(server, evidence));
    server.contradicted(Ok(found));
}

/// Lets what the doors of a node did contradict what its kubelet says of itself.
pub(crate) fn contradict_kubelets(kubelets: &mut [Kubelet], doors: &[Door]) {
    for kubelet in kubelets {
        let own = || doors.iter().filter(|door| kubelet.stands_at(door.address()) && !door.answers_everything());
        // What a door did that was not seen may have said otherwise, and so may what the kubelet does not tell.
        let unseen = own().find_map(|door| match &door.reach {
            Reach::Unread(gap) => Some(gap.clone()),
            _ => None,
        });
        let untold = |name: &str| match kubelet.get(name) {
            Err(Unanswered::Gap(gap)) => Some(gap),
            _ => None,
        };
        let pods = |listener: Listener| {
            own()
                .filter(move |door| door.who == Some(listener))
                .filter_map(|door| Some((door, door.answer("/pods")?)))
                .next()
        };
        let says = |name: &str, value: &str| kubelet.get(name).is_ok_and(|reading| reading.in_force() == value);
        let mut found = Vec::new();
        if let Some((door, answer)) = pods(Listener::Kubelet)
            && says("authentication.anonymous.enabled", "false")
            && (answer.meaning == Meaning::Given || answer.user.as_deref() == Some("system:anonymous"))
        {
            found.push(Contradiction {
                setting: "authentication.anonymous.enabled",
                does: format!("{} takes callers without credentials", door.name),
                at: answer.at.clone(),
            });
        }
        if let Some((door, answer)) = pods(Listener::KubeletReadOnly)
            && says("readOnlyPort", "0")
            && answer.meaning == Meaning::Given
        {
            found.push(Contradiction {
                setting: "readOnlyPort",
                does: format!("{} gives the pods of the node to anybody", door.name),
                at: answer.at.clone(),
            });
        }
        let of_doors =
            [(Listener::Kubelet, "authentication.anonymous.enabled"), (Listener::KubeletReadOnly, "readOnlyPort")];
        let hidden =
            of_doors.into_iter().filter(|(listener, _)| pods(*listener).is_some()).find_map(|(_, name)| untold(name));
        let told = if found.is_empty() { unseen.or(hidden).map_or(Ok(found), Err) } else { Ok(found) };
        kubelet.contradicted(told);
    }
}

/// Versions older than the oldest that is allowed.
fn older(server: &ApiServer, observed: &Observed, handshake: &Handshake) -> Option<Contradiction> {
    const FLAG: &str = "tls-min-version";
    let reading = server.component().setting(FLAG)?.in_force().ok()?;
    // component-base/cli/flag/ciphersuites_flag.go: an empty value is 1.2.
    let least = match reading.in_force() {
        "" | "VersionTLS12" => "TLS 1.2",
        "VersionTLS10" => "TLS 1.0",
        "VersionTLS11" => "TLS 1.1",
        "VersionTLS13" => "TLS 1.3",
        _ => return None,
    };
    let rank = |name: &str| PROTOCOLS.iter().position(|known| *known == name);
    let too_old: Vec<&Protocol> =
        handshake.protocols.iter().filter(|one| one.offered && rank(&one.name) < rank(least)).collect();
    let first = too_old.first()?;
    let names: Vec<&str> = too_old.iter().map(|one| one.name.as_str()).collect();
    Some(Contradiction {
        setting: FLAG,
        does: format!("{} speaks {}", observed.endpoint, names.join(", ")),
        at: first.at.clone(),
    })
}

/// Suites of TLS 1.2 that are not in a list that is given.
fn unlisted(server: &ApiServer, observed: &Observed, handshake: &Handshake) -> Option<Contradiction> {
    const FLAG: &str = "tls-cipher-suites";
    let reading = server.component().setting(FLAG)?.in_force().ok()?;
    let listed: Vec<&str> =
        reading.in_force().trim_matches(['[', ']']).split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if listed.is_empty() {
        return None;
    }
    // Go knows two of them by shorter names as well (crypto/tls/cipher_suites.go).
    let is_listed = |name: &str| {
        listed.iter().any(|one| *one == name || format!("{one}_SHA256") == name && one.ends_with("_CHACHA20_POLY1305"))
    };
    let others: Vec<&Suite> =
        handshake.suites.iter().filter(|suite| suite.protocol != "TLS 1.3" && !is_listed(&suite.name)).collect();
    let first = others.first()?;
    let names: Vec<String> = others.iter().take(3).map(|suite| format!("`{}`", suite.name)).collect();
    let more = if others.len() > 3 { format!(" and {} more", others.len() - 3) } else { String::new() };
    Some(Contradiction {
        setting: FLAG,
        does: format!("{} agrees to {}{more}", observed.endpoint, names.join(", ")),
        at: first.at.clone(),
    })
}

/// Requests without credentials that were let in: who is not is told so (401) before anybody looks at what is wanted
/// (apiserver pkg/endpoints/filters/authentication.go).
fn anonymous(server: &ApiServer, evidence: &[Evidence]) -> Option<Contradiction> {
    const FLAG: &str = "anonymous-auth";
    let reading = server.component().setting(FLAG)?.in_force().ok()?;
    if reading.in_force() != "false" || reading.plane == Plane::Observed {
        return None;
    }
    let asked = ASKS.iter().find(|ask| ask.as_nobody && ask.path == "/api")?;
    let end = asked.name("");
    let piece = evidence.iter().find(|piece| piece.kind == Kind::Status && piece.id.as_str().ends_with(&end))?;
    let code: u16 = piece.text()?.trim().parse().ok()?;
    // A path before it leads to something else, which may let in whom it likes.
    let base = piece.id.as_str().strip_suffix(&*end)?.split_once("://").map(|(_, host)| host)?;
    if base.contains('/') || !matches!(code, 200 | 403) {
        return None;
    }
    Some(Contradiction {
        setting: FLAG,
        does: format!("{base} answers a request without credentials with {code}, not 401"),
        at: Location::whole(piece.id.clone(), piece.plane),
    })
}
