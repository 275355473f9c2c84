//! The port of the kubelet that asks nobody. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet, observed::Door};
use model::{Confidence, Listener, Meaning, RuleCard, Safety, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    kubelets::{self, Cure},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-read-only-port",
        title: "The read-only port of the kubelet is open",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("read_only_port.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::KubeletOrDoor { kubelet: ask, of: &[Listener::KubeletReadOnly], door: check },
};

const REMEDY: &str = "set `readOnlyPort: 0` in the KubeletConfiguration, or `--read-only-port=0` where there is none";

const BREAKS: [&str; 1] = ["Old heapster, metrics-server, Prometheus configurations and cloud agents that read 10255 lose data; use 10250 with a token."];

const PORT: &str = "readOnlyPort";

const CURE: Cure = Cure { remedy: "close the port that asks nobody", to: Some("0"), breaks: &BREAKS };

fn ask(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let port = kubelet.get(PORT)?;
    if port.in_force() == "0" {
        return Ok(kubelets::fine(kubelet, PORT, port));
    }
    Ok(say::fail(kubelets::wrong(kubelet, PORT, port, &CURE)))
}

fn check(door: &Door) -> Verdict {
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    let Some(pods) = door.answer("/pods").filter(|pods| !doors::says_nothing(pods)) else {
        return Err(doors::unsaid(door, "/pods").into());
    };
    if door.answers_everything() || pods.meaning != Meaning::Given {
        return Ok(doors::pass_by(pods, format!("what answers at {} gives no pods: {}", door.name, doors::refusal(pods))));
    }
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("anybody who reaches {} can read the pods of the node, with their environment", door.name),
        severity: None,
        confidence: Confidence::Certain,
        at: pods,
        remedy: REMEDY,
        breaks: &BREAKS,
    })))
}
