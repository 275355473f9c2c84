//! The cluster as a whole: which release it runs, and how long that one is maintained.

pub(crate) mod namespaces;
mod release;

use crate::rules;

rules! { "cluster":
    addons_patched,
    control_plane_taints,
    dashboard_absent,
    default_namespace_unused,
    deprecated_api_use,
    evidence_completeness,
    hostile_multitenancy,
    image_scanning,
    info_configmap,
    namespace_boundaries,
    old_components_removed,
    patched_version,
    resource_quotas,
    runtime_threat_detection,
    system_namespaces_reserved,
    unsupported_overrides,
    upgrade_automation,
    version_end_of_life,
    version_skew,
}
