//! The command line of a component as it would receive it.
//!
//! Static pods, units and cluster definitions differ only until here: every reader makes an [`Invocation`], and one
//! resolver reads them all.

use model::{EvidenceId, Gap, Location, Plane, Problem, Site, Version};

/// One process of a component, as somebody declared it or as it runs.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The component's name: `kube-apiserver`.
    pub component: &'static str,
    /// Node name, else pod name, else evidence name.
    pub instance: String,
    pub declared_in: EvidenceId,
    pub plane: Plane,
    /// The words after the name of the binary (and, under hyperkube, of the component).
    pub words: Vec<Word>,
    /// Words may be there that nobody can read before the process starts (a shell variable that splits, an environment
    /// file): whatever is not written may still be set.
    pub open_ended: Option<Gap>,
    /// The list a missing flag would be added to.
    pub list: Option<Site>,
    /// The release that the image names.
    pub version: Option<(Version, Location)>,
    /// Paths that it sees of its host.
    pub mounts: Vec<Mount>,
    /// Whether it runs in a container, so that a path outside every mount is the image's own.
    pub contained: bool,
    /// Who set the cluster up, where the evidence says so: `kubeadm`, `k3s`.
    pub distribution: Option<&'static str>,
    /// What was wrong while reading the declaration.
    pub problems: Vec<Problem>,
}

/// One word of a command line, and where it stands.
#[derive(Clone, Debug)]
pub struct Word {
    /// The text after expansion. Where `unresolved` is set, the part that is not known stands as it was written.
    pub text: String,
    pub site: Site,
    /// The word holds something that only the running process knows, or a placeholder nobody has filled in yet.
    pub unresolved: Option<Gap>,
}

/// A path inside the container that shows a path of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The path inside the container, without a trailing slash.
    pub container: String,
    /// The path on the host; `None` where the volume is no host path (a Secret, an emptyDir), so that no root holds it.
    pub host: Option<String>,
}
