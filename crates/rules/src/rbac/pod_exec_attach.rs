//! Somebody who need not may run commands in pods. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Gap, GapKind, RuleCard, Severity, Verdict};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule, release};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-pod-exec-attach",
        title: "Somebody who need not may run commands in pods",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("pod_exec_attach.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "get"], group: "", resources: &["pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "grant the right in single namespaces, to those who debug there",
    breaks: &["Debugging, Helm tests, CI runners and backup hooks that exec into pods fail."],
};

/// From 1.35 on a websocket wants `create` (AuthorizePodWebsocketUpgradeCreatePermission); the proxies are as they were.
const WITH_CREATE: Right = Right {
    of: &[
        Asked { verbs: &["create"], group: "", resources: &["pods/exec", "pods/attach", "pods/portforward"] },
        Asked { verbs: &["create", "get"], group: "", resources: &["pods/proxy", "services/proxy"] },
    ],
    ..RIGHT
};

fn ask(cluster: &Cluster) -> Verdict {
    let said = |right: &Right| right::ask(right, BINDINGS, cluster, &right::where_the_system_is);
    let Some((oldest, newest)) = release(cluster).map(|release| release.bounds()) else { return open(said) };
    match (oldest.minor >= WANTS_CREATE, newest.minor >= WANTS_CREATE) {
        (true, _) => said(&WITH_CREATE),
        (false, false) => said(&RIGHT),
        (false, true) => open(said),
    }
}

const WANTS_CREATE: u16 = 35;

/// What holds for every release; where only some would say more, that is a gap.
fn open(said: impl Fn(&Right) -> Verdict) -> Verdict {
    let (mut answer, more) = (said(&WITH_CREATE)?, said(&RIGHT)?);
    let known = |subject: &Option<String>| answer.findings.iter().any(|finding| finding.subject == *subject);
    let gaps: Vec<Gap> = more
        .findings
        .iter()
        .filter(|finding| !known(&finding.subject))
        .map(|finding| Gap {
            kind: GapKind::Version,
            reason: format!("until 1.34: {}", finding.message),
            wanted: "--kubernetes-version".to_owned(),
            who_could_answer: "whoever knows which release runs".to_owned(),
        })
        .collect();
    answer.gaps.extend(gaps);
    Ok(answer)
}
