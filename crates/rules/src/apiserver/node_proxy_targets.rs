//! Somebody can have the API server connect to an address of their choice. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    rbac::{
        OF_CLUSTER,
        right::{self, Asked, Names, Right, Scope},
    },
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-node-proxy-targets",
        title: "Somebody can send requests through the API server to an address of their choice",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("node_proxy_targets.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask: check },
};

/// Who writes the addresses of a node says where its proxy leads (pkg/registry/core/node/strategy.go, `ResourceLocation`, 1.36).
const ADDRESSES: Right = Right {
    of: &[Asked { verbs: &["update", "patch"], group: "", resources: &["nodes/status"] }],
    scope: Scope::Anywhere,
    names: Names::Any,
    remedy: "take one of the two rights away: the proxy of nodes, or the status of nodes",
    breaks: &["Agents that write conditions of nodes keep that right, and reach kubelets without the proxy."],
};

const PROXY: &[Asked] = &[Asked { verbs: &["get", "create"], group: "", resources: &["nodes/proxy"] }];

fn check(cluster: &Cluster) -> Verdict {
    let through = right::holders(PROXY, cluster);
    let anybody = through.iter().any(facts::rbac::Who::is_everybody);
    right::asked(&ADDRESSES, OF_CLUSTER, cluster, &|who| anybody || through.binary_search(who).is_ok(), &right::as_it_is)
}
