//! An address is given to the port that asks nobody who they are. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Author, Origin, RuleCard, Safety, Severity, Unanswered, Verdict};

use super::insecure_port;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-insecure-bind-address",
        title: "The port without credentials is bound to an address",
        severity: Severity::Critical,
        fix: Some(Safety::Review),
        page: include_str!("insecure_bind_address.md"),
    },
    component: "apiserver",
    applies: Applies::until(19, "the port cannot be opened from 1.20 on"),
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let (name, address) = insecure_port::address(server.component())?;
    let port = insecure_port::open(server)?;
    if port.number == 0 {
        let reason = format!("`{}` is 0, so that nothing listens there", say::flag(port.name));
        return Err(Unanswered::NotApplicable(reason));
    }
    if matches!(address.origin, Origin::Default { by: Author::Upstream { .. }, .. }) {
        return Ok(say::fine(server.component(), name, address));
    }
    let remedy = say::remedy(
        "take the address away, and close the port",
        &["Scripts, probes and old components that use the address lose access until they use the secure port."],
        say::remove(name, address),
    );
    let message = say::is(name, address.in_force(), &address.origin, &server.component().release);
    let mut finding = say::wrong(name, message, &address.origin, remedy);
    finding.severity = insecure_port::is_loopback(address.in_force()).then_some(Severity::High);
    finding.because.extend(say::label(port.origin, "the port that asks for no credentials"));
    Ok(say::fail(finding))
}
