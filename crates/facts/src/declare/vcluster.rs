//! vcluster's values (`vcluster.yaml`), as the API server that its control plane runs.
//!
//! What vcluster gives is in loft-sh/vcluster, pkg/k8s/k8s.go, `StartK8S` (v0.20.0 to v0.30.0 and the tree of August 2026);
//! `controlPlane.distro.k8s.apiServer.extraArgs` comes behind it. No value names the release of vcluster, so that what its
//! releases give differently is left open. Values of releases before 0.20 have another shape and are not read.

use model::{Evidence, Form, Gap, GapKind, Location, Problem, Site, Version};
use yaml::{Cursor, Resolved};

use super::{
    Source,
    command::{self, Program},
    kubeadm::release,
    layers::Layers,
    lookup::find,
};
use crate::{Invocation, Mount, Word, onward};

const NAME: &str = "vcluster";

/// More arguments than any server has.
const MOST: usize = 512;

/// In every release that was looked at.
const ADDED: [(&str, &str); 11] = [
    ("advertise-address", "127.0.0.1"),
    ("allow-privileged", "true"),
    ("bind-address", "127.0.0.1"),
    ("enable-bootstrap-token-auth", "true"),
    ("endpoint-reconciler-type", "none"),
    ("requestheader-allowed-names", "front-proxy-client"),
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-username-headers", "X-Remote-User"),
    ("secure-port", "6443"),
    ("service-account-issuer", "https://kubernetes.default.svc.cluster.local"),
];

/// Given by every release, in a way that depends on it or on more than the values.
const OPEN: [(&str, &str); 18] = [
    ("authorization-mode", RELEASE),
    ("client-ca-file", FILES),
    ("etcd-cafile", STORE),
    ("etcd-certfile", STORE),
    ("etcd-keyfile", STORE),
    ("etcd-servers", STORE),
    ("profiling", RELEASE),
    ("proxy-client-cert-file", FILES),
    ("proxy-client-key-file", FILES),
    ("requestheader-client-ca-file", FILES),
    ("service-account-key-file", FILES),
    ("service-account-signing-key-file", FILES),
    ("service-cluster-ip-range", "it is the range of the cluster that holds it"),
    ("tls-cert-file", FILES),
    ("tls-private-key-file", FILES),
    ("watch-cache", RELEASE),
    ("enable-admission-plugins", RELEASE),
    ("egress-selector-config-file", RELEASE),
];

const RELEASE: &str = "what vcluster gives depends on its release";
const FILES: &str = "the folder of its keys depends on the release of vcluster";
const STORE: &str = "the backing store decides it";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("controlPlane") && text.contains("distro") && text.contains("k8s")
}

/// Whether a text holds the values of a vcluster that runs Kubernetes' own API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| server(&document.cursor()).is_some())
}

/// The API server of every vcluster in a text.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if let Some(distro) = server(&root) {
            found.push(Virtual { source, root, distro }.invocation(source.problems(document)));
        }
    }
    found
}

/// `controlPlane.distro.k8s`, where it is what runs; it is the default where no distribution is named.
fn server<'a>(root: &Cursor<'a>) -> Option<Cursor<'a>> {
    if root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return None;
    }
    let distro = root.get("controlPlane")?.get("distro")?;
    let on = |name: &str| {
        distro.get(name).and_then(|one| one.get("enabled")).and_then(|on| match on.resolved() {
            Some(Resolved::Bool(on)) => Some(on),
            _ => None,
        })
    };
    let others = ["k3s", "k0s", "eks"].iter().any(|name| on(name) == Some(true));
    distro.get("k8s").filter(|k8s| k8s.mapping().is_some() && !others && on("k8s") != Some(false))
}

struct Virtual<'a> {
    source: &'a Source<'a>,
    root: Cursor<'a>,
    distro: Cursor<'a>,
}

impl<'a> Virtual<'a> {
    fn home(&self) -> Site {
        match find(&self.distro, &["apiServer", "extraArgs"]).filter(|list| list.sequence().is_some()) {
            Some(list) => Site { at: self.source.at(&list), form: Form::List },
            None => Site {
                at: self.source.at(&self.distro),
                form: Form::ByHand("add it to the list `controlPlane.distro.k8s.apiServer.extraArgs`"),
            },
        }
    }

    fn version(&self) -> Option<(Version, Location)> {
        [&["version"][..], &["image", "tag"], &["apiServer", "image", "tag"]].iter().find_map(|path| {
            let found = find(&self.distro, path)?;
            Some((release(found.text()?)?, self.source.at(&found)))
        })
    }

    fn invocation(&self, problems: Vec<Problem>) -> Invocation {
        let mut flags = Layers::new(NAME, self.home());
        for (flag, value) in ADDED {
            flags.adds(flag, value);
        }
        for (flag, reason) in OPEN {
            flags.sets_unseen(flag, gap(reason));
        }
        if let Some(domain) = find(&self.root, &["networking", "advanced", "clusterDomain"])
            && domain.text().is_some_and(|text| text != "cluster.local")
        {
            flags.sets_unseen("service-account-issuer", gap(RELEASE));
        }
        if find(&self.root, &["privateNodes", "enabled"]).is_some_and(|on| on.text() == Some("true")) {
            for flag in ["kubelet-client-certificate", "kubelet-client-key", "kubelet-preferred-address-types"] {
                flags.sets_unseen(flag, gap(RELEASE));
            }
        }
        let arguments = find(&self.distro, &["apiServer", "extraArgs"]);
        for item in arguments.iter().flat_map(|list| list.items()).take(MOST) {
            let Some(text) = item.text() else { continue };
            let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
            let site = Site { at: self.source.at(&item), form: Form::Word };
            // The releases before 0.26 put it behind their own, later ones in its place (MergeArgs): the same but for a list.
            let is_list = ["authorization-mode", "enable-admission-plugins"].contains(&name);
            if is_list {
                flags.sets_unseen(name, gap(RELEASE));
                continue;
            }
            let mut before = flags.take(name);
            before.retain(|word| word.hand == crate::Hand::Written);
            flags.puts(name, before);
            flags.puts(name, vec![Word { unresolved: command::unfilled(text), ..Word::written(text, site) }]);
        }
        // A command of one's own takes the place of all of it.
        let replaced = find(&self.distro, &["apiServer", "command"]).filter(|list| list.items().len() > 0);
        let open = replaced.map(|_| gap("`apiServer.command` takes the place of vcluster's own command"));
        let mut words = flags.words();
        if let Some(gap) = &open {
            for word in words.iter_mut().filter(|word| word.hand != crate::Hand::Written) {
                word.unresolved.get_or_insert_with(|| gap.clone());
            }
        }
        let open_ended = command::shorten(&mut words).or(open);
        Invocation {
            open_ended,
            list: Some(self.home()),
            version: self.version(),
            releases: onward(25),
            mounts: vec![Mount { container: "/data".to_owned(), host: None, read_only: false }],
            contained: true,
            distribution: Some(NAME),
            problems,
            ..self.source.process(Program::ApiServer, None, words)
        }
    }
}

fn gap(reason: &str) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason: reason.to_owned(),
        wanted: "the arguments of the API server in its pod".to_owned(),
        who_could_answer: "the cluster that holds it".to_owned(),
    }
}
