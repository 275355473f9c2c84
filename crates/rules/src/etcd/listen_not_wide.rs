//! Where etcd can be reached. The page beside this file explains the rule and tests it.

use facts::{
    addresses::is_of_internet,
    etcd::{Etcd, Listen},
    observed::Door,
};
use model::{Answer, Confidence, Demand, Finding, Gap, GapKind, Listener, Meaning, RuleCard, Severity, Unanswered, Verdict};

use super::members;
use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    kubelets, say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-listen-not-wide",
        title: "etcd can be reached from beyond the control plane",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("listen_not_wide.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::EtcdOrDoor {
        etcd: ask,
        of: &[Listener::Etcd, Listener::EtcdPeer, Listener::EtcdMetrics],
        door: check,
    },
};

const REMEDY: &str = "bind `--listen-client-urls`, `--listen-peer-urls` and `--listen-metrics-urls` to loopback and to an address of the control plane";

const BREAKS: [&str; 1] = ["Backup hosts, monitoring and members that come through another address lose access."];

fn ask(etcd: &Etcd) -> Verdict {
    let mut answer = Answer::default();
    for name in ["listen-client-urls", "listen-peer-urls", "listen-metrics-urls"] {
        if name == "listen-metrics-urls" && say::is_never_given(etcd.component(), name) {
            continue;
        }
        let one = etcd.listens(name).map(|(listens, reading)| {
            let wide: Vec<String> = listens.iter().filter(|one| one.is_everywhere()).map(shown).collect();
            if wide.is_empty() {
                return say::fine(etcd.component(), name, reading);
            }
            let message = format!("{} is every address of the machine", say::and(&wide));
            let finding = members::wrong(name, message, reading, (REMEDY, &BREAKS), None);
            say::fail(Finding { subject: Some(format!("--{name}")), ..finding })
        });
        kubelets::add(&mut answer, one);
    }
    Ok(answer)
}

fn shown(listen: &Listen) -> String {
    format!("`{}`", listen.url)
}

fn check(door: &Door) -> Verdict {
    // Who ends the handshake without a certificate was reached all the same.
    let insists = door.demand == Some(Demand::Insists);
    if !insists {
        doors::answered(door)?;
        let is_well = door.answer("/health").is_some_and(doors::let_in);
        if !door.proven && !is_well {
            let reason = format!("what answers at {} does not say that it is etcd", door.name);
            return Err(Unanswered::NotApplicable(reason));
        }
    }
    let by = door.answers.iter().find(|answer| answer.meaning != Meaning::None).or(door.answers.first());
    if let Some(at) = by.filter(|_| door.ip().is_some_and(is_of_internet)) {
        return Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!("etcd answers at {}, an address of the internet", door.name),
            severity: None,
            confidence: if door.proven { Confidence::Certain } else { Confidence::Probable },
            at,
            remedy: REMEDY,
            breaks: &BREAKS,
        })));
    }
    // That one address leads to it says nothing of the others that its machine has.
    Err(Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason: format!("etcd answers at {}; whether it listens at every address of its machine only its own flags tell", door.name),
        wanted: "etcd's `--listen-client-urls` and `--listen-peer-urls`".to_owned(),
        who_could_answer: "whoever reads etcd's manifest or unit on its machine".to_owned(),
    }))
}
