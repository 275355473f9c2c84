//! The cluster as a whole: which release it runs, and how long that one is maintained.

mod release;

use crate::rules;

rules! { "cluster":
    patched_version,
    version_end_of_life,
}
