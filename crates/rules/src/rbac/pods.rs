//! Pods and the accounts that they run as.

use std::collections::HashMap;

use facts::{
    Cluster,
    objects::{Of, Pod, ServiceAccount},
};
use model::{Gap, Location};

pub(super) fn or_default(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// The namespace and the name of the account that a pod runs as.
pub(super) fn account(pod: &Pod) -> (&str, &str) {
    (or_default(&pod.meta.namespace), if pod.account.is_empty() { "default" } else { &pod.account })
}

/// "Pod `n/a`".
pub(super) fn name(pod: &Pod) -> String {
    format!("{} `{}/{}`", pod.kind, or_default(&pod.meta.namespace), pod.meta.name)
}

pub(super) fn subject(pod: &Pod) -> String {
    format!("{}/{}/{}", pod.kind, or_default(&pod.meta.namespace), pod.meta.name)
}

/// What decides that a token is mounted, as far as the pod says it.
pub(super) fn place(pod: &Pod) -> Location {
    pod.meta.part(pod.path, pod.automount.map_or(pod.span, |(_, span)| span))
}

/// The service accounts of a cluster, by namespace and name.
pub(super) struct Accounts<'a> {
    cluster: &'a Cluster,
    by_name: HashMap<(&'a str, &'a str), &'a ServiceAccount>,
}

impl<'a> Accounts<'a> {
    pub(super) fn of(cluster: &'a Cluster) -> Self {
        let known = cluster.objects.service_accounts.iter();
        let by_name = known.map(|known| ((or_default(&known.meta.namespace), &*known.meta.name), known)).collect();
        Self { cluster, by_name }
    }

    /// Whether a pod mounts a token of its account: the pod says so, else the account, else it does
    /// (plugin/pkg/admission/serviceaccount, `shouldAutomount`, 1.36).
    ///
    /// # Errors
    ///
    /// The account is not known, and may say no.
    pub(super) fn mounts_token(&self, pod: &Pod) -> Result<bool, Gap> {
        if pod.projects_token {
            return Ok(true);
        }
        if let Some((said, _)) = pod.automount {
            return Ok(said);
        }
        match self.by_name.get(&account(pod)) {
            Some(account) => Ok(account.automount.is_none_or(|(said, _)| said)),
            // A pod of an account that is gone was given what the account said then.
            None => self.cluster.objects.whole(Of::ServiceAccount).map(|()| true),
        }
    }
}
