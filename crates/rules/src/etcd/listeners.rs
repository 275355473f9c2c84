//! What the two listeners of etcd have in common: one is for its clients, one for its members.

use facts::observed::Door;
use model::{Confidence, Demand, Unanswered, Verdict};

use crate::{
    doors::{self, Open},
    say,
};

/// Whether who comes to a listener has to show a certificate, `who` being what they are called there.
pub(super) fn asks_who_comes(door: &Door, who: &str, remedy: &'static str, breaks: &'static [&'static str]) -> Verdict {
    doors::answered(door)?;
    if door.demand == Some(Demand::Insists) {
        return Ok(doors::pass(door, format!("{} ends the handshake without a client certificate", door.name)));
    }
    let Some(version) = door.answer("/version").filter(|version| !doors::says_nothing(version)) else {
        return Err(doors::unsaid(door, "/version").into());
    };
    if !door.proven {
        let reason = format!("what answers at {} does not say that it is etcd: {}", door.name, doors::refusal(version));
        return Err(Unanswered::NotApplicable(reason));
    }
    let how = match (version.over.is_tls(), door.demand) {
        (false, _) => format!("speaks no TLS, so that no {who} shows a certificate"),
        (true, Some(Demand::Asks)) => format!("asks a {who} for a certificate and goes on without one"),
        (true, _) => format!("asks no {who} for a certificate"),
    };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("etcd at {} {how}", door.name),
        severity: None,
        confidence: Confidence::Certain,
        at: version,
        remedy,
        breaks,
    })))
}
