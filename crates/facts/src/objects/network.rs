//! Policies that say which pods may talk to whom.

use std::sync::Arc;

use model::{Location, Span};
use yaml::Cursor;

use super::{
    Meta, Of, Selector,
    kinds::{Spot, Words},
};

/// A NetworkPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPolicy {
    pub meta: Meta,
    /// The pods of its namespace that it is about; all of them where it asks nothing of their labels.
    pods: Option<Selector>,
    /// What it lets in; `None` where it does not say anything about that direction, and so leaves it open.
    pub ingress: Option<Vec<Traffic>>,
    pub egress: Option<Vec<Traffic>>,
}

/// What one rule lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    pub peers: Peers,
    /// Whether it names ports.
    pub has_ports: bool,
    /// `/spec/ingress/0`
    pointer: String,
    span: Span,
}

/// Who is on the other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Everybody, within the cluster and without.
    Anybody,
    /// Everybody who has an address of one of the two kinds: the network that says so.
    AnyAddress(Arc<str>),
    Some,
}

impl NetworkPolicy {
    /// Whether it is about a pod of its namespace with those labels.
    pub fn selects(&self, labels: &[(&str, &str)]) -> bool {
        self.pods.as_ref().is_none_or(|pods| pods.selects(labels))
    }

    /// Where a rule of it stands.
    pub fn rule_at(&self, rule: &Traffic) -> Location {
        self.meta.part(&rule.pointer, rule.span)
    }
}

/// A policy of a network plug-in that has kinds of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherPolicy {
    pub meta: Meta,
    pub of: Of,
}

impl OtherPolicy {
    /// Whether it may be about every namespace.
    pub fn is_of_cluster(&self) -> bool {
        matches!(self.of, Of::CiliumClusterPolicy | Of::ProjectCalicoGlobalPolicy)
    }
}

pub(super) fn other(of: Of, meta: Meta) -> OtherPolicy {
    OtherPolicy { meta, of }
}

/// Which directions it is about follows from what it holds where it does not say so: always what comes in, and what goes out
/// where a rule says something about that (pkg/apis/networking/v1/defaults.go, `SetDefaults_NetworkPolicy`, 1.36).
pub(super) fn policy(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<NetworkPolicy> {
    let spec = object.get("spec").filter(|spec| spec.mapping().is_some())?;
    let types = words.list(&spec, "policyTypes");
    let ingress = rules(&spec, "ingress", "from", spot, words);
    let egress = rules(&spec, "egress", "to", spot, words);
    let says = |name: &str| types.iter().any(|kind| **kind == *name);
    let is_about_egress = says("Egress") || types.is_empty() && !egress.is_empty();
    Some(NetworkPolicy {
        pods: words.selector(&spec, "podSelector", spot),
        ingress: (types.is_empty() || says("Ingress")).then_some(ingress),
        egress: is_about_egress.then_some(egress),
        meta,
    })
}

fn rules(spec: &Cursor<'_>, key: &str, peers: &str, spot: &Spot<'_>, words: &mut Words) -> Vec<Traffic> {
    let rules = spec.get(key).into_iter().flat_map(|rules| rules.items().collect::<Vec<_>>());
    let rule = |(number, rule): (usize, Cursor<'_>)| Traffic {
        peers: of_rule(&rule, peers, words),
        has_ports: rule.get("ports").is_some_and(|ports| ports.items().len() > 0),
        pointer: format!("/spec/{key}/{number}"),
        span: spot.span(&rule),
    };
    rules.enumerate().map(rule).collect()
}

/// An empty list of peers is everybody, as none at all is (k8s.io/api networking/v1/types.go, `NetworkPolicyIngressRule`).
fn of_rule(rule: &Cursor<'_>, key: &str, words: &mut Words) -> Peers {
    let peers: Vec<Cursor<'_>> = rule.get(key).into_iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect();
    if peers.is_empty() {
        return Peers::Anybody;
    }
    let everybody = peers.iter().find_map(|peer| {
        let network = peer.at("/ipBlock/cidr")?;
        let network = network.text()?;
        let has_exceptions = peer.at("/ipBlock/except").is_some_and(|list| list.items().len() > 0);
        (network.ends_with("/0") && !has_exceptions).then(|| words.word(network))
    });
    everybody.map_or(Peers::Some, Peers::AnyAddress)
}
