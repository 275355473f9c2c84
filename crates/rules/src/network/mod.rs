//! What can be reached over the network, and who says so.

use crate::rules;

mod policies;

rules! { "network":
    component_ports_inventory,
    default_deny_egress,
    default_deny_ingress,
    ingress_tls,
    namespace_has_policies,
    policy_no_allow_all,
}
