//! The file of arguments of a kubelet, as MicroK8s (`args/kubelet`) and Canonical Kubernetes keep it beside that of the API server.
//!
//! Both hand the kubelet flags and, unless one of them names it, no file: what no line says has the default of a flag.

use model::{Evidence, Form, Site};

use super::{are_flags, distribution, end, words};
use crate::declare::{
    Source, command,
    kubelet::{KubeletLine, made::Nodes},
};

/// Flags that no other component has, one of which every such file holds (microk8s-resources/default-args/kubelet of every
/// branch; k8s-snap, src/k8s/pkg/k8sd/setup/kubelet.go).
pub(super) const OWN: [&str; 8] = [
    "--authentication-token-webhook",
    "--container-runtime-endpoint",
    "--eviction-hard",
    "--fail-swap-on",
    "--read-only-port",
    "--register-with-taints",
    "--root-dir",
    "--serialize-image-pulls",
];

/// What MicroK8s takes out of the file, and since which release.
pub(in crate::declare) const REMOVED: [(&str, u16); 23] = [
    ("add-dir-header", 26),
    ("alsologtostderr", 26),
    ("cni-bin-dir", 24),
    ("cni-cache-dir", 24),
    ("cni-conf-dir", 24),
    ("container-runtime", 27),
    ("docker-endpoint", 24),
    ("experimental-dockershim-root-directory", 24),
    ("experimental-kernel-memcg-notification", 25),
    ("image-pull-progress-deadline", 24),
    ("log-backtrace-at", 26),
    ("log-dir", 26),
    ("log-file", 26),
    ("log-file-max-size", 26),
    ("log-flush-frequency", 26),
    ("logtostderr", 26),
    ("network-plugin", 24),
    ("network-plugin-mtu", 24),
    ("non-masquerade-cidr", 24),
    ("one-output", 26),
    ("pod-infra-container-image", 24),
    ("skip-headers", 26),
    ("stderrthreshold", 26),
];

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    are_flags(text.text(), &OWN)
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    are_flags(source.text, &OWN)
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut words = words(source, &REMOVED);
    let open_ended = command::shorten(&mut words);
    let nodes = Nodes {
        words,
        open_ended,
        list: Some(Site { at: end(source), form: Form::Lines }),
        ..Nodes::new(distribution(source.text), source.evidence.as_str().to_owned())
    };
    vec![nodes.line(source)]
}
