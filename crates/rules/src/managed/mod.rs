//! What a service that runs clusters for others decides, outside of the cluster.

use crate::rules;

rules! { "managed":
    access_entries,
    boot_disk_cmek,
    cloud_rbac,
    endpoint_restricted,
    flow_logs,
    iam_authentication,
    node_auto_repair,
    node_firewall,
    node_identity_not_default,
    node_integrity_monitoring,
    node_secure_boot,
    private_endpoint,
    private_nodes,
    registry_cluster_read_only,
    registry_user_access,
    shielded_nodes,
    volume_cmek,
    workload_identity,
}
