//! What can be reached over the network.

use crate::rules;

rules! { "network":
    component_ports_inventory,
}
