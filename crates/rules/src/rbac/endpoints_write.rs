//! Somebody who need not may write endpoints. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{Answer, RuleCard, Severity, Verdict};

use super::{BINDINGS, gist, right::{self, Asked, Names, Right, Scope}, roles};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-endpoints-write",
        title: "Somebody who need not may write endpoints",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("endpoints_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch"], group: "", resources: &["endpoints"] },
        Asked { verbs: &["create", "update", "patch"], group: "discovery.k8s.io", resources: &["endpointslices"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave endpoints to the controllers of services",
    breaks: &["Controllers that manage Endpoints by hand (database operators with leader endpoints) fail."],
};

/// The role by which `edit` and `admin` had the right until 1.21, which an upgrade leaves as it is.
const OLD: &str = "system:aggregate-to-edit";

fn ask(cluster: &Cluster) -> Verdict {
    let mut answer = right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is)?;
    let since = cluster.release.as_ref().is_some_and(|release| release.bounds().0.minor >= 22);
    let old = cluster.objects.roles.iter().filter(|role| since && role.of_cluster && &*role.meta.name == OLD);
    for role in old {
        let writes = role.rules.iter().position(|rule| rule.speaks_of("update", "", "endpoints"));
        if let Some(number) = writes {
            let what = "lets everybody with `edit` write endpoints, as 1.22 no longer ships it";
            let found = roles::wrong(role, number, what, gist::remedy(RIGHT.remedy, RIGHT.breaks));
            answer = Answer { findings: [answer.findings, vec![found]].concat(), ..answer };
        }
    }
    Ok(answer)
}
