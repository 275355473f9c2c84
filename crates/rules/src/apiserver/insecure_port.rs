//! The port that asks for no credentials. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{
    Answer, Component, Confidence, Finding, Gap, GapKind, Minor, Origin, Reading, Remedy, RuleCard, Safety, Severity,
    Unanswered, Verdict,
};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-insecure-port",
        title: "A port of the API server asks for no credentials",
        severity: Severity::Critical,
        fix: Some(Safety::Review),
        page: include_str!("insecure_port.md"),
    },
    component: "apiserver",
    applies: Applies::until(23, "1.24 removed the port"),
    check: Check::ApiServer(check),
};

/// From here on the port is gone and its flags take only 0 (CHANGELOG-1.20, "insecure-port").
const CLOSED_SINCE: Minor = Minor::new(1, 20);

/// The port and its old name, which write to one variable: whichever comes last holds.
const PORTS: [&str; 2] = ["insecure-port", "port"];
const ADDRESSES: [&str; 2] = ["insecure-bind-address", "address"];

/// The port without credentials as it is in force; 0 where it is closed.
pub(super) struct Port<'a> {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) origin: &'a Origin,
}

/// Which port is open without credentials.
pub(super) fn open(server: &ApiServer) -> Result<Port<'_>, Unanswered> {
    let component = server.component();
    let (name, reading) = last(component, PORTS)?;
    let number = if component.release.is_at_least(CLOSED_SINCE) {
        0
    } else {
        // A value that is no number stops the server, and facts have said so.
        reading.in_force().parse().map_err(|_| {
            Unanswered::Gap(Gap {
                kind: GapKind::Unresolved,
                reason: format!("`{}` is `{}`, which is no port", say::flag(name), reading.in_force()),
                wanted: say::flag(name),
                who_could_answer: "whoever wrote it".to_owned(),
            })
        })?
    };
    Ok(Port { number, name, origin: &reading.origin })
}

fn check(server: &ApiServer) -> Verdict {
    let component = server.component();
    let port = open(server)?;
    if port.number == 0 {
        let because = if component.release.is_at_least(CLOSED_SINCE) {
            "1.20 and later have no port without credentials".to_owned()
        } else {
            say::is(port.name, "0", port.origin, &component.release)
        };
        return Ok(Answer {
            seen: vec![port.origin.clone()],
            because,
            setting: Some(say::flag(port.name)),
            ..Answer::default()
        });
    }

    let mut message = say::is(port.name, &port.number.to_string(), port.origin, &component.release);
    let mut severity = None;
    let mut because = Vec::new();
    if let Ok((name, address)) = address(component) {
        if is_loopback(address.in_force()) {
            severity = Some(Severity::High);
            message.push_str(", reachable from the node itself");
        } else {
            message.push_str(&format!(", reachable at `{}`", address.in_force()));
        }
        because.extend(say::label(&address.origin, format!("`{}` says who reaches it", say::flag(name))));
    }
    let change = say::set(port.name, port.origin, "0");
    Ok(say::fail(Finding {
        subject: None,
        setting: Some(say::flag(port.name)),
        message,
        severity,
        confidence: Confidence::Certain,
        primary: port.origin.clone(),
        because,
        remedy: Some(Remedy {
            title: "close the port without credentials".to_owned(),
            safety: if change.is_some() { Safety::Review } else { Safety::Manual },
            breaks: vec![
                "Whatever still talks to localhost:8080 stops working, old controller managers, schedulers, add-on \
                 managers and health checks among it; move them to the secure port first."
                    .to_owned(),
            ],
            changes: change.into_iter().collect(),
        }),
    }))
}

/// Where the port without credentials listens, and the name of the flag that says so.
pub(super) fn address(component: &Component) -> Result<(&'static str, &Reading), Unanswered> {
    last(component, ADDRESSES)
}

/// Of two names of one variable, the one that somebody wrote last, else the first.
fn last<'a>(component: &'a Component, names: [&'static str; 2]) -> Result<(&'static str, &'a Reading), Unanswered> {
    let [name, old] = names;
    let reading = say::reading(component, name)?;
    // Facts say of the one that came earlier that the other decides it.
    match say::reading(component, old) {
        Ok(older) if matches!(older.origin, Origin::Written(_)) => Ok((old, older)),
        _ => Ok((name, reading)),
    }
}

pub(super) fn is_loopback(address: &str) -> bool {
    address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
