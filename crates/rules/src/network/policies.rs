//! Which pods of people NetworkPolicies are about, and what may be in the place of those.

use facts::{
    Cluster,
    objects::{Namespace, NetworkPolicy, Of, Pod},
};
use model::{Gap, GapKind, Verdict};

use crate::{cluster::namespaces, say};

/// The kinds that have a say in what reaches a pod.
pub(super) const KINDS: &[Of] = &[
    Of::Namespace,
    Of::NetworkPolicy,
    Of::Pod,
    Of::CiliumClusterPolicy,
    Of::CiliumPolicy,
    Of::ProjectCalicoGlobalPolicy,
    Of::ProjectCalicoPolicy,
    Of::CustomResourceDefinition,
];

/// Groups of policies for whole clusters, whose objects nobody here looks at.
const OTHERS: [&str; 3] = ["crd.antrea.io", "policy.networking.k8s.io", "projectcalico.org"];

/// A namespace of people, with the pods that policies can reach.
pub(super) struct Place<'a> {
    pub(super) namespace: &'a Namespace,
    /// None that has the network of its node, where no policy reaches it (kubernetes.io/docs/concepts/services-networking/
    /// network-policies, "NetworkPolicy and `hostNetwork` pods").
    pub(super) pods: Vec<&'a Pod>,
    pub(super) policies: Vec<&'a NetworkPolicy>,
}

/// Those that have pods.
fn places(cluster: &Cluster) -> impl Iterator<Item = Place<'_>> {
    let objects = &cluster.objects;
    let theirs = objects.namespaces.iter().filter(|one| namespaces::runs_peoples_pods(&one.meta.name));
    theirs.filter_map(|namespace| {
        let name = &namespace.meta.name;
        let is_reached = |pod: &&Pod| pod.meta.namespace == *name && !pod.on_host_network && !pod.is_mirror;
        let pods: Vec<&Pod> = objects.pods.iter().filter(is_reached).collect();
        let policies = objects.network_policies.iter().filter(|policy| policy.meta.namespace == *name).collect();
        (!pods.is_empty()).then_some(Place { namespace, pods, policies })
    })
}

impl<'a> Place<'a> {
    pub(super) fn name(&self) -> &'a str {
        &self.namespace.meta.name
    }

    /// Pods that no policy of those is about.
    pub(super) fn open(&self, counts: impl Fn(&NetworkPolicy) -> bool) -> Vec<&'a Pod> {
        let policies: Vec<&NetworkPolicy> = self.policies.iter().copied().filter(|policy| counts(policy)).collect();
        let selected = |pod: &Pod| {
            let labels: Vec<(&str, &str)> = pod.meta.labels.iter().map(|(key, value)| (&**key, &**value)).collect();
            policies.iter().any(|policy| policy.selects(&labels))
        };
        self.pods.iter().copied().filter(|pod| !selected(pod)).collect()
    }
}

/// Why what a namespace seems to lack may be there all the same: not all was seen, or a plug-in has policies that were not
/// looked into.
fn maybe_elsewhere(cluster: &Cluster, namespace: &str) -> Option<Gap> {
    let objects = &cluster.objects;
    if let Some(gap) = KINDS.iter().filter(|of| **of != Of::Namespace).find_map(|of| objects.whole(*of).err()) {
        return Some(gap);
    }
    let not_worked_out = |what: String| Gap {
        kind: GapKind::Manual,
        reason: format!("what {what} lets through was not worked out"),
        wanted: "which pods policies of the network plug-in are about".to_owned(),
        who_could_answer: "whoever wrote them".to_owned(),
    };
    let others = &objects.other_network_policies;
    let own = others.iter().find(|policy| policy.is_of_cluster() || *policy.meta.namespace == *namespace);
    if let Some(policy) = own {
        return Some(not_worked_out(format!("the {} `{}`", policy.of.kind(), policy.meta.path())));
    }
    let defined = objects
        .definitions
        .iter()
        .find(|one| OTHERS.contains(&&*one.group) && one.of_cluster && one.plural.ends_with("networkpolicies"));
    defined.map(|one| not_worked_out(format!("any of the cluster's {}.{}", one.plural, one.group)))
}

/// Judges each namespace of people that has pods: `wrong` says what one lacks, which may still be there where nobody looked.
pub(super) fn each(
    cluster: &Cluster,
    because: &str,
    (remedy, breaks): (&str, &[&str]),
    wrong: impl Fn(&Place<'_>) -> Option<String>,
) -> Verdict {
    let mut answer = say::about(cluster, KINDS, Vec::new(), because)?;
    for place in places(cluster) {
        let Some(message) = wrong(&place) else { continue };
        match maybe_elsewhere(cluster, place.name()) {
            Some(gap) if answer.gaps.contains(&gap) => {}
            Some(gap) => answer.gaps.push(gap),
            None => {
                let remedy = say::remedy(remedy, breaks, None);
                answer.findings.push(say::object(place.name(), message, &place.namespace.meta.at, remedy));
            }
        }
    }
    Ok(answer)
}

/// "`a`, `b` and 3 more".
pub(super) fn named(pods: &[&Pod]) -> String {
    const MOST: usize = 2;
    let names: Vec<String> = pods.iter().take(MOST).map(|pod| format!("`{}`", pod.meta.name)).collect();
    let more = if pods.len() > MOST { format!(" and {} more", pods.len() - MOST) } else { String::new() };
    format!("{}{more}", names.join(", "))
}
