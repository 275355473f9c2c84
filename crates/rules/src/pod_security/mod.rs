//! What keeps pods from the nodes that they run on: labels of namespaces, and what stands in for them.

use crate::rules;

mod levels;

rules! { "pod_security":
    mechanism_present,
    namespace_enforcement,
    version_pin,
}
