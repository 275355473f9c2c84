//! The kubelet of a launch configuration: the arguments that the snap comes with, and `extraKubeletArgs` over them.
//!
//! microk8s-resources/default-args/kubelet of the branches 1.27 to 1.36, which differ in 1.27 alone. The kubelet is given flags
//! and no file.

use model::{Evidence, Form, GapKind, Site};

use super::{KNOWN, Launch, MOST, NAME, SUITES_OF_KUBELET, parts};
use crate::{
    declare::{
        Source, command,
        kubelet::{
            KubeletLine,
            made::{Nodes, unseen},
        },
        layers::{Layers, map_at, outside},
    },
    onward, within,
};

const ARGUMENTS: &str = "extraKubeletArgs";

/// What the add-on `cis-hardening` adds.
const HARDENING: [(&str, &str); 5] = [
    ("authorization-mode", "Webhook"),
    ("event-qps", "0"),
    ("protect-kernel-defaults", "true"),
    ("tls-cert-file", "/var/snap/microk8s/current/certs/kubelet.crt"),
    ("tls-private-key-file", "/var/snap/microk8s/current/certs/kubelet.key"),
];

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(ARGUMENTS) && super::speaks(text)
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    speaks(source.text) && parts(source).iter().any(|part| part.get(ARGUMENTS).is_some())
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let parts = parts(source);
    if parts.is_empty() {
        return Vec::new();
    }
    let mut nodes = Launch { source, parts }.kubelet();
    nodes.problems = source.documents().flat_map(|document| source.problems(document)).collect();
    vec![nodes.line(source)]
}

impl Launch<'_> {
    fn kubelet(&self) -> Nodes {
        let holds = |part: &&yaml::Cursor<'_>| part.get(ARGUMENTS).is_some_and(|map| map.mapping().is_some());
        let place = self.parts.iter().rfind(holds).or_else(|| self.parts.last());
        let at = place.map_or_else(
            || self.source.location(yaml::Span::default(), String::new()),
            |part| map_at(self.source, part, &[ARGUMENTS]).at,
        );
        // Its names have dashes, so that none is added by machine to a map that has them without.
        let form = Form::ByHand("add it to the map `extraKubeletArgs`, under its name with the dashes");
        let home = Site { at, form };
        let mut flags = Layers::new(NAME, home.clone());
        let known = within(KNOWN.0, KNOWN.1);
        for (name, value) in [
            ("anonymous-auth", "false"),
            ("authentication-token-webhook", "true"),
            ("cert-dir", "/var/snap/microk8s/current/certs"),
            ("client-ca-file", "/var/snap/microk8s/current/certs/ca.crt"),
            ("container-runtime-endpoint", "/var/snap/microk8s/common/run/containerd.sock"),
            ("eviction-hard", "memory.available<100Mi,nodefs.available<1Gi,imagefs.available<1Gi"),
            ("fail-swap-on", "false"),
            ("kubeconfig", "/var/snap/microk8s/current/credentials/kubelet.config"),
            ("read-only-port", "0"),
            ("root-dir", "/var/snap/microk8s/common/var/lib/kubelet"),
        ] {
            flags.adds_in(name, value, known);
        }
        flags.adds_in("serialize-image-pulls", "false", within(28, KNOWN.1));
        flags.adds_in("tls-cipher-suites", SUITES_OF_KUBELET, within(28, KNOWN.1));
        if let Some(addon) = self.enabled("cis-hardening") {
            for (name, value) in HARDENING {
                let how = "the add-on `cis-hardening` sets it";
                flags.makes_in(name, value, self.source.at(&addon), how, within(28, KNOWN.1));
            }
        }
        for part in &self.parts {
            let map = part.get(ARGUMENTS);
            for entry in map.iter().flat_map(|map| map.entries()).take(MOST) {
                // A name without dashes makes a line that no kubelet takes for a flag.
                let Some(name) = entry.name.strip_prefix("--") else { continue };
                self.given(&mut flags, name, &entry.value);
            }
        }
        let gap = unseen(GapKind::Version, "what the snap gives a kubelet of that release is not known to this build");
        let mut words = outside(KNOWN, &gap, &home);
        words.extend(flags.words());
        let open_ended = command::shorten(&mut words);
        Nodes {
            words,
            open_ended,
            list: Some(home),
            releases: onward(KNOWN.0),
            ..Nodes::new(NAME, self.source.evidence.as_str().to_owned())
        }
    }
}
