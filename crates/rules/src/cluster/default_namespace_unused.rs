//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Meta, Of},
};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-default-namespace-unused",
        title: "Workloads run in the namespace `default`",
        severity: Severity::Low,
        fix: None,
        page: include_str!("default_namespace_unused.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Pod, Of::Service, Of::ServiceAccount];

/// Where nothing of anybody's belongs.
const PLACES: [&str; 3] = ["default", "kube-node-lease", "kube-public"];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["What moves has another DNS name, and other policies."];
    let objects = &cluster.objects;
    let mut findings = Vec::new();
    for place in PLACES {
        let there = |meta: &&Meta| &*meta.namespace == place;
        let pods = objects.pods.iter().map(|pod| &pod.meta).filter(there);
        let services = objects
            .services
            .iter()
            .map(|service| &service.meta)
            .filter(there)
            .filter(|meta| &*meta.name != "kubernetes");
        let accounts = objects
            .service_accounts
            .iter()
            .map(|account| &account.meta)
            .filter(there)
            .filter(|meta| &*meta.name != "default");
        let found: Vec<&Meta> = pods.chain(services).chain(accounts).collect();
        let Some(first) = found.first() else { continue };
        let more = if found.len() > 1 { format!(" and {} more", found.len() - 1) } else { String::new() };
        let message = format!("`{place}` holds `{}`{more}", first.name);
        let remedy = say::remedy("move it to a namespace of its own", &BREAKS, None);
        findings.push(say::object(place, message, &first.at, remedy));
    }
    say::about(
        cluster,
        OF,
        findings,
        "no pods, services or accounts are in `default`, `kube-public` or `kube-node-lease`",
    )
}
