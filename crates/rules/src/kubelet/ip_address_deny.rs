//! Whom the unit of the kubelet lets it speak with. The page beside this file explains the rule and tests it.

use facts::kubelet::{Kubelet, Peers};
use model::{Answer, Confidence, Finding, Location, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-ip-address-deny",
        title: "The unit of the kubelet lets it speak with any address",
        severity: Severity::Info,
        fix: None,
        page: include_str!("ip_address_deny.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::KubeletUnit(check),
};

/// What stands for every address (systemd.resource-control(5)): the word, or a network of either family.
const ANY: [&str; 3] = ["any", "0.0.0.0/0", "::/0"];

fn check(_: &Kubelet, peers: &Peers) -> Verdict {
    if let Some(gap) = &peers.unread {
        return Err(Unanswered::Gap(gap.clone()));
    }
    let is_any = |one: &&(String, Location)| ANY.contains(&one.0.as_str());
    // What is allowed wins over what is denied.
    if let Some((text, at)) = peers.allowed.iter().find(is_any) {
        return Ok(say::fail(wrong(format!("`IPAddressAllow=` is `{text}`, which takes every denial back"), at)));
    }
    let whole = |text: &str| peers.denied.iter().any(|(word, _)| word == text);
    if whole("any") || (whole("0.0.0.0/0") && whole("::/0")) {
        let seen = peers.denied.iter().chain(&peers.allowed);
        return Ok(Answer {
            seen: seen.map(|(_, at)| say::field(at)).collect(),
            because: match peers.allowed.len() {
                0 => "the unit denies every address".to_owned(),
                1 => "the unit denies every address but those of one network".to_owned(),
                networks => format!("the unit denies every address but those of {networks} networks"),
            },
            ..Answer::default()
        });
    }
    Ok(say::fail(match peers.denied.first() {
        Some((text, at)) => wrong(format!("`IPAddressDeny=` begins with `{text}` and leaves other addresses"), at),
        None => wrong("`IPAddressDeny=` is not set in the unit".to_owned(), &peers.at),
    }))
}

fn wrong(message: String, at: &Location) -> Finding {
    Finding {
        subject: None,
        setting: None,
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: Origin::Reported(at.clone()),
        because: Vec::new(),
        remedy: Some(say::remedy(
            "deny every address with `IPAddressDeny=any` and allow those of the control plane and the nodes, or leave it to a firewall",
            &["A network that is forgotten cuts the node off from the API server, from probes or from registries."],
            None,
        )),
    }
}
