//! The listener of etcd's metrics. The page beside this file explains the rule and tests it.

use facts::{
    etcd::{Etcd, Listen},
    observed::{Answer as Given, Door},
};
use model::{Confidence, Listener, RuleCard, Severity, Unanswered, Verdict};

use super::members;
use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-metrics-listener",
        title: "Whoever reaches etcd's metrics reads them in the clear",
        severity: Severity::Low,
        fix: None,
        page: include_str!("metrics_listener.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::EtcdOrDoor { etcd: ask, of: &[Listener::EtcdMetrics], door: check },
};

const REMEDY: &str = "bind `--listen-metrics-urls` to loopback, or give it an https URL";

const BREAKS: [&str; 1] = [
    "A Prometheus that scrapes it over the network has to go through a proxy on the node, or to bring a client certificate.",
];

fn ask(etcd: &Etcd) -> Verdict {
    const FLAG: &str = "listen-metrics-urls";
    if say::is_never_given(etcd.component(), FLAG) {
        return Err(Unanswered::NotApplicable(format!("`--{FLAG}` is not given")));
    }
    let (listens, reading) = etcd.listens(FLAG)?;
    let open: Vec<&Listen> = listens.iter().filter(|one| !one.is_tls && !one.is_local()).collect();
    if open.is_empty() {
        return Ok(say::fine(etcd.component(), FLAG, reading));
    }
    let urls: Vec<String> = open.iter().map(|one| format!("`{}`", one.url)).collect();
    let message = format!("metrics are given to anybody at {}, without TLS", say::and(&urls));
    Ok(say::fail(members::wrong(FLAG, message, reading, (REMEDY, &BREAKS), None)))
}

fn check(door: &Door) -> Verdict {
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    doors::answered(door)?;
    let Some(metrics) = door.answer("/metrics").filter(|metrics| !doors::says_nothing(metrics)) else {
        return Err(doors::unsaid(door, "/metrics").into());
    };
    let open: Vec<&Given> = ["/metrics", "/health"]
        .into_iter()
        .filter_map(|path| door.answer(path))
        .filter(|given| doors::let_in(given))
        .collect();
    if !doors::let_in(metrics) {
        return Ok(doors::pass_by(metrics, format!("{} gives no metrics: {}", door.name, doors::refusal(metrics))));
    }
    if door.is_loopback() {
        return Ok(doors::pass_by(metrics, format!("{} is reached from the machine itself alone", door.name)));
    }
    if metrics.over.is_tls() {
        return Ok(doors::pass_by(metrics, format!("what {} gives is encrypted", door.name)));
    }
    if !door.proven && door.answer("/health").is_none_or(|health| !doors::let_in(health)) {
        let reason = format!("what answers at {} does not say that it is etcd", door.name);
        return Err(Unanswered::NotApplicable(reason));
    }
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("{} gives {} to anybody, without TLS", door.name, doors::paths(&open)),
        severity: None,
        confidence: if door.proven { Confidence::Certain } else { Confidence::Probable },
        at: metrics,
        remedy: REMEDY,
        breaks: &BREAKS,
    })))
}
