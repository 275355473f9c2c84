//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Confidence, RuleCard, Severity, Verdict};

use super::webhooks::{self, KINDS};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-webhook-timeouts",
        title: "A slow webhook holds up every write",
        severity: Severity::Low,
        fix: None,
        page: include_str!("webhook_timeouts.md"),
    },
    component: "apiserver",
    applies: Applies::from(14, "1.14 brought `timeoutSeconds`"),
    check: Check::Objects { of: KINDS, ask: check },
};

/// As the page says, and as the default of v1 is.
const LONGEST: i64 = 10;

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["With `Fail` a short timeout refuses writes while the backend is slow."];
    let wrong = cluster.objects.webhooks.iter().filter_map(|webhook| {
        // What v1beta1 meant where nothing was said (k8s.io/api admissionregistration/v1beta1).
        let (seconds, at) = match webhook.timeout {
            Some((seconds, at)) => (seconds, Some(at)),
            None => (if webhook.is_old { 30 } else { LONGEST }, None),
        };
        let message = format!("`{}` may take {seconds} s", webhook.name);
        let part = at.map(|at| ("/timeoutSeconds", at));
        let remedy = ("give it ten seconds at most", &BREAKS[..]);
        (seconds > LONGEST).then(|| webhooks::wrong(webhook, message, part, Confidence::Certain, remedy))
    });
    say::about(cluster, KINDS, wrong.collect(), format!("every webhook has at most {LONGEST} s"))
}
