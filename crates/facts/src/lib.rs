//! What is in force: evidence resolved into the effective configuration of each component.
//!
//! A component can be told the same thing in several places, and the places override one another differently per setting.
//! This crate knows those orders, the defaults of each release and what the distributions change. It answers with a value
//! *and* its origin, because an auditor who cannot point is only opining.
//!
//! It never judges (that is `rules`) and never reads a file (that is `collect`). Start at [`Invocation`], the command line
//! that every reader makes, and at [`apiserver`], which resolves one from end to end.

pub mod addresses;
pub mod advisories;
pub mod apiserver;
mod cluster;
pub mod configuration;
mod declare;
mod distance;
pub mod etcd;
mod files;
pub mod flag;
pub mod flags;
pub mod fleet;
mod fresh;
mod golang;
mod inflate;
mod invocation;
pub mod kubeconfig;
pub mod kubelet;
mod line;
pub mod live;
mod merge;
pub mod objects;
pub mod observed;
pub mod pflag;
pub mod pki;
mod placeholder;
mod planes;
pub mod rbac;
mod recognise;
mod redact;
pub mod release;
pub mod releases;
pub mod request;
pub mod running;
mod spelling;
mod trees;
mod words;

pub use cluster::{Cluster, DropIns, Gathered, Options, Want, drop_in_folders, resolve, wants};
pub use declare::belong_together;
pub use distance::distance;
pub(crate) use files::mount_of;
pub use files::{Contents, File, Files};
pub use invocation::{Carried, Hand, Invocation, Mount, Releases, Word};
pub(crate) use invocation::{onward, within};
pub use placeholder::placeholder;
pub use recognise::{Recognised, Trouble, recognise, text};
pub use redact::{Marked, Redactor};
pub use spelling::base64;
pub use trees::{Tree, Trees};
pub(crate) use words::Text;

/// Parses the large tables that every judgement needs, so that nobody waits for them later.
pub fn read_tables() {
    std::sync::LazyLock::force(&advisories::ADVISORIES);
}
