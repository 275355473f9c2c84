//! Components where firewalls do not expect them. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Unanswered, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "network-component-ports-inventory",
        title: "A component listens at an unexpected port",
        severity: Severity::Low,
        fix: None,
        page: include_str!("component_ports_inventory.md"),
    },
    component: "network",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::ApiServer, Listener::ApiServerInsecure, Listener::Kubelet, Listener::KubeletReadOnly, Listener::Etcd, Listener::EtcdPeer, Listener::ControllerManager, Listener::Scheduler], ask: check },
};

/// Where a component listens when nobody moved it (kubernetes.io/docs/reference/networking/ports-and-protocols).
fn expected(who: Listener) -> &'static [u16] {
    match who {
        Listener::ApiServer => &[6443],
        Listener::Kubelet => &[10250],
        Listener::Etcd => &[2379],
        Listener::EtcdPeer => &[2380],
        Listener::ControllerManager => &[10257],
        Listener::Scheduler => &[10259],
        _ => &[],
    }
}

fn check(door: &Door) -> Verdict {
    doors::answered(door)?;
    let (Some(who), true) = (door.who, door.proven) else {
        let reason = format!("answers do not tell who listens at {}", door.name);
        return Err(Unanswered::NotApplicable(reason));
    };
    let ports = expected(who);
    // How a cluster is reached is no surprise to anybody: a load balancer has ports of its own.
    if door.is_known() {
        return Ok(doors::pass(door, format!("{} answers at {}, where it is known to be", who.component(), door.name)));
    }
    let by = door.answers.iter().find(|given| given.meaning == Meaning::Given).or(door.answers.first());
    let Some(by) = by.filter(|_| !ports.contains(&door.port)) else {
        return Ok(doors::pass(door, format!("{} listens at {}, which is its port", who.component(), door.port)));
    };
    let usual = match ports {
        [port, ..] => format!("and its port is {port}"),
        [] => "which has no port that it should have".to_owned(),
    };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("{} answers at {}, {usual}", who.component(), door.name),
        severity: None,
        // 443 is what a load balancer in front has.
        confidence: if door.port == 443 { Confidence::Possible } else { Confidence::Certain },
        at: by,
        remedy: "move it to the port that firewalls know, or add the port to what they guard",
        breaks: &["Clients and kubeconfigs that name the port have to follow."],
    })))
}
