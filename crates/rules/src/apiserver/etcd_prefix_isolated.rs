//! Whether two clusters share one etcd. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-etcd-prefix-isolated",
        title: "Another cluster may read and write what this one stores",
        severity: Severity::High,
        fix: None,
        page: include_str!("etcd_prefix_isolated.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let servers = server.get(&flag::ETCD_SERVERS)?.value;
    let prefix = server.get(&flag::ETCD_PREFIX)?.value;
    Err(Unanswered::Gap(Gap {
        kind: GapKind::Manual,
        reason: format!("whether another cluster uses {} with the prefix `{prefix}`, too, is in no file of this one", servers.join(", ")),
        wanted: "the clusters that use this etcd".to_owned(),
        who_could_answer: "whoever runs etcd: `etcdctl get / --prefix --keys-only` and `etcdctl auth status`".to_owned(),
    }))
}
