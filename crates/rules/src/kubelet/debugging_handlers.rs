//! Handlers for debugging. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-debugging-handlers",
        title: "The kubelet serves profiles and changes its verbosity",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("debugging_handlers.md"),
    },
    component: "kubelet",
    applies: Applies::from(21, "1.21 brought the two fields"),
    check: Check::Kubelet(check),
};

const HANDLERS: &str = "enableDebuggingHandlers";

const CURE: Cure = Cure {
    remedy: "switch the profiling and debug-flags handlers off",
    to: Some("false"),
    breaks: &["Whoever needs a profile of a kubelet has to restart it with the handler on first."],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    // Without these there are none of the others (pkg/kubelet/server/server.go, NewServer), nor exec and logs.
    if let Ok(handlers) = kubelet.get(HANDLERS)
        && handlers.in_force() == "false"
    {
        return Ok(kubelets::fine(kubelet, HANDLERS, handlers));
    }
    kubelets::each(kubelet, &["enableProfilingHandler", "enableDebugFlagsHandler"], |text| text == "false", &CURE)
}
