//! URLs of etcd that are not TLS. The page beside this file explains the rule and tests it.

use facts::etcd::{Etcd, Listen};
use model::{Answer, Finding, RuleCard, Severity, Verdict};

use super::members;
use crate::{Applies, Check, Rule, kubelets, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-listen-urls-https",
        title: "etcd listens without TLS",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("listen_urls_https.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Etcd(check),
};

const REMEDY: &str = "give etcd https URLs alone, with the certificates for them";

const BREAKS: [&str; 1] = ["Clients and members that still use http lose the store."];

/// Where it listens, and what it tells others of that.
const FLAGS: [&str; 4] =
    ["listen-client-urls", "listen-peer-urls", "advertise-client-urls", "initial-advertise-peer-urls"];

fn check(etcd: &Etcd) -> Verdict {
    let mut answer = Answer::default();
    for name in FLAGS {
        let verdict = of_flag(etcd, name);
        // What nobody is told is nowhere.
        let adds_nothing = name.contains("advertise") && !matches!(&verdict, Ok(answer) if !answer.findings.is_empty());
        if !adds_nothing {
            kubelets::add(&mut answer, verdict);
        }
    }
    // Where it listens so, nobody has to be told that others are sent there.
    let listens = |finding: &Finding| finding.setting.as_ref().is_some_and(|name| name.starts_with("--listen"));
    if answer.findings.iter().any(listens) {
        answer.findings.retain(listens);
    }
    Ok(answer)
}

fn of_flag(etcd: &Etcd, name: &str) -> Verdict {
    let (listens, reading) = etcd.listens(name)?;
    // Who may open the socket is told by its file.
    let plain: Vec<&Listen> = listens.iter().filter(|one| !one.is_tls && !one.host.is_empty()).collect();
    if plain.is_empty() {
        return Ok(say::fine(etcd.component(), name, reading));
    }
    if name.contains("advertise") && matches!(reading.origin, model::Origin::Default { .. }) {
        return Ok(Answer::default());
    }
    let urls: Vec<String> = plain.iter().map(|one| format!("`{}`", one.url)).collect();
    let listening = if name.starts_with("listen") { "it listens without TLS at" } else { "it tells others to come without TLS to" };
    let message = format!("{listening} {}{}", say::and(&urls), say::from(&reading.origin, &etcd.component().release));
    let severity = plain.iter().all(|one| one.is_local()).then_some(Severity::High);
    let finding = members::wrong(name, message, reading, (REMEDY, &BREAKS), None);
    Ok(say::fail(Finding { severity, subject: Some(format!("--{name}")), ..finding }))
}
