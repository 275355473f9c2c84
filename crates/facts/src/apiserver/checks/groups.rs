//! The API groups and versions that the server has types for, which is what `--runtime-config` may name.
//!
//! Types outlive the API: `apps/v1beta1` is registered in 1.36, which serves it no more. From the installers that
//! pkg/controlplane/import_known_versions.go imports in 1.20 and in each of 1.25 to 1.36, and those of apiextensions-apiserver
//! and kube-aggregator; where the trees of 1.20 and 1.25 differ and no changelog tells the release, both are taken.

use model::Minor;

/// A version of a group, the first minor release of 1 that has it and the first without it.
type Registered = (&'static str, u16, u16);

const fn always(version: &'static str) -> Registered {
    between(version, 0, u16::MAX)
}

const fn since(version: &'static str, from: u16) -> Registered {
    between(version, from, u16::MAX)
}

const fn until(version: &'static str, to: u16) -> Registered {
    between(version, 0, to)
}

const fn between(version: &'static str, from: u16, to: u16) -> Registered {
    (version, from, to)
}

/// Whether a release has types for a version of a group. Before 1.20 it is enough that some release had them.
pub(super) fn is_registered(group: &str, version: &str, minor: Minor) -> bool {
    let has = |(known, from, to): &Registered| {
        *known == version && (minor < Minor::new(1, 20) || (*from..*to).contains(&minor.minor))
    };
    GROUPS.iter().any(|(known, versions)| *known == group && versions.iter().any(has))
}

/// Whether a release has types for any version of a group.
pub(super) fn is_group(group: &str, minor: Minor) -> bool {
    GROUPS.iter().any(|(known, versions)| {
        *known == group && versions.iter().any(|(version, ..)| is_registered(group, version, minor))
    })
}

const GROUPS: [(&str, &[Registered]); 29] = [
    ("", &[always("v1")]),
    ("admission.k8s.io", &[always("v1"), always("v1beta1")]),
    ("admissionregistration.k8s.io", &[always("v1"), since("v1alpha1", 26), always("v1beta1")]),
    ("apiextensions.k8s.io", &[always("v1"), always("v1beta1")]),
    ("apiregistration.k8s.io", &[always("v1"), always("v1beta1")]),
    ("apps", &[always("v1"), always("v1beta1"), always("v1beta2")]),
    ("auditregistration.k8s.io", &[until("v1alpha1", 20)]),
    ("authentication.k8s.io", &[always("v1"), since("v1alpha1", 26), always("v1beta1")]),
    ("authorization.k8s.io", &[always("v1"), always("v1beta1")]),
    (
        "autoscaling",
        &[always("v1"), since("v2", 23), until("v2alpha1", 20), until("v2beta1", 36), until("v2beta2", 36)],
    ),
    ("batch", &[always("v1"), always("v1beta1"), until("v2alpha1", 25)]),
    ("certificates.k8s.io", &[always("v1"), since("v1alpha1", 27), always("v1beta1")]),
    ("coordination.k8s.io", &[always("v1"), between("v1alpha1", 31, 32), since("v1alpha2", 32), always("v1beta1")]),
    ("discovery.k8s.io", &[since("v1", 21), until("v1alpha1", 25), always("v1beta1")]),
    ("events.k8s.io", &[always("v1"), always("v1beta1")]),
    ("extensions", &[always("v1beta1")]),
    ("federation", &[until("v1beta1", 20)]),
    (
        "flowcontrol.apiserver.k8s.io",
        &[since("v1", 29), until("v1alpha1", 29), always("v1beta1"), since("v1beta2", 23), since("v1beta3", 26)],
    ),
    ("imagepolicy.k8s.io", &[always("v1alpha1")]),
    ("internal.apiserver.k8s.io", &[always("v1alpha1")]),
    ("networking.k8s.io", &[always("v1"), between("v1alpha1", 25, 34), always("v1beta1")]),
    ("node.k8s.io", &[always("v1"), always("v1alpha1"), always("v1beta1")]),
    ("policy", &[since("v1", 21), until("v1alpha1", 20), always("v1beta1")]),
    ("rbac.authorization.k8s.io", &[always("v1"), always("v1alpha1"), always("v1beta1")]),
    (
        "resource.k8s.io",
        &[
            since("v1", 34),
            between("v1alpha1", 26, 27),
            between("v1alpha2", 27, 31),
            since("v1alpha3", 31),
            since("v1beta1", 32),
            since("v1beta2", 33),
        ],
    ),
    ("scheduling.k8s.io", &[always("v1"), until("v1alpha1", 36), since("v1alpha2", 36), always("v1beta1")]),
    ("settings.k8s.io", &[until("v1alpha1", 20)]),
    ("storage.k8s.io", &[always("v1"), always("v1alpha1"), always("v1beta1")]),
    ("storagemigration.k8s.io", &[between("v1alpha1", 30, 35), since("v1beta1", 35)]),
];
