//! The port of cAdvisor inside old kubelets. The page beside this file explains the rule and tests it.

use facts::observed::Door;
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-cadvisor-port",
        title: "The cAdvisor port of the kubelet is open",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("cadvisor_port.md"),
    },
    component: "kubelet",
    applies: Applies::until(11, "1.12 removed the port"),
    check: Check::Door { of: &[Listener::Cadvisor], ask: check },
};

const REMEDY: &str = "set `--cadvisor-port=0`, or upgrade: 1.12 took the port away";

fn check(door: &Door) -> Verdict {
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    let Some(metrics) = door.answer("/metrics").filter(|metrics| !doors::says_nothing(metrics)) else {
        return Err(doors::unsaid(door, "/metrics").into());
    };
    if door.answers_everything() || metrics.meaning != Meaning::Given {
        return Ok(doors::pass_by(metrics, format!("what answers at {} gives no metrics: {}", door.name, doors::refusal(metrics))));
    }
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("anybody who reaches {} can see the containers of the node and what they use", door.name),
        severity: None,
        confidence: Confidence::Probable,
        at: metrics,
        remedy: REMEDY,
        breaks: &["Old scrapers of 4194 lose container metrics; use /metrics/cadvisor on 10250."],
    })))
}
