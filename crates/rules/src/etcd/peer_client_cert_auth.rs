//! Whether members of etcd have to show who they are. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Confidence, Demand, Listener, RuleCard, Severity, Unanswered, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-peer-client-cert-auth",
        title: "etcd does not ask its members for a certificate",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("peer_client_cert_auth.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::EtcdPeer], ask: check },
};

const REMEDY: &str = "start etcd with `--peer-client-cert-auth` and `--peer-trusted-ca-file`";

const BREAKS: [&str; 1] = ["A member without a certificate of that authority drops out; give all of them theirs first."];

fn check(door: &Door) -> Verdict {
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
        (false, _) => "speaks no TLS, so that no member shows a certificate",
        (true, Some(Demand::Asks)) => "asks members for a certificate and goes on without one",
        (true, _) => "does not ask members for a certificate",
    };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("etcd at {} {how}", door.name),
        severity: None,
        confidence: Confidence::Certain,
        at: version,
        remedy: REMEDY,
        breaks: &BREAKS,
    })))
}
